"""The ladder: how far the loops carry, and what is asked for beside plain actuation where they do not."""

from dataclasses import replace

import pytest

from edge.adaptive.forecast import Forecast
from edge.adaptive.health_evidence import Ill
from edge.adaptive.health_words import Verdict
from edge.adaptive.ladder import MOST_UNSEEN, UP_AFTER_MS, Ladder, Step, step_for
from edge.model.exchange import Interval
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.observation import Observation
from edge.model.units import DetectorNumber, PhaseNumber, PlanNumber
from tests import builders
from tests.adaptive.seconds import observation, red

TWO, FOUR = PhaseNumber(2), PhaseNumber(4)
FIT = Forecast(0, ())
BLIND = Forecast(0, (), fit=False, why="nobody sees who comes on the approaches N, S")


def lane(name: str, *phases: int) -> Lane:
    first = 10 * int(name[1]) + (100 if name[0] == "E" else 0)
    through = Movement(Turn.THROUGH, frozenset(map(PhaseNumber, phases)))
    return Lane(LaneName(name), name[0], (through,), (DetectorNumber(first + 1),), (DetectorNumber(first + 2),))


LANES = (lane("N1", 2), lane("N2", 2), lane("E1", 4), lane("E2", 4))
N1 = (DetectorNumber(11), DetectorNumber(12))


def ladder() -> Ladder:
    """Phases 2 and 4, each of a cycle of 50 s, with a split of 25 s each: 20.5 s of green."""
    site = builders.two_phase()
    plan = replace(next(iter(site.plans.values())), cycle_ms=50_000, splits={TWO: 25_000, FOUR: 25_000})
    return Ladder(replace(site, plans={plan.number: plan}), LANES)


def split_s(step: Ladder) -> float:
    return step._split_s[TWO]


def verdicts(*loops: int, ill: Ill = Ill.DEAD) -> dict[DetectorNumber, Verdict]:
    return {DetectorNumber(n): Verdict(ill, 0, ill.value) for n in loops}


@pytest.mark.parametrize(
    ("bad", "forecast", "step"),
    [
        (0, FIT, Step.ADAPTIVE),
        (3, FIT, Step.ADAPTIVE),
        (1, BLIND, Step.ACTUATED),
        (4, FIT, Step.FIXED),
        (8, BLIND, Step.FIXED),
    ],
)
def test_what_the_loops_carry(bad: int, forecast: Forecast, step: Step) -> None:
    assert step_for(bad, 8, forecast).step is step


def test_one_bad_loop_moves_the_junction_only_where_it_is_one_of_two() -> None:
    assert step_for(1, 1, FIT).step is Step.FIXED
    assert step_for(1, 2, FIT).step is Step.FIXED
    assert {step_for(1, loops, FIT).step for loops in range(3, 65)} == {Step.ADAPTIVE}


def test_each_step_down_says_why() -> None:
    assert step_for(1, 8, BLIND).why == BLIND.why
    assert step_for(4, 8, FIT).why == "4 of 8 loops are not to be believed: splits of the fixed plan"


def test_loops_that_nobody_has_driven_over_are_no_reason_for_the_splits_of_the_plan() -> None:
    half = (11, 12, 21, 22)
    assert ladder().climb(1_000, verdicts(*half, ill=Ill.DEAD), BLIND).step is Step.FIXED
    assert ladder().climb(1_000, verdicts(*half, ill=Ill.UNPROVED), BLIND).step is Step.ACTUATED


def test_down_at_once_up_after_a_minute_of_better_health() -> None:
    steps = ladder()
    assert steps.climb(1_000, {}, BLIND).step is Step.ACTUATED
    assert steps.climb(2_000, {}, FIT).step is Step.ACTUATED
    assert steps.climb(30_000, {}, BLIND).step is Step.ACTUATED
    assert steps.climb(31_000, {}, FIT).step is Step.ACTUATED
    assert steps.climb(31_000 + UP_AFTER_MS - 1_000, {}, FIT).step is Step.ACTUATED
    assert steps.climb(31_000 + UP_AFTER_MS, {}, FIT).step is Step.ADAPTIVE


