"""Actuation as a signal engineer knows it: calls, locking, delay, extend, passage, gap-out, max-out, recalls, rest."""

import random
from dataclasses import replace

import pytest

from edge.model.commands import CommandKind
from edge.model.detectors import Detector
from edge.model.events import EventCode as E
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.phases import PedTiming, Recall
from edge.model.site import Options, Site
from edge.model.units import DetectorNumber
from tests import builders
from tests.control.scenario import Scenario, number

pytestmark = pytest.mark.untraced


def with_detector(site: Site, n: int, **changes: object) -> Site:
    found: Detector = replace(site.detectors[DetectorNumber(n)], **changes)  # type: ignore[arg-type]
    return replace(site, detectors={**site.detectors, DetectorNumber(n): found})


def with_phase(site: Site, n: int, **changes: object) -> Site:
    return replace(site, phases={**site.phases, number(n): replace(site.phases[number(n)], **changes)})  # type: ignore[arg-type]


def test_after_start_up_every_phase_is_served_once_because_nobody_knows_who_waits() -> None:
    s = Scenario(builders.quad()).drain()
    assert set(s.order_of_greens()) == set(range(1, 9))


def test_start_up_goes_flash_all_red_first_phases() -> None:
    s = Scenario(builders.two_phase())
    modes: list[Mode] = []
    for _ in range(200):
        s.step()
        if not modes or modes[-1] is not s.mode:
            modes.append(s.mode)
    assert modes == [Mode.START_UP_FLASH, Mode.EXIT_YELLOW, Mode.ALL_RED, Mode.RUN]
    assert s.order_of_greens()[0] == 2


def test_the_first_phases_of_the_start_come_first_though_everybody_is_called() -> None:
    site = builders.quad()
    named = (number(4), number(7))
    s = Scenario(replace(site, start_up=replace(site.start_up, first_phases=named))).drain()
    assert set(s.order_of_greens()[:2]) == {4, 7}
    assert set(s.order_of_greens()) == set(range(1, 9))


def test_a_green_rests_while_nobody_opposes_it() -> None:
    s = Scenario(builders.two_phase()).drain()
    resting = s.greens()
    s.wait(600)
    assert s.greens() == resting
    assert s.interval(resting.pop()) is Interval.REST


def test_a_locking_call_is_remembered_after_the_vehicle_has_gone() -> None:
    s = Scenario(builders.two_phase()).drain()
    red = 2 if s.greens() == {4} else 4
    s.occupy(red).step().leave(red).until(60, red, Interval.MIN_GREEN)
    assert s.times(E.PHASE_CALL_REGISTERED, red, s.now - 60_000)


def test_a_non_locking_call_is_dropped_with_the_vehicle() -> None:
    site = builders.two_phase()
    site = with_phase(with_phase(site, 2, locking=False), 4, locking=False, min_green_ms=10_000)
    s = Scenario(site).drain()
    red = 2 if s.greens() == {4} else 4
    green = 6 - red
    s.occupy(red).until(60, red, Interval.MIN_GREEN)
    s.occupy(green).step().leave(green).leave(red)
    since = s.now
    s.wait(60)
    assert s.times(E.PHASE_CALL_DROPPED, green, since)
    assert s.greens() == {red}


def test_delay_is_timed_while_red_and_a_short_visit_makes_no_call() -> None:
    s = Scenario(with_detector(builders.two_phase(), 2, delay_ms=5_000)).drain()
    s.occupy(4).until(60, 4, Interval.MIN_GREEN).leave(4).wait(20)
    since = s.now
    s.occupy(2).wait(4.8).leave(2).wait(5)
    assert not s.times(E.PHASE_CALL_REGISTERED, 2, since)
    s.occupy(2).wait(5.2)
    called = s.times(E.PHASE_CALL_REGISTERED, 2, since)
    assert called
    assert s.times(E.DETECTOR_ON, 2, since) == called


def test_extend_keeps_an_actuation_alive_after_the_vehicle_in_green() -> None:
    s = Scenario(with_detector(builders.two_phase(), 4, extend_ms=2_000)).drain()
    s.occupy(4).until(60, 4, Interval.MIN_GREEN).wait(2)
    left = s.now
    s.leave(4).wait(5)
    assert s.times(E.DETECTOR_OFF, 4, left) == [left + 2_100]  # seen off in the next tick


def test_a_pulse_between_two_polls_is_an_actuation_of_one_tick() -> None:
    s = Scenario(builders.two_phase()).drain()
    red = 2 if s.greens() == {4} else 4
    since = s.now
    s.pulse(red).wait(1)
    assert s.times(E.DETECTOR_ON, red, since) == [since + 100]
    assert s.times(E.DETECTOR_OFF, red, since) == [since + 200]
    s.until(60, red, Interval.MIN_GREEN)


