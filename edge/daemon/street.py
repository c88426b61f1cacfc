"""One site on its devices: inputs → tick → lamps, one step each 100 ms. What goes round here is all that the street needs."""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.base import DetectorSource, OpenDevice
from edge.clock import Clock
from edge.daemon.clock_watch import ClockWatch
from edge.daemon.intake import Intake
from edge.daemon.outputs import Outputs
from edge.daemon.punctuality import Punctuality
from edge.model.advice import Advice
from edge.model.commands import Command
from edge.model.exchange import Inputs, Mode, Readback, ShellFault
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import Ms
from edge.safety.rules import Latch
from edge.status.facts import DeviceFacts
from edge.tick import Tick, TickResult

_IN_FLASH = frozenset({Mode.FLASH, Mode.START_UP_FLASH})


@dataclass(frozen=True, slots=True)
class Stepped:
    """One tick: what went in and what came out."""

    now: Ms
    inputs: Inputs
    local: LocalTime
    result: TickResult


class Street:
    """The devices, the tick and the lamps. `latch`: the monitor's, as it was stored."""

    def __init__(self, site: Site, devices: Mapping[str, OpenDevice], clock: Clock, latch: Latch | None) -> None:
        now = clock.monotonic_ms()
        self.site = site
        self.devices = devices
        self.tick = Tick(site, latch)
        self.outputs = Outputs(site, {n: d.sink for n, d in devices.items() if d.sink is not None}, now)
        self.punctuality = Punctuality(site.fallback.decision_late_ms)
        self._clock = clock
        self._intake = Intake(site, _sources(devices), now)
        self._clock_watch = ClockWatch(clock, site.timezone, site.fallback.clock_unsynced_ms, now)

    def step(
        self,
        now: Ms,
        late_us: int,
        commands: tuple[Command, ...],
        standing: tuple[ShellFault, ...],
        advice: Advice | None = None,
    ) -> Stepped:
        """One tick that began `late_us` after its deadline. `standing`: the faults the daemon itself reports."""
        heard = self._intake.hear(now)
        local, clock_faults = self._clock_watch.read(now)
        readbacks, output_faults = self.outputs.look(now)
        late = self.punctuality.begun(now, late_us)
        faults = (*heard.faults, *output_faults, *late, *clock_faults, *standing)
        inputs = Inputs(heard.detectors, heard.buttons, local, commands, faults, readbacks, heard.wires, advice)
        result = self.tick.advance(now, inputs)
        self.outputs.write(result.verdict.permitted)
        return Stepped(now, inputs, local, result)

    def flash(self, now: Ms) -> None:
        """Have flash shown, past an engine that has failed."""
        self.outputs.write(self.tick.flash(now).permitted)

    def take_over(self, site: Site) -> None:
        """Run another site on the same devices, from its start-up flash on. The latch stays."""
        now = self._clock.monotonic_ms()
        self.site = site
        self.tick = Tick(site, self.tick.monitor.latch)
        self.punctuality.limit_ms = site.fallback.decision_late_ms
        self._intake = Intake(site, _sources(self.devices), now)
        self._clock_watch = ClockWatch(self._clock, site.timezone, site.fallback.clock_unsynced_ms, now)

    def lamps_accounted_for(self, stepped: Stepped) -> bool:
        """Whether every device has confirmed an image in time, or the engine knows better and is in flash."""
        return self.outputs.fresh(stepped.now) or stepped.result.decision.mode in _IN_FLASH

    def device_facts(self) -> tuple[DeviceFacts, ...]:
        """Every device and how it stands."""
        verified = {sink.name: sink.verified for sink in self.outputs.sinks}
        return tuple(_facts(device, verified) for device in self.devices.values())


def _sources(devices: Mapping[str, OpenDevice]) -> dict[str, DetectorSource]:
    return {name: device.source for name, device in devices.items() if device.source is not None}


def _facts(device: OpenDevice, verified: Mapping[str, Readback | None]) -> DeviceFacts:
    faces = tuple(word for word, face in (("inputs", device.source), ("lamps", device.sink)) if face is not None)
    confirmed = verified.get(device.name)
    return DeviceFacts(device.name, faces, device.faces[0].health(), confirmed.taken_ms if confirmed else None)
