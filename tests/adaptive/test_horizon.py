"""The search finds what trying every plan finds, in streets so small that every plan can be tried."""

import random
from dataclasses import replace

import numpy as np
import pytest

from edge.adaptive import horizon as horizon_module
from edge.adaptive import lines
from edge.adaptive import optimiser as optimiser_module
from edge.adaptive.courses import Course, Nodes
from edge.adaptive.horizon import A_QUEUE, TOO_LATE, Horizon, impatience
from edge.adaptive.lines import Street, steps_of
from edge.adaptive.moves import Moves
from edge.adaptive.rows import Start
from edge.adaptive.street import CUT_LEAST
from tests.adaptive.plans import all_plans, cost_of, forecast, optimiser, shared, standing

SECONDS = 10
"""So long all steps of the search are seconds."""
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
    found = float(impatience(*rows, np.ones(1), np.array([patience]), np.array([limit])).sum())
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


def one_node(queues: tuple[float, float], held_s: float = 0.0) -> Street:
    """Two lanes in one green for good: the second yields to the first, and maybe nobody leaves it for a while."""
    zeros, ones = np.zeros(2), np.ones(2)
    return Street(
        queue=np.array(queues), wait=zeros, arrivals=np.zeros((SECONDS, 2)), weight=ones, stop_s=zeros,
        clear=np.array([[0.5, 0.5]]), opposed=np.array([[0.5, 0.1]]), floor=np.zeros((1, 2)),
        opposer=np.array([[0, 1]]), opposers=np.array([[0.0, 0.0], [1.0, 0.0]]),
        price=zeros, queue_sq=zeros, queue_on=ones, queue_off=10.0 * ones, patience=1e9 * ones, limit=1e9 * ones,
        held=np.array([[0.0, held_s]]),
    )  # fmt: skip


def nowhere() -> tuple[Moves, Nodes]:
    """One node and no move."""
    course = Course(np.zeros((1, 2)), np.zeros((1, 2)), np.zeros((1, 2), dtype=np.int64))
    still, none = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    moves = Moves(np.zeros(2, dtype=np.int64), none, none, none, np.zeros((0, 2), dtype=np.bool_), np.zeros(0))
    return moves, Nodes(course, still, still)


@pytest.mark.parametrize(
    ("queues", "held_s"), [((3.0, 3.0), 0), ((0.0, 3.0), 0), ((1.2, 4.0), 0), ((0.0, 3.0), 4), ((2.0, 5.0), 6)]
)
def test_who_yields_leaves_slowly_while_the_others_queue_lasts_and_a_standing_head_not_at_all(
    queues: tuple[float, float], held_s: int
) -> None:
    found = Horizon(one_node(queues, held_s), *nowhere()).search([Start(0, 0, 0.0)])
    main, other = queues
    cost = 0.0
    for second in range(SECONDS):
        rate = 0.0 if second < held_s else 0.1 if main > A_QUEUE else 0.5
        main, other = max(main - 0.5, 0.0), max(other - rate, 0.0)
        cost += main + other
    assert found[0].steps == ()
    assert found[0].cost == pytest.approx(cost + main + other, abs=1e-5)


@pytest.mark.parametrize("seconds", [1, 9, 10, 11, 12, 25, 60, 61, 90])
def test_steps_fill_the_horizon_and_grow(seconds: int) -> None:
    lasts = steps_of(seconds)
    assert sum(lasts) == seconds
    assert lasts[:10] == [1] * min(seconds, 10)
    assert lasts[:-1] == sorted(lasts[:-1])


@pytest.mark.parametrize(("queue", "come"), [(40.0, 0.3), (0.0, 0.2), (0.0, 0.9), (14.0, 0.1), (3.0, 0.45)])
def test_steps_of_some_seconds_cost_what_their_seconds_cost(
    queue: float, come: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost() -> float:
        street = replace(one_node((queue, 5.0)), arrivals=np.full((60, 2), come), opposed=np.array([[0.5, 0.5]]))
        return Horizon(street, *nowhere()).search([Start(0, 0, 0.0)])[0].cost

    found = cost()
    monkeypatch.setattr(lines, "STEPS_S", (1,))
    assert found == pytest.approx(cost(), rel=0.01)


@pytest.mark.parametrize("changes_at", [11, 13, 25, 26, 27])
@pytest.mark.parametrize("begins", [True, False])
def test_a_green_that_begins_or_ends_within_a_step_serves_its_own_seconds(
    changes_at: int, monkeypatch: pytest.MonkeyPatch, *, begins: bool
) -> None:
    """Who comes behind it stays, however much it could have served."""
    nodes = changes_at + 1
    course = Course(np.zeros((nodes, 2)), np.zeros((nodes, 2)), np.zeros((nodes, 2), dtype=np.int64))
    following = np.minimum(np.arange(nodes) + 1, nodes - 1)
    rates = [0.0, 0.5] if begins else [0.5, 0.0]
    served = np.repeat(rates, [changes_at, 1])[:, None].repeat(2, axis=1)

    def cost() -> float:
        street = replace(
            one_node((9.0 * begins, 4.0 * begins)), arrivals=np.full((60, 2), 0.2), clear=served, opposed=served,
            floor=np.zeros((nodes, 2)), opposer=np.zeros((nodes, 2), dtype=np.int64), held=np.zeros((nodes, 2)),
            stop_s=np.full(2, 3.0), wait=np.array([20.0, 0.0]), patience=np.full(2, 30.0), limit=np.full(2, 1e9),
        )  # fmt: skip
        return Horizon(street, nowhere()[0], Nodes(course, following, 0 * following)).search([Start(0, 0, 0.0)])[0].cost

    found = cost()
    monkeypatch.setattr(lines, "STEPS_S", (1,))
    assert found == pytest.approx(cost(), rel=0.01)


def test_a_head_that_stands_does_so_for_its_own_seconds_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def cost() -> float:
        street = replace(one_node((9.0, 9.0), 13.0), arrivals=np.zeros((60, 2)), opposed=np.array([[0.5, 0.5]]))
        return Horizon(street, *nowhere()).search([Start(0, 0, 0.0)])[0].cost

    found = cost()
    monkeypatch.setattr(lines, "STEPS_S", (1,))
    assert found == pytest.approx(cost(), rel=0.01)
