"""Faults of loops between the plant and the engine."""

import pytest

from edge.model.detectors import InputSample
from edge.model.units import DetectorNumber, Ms
from edge.sim.demand import Demand
from edge.sim.faults import (
    INTERMITTENT_APART_MS,
    INTERMITTENT_DEAD_MS,
    INTERMITTENT_MS,
    FaultShape,
    FaultyWires,
    InjectedFault,
    faults_of,
    none_of_a_stranger,
    parse_fault,
)
from edge.sim.simulate import Setting, Strategy, simulate
from tests.sim.sites import two_phase

ONE = DetectorNumber(1)


def said(now: Ms, *, on: bool, count: int) -> InputSample:
    return InputSample(on, count, now)


def carried(wires: FaultyWires, now: Ms, *, on: bool, count: int = 0) -> InputSample:
    return wires.carry(now, {ONE: InputSample(on, count, now)})[ONE]


def test_a_fault_is_written_as_kind_detectors_and_times() -> None:
    assert parse_fault("stuck:1,4-6@900-1800") == InjectedFault(
        FaultShape.STUCK, frozenset(map(DetectorNumber, (1, 4, 5, 6))), 900_000, 1_800_000
    )
    always = parse_fault("dead:7/3")
    assert (always.shape, always.detectors, always.from_ms, always.site) == (FaultShape.DEAD, {3}, 0, 7)
    assert always.strikes(10**11, DetectorNumber(3))
    until, since = parse_fault("chatter:1@-60"), parse_fault("chatter:1@60-")
    assert [until.strikes(t, ONE) for t in (0, 59_999, 60_000)] == [True, True, False]
    assert [since.strikes(t, ONE) for t in (0, 59_999, 60_000)] == [False, False, True]


@pytest.mark.parametrize(
    "text", ["", "stuck", "stuck:", "broken:1", "dead:1@", "dead:a", "dead:1@9-3", "dead:1@5-5", "dead:5-1"]
)
def test_what_is_no_fault_is_refused(text: str) -> None:
    if text == "dead:1@":
        assert parse_fault("dead:1@-").from_ms == 0
    with pytest.raises(ValueError, match=r"is no fault|ends before"):
        parse_fault(text if text != "dead:1@" else "dead:1@x")


def test_a_fault_is_of_every_site_unless_it_names_one_and_needs_its_detectors() -> None:
    site = two_phase()
    both = parse_fault("stuck:1"), parse_fault(f"dead:{site.id}/2"), parse_fault("dead:99/50")
    assert faults_of(site, both) == both[:2]
    with pytest.raises(ValueError, match="has no detector 8, 9"):
        faults_of(site, [parse_fault("stuck:1,8-9")])


def test_a_fault_of_a_site_that_does_not_run_is_refused() -> None:
    site = two_phase()
    known = (parse_fault("stuck:1"), parse_fault(f"dead:{site.id}/2"))
    assert none_of_a_stranger([site], known) == known
    with pytest.raises(ValueError, match=f"no site 99 runs \\(there is {site.id}\\)"):
        none_of_a_stranger([site], (parse_fault("dead:99/1"),))


def test_without_a_fault_the_wires_hand_on_what_they_get() -> None:
    true = {ONE: said(100, on=True, count=4)}
    assert FaultyWires().carry(100, true) is true


def test_a_stuck_loop_is_occupied_and_a_dead_one_is_silent() -> None:
    stuck, dead = (FaultyWires([parse_fault(f"{kind}:1@1-2")]) for kind in ("stuck", "dead"))
    assert carried(stuck, 0, on=False) == said(0, on=False, count=0)
    assert carried(stuck, 1_000, on=False) == said(1_000, on=True, count=1)
    assert carried(stuck, 1_500, on=True, count=1) == said(1_500, on=True, count=1)
    assert carried(dead, 1_500, on=True, count=1) == said(1_500, on=False, count=0)


def test_who_passed_while_a_loop_was_dead_is_not_counted_later() -> None:
    wires = FaultyWires([parse_fault("dead:1@0-2")])
    carried(wires, 1_000, on=True, count=5)
    assert carried(wires, 2_000, on=False, count=5) == said(2_000, on=False, count=0)
    assert carried(wires, 2_100, on=True, count=6) == said(2_100, on=True, count=1)
    assert carried(wires, 2_200, on=False, count=8) == said(2_200, on=False, count=3)


def test_a_chattering_loop_counts_a_hundred_and_fifty_a_minute_with_nobody_there() -> None:
    wires = FaultyWires([parse_fault("chatter:1")])
    heard = [carried(wires, now, on=False) for now in range(0, 60_000, 100)]
    assert heard[-1].count == 150


def test_an_intermittent_loop_is_well_and_dead_by_turns_and_two_are_not_in_step() -> None:
    wires = FaultyWires([parse_fault("intermittent:1-2")])
    pair: dict[DetectorNumber, list[bool]] = {ONE: [], DetectorNumber(2): []}
    for now in range(0, INTERMITTENT_MS, 1_000):
        heard = wires.carry(now, {n: said(now, on=True, count=1) for n in pair})
        for number, levels in pair.items():
            levels.append(heard[number].occupied)
    assert all(levels.count(False) == INTERMITTENT_DEAD_MS // 1_000 for levels in pair.values())
    apart = INTERMITTENT_APART_MS // 1_000
    assert pair[DetectorNumber(2)][apart:] == pair[ONE][:-apart]


@pytest.mark.untraced
def test_the_engine_hears_the_bad_loop_and_not_the_street() -> None:
    site = two_phase()
    greens = {}
    for fault in ("", "dead:2", "stuck:2"):
        faults = (parse_fault(fault),) if fault else ()
        report = simulate(site, Setting(Strategy.ACTUATED, Demand.NS_HEAVY, 1, 400_000, faults=faults))
        assert report.violations == ()
        greens[fault] = report.phases[next(p for p in report.phases if p == 4)].green_s.middle
    assert greens["dead:2"] < greens[""] < greens["stuck:2"]
