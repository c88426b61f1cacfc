"""Loops that are not heard after a start, and the plan recall: whom nobody sees is served as the fall-back plan would."""

from dataclasses import replace

import pytest

from edge.control.beside import LateRecalls, late_ms, loops_beside, loops_of_approach, plan_greens_ms, red_in_plan_ms
from edge.model.detectors import DetectorKind, DetectorLimits, OnFault
from edge.model.events import EventCode as E
from edge.model.exchange import Interval
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.phases import Recall
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import DetectorNumber, PhaseNumber, PlanNumber
from tests import builders
from tests.control.scenario import Scenario

AFTER = 120_000
NOON = LocalTime((2026, 3, 2), 0, 43_200_000, 1_772_452_800_000, synced=True)
FOUR, FIVE = DetectorNumber(4), DetectorNumber(5)


def two_phase(limits: DetectorLimits, **changes: object) -> Site:
    site = builders.two_phase()
    four = replace(site.detectors[FOUR], limits=limits, **changes)  # type: ignore[arg-type]
    return replace(site, detectors={**site.detectors, FOUR: four})


def plan_green_ms(site: Site) -> int:
    return plan_greens_ms(site, site.fallback.plan_of_unseen)[PhaseNumber(4)]


def unseen(on_fault: OnFault = OnFault.PLAN_RECALL) -> Site:
    return two_phase(DetectorLimits(60_000, 0, 0, on_fault=on_fault, unseen_ms=AFTER))


@pytest.mark.untraced
def test_a_phase_whose_loop_has_not_been_heard_since_the_start_is_served_again_and_again_for_its_split() -> None:
    s = Scenario(unseen()).wait(240)
    assert s.phase(4).recall is Recall.MIN
    since = s.now
    s.occupy(2).wait(180)
    lasted = plan_green_ms(s.site) / 1000
    begun, ended = s.times(E.PHASE_BEGIN_GREEN, 4, since), s.times(E.PHASE_GREEN_TERMINATION, 4, since)
    assert len(begun) >= 2
    assert not s.standing()
    first = begun[0]
    assert min(t for t in ended if t > first) - first >= 1000 * lasted


