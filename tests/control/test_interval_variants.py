"""The interval machine with a leading walk, red and amber, a green that blinks, a walk that rests, a long press."""

import pytest

from edge.control.interval_codes import GREEN, ON
from edge.control.intervals import LEAST_SHOWN_MS, PhaseMachine
from edge.model.events import Event
from edge.model.events import EventCode as E
from edge.model.exchange import Interval, PedInterval
from edge.model.phases import PedTiming, Phase, Termination
from edge.model.preempts import PedBounds
from tests import builders

READY = 10_000  # red revert is over


def timing(**changes: object) -> Phase:
    return builders.phase(2, **{"min_green_ms": 5_000, "yellow_ms": 3_000, "red_clear_ms": 1_000} | changes)


def ped(**changes: object) -> PedTiming:
    return PedTiming(walk_ms=7_000, clearance_ms=9_000, **changes)  # type: ignore[arg-type]


def codes(events: list[Event]) -> list[int]:
    return [int(e.code) for e in events]


def begun(phase: Phase, *, walk: bool = False, extended: bool = False) -> PhaseMachine:
    m = PhaseMachine(phase, 0)
    m.start(READY, 0, walk=walk, extended=extended)
    return m


def test_a_leading_walk_begins_while_the_vehicles_still_see_red_and_green_follows_after_the_lead() -> None:
    """MUTCD 11th ed. 4I.06: at least 3 s. The phase is on with its walk (code 0), green (1) comes later."""
    m = PhaseMachine(timing(ped=ped(lpi_ms=3_000)), 0)
    assert codes(m.start(READY, 0, walk=True)) == [E.PHASE_ON, E.PED_BEGIN_WALK]
    assert (m.interval, m.ped, m.is_on, m.is_green) == (Interval.LEADING_WALK, PedInterval.WALK, True, False)
    assert m.tick(READY + 2_999, opposed=True) == []
    assert codes(m.tick(READY + 3_000, opposed=True)) == [E.PHASE_BEGIN_GREEN]
    assert (m.green_began, m.is_green) == (READY + 3_000, True)


@pytest.mark.parametrize(
    ("walk_ms", "clearance_ms", "minimum_ms"), [(7_000, 9_000, 13_000), (4_000, 3_000, 5_000)], ids=["ped", "vehicle"]
)
def test_behind_a_leading_walk_the_minimum_counts_from_green_and_covers_the_walk_that_has_led(
    walk_ms: int, clearance_ms: int, minimum_ms: int
) -> None:
    m = begun(timing(ped=PedTiming(walk_ms, clearance_ms, lpi_ms=3_000)), walk=True)
    for t in sorted({3_000, walk_ms, 7_000, 3_000 + minimum_ms - 1}):
        m.tick(READY + t, opposed=True)
    assert m.interval is Interval.MIN_GREEN
    m.tick(READY + 3_000 + minimum_ms, opposed=True)
    assert m.may_end()


def test_without_a_walk_nothing_leads() -> None:
    assert begun(timing(ped=ped(lpi_ms=3_000))).interval is Interval.MIN_GREEN
    assert PhaseMachine(timing(ped=ped(lpi_ms=3_000), red_yellow_ms=1_000), 0).ready_ms(walk=False) == 1_000
    assert PhaseMachine(timing(ped=ped(lpi_ms=3_000), red_yellow_ms=1_000), 0).ready_ms(walk=True) == 0
    assert PhaseMachine(timing(ped=ped(), red_yellow_ms=1_000), 0).ready_ms(walk=True) == 1_000


def test_red_and_amber_stands_before_green_and_the_phase_is_on_with_its_green() -> None:
    """RiLSA 2015: 1 s."""
    m = PhaseMachine(timing(red_yellow_ms=1_000), 0)
    assert codes(m.start(READY, 0, walk=False)) == []
    assert (m.interval, m.is_on, m.is_green) == (Interval.RED_YELLOW, True, False)
    assert m.tick(READY + 999, opposed=True) == []
    assert codes(m.tick(READY + 1_000, opposed=True)) == [E.PHASE_ON, E.PHASE_BEGIN_GREEN]
    m.tick(READY + 5_999, opposed=True)
    assert not m.may_end()
    m.tick(READY + 6_000, opposed=True)
    assert m.may_end()


