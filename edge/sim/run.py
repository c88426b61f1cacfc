"""A run of the one tick as fast as it goes: time as values, what is measured on the way, and the log of it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.eventlog.export import LogRow, write_csv
from edge.eventlog.keepalive import LOCAL_FLASH, Keepalive
from edge.model.events import Event
from edge.model.exchange import Inputs, Mode
from edge.model.indications import Indication
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import DAY_MS, SECOND_MS, ChannelNumber, Ms, PhaseNumber
from edge.safety.rules import Violation
from edge.sim.measure import Meter, PhaseFigures
from edge.tick import Tick, TickResult

_FLASHING = frozenset({Mode.FLASH, Mode.START_UP_FLASH})


def local_start(local_ms: int, zone: str) -> LocalTime:
    """Local time from naive local milliseconds since 1970 (as if the local clock were UTC), synchronised."""
    naive = datetime.fromtimestamp(local_ms // SECOND_MS, UTC).replace(tzinfo=ZoneInfo(zone))
    epoch_ms = round(naive.timestamp()) * SECOND_MS + local_ms % SECOND_MS
    return LocalTime((naive.year, naive.month, naive.day), naive.weekday(), local_ms % DAY_MS, epoch_ms, synced=True)


def later(start: LocalTime, ms: Ms) -> LocalTime:
    """`start` moved on. Daylight saving does not begin or end in a run."""
    days, day_ms = divmod(start.day_ms + ms, DAY_MS)
    if not days:
        return LocalTime(start.date, start.weekday, day_ms, start.epoch_ms + ms, start.synced)
    day = date(*start.date) + timedelta(days)
    return LocalTime((day.year, day.month, day.day), day.weekday(), day_ms, start.epoch_ms + ms, start.synced)


def local_ms_of(local: LocalTime) -> int:
    """Naive local milliseconds since 1970, as the log writes them."""
    return (date(*local.date) - date(1970, 1, 1)).days * DAY_MS + local.day_ms


class Run:
    """The tick with a meter on it. `now` is ms since `start`."""

    def __init__(self, site: Site, start: LocalTime) -> None:
        self.tick = Tick(site)
        self.violations: list[Violation] = []
        self.rows: list[LogRow] = []
        self.now: Ms = 0
        self.mode = Mode.FLASH
        self._meter = Meter(site.phases)
        self._start_local_ms = local_ms_of(start)
        self._device = str(site.id)
        self._keepalive = Keepalive()
        self._spoke_ms: Ms = 0

    def advance(self, now: Ms, inputs: Inputs) -> Mapping[ChannelNumber, Indication]:
        """One tick; gives what the lamps show from it on."""
        self.now = now
        result = self.tick.advance(now, inputs)
        self.mode = result.decision.mode
        verdict = result.verdict
        if verdict.violations:
            self.violations += verdict.violations
        self._log(now, result)
        return verdict.permitted.shown

    def figures(self) -> dict[PhaseNumber, PhaseFigures]:
        """Every phase up to now."""
        return self._meter.figures(self.now)

    def write_log(self, path: Path) -> None:
        """Write all events so far as CSV. Raises OSError where the file cannot be written."""
        with path.open("w", encoding="utf-8", newline="") as out:
            write_csv(self.rows, out)

    def _log(self, now: Ms, result: TickResult) -> None:
        events = result.decision.events
        if events:
            self._meter.hear(now, events)
        events += self._sign_of_life(now, result.decision.mode)
        if events:
            self._spoke_ms = now
            stamp = self._start_local_ms + now
            self.rows += [LogRow(stamp, self._device, int(event.code), event.parameter) for event in events]

    def _sign_of_life(self, now: Ms, mode: Mode) -> tuple[Event, ...]:
        return self._keepalive.due(now, self._spoke_ms, LOCAL_FLASH if mode in _FLASHING else 0)
