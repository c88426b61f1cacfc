"""A street whose traffic has ended: told from a dead cable although its last vehicle crosses late, and probed less."""

from dataclasses import replace

import pytest

from edge.adaptive.health import LoopWatch
from edge.adaptive.health_leaving import Leaving
from edge.adaptive.health_round import ENDED_PROBE_MS, PROBE_MS
from edge.model.exchange import Interval
from edge.model.observation import Observation, PhaseSeen
from edge.model.units import Ms, PhaseNumber
from tests.adaptive.test_health import STOP, approach, dead
from tests.adaptive.town import LANES, Town, Watched


def test_who_leaves_the_line_in_the_first_seconds_of_red_has_crossed_it_and_is_not_left_behind() -> None:
    for late in (True, False):
        leaving = Leaving(turns_on_red=False)
        leaving.came(10_000, 16.0)
        leaving.fell()
        leaving.second(may_go=False, occupied=False, late=late)
        assert leaving.behind is not late


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


@pytest.mark.untraced
def test_a_cable_that_dies_in_a_street_to_which_traffic_has_returned_is_probed_as_soon_as_any() -> None:
    """The tide that turned before still counts against a verdict, but not for a longer wait. `doubted_s`: so long
    after it died its silence is improbable, and the red that is waited for begins."""
    ends_s, back_s, dies_s, doubted_s = 1740, 2100, 2425, 130
    town = Town(per_h={"N1": 600, "N2": 600, "E1": 60, "E2": 60})
    watch = LoopWatch(town.lanes)
    for second, seen in enumerate(town.observations(back_s)):
        if second == ends_s:
            town.per_h.update(N1=0, N2=0, E1=600, E2=600)
        watch.see(seen)
    busy = Town(per_h=dict.fromkeys(LANES, 600.0), wires=approach(dead(dies_s - back_s)), seed=2)
    due = []
    for second, seen in enumerate(busy.observations(dies_s - back_s + 300), back_s):
        dark = second >= dies_s
        watch.see(later(replace(seen, phases=tuple(red(p) for p in seen.phases)) if dark else seen, 1000 * back_s))
        if dark and PhaseNumber(2) in watch.unseen:
            due.append(second - dies_s)
    assert PROBE_MS // 1000 <= due[0] - doubted_s < ENDED_PROBE_MS // 1000


def test_no_traffic_has_ended_in_a_street_in_which_nobody_has_been_seen_since_the_start() -> None:
    town = Town(per_h=dict.fromkeys(LANES, 600.0), wires=approach(dead()))
    watch, due = LoopWatch(town.lanes), []
    for second, seen in enumerate(town.observations(140)):
        watch.see(replace(seen, phases=tuple(red(p) for p in seen.phases)))
        due += [second] if PhaseNumber(2) in watch.unseen else []
    assert due[0] == PROBE_MS // 1000


def later(seen: Observation, ms: Ms) -> Observation:
    """The same, so much later."""
    return replace(seen, now=seen.now + ms, edges=tuple(replace(e, at_ms=e.at_ms + ms) for e in seen.edges))
