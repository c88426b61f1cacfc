"""The interval machine of one overlap alone: which asking it hears in which interval, and when."""

from dataclasses import replace

import pytest

from edge.control.intervals import LEAST_SHOWN_MS, IntervalError
from edge.control.overlap_machine import OverlapMachine
from edge.model.events import EventCode
from edge.model.overlaps import Overlap, OverlapInterval, OverlapKind
from edge.model.units import Ms, OverlapNumber, PhaseNumber

TIMING = Overlap(
    OverlapNumber(3),
    "C",
    OverlapKind.NORMAL,
    (PhaseNumber(2),),
    yellow_ms=3_700,
    red_clear_ms=1_300,
    min_green_ms=3_000,
)
ARROW = replace(TIMING, kind=OverlapKind.FLASHING_YELLOW_ARROW, opposing=PhaseNumber(1))
REVERT: Ms = 2_500


def machine(*, arrow: bool = False, began: Ms = 10_000) -> OverlapMachine:
    """Green, or flashing, since `began`."""
    one = OverlapMachine(ARROW if arrow else TIMING, 0)
    one.begin(began, REVERT, arrow=arrow)
    return one


def codes(events: object) -> list[EventCode]:
    assert isinstance(events, list)
    assert all(event.parameter == TIMING.number for event in events)
    return [event.code for event in events]


def cleared(*, arrow: bool) -> OverlapMachine:
    """Red again since 18 s: yellow from 13 s, clearance from 16.7 s."""
    one = machine(arrow=arrow)
    one.end(13_000)
    for now in (16_700, 18_000):
        one.tick(now)
    assert one.interval is OverlapInterval.RED
    return one


def test_it_is_red_at_first_and_has_not_begun_anything_since_the_start() -> None:
    one = OverlapMachine(TIMING, 700)
    assert (one.interval, one.is_moving, one.arrow) == (OverlapInterval.RED, False, False)
    assert (one.since, one.began, one.yellow_ended) == (700, 700, 700)


@pytest.mark.parametrize("arrow", [False, True])
def test_begin_says_which_right_of_way_it_was(arrow: bool) -> None:  # noqa: FBT001
    one = OverlapMachine(ARROW if arrow else TIMING, 0)
    assert codes(one.begin(10_000, REVERT, arrow=arrow)) == [
        EventCode.FYA_BEGIN if arrow else EventCode.OVERLAP_BEGIN_GREEN
    ]
    assert (one.arrow, one.began, one.since, one.is_moving) == (arrow, 10_000, 10_000, True)
    assert one.interval is (OverlapInterval.FLASHING_ARROW if arrow else OverlapInterval.GREEN)


@pytest.mark.parametrize("was", [False, True])
@pytest.mark.parametrize("wanted", [False, True])
def test_the_red_revert_holds_back_the_same_right_of_way_and_not_the_other(was: bool, wanted: bool) -> None:  # noqa: FBT001
    one = cleared(arrow=was)
    least = REVERT if was is wanted else LEAST_SHOWN_MS
    soonest = max(16_700 + least, 18_000)
    assert one.may_begin(soonest, REVERT, arrow=wanted)
    assert one.may_begin(16_700 + least - 1, REVERT, arrow=wanted) is False


def test_the_shortest_red_is_shown_even_without_a_red_revert() -> None:
    one = OverlapMachine(TIMING, 0)
    assert not one.may_begin(LEAST_SHOWN_MS - 1, 0, arrow=False)
    assert one.may_begin(LEAST_SHOWN_MS, 0, arrow=False)


def test_only_from_red_may_it_begin() -> None:
    one = machine()
    with pytest.raises(IntervalError, match="overlap C: begin asked in GREEN"):
        one.begin(60_000, REVERT, arrow=False)
    one.end(60_000)
    assert not one.may_begin(120_000, REVERT, arrow=False)


@pytest.mark.parametrize("arrow", [False, True])
def test_it_ends_when_its_minimum_is_over_and_not_before(arrow: bool) -> None:  # noqa: FBT001
    one = machine(arrow=arrow)
    assert not one.may_end(12_999)
    with pytest.raises(IntervalError, match=f"overlap C: end asked in {one.interval.name}"):
        one.end(12_999)
    ended = codes(one.end(13_000))
    assert ended == ([EventCode.FYA_END] if arrow else []) + [EventCode.OVERLAP_BEGIN_YELLOW]
    assert (one.interval, one.since, one.is_moving) == (OverlapInterval.YELLOW_CHANGE, 13_000, False)
    assert not one.may_end(60_000)


def test_a_trailing_green_counts_from_its_green_and_goes_back_to_it_without_a_word() -> None:
    one = machine()
    assert codes(one.trail(11_000)) == [EventCode.OVERLAP_BEGIN_TRAILING_GREEN]
    assert (one.interval, one.is_moving, one.since) == (OverlapInterval.TRAILING_GREEN, True, 11_000)
    one.resume(12_000)
    assert (one.interval, one.is_moving, one.since, one.began) == (OverlapInterval.GREEN, True, 12_000, 10_000)
    one.trail(12_500)
    assert codes(one.end(13_000)) == [EventCode.OVERLAP_BEGIN_YELLOW]


@pytest.mark.parametrize(("asked", "word"), [("trail", "trail"), ("resume", "resume")])
def test_there_is_no_trailing_from_red_or_from_the_arrow(asked: str, word: str) -> None:
    for one in (OverlapMachine(TIMING, 0), machine(arrow=True)):
        with pytest.raises(IntervalError, match=f"overlap C: {word} asked in {one.interval.name}"):
            getattr(one, asked)(20_000)


def test_a_green_that_trails_is_not_resumed_twice() -> None:
    one = machine()
    with pytest.raises(IntervalError, match="resume asked in GREEN"):
        one.resume(20_000)


def test_yellow_and_clearance_run_by_the_clock_alone_and_are_logged_when_they_begin() -> None:
    one = machine()
    one.end(13_000)
    assert one.tick(16_699) == []
    assert codes(one.tick(16_700)) == [EventCode.OVERLAP_BEGIN_RED_CLEARANCE]
    assert (one.yellow_ended, one.since) == (16_700, 16_700)
    assert one.tick(17_999) == []
    assert codes(one.tick(18_000)) == [EventCode.OVERLAP_OFF]
    assert one.interval is OverlapInterval.RED
    assert one.tick(90_000) == []


def test_without_a_red_clearance_it_is_red_in_the_tick_in_which_yellow_ends() -> None:
    one = OverlapMachine(replace(TIMING, red_clear_ms=0), 0)
    one.begin(10_000, REVERT, arrow=False)
    one.end(13_000)
    assert codes(one.tick(16_700)) == [EventCode.OVERLAP_BEGIN_RED_CLEARANCE, EventCode.OVERLAP_OFF]


def test_flash_cuts_off_each_interval_with_the_codes_that_would_have_followed() -> None:
    yellow, clearance = machine(), machine()
    for one in (yellow, clearance):
        one.end(13_000)
    clearance.tick(16_700)
    rest = [EventCode.OVERLAP_BEGIN_RED_CLEARANCE, EventCode.OVERLAP_OFF]
    assert OverlapMachine(TIMING, 0).cut() == []
    assert codes(machine().cut()) == rest
    assert codes(machine(arrow=True).cut()) == [EventCode.FYA_END, *rest]
    assert codes(yellow.cut()) == rest
    assert codes(clearance.cut()) == [EventCode.OVERLAP_OFF]
