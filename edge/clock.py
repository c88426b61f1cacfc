"""The only door to time: reading it, and sleeping until it.

Two clocks, never mixed. Durations and deadlines are read from the monotonic clock, which nobody can set; the wall clock
gives stamps, the schedule and the cycle reference, and may jump. Whatever wants time is given a `Clock`, so that a test
can run a day in seconds.
"""

import ctypes
import time
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from edge.model.plans import LocalTime
from edge.model.units import HOUR_MS, MINUTE_MS, SECOND_MS, Ms

_NS_PER_MS = 1_000_000
_NS_PER_US = 1_000
_MINUTE_S = 60

TIME_ERROR = 5
"""Return value of adjtimex(2) while the kernel's clock is not synchronised."""

_TIMEX_BYTES = 512
"""More than `struct timex` on every Linux (208 bytes on 64-bit); all zero means: read, set nothing."""

TIMESYNCD_STAMP = Path("/run/systemd/timesync/synchronized")
"""Touched by systemd-timesyncd at every synchronisation since boot."""


class Clock(Protocol):
    """What the shell knows of time."""

    def monotonic_ms(self) -> Ms:
        """Milliseconds that only ever rise; the zero means nothing."""

    def wall(self) -> int:
        """UTC milliseconds since 1970."""

    def synced(self) -> bool:
        """Whether the wall clock may be trusted."""

    def sleep_until(self, deadline: Ms) -> int:
        """Sleep to the monotonic `deadline`; returns how late the sleeper woke, microseconds."""


def monotonic_ms() -> Ms:
    """CLOCK_MONOTONIC in whole milliseconds, rounded down."""
    return time.monotonic_ns() // _NS_PER_MS


def monotonic_us() -> int:
    """The same in microseconds, for how long a computation takes."""
    return time.monotonic_ns() // _NS_PER_US


def thread_us() -> int:
    """What the processor has worked for this thread, microseconds: blind to whoever else had the processor."""
    return time.thread_time_ns() // _NS_PER_US


def wall() -> int:
    """UTC milliseconds since 1970."""
    return time.time_ns() // _NS_PER_MS


def sleep_until(deadline: Ms) -> int:
    """Sleep to the monotonic `deadline`; returns how late the sleeper woke, microseconds (0 and more).

    time.sleep is clock_nanosleep on the monotonic clock and goes on after a POSIX signal has been served.
    """
    until_ns = deadline * _NS_PER_MS
    left_ns = until_ns - time.monotonic_ns()
    if left_ns > 0:
        time.sleep(left_ns / 1e9)
    return max(0, (time.monotonic_ns() - until_ns) // _NS_PER_US)


def local_time(zone: ZoneInfo, epoch_ms: int, *, synced: bool) -> LocalTime:
    """Local wall time of the instant `epoch_ms` in `zone`. Daylight saving is the zone's business."""
    seconds, ms = divmod(epoch_ms, SECOND_MS)
    local = datetime.fromtimestamp(seconds, zone)
    day_ms = local.hour * HOUR_MS + local.minute * MINUTE_MS + local.second * SECOND_MS + ms
    repeated_to = _repeated_to_ms(zone, seconds) if local.fold else 0
    return LocalTime((local.year, local.month, local.day), local.weekday(), day_ms, epoch_ms, synced, repeated_to)


@lru_cache(maxsize=4)
def _repeated_to_ms(zone: ZoneInfo, seconds: int) -> Ms:
    """The time of day at which the clock was last set back before `seconds`, which lies in the repeated hour."""
    after = datetime.fromtimestamp(seconds, zone).utcoffset()
    before = seconds
    while datetime.fromtimestamp(before, zone).utcoffset() == after:
        before -= 1 + before % _MINUTE_S  # to the last second of the minute before
    last = datetime.fromtimestamp(before, zone)
    return last.hour * HOUR_MS + last.minute * MINUTE_MS + last.second * SECOND_MS + SECOND_MS


class SystemClock:
    """This computer's clocks.

    Whether the wall clock is synchronised is asked of the kernel (adjtimex, reading only), which knows of NTP, PTP and
    GPS alike. Where a sandbox forbids the call, the stamp of systemd-timesyncd is believed instead.
    """

    def __init__(self, stamp: Path = TIMESYNCD_STAMP) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._timex = ctypes.create_string_buffer(_TIMEX_BYTES)
        self._stamp = stamp

    def monotonic_ms(self) -> Ms:
        """CLOCK_MONOTONIC in whole milliseconds."""
        return monotonic_ms()

    def wall(self) -> int:
        """UTC milliseconds since 1970."""
        return wall()

    def synced(self) -> bool:
        """Whether the wall clock is synchronised."""
        ctypes.memset(self._timex, 0, _TIMEX_BYTES)
        state: int = self._libc.adjtimex(self._timex)
        if state < 0:
            return self._stamp.exists()
        return state != TIME_ERROR

    def sleep_until(self, deadline: Ms) -> int:
        """Sleep to the monotonic `deadline`; returns how late the sleeper woke, microseconds."""
        return sleep_until(deadline)