def test_a_green_gaps_out_when_its_passage_time_runs_out_under_a_conflicting_call() -> None:
    site = builders.two_phase()
    s = Scenario(site).drain()
    s.occupy(4).until(60, 4, Interval.MIN_GREEN)
    s.occupy(2).wait(10)
    assert s.interval(4) is Interval.EXTENSION
    left = s.now
    s.leave(4).until(10, 4, Interval.YELLOW_CHANGE)
    assert s.times(E.PHASE_GAP_OUT, 4, left) == [left + site.phases[number(4)].passage_ms]


def test_a_green_with_unbroken_traffic_ends_at_its_maximum_timed_from_the_conflicting_call() -> None:
    site = builders.two_phase()
    s = Scenario(site).drain()
    s.occupy(4).until(60, 4, Interval.MIN_GREEN).wait(30)
    s.occupy(2).step()
    check = s.times(E.PHASE_CHECK, 4, s.now - 100)[-1]
    s.until(100, 4, Interval.YELLOW_CHANGE)
    assert s.times(E.PHASE_MAX_OUT, 4, check) == [check + site.phases[number(4)].max_green_ms]


def test_a_vehicle_cut_off_by_the_maximum_has_left_a_call() -> None:
    site = with_phase(builders.two_phase(), 4, locking=False)
    s = Scenario(site).drain()
    s.occupy(4).until(60, 4, Interval.MIN_GREEN)
    s.occupy(2).until(100, 4, Interval.YELLOW_CHANGE).leave(4, 2)
    s.until(30, 2, Interval.MIN_GREEN).until(60, 4, Interval.MIN_GREEN)


@pytest.mark.parametrize("recall", [Recall.MIN, Recall.MAX])
def test_a_recalled_phase_is_served_in_every_cycle_and_its_recall_is_not_logged_as_a_call(recall: Recall) -> None:
    s = Scenario(builders.recalled(builders.two_phase(), recall, 2, 4)).drain()
    since = s.now
    s.wait(200)
    assert len(s.order_of_greens(since)) >= 8
    assert not s.times(E.PHASE_CALL_REGISTERED, since=since)
    reason = E.PHASE_GAP_OUT if recall is Recall.MIN else E.PHASE_MAX_OUT
    assert s.times(reason, since=since)


def test_a_soft_recalled_phase_is_returned_to_when_nobody_else_calls() -> None:
    s = Scenario(builders.recalled(builders.two_phase(), Recall.SOFT, 2)).drain()
    assert s.greens() == {2}
    s.occupy(4).until(60, 4, Interval.MIN_GREEN).wait(30)
    assert s.greens() == {4}  # the traffic on 4 is not cut for a recall that is soft
    s.leave(4).until(30, 2, Interval.MIN_GREEN)


def test_the_rest_phases_are_returned_to() -> None:
    s = Scenario(builders.quad()).drain()
    assert s.greens() == {2, 6}
    s.occupy(3).until(60, 3, Interval.MIN_GREEN).leave(3).wait(60)
    assert s.greens() == {2, 6}


def test_dual_entry_brings_the_partner_up_with_a_one_sided_call() -> None:
    s = Scenario(builders.quad()).drain()
    s.occupy(4).until(60, 4, Interval.MIN_GREEN)
    assert s.greens() == {4, 8}


def test_without_dual_entry_the_other_ring_stays_red_and_joins_late_when_it_is_called() -> None:
    site = with_phase(with_phase(builders.quad(), 4, dual_entry=False), 8, dual_entry=False)
    s = Scenario(site).drain()
    s.occupy(4).until(60, 4, Interval.MIN_GREEN).step()
    assert s.greens() == {4}
    s.occupy(8).wait(1)
    assert s.greens() == {4, 8}


def test_a_left_turn_called_while_the_rings_rest_is_served_beside_the_opposite_through() -> None:
    s = Scenario(builders.quad()).drain()
    s.occupy(1).until(60, 1, Interval.MIN_GREEN)
    assert s.greens() == {1, 6}


def test_the_barrier_is_crossed_by_both_rings_in_one_tick_and_logged() -> None:
    s = Scenario(builders.quad()).drain()
    since = s.now
    s.occupy(3, 8).until(60, 3, Interval.MIN_GREEN)
    assert s.times(E.PHASE_BEGIN_YELLOW, 2, since) == s.times(E.PHASE_BEGIN_YELLOW, 6, since) != []
    inactive = max(s.times(E.PHASE_INACTIVE, 2, since) + s.times(E.PHASE_INACTIVE, 6, since))
    assert s.times(E.BARRIER_TERMINATION, 1, since) == [inactive]


