"""Pedestrians as the street sees them: leading walks, walks that rest or come again, all crossings at once."""

from dataclasses import replace
from itertools import pairwise

import pytest

from edge.model.detectors import DetectorLimits
from edge.model.events import EventCode as E
from edge.model.exchange import Interval, PedInterval
from edge.model.faults import FaultKind
from edge.model.indications import ChannelKind, Indication
from edge.model.phases import PedTiming, Phase, Recall
from edge.model.plans import LocalTime, Run, RunKind, ScheduleEntry
from edge.model.site import Site
from edge.model.units import PhaseNumber, PlanNumber
from tests import builders
from tests.control.scenario import Scenario

pytestmark = pytest.mark.untraced

MIDNIGHT = LocalTime((2026, 3, 2), 0, 0, 0, synced=True)


def crossing(timing: PedTiming, **changes: object) -> Site:
    """Phase 2 with pedestrians against phase 4; nobody is recalled."""
    walking = builders.phase(2, ped=timing, **changes)
    return builders.site(builders.rings("2 | 4"), [walking, builders.phase(4)])


def ped(**changes: object) -> PedTiming:
    return PedTiming(walk_ms=5_000, clearance_ms=6_000, **changes)  # type: ignore[arg-type]


def shown(s: Scenario, channel: int) -> Indication:
    assert s.decision is not None
    return next(i for c, i in s.decision.wanted.items() if c == channel)


def at_rest_in(site: Site, phase: int) -> Scenario:
    """Everybody has been served; `phase` is green and rests."""
    s = Scenario(site).drain()
    s.occupy(phase).step().leave(phase)
    return s.wait(40)


def test_a_press_is_answered_by_a_walk_that_leads_the_green_by_the_interval() -> None:
    """MUTCD 11th ed. 4I.06: leading pedestrian interval."""
    s = at_rest_in(crossing(ped(lpi_ms=3_000)), 4)
    since = s.now
    s.press(2).wait(30)
    walk, green = s.times(E.PED_BEGIN_WALK, 2, since)[0], s.times(E.PHASE_BEGIN_GREEN, 2, since)[0]
    assert green - walk == 3_000
    assert s.times(E.PHASE_ON, 2, since) == [walk]


def test_while_the_walk_leads_the_vehicles_of_its_phase_see_red() -> None:
    s = at_rest_in(crossing(ped(lpi_ms=3_000)), 4)
    s.press(2).until(30, 2, Interval.LEADING_WALK)
    assert (shown(s, 22), shown(s, 2), shown(s, 4)) == (Indication.WALK, Indication.RED, Indication.RED)
    assert "pedestrians first" in s.phase(2).reason


def test_a_vehicle_that_comes_while_the_walk_leads_is_no_call() -> None:
    s = at_rest_in(crossing(ped(lpi_ms=3_000)), 4)
    s.press(2).until(30, 2, Interval.LEADING_WALK)
    since = s.now
    s.occupy(2).wait(20)
    assert s.times(E.PHASE_CALL_REGISTERED, 2, since) == []


def test_without_a_press_nothing_leads() -> None:
    s = at_rest_in(crossing(ped(lpi_ms=3_000)), 4)
    since = s.now
    s.occupy(2).wait(20)
    assert s.times(E.PHASE_ON, 2, since) == s.times(E.PHASE_BEGIN_GREEN, 2, since)


def test_a_walk_leads_under_a_fixed_plan_too_and_the_cycle_keeps_its_length() -> None:
    site = crossing(ped(lpi_ms=3_000))
    entry = ScheduleEntry(frozenset(range(7)), 0, Run(RunKind.PLAN, PlanNumber(1)))
    s = Scenario(replace(site, schedule=(entry,)), local=MIDNIGHT).until_run().wait(300)
    walks, greens = s.times(E.PED_BEGIN_WALK, 2, 150_000), s.times(E.PHASE_BEGIN_GREEN, 2, 150_000)
    assert {walk + 3_000 for walk in walks[:-1]} <= set(greens)
    cycle = site.plans[PlanNumber(1)].cycle_ms
    assert {b - a for a, b in pairwise(walks)} == {cycle}


