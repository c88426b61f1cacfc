"""Whoever asks from outside: wires, police panel, stop time, flash inputs (NEMA TS 2 3.5.5.5), operators."""

from dataclasses import replace

import pytest

from edge.model.commands import Command, CommandKind
from edge.model.control import Source, UnitControl
from edge.model.detectors import InputRef, InputSample
from edge.model.events import EventCode as E
from edge.model.events import FlashStatus
from edge.model.exchange import Inputs, Interval, Mode, PedInterval, ShellFault
from edge.model.external import Does, ExternalInput, WireName
from edge.model.faults import FaultKind
from edge.model.plans import FREE, LocalTime, Run, RunKind, ScheduleEntry
from edge.model.preempts import Preempt, PreemptKind
from edge.model.site import FlashRules, Options, Site
from edge.model.units import PhaseNumber, PlanNumber, PreemptNumber
from tests import builders
from tests.control.scenario import Scenario

NOON = LocalTime((2026, 3, 2), 0, 43_200_000, 1_772_452_800_000, synced=True)


def wire(does: Does, *phases: int, run: Run | None = None, invert: bool = False) -> ExternalInput:
    numbers = frozenset(PhaseNumber(p) for p in phases)
    return ExternalInput(1, InputRef("mock", does.value), does, numbers, run, invert=invert)


def with_inputs(site: Site, *inputs: ExternalInput, **changes: object) -> Scenario:
    s = Scenario(replace(site, inputs=inputs, **changes), local=NOON)  # type: ignore[arg-type]
    s.wires = {f"mock.{i.input.terminal}": i.invert for i in inputs}
    return s


def put(s: Scenario, does: Does, *, on: bool) -> Scenario:
    s.wires[f"mock.{does.value}"] = on
    return s


def order(s: Scenario, kind: CommandKind, *phases: int, **more: object) -> Scenario:
    numbers = tuple(PhaseNumber(p) for p in phases)
    s.commands = (*s.commands, Command(kind, "anna (uid 1000)", "crash", phases=numbers, **more))  # type: ignore[arg-type]
    return s


def test_the_screen_says_which_maximum_is_scheduled() -> None:
    site = replace(builders.two_phase(), schedule=(ScheduleEntry(frozenset(range(7)), 0, replace(FREE, maximum=3)),))
    assert in_control(with_inputs(site).until_run()) == ["schedule: free, maximum 3"]


def test_the_screen_names_the_wire_that_chooses_a_plan_or_forces_a_ring_off() -> None:
    chooses = wire(Does.RUN, run=Run(RunKind.PLAN, PlanNumber(1)))
    force = replace(wire(Does.FORCE_OFF, 2, 4), ring=0)
    s = with_inputs(builders.two_phase(), chooses, force).until_run()
    put(put(s, Does.RUN, on=True), Does.FORCE_OFF, on=True).step()
    told = [(part.what, part.who) for part in s.tick.controller.status(s.now).control]
    assert told == [("plan 1", "mock.run"), ("force-off 1", "mock.force-off")]


def in_control(s: Scenario) -> list[str]:
    return [f"{c.source.value}: {c.what}" for c in s.tick.controller.status(s.now).control]


# ── wires ──


def test_a_hold_keeps_a_green_for_as_long_as_it_is_on_and_is_logged() -> None:
    s = with_inputs(builders.two_phase(), wire(Does.HOLD, 2)).drain()
    s.occupy(2).wait(30).leave(2)
    put(s, Does.HOLD, on=True)
    s.occupy(4).wait(120)
    assert s.greens() == {2}
    put(s, Does.HOLD, on=False)
    s.until(1, 2, Interval.YELLOW_CHANGE)
    assert len(s.times(E.PHASE_HOLD_ON, 2)) == len(s.times(E.PHASE_HOLD_OFF, 2)) == 1


def test_a_hold_goes_before_the_force_off_of_a_plan() -> None:
    plan = Run(RunKind.PLAN, PlanNumber(1))
    s = with_inputs(builders.two_phase(), wire(Does.HOLD, 2), wire(Does.RUN, run=plan))
    put(s, Does.RUN, on=True).until_run().until(60, 2, Interval.EXTENSION)
    put(s, Does.HOLD, on=True).wait(200)
    assert s.greens() == {2}


