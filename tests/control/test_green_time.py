"""How long a green lasts: added initial, gap reduction, guaranteed passage, maximums, conditional service, queue and switch."""

from dataclasses import replace

import pytest

from edge.control.gap import Gap
from edge.control.maximum import Maximum
from edge.model.detectors import Detector
from edge.model.events import Event
from edge.model.events import EventCode as E
from edge.model.exchange import Interval
from edge.model.phases import AddedInitial, DynamicMax, GapReduction, Recall, Termination
from edge.model.site import Site
from edge.model.units import DetectorNumber
from tests import builders
from tests.control.scenario import Scenario, number


def with_detector(site: Site, n: int, **changes: object) -> Site:
    found: Detector = replace(site.detectors[DetectorNumber(n)], **changes)  # type: ignore[arg-type]
    return replace(site, detectors={**site.detectors, DetectorNumber(n): found})


def with_phase(site: Site, n: int, **changes: object) -> Site:
    return replace(site, phases={**site.phases, number(n): replace(site.phases[number(n)], **changes)})  # type: ignore[arg-type]


# ── added initial: NTCIP 1202 2.2.2.11-12; FHWA Signal Timing Manual (2008) 5.5.1 ──


@pytest.mark.parametrize(
    ("vehicles", "initial_s"),
    [(0, 0.0), (1, 1.5), (4, 6.0), (10, 15.0), (16, 24.0), (17, 24.0), (200, 24.0)],
)
def test_added_initial_is_so_much_a_vehicle_up_to_its_most(vehicles: int, initial_s: float) -> None:
    assert AddedInitial(1_500, 24_000).initial_ms(vehicles) == initial_s * 1000


@pytest.mark.parametrize(("vehicles", "green_s"), [(0, 10.0), (3, 10.0), (6, 12.0), (30, 20.0)])
def test_the_green_lasts_its_initial_and_never_less_than_its_minimum(vehicles: int, green_s: float) -> None:
    site = with_phase(builders.two_phase(), 2, min_green_ms=10_000, added_initial=AddedInitial(2_000, 20_000))
    site = with_phase(site, 2, passage_ms=0)
    site = with_detector(site, 2, adds_initial=True)
    s = Scenario(site).drain()
    s.occupy(4).step().leave(4).until(60, 4, Interval.MIN_GREEN)
    s.wait(1).pulse(2, vehicles).step()
    s.occupy(2).step().leave(2) if not vehicles else None
    began = s.until(60, 2, Interval.MIN_GREEN).now
    s.occupy(4).wait(40)
    assert s.lasted(E.PHASE_BEGIN_GREEN, E.PHASE_GREEN_TERMINATION, 2, began) == green_s * 1000
    assert bool(s.times(E.ADDED_INITIAL_COMPLETE, 2, began)) == (green_s > 10)


def test_vehicles_on_green_add_nothing_to_the_next_initial() -> None:
    site = with_phase(builders.two_phase(), 2, added_initial=AddedInitial(5_000, 60_000), recall=Recall.MIN)
    s = Scenario(with_detector(site, 2, adds_initial=True)).drain()
    assert s.greens() == {2}
    s.pulse(2, 50).step().occupy(4).wait(1).leave(4).until(90, 4, Interval.MIN_GREEN)
    began = s.until(60, 2, Interval.MIN_GREEN).now
    s.occupy(4).wait(30)
    assert s.lasted(E.PHASE_BEGIN_GREEN, E.PHASE_GREEN_TERMINATION, 2, began) < 20_000


# ── gap reduction: NTCIP 1202 2.2.2.13-17; FHWA Signal Timing Manual (2008) 5.5.2 ──
# passage 3.5 s, minimum gap 2.0 s, before reduction 15 s, to reduce 20 s: 0.075 s of gap less in each second

LINEAR = GapReduction(before_ms=15_000, cars_before=0, to_reduce_ms=20_000, min_gap_ms=2_000)


@pytest.mark.parametrize(
    ("opposed_s", "gap_s"),
    [(0, 3.5), (14.9, 3.5), (15, 3.5), (19, 3.2), (25, 2.75), (31, 2.3), (35, 2.0), (60, 2.0)],
)
def test_the_gap_falls_in_a_straight_line_to_the_minimum_gap(opposed_s: float, gap_s: float) -> None:
    gap = Gap(builders.phase(2, passage_ms=3_500, gap_reduction=LINEAR), 0)
    for t in range(0, round(opposed_s * 1000) + 1, 100):
        gap.oppose(t, 0, 0)
    assert gap.allowed_ms(round(opposed_s * 1000)) == gap_s * 1000


@pytest.mark.parametrize(("reducing_s", "gap_s"), [(0, 3.5), (6.6, 3.5), (6.7, 3.0), (13.4, 2.5), (20, 2.0)])
def test_with_reduce_by_it_falls_in_steps_that_meet_the_minimum_gap_in_time(reducing_s: float, gap_s: float) -> None:
    steps = replace(LINEAR, step_ms=500)  # three steps of 0.5 s in 20 s
    assert steps.gap_ms(3_500, round(reducing_s * 1000)) == gap_s * 1000


