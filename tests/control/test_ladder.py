"""The ladder, row by row: what a fault does, that it does no more, and how it is over."""

from dataclasses import replace

import pytest

from edge.control.faultbook import FaultBook
from edge.control.waits import longest_wait_ms
from edge.model.commands import CommandKind
from edge.model.detectors import Detector, DetectorLimits, InputSample, OnFault
from edge.model.events import EventCode as E
from edge.model.events import FlashStatus
from edge.model.exchange import Inputs, Interval, Mode, PedInterval, Rung, ShellFault
from edge.model.faults import FAULTS, Fault, FaultKind, Response
from edge.model.indications import Indication
from edge.model.phases import Recall
from edge.model.plans import FREE, FixedPlan, LocalTime, Run, RunKind, ScheduleEntry
from edge.model.site import Fallback, Site
from edge.model.units import ButtonNumber, DetectorNumber, PlanNumber
from edge.safety.rules import Latch, Rule
from edge.tick import Tick
from tests import builders
from tests.control.scenario import Scenario, number

pytestmark = pytest.mark.untraced

NOON = LocalTime((2026, 3, 2), 0, 43_200_000, 1_772_452_800_000, synced=True)
SHELL = [k for k in FaultKind if not k.value.startswith(("detector", "button")) and k is not FaultKind.MONITOR_TRIPPED]


def limits(site: Site, n: int, **changes: object) -> Site:
    d: Detector = site.detectors[DetectorNumber(n)]
    d = replace(d, **{k: v for k, v in changes.items() if k == "partner"})  # type: ignore[arg-type]
    own = {k: v for k, v in changes.items() if k != "partner"}
    d = replace(d, limits=replace(d.limits, **own))  # type: ignore[arg-type]
    return replace(site, detectors={**site.detectors, d.number: d})


def test_every_fault_has_exactly_one_row_and_a_sentence_a_technician_can_act_on() -> None:
    assert set(FAULTS) == set(FaultKind)
    for kind in FaultKind:
        sentence = Fault(kind, "7", 0).sentence
        assert sentence.endswith(".")
        assert "{" not in sentence
        assert len(sentence.split()) >= 8
    assert sorted(k.code for k in FaultKind) == list(range(1, len(FaultKind) + 1))
    assert Fault(FaultKind.STORAGE_FAILED, "x", 0, "ENOSPC").sentence.endswith("(ENOSPC)")


@pytest.mark.parametrize("kind", SHELL)
def test_each_row_has_its_response_and_returns_as_it_says(kind: FaultKind) -> None:
    row = FAULTS[kind]
    s = Scenario(builders.two_phase()).drain()
    s.faults = (ShellFault(kind, "x"),)
    s.step()
    assert kind in s.standing()
    expected = {Response.FIXED_PLAN: Rung.FIXED_PLAN, Response.FLASH: Rung.FLASH}.get(row.response, Rung.ACTUATED)
    assert s.decision is not None
    assert s.decision.rung is expected
    assert (s.mode is Mode.FLASH) == (row.response is Response.FLASH)
    s.faults = ()
    clean = 60_000 if row.response is Response.FIXED_PLAN else row.returns_after_ms or 0
    s.wait(clean / 1_000)
    assert kind in s.standing()
    s.step()
    assert kind not in s.standing()
    s.wait(20)
    assert s.mode is Mode.RUN


@pytest.mark.parametrize("kind", [k for k in SHELL if FAULTS[k].response is Response.FLASH])
def test_a_flash_fault_flashes_in_the_same_tick_and_the_way_back_is_a_whole_start_up(kind: FaultKind) -> None:
    s = Scenario(builders.quad()).drain()
    s.occupy(2, 4).wait(3)
    s.faults = (ShellFault(kind, "cab"),)
    s.step()
    assert s.decision is not None
    assert {i for c, i in s.decision.wanted.items() if c < 20} == {Indication.FLASH_RED}
    s.faults = ()
    modes: list[Mode] = []
    for _ in range(600):
        s.step()
        if not modes or modes[-1] is not s.mode:
            modes.append(s.mode)
    assert modes == [Mode.FLASH, Mode.EXIT_YELLOW, Mode.ALL_RED, Mode.RUN]


