"""Points in the cycle of a plan: where each split begins, where each phase is forced off, where the coordinated ones yield.

All are ms from the start of the first phase of ring 1. The force-off point of a phase is the end of its split less yellow
and red clearance (FHWA Signal Timing Manual 2nd ed. 7.3) or the intergreen to the phase that follows in the plan, so that
each split begins with its green; at a barrier the longest of the rings counts for all, because they leave together. The
yield point of a coordinated phase is its force-off point, less early yield.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.model.coordination import Coordination, OffsetReference, ReferencePhase, SplitMode
from edge.model.plans import FixedPlan
from edge.model.sequence import Sequence
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber


@dataclass(frozen=True, slots=True)
class CyclePoints:
    """The points of one plan. `reference_ms`: the one that the offset names."""

    cycle_ms: Ms
    starts: Mapping[PhaseNumber, Ms]
    force_offs: Mapping[PhaseNumber, Ms]
    yields: Mapping[PhaseNumber, Ms]
    reference_ms: Ms


def sequence_of(site: Site, plan: FixedPlan) -> Sequence:
    """The order of service while the plan runs."""
    return plan.sequence or site.sequence


def cycle_points(site: Site, plan: FixedPlan) -> CyclePoints:
    """Every point of the plan; only phases with a split have one."""
    sequence = sequence_of(site, plan)
    starts: dict[PhaseNumber, Ms] = {}
    points: dict[PhaseNumber, Ms] = {}
    group_start = 0
    for g in range(sequence.group_count):
        for r in range(len(sequence.rings)):
            served, start = _served(sequence, plan, g, r), group_start
            for k, phase in enumerate(served):
                starts[phase] = start
                start += plan.splits[phase]
                following = served[k + 1 : k + 2]
                clearance = site.clearance_ms(phase, following[0]) if following else _crossing_ms(site, plan, g, r)
                points[phase] = start - clearance
        group_start += max((sum(plan.splits.get(p, 0) for p in ring[g]) for ring in sequence.rings), default=0)
    early = plan.coordination.early_yield_ms if plan.coordination else 0
    yields = {p: points[p] - early for p in plan.coordination.phases if p in points} if plan.coordination else {}
    return CyclePoints(plan.cycle_ms, starts, points, yields, _reference(plan.coordination, starts, points))


def _served(sequence: Sequence, plan: FixedPlan, group: int, ring: int) -> list[PhaseNumber]:
    return [p for p in sequence.rings[ring][group] if plan.splits.get(p)]


def _crossing_ms(site: Site, plan: FixedPlan, group: int, ring: int) -> Ms:
    """The longest clearance from the last phases of a group to the first ones of the next. With one group there is no
    barrier: each ring goes round by itself."""
    sequence = sequence_of(site, plan)
    count = sequence.group_count
    rings = range(len(sequence.rings)) if count > 1 else (ring,)
    last = [row[-1] for r in rings if (row := _served(sequence, plan, group, r))]
    for onward in ((group + k) % count for k in range(1, count + 1)):
        first = [row[0] for r in rings if (row := _served(sequence, plan, onward, r))]
        if first:
            return max(site.clearance_ms(a, b) for a in last for b in first)
    return 0


def clearance_ms(site: Site, phase: PhaseNumber) -> Ms:
    """What a split keeps for the end of its phase: yellow and red clearance, or the longest intergreen after it."""
    after = (site.clearance_ms(phase, other) for other in site.sequence.conflicts(phase))
    return max(after, default=site.phases[phase].change_ms)


def least_split_ms(site: Site, plan: FixedPlan, points: CyclePoints, phase: PhaseNumber) -> Ms:
    """The shortest split that holds the phase: its minimum, with its walk unless the cycle timer stops for that."""
    timing = site.phases[phase]
    stops = plan.coordination is not None and plan.coordination.stop_in_walk
    least = timing.min_green_ms if stops else timing.longest_minimum_ms
    return least + points.starts[phase] + plan.splits[phase] - points.force_offs[phase]


def shortest_percent(site: Site, plan: FixedPlan, points: CyclePoints) -> int:
    """By how many percent every split can be shortened and still hold its phase."""
    omitted = plan.coordination.omitted if plan.coordination else frozenset[PhaseNumber]()
    served = [p for p in points.starts if p not in omitted]
    left = (100 - -(-100 * least_split_ms(site, plan, points, p) // plan.splits[p]) for p in served)
    return max(0, min(left, default=0))


def is_recalled(coordination: Coordination, phase: PhaseNumber) -> bool:
    """Whether the split mode calls the phase in every cycle."""
    return coordination.mode(phase) not in {SplitMode.NONE, SplitMode.OMIT}


def _reference(
    coordination: Coordination | None, starts: Mapping[PhaseNumber, Ms], force_offs: Mapping[PhaseNumber, Ms]
) -> Ms:
    """The point that the offset names; the start of the cycle for a fixed plan."""
    if coordination is None:
        return 0
    ends = starts if coordination.reference is OffsetReference.START_OF_GREEN else force_offs
    choose = min if coordination.reference_phase is ReferencePhase.FIRST else max
    return choose((ends[p] for p in coordination.phases if p in ends), default=0)
