"""Offset windows: the platoons of a neighbour, told by the clock."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.adaptive.estimator import LoopEstimator
from edge.adaptive.windows import platoons
from edge.model.adaptive import AdaptiveRules, Window
from edge.model.exchange import Mode
from edge.model.observation import Observation
from edge.model.plans import LocalTime
from tests.adaptive.plans import of, optimiser, shared

MIDNIGHT = LocalTime((2026, 11, 27), 4, 0, 0, synced=True)
WINDOW = Window(of(2), 90_000, 40_000, 30_000, 2.0)


def at(day_ms: int) -> LocalTime:
    return replace(MIDNIGHT, day_ms=day_ms)


def counted(window: Window, day_ms: int, seconds: int) -> float:
    """How many come of one a second on average, counted by tenths of a second."""
    inside = [
        (t - window.offset_ms) % window.cycle_ms < window.lasts_ms for t in range(day_ms, day_ms + seconds * 1_000, 100)
    ]
    cycle, lasts = window.cycle_ms, window.lasts_ms
    outside = (cycle - window.platoon_ratio * lasts) / (cycle - lasts)
    return sum(window.platoon_ratio if within else outside for within in inside) / 10


@given(
    st.integers(0, 863_999),
    st.integers(20, 600).flatmap(lambda c: st.tuples(st.just(c), st.integers(0, c - 1), st.integers(1, c - 1))),
    st.floats(1.0, 5.0),
)
def test_in_the_window_come_so_many_times_as_many_and_in_a_cycle_as_many_as_ever(
    tenth: int, times: tuple[int, int, int], ratio: float
) -> None:
    cycle_s, offset_s, lasts_s = times
    window = Window(of(2), cycle_s * 1_000, offset_s * 1_000, lasts_s * 1_000, ratio)
    assume(window.outside >= 0.0)
    come = platoons([window], of(1, 2), at(tenth * 100), 60)
    assert len(come) == 60
    assert sum(come) == pytest.approx(counted(window, tenth * 100, 60))
    assert sum(platoons([window], of(2), at(tenth * 100), cycle_s)) == pytest.approx(cycle_s)


def test_a_lane_without_a_window_and_a_clock_that_cannot_be_trusted_have_the_mean() -> None:
    even = (1.0,) * 60
    assert platoons([WINDOW], of(1), MIDNIGHT, 60) == even
    assert platoons([], of(2), MIDNIGHT, 60) == even
    assert platoons([WINDOW], of(2), None, 60) == even
    assert platoons([WINDOW], of(2), replace(MIDNIGHT, synced=False), 60) == even


def test_what_is_expected_of_a_lane_follows_its_window() -> None:
    site, lanes = shared(2)
    estimator = LoopEstimator(replace(site, lanes=lanes, adaptive=AdaptiveRules(windows=(WINDOW,))))
    estimator.see(Observation(1_000, Mode.RUN, (), local=MIDNIGHT), {})
    one, two = estimator.forecast(optimiser().stages, 60).lanes
    assert len(set(one.arrivals)) == 1
    assert two.arrivals[45] == pytest.approx(4 * two.arrivals[30])  # twice the mean, and half of it


def test_those_whom_the_advance_loop_has_seen_are_left_as_they_are() -> None:
    site, lanes = shared(2)
    far = (lanes[0], replace(lanes[1], advance_m=80.0))
    estimator = LoopEstimator(replace(site, lanes=far, adaptive=AdaptiveRules(windows=(WINDOW,))))
    estimator.see(Observation(1_000, Mode.RUN, (), local=at(36_000)), {})
    state = estimator.states[lanes[1].name]
    state.sees_in, known_s = True, int(state.inflow.travel_s.value)
    arrivals = estimator.forecast(optimiser().stages, 60).lanes[1].arrivals
    assert known_s > 1
    parts = platoons([WINDOW], of(2), at(36_000), 60)
    assert arrivals == pytest.approx([0.0] * known_s + [state.rate * part for part in parts[known_s:]])


def test_at_midnight_the_windows_begin_anew_as_plans_do() -> None:
    window = Window(of(2), 70_000, 0, 5_000, 2.0)
    late = platoons([window], of(2), at(86_390_000), 30)
    assert late[10:] == platoons([window], of(2), MIDNIGHT, 20)
    assert late[9] < 1.0 < late[10]