def test_a_detector_stuck_on_is_answered_by_a_max_recall_of_its_phase_and_not_by_the_intersection() -> None:
    s = Scenario(limits(builders.two_phase(), 4, max_presence_ms=60_000)).drain()
    s.occupy(4).wait(70)
    assert s.standing() == {FaultKind.DETECTOR_MAX_PRESENCE}
    assert s.decision is not None
    assert s.decision.rung is Rung.ACTUATED
    assert s.phase(4).recall is Recall.MAX
    assert s.times(E.DETECTOR_FAULT_SHORTED, 4)
    s.leave(4).wait(12)
    assert s.standing() == set()
    assert s.phase(4).recall is Recall.NONE
    assert s.times(E.DETECTOR_RESTORED, 4)


def test_a_silent_detector_is_found_by_day_and_not_by_night() -> None:
    site = limits(
        builders.two_phase(), 4, no_activity_ms=120_000, active_from_ms=6 * 3_600_000, active_to_ms=22 * 3_600_000
    )
    by_day, by_night = Scenario(site, local=NOON), Scenario(site, local=replace(NOON, day_ms=3_600_000))
    for s in (by_day, by_night):
        s.wait(130)
    assert FaultKind.DETECTOR_NO_ACTIVITY in by_day.standing()
    assert not by_night.standing()
    assert by_day.phase(4).recall is Recall.MAX
    by_day.occupy(4).wait(2)
    assert not by_day.standing()


def test_a_chattering_detector_is_found_by_its_count_and_healed_after_quiet_minutes() -> None:
    s = Scenario(limits(builders.two_phase(), 4, erratic_per_min=30, on_fault=OnFault.MIN_RECALL)).drain()
    for _ in range(40):
        s.pulse(4, 2).wait(1)
    assert s.standing() == {FaultKind.DETECTOR_ERRATIC}
    assert s.phase(4).recall is Recall.MIN
    s.wait(9 * 60)
    assert not s.standing()


def test_a_failed_detector_with_on_fault_none_recalls_nothing() -> None:
    s = Scenario(limits(builders.two_phase(), 4, on_fault=OnFault.NONE)).drain()
    s.silent = {4}
    s.wait(3)
    assert s.standing() == {FaultKind.DETECTOR_STALE}
    assert s.phase(4).recall is Recall.NONE


def test_a_failed_detector_that_calls_nobody_recalls_nobody() -> None:
    site = limits(builders.two_phase(), 4, max_presence_ms=60_000)
    counter = replace(site.detectors[DetectorNumber(4)], calls=False)
    s = Scenario(replace(site, detectors={**site.detectors, counter.number: counter})).occupy(4).wait(70)
    assert s.standing() == {FaultKind.DETECTOR_MAX_PRESENCE}
    assert s.phase(4).recall is Recall.NONE


def test_the_partner_stands_in_for_a_failed_detector() -> None:
    site = limits(builders.quad(), 4, partner=DetectorNumber(8))
    s = Scenario(site).drain()
    s.silent = {4}
    s.wait(3)
    assert s.standing() == {FaultKind.DETECTOR_STALE}
    assert s.phase(4).recall is Recall.NONE
    since = s.now
    s.occupy(8).wait(1)
    assert s.times(E.PHASE_CALL_REGISTERED, 4, since)
    s.silent = {4, 8}
    s.wait(3)
    assert s.phase(4).recall is Recall.MAX


