"""Actuated coordination on the street: yield points, force-offs, permissive windows, split modes, corrections, words."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from edge.control.coordination import CoordinatedStrategy
from edge.model.coordination import Coordination, CoordState, Correction, ForceOffMode, SplitMode
from edge.model.events import COORD_LOCAL_ZERO
from edge.model.events import EventCode as E
from edge.model.exchange import Interval, Rung, ShellFault
from edge.model.faults import FaultKind
from edge.model.phases import PedTiming
from edge.model.units import PhaseNumber, PlanNumber
from tests import builders
from tests.control.coordinated import MAIN, MIDNIGHT, SPLITS, coordinated, dual, one_ring, plan, runs
from tests.control.scenario import Scenario, number

pytestmark = pytest.mark.untraced

C = 100_000
GREEN_AT = {1: 0, 5: 0, 2: 16_000, 6: 16_000, 3: 50_000, 7: 50_000, 4: 68_000, 8: 68_000}
FORCED_AT = {1: 11_500, 5: 11_500, 2: 44_500, 6: 44_500, 3: 63_500, 7: 63_500, 4: 94_400, 8: 94_400}
ZERO = 16_000  # the start of the first coordinated green, which offset 0 puts on midnight


def place(at_ms: int) -> int:
    """A time of the day as a place in the cycle, from the start of ring 1."""
    return (at_ms + ZERO) % C


def places(s: Scenario, code: E, phase: int, since: int = 0) -> set[int]:
    return {place(t) for t in s.times(code, phase, since)}


def ends(s: Scenario, phase: int, since: int = 0) -> list[int]:
    return [place(t) for t in s.times(E.PHASE_BEGIN_YELLOW, phase, since)]


def at_place(s: Scenario, wanted: int) -> Scenario:
    """Wait for a place in the cycle."""
    while place(s.now) != wanted:
        s.step()
    return s


def fast(s: Scenario, seconds: float) -> Scenario:
    """Wait in ticks of half a second: the points of these plans are multiples of it, and few tests look at less."""
    for _ in range(round(seconds * 2)):
        s.step(500)
    return s


def settled(**how: object) -> Scenario:
    """In step, everybody served once, resting in the coordinated phases."""
    s = Scenario(coordinated(**how), local=MIDNIGHT)
    return at_place(fast(s, 212), 28_000)


def state(s: Scenario) -> CoordState:
    found = s.tick.controller.status(s.now).coordination
    assert found is not None
    return found.state


@pytest.mark.parametrize("mode", ForceOffMode)
def test_under_full_demand_every_green_has_its_split_to_the_tick(mode: ForceOffMode) -> None:
    """Signal Timing Manual 2nd ed. 7.3: with demand everywhere, fixed and floating force-offs are the same."""
    s = Scenario(coordinated(force_off=mode), local=MIDNIGHT).occupy(*range(1, 9))
    at_place(fast(s, 180), 99_900).wait(110)
    for p in range(1, 9):
        assert places(s, E.PHASE_BEGIN_GREEN, p, s.now - 100_000) == {GREEN_AT[p]}
        assert places(s, E.PHASE_FORCE_OFF, p, s.now - 100_000) == {FORCED_AT[p]}


@pytest.mark.parametrize(("mode", "green_of_4"), [(ForceOffMode.FIXED, 31_000), (ForceOffMode.FLOATING, 21_000)])
def test_what_phase_3_leaves_goes_to_phase_4_with_fixed_and_to_the_coordinated_one_with_floating_force_offs(
    mode: ForceOffMode, green_of_4: int
) -> None:
    """Signal Timing Manual 2008, figure 6-6: four splits of 25 s, phase 2 coordinated, phases 1 and 3 need 15 s of their
    splits, phase 4 wants 40. Fixed: 4 gets the 10 s of 3, 35 s in all. Floating: 4 is forced off after its own 25 s.
    Ours: 4 s of clearance in each split, and a vehicle that keeps 1 and 3 green for 11 s."""
    how = Coordination((PhaseNumber(2),), force_off=mode)
    site = runs(one_ring(), plan(dict.fromkeys(range(1, 5), 25), how))
    s = fast(Scenario(site, local=MIDNIGHT).occupy(1, 3, 4), 200)
    for _ in range(1_100):
        for p in (1, 3):
            row = s.phase(p)
            (s.leave if row.interval is Interval.EXTENSION and row.in_interval_ms >= 5_000 else s.occupy)(p)
        s.step()
    assert s.lasted(E.PHASE_BEGIN_GREEN, E.PHASE_BEGIN_YELLOW, 3, 200_000) == 11_000
    assert s.lasted(E.PHASE_BEGIN_GREEN, E.PHASE_BEGIN_YELLOW, 4, 200_000) == green_of_4
    assert {t % C for t in s.times(E.PHASE_FORCE_OFF, 2, 200_000)} == {21_000}  # offset 0 names the start of its green


@pytest.mark.parametrize(
    ("phase", "called_at", "served"),
    [
        # Signal Timing Manual 2nd ed. 7.4 (permissives); ours: force-off less minimum green less clearance of 2 and 6 (5.5 s),
        # and half a second for ticks. 3: 63.5 - 5 - 5.5 + 0.5 = 53.5. 4: 94.4 - 8 - 5.5 + 0.5 = 81.4. 1: 111.5 - 10.5 + 0.5.
        (3, 40_000, True),
        (3, 53_400, True),
        (3, 53_700, False),
        (4, 60_000, True),
        (4, 81_300, True),
        (4, 81_600, False),
        (1, 1_400, True),
        (1, 1_700, False),
    ],
)
def test_a_phase_is_served_in_this_cycle_as_long_as_its_minimum_fits_before_its_force_off_point(
    phase: int, called_at: int, *, served: bool
) -> None:
    s = at_place(settled(), called_at)
    called = s.now
    s.occupy(phase).step().leave(phase).wait(12)
    assert bool(s.times(E.PHASE_BEGIN_GREEN, phase, called)) is served
    fast(s, 120)
    assert s.times(E.PHASE_BEGIN_GREEN, phase, called)[0] - called <= C


@pytest.mark.parametrize(("called_at", "served"), [(44_000, True), (54_000, True), (55_000, False)])
def test_a_permissive_of_ten_seconds_closes_the_way_out_of_the_coordinated_phases(
    called_at: int, *, served: bool
) -> None:
    s = at_place(settled(permissive_ms=10_000), called_at)
    called = s.now
    s.occupy(4).step().leave(4).wait(10)
    assert bool(s.times(E.PHASE_BEGIN_GREEN, 4, called)) is served


def test_a_permissive_closes_nothing_once_the_coordinated_green_was_left_although_the_next_one_has_begun() -> None:
    rows = [builders.phase(n, min_green_ms=5_000, max_green_ms=60_000) for n in (2, 4, 5, 7, 6, 8)]
    site = builders.site(builders.rings("2 | 4", "5 7 6 | 8"), rows)
    how = Coordination(MAIN, permissive_ms=10_000)
    s = Scenario(runs(site, plan({2: 60, 4: 40, 5: 20, 7: 20, 6: 20, 8: 40}, how)), local=MIDNIGHT)
    s.occupy(4, 5, 7, 8).wait(600)
    assert len(s.times(E.PHASE_BEGIN_GREEN, 5)) >= 4
    assert len(s.times(E.PHASE_BEGIN_GREEN, 7)) >= 4


def test_a_coordinated_green_yields_at_its_yield_point_and_never_before_whoever_calls() -> None:
    s = settled()
    for called_at in (31_000, 35_000, 44_000):
        s = at_place(s, called_at).occupy(4).step().leave(4)
        since = s.now
        s.wait(15)
        assert ends(s, 2, since) == ends(s, 6, since) == [44_500]
        fast(s, 40)
    assert len(s.times(E.COORD_YIELD_POINT, 2)) >= 5
    assert places(s, E.COORD_YIELD_POINT, 2) == {44_500}


def test_a_coordinated_phase_that_came_back_early_is_held_to_the_next_yield_point() -> None:
    s = at_place(settled(), 44_000).occupy(3).step().leave(3)
    s.wait(25)  # 3 has gapped out, 2 and 6 are back, and the window of 4 is still open
    assert s.greens() == {2, 6}
    assert place(s.now) < 81_400
    since = s.now
    fast(s.occupy(4), 70)
    assert s.greens() == {2, 6}, "for a whole cycle"
    at_place(s, 44_300).wait(1)
    assert ends(s, 2, since) == [44_500]


def test_an_early_yield_lets_the_coordinated_green_end_by_a_gap_and_the_force_off_point_ends_it_at_last() -> None:
    quiet = at_place(settled(early_yield_ms=6_000), 36_000)
    since = quiet.now
    quiet.occupy(4).wait(20)
    assert ends(quiet, 2, since) == [38_500]
    busy = at_place(settled(early_yield_ms=6_000), 36_000)
    since = busy.now
    busy.occupy(4, 2).wait(20)
    assert ends(busy, 2, since) == [44_500]


@pytest.mark.parametrize(("inhibit", "how_it_ends"), [(True, E.PHASE_FORCE_OFF), (False, E.PHASE_MAX_OUT)])
def test_max_inhibit_lets_a_green_run_to_its_force_off_point(how_it_ends: E, *, inhibit: bool) -> None:
    site = coordinated(max_inhibit=inhibit)
    site = replace(site, phases={n: replace(p, max_green_ms=10_000) for n, p in site.phases.items()})
    s = Scenario(site, local=MIDNIGHT)
    fast(s.occupy(4, 8), 400)
    assert s.times(how_it_ends, 4, 200_000)
    assert not s.times(E.PHASE_MAX_OUT if inhibit else E.PHASE_FORCE_OFF, 4, 200_000)


# ── pedestrians ──


def test_a_walk_that_does_not_fit_its_split_any_more_is_left_for_the_next_cycle() -> None:
    """4 forced off at 94.4, walk 7 + 14, clearance of 2 and 6 5.5: asked for until 68.4, with the half second of ticks."""
    s = at_place(settled(), 72_000)
    called = s.now
    s.press(4).occupy(4).step().leave(4).wait(40)
    assert s.times(E.PHASE_BEGIN_GREEN, 4, called)
    assert not s.times(E.PED_BEGIN_WALK, 4, called)
    fast(s, 90)
    assert s.times(E.PED_BEGIN_WALK, 4, called)


def test_only_pedestrians_call_nobody_out_of_coordination_for_a_walk_that_does_not_fit() -> None:
    s = at_place(settled(), 72_000)
    called = s.now
    fast(s.press(4), 70)
    assert not s.times(E.PHASE_BEGIN_GREEN, 4, called)
    at_place(s, 40_000).wait(11)
    assert [place(t) for t in s.times(E.PED_BEGIN_WALK, 4, called)] == [50_000]


def test_the_cycle_timer_stops_for_a_pedestrian_who_does_not_fit_and_comes_back_into_step() -> None:
    s = at_place(settled(stop_in_walk=True), 72_000)
    called = s.now
    s.press(4).wait(25)
    walked = s.times(E.PED_BEGIN_WALK, 4, called)[0]
    status = s.tick.controller.status(s.now).coordination
    assert status is not None
    assert status.stopped
    s.wait(5)
    assert s.times(E.PHASE_BEGIN_YELLOW, 4, called)[0] - walked == 21_000  # walk and clearance whole
    assert s.times(E.OVERSIZED_PED_SERVED, 4, called)
    assert state(s) is CoordState.SHORTWAY
    fast(s, 150)
    assert state(s) is CoordState.IN_STEP
    assert s.times(E.COORD_STATE_CHANGE, CoordState.SHORTWAY, called)
    at_place(s.occupy(4), 40_000).wait(5)
    assert ends(s, 2, s.now - 5_000) == [44_500]


def test_a_walk_of_a_coordinated_phase_begins_only_where_it_is_over_at_the_force_off_point() -> None:
    for pressed_at, walks in ((22_000, True), (23_000, False)):  # 44.5 - 22
        s = at_place(fast(settled(), 90), pressed_at)
        since = s.now
        s.press(2).occupy(4).wait(25)
        assert bool(s.times(E.PED_BEGIN_WALK, 2, since)) is walks
        assert ends(s, 2, since) == [44_500]


def test_a_recycled_walk_is_shown_again_and_again_and_the_yield_point_stays() -> None:
    wide = {**SPLITS, 2: 94, 6: 94}  # yields at 104.5; the last window closes at 1.5 of the next cycle
    site = runs(dual(), plan(wide, Coordination(MAIN, walk_recycle=True), cycle_s=160))
    s = fast(Scenario(site, local=MIDNIGHT), 300)
    since = s.now
    fast(s, 160)
    assert (
        len(s.times(E.PED_BEGIN_WALK, 2, since)) == 4
    )  # 22 s each, from 1.5 on, with a second of don't walk after each
    while (s.now + ZERO) % 160_000 != 90_000:
        s.step(500)
    since = s.now
    s.occupy(4).wait(20)
    assert [(t + ZERO) % 160_000 for t in s.times(E.PHASE_FORCE_OFF, 2, since)] == [104_500]


@pytest.mark.parametrize("by_phase", [True, False])
def test_a_coordinated_walk_rests_until_its_clearance_just_fits_before_the_force_off_point(*, by_phase: bool) -> None:
    """44.5 less 15 s of clearance; the walk of 7 s is stretched, whether the phase or the coordination says so."""
    site = coordinated(walk_rest=not by_phase)
    ped = PedTiming(7_000, 15_000, recall=by_phase, rest_in_walk=by_phase)
    site = replace(site, phases={n: replace(p, ped=ped) if n in MAIN else p for n, p in site.phases.items()})
    s = fast(Scenario(site, local=MIDNIGHT).occupy(4, 8, 3, 7, 1, 5), 180)
    at_place(s, 10_000).wait(36)
    since = s.now - 36_000
    assert places(s, E.PED_BEGIN_WALK, 2, since) == {16_000}
    assert places(s, E.PED_BEGIN_CLEARANCE, 2, since) == {29_500}
    assert places(s, E.PED_BEGIN_DONT_WALK, 2, since) == {44_500}
    assert ends(s, 2, since) == [44_500]


# ── split modes ──


def modes(**by_phase: SplitMode) -> dict[PhaseNumber, SplitMode]:
    return {PhaseNumber(int(p[1:])): mode for p, mode in by_phase.items()}


def test_split_modes_call_hold_walk_and_leave_out() -> None:
    how = modes(p1=SplitMode.OMIT, p3=SplitMode.MIN, p7=SplitMode.MAX, p4=SplitMode.PED, p8=SplitMode.MAX_PED)
    s = Scenario(coordinated(modes=how), local=MIDNIGHT)
    fast(s.occupy(1), 484)
    since = s.now - 250_000
    assert not s.times(E.PHASE_BEGIN_GREEN, 1)
    assert not s.times(E.ALARM_ON), "who is left out waits for nothing"
    for p in (3, 4, 7, 8):
        assert len(s.times(E.PHASE_BEGIN_GREEN, p, since)) in {2, 3}
    assert s.lasted(E.PHASE_BEGIN_GREEN, E.PHASE_BEGIN_YELLOW, 3, since) == 5_000
    assert set(ends(s, 7, since)) == {63_500}
    assert set(ends(s, 8, since)) == {94_500}  # 94.4, in ticks of half a second
    for p in (4, 8):
        assert len(s.times(E.PED_BEGIN_WALK, p, since)) == len(s.times(E.PHASE_BEGIN_GREEN, p, since))
    assert s.phase(1).reason == "omitted by the plan"


# ── order of service ──

LAG: dict[int, float] = {1: 18, 2: 46, 3: 16, 4: 30, 5: 16, 6: 48, 7: 16, 8: 30}


def test_a_lagging_left_turn_is_taken_over_at_a_barrier_and_follows_its_through_phase() -> None:
    order = builders.rings("1 2 | 3 4", "6 5 | 7 8")
    lag = plan(LAG, Coordination(MAIN), cycle_s=110, order=order, number=2)
    site = runs(dual(), plan(SPLITS, Coordination(MAIN)), lag, at_ms=(0, 430_000))
    s = Scenario(site, local=MIDNIGHT)
    fast(s.occupy(*range(1, 9)), 1_400)
    ring_2 = [p for p in s.order_of_greens(100_000) if p in (5, 6, 7, 8)]
    seven = [k for k, p in enumerate(ring_2) if p == 7]
    visits = ["".join(map(str, ring_2[a + 2 : b])) for a, b in pairwise(seven)]
    assert visits[0] == "56"
    assert visits[-1] == "65"
    assert set(visits) == {"56", "65"}
    assert visits == sorted(visits), "it changes once, between two visits"
    since = s.now - 330_000
    assert {t % 110_000 for t in s.times(E.PHASE_FORCE_OFF, 6, since)} == {42_500}  # 48 - 5.5: 6 begins the cycle
    assert {t % 110_000 for t in s.times(E.PHASE_FORCE_OFF, 2, since)} == {58_500}  # 64 - 5.5
    assert {t % 110_000 for t in s.times(E.PHASE_FORCE_OFF, 5, since)} == {
        58_500
    }  # it leaves with 2: the longer clearance


def test_a_left_turn_that_lags_briefly_waits_for_the_other_ring_and_the_barrier_is_crossed_at_the_last_yield_point() -> (
    None
):
    """6 yields at 42.5, 2 at 58.5; 5 is over at once, and a return of 6 for its minimum would hold the side street."""
    order = builders.rings("1 2 | 3 4", "6 5 | 7 8")
    s = fast(Scenario(runs(dual(), plan(LAG, Coordination(MAIN), cycle_s=110, order=order)), local=MIDNIGHT), 200)
    zero = 0  # 6 begins the cycle, and its green is the first
    while (s.now - zero) % 110_000 != 30_000:
        s.step()
    since = s.now
    s.occupy(5, 4).wait(30).leave(5)
    assert [(t - zero) % 110_000 for t in s.times(E.PHASE_BEGIN_YELLOW, 6, since)] == [42_500]
    assert [(t - zero) % 110_000 for t in s.times(E.PHASE_BEGIN_YELLOW, 5, since)] == [58_500]
    assert [(t - zero) % 110_000 for t in s.times(E.PHASE_BEGIN_YELLOW, 2, since)] == [58_500]
    fast(s, 120)
    assert not s.times(E.ALARM_ON)
    for yielded in s.times(E.COORD_YIELD_POINT, 2, 220_000):
        assert s.times(E.PHASE_BEGIN_GREEN, 4, yielded)[0] - yielded <= 6_500 or yielded > s.now - 110_000


def test_a_green_that_begins_behind_its_force_off_point_ends_after_its_minimum() -> None:
    """As after a preempt that leaves into it: the next force-off point is nearly a cycle away."""
    site = coordinated()
    strategy = CoordinatedStrategy(site, site.plans[PlanNumber(1)])
    strategy.timer.pick_up(97_000, 97_000, 97_000)
    assert strategy._end_of(number(4), strategy.timer.at) == strategy.timer.at
    strategy.timer.pick_up(80_000, 80_000, 80_000)
    assert strategy._end_of(number(4), strategy.timer.at) == strategy.timer.at + 14_400


def test_a_single_ring_without_a_barrier_changes_its_order_between_two_greens() -> None:
    split = dict.fromkeys(range(1, 5), 25.0)
    how = Coordination((PhaseNumber(2),))
    back = plan(split, how, order=builders.rings("2 1 4 3"), number=2)
    s = Scenario(runs(one_ring(), plan(split, how), back, at_ms=(0, 330_000)), local=MIDNIGHT)
    fast(s.occupy(1, 2, 3, 4), 1_000)
    said = "".join(map(str, s.order_of_greens(100_000)))
    assert "1234123" in said[:12]
    assert "21432143" in said[-12:]
    assert not s.times(E.ALARM_ON)


# ── the clock ──


@pytest.mark.parametrize("correction", Correction)
@pytest.mark.parametrize("step_ms", [-31_000, 23_000, 50_000])
def test_a_clock_that_is_set_makes_a_correction_and_no_short_coordinated_green(
    correction: Correction, step_ms: int
) -> None:
    s = Scenario(coordinated(correction=correction), local=MIDNIGHT).occupy(*range(1, 9))
    set_at = fast(s, 330).now
    s.local = replace(MIDNIGHT, day_ms=step_ms % 86_400_000)
    s.step(500)
    assert state(s) is not CoordState.IN_STEP
    fast(s, 750)
    assert state(s) is CoordState.IN_STEP
    assert {(t + step_ms + ZERO) % C for t in s.times(E.PHASE_FORCE_OFF, 2, s.now - 200_000)} == {44_500}
    greens, yellows = s.times(E.PHASE_BEGIN_GREEN, 2, set_at), s.times(E.PHASE_BEGIN_YELLOW, 2, set_at)
    lasted = [b - next(a for a in reversed(greens) if a < b) for b in yellows if b > greens[0]]
    assert min(lasted) >= 28_500 * 83 // 100 - 1_000  # what a cycle shortened by 17 % leaves of 28.5 s
    assert not s.times(E.ALARM_ON)


def test_free_operation_comes_into_the_plan_from_wherever_it_is_and_goes_back() -> None:
    site = runs(dual(), plan(SPLITS, Coordination(MAIN)), at_ms=(90_000,), first_free=True)
    s = Scenario(site, local=MIDNIGHT)
    fast(s.occupy(4), 91)
    assert s.times(E.PATTERN_CHANGE, 1)
    began = s.times(E.COORD_STATE_CHANGE)[0]
    assert began >= 90_000
    fast(s, 400)
    assert state(s) is CoordState.IN_STEP


def test_without_a_clock_that_can_be_trusted_there_is_no_coordination_and_the_log_says_so() -> None:
    s = settled()
    assert s.times(E.COORD_STATE_CHANGE, CoordState.IN_STEP)
    s.faults = (ShellFault(FaultKind.CLOCK_UNSYNCED, "clock"),)
    lost = s.now
    s.wait(2)
    status = s.tick.controller.status(s.now)
    assert (status.plan, status.coordination) == (None, None)
    assert s.times(E.COORD_STATE_CHANGE, CoordState.FREE, lost)
    assert s.times(E.PATTERN_CHANGE, 254, lost)
    s.occupy(4).wait(15)
    assert s.times(E.PHASE_BEGIN_GREEN, 4, lost), "free: nobody waits for a yield point"
    s.faults = ()
    fast(s, 90)
    assert set(CoordState) & {p for t, c, p in s.log if c == E.COORD_STATE_CHANGE and t > s.now - 90_000}
    assert s.tick.controller.status(s.now).plan == 1


def test_when_detectors_cannot_be_trusted_the_coordinated_plan_runs_on_as_a_fixed_one() -> None:
    s = settled(modes=modes(p1=SplitMode.OMIT))
    s.faults = (ShellFault(FaultKind.TOO_MANY_DETECTORS_FAILED, "loop"),)
    since = s.now
    at_place(fast(s, 400), 0).wait(100)
    assert s.decision is not None
    assert s.decision.rung is Rung.FIXED_PLAN
    assert s.times(E.COORD_STATE_CHANGE, CoordState.FREE, since)
    for p in (2, 4, 6, 7):
        assert set(ends(s, p, s.now - 99_000)) == {FORCED_AT[p]}
    assert not s.times(E.PHASE_BEGIN_GREEN, 1, since)


# ── log and screen ──


def test_a_cycle_over_255_seconds_is_logged_in_two_parts_and_kept() -> None:
    splits: dict[int, float] = {1: 60, 2: 190, 3: 60, 4: 90, 5: 60, 6: 190, 7: 60, 8: 90}
    site = runs(dual(), plan(splits, Coordination(MAIN), cycle_s=400, offset_s=390))
    s = Scenario(site, local=MIDNIGHT)
    fast(s.occupy(4), 1_700)
    said = {code: p for _, code, p in s.log if 131 <= code <= 149 or code == E.CYCLE_OVER_255}
    assert said == {131: 1, 132: 255, 156: 145, 133: 255, 134: 60, 135: 190, 136: 60, 137: 90} | {
        138: 60, 139: 190, 140: 60, 141: 90
    }  # fmt: skip
    yields = s.times(E.PHASE_FORCE_OFF, 2, 400_000)
    assert [b - a for a, b in pairwise(yields)] == [400_000] * (len(yields) - 1)
    assert {(t - 390_000) % 400_000 for t in yields} == {184_500}


def test_the_screen_says_in_words_what_a_phase_is_waiting_for() -> None:
    s = at_place(settled(), 32_500).occupy(4).step()
    assert s.phase(2).reason == "held: coordinated, yields in 11 s"
    assert s.phase(4).reason == "waiting for its permissive window"
    s.until(30, 4, Interval.MIN_GREEN).wait(9)
    assert s.phase(4).reason == "coordinated, forced off in 35 s at the latest"
    at_place(fast(s.leave(4), 60), 44_600)
    assert s.phase(2).interval is not Interval.RED
    assert s.phase(2).reason in {"coordinated, has yielded", "held: coordinated, yields in 99 s"}
    status = s.tick.controller.status(s.now)
    assert status.plan == 1
    assert status.cycle_ms == (44_600 - ZERO) % C


def test_a_fixed_plan_cannot_be_run_as_a_coordinated_one() -> None:
    site = dual()
    with pytest.raises(ValueError, match="plan 1 is not coordinated"):
        CoordinatedStrategy(site, plan(SPLITS, None))


@pytest.mark.parametrize("mode", ForceOffMode)
def test_under_any_demand_cycle_and_offset_are_kept_to_the_tick_and_everybody_is_served_in_two_cycles(
    mode: ForceOffMode,
) -> None:
    """A quarter of an hour: coordinated phases yield at the yield point alone, no call waits over two cycles."""
    site = coordinated(force_off=mode)
    s = Scenario(site, local=MIDNIGHT)
    rng = random.Random(7)
    longest = 0
    for tick in range(4_000):
        if tick % 5 == 0:
            for d in range(1, 9):
                (s.occupy if rng.random() < 0.1 else s.leave)(d)
        if rng.random() < 0.01:
            s.pressed = {rng.choice((2, 4, 6, 8))}
        s.step(200)
        s.pressed = set()
        if tick % 10 == 0:
            longest = max([longest, *(p.waiting_ms or 0 for p in s.tick.controller.status(s.now).phases)])
    for p in (2, 6):
        assert {place(t) for t in s.times(E.COORD_YIELD_POINT, p, 200_000)} <= {44_500, 44_600}
        own_left = [place(t) for t in s.times(E.PHASE_BEGIN_YELLOW, p, 200_000)]
        assert len(own_left) >= 6
        assert all(t >= 44_500 or t <= 1_500 for t in own_left), "left in the window, never before the yield point"
    assert state(s) is CoordState.IN_STEP
    assert longest <= 2 * C
    assert not s.times(E.ALARM_ON)


def test_the_log_says_once_a_cycle_that_the_cycle_timer_passes_the_point_of_the_offset() -> None:
    s = at_place(settled(), 50_000)
    since = s.now
    fast(s, 300)
    zeros = s.times(E.COORD_STATE_CHANGE, COORD_LOCAL_ZERO, since)
    assert [round((t - zeros[0]) / 1000) for t in zeros] == [0, 100, 200]
    assert (zeros[0] - since) // 1000 == 50 + SPLITS[1], "the start of the coordinated green is 0"


def test_the_log_says_when_a_permissive_window_opens_and_closes() -> None:
    s = at_place(settled(), 5_000)
    since = s.now
    fast(s, 100)
    closed, opened = s.times(E.PHASE_OMIT_ON, 4, since), s.times(E.PHASE_OMIT_OFF, 4, since)
    assert (len(closed), len(opened)) == (1, 1)
    assert opened < closed
    fast(s.occupy(4), 90)
    began = s.times(E.PHASE_BEGIN_GREEN, 4, since)[0]
    assert s.times(E.PHASE_OMIT_OFF, 4, closed[0])[-1] <= began