@pytest.mark.untraced
def test_a_long_hold_is_no_fault_of_the_cycle() -> None:
    s = with_inputs(builders.two_phase(), wire(Does.HOLD, 2)).drain()
    put(s, Does.HOLD, on=True).occupy(2).until(60, 2, Interval.MIN_GREEN).occupy(4)
    for _ in range(20):
        s.wait(30)
        assert FaultKind.CYCLE_FAULT not in s.standing()
    put(s, Does.HOLD, on=False).leave(2).until(60, 4, Interval.MIN_GREEN)


@pytest.mark.untraced
def test_an_omitted_phase_is_not_served_and_the_others_are() -> None:
    s = with_inputs(builders.quad(), wire(Does.OMIT, 4), wire(Does.PED_OMIT, 8)).drain()
    put(put(s, Does.OMIT, on=True), Does.PED_OMIT, on=True)
    begun = s.now
    s.occupy(4, 3).press(8).wait(80)
    assert 4 not in s.order_of_greens(begun)
    assert {3, 8} <= set(s.order_of_greens(begun))
    assert s.times(E.PED_BEGIN_WALK, 8, begun) == []
    assert s.times(E.PHASE_OMIT_ON, 4)
    assert s.times(E.PED_OMIT_ON, 8)
    put(put(s, Does.OMIT, on=False), Does.PED_OMIT, on=False).wait(80)
    assert s.times(E.PED_BEGIN_WALK, 8, begun)
    assert 4 in s.order_of_greens(begun)
    assert s.times(E.PHASE_OMIT_OFF, 4)
    assert s.times(E.PED_OMIT_OFF, 8)


@pytest.mark.untraced
def test_a_force_off_ends_a_green_behind_its_minimum_and_its_walk() -> None:
    s = with_inputs(builders.quad(), wire(Does.FORCE_OFF, 1, 2, 3, 4)).drain()
    begun = s.now
    put(s, Does.FORCE_OFF, on=True).occupy(4).press(4).until(60, 4, Interval.MIN_GREEN)
    s.occupy(2).until(60, 4, Interval.YELLOW_CHANGE)
    ped = s.site.phases[PhaseNumber(4)].ped
    assert ped is not None
    assert s.lasted(E.PED_BEGIN_WALK, E.PED_BEGIN_DONT_WALK, 4, begun) == ped.total_ms
    assert s.times(E.PHASE_FORCE_OFF, 4, begun)


def test_a_call_by_wire_is_remembered_from_a_pulse_and_served_again_while_it_stays() -> None:
    s = with_inputs(builders.two_phase(), wire(Does.CALL, 4)).drain()
    s.occupy(2).until(60, 2, Interval.MIN_GREEN)
    put(s, Does.CALL, on=True).step()
    put(s, Does.CALL, on=False)
    assert s.times(E.PHASE_CALL_REGISTERED, 4)[-1] == s.now
    s.leave(2).until(60, 4, Interval.MIN_GREEN)
    s.occupy(2).until(60, 2, Interval.MIN_GREEN).leave(2)
    begun = s.now
    put(s, Does.CALL, on=True)
    for _ in range(3):
        s.until(60, 4, Interval.MIN_GREEN).pulse(2).until(60, 2, Interval.MIN_GREEN)
    assert s.order_of_greens(begun).count(4) == 3


@pytest.mark.untraced
def test_a_pedestrian_call_by_wire_walks_once_a_pulse() -> None:
    s = with_inputs(builders.quad(), wire(Does.PED_CALL, 4)).drain()
    begun = s.now
    put(s, Does.PED_CALL, on=True).step()
    put(s, Does.PED_CALL, on=False).wait(100)
    assert len(s.times(E.PED_BEGIN_WALK, 4, begun)) == 1


@pytest.mark.untraced
def test_call_to_non_actuated_serves_vehicles_and_pedestrians_in_every_cycle() -> None:
    s = with_inputs(builders.quad(), wire(Does.NON_ACTUATED, 4)).drain()
    put(s, Does.NON_ACTUATED, on=True)
    begun = s.now
    s.occupy(2).wait(250)
    assert s.order_of_greens(begun).count(4) >= 2
    assert len(s.times(E.PED_BEGIN_WALK, 4, begun)) == s.order_of_greens(begun).count(4)