def test_a_detector_that_fails_while_occupied_leaves_no_call_behind_when_it_heals() -> None:
    s = Scenario(limits(builders.two_phase(), 4, on_fault=OnFault.NONE)).drain()
    s.occupy(4).wait(5)
    s.silent = {4}
    s.wait(5)
    s.leave(4)
    s.silent = set()
    s.wait(200)
    since = s.now
    s.occupy(2).until(60, 2, Interval.MIN_GREEN).leave(2).wait(100)
    assert s.greens() == {2}
    assert not s.times(E.PHASE_CALL_REGISTERED, 4, since)


def test_too_many_failed_detectors_bring_the_fixed_plan_and_their_return_ends_it() -> None:
    site = replace(builders.quad(), fallback=Fallback(PlanNumber(1), 3, 200, 3_600_000, 60_000))
    s = Scenario(site).drain()
    s.silent = {1, 2}
    s.wait(5)
    assert s.decision is not None
    assert s.decision.rung is Rung.ACTUATED
    s.silent = {1, 2, 3}
    s.wait(5)
    assert s.decision.rung is Rung.FIXED_PLAN
    assert s.tick.controller.status(s.now).plan == 1
    s.wait(200)
    assert set(s.order_of_greens(s.now - 200_000)) == set(range(1, 9))
    assert s.times(E.PED_BEGIN_WALK, 2, s.now - 200_000)
    s.silent = set()
    s.wait(80)
    assert s.decision.rung is Rung.ACTUATED


def test_a_stuck_or_silent_button_recalls_its_walk() -> None:
    button = builders.quad().buttons[ButtonNumber(4)]
    site = builders.quad()
    stuck = replace(button, limits=DetectorLimits(30_000, 0, 0))
    site = replace(site, buttons={**site.buttons, button.number: stuck})
    s = Scenario(site).drain()
    s.pressed = {4}
    s.wait(45)
    assert s.standing() == {FaultKind.BUTTON_STUCK}
    assert s.times(E.PED_DETECTOR_FAILED, 4)
    since = s.now
    s.occupy(2, 4).wait(250)
    assert len(s.times(E.PED_BEGIN_WALK, 4, since)) >= 2
    s.pressed = set()
    s.wait(15)
    assert not s.standing()
    assert s.times(E.PED_DETECTOR_RESTORED, 4)


def test_a_call_that_is_never_served_is_a_cycle_fault() -> None:
    site = builders.two_phase()
    s = Scenario(site).drain()
    red = 2 if s.greens() == {4} else 4
    s.occupy(red).step()
    s.tick.controller._calls[number(red)].vehicle_since -= longest_wait_ms(site) + 1
    s.step()
    assert s.standing() == {FaultKind.CYCLE_FAULT}
    assert s.decision is not None
    assert s.decision.rung is Rung.FIXED_PLAN


def test_operator_flash_goes_through_clearance_and_resume_through_a_start_up() -> None:
    s = Scenario(builders.quad()).drain()
    s.press(2)
    since = s.now
    s.order(CommandKind.FLASH).step()
    assert s.mode is Mode.CLEARING
    assert s.ped(2) is PedInterval.WALK
    s.wait(40)
    assert s.mode is Mode.FLASH
    assert s.times(E.PED_BEGIN_DONT_WALK, 2, since)
    assert s.times(E.PHASE_FORCE_OFF, 2, since)
    assert s.times(E.UNIT_FLASH_STATUS, FlashStatus.LOCAL_MANUAL, since)
    s.order(CommandKind.RESUME).wait(1)
    assert s.mode is not Mode.RUN
    s.wait(20)
    assert s.mode is Mode.RUN


@pytest.mark.parametrize("seconds", [1, 7, 10])
def test_a_stop_during_the_start_up_stays_or_returns_to_flash(seconds: float) -> None:
    s = Scenario(builders.two_phase()).wait(seconds)
    s.order(CommandKind.STOP).step()
    assert s.mode in {Mode.FLASH, Mode.START_UP_FLASH}
    assert s.decision is not None
    assert s.decision.stopped
    s.wait(30)
    assert s.mode in {Mode.FLASH, Mode.START_UP_FLASH}


