"""Loops not heard since the start beside others that are: a lane that nobody uses, rather than a street that nobody sees.

A cable that dies takes the loops of an approach with it, and drivers choose among lanes. So where another lane of the approach
is heard for the same phase, or several are, and whoever uses the silent one could use one of those too, they call the phase for
all; in case the silent one is dead after all and the others all but empty, the phase is recalled late. So it is where no car
may use the silent one, if anybody at all is heard for the phase: a bicycle path or a tram track is silent for long.

Where lanes of the approach are heard that its drivers could not use, few may turn there, or its loops may be dead: it is
called after the red that the plan would give it, so no more often than in the plan, though the others' cycle may be shorter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from edge.control.force_offs import clearance_ms
from edge.model.detectors import Detector
from edge.model.lanes import Lane, Turn
from edge.model.site import Site
from edge.model.units import SECOND_MS, DetectorNumber, Ms, PhaseNumber, PlanNumber

LATE_CYCLES = 2
"""A late recall waits for two cycles of the fall-back plan: one may pass in which nobody came. Ours."""
NO_PLAN_MS: Ms = 120 * SECOND_MS
"""And for this long where a site built by hand has no plan: two cycles of a minute. Ours."""


def late_ms(site: Site) -> Ms:
    """After how long a red a phase is recalled late."""
    plan = site.plans.get(site.fallback.plan)
    return LATE_CYCLES * plan.cycle_ms if plan is not None else NO_PLAN_MS


@dataclass(frozen=True, slots=True)
class Beside:
    """The ways out of a lane, and the detectors of other lanes of its approach that call the same phase, with those of theirs
    that are among them."""

    turns: frozenset[Turn]
    others: tuple[tuple[DetectorNumber, frozenset[Turn]], ...]

    def covered(self, is_heard: Callable[[DetectorNumber], bool]) -> bool:
        """Whether each way out of the lane is one of another that is heard."""
        left = self.turns
        for number, turns in self.others:
            if left & turns and is_heard(number):
                left -= turns
        return not left


def loops_beside(site: Site) -> dict[DetectorNumber, Beside]:
    """What lies beside the detectors of lanes whose drivers could all use other lanes."""
    lanes = dict(_lane_of(site.detectors, site.lanes))
    found = {number: _beside(number, lanes, site.detectors) for number in lanes}
    return {number: beside for number, beside in found.items() if beside.covered(lambda _: True)}


def loops_of_approach(site: Site) -> dict[DetectorNumber, tuple[DetectorNumber, ...]]:
    """The detectors of the other lanes of the approach that call, by detector of a lane."""
    lanes = dict(_lane_of(site.detectors, site.lanes))
    calling = [(number, lane) for number, lane in lanes.items() if site.detectors[number].calls]
    return {
        number: tuple(n for n, other in calling if other.approach == lane.approach and other.name != lane.name)
        for number, lane in lanes.items()
    }


def red_in_plan_ms(site: Site) -> dict[PhaseNumber, Ms]:
    """How long each phase is not green in a cycle of the plan of the unseen; empty without one."""
    plan = site.plans.get(site.fallback.plan_of_unseen)
    if plan is None:
        return {}
    return {phase: plan.cycle_ms - green for phase, green in plan_greens_ms(site, plan.number).items()}


def plan_greens_ms(site: Site, number: PlanNumber) -> dict[PhaseNumber, Ms]:
    """The greens of a plan; empty where there is none."""
    plan = site.plans.get(number)
    splits = plan.splits if plan is not None else {}
    return {phase: max(0, ms - clearance_ms(site, phase)) for phase, ms in splits.items() if phase in site.phases}


def seldom_used(site: Site) -> frozenset[DetectorNumber]:
    """The detectors of lanes that no car may use."""
    return frozenset(number for number, lane in _lane_of(site.detectors, site.lanes) if not lane.cars)


def _lane_of(
    detectors: Mapping[DetectorNumber, Detector], lanes: tuple[Lane, ...]
) -> Iterator[tuple[DetectorNumber, Lane]]:
    """Each detector of a lane, and each whose partner is one: a zone over a stop-bar loop."""
    known = {number: lane for lane in lanes for number in (*lane.stopbar, *lane.advance)}
    for number, detector in detectors.items():
        lane = known.get(number) or (known.get(detector.partner) if detector.partner is not None else None)
        if lane is not None:
            yield number, lane


def _beside(
    number: DetectorNumber, lanes: Mapping[DetectorNumber, Lane], detectors: Mapping[DetectorNumber, Detector]
) -> Beside:
    own, phase = lanes[number], detectors[number].phase
    others = (
        (other, own.turns & lane.turns)
        for other, lane in lanes.items()
        if lane.approach == own.approach
        and lane.name != own.name
        and detectors[other].phase == phase
        and (lane.cars or not own.cars)
    )
    return Beside(own.turns, tuple((other, turns) for other, turns in others if turns and detectors[other].calls))


class LateRecalls:
    """Which phases are recalled late, and since when each phase has not been green."""

    __slots__ = ("_after_ms", "_red_since")

    def __init__(self, phases: Iterable[PhaseNumber], now: Ms) -> None:
        self._red_since = dict.fromkeys(phases, now)
        self._after_ms: Mapping[PhaseNumber, Ms] = {}

    def watch(self, after_ms: Mapping[PhaseNumber, Ms]) -> None:
        """From now on these, each after so long a red."""
        self._after_ms = after_ms

    def overdue(self, now: Ms, is_green: Callable[[PhaseNumber], bool]) -> Iterator[tuple[PhaseNumber, bool]]:
        """Each of them, and whether it has been red for too long."""
        for phase in self._red_since:
            if is_green(phase):
                self._red_since[phase] = now
        for phase, after_ms in self._after_ms.items():
            yield phase, now - self._red_since[phase] >= after_ms
