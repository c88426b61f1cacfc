"""Lanes told from detectors."""

from dataclasses import replace

from edge.adaptive.lanes import lanes_of
from edge.model.detectors import Detector, DetectorKind, InputRef
from edge.model.lanes import Lane, Turn
from edge.model.site import Site
from edge.model.units import DetectorNumber, PhaseNumber
from tests import builders
from tests.adaptive.street import crossing


def loops(*rows: tuple[int, DetectorKind, str, float | None]) -> Site:
    """All of phase 2: number, kind, move, distance."""
    built = {
        DetectorNumber(n): Detector(
            DetectorNumber(n), InputRef("mock", str(n)), PhaseNumber(2), kind, builders.LIMITS, move, distance_m=metres
        )
        for n, kind, move, metres in rows
    }
    return replace(builders.two_phase(), detectors=built)


def shape(row: Lane) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Its stop-bar loops and its advance loops."""
    return row.stopbar, row.advance


STOP, ADVANCE, COUNT = DetectorKind.STOPBAR, DetectorKind.ADVANCE, DetectorKind.COUNT


def test_lanes_that_the_file_names_are_taken_as_they_are() -> None:
    site = crossing()
    assert lanes_of(site) == site.lanes


def test_a_stop_bar_loop_and_an_advance_loop_of_one_movement_share_a_lane() -> None:
    (lane,) = lanes_of(loops((1, STOP, "EBL stop bar", None), (2, ADVANCE, "EBL advance", 60.0)))
    assert (shape(lane), lane.advance_m, lane.approach) == (((1,), (2,)), 60.0, "E")
    assert lane.movements[0].turn is Turn.LEFT


def test_loops_of_one_kind_at_one_place_lie_in_lanes_side_by_side_which_are_siblings() -> None:
    rows = ((1, STOP, "EBT", None), (2, STOP, "EBT", None), (3, ADVANCE, "EBT", 60.0), (4, ADVANCE, "EBT", 60.0))
    one, two = lanes_of(loops(*rows))
    assert (shape(one), shape(two)) == (((1,), (3,)), ((2,), (4,)))
    assert (one.siblings, two.siblings) == ((two.name,), (one.name,))


def test_two_advance_loops_one_behind_the_other_lie_in_the_same_lane_the_far_one_first() -> None:
    (lane,) = lanes_of(loops((1, ADVANCE, "NBT", 40.0), (2, ADVANCE, "NBT", 90.0)))
    assert (shape(lane), lane.advance_m) == (((), (2, 1)), 90.0)


def test_a_counter_at_the_line_stands_for_a_stop_bar_loop_where_there_is_none() -> None:
    (lane,) = lanes_of(loops((1, COUNT, "NBT", None)))
    assert shape(lane) == ((1,), ())
