"""A street whose traffic has ended: told from a dead cable although its last vehicle crosses late, and probed less."""

from dataclasses import replace

import pytest

from edge.adaptive.health import LoopWatch
from edge.adaptive.health_leaving import Leaving
from edge.adaptive.health_round import ENDED_PROBE_MS
from edge.model.exchange import Interval
from edge.model.observation import PhaseSeen
from edge.model.units import PhaseNumber
from tests.adaptive.test_health import STOP
from tests.adaptive.town import Town, Watched


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
