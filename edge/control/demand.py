"""Who wants right-of-way in this tick, from calls, recalls and what is asked for."""

from collections.abc import Callable, Mapping

from edge.control.asks import Asks, Phases
from edge.control.calls import PhaseCalls
from edge.control.moves import Demand
from edge.model.phases import Recall
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber


class DemandReader:
    """Reads the demand of all phases. `is_on`: whether a phase is being served."""

    def __init__(
        self, site: Site, calls: Mapping[PhaseNumber, PhaseCalls], is_on: Callable[[PhaseNumber], bool]
    ) -> None:
        self._calls = calls
        self._is_on = is_on
        self._conflicts = {p: frozenset(site.sequence.conflicts(p)) for p in site.phases}
        self._soft = frozenset(site.options.rest_in) | {n for n, p in site.phases.items() if p.recall is Recall.SOFT}

    def read(self, now: Ms, asks: Asks) -> Demand:
        """The demand of this tick. Without detectors only what is asked for counts, and buttons beside a green."""
        calls = self._calls
        if not asks.hears_detectors:
            walks = frozenset(n for n, c in calls.items() if (c.ped if self._is_on(n) else n in asks.ped_calls))
            return Demand(asks.calls - asks.omits, walks - asks.ped_omits)
        wanted = frozenset(n for n, c in calls.items() if c.demands and not self._is_on(n)) | asks.calls
        soft = frozenset(p for p in self._soft if p not in wanted and self._nobody_opposes(now, p, wanted))
        walks = frozenset(n for n, c in calls.items() if c.wants_walk(green=self._is_on(n)))
        return Demand((wanted | soft) - asks.omits, (walks | asks.ped_calls) - asks.ped_omits)

    def _nobody_opposes(self, now: Ms, phase: PhaseNumber, wanted: Phases) -> bool:
        """Whether a soft recall may speak: no conflicting phase is called, none in green has traffic."""
        conflicts = self._conflicts[phase]
        if not wanted.isdisjoint(conflicts):
            return False
        return all(self._calls[p].gapped(now) for p in conflicts if self._is_on(p))
