"""SUMO in real time: a plant like the built-in one, stepped by the clock of a cabinet.

The loops of a step are played while the next one is due: with SUMO's usual step of 1 s they come a second late, and lamps are
looked at once a second. A step of 0.1 s is what a daemon on the wire wants.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.model.detectors import InputSample
from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.sumo import SumoSite
from edge.model.units import SECOND_MS, ChannelNumber, Ms
from edge.sim.sumo.loops import additional_file, placed_loops
from edge.sim.sumo.place import Place, place_of
from edge.sim.sumo.street import Street, command_of
from edge.sim.sumo.sumocfg import read_config
from edge.sim.traffic import PlantInputs, at_rest


class LiveStreet:
    """One junction of a running SUMO. `ended`: SUMO has come to its end."""

    def __init__(self, site: Site, sumo: SumoSite, street: Street) -> None:
        self._street = street
        self._place = Place(site, sumo, 0, street)
        self._at_rest = at_rest(site)
        self._offset_ms: Ms | None = None  # the caller's clock less SUMO's
        self._stepped_ms = street.now

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to come."""
        end = self._street.end_ms
        return self._street.is_empty if end is None else self._street.now >= end

    def step(self, now: Ms, shown: Mapping[ChannelNumber, Indication]) -> PlantInputs:
        """Move on to `now`; `shown`: the lamps meanwhile."""
        street = self._street
        if self._offset_ms is None:
            self._offset_ms = now - street.now
        due = now - self._offset_ms
        while street.now + street.step_ms <= due and not self.ended:
            self._place.show(shown)
            self._stepped_ms = street.now
            street.step()
            self._place.hear(self._stepped_ms)
        played = min(street.now, self._stepped_ms + due - street.now + min(street.step_ms, 100))
        return PlantInputs(
            self._place.loops_at(played, now),
            self._place.buttons_at(played - street.began_ms, now),
            {name: InputSample(closed, 0, now) for name, closed in self._at_rest.items()},
        )


@dataclass(frozen=True, slots=True)
class LiveSetting:
    """What SUMO runs. `seed`, `step_ms`, `tls`: None for what the files say."""

    sumocfg: Path
    seed: int | None = None
    step_ms: Ms | None = None
    tls: str | None = None


@contextmanager
def live_street(site: Site, setting: LiveSetting) -> Iterator[LiveStreet]:
    """SUMO with the loops of `site` in it, until it is left.

    Raises:
        ValueError: the site does not fit the network.
        PlantError: SUMO is missing or refuses what it is given.
        OSError: a file cannot be read or written.
    """
    sumo = place_of(site, setting.tls)
    config = read_config(setting.sumocfg)
    with TemporaryDirectory(prefix="stopline-") as folder:
        ours = Path(folder) / "loops.add.xml"
        ours.write_text(additional_file(placed_loops(sumo, 0), {}), encoding="utf-8")
        command = command_of(config, ours, Path(folder) / "tripinfo.xml", setting.seed)
        if setting.step_ms is not None:
            command += ["--step-length", str(setting.step_ms / SECOND_MS)]
        with Street(command) as street:
            yield LiveStreet(site, sumo, street)
