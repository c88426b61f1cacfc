"""Time: the only door to it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import clock
from edge.model.units import DAY_MS, HOUR_MS, MINUTE_MS

DENVER = ZoneInfo("America/Denver")


def test_monotonic_time_never_falls_and_sleeping_never_wakes_early() -> None:
    """However short the sleep, the deadline has passed when it ends, and the lateness is what is left over."""
    for more in (0, 1, 5, 12):
        deadline = clock.monotonic_ms() + more
        late_us = clock.sleep_until(deadline)
        assert clock.monotonic_ms() >= deadline
        assert late_us >= 0


def test_a_deadline_in_the_past_is_not_waited_for() -> None:
    """A loop that is late must not lose more time; it is told how late it is."""
    before = clock.monotonic_ms()
    assert clock.sleep_until(before - 300) >= 300_000


def test_local_time_reads_as_the_wall_clock_in_the_zone_does() -> None:
    """14:30:05.250 in Denver on a Wednesday in summer."""
    instant = datetime(2026, 7, 1, 20, 30, 5, 250_000, tzinfo=UTC)
    local = clock.local_time(DENVER, int(instant.timestamp() * 1000), synced=True)
    assert local.date == (2026, 7, 1)
    assert local.weekday == 2
    assert local.day_ms == 14 * HOUR_MS + 30 * MINUTE_MS + 5_250
    assert local.synced


def test_the_night_the_clocks_go_back_shows_the_same_hour_twice() -> None:
    """Local time is for the schedule; two instants an hour apart may read the same."""
    first = int(datetime(2026, 11, 1, 7, 30, tzinfo=UTC).timestamp() * 1000)
    again = first + HOUR_MS
    one, two = (clock.local_time(DENVER, at, synced=False) for at in (first, again))
    assert one.day_ms == two.day_ms == HOUR_MS + 30 * MINUTE_MS
    assert two.epoch_ms - one.epoch_ms == HOUR_MS


@given(st.integers(min_value=0, max_value=4_102_444_800_000))
def test_local_time_is_a_date_and_a_time_of_that_day(epoch_ms: int) -> None:
    """Whatever the instant, the time of day lies in a day and the milliseconds are kept."""
    local = clock.local_time(DENVER, epoch_ms, synced=True)
    assert 0 <= local.day_ms < DAY_MS
    assert local.day_ms % 1000 == epoch_ms % 1000
    assert local.weekday == datetime(*local.date, tzinfo=UTC).weekday()


class _Libc:
    def __init__(self, state: int) -> None:
        self._state = state
        self.adjtimex: Callable[[object], int] = lambda _: self._state


@pytest.mark.parametrize(
    ("state", "stamps", "synced"),
    [
        (0, [], [True]),  # TIME_OK
        (clock.TIME_ERROR, ["synchronized"], [False]),  # the kernel knows better than a stamp
        (-1, ["synchronized"], [True]),  # the sandbox forbids the call: believe timesyncd
        (-1, [], [False]),
    ],
)
def test_the_kernel_says_whether_the_clock_is_synchronised(
    state: int, stamps: list[str], synced: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel is asked first; the stamp of systemd-timesyncd stands in where the call is forbidden."""
    for stamp in stamps:
        (tmp_path / stamp).touch()
    system = clock.SystemClock(tmp_path / "synchronized")
    monkeypatch.setattr(system, "_libc", _Libc(state))
    assert [system.synced()] == synced


def test_this_computers_clock_reads_like_its_functions() -> None:
    """The class that is handed about is the module's functions, nothing more."""
    system = clock.SystemClock()
    assert abs(system.monotonic_ms() - clock.monotonic_ms()) < 10_000
    assert abs(system.wall() - clock.wall()) < 10_000
    assert system.sleep_until(system.monotonic_ms()) >= 0
    assert system.synced() in {True, False}
