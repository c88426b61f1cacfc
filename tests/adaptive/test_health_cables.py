"""Loops that come and go: from the start, with their whole cable, beside turns on red; who stands there unseen meanwhile."""

from dataclasses import replace

import pytest

from edge.adaptive.health import LoopWatch
from edge.adaptive.health_case import LoopCase
from edge.adaptive.health_dead import Dead
from edge.adaptive.health_evidence import RULES, Ill, Kind, Odds, convicts
from edge.adaptive.health_lane import LaneLamps
from edge.model.exchange import Interval
from edge.model.faults import FaultKind
from edge.model.units import PhaseNumber
from tests.adaptive.test_health import BREAKS_S, STOP, approach, bad, comes_and_goes, dead, stuck
from tests.adaptive.town import Town, Watched, lanes


@pytest.mark.untraced
def test_all_loops_of_an_approach_that_have_come_and_gone_since_the_start_are_found() -> None:
    lines = {n: comes_and_goes(late_s=13 * k) for k, n in enumerate(approach(dead()))}
    assert bad(Town(wires=lines).watched(1200)) == dict.fromkeys(lines, Ill.INTERMITTENT)


def reds(loop: Dead, vanished: int, of: int) -> float:
    """So many reds, of which one in so many by turns is one in which somebody vanishes; what the lamps then say."""
    for k in range(of):
        loop.red_over(vanished=k * vanished // of != (k + 1) * vanished // of)
    return loop.now_and_then(not_alone=False)[Kind.LAMPS]


def test_fewer_turns_on_red_than_usual_say_nothing_against_a_loop() -> None:
    loop = Dead(0, Odds(3.0, 0.2), 3, may_leave=True)
    reds(loop, 160, 200)
    loop.vanished.clear()
    assert reds(loop, 0, 30) == reds(loop, 5, 30) == 0.0
    assert loop.nobody_vanishes


def test_who_vanishes_from_the_start_does_not_become_usual_where_nobody_may_turn_on_red() -> None:
    loop, turning = (Dead(0, Odds(3.0, 0.2), 3, may_leave=may) for may in (False, True))
    assert reds(loop, 40, 100) > reds(turning, 40, 100)
    assert reds(loop, 40, 100) >= 7.0
    assert not loop.nobody_vanishes
    reds(loop, 160, 400)
    loop.vanished.clear()
    assert reds(loop, 80, 200) >= 3.0
    assert reds(loop, 0, 8) == 0.0
    assert loop.nobody_vanishes


@pytest.mark.untraced
def test_loops_that_are_only_waited_for_make_no_suspect_of_another() -> None:
    town = Town(failed={})
    seen = Watched(LoopWatch(town.lanes))
    *three, fourth = approach(dead())
    for k, second in enumerate(town.observations(1200)):
        failed = dict.fromkeys(three, FaultKind.DETECTOR_STALE) if k >= BREAKS_S and k % 100 < 10 else {}
        seen.take(replace(second, failed=failed))
    assert seen.why.keys() == set(three)
    assert fourth not in seen.first


@pytest.mark.untraced
def test_a_loop_on_the_cable_of_three_that_come_and_go_is_not_believed_until_they_heal() -> None:
    *three, fourth = approach(dead())
    ends_s = BREAKS_S + 900
    town = Town(wires={n: comes_and_goes(BREAKS_S, ends_s, 23 * k) for k, n in enumerate(three)})
    seen = Watched(LoopWatch(town.lanes))
    for k, second in enumerate(town.observations(ends_s + 3600)):
        seen.take(second)
        assert k != ends_s or "most loops of its approach" in seen.why[fourth]
    assert seen.why == {}


@pytest.mark.untraced
def test_a_loop_that_is_doubted_with_most_of_its_approach_is_found_when_it_sticks() -> None:
    *three, fourth = approach(dead())
    wires = {n: comes_and_goes(BREAKS_S, late_s=23 * k) for k, n in enumerate(three)} | {fourth: stuck(2000)}
    seen = Watched(LoopWatch(Town().lanes))
    for k, second in enumerate(Town(wires=wires).observations(3000)):
        seen.take(second)
        assert k != 1990 or "most loops of its approach" in seen.why[fourth]
    assert seen.why[fourth].startswith(Ill.STUCK.value)


def test_vanished_vehicles_alone_convict_only_beside_another_loop_that_drops_out() -> None:
    loop = Dead(0, Odds(3.0, 0.2), 3, may_leave=False)
    reds(loop, 60, 100)
    convicted = {
        beside: convicts(loop.now_and_then(not_alone=beside), RULES[Ill.INTERMITTENT]) for beside in (False, True)
    }
    assert convicted == {False: False, True: True}


def test_who_vanished_before_a_gap_in_what_is_heard_says_nothing_behind_it() -> None:
    lamps = LaneLamps(lanes()[0])
    lamps.red_s = 10
    nats = []
    for heard in (True, False):
        case = LoopCase(STOP, lamps, 0, 3, on=True, stop_bar=True)
        case.second(10_000, 0, dry=False)
        case.edge(12_000, on=False)
        if not heard:
            case.freshen(60_000)
        case.red_over()
        nats.append(case.dead.vanished.nats)
    assert nats[0] > nats[1] == 0.0


@pytest.mark.untraced
def test_a_phase_whose_loop_at_the_line_comes_and_goes_is_probed_though_its_advance_loop_is_believed() -> None:
    town = Town(wires={STOP: comes_and_goes(BREAKS_S)})
    seen = Watched(LoopWatch(town.lanes))
    for k, second in enumerate(town.observations(BREAKS_S + 1000)):
        red = tuple(replace(p, interval=Interval.RED) if p.number == 2 else p for p in second.phases)
        seen.take(second if k < BREAKS_S + 900 else replace(second, phases=red))
    assert seen.why.keys() == {STOP}
    assert seen.watch.unseen == {PhaseNumber(2): False}
