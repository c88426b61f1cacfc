"""The cycle timer by hand: how long a correction takes, which way it goes, and that it ends exactly in step."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.control.transition import CycleTimer
from edge.model.coordination import Coordination, CoordState, Correction
from tests.control.coordinated import MAIN

C = 100_000
SHORT, LONG, DWELL, STEP = CoordState.SHORTWAY, CoordState.LONGWAY, CoordState.DWELL, CoordState.IN_STEP


def timer(
    correction: Correction = Correction.SHORTWAY, *, shorten: int = 17, dwell_at: int = 44_500, **how: int
) -> CycleTimer:
    return CycleTimer(C, Coordination(MAIN, correction=correction, **how), shorten, dwell_at)  # type: ignore[arg-type]


def until_in_step(it: CycleTimer, clock: int, most_ms: int = 1_000_000) -> tuple[int, int]:
    """(ms until in step, clock then)."""
    for passed in range(0, most_ms, 100):
        if it.state is STEP:
            return passed, clock
        clock += 100
        it.advance(100, clock % C, stopped=False)
    raise AssertionError(f"never in step: {it.behind_ms}")


@pytest.mark.parametrize(
    ("correction", "how", "late_s", "way", "takes_ms"),
    [
        # Signal Timing Manual 2nd ed. 7.5 names the ways; the arithmetic is ours. C = 100 s, at most 17 %.
        (Correction.SHORTWAY, {}, 20, SHORT, 97_700),  # 20 s gained at 17/83 a second: 97.65 s
        (Correction.SHORTWAY, {}, 80, LONG, 137_700),  # 20 s lost at 17/117 a second: 137.65 s
        (Correction.SHORTWAY, {"shorten": 0}, 20, LONG, 550_600),  # 80 s lost: 550.59 s
        (Correction.SHORTWAY, {"shorten": 10}, 30, SHORT, 270_000),  # 30 s at 10/90 a second
        (Correction.LONGWAY, {}, 20, LONG, 550_600),
        (Correction.LONGWAY, {"lengthen_percent": 50}, 20, LONG, 240_000),  # 80 s at 50/150 a second
        (Correction.DWELL, {}, 20, DWELL, 124_500),  # 44.5 s to the yield point, 80 s there
        (Correction.DWELL, {"max_dwell_ms": 30_000}, 20, DWELL, 324_500),  # 30 + 30 + 20 s in three cycles
    ],
)
def test_a_correction_takes_the_seconds_that_its_percent_says(
    correction: Correction, how: dict[str, int], late_s: int, way: CoordState, takes_ms: int
) -> None:
    it = timer(correction, **how)
    it.pick_up(late_s * 1_000, 0, 0)
    assert it.state is way
    takes, clock = until_in_step(it, late_s * 1_000)
    assert abs(takes - takes_ms) <= 100
    assert it.at % C == clock % C


def test_the_screen_is_told_how_long_it_takes_yet() -> None:
    it = timer()
    it.pick_up(20_000, 0, 0)
    assert it.in_step_in_ms == 97_648
    until, _ = until_in_step(it, 20_000)
    assert it.in_step_in_ms == 0
    assert until == 97_700
    dwelling = timer(Correction.DWELL)
    dwelling.pick_up(20_000, 0, 0)
    assert dwelling.in_step_in_ms == 124_500


def test_a_dwell_stands_at_the_yield_point_and_nowhere_else() -> None:
    it = timer(Correction.DWELL)
    it.pick_up(20_000, 0, 0)
    places, clock = [], 20_000
    while it.state is DWELL:
        clock += 100
        it.advance(100, clock % C, stopped=False)
        places.append(it.at % C)
    assert places.count(44_500) == 801  # in the tick that comes there, and for 80 s
    assert len(set(places)) == 445


@pytest.mark.parametrize(
    ("low", "high", "target", "at", "state"),
    [
        (16_000, 44_500, 30_000, 30_000, STEP),  # the street may be said to stand where the clock is
        (16_000, 44_500, 60_000, 44_500, SHORT),  # 15.5 s to gain from the end
        (16_000, 44_500, 10_000, 16_000, LONG),  # 6 s to lose from the start
        (90_000, 10_000, 5_000, 5_000, STEP),  # over the end of the cycle
        (16_000, 44_500, 44_900, 44_900, STEP),  # a clock off by half a second is followed
    ],
)
def test_a_plan_is_picked_up_where_the_street_stands_and_the_clock_is_soonest_reached(
    low: int, high: int, target: int, at: int, state: CoordState
) -> None:
    it = timer()
    it.pick_up(target, low, high)
    assert (it.at % C, it.state) == (at, state)


@pytest.mark.parametrize("slew", [-5, 5])
@pytest.mark.parametrize("correction", Correction)
def test_a_clock_that_is_slewed_never_starts_a_correction_nor_another_round_of_one(
    correction: Correction, slew: int
) -> None:
    it = timer(correction)
    it.pick_up(80_000, 0, 0)
    clock, states = 80_000, []
    for tick in range(20_000):
        clock += 100 + (slew if tick % 10 == 0 else 0)
        it.advance(100, clock % C, stopped=False)
        states.append(it.state)
    assert states[-10_000:] == [STEP] * 10_000
    assert sum(a is not b for a, b in pairwise(states)) == 1


def test_a_clock_set_in_mid_correction_chooses_the_way_anew() -> None:
    it = timer()
    it.pick_up(20_000, 0, 0)
    it.advance(100, 20_100, stopped=False)
    assert it.state is SHORT
    it.advance(100, 90_200, stopped=False)
    assert it.state is LONG
    it.advance(100, it.at % C + 100, stopped=False)
    assert it.state is STEP


def test_a_timer_that_was_stopped_for_a_pedestrian_is_behind_and_comes_back() -> None:
    it = timer()
    it.pick_up(0, 0, 0)
    for clock in range(100, 10_100, 100):
        it.advance(100, clock, stopped=True)
    assert (it.at % C, it.behind_ms, it.stopped, it.state) == (0, 10_000, True, STEP)
    it.advance(100, 10_100, stopped=False)
    assert it.state is SHORT
    assert abs(until_in_step(it, 10_100)[0] - 48_800) <= 200  # 10 s at 17/83 a second: 48.8 s


@given(
    st.sampled_from(Correction),
    st.integers(1, 50),
    st.integers(0, 50),
    st.integers(0, C - 1),
    st.lists(st.sampled_from([100, 100, 100, 200, 700]), min_size=50, max_size=50),
)
def test_whatever_the_clock_says_at_first_it_comes_into_step_and_stays(
    correction: Correction, lengthen: int, shorten: int, target: int, steps: list[int]
) -> None:
    it = timer(correction, shorten=shorten, lengthen_percent=lengthen, shorten_percent=50)
    it.pick_up(target, 0, 0)
    clock, k = target, 0
    longest = C * (100 + lengthen) // lengthen + 2 * C
    while it.state is not STEP:
        clock += steps[k % 50]
        it.advance(steps[k % 50], clock % C, stopped=False)
        k += 1
        assert clock - target <= longest
    for step in steps:
        clock += step
        it.advance(step, clock % C, stopped=False)
        assert (it.state, it.at % C) == (STEP, clock % C)
