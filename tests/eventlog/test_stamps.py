"""Stamps: steady on the 0.1 s raster, honest about steps, local for the readers."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.eventlog.keepalive import KEEPALIVE_MS, LOCAL_FLASH, Keepalive
from edge.eventlog.stamps import Stamper, local_clock, ms_of, text_of
from edge.model.events import Event, EventCode
from edge.model.units import DAY_MS, HOUR_MS, SECOND_MS

EPOCH_MS = 1_713_182_400_000


@given(
    st.integers(0, 10**9),
    st.integers(0, 999),
    st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), max_size=50),
)
def test_durations_between_stamps_are_the_monotonic_ones_whatever_the_jitter(
    now: int, phase_ms: int, jitters: list[tuple[int, int]]
) -> None:
    stamper = Stamper()
    first, _ = stamper.stamp(now, EPOCH_MS + phase_ms)
    assert abs(first - EPOCH_MS - phase_ms) <= 50
    for k, (late_ms, read_ms) in enumerate(jitters, start=1):
        late = now + 100 * k + late_ms
        stamp, stepped = stamper.stamp(late, EPOCH_MS + phase_ms + 100 * k + late_ms + read_ms)
        assert stamp == first + 100 * k
        assert stepped == ()


def test_a_clock_that_is_slewed_is_followed_without_event_181() -> None:
    stamper = Stamper()
    stamper.stamp(0, EPOCH_MS)
    for k in range(1, 10_000):
        epoch_ms = EPOCH_MS + 100 * k + k // 2  # 0.5 %
        stamp, stepped = stamper.stamp(100 * k, epoch_ms)
        assert stamp % 100 == 0
        assert abs(stamp - epoch_ms) <= 125
        assert stepped == ()


@pytest.mark.parametrize(
    ("step_ms", "parameter"),
    [(500, 1), (-700, 1), (1_499, 1), (1_500, 2), (-HOUR_MS, 3_600), (300 * DAY_MS, 32_767)],
)
def test_a_step_is_logged_once_with_its_real_size(step_ms: int, parameter: int) -> None:
    stamper = Stamper()
    stamper.stamp(0, EPOCH_MS)
    stamp, stepped = stamper.stamp(100, EPOCH_MS + 100 + step_ms)
    assert stepped == (Event(EventCode.CLOCK_UPDATED, parameter),)
    assert abs(stamp - (EPOCH_MS + 100 + step_ms)) <= 50
    assert stamper.stamp(200, EPOCH_MS + 200 + step_ms) == (stamp + 100, ())


@given(
    st.sampled_from(["Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]), st.data()
)
def test_local_time_is_that_of_the_zone_also_around_its_changes(zone: str, data: st.DataObject) -> None:
    around = data.draw(st.sampled_from([1_711_846_800_000, 1_729_990_800_000, 1_710_064_800_000, 1_712_415_600_000]))
    epoch_ms = around + data.draw(st.integers(-2 * HOUR_MS, 2 * HOUR_MS))
    seconds, ms = divmod(epoch_ms, SECOND_MS)
    expected = datetime.fromtimestamp(seconds, ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms:03d}"
    assert text_of(local_clock(zone)(epoch_ms)) == expected


@given(st.integers(0, 4 * 10**12))
def test_a_stamp_is_read_back_from_its_text(local_ms: int) -> None:
    assert ms_of(text_of(local_ms)) == local_ms
    assert text_of(local_ms)[:19] == datetime.fromtimestamp(local_ms // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def test_a_resting_controller_is_heard_of_three_times_in_any_five_minutes_and_never_silent_for_two() -> None:
    keepalive, last_ms, logged = Keepalive(), 0, []
    for now in range(0, HOUR_MS, 100):
        if keepalive.due(now, last_ms):
            last_ms = now
            logged.append(now)
    assert max(b - a for a, b in zip([0, *logged], logged, strict=False)) <= KEEPALIVE_MS < 120_000
    for start in range(0, HOUR_MS - 300_000, 1_700):
        assert sum(start <= at < start + 300_000 for at in logged) >= 3


def test_the_sign_of_life_comes_into_silence_and_not_otherwise() -> None:
    keepalive = Keepalive(1_000)
    assert keepalive.due(1_999, 1_000) == ()
    assert keepalive.due(2_000, 1_000) == (Event(EventCode.UNIT_ALARM_1, 0),)


@given(st.lists(st.tuples(st.integers(1, 3_000), st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_readers_that_let_each_alarm_word_stand_until_the_next_see_flash_as_long_as_it_was(
    spells: list[tuple[int, bool, bool]],
) -> None:
    keepalive, now, last_ms, standing = Keepalive(), 0, 0, 0
    for ticks, flashing, busy in spells:
        for _ in range(ticks):
            now += 100
            last_ms = now if busy else last_ms
            for event in keepalive.due(now, last_ms, LOCAL_FLASH if flashing else 0):
                standing, last_ms = event.parameter, now
            assert bool(standing & LOCAL_FLASH) == flashing