def test_call_to_non_actuated_asks_for_no_walk_where_a_phase_has_none() -> None:
    s = with_inputs(builders.quad(), wire(Does.NON_ACTUATED, 1)).drain()
    assert s.site.phases[PhaseNumber(1)].ped is None
    put(s, Does.NON_ACTUATED, on=True).until(60, 1, Interval.MIN_GREEN)


@pytest.mark.untraced
def test_maximum_2_is_timed_while_the_wire_is_on() -> None:
    site = builders.two_phase()
    phases = {n: replace(p, max_green_2_ms=40_000) for n, p in site.phases.items()}
    s = with_inputs(site, wire(Does.MAX_2), phases=phases).drain()
    put(s, Does.MAX_2, on=True).occupy(2, 4).wait(200)
    begun = s.times(E.PHASE_BEGIN_GREEN, 4)[-2]
    assert s.times(E.PHASE_GREEN_TERMINATION, 4, begun)[0] - begun == 40_000
    assert in_control(s) == ["schedule: free", "input: maximum 2"]


def test_a_wire_chooses_the_plan_and_an_operator_goes_before_it() -> None:
    s = with_inputs(builders.two_phase(), wire(Does.RUN, run=Run(RunKind.PLAN, PlanNumber(1)))).until_run()
    assert in_control(s) == ["schedule: free"]
    put(s, Does.RUN, on=True).step()
    assert s.tick.controller.status(s.now).plan == 1
    assert in_control(s) == ["input: plan 1"]
    order(s, CommandKind.FREE, id=1, for_ms=60_000).step()
    assert s.tick.controller.status(s.now).plan is None
    assert in_control(s) == ["operator: free"]
    s.wait(60)
    assert in_control(s) == ["input: plan 1"]
    said = [p for _, c, p in s.log if c == E.UNIT_CONTROL_STATUS]
    assert said == [UnitControl.TIMEBASE, UnitControl.INTERCONNECT, UnitControl.MANUAL, UnitControl.INTERCONNECT]


@pytest.mark.parametrize("does", [Does.HOLD, Does.STOP_TIME, Does.MANUAL_CONTROL])
def test_a_wire_that_is_not_heard_asks_for_nothing(does: Does) -> None:
    s = with_inputs(
        builders.two_phase(),
        wire(does, 2),
    ).drain()
    s.occupy(2).until(60, 2, Interval.MIN_GREEN).leave(2)
    put(s, does, on=True).occupy(4).wait(30)
    assert s.greens() == {2}
    s.wires = {}
    s.until(5, 2, Interval.YELLOW_CHANGE)


def test_a_wire_whose_device_is_silent_or_bad_is_not_heard() -> None:
    site = replace(builders.two_phase(), inputs=(wire(Does.HOLD, 2),))
    s = Scenario(site)
    name = WireName("mock.hold")
    on = InputSample(occupied=True, count=0, taken_ms=2_000)
    for sample in (replace(on, taken_ms=0), replace(on, ok=False)):
        s = Scenario(site).wait(2)
        s.tick.advance(2_100, Inputs(wires={name: sample}))
        assert s.tick.controller.status(2_100).control[1:] == ()
    s.tick.advance(2_200, Inputs(wires={name: on}))
    assert s.tick.controller.status(2_200).control[1].what == "hold 2"


def test_an_inverted_wire_asks_while_it_is_off() -> None:
    s = with_inputs(builders.two_phase(), wire(Does.HOLD, 2, invert=True)).drain()
    assert in_control(s) == ["schedule: free"]
    put(s, Does.HOLD, on=False).step()
    assert in_control(s) == ["schedule: free", "input: hold 2"]


# ── police panel ──


def police(site: Site) -> Scenario:
    s = with_inputs(site, wire(Does.MANUAL_CONTROL), wire(Does.INTERVAL_ADVANCE))
    put(s, Does.MANUAL_CONTROL, on=True)
    return s.until_run()


