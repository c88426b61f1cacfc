"""The two Modbus benches: the driver, a foreign counterpart, and the hands that break and mend it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from drivers.base import OpenDevice
from drivers.modbus import ModbusDevice
from edge.model.devices import (
    Device,
    InputForm,
    ModbusInputs,
    ModbusOptions,
    SerialTransport,
    TcpTransport,
)
from edge.model.indications import Lamps
from edge.model.site import Channel
from edge.model.units import ChannelNumber, Ms
from tests.drivers.contract import CHANNELS, DEVICE, EAST, NORTH, clock, eventually, image
from tests.drivers.modbus_server import ForeignServer
from tests.drivers.modbus_slave import RtuSlave

CONTACTS = ModbusInputs(InputForm.CONTACTS, start=16, count=4)
COUNTERS16 = ModbusInputs(InputForm.COUNTERS16, start=32, count=4)
COUNTERS32 = ModbusInputs(InputForm.COUNTERS32, start=32, count=4)
COILS_START = 8

_CIRCUITS = (Lamps.RED, Lamps.YELLOW, Lamps.GREEN)


def options(transport: TcpTransport | SerialTransport, **changes: object) -> ModbusOptions:
    """Options of a module that is quick to ask and quick to be given up."""
    base = ModbusOptions(
        transport, unit=1, profile="generic", poll_ms=20, timeout_ms=150, stale_after_ms=300,
        coils_start=COILS_START, watchdog_ms=500, external_monitor=True,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]  # keyword by keyword, checked at run time


def opened(device_options: ModbusOptions, channels: tuple[Channel, ...] = ()) -> ModbusDevice:
    """One device on a line of its own."""
    device = Device(DEVICE, device_options)
    return face(ModbusDevice.open_all([device], {DEVICE: channels}, clock)[DEVICE])


def face(found: OpenDevice) -> ModbusDevice:
    """The device behind its faces."""
    (only,) = found.faces
    assert isinstance(only, ModbusDevice)
    return only


def lamps_of_coils(bits: tuple[int, ...]) -> Mapping[ChannelNumber, Lamps]:
    """What six coils light, by this bench's own reading of CHANNELS."""
    lamps = {NORTH: Lamps.NONE, EAST: Lamps.NONE}
    for wire, bit in enumerate(bits[:6]):
        if bit:
            lamps[NORTH if wire < 3 else EAST] |= _CIRCUITS[wire % 3]
    return lamps


def _coils_of(channel: ChannelNumber, lamps: Lamps) -> dict[int, int]:
    first = COILS_START + 3 * (channel - 1)
    return {first + i: int(bool(lamps & circuit)) for i, circuit in enumerate(_CIRCUITS)}


class _Hands:
    """What both benches share: contacts are closed and opened one vehicle at a time, counters count."""

    stale_after_ms: Ms = 300
    counts_while_lost = True

    def __init__(
        self, form: ModbusInputs, contact: Callable[[int, bool], None], count: Callable[[int, int], None]
    ) -> None:
        self.form = form
        self.driver: ModbusDevice | None = None
        self._contact = contact
        self._count = count

    def vehicles(self, terminal: str, number: int) -> None:
        index = int(terminal) - 1
        if self.form.form is not InputForm.CONTACTS:
            self._count(self.form.start + index, number)
            return
        for _ in range(number):
            for level in (True, False):
                self._contact(self.form.start + index, level)
                self._await_level(terminal, level=level)

    def _await_level(self, terminal: str, *, level: bool) -> None:
        driver = self.driver
        assert driver is not None
        eventually(lambda: driver.latest()[terminal].occupied == level, "a contact to be seen")


