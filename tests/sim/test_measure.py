"""Figures for each phase out of the engine's events."""

import pytest

from edge.model.events import Event, EventCode
from edge.model.phases import Termination
from edge.model.units import PhaseNumber
from edge.sim.measure import Meter, PhaseFigures, Spread

P2 = PhaseNumber(2)


def figures(*rows: tuple[int, EventCode, int], until: int = 100_000) -> PhaseFigures:
    """Phase 2 after these events; rows of one instant are one tick."""
    meter = Meter([P2, PhaseNumber(4)])
    for now in sorted({row[0] for row in rows}):
        meter.hear(now, tuple(Event(code, parameter) for at, code, parameter in rows if at == now))
    return meter.figures(until)[P2]


def green(begin: int, end: int, reason: EventCode) -> list[tuple[int, EventCode, int]]:
    return [
        (begin, EventCode.PHASE_BEGIN_GREEN, 2),
        (end, reason, 2),
        (end, EventCode.PHASE_GREEN_TERMINATION, 2),
    ]


def test_greens_are_counted_timed_and_have_a_reason() -> None:
    got = figures(
        *green(0, 10_000, EventCode.PHASE_GAP_OUT),
        *green(20_000, 25_000, EventCode.PHASE_MAX_OUT),
        *green(40_000, 61_000, EventCode.PHASE_GAP_OUT),
        (90_000, EventCode.PHASE_BEGIN_GREEN, 2),
    )
    assert got.greens == 4
    assert got.green_s == Spread(5.0, 10.0, 21.0)
    assert got.terminations == {Termination.GAP_OUT: 2, Termination.MAX_OUT: 1, Termination.FORCE_OFF: 0}


def test_a_wait_ends_with_the_green_though_the_call_is_dropped_in_the_same_tick() -> None:
    got = figures(
        (1_000, EventCode.PHASE_CALL_REGISTERED, 2),
        (31_000, EventCode.PHASE_CALL_DROPPED, 2),
        (31_000, EventCode.PHASE_BEGIN_GREEN, 2),
    )
    assert (got.calls, got.max_wait_s) == (1, 30.0)


def test_a_call_that_went_away_before_the_green_did_not_wait_for_it() -> None:
    got = figures(
        (1_000, EventCode.PHASE_CALL_REGISTERED, 2),
        (5_000, EventCode.PHASE_CALL_DROPPED, 2),
        (31_000, EventCode.PHASE_BEGIN_GREEN, 2),
    )
    assert (got.calls, got.max_wait_s) == (1, 0.0)


def test_a_call_that_still_waits_is_counted_up_to_now() -> None:
    assert figures((1_000, EventCode.PHASE_CALL_REGISTERED, 2), until=71_000).max_wait_s == 70.0


def test_other_phases_and_other_codes_change_nothing() -> None:
    got = figures(
        (0, EventCode.PHASE_BEGIN_GREEN, 4),
        (0, EventCode.DETECTOR_ON, 2),
        (0, EventCode.UNIT_FLASH_STATUS, 2),
        (5_000, EventCode.PHASE_GREEN_TERMINATION, 2),
    )
    assert got.as_dict() == {
        "greens": 0,
        "green_s": {"min": 0.0, "median": 0.0, "max": 0.0},
        "terminations": {"gap_out": 0, "max_out": 0, "force_off": 0},
        "calls": 0,
        "max_wait_s": 0.0,
    }


def test_an_event_of_a_phase_the_site_has_not_got_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        figures((0, EventCode.PHASE_BEGIN_GREEN, 7))