def test_flash_now_flashes_in_the_same_tick() -> None:
    s = Scenario(builders.quad()).drain()
    s.order(CommandKind.FLASH_NOW).step()
    assert s.mode is Mode.FLASH
    assert s.decision is not None
    assert s.decision.stopped


def test_the_schedule_chooses_free_plan_and_flash_and_says_so_in_the_log() -> None:
    every = frozenset(range(7))
    entries = tuple(
        ScheduleEntry(every, NOON.day_ms + at, run)
        for at, run in ((0, FREE), (100_000, Run(RunKind.PLAN, PlanNumber(1))), (300_000, Run(RunKind.FLASH)))
    )
    s = Scenario(replace(builders.two_phase(), schedule=entries), local=NOON)
    s.wait(350)
    patterns = [p for _, c, p in s.log if c == E.PATTERN_CHANGE]
    assert patterns == [255, 254, 1, 255]
    assert s.times(E.CYCLE_CHANGE)
    assert [c for _, c, _ in s.log if c == E.SPLIT_CHANGE_1 + 1]
    assert s.mode is Mode.FLASH
    assert s.times(E.UNIT_FLASH_STATUS, FlashStatus.AUTOMATIC)


def test_without_a_trusted_clock_the_schedule_is_not_followed() -> None:
    entries = (ScheduleEntry(frozenset(range(7)), 0, Run(RunKind.FLASH)),)
    s = Scenario(replace(builders.two_phase(), schedule=entries), local=NOON)
    s.faults = (ShellFault(FaultKind.CLOCK_UNSYNCED, "clock"),)
    s.wait(30)
    assert s.mode is Mode.RUN


def test_a_monitor_latch_holds_flash_until_a_reason_clears_it_and_the_start_up_follows() -> None:
    tick = Tick(builders.two_phase(), Latch(Rule.CONFLICT, (), "stored from before"))
    s = Scenario(builders.two_phase())
    s.tick = tick
    s.wait(60)
    assert s.standing() == {FaultKind.MONITOR_TRIPPED}
    assert s.mode is Mode.START_UP_FLASH
    assert tick.monitor.latch is not None
    s.order(CommandKind.CLEAR_LATCH).step()
    assert tick.monitor.latch is None
    s.wait(20)
    assert s.mode is Mode.RUN
    assert not s.standing()


def test_before_its_first_tick_a_tick_has_no_controller() -> None:
    with pytest.raises(RuntimeError):
        _ = Tick(builders.two_phase()).controller


def test_a_wait_that_a_long_plan_caused_is_no_cycle_fault_when_actuation_takes_over() -> None:
    rows = [builders.phase(n, min_green_ms=4_000, max_green_ms=8_000) for n in (2, 4)]
    every = frozenset(range(7))
    site = replace(
        builders.site(builders.rings("2 | 4"), rows),
        plans={PlanNumber(1): FixedPlan(PlanNumber(1), "", 240_000, 0, {number(2): 210_000, number(4): 30_000})},
        schedule=(
            ScheduleEntry(every, 0, Run(RunKind.PLAN, PlanNumber(1))),
            ScheduleEntry(every, 630_000, FREE),
        ),
    )
    s = Scenario(site, local=replace(NOON, day_ms=0)).wait(510)
    s.occupy(4).wait(119)
    assert (s.phase(4).waiting_ms or 0) > longest_wait_ms(site)
    s.wait(60)
    assert not s.times(E.ALARM_ON)
    assert s.interval(4) is not Interval.RED


def test_rings_that_join_one_after_the_other_are_no_cycle_fault() -> None:
    long, short = {"min_green_ms": 2_000, "max_green_ms": 60_000}, {"min_green_ms": 2_000, "max_green_ms": 2_000}
    rows = [builders.phase(n, locking=False, **(short if n in (2, 4, 6, 8) else long)) for n in range(1, 9)]
    site = builders.site(builders.rings("1 | 2", "3 | 4", "5 | 6", "7 | 8"), rows)
    s = Scenario(site).drain()
    s.occupy(2).until(60, 2, Interval.MIN_GREEN).leave(2).occupy(1).until(60, 1, Interval.MIN_GREEN).occupy(2)
    for late in (3, 5, 7):
        s.wait(59).occupy(late).until(2, late, Interval.MIN_GREEN)
    s.until(90, 2, Interval.MIN_GREEN)
    assert not s.times(E.ALARM_ON)


