"""The devices of a site as a cabinet has them: which terminal is which loop, which coil is which lamp."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.modbus_codec import Wiring, lamps_from, wiring_of
from edge.model.detectors import InputRef, InputSample
from edge.model.devices import (
    Device,
    ModbusOptions,
    SerialOptions,
    SerialProtocol,
    SerialTransport,
    TcpTransport,
)
from edge.model.external import wire_name
from edge.model.indications import Indication, Lamps
from edge.model.site import Site
from edge.model.units import ChannelNumber, Ms
from edge.sim.cabinet.bench import BenchError
from edge.sim.cabinet.heads import SeenHead
from edge.sim.cabinet.module import ModbusModule
from edge.sim.cabinet.talks import AsciiTalk, CanogaCard, CanogaTalk, RtuTalk, Talk
from edge.sim.traffic import PlantInputs

MOST_TERMINALS = 64


@dataclass(frozen=True, slots=True)
class _Lamps:
    """The lamps on one module."""

    module: ModbusModule
    wiring: Wiring
    coils_start: int

    def lit(self) -> Mapping[ChannelNumber, Lamps]:
        first = self.coils_start + self.wiring.first
        return lamps_from(self.wiring, [self.module.is_lit(first + at) for at in range(len(self.wiring.lamps))])


class Devices:
    """All devices of a site, switched on at `now`.

    Raises:
        BenchError: one that a cabinet cannot serve.
    """

    def __init__(self, site: Site, now: Ms) -> None:
        self._site = site
        self._now = now
        self.modules: dict[str, ModbusModule] = {}
        self._cards: dict[str, CanogaCard] = {}
        self._boxes: dict[str, AsciiTalk] = {}
        for device in site.devices.values():
            self._make(device)
        self._lamps = [self._lamps_of(name) for name in sorted({c.output for c in site.channels.values()})]
        self._heads = {number: SeenHead(channel.kind) for number, channel in site.channels.items()}

    def _make(self, device: Device) -> None:
        options = device.options
        if isinstance(options, ModbusOptions):
            self.modules[device.name] = ModbusModule(options)
        elif not isinstance(options, SerialOptions):
            raise BenchError(f"device {device.name} is not there on the wire — --bench DIR makes a copy with real ones")
        elif options.protocol is SerialProtocol.CANOGA:
            self._cards[device.name] = CanogaCard(self._now, options.presence_mask)
        else:
            self._boxes[device.name] = AsciiTalk(self._terminals(device.name))

    def _terminals(self, name: str) -> int:
        site = self._site
        refs = [d.input for d in site.detectors.values()] + [b.input for b in site.buttons.values()] + list(site.wires)
        return max((int(ref.terminal) for ref in refs if ref.device == name), default=1)

    def _lamps_of(self, name: str) -> _Lamps:
        module = self.modules.get(name)
        options = self._site.devices[name].options
        if module is None or not isinstance(options, ModbusOptions):
            raise BenchError(f"device {name} has lamps and is no Modbus module")
        channels = [channel for channel in self._site.channels.values() if channel.output == name]
        return _Lamps(module, wiring_of(channels), options.coils_start)

    # ── to and from the street ──────────────────────────────────────────────────────────────────

    def shown(self, now: Ms) -> dict[ChannelNumber, Indication]:
        """What the heads show; a module whose watchdog has expired is dark by now."""
        for module in self.modules.values():
            module.watch(now)
        lit: dict[ChannelNumber, Lamps] = {}
        for lamps in self._lamps:
            lit |= lamps.lit()
        return {number: head.seen(now, lit.get(number, Lamps.NONE)) for number, head in self._heads.items()}

    def sense(self, now: Ms, heard: PlantInputs) -> None:
        """What loops, buttons and wires say."""
        site = self._site
        for number, sample in heard.detectors.items():
            self._sense(now, site.detectors[number].input, sample)
        for button, sample in heard.buttons.items():
            self._sense(now, site.buttons[button].input, sample)
        for ref in site.wires:
            self._sense(now, ref, heard.wires[wire_name(ref)])

    def _sense(self, now: Ms, ref: InputRef, sample: InputSample) -> None:
        terminal, on, count = int(ref.terminal), sample.occupied, sample.count
        if ref.device in self.modules:
            self.modules[ref.device].sense(terminal, on=on, count=count)
        elif ref.device in self._cards:
            self._cards[ref.device].sense(now, terminal, on=on, count=count)
        else:
            self._boxes[ref.device].sense(terminal, on=on, count=count)

    # ── to the lines ────────────────────────────────────────────────────────────────────────────

    def sockets(self) -> dict[TcpTransport, dict[int, ModbusModule]]:
        """The units behind each address."""
        found: dict[TcpTransport, dict[int, ModbusModule]] = {}
        for name, module in self.modules.items():
            options = self._site.devices[name].options
            if isinstance(options, ModbusOptions) and isinstance(options.transport, TcpTransport):
                found.setdefault(options.transport, {})[options.unit] = module
        return found

    def lines(self) -> dict[Path, Talk]:
        """What is spoken on each serial line."""
        ports: dict[str, list[Device]] = {}
        for device in self._site.devices.values():
            transport = getattr(device.options, "transport", None)
            if isinstance(transport, SerialTransport):
                ports.setdefault(transport.port, []).append(device)
        return {Path(port): self._talk(devices) for port, devices in ports.items()}

    def _talk(self, devices: Sequence[Device]) -> Talk:
        units = {d.options.unit: self.modules[d.name] for d in devices if isinstance(d.options, ModbusOptions)}
        if units:
            return RtuTalk(units)
        cards = {
            d.options.address: self._cards[d.name]
            for d in devices
            if isinstance(d.options, SerialOptions) and d.name in self._cards
        }
        return CanogaTalk(cards) if cards else self._boxes[devices[0].name]
