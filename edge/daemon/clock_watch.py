"""Local time for the tick, and what is wrong with the wall clock. No interval is ever measured with it."""

from zoneinfo import ZoneInfo

from edge.clock import Clock, local_time
from edge.daemon.punctuality import Episode
from edge.model.exchange import ShellFault
from edge.model.faults import FaultKind
from edge.model.plans import LocalTime
from edge.model.units import SECOND_MS, Ms

STEP_MS: Ms = SECOND_MS
"""From here on a movement of the wall clock against the monotonic one is a step and not a slew."""

EARLIEST_EPOCH_MS = 1_767_225_600_000
"""2026-01-01: this program is not older, so a clock that reads less has lost its battery and is not believed at all."""


class ClockWatch:
    """Reads the wall clock once a tick and compares it with the monotonic one."""

    def __init__(self, clock: Clock, timezone: str, unsynced_ms: Ms, now: Ms) -> None:
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._unsynced_ms = unsynced_ms
        self._synced = clock.synced()
        self._synced_at = now
        self._asked = now
        self._offset: int | None = None
        self._step = Episode(FaultKind.CLOCK_STEPPED)

    def read(self, now: Ms) -> tuple[LocalTime, tuple[ShellFault, ...]]:
        """Local time at `now`, and the faults of the clock that are seen in this tick."""
        if now - self._asked >= SECOND_MS:
            self._asked, self._synced = now, self._clock.synced()
        epoch_ms = self._clock.wall()
        if self._synced:
            self._synced_at = now
        faults = (*self._stepped(now, epoch_ms), *self._unsynced(now, epoch_ms))
        return local_time(self._zone, epoch_ms, synced=self._synced), faults

    def _stepped(self, now: Ms, epoch_ms: int) -> tuple[ShellFault, ...]:
        offset = epoch_ms - self._clock.monotonic_ms()  # not `now`: the tick may have begun late
        before, self._offset = self._offset, offset
        if before is None or abs(offset - before) < STEP_MS:
            return ()
        return (self._step.seen(now, f"{(offset - before) / SECOND_MS:+.1f}"),)

    def _unsynced(self, now: Ms, epoch_ms: int) -> tuple[ShellFault, ...]:
        limit_ms = self._unsynced_ms if epoch_ms >= EARLIEST_EPOCH_MS else 0
        if self._synced or now - self._synced_at < limit_ms:
            return ()
        return (ShellFault(FaultKind.CLOCK_UNSYNCED, ""),)
