"""`stopline replay --decisions`: what the adaptive layer was told, told to it again, and every answer compared bit for bit.

An answer that differs says that the program, its parameters or its luck differ from those of the recording, and nothing
that was explained from the record may be trusted for this version.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from edge.adaptive.gate import UNANSWERED, held_back
from edge.check import check_text
from edge.clock import monotonic_ms
from edge.eventlog.decision_blocks import Decided, DecisionHead
from edge.eventlog.decisions import DecisionsError, readers, runs
from edge.model.advice import Advice
from edge.model.observation import Observation
from edge.model.plain import to_plain
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

    checked = check_text(head.site, "the site file in the record")
    if checked.site is None:
        raise DecisionsError(
            f"the record's site file cannot be run by this version; replay it with stopline {head.program}"
        )
    if checked.site.file_hash != head.site_hash:
        raise DecisionsError("the site file in the record is not the one that ran: the record has been changed by hand")
    adviser = Adviser(checked.site)
    if head.learned is not None and not adviser.relearn(head.learned):
        raise DecisionsError(f"what was learned is of another version; replay it with stopline {head.program}")
    return adviser


def replay_decisions(
    where: Path, make: Maker = recorded_adviser, clock: Callable[[], Ms] = monotonic_ms
) -> DecisionReport:
    """Repeat the records in `where`, a file or a directory, up to the first difference. `clock` only times the computer.

    Raises:
        DecisionsError: there is no record, or one of another version.
        OSError: it cannot be read.
    """
    began = clock()
    paths = runs(where)
    if not paths:
        raise DecisionsError(f"{where}: no decision record lies here — adaptive timing is off, or it was never kept")
    seconds, problems = 0, []
    difference = None
    read = 0
    for reader in readers(where):
        read += 1
        done, difference = _compare(reader, make(reader.head))
        seconds += done
        if difference is not None:
            difference = f"{reader.path.name}, {difference}"
            break
        problems += [reader.problem] if reader.problem else []
    if difference is None and read < len(paths):
        problems.append(f"{len(paths) - read} records have no head that can be read; they were left out")
    return DecisionReport(read, seconds, clock() - began, difference, tuple(problems))


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
