"""The fixed plan as a strategy: it calls every phase, holds each green to its force-off point and forces it off there.

It hears no detector and no push-button: every pedestrian movement is served in every cycle. The force-off point of a
phase is the end of its split less yellow and red clearance (FHWA Signal Timing Manual 2nd ed. 7.3) or its longest
intergreen; at a barrier the longest of the rings counts for all.

Getting in step. When a green begins, its end is fixed at once: at its force-off point if that lies within the phase's
own green time plus a fifth of the cycle; else the sequence is late against the plan, and the green ends after its
minimum, so that the sequence gains on the clock (at least a tenth of a cycle in each cycle). A plan that leaves no
tenth of its cycle above the minimums cannot gain: there the green dwells to its force-off point once and is in step.
"""

from collections.abc import Collection, Mapping

from edge.control.asks import Asks
from edge.control.view import View
from edge.model.events import Event, EventCode
from edge.model.plans import FixedPlan
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms, PhaseNumber, PlanNumber

DWELL_SHARE = 5
"""A green is held to its force-off point when that is at most its own length plus 1/5 of the cycle away. Ours: close to
the 17 % that controllers commonly allow for a short-way correction."""
GAIN_SHARE = 10
"""The least part of the cycle, 1/10, by which a cycle of minimums must be shorter for the sequence to catch up. Ours."""


class FixedPlanStrategy:
    """One running fixed plan. `reference_ms` of `ask` counts from local midnight, or freely without a clock."""

    def __init__(self, site: Site, plan: FixedPlan) -> None:
        self.plan = plan
        self._force_off = _force_off_points(site, plan)
        self._green_ms = {p: plan.splits[p] - clearance_ms(site, p) for p in self._force_off}
        self._catches_up = _shortest_cycle(site, self._force_off) * GAIN_SHARE <= plan.cycle_ms * (GAIN_SHARE - 1)
        self._all = frozenset(self._force_off)
        self._peds = frozenset(p for p in self._all if site.phases[p].ped is not None)
        self._omits = frozenset(site.phases) - self._all
        self._ends: dict[PhaseNumber, Ms] = {}

    @property
    def plan_number(self) -> PlanNumber:
        """The plan that runs."""
        return self.plan.number

    def cycle_timer_ms(self, reference_ms: Ms) -> Ms:
        """Where the plan stands in its cycle, ms from its start."""
        return (reference_ms - self.plan.offset_ms) % self.plan.cycle_ms

    def ask(self, view: View) -> tuple[Asks, list[Event]]:
        """Call all, hold each green to its end, force off what has reached it."""
        return self.asks_for(view.now, view.reference_ms, tuple(view.greens())), []

    def asks_for(self, now: Ms, reference_ms: Ms, greens: Collection[PhaseNumber]) -> Asks:
        """The same from plain values."""
        timer = self.cycle_timer_ms(reference_ms)
        self._ends = {p: self._ends.get(p) or self._end_of(now, timer, p) for p in greens if p in self._all}
        omitted = frozenset(p for p in greens if p not in self._all)  # still green from before the plan
        over = omitted | {p for p, end in self._ends.items() if now >= end}
        holds = frozenset(self._ends) - over
        return Asks(self._all, self._peds, holds, over, self._omits, hears_detectors=False)

    def announce(self) -> list[Event]:
        """The events that say which plan runs: pattern, cycle, offset, splits."""
        plan = self.plan
        events = [
            Event(EventCode.PATTERN_CHANGE, plan.number),
            Event(EventCode.CYCLE_CHANGE, plan.cycle_ms // SECOND_MS),
            Event(EventCode.OFFSET_CHANGE, plan.offset_ms // SECOND_MS),
        ]
        return events + [
            Event(EventCode.SPLIT_CHANGE_1 + p - 1, ms // SECOND_MS) for p, ms in sorted(plan.splits.items())
        ]

    def _end_of(self, now: Ms, timer: Ms, phase: PhaseNumber) -> Ms:
        away = (self._force_off[phase] - timer) % self.plan.cycle_ms
        near = self._green_ms[phase] + self.plan.cycle_ms // DWELL_SHARE
        return now + away if away <= near or not self._catches_up else now


def clearance_ms(site: Site, phase: PhaseNumber) -> Ms:
    """What a split keeps for the end of its phase: yellow and red clearance, or the longest intergreen after it."""
    after = (site.clearance_ms(phase, other) for other in site.sequence.conflicts(phase))
    return max(after, default=site.phases[phase].change_ms)


def _force_off_points(site: Site, plan: FixedPlan) -> dict[PhaseNumber, Ms]:
    """When in the cycle each phase with a split is forced off: so that its successors turn green where their splits begin.

    The rings leave a barrier group together, so the last phases of a group share the longest of their clearances.
    """
    points: dict[PhaseNumber, Ms] = {}
    for r, ring in enumerate(site.sequence.rings):
        start = 0
        for g, group in enumerate(ring):
            served = [p for p in group if plan.splits.get(p)]
            for k, phase in enumerate(served):
                start += plan.splits[phase]
                following = served[k + 1 : k + 2]
                points[phase] = start - (
                    site.clearance_ms(phase, following[0]) if following else _crossing_ms(site, plan, g, r)
                )
    return points


def _crossing_ms(site: Site, plan: FixedPlan, group: int, ring: int) -> Ms:
    """The longest clearance from the last phases of a group to the first ones of the next. With one group there is no
    barrier: each ring goes round by itself."""
    rings = site.sequence.rings if site.sequence.group_count > 1 else site.sequence.rings[ring : ring + 1]
    onward = (group + 1) % site.sequence.group_count
    last = [p[-1] for other in rings if (p := [q for q in other[group] if plan.splits.get(q)])]
    first = [p[0] for other in rings if (p := [q for q in other[onward] if plan.splits.get(q)])]
    return max((site.clearance_ms(a, b) for a in last for b in first), default=0)


def _shortest_cycle(site: Site, served: Mapping[PhaseNumber, Ms]) -> Ms:
    """The cycle with every phase at its minimum and every pedestrian served."""
    total = 0
    for g in range(site.sequence.group_count):
        rings = [[p for p in ring[g] if p in served] for ring in site.sequence.rings]
        total += max(sum(site.phases[p].longest_minimum_ms + clearance_ms(site, p) for p in phases) for phases in rings)
    return total
