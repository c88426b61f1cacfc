"""Which loops are believed: each fault is found, each oddity of healthy traffic is not taken for one."""

from dataclasses import replace

import pytest

from edge.adaptive.health import LoopWatch
from edge.adaptive.health_evidence import RULES, Ill, Kind, Odds, Rule, convicts, none_in
from edge.model.exchange import Mode
from edge.model.faults import FaultKind
from edge.model.lanes import LaneName, Movement, Turn
from edge.model.observation import LoopEdge
from edge.model.units import DetectorNumber, Ms, PhaseNumber
from tests.adaptive.town import LANES, Line, Town, Watched, lanes, loops

STOP, ADVANCE = loops("N1")
BREAKS_S = 420


def stuck(from_s: int = 0, to_s: int = 10**6) -> Line:
    return lambda now, true: true or from_s <= now // 1000 < to_s


def dead(from_s: int = 0, to_s: int = 10**6) -> Line:
    return lambda now, true: true and not from_s <= now // 1000 < to_s


def chatters(from_s: int = 0) -> Line:
    return lambda now, true: now // 200 % 2 == 0 if now // 1000 >= from_s else true


def comes_and_goes(from_s: int = 0, until_s: int = 1_000_000, late_s: int = 0) -> Line:
    return lambda now, true: true and not (from_s <= now // 1000 < until_s and (now // 1000 - late_s) % 97 < 45)


def approach(line: Line) -> dict[DetectorNumber, Line]:
    return {number: line for name in ("N1", "N2") for number in loops(name)}


def bad(seen: Watched) -> dict[int, Ill]:
    return {number: ill for number, (_, ill) in seen.first.items()}


# ── each fault is seen ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("from_s", [0, BREAKS_S])
@pytest.mark.parametrize("loop", [STOP, ADVANCE])
def test_one_dead_loop_is_found_by_its_lane(loop: DetectorNumber, from_s: int) -> None:
    seen = Town(wires={loop: dead(from_s)}).watched(from_s + 420)
    assert bad(seen) == {loop: Ill.DEAD}
    assert "other loop of its lane" in seen.why[loop]


@pytest.mark.parametrize("from_s", [0, BREAKS_S])
@pytest.mark.parametrize("loop", [STOP, ADVANCE])
def test_one_loop_that_is_stuck_on_is_found(loop: DetectorNumber, from_s: int) -> None:
    seen = Town(wires={loop: stuck(from_s)}).watched(from_s + 600)
    assert bad(seen) == {loop: Ill.STUCK}


@pytest.mark.parametrize("from_s", [0, BREAKS_S])
@pytest.mark.parametrize("loop", [STOP, ADVANCE])
def test_one_loop_that_chatters_is_found_within_two_minutes(loop: DetectorNumber, from_s: int) -> None:
    seen = Town(wires={loop: chatters(from_s)}).watched(from_s + 120)
    assert bad(seen) == {loop: Ill.CHATTER}


@pytest.mark.parametrize("from_s", [0, BREAKS_S])
def test_an_approach_whose_loops_are_all_stuck_on_is_found(from_s: int) -> None:
    seen = Town(wires=approach(stuck(from_s))).watched(from_s + 480)
    assert bad(seen) == dict.fromkeys(approach(stuck()), Ill.STUCK)


def test_an_approach_that_is_dead_from_the_start_is_not_proved_alive() -> None:
    seen = Town(wires=approach(dead())).watched(300)
    assert bad(seen) == dict.fromkeys(approach(dead()), Ill.UNPROVED)


def test_through_lanes_that_are_dead_from_the_start_beside_a_pocket_that_lives_are_not_proved_alive() -> None:
    pocket = (Movement(Turn.RIGHT, frozenset({PhaseNumber(2)})),)
    town = Town(wires={STOP: dead(), ADVANCE: dead()})
    town.lanes = tuple(replace(lane, movements=pocket) if lane.name == "N2" else lane for lane in town.lanes)
    seen = town.watched(300)
    assert bad(seen) == {STOP: Ill.UNPROVED, ADVANCE: Ill.UNPROVED}


def test_left_turn_lanes_of_a_stem_that_are_dead_from_the_start_beside_a_right_turn_lane_are_not_proved_alive() -> None:
    town = Town(wires={STOP: dead(), ADVANCE: dead()})
    ways = {"N1": Turn.LEFT, "N2": Turn.RIGHT}
    town.lanes = tuple(
        replace(lane, movements=(Movement(ways[lane.name], frozenset({PhaseNumber(2)})),))
        if lane.name in ways
        else lane
        for lane in town.lanes
    )
    assert bad(town.watched(300)) == {STOP: Ill.UNPROVED, ADVANCE: Ill.UNPROVED}


def test_an_approach_that_has_not_been_seen_alive_is_probed_at_first_and_recalled_when_it_is_not_believed() -> None:
    town = Town(wires=approach(dead()))
    watch = LoopWatch(town.lanes)
    told = [(watch.see(seen), watch.unseen.get(PhaseNumber(2)))[1] for seen in town.observations(300)]
    recalled = told.index(True)
    assert recalled >= 149
    assert all(unseen is True for unseen in told[recalled:])
    assert all(unseen is not True for unseen in told[:recalled])


@pytest.mark.parametrize(("shared", "recalled"), [(True, False), (False, True)])
def test_an_approach_of_bicycles_or_buses_waits_for_those_who_are_seen_in_its_phase_if_there_are_any(
    shared: bool,  # noqa: FBT001
    recalled: bool,  # noqa: FBT001
) -> None:
    town = Town(wires=approach(dead()))
    own = (Movement(Turn.THROUGH, frozenset({PhaseNumber(4 if shared else 2)})),)
    lanes = tuple(replace(row, movements=own, cars=False) if row.approach == "N" else row for row in town.lanes)
    elsewhere = {phase for row in lanes if row.approach != "N" for phase in row.phases}
    assert (own[0].phases <= elsewhere) is shared
    watch = LoopWatch(lanes)
    told = [(watch.see(seen), watch.unseen.get(min(own[0].phases)))[1] for seen in town.observations(300)]
    assert (True in told) is recalled


def test_an_approach_that_falls_silent_is_recalled_long_before_it_is_found_dead() -> None:
    town = Town(wires=approach(dead(BREAKS_S)))
    watch = LoopWatch(town.lanes)
    told = [(watch.see(seen), watch.unseen.get(PhaseNumber(2)))[1] for seen in town.observations(BREAKS_S + 300)]
    assert True not in told[:BREAKS_S]
    assert told.index(True) < BREAKS_S + 240


def test_a_phase_whose_loops_tell_nothing_beside_lanes_that_do_is_probed_after_ninety_seconds_of_red() -> None:
    town = Town(wires={number: dead() for number in loops("N1")})
    own = (Movement(Turn.LEFT, frozenset({PhaseNumber(6)})),)
    town.lanes = (replace(town.lanes[0], movements=own), *town.lanes[1:])
    watch = LoopWatch(town.lanes)
    told = [
        (watch.see(seen), watch.unseen.get(PhaseNumber(6)), seen.now // 1000)[1:] for seen in town.observations(160)
    ]
    probed = [second for unseen, second in told if unseen is False]
    assert set(range(110, 161)) <= set(probed)
    assert min(probed) >= 90


def test_an_approach_that_dies_is_found_by_its_own_silence_and_by_traffic_elsewhere() -> None:
    seen = Town(wires=approach(dead(BREAKS_S))).watched(BREAKS_S + 420)
    assert bad(seen) == dict.fromkeys(approach(dead()), Ill.DEAD)
    assert "whole approach" in seen.why[STOP]


def test_through_lanes_that_die_beside_a_pocket_that_lives_are_recalled_at_once_and_found() -> None:
    pocket = (Movement(Turn.LEFT, frozenset({PhaseNumber(6)})),)
    town = Town(wires={n: dead(BREAKS_S) for n in loops("N1")})
    town.lanes = tuple(replace(lane, movements=pocket) if lane.name == "N2" else lane for lane in town.lanes)
    seen = Watched(LoopWatch(town.lanes))
    recalled = 0
    for second in town.observations(BREAKS_S + 600):
        seen.take(second)
        recalled += bool(seen.watch.unseen.get(PhaseNumber(2)))
    assert bad(seen) == dict.fromkeys(loops("N1"), Ill.DEAD)
    assert "all through lanes" in seen.why[STOP]
    assert recalled > 300


def test_who_turn_on_red_beside_a_loop_that_comes_and_goes_are_no_fault() -> None:
    town = Town(turns_on_red="N1", wires={loops("N2")[0]: comes_and_goes(BREAKS_S)})
    seen = town.watched(BREAKS_S + 1800)
    assert bad(seen).keys() <= set(loops("N2"))


def test_a_stop_bar_that_comes_and_goes_is_found_by_what_it_misses_and_by_vehicles_that_vanish() -> None:
    seen = Town(wires={STOP: comes_and_goes(BREAKS_S)}).watched(BREAKS_S + 900)
    assert bad(seen).keys() == {STOP}


@pytest.mark.untraced
def test_all_loops_of_an_approach_that_come_and_go_are_found_and_heal() -> None:
    ends_s = BREAKS_S + 1800
    lines = {n: comes_and_goes(BREAKS_S, ends_s, 23 * k) for k, n in enumerate(approach(dead()))}
    town = Town(wires=lines)
    seen = Watched(LoopWatch(town.lanes))
    for k, second in enumerate(town.observations(ends_s + 3600)):
        seen.take(second)
        assert k != ends_s or bad(seen) == dict.fromkeys(lines, Ill.INTERMITTENT)
    assert seen.why == {}


def test_what_a_device_reports_is_taken_at_once() -> None:
    seen = Town(failed={STOP: FaultKind.DETECTOR_STALE}).watched(1)
    assert seen.why == {STOP: "reported by its device: its device gives no valid reading"}


# ── healthy oddities are not ────────────────────────────────────────────────────────────────────

ODDITIES = {
    "ordinary traffic": Town(),
    "a third changes lanes between the loops": Town(changes_lanes=0.33),
    "a saturated approach, queues over the advance loops": Town(per_h={"N1": 700, "N2": 700, "E1": 200, "E2": 200}),
    "an empty side street": Town(per_h={"N1": 500, "N2": 500, "E1": 12, "E2": 0}),
    "night: hardly anybody anywhere": Town(per_h=dict.fromkeys(LANES, 10.0)),
    "a lane that turns on red": Town(turns_on_red="N1"),
    "every second vehicle a long truck": Town(truck=0.5),
    "spill-back: nobody can leave for four minutes": Town(no_way_out=(300, 540)),
}


@pytest.mark.parametrize("town", ODDITIES.values(), ids=ODDITIES.keys())
def test_healthy_loops_are_believed(town: Town) -> None:
    seen = town.watched(900)
    assert {number: ill for number, ill in bad(seen).items() if ill is not Ill.UNPROVED} == {}


def test_a_flow_that_moves_from_one_approach_to_the_other_is_no_fault() -> None:
    town = Town(per_h={"N1": 600, "N2": 600, "E1": 60, "E2": 60})
    watch = Watched(LoopWatch(town.lanes))
    for seen in town.observations(900):
        watch.take(seen)
    turned = replace(town, per_h={"N1": 60, "N2": 60, "E1": 600, "E2": 600})
    for seen in turned.observations(900):
        watch.take(replace(seen, now=seen.now + 900_000, edges=tuple(_later(e, 900_000) for e in seen.edges)))
    assert watch.first == {}


def _later(edge: LoopEdge, ms: Ms) -> LoopEdge:
    return replace(edge, at_ms=edge.at_ms + ms)


def test_a_left_turner_who_waits_for_a_gap_is_not_stuck() -> None:
    two, four = PhaseNumber(2), PhaseNumber(4)
    waits = (Movement(Turn.LEFT, frozenset({two}), frozenset({two}), (LaneName("N2"),)),)
    town = Town(per_h={"N1": 0, "N2": 700, "E1": 200, "E2": 200}, wires={STOP: stuck(60, 300)})
    town.lanes = (replace(town.lanes[0], movements=waits), *town.lanes[1:])
    assert four in town.lanes[2].phases
    assert town.watched(420).first == {}


# ── two kinds, healing, memory ──────────────────────────────────────────────────────────────────


def test_loops_that_are_only_guessed_to_share_a_lane_must_first_be_seen_to() -> None:
    town = Town(wires={STOP: dead()})
    sure, unsure = Watched(LoopWatch(town.lanes)), Watched(LoopWatch(town.lanes, guessed=True))
    for seen in town.observations(300):
        sure.take(seen)
        unsure.take(seen)
    assert STOP in sure.first
    assert unsure.first == {}


def test_a_dead_stop_bar_is_not_condemned_by_its_silence_alone() -> None:
    seen = Town(wires={STOP: dead(BREAKS_S), ADVANCE: dead(BREAKS_S)}).watched(BREAKS_S + 120)
    assert STOP not in seen.first


def test_one_kind_of_evidence_is_never_enough_however_strong() -> None:
    for ill, rule in RULES.items():
        for kind in Kind:
            assert not convicts({kind: 1000.0}, rule), ill


def test_a_verdict_without_a_leading_kind_needs_more_or_never_comes() -> None:
    rule = Rule(8.0, 2.0, lead=frozenset({Kind.LANE}), without=11.0)
    two = {Kind.OWN: 5.0, Kind.NEIGHBOURS: 5.0}
    assert not convicts(two, rule)
    assert convicts({**two, Kind.LANE: 2.0}, rule)
    assert convicts({Kind.OWN: 6.0, Kind.NEIGHBOURS: 6.0}, rule)
    assert not convicts({Kind.OWN: 8.0, Kind.NEIGHBOURS: 8.0}, replace(rule, without=None))


def test_little_learned_makes_weak_evidence() -> None:
    assert none_in(60, 0.1, 1) < none_in(60, 0.1, 4) < none_in(60, 0.1, 1000) < 6.0
    few, many = Odds(3.0, 0.3), Odds(30.0, 3.0, memory=40)
    for odds in (few, many):
        for _ in range(4):
            odds.miss()
    assert few.against < many.against


def test_a_dead_loop_is_believed_again_with_its_next_edge() -> None:
    seen = Town(wires={STOP: dead(BREAKS_S, BREAKS_S + 420)}).watched(BREAKS_S + 480)
    assert (STOP, Ill.DEAD) in seen.ever
    assert seen.why == {}


def test_a_loop_that_fails_again_and_again_is_believed_later_each_time() -> None:
    times = ((300, 600), (660, 960))
    seen = Town(wires={STOP: lambda now, true: true and not any(a <= now // 1000 < b for a, b in times)}).watched(990)
    assert "failed before" in seen.why[STOP]
    assert "60 s" in seen.why[STOP]


def test_after_a_gap_in_what_is_told_nothing_is_held_against_a_loop() -> None:
    town = Town()
    watch = Watched(LoopWatch(town.lanes))
    for seen in town.observations(600):
        if not 200_000 < seen.now <= 560_000:
            watch.take(seen)
    assert watch.first == {}


def test_in_flash_nothing_is_judged() -> None:
    town = Town(wires={STOP: stuck()})
    watch = Watched(LoopWatch(town.lanes))
    for seen in town.observations(600):
        watch.take(replace(seen, mode=Mode.FLASH))
    assert watch.first == {}


def test_a_site_without_advance_loops_still_finds_a_stuck_approach() -> None:
    town = Town(wires=approach(stuck()), lanes=lanes(advance=()))
    assert {loops("N1")[0], loops("N2")[0]} <= town.watched(600).first.keys()
