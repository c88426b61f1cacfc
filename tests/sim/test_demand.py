"""The named demands and the arrival streams."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.site import Site
from edge.model.units import HOUR_MS, MINUTE_MS, Ms
from edge.sim.demand import (
    CRITICAL_FLOW_RATIO,
    REVERSAL_MS,
    SATURATION_VEH_PER_H,
    SWING_PERIOD_MS,
    Arrivals,
    Demand,
    Flow,
    flows_of,
    pedestrians_per_h,
)
from edge.sim.layout import Axis, LaneLayout, lanes_of
from tests.sim.sites import eight_phase, site_of, two_phase

NAMELESS = site_of((((1, 2), (4,)), ((6,), (8,))), {1: "", 2: "", 4: "", 6: "", 8: ""}, ())


def critical_ratio(site: Site, lanes: tuple[LaneLayout, ...], flows: dict[str, Flow], t: Ms) -> float:
    """Flow over saturation flow of the critical path, found by walking every ring of every barrier group."""
    heaviest: dict[int, float] = {}
    for lane in lanes:
        heaviest[lane.phase] = max(heaviest.get(lane.phase, 0.0), flows[lane.name].at(t))
    rings = site.sequence.rings
    groups = [[sum(heaviest[p] for p in ring[g]) for ring in rings] for g in range(len(rings[0]))]
    return sum(map(max, groups)) / SATURATION_VEH_PER_H


@pytest.mark.parametrize("demand", list(Demand))
@pytest.mark.parametrize("site", [eight_phase(), two_phase(), NAMELESS], ids=["eight", "two", "nameless"])
def test_no_demand_asks_more_than_the_stated_share_of_saturation(site: Site, demand: Demand) -> None:
    lanes = lanes_of(site)
    flows = flows_of(lanes, site.sequence, demand)
    ratios = [critical_ratio(site, lanes, flows, t) for t in range(0, SWING_PERIOD_MS, MINUTE_MS)]
    assert max(ratios) <= CRITICAL_FLOW_RATIO + 1e-9
    assert min(ratios) > 0.1 or demand is Demand.REVERSAL  # a site of one street is empty in half of it


def test_the_heavy_street_has_nearly_three_times_the_traffic() -> None:
    for demand, heavy in ((Demand.NS_HEAVY, Axis.NORTH_SOUTH), (Demand.EW_HEAVY, Axis.EAST_WEST)):
        rates = {axis: Flow(demand, axis, 500.0).at(0) for axis in Axis}
        assert rates[heavy] / rates[next(a for a in Axis if a is not heavy)] == pytest.approx(1 / 0.35)


def test_swing_goes_from_north_south_over_to_east_west_and_back() -> None:
    ns, ew = (Flow(Demand.SWING, axis, 100.0) for axis in (Axis.NORTH_SOUTH, Axis.EAST_WEST))
    assert [ns.at(0), ew.at(0)] == pytest.approx([100.0, 35.0])
    half = SWING_PERIOD_MS // 2
    assert [ns.at(half), ew.at(half)] == pytest.approx([35.0, 100.0])
    assert (ns.at(SWING_PERIOD_MS), ew.at(SWING_PERIOD_MS)) == (ns.at(0), ew.at(0))
    assert ns.at(half // 2) == pytest.approx(ew.at(half // 2))


def test_swing_rests_at_each_end() -> None:
    ns = Flow(Demand.SWING, Axis.NORTH_SOUTH, 100.0)
    assert ns.at(SWING_PERIOD_MS // 20) == 100.0
    assert ns.at(SWING_PERIOD_MS * 9 // 20) == pytest.approx(35.0)


def test_the_reversal_jams_one_street_and_then_the_other() -> None:
    ns, ew = (Flow(Demand.REVERSAL, axis, 100.0) for axis in (Axis.NORTH_SOUTH, Axis.EAST_WEST))
    for t, jammed, empty in ((0, ns, ew), (REVERSAL_MS - 1, ns, ew), (REVERSAL_MS, ew, ns), (2 * REVERSAL_MS, ns, ew)):
        assert jammed.at(t) == pytest.approx(130)
        assert empty.at(t) == pytest.approx(5)


def test_arrivals_follow_a_rate_that_changes() -> None:
    stream = Arrivals("1", lambda t: 100.0 if t < HOUR_MS else 800.0)
    due = [stream.take() for _ in range(800)]
    assert sum(t < HOUR_MS for t in due) == pytest.approx(100, rel=0.4)
    assert sum(HOUR_MS <= t < HOUR_MS + HOUR_MS // 2 for t in due) == pytest.approx(400, rel=0.2)


def test_at_night_there_are_fewer_pedestrians() -> None:
    assert pedestrians_per_h(Demand.LIGHT) < pedestrians_per_h(Demand.BALANCED)


@given(seed=st.integers(0, 10_000), per_h=st.sampled_from([60.0, 300.0, 700.0]))
def test_arrivals_come_at_the_stated_rate_and_never_closer_than_the_shift(seed: int, per_h: float) -> None:
    stream = Arrivals(str(seed), lambda _: per_h, 1.5)
    due = [stream.take() for _ in range(600)]
    assert min(b - a for a, b in pairwise(due)) >= 1_500
    # the mean of 600 exponential headways lies within 20 % at more than 4 standard errors
    assert due[-1] == pytest.approx(600 * HOUR_MS / per_h, rel=0.20)
