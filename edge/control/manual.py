"""Manual control: a police officer steps through the sequence with a push-button (NEMA TS 2 3.5.5.5, manual control enable
and interval advance), and stop time.

While manual control is enabled every phase is called, vehicles and pedestrians, and every green is held. An advance lets
the greens of that moment go: each ends as soon as its minimum, its walk and its pedestrian clearance are over, and the
sequence goes to the next phase, or over the barrier. Yellow and red clearance time by themselves; an advance during
them is not heard, and one more advance for greens that are about to go anyway changes nothing.

Ours, and different from TS 2: an advance never ends a minimum green, a walk or a pedestrian clearance, and walk is not
held but followed by its clearance, so that no interval of the sheet is ever shortened and an officer who forgets the
walkers does not leave them in the middle of the road. Omits of inputs and operators stay; what a plan asks is not heard.
"""

from edge.control.asks import NOBODY, Asks, Phases
from edge.control.external import Interference
from edge.control.view import View
from edge.model.events import Event
from edge.model.site import Site
from edge.model.units import Ms


class Manual:
    """The asker. `on` and `advance` are set before it is asked, in every tick; `omits`: those of inputs and operators."""

    def __init__(self, site: Site) -> None:
        self._all = frozenset(site.phases)
        self._peds = frozenset(n for n, p in site.phases.items() if p.ped is not None)
        self._going: Phases = NOBODY
        self.on = False
        self.advance = False
        self.wishes: tuple[Interference, ...] = ()

    def shape(self, view: View, asks: Asks) -> tuple[Asks, list[Event]]:
        """Call all, hold every green that has not been told to go."""
        if not self.on:
            self._going = NOBODY
            return asks, []
        greens = frozenset(view.greens())
        self._going &= greens
        if self.advance:
            self._going = greens
        omits = frozenset(p for wish in self.wishes for p in wish.omits)
        ped_omits = frozenset(p for wish in self.wishes for p in wish.ped_omits)
        return (
            Asks(
                calls=self._all - greens,
                ped_calls=self._peds - greens,
                holds=greens - self._going,
                force_offs=self._going,
                omits=omits,
                ped_omits=ped_omits,
                hears_detectors=False,
            ),
            [],
        )


class StopTime:
    """The phase clock: the monotonic clock less all the time it was made to stand still.

    All intervals, gaps and waits of phases are counted on it, so that a stop makes them longer and nothing else. Faults,
    detectors, modes and the monitor stay on the real clock. A stop that lasts longer than the site allows is a fault and
    is not heard any more until its wire has been off.
    """

    __slots__ = ("_began", "_last", "_limit_ms", "_stood_ms", "too_long")

    def __init__(self, limit_ms: Ms, now: Ms) -> None:
        self._limit_ms = limit_ms
        self._stood_ms: Ms = 0
        self._last = now
        self._began: Ms | None = None
        self.too_long = False

    @property
    def stands(self) -> bool:
        """Whether the phase clock stands still in this tick."""
        return self._began is not None and not self.too_long

    def tick(self, now: Ms, *, asked: bool, may: bool) -> Ms:
        """The phase clock at `now`. `asked`: the input is on. `may`: signals run and nothing goes before stop time."""
        if not asked:
            self._began, self.too_long = None, False
        elif self._began is None and may:
            self._began = now
        if self._began is not None and now - self._began >= self._limit_ms:
            self.too_long = True
        if not may and not self.too_long:
            self._began = None
        if self.stands:
            self._stood_ms += now - self._last
        self._last = now
        return now - self._stood_ms
