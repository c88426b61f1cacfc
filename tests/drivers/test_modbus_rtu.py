"""One RTU port on a pty, against a slave of our own: what a bad line does to one question and to the next."""

import termios
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import serial

from drivers.base import DriverIOError, DriverOpenError, DriverTimeout
from drivers.modbus_codec import Function, Request, read, write_coils
from drivers.modbus_port import Expired, LineLost, Refused
from drivers.modbus_rtu import RtuPort
from edge.model.devices import SerialTransport
from tests.drivers.contract import clock
from tests.drivers.modbus_slave import Fault, Pieces, RtuSlave, flipped, framed, honest, silent

TIMEOUT_MS = 60
PATIENT_MS = 250  # where the slave's lateness must stay within it on a busy machine
LOW, HIGH = read(1, Function.READ_DISCRETE_INPUTS, 0, 8), read(1, Function.READ_DISCRETE_INPUTS, 8, 8)


@pytest.fixture
def slave(tmp_path: Path) -> Iterator[RtuSlave]:
    """A slave whose contacts 0-7 are closed and 8-15 open."""
    slave = RtuSlave(tmp_path / "tty", units=(1, 2, 3))
    slave.memory.contacts[0:8] = [1] * 8
    yield slave
    slave.unplug()


@pytest.fixture
def port(slave: RtuSlave) -> Iterator[RtuPort]:
    port = RtuPort(SerialTransport(str(slave.link), 115_200), clock, threading.Event())
    port.open()
    yield port
    port.close()


def first_only(fault: Fault, slave: RtuSlave) -> Fault:
    """The fault on the first request, honesty after it."""

    def chosen(request: bytes, reply: bytes) -> Pieces:
        return fault(request, reply) if len(slave.requests) == 1 else honest(request, reply)

    return chosen


@pytest.mark.parametrize("function", [f for f in Function if f.name.startswith("READ")])
def test_every_table_is_read(port: RtuPort, slave: RtuSlave, function: Function) -> None:
    tables = {
        Function.READ_COILS: slave.memory.coils,
        Function.READ_DISCRETE_INPUTS: slave.memory.contacts,
        Function.READ_HOLDING_REGISTERS: slave.memory.holding,
        Function.READ_INPUT_REGISTERS: slave.memory.inputs,
    }
    tables[function][40:43] = [1, 0, 1]
    assert port.exchange(read(1, function, 40, 3), 5_000).values[:3] == (1, 0, 1)


def test_every_kind_of_write_is_done_and_echoed(port: RtuPort, slave: RtuSlave) -> None:
    port.exchange(write_coils(1, 3, [True, False, True]), 5_000)
    port.exchange(Request(1, Function.WRITE_COIL, 9, 1, (1,)), 5_000)
    port.exchange(Request(1, Function.WRITE_REGISTER, 4, 1, (77,)), 5_000)
    assert slave.memory.coils[:10] == [0, 0, 0, 1, 0, 1, 0, 0, 0, 1]
    assert slave.memory.holding[4] == 77


@pytest.mark.parametrize("late_ms", [PATIENT_MS + 15, 2 * PATIENT_MS])
def test_a_late_reply_never_answers_the_next_question(port: RtuPort, slave: RtuSlave, late_ms: int) -> None:
    def late(_request: bytes, reply: bytes) -> Pieces:
        yield late_ms / 1000, reply

    slave.fault = first_only(late, slave)
    with pytest.raises(DriverTimeout):
        port.exchange(LOW, PATIENT_MS)
    assert port.exchange(HIGH, PATIENT_MS).values == (0,) * 8
    assert port.strays >= 1


def test_after_silence_the_line_rests_for_twice_the_timeout(port: RtuPort, slave: RtuSlave) -> None:
    slave.fault = first_only(silent, slave)
    with pytest.raises(DriverTimeout, match="no answer"):
        port.exchange(LOW, TIMEOUT_MS)
    port.exchange(LOW, TIMEOUT_MS)
    first, second = slave.heard_s
    assert second - first >= 3 * TIMEOUT_MS / 1000 - 0.005


def test_an_image_that_grew_too_old_during_the_silence_is_not_sent(port: RtuPort, slave: RtuSlave) -> None:
    slave.fault = first_only(silent, slave)
    with pytest.raises(DriverTimeout):
        port.exchange(LOW, TIMEOUT_MS)
    assert port.free_ms > clock()
    with pytest.raises(Expired):
        port.exchange(write_coils(1, 0, [True], clock() + TIMEOUT_MS), TIMEOUT_MS)
    port.exchange(write_coils(1, 1, [True], clock() + 60_000), TIMEOUT_MS)
    assert slave.memory.coils[:2] == [0, 1]


