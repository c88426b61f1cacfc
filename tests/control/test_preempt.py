"""Preemption and transit priority: who takes or bends the sequence, by which stages, and what is never shortened for it."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.commands import CommandKind
from edge.model.detectors import InputRef
from edge.model.events import EventCode as E
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.faults import FaultKind
from edge.model.phases import PedTiming, Recall
from edge.model.preempts import PedBounds, Preempt, PreemptKind, Priority, PriorityLimits, TrackClearance
from edge.model.site import Site
from edge.model.units import PhaseNumber, PlanNumber, PreemptNumber, PriorityNumber
from tests import builders
from tests.control.scenario import Scenario, number

TRAIN, GATE, FIRE, BUS = "mock.train", "mock.gate", "mock.fire", "mock.bus"


def phases(*numbers: int) -> tuple[PhaseNumber, ...]:
    return tuple(PhaseNumber(n) for n in numbers)


def ref(wire: str) -> InputRef:
    return InputRef(*wire.split("."))


RAIL = Preempt(
    PreemptNumber(1),
    PreemptKind.RAIL,
    ref(TRAIN),
    entry=PedBounds(2_000, 4_000),
    track=TrackClearance(phases(3, 8), 12_000),
    dwell=phases(2, 6),
    min_dwell_ms=5_000,
    exit_phases=phases(4, 8),
)
ENGINE = Preempt(
    PreemptNumber(3), PreemptKind.FIRE, ref(FIRE), dwell=phases(2, 5), min_dwell_ms=10_000, exit_phases=phases(2, 6)
)


def with_preempts(*preempts: Preempt, site: Site | None = None) -> Site:
    return replace(site or builders.quad(), preempts={p.number: p for p in preempts})


def running(*preempts: Preempt, site: Site | None = None) -> Scenario:
    built = with_preempts(*preempts, site=site)
    s = Scenario(built)
    s.wires = {f"{w.device}.{w.terminal}": False for w in built.wires}
    return s.drain()


def stages(s: Scenario, since: int) -> list[tuple[int, int]]:
    return [(c, p) for t, c, p in s.log if t >= since and E.PREEMPT_ON <= c <= E.PREEMPT_BEGIN_EXIT]


@pytest.mark.untraced
def test_a_train_goes_through_entry_track_clearance_dwell_and_exit_and_each_is_logged() -> None:
    s = running(RAIL)
    since = s.now
    s.wires[TRAIN] = True
    s.wait(60)
    assert s.greens() == {2, 6}
    s.wires[TRAIN] = False
    s.wait(40)
    assert stages(s, since) == [
        (E.PREEMPT_ON, 1), (E.PREEMPT_ENTRY, 1), (E.PREEMPT_BEGIN_TRACK, 1), (E.PREEMPT_BEGIN_DWELL, 1),
        (E.PREEMPT_OFF, 1), (E.PREEMPT_BEGIN_EXIT, 1),
    ]  # fmt: skip
    track, dwell = (s.times(code, 1, since)[0] for code in (E.PREEMPT_BEGIN_TRACK, E.PREEMPT_BEGIN_DWELL))
    ended = s.times(E.PREEMPT_FORCE_OFF, 3, since)[0]
    assert ended - track >= 12_000
    assert dwell > ended
    assert {3, 8} <= set(s.order_of_greens(since)[:2])
    assert s.tick.controller.status(s.now).preempt is None
    exit_begins = s.times(E.PREEMPT_BEGIN_EXIT, 1, since)[0]
    assert exit_begins - s.times(E.PHASE_BEGIN_GREEN, 4, since)[0] in {0, 100}, "111: when the exit phases are green"


@pytest.mark.untraced
@pytest.mark.parametrize(
    "preempt",
    [
        replace(RAIL, track=TrackClearance(phases(1), 12_000), dwell=phases(1)),
        replace(ENGINE, dwell=phases(2)),
        replace(ENGINE, dwell=(), cycling=phases(1, 2)),
    ],
    ids=["track and dwell", "dwell", "cycling"],
)
def test_who_could_stay_green_beside_the_preempt_s_phases_becomes_red_too(preempt: Preempt) -> None:
    s = running(preempt)
    assert s.greens() == {2, 6}
    s.occupy(6).wires.update({f"{preempt.input.device}.{preempt.input.terminal}": True})
    s.until(60, 6, Interval.YELLOW_CHANGE).wait(60)
    assert s.greens() <= {1, 2}
    assert s.greens()


@pytest.mark.untraced
def test_what_a_preempt_omits_is_logged_from_its_entry_to_its_end() -> None:
    s = running(RAIL)
    since = s.now
    s.wires[TRAIN] = True
    s.wait(60)
    assert s.times(E.PHASE_OMIT_ON, 4, since) == s.times(E.PREEMPT_ENTRY, 1, since)
    assert s.times(E.PED_OMIT_ON, 4, since) == s.times(E.PREEMPT_ENTRY, 1, since)
    assert s.times(E.PHASE_OMIT_OFF, 4, since) == []
    s.wires[TRAIN] = False
    s.wait(40)
    assert len(s.times(E.PHASE_OMIT_OFF, 4, since)) == 1


def test_a_preempt_without_exit_phases_says_when_it_is_over() -> None:
    s = running(replace(ENGINE, exit_phases=()))
    s.wires[FIRE] = True
    s.wait(30)
    s.wires[FIRE] = False
    since = s.now
    s.wait(1)
    assert s.times(E.PREEMPT_BEGIN_EXIT, 3, since)


def test_a_gate_that_comes_down_is_logged_once() -> None:
    s = running(replace(RAIL, track=TrackClearance(phases(3, 8), 12_000, ref(GATE), 30_000)))
    s.wires[TRAIN] = True
    since = s.wait(20).now
    s.wires[GATE] = True
    s.wait(10)
    assert s.times(E.PREEMPT_GATE_DOWN, 1) == [since + 100]


def test_the_screen_says_which_preempt_runs_and_where_it_is() -> None:
    s = running(RAIL)
    s.wires[TRAIN] = True
    s.step().step()
    found = s.tick.controller.status(s.now).preempt
    assert found is not None
    assert (found.number, found.kind, found.stage, found.in_stage_ms) == (1, "rail", "entry", 100)


@pytest.mark.parametrize(("gate_s", "track_s"), [(5, 12), (20, 20), (None, 30)])
def test_track_green_lasts_until_the_gate_is_down_and_no_longer_than_its_limit(
    gate_s: int | None, track_s: int
) -> None:
    gated = replace(RAIL, track=TrackClearance(phases(3, 8), 12_000, ref(GATE), 30_000))
    s = running(gated)
    s.wires[TRAIN] = True
    while not (began := s.times(E.PREEMPT_BEGIN_TRACK, 1)):
        s.step()
    while not (ended := s.times(E.PREEMPT_FORCE_OFF, 3, began[0])):
        if gate_s is not None and s.now - began[0] >= gate_s * 1000 - 100:
            s.wires[GATE] = True
        s.step()
    assert ended[0] - began[0] == track_s * 1000


def test_minimum_green_is_whole_on_entry_and_only_the_named_pedestrian_intervals_are_shortened() -> None:
    s = running(RAIL)
    s.occupy(4).wait(1).press(4).until(60, 4, Interval.MIN_GREEN)
    assert s.ped(4) is PedInterval.WALK
    since = s.now
    s.wires[TRAIN] = True
    s.wait(20)
    ped = s.site.phases[number(4)].ped
    assert ped is not None
    assert s.times(E.PED_BEGIN_CLEARANCE, 4, since)[0] - since == 2_000 < ped.walk_ms
    assert s.lasted(E.PED_BEGIN_CLEARANCE, E.PED_BEGIN_DONT_WALK, 4, since) == 4_000 < ped.clearance_ms
    least = max(s.site.phases[number(4)].min_green_ms, 6_000)
    assert s.times(E.PREEMPT_FORCE_OFF, 4, since)[0] - since == least


def test_without_an_entry_row_walk_and_clearance_are_whole() -> None:
    s = running(replace(RAIL, entry=None))
    s.occupy(4).wait(1).press(4).until(60, 4, Interval.MIN_GREEN)
    since = s.now
    s.wires[TRAIN] = True
    s.wait(40)
    ped = s.site.phases[number(4)].ped
    assert ped is not None
    assert s.lasted(E.PED_BEGIN_WALK, E.PED_BEGIN_CLEARANCE, 4, since) == ped.walk_ms
    assert s.lasted(E.PED_BEGIN_CLEARANCE, E.PED_BEGIN_DONT_WALK, 4, since) == ped.clearance_ms


@pytest.mark.untraced
def test_the_next_walk_after_a_preempt_is_whole_again() -> None:
    s = running(RAIL)
    s.occupy(4).wait(1).press(4).until(60, 4, Interval.MIN_GREEN)
    s.wires[TRAIN] = True
    s.wait(45)
    s.wires[TRAIN] = False
    s.wait(60)
    since = s.now
    s.press(4).wait(90)
    ped = s.site.phases[number(4)].ped
    assert ped is not None
    assert s.lasted(E.PED_BEGIN_WALK, E.PED_BEGIN_CLEARANCE, 4, since) == ped.walk_ms


@pytest.mark.parametrize(("locking", "on_s", "enters"), [(True, 1, True), (False, 1, False), (False, 9, True)])
def test_a_call_that_goes_during_the_delay_counts_if_it_locks(locking: bool, on_s: int, enters: bool) -> None:  # noqa: FBT001 - columns
    s = running(replace(ENGINE, delay_ms=5_000, locking=locking))
    since = s.now
    s.wires[FIRE] = True
    s.wait(on_s)
    s.wires[FIRE] = False
    s.wait(10)
    entered = s.times(E.PREEMPT_ENTRY, 3, since)
    assert [t - since - 100 for t in entered] == ([5_000] if enters else [])


@pytest.mark.untraced
def test_the_lower_number_takes_over_and_the_other_enters_again_when_it_leaves() -> None:
    s = running(RAIL, ENGINE)
    s.wires[FIRE] = True
    s.wait(30)
    assert s.greens() == {2, 5}
    since = s.now
    s.wires[TRAIN] = True
    s.wait(60)
    assert s.greens() == {2, 6}
    s.wires[TRAIN] = False
    s.wait(60)
    assert s.greens() == {2, 5}
    entries = [(c, p) for c, p in stages(s, since) if c in {E.PREEMPT_ENTRY, E.PREEMPT_BEGIN_EXIT}]
    assert entries == [(E.PREEMPT_ENTRY, 1), (E.PREEMPT_ENTRY, 3)], "its exit phases were never green"


def test_a_higher_number_waits_for_the_lower_one() -> None:
    s = running(RAIL, ENGINE)
    s.wires[TRAIN] = True
    s.wait(60)
    s.wires[FIRE] = True
    since = s.now
    s.wait(60)
    assert s.times(E.PREEMPT_ENTRY, 3, since) == []
    assert s.greens() == {2, 6}


@pytest.mark.untraced
def test_a_call_that_lasts_too_long_is_given_up_said_and_heard_again_after_it_has_gone() -> None:
    s = running(replace(ENGINE, max_presence_ms=60_000))
    since = s.now
    s.wires[FIRE] = True
    s.wait(61)
    assert s.times(E.PREEMPT_MAX_PRESENCE, 3, since)
    assert FaultKind.PREEMPT_GIVEN_UP in s.standing()
    s.occupy(8).wait(90)
    assert 8 in s.order_of_greens(since)
    s.wires[FIRE] = False
    s.wait(1)
    assert FaultKind.PREEMPT_GIVEN_UP not in s.standing()
    again = s.now
    s.wires[FIRE] = True
    s.wait(30)
    assert s.times(E.PREEMPT_ENTRY, 3, again)


@pytest.mark.untraced
def test_a_link_leads_from_the_dwell_to_another_preempt_that_nobody_calls() -> None:
    s = running(replace(RAIL, link=PreemptNumber(3)), ENGINE)
    since = s.now
    s.wires[TRAIN] = True
    s.wait(60)
    s.wires[TRAIN] = False
    s.wait(60)
    seen = [(c, p) for c, p in stages(s, since) if c not in {E.PREEMPT_ON, E.PREEMPT_OFF}]
    assert seen[-5:] == [
        (E.PREEMPT_LINK_ON, 3), (E.PREEMPT_ENTRY, 3), (E.PREEMPT_BEGIN_DWELL, 3), (E.PREEMPT_BEGIN_EXIT, 3),
        (E.PREEMPT_LINK_OFF, 3),
    ]  # fmt: skip


@pytest.mark.untraced
def test_a_call_that_comes_again_during_its_own_dwell_is_no_second_preempt() -> None:
    s = running(replace(ENGINE, delay_ms=3_000, min_dwell_ms=40_000))
    s.wires[FIRE] = True
    s.wait(25)
    since = s.now
    s.wires[FIRE] = False
    s.step()
    s.wires[FIRE] = True
    s.step()
    s.wires[FIRE] = False
    s.wait(60)
    assert s.times(E.PREEMPT_ENTRY, 3, since) == []


@pytest.mark.untraced
def test_cycling_phases_are_served_by_demand_and_nobody_else_is() -> None:
    cycling = Preempt(PreemptNumber(2), PreemptKind.RAIL, ref(TRAIN), track=RAIL.track, cycling=phases(2, 6, 5))
    s = running(cycling)
    s.wires[TRAIN] = True
    s.occupy(1, 4, 5, 7, 8).wait(60)
    since = s.now
    assert s.greens() == {2, 5}
    s.leave(5).occupy(6).wait(120)
    assert s.order_of_greens(since) == [6]


@pytest.mark.parametrize(("preempt", "wire", "enters"), [(RAIL, TRAIN, True), (ENGINE, FIRE, False)])
def test_an_input_that_is_not_heard_counts_as_a_train_but_not_as_a_fire_engine(
    preempt: Preempt,
    wire: str,
    enters: bool,  # noqa: FBT001 - a column
) -> None:
    s = running(preempt)
    since = s.now
    del s.wires[wire]
    s.wait(5)
    assert bool(s.times(E.PREEMPT_ENTRY, since=since)) == enters


def test_an_inverted_input_calls_while_it_is_off() -> None:
    s = running(replace(ENGINE, inverted=True))
    assert s.times(E.PREEMPT_ENTRY, 3)


@pytest.mark.untraced
def test_a_preempt_that_flash_breaks_off_enters_anew_after_the_start_up() -> None:
    s = running(RAIL)
    s.wires[TRAIN] = True
    s.wait(60)
    s.order(CommandKind.FLASH).step()
    while s.mode is not Mode.FLASH:
        s.step()
    since = s.now
    s.order(CommandKind.RESUME).step().until_run().wait(60)
    assert [c for c, _ in stages(s, since)] == [E.PREEMPT_ENTRY, E.PREEMPT_BEGIN_TRACK, E.PREEMPT_BEGIN_DWELL]


@pytest.mark.untraced
def test_a_long_preempt_is_no_cycle_fault() -> None:
    s = running(ENGINE)
    s.wires[FIRE] = True
    s.occupy(4, 7).wait(900)
    assert FaultKind.CYCLE_FAULT not in s.standing()
    s.wires[FIRE] = False
    s.wait(10)
    assert FaultKind.CYCLE_FAULT not in s.standing()


def reach_ms(site: Site, preempt: Preempt) -> int:
    """The bound by hand: whatever runs ends after its minimum (pedestrians as the entry leaves them), clears, red revert."""
    least = []
    for p in site.phases.values():
        ped = 0
        if p.ped is not None:
            walk = min(p.ped.walk_ms, preempt.entry.walk_ms) if preempt.entry else p.ped.walk_ms
            ped = walk + (min(p.ped.clearance_ms, preempt.entry.clearance_ms) if preempt.entry else p.ped.clearance_ms)
        least.append(max(p.min_green_ms, ped) + p.yellow_ms + p.red_clear_ms)
    return max(least) + site.options.red_revert_ms + 400


@pytest.mark.untraced
@given(st.integers(0, 2**32), st.booleans(), st.sampled_from([RAIL, ENGINE]))
def test_whenever_it_comes_a_preempt_is_reached_in_bounded_time(seed: int, hurried: bool, preempt: Preempt) -> None:  # noqa: FBT001 - drawn
    rng = random.Random(seed)
    chosen = preempt if hurried else replace(preempt, entry=None)
    peds = {number(n): replace(builders.quad().phases[number(n)], ped=PedTiming(5_000, 9_000)) for n in (2, 4, 6, 8)}
    site = replace(builders.quad(), phases={**builders.quad().phases, **peds})
    s = Scenario(with_preempts(chosen, site=site))
    wire = f"{chosen.input.device}.{chosen.input.terminal}"
    s.wires[wire] = False
    s.until_run()
    for _ in range(rng.randrange(1, 900)):
        for d in s.site.detectors:
            if rng.random() < 0.03:
                s.leave(d) if d in s.on else s.occupy(d)
        s.pressed = {b for b in s.site.buttons if rng.random() < 0.02}
        s.step()
    s.wires[wire] = True
    came = s.now
    s.wait(reach_ms(s.site, chosen) / 1000)
    wanted = set(chosen.track.phases if chosen.track else chosen.dwell)
    reached = s.times(E.PREEMPT_BEGIN_TRACK if chosen.track else E.PREEMPT_BEGIN_DWELL, chosen.number, came)
    assert reached, (came, s.greens(), wanted)


# ── transit priority ──

TRAM = Priority(
    PriorityNumber(1), ref(BUS), phases(2, 6), PriorityLimits(10_000, {PhaseNumber(4): 8_000, PhaseNumber(8): 8_000}),
    max_request_ms=60_000, lockout_ms=120_000,
)  # fmt: skip


def tram(priority: Priority = TRAM) -> Scenario:
    site = builders.recalled(builders.quad(), Recall.MIN, 2, 6)
    s = Scenario(replace(site, priorities={priority.number: priority}))
    s.wires[BUS] = False
    return s.drain()


@pytest.mark.untraced
def test_a_green_it_asks_for_is_extended_by_its_limit_and_no_longer() -> None:
    plain, late = tram(), tram()
    began = late.now
    late.wires[BUS] = True
    for s in (plain, late):
        assert s.greens() == {2, 6}
        s.occupy(4).wait(1).leave(4).wait(40)
    usual, held = (s.times(E.PHASE_GREEN_TERMINATION, 2, began)[0] for s in (plain, late))
    assert held - usual == 10_000
    assert late.times(E.PRIORITY_CHECK_IN, 1, began)
    assert late.times(E.PRIORITY_EXTENSION, 1, began)


def test_another_green_ends_early_once_it_has_had_what_it_keeps() -> None:
    s = tram()
    s.occupy(4, 8).until(60, 4, Interval.MIN_GREEN)
    began = s.now
    s.wires[BUS] = True
    s.wait(20)
    assert s.times(E.PRIORITY_FORCE_OFF, 4, began)[0] - began == 8_000
    assert s.times(E.PRIORITY_EARLY_GREEN, 1, began)
    assert s.greens() == {2, 6}
    served = s.times(E.PHASE_BEGIN_GREEN, 2, began)[0]
    assert s.times(E.PRIORITY_SERVICE_START, 1, began)[0] - served in {0, 100}
    assert s.times(E.PRIORITY_SERVICE_END, 1, began) == []
    s.wires[BUS] = False
    s.step()
    assert s.times(E.PRIORITY_CHECK_OUT, 1, began) == s.times(E.PRIORITY_SERVICE_END, 1, began)


def test_after_a_served_request_the_next_one_waits_for_the_lockout() -> None:
    s = tram()
    s.occupy(4, 8).until(60, 4, Interval.MIN_GREEN)
    s.wires[BUS] = True
    s.wait(20)
    s.wires[BUS] = False
    s.wait(1)
    since = s.now
    s.wires[BUS] = True
    s.wait(60)
    assert s.times(E.PRIORITY_CHECK_IN, 1, since) == []
    s.wires[BUS] = False
    s.wait(70)
    s.wires[BUS] = True
    s.wait(1)
    assert s.times(E.PRIORITY_CHECK_IN, 1, since)


def test_a_request_that_lasts_too_long_is_given_up_until_it_has_gone() -> None:
    s = tram()
    since = s.now
    s.wires[BUS] = True
    s.wait(200)
    assert len(s.times(E.PRIORITY_CHECK_IN, 1, since)) == len(s.times(E.PRIORITY_CHECK_OUT, 1, since)) == 1


def test_while_a_plan_runs_its_own_limits_count_and_none_means_no_priority() -> None:
    by_plan = replace(TRAM, by_plan={PlanNumber(1): None})
    assert by_plan.limits_of(None) is TRAM.limits
    assert by_plan.limits_of(PlanNumber(1)) is None
    assert by_plan.limits_of(PlanNumber(2)) is TRAM.limits


def test_the_screen_says_what_is_done_for_a_request() -> None:
    s = tram()
    s.wires[BUS] = True
    s.step()
    assert [p.doing for p in s.tick.controller.status(s.now).priorities] == ["checked in"]
    s.occupy(4).wait(1).leave(4).wait(8)
    assert s.tick.controller.status(s.now).priorities[0].doing.startswith("green extended")


def test_preemption_has_more_right_than_priority() -> None:
    site = replace(builders.quad(), preempts={RAIL.number: RAIL}, priorities={TRAM.number: TRAM})
    s = Scenario(site)
    s.wires = {TRAIN: False, BUS: True}
    s.drain()
    s.wires[TRAIN] = True
    s.wait(12)
    assert s.greens() == {3, 8}