def test_a_lane_that_nobody_sees_recalls_its_phase_for_what_was_enough_or_the_fixed_plan_gives() -> None:
    steps = ladder()
    assert steps.recalls(verdicts(*N1), {}, {TWO: 31.0}) == {TWO: split_s(steps)}
    for cycle in range(10):
        steps.note(seen(2_000 * cycle, 2), ())
        steps.note(seen(2_000 * cycle + 1_000, 4), ())
    assert steps.recalls(verdicts(*N1), {}, {TWO: 9.0}) == {TWO: split_s(steps)}
    assert steps.recalls(verdicts(*N1), {}, {TWO: split_s(steps) + 4.0}) == {TWO: split_s(steps) + 4.0}
    assert steps.recalls(verdicts(*N1), {}, {TWO: 60.0}) == {TWO: 1.5 * split_s(steps)}


def with_a_plan_of_the_unseen() -> tuple[Ladder, float]:
    """Its cycle is half as long as that of the fall-back plan; the green of phase 2 in it, s."""
    site = builders.two_phase()
    plan = site.plans[PlanNumber(1)]
    splits = {p: ms // 4 for p, ms in plan.splits.items()}
    other = replace(plan, number=PlanNumber(2), cycle_ms=plan.cycle_ms // 2, splits=splits)
    fallback = replace(site.fallback, unseen_plan=other.number)
    steps = Ladder(replace(site, plans={plan.number: plan, other.number: other}, fallback=fallback), LANES)
    green_ms = max(other.splits[TWO] - site.phases[TWO].change_ms, site.phases[TWO].min_green_ms)
    return steps, green_ms / 1000


def test_whoever_may_only_not_have_come_yet_has_the_green_of_the_plan_of_the_unseen() -> None:
    steps, green_s = with_a_plan_of_the_unseen()
    assert steps.recalls(verdicts(*N1, ill=Ill.UNPROVED), {TWO: True}, None) == {TWO: green_s}
    assert steps.recalls(verdicts(*N1, ill=Ill.DEAD), {TWO: True}, None) == {TWO: split_s(steps)}
    assert steps.recalls({}, {TWO: True}, None) == {TWO: split_s(steps)}


def test_bicycles_or_buses_that_have_not_come_yet_wait_for_those_who_are_seen_in_their_phase() -> None:
    site, seldom = builders.two_phase(), replace(LANES[0], cars=False)
    not_yet, dead = verdicts(*N1, ill=Ill.UNPROVED), verdicts(*N1, ill=Ill.DEAD)
    steps = Ladder(site, (seldom, *LANES[1:]))
    assert steps.recalls(not_yet, {}, None) == {}
    assert steps.recalls(dead, {}, None).keys() == {TWO}
    assert steps.recalls({**not_yet, **verdicts(21, 22)}, {}, None).keys() == {TWO}
    alone = Ladder(site, (seldom, *LANES[2:]))
    assert alone.recalls(not_yet, {}, None).keys() == {TWO}


def test_a_lane_with_one_loop_left_is_modelled_by_it_and_not_recalled() -> None:
    assert ladder().recalls(verdicts(11, 22), {}, {TWO: 31.0}) == {}


def test_a_probe_is_a_recall_to_the_minimum() -> None:
    assert ladder().recalls({}, {FOUR: False}, None) == {FOUR: 0.0}


def test_of_two_phases_of_a_lane_the_one_is_recalled_that_serves_most_of_it() -> None:
    left = Movement(Turn.LEFT, frozenset({PhaseNumber(1), TWO}), frozenset({TWO}))
    shared = replace(LANES[0], movements=(left, *LANES[0].movements))
    steps = Ladder(builders.two_phase(), (shared, *LANES[1:]))
    assert steps.recalls(verdicts(*N1), {}, None).keys() == {TWO}


def seen(now: int, green: int | None = None) -> Observation:
    rows = [replace(red(n), interval=Interval.EXTENSION if n == green else Interval.RED) for n in (2, 4)]
    return replace(observation(), now=now, phases=tuple(rows))


def test_the_search_is_told_that_a_recalled_green_has_not_had_its_minimum() -> None:
    steps = ladder()
    for now, green in ((1_000, 4), (2_000, 2), (32_000, 2)):
        steps.note(seen(now, green), ())
    told = steps.shape(waiting(32_000, 2), DEAD_2, {TWO: 40.0})
    assert told.phases[0].minimum_left_ms == 10_000
    assert told.phases[0].vehicle_call


def waiting(now: int, green: int) -> Observation:
    """The other phase is called, by somebody who is seen."""
    rows = seen(now, green).phases
    return replace(seen(now, green), phases=tuple(replace(p, vehicle_call=p.number != green) for p in rows))


DEAD_2 = verdicts(11, 12, 21, 22)
WAITS, NOBODY = (31_000, True), (31_000, False)


@pytest.mark.parametrize(
    ("waits", "bad", "left_ms"),
    [
        (WAITS, DEAD_2, 29_500 - 11_000),
        (NOBODY, DEAD_2, int(MOST_UNSEEN * 15_000) - 10_000),
        (NOBODY, verdicts(11, 12, 21, 22, ill=Ill.UNPROVED), 15_000 - 10_000),
        (NOBODY, verdicts(*N1), 15_000 - 10_000),
    ],
)
def test_a_green_whose_loops_are_bad_goes_on_while_nobody_who_is_seen_waits_longer_than_in_the_plan(
    waits: tuple[int, bool], bad: dict[DetectorNumber, Verdict], left_ms: int
) -> None:
    steps = ladder()
    now, called = waits
    for at, green in ((1_000, 4), (20_000, None), (21_000, 2), (now, 2)):
        steps.note(seen(at, green), ())
    told = steps.shape(waiting(now, 2) if called else seen(now, 2), bad, {TWO: 15.0})
    assert told.phases[0].minimum_left_ms == left_ms
    assert told.phases[1].vehicle_call is called


def test_a_recalled_green_that_comes_twice_in_a_cycle_of_the_plan_is_half_as_long_but_for_its_start_up() -> None:
    steps = ladder()
    half_ms = steps._cycle_ms // 2
    for now, green in ((1_000, 2), (2_000, 4), (1_000 + half_ms, 2)):
        steps.note(seen(now, green), ())
    told = steps.shape(seen(1_000 + half_ms, 2), {}, {TWO: 16.0})
    assert told.phases[0].minimum_left_ms == pytest.approx(2_000 + (16_000 - 2_000) / 2, abs=100)


@pytest.mark.parametrize(("ill", "longest"), [(Ill.UNPROVED, 1.0), (Ill.DEAD, 1.5)])
def test_a_recalled_green_grows_with_the_cycle_only_where_somebody_is_known_to_come(ill: Ill, longest: float) -> None:
    steps, _ = with_a_plan_of_the_unseen()
    for now, green in ((1_000, 2), (2_000, 4), (1_000 + 3 * steps._cycle_ms, 2)):
        steps.note(seen(now, green), ())
    told = steps.shape(seen(1_000 + 3 * steps._cycle_ms, 2), verdicts(11, ill=ill), {TWO: 16.0})
    assert told.phases[0].minimum_left_ms == pytest.approx(longest * 16_000, abs=1)


def test_beside_actuation_a_phase_that_nobody_sees_is_called_and_held_and_then_left_to_itself() -> None:
    steps = ladder()
    steps.climb(0, verdicts(*N1), BLIND)
    for now, green, called, held, ended in (
        (1_000, 4, {TWO}, set(), set()),
        (2_000, 2, set(), {TWO}, set()),
        (16_000, 2, set(), {TWO}, set()),
        (17_000, 2, set(), set(), set()),
    ):
        steps.note(seen(now, green), ())
        advice = steps.below(seen(now, green), verdicts(*N1), {TWO: 15.0})
        assert (advice.calls, advice.holds, advice.force_offs) == (called, held, ended)
        assert not advice.healthy
        assert advice.why == BLIND.why


def test_beside_actuation_a_green_that_a_stuck_loop_extends_is_ended_at_its_split_and_not_held() -> None:
    steps, stuck = ladder(), verdicts(11, ill=Ill.STUCK)
    steps.climb(0, stuck, BLIND)
    steps.note(seen(1_000, 2), ())
    early = steps.below(seen(2_000, 2), stuck, {})
    late = steps.below(seen(1_000 + round(1000 * split_s(steps)), 2), stuck, {})
    assert (early.holds, early.force_offs, late.force_offs) == (set(), set(), {TWO})


def test_with_most_loops_bad_every_phase_has_its_split() -> None:
    steps, most = ladder(), verdicts(11, 12, 21, 22)
    steps.climb(0, most, FIT)
    steps.note(seen(1_000, 4), ())
    early = steps.below(seen(2_000, 4), most, {})
    late = steps.below(seen(1_000 + round(1000 * split_s(steps)), 4), most, {})
    assert (early.calls, early.holds, early.force_offs) == ({TWO}, {FOUR}, set())
    assert (late.holds, late.force_offs) == (set(), {FOUR})
