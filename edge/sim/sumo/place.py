"""The street side of a junction in SUMO: its loops, buttons and heads. The controller side knows samples and lamps only.

Nothing of SUMO's vehicles comes through here but presence and counts, as a wire would carry them.
"""

from collections.abc import Mapping
from dataclasses import replace

from edge.model.detectors import InputSample
from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.sumo import SumoSite
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms
from edge.sim.sumo.lamps import Heads
from edge.sim.sumo.loops import PlacedLoop, placed_loops
from edge.sim.sumo.presence import Presence, Span
from edge.sim.sumo.street import Street
from edge.sim.sumo.walkers import CrossingFigures, WatchedButton


def place_of(site: Site, tls: str | None = None) -> SumoSite:
    """Where a site lies; `tls`: its traffic light, where it is not the one that the site file names.

    Raises:
        ValueError: the site does not say.
    """
    if site.sumo is None:
        raise ValueError(f"{site.name} does not say where it lies in the network — stopline import sumo writes `sumo:`")
    return site.sumo if tls is None else replace(site.sumo, tls=tls)


def longest_red_clear_ms(site: Site) -> Ms:
    """Of all phases and overlaps."""
    phases = max(phase.red_clear_ms for phase in site.phases.values())
    return max(phases, *(overlap.red_clear_ms for overlap in site.overlaps.values()), 0)


class Place:
    """Where one site lies in SUMO. `index`: its place in the run, so that names differ.

    Raises:
        PlantError, ValueError: the network and the site do not fit each other.
    """

    def __init__(self, site: Site, sumo: SumoSite, index: int, street: Street) -> None:
        self.tls = sumo.tls
        self.largest_queue = 0
        self._street = street
        self._presence = {number: Presence() for number in site.detectors}
        self._loops: dict[DetectorNumber, list[PlacedLoop]] = {}
        for loop in placed_loops(sumo, index):
            self._loops.setdefault(loop.detector, []).append(loop)
        self._heads = Heads(sumo, street.own_programme(sumo.tls), longest_red_clear_ms(site))
        self._lanes = street.approach_lanes(sumo.tls)
        self._buttons = [WatchedButton(number, edges) for number, edges in sorted(sumo.crossings.items())]
        self._areas = {button: self._areas_of(button) for button in self._buttons}
        self._state = ""

    def _areas_of(self, button: WatchedButton) -> tuple[str, ...]:
        areas = (area for crossing in sorted(button.crossings) for area in self._street.waiting_areas(crossing))
        return tuple(dict.fromkeys(areas))

    def hear(self, began: Ms) -> None:
        """Read loops, buttons and queues after the step of SUMO that began at `began`; instants are ms of SUMO's clock."""
        street = self._street
        for number, loops in self._loops.items():
            spans: list[Span] = []
            ghosts = False
            for loop in loops:
                over, more = street.over(loop)
                spans += over
                ghosts = ghosts or more
            self._presence[number].step(began, street.now, spans, ghosts=ghosts)
        for button, areas in self._areas.items():
            people = {who: doing for area in areas for who, doing in street.standing(area).items()}
            button.look(street.now - street.began_ms, people)
        self.largest_queue = max([self.largest_queue, *map(street.halting, self._lanes)])

    def loops_at(self, at: Ms, now: Ms) -> dict[DetectorNumber, InputSample]:
        """What the loops say at `at` of SUMO's clock; `now`: the stamp on the samples."""
        return {number: InputSample(loop.at(at), loop.count, now) for number, loop in self._presence.items()}

    def buttons_at(self, at: Ms, now: Ms) -> dict[ButtonNumber, InputSample]:
        """What the buttons say at `at`, ms since the traffic began."""
        return {button.number: button.sample(at, now) for button in self._buttons}

    def show(self, shown: Mapping[ChannelNumber, Indication]) -> None:
        """Put an image on the heads in SUMO."""
        state = self._heads.state(shown, self._street.now)
        if state != self._state:
            self._street.show(self.tls, state)
            self._state = state

    def crossings(self) -> list[CrossingFigures]:
        """Everybody who came to its crossings."""
        return [button.figures() for button in self._buttons]
