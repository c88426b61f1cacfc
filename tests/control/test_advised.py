"""The adaptive layer's advice in the engine: what it can reach, and the limits that hold whatever it says."""

from dataclasses import replace

import pytest

from edge.control.waits import longest_advised_wait_ms, longest_wait_ms
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.advice import ADVICE_LIVES_MS, Advice, Option, Step
from edge.model.commands import Command, CommandKind
from edge.model.detectors import DetectorKind
from edge.model.events import EventCode as E
from edge.model.exchange import Interval, Mode, PedInterval, Rung
from edge.model.faults import FaultKind
from edge.model.observation import LoopEdge
from edge.model.phases import PedTiming, Recall
from edge.model.plans import LocalTime, Run, RunKind, ScheduleEntry
from edge.model.site import Options, Site
from edge.model.units import Ms, PhaseNumber, PlanNumber
from tests import builders
from tests.control.scenario import Scenario

pytestmark = pytest.mark.untraced

ACT = AdaptiveRules(AdaptiveMode.ACT, max_wait_ms=60_000, ped_max_wait_ms=40_000)
QUIET = Advice(0)


def some(*numbers: int) -> frozenset[PhaseNumber]:
    return frozenset(PhaseNumber(n) for n in numbers)


def acting(site: Site, rules: AdaptiveRules = ACT) -> Scenario:
    """The site with its adaptive layer at work, past the calls of the start-up."""
    s = Scenario(replace(site, adaptive=rules))
    s.advice = QUIET
    return s.until_run().wait(20 * len(site.phases))


def stages(count: int) -> Site:
    numbers = range(1, count + 1)
    return builders.site(builders.rings(" ".join(map(str, numbers))), [builders.phase(n) for n in numbers])


def two(**changes: object) -> Site:
    """Two conflicting phases, resting in 2."""
    return builders.two_phase(options=Options(2_000, rest_in=some_order(2)), **changes)


def some_order(*numbers: int) -> tuple[PhaseNumber, ...]:
    return tuple(PhaseNumber(n) for n in numbers)


def go_to(s: Scenario, *target: int, hold: tuple[int, ...] = ()) -> Scenario:
    """Ask for exactly these phases next, until they are green."""
    others = frozenset(s.site.phases) - some(*target)
    for _ in range(400):
        on = some(*s.greens())
        s.advice = Advice(0, calls=some(*target), force_offs=on - some(*target, *hold), holds=some(*hold), omits=others)
        if set(target) <= s.greens():
            return s
        s.step()
    raise AssertionError(f"{target} did not come, green are {s.greens()}")


# ── what can be reached in one go ──


@pytest.mark.parametrize("order", [(3, 1, 4, 2), (4, 3, 2, 1), (2, 4, 2, 3)])
def test_in_a_single_ring_any_stage_can_be_next(order: tuple[int, ...]) -> None:
    s = acting(stages(4))
    s.occupy(1, 2, 3, 4)
    go_to(s, order[-1])
    since = s.now + 1
    for stage in order:
        go_to(s, stage)
    assert s.order_of_greens(since) == list(order)


def test_in_a_dual_ring_an_earlier_phase_can_lag_a_later_one_on_its_side_of_the_barrier() -> None:
    s = acting(builders.quad())
    s.occupy(1, 3, 4, 7, 8)
    go_to(s, 2, 6)
    since = s.now + 1
    go_to(s, 1, 6, hold=(6,))
    assert s.order_of_greens(since) == [1]
    assert not s.times(E.PHASE_GREEN_TERMINATION, 6, since)


def test_the_barrier_is_crossed_by_both_rings_at_once_to_exactly_the_pair_asked_for() -> None:
    s = acting(builders.quad())
    s.occupy(1, 3, 4, 5, 7, 8)
    go_to(s, 2, 6).wait(20)
    since = s.now + 1
    go_to(s, 4, 7)
    assert sorted(s.order_of_greens(since)) == [4, 7]
    assert s.times(E.PHASE_GREEN_TERMINATION, 2, since) == s.times(E.PHASE_GREEN_TERMINATION, 6, since)
    since = s.now + 1
    go_to(s, 1, 5)
    assert sorted(s.order_of_greens(since)) == [1, 5]