def advance(s: Scenario) -> Scenario:
    put(s, Does.INTERVAL_ADVANCE, on=True).step()
    return put(s, Does.INTERVAL_ADVANCE, on=False).step()


@pytest.mark.untraced
def test_under_manual_control_every_green_stays_until_the_officer_advances() -> None:
    s = police(builders.quad())
    for expected in ({1, 5}, {2, 6}, {3, 7}, {4, 8}, {1, 5}):
        s.wait(60)
        assert s.greens() == expected
        advance(s).wait(40)
    assert in_control(s) == ["schedule: free", "police panel: steps through the sequence"]
    assert (UnitControl.LOCAL_MANUAL_CONTROL, 1) in {(p, 1) for _, c, p in s.log if c == E.UNIT_CONTROL_STATUS}
    assert [p for _, c, p in s.log if c == E.MANUAL_CONTROL] == [1]
    assert [p for _, c, p in s.log if c == E.INTERVAL_ADVANCE][:4] == [1, 0, 1, 0]


@pytest.mark.untraced
def test_every_stage_under_manual_control_has_its_walks() -> None:
    s = police(builders.quad())
    for _ in range(4):
        s.wait(60)
        advance(s)
    walked = {p for _, c, p in s.log if c == E.PED_BEGIN_WALK}
    assert walked == {2, 4, 6, 8}


def test_an_advance_in_the_minimum_is_remembered_and_shortens_nothing() -> None:
    s = police(builders.two_phase())
    s.until(60, 4, Interval.MIN_GREEN) if 4 in s.greens() else advance(s.wait(30)).until(60, 4, Interval.MIN_GREEN)
    advance(advance(s))
    s.until(60, 2, Interval.MIN_GREEN)
    assert s.lasted(E.PHASE_BEGIN_GREEN, E.PHASE_GREEN_TERMINATION, 4) >= s.site.phases[PhaseNumber(4)].min_green_ms
    s.wait(60)
    assert s.greens() == {2}


def test_an_advance_in_the_clearance_is_not_heard() -> None:
    s = police(builders.two_phase()).wait(30)
    advance(s).until(10, 2, Interval.YELLOW_CHANGE)
    advance(s)
    s.wait(60)
    assert s.greens() == {4}


def test_an_advance_without_manual_control_is_not_heard() -> None:
    s = with_inputs(builders.two_phase(), wire(Does.MANUAL_CONTROL), wire(Does.INTERVAL_ADVANCE)).drain()
    s.occupy(2).wait(20)
    advance(s).wait(5)
    assert s.greens() == {2}


@pytest.mark.untraced
def test_omits_stay_under_manual_control() -> None:
    site = replace(builders.quad(), inputs=())
    s = with_inputs(site, wire(Does.MANUAL_CONTROL), wire(Does.INTERVAL_ADVANCE), wire(Does.OMIT, 3, 7))
    put(put(s, Does.MANUAL_CONTROL, on=True), Does.OMIT, on=True).until_run().wait(60)
    for expected in ({1, 5}, {2, 6}, {4, 8}):
        assert s.greens() == expected
        advance(s).wait(60)


# ── stop time ──


@pytest.mark.untraced
@pytest.mark.parametrize("interval", [Interval.MIN_GREEN, Interval.YELLOW_CHANGE, Interval.RED_CLEARANCE])
def test_stop_time_makes_an_interval_longer_by_its_own_length(interval: Interval) -> None:
    plain, stopped = (with_inputs(builders.two_phase(), wire(Does.STOP_TIME)).drain() for _ in range(2))
    for s in (plain, stopped):
        s.occupy(2).until(60, 2, Interval.MIN_GREEN).occupy(4).leave(2)
        s.until(60, 2, interval).wait(0.5)
    put(stopped, Does.STOP_TIME, on=True).wait(20)
    assert stopped.interval(2) is interval
    assert in_control(stopped)[-1] == "stop time: all intervals stand"
    put(stopped, Does.STOP_TIME, on=False)
    plain.until(60, 4, Interval.MIN_GREEN)
    stopped.until(60, 4, Interval.MIN_GREEN)
    assert stopped.now - plain.now == 20_000
    assert [p for _, c, p in stopped.log if c == E.STOP_TIME] == [1, 0]