def test_a_walk_that_does_not_lead_waits_for_the_green_behind_red_and_amber() -> None:
    m = PhaseMachine(timing(red_yellow_ms=1_000, ped=ped()), 0)
    m.start(READY, 0, walk=True)
    assert m.ped is PedInterval.DONT_WALK
    assert codes(m.tick(READY + 1_000, opposed=True)) == [E.PHASE_ON, E.PHASE_BEGIN_GREEN, E.PED_BEGIN_WALK]
    assert not m.may_walk(READY + 1_000)


def test_red_and_amber_stands_at_the_end_of_a_lead_and_not_behind_it() -> None:
    m = begun(timing(red_yellow_ms=1_000, ped=ped(lpi_ms=3_000)), walk=True)
    assert m.tick(READY + 1_999, opposed=True) == []
    m.tick(READY + 2_000, opposed=True)
    assert m.interval is Interval.RED_YELLOW
    assert codes(m.tick(READY + 3_000, opposed=True)) == [E.PHASE_BEGIN_GREEN]


def test_a_green_that_blinks_has_ended_and_its_yellow_comes_after_the_blinking() -> None:
    """Austria: 4 s. Green termination (7) is logged with the yellow, and intergreens count from there."""
    m = begun(timing(green_blink_ms=4_000))
    m.tick(READY + 5_000, opposed=True)
    assert codes(m.end(READY + 6_000, Termination.MAX_OUT)) == [E.PHASE_MAX_OUT]
    assert (m.interval, m.is_green, m.may_end()) == (Interval.GREEN_BLINK, False, False)
    assert m.tick(READY + 9_999, opposed=False) == []
    assert codes(m.tick(READY + 10_000, opposed=False)) == [E.PHASE_GREEN_TERMINATION, E.PHASE_BEGIN_YELLOW]
    assert m.green_ended == READY + 10_000


def test_a_minimum_red_holds_a_phase_red_before_its_red_and_amber() -> None:
    m = PhaseMachine(timing(min_red_ms=4_000, red_yellow_ms=1_000), 0)
    assert not m.may_start(3_999, 2_000)
    assert m.may_start(4_000, 2_000)


def test_a_walk_that_rests_goes_on_while_nobody_opposes_and_then_clears_in_full() -> None:
    """NTCIP 1202 phaseOptions bit 13, actuated rest in walk."""
    m = begun(timing(ped=ped(rest_in_walk=True)), walk=True)
    for t in (7_000, 16_000, 60_000):
        assert E.PED_BEGIN_CLEARANCE not in codes(m.tick(READY + t, opposed=False))
    assert (m.interval, m.ped) == (Interval.REST, PedInterval.WALK)
    assert codes(m.tick(READY + 61_000, opposed=True)) == [E.PED_BEGIN_CLEARANCE]
    m.tick(READY + 69_999, opposed=True)
    assert not m.may_end()
    m.tick(READY + 70_000, opposed=True)
    assert m.may_end()


def test_a_walk_that_rests_is_no_shorter_when_somebody_opposes_from_the_start() -> None:
    m = begun(timing(ped=ped(rest_in_walk=True)), walk=True)
    assert m.tick(READY + 6_999, opposed=True) == []
    assert codes(m.tick(READY + 7_000, opposed=True)) == [E.PED_BEGIN_CLEARANCE]


LONG = {"walk_extended_ms": 12_000, "clearance_extended_ms": 14_000}


def test_after_a_long_press_walk_and_clearance_are_the_longer_ones() -> None:
    m = begun(timing(ped=ped(**LONG)), walk=True, extended=True)
    assert m.tick(READY + 11_999, opposed=True)[-1:] == m.tick(READY + 11_999, opposed=True)
    assert codes(m.tick(READY + 12_000, opposed=True)) == [E.PED_BEGIN_CLEARANCE]
    m.tick(READY + 25_999, opposed=True)
    assert not m.may_end()
    m.tick(READY + 26_000, opposed=True)
    assert m.may_end()


