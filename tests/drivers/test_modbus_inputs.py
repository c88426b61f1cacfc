"""Detector inputs over Modbus TCP, from pyModbusTCP: contacts, coils and counters, each at its own terminal."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from drivers.modbus import ModbusDevice
from edge.model.detectors import InputSample
from edge.model.devices import DeviceState, InputForm, ModbusInputs
from tests.drivers.contract import eventually
from tests.drivers.modbus_bench import (
    CONTACTS,
    at,
    opened,
    options,
    running,
)
from tests.drivers.modbus_server import ForeignServer


@pytest.fixture
def server() -> Iterator[ForeignServer]:
    server = ForeignServer()
    yield server
    server.resume()
    server.stop()


def _only_occupied(device: ModbusDevice, terminal: str) -> bool:
    return {name for name, sample in device.latest().items() if sample.occupied} == {terminal}


@pytest.mark.parametrize(
    ("form", "put"),
    [
        (InputForm.CONTACTS, lambda bank, at, on: bank.set_discrete_inputs(at, [on])),
        (InputForm.COILS, lambda bank, at, on: bank.set_coils(at, [on])),
    ],
)
def test_every_contact_is_its_own_terminal(
    server: ForeignServer, form: InputForm, put: Callable[[object, int, int], None]
) -> None:
    inputs = ModbusInputs(form, start=5, count=19)
    with running(opened(options(at(server), inputs=inputs))) as device:
        eventually(device.latest, "a first sample")
        for index in range(19):
            put(server.bank, 5 + index, 1)
            eventually(partial(_only_occupied, device, str(index + 1)), f"terminal {index + 1}")
            put(server.bank, 5 + index, 0)
        eventually(lambda: not any(s.occupied for s in device.latest().values()), "all contacts open")
        assert [sample.count for sample in device.latest().values()] == [1] * 19
        assert device.latest().get("20") is None


def test_a_vehicle_that_stands_is_counted_once(server: ForeignServer) -> None:
    with running(opened(options(at(server), inputs=CONTACTS, poll_ms=5))) as device:
        eventually(device.latest, "a first sample")
        server.bank.set_discrete_inputs(CONTACTS.start, [True])
        eventually(lambda: device.latest()["1"].occupied, "the vehicle")
        asked = len(server.handler.asked)
        eventually(lambda: len(server.handler.asked) > asked + 5, "more polls")
        assert device.latest()["1"].count == 1


def test_a_vehicle_that_stands_there_at_the_start_is_presence_and_no_actuation(server: ForeignServer) -> None:
    server.bank.set_discrete_inputs(CONTACTS.start, [True])
    with running(opened(options(at(server), inputs=CONTACTS))) as device:
        eventually(device.latest, "a first sample")
        assert (device.latest()["1"].occupied, device.latest()["1"].count) == (True, 0)


@pytest.mark.parametrize("form", [f for f in InputForm if "counters" in f.value])
def test_every_counter_is_its_own_terminal_and_wraps(server: ForeignServer, form: InputForm) -> None:
    wide, holding = form.value.endswith("32"), form.value.startswith("holding")
    put = server.bank.set_holding_registers if holding else server.bank.set_input_registers
    full = [0xFFFF, 0xFFFF] if wide else [0xFFFF]
    width = len(full)
    put(10, full * 3)
    with running(opened(options(at(server), inputs=ModbusInputs(form, 10, 3)))) as device:
        eventually(lambda: len(device.latest()) == 3, "a first sample")
        put(10 + width, [0, 4][-width:])  # five vehicles past the maximum, high word first
        eventually(lambda: device.latest()["2"].count == 5, "five vehicles across the wrap")
        assert [device.latest()[name].count for name in ("1", "3")] == [0, 0]
        assert not any(sample.occupied for sample in device.latest().values())


def test_a_counter_that_was_reset_says_so_once_and_goes_on(server: ForeignServer) -> None:
    server.bank.set_input_registers(0, [40_000])
    said: list[InputSample] = []
    # The sample that is not ok is the latest for one poll: long enough to be met on a busy machine.
    with running(opened(options(at(server), poll_ms=250, inputs=ModbusInputs(InputForm.COUNTERS16, 0, 1)))) as device:
        eventually(device.latest, "a first sample")
        server.bank.set_input_registers(0, [2])
        eventually(
            lambda: said and not said[-1].ok, "a sample that is not ok", lambda: said.append(device.latest()["1"])
        )
        assert said[-1].count == 0
        server.bank.set_input_registers(0, [5])
        eventually(lambda: device.latest()["1"].ok and device.latest()["1"].count == 3, "counting to go on")


def test_more_registers_than_one_question_may_ask_are_read_in_several(server: ForeignServer) -> None:
    inputs = ModbusInputs(InputForm.COUNTERS32, 0, 100)
    with running(opened(options(at(server), inputs=inputs))) as device:
        eventually(lambda: len(device.latest()) == 100, "a first sample of all")
        server.bank.set_input_registers(198, [0, 9])
        eventually(lambda: device.latest()["100"].count == 9, "the last counter")


def test_inputs_that_the_module_refuses_to_read_are_said_and_taken_up_when_it_reads_them(
    server: ForeignServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modbus_unit.REFUSED_POLL_MS", 50)
    server.handler.refuses = {"read inputs"}
    with running(opened(options(at(server), inputs=CONTACTS))) as device:
        eventually(lambda: device.health().state is DeviceState.TRIPPED, "a refusal")
        assert "exception 4" in device.health().said
        assert "site file" in device.health().said
        assert dict(device.latest()) == {}
        server.handler.refuses = set()
        eventually(lambda: device.health().state is DeviceState.UP, "inputs to be read")
        assert device.health().said == ""