def test_a_barrier_that_flash_breaks_into_is_not_logged_as_crossed() -> None:
    s = Scenario(builders.quad()).drain()
    since = s.now
    s.occupy(3, 8).until(60, 2, Interval.YELLOW_CHANGE).order(CommandKind.FLASH).wait(20)
    assert s.mode is Mode.FLASH
    s.order(CommandKind.RESUME).step().until_run().wait(3)
    assert s.greens()
    assert not s.times(E.BARRIER_TERMINATION, since=since)


def test_without_a_pair_rule_a_gapped_green_waits_gapped_for_the_other_ring() -> None:
    s = Scenario(builders.quad()).drain()
    s.occupy(6, 4).wait(15)  # 2 has gapped out, 6 has traffic
    s.occupy(2).wait(1)
    since = s.now
    s.leave(6).wait(3.2)
    assert s.times(E.PHASE_GAP_OUT, 2, since) == s.times(E.PHASE_GAP_OUT, 6, since) != []


def test_a_simultaneous_gap_pair_crosses_only_when_both_are_gapped_out_together() -> None:
    pair = frozenset({frozenset({number(2), number(6)})})
    site = builders.quad(options=Options(2_000, (number(2), number(6)), pair))
    s = Scenario(site).drain()
    s.occupy(6, 4).wait(15)
    s.occupy(2).wait(1)
    since = s.now
    s.leave(6).wait(3.2)
    assert not s.times(E.PHASE_GAP_OUT, 2, since)
    s.leave(2).wait(4)
    assert s.times(E.PHASE_GAP_OUT, 2, since) == s.times(E.PHASE_GAP_OUT, 6, since) != []


def test_constant_calls_on_every_phase_starve_nobody() -> None:
    s = Scenario(builders.quad()).until_run().occupy(*range(1, 9)).wait(600)
    served = s.order_of_greens()
    assert min(served.count(p) for p in range(1, 9)) >= 3


def test_a_pedestrian_call_brings_walk_clearance_and_dont_walk_by_the_sheet() -> None:
    s = Scenario(builders.quad()).drain()
    since = s.now
    s.press(4).until(60, 4, Interval.MIN_GREEN)
    assert s.ped(4) is PedInterval.WALK
    s.wait(40)
    ped = s.site.phases[number(4)].ped
    assert ped is not None
    assert s.lasted(E.PED_BEGIN_WALK, E.PED_BEGIN_CLEARANCE, 4, since) == ped.walk_ms
    assert s.lasted(E.PED_BEGIN_CLEARANCE, E.PED_BEGIN_DONT_WALK, 4, since) == ped.clearance_ms
    assert s.times(E.PED_CALL_REGISTERED, 4, since)


def test_a_press_in_a_resting_green_walks_at_once_and_one_in_its_clearance_again_after_it() -> None:
    s = Scenario(builders.quad()).drain()
    since = s.now
    s.press(2).wait(6)
    assert s.ped(2) is PedInterval.PED_CLEARANCE
    s.press(2).wait(40)
    assert len(s.times(E.PED_BEGIN_WALK, 2, since)) == 2
    assert len(s.times(E.PED_CALL_REGISTERED, 2, since)) == 2


def test_a_press_while_the_walk_is_shown_is_no_call() -> None:
    s = Scenario(builders.quad()).drain()
    since = s.now
    s.press(2).wait(1)
    assert s.ped(2) is PedInterval.WALK
    s.press(2).wait(40)
    assert len(s.times(E.PED_BEGIN_WALK, 2, since)) == 1
    assert len(s.times(E.PED_CALL_REGISTERED, 2, since)) == 1
    assert len(s.times(E.PED_DETECTOR_ON, 2, since)) == 2


def test_a_press_in_an_opposed_green_waits_for_the_next_green() -> None:
    s = Scenario(builders.quad()).drain()
    s.occupy(2, 6, 4).wait(1)
    since = s.now
    s.press(2).wait(5)
    assert not s.times(E.PED_BEGIN_WALK, 2, since)
    s.leave(2, 6, 4).wait(120)
    assert s.times(E.PED_BEGIN_WALK, 2, since)


def test_a_pedestrian_recall_walks_once_in_each_green_and_does_not_recycle_while_resting() -> None:
    ped = PedTiming(5_000, 8_000, recall=True)
    s = Scenario(with_phase(builders.two_phase(), 2, ped=ped)).drain()
    s.occupy(2).until(60, 2, Interval.MIN_GREEN) if s.greens() != {2} else None
    since = s.now
    s.wait(120)
    assert len(s.times(E.PED_BEGIN_WALK, 2, since)) <= 1


