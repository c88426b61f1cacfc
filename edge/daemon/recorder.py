"""Everything that is kept of a run, handed over by reference in each tick: the loop never waits for a disk.

STATE_DIR/events/       the high-resolution event log      STATE_DIR/state.slots     latch, operator's flash
STATE_DIR/journal/      input journals, if asked for       STATE_DIR/last-good.yaml  the site file that proved itself
STATE_DIR/snapshots/    the last half minutes              STATE_DIR/safe-image      what outputs-safe writes
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from edge import __version__
from edge.clock import Clock
from edge.daemon.errands import Errands
from edge.daemon.site_choice import LAST_GOOD, keep_as_last_good
from edge.daemon.street import Stepped
from edge.eventlog.journal import JournalHead, JournalWriter
from edge.eventlog.keepalive import LOCAL_FLASH, MMU_FLASH, Keepalive
from edge.eventlog.records import Head
from edge.eventlog.slots import SlotFile, SlotWriter
from edge.eventlog.snapshot import Occasion, SnapshotRing, SnapshotWriter
from edge.eventlog.writer import LogWriter
from edge.model.events import Event, EventCode, FlashStatus
from edge.model.exchange import CoreStatus, Mode, ShellFault
from edge.model.faults import FaultKind
from edge.model.site import Site
from edge.model.units import Ms
from edge.safety.rules import Latch
from edge.status.facts import Entry, OperatorFlash

STATE_FILE = "state.slots"
OVERRIDES_FILE = "overrides.slots"
EVENTS_FOLDER = "events"
JOURNAL_FOLDER = "journal"
SNAPSHOTS_FOLDER = "snapshots"

RING_ENTRIES = 1_000
"""Events kept in memory for `events tail`: some minutes of a busy intersection."""

_URGENT = frozenset({EventCode.ALARM_ON, EventCode.UNIT_FLASH_STATUS})


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier run left behind. `problem`: one sentence if what was stored is lost."""

    latch: Latch | None = None
    operator_flash: OperatorFlash | None = None
    problem: str = ""
    overrides: tuple[Mapping[str, Any], ...] = ()


def read_kept(state_dir: Path) -> Kept:
    """The latch and the operator's flash of an earlier run; a damaged file is told, and is no latch."""
    slots = SlotFile(state_dir / STATE_FILE)
    state = slots.read() or {}
    latch, flash = state.get("latch"), state.get("operator_flash")
    overrides = SlotFile(state_dir / OVERRIDES_FILE)
    rows = (overrides.read() or {}).get("overrides", ())
    return Kept(
        Latch.from_dict(latch) if isinstance(latch, dict) else None,
        _flash(flash) if isinstance(flash, dict) else None,
        slots.problem or overrides.problem or "",
        tuple(row for row in rows if isinstance(row, dict)),
    )


def _flash(kept: Mapping[str, Any]) -> OperatorFlash:
    until = kept.get("until", 0)
    return OperatorFlash(str(kept.get("who")), str(kept.get("why")), until if isinstance(until, int) else 0)


class _Store(Protocol):
    """Anything that can be in trouble."""

    def trouble(self) -> str | None:
        """The sentence, None while all is well."""


