"""The way into an asked flash by the site's rules: the entry phases are served last (NTCIP 1202 automatic flash entry phase).

While flash is asked for, everything but the entry phases is omitted and forced off behind its minimum; once all of
them are green and could end, clearing begins. It begins anyway after a bounded time, should somebody of more right be
in the way. A fault and a stop of the process do not wait for entry phases.
"""

from edge.control.asks import Asks
from edge.control.view import View
from edge.model.events import Event
from edge.model.exchange import Interval, PedInterval
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber

_STOPS = 3
"""Ours: the greens that stand, the entry phases, and as much again for whoever has more right."""

_DONE = frozenset({Interval.EXTENSION, Interval.REST})


class FlashEntry:
    """The asker for entry phases. Silent at sites that name none."""

    def __init__(self, site: Site) -> None:
        self._phases = frozenset(site.flash.entry)
        self._others = frozenset(site.phases) - self._phases
        self._bound_ms = _STOPS * site.longest_stop_ms
        self._since: Ms | None = None

    def may_clear(self, view: View, *, wanted: bool) -> bool:
        """Whether clearing to flash may begin. Called in every tick of RUN."""
        if not wanted or not self._phases:
            self._since = None
            return wanted
        if self._since is None:
            self._since = view.heard_ms
        if view.heard_ms - self._since >= self._bound_ms or all(_served(view, p) for p in self._phases):
            self._since = None
            return True
        return False

    def shape(self, view: View, asks: Asks) -> tuple[Asks, list[Event]]:
        """Serve the entry phases and nobody else while flash is asked for."""
        if self._since is None:
            return asks, []
        greens = frozenset(view.greens())
        ours = Asks(
            calls=self._phases - greens,
            holds=greens & self._phases,
            force_offs=greens & self._others,
            omits=self._others,
            hears_detectors=False,
        )
        return ours, []


def _served(view: View, phase: PhaseNumber) -> bool:
    return view.interval(phase) in _DONE and view.ped(phase) is PedInterval.DONT_WALK
