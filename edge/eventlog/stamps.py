"""Wall time for the log: stamps on the 0.1 s raster, clock steps made visible, and naive local time for the readers."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge.model.events import Event, EventCode
from edge.model.units import MINUTE_MS, SECOND_MS, TICK_MS, Ms

_DRIFT_MS: Ms = 75
"""Ours: how far the raster may drift from the wall clock before it follows; more than half a tick, so that a clock that
drifts slowly moves it once and not to and fro."""

_STEP_MS: Ms = 500
"""Ours: from this size on a difference is a step of the clock and logged as event 181; half of the grain of its parameter."""

_MOST = 32_767  # the largest parameter the log's readers accept

_OFFSET_BLOCK_MS = 15 * MINUTE_MS  # no zone changes its offset but at a quarter hour


class Stamper:
    """Stamps ticks with wall time on the 0.1 s raster, steadily: a duration between two stamps is the monotonic one.

    A wall clock that is slewed moves the raster by 0.1 s now and then; one that is set yields event 181.
    """

    __slots__ = ("_offset",)

    def __init__(self) -> None:
        self._offset: int | None = None

    def stamp(self, now: Ms, epoch_ms: int) -> tuple[int, tuple[Event, ...]]:
        """The stamp (UTC ms, a multiple of 100) of the tick at `now`, and event 181 if the clock was set since the last.

        `epoch_ms` is the wall clock read together with `now`. The parameter of 181 is the size of the step in whole
        seconds, at least 1; its direction shows in the pair of stamps that every batch carries.
        """
        if self._offset is None:
            self._offset = _to_raster(epoch_ms) - now
        difference = epoch_ms - now - self._offset
        if abs(difference) >= _DRIFT_MS:
            self._offset = _to_raster(epoch_ms) - now
        stepped: tuple[Event, ...] = ()
        if abs(difference) >= _STEP_MS:
            seconds = min(_MOST, max(1, (abs(difference) + SECOND_MS // 2) // SECOND_MS))
            stepped = (Event(EventCode.CLOCK_UPDATED, seconds),)
        return _to_raster(now + self._offset), stepped


def _to_raster(epoch_ms: int) -> int:
    return (epoch_ms + TICK_MS // 2) // TICK_MS * TICK_MS


def local_clock(zone: str) -> Callable[[int], int]:
    """A function from UTC ms to naive local ms (ms since 1970 as if the local wall clock were UTC).

    Where the clock is put back an hour, an hour of local times comes twice; the log's readers know no zone.

    Raises:
        ValueError: the zone is not known on this computer.
    """
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"time zone {zone!r} is not known here — write an IANA name, or install tzdata") from error

    @lru_cache(maxsize=64)
    def offset_ms(block: int) -> int:
        offset = datetime.fromtimestamp(block * _OFFSET_BLOCK_MS / SECOND_MS, place).utcoffset()
        return round(offset.total_seconds() * SECOND_MS) if offset else 0

    return lambda epoch_ms: epoch_ms + offset_ms(epoch_ms // _OFFSET_BLOCK_MS)


def text_of(local_ms: int) -> str:
    """A naive time as the log's readers write it: `2024-04-15T12:00:00.000`."""
    minute, rest = divmod(local_ms, MINUTE_MS)
    return f"{_minute_text(minute)}:{rest // SECOND_MS:02d}.{rest % SECOND_MS:03d}"


@lru_cache(maxsize=64)
def _minute_text(minute: int) -> str:
    return datetime.fromtimestamp(minute * MINUTE_MS // SECOND_MS, UTC).strftime("%Y-%m-%dT%H:%M")


_MINUTE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_REST = re.compile(r":([0-5]\d)(?:\.(\d{1,9}))?")
_MINUTE_LENGTH = len("2024-04-15T12:00")


def ms_of(text: str) -> int:
    """The naive time of a stamp, in ms; `T` or a space between date and time, no fraction to nine digits of one.

    Raises:
        ValueError: it is not such a time.
    """
    return _minute_ms(text[:_MINUTE_LENGTH]) + _rest_ms(text[_MINUTE_LENGTH:])


@lru_cache(maxsize=1_024)
def _minute_ms(text: str) -> int:
    if not _MINUTE.fullmatch(text):
        raise ValueError(f"{text!r} is no date and time — write 2024-04-15T12:00:00.000")
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_MS


@lru_cache(maxsize=4_096)
def _rest_ms(text: str) -> int:
    found = _REST.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} are no seconds — write 2024-04-15T12:00:00.000")
    return int(found[1]) * SECOND_MS + int((found[2] or "").ljust(3, "0")[:3])