def test_a_loop_found_silent_by_day_stays_out_of_service_by_night_until_its_next_actuation() -> None:
    site = limits(builders.two_phase(), 4, no_activity_ms=120_000, active_to_ms=300_000)
    s = Scenario(site, local=replace(NOON, day_ms=0)).wait(400)
    assert s.standing() == {FaultKind.DETECTOR_NO_ACTIVITY}
    assert s.phase(4).recall is Recall.MAX
    s.occupy(4).wait(2)
    assert not s.standing()


def test_the_time_without_readings_is_not_counted_as_silence() -> None:
    s = Scenario(limits(builders.two_phase(), 4, no_activity_ms=120_000), local=NOON).wait(60)
    s.silent = {4}
    s.wait(90)
    s.silent = set()
    s.wait(60)
    assert not s.standing()


def test_the_time_without_readings_is_not_counted_as_presence_of_a_loop_nor_of_a_button() -> None:
    site = limits(builders.quad(), 4, max_presence_ms=60_000)
    button = replace(site.buttons[ButtonNumber(4)], limits=DetectorLimits(60_000, 0, 0))
    s = Scenario(replace(site, buttons={**site.buttons, button.number: button})).occupy(4)
    s.pressed = {4}
    s.wait(20)
    s.silent, s.no_button = {4}, {4}
    s.wait(90)
    s.silent, s.no_button = set(), set()
    s.wait(50)
    assert not s.standing()
    s.wait(20)
    assert s.standing() == {FaultKind.DETECTOR_MAX_PRESENCE, FaultKind.BUTTON_STUCK}


def test_what_a_counter_counted_while_it_was_not_heard_is_no_chatter() -> None:
    s = Scenario(limits(builders.two_phase(), 4, erratic_per_min=30)).wait(20)
    s.silent = {4}
    s.pulse(4, 100).wait(90)
    s.silent = set()
    s.wait(20)
    assert not s.standing()
    s.pulse(4, 100).wait(5)
    assert s.standing() == {FaultKind.DETECTOR_ERRATIC}


def test_a_detector_is_logged_as_restored_only_when_its_last_fault_is_over() -> None:
    s = Scenario(limits(builders.two_phase(), 4, no_activity_ms=120_000), local=NOON).wait(130)
    s.silent = {4}
    s.wait(10)
    assert s.standing() == {FaultKind.DETECTOR_STALE}
    assert s.times(E.DETECTOR_FAULT_OPEN, 4)
    assert s.times(E.DETECTOR_FAULT_WATCHDOG, 4)
    assert not s.times(E.DETECTOR_RESTORED, 4)
    s.silent = set()
    s.occupy(4).wait(15)
    assert len(s.times(E.DETECTOR_RESTORED, 4)) == 1


def test_a_button_with_two_faults_is_logged_as_failed_once_and_as_restored_once() -> None:
    book, button = FaultBook(60_000), "4"
    events = book.report(0, FaultKind.BUTTON_STUCK, button) + book.report(100, FaultKind.BUTTON_STALE, button)
    for now in range(200, 30_000, 100):
        events += book.report(now, FaultKind.BUTTON_STALE, button) if now < 5_000 else []
        events += book.sweep(now)
    assert [e.code for e in events] == [E.PED_DETECTOR_FAILED, E.PED_DETECTOR_RESTORED]