def test_the_walk_after_a_longer_one_is_an_ordinary_one() -> None:
    m = begun(timing(ped=ped(**LONG)), walk=True, extended=True)
    for t in (12_000, 26_000, 26_000 + LEAST_SHOWN_MS):
        m.tick(READY + t, opposed=False)
    m.walk(READY + 30_000)
    assert codes(m.tick(READY + 37_000, opposed=False)) == [E.PED_BEGIN_CLEARANCE]


def test_a_walk_in_a_running_green_may_be_a_longer_one() -> None:
    m = begun(timing(ped=ped(**LONG)))
    m.walk(READY + 2_000, extended=True)
    assert m.tick(READY + 13_999, opposed=False)[:0] == []
    assert m.ped is PedInterval.WALK
    m.tick(READY + 14_000, opposed=False)
    assert m.ped is PedInterval.PED_CLEARANCE


def test_a_long_press_lengthens_the_walk_that_is_shown_and_no_other() -> None:
    m = begun(timing(ped=ped(**LONG)), walk=True)
    m.tick(READY + 2_000, opposed=True)
    assert m.lengthen()
    m.tick(READY + 7_000, opposed=True)
    assert m.ped is PedInterval.WALK
    m.tick(READY + 12_000, opposed=True)
    assert not m.lengthen()


@pytest.mark.parametrize(
    ("phase", "walk", "at", "expected"),
    [
        (timing(ped=ped(lpi_ms=3_000)), True, 100, [E.PED_BEGIN_DONT_WALK, E.PHASE_INACTIVE]),
        (timing(red_yellow_ms=1_000), False, 100, []),
        (timing(red_yellow_ms=1_000, ped=ped(lpi_ms=3_000)), True, 2_500, [E.PED_BEGIN_DONT_WALK, E.PHASE_INACTIVE]),
    ],
    ids=["lead", "amber", "amber after lead"],
)
def test_flash_before_the_green_ends_what_has_been_logged_and_no_more(
    phase: Phase, at: int, expected: list[int], *, walk: bool
) -> None:
    m = begun(phase, walk=walk)
    m.tick(READY + at, opposed=True)
    assert codes(m.cut()) == expected


def test_flash_cuts_a_green_that_blinks_off_like_a_green() -> None:
    m = begun(timing(green_blink_ms=4_000))
    m.tick(READY + 5_000, opposed=True)
    m.end(READY + 5_000, Termination.GAP_OUT)
    assert codes(m.cut()) == [7, 10, 11, 12]


def test_a_phase_is_on_in_every_green_and_on_the_way_to_it() -> None:
    assert {Interval.LEADING_WALK, Interval.RED_YELLOW} == ON - GREEN


def test_a_preempt_hurries_a_walk_that_rests_and_a_longer_one_to_its_bounds() -> None:
    m = begun(timing(ped=ped(rest_in_walk=True, **LONG)), walk=True, extended=True)
    m.tick(READY + 5_000, opposed=False)
    m.hurry(PedBounds(4_000, 6_000))
    assert codes(m.tick(READY + 5_100, opposed=False)) == [E.PED_BEGIN_CLEARANCE, 3]
    m.tick(READY + 11_000, opposed=True)
    assert not m.may_end()
    m.tick(READY + 11_100, opposed=True)
    assert m.may_end()


def test_an_added_initial_lengthens_the_green_behind_a_lead_and_is_logged_at_its_end() -> None:
    m = PhaseMachine(timing(ped=ped(lpi_ms=3_000)), 0)
    m.start(READY, 0, walk=True, initial_ms=20_000)
    for t in (3_000, 7_000, 16_000, 22_999):
        m.tick(READY + t, opposed=True)
    assert m.interval is Interval.MIN_GREEN
    assert codes(m.tick(READY + 23_000, opposed=True)) == [E.PHASE_MIN_COMPLETE, E.ADDED_INITIAL_COMPLETE]


def test_a_preempt_hurries_nothing_where_nobody_walks() -> None:
    m = begun(timing(ped=ped()))
    m.hurry(PedBounds(0, 0))
    assert (m.hurried, m.minimum_ms) == (None, 5_000)