class Recorder:
    """The stores of one run. Creating it touches no disk: the workers do, and say so when they cannot."""

    def __init__(self, state_dir: Path, site: Site, source: str, clock: Clock, *, journal: bool) -> None:
        self._dir = state_dir
        self._site = site
        self._clock = clock
        self._journalled = journal
        self.errands = Errands()
        self.ring: deque[Entry] = deque(maxlen=RING_ENTRIES)
        head = Head(site.id, site.timezone, __version__)
        self._log = LogWriter(state_dir / EVENTS_FOLDER, head, site.log_limits, clock.monotonic_ms)
        self._state = SlotWriter(SlotFile(state_dir / STATE_FILE), clock.monotonic_ms)
        self._overrides = SlotWriter(SlotFile(state_dir / OVERRIDES_FILE), clock.monotonic_ms)
        self._stored_overrides: list[dict[str, Any]] = []
        self._snapshots = SnapshotWriter(state_dir / SNAPSHOTS_FOLDER)
        self._moments = SnapshotRing()
        self._journal: JournalWriter | None = None
        self._keepalive = Keepalive()
        self._last_event: Ms = clock.monotonic_ms()
        self._flash_status = int(FlashStatus.NOT_FLASH)
        self._stored: dict[str, Any] | None = None
        self._source = source

    def begin(self, latch: Latch | None) -> None:
        """A new engine begins, at the start or after a take-over: an input journal of its own, if one is kept."""
        if not self._journalled:
            return
        if self._journal is not None:
            self.errands.run("The input journal", _closing(self._journal))
        site = self._site
        stored = None if latch is None else latch.to_dict()
        head = JournalHead(
            site.id, site.timezone, __version__, site.file_hash, self._source, stored, self._clock.wall()
        )
        self._journal = JournalWriter(self._dir / JOURNAL_FOLDER, head)

    def take_over(self, site: Site, source: str, latch: Latch | None) -> None:
        """Another site file runs from now on."""
        self._site, self._source = site, source
        self.begin(latch)

    def take(self, stepped: Stepped) -> None:
        """One tick: events to the log and the memory ring, the whole of it to journal and snapshot ring."""
        now, decision, verdict = stepped.now, stepped.result.decision, stepped.result.verdict
        said = [event.parameter for event in decision.events if event.code is EventCode.UNIT_FLASH_STATUS]
        self._flash_status = said[-1] if said else self._flash_status
        events = decision.events + self._sign_of_life(now, decision.mode)
        if events:
            self._last_event = now
            self.ring.extend(Entry(stepped.local.epoch_ms, int(e.code), e.parameter) for e in events)
        urgent = any(event.code in _URGENT for event in events)
        self._log.submit(now, stepped.local.epoch_ms, events, urgent=urgent)
        self._moments.append(now, stepped.inputs, decision, verdict.permitted)
        if self._journal is not None:
            self._journal.submit(now, stepped.inputs, decision.events, verdict.permitted.shown)

    def keep(self, latch: Latch | None, flash: OperatorFlash | None) -> None:
        """Have the state stored if it has changed."""
        state = {
            "latch": None if latch is None else latch.to_dict(),
            "operator_flash": None if flash is None else _kept(flash),
        }
        if state != self._stored:
            self._stored = state
            self._state.submit(state)

    def keep_overrides(self, rows: list[dict[str, Any]]) -> None:
        """Have the operators' overrides stored if they have changed."""
        if rows != self._stored_overrides:
            self._stored_overrides = rows
            self._overrides.submit({"overrides": rows})

    def keep_last_good(self) -> None:
        """Have the running site file stored: it has proved itself."""
        source, state_dir = self._source, self._dir
        self.errands.run(f"{state_dir / LAST_GOOD} cannot be written", lambda: keep_as_last_good(source, state_dir))

    def note(self, epoch_ms: int, text: str) -> None:
        """One line in words for the memory ring."""
        self.ring.append(Entry(epoch_ms, note=text))

    def snapshot(self, reason: str, status: CoreStatus, epoch_ms: int) -> None:
        """Have the last half minute written."""
        site = self._site
        occasion = Occasion(reason, epoch_ms, site.id, __version__, site.file_hash, status)
        self._snapshots.submit(occasion, self._moments.moments())

    def faults(self) -> tuple[ShellFault, ...]:
        """STORAGE_FAILED for every store that is in trouble."""
        stores: dict[str, _Store | None] = {
            "the event log": self._log,
            "the state file": self._state,
            "the overrides": self._overrides,
            "snapshots": self._snapshots,
            "the input journal": self._journal,
            "last good site file, safe image": self.errands,
        }
        troubles = ((name, store.trouble()) for name, store in stores.items() if store is not None)
        return tuple(ShellFault(FaultKind.STORAGE_FAILED, name, said) for name, said in troubles if said)

    def counters(self) -> dict[str, int]:
        """How much of the event log is safe, and how much is lost."""
        return {"events_confirmed": self._log.confirmed, "events_lost": self._log.lost}

    def close(self) -> None:
        """Store what is left; a disk that does not answer is waited for some seconds and no longer."""
        self.errands.close()
        for store in (self._state, self._overrides, self._log, self._snapshots, self._journal):
            if store is not None:
                store.close(2.0)

    def _sign_of_life(self, now: Ms, mode: Mode) -> tuple[Event, ...]:
        flash = MMU_FLASH if self._flash_status == FlashStatus.MMU else LOCAL_FLASH
        alarms = flash if mode in {Mode.FLASH, Mode.START_UP_FLASH} else 0
        return self._keepalive.due(now, self._last_event, alarms)


def _kept(flash: OperatorFlash) -> dict[str, Any]:
    kept: dict[str, Any] = {"who": flash.who, "why": flash.why}
    return kept | {"until": flash.until_epoch_ms} if flash.until_epoch_ms else kept


def _closing(journal: JournalWriter) -> Callable[[], None]:
    def close() -> None:
        journal.close()

    return close
