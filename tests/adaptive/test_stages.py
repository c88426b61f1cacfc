"""The stage graph: what may be green together, and the time between two stages."""

from dataclasses import replace

from edge.adaptive.stages import StageGraph
from edge.model.lanes import Movement, Turn
from edge.model.overlaps import Overlap, OverlapKind
from edge.model.units import OverlapNumber, PhaseNumber
from tests.builders import phase, rings, site


def of(*numbers: int) -> frozenset[PhaseNumber]:
    return frozenset(PhaseNumber(n) for n in numbers)


DUAL = site(rings("1 2 | 3 4", "5 6 | 7 8"), [phase(n) for n in range(1, 9)])
SINGLE = site(rings("1 2 3"), [phase(n) for n in (1, 2, 3)], intergreen={(1, 3): 9_000})


def test_a_dual_ring_has_the_eight_stages_of_its_two_groups() -> None:
    expected = {of(1, 5), of(1, 6), of(2, 5), of(2, 6), of(3, 7), of(3, 8), of(4, 7), of(4, 8)}
    graph = StageGraph(DUAL)
    assert set(graph.stages) == expected
    assert len(graph.stages) == 8


def test_a_group_with_a_phase_in_one_ring_only_has_stages_of_one_phase() -> None:
    built = site(rings("1 2 | 3", "5 6 |"), [phase(n) for n in (1, 2, 3, 5, 6)])
    assert of(3) in StageGraph(built).stages


def test_stages_of_three_rings_have_a_phase_of_each() -> None:
    built = site(rings("1 2", "3", "4 5"), [phase(n) for n in range(1, 6)])
    assert set(StageGraph(built).stages) == {of(1, 3, 4), of(1, 3, 5), of(2, 3, 4), of(2, 3, 5)}


def test_inside_a_group_a_ring_waits_for_its_own_phase_alone() -> None:
    change = StageGraph(DUAL).change(of(1, 5), of(2, 5))
    assert dict(change.ends) == {1: 0}
    assert dict(change.starts) == {2: DUAL.clearance_ms(PhaseNumber(1), PhaseNumber(2))}


def test_over_a_barrier_everybody_waits_for_the_slowest_clearance() -> None:
    change = StageGraph(DUAL).change(of(2, 6), of(4, 8))
    slowest = max(DUAL.phases[PhaseNumber(n)].change_ms for n in (2, 6))
    assert dict(change.starts) == {4: slowest, 8: slowest}


def test_a_ring_that_follows_later_starts_as_much_later() -> None:
    graph = StageGraph(DUAL)
    change = graph.change(of(1, 5), of(2, 6), {1: 3_000})
    assert change.ends == {1: 0, 5: 3_000}
    assert change.starts[PhaseNumber(6)] == 3_000 + DUAL.clearance_ms(PhaseNumber(5), PhaseNumber(6))


def test_the_intergreen_matrix_counts() -> None:
    graph = StageGraph(SINGLE)
    assert graph.change(of(1), of(3)).lasts_ms == 9_000
    assert graph.change(of(1), of(2)).lasts_ms < 9_000


def overlap(*parents: int, yellow_ms: int = 8_000) -> Overlap:
    numbers = tuple(PhaseNumber(p) for p in parents)
    return Overlap(OverlapNumber(1), "", OverlapKind.NORMAL, numbers, yellow_ms, 0, 3_000)


def test_whoever_conflicts_with_an_overlap_that_ends_waits_for_its_clearance() -> None:
    graph = StageGraph(replace(SINGLE, overlaps={OverlapNumber(1): overlap(1, 2)}))
    assert graph.clearance_ms(PhaseNumber(2), PhaseNumber(3)) == 8_000
    assert graph.clearance_ms(PhaseNumber(1), PhaseNumber(2)) == SINGLE.clearance_ms(PhaseNumber(1), PhaseNumber(2))


def test_a_movement_stays_green_between_the_parents_of_its_overlap_only() -> None:
    graph = StageGraph(replace(SINGLE, overlaps={OverlapNumber(1): overlap(1, 2)}))
    movement = Movement(Turn.LEFT, of(1, 2, 3))
    assert graph.stays(movement, PhaseNumber(1), PhaseNumber(2))
    assert not graph.stays(movement, PhaseNumber(2), PhaseNumber(3))
    assert not graph.stays(Movement(Turn.LEFT, of(1)), PhaseNumber(1), PhaseNumber(2))
