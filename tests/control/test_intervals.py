"""The interval machine of one phase, row by row and second by second."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.control.interval_codes import GREEN, Cue
from edge.control.intervals import LEAST_SHOWN_MS, PEDESTRIAN, VEHICLE, IntervalError, PhaseMachine
from edge.model.events import Event
from edge.model.events import EventCode as E
from edge.model.exchange import Interval, PedInterval
from edge.model.phases import PedTiming, Phase, Termination
from tests import builders

PED = PedTiming(walk_ms=7_000, clearance_ms=9_000)
PLAIN = builders.phase(2, min_green_ms=5_000, yellow_ms=4_000, red_clear_ms=1_500)
WALKING = builders.phase(2, min_green_ms=5_000, yellow_ms=4_000, red_clear_ms=1_500, ped=PED)
READY = 10_000  # red revert is over


def machine(timing: Phase = PLAIN) -> PhaseMachine:
    return PhaseMachine(timing, 0)


def codes(events: list[Event]) -> list[int]:
    return [int(e.code) for e in events]


def test_the_tables_are_closed_and_every_interval_can_be_left_and_reached() -> None:
    assert {a for a, _ in VEHICLE} == set(Interval) == set(VEHICLE.values())
    assert {a for a, _ in PEDESTRIAN} == set(PedInterval) == set(PEDESTRIAN.values())


def test_there_is_one_way_to_yellow_and_it_lies_behind_the_minimum_green() -> None:
    into_yellow = [(a, cue) for (a, cue), b in VEHICLE.items() if b is Interval.YELLOW_CHANGE]
    assert into_yellow == [(Interval.EXTENSION, Cue.END), (Interval.GREEN_BLINK, Cue.BLINK_TIMED)]
    assert [a for (a, _), b in VEHICLE.items() if b is Interval.GREEN_BLINK] == [Interval.EXTENSION]
    into_extension = {a for (a, _), b in VEHICLE.items() if b is Interval.EXTENSION}
    assert into_extension == {Interval.MIN_GREEN, Interval.REST}


def test_a_whole_green_runs_by_the_sheet() -> None:
    m = machine()
    assert codes(m.start(READY, 2_000, walk=False)) == [E.PHASE_ON, E.PHASE_BEGIN_GREEN]
    assert m.tick(READY + 4_999, opposed=True) == []
    assert codes(m.tick(READY + 5_000, opposed=True)) == [E.PHASE_MIN_COMPLETE]
    assert codes(m.end(READY + 6_000, Termination.GAP_OUT)) == [4, 7, 8]
    assert m.tick(READY + 9_999, opposed=True) == []
    assert codes(m.tick(READY + 10_000, opposed=True)) == [9, 10]
    assert m.tick(READY + 11_499, opposed=True) == []
    assert codes(m.tick(READY + 11_500, opposed=True)) == [11, 12]
    assert m.interval is Interval.RED


@pytest.mark.parametrize(
    ("reason", "code"), [(Termination.GAP_OUT, 4), (Termination.MAX_OUT, 5), (Termination.FORCE_OFF, 6)]
)
def test_the_reason_of_an_end_is_logged_with_its_code(reason: Termination, code: int) -> None:
    m = machine()
    m.start(READY, 0, walk=False)
    m.tick(READY + 5_000, opposed=True)
    assert codes(m.end(READY + 5_000, reason))[0] == code


def test_a_red_clearance_of_nought_still_logs_its_begin_and_end_in_one_tick() -> None:
    m = machine(builders.phase(2, red_clear_ms=0, yellow_ms=3_000, min_green_ms=1_000))
    m.start(READY, 0, walk=False)
    m.tick(READY + 1_000, opposed=True)
    m.end(READY + 1_000, Termination.GAP_OUT)
    assert codes(m.tick(READY + 4_000, opposed=True)) == [9, 10, 11, 12]


def test_a_late_tick_lengthens_yellow_and_never_shortens_the_clearance_behind_it() -> None:
    m = machine()
    m.start(READY, 0, walk=False)
    m.tick(READY + 5_000, opposed=True)
    m.end(READY + 5_000, Termination.MAX_OUT)
    m.tick(READY + 20_000, opposed=True)
    assert m.interval is Interval.RED_CLEARANCE
    m.tick(READY + 21_400, opposed=True)
    assert m.interval is Interval.RED_CLEARANCE
    m.tick(READY + 21_500, opposed=True)
    assert m.interval is Interval.RED


def test_walk_from_the_start_makes_the_minimum_as_long_as_walk_and_clearance() -> None:
    m = machine(WALKING)
    assert codes(m.start(READY, 0, walk=True)) == [0, 1, 21]
    assert codes(m.tick(READY + 7_000, opposed=True)) == [22]
    assert not m.may_end()
    assert codes(m.tick(READY + 16_000, opposed=True)) == [23, 3]
    assert m.may_end()


def test_a_walk_in_a_running_green_keeps_the_green_until_its_clearance_is_over() -> None:
    m = machine(WALKING)
    m.start(READY, 0, walk=False)
    m.tick(READY + 5_000, opposed=False)
    m.walk(READY + 6_000)
    for t in range(READY + 6_100, READY + 22_000, 100):
        m.tick(t, opposed=True)
        with pytest.raises(IntervalError):
            m.end(t, Termination.FORCE_OFF)
    m.tick(READY + 22_000, opposed=True)
    m.end(READY + 22_000, Termination.FORCE_OFF)
    assert m.interval is Interval.YELLOW_CHANGE


def test_red_revert_keeps_a_phase_red_even_if_the_site_sets_it_to_nought() -> None:
    m = machine(builders.phase(2, min_green_ms=1_000, yellow_ms=3_000, red_clear_ms=0))
    m.start(READY, 0, walk=False)
    m.tick(READY + 1_000, opposed=True)
    m.end(READY + 1_000, Termination.GAP_OUT)
    m.tick(READY + 4_000, opposed=True)
    assert not m.may_start(READY + 4_000 + LEAST_SHOWN_MS - 1, 0)
    assert m.may_start(READY + 4_000 + LEAST_SHOWN_MS, 0)
    assert not m.may_start(READY + 4_000 + 2_999, 3_000)
    assert m.may_start(READY + 4_000 + 3_000, 3_000)


def test_a_second_walk_waits_until_steady_dont_walk_has_been_seen() -> None:
    m = machine(WALKING)
    m.start(READY, 0, walk=True)
    for t in (7_000, 16_000):
        m.tick(READY + t, opposed=False)
    assert not m.may_walk(READY + 16_000 + LEAST_SHOWN_MS - 1)
    assert m.may_walk(READY + 16_000 + LEAST_SHOWN_MS)


def test_what_may_not_be_is_refused_and_changes_nothing() -> None:
    m = machine()
    asked: tuple[Callable[[], object], ...] = (
        lambda: m.end(READY, Termination.GAP_OUT),
        lambda: m.walk(READY),
        lambda: m.start(READY, 20_000, walk=False),
        lambda: m.start(READY, 0, walk=True),
    )
    for refused in asked:
        with pytest.raises(IntervalError):
            refused()
        assert (m.interval, m.ped, m.since) == (Interval.RED, PedInterval.DONT_WALK, 0)
    m.start(READY, 0, walk=False)
    with pytest.raises(IntervalError):
        m.start(READY + 1, 0, walk=False)
    with pytest.raises(IntervalError):
        m.end(READY + 4_999, Termination.FORCE_OFF)


def test_a_pedestrian_interval_without_a_pedestrian_movement_is_our_own_fault_and_raises() -> None:
    m = machine()
    m.ped = PedInterval.WALK
    with pytest.raises(IntervalError):
        m.tick(READY, opposed=False)


def test_rest_is_left_as_soon_as_somebody_opposes() -> None:
    m = machine()
    m.start(READY, 0, walk=False)
    m.tick(READY + 5_000, opposed=False)
    assert m.interval is Interval.REST
    assert not m.may_end()
    m.tick(READY + 5_100, opposed=True)
    assert m.may_end()


GREEN_CUT = [E.PHASE_GREEN_TERMINATION, E.PHASE_BEGIN_RED_CLEARANCE, E.PHASE_END_RED_CLEARANCE, E.PHASE_INACTIVE]


def test_flash_cuts_an_interval_off_with_the_codes_that_end_it() -> None:
    m = machine(WALKING)
    assert m.cut() == []
    m.start(READY, 0, walk=True)
    assert codes(m.cut()) == [E.PED_BEGIN_DONT_WALK, *GREEN_CUT]
    for t in (7_000, 16_000):
        m.tick(READY + t, opposed=True)
    assert codes(m.cut()) == GREEN_CUT
    m.end(READY + 16_000, Termination.GAP_OUT)
    assert codes(m.cut()) == [E.PHASE_END_YELLOW, E.PHASE_BEGIN_RED_CLEARANCE, *GREEN_CUT[2:]]
    m.tick(READY + 20_000, opposed=True)
    assert codes(m.cut()) == GREEN_CUT[2:]
    m.tick(READY + 21_500, opposed=True)
    assert m.cut() == []


def test_the_end_of_green_is_known_to_the_millisecond_for_intergreens() -> None:
    m = machine()
    assert m.green_ended == 0
    assert m.minimum_ms == 0
    m.start(READY, 0, walk=False)
    m.tick(READY + 5_000, opposed=True)
    m.end(READY + 5_432, Termination.GAP_OUT)
    m.tick(READY + 9_432, opposed=True)
    assert m.green_ended == READY + 5_432


def test_a_green_without_a_walk_keeps_the_short_minimum_of_a_phase_with_pedestrians() -> None:
    m = machine(WALKING)
    m.start(READY, 0, walk=False)
    m.tick(READY + 5_000, opposed=True)
    assert m.may_end()
    assert m.ped is PedInterval.DONT_WALK


def test_red_revert_is_timed_from_the_end_of_yellow_through_the_red_clearance() -> None:
    m = machine()
    m.start(READY, 0, walk=False)
    m.tick(READY + 5_000, opposed=True)
    m.end(READY + 5_000, Termination.GAP_OUT)
    for t in (9_000, 10_500):
        m.tick(READY + t, opposed=True)
    assert m.interval is Interval.RED
    assert not m.may_start(READY + 9_000 + 2_999, 3_000)
    assert m.may_start(READY + 9_000 + 3_000, 3_000)


def test_a_walk_longer_than_its_clearance_is_not_cut_to_the_clearance() -> None:
    m = machine(builders.phase(2, min_green_ms=5_000, ped=PedTiming(walk_ms=9_000, clearance_ms=4_000)))
    m.start(READY, 0, walk=True)
    assert m.tick(READY + 8_999, opposed=True) == []
    assert codes(m.tick(READY + 9_000, opposed=True)) == [E.PED_BEGIN_CLEARANCE]
    assert codes(m.tick(READY + 13_000, opposed=True)) == [E.PED_BEGIN_DONT_WALK, E.PHASE_MIN_COMPLETE]


def test_what_is_least_shown_is_a_second() -> None:
    assert LEAST_SHOWN_MS == 1_000


def test_a_refusal_says_which_phase_and_in_which_interval() -> None:
    m, walking = machine(), machine(WALKING)
    refusals: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: m.start(READY, 20_000, walk=False), "phase 2: start asked in RED"),
        (lambda: m.start(READY, 0, walk=True), "phase 2: walk asked, but it has no pedestrian movement"),
        (lambda: walking.walk(READY), "phase 2: walk asked in RED, DONT_WALK"),
        (lambda: m.end(READY, Termination.GAP_OUT), "phase 2: end asked in RED, DONT_WALK"),
    )
    for refused, sentence in refusals:
        with pytest.raises(IntervalError) as raised:
            refused()
        assert str(raised.value) == sentence
    m.ped = PedInterval.WALK
    with pytest.raises(IntervalError, match=r"^phase 2: WALK without a pedestrian movement$"):
        m.tick(READY, opposed=False)


ASKS = st.lists(
    st.tuples(st.integers(1, 6_000), st.sampled_from(["start", "walk", "end", "opposed", "free"])), max_size=60
)


@given(asks=ASKS, ped=st.booleans())
def test_whatever_is_asked_whenever_no_interval_is_ever_short(*, asks: list[tuple[int, str]], ped: bool) -> None:
    """Every interval that ends has lasted its time, measured from outside by what the machine shows."""
    timing = WALKING if ped else PLAIN
    m, now = machine(timing), READY
    shown: list[tuple[object, int]] = [(_vehicle(m), now)]
    peds: list[tuple[PedInterval, int]] = [(m.ped, now)]
    for gap, ask in asks:
        now += gap
        _ask(m, now, ask)
        if _vehicle(m) != shown[-1][0]:
            shown.append((_vehicle(m), now))
        if m.ped != peds[-1][0]:
            peds.append((m.ped, now))
    least = {"green": timing.min_green_ms, "yellow": 4_000, "red": 1_500}
    for (was, since), (_, until) in itertools.pairwise(shown[1:]):
        assert until - since >= least[str(was)]
    walks = {PedInterval.WALK: 7_000, PedInterval.PED_CLEARANCE: 9_000, PedInterval.DONT_WALK: 0}
    for (walk, since), (_, until) in itertools.pairwise(peds):
        assert until - since >= walks[walk]
    if not m.is_green:
        assert m.ped is PedInterval.DONT_WALK


def _vehicle(m: PhaseMachine) -> str:
    if m.interval in GREEN:
        return "green"
    return "yellow" if m.interval is Interval.YELLOW_CHANGE else "red"


def _ask(m: PhaseMachine, now: int, ask: str) -> None:
    m.tick(now, opposed=ask != "free")
    try:
        match ask:
            case "start":
                m.start(now, 2_000, walk=m.timing.ped is not None)
            case "walk":
                m.walk(now)
            case "end":
                m.end(now, Termination.FORCE_OFF)
    except IntervalError:
        pass