def two_plans() -> Site:
    """Plan 2, of the unseen, has half the splits of plan 1."""
    site = unseen()
    plan = site.plans[PlanNumber(1)]
    short = replace(plan, number=PlanNumber(2), splits={p: ms // 2 for p, ms in plan.splits.items()})
    return replace(
        site, plans={plan.number: plan, short.number: short}, fallback=replace(site.fallback, unseen_plan=PlanNumber(2))
    )


def test_whoever_has_not_been_seen_has_the_green_of_his_plan_and_a_failed_loop_that_of_the_fall_back() -> None:
    site, four = two_plans(), PhaseNumber(4)
    unseen_ms, failed_ms = (plan_greens_ms(site, PlanNumber(n))[four] for n in (2, 1))
    assert unseen_ms < failed_ms
    s = Scenario(site).wait(240)
    assert asked_green_ms(s) == unseen_ms
    s.occupy(4).wait(90)  # heard, and then stuck
    assert s.standing()
    assert asked_green_ms(s) == failed_ms


def test_a_loop_that_has_never_been_heard_keeps_the_plan_of_the_unseen_when_it_is_reported() -> None:
    site = two_plans()
    limits = replace(site.detectors[FOUR].limits, no_activity_ms=AFTER + 30_000)
    silent = replace(site, detectors={**site.detectors, FOUR: replace(site.detectors[FOUR], limits=limits)})
    s = Scenario(silent, local=NOON).wait(240)
    assert s.standing()
    assert asked_green_ms(s) == plan_greens_ms(site, PlanNumber(2))[PhaseNumber(4)]


def asked_green_ms(s: Scenario) -> int:
    return s.tick.controller._calls[PhaseNumber(4)].least_green_ms


def test_before_its_time_and_without_the_key_nothing_is_recalled() -> None:
    assert Scenario(unseen()).wait(100).phase(4).recall is Recall.NONE
    plain = two_phase(DetectorLimits(60_000, 0, 0, on_fault=OnFault.PLAN_RECALL))
    assert Scenario(plain).wait(240).phase(4).recall is Recall.NONE


@pytest.mark.untraced
def test_the_first_vehicle_ends_it_and_is_served_as_any_other() -> None:
    s = Scenario(unseen()).wait(240)
    s.occupy(4).step()
    assert s.phase(4).recall is Recall.NONE
    s.wait(60).leave(4).wait(40)
    assert s.times(E.DETECTOR_ON, 4)
    calm = s.now
    s.wait(200)
    assert not s.times(E.PHASE_BEGIN_GREEN, 4, calm)


@pytest.mark.untraced
def test_a_stuck_loop_under_a_plan_recall_has_its_split_and_not_its_maximum() -> None:
    s = Scenario(two_phase(DetectorLimits(60_000, 0, 0, on_fault=OnFault.PLAN_RECALL))).drain()
    s.occupy(2, 4).wait(90)
    since = s.now
    s.wait(240)
    split_ms = plan_green_ms(s.site)
    begun, ended = s.times(E.PHASE_BEGIN_GREEN, 4, since), s.times(E.PHASE_GREEN_TERMINATION, 4, since)
    lasted = [min(t for t in ended if t > b) - b for b in begun if ended[-1] > b]
    assert lasted
    assert set(lasted) == {split_ms}
    assert split_ms < s.site.phases[PhaseNumber(4)].max_green_ms


@pytest.mark.untraced
def test_behind_an_advance_loop_that_stands_in_a_phase_without_memory_is_recalled_all_the_same() -> None:
    site = two_phase(
        DetectorLimits(60_000, 0, 0, on_fault=OnFault.PLAN_RECALL, unseen_ms=AFTER), partner=DetectorNumber(5)
    )
    advance = replace(site.detectors[FOUR], number=DetectorNumber(5), kind=DetectorKind.ADVANCE, partner=None,
                      limits=DetectorLimits(0, 0, 0))  # fmt: skip
    phases = {n: replace(p, locking=False) for n, p in site.phases.items()}
    for locking in (False, True):
        rows = phases if not locking else site.phases
        s = Scenario(replace(site, phases=rows, detectors={**site.detectors, advance.number: advance})).wait(240)
        assert s.phase(4).recall is (Recall.NONE if locking else Recall.MIN)


def two_lanes(approach: str = "N", on_fault_of_five: OnFault = OnFault.PLAN_RECALL) -> Site:
    """Phase 4 with two lanes: N1 with loop 4, N2 with loop 5."""
    site = unseen()
    four = site.detectors[FOUR]
    five = replace(four, number=FIVE, limits=replace(four.limits, on_fault=on_fault_of_five))
    go = (Movement(Turn.THROUGH, frozenset({PhaseNumber(4)})),)
    one = Lane(LaneName("N1"), "N", go, stopbar=(FOUR,))
    other = Lane(LaneName("N2"), approach, go, stopbar=(FIVE,))
    return replace(site, detectors={**site.detectors, FIVE: five}, lanes=(one, other))


def beside(site: Site) -> dict[DetectorNumber, tuple[DetectorNumber, ...]]:
    """The detectors beside each, by number alone."""
    return {number: tuple(other for other, _ in found.others) for number, found in loops_beside(site).items()}


def heard_in_lane_two(site: Site) -> Scenario:
    """Somebody was on loop 5 and has gone, phase 2 is held green by a stream, and unheard loops have been noticed."""
    return Scenario(site).wait(20).occupy(5).wait(5).leave(5).occupy(2).wait(AFTER / 1000 - 23)


def test_a_lane_silent_since_the_start_beside_a_heard_one_is_recalled_late_and_for_its_minimum() -> None:
    s = heard_in_lane_two(two_lanes())
    late_s, since = late_ms(s.site) // 1000, s.now
    rows = [s.wait(1).phase(4) for _ in range(2 * late_s + 90)]
    asked = [row for row in rows if row.recall is Recall.MIN and row.interval is Interval.RED]
    assert asked
    assert all(row.in_interval_ms >= 1000 * (late_s - 6) for row in asked)  # red, and yellow before it
    assert any(row.recall is Recall.NONE for row in rows)
    begun, ended = s.times(E.PHASE_BEGIN_GREEN, 4, since), s.times(E.PHASE_GREEN_TERMINATION, 4, since)
    assert min(t for t in ended if t > begun[0]) - begun[0] < plan_green_ms(s.site)


def test_a_lane_whose_drivers_cannot_use_the_heard_one_has_its_plan() -> None:
    site = two_lanes()
    one, other = site.lanes
    turns = replace(other, movements=(Movement(Turn.RIGHT, frozenset({PhaseNumber(4)})),))
    assert loops_beside(replace(site, lanes=(one, turns))) == {}
    assert heard_in_lane_two(replace(site, lanes=(one, turns))).phase(4).recall is Recall.MIN
    both = replace(other, movements=(*other.movements, *turns.movements))
    assert beside(replace(site, lanes=(one, both))) == {FOUR: (FIVE,)}


def with_a_pocket() -> Site:
    """Lane N1 with loop 4 turns left in phase 4, beside it lane N2 with loop 5 goes straight on in phase 2."""
    site = two_lanes()
    one, other = site.lanes
    five = replace(site.detectors[FIVE], phase=PhaseNumber(2))
    left = replace(one, movements=(Movement(Turn.LEFT, frozenset({PhaseNumber(4)})),))
    ahead = replace(other, movements=(Movement(Turn.THROUGH, frozenset({PhaseNumber(2)})),))
    return replace(site, detectors={**site.detectors, FIVE: five}, lanes=(left, ahead))


def test_a_pocket_silent_since_the_start_beside_heard_lanes_is_served_as_often_and_as_long_as_in_the_plan() -> None:
    s = heard_in_lane_two(with_a_pocket())
    red_s, since = red_in_plan_ms(s.site)[PhaseNumber(4)] // 1000, s.now
    rows = [s.wait(1).phase(4) for _ in range(4 * red_s)]
    asked = [row for row in rows if row.recall is Recall.MIN and row.interval is Interval.RED]
    assert asked
    assert all(row.in_interval_ms >= 1000 * (red_s - 6) for row in asked)  # red, and yellow before it
    assert min(row.in_interval_ms for row in asked) <= 1000 * red_s
    assert {row.recall for row in rows} == {Recall.NONE, Recall.MIN}
    begun, ended = s.times(E.PHASE_BEGIN_GREEN, 4, since), s.times(E.PHASE_GREEN_TERMINATION, 4, since)
    assert min(t for t in ended if t > begun[0]) - begun[0] >= plan_green_ms(s.site)


def test_a_pocket_whose_loops_are_known_to_be_bad_is_recalled_in_every_cycle() -> None:
    s = heard_in_lane_two(with_a_pocket()).occupy(4).wait(90)  # heard, and then stuck
    assert s.standing()
    rows = [s.wait(1).phase(4) for _ in range(90)]
    assert {row.recall for row in rows} == {Recall.MIN}


def test_the_loops_of_an_approach_are_those_of_its_other_lanes_that_call() -> None:
    site = with_a_pocket()
    assert loops_of_approach(site) == {FOUR: (FIVE,), FIVE: (FOUR,)}
    apart = replace(site, lanes=(site.lanes[0], replace(site.lanes[1], approach="S")))
    assert loops_of_approach(apart) == {FOUR: (), FIVE: ()}
    quiet = {**site.detectors, FIVE: replace(site.detectors[FIVE], calls=False)}
    assert loops_of_approach(replace(site, detectors=quiet)) == {FOUR: (), FIVE: (FOUR,)}


def test_a_lane_is_late_where_two_heard_ones_together_go_everywhere_that_it_goes() -> None:
    site = two_lanes()
    one, other = site.lanes
    turn = Movement(Turn.RIGHT, frozenset({PhaseNumber(4)}))
    six = replace(site.detectors[FIVE], number=DetectorNumber(6))
    shared = replace(one, name=LaneName("N3"), stopbar=(six.number,), movements=(*one.movements, turn))
    turns = replace(other, movements=(turn,))
    three = replace(site, detectors={**site.detectors, six.number: six}, lanes=(one, turns, shared))
    found = loops_beside(three)
    assert found[six.number].covered({FOUR, FIVE}.__contains__)
    assert not found[six.number].covered({FOUR}.__contains__)


def test_drivers_of_a_lane_of_cars_cannot_use_one_of_bicycles_but_the_reverse() -> None:
    site = two_lanes()
    one, other = site.lanes
    assert beside(replace(site, lanes=(one, replace(other, cars=False)))) == {FIVE: (FOUR,)}


def test_the_time_of_a_late_recall_runs_from_the_last_green_and_not_from_the_verdict() -> None:
    recalls = LateRecalls({PhaseNumber(4)}, 0)
    green = set[PhaseNumber]()
    for now in range(0, 60_000, 1_000):
        green = {PhaseNumber(4)} if now < 30_000 else set()
        assert not list(recalls.overdue(now, green.__contains__))
    recalls.watch({PhaseNumber(4): 80_000})
    assert dict(recalls.overdue(100_000, green.__contains__)) == {4: False}
    recalls.watch({})
    recalls.watch({PhaseNumber(4): 80_000})
    assert dict(recalls.overdue(109_000, green.__contains__)) == {4: True}


def test_the_lane_of_another_approach_says_nothing_about_it() -> None:
    assert heard_in_lane_two(two_lanes("S")).phase(4).recall is Recall.MIN


def test_a_bicycle_lane_silent_since_the_start_waits_for_whoever_is_heard_in_its_phase() -> None:
    site = two_lanes("S")
    bicycles = replace(site, lanes=(replace(site.lanes[0], cars=False), site.lanes[1]))
    s = heard_in_lane_two(bicycles)
    rows = [s.wait(1).phase(4).recall for _ in range(2 * late_ms(s.site) // 1000 + 90)]
    assert set(rows) == {Recall.NONE, Recall.MIN}
    alone = Scenario(bicycles).wait(20).occupy(2).wait(AFTER / 1000 + 10)
    assert alone.phase(4).recall is Recall.MIN


def test_a_lane_whose_site_file_asks_for_nothing_is_not_recalled_late_either() -> None:
    site = two_lanes(on_fault_of_five=OnFault.NONE)
    four = replace(site.detectors[FOUR], limits=site.detectors[FIVE].limits)
    s = heard_in_lane_two(replace(site, detectors={**site.detectors, FOUR: four}))
    recalls = {s.wait(1).phase(4).recall for _ in range(late_ms(s.site) // 1000 + 90)}
    assert recalls == {Recall.NONE}


def test_once_the_heard_lane_fails_too_the_phase_has_its_plan_again() -> None:
    s = heard_in_lane_two(two_lanes(on_fault_of_five=OnFault.NONE)).occupy(5).wait(70)
    assert s.phase(4).recall is Recall.MIN


def test_where_no_lane_of_the_approach_is_heard_all_is_as_before() -> None:
    assert Scenario(two_lanes()).occupy(2).wait(AFTER / 1000 + 2).phase(4).recall is Recall.MIN


@pytest.mark.untraced
def test_late_recall_may_be_asked_for_and_goes_with_the_fault() -> None:
    s = Scenario(two_phase(DetectorLimits(60_000, 0, 0, on_fault=OnFault.LATE_RECALL))).drain()
    s.occupy(2, 4).wait(90)
    late = late_ms(s.site) / 1000
    waits = [s.wait(1).phase(4).recall for _ in range(int(late) + 70)]
    assert waits.count(Recall.MIN) > 0
    assert waits.count(Recall.NONE) >= late - 1
    assert s.leave(4).wait(130).phase(4).recall is Recall.NONE


def test_loops_beside_are_those_of_other_lanes_of_the_approach_that_call_the_same_phase() -> None:
    site = two_lanes()
    assert beside(site) == {FOUR: (FIVE,), FIVE: (FOUR,)}
    zone = replace(site.detectors[FOUR], number=DetectorNumber(56), partner=FOUR)
    elsewhere = replace(site.detectors[FIVE], phase=PhaseNumber(2))
    with_zone = replace(site, detectors={**site.detectors, zone.number: zone})
    assert beside(with_zone)[zone.number] == (FIVE,)
    assert loops_beside(replace(site, detectors={**site.detectors, FIVE: elsewhere})) == {}
    assert loops_beside(replace(site, lanes=())) == {}


def test_without_a_plan_a_late_recall_waits_for_two_minutes() -> None:
    assert late_ms(replace(two_lanes(), plans={})) == 120_000