def test_between_two_questions_the_line_rests_for_the_gap_of_the_standard(slave: RtuSlave) -> None:
    slow = RtuPort(SerialTransport(str(slave.link), 9_600), clock, threading.Event())
    slow.open()
    for _ in range(6):
        slow.exchange(LOW, 5_000)
    slow.close()
    assert all(later - earlier >= 0.0036 for earlier, later in pairwise(slave.heard_s))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (silent, DriverTimeout),
        (lambda _, reply: [(0.0, reply[:-1])], DriverIOError),  # half a frame
        (lambda _, reply: [(0.0, reply[:2])], DriverIOError),
        (lambda _, reply: [(0.0, flipped(reply, 3))], DriverIOError),  # a bit wrong in the data
        (lambda _, reply: [(0.0, flipped(reply, len(reply) - 1))], DriverIOError),  # in the check
        (lambda _, reply: [(0.0, framed(b"\x02" + reply[1:-2]))], DriverIOError),  # another unit
        (lambda _, reply: [(0.0, framed(b"\x01\x01" + reply[2:-2]))], DriverIOError),  # another function
        (lambda *_: [(0.0, framed(bytes([1, 2, 2, 255, 255])))], DriverIOError),  # another length
        (lambda *_: [(0.0, bytes(range(200))), (0.0, bytes(200))], DriverIOError),  # noise without end
    ],
)
def test_a_bad_answer_is_an_error_and_the_next_question_gets_its_own(
    port: RtuPort, slave: RtuSlave, fault: Fault, error: type[Exception]
) -> None:
    slave.fault = first_only(fault, slave)
    with pytest.raises(error):
        port.exchange(LOW, TIMEOUT_MS)
    assert port.exchange(HIGH, TIMEOUT_MS).values == (0,) * 8


@pytest.mark.parametrize("before", [b"\x00", b"\xff\x00\x01", b"\x01\x02\x01", bytes(30)])
def test_bytes_in_front_of_a_good_answer_are_tolerated(port: RtuPort, slave: RtuSlave, before: bytes) -> None:
    slave.fault = lambda _, reply: [(0.0, before), (0.005, reply)]
    assert port.exchange(LOW, TIMEOUT_MS).values == (1,) * 8


def test_a_two_wire_adapter_that_echoes_the_question_is_no_answer(port: RtuPort, slave: RtuSlave) -> None:
    slave.fault = lambda request, reply: [(0.0, request), (0.005, reply)]
    assert port.exchange(LOW, TIMEOUT_MS).values == (1,) * 8
    port.exchange(write_coils(1, 0, [True] * 9), TIMEOUT_MS)
    slave.fault = lambda request, _: [(0.0, request)]
    with pytest.raises(DriverIOError):
        port.exchange(LOW, TIMEOUT_MS)


def test_a_reply_byte_by_byte_is_put_together(port: RtuPort, slave: RtuSlave) -> None:
    slave.fault = lambda _, reply: [(0.002, reply[i : i + 1]) for i in range(len(reply))]
    assert port.exchange(LOW, 5_000).values == (1,) * 8


def test_an_exception_is_a_refusal_and_needs_no_long_silence(port: RtuPort, slave: RtuSlave) -> None:
    slave.memory.refuses = {2: 2}
    for _ in range(2):
        with pytest.raises(Refused, match="no such address"):
            port.exchange(LOW, 5_000)
    first, second = slave.heard_s
    assert second - first < 5


def test_what_was_said_before_the_question_is_thrown_away(port: RtuPort, slave: RtuSlave) -> None:
    port.exchange(LOW, TIMEOUT_MS)
    slave.say(framed(bytes([1, 2, 1, 255])))
    assert port.exchange(HIGH, TIMEOUT_MS).values == (0,) * 8
    assert port.strays == 1


def test_a_line_that_never_falls_silent_is_said(
    port: RtuPort, slave: RtuSlave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modbus_rtu._NOISE_LIMIT_MS", 4)
    slave.say(b"\x55" * 3_000)  # more than can be thrown away in that time
    with pytest.raises(DriverIOError, match="never falls silent"):
        port.exchange(LOW, TIMEOUT_MS)


def test_an_unplugged_adapter_is_a_lost_line(port: RtuPort, slave: RtuSlave) -> None:
    slave.unplug()
    with pytest.raises(LineLost, match="port lost"):
        port.exchange(LOW, TIMEOUT_MS)
    with pytest.raises(LineLost, match="not open"):
        port.exchange(LOW, TIMEOUT_MS)


def test_a_stop_does_not_wait_for_the_silence_to_end(slave: RtuSlave) -> None:
    halt = threading.Event()
    port = RtuPort(SerialTransport(str(slave.link), 115_200), clock, halt)
    port.open()
    slave.fault = silent
    with pytest.raises(DriverTimeout):
        port.exchange(LOW, TIMEOUT_MS)
    port._be_silent(3_600_000)
    halt.set()
    with pytest.raises(LineLost, match="stopped"):
        port.exchange(LOW, TIMEOUT_MS)
    port.close()


@pytest.mark.parametrize(
    "error", [termios.error(22, "Invalid argument"), ValueError("baud rate"), OSError(13, "denied")]
)
def test_a_port_that_cannot_be_opened_says_what_to_check(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(serial, "Serial", refuse)
    with pytest.raises(DriverOpenError, match="adapter is plugged in"):
        RtuPort(SerialTransport("tty", 9_600), clock, threading.Event()).open()


def test_a_port_belongs_to_one_master(port: RtuPort, slave: RtuSlave) -> None:
    assert port.exchange(LOW, 5_000).values
    with pytest.raises(DriverOpenError, match="nothing else holds the port"):
        RtuPort(SerialTransport(str(slave.link), 115_200), clock, threading.Event()).open()
