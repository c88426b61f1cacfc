"""The search finds what trying every plan finds, in streets so small that every plan can be tried."""

import random

import numpy as np
import pytest

from edge.adaptive import horizon as horizon_module
from edge.adaptive import optimiser as optimiser_module
from edge.adaptive.horizon import TOO_LATE, impatience
from edge.adaptive.street import CUT_LEAST
from tests.adaptive.plans import all_plans, cost_of, forecast, optimiser, shared, standing

SECONDS = 12
STREETS = [
    ((0.0, 3.0), ({}, {})),
    ((4.0, 2.0), ({}, {3: 1.0, 6: 1.0})),
    ((2.0, 6.0), ({1: 1.0, 2: 1.0, 4: 1.0, 5: 1.0}, {})),
    ((1.0, 9.0), ({2: 1.0}, {0: 1.0, 5: 1.0})),
    ((8.0, 9.0), ({}, {})),
    ((0.0, 5.0), ({5: 1.0, 6: 1.0, 7: 1.0, 8: 1.0, 9: 1.0}, {1: 1.0})),
]


@pytest.mark.parametrize(("queues", "come"), STREETS)
def test_the_search_finds_the_cheapest_of_all_plans(
    queues: tuple[float, float], come: tuple[dict[int, float], dict[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimiser_module, "HORIZON_S", SECONDS)
    adviser = optimiser()
    seen = standing(shared(2)[0], 100_000, {1: 0})
    told = forecast(adviser, {1: queues[0], 2: queues[1]}, come={1: come[0], 2: come[1]})
    best = min(cost_of(plan, queues, come, SECONDS, CUT_LEAST / 2) for plan in all_plans(SECONDS))
    advice = adviser.advise(seen, told)
    assert advice.best is not None
    assert advice.best.cost == pytest.approx(best, abs=1e-3)


@pytest.mark.parametrize("queues", [(4.0, 9.0), (18.0, 11.0), (17.0, 40.0), (21.0, 40.0), (0.0, 30.0), (30.0, 1.0)])
def test_no_plan_is_dropped_that_would_win_though_a_change_costs_many_who_wait(
    queues: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def best() -> float:
        adviser = optimiser()
        advice = adviser.advise(
            standing(shared(2)[0], 100_000, {1: 0}), forecast(adviser, {1: queues[0], 2: queues[1]})
        )
        assert advice.best is not None
        return advice.best.cost

    found = best()
    monkeypatch.setattr(horizon_module, "MARGIN", float("inf"))
    assert found == pytest.approx(best(), abs=1e-3)


@pytest.mark.parametrize("seed", [0, 4, 32, 35, 39])
def test_in_a_full_dual_ring_no_plan_is_dropped_that_would_win(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    queues = {p: float(dice.choice((0, dice.randint(0, 12), dice.randint(0, 40)))) for p in range(1, 9)}

    def best() -> float:
        adviser = optimiser(8)
        advice = adviser.advise(standing(shared(8)[0], 100_000, {2: 0, 6: 0}), forecast(adviser, queues))
        assert advice.best is not None
        return advice.best.cost

    found = best()
    monkeypatch.setattr(horizon_module, "MARGIN", float("inf"))
    assert found <= best() + 1e-3


@pytest.mark.parametrize(("waited_s", "vehicles"), [(30.0, 6), (60.0, 1), (90.0, 8), (130.0, 12)])
def test_long_waits_cost_what_those_who_came_evenly_since_cost_one_by_one(waited_s: float, vehicles: int) -> None:
    patience, limit = 45.0, 100.0
    waits = [waited_s * (1.0 - k / vehicles) for k in range(vehicles)]
    alone = sum(max(wait / patience - 1.0, 0.0) ** 2 for wait in waits)
    late = sum(TOO_LATE for wait in waits if wait > limit)
    rows = np.array([[waited_s]]), np.array([[float(vehicles)]])
    found = float(impatience(*rows, np.ones(1), np.array([patience]), np.array([limit]))[0])
    assert found == pytest.approx(alone + late, rel=0.3, abs=TOO_LATE if waited_s > limit else 0.5)


@pytest.mark.parametrize(("queues", "come"), STREETS)
def test_the_alternatives_cost_no_less_than_the_best(
    queues: tuple[float, float], come: tuple[dict[int, float], dict[int, float]]
) -> None:
    adviser = optimiser(3)
    told = forecast(adviser, {1: queues[0], 2: queues[1], 3: 2.0}, come={1: come[0], 2: come[1]})
    advice = adviser.advise(standing(shared(3)[0], 100_000, {1: 0}), told)
    assert advice.best is not None
    assert all(other.cost >= advice.best.cost for other in advice.others)


def test_what_else_might_be_done_is_told() -> None:
    adviser = optimiser(3)
    advice = adviser.advise(standing(shared(3)[0], 100_000, {1: 0}), forecast(adviser, {2: 3.0, 3: 3.0}))
    assert advice.best is not None
    assert [step.phases for step in advice.best.steps][:2] == [(1,), (2,)]
    assert any([step.phases for step in other.steps][:2] == [(1,), (3,)] for other in advice.others)
