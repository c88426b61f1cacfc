"""Points of the cycle by hand: splits, clearances, offsets references, lead and lag."""

import pytest

from edge.control.force_offs import cycle_points, shortest_percent
from edge.model.coordination import Coordination, OffsetReference, ReferencePhase, SplitMode
from edge.model.units import PhaseNumber
from tests import builders
from tests.control.coordinated import MAIN, SPLITS, dual, plan
from tests.control.scenario import number

START, END = OffsetReference.START_OF_GREEN, OffsetReference.END_OF_GREEN
FIRST, LAST = ReferencePhase.FIRST, ReferencePhase.LAST


def test_a_force_off_point_is_the_end_of_the_split_less_clearance_and_the_longer_one_at_a_barrier() -> None:
    """Signal Timing Manual 2nd ed. 7.3; the arithmetic is ours. 16 - 4.5, 50 - 5.5, 68 - 4.5, 100 - 5.6."""
    points = cycle_points(dual(), plan(SPLITS, Coordination(MAIN)))
    assert points.force_offs == {1: 11_500, 5: 11_500, 2: 44_500, 6: 44_500, 3: 63_500, 7: 63_500, 4: 94_400, 8: 94_400}
    assert points.starts == {1: 0, 5: 0, 2: 16_000, 6: 16_000, 3: 50_000, 7: 50_000, 4: 68_000, 8: 68_000}
    assert points.yields == {2: 44_500, 6: 44_500}


LAG: dict[int, float] = {1: 18, 2: 46, 3: 16, 4: 30, 5: 16, 6: 48, 7: 16, 8: 30}


@pytest.mark.parametrize(
    ("reference", "which", "expected"),
    [(START, FIRST, 0), (START, LAST, 18_000), (END, FIRST, 42_500), (END, LAST, 58_500)],
)
def test_the_offset_names_the_first_or_last_start_or_end_of_the_coordinated_greens(
    reference: OffsetReference, which: ReferencePhase, expected: int
) -> None:
    """2 leads with 1 before it (18 … 64), 6 begins the cycle (0 … 48) and is followed by a lagging 5: 48 - 5.5, 64 - 5.5.

    TS 2 references the start of the first coordinated green, Type 170 its end (Signal Timing Manual 2008, figure 6-7).
    """
    how = Coordination(MAIN, reference=reference, reference_phase=which)
    order = builders.rings("1 2 | 3 4", "6 5 | 7 8")
    assert cycle_points(dual(), plan(LAG, how, cycle_s=110, order=order)).reference_ms == expected


def test_an_early_yield_moves_the_yield_point_and_nothing_else() -> None:
    points = cycle_points(dual(), plan(SPLITS, Coordination(MAIN, early_yield_ms=6_000)))
    assert points.yields == {2: 38_500, 6: 38_500}
    assert points.force_offs[number(2)] == 44_500


def test_a_ring_without_a_phase_in_a_group_waits_there_for_the_others() -> None:
    rows = [builders.phase(n, yellow_ms=3_000, red_clear_ms=1_000) for n in (1, 2, 3, 6)]
    site = builders.site(builders.rings("1 | 2 | 3", "| 6 |"), rows)
    points = cycle_points(site, plan({1: 20, 2: 30, 3: 10, 6: 30}, None, cycle_s=60))
    assert points.force_offs == {1: 16_000, 2: 46_000, 3: 56_000, 6: 46_000}


@pytest.mark.parametrize(
    ("how", "percent"),
    [
        # the tightest split: 4 with walk 7 + 14 + 5.6 = 26.6 of 32 s; 1 alone 5 + 4.5 = 9.5 of 16 s; 3 alone 9.5 of 18 s
        (Coordination(MAIN), 16),
        (Coordination(MAIN, stop_in_walk=True), 40),
        (Coordination(MAIN, stop_in_walk=True, modes={PhaseNumber(n): SplitMode.OMIT for n in (1, 5)}), 47),
    ],
)
def test_a_cycle_is_shortened_only_as_far_as_every_split_holds_its_phase(how: Coordination, percent: int) -> None:
    site = dual()
    it = plan(SPLITS, how)
    assert shortest_percent(site, it, cycle_points(site, it)) == percent
