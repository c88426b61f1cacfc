"""Lanes of which a stage lets only some go: what the search may hope for, and what taking the green from the rest costs."""

from dataclasses import replace

import numpy as np
import pytest

from edge.adaptive.courses import OFF, Chains, Courses
from edge.adaptive.forecast import Forecast, LaneForecast, Service
from edge.adaptive.learned import Discharge
from edge.adaptive.moves import MoveTable
from edge.adaptive.optimiser import HORIZON_S, RollingHorizon
from edge.adaptive.outflow import Outflow
from edge.adaptive.service import BLOCKED_RATE, Kind, Rates, kind_of, leave_first
from edge.adaptive.stages import StageGraph
from edge.adaptive.street import Builder
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.overlaps import Overlap, OverlapKind
from edge.model.site import Site
from edge.model.units import DetectorNumber, OverlapNumber, PhaseNumber
from tests.adaptive.plans import crossing, of, standing
from tests.adaptive.street import Street

N1 = Lane(LaneName("N1"), "N", (Movement(Turn.THROUGH, of(1)), Movement(Turn.LEFT, of(1, 2), of(1), (LaneName("S1"),))))
S1 = Lane(LaneName("S1"), "S", (Movement(Turn.THROUGH, of(1)), Movement(Turn.LEFT, of(1, 2), of(1), (LaneName("N1"),))))
E1 = Lane(LaneName("E1"), "E", (Movement(Turn.THROUGH, of(3)),))
LANES = (N1, S1, E1)
ALL, LEFTS, CROSS = of(1), of(2), of(3)
RED_ARROW = (Movement(Turn.THROUGH, of(1)), Movement(Turn.LEFT, of(2)))


def stages() -> Site:
    """Phase 1: all of north and south; 2: their left turns, carried by an overlap; 3: east."""
    left = Overlap(OverlapNumber(1), "", OverlapKind.NORMAL, (PhaseNumber(1), PhaseNumber(2)), 3_000, 1_000, 5_000)
    return replace(crossing(3), overlaps={left.number: left}, lanes=LANES)


def courses() -> Courses:
    return Courses(StageGraph(stages()), LANES)


def test_behind_the_yellow_of_some_a_lane_whose_others_go_on_is_served_as_the_next_stage_serves_it() -> None:
    built = courses()
    course = built.course(built.graph.change(ALL, LEFTS))
    north = [built.graph.stages[k] for k in course.stage[:, 0]]
    assert north[0] == ALL
    assert set(north[1:]) == {LEFTS}
    assert (course.over[:, 0] < OFF).all()  # its left turns go on


def test_a_lane_that_gains_movements_is_served_as_before_until_they_begin() -> None:
    built = courses()
    course = built.course(built.graph.change(LEFTS, ALL))
    assert [built.graph.stages[k] for k in course.stage[:, 0]][:5] == [LEFTS] * 4 + [ALL]


def test_the_green_is_paid_for_by_the_part_it_is_taken_from_and_once() -> None:
    built = courses()
    table = MoveTable(built, Chains(built))
    moves = table.moves(dict.fromkeys(of(1, 2, 3), 5_000), [0, 1, 2], np.array([4.0, 8.0, 100.0]))
    cost = {(c.origin, c.target): moves.cost[k] for k, c in enumerate(table.changes)}
    assert cost[ALL, LEFTS] == pytest.approx(0.75 * 12.0)
    assert cost[ALL, LEFTS] + cost[LEFTS, CROSS] == pytest.approx(cost[ALL, CROSS]) == pytest.approx(12.0)
    gains = {(c.origin, c.target): moves.gains[k].tolist() for k, c in enumerate(table.changes)}
    assert gains[LEFTS, ALL] == [True, True, False]
    assert gains[ALL, LEFTS] == [False, False, False]


def rates() -> Rates:
    """At half a vehicle a second."""
    return Rates(N1, Discharge(10.0, 20.0))


def test_how_many_leave_before_the_first_who_is_held_is_what_follows_from_throwing_dice() -> None:
    for part, queue in ((0.75, 1), (0.75, 4), (0.25, 3), (0.5, 9)):
        chances = [(1 - part) ** k * part for k in range(queue)]
        mean = sum(k * p for k, p in enumerate(chances)) + queue * (1 - part) ** queue
        assert leave_first(part, 1 - part, float(queue)) == pytest.approx(mean)
    assert leave_first(0.75, 1.0, 9.0) > 1.0 > leave_first(0.75, 0.25, 9.0)


def test_an_arrow_for_few_of_a_lane_is_no_stream_but_lets_a_turner_go_who_was_found_waiting() -> None:
    arrow = kind_of(N1, LEFTS, {row.name: row for row in LANES})
    assert arrow == Kind("rg", 1, 0, 1, held_part=0.75)
    for queue in (1.0, 4.0, 12.0):
        row = rates()
        unknown = row.service(arrow, 0.0, queue).clear
        row.blocked.add("gy")
        known = row.service(arrow, 0.0, queue).clear
        assert 6.0 * unknown < 0.5  # in a minimum green, vehicles
        assert 0.9 < 6.0 * known < 1.5