def test_a_barrier_group_can_be_left_out_and_another_served_next() -> None:
    s = acting(builders.site(builders.rings("1 | 2 | 3"), [builders.phase(n) for n in (1, 2, 3)]))
    s.occupy(1, 2, 3)
    go_to(s, 1)
    since = s.now + 1
    go_to(s, 3)
    go_to(s, 1)
    assert s.order_of_greens(since) == [3, 1]


# ── the ladder and the ages ──


def test_where_the_layer_may_act_and_is_heard_the_rung_is_adaptive_and_the_pattern_is_free() -> None:
    s = acting(builders.quad())
    assert s.decision is not None
    assert s.decision.rung is Rung.ADAPTIVE
    status = s.tick.controller.status(s.now)
    assert status.plan is None
    assert status.adaptive is not None
    assert status.adaptive.acting
    assert not s.times(E.PATTERN_CHANGE, 1)


def test_advice_holds_a_green_that_plain_actuation_would_have_ended() -> None:
    s = acting(two())
    s.until(60, 2, Interval.REST)
    s.advice = replace(QUIET, holds=some(2))
    s.occupy(4).wait(12)
    assert s.interval(2) is Interval.EXTENSION
    assert s.phase(2).reason == "held by the adaptive layer"
    s.advice = QUIET
    s.step()
    assert s.interval(2) is Interval.YELLOW_CHANGE


def test_advice_that_has_not_been_renewed_ends_and_its_omits_and_holds_with_it_in_the_same_tick() -> None:
    s = acting(two())
    s.until(60, 2, Interval.REST)
    s.advice = replace(QUIET, omits=some(4))
    s.occupy(4).wait(5)
    assert s.phase(4).reason == "omitted by the adaptive layer"
    said = s.now
    s.advice = None
    s.until(3, 2, Interval.YELLOW_CHANGE)
    assert s.now - said == ADVICE_LIVES_MS + 100
    assert s.decision is not None
    assert s.decision.rung is Rung.ADAPTIVE


def test_advice_stamped_in_the_future_or_long_ago_is_not_followed() -> None:
    s = acting(two())
    s.until(60, 2, Interval.REST)
    s.advice = None
    s.wait(5)
    controller = s.tick.controller
    for made in (s.now - 2_000, s.now + 10_000):
        inputs = Advice(made, omits=some(4))
        adaptive = controller._adaptive
        adaptive._take(s.now, inputs)
        assert not adaptive.strategy.is_fresh(s.now)


def test_an_adviser_that_does_not_trust_its_loops_omits_nobody_and_takes_the_rung_down_until_a_minute_after() -> None:
    s = acting(two())
    s.until(60, 2, Interval.REST)
    s.advice = replace(QUIET, omits=some(4), healthy=False, why="four loops are bad")
    s.occupy(4).step()
    assert s.interval(2) is Interval.YELLOW_CHANGE
    assert s.standing() == {FaultKind.ADVICE_UNHEALTHY}
    assert s.decision is not None
    assert s.decision.rung is Rung.ACTUATED
    assert "four loops are bad" in s.decision.faults[0].sentence
    s.advice = QUIET
    s.wait(59)
    assert s.decision.rung is Rung.ACTUATED
    s.wait(2)
    assert s.decision.rung is Rung.ADAPTIVE
    assert len(s.times(E.ALARM_ON, FaultKind.ADVICE_UNHEALTHY.code)) == 1


def test_who_does_not_trust_its_loops_may_still_call_and_hold_whom_nobody_sees_and_end_other_greens() -> None:
    s = acting(two())
    s.until(60, 2, Interval.REST)
    s.advice = replace(QUIET, calls=some(4), healthy=False, why="loop 4 is dead")
    s.step()
    assert s.interval(2) is Interval.YELLOW_CHANGE
    s.advice = replace(QUIET, holds=some(4), healthy=False)
    s.occupy(2).wait(20)
    assert s.interval(4) is Interval.EXTENSION
    s.leave(2)
    s.advice = replace(QUIET, healthy=False)
    s.until(60, 2, Interval.REST)
    s.occupy(2, 4)
    s.advice = replace(QUIET, force_offs=some(2), healthy=False)
    s.wait(1)
    assert s.interval(2) is Interval.YELLOW_CHANGE
    assert s.decision is not None
    assert s.decision.rung is Rung.ACTUATED
    status = s.tick.controller.status(s.now).adaptive
    assert status is not None
    assert not status.acting


