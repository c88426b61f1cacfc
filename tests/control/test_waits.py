"""Who has waited longer than anybody may have to: the guard behind the cycle fault, with and without an adaptive layer."""

from dataclasses import replace

import pytest

from edge.control.advised import AdvisedStrategy
from edge.control.calls import PhaseCalls
from edge.control.waits import WaitGuard, longest_advised_wait_ms, longest_wait_ms
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.units import PhaseNumber
from tests import builders

PLAIN = builders.two_phase()
ACTS = builders.two_phase(adaptive=AdaptiveRules(AdaptiveMode.ACT, 50_000, 70_000))
FOUR = PhaseNumber(4)


def test_the_bound_with_an_adaptive_layer_is_the_longer_wait_and_a_cycle_with_the_longest_hold_in_it() -> None:
    longer = {n: replace(p, max_green_ms=60_000) for n, p in PLAIN.phases.items()}  # 120 % of 20 s and some is less
    assert longest_advised_wait_ms(ACTS) == 70_000 + longest_wait_ms(replace(PLAIN, phases=longer))


@pytest.mark.parametrize("runs", [True, False])
def test_a_call_that_waits_beyond_the_bound_is_found_whether_the_layer_acts_or_not(*, runs: bool) -> None:
    calls = {n: PhaseCalls(p, 0) for n, p in ACTS.phases.items()}
    calls[FOUR].vehicle, calls[FOUR].vehicle_since = True, 1_000
    guard = WaitGuard(ACTS, calls, lambda phase: phase != FOUR)
    strategy = AdvisedStrategy(ACTS) if runs else None
    bound = longest_advised_wait_ms(ACTS)
    assert guard.late(1_000 + bound, 1_000 + bound, 0, strategy) == []
    assert guard.late(1_001 + bound, 1_001 + bound, 0, strategy) == [FOUR]
    assert guard.late(1_001 + bound, 1_001 + bound, 1_002, strategy) == []


def test_a_site_without_an_adaptive_layer_keeps_its_bound() -> None:
    calls = {n: PhaseCalls(p, 0) for n, p in PLAIN.phases.items()}
    calls[FOUR].vehicle, calls[FOUR].vehicle_since = True, 0
    guard = WaitGuard(PLAIN, calls, lambda phase: phase != FOUR)
    bound = longest_wait_ms(PLAIN)
    assert guard.late(bound, bound, 0, None) == []
    assert guard.late(bound + 1, bound + 1, 0, None) == [FOUR]