def test_red_and_amber_is_never_prolonged_time_stands_when_green_has_come() -> None:
    site = builders.two_phase()
    phases = {n: replace(p, red_yellow_ms=1_000) for n, p in site.phases.items()}
    channels = tuple(replace(c, min_red_yellow_ms=1_000, max_red_yellow_ms=1_500) for c in site.card.channels)
    site = replace(site, phases=phases, card=replace(site.card, channels=channels))
    s = with_inputs(site, wire(Does.STOP_TIME)).drain()
    red = 2 if s.greens() == {4} else 4
    s.occupy(red).until(60, red, Interval.RED_YELLOW)
    put(s, Does.STOP_TIME, on=True).wait(30)
    assert s.interval(red) is Interval.MIN_GREEN


@pytest.mark.untraced
def test_calls_are_taken_in_while_time_stands() -> None:
    s = with_inputs(builders.quad(), wire(Does.STOP_TIME)).drain()
    put(s, Does.STOP_TIME, on=True).step()
    s.occupy(4).press(4).wait(60)
    assert s.phase(4).vehicle_call
    assert s.phase(4).ped_call
    assert s.greens() == {2, 6}
    put(s, Does.STOP_TIME, on=False).until(60, 4, Interval.MIN_GREEN)


def test_stop_time_that_stays_on_is_a_fault_and_not_heard_until_it_has_been_off() -> None:
    options = Options(red_revert_ms=2_000, stop_time_max_ms=60_000)
    s = with_inputs(builders.two_phase(), wire(Does.STOP_TIME), options=options).drain()
    s.occupy(2).until(60, 2, Interval.MIN_GREEN).leave(2)
    put(s, Does.STOP_TIME, on=True).occupy(4).wait(59)
    assert FaultKind.STOP_TIME_LONG not in s.standing()
    s.wait(2)
    assert FaultKind.STOP_TIME_LONG in s.standing()
    s.until(30, 4, Interval.MIN_GREEN)
    put(s, Does.STOP_TIME, on=False).wait(1)
    assert FaultKind.STOP_TIME_LONG not in s.standing()
    put(s, Does.STOP_TIME, on=True).leave(4).occupy(2).wait(20)
    assert s.greens() == {4}


def test_an_order_to_flash_is_carried_out_while_time_stands() -> None:
    s = with_inputs(builders.two_phase(), wire(Does.STOP_TIME)).drain()
    put(s, Does.STOP_TIME, on=True).wait(5)
    s.order(CommandKind.STOP).wait(30)
    assert s.mode is Mode.FLASH


@pytest.mark.untraced
def test_a_train_does_not_wait_for_stop_time() -> None:
    train = Preempt(PreemptNumber(1), PreemptKind.RAIL, InputRef("mock", "train"), dwell=phases(2, 6))
    site = replace(builders.quad(), preempts={train.number: train})
    s = with_inputs(site, wire(Does.STOP_TIME))
    s.wires["mock.train"] = False
    s.drain().occupy(4).until(60, 4, Interval.MIN_GREEN)
    put(s, Does.STOP_TIME, on=True).wait(30)
    assert s.greens() >= {4}
    s.wires["mock.train"] = True
    s.until(40, 2, Interval.MIN_GREEN).wait(60)
    assert s.greens() == {2, 6}
    s.wires["mock.train"] = False
    s.wait(60)
    assert in_control(s)[-1] == "stop time: all intervals stand"


def test_a_train_goes_before_the_police_panel() -> None:
    train = Preempt(PreemptNumber(1), PreemptKind.RAIL, InputRef("mock", "train"), dwell=phases(4, 8))
    s = with_inputs(replace(builders.quad(), preempts={train.number: train}), wire(Does.MANUAL_CONTROL))
    s.wires["mock.train"] = False
    put(s, Does.MANUAL_CONTROL, on=True).until_run().wait(30)
    s.wires["mock.train"] = True
    s.until(60, 4, Interval.MIN_GREEN).wait(30)
    assert s.greens() == {4, 8}


