"""One junction of a SUMO run: its controller and monitor on one side, its loops, buttons and heads in SUMO on the other.

Nothing of SUMO's vehicles comes through here but presence and counts, as a wire would carry them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.model.detectors import InputSample
from edge.model.exchange import Inputs, Mode
from edge.model.indications import Indication
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.sumo import SumoSite
from edge.model.units import MINUTE_MS, SECOND_MS, TICK_MS, ChannelNumber, DetectorNumber, Ms
from edge.sim.advising import Advises, Advising
from edge.sim.faults import FaultyWires, InjectedFault, faults_of
from edge.sim.run import Run, later
from edge.sim.sumo.lamps import Heads
from edge.sim.sumo.loops import PlacedLoop, placed_loops
from edge.sim.sumo.presence import Presence, Span
from edge.sim.sumo.street import PlantError, Street
from edge.sim.sumo.walkers import CrossingFigures, WatchedButton
from edge.sim.traffic import at_rest
from edge.tick import Tick

LONGEST_START_MS: Ms = 10 * MINUTE_MS
"""A controller that does not run after so long will not run at all. Ours."""


@dataclass(frozen=True, slots=True)
class JunctionSetting:
    """How one junction is run. `site`: with its strategy; `index`: its place in the run; `adviser`: None for none."""

    site: Site
    sumo: SumoSite
    index: int = 0
    faults: tuple[InjectedFault, ...] = ()
    adviser: Advises | None = None


def lead_ms(site: Site) -> Ms:
    """How long before the first step of the traffic the controller is started, so that it runs by then.

    Raises:
        PlantError: it does not come to run.
    """
    tick = Tick(site)
    for now in range(0, LONGEST_START_MS, TICK_MS):
        if tick.advance(now, Inputs()).decision.mode is Mode.RUN:
            return -(-now // SECOND_MS) * SECOND_MS
    raise PlantError(f"{site.name} does not come out of its start-up in {LONGEST_START_MS // SECOND_MS} s")


class Junction:
    """One junction. The controller's clock begins at `start`, local time, and `lead` before the traffic does."""

    def __init__(self, setting: JunctionSetting, lead: Ms, start: LocalTime) -> None:
        self.site, self.tls = setting.site, setting.sumo.tls
        self.loops = placed_loops(setting.sumo, setting.index)
        self.advising = Advising(setting.adviser) if setting.adviser else None
        self.largest_queue = 0
        self.run = Run(self.site, start)
        self._start, self._lead = start, lead
        self._sumo = setting.sumo
        self._presence = {number: Presence() for number in self.site.detectors}
        self._wires = FaultyWires(faults_of(self.site, setting.faults))
        self._at_rest = at_rest(self.site)
        self._buttons = [WatchedButton(number, edges) for number, edges in sorted(setting.sumo.crossings.items())]
        self._places: dict[DetectorNumber, list[PlacedLoop]] = {}
        for loop in self.loops:
            self._places.setdefault(loop.detector, []).append(loop)
        self._shown: Mapping[ChannelNumber, Indication] = {}
        self._state = ""
        self._heads: Heads | None = None
        self._lanes: tuple[str, ...] = ()
        self._areas: dict[WatchedButton, tuple[str, ...]] = {}

    def connect(self, street: Street) -> None:
        """Start the controller up, take the traffic light over and find the places in the network.

        Raises:
            PlantError, ValueError: the network and the site do not fit each other.
        """
        self._heads = Heads(self._sumo, street.own_programme(self.tls))
        self._lanes = street.approach_lanes(self.tls)
        for button in self._buttons:
            areas = (area for crossing in sorted(button.crossings) for area in street.waiting_areas(crossing))
            self._areas[button] = tuple(dict.fromkeys(areas))
        for at in range(-self._lead, TICK_MS, TICK_MS):
            self.tick(at)
        self.show(street)

    def hear(self, street: Street, began: Ms) -> None:
        """Read loops, buttons and queues after the step of SUMO that began at `began`; instants are ms of SUMO's clock."""
        for number, places in self._places.items():
            spans: list[Span] = []
            ghosts = False
            for loop in places:
                over, more = street.over(loop)
                spans += over
                ghosts = ghosts or more
            self._presence[number].step(began, street.now, spans, ghosts=ghosts)
        for button, areas in self._areas.items():
            people = {who: doing for area in areas for who, doing in street.standing(area).items()}
            button.look(street.now - street.began_ms, people)
        self.largest_queue = max(self.largest_queue, *map(street.halting, self._lanes))

    def tick(self, at: Ms, heard_at: Ms = 0) -> None:
        """One tick of the controller. `at`: ms since the traffic began; `heard_at`: the same instant on SUMO's clock."""
        now = at + self._lead
        samples = {number: InputSample(loop.at(heard_at), loop.count, now) for number, loop in self._presence.items()}
        self._shown = self.run.advance(
            now,
            Inputs(
                self._wires.carry(at, samples),
                {button.number: button.sample(at, now) for button in self._buttons},
                later(self._start, now),
                wires={name: InputSample(closed, 0, now) for name, closed in self._at_rest.items()},
                advice=self.advising.answer() if self.advising else None,
            ),
        )
        if self.advising and at > 0:
            self.advising.after(at, self.run.tick.controller)

    def show(self, street: Street) -> None:
        """Put the image that is permitted now on the heads in SUMO."""
        if self._heads is None:
            raise PlantError("the junction is not connected to SUMO yet")
        state = self._heads.state(self._shown)
        if state != self._state:
            street.show(self.tls, state)
            self._state = state

    def crossings(self) -> list[CrossingFigures]:
        """Everybody who came to its crossings."""
        return [button.figures() for button in self._buttons]


Advisers = Callable[[Site], Advises]
"""Makes the adaptive layer of a site."""
