"""Who waits while a stream keeps its green: decision after decision his wait grows, until the green ends for him."""

from dataclasses import replace

import pytest

from edge.adaptive.forecast import Forecast, LaneForecast, Service
from edge.adaptive.optimiser import RollingHorizon
from edge.model.lanes import LaneName
from edge.model.phases import PedTiming
from edge.model.units import PhaseNumber
from tests.adaptive.plans import HORIZON_S, RATE, lane, of, standing
from tests.builders import phase, rings, site

STREAM = 0.45
"""Vehicles a second in the main lane: nine tenths of what its green carries."""


def first_end_s(red_ms: int, loss_s: float, *, on_foot: bool) -> int | None:
    """The wait at which the main green first ends for one vehicle, or one on foot; None: it outlasts 200 s."""
    rows = [phase(n, min_green_ms=5_000, yellow_ms=3_000, red_clear_ms=red_ms) for n in (1, 2)]
    rows[1] = replace(rows[1], ped=PedTiming(5_000, 7_000))
    built = site(rings("1 2"), rows)
    adviser = RollingHorizon(built, (lane(1), lane(2)))
    main, side = ({s: Service(RATE, RATE) for s in adviser.stages if PhaseNumber(n) in s} for n in (1, 2))
    for waited_s in range(60, 200):  # before, nobody has lost patience for long
        now = 100_000 + 1_000 * waited_s
        stream = LaneForecast(
            LaneName("L1"), 5.0, (STREAM,) * HORIZON_S, STREAM, main, waiting_s=10.0, start_loss_s=loss_s
        )
        queue, waits_s = (0.0, 0.0) if on_foot else (1.0, float(waited_s))
        other = LaneForecast(
            LaneName("L2"), queue, (0.0,) * HORIZON_S, 0.0, side, waiting_s=waits_s, start_loss_s=loss_s
        )
        walks = {2: 1_000 * waited_s} if on_foot else {}
        if adviser.advise(standing(built, now, {1: 0}, walks), Forecast(now, (stream, other))).force_offs == of(1):
            return waited_s
    return None


@pytest.mark.parametrize("loss_s", [1.0, 2.0])
@pytest.mark.parametrize("red_ms", range(0, 10_000, 1_000))
def test_a_stream_ends_for_one_vehicle_whatever_the_clearance_and_the_start_up_loss(red_ms: int, loss_s: float) -> None:
    waited_s = first_end_s(red_ms, loss_s, on_foot=False)
    assert waited_s is not None
    assert waited_s <= 100


@pytest.mark.parametrize("red_ms", range(0, 15_000, 1_000))
def test_a_stream_ends_for_one_on_foot_whatever_the_clearance(red_ms: int) -> None:
    waited_s = first_end_s(red_ms, 1.0, on_foot=True)
    assert waited_s is not None
    assert waited_s <= 70 + 14 * max(red_ms // 1_000 - 9, 0)