def test_reduction_begins_early_when_enough_vehicles_wait_and_starts_afresh_when_nobody_does() -> None:
    gap = Gap(builders.phase(2, passage_ms=3_500, gap_reduction=replace(LINEAR, cars_before=5)), 0)
    assert gap.oppose(1_000, 0, 4) == []
    assert [e.code for e in gap.oppose(2_000, 0, 5)] == [E.GAP_REDUCTION_START]
    assert gap.allowed_ms(12_000) == 2_750
    assert gap.oppose(12_000, None, 0) == []
    assert gap.allowed_ms(12_000) == 3_500


def test_start_of_reduction_and_minimum_gap_are_logged_once_a_green() -> None:
    site = with_phase(builders.two_phase(), 2, recall=Recall.MIN, max_green_ms=60_000)
    site = with_phase(site, 2, passage_ms=3_500, gap_reduction=GapReduction(5_000, 0, 10_000, 1_000))
    s = Scenario(site).drain()
    since = s.now
    s.occupy(2, 4).wait(40)
    assert [t - s.times(E.PHASE_CHECK, 2, since)[0] for t in s.times(E.GAP_REDUCTION_START, 2, since)] == [5_000]
    assert [t - s.times(E.PHASE_CHECK, 2, since)[0] for t in s.times(E.MIN_GAP_REACHED, 2, since)] == [15_000]


@pytest.mark.parametrize(("guaranteed", "after_s"), [(False, 1.0), (True, 3.5)])
def test_a_guaranteed_passage_is_kept_when_a_reduced_gap_ends_the_green(guaranteed: bool, after_s: float) -> None:  # noqa: FBT001 - a column of the table
    site = with_phase(builders.two_phase(), 2, recall=Recall.MIN, max_green_ms=90_000, guaranteed_passage=guaranteed)
    site = with_phase(site, 2, passage_ms=3_500, gap_reduction=GapReduction(0, 0, 1_000, 1_000))
    s = Scenario(site).drain()
    s.occupy(2, 4).wait(20).leave(2)
    left = s.now
    s.wait(0.5 if guaranteed else 0).wait(10)
    assert s.times(E.PHASE_GREEN_TERMINATION, 2, left)[0] - left == after_s * 1000


def test_once_a_green_with_guaranteed_passage_is_decided_a_further_vehicle_does_not_hold_it() -> None:
    gap = Gap(
        builders.phase(2, passage_ms=3_500, guaranteed_passage=True, gap_reduction=GapReduction(0, 0, 0, 1_000)), 0
    )
    for t in range(0, 1_100, 100):
        gap.oppose(t, 0, 0)
    gap.extended_at = 1_200
    assert not gap.is_out(3_400)
    assert gap.left_ms(3_400) == 100
    assert gap.is_out(3_500)


# ── maximums ──


