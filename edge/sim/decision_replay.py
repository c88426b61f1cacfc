"""`stopline replay --decisions`: what the adaptive layer was told, told to it again, and every answer compared bit for bit.

An answer that differs says that the program, its parameters or its luck differ from those of the recording, and nothing
that was explained from the record may be trusted for this version. A record is repeated with the site file in its own head;
where another one is named, and parameters of this program that are not those of the recording, are told beside the result.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from edge.adaptive.gate import UNANSWERED, held_back
from edge.check import check_text
from edge.clock import monotonic_ms
from edge.eventlog.decision_blocks import Decided, DecisionHead
from edge.eventlog.decisions import DecisionReader, DecisionsError, readers, runs
from edge.model.advice import Advice
from edge.model.observation import Observation
from edge.model.plain import to_plain
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms

_COMPUTER = "took_us"
"""The only member that is the computer's and not the adaptive layer's."""

_SAID = 6  # members of an advice that are told in a difference; the record has the rest


class Advises(Protocol):
    """Whoever answers an observation."""

    def see(self, seen: Observation) -> None:
        """Take in a second that is not answered."""

    def advise(self, seen: Observation) -> Advice:
        """What is asked for now."""


Maker: TypeAlias = Callable[[DecisionHead], Advises]
"""From a record's head to an adviser that has seen nothing yet but what its run began from."""


@dataclass(frozen=True, slots=True)
class Ours:
    """What the records are held against. `site`: the site file that they should have been made with, None for any;
    `parameters`: those of this program."""

    site: Site | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def stranger(self, head: DecisionHead) -> str:
        """What differs in the site file of a record, in words; empty where nothing that matters does."""
        if self.site is None or head.site_hash == self.site.file_hash:
            return ""
        theirs = _site_in(head)
        parts = (part.name for part in fields(theirs) if part.name != "file_hash")
        return ", ".join(part for part in parts if getattr(self.site, part) != getattr(theirs, part))

    def changed(self, head: DecisionHead) -> str:
        """Which parameters are not those of the recording, in words; empty where none is known to differ."""
        pairs = ((name, head.parameters.get(name), self.parameters.get(name)) for name in self._names(head))
        return "; ".join(f"{name}: recorded {then}, now {now}" for name, then, now in pairs if then != now)

    def _names(self, head: DecisionHead) -> list[str]:
        return sorted({*head.parameters, *self.parameters}) if head.parameters and self.parameters else []


@dataclass(frozen=True, slots=True)
class DecisionReport:
    """What came of it. `problems`: how records ended, where not as they should."""

    files: int
    seconds: int
    wall_ms: Ms
    first_difference: str | None
    problems: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every answer was repeated bit for bit. Nothing compared is nothing proved."""
        return self.first_difference is None and self.seconds > 0

    def as_dict(self) -> dict[str, object]:
        """The report as it is printed with --json."""
        return {
            "v": 1,
            "same": self.same,
            "first_difference": self.first_difference,
            "problems": list(self.problems),
            "files": self.files,
            "seconds": self.seconds,
            "speed_x": round(self.seconds * SECOND_MS / max(1, self.wall_ms), 1),
        }


def recorded_adviser(head: DecisionHead) -> Advises:
    """The adaptive layer of the site in a record's head, with what had been learned when the run began.

    Raises:
        DecisionsError: the head has no site, one that this version refuses, or what was learned is of another version.
    """
    from edge.adaptive.adviser import Adviser  # noqa: PLC0415 - needs an extra, and only who replays it

    adviser = Adviser(_site_in(head))
    if head.learned is not None and not adviser.relearn(head.learned):
        raise DecisionsError(f"what was learned is of another version; replay it with stopline {head.program}")
    return adviser


def _site_in(head: DecisionHead) -> Site:
    """The site in a record's head.

    Raises:
        DecisionsError: there is none, this version refuses it, or it is not the one that ran.
    """
    checked = check_text(head.site, "the site file in the record")
    if checked.site is None:
        raise DecisionsError(
            f"the record's site file cannot be run by this version; replay it with stopline {head.program}"
        )
    if checked.site.file_hash != head.site_hash:
        raise DecisionsError("the site file in the record is not the one that ran: the record has been changed by hand")
    return checked.site


def replay_decisions(
    where: Path, make: Maker = recorded_adviser, clock: Callable[[], Ms] = monotonic_ms, ours: Ours | None = None
) -> DecisionReport:
    """Repeat the records in `where`, a file or a directory, up to the first difference. `clock` only times the computer;
    `ours`: what they are held against.

    Raises:
        DecisionsError: there is no record, none of the site file asked for, or one of another version.
        OSError: it cannot be read.
    """
    began = clock()
    paths = runs(where)
    if not paths:
        raise DecisionsError(f"{where}: no decision record lies here — adaptive timing is off, or it was never kept")
    held = _Held(ours or Ours())
    seconds, read = 0, 0
    difference = None
    for reader in readers(where):
        read += 1
        if not held.takes(reader):
            continue
        done, difference = _compare(reader, make(reader.head))
        seconds += done
        if difference is not None:
            difference = f"{reader.path.name}, {difference}"
            break
        held.problems += [reader.problem] if reader.problem else []
    if difference is None and read < len(paths):
        held.problems.append(f"{len(paths) - read} records have no head that can be read; they were left out")
    held.refuse_strangers(where)
    return DecisionReport(held.taken, seconds, clock() - began, difference, tuple(held.problems))


class _Held:
    """The records held against what is ours, and what is to be said of them."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self._strange = ""
        self.taken = 0
        self.problems: list[str] = []

    def takes(self, reader: DecisionReader) -> bool:
        """Whether a record is to be repeated."""
        strange = self._ours.stranger(reader.head)
        if strange:
            self._strange = f"made with another site file; it differs in {strange}"
            self.problems.append(f"{reader.path.name}: left out: {self._strange}")
            return False
        self.taken += 1
        changed = self._ours.changed(reader.head)
        if changed:
            self.problems.append(f"{reader.path.name}: this program has other parameters: {changed}")
        return True

    def refuse_strangers(self, where: Path) -> None:
        """Nothing was repeated, because nothing is of the site file asked for."""
        if self._strange and not self.taken:
            raise DecisionsError(
                f"{where}: {self._strange} — leave the site file out to repeat a record with the one in it"
            )


def _compare(reader: Iterable[Decided], adviser: Advises) -> tuple[int, str | None]:
    """Seconds compared, and the first difference in words."""
    count = 0
    for decided in reader:
        count += 1
        if decided.held == UNANSWERED:
            adviser.see(decided.seen)
            continue
        again = adviser.advise(decided.seen)
        found = difference_of(decided.advice, held_back(again, decided.held) if decided.held else again)
        if found is not None:
            return count, f"second {count} (now {decided.seen.now}): {found}"
    return count, None


def difference_of(recorded: Advice, again: Advice) -> str | None:
    """In words, what of an advice differs; None if nothing does but the computer's time."""
    before, after = to_plain(recorded), to_plain(again)
    names = [n for n in {**before, **after} if n != _COMPUTER and repr(before.get(n)) != repr(after.get(n))]
    if not names:
        return None
    told = [f"{name}: recorded {before.get(name)}, now {after.get(name)}" for name in names[:_SAID]]
    return "; ".join(told)