# ── flash ──


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("does", "status"), [(Does.MMU_FLASH, FlashStatus.MMU), (Does.LOCAL_FLASH, FlashStatus.LOCAL_MANUAL)]
)
def test_the_cabinets_own_flash_is_followed_at_once_and_left_as_at_a_start(does: Does, status: FlashStatus) -> None:
    s = with_inputs(builders.quad(), wire(does)).drain()
    s.occupy(2, 4).wait(3)
    put(s, does, on=True).step()
    assert s.mode is Mode.FLASH
    assert [p for _, c, p in s.log if c == E.UNIT_FLASH_STATUS][-1] == status
    s.wait(60)
    s.wires = {}  # a wire that is lost stays as it was last heard
    s.wait(60)
    assert s.mode is Mode.FLASH
    assert in_control(s)[-1] == f"cabinet: {'MMU flash' if does is Does.MMU_FLASH else 'local flash'}"
    put(s, does, on=False).step()
    assert s.mode is Mode.EXIT_YELLOW
    s.until_run()
    assert [p for _, c, p in s.log if c == E.UNIT_FLASH_STATUS][-1] == FlashStatus.NOT_FLASH


@pytest.mark.untraced
def test_remote_flash_goes_through_clearance_and_is_automatic_flash() -> None:
    s = with_inputs(builders.quad(), wire(Does.REMOTE_FLASH)).drain()
    put(s, Does.REMOTE_FLASH, on=True).step()
    assert s.mode is Mode.CLEARING
    s.wait(40)
    assert s.mode is Mode.FLASH
    assert [p for _, c, p in s.log if c == E.UNIT_FLASH_STATUS][-1] == FlashStatus.AUTOMATIC
    put(s, Does.REMOTE_FLASH, on=False).until_run()


def phases(*numbers: int) -> tuple[PhaseNumber, ...]:
    return tuple(PhaseNumber(n) for n in numbers)


@pytest.mark.untraced
def test_entry_phases_are_served_last_before_an_asked_flash_and_exit_phases_first_after_it() -> None:
    rules = FlashRules(entry=phases(4, 8), exit_to=phases(3, 7))
    s = with_inputs(builders.quad(), flash=rules).drain()
    begun = s.now
    s.occupy(1).order(CommandKind.FLASH)
    while s.mode is not Mode.FLASH:
        s.step()
    assert set(s.order_of_greens(begun)) == {4, 8}
    for n in (4, 8):
        assert (
            s.lasted(E.PHASE_BEGIN_GREEN, E.PHASE_GREEN_TERMINATION, n, begun)
            >= s.site.phases[PhaseNumber(n)].min_green_ms
        )
    left = s.now
    s.leave(1).wait(20).order(CommandKind.RESUME).until_run()
    s.until(10, 3, Interval.MIN_GREEN)
    assert set(s.order_of_greens(left)[:2]) == {3, 7}


@pytest.mark.untraced
def test_after_a_fault_flash_is_left_as_at_a_start_even_where_exit_phases_are_named() -> None:
    s = with_inputs(builders.quad(), flash=FlashRules(exit_to=phases(3, 7))).drain()
    s.faults = (ShellFault(FaultKind.OUTPUT_UNVERIFIED, "cab"),)
    s.wait(3)
    left = s.now
    s.faults = ()
    s.wait(20).until_run().wait(2)
    assert set(s.order_of_greens(left)[:2]) == {1, 5}


@pytest.mark.untraced
def test_flash_is_reached_in_bounded_time_even_where_the_entry_phases_cannot_be_served() -> None:
    s = with_inputs(builders.quad(), wire(Does.STOP_TIME), flash=FlashRules(entry=phases(4, 8))).drain()
    put(s, Does.STOP_TIME, on=True).order(CommandKind.FLASH)
    s.wait(4 * s.site.longest_stop_ms / 1_000)
    assert s.mode is Mode.FLASH


@pytest.mark.untraced
def test_a_flash_that_is_called_off_in_time_is_no_flash() -> None:
    s = with_inputs(builders.quad(), flash=FlashRules(entry=phases(4, 8))).drain()
    s.order(CommandKind.FLASH).wait(2).order(CommandKind.RESUME).wait(120)
    assert s.mode is Mode.RUN
    assert s.greens() == {2, 6}


# ── operators ──