def test_one_who_stands_in_two_kinds_of_stage_makes_a_movement_that_neither_lets_go() -> None:
    three = replace(N1, movements=(*N1.movements, Movement(Turn.RIGHT, of(1))))
    row = Rates(three, Discharge(10.0, 20.0))
    row.blocked |= {"gyg"}
    left = Kind("rgr", 1, 0, 2, held_part=0.8)
    right = Kind("rrg", 1, 0, 2, held_part=0.8)
    assert row.service(left, 0.0, 1.0).clear > 4 * row.service(right, 0.0, 1.0).clear
    row.blocked.clear()
    assert row.service(left, 0.0, 1.0).clear == row.service(right, 0.0, 1.0).clear


def test_a_head_that_can_stand_nowhere_is_another_one() -> None:
    row = rates()
    through, arrow = (kind_of(N1, stage, {lane.name: lane for lane in (N1, replace(S1))}) for stage in (ALL, LEFTS))
    assert through is not None
    assert arrow is not None
    row.found_standing(through)
    assert row.blocked == {"gy"}  # a left turner
    row.found_standing(arrow)
    assert row.blocked == {"rg"}  # who went at the arrow: behind him one who goes straight on
    assert row.service(through, 0.0, 5.0).clear > 0.2


def test_who_stands_before_a_red_arrow_waits_though_his_lane_has_green() -> None:
    adviser = RollingHorizon(stages(), LANES)
    service = {ALL: Service(BLOCKED_RATE, BLOCKED_RATE), LEFTS: Service(0.2, 0.2)}
    north = LaneForecast(N1.name, 7.0, (), 0.05, service, waiting_s=20.0)
    south = LaneForecast(S1.name, 0.0, (), 0.02, {ALL: Service(0.5, 0.5), LEFTS: Service(0.04, 0.04)})
    east = LaneForecast(E1.name, 0.0, (), 0.0, {CROSS: Service(0.5, 0.5)})
    advice = adviser.advise(standing(stages(), 100_000, {1: 0}), Forecast(100_000, (north, south, east)))
    assert advice.calls == LEFTS


def test_who_comes_to_an_arrow_that_is_not_his_is_a_queue_at_once() -> None:
    built = courses()
    rows = [LaneForecast(row.name, 0.0, (), 0.0, {ALL: Service(0.5, 0.5), LEFTS: Service(0.04, 0.04)}) for row in LANES]
    nodes = Chains(built).nodes()
    street = Builder(built, [row.name for row in LANES], 3.0).build(
        Forecast(0, tuple(rows)), (), nodes.course, 60, 120.0
    )
    free, arrow = (street.floor[built.graph.index[stage], 0] for stage in (ALL, LEFTS))
    assert free == pytest.approx(-0.5)
    assert -0.1 < arrow <= 0.0


def test_a_stream_is_not_put_on_the_arrow_of_its_few_turners_on_the_way_to_the_other_street() -> None:
    adviser = RollingHorizon(stages(), LANES)
    table = {row.name: Rates(row, Discharge(10.0, 20.0)) for row in LANES}
    known = {row.name: row for row in LANES}
    come = {"N1": (0.15,) * HORIZON_S, "S1": (0.1,) * HORIZON_S, "E1": (0.05,) * HORIZON_S}
    for waits in (0.0, 1.0, 2.0, 4.0):
        rows = []
        for row in LANES:
            kinds = {s: kind_of(row, s, known) for s in adviser.stages}
            service = {s: table[row.name].service(k, 0.1, 1.0) for s, k in kinds.items() if k is not None}
            queue = waits if row is E1 else 0.0
            rows.append(
                LaneForecast(row.name, queue, come[row.name], come[row.name][0], service, waiting_s=9.0 * queue)
            )
        advice = adviser.advise(standing(stages(), 100_000, {1: 0}), Forecast(100_000, tuple(rows)))
        assert not advice.calls & LEFTS


def test_whoever_stands_is_found_out_anew_where_the_next_stage_lets_others_of_his_lane_go() -> None:
    loops = replace(N1, stopbar=(DetectorNumber(1),), advance=(DetectorNumber(2),), advance_m=50.0, movements=RED_ARROW)
    street = Street(replace(stages(), lanes=(loops, E1)))
    street.loops = {1: [(10.0, 400.0)], 2: [(5.0, 6.0), (7.0, 8.0), (9.0, 10.0)]}
    street.greens = {3: [(0, 20)], 1: [(30, 60)], 2: [(60, 90)]}
    state = street.until(58).estimator.states[loops.name]
    assert state.rates.blocked == {"gr"}
    assert street.until(88).estimator.states[loops.name].rates.blocked == {"rg"}


def standing_turner(until_s: int) -> Street:
    """N1 waits through its green from 30 to 90 s; nobody comes against it."""
    loops = replace(N1, stopbar=(DetectorNumber(1),), advance=(DetectorNumber(2),), advance_m=50.0)
    street = Street(replace(stages(), lanes=(loops, replace(S1, stopbar=(DetectorNumber(3),)), E1)))
    street.loops = {1: [(10.0, 400.0)], 2: [(5.0, 6.0), (7.0, 8.0), (9.0, 10.0)]}
    street.greens = {3: [(0, 20)], 1: [(30, 90)]}
    return street.until(until_s)