def test_the_intergreen_of_a_pair_lengthens_the_clearance_of_that_pair_alone() -> None:
    site = builders.site(
        builders.rings("1 2 3"),
        [builders.phase(n, yellow_ms=3_000, red_clear_ms=1_000) for n in (1, 2, 3)],
        intergreen={(1, 2): 9_000},
    )
    s = Scenario(site).until_run().occupy(1, 2, 3).wait(300)
    ends = {p: s.times(E.PHASE_BEGIN_YELLOW, p) for p in (1, 2, 3)}
    starts = {p: s.times(E.PHASE_BEGIN_GREEN, p) for p in (1, 2, 3)}
    gaps = {b: min(t - e for t in starts[b] for e in ends[a] if t > e) for a, b in ((1, 2), (2, 3), (3, 1))}
    assert gaps[2] == 9_000
    assert gaps[3] == gaps[1] == 4_000


def test_red_revert_holds_a_single_called_phase_red() -> None:
    site = builders.two_phase(options=Options(red_revert_ms=30_000))
    s = Scenario(site).drain()
    red = 2 if s.greens() == {4} else 4
    s.occupy(red).step().leave(red).until(60, red, Interval.MIN_GREEN)
    ended = s.times(E.PHASE_END_YELLOW, 6 - red)[-1]
    s.occupy(6 - red).until(60, 6 - red, Interval.MIN_GREEN)
    assert s.now - ended >= 30_000


def test_a_green_that_is_opposed_from_its_beginning_lasts_its_maximum_and_no_tick_more() -> None:
    site = builders.two_phase()
    s = Scenario(site).drain()
    since = s.now
    s.occupy(2, 4).wait(150)
    for p in (2, 4):
        begun = s.times(E.PHASE_BEGIN_GREEN, p, since)
        assert begun
        assert s.times(E.PHASE_MAX_OUT, p, begun[0])[0] - begun[0] == site.phases[number(p)].max_green_ms


def test_no_call_is_registered_and_dropped_in_one_tick() -> None:
    """Readers sort by time: a pair of one stamp has no order for them."""
    s = Scenario(builders.quad()).until_run().wait(1)
    rng = random.Random(5)
    for _ in range(6_000):
        d = rng.randint(1, 8)
        s.leave(d) if d in s.on else s.occupy(d)
        s.step()
    registered = {(t, p) for t, c, p in s.log if c == E.PHASE_CALL_REGISTERED}
    dropped = {(t, p) for t, c, p in s.log if c == E.PHASE_CALL_DROPPED}
    assert len(registered) > 50
    assert not registered & dropped


def test_barrier_groups_are_served_in_the_order_of_the_rings() -> None:
    s = Scenario(builders.site(builders.rings("1 | 2 | 3"), [builders.phase(n) for n in (1, 2, 3)])).until_run()
    s.occupy(1, 2, 3).wait(150)
    served = s.order_of_greens()
    assert served == [1, 2, 3, 1, 2, 3, 1, 2, 3][: len(served)]
    assert len(served) > 4


def test_the_maximum_is_timed_anew_when_the_conflicting_call_has_gone_meanwhile() -> None:
    s = Scenario(with_phase(builders.two_phase(), 4, locking=False)).drain()
    s.occupy(2).until(60, 2, Interval.MIN_GREEN).wait(10)
    s.occupy(4).wait(15).leave(4).wait(2)
    since = s.now
    s.occupy(4).wait(40)
    assert s.lasted(E.PHASE_CHECK, E.PHASE_MAX_OUT, 2, since) == s.site.phases[number(2)].max_green_ms


def test_a_second_press_before_the_walk_is_the_same_call() -> None:
    s = Scenario(builders.quad()).drain()
    since = s.now
    s.press(4).step().press(4).wait(2)
    assert len(s.times(E.PED_CALL_REGISTERED, 4, since)) == 1


def test_extend_is_not_timed_while_the_phase_is_red() -> None:
    s = Scenario(with_detector(builders.two_phase(), 2, extend_ms=5_000)).drain()
    s.occupy(4).until(60, 4, Interval.MIN_GREEN).occupy(2).step()
    since = s.now
    s.leave(2).step()
    assert s.times(E.DETECTOR_OFF, 2, since) == [s.now]


def test_a_count_that_falls_is_no_actuation() -> None:
    s = Scenario(builders.two_phase()).drain()
    s.pulse(4, 5).wait(60)
    since = s.now
    s.pulse(4, -3).wait(5)
    assert not s.times(E.DETECTOR_ON, 4, since)
