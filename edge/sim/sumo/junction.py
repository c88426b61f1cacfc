"""One junction of a SUMO run: its controller and monitor in series, put to its place in the street."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.model.detectors import InputSample
from edge.model.exchange import Inputs, Mode
from edge.model.indications import Indication
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.sumo import SumoSite
from edge.model.units import MINUTE_MS, SECOND_MS, TICK_MS, ChannelNumber, Ms
from edge.sim.advising import Advises, Advising
from edge.sim.faults import FaultyWires, InjectedFault, faults_of
from edge.sim.run import Run, later
from edge.sim.sumo.place import Place
from edge.sim.sumo.street import PlantError, Street
from edge.sim.traffic import at_rest
from edge.tick import Tick

LONGEST_START_MS: Ms = 10 * MINUTE_MS
"""A controller that does not run after so long will not run at all. Ours."""

Advisers = Callable[[Site], Advises]
"""Makes the adaptive layer of a site."""


@dataclass(frozen=True, slots=True)
class JunctionSetting:
    """How one junction is run. `site`: with its strategy; `index`: its place in the run; `adviser`: None for none."""

    site: Site
    sumo: SumoSite
    index: int = 0
    faults: tuple[InjectedFault, ...] = ()
    adviser: Advises | None = None


def lead_ms(site: Site) -> Ms:
    """How long before the first step of the traffic the controller is started, so that it runs by then; whole seconds.

    Raises:
        PlantError: it does not come to run.
    """
    tick = Tick(site)
    for now in range(0, LONGEST_START_MS, TICK_MS):
        if tick.advance(now, Inputs()).decision.mode is Mode.RUN:
            return -(-now // SECOND_MS) * SECOND_MS
    raise PlantError(f"{site.name} does not come out of its start-up in {LONGEST_START_MS // SECOND_MS} s")


class Junction:
    """One junction. The controller's clock begins at `start`, local time, and `lead` before the traffic does.

    Raises:
        PlantError, ValueError: the network or a fault does not fit the site.
    """

    def __init__(self, setting: JunctionSetting, street: Street, lead: Ms, start: LocalTime) -> None:
        self.site = setting.site
        self.place = Place(setting.site, setting.sumo, setting.index, street)
        self.run = Run(self.site, start)
        self.advising = Advising(setting.adviser) if setting.adviser else None
        self._start, self._lead = start, lead
        self._wires = FaultyWires(faults_of(self.site, setting.faults))
        self._at_rest = at_rest(self.site)
        self._shown: Mapping[ChannelNumber, Indication] = {}
        for at in range(-lead, TICK_MS, TICK_MS):
            self.tick(at, street.now)
        self.show()

    def tick(self, at: Ms, heard_at: Ms) -> None:
        """One tick of the controller. `at`: ms since the traffic began; `heard_at`: the same instant on SUMO's clock."""
        now = at + self._lead
        self._shown = self.run.advance(
            now,
            Inputs(
                self._wires.carry(at, self.place.loops_at(heard_at, now)),
                self.place.buttons_at(at, now),
                later(self._start, now),
                wires={name: InputSample(closed, 0, now) for name, closed in self._at_rest.items()},
                advice=self.advising.answer() if self.advising else None,
            ),
        )
        if self.advising and at > 0:
            self.advising.after(at, self.run.tick.controller)

    def show(self) -> None:
        """Put the image that is permitted now on the heads in SUMO."""
        self.place.show(self._shown)
