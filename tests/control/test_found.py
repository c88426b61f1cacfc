"""What walking all states, a peer's known faults and a recorded signal have shown: one situation each."""

from dataclasses import replace

import pytest

from edge.model.events import EventCode
from edge.model.exchange import Interval
from edge.model.site import Options, Site
from tests import builders
from tests.control.scenario import Scenario

pytestmark = pytest.mark.untraced


def pair(**changes: object) -> Site:
    """Two rings of two phases, quick to gap out."""
    phases = [
        builders.phase(n, min_green_ms=4_000, passage_ms=1_000, max_green_ms=30_000, **changes) for n in (2, 4, 6, 8)
    ]
    return builders.site(builders.rings("2 | 4", "6 | 8"), phases, options=Options(red_revert_ms=2_000))


def test_a_vehicle_that_comes_after_the_gap_out_while_the_other_ring_is_still_extended_is_not_forgotten() -> None:
    """Found by `make explore`: its loop is empty again before the yellow, so no call comes from there."""
    run = Scenario(pair()).drain()
    run.occupy(4).step().leave(4).occupy(8).until(60, 8, Interval.MIN_GREEN)
    run.occupy(2).step().leave(2).wait(8)  # 8 is extended all the time, 4 has gapped out and waits for it
    assert run.interval(4) is Interval.EXTENSION
    run.leave(8).step(500).pulse(4)
    run.until(1, 4, Interval.YELLOW_CHANGE).until(60, 2, Interval.MIN_GREEN)
    run.until(60, 4, Interval.MIN_GREEN)


def quiet(**changes: object) -> Scenario:
    """The dual ring with nobody on the street, resting in 2 and 6."""
    return Scenario(builders.quad(**changes)).drain()


GREEN = frozenset({Interval.MIN_GREEN, Interval.EXTENSION, Interval.REST})


def greens(run: Scenario) -> set[int]:
    return {p for p in run.site.phases if run.interval(p) in GREEN}


def test_a_ring_that_is_done_waits_at_the_barrier_for_the_other_one() -> None:
    """SUMO's NEMA controller once let 2 and 8 run together (its issue 9940): 6 is extended, 2 has long gapped out."""
    run = quiet().occupy(6).occupy(8).step().leave(8)
    for _ in range(400):
        run.step()
        ahead, behind = greens(run) & {1, 2, 5, 6}, greens(run) & {3, 4, 7, 8}
        assert not ahead or not behind
        if run.interval(6) not in GREEN:
            break
    assert run.interval(6) is Interval.YELLOW_CHANGE
    assert run.interval(2) is Interval.YELLOW_CHANGE


def test_a_one_sided_call_brings_one_phase_where_no_dual_entry_is_stated() -> None:
    """SUMO's NEMA controller forces dual entry on everybody (its issue 10616)."""
    site = builders.quad()
    alone = replace(site, phases={n: replace(p, dual_entry=False) for n, p in site.phases.items()})
    run = Scenario(alone).drain().occupy(8).step().leave(8).until(60, 8, Interval.MIN_GREEN)
    assert greens(run) == {8}
    run = quiet().occupy(8).step().leave(8).until(60, 8, Interval.MIN_GREEN)
    assert greens(run) == {4, 8}


def begun(run: Scenario, since: int) -> set[int]:
    return {phase for at, code, phase in run.log if code == EventCode.PHASE_BEGIN_GREEN and at >= since}


def test_no_phase_keeps_the_green_under_steady_traffic_on_every_loop() -> None:
    """SUMO's NEMA controller has been stuck in a phase (its issue 11931): here each comes again within two long cycles."""
    run = quiet().occupy(*range(1, 9))
    for _ in range(2):
        since = run.now
        assert begun(run.wait(200), since) == set(range(1, 9))


def test_an_earlier_phase_of_the_ring_is_not_served_again_while_somebody_waits_behind_the_barrier() -> None:
    """SUMO's NEMA controller goes back from 2+6 to 5 while 4 waits; a ring keeps its order (NEMA TS 2 3.5)."""
    run = quiet()
    since = run.now
    run.occupy(4).step().occupy(5).until(60, 4, Interval.MIN_GREEN)
    assert 5 not in begun(run, since)


def test_a_called_phase_of_the_ring_is_served_before_the_barrier_is_crossed() -> None:
    """SUMO's NEMA controller leaves 4+7 for 1+6 with a vehicle on the loop of 8."""
    run = quiet().occupy(4, 7).step().until(60, 7, Interval.MIN_GREEN)
    since = run.now
    run.leave(4, 7).occupy(1, 8).until(60, 8, Interval.MIN_GREEN)
    assert 1 not in begun(run, since)


def test_a_call_is_dropped_when_the_green_shows_and_not_with_the_red_and_amber_before_it() -> None:
    """Found by `make judge`: a call dropped (44) before its green (1) is taken for cancelled, and nobody has waited."""
    phases = [builders.phase(n, red_yellow_ms=1_000) for n in (2, 4)]
    run = Scenario(builders.site(builders.rings("2 | 4"), phases)).drain()
    red = next(n for n in (2, 4) if run.interval(n) is Interval.RED)
    since = run.now
    run.occupy(red).step().leave(red).until(60, red, Interval.MIN_GREEN).step()
    told = [code for at, code, phase in run.log if phase == red and code in {1, 44} and at >= since]
    assert told == [1, 44]