def test_the_dynamic_maximum_follows_two_alike_in_a_row_and_stays_in_its_range() -> None:
    maximum = Maximum(builders.phase(2, max_green_ms=30_000, dynamic_max=DynamicMax(50_000, 8_000)))
    story = [Termination.MAX_OUT] * 5 + [Termination.FORCE_OFF] + [Termination.GAP_OUT] * 5
    assert maximum.timing_begins(1) == [Event(E.MAX_1_IN_EFFECT, 2)]
    seen = []
    for reason in story:
        logged = [int(e.code) for e in maximum.ended(reason)]
        seen.append((maximum.ms // 1000, logged))
    up, down = int(E.DYNAMIC_MAX_STEP_UP), int(E.DYNAMIC_MAX_STEP_DOWN)
    assert seen == [
        (30, []), (38, [up]), (46, [up]), (46, []), (46, []),
        (46, []),
        (46, []), (38, [down]), (30, [down]), (30, []), (30, []),
    ]  # fmt: skip


@pytest.mark.parametrize("reason", [Termination.FORCE_OFF, Termination.PRIORITY, Termination.PREEMPT])
def test_a_green_that_was_cut_for_coordination_a_tram_or_a_train_teaches_the_dynamic_maximum_nothing(
    reason: Termination,
) -> None:
    maximum = Maximum(builders.phase(2, max_green_ms=30_000, dynamic_max=DynamicMax(50_000, 8_000)))
    for ended in (Termination.MAX_OUT, Termination.MAX_OUT, reason, reason, reason):
        maximum.ended(ended)
    assert maximum.ms == 38_000


def test_a_dynamic_limit_below_the_maximum_is_its_lower_end() -> None:
    maximum = Maximum(builders.phase(2, max_green_ms=30_000, dynamic_max=DynamicMax(20_000, 5_000)))
    for _ in range(9):
        maximum.ended(Termination.GAP_OUT)
    assert maximum.ms == 20_000
    assert [e.code for e in maximum.timing_begins(1)] == [E.DYNAMIC_MAX_IN_EFFECT]


def test_another_maximum_is_timed_from_the_next_conflicting_call_on_and_logged_once() -> None:
    maximum = Maximum(builders.phase(2, max_green_ms=30_000, max_green_2_ms=60_000))
    assert [e.code for e in maximum.timing_begins(1)] == [E.MAX_1_IN_EFFECT]
    assert [e.code for e in maximum.timing_begins(2)] == [E.MAX_2_IN_EFFECT]
    assert maximum.ms == 60_000
    assert maximum.timing_begins(2) == []
    maximum.timing_begins(3)
    assert maximum.ms == 30_000  # there is no maximum 3: the first


def test_a_phase_with_one_maximum_logs_none() -> None:
    assert Maximum(builders.phase(2)).timing_begins(1) == []


# ── conditional service ──


def waiting_at_the_barrier(**through: object) -> Scenario:
    """Phase 2 has gapped out and waits for phase 6, which is busy; the side street waits for both."""
    site = builders.quad()
    site = with_phase(site, 2, conditional_service=True, **through)
    for p in (1, 5):
        site = with_phase(site, p, max_green_ms=12_000)
    site = with_phase(with_phase(site, 6, max_green_ms=60_000), 2, ped=None)
    site = replace(site, buttons={})
    s = Scenario(site).drain()
    assert s.greens() == {2, 6}
    return s.occupy(6, 4).step().leave(4)


def test_a_waiting_ring_serves_its_left_turn_again_while_there_is_time() -> None:
    s = waiting_at_the_barrier()
    began = s.now
    s.occupy(1).wait(2).leave(1).wait(20)
    order = s.order_of_greens(began)
    assert order[0] == 1
    assert 2 not in order[: order.index(4)] if 4 in order else True
    assert s.greens() == {1, 6}, "the left turn rests beside the through it waits for"


def test_with_re_service_the_through_comes_back_when_there_is_time_for_it_too() -> None:
    s = waiting_at_the_barrier(conditional_reservice=True, recall=Recall.MIN)
    began = s.now
    s.occupy(1).wait(2).leave(1).wait(25)
    assert s.order_of_greens(began)[:2] == [1, 2]
    s.occupy(1).wait(3).leave(1).wait(60)
    served = s.order_of_greens(began)
    assert served[: served.index(4)].count(1) == 1, "once in a visit"


@pytest.mark.untraced
def test_no_left_turn_is_served_again_that_would_make_the_side_street_wait_longer() -> None:
    s = waiting_at_the_barrier().wait(52)
    began = s.now
    s.occupy(1).wait(30)
    assert s.order_of_greens(began)[0] in {4, 8}


# ── detectors ──


def test_a_queue_detector_is_not_heard_beyond_its_limit_into_the_green() -> None:
    site = with_phase(builders.two_phase(), 2, max_green_ms=60_000, recall=Recall.MIN)
    s = Scenario(with_detector(site, 2, queue_limit_ms=12_000)).drain()
    s.occupy(4).step().leave(4).until(60, 4, Interval.MIN_GREEN)
    s.occupy(2).until(60, 2, Interval.MIN_GREEN)
    began = s.now
    s.occupy(4).wait(30)
    assert s.times(E.PHASE_GAP_OUT, 2, began)[0] - began == 12_000 + site.phases[number(2)].passage_ms
    assert s.times(E.DETECTOR_OFF, 2, began)[0] - began == 12_100  # it hears of the green one tick later


def green_with_a_queue(**changes: object) -> Scenario:
    """Phase 2 is green with a vehicle on its detector, and somebody waits on phase 4."""
    s = Scenario(
        with_detector(with_phase(builders.two_phase(), 2, recall=Recall.MIN), 2, queue=True, **changes)
    ).drain()
    s.occupy(4).step().leave(4).until(60, 4, Interval.MIN_GREEN)
    s.occupy(2).until(60, 2, Interval.MIN_GREEN)
    return s


def test_a_queue_detector_lets_go_of_an_opposed_green_at_its_first_gap() -> None:
    s = green_with_a_queue()
    s.occupy(4).wait(8)
    assert 2 in s.greens()
    s.leave(2).wait(0.3).occupy(2)
    left = s.now
    s.wait(10)
    ((ended),) = s.times(E.PHASE_GAP_OUT, 2, left - 1_000)
    assert ended - left <= s.site.phases[number(2)].passage_ms + 200


def test_a_gap_that_nobody_waits_for_does_not_make_a_queue_detector_let_go() -> None:
    s = green_with_a_queue()
    s.leave(2).wait(0.3).occupy(2).wait(5).occupy(4).wait(8)
    assert 2 in s.greens()
    assert not s.times(E.DETECTOR_OFF, 2, s.now - 10_000)


@pytest.mark.untraced
def test_a_detector_with_a_switch_phase_extends_that_phase_while_only_that_one_is_green() -> None:
    site = with_detector(builders.quad(), 1, switch_phase=number(6))
    site = with_phase(site, 6, max_green_ms=90_000)
    s = Scenario(site).drain()
    assert s.greens() == {2, 6}
    s.occupy(1, 4).step().leave(4).wait(40)
    assert 6 in s.greens(), "the waiting left turn extends the through it filters through"
    assert not s.phase(1).vehicle_call
    s.wait(60)
    assert 6 not in s.greens()
    assert s.until(60, 1, Interval.MIN_GREEN).phase(1).interval is Interval.MIN_GREEN