def test_a_walk_rests_until_somebody_opposes_and_then_clears_in_full() -> None:
    """NTCIP 1202 phaseOptions bit 13."""
    s = at_rest_in(crossing(ped(rest_in_walk=True)), 2)
    s.press(2).wait(60)
    assert (s.interval(2), s.ped(2)) == (Interval.REST, PedInterval.WALK)
    assert s.phase(2).reason == "resting in walk, nobody opposes it"
    since = s.now
    s.occupy(4).wait(20)
    assert s.lasted(E.PED_BEGIN_CLEARANCE, E.PED_BEGIN_DONT_WALK, 2, since) == 6_000
    assert s.times(E.PED_BEGIN_CLEARANCE, 2, since)[0] - since <= 100
    assert s.times(E.PHASE_BEGIN_GREEN, 4, since)


def test_with_a_recall_a_phase_that_rests_in_walk_always_rests_in_walk() -> None:
    s = at_rest_in(crossing(ped(rest_in_walk=True, recall=True)), 2)
    assert s.ped(2) is PedInterval.WALK


@pytest.mark.parametrize(("max_green_ms", "served"), [(30_000, True), (16_000, False)])
def test_a_later_press_is_served_in_an_opposed_green_only_if_walk_and_clearance_fit_its_maximum(
    max_green_ms: int, *, served: bool
) -> None:
    s = at_rest_in(crossing(ped(recycle=True), max_green_ms=max_green_ms, passage_ms=5_000), 4)
    s.occupy(2, 4).press(2).until(30, 2, Interval.MIN_GREEN)
    s.until(20, 2, Interval.EXTENSION).wait(2)
    since = s.now
    s.press(2).wait(30)
    green_ends = s.times(E.PHASE_GREEN_TERMINATION, 2, since)[0]
    assert bool([t for t in s.times(E.PED_BEGIN_WALK, 2, since) if t < green_ends]) == served
    began = s.times(E.PHASE_CHECK, 2)[-1]
    assert green_ends - began <= max_green_ms


def test_without_recycle_a_later_press_waits_for_the_next_green_once_somebody_opposes() -> None:
    s = at_rest_in(crossing(ped(), max_green_ms=40_000, passage_ms=5_000), 4)
    s.occupy(2, 4).press(2).until(30, 2, Interval.MIN_GREEN).until(20, 2, Interval.EXTENSION).wait(2)
    since = s.now
    s.press(2).wait(20)
    assert s.times(E.PED_BEGIN_WALK, 2, since) == []


def test_a_pedestrian_recall_does_not_walk_again_before_a_conflicting_phase_was_served() -> None:
    s = at_rest_in(crossing(ped(recycle=True, recall=True), max_green_ms=60_000, passage_ms=5_000), 4)
    s.until(60, 2, Interval.MIN_GREEN).occupy(2, 4).wait(40)
    assert s.interval(2) is Interval.EXTENSION
    assert len(s.times(E.PED_BEGIN_WALK, 2, s.times(E.PHASE_ON, 2)[-1])) == 1


def scramble() -> Site:
    """Phases 2 and 4, and phase 9 with three crosswalks and no vehicles."""
    all_ways = Phase(PhaseNumber(9), "", 4_000, 0, 20_000, 3_000, 1_000, ped=ped())
    built = builders.site(builders.rings("2 9 4"), [builders.phase(2), builders.phase(4), all_ways])
    channels = {n: c for n, c in built.channels.items() if n != 9}
    head = built.channels[max(built.channels)]
    assert head.kind is ChannelKind.PEDESTRIAN
    for k in (40, 41):
        channels[type(head.number)(k)] = replace(head, number=type(head.number)(k), wires=(300 + 2 * k, 301 + 2 * k))
    card = builders.card_for(built.sequence, list(channels.values()), built.phases)
    return replace(built, channels=channels, card=card)


