"""The lamps: the permitted image to every sink, what the devices confirm of it, and what is wrong with them."""

from collections.abc import Mapping

from drivers.base import SignalSink
from edge.model.devices import Device, DeviceState, ModbusOptions
from edge.model.exchange import Readback, ShellFault
from edge.model.faults import FaultKind
from edge.model.site import Site
from edge.model.units import SECOND_MS, TICK_MS, Ms
from edge.safety.permitted import Permitted

HOLD_MS: Ms = SECOND_MS
"""The dead-man of a sink whose device has no watchdog time of its own in the site file: ten refreshes (Klipper: 0.75 of
5 s is refreshed; ours: an image counts as lost after nine refreshes that failed)."""

ARMING_MS: Ms = 5 * SECOND_MS
"""How long a device may take after the start to connect, to arm and to confirm its first image before that is a fault."""


class LampSink:
    """One output device and how it stands."""

    def __init__(self, device: Device, sink: SignalSink) -> None:
        modbus = device.options if isinstance(device.options, ModbusOptions) else None
        self.name = device.name
        self.sink = sink
        self.hold_ms = (modbus.watchdog_ms if modbus else None) or HOLD_MS
        self.reads_back = modbus.readback if modbus else True
        self.verified: Readback | None = None
        self._read_ms: Ms | None = None

    def look(self) -> None:
        """Take note of the last image the device confirmed."""
        self.verified = self.sink.verified()
        if self.verified is not None and (self.verified.lamps is not None or self._read_ms is None):
            self._read_ms = self.verified.taken_ms

    def fresh(self, now: Ms) -> bool:
        """Whether the last confirmed image is within its hold time."""
        return self.verified is not None and now - self.verified.taken_ms <= self.hold_ms

    def fault(self, now: Ms, *, arming: bool) -> ShellFault | None:
        """What is wrong with the device, the gravest first."""
        health = self.sink.health()
        if health.state is DeviceState.TRIPPED:
            return ShellFault(FaultKind.OUTPUT_DEVICE_TRIPPED, self.name, health.said)
        if not self.fresh(now):
            return None if arming else ShellFault(FaultKind.OUTPUT_UNVERIFIED, self.name, health.said)
        if self.reads_back and self._read_ms is not None and now - self._read_ms > self.hold_ms:
            return ShellFault(FaultKind.READBACK_LOST, self.name, health.said)
        return None


class Outputs:
    """All output devices of a site. `now` at construction begins the time they have for arming.

    That time ends before the start-up flash does, so the first steady image is never shown on outputs that have confirmed
    nothing.
    """

    def __init__(self, site: Site, sinks: Mapping[str, SignalSink], now: Ms) -> None:
        self.sinks = tuple(LampSink(site.devices[name], sink) for name, sink in sinks.items())
        self.newest_sequence = 0
        self._armed_by = now + max(0, min(ARMING_MS, site.start_up.flash_ms - 2 * TICK_MS))

    def look(self, now: Ms) -> tuple[tuple[Readback, ...], tuple[ShellFault, ...]]:
        """What the devices confirmed since the last tick, and what is wrong with them.

        An image that was minted before the last take-over of a site file is not told to the new monitor, which could not
        know it; it carries a higher number than any minted since.
        """
        for sink in self.sinks:
            sink.look()
        arming = now < self._armed_by
        faults = (sink.fault(now, arming=arming) for sink in self.sinks)
        verified = (sink.verified for sink in self.sinks)
        known = tuple(r for r in verified if r is not None and r.sequence <= self.newest_sequence)
        return known, tuple(fault for fault in faults if fault is not None)

    def write(self, permitted: Permitted) -> None:
        """Submit one image to every device."""
        self.newest_sequence = permitted.sequence
        for sink in self.sinks:
            sink.sink.write(permitted, sink.hold_ms)

    def fresh(self, now: Ms) -> bool:
        """Whether every device has confirmed an image within its hold time."""
        return all(sink.fresh(now) for sink in self.sinks)

    @property
    def all_verified(self) -> bool:
        """Whether every device has confirmed an image at all."""
        return all(sink.verified is not None for sink in self.sinks)

    @property
    def oldest_confirmed(self) -> int:
        """The image that every device that answers has confirmed; the newest where none answers."""
        answering = (sink for sink in self.sinks if sink.sink.health().state is DeviceState.UP)
        confirmed = (sink.verified.sequence if sink.verified is not None else 0 for sink in answering)
        return min(confirmed, default=self.newest_sequence)