class TcpBench(_Hands):
    """The driver against pyModbusTCP."""

    def __init__(self, form: ModbusInputs = CONTACTS) -> None:
        super().__init__(form, self._set_contact, self._add_vehicles)
        self.server = ForeignServer()
        self.transport = TcpTransport("127.0.0.1", self.server.tcp_port)

    def source(self) -> ModbusDevice:
        self.driver = opened(options(self.transport, inputs=self.form))
        return self.driver

    def sink(self) -> ModbusDevice:
        self.driver = opened(options(self.transport), CHANNELS)
        return self.driver

    def shown(self) -> tuple[Mapping[ChannelNumber, Lamps], ...]:
        return tuple(lamps_of_coils(bits) for address, bits in self.server.handler.images if address == COILS_START)

    def corrupt(self, channel: ChannelNumber, lamps: Lamps) -> None:
        self.server.handler.lies = {coil: bool(bit) for coil, bit in _coils_of(channel, lamps).items()}

    def kill(self) -> None:
        self.server.stop()

    def revive(self) -> None:
        self.server.start()

    def stall(self) -> None:
        self.server.stall()

    def resume(self) -> None:
        self.server.resume()

    def near_wrap(self) -> None:
        self.server.bank.set_input_registers(self.form.start, [0xFFFB] * 8)

    def close(self) -> None:
        self.server.resume()
        self.server.stop()

    def _set_contact(self, address: int, level: bool) -> None:  # noqa: FBT001
        self.server.bank.set_discrete_inputs(address, [level])

    def _add_vehicles(self, address: int, number: int) -> None:
        (before,) = self.server.bank.get_input_registers(address, 1)
        self.server.bank.set_input_registers(address, [(before + number) % 0x10000])


class RtuBench(_Hands):
    """The driver against a slave of our own on a pty."""

    def __init__(self, folder: Path, form: ModbusInputs = CONTACTS, units: tuple[int, ...] = (1,)) -> None:
        super().__init__(form, self._set_contact, self._add_vehicles)
        self.slave = RtuSlave(folder / "tty-loops", units)
        self.transport = SerialTransport(str(self.slave.link), baud=115_200)

    def source(self) -> ModbusDevice:
        self.driver = opened(options(self.transport, inputs=self.form, timeout_ms=60))
        return self.driver

    def sink(self) -> ModbusDevice:
        self.driver = opened(options(self.transport, timeout_ms=60), CHANNELS)
        return self.driver

    def shown(self) -> tuple[Mapping[ChannelNumber, Lamps], ...]:
        return tuple(lamps_of_coils(bits) for address, bits in self.slave.memory.images if address == COILS_START)

    def corrupt(self, channel: ChannelNumber, lamps: Lamps) -> None:
        self.slave.memory.lies = _coils_of(channel, lamps)

    def kill(self) -> None:
        self.slave.unplug()

    def revive(self) -> None:
        self.slave.plug()

    def stall(self) -> None:
        self.slave.deaf = True

    def resume(self) -> None:
        self.slave.deaf = False

    def near_wrap(self) -> None:
        self.slave.memory.inputs[self.form.start : self.form.start + 8] = [0xFFFB] * 8

    def close(self) -> None:
        self.slave.unplug()

    def _set_contact(self, address: int, level: bool) -> None:  # noqa: FBT001
        self.slave.memory.contacts[address] = int(level)

    def _add_vehicles(self, address: int, number: int) -> None:
        self.slave.memory.inputs[address] = (self.slave.memory.inputs[address] + number) % 0x10000


@contextmanager
def running(device: ModbusDevice) -> Iterator[ModbusDevice]:
    device.start()
    try:
        yield device
    finally:
        device.stop()


def at(server: ForeignServer) -> TcpTransport:
    return TcpTransport("127.0.0.1", server.tcp_port)


def submit_until(device: ModbusDevice, holds: Callable[[], object], what: str, green: ChannelNumber = NORTH) -> int:
    """Submit images as the daemon does, ten a second, until `holds()`; the last sequence."""
    confirmed = device.verified()
    sequence = confirmed.sequence if confirmed is not None else 0
    next_tick = clock()

    def tick() -> None:
        nonlocal sequence, next_tick
        if clock() >= next_tick:
            next_tick += 100
            sequence += 1
            device.health()
            device.write(image(sequence, green), 500)

    eventually(holds, what, tick)
    return sequence


def has_verified(device: ModbusDevice, sequence: int) -> bool:
    """Whether image `sequence` is the last one confirmed."""
    confirmed = device.verified()
    return confirmed is not None and confirmed.sequence == sequence