def test_all_crossings_walk_at_once_in_a_phase_without_vehicles_and_everybody_else_sees_red() -> None:
    """Exclusive pedestrian phase (scramble, Barnes dance)."""
    s = Scenario(scramble()).drain()
    s.press(9).until(40, 9, Interval.MIN_GREEN)
    assert {shown(s, c) for c in (29, 40, 41)} == {Indication.WALK}
    assert {shown(s, c) for c in (2, 4)} == {Indication.RED}


def test_an_exclusive_phase_comes_for_a_press_and_for_nothing_else() -> None:
    s = Scenario(scramble()).drain()
    since = s.now
    s.occupy(2, 4).wait(120)
    assert s.times(E.PHASE_ON, 9, since) == []


def european(**changes: object) -> Site:
    """Two stages with red and amber, blinking greens and a steady clearance."""
    heads = {"red_yellow_ms": 1_000, "green_blink_ms": 4_000, "min_red_ms": 1_000} | changes
    walking = builders.phase(2, ped=ped(steady_clearance=True), **heads)
    side = builders.phase(4, **heads)
    return builders.site(builders.rings("2 4"), [walking, side], intergreen={(2, 4): 6_000, (4, 2): 7_000})


def test_an_intergreen_runs_from_the_end_of_green_to_the_green_behind_red_and_amber() -> None:
    """RiLSA 2015: Zwischenzeit."""
    s = at_rest_in(european(), 2)
    since = s.now
    s.occupy(4).wait(40)
    assert s.times(E.PHASE_BEGIN_GREEN, 4, since)[0] - s.times(E.PHASE_GREEN_TERMINATION, 2, since)[0] == 6_000


def test_red_and_amber_stands_for_its_time_and_beside_nobody_who_moves() -> None:
    s = at_rest_in(european(), 2)
    s.occupy(4).until(40, 4, Interval.RED_YELLOW)
    since = s.now
    assert (shown(s, 4), shown(s, 2), shown(s, 22)) == (Indication.RED_YELLOW, Indication.RED, Indication.DONT_WALK)
    s.until(5, 4, Interval.MIN_GREEN)
    assert s.now - since == 1_000


def test_a_green_blinks_after_it_has_ended_and_before_its_yellow() -> None:
    s = at_rest_in(european(), 2)
    since = s.now
    s.occupy(4).until(40, 2, Interval.GREEN_BLINK)
    assert shown(s, 2) is Indication.FLASH_GREEN
    s.wait(10)
    reason, ended = s.times(E.PHASE_GAP_OUT, 2, since)[0], s.times(E.PHASE_GREEN_TERMINATION, 2, since)[0]
    assert ended - reason == 4_000


def test_a_steady_clearance_is_timed_and_nothing_but_dont_walk_is_seen_of_it() -> None:
    s = at_rest_in(european(), 4)
    s.press(2).until(40, 2, Interval.MIN_GREEN).wait(6)
    assert (s.ped(2), shown(s, 22)) == (PedInterval.PED_CLEARANCE, Indication.DONT_WALK)
    assert s.interval(2) is Interval.MIN_GREEN


def test_a_walk_that_does_not_lead_begins_with_the_green_behind_red_and_amber() -> None:
    s = at_rest_in(european(), 4)
    since = s.now
    s.press(2).wait(30)
    assert s.times(E.PED_BEGIN_WALK, 2, since) == s.times(E.PHASE_BEGIN_GREEN, 2, since)


def test_a_site_with_everything_european_runs_a_day_of_presses_and_vehicles_without_a_trip() -> None:
    site = builders.recalled(european(), Recall.MIN, 4)
    s = Scenario(site).until_run()
    for _ in range(6):
        s.press(2).wait(25)
    assert len(s.times(E.PED_BEGIN_WALK, 2)) > 3


