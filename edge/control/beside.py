"""Loops not heard since the start beside others that are: a lane that nobody uses, rather than a street that nobody sees.

A cable that dies takes the loops of an approach with it, and drivers choose among lanes. So where another lane of the approach
is heard for the same phase, and whoever uses the silent one could use that one too, it calls the phase for both; in case the
silent one is dead after all and the other all but empty, the phase is recalled late.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from edge.model.detectors import Detector
from edge.model.lanes import Lane
from edge.model.site import Site
from edge.model.units import SECOND_MS, DetectorNumber, Ms, PhaseNumber

LATE_CYCLES = 2
"""A late recall waits for two cycles of the fall-back plan: one may pass in which nobody came. Ours."""
NO_PLAN_MS: Ms = 120 * SECOND_MS
"""And for this long where a site built by hand has no plan: two cycles of a minute. Ours."""


def late_ms(site: Site) -> Ms:
    """After how long a red a phase is recalled late."""
    plan = site.plans.get(site.fallback.plan)
    return LATE_CYCLES * plan.cycle_ms if plan is not None else NO_PLAN_MS


def loops_beside(site: Site) -> dict[DetectorNumber, tuple[DetectorNumber, ...]]:
    """For each detector those of other lanes of its approach that call the same phase and go at least where its lane goes;
    nothing for one in no lane."""
    lanes = dict(_lane_of(site.detectors, site.lanes))
    return {number: tuple(_beside(number, lanes, site.detectors)) for number in lanes}


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
) -> Iterator[DetectorNumber]:
    own, phase = lanes[number], detectors[number].phase
    for other, lane in lanes.items():
        same = lane.approach == own.approach and detectors[other].phase == phase and own.turns <= lane.turns
        if same and lane.name != own.name and detectors[other].calls:
            yield other


class LateRecalls:
    """Which phases are recalled late, and since when each phase has not been green."""

    __slots__ = ("_after_ms", "_late", "_red_since")

    def __init__(self, after_ms: Ms, phases: Iterable[PhaseNumber], now: Ms) -> None:
        self._after_ms = after_ms
        self._red_since = dict.fromkeys(phases, now)
        self._late: tuple[PhaseNumber, ...] = ()

    def watch(self, phases: Iterable[PhaseNumber]) -> None:
        """From now on these."""
        self._late = tuple(phases)

    def overdue(self, now: Ms, is_green: Callable[[PhaseNumber], bool]) -> Iterator[tuple[PhaseNumber, bool]]:
        """Each of them, and whether it has been red for too long."""
        for phase in self._red_since:
            if is_green(phase):
                self._red_since[phase] = now
        for phase in self._late:
            yield phase, now - self._red_since[phase] >= self._after_ms
