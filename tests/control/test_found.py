"""What walking all states, a peer's known faults and a recorded signal have shown: one situation each."""

from edge.model.exchange import Interval
from edge.model.site import Options, Site
from tests import builders
from tests.control.scenario import Scenario


def pair(**changes: object) -> Site:
    """Two rings of two phases, quick to gap out."""
    phases = [
        builders.phase(n, min_green_ms=4_000, passage_ms=1_000, max_green_ms=30_000, **changes) for n in (2, 4, 6, 8)
    ]
    return builders.site(builders.rings("2 | 4", "6 | 8"), phases, options=Options(red_revert_ms=2_000))


def test_a_vehicle_that_comes_after_the_gap_out_while_the_other_ring_is_still_extended_is_not_forgotten() -> None:
    """Found by `make explore`: its loop is empty again before the yellow, so no call comes from there."""
    run = Scenario(pair()).drain()
    run.occupy(4).step().leave(4).occupy(8).until(60, 8, Interval.MIN_GREEN)
    run.occupy(2).step().leave(2).wait(8)  # 8 is extended all the time, 4 has gapped out and waits for it
    assert run.interval(4) is Interval.EXTENSION
    run.leave(8).step(500).pulse(4)
    run.until(1, 4, Interval.YELLOW_CHANGE).until(60, 2, Interval.MIN_GREEN)
    run.until(60, 4, Interval.MIN_GREEN)