def long_press() -> Site:
    """Phase 2 with longer times after 2 s on its button."""
    site = crossing(ped(walk_extended_ms=9_000, clearance_extended_ms=12_000))
    buttons = {n: replace(b, long_press_ms=2_000) for n, b in site.buttons.items()}
    return replace(site, buttons=buttons)


def hold(s: Scenario, button: int, seconds: float) -> Scenario:
    s.pressed.add(button)
    s.wait(seconds)
    s.pressed.discard(button)
    return s


@pytest.mark.parametrize(("held_s", "walk_ms", "clearance_ms"), [(1.9, 5_000, 6_000), (2.2, 9_000, 12_000)])
def test_a_long_press_makes_the_next_walk_and_clearance_the_longer_ones(
    held_s: float, walk_ms: int, clearance_ms: int
) -> None:
    s = at_rest_in(long_press(), 4)
    since = s.now
    hold(s, 2, held_s).wait(60)
    assert s.lasted(E.PED_BEGIN_WALK, E.PED_BEGIN_CLEARANCE, 2, since) == walk_ms
    assert s.lasted(E.PED_BEGIN_CLEARANCE, E.PED_BEGIN_DONT_WALK, 2, since) == clearance_ms
    held_long = [since + 2_100] if walk_ms > 5_000 else []
    assert s.times(E.EXTENDED_PED_CHANGE, 2, since) == held_long, "25: when it is asked for"


def test_a_long_press_lengthens_the_walk_that_it_has_begun() -> None:
    s = at_rest_in(long_press(), 2)
    since = s.now
    hold(s, 2, 3.0).wait(60)
    assert s.lasted(E.PED_BEGIN_WALK, E.PED_BEGIN_CLEARANCE, 2, since) == 9_000
    assert len(s.times(E.PED_BEGIN_WALK, 2, since)) == 1


def test_the_walk_after_a_longer_one_is_an_ordinary_one() -> None:
    s = at_rest_in(long_press(), 4)
    hold(s, 2, 2.2).wait(60)
    since = s.now
    s.press(2).wait(30)
    assert s.lasted(E.PED_BEGIN_WALK, E.PED_BEGIN_CLEARANCE, 2, since) == 5_000


def faulty_button(**limits: int) -> Scenario:
    site = crossing(ped())
    plain = DetectorLimits(max_presence_ms=0, no_activity_ms=0, erratic_per_min=0)
    buttons = {n: replace(b, limits=replace(plain, **limits)) for n, b in site.buttons.items()}  # type: ignore[arg-type]
    return Scenario(replace(site, buttons=buttons)).drain()


def test_a_push_button_that_chatters_is_out_of_service_until_a_clean_minute_and_five_more_have_passed() -> None:
    s = faulty_button(erratic_per_min=5)
    for _ in range(7):
        s.press(2).wait(1)
    s.wait(3)
    assert s.standing() == {FaultKind.BUTTON_CHATTERING}
    assert len(s.times(E.PED_DETECTOR_FAILED, 2)) == 1
    s.wait(500)
    assert s.standing() == set()
    assert len(s.times(E.PED_DETECTOR_RESTORED, 2)) == 1


def test_while_a_push_button_is_out_of_service_its_walk_is_recalled() -> None:
    s = faulty_button(no_activity_ms=600_000).wait(600)
    assert s.standing() == {FaultKind.BUTTON_SILENT}
    since = s.now
    for _ in range(3):
        s.occupy(4).wait(20).leave(4).wait(40)
    assert len(s.times(E.PED_BEGIN_WALK, 2, since)) >= 2


def test_a_dead_push_button_is_back_with_its_next_press() -> None:
    s = faulty_button(no_activity_ms=600_000).wait(600)
    s.press(2).wait(5)
    assert s.standing() == set()
