"""An empty street and a dead cable are both silent: what tells them apart."""

from dataclasses import replace

import pytest

from edge.adaptive.health import LoopWatch
from edge.adaptive.health_flow import Flow, Tide
from edge.adaptive.health_leaving import Leaving
from edge.model.observation import LoopEdge
from edge.model.units import Ms, PhaseNumber
from tests.adaptive.test_health import BREAKS_S, approach, dead
from tests.adaptive.town import Town, Watched, loops


def lane(*, turns_on_red: bool = False) -> Leaving:
    return Leaving(turns_on_red=turns_on_red)


def seconds(leaving: Leaving, count: int, *, may_go: bool, occupied: bool) -> Leaving:
    for _ in range(count):
        leaving.second(may_go=may_go, occupied=occupied)
    return leaving


def test_who_passed_the_advance_loop_and_made_no_edge_at_the_line_is_left_behind() -> None:
    leaving = lane()
    leaving.came(10_000, 16.0)
    assert seconds(leaving, 60, may_go=True, occupied=False).behind


def test_who_leaves_over_the_stop_bar_in_green_is_not_left_behind() -> None:
    leaving = lane()
    for at in (10_000, 14_000):
        leaving.came(at, 16.0)
    seconds(leaving, 20, may_go=False, occupied=True)
    seconds(leaving, 4, may_go=True, occupied=True)
    leaving.fell()
    assert not seconds(leaving, 1, may_go=True, occupied=False).behind


def test_who_vanishes_from_the_line_under_red_is_left_behind_unless_he_may_turn_there() -> None:
    for turns, behind in ((False, True), (True, False)):
        leaving = lane(turns_on_red=turns)
        leaving.came(10_000, 16.0)
        seconds(leaving, 20, may_go=False, occupied=True)
        leaving.fell()
        assert seconds(leaving, 1, may_go=False, occupied=False).behind is behind


def test_a_vehicle_that_changed_lanes_is_forgotten_when_the_next_one_finds_an_empty_lane() -> None:
    leaving = lane()
    leaving.came(10_000, 16.0)
    seconds(leaving, 30, may_go=True, occupied=False)
    leaving.came(40_000, 16.0)
    leaving.fell()
    assert not seconds(leaving, 1, may_go=True, occupied=False).behind


@pytest.mark.parametrize(
    ("before", "since", "turned"), [(100, 100, False), (100, 60, False), (4, 100, True), (100, 4, True)]
)
def test_a_tide_turns_when_the_others_carry_three_times_as_much_or_as_little(
    before: int, since: int, *, turned: bool
) -> None:
    flow, tide = Flow(), Tide()
    for second in range(300):
        flow.second(int(second * before / 300) - int((second - 1) * before / 300))
    tide.mark([flow])
    for second in range(300):
        flow.second(int(second * since / 300) - int((second - 1) * since / 300))
    assert tide.has_turned([flow], 300, [False]) is turned
    assert not tide.has_turned([flow], 300, [True])


def test_a_tide_has_turned_where_one_carries_what_the_other_did() -> None:
    flows, tide = [Flow(), Flow()], Tide()
    for second in range(600):
        flows[0].second(second % 3 == 0)
        flows[1].second(second % 60 == 0)
    tide.mark(flows)
    for second in range(120):
        flows[0].second(second % 60 == 0)
        flows[1].second(second % 2 == 0)
    assert tide.has_turned(flows, 120, [False, False])


def test_a_jam_that_moves_from_one_street_to_the_other_leaves_an_empty_street_and_no_fault() -> None:
    town = Town(per_h={"N1": 600, "N2": 600, "E1": 12, "E2": 12})
    watch = Watched(LoopWatch(town.lanes))
    for seen in town.observations(1800):
        watch.take(seen)
    recalled_s = 0
    turned = replace(town, per_h={"N1": 12, "N2": 12, "E1": 600, "E2": 600}, seed=2)
    for seen in turned.observations(1200):
        watch.take(replace(seen, now=seen.now + 1_800_000, edges=tuple(_later(e, 1_800_000) for e in seen.edges)))
        recalled_s += watch.watch.unseen.get(PhaseNumber(2)) is True
    assert {n for n in watch.first if n in {*loops("N1"), *loops("N2")}} == set()
    assert recalled_s < 120


def _later(edge: LoopEdge, ms: Ms) -> LoopEdge:
    return replace(edge, at_ms=edge.at_ms + ms)


@pytest.mark.parametrize("breaks_s", range(BREAKS_S, BREAKS_S + 60, 12))
def test_an_approach_that_dies_while_the_others_go_on_is_recalled_whatever_was_under_way(breaks_s: int) -> None:
    town = Town(wires=approach(dead(breaks_s)))
    watch = LoopWatch(town.lanes)
    told = [(watch.see(seen), watch.unseen.get(PhaseNumber(2)))[1] for seen in town.observations(breaks_s + 300)]
    assert True in told[breaks_s:]