def test_a_new_phase_is_red_from_now_on_walks_nowhere_and_owes_nobody_anything() -> None:
    machine = PhaseMachine(builders.phase(2), 5_000)
    state = {name: getattr(machine, name) for name in PhaseMachine.__slots__ if name not in {"timing", "number"}}
    instants = {"since", "red_since", "green_began", "green_ended", "ped_since"}
    assert {state.pop(name) for name in instants} == {5_000}
    assert state.pop("interval") is Interval.RED
    assert state.pop("ped") is PedInterval.DONT_WALK
    assert state.pop("hurried") is None
    assert (state.pop("minimum_ms"), state.pop("_vehicle_minimum_ms")) == (0, 0)
    assert set(state) == {"_added", "_extended", "_led", "is_green", "is_on", "walk_waits"}
    assert not any(state.values())


def green_of(
    timing: Phase, initial_ms: int = 0, *, walk: bool = False
) -> tuple[PhaseMachine, list[tuple[int, E | int]]]:
    """A machine whose green began at 10 s, opposed from the start, and the codes of its first half minute."""
    machine = PhaseMachine(timing, 0)
    machine.start(10_000, 0, walk=walk, initial_ms=initial_ms)
    said = [(t - 10_000, e.code) for t in range(10_100, 40_000, 100) for e in machine.tick(t, opposed=True)]
    return machine, said


@pytest.mark.parametrize(("more", "added"), [(-100, False), (0, False), (100, True), (5_000, True)])
def test_an_added_initial_is_told_only_where_it_made_the_minimum_longer(more: int, added: bool) -> None:  # noqa: FBT001 - a column
    timing = builders.phase(2)
    _, said = green_of(timing, timing.min_green_ms + more)
    at = timing.min_green_ms + max(more, 0)
    assert said == [(at, E.PHASE_MIN_COMPLETE), *([(at, E.ADDED_INITIAL_COMPLETE)] if added else [])]


@pytest.mark.parametrize(("initial_ms", "least_ms"), [(0, 4_600), (4_600, 4_600), (7_000, 7_000)])
def test_a_hurried_green_keeps_the_minimum_of_its_vehicles(initial_ms: int, least_ms: int) -> None:
    timing = builders.phase(2, ped=PedTiming(walk_ms=9_000, clearance_ms=9_000))
    machine = PhaseMachine(timing, 0)
    machine.start(10_000, 0, walk=True, initial_ms=initial_ms)
    assert machine.minimum_ms == max(18_000, initial_ms)
    machine.hurry(PedBounds(0, 100))
    assert machine.minimum_ms == least_ms


def test_a_green_without_a_walk_leads_with_none_and_a_walk_is_as_long_as_stated_unless_pressed_long() -> None:
    ped = PedTiming(walk_ms=5_000, clearance_ms=6_000, walk_extended_ms=9_000, lpi_ms=3_000)
    timing = builders.phase(2, ped=ped)
    machine, _ = green_of(timing)
    assert machine.green_began == 10_000
    led, said = green_of(timing, walk=True)
    assert led.green_began == 13_000
    assert (5_000, E.PED_BEGIN_CLEARANCE) in said


def test_a_press_during_its_clearance_takes_nothing_from_a_walk_that_was_pressed_long() -> None:
    ped = PedTiming(walk_ms=5_000, clearance_ms=6_000, walk_extended_ms=7_000, clearance_extended_ms=9_000)
    machine = PhaseMachine(builders.phase(2, ped=ped), 0)
    machine.start(10_000, 0, walk=True, extended=True)
    machine.tick(17_000, opposed=True)
    assert machine.ped is PedInterval.PED_CLEARANCE
    assert not machine.lengthen()
    machine.tick(25_900, opposed=True)
    assert machine.ped is PedInterval.PED_CLEARANCE
    machine.tick(26_000, opposed=True)
    assert machine.ped is PedInterval.DONT_WALK


