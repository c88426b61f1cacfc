"""Modbus TCP and RTU devices: detector inputs, lamps, or both. Opened by `open_all`; see docs/drivers-modbus.md.

A TCP device has a connection and a worker thread of its own; RTU devices that name one port share one line and one
worker (docs/adr/0021). The faces only hand over and look up: all waiting is done by the worker.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import cast

from drivers.base import Clock, DriverOpenError, OpenDevice
from drivers.modbus_arming import DEFAULT_WATCHDOG_MS, Terms
from drivers.modbus_codec import Function, read, wiring_of
from drivers.modbus_inputs import InputPoller
from drivers.modbus_line import Line
from drivers.modbus_outputs import Lamps, LampTerms
from drivers.modbus_port import Port
from drivers.modbus_rtu import RtuPort
from drivers.modbus_tcp import TcpPort
from drivers.modbus_unit import Pace, Unit
from edge.model.detectors import InputSample
from edge.model.devices import Device, DeviceHealth, DeviceState, ModbusOptions, SerialTransport, TcpTransport
from edge.model.exchange import Readback
from edge.model.modbus_limits import LAST_ADDRESS, MAX_WRITE_COILS, last_input, units_of
from edge.model.modbus_profiles import PROFILES, Profile
from edge.model.site import Channel
from edge.model.units import Ms
from edge.safety.permitted import Permitted


class ModbusDevice:
    """One Modbus unit with the faces its options give it: inputs where `inputs` is set, lamps where channels are wired."""

    def __init__(self, device: Device, channels: tuple[Channel, ...], clock: Clock, line: Line) -> None:
        options = _options_of(device)
        self.name = device.name
        profile = _profile_of(device.name, options)
        self._line = line
        self._started = False
        self._inputs = (
            InputPoller(options.unit, options.inputs, profile.counter_order, clock)
            if options.inputs is not None
            else None
        )
        self._lamps = Lamps(_lamp_terms(options, profile, channels), clock) if channels else None
        reconnects = isinstance(options.transport, TcpTransport)
        self._unit = Unit(self._inputs, self._lamps, Pace(options.poll_ms, options.timeout_ms, reconnects), clock)

    @classmethod
    def open_all(
        cls, devices: Sequence[Device], channels: Mapping[str, tuple[Channel, ...]], clock: Clock
    ) -> dict[str, OpenDevice]:
        """Every Modbus device by name; RTU devices on one port share its line.

        Raises DriverOpenError for what no retry can mend: an unknown profile, an address beyond 65535, one unit twice on a
        line, two speeds on one port.
        """
        lines = _lines_for(devices, clock)
        opened = {}
        for device in devices:
            wired = channels.get(device.name, ())
            _refuse_impossible(device, wired)
            modbus = cls(device, wired, clock, lines[device.name])
            reads = _options_of(device).inputs is not None
            opened[device.name] = OpenDevice(device.name, modbus if reads else None, modbus if wired else None)
        return opened

    def start(self) -> None:
        """Take part in the line; the first device on it starts the worker."""
        self._started = True
        self._line.join(self._unit, self.name)

    def stop(self) -> None:
        """Leave the line; the last device on it ends the worker and closes the port. May be called twice."""
        if self._started:
            self._started = False
            self._line.leave(self._unit)
            self._unit.lost("stopped")

    def latest(self) -> Mapping[str, InputSample]:
        """The last sample of every terminal, `"1"` …; empty before the first."""
        return self._inputs.samples if self._inputs is not None else {}

    def write(self, permitted: Permitted, hold_ms: Ms) -> None:
        """Submit a whole image; the worker writes it at once if it differs from what is shown, else with the next refresh."""
        if self._started and self._lamps is not None and self._lamps.submit(permitted, hold_ms):
            self._line.wake()

    def verified(self) -> Readback | None:
        """The last image whose write was echoed and, with `readback`, whose coils were read back."""
        return self._lamps.verified if self._lamps is not None else None

    def health(self) -> DeviceHealth:
        """How the device stands, for both faces together."""
        health = self._unit.health()
        said = health.said or ("" if health.state is DeviceState.UP else "not connected yet")
        return DeviceHealth(
            health.state, health.last_ms, f"device {self.name}: {said}" if said else "", health.counters
        )


def _options_of(device: Device) -> ModbusOptions:
    return cast("ModbusOptions", device.options)


def _lamp_terms(options: ModbusOptions, profile: Profile, channels: tuple[Channel, ...]) -> LampTerms:
    watchdog_ms = options.watchdog_ms if options.watchdog_ms is not None else DEFAULT_WATCHDOG_MS
    wiring = wiring_of(channels)
    first = options.coils_start + wiring.first
    readback = read(options.unit, Function.READ_COILS, first, len(wiring.lamps)) if options.readback else None
    terms = Terms(options.unit, options.profile, profile, watchdog_ms, options.external_monitor, readback)
    return LampTerms(terms, wiring, first, readback)


def _profile_of(name: str, options: ModbusOptions) -> Profile:
    profile = PROFILES.get(options.profile)
    if profile is None:
        raise DriverOpenError(
            f"device {name}: there is no profile {options.profile!r}; write one of: {', '.join(PROFILES)}"
        )
    return profile


def _lines_for(devices: Sequence[Device], clock: Clock) -> dict[str, Line]:
    """The line of each device. Raises DriverOpenError where devices on one port contradict each other."""
    serial_lines: dict[str, tuple[SerialTransport, Line, dict[int, str]]] = {}
    lines: dict[str, Line] = {}
    for device in devices:
        options = _options_of(device)
        transport = options.transport
        if isinstance(transport, TcpTransport):
            lines[device.name] = _tcp_line(transport, clock)
            continue
        first, line, units = serial_lines.setdefault(transport.port, (transport, _rtu_line(transport, clock), {}))
        if first != transport:
            raise DriverOpenError(
                f"device {device.name}: {transport.port} is used with another speed, parity or stop bits by "
                f"{', '.join(units.values())}; one line has one setting: write the same for all"
            )
        if options.unit in units:
            raise DriverOpenError(
                f"device {device.name}: unit {options.unit} on {transport.port} is {units[options.unit]} already; "
                "give every device its own unit number"
            )
        units[options.unit] = device.name
        lines[device.name] = line
    return lines


def _tcp_line(transport: TcpTransport, clock: Clock) -> Line:
    def make_port(_halt: threading.Event) -> Port:
        return TcpPort(transport, clock)

    return Line(make_port, clock)


def _rtu_line(transport: SerialTransport, clock: Clock) -> Line:
    def make_port(halt: threading.Event) -> Port:
        return RtuPort(transport, clock, halt)

    return Line(make_port, clock)


def _refuse_impossible(device: Device, channels: tuple[Channel, ...]) -> None:
    """Raises DriverOpenError for numbers that cannot be sent."""
    options = _options_of(device)
    units = units_of(options.transport)
    if options.unit not in units:
        raise DriverOpenError(
            f"device {device.name}: unit {options.unit} is not one of {units.start} to {units.stop - 1}"
        )
    inputs = options.inputs
    if inputs is not None and (inputs.count < 1 or inputs.start < 0 or last_input(inputs) > LAST_ADDRESS):
        raise DriverOpenError(
            f"device {device.name}: inputs start and count must lie within addresses 0 to {LAST_ADDRESS}"
        )
    if channels:
        wiring = wiring_of(channels)
        last = options.coils_start + wiring.first + len(wiring.lamps) - 1
        if last > LAST_ADDRESS or len(wiring.lamps) > MAX_WRITE_COILS:
            raise DriverOpenError(
                f"device {device.name}: its lamps reach coil {last} and span {len(wiring.lamps)} coils; one image is at most "
                f"{MAX_WRITE_COILS} coils and ends by {LAST_ADDRESS}"
            )
