"""The fixed plan: in step with the clock, every split kept, every pedestrian served, whatever the detectors say."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.control.fixed_plan import FixedPlanStrategy
from edge.control.schedule import what_runs
from edge.model.calendar import ScheduleException
from edge.model.commands import CommandKind
from edge.model.events import EventCode as E
from edge.model.phases import PedTiming
from edge.model.plans import FREE, FixedPlan, LocalTime, Run, RunKind, ScheduleEntry
from edge.model.site import Site
from edge.model.units import PlanNumber
from tests import builders
from tests.control.scenario import Scenario, number

pytestmark = pytest.mark.untraced

MIDNIGHT = LocalTime((2026, 3, 2), 0, 0, 1_772_409_600_000, synced=True)


def on_plan(site: Site, offset_ms: int = 0, spare_ms: int = 6_000) -> Site:
    plan = replace(builders.plan_for(site.sequence, site.phases, spare_ms), offset_ms=offset_ms)
    entry = ScheduleEntry(frozenset(range(7)), 0, Run(RunKind.PLAN, PlanNumber(1)))
    return replace(site, plans={PlanNumber(1): plan}, schedule=(entry,))


@pytest.mark.parametrize("offset", [0, 17_000, 40_000])
@pytest.mark.parametrize("spare", [500, 6_000, 20_000])
def test_the_plan_comes_into_step_and_every_green_ends_at_its_force_off_point(offset: int, spare: int) -> None:
    site = on_plan(builders.quad(), offset, spare)
    plan = site.plans[PlanNumber(1)]
    s = Scenario(site, local=MIDNIGHT).wait(12 * plan.cycle_ms / 1_000)
    since = s.now - 3 * plan.cycle_ms
    change = {p: site.phases[number(p)].change_ms for p in range(1, 9)}
    for a, b in ((2, 6), (4, 8)):  # they cross a barrier together, so the longer clearance counts for both
        change[a] = change[b] = max(change[a], change[b])
    for ring in site.sequence.rings:
        start = 0
        for p in (p for group in ring for p in group):
            split = plan.splits[p]
            due = (start + split - change[p] + offset) % plan.cycle_ms
            ends = s.times(E.PHASE_FORCE_OFF, p, since)
            assert ends
            assert {t % plan.cycle_ms for t in ends} == {due}
            start += split


def test_the_plan_serves_every_walk_in_every_cycle_and_hears_no_detector() -> None:
    site = on_plan(builders.quad())
    cycle = site.plans[PlanNumber(1)].cycle_ms
    quiet, busy = Scenario(site, local=MIDNIGHT), Scenario(site, local=MIDNIGHT)
    busy.occupy(*range(1, 9))
    for s in (quiet, busy):
        s.wait(8 * cycle / 1_000)
    shown = (E.PHASE_BEGIN_GREEN, E.PHASE_BEGIN_YELLOW, E.PED_BEGIN_WALK)
    assert [x for x in quiet.log if x[1] in shown] == [x for x in busy.log if x[1] in shown]
    for p in (2, 4, 6, 8):
        assert len(quiet.times(E.PED_BEGIN_WALK, p, quiet.now - 4 * cycle)) == 4


def test_a_clock_set_by_an_hour_disturbs_no_interval_and_the_plan_finds_its_step_again() -> None:
    site = on_plan(builders.two_phase())
    cycle = site.plans[PlanNumber(1)].cycle_ms
    s = Scenario(site, local=MIDNIGHT).wait(5 * cycle / 1_000)
    s.local = replace(MIDNIGHT, day_ms=3_600_000 + 7_300)
    s.wait(10 * cycle / 1_000)  # the monitor and the scenario judge every tick
    ends = s.times(E.PHASE_FORCE_OFF, 2, s.now - 3 * cycle)
    assert len({(t + 7_300 + 3_600_000) % cycle for t in ends}) == 1


def test_a_phase_without_a_split_is_omitted() -> None:
    site = builders.site(builders.rings("1 2 | 3"), [builders.phase(n) for n in (1, 2, 3)])
    plan = FixedPlan(PlanNumber(1), "x", 60_000, 0, {number(2): 30_000, number(3): 30_000})
    asks = FixedPlanStrategy(site, plan).asks_for(0, 0, [number(1)])
    assert asks.omits == {1}
    assert asks.calls == {2, 3}
    assert not asks.holds
    site = replace(
        site,
        plans={PlanNumber(1): plan},
        schedule=(ScheduleEntry(frozenset(range(7)), 0, Run(RunKind.PLAN, PlanNumber(1))),),
    )
    s = Scenario(site, local=MIDNIGHT).wait(400)
    assert set(s.order_of_greens(100_000)) == {2, 3}


@pytest.mark.parametrize("begins", range(22, 60, 3))
def test_a_plan_that_begins_in_mid_green_leaves_a_phase_it_omits_and_serves_its_own(begins: int) -> None:
    site = builders.site(builders.rings("1 2"), [builders.phase(n) for n in (1, 2)])
    plan = FixedPlan(PlanNumber(1), "x", 60_000, 0, {number(1): 60_000})
    entries = (
        ScheduleEntry(frozenset(range(7)), 0, FREE),
        ScheduleEntry(frozenset(range(7)), begins * 1_000, Run(RunKind.PLAN, PlanNumber(1))),
    )
    s = Scenario(replace(site, plans={PlanNumber(1): plan}, schedule=entries), local=MIDNIGHT)
    s.occupy(1, 2).wait(150)
    assert s.greens() == {1}


def test_a_walk_beside_a_green_that_nobody_opposes_is_called_by_its_button_in_a_plan_too() -> None:
    rows = [builders.phase(1), builders.phase(2), builders.phase(3, ped=PedTiming(5_000, 8_000))]
    s = Scenario(on_plan(builders.site(builders.rings("1 2", "3"), rows)), local=MIDNIGHT).wait(100)
    since = s.now
    s.press(3).wait(5)
    assert s.times(E.PED_BEGIN_WALK, 3, since)


WEEK = frozenset(range(5))
AM, PM = Run(RunKind.PLAN, PlanNumber(1)), Run(RunKind.PLAN, PlanNumber(2))
ENTRIES = (
    ScheduleEntry(WEEK, 6 * 3_600_000, AM),
    ScheduleEntry(WEEK, 15 * 3_600_000, PM),
    ScheduleEntry(frozenset({5, 6}), 22 * 3_600_000, FREE),
)


def at(date: tuple[int, int, int], weekday: int, hour: float) -> LocalTime:
    return LocalTime(date, weekday, int(hour * 3_600_000), 0, synced=True)


@pytest.mark.parametrize(
    ("when", "runs"),
    [
        (at((2026, 3, 2), 0, 6), AM),
        (at((2026, 3, 2), 0, 5.99), FREE),
        (at((2026, 3, 2), 0, 15), PM),
        (at((2026, 3, 3), 1, 3), PM),
        (at((2026, 3, 7), 5, 10), PM),
        (at((2026, 3, 7), 5, 23), FREE),
        (at((2024, 3, 1), 4, 1), PM),
        (at((2026, 1, 1), 3, 1), PM),
        (at((2026, 3, 1), 6, 1), FREE),
    ],
)
def test_the_last_entry_before_now_runs_over_midnight_month_and_year(when: LocalTime, runs: Run) -> None:
    assert what_runs(ENTRIES, (), when) == runs


def test_an_exception_makes_a_day_like_another_also_when_it_was_yesterday() -> None:
    holiday = ScheduleException((2024, 2, 29), 6)
    assert what_runs(ENTRIES, (holiday,), at((2024, 2, 29), 3, 10)) == PM  # from Wednesday
    assert what_runs(ENTRIES, (holiday,), at((2024, 2, 29), 3, 23)) == FREE
    assert what_runs(ENTRIES, (holiday,), at((2024, 3, 1), 4, 1)) == FREE  # yesterday was the holiday
    assert what_runs((), (), at((2024, 3, 1), 4, 1)) == FREE


@given(st.integers(0, 86_399_999), st.integers(0, 6))
def test_some_entry_or_free_runs_at_every_time_of_the_week(day_ms: int, weekday: int) -> None:
    assert what_runs(ENTRIES, (), LocalTime((2026, 3, 2), weekday, day_ms, 0, synced=True)) in (AM, PM, FREE)


def test_a_plan_of_stages_keeps_room_for_the_longest_intergreen_and_its_cycle() -> None:
    rows = [builders.phase(n, yellow_ms=3_000, red_clear_ms=1_000) for n in (1, 2, 3)]
    site = builders.site(builders.rings("1 2 3"), rows, intergreen={(1, 2): 7_000, (2, 3): 6_000})
    plan = FixedPlan(PlanNumber(1), "stages", 60_000, 0, {number(n): 20_000 for n in (1, 2, 3)})
    every_day = ScheduleEntry(frozenset(range(7)), 0, Run(RunKind.PLAN, PlanNumber(1)))
    s = Scenario(replace(site, plans={PlanNumber(1): plan}, schedule=(every_day,)), local=MIDNIGHT).wait(600)
    ends = {p: {t % 60_000 for t in s.times(E.PHASE_FORCE_OFF, p, 300_000)} for p in (1, 2, 3)}
    assert ends == {1: {13_000}, 2: {34_000}, 3: {56_000}}
    starts = {t % 60_000 for t in s.times(E.PHASE_BEGIN_GREEN, 2, 300_000)}
    assert starts == {20_000}


def test_the_holds_of_a_plan_are_logged_in_pairs_also_when_flash_cuts_them_off() -> None:
    s = Scenario(on_plan(builders.two_phase()), local=MIDNIGHT).wait(300)
    s.order(CommandKind.FLASH).wait(60)
    for p in (2, 4):
        on, off = s.times(E.PHASE_HOLD_ON, p), s.times(E.PHASE_HOLD_OFF, p)
        assert len(on) == len(off) > 2
        assert all(a < b for a, b in zip(on, off, strict=True))


@pytest.mark.parametrize("ring", ["1 2 3", "1 | 2 | 3"])
def test_every_split_begins_with_its_green_however_unequal_the_intergreens_are(ring: str) -> None:
    intergreen = {(1, 2): 5_000, (1, 3): 11_000, (2, 3): 9_000, (2, 1): 14_000, (3, 1): 6_000, (3, 2): 15_000}
    built = builders.site(builders.rings(ring), [builders.phase(n) for n in (1, 2, 3)], intergreen=intergreen)
    site = on_plan(built, spare_ms=16_000)
    plan = site.plans[PlanNumber(1)]
    s = Scenario(site, local=MIDNIGHT).wait(12 * plan.cycle_ms / 1_000)
    begin = 0
    for p in (1, 2, 3):
        starts = s.times(E.PHASE_BEGIN_GREEN, p, s.now - 3 * plan.cycle_ms)
        assert {t % plan.cycle_ms for t in starts} == {begin}
        begin += plan.splits[number(p)]
