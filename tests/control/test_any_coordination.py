"""Any coordinated plan of any site: no conflict, no short interval, in step in bounded time, everybody served in two cycles.

The images go to the oracle of the property tests, which knows neither plans nor calls; waits are told by loops, buttons and
lamps alone. The bounds are arithmetic on the plan.
"""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.model.coordination import Coordination, Correction, ForceOffMode, OffsetReference, ReferencePhase, SplitMode
from edge.model.plans import FixedPlan, Run, RunKind, ScheduleEntry
from edge.model.sequence import Sequence
from edge.model.site import Site
from edge.model.units import PhaseNumber, PlanNumber
from tests import builders
from tests.control.test_any_site import BRISK, Drawn, World, heads, sites

pytestmark = pytest.mark.untraced

SPARE_MS = 14_000  # beside minimums and clearances: red revert, intergreens and ticks of half a second have their room
_MANY = (settings.default or settings()).max_examples * 2 // 5  # the runs are long


@st.composite
def orders(draw: st.DrawFn, site: Site) -> Sequence | None:
    """An order of service of its own, where the rings can change over."""
    sequence = site.sequence
    if (sequence.group_count == 1 and len(sequence.rings) > 1) or draw(st.booleans()):
        return None
    return Sequence(tuple(tuple(tuple(draw(st.permutations(group))) for group in ring) for ring in sequence.rings))


@st.composite
def coordinations(draw: st.DrawFn, site: Site) -> Coordination:
    """Any coordination of any group in which every ring has a phase."""
    rings = site.sequence.rings
    groups = [g for g in range(site.sequence.group_count) if all(ring[g] for ring in rings)]
    assume(groups)
    group = draw(st.sampled_from(groups))
    phases = tuple(draw(st.sampled_from(ring[group])) for ring in rings)
    others = [p for p in site.phases if p not in phases]
    modes: dict[PhaseNumber, SplitMode] = {}
    if others:
        modes = draw(st.dictionaries(st.sampled_from(others), st.sampled_from(SplitMode), max_size=3))
    return Coordination(
        phases,
        reference=draw(st.sampled_from(OffsetReference)),
        reference_phase=draw(st.sampled_from(ReferencePhase)),
        force_off=draw(st.sampled_from(ForceOffMode)),
        correction=draw(st.sampled_from(Correction)),
        lengthen_percent=draw(st.integers(5, 50)),
        shorten_percent=draw(st.integers(0, 50)),
        max_inhibit=draw(st.booleans()),
        early_yield_ms=draw(st.integers(0, 40)) * 100,
        permissive_ms=draw(st.sampled_from([0, 0, 5_000])),
        stop_in_walk=draw(st.booleans()),
        walk_recycle=draw(st.booleans()),
        walk_rest=draw(st.booleans()),
        modes=modes,
    )


@st.composite
def coordinated_sites(draw: st.DrawFn) -> Drawn:
    """Any site with a plan that holds every minimum, coordinated."""
    drawn = draw(sites(most=3))
    site = drawn.site
    fixed = builders.plan_for(site.sequence, site.phases, SPARE_MS)
    cycle = fixed.cycle_ms
    offset = draw(st.integers(0, cycle // 100 - 1)) * 100
    how = draw(coordinations(site))
    plan = FixedPlan(PlanNumber(1), "any", cycle, offset, fixed.splits, how, draw(orders(site)))
    entry = ScheduleEntry(frozenset(range(7)), 0, Run(RunKind.PLAN, PlanNumber(1)))
    return Drawn(replace(site, plans={PlanNumber(1): plan}, schedule=(entry,)), drawn.text)


def bound_ms(site: Site) -> int:
    """Two cycles as long as a correction makes them, one more to dwell, and every walk that may stop the cycle timer twice."""
    plan = site.plans[PlanNumber(1)]
    how = plan.coordination
    assert how is not None
    walks = sum(p.longest_minimum_ms for p in site.phases.values()) if how.stop_in_walk else 0
    dwell = plan.cycle_ms if how.correction is Correction.DWELL else 0
    return 2 * (plan.cycle_ms * (100 + how.lengthen_percent) // 100 + walks) + dwell + 20 * BRISK


@settings(max_examples=_MANY)
@given(coordinated_sites(), st.integers(0, 2**32), st.sampled_from([0.01, 0.2]), st.sampled_from([0.005, 0.3]))
def test_in_any_coordinated_plan_the_street_is_safe_and_whoever_waits_is_served_in_two_cycles(
    drawn: Drawn, seed: int, flips: float, presses: float
) -> None:
    """Left out are the phases whose mode is omit: nobody serves them."""
    site = drawn.site
    how = site.plans[PlanNumber(1)].coordination
    assert how is not None
    world = World(site, drawn.text, seed)
    world.waits.heads = [h for h in heads(site) if h.phase not in how.omitted]
    limit = bound_ms(site)
    for _ in range(min(1_000, 2 * limit // BRISK)):
        world.step(flips=flips, presses=presses, late=BRISK - 100)
    world.finish()
    assert world.waits.longest <= limit
    assert not world.tick.controller.status(world.now).faults


@settings(max_examples=_MANY)
@given(coordinated_sites(), st.integers(0, 2**32), st.lists(st.integers(-400_000, 400_000), max_size=3))
def test_a_clock_that_is_set_again_and_again_harms_nobody_and_the_plan_comes_into_step(
    drawn: Drawn, seed: int, steps: list[int]
) -> None:
    """A coordinated green that began and ended in step ended at its force-off point or after its yield point."""
    world = World(drawn.site, drawn.text, seed)
    for step in [0, *steps]:
        world.clock_ms += step * 100
        for _ in range(150):
            world.step(late=BRISK - 100)
    world.finish()
