"""The stop line: what the first vehicles of a queue tell of their start."""

import pytest

from edge.adaptive.outflow import START_LOSS_S, Outflow


def starts(out: Outflow, first_fall_s: float, *, plain: bool = True, greens: int = 40) -> float:
    """The start-up loss after so many greens, each with a queue at the line that lets the loop fall then."""
    for k in range(greens):
        at_ms = 60_000 * (k + 1)
        out.rise(at_ms - 20_000)
        out.begin_green(at_ms, plain=plain)
        out.fall(at_ms + round(1000 * first_fall_s))
        out.end_green(at_ms + 20_000)
    return out.start_loss_s.value


@pytest.mark.parametrize("vehicles", [1, 2, 4])
def test_a_queue_that_starts_tells_the_loss_by_the_time_it_needs_beyond_its_headways(vehicles: int) -> None:
    assert starts(Outflow(headway_s=2.0), 0.8 + 2.0 * vehicles) == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize(("first_fall_s", "plain"), [(2.8, False), (1.5 + 2.0 * 9, True), (1.0, True)])
def test_who_yields_or_is_of_a_long_row_or_was_on_his_way_already_tells_nothing_of_it(
    first_fall_s: float, *, plain: bool
) -> None:
    assert starts(Outflow(headway_s=2.0), first_fall_s, plain=plain) == START_LOSS_S
