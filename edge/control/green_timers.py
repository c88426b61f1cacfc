"""Since when each green is opposed, which maximum it times, and for what reason it may end."""

from collections.abc import Mapping

from edge.control.calls import PhaseCalls
from edge.control.maximum import Maximum
from edge.model.events import Event, EventCode
from edge.model.phases import Termination
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber

Phases = frozenset[PhaseNumber]


class GreenTimers:
    """The maximum timers and the memory of gap-outs of all phases; `rings` tells them what is wanted."""

    def __init__(
        self, site: Site, calls: Mapping[PhaseNumber, PhaseCalls], conflicts: Mapping[PhaseNumber, Phases]
    ) -> None:
        self._calls = calls
        self._conflicts = conflicts
        self._maximums = {p: Maximum(phase) for p, phase in site.phases.items()}
        self._reducing = frozenset(p for p, phase in site.phases.items() if phase.gap_reduction is not None)
        self._opposed: dict[PhaseNumber, Ms] = {}
        self._gapped: set[PhaseNumber] = set()  # gapped out, and waiting for the other ring

    def forget(self) -> None:
        """All phases were made red from outside: flash."""
        self._opposed.clear()
        self._gapped.clear()

    def green_began(self, phase: PhaseNumber) -> None:
        """A new green: nothing of the last one counts."""
        self._opposed.pop(phase, None)
        self._gapped.discard(phase)

    def green_ended(self, phase: PhaseNumber, reason: Termination) -> list[Event]:
        """The green has ended: the dynamic maximum learns why."""
        return self._maximums[phase].ended(reason)

    def oppose(self, now: Ms, phase: PhaseNumber, wanted: Phases, maximum: int) -> list[Event]:
        """Time `maximum` from the first conflicting call on, in the very tick the green begins if it stands then."""
        events: list[Event] = []
        self._calls[phase].opposed = not wanted.isdisjoint(self._conflicts[phase])
        if not self._calls[phase].opposed:
            self.green_began(phase)
        elif phase not in self._opposed:
            self._opposed[phase] = now
            events.append(Event(EventCode.PHASE_CHECK, phase))
            events += self._maximums[phase].timing_begins(maximum)
        if phase in self._reducing:
            waiting = sum(self._calls[p].cars for p in wanted & self._conflicts[phase])
            events += self._calls[phase].gap.oppose(now, self._opposed.get(phase), waiting)
        return events

    def opposed_since(self, phase: PhaseNumber) -> Ms | None:
        """When the running green of `phase` was first opposed; None if it is not."""
        return self._opposed.get(phase)

    def max_left_ms(self, now: Ms, phase: PhaseNumber) -> Ms | None:
        """What is left of the maximum green of `phase`; None while it is not timed."""
        since = self._opposed.get(phase)
        return None if since is None else max(0, self._maximums[phase].ms - (now - since))

    def remember_gap(self, phase: PhaseNumber) -> None:
        """The green has gapped out and stays so while it waits for the other ring."""
        self._gapped.add(phase)

    def timed_out(self, now: Ms, phase: PhaseNumber, *, hears_maximums: bool) -> Termination | None:
        """Whether the green has gapped out or reached its maximum."""
        if phase in self._gapped or self._calls[phase].gapped(now):
            return Termination.GAP_OUT
        return Termination.MAX_OUT if hears_maximums and self.max_left_ms(now, phase) == 0 else None
