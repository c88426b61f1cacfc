"""How many wait on foot: learned from how long buttons stay quiet."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from edge.adaptive.walkers import MOST_RATE, QUIET_S, Walkers
from edge.model.exchange import PedInterval
from edge.model.units import SECOND_MS, Ms, PhaseNumber
from tests.adaptive.plans import forecast, of, optimiser, shared, standing

WALK = PhaseNumber(2)


def seconds(walkers: Walkers, begin: Ms, buttons: Iterable[tuple[int, PedInterval, bool]]) -> Ms:
    """So many seconds of each: what is shown, and whether somebody has called. Returns when it ends."""
    now = begin
    for count, shown, called in buttons:
        for _ in range(count):
            now += SECOND_MS
            seen = standing(shared(2)[0], now, {1: 0}, walks={2: 0} if called else None)
            rows = tuple(replace(p, ped=shown) if p.number == WALK else p for p in seen.phases)
            walkers.see(replace(seen, phases=rows))
    return now


def cycles(count: int, quiet_s: int) -> list[tuple[int, PedInterval, bool]]:
    return [
        (7, PedInterval.WALK, False),
        (quiet_s, PedInterval.DONT_WALK, False),
        (20, PedInterval.DONT_WALK, True),
    ] * count


def test_before_anything_is_seen_one_waits_behind_a_call_and_few_come() -> None:
    people = Walkers([WALK]).behind(WALK, 0, 30.0)
    assert people.waiting == pytest.approx(1 + 30 / QUIET_S)
    assert not Walkers([WALK]).busy


def test_the_sooner_buttons_are_pressed_the_more_wait_behind_a_call() -> None:
    busy, quiet = Walkers([WALK]), Walkers([WALK])
    now = seconds(busy, 0, cycles(30, 10))
    assert busy.behind(WALK, now, 0.0).per_s == pytest.approx(31 / (300 + QUIET_S), rel=0.2)
    assert busy.behind(WALK, now, 0.0).waited_s == 19
    assert busy.behind(WALK, now, 19.0).waiting == pytest.approx(1 + 19 * 31 / 600, rel=0.2)
    assert busy.busy == busy.crowded == {WALK}
    now = seconds(quiet, 0, cycles(3, 900))
    assert quiet.behind(WALK, now, 0.0).per_s < 1 / QUIET_S
    assert quiet.behind(WALK, now, None).waiting == 0
    assert not quiet.busy | quiet.crowded


def test_a_recall_and_a_button_that_is_pressed_for_ever_say_nothing_of_people() -> None:
    walkers = Walkers([WALK])
    seconds(walkers, 0, [(7, PedInterval.WALK, False), (30, PedInterval.DONT_WALK, True)] * 50)
    assert not walkers.busy
    seconds(walkers, 0, cycles(600, 1))
    assert walkers.behind(WALK, 0, 0.0).per_s <= MOST_RATE


def test_many_on_foot_outweigh_vehicles_that_one_does_not() -> None:
    come = {1: dict.fromkeys(range(60), 0.45)}
    adviser = optimiser(2)
    told = forecast(adviser, {1: 0.0}, come=come)
    seen = standing(shared(2)[0], 10_000_000, {1: 0}, walks={2: 5_000})
    assert adviser.advise(seen, told).holds == of(1)
    crowd = optimiser(2)
    seconds(crowd._walkers, 0, cycles(60, 5))
    seconds(crowd._walkers, 9_980_000, [(15, PedInterval.DONT_WALK, True)])
    assert crowd.advise(seen, told).force_offs == of(1)


def test_where_somebody_will_have_pressed_by_then_a_green_is_planned_with_its_walk() -> None:
    adviser = optimiser(2)
    seen = standing(shared(2)[0], 10_000_000, {1: 0})
    assert adviser._minimum_ms(seen)[WALK] == 5_000
    seconds(adviser._walkers, 0, cycles(60, 5))
    assert adviser._minimum_ms(seen)[WALK] == 12_000
