"""The inputs of one tick: the latest sample of every detector and push-button, and the devices that have none."""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.base import DetectorSource
from edge.model.detectors import InputRef, InputSample
from edge.model.exchange import ShellFault
from edge.model.external import WireName, wire_name
from edge.model.faults import FaultKind
from edge.model.site import Site
from edge.model.units import ButtonNumber, DetectorNumber, Ms

Samples = Mapping[str, InputSample]


@dataclass(frozen=True, slots=True)
class Heard:
    """What the sources said in one tick."""

    detectors: dict[DetectorNumber, InputSample]
    buttons: dict[ButtonNumber, InputSample]
    wires: dict[WireName, InputSample]
    faults: tuple[ShellFault, ...]


class Intake:
    """Reads every source once a tick. Sources that nothing is wired to are not read.

    A device is lost when its newest sample is older than its stale_after time; `now` at construction counts as the first.
    """

    def __init__(self, site: Site, sources: Mapping[str, DetectorSource], now: Ms) -> None:
        self._detectors = {number: detector.input for number, detector in site.detectors.items()}
        self._buttons = {number: button.input for number, button in site.buttons.items()}
        self._wires = {wire_name(ref): ref for ref in site.wires}
        wired = {ref.device for ref in (*self._detectors.values(), *self._buttons.values(), *self._wires.values())}
        self._sources = {name: source for name, source in sources.items() if name in wired}
        self._stale_ms = {name: site.devices[name].options.stale_after_ms for name in self._sources}
        self._newest = dict.fromkeys(self._sources, now)

    def hear(self, now: Ms) -> Heard:
        """The samples of this tick. Never blocks: a source's `latest()` does not."""
        said = {name: source.latest() for name, source in self._sources.items()}
        detectors = {number: sample for number, ref in self._detectors.items() if (sample := _of(said, ref))}
        buttons = {number: sample for number, ref in self._buttons.items() if (sample := _of(said, ref))}
        wires = {name: sample for name, ref in self._wires.items() if (sample := _of(said, ref))}
        return Heard(detectors, buttons, wires, tuple(self._lost(now, said)))

    def _lost(self, now: Ms, said: Mapping[str, Samples]) -> list[ShellFault]:
        faults = []
        for name, samples in said.items():
            newest = max((sample.taken_ms for sample in samples.values()), default=self._newest[name])
            self._newest[name] = max(newest, self._newest[name])
            if now - self._newest[name] > self._stale_ms[name]:
                faults.append(ShellFault(FaultKind.INPUT_DEVICE_LOST, name, self._sources[name].health().said))
        return faults


def _of(said: Mapping[str, Samples], ref: InputRef) -> InputSample | None:
    samples = said.get(ref.device)
    return samples.get(ref.terminal) if samples else None
