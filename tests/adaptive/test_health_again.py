"""What was taken for dead and is heard again: believed as a whole, and not condemned anew because traffic has become less."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from edge.adaptive.health import LoopWatch
from edge.adaptive.health_evidence import Ill
from edge.adaptive.health_leaving import Leaving
from edge.adaptive.health_round import ENDED_PROBE_MS
from edge.adaptive.health_silence import LONG_S, Silence
from edge.model.exchange import Interval
from edge.model.observation import PhaseSeen
from edge.model.units import PhaseNumber
from tests.adaptive.test_health import BREAKS_S, STOP, approach, dead
from tests.adaptive.town import Town, Watched, loops

USUAL_S, DOUBTED_S = 20, 500
N2 = set(loops("N2"))


def silences(lengths: Iterable[int], silence: Silence, *, learn: bool = True) -> Silence:
    """Silences of so many seconds, each ended by somebody."""
    for length in lengths:
        for second in range(length + 1):
            silence.second(silent=second < length, came_elsewhere=0, learn=learn)
    return silence


def nats_of(seconds: int, silence: Silence) -> float:
    """What a silence that has lasted for so long says."""
    for _ in range(seconds):
        silence.second(silent=True, came_elsewhere=0, learn=True)
    said = silence.own
    silence.forget()
    return said


def test_a_silence_taken_for_a_fault_that_ended_by_itself_makes_the_next_one_no_fault() -> None:
    silence = silences([USUAL_S] * 12, Silence(3))
    before = nats_of(200, silence)
    silences([DOUBTED_S], silence, learn=False)
    assert before > 5.0
    assert nats_of(200, silence) < 1.5
    assert nats_of(20_000, silence) > 4.0, "but not for ever"


def test_where_silences_are_as_short_as_before_the_next_long_one_is_a_fault_again() -> None:
    silence = silences([USUAL_S] * 12, Silence(3))
    before = nats_of(200, silence)
    silences([DOUBTED_S], silence, learn=False)
    silences([USUAL_S] * 4, silence)
    assert nats_of(200, silence) > before - 1.0


def test_ordinary_silences_of_a_doubted_approach_begin_no_lull() -> None:
    silence = silences([USUAL_S] * 12, Silence(3))
    before = nats_of(200, silence)
    silences([LONG_S + 5] * 5, silence, learn=False)
    assert nats_of(200, silence) == before


def test_who_leaves_the_line_in_the_first_seconds_of_red_has_crossed_it_and_is_not_left_behind() -> None:
    for late in (True, False):
        leaving = Leaving(turns_on_red=False)
        leaving.came(10_000, 16.0)
        leaving.fell()
        leaving.second(may_go=False, occupied=False, late=late)
        assert leaving.behind is not late


@pytest.mark.untraced
def test_an_approach_is_believed_as_a_whole_when_a_vehicle_is_heard_in_it() -> None:
    town = Town(per_h={"N1": 300, "N2": 300, "E1": 300, "E2": 300})
    watch, held_s = LoopWatch(town.lanes), 0
    back_s = BREAKS_S + 600
    town.wires = approach(dead(BREAKS_S, back_s)) | dict.fromkeys(N2, dead(BREAKS_S))  # in N2 nobody comes any more
    for seen in town.observations(back_s + 60):
        watch.see(seen)
        if seen.now // 1000 == back_s - 1:
            assert all(watch.verdicts[n].ill is Ill.DEAD for n in approach(dead()))
        held_s += seen.now // 1000 > back_s and not N2.isdisjoint(watch.verdicts)
    assert held_s < 40
    assert not watch.verdicts


@pytest.mark.untraced
def test_one_loop_that_is_heard_is_no_vehicle_and_speaks_for_itself_only() -> None:
    at_s = BREAKS_S + 600
    wires = approach(dead(BREAKS_S)) | {STOP: lambda now, true: true if now < BREAKS_S * 1000 else now // 1000 == at_s}
    watch = LoopWatch((town := Town(wires=wires)).lanes)
    for seen in town.observations(at_s + 5):
        watch.see(seen)
    assert watch.verdicts.keys() == approach(dead()).keys() - {STOP}


@pytest.mark.untraced
def test_an_approach_that_dies_again_after_it_was_mended_is_found_again() -> None:
    twice = approach(lambda now, true: true and not (600 <= now // 1000 < 1000 or now // 1000 >= 1600))
    watch, found = LoopWatch((town := Town(wires=twice)).lanes), []
    for seen in town.observations(2400):
        watch.see(seen)
        found.append(sum(v.ill is Ill.DEAD for v in watch.verdicts.values()))
    assert found[998] == len(twice)
    assert found[1599] == 0
    assert found[-1] == len(twice)


@pytest.mark.untraced
def test_who_comes_late_to_a_street_proves_the_loops_beside_him_too() -> None:
    wires = approach(dead(0, 300)) | dict.fromkeys(N2, dead())
    watch = LoopWatch((town := Town(wires=wires)).lanes)
    for seen in town.observations(400):
        watch.see(seen)
        if seen.now // 1000 == 299:
            assert all(watch.verdicts[n].ill is Ill.UNPROVED for n in approach(dead()))
    assert not watch.verdicts


@pytest.mark.untraced
@pytest.mark.parametrize("last_s", [0, 4])
def test_a_street_whose_traffic_has_ended_is_probed_half_as_often(last_s: int) -> None:
    """`last_s`: so long after the start of red the last vehicle leaves the line."""
    crosses = range(1765_000, (1768 + last_s) * 1000)
    wires = {STOP: lambda now, true: true or (now in crosses and last_s > 0)}
    town = Town(per_h={"N1": 600, "N2": 600, "E1": 60, "E2": 60}, wires=wires)
    watch = Watched(LoopWatch(town.lanes))
    due = []
    for second, seen in enumerate(town.observations(2500)):
        if second == 1740:
            town.per_h.update(N1=0, N2=0, E1=600, E2=600)
        watch.take(seen if second < 1820 else replace(seen, phases=tuple(red(p) for p in seen.phases)))
        if second > 1850 and PhaseNumber(2) in watch.watch.unseen:
            assert not watch.watch.unseen[PhaseNumber(2)]
            due.append(second)
    assert ENDED_PROBE_MS // 1000 <= due[0] - 1800 < ENDED_PROBE_MS // 1000 + 60
    assert watch.ever == set()


def red(phase: PhaseSeen) -> PhaseSeen:
    """Phase 2 stays red from here."""
    return replace(phase, interval=Interval.RED) if phase.number == PhaseNumber(2) else phase
