"""Offset windows: greens that are wanted by the clock, weighed with everybody who is seen."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adaptive.optimiser import RollingHorizon
from edge.adaptive.windows import by_second
from edge.model.adaptive import AdaptiveRules, Window
from edge.model.advice import Advice, Expected
from edge.model.plans import LocalTime
from tests.adaptive.plans import forecast, of, shared, standing

MIDNIGHT = LocalTime((2026, 11, 27), 4, 0, 0, synced=True)


def window(phase: int, offset_s: int, lasts_s: int = 20, vehicles: float = 10.0) -> Window:
    return Window(of(phase), 90_000, offset_s * 1_000, lasts_s * 1_000, vehicles)


def advised(
    day_s: int,
    *windows: Window,
    queues: dict[int, float] | None = None,
    come: dict[int, dict[int, float]] | None = None,
    synced: bool = True,
) -> Advice:
    """What is advised at a time of day, with phase 1 of two in green and free to end."""
    site, lanes = shared(2)
    adviser = RollingHorizon(replace(site, adaptive=AdaptiveRules(windows=windows)), lanes)
    local = replace(MIDNIGHT, day_ms=day_s * 1_000, synced=synced)
    return adviser.advise(standing(site, 100_000, {1: 0}, local=local), forecast(adviser, queues or {}, come=come))


def counted(w: Window, day_ms: int, seconds: int) -> float:
    """How many come, counted by tenths of a second."""
    tenths = range(day_ms, day_ms + seconds * 1_000, 100)
    inside = [(at - w.offset_ms) % w.cycle_ms < w.lasts_ms for at in tenths]
    return sum(inside) / (w.lasts_ms / 100) * w.vehicles


@given(
    st.integers(0, 863_999),
    st.integers(20, 600).flatmap(lambda c: st.tuples(st.just(c), st.integers(0, c - 1), st.integers(1, c - 1))),
)
def test_as_many_come_as_the_window_says_when_it_says(day: int, times: tuple[int, int, int]) -> None:
    cycle_s, offset_s, lasts_s = times
    w = Window(of(2), cycle_s * 1_000, offset_s * 1_000, lasts_s * 1_000, 7.0)
    come = by_second(w, day * 100, 60)
    assert len(come) == 60
    assert sum(come) == pytest.approx(counted(w, day * 100, 60))
    assert sum(by_second(w, day * 100, cycle_s)) == pytest.approx(7.0)


def first_end(*windows: Window) -> int | None:
    """The second in which the green of phase 1 ends, where one vehicle comes there in ten seconds."""
    few = {1: dict.fromkeys(range(60), 0.1)}
    return next((second for second in range(90, 180) if advised(second, *windows, come=few).force_offs), None)


def test_a_green_that_serves_few_ends_for_a_window_so_that_the_platoon_finds_its_green() -> None:
    ends = first_end(window(2, 40))
    assert ends is not None
    assert 90 + 40 - 4 - 2 <= ends <= 90 + 40  # four seconds of clearance, and those who come meanwhile
    assert first_end() is None


def test_a_green_stays_for_its_window_although_a_vehicle_waits_elsewhere() -> None:
    assert advised(0, queues={2: 1.0}).force_offs == of(1)
    assert advised(0, window(1, 0), queues={2: 1.0}).holds == of(1)


def test_a_window_forces_nothing_where_the_cross_street_is_full() -> None:
    assert advised(0, window(2, 4, vehicles=2.0), queues={1: 15.0}).holds == of(1)
    assert advised(0, window(1, 0, vehicles=2.0), queues={2: 15.0}).force_offs == of(1)


def test_without_a_clock_that_can_be_trusted_there_is_no_window() -> None:
    blind = advised(0, window(2, 4), synced=False)
    assert blind.force_offs == of()
    assert [e.source for e in blind.expects] == ["loops", "loops"]


def test_an_open_window_is_among_what_is_expected() -> None:
    assert advised(0, window(2, 50)).expects[-1] == Expected("window 2", 0.0, 5.0, "window")  # type: ignore[arg-type]
    assert [e.source for e in advised(0, window(2, 61)).expects] == ["loops", "loops"]
