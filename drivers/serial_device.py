"""The driver kind `serial`: detector devices on serial ports, each port with its one worker, each device with its face."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from drivers.base import Clock, DriverOpenError, OpenDevice
from drivers.serial_ascii import LISTEN_MS, AsciiCounter
from drivers.serial_bus import SerialBus, Talker
from drivers.serial_canoga import CanogaCard, reply_wait_ms
from drivers.serial_line import SerialLine
from edge.model.detectors import InputSample
from edge.model.devices import (
    Device,
    DeviceHealth,
    DeviceState,
    SerialOptions,
    SerialProtocol,
    SerialTransport,
)
from edge.model.site import Channel
from edge.model.units import SECOND_MS, Ms


class Reporter(Talker, Protocol):
    """A talker that publishes what it has heard; every attribute is replaced whole, so any thread may read it."""

    samples: Mapping[str, InputSample]
    last_ms: Ms | None
    said: str
    counters: Mapping[str, int]

    @property
    def identity(self) -> str:
        """What the device calls itself, empty if it has not said."""


class SerialDevice:
    """The input face of one serial device."""

    def __init__(self, device: Device, talker: Reporter, bus: SerialBus, clock: Clock) -> None:
        self.name = device.name
        self._stale_after_ms = device.options.stale_after_ms
        self._talker = talker
        self._bus = bus
        self._clock = clock
        self._started_ms: Ms | None = None

    @classmethod
    def open_all(
        cls, devices: Sequence[Device], channels: Mapping[str, tuple[Channel, ...]], clock: Clock
    ) -> dict[str, OpenDevice]:
        """Every serial device by name; those on one port share it.

        Raises:
            DriverOpenError: lamps wired to one, or devices that cannot share their port.
        """
        ports: dict[str, list[tuple[Device, SerialOptions]]] = {}
        for device in devices:
            if not isinstance(device.options, SerialOptions):
                raise DriverOpenError(f"device {device.name}: {device.options} are not the options of a serial device")
            if channels.get(device.name):
                raise DriverOpenError(f"device {device.name}: a detector line lights no lamps; wire channels elsewhere")
            ports.setdefault(device.options.transport.port, []).append((device, device.options))
        opened = {}
        for port, sharers in ports.items():
            _refuse_quarrel(port, sharers)
            _, options = sharers[0]
            bus = SerialBus(SerialLine(options.transport, _wait_ms(options.protocol, options.transport)), clock)
            for device, own in sharers:
                source = cls(device, _talker(device.name, own, clock), bus, clock)
                opened[device.name] = OpenDevice(device.name, source, None)
        return opened

    def start(self) -> None:
        """Begin to poll or to listen. A port that is not there is looked for again and again."""
        if self._started_ms is None:
            self._started_ms = self._clock()
            self._bus.join(self._talker)

    def stop(self) -> None:
        """End the conversation; the last device on a port closes it."""
        self._started_ms = None
        self._bus.leave(self._talker)

    def latest(self) -> Mapping[str, InputSample]:
        """The last reading of every terminal; a reading that was not believed leaves the one before, and its age."""
        return self._talker.samples

    def health(self) -> DeviceHealth:
        """UP while readings are younger than `stale_after_ms`; else DOWN with what to do."""
        talker, last_ms = self._talker, self._talker.last_ms
        counters = {**talker.counters, "port opened": self._bus.opened}
        if self._started_ms is None:
            return DeviceHealth(DeviceState.DOWN, last_ms, f"serial device {self.name}: not started", counters)
        since_ms = max(self._started_ms, last_ms or 0)
        silent_ms = self._clock() - since_ms
        if self._bus.said:
            return DeviceHealth(DeviceState.DOWN, last_ms, f"serial device {self.name}: {self._bus.said}", counters)
        if silent_ms > self._stale_after_ms:
            said = (
                talker.said
                or f"serial device {self.name}: silence; check its power, its transmit wire and the baud rate"
            )
            return DeviceHealth(DeviceState.DOWN, last_ms, f"{said} (for {silent_ms // SECOND_MS} s)", counters)
        state = DeviceState.UP if since_ms == last_ms else DeviceState.STARTING
        return DeviceHealth(state, last_ms, talker.said or talker.identity, counters)


def _talker(name: str, options: SerialOptions, clock: Clock) -> Reporter:
    match options.protocol:
        case SerialProtocol.CANOGA:
            return CanogaCard(name, options, clock)
        case SerialProtocol.COUNTS_ASCII:
            return AsciiCounter(name, clock)


def _wait_ms(protocol: SerialProtocol, transport: SerialTransport) -> Ms:
    match protocol:
        case SerialProtocol.CANOGA:
            return reply_wait_ms(transport.baud)
        case SerialProtocol.COUNTS_ASCII:
            return LISTEN_MS


def _refuse_quarrel(port: str, sharers: Sequence[tuple[Device, SerialOptions]]) -> None:
    """Raise DriverOpenError where devices on one port contradict each other."""
    names = " and ".join(device.name for device, _ in sharers)
    if len(sharers) > 1 and any(options.protocol is SerialProtocol.COUNTS_ASCII for _, options in sharers):
        raise DriverOpenError(f"port {port}: devices {names}: counts-ascii has a port to itself; give each its own")
    if len({options.transport for _, options in sharers}) > 1:
        raise DriverOpenError(f"port {port}: devices {names}: baud, parity and stop bits of one port must be alike")
    addresses = [options.address for _, options in sharers]
    if len(set(addresses)) < len(addresses):
        raise DriverOpenError(f"port {port}: devices {names}: two cards on one address; set each to its own")