def test_the_added_initial_is_told_once_however_the_green_goes_on() -> None:
    timing = builders.phase(2)
    machine = PhaseMachine(timing, 0)
    machine.start(10_000, 0, walk=False, initial_ms=9_000)
    said = [e.code for t in range(10_100, 40_000, 100) for e in machine.tick(t, opposed=t % 1_000 < 500)]
    assert said.count(E.ADDED_INITIAL_COMPLETE) == 1


def test_flash_that_cuts_a_led_green_ends_it_as_any_green() -> None:
    timing = builders.phase(2, ped=PedTiming(walk_ms=5_000, clearance_ms=6_000, lpi_ms=3_000))
    led, plain = PhaseMachine(timing, 0), PhaseMachine(timing, 0)
    led.start(10_000, 0, walk=True)
    plain.start(10_000, 0, walk=False)
    led.tick(13_000, opposed=True)
    walking, *rest = led.cut()
    assert walking.code is E.PED_BEGIN_DONT_WALK
    assert rest == plain.cut()
    assert Event(E.PHASE_GREEN_TERMINATION, 2) in rest


def walked(machine: PhaseMachine, began: int, **how: bool) -> list[tuple[int, E | int]]:
    """The pedestrian codes of half a minute, from the start of the green on."""
    codes = {E.PED_BEGIN_WALK, E.PED_BEGIN_CLEARANCE, E.PED_BEGIN_DONT_WALK}
    ticks = ((t, machine.tick(t, opposed=False, **how)) for t in range(began + 100, began + 30_000, 100))
    return [(t - began, e.code) for t, events in ticks for e in events if e.code in codes]


def test_a_walk_rests_where_it_is_asked_to_and_clears_in_its_ordinary_time_without_a_long_press() -> None:
    ped = PedTiming(walk_ms=5_000, clearance_ms=6_000, clearance_extended_ms=9_000)
    resting, clearing = PhaseMachine(builders.phase(2, ped=ped), 0), PhaseMachine(builders.phase(2, ped=ped), 0)
    for machine in (resting, clearing):
        machine.start(10_000, 0, walk=True)
        assert not machine.walk_waits
    assert walked(resting, 10_000, walk_rests=True) == []
    assert walked(clearing, 10_000) == [(5_000, E.PED_BEGIN_CLEARANCE), (11_000, E.PED_BEGIN_DONT_WALK)]


def test_a_hurried_walk_is_hurried_once() -> None:
    machine = PhaseMachine(builders.phase(2, ped=PedTiming(walk_ms=5_000, clearance_ms=6_000)), 0)
    machine.start(10_000, 0, walk=True)
    machine.hurry(PedBounds(1_000, 2_000))
    assert walked(machine, 10_000) == [(1_000, E.PED_BEGIN_CLEARANCE), (3_000, E.PED_BEGIN_DONT_WALK)]
    machine.walk(50_000)
    assert walked(machine, 50_000) == [(5_000, E.PED_BEGIN_CLEARANCE), (11_000, E.PED_BEGIN_DONT_WALK)]


def test_an_intergreen_counts_from_the_end_of_green_and_from_nothing_else() -> None:
    machine = PhaseMachine(builders.phase(2, red_yellow_ms=1_000), 0)
    machine.start(10_000, 0, walk=False)
    for t in range(10_100, 30_000, 100):
        machine.tick(t, opposed=t % 2_000 == 0)
    assert machine.green_ended == 0
    machine.tick(30_000, opposed=True)
    machine.end(30_000, Termination.GAP_OUT)
    machine.tick(36_000, opposed=True)
    machine.tick(42_000, opposed=True)
    assert (machine.interval, machine.green_ended) == (Interval.RED, 30_000)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Termination.GAP_OUT, E.PHASE_GAP_OUT),
        (Termination.MAX_OUT, E.PHASE_MAX_OUT),
        (Termination.FORCE_OFF, E.PHASE_FORCE_OFF),
        (Termination.PRIORITY, E.PRIORITY_FORCE_OFF),
        (Termination.PREEMPT, E.PREEMPT_FORCE_OFF),
    ],
)
def test_every_reason_to_end_has_its_code(reason: Termination, code: E) -> None:
    machine, _ = green_of(builders.phase(2))
    assert machine.end(40_000, reason)[0] == Event(code, 2)