def test_an_operators_hold_ends_by_itself_and_the_screen_says_when() -> None:
    s = with_inputs(builders.two_phase()).drain()
    s.occupy(2).until(60, 2, Interval.MIN_GREEN).leave(2)
    order(s, CommandKind.HOLD, 2, id=7, for_ms=60_000).occupy(4).wait(50)
    assert s.greens() == {2}
    told = s.tick.controller.status(s.now).control[1]
    assert (told.source, told.what, told.who, told.why, told.id) == (
        Source.OPERATOR,
        "hold 2",
        "anna (uid 1000)",
        "crash",
        7,
    )
    assert told.left_ms == 10_100
    s.wait(11)
    assert s.decision is not None
    assert s.decision.overrides == ()
    s.until(10, 4, Interval.MIN_GREEN)


def test_an_override_is_cancelled_by_its_number() -> None:
    s = with_inputs(builders.two_phase()).drain()
    order(s, CommandKind.OMIT, 4, id=1, for_ms=600_000)
    order(s, CommandKind.MAXIMUM_2, id=2, for_ms=600_000).step()
    order(s, CommandKind.CANCEL, id=1).step()
    assert in_control(s) == ["schedule: free", "operator: maximum 2"]


def test_one_choice_of_the_pattern_replaces_the_other() -> None:
    s = with_inputs(builders.two_phase()).drain()
    order(s, CommandKind.PLAN, id=1, plan=PlanNumber(1), for_ms=600_000).step()
    order(s, CommandKind.FREE, id=2, for_ms=600_000).step()
    assert in_control(s) == ["operator: free"]
    order(s, CommandKind.HOLD, 2, id=3, for_ms=600_000).step()
    order(s, CommandKind.HOLD, 2, id=4, for_ms=600_000).step()
    assert [c.id for c in s.tick.controller.status(s.now).control] == [2, 4]


def test_what_this_site_does_not_have_is_left_out() -> None:
    s = with_inputs(builders.two_phase()).drain()
    order(s, CommandKind.PLAN, id=1, plan=PlanNumber(9), for_ms=600_000)
    order(s, CommandKind.HOLD, 9, id=2, for_ms=600_000)
    order(s, CommandKind.OMIT, 4, 9, id=3, for_ms=600_000)
    order(s, CommandKind.CALL, 9).step()
    assert in_control(s) == ["schedule: free", "operator: omit 4"]


@pytest.mark.untraced
def test_placed_calls_are_served_once() -> None:
    s = with_inputs(builders.quad()).drain()
    begun = s.now
    order(s, CommandKind.CALL, 3)
    order(s, CommandKind.PED_CALL, 8).wait(90)
    assert s.order_of_greens(begun).count(3) == 1
    assert len(s.times(E.PED_BEGIN_WALK, 8, begun)) == 1
    assert s.ped(8) is PedInterval.DONT_WALK


def test_an_operator_goes_before_a_scheduled_flash() -> None:
    flash = (ScheduleEntry(frozenset(range(7)), 0, Run(RunKind.FLASH)),)
    s = with_inputs(builders.two_phase(), schedule=flash).wait(60)
    assert s.mode is Mode.FLASH or s.mode is Mode.START_UP_FLASH
    order(s, CommandKind.FREE, id=1, for_ms=600_000).until_run()
    assert s.tick.controller.status(s.now).control[0].what == FREE.kind.value


def test_the_fall_back_plan_goes_before_operators_and_wires() -> None:
    s = with_inputs(builders.two_phase()).drain()
    order(s, CommandKind.FREE, id=1, for_ms=600_000)
    s.faults = (ShellFault(FaultKind.CYCLE_FAULT, "4"),)
    s.wait(1)
    assert in_control(s) == ["fall-back: plan 1", "operator: free"]
    assert [p for _, c, p in s.log if c == E.UNIT_CONTROL_STATUS][-1] == UnitControl.BACKUP_MODE


def test_without_a_trusted_clock_the_screen_says_why_it_runs_free() -> None:
    s = with_inputs(builders.two_phase()).drain()
    s.faults = (ShellFault(FaultKind.CLOCK_UNSYNCED, ""),)
    s.step()
    assert in_control(s) == ["schedule: free, because the clock is not synchronised"]
