"""`stopline replay --journal`: the recorded inputs of one run through the one tick again, compared with what came out then.

A journal carries, block by block, a checksum of every event and every permitted image up to there. A replay that arrives
at the same checksums has repeated the run bit for bit; one that does not, says in which ticks it parted from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from edge.check import check_text
from edge.clock import monotonic_ms
from edge.eventlog.journal import JournalHead, JournalReader, JournalTick
from edge.eventlog.journal_blocks import RunDigest
from edge.model.events import Event, EventCode
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms
from edge.safety.rules import Latch
from edge.tick import Tick

SiteReader: TypeAlias = Callable[[str, str], Site]
"""From the text of a site file and the name it has in messages to the site."""

_HEARD = frozenset(
    {EventCode.DETECTOR_ON, EventCode.DETECTOR_OFF, EventCode.PED_DETECTOR_ON, EventCode.PED_DETECTOR_OFF}
)
"""Not told in a difference: they follow what went in."""

_EVENTS_SAID = 12
"""So many of the parting block's events are told; the log of the run has the rest. Ours."""


class JournalReplayError(ValueError):
    """A journal whose run cannot be repeated by this program; the message says what to do."""


@dataclass(frozen=True, slots=True)
class JournalReport:
    """What came of the repetition. `first_difference`: None if every checksum agreed; `problem`: how the journal itself
    ended, if not as it should; `blocks`: checksums compared."""

    program: str
    site_hash: str
    ticks: int
    blocks: int
    simulated_ms: Ms
    wall_ms: Ms
    first_difference: str | None
    problem: str | None

    @property
    def same(self) -> bool:
        """Whether the run was repeated bit for bit, as far as the journal goes. Nothing compared is nothing proved."""
        return self.first_difference is None and self.blocks > 0

    def as_dict(self) -> dict[str, object]:
        """The report as it is printed with --json."""
        return {
            "v": 1,
            "same": self.same,
            "first_difference": self.first_difference,
            "problem": self.problem,
            "program": self.program,
            "site_hash": self.site_hash,
            "ticks": self.ticks,
            "blocks": self.blocks,
            "simulated_s": self.simulated_ms / SECOND_MS,
            "speed_x": round(self.simulated_ms / max(1, self.wall_ms), 1),
        }


def site_of_text(text: str, file: str) -> Site:
    """The site in a journal's head.

    Raises:
        JournalReplayError: this version's check refuses it.
    """
    checked = check_text(text, file)
    if checked.site is None:
        first = checked.problems[0].render(file) if checked.problems else "no reason given"
        raise JournalReplayError(f"{file}: this version refuses the site file recorded there: {first}")
    return checked.site


def replay_journal(
    path: Path, read_site: SiteReader = site_of_text, clock: Callable[[], Ms] = monotonic_ms
) -> JournalReport:
    """Repeat the run recorded in `path`, up to the first difference or the end. `clock` only times the computer.

    Raises:
        JournalError: it is no journal.
        JournalReplayError: its site cannot be run by this version.
        OSError: it cannot be read.
    """
    began = clock()
    reader = JournalReader(path)
    run = _Repetition(read_site(reader.head.site, f"{path} (site file)"), reader.head)
    for tick in reader:
        run.repeat(tick)
        if run.first_difference is not None:
            break
    return JournalReport(
        program=reader.head.program,
        site_hash=reader.head.site_hash,
        ticks=run.ticks,
        blocks=run.blocks,
        simulated_ms=run.simulated_ms,
        wall_ms=clock() - began,
        first_difference=run.first_difference,
        problem=reader.problem,
    )


class _Repetition:
    """The run under way: compares at the end of each block, and remembers what happened since the last one."""

    def __init__(self, site: Site, head: JournalHead) -> None:
        self.ticks = 0
        self.blocks = 0
        self.simulated_ms: Ms = 0
        self.first_difference: str | None = None
        self._tick = Tick(site, Latch.from_dict(head.latch) if head.latch is not None else None)
        self._digest = RunDigest()
        self._began_ms: Ms | None = None
        self._agreed_ms: Ms = 0
        self._since: list[tuple[Ms, Event]] = []

    def repeat(self, recorded: JournalTick) -> None:
        """One tick, and the comparison where the journal has a checksum."""
        now = recorded.now
        if self._began_ms is None:
            self._began_ms = self._agreed_ms = now
        result = self._tick.advance(now, recorded.inputs)
        events = result.decision.events
        self._digest.add(now, events, result.verdict.permitted.shown)
        self._since += [(now, event) for event in events if event.code not in _HEARD]
        self.ticks += 1
        self.simulated_ms = now - self._began_ms
        if recorded.digest is not None:
            self._compare(now, recorded.digest)

    def _compare(self, now: Ms, digest: int) -> None:
        self.blocks += 1
        if digest != self._digest.value:
            self.first_difference = self._in_words(now)
        self._since.clear()
        self._agreed_ms = now

    def _in_words(self, now: Ms) -> str:
        began = self._began_ms or 0
        span = f"{(self._agreed_ms - began) / SECOND_MS:.1f} s and {(now - began) / SECOND_MS:.1f} s after the start"
        told = ", ".join(f"{(at - began) / SECOND_MS:.1f} s {_name(event)}" for at, event in self._since[:_EVENTS_SAID])
        more = f" and {len(self._since) - _EVENTS_SAID} more" if len(self._since) > _EVENTS_SAID else ""
        return (
            f"the repetition parts from the recorded run between {span}; here it gave {told or 'no event'}{more}. "
            "Compare with the event log of that time; replay with the version that recorded it."
        )


def _name(event: Event) -> str:
    name = event.code.name.lower().replace("_", " ") if isinstance(event.code, EventCode) else f"event {event.code}"
    return f"{name} {event.parameter}"
