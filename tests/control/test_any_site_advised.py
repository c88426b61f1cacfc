"""Any valid site under an adviser that is random, stubborn, hostile or mad: safe, and every call served within the bound."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.control.waits import longest_advised_wait_ms
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.advice import Advice
from edge.model.faults import FaultKind
from edge.model.site import Site
from edge.model.units import PhaseNumber
from tests.control.test_any_site import BRISK, Drawn, World, sites

pytestmark = pytest.mark.untraced

WAYS = ("random", "holds all", "omits all", "both", "one", "flips", "flaps", "mad", "late")


class Adviser:
    """Says something in every tick, by its own way of being wrong."""

    def __init__(self, site: Site, way: str, seed: int) -> None:
        self.phases = sorted(site.phases)
        self.way = way
        self.rng = random.Random(seed)
        self.favourite = self.rng.choice(self.phases)
        self.victim = self.rng.choice(self.phases)
        self.ticks = 0

    def some(self) -> frozenset[PhaseNumber]:
        return frozenset(p for p in self.phases if self.rng.random() < 0.5)

    def says(self, now: int) -> Advice | None:
        self.ticks += 1
        every, victim = frozenset(self.phases), frozenset({self.victim})
        others, calls = every - {self.favourite}, self.some() - victim
        said = {
            "holds all": Advice(now, holds=every, omits=victim),
            "omits all": Advice(now, omits=every),
            "both": Advice(now, holds=every, omits=every),
            "one": Advice(now, calls=every - others, ped_calls=every - others, omits=others, force_offs=others),
            "flips": Advice(now, calls, calls, self.some(), NOBODY, every - calls),
            "flaps": Advice(now, holds=every - victim, omits=victim, healthy=self.ticks % 400 > 0),
            "mad": Advice(now, calls | {PhaseNumber(99)}, omits=self.some(), holds=every),
            "late": Advice(now - self.rng.choice([0, 1_400, 1_600, -5_000]), omits=every, holds=every),
        }
        return said[self.way] if self.way in said else self._random(now)

    def _random(self, now: int) -> Advice | None:
        if self.rng.random() < 0.1:
            return None
        calls, over = self.some(), self.some()
        return Advice(now, calls, calls, self.some() - over, over, self.some() - calls)


NOBODY: frozenset[PhaseNumber] = frozenset()


def hurried(site: Site) -> Site:
    """With short maximums and waits, so that a run lasts many of them."""
    phases = {n: replace(p, max_green_ms=p.min_green_ms + 3_000) for n, p in site.phases.items()}
    longest = {n: p.max_green_ms + 6_000 for n, p in phases.items()}
    rules = AdaptiveRules(AdaptiveMode.ACT, 25_000, 15_000, longest)
    return replace(site, schedule=(), phases=phases, adaptive=rules)


@settings(max_examples=8)
@given(sites(most=3), st.sampled_from(WAYS), st.integers(0, 2**32), st.sampled_from([0.01, 0.2]))
def test_whatever_is_advised_nothing_conflicts_nothing_is_short_and_every_call_is_served_within_the_bound(
    drawn: Drawn, way: str, seed: int, flips: float
) -> None:
    """The bound is the stated one, with the lateness of brisk ticks on top."""
    site = hurried(drawn.site)
    world, adviser = World(site, drawn.text, seed), Adviser(site, way, seed)
    limit = longest_advised_wait_ms(site) + site.start_up.all_red_ms
    limit += 16 * BRISK * len(site.phases)
    for _ in range(min(1_000, 3 * limit // BRISK)):
        world.step(flips=flips, late=BRISK - 100, advice=adviser.says(world.now + BRISK))
        assert FaultKind.CYCLE_FAULT not in world.standing
    world.finish()
    assert way != "mad" or FaultKind.ADVICE_NONSENSE in world.standing
    assert world.longest_wait <= limit