def test_who_waits_for_a_gap_and_does_not_go_is_expected_to_stand_as_long_again() -> None:
    held = [standing_turner(second).lane("N1", {1}).service[ALL].held_s for second in (30, 40, 60, 80, 95)]
    assert held[:2] == [0.0, 0.0]
    assert held[2] > 5.0
    assert held[3] == pytest.approx(held[2] + 20.0)
    assert held[4] == 0.0


def test_who_waits_for_a_gap_while_a_queue_leaves_against_him_stands_for_a_known_reason() -> None:
    north = replace(N1, stopbar=(DetectorNumber(1),), advance=(DetectorNumber(2),), advance_m=50.0)
    south = replace(S1, stopbar=(DetectorNumber(3),), advance=(DetectorNumber(4),), advance_m=50.0)
    street = Street(replace(stages(), lanes=(north, south, E1)))
    street.loops = {
        1: [(10.0, 400.0)],
        2: [(5.0, 6.0), (7.0, 8.0), (9.0, 10.0)],
        3: [(10.0, 33.0), *((34.0 + 2 * k, 35.0 + 2 * k) for k in range(18))],
        4: [(4.0 + 2 * k, 5.0 + 2 * k) for k in range(32)],
    }
    street.greens = {3: [(0, 20)], 1: [(30, 120)]}
    assert street.until(66).lane("S1").queue >= 1.0
    assert street.estimator.states[N1.name].outflow.blocked
    assert street.lane("N1", {1}).service[ALL].held_s == 0.0
    assert street.until(110).lane("N1", {1}).service[ALL].held_s > 10.0


def test_who_has_waited_for_a_gap_through_a_green_goes_in_its_yellow_and_another_is_the_head() -> None:
    assert standing_turner(80).estimator.states[N1.name].rates.blocked == {"gy"}
    assert not standing_turner(95).estimator.states[N1.name].rates.blocked


def test_who_stands_before_a_red_arrow_stands_there_in_the_next_green_too() -> None:
    loops = replace(N1, stopbar=(DetectorNumber(1),), advance=(DetectorNumber(2),), advance_m=50.0, movements=RED_ARROW)
    street = Street(replace(stages(), lanes=(loops, E1)))
    street.loops = {1: [(10.0, 400.0)], 2: [(5.0, 6.0), (7.0, 8.0), (9.0, 10.0)]}
    street.greens = {3: [(0, 20)], 1: [(30, 60)]}
    assert street.until(70).estimator.states[N1.name].rates.blocked == {"gr"}


def test_a_head_that_stands_in_one_kind_of_stage_may_go_in_another() -> None:
    both = replace(N1, movements=(Movement(Turn.THROUGH, of(1)), Movement(Turn.LEFT, of(1, 2), of(1, 2), (S1.name,))))
    north = replace(both, stopbar=(DetectorNumber(1),), advance=(DetectorNumber(2),), advance_m=50.0)
    street = Street(replace(stages(), lanes=(north, replace(S1, stopbar=(DetectorNumber(3),)), E1)))
    street.loops = {1: [(10.0, 400.0)], 2: [(5.0, 6.0), (7.0, 8.0), (9.0, 10.0)]}
    street.greens = {3: [(0, 20)], 1: [(30, 90)]}
    service = street.until(60).lane("N1", {1}, {2}).service
    assert service[ALL].held_s > 5.0
    assert service[LEFTS].held_s == 0.0


def test_a_head_is_sure_to_stand_after_the_time_of_three_more_vehicles() -> None:
    held = [Outflow(blocked=True, headway_s=2.0, stood_s=stood).held_s for stood in (0.0, 6.0, 7.0)]
    assert held == [0.0, 0.0, 1.0]
    assert Outflow(stood_s=20.0).held_s == 0.0


def held_for(seconds: float) -> tuple[frozenset[PhaseNumber], frozenset[PhaseNumber]]:
    """What is held and called with six vehicles behind a head that stands so long, and three in the other street."""
    adviser = RollingHorizon(stages(), LANES)
    service = {ALL: Service(0.4, 0.4, held_s=seconds), LEFTS: Service(0.04, 0.04)}
    north = LaneForecast(N1.name, 6.0, (), 0.05, service)
    south = LaneForecast(S1.name, 0.0, (), 0.02, {ALL: Service(0.5, 0.5), LEFTS: Service(0.04, 0.04)})
    east = LaneForecast(E1.name, 3.0, (), 0.05, {CROSS: Service(0.5, 0.5)}, waiting_s=20.0)
    advice = adviser.advise(standing(stages(), 100_000, {1: 0}), Forecast(100_000, (north, south, east)))
    return advice.holds, advice.calls


def test_a_green_that_lets_nobody_go_is_taken_for_those_who_can_and_a_moving_queue_keeps_its_green() -> None:
    assert held_for(0.0) == (ALL, frozenset())
    assert held_for(15.0) == (frozenset(), CROSS)
