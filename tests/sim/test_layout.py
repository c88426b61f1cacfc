"""Lanes and loops out of a site's detectors."""

from edge.model.detectors import DetectorKind
from edge.model.units import PhaseNumber
from edge.sim.layout import COUNT_BEYOND_M, Axis, LaneLayout, Turn, lanes_of
from tests.sim.sites import detector, eight_phase, site_of, two_phase


def loops_by_lane(lanes: tuple[LaneLayout, ...]) -> dict[str, list[int]]:
    return {lane.name: [loop.detector for loop in lane.loops] for lane in lanes}


def lanes_of_one_phase(move: str, *kinds_and_moves: tuple[DetectorKind, str]) -> dict[str, list[int]]:
    detectors = tuple(detector(k, 2, kind, label) for k, (kind, label) in enumerate(kinds_and_moves, 1))
    return loops_by_lane(lanes_of(site_of((((2,),),), {2: move}, detectors)))


def test_numbered_movements_are_lanes_of_their_own() -> None:
    lanes = loops_by_lane(lanes_of(eight_phase()))
    assert lanes["2/SBT-1/1"] == [12, 42]
    assert lanes["2/SBT-2/1"] == [22, 52]
    assert len(lanes) == 12


def test_stop_bar_loops_side_by_side_are_lanes() -> None:
    assert lanes_of_one_phase("SBT", (DetectorKind.STOPBAR, ""), (DetectorKind.STOPBAR, "")) == {
        "2/SBT/1": [1],
        "2/SBT/2": [2],
    }


def test_one_advance_loop_over_two_lanes_lies_in_both() -> None:
    kinds = (DetectorKind.STOPBAR, DetectorKind.STOPBAR, DetectorKind.ADVANCE)
    assert lanes_of_one_phase("SBT", *((kind, "") for kind in kinds)) == {"2/SBT/1": [1, 3], "2/SBT/2": [2, 3]}


def test_a_bare_movement_lies_across_its_numbered_lanes() -> None:
    rows = ((DetectorKind.ADVANCE, "EBT-1"), (DetectorKind.ADVANCE, "EBT-2"), (DetectorKind.COUNT, "EBT"))
    assert lanes_of_one_phase("EBT", *rows) == {"2/EBT-1/1": [1, 3], "2/EBT-2/1": [2, 3]}


def test_a_phase_of_two_legs_has_a_lane_on_each() -> None:
    assert lanes_of_one_phase("EBT+WBT", (DetectorKind.ADVANCE, "")) == {"2/EBT/1": [1], "2/WBT/1": [1]}
    two_loops = ((DetectorKind.STOPBAR, ""), (DetectorKind.STOPBAR, ""))
    assert lanes_of_one_phase("EBT+WBT", *two_loops) == {"2/EBT/1": [1], "2/WBT/1": [2]}
    three = (*two_loops, (DetectorKind.STOPBAR, ""))
    assert sorted(lanes_of_one_phase("EBT+WBT", *three).values()) == [[1], [2], [3]]


def test_words_after_the_movement_do_not_make_lanes() -> None:
    rows = (
        (DetectorKind.STOPBAR, "WBL stop bar"),
        (DetectorKind.ADVANCE, "WBL advance"),
        (DetectorKind.COUNT, "by the oak"),
    )
    assert lanes_of_one_phase("WBL", *rows) == {"2/WBL/1": [1, 2, 3]}
    assert lanes_of_one_phase("Mill Lane", *rows[2:]) == {"2/Mill Lane/1": [1]}


def test_a_phase_without_detectors_has_a_lane_without_loops() -> None:
    assert lanes_of_one_phase("SBT") == {"2/SBT/1": []}


def test_names_of_movements_tell_street_and_turn() -> None:
    lanes = {lane.phase: (lane.axis, lane.turn) for lane in lanes_of(eight_phase())}
    assert lanes[PhaseNumber(1)] == (Axis.NORTH_SOUTH, Turn.LEFT)
    assert lanes[PhaseNumber(4)] == (Axis.EAST_WEST, Turn.THROUGH)
    right = lanes_of(site_of((((2,),),), {2: "NBR"}, ()))[0]
    assert (right.axis, right.turn) == (Axis.NORTH_SOUTH, Turn.RIGHT)
    shared = lanes_of(site_of((((2,),),), {2: "NBLT"}, ()))[0]
    assert (shared.axis, shared.turn) == (Axis.NORTH_SOUTH, Turn.THROUGH)


def test_without_names_streets_alternate_by_barrier_group_or_by_stage() -> None:
    grouped = lanes_of(site_of((((1, 2), (3,)),), {1: "", 2: "", 3: ""}, ()))
    assert [lane.axis for lane in grouped] == [Axis.NORTH_SOUTH, Axis.NORTH_SOUTH, Axis.EAST_WEST]
    staged = lanes_of(site_of((((1, 2, 3),),), {1: "A", 2: "B", 3: "C"}, ()))
    assert [lane.axis for lane in staged] == [Axis.NORTH_SOUTH, Axis.EAST_WEST, Axis.NORTH_SOUTH]


def test_loops_lie_where_their_kind_and_distance_say() -> None:
    lanes = {lane.phase: lane for lane in lanes_of(two_phase())}
    advance, count = lanes[PhaseNumber(2)].loops
    assert (advance.upstream_m, advance.downstream_m) == (-60.0, -58.2)
    assert count.upstream_m == COUNT_BEYOND_M
    (stopbar,) = lanes[PhaseNumber(4)].loops
    assert (stopbar.upstream_m, stopbar.downstream_m) == (-6.5, -0.5)


def test_a_far_loop_makes_the_lane_longer() -> None:
    far = detector(1, 2, DetectorKind.ADVANCE, distance_m=300.0)
    assert lanes_of(site_of((((2,),),), {2: "SBT"}, (far,)))[0].entry_m == -350.0