@pytest.mark.parametrize(
    ("advice", "why"),
    [
        (Advice(0, omits=some(9, 4)), "no phase 9"),
        (Advice(0, holds=some(2), force_offs=some(2)), "phase 2 both held and forced off"),
        (Advice(0, calls=some(4), omits=some(4)), "phase 4 both called and omitted"),
    ],
)
def test_nonsense_is_no_advice_and_is_said_once(advice: Advice, why: str) -> None:
    s = acting(two())
    s.until(60, 2, Interval.REST)
    s.advice = advice
    s.occupy(4).step()
    assert s.interval(2) is Interval.YELLOW_CHANGE
    s.wait(20)
    assert s.standing() == {FaultKind.ADVICE_NONSENSE, FaultKind.ADVICE_ABSENT}
    assert s.decision is not None
    assert why in s.decision.faults[0].sentence
    assert s.decision.rung is Rung.ACTUATED
    assert len(s.times(E.ALARM_ON, FaultKind.ADVICE_NONSENSE.code)) == 1


def test_an_adviser_that_falls_silent_is_a_fault_after_ten_seconds_and_comes_back_by_itself() -> None:
    s = acting(two())
    s.advice = None
    s.wait(9)
    assert not s.standing()
    s.wait(3)
    assert s.standing() == {FaultKind.ADVICE_ABSENT}
    s.advice = QUIET
    s.wait(62)
    assert not s.standing()


def test_an_adviser_that_is_late_again_and_again_is_a_fault_though_it_never_falls_silent() -> None:
    s = acting(two())
    for _ in range(4):
        s.advice = None
        s.wait(2)
        s.advice = QUIET
        s.step()
    s.step()
    assert s.standing() == {FaultKind.ADVICE_ABSENT}


def test_in_shadow_nothing_is_asked_and_an_adviser_that_never_spoke_is_not_missed() -> None:
    s = Scenario(replace(two(), adaptive=AdaptiveRules(AdaptiveMode.ADVISE))).until_run().wait(40)
    assert not s.standing()
    s.until(60, 2, Interval.REST)
    s.advice = replace(QUIET, omits=some(4), holds=some(2))
    s.occupy(4).wait(1)
    assert s.interval(2) is Interval.YELLOW_CHANGE
    status = s.tick.controller.status(s.now)
    assert status.rung is Rung.ACTUATED
    assert status.adaptive is not None
    assert (status.adaptive.acting, status.adaptive.age_ms) == (False, 0)
    s.advice = None
    s.wait(12)
    assert s.standing() == {FaultKind.ADVICE_ABSENT}


def test_a_plan_leaves_the_adaptive_layer_no_say() -> None:
    site = two(schedule=(ScheduleEntry(frozenset(range(7)), 0, Run(RunKind.PLAN, PlanNumber(1))),))
    s = Scenario(replace(site, adaptive=ACT))
    s.local = LocalTime((2026, 3, 2), 0, 43_200_000, 0, synced=True)
    s.advice = replace(QUIET, omits=some(4), holds=some(2))
    s.drain()
    since = s.now
    s.wait(120)
    assert s.times(E.PHASE_BEGIN_GREEN, 4, since)
    seen = s.tick.controller.observation()
    assert seen is not None
    assert not seen.free
    assert seen.plan == 1


# ── limits ──


def test_nobody_is_omitted_for_longer_than_the_site_lets_a_vehicle_wait() -> None:
    s = acting(two())
    s.until(60, 2, Interval.REST)
    s.advice = replace(QUIET, omits=some(4))
    s.occupy(4).step()
    called = s.now
    s.until(70, 2, Interval.YELLOW_CHANGE)
    assert 0 <= s.now - called - ACT.max_wait_ms <= 100


def test_nobody_on_foot_is_omitted_for_longer_than_the_site_lets_him_wait() -> None:
    s = acting(builders.quad())
    s.until(90, 2, Interval.REST)
    s.advice = replace(QUIET, omits=some(4), holds=some(2, 6))
    s.press(4)
    called = s.now
    s.until(70, 2, Interval.YELLOW_CHANGE)
    assert 0 <= s.now - called - ACT.ped_max_wait_ms <= 100


