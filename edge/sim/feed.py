"""The plant in real time: between the lamps that the mock devices show and the inputs they report.

So that `run --simulated` and `make run` drive the real daemon through its real drivers: only the wires are not there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from drivers.base import OpenDevice
from drivers.mock import MockDevice
from edge.model.detectors import InputRef, InputSample
from edge.model.devices import Device, MockOptions
from edge.model.external import wire_name
from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.units import ChannelNumber, Ms
from edge.sim.traffic import Plant


def as_simulated(site: Site) -> Site:
    """The site with every device a mock one; its names, terminals and wires stay."""
    devices = {
        name: Device(name, MockOptions(stale_after_ms=device.options.stale_after_ms))
        for name, device in site.devices.items()
    }
    return replace(site, devices=devices)


def mocks_of(opened: Iterable[OpenDevice]) -> dict[str, MockDevice]:
    """The mock devices among the opened ones, by name."""
    found: dict[str, MockDevice] = {}
    for device in opened:
        for face in (device.source, device.sink):
            if isinstance(face, MockDevice):
                found[device.name] = face
    return found


class PlantFeed:
    """Steps the plant and wires it to mock devices. Call `step` once a tick, before the inputs are read.

    Raises:
        ValueError: a device that the site's inputs or channels are wired to is no mock device.
    """

    def __init__(self, site: Site, plant: Plant, mocks: Mapping[str, MockDevice]) -> None:
        refs = [d.input for d in site.detectors.values()] + [b.input for b in site.buttons.values()]
        refs += site.wires
        inputs = {ref.device for ref in refs}
        outputs = {channel.output for channel in site.channels.values()}
        real = sorted((inputs | outputs) - mocks.keys())
        if real:
            raise ValueError(f"the simulation cannot be wired to {', '.join(real)} — open every device as a mock one")
        self.plant = plant
        self._mocks = mocks
        self._site = site
        self._outputs = outputs

    def step(self, now: Ms) -> None:
        """What the lamps show goes to the traffic, what the traffic does goes to the inputs. A device gone dark shows dark."""
        heard = self.plant.step(now, self._shown())
        wired = [(self._site.detectors[n].input, sample) for n, sample in heard.detectors.items()]
        wired += [(self._site.buttons[n].input, sample) for n, sample in heard.buttons.items()]
        wired += [(ref, heard.wires[wire_name(ref)]) for ref in self._site.wires]
        for name, levels in _by_device(wired).items():
            self._mocks[name].set_inputs(levels)

    def _shown(self) -> dict[ChannelNumber, Indication]:
        images = {name: self._mocks[name].image() for name in self._outputs}
        shown = {}
        for number, channel in self._site.channels.items():
            image = images[channel.output]
            shown[number] = image.shown.get(number, Indication.DARK) if image else Indication.DARK
        return shown


def _by_device(wired: list[tuple[InputRef, InputSample]]) -> dict[str, dict[str, tuple[bool, int]]]:
    levels: dict[str, dict[str, tuple[bool, int]]] = {}
    for ref, sample in wired:
        levels.setdefault(ref.device, {})[ref.terminal] = (sample.occupied, sample.count)
    return levels