def test_a_flash_that_breaks_in_ends_every_interval_in_the_log() -> None:
    s = Scenario(builders.quad()).drain()
    s.occupy(1).until(60, 1, Interval.MIN_GREEN).leave(1).press(6)
    s.occupy(2).until(30, 1, Interval.YELLOW_CHANGE)
    assert s.ped(6) is PedInterval.WALK
    since = s.now
    s.faults = (ShellFault(FaultKind.OUTPUT_UNVERIFIED, "cab"),)
    s.step()
    cut = [(c, p) for t, c, p in s.log if t > since and p in (1, 6) and c < E.UNIT_FLASH_STATUS]
    assert cut == [(c, 1) for c in (9, 10, 11, 12)] + [(c, 6) for c in (23, 7, 10, 11, 12)]


def test_a_press_between_two_polls_is_logged_as_a_press() -> None:
    s = Scenario(builders.quad()).drain()
    for occupied in (False, True):
        count = 5 if occupied else 1
        held = {ButtonNumber(2): InputSample(occupied, count, s.now)}
        s.tick.advance(s.now + 100, Inputs(buttons=held))
        again = {ButtonNumber(2): InputSample(occupied, count + 1, s.now)}
        events = s.tick.advance(s.now + 200, Inputs(buttons=again)).decision.events
        s.now += 200
        codes = [e.code for e in events if e.code in (E.PED_DETECTOR_ON, E.PED_DETECTOR_OFF)]
        assert codes == (
            [E.PED_DETECTOR_OFF, E.PED_DETECTOR_ON] if occupied else [E.PED_DETECTOR_ON, E.PED_DETECTOR_OFF]
        )


def test_an_empty_book_asks_for_nothing() -> None:
    book = FaultBook(60_000)
    assert book.worst() is Response.LOG
    assert len(book) == 0
    assert not book.stands(FaultKind.STORAGE_FAILED)
    book.report(0, FaultKind.STORAGE_FAILED, "disk")
    assert book.stands(FaultKind.STORAGE_FAILED, "disk")
    assert not book.stands(FaultKind.STORAGE_FAILED, "other")


def test_a_start_held_in_flash_by_a_fault_is_logged_as_flash_by_a_fault() -> None:
    s = Scenario(builders.two_phase())
    s.faults = (ShellFault(FaultKind.OUTPUT_UNVERIFIED, "cab"),)
    s.wait(3)
    s.faults = ()
    s.wait(30)
    statuses = [p for _, c, p in s.log if c == E.UNIT_FLASH_STATUS]
    assert statuses == [FlashStatus.FAULT_MONITOR, FlashStatus.NOT_FLASH]


def test_the_fixed_plan_runs_from_the_tick_in_which_its_fault_is_seen() -> None:
    s = Scenario(builders.two_phase()).drain()
    s.faults = (ShellFault(FaultKind.TOO_MANY_DETECTORS_FAILED, "3 or more"),)
    s.step()
    assert s.tick.controller.status(s.now).plan == 1


def test_behind_a_dead_button_the_walk_comes_again_and_again_in_a_resting_green() -> None:
    site = builders.quad()
    s = Scenario(site).drain()
    assert s.greens() == {2, 6}
    s.no_button = {2}
    s.wait(3)
    since = s.now
    s.wait(120)
    assert s.standing() == {FaultKind.BUTTON_STALE}
    assert s.greens() == {2, 6}
    assert len(s.times(E.PED_BEGIN_WALK, 2, since)) >= 5
    s.occupy(4).until(60, 4, Interval.MIN_GREEN)


@pytest.mark.parametrize(("hour", "heard"), [(23, True), (3, True), (12, False)])
def test_the_hours_in_which_silence_counts_may_run_over_midnight(hour: int, *, heard: bool) -> None:
    night = {"active_from_ms": 22 * 3_600_000, "active_to_ms": 6 * 3_600_000}
    site = limits(builders.two_phase(), 4, no_activity_ms=120_000, **night)
    s = Scenario(site, local=replace(NOON, day_ms=hour * 3_600_000)).wait(130)
    assert (FaultKind.DETECTOR_NO_ACTIVITY in s.standing()) == heard