def test_a_recall_waits_like_a_call() -> None:
    s = acting(builders.recalled(two(), Recall.MIN, 2, 4))
    s.advice = replace(QUIET, omits=some(4))
    since = s.now
    s.wait(150)
    greens = s.times(E.PHASE_BEGIN_GREEN, 4, since)
    assert greens
    assert greens[0] - since < ACT.max_wait_ms + 30_000


def test_flash_is_no_wait() -> None:
    s = acting(builders.recalled(two(), Recall.MIN, 2, 4))
    s.order(CommandKind.FLASH)
    s.wait(150)
    assert s.mode is Mode.FLASH
    s.order(CommandKind.RESUME).step()
    s.advice = replace(QUIET, omits=some(4))
    s.until_run()
    began = s.now
    s.until(90, 2, Interval.YELLOW_CHANGE)
    assert s.now - began >= ACT.max_wait_ms


def test_no_green_is_held_for_longer_than_the_site_lets_it_while_somebody_waits_omitted_or_not() -> None:
    rules = replace(ACT, max_green_ms={PhaseNumber(2): 40_000})
    s = acting(two(), rules)
    s.until(60, 2, Interval.REST)
    s.wait(100)
    assert s.interval(2) is Interval.REST
    s.advice = replace(QUIET, holds=some(2))
    s.occupy(4).step()
    called = s.now
    s.until(70, 2, Interval.YELLOW_CHANGE)
    assert 0 <= s.now - called - 40_000 <= 100


def test_a_hold_that_nobody_opposes_lasts_as_long_as_it_is_advised() -> None:
    s = acting(two())
    s.until(60, 2, Interval.REST)
    s.advice = replace(QUIET, holds=some(2))
    s.wait(120)
    assert s.interval(2) is Interval.REST


def test_where_everybody_is_red_and_waits_not_all_can_be_omitted() -> None:
    s = Scenario(replace(two(), adaptive=ACT))
    s.advice = replace(QUIET, omits=some(2, 4))
    s.until_run().wait(3)
    assert s.greens() == {2}


def test_a_walk_pressed_beside_its_own_green_ends_the_hold_of_that_green() -> None:
    walked = builders.phase(2, ped=PedTiming(5_000, 8_000))
    options = Options(2_000, rest_in=some_order(2))
    site = builders.site(builders.rings("2 | 4"), [walked, builders.phase(4)], options=options)
    s = acting(site, replace(ACT, max_green_ms={PhaseNumber(2): 200_000}, max_wait_ms=100_000, ped_max_wait_ms=20_000))
    s.until(90, 2, Interval.REST)
    s.advice = replace(QUIET, holds=some(2))
    s.occupy(4).step()
    s.press(2)
    pressed = s.now
    s.until(70, 2, Interval.YELLOW_CHANGE)
    assert 0 <= s.now - pressed - 20_000 <= 100


def test_advice_shortens_no_minimum_no_walk_and_no_pedestrian_clearance() -> None:
    s = acting(builders.quad())
    s.occupy(4)
    s.press(4)
    s.until(120, 4, Interval.MIN_GREEN)
    since = s.now
    s.advice = replace(QUIET, force_offs=some(*range(1, 9)), calls=some(2, 6))
    s.occupy(2).until(60, 4, Interval.YELLOW_CHANGE)
    walk = s.site.phases[PhaseNumber(4)].ped
    assert walk is not None
    assert s.now - since >= walk.total_ms - 100
    assert s.ped(4) is PedInterval.DONT_WALK


def test_a_walk_advised_for_a_phase_without_one_is_not_heard() -> None:
    s = acting(two())
    s.advice = replace(QUIET, ped_calls=some(2, 4), calls=some(2, 4))
    s.wait(60)
    assert s.mode is Mode.RUN


def test_a_call_that_only_advice_keeps_waiting_within_its_limits_is_no_cycle_fault() -> None:
    site = two()
    acts = replace(site, adaptive=replace(ACT, max_wait_ms=200_000, ped_max_wait_ms=200_000))
    assert longest_advised_wait_ms(acts) > 200_000 + longest_wait_ms(site)
    s = acting(site, acts.adaptive)
    s.until(60, 2, Interval.REST)
    s.advice = replace(QUIET, omits=some(4))
    s.occupy(4).wait(190)
    assert s.interval(2) is Interval.REST
    assert FaultKind.CYCLE_FAULT not in s.standing()


