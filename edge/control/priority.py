"""Transit priority: a bus or tram bends the sequence within stated limits and takes nothing away (cf. NTCIP 1211).

It never skips a phase and never touches a minimum, a walk or a clearance. Where its phase is green it holds it, no longer
than `extend_ms` beyond the tick in which it would have ended (green extension, 114); where it is not, it forces off those
greens that the site file lets it shorten, once they have had the green they keep (early green, 113). After a request it
locks itself out for a while, so that the others recover; coordination gets back in step by its own transition.

A request checks in (112) when its input has been on for its delay, and checks out (115) when the input goes off or the
longest time of a request is over; an input that stays on is not heard again until it has been off.
"""

from dataclasses import replace

from edge.control.asks import Asks
from edge.control.view import View
from edge.model.events import Event, EventCode
from edge.model.exchange import PriorityStatus
from edge.model.phases import Termination
from edge.model.preempts import Priority, PriorityLimits
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber, PriorityNumber


class _Request:
    """One check-in input and what has been done for it."""

    __slots__ = ("_checked_out", "_locked_until", "_on_since", "early", "extended_ms", "extending", "priority", "since")

    def __init__(self, priority: Priority) -> None:
        self.priority = priority
        self.since: Ms | None = None  # checked in
        self.extended_ms: Ms = 0
        self.extending = False
        self.early = False
        self._on_since: Ms | None = None
        self._checked_out = False
        self._locked_until: Ms = -1

    def hear(self, view: View) -> list[Event]:
        """Take in one tick; logs check-in and check-out."""
        priority, now = self.priority, view.now
        level = view.wire_on(priority.input)
        on = level is not None and level is not priority.inverted
        if not on:
            self._on_since, self._checked_out = None, False
            return self._check_out(now)
        self._on_since = now if self._on_since is None else self._on_since
        if self.since is None:
            return self._check_in(now)
        if priority.max_request_ms and now - self.since >= priority.max_request_ms:
            return self._check_out(now)
        return []

    def _check_in(self, now: Ms) -> list[Event]:
        waited = self._on_since is not None and now - self._on_since >= self.priority.delay_ms
        if not waited or self._checked_out or now < self._locked_until:
            return []
        self.since = now
        self.extended_ms, self.extending, self.early = 0, False, False
        return [Event(EventCode.PRIORITY_CHECK_IN, self.priority.number)]

    def _check_out(self, now: Ms) -> list[Event]:
        if self.since is None:
            return []
        self.since, self._checked_out = None, True
        if self.extending or self.early:
            self._locked_until = now + self.priority.lockout_ms
        return [Event(EventCode.PRIORITY_CHECK_OUT, self.priority.number)]


class TransitPriority:
    """The asker between operators and manual control. The lower number is served; others wait."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._requests = [_Request(priority) for _, priority in sorted(site.priorities.items())]
        self._before: Ms | None = None
        self._serves: PriorityNumber | None = None  # the request whose green is shown

    def shape(self, view: View, asks: Asks) -> tuple[Asks, list[Event]]:
        """Bend what the strategy asks for, for the first request that stands."""
        events = [event for request in self._requests for event in request.hear(view)]
        passed_ms = view.now - self._before if self._before is not None else 0
        self._before = view.now
        request = next((r for r in self._requests if r.since is not None), None)
        limits = request.priority.limits_of(view.plan) if request is not None else None
        if request is None or limits is None:
            return asks, events + self._note_service(None)
        greens = [p for p in request.priority.phases if view.is_green(p)]
        events += self._note_service(request.priority.number if greens else None)
        if greens:
            asks, more = self._extend(view, asks, request, limits, greens, passed_ms)
        else:
            asks, more = self._come_early(view, asks, request, limits)
        return asks, events + more

    def status(self) -> tuple[PriorityStatus, ...]:
        """Every request that stands, for the screen."""
        return tuple(PriorityStatus(r.priority.number, _doing(r)) for r in self._requests if r.since is not None)

    @property
    def called(self) -> frozenset[PhaseNumber]:
        """The phases of the requests that stand."""
        return frozenset(p for r in self._requests if r.since is not None for p in r.priority.phases)

    def _note_service(self, number: PriorityNumber | None) -> list[Event]:
        """Log the service of a request: from the green of its phases to its end, or that of the request (118, 119)."""
        before, self._serves = self._serves, number
        if before == number:
            return []
        events = [] if before is None else [Event(EventCode.PRIORITY_SERVICE_END, before)]
        return events if number is None else [*events, Event(EventCode.PRIORITY_SERVICE_START, number)]

    def _extend(
        self,
        view: View,
        asks: Asks,
        request: _Request,
        limits: PriorityLimits,
        greens: list[PhaseNumber],
        passed_ms: Ms,
    ) -> tuple[Asks, list[Event]]:
        """Hold the greens of the request, for as long as it may be extended in all."""
        if request.extended_ms + passed_ms >= limits.extend_ms or not any(_may_end(view, asks, p) for p in greens):
            return asks, []
        events: list[Event] = []
        if any(p in asks.force_offs or view.opposed_since(p) is not None for p in greens):
            request.extended_ms += passed_ms
            if not request.extending:
                request.extending = True
                events.append(Event(EventCode.PRIORITY_EXTENSION, request.priority.number))
        held = frozenset(greens)
        return replace(asks, holds=asks.holds | held, force_offs=asks.force_offs - held), events

    def _come_early(
        self, view: View, asks: Asks, request: _Request, limits: PriorityLimits
    ) -> tuple[Asks, list[Event]]:
        """Call the phases of the request, and end what stands in their way and may be shortened."""
        called = frozenset(request.priority.phases) - asks.omits
        least = limits.least_ms
        over = frozenset(
            p for p in view.greens() if p in least and view.green_ms(p) >= least[p] and self._opposes(p, called)
        )
        asks = replace(asks, calls=asks.calls | called)
        if not over:
            return asks, []
        begun, request.early = not request.early, True
        asks = replace(
            asks, force_offs=asks.force_offs | over, holds=asks.holds - over, force_off_as=Termination.PRIORITY
        )
        return asks, [Event(EventCode.PRIORITY_EARLY_GREEN, request.priority.number)] if begun else []

    def _opposes(self, phase: PhaseNumber, called: frozenset[PhaseNumber]) -> bool:
        return any(not self._site.sequence.concurrent(phase, other) for other in called)


def _may_end(view: View, asks: Asks, phase: PhaseNumber) -> bool:
    """Whether the green would end as soon as it is opposed: forced off, gapped out or at its maximum."""
    return phase in asks.force_offs or view.gapped(phase) or view.max_left_ms(phase) == 0


def _doing(request: _Request) -> str:
    if request.extending:
        return f"green extended by {request.extended_ms / 1000:.0f} s"
    return "early green" if request.early else "checked in"
