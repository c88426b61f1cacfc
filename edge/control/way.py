"""Whether the way is free for a phase: everybody in conflict red and cleared, overlaps and shared crosswalks out of the way."""

from collections.abc import Mapping

from edge.control.intervals import PhaseMachine
from edge.control.overlaps import Overlaps
from edge.control.ped_overlaps import PedOverlaps
from edge.model.exchange import Interval
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber


class Way:
    """What stands between a phase and its green. Asking makes those give way that can."""

    def __init__(
        self, site: Site, machines: Mapping[PhaseNumber, PhaseMachine], overlaps: Overlaps, ped_overlaps: PedOverlaps
    ) -> None:
        self._site = site
        self._machines = machines
        self._overlaps = overlaps
        self._ped_overlaps = ped_overlaps
        self._conflicts = {p: site.sequence.conflicts(p) for p in site.phases}

    def is_free(self, now: Ms, phase: PhaseNumber, *, walk: bool) -> bool:
        """Whether `phase` may start now, with its walk if asked."""
        if not self._is_clear(now, phase, walk=walk):
            return False
        return self._overlaps.give_way(phase, walk=walk) and self._ped_overlaps.give_way(phase)

    def is_free_for_walk(self, phase: PhaseNumber) -> bool:
        """Whether the walk of the green phase `phase` may begin."""
        return self._overlaps.give_walk(phase)

    def _is_clear(self, now: Ms, phase: PhaseNumber, *, walk: bool) -> bool:
        """Whether every conflicting phase is red and cleared, and the red revert is over.

        Red and amber may begin before an intergreen is over, so that the green begins when it is.
        """
        then = now + self._machines[phase].ready_ms(walk=walk)
        if not self._machines[phase].may_start(now, self._site.options.red_revert_ms):
            return False
        for other in self._conflicts[phase]:
            machine = self._machines[other]
            if machine.interval is not Interval.RED:
                return False
            if then - machine.green_ended < self._site.intergreen.get((other, phase), 0):
                return False
        return True