# ── others with more right ──


def test_a_preempting_operator_is_heard_over_advice() -> None:
    s = acting(two())
    s.until(60, 2, Interval.REST)
    s.advice = replace(QUIET, holds=some(4), force_offs=some(2))
    s.commands = (Command(CommandKind.HOLD, "x", "y", 1, (PhaseNumber(2),), None, 60_000),)
    s.occupy(4).wait(30)
    assert s.interval(2) is Interval.EXTENSION or s.greens() != {2}


# ── what it is told ──


def test_an_observation_tells_edges_of_levels_and_of_pulses_shorter_than_a_poll() -> None:
    s = acting(two())
    controller = s.tick.controller
    assert controller.observation() is not None
    s.occupy(2).step()
    began = s.now
    s.leave(2).pulse(4, 2).step()
    seen = controller.observation()
    assert seen is not None
    one = seen.edges[0].detector
    four = seen.edges[2].detector
    later = began + 100
    assert seen.edges == (
        LoopEdge(one, began, on=True),
        LoopEdge(one, later, on=False),
        *(LoopEdge(four, later, on=on) for on in (True, False, True, False)),
    )
    assert seen.now == s.now
    again = controller.observation()
    assert again is not None
    assert again.edges == ()


def test_an_observation_tells_the_phases_as_they_stand() -> None:
    s = acting(builders.quad())
    s.until(90, 2, Interval.REST)
    s.occupy(4).step()
    s.press(8)
    seen = s.tick.controller.observation()
    assert seen is not None
    phases = {int(p.number): p for p in seen.phases}
    assert (seen.free, seen.acting, seen.mode, seen.group) == (True, True, Mode.RUN, 1)
    assert phases[2].interval in {Interval.EXTENSION, Interval.YELLOW_CHANGE}
    assert phases[4].vehicle_call
    assert phases[4].demands
    assert phases[4].waiting_since_ms == s.now - 100
    assert phases[8].ped_call
    assert {int(d) for d in seen.occupied} == {4}


def test_the_minimum_that_is_left_counts_down_with_the_walk() -> None:
    s = acting(builders.quad())
    s.press(4)
    s.until(120, 4, Interval.MIN_GREEN)
    seen = s.tick.controller.observation()
    ped = s.site.phases[PhaseNumber(4)].ped
    assert seen is not None
    assert ped is not None
    left = {int(p.number): p.minimum_left_ms for p in seen.phases}
    assert left[4] == ped.total_ms
    assert left[2] == 0


def test_a_site_that_has_switched_the_layer_off_is_told_nothing() -> None:
    s = Scenario(two()).drain()
    assert s.tick.controller.observation() is None
    assert s.tick.controller.status(s.now).adaptive is None


def test_the_screen_says_how_long_the_plan_still_holds_a_green() -> None:
    s = acting(two())
    s.until(60, 2, Interval.REST)
    until: Ms = s.now + 10_500
    steps = (Step((PhaseNumber(2),), s.now, until - 4_000), Step((PhaseNumber(2),), until - 4_000, until))
    s.advice = replace(QUIET, holds=some(2), best=Option(steps, 1.0))
    s.occupy(4).step()
    assert s.phase(2).reason == "held by the adaptive layer, 10 s more by its plan"


# ── whom an advised end of green cuts off ──


@pytest.mark.parametrize(("kind", "left"), [(DetectorKind.STOPBAR, False), (DetectorKind.ADVANCE, True)])
def test_a_vehicle_cut_off_is_remembered_only_where_no_loop_at_the_line_would_show_it(
    kind: DetectorKind, *, left: bool
) -> None:
    site = two()
    s = acting(replace(site, detectors={n: replace(d, kind=kind) for n, d in site.detectors.items()}))
    s.occupy(2).wait(20).occupy(4).leave(2)
    s.advice = replace(QUIET, force_offs=some(2))
    s.step()
    assert s.tick.controller.status(s.now).phases[0].interval is Interval.YELLOW_CHANGE
    s.advice = QUIET
    s.wait(5)
    assert s.tick.controller.status(s.now).phases[0].vehicle_call is left
