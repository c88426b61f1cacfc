"""The fixed plan as a strategy: it calls every phase, holds each green to its force-off point and forces it off there.

It hears no detector and no push-button: every pedestrian movement is served in every cycle. Where a phase is forced off is
said in `edge.control.force_offs`. A coordinated plan can be run like this too, when detectors cannot be trusted.

Getting in step. When a green begins, its end is fixed at once: at its force-off point if that lies within the phase's
own green time plus a fifth of the cycle; else the sequence is late against the plan, and the green ends after its
minimum, so that the sequence gains on the clock (at least a tenth of a cycle in each cycle). A plan that leaves no
tenth of its cycle above the minimums cannot gain: there the green dwells to its force-off point once and is in step.
"""

from collections.abc import Collection, Mapping

from edge.control.asks import Asks
from edge.control.force_offs import clearance_ms, cycle_points
from edge.control.view import View
from edge.model.coordination import CoordStatus
from edge.model.events import Event, EventCode
from edge.model.plans import FixedPlan
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms, PhaseNumber, PlanNumber

DWELL_SHARE = 5
"""A green is held to its force-off point when that is at most its own length plus 1/5 of the cycle away. Ours: close to
the 17 % that controllers commonly allow for a short-way correction."""
GAIN_SHARE = 10
"""The least part of the cycle, 1/10, by which a cycle of minimums must be shorter for the sequence to catch up. Ours."""
_ONE_BYTE = 255
"""The longest cycle that event 132 can say in its byte; 156 says the rest. Of a longer offset 133 says no more than that."""


class FixedPlanStrategy:
    """One running fixed plan. `reference_ms` of `ask` counts from local midnight, or freely without a clock."""

    def __init__(self, site: Site, plan: FixedPlan) -> None:
        self.plan = plan
        omitted = plan.coordination.omitted if plan.coordination else frozenset[PhaseNumber]()
        points = cycle_points(site, plan)
        self._reference = points.reference_ms
        self._force_off = {p: at for p, at in points.force_offs.items() if p not in omitted}
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
        """Where the plan stands in its cycle, ms from the point that its offset names."""
        return (reference_ms - self.plan.offset_ms) % self.plan.cycle_ms

    @property
    def longest_wait_ms(self) -> Ms | None:
        """Nobody is said to have waited too long: calls are not heard."""
        return None

    def never_served(self) -> frozenset[PhaseNumber]:
        """The phases that the plan leaves out."""
        return self._omits

    def says(self, phase: PhaseNumber) -> str | None:
        """Why a green goes on."""
        return "held by the fixed plan" if phase in self._ends else None

    def coordination(self) -> CoordStatus | None:
        """None: a fixed plan follows the clock without a cycle timer of its own."""
        return None

    def ask(self, view: View) -> tuple[Asks, list[Event]]:
        """Call all, hold each green to its end, force off what has reached it."""
        return self.asks_for(view.now, view.reference_ms, tuple(view.greens())), []

    def asks_for(self, now: Ms, reference_ms: Ms, greens: Collection[PhaseNumber]) -> Asks:
        """The same from plain values."""
        timer = (reference_ms - self.plan.offset_ms + self._reference) % self.plan.cycle_ms
        self._ends = {p: self._ends.get(p) or self._end_of(now, timer, p) for p in greens if p in self._all}
        omitted = frozenset(p for p in greens if p not in self._all)  # still green from before the plan
        over = omitted | {p for p, end in self._ends.items() if now >= end}
        holds = frozenset(self._ends) - over
        return Asks(
            calls=self._all,
            ped_calls=self._peds,
            holds=holds,
            force_offs=over,
            omits=self._omits,
            hears_detectors=False,
        )

    def announce(self) -> list[Event]:
        """The events that say which plan runs: pattern, cycle, offset, splits."""
        return plan_events(self.plan)

    def _end_of(self, now: Ms, timer: Ms, phase: PhaseNumber) -> Ms:
        away = (self._force_off[phase] - timer) % self.plan.cycle_ms
        near = self._green_ms[phase] + self.plan.cycle_ms // DWELL_SHARE
        return now + away if away <= near or not self._catches_up else now


def plan_events(plan: FixedPlan) -> list[Event]:
    """What the log says of a plan that begins: 131 pattern, 132 cycle, 133 offset, 134 … splits, 156 a cycle over 255 s."""
    cycle_s = plan.cycle_ms // SECOND_MS
    events = [
        Event(EventCode.PATTERN_CHANGE, plan.number),
        Event(EventCode.CYCLE_CHANGE, min(cycle_s, _ONE_BYTE)),
        Event(EventCode.OFFSET_CHANGE, min(plan.offset_ms // SECOND_MS, _ONE_BYTE)),
    ]
    if cycle_s > _ONE_BYTE:
        events.append(Event(EventCode.CYCLE_OVER_255, cycle_s - _ONE_BYTE))
    return events + [Event(EventCode.SPLIT_CHANGE_1 + p - 1, ms // SECOND_MS) for p, ms in sorted(plan.splits.items())]


def _shortest_cycle(site: Site, served: Mapping[PhaseNumber, Ms]) -> Ms:
    """The cycle with every phase at its minimum and every pedestrian served."""
    total = 0
    for g in range(site.sequence.group_count):
        rings = [[p for p in ring[g] if p in served] for ring in site.sequence.rings]
        total += max(sum(site.phases[p].longest_minimum_ms + clearance_ms(site, p) for p in phases) for phases in rings)
    return total
