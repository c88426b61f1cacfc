"""Several RTU units on one line: each for itself, and a dead one in nobody's way."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base import DriverOpenError
from drivers.modbus import ModbusDevice
from edge.model.devices import Device, DeviceState, ModbusInputs, SerialTransport
from tests.drivers.contract import CHANNELS, EAST, clock, eventually
from tests.drivers.modbus_bench import CONTACTS, face, has_verified, options, running, submit_until
from tests.drivers.modbus_slave import Memory, RtuSlave


@pytest.fixture
def slave(tmp_path: Path) -> Iterator[RtuSlave]:
    slave = RtuSlave(tmp_path / "tty", units=(1, 2, 3))
    yield slave
    slave.unplug()


def unit_on(slave: RtuSlave, unit: int, *, inputs: ModbusInputs | None = CONTACTS) -> Device:
    transport = SerialTransport(str(slave.link), 115_200)
    return Device(f"unit{unit}", options(transport, unit=unit, inputs=inputs, timeout_ms=30))


def test_units_on_one_port_share_a_line_and_each_answers_for_itself(slave: RtuSlave) -> None:
    for unit, memory in slave.units.items():
        memory.contacts[CONTACTS.start] = int(unit == 2)
    found = ModbusDevice.open_all([unit_on(slave, unit) for unit in (1, 2, 3)], {}, clock)
    one, two, three = (face(device) for device in found.values())
    with running(one), running(two), running(three):
        assert sum(thread.name.startswith("driver modbus") for thread in threading.enumerate()) == 1
        for device in (one, two, three):
            eventually(device.latest, "a sample")
        assert [device.latest()["1"].occupied for device in (one, two, three)] == [False, True, False]
    assert not any(thread.name.startswith("driver modbus") for thread in threading.enumerate())


def test_a_dead_unit_is_said_and_does_not_stop_the_line(slave: RtuSlave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modbus_unit.RETRY_MS", (200,))
    del slave.units[2]
    found = ModbusDevice.open_all([unit_on(slave, unit) for unit in (1, 2, 3)], {}, clock)
    one, two, three = (face(device) for device in found.values())
    with running(one), running(two), running(three):
        eventually(lambda: "unit 2" in two.health().said, "the dead unit to be said")
        assert two.health().state is DeviceState.DOWN
        for device in (one, three):
            eventually(lambda device=device: device.health().state is DeviceState.UP, "the living ones")  # type: ignore[misc]
        asked = [frame[0] for frame in slave.requests]
        eventually(lambda: len(slave.requests) > len(asked) + 60, "the line to go on")
        later = [frame[0] for frame in slave.requests[len(asked) :]]
        assert later.count(2) < later.count(1) / 3
        slave.units[2] = Memory()
        eventually(lambda: two.health().state is DeviceState.UP, "the unit that came back")


def test_a_unit_that_stops_answering_goes_down_alone(slave: RtuSlave) -> None:
    found = ModbusDevice.open_all([unit_on(slave, unit) for unit in (1, 2)], {}, clock)
    one, two = (face(device) for device in found.values())
    with running(one), running(two):
        eventually(lambda: one.health().state is two.health().state is DeviceState.UP, "both")
        memory = slave.units.pop(2)
        eventually(lambda: two.health().state is DeviceState.DOWN, "one to go down")
        assert one.health().state is DeviceState.UP
        slave.units[2] = memory
        eventually(lambda: two.health().state is DeviceState.UP, "both again")
        assert two.health().counters["losses"] == 1


def test_one_unit_may_leave_the_line_while_the_other_stays(slave: RtuSlave) -> None:
    found = ModbusDevice.open_all([unit_on(slave, unit) for unit in (1, 2)], {}, clock)
    one, two = (face(device) for device in found.values())
    with running(one):
        with running(two):
            eventually(two.latest, "a sample")
        eventually(one.latest, "a sample")
        since = clock()
        eventually(lambda: one.latest()["1"].taken_ms > since, "samples after the other left")
        assert two.health().state is DeviceState.DOWN


def test_two_speeds_on_one_port_or_one_unit_twice_are_refused(slave: RtuSlave) -> None:
    slow = Device("slow", options(SerialTransport(str(slave.link), 9_600), unit=2))
    with pytest.raises(DriverOpenError, match="another speed"):
        ModbusDevice.open_all([unit_on(slave, 1), slow], {}, clock)
    twin = Device("twin", unit_on(slave, 1).options)
    with pytest.raises(DriverOpenError, match="is unit1 already"):
        ModbusDevice.open_all([unit_on(slave, 1), twin], {}, clock)
    with pytest.raises(DriverOpenError, match="unit 0"):
        ModbusDevice.open_all([unit_on(slave, 0)], {}, clock)


def test_lamps_and_loops_on_one_line_are_both_served(slave: RtuSlave) -> None:
    lamps = unit_on(slave, 1, inputs=None)
    found = ModbusDevice.open_all([lamps, unit_on(slave, 2)], {"unit1": CHANNELS}, clock)
    sink, source = (face(device) for device in found.values())
    with running(sink), running(source):
        last = submit_until(sink, lambda: len(slave.memory.images) > 8, "refreshes", EAST)
        eventually(lambda: has_verified(sink, last), "the last image")
        assert source.health().state is DeviceState.UP
