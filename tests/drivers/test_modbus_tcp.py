"""Modbus TCP as a line: peers that come late, go, stall or answer wrongly, and options no retry can mend."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from drivers.base import DriverIOError, DriverOpenError, DriverTimeout
from drivers.modbus import ModbusDevice
from drivers.modbus_codec import Function, Request, read, write_coils
from drivers.modbus_port import LineLost, Refused
from drivers.modbus_tcp import TcpPort
from edge.model.devices import Device, DeviceState, InputForm, ModbusInputs, TcpTransport
from tests.drivers.contract import CHANNELS, DEVICE, EAST, NORTH, clock, eventually, image, lamps_with, wait_past
from tests.drivers.modbus_bench import (
    CONTACTS,
    TcpBench,
    at,
    face,
    opened,
    options,
    running,
    submit_until,
)
from tests.drivers.modbus_server import ForeignServer

INPUTS = read(1, Function.READ_DISCRETE_INPUTS, 0, 4)


@pytest.fixture
def server() -> Iterator[ForeignServer]:
    server = ForeignServer()
    yield server
    server.resume()
    server.stop()


def test_a_first_refused_connection_is_tried_again(server: ForeignServer) -> None:
    server.stop()
    with running(opened(options(at(server), inputs=CONTACTS))) as device:
        eventually(lambda: "cannot connect" in device.health().said, "a refused connection")
        assert device.health().state is DeviceState.DOWN
        server.start()
        eventually(lambda: device.health().state is DeviceState.UP, "the late server")


@pytest.mark.parametrize("host", ["10.0.0..1", f"{'x' * 64}.example"])
def test_a_name_that_cannot_be_looked_up_is_said_like_any_other(host: str) -> None:
    port = TcpPort(TcpTransport(host), clock)
    with pytest.raises(DriverOpenError, match="cannot connect"):
        port.open()


def test_after_a_restart_of_the_module_nothing_is_written_before_the_loop_knows(server: ForeignServer) -> None:
    with running(opened(options(at(server)), CHANNELS)) as device:
        submit_until(device, device.verified, "a first image")
        server.stop()
        submit_until(device, lambda: device.health().state is DeviceState.DOWN, "the loss")
        written = len(server.handler.images)
        server.start()
        wait_past(clock() + 300)
        assert len(server.handler.images) == written
        before = device.verified()
        submit_until(device, lambda: device.verified() != before, "an image after the restart", EAST)
        assert {bits for _, bits in server.handler.images[written:]} == {(True, False, False, False, False, True)}


def test_a_stalled_module_is_connected_to_anew(server: ForeignServer) -> None:
    with running(opened(options(at(server), inputs=CONTACTS, timeout_ms=50))) as device:
        eventually(device.latest, "a first sample")
        server.stall()
        eventually(lambda: device.health().state is DeviceState.DOWN, "the stall to be noticed")
        assert "no answer" in device.health().said
        server.resume()
        eventually(lambda: device.health().state is DeviceState.UP, "answers")
        assert device.health().counters["timeouts"] >= 3


class Liar:
    """Accepts one connection after the other; `answers` turns each request frame into what is sent, None closes."""

    def __init__(self, answers: Callable[[bytes], bytes | None]) -> None:
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.transport = TcpTransport("127.0.0.1", self._listener.getsockname()[1])
        self._worker = threading.Thread(target=self._serve, daemon=True)
        self._worker.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._worker.join()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer:
                while request := peer.recv(260):
                    answer = self._answers(request)
                    if answer is None:
                        break
                    peer.sendall(answer)


@contextmanager
def asked_of(answers: Callable[[bytes], bytes | None]) -> Iterator[TcpPort]:
    liar = Liar(answers)
    port = TcpPort(liar.transport, clock)
    port.open()
    try:
        yield port
    finally:
        port.close()
        liar.close()


def reply_to(request: bytes, pdu: bytes, *, shift: int = 0, unit: int | None = None) -> bytes:
    """A reply frame whose transaction is off by `shift`."""
    transaction = (int.from_bytes(request[:2]) + shift) % 0x10000
    return (
        transaction.to_bytes(2)
        + b"\0\0"
        + (len(pdu) + 1).to_bytes(2)
        + bytes([request[6] if unit is None else unit])
        + pdu
    )


GOOD = bytes([2, 1, 0b0101])


def test_a_late_reply_is_told_by_its_transaction_and_thrown_away() -> None:
    late = bytes([2, 1, 0b1111])
    with asked_of(lambda request: reply_to(request, late, shift=-1) + reply_to(request, GOOD)) as port:
        assert port.exchange(INPUTS, 5_000).values[:4] == (1, 0, 1, 0)
        assert port.strays == 1


def test_only_a_late_reply_is_no_reply() -> None:
    with asked_of(lambda request: reply_to(request, GOOD, shift=-1)) as port, pytest.raises(DriverTimeout):
        port.exchange(INPUTS, 50)


def test_a_reply_in_pieces_is_put_together() -> None:
    pieces: list[bytes] = []

    def dribble(request: bytes) -> bytes:
        frame = reply_to(request, GOOD)
        pieces.append(frame[5:])
        return frame[:5]

    with asked_of(dribble) as port:
        with pytest.raises(DriverTimeout):
            port.exchange(INPUTS, 50)
        port._heard += pieces[0]  # the rest, too late
        with pytest.raises(DriverTimeout):
            port.exchange(INPUTS, 50)
        assert port.strays == 1


@pytest.mark.parametrize(
    ("answers", "error", "said"),
    [
        (lambda r: reply_to(r, GOOD, unit=9), DriverIOError, "unit 9 answered"),
        (lambda r: reply_to(r, bytes([1, 1, 5])), DriverIOError, "function code 1"),
        (lambda r: reply_to(r, bytes([2, 2, 5, 0])), DriverIOError, "4 bytes instead of 3"),
        (lambda r: reply_to(r, bytes([2, 9, 5])), DriverIOError, "counts 9 data bytes"),
        (lambda r: reply_to(r, bytes([0x82, 2])), Refused, "no such address"),
        (lambda _: b"HTTP/1.1 400 Bad Request", LineLost, "does not speak Modbus TCP"),
        (lambda r: r[:4] + b"\xff\xff" + GOOD, LineLost, "does not speak Modbus TCP"),
        (lambda _: None, LineLost, "closed the connection"),
    ],
)
def test_what_is_no_good_answer_is_an_error_that_says_what_came(
    answers: Callable[[bytes], bytes | None], error: type[Exception], said: str
) -> None:
    with asked_of(answers) as port, pytest.raises(error, match=said):
        port.exchange(INPUTS, 5_000)


@pytest.mark.parametrize("echo", [bytes([15, 0, 9, 0, 6]), bytes([15, 0, 8, 0, 5])])
def test_a_write_echoed_with_another_address_or_count_is_not_done(echo: bytes) -> None:
    with asked_of(lambda r: reply_to(r, echo)) as port, pytest.raises(DriverIOError, match="does not count as done"):
        port.exchange(write_coils(1, 8, [True] * 6), 5_000)


@pytest.mark.parametrize(
    ("request_", "pdu", "values"),
    [
        (Request(1, Function.WRITE_COIL, 3, 1, (1,)), bytes([5, 0, 3, 0xFF, 0]), (1,)),
        (Request(1, Function.WRITE_REGISTER, 3, 1, (7,)), bytes([6, 0, 3, 0, 7]), (7,)),
    ],
)
def test_single_writes_are_sent_and_echoed(request_: Request, pdu: bytes, values: tuple[int, ...]) -> None:
    with asked_of(lambda r: reply_to(r, r[7:])) as port:
        assert port.exchange(request_, 5_000).values == values
    with asked_of(lambda r: reply_to(r, pdu)) as port:
        assert port.exchange(request_, 5_000).values == values


def test_a_port_that_was_never_opened_says_so() -> None:
    with pytest.raises(LineLost, match="not connected"):
        TcpPort(TcpTransport("127.0.0.1", 1), clock).exchange(INPUTS, 50)


def test_a_peer_that_dies_while_asked_is_a_lost_line() -> None:
    with asked_of(lambda _: None) as port:
        for _ in range(3):
            with pytest.raises(LineLost):
                port.exchange(INPUTS, 5_000)


def test_a_peer_of_another_trade_is_said_and_never_believed() -> None:
    liar = Liar(lambda _: b"SSH-2.0-OpenSSH_9.2\r\n")
    with running(opened(options(liar.transport, inputs=CONTACTS), CHANNELS)) as device:
        eventually(lambda: "does not speak Modbus TCP" in device.health().said, "the stranger to be known")
        assert device.health().state is DeviceState.DOWN
        assert dict(device.latest()) == {}
        assert device.verified() is None
    liar.close()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"profile": "nonesuch"}, "there is no profile 'nonesuch'"),
        ({"unit": 256}, "unit 256"),
        ({"inputs": ModbusInputs(InputForm.CONTACTS, 65_530, 10)}, "addresses 0 to 65535"),
        ({"inputs": ModbusInputs(InputForm.CONTACTS, 0, 0)}, "addresses 0 to 65535"),
        ({"coils_start": 65_532}, "coil 65537"),
    ],
)
def test_numbers_that_cannot_be_sent_are_refused_at_once(changes: dict[str, object], said: str) -> None:
    device = Device(DEVICE, options(TcpTransport("127.0.0.1"), **changes))
    with pytest.raises(DriverOpenError, match=said):
        ModbusDevice.open_all([device], {DEVICE: CHANNELS}, clock)


def test_a_device_has_the_faces_its_options_give_it() -> None:
    both, inputs, lamps = (Device(name, options(TcpTransport("127.0.0.1"))) for name in ("both", "inputs", "lamps"))
    both, inputs = (Device(d.name, options(TcpTransport("127.0.0.1"), inputs=CONTACTS)) for d in (both, inputs))
    found = ModbusDevice.open_all([both, inputs, lamps], {"both": CHANNELS, "lamps": CHANNELS}, clock)
    assert {name: (o.source is not None, o.sink is not None) for name, o in found.items()} == {
        "both": (True, True),
        "inputs": (True, False),
        "lamps": (False, True),
    }
    assert len(found["both"].faces) == 1
    assert dict(face(found["lamps"]).latest()) == {}
    assert face(found["inputs"]).verified() is None
    face(found["inputs"]).write(image(1, NORTH), 500)


def test_two_units_behind_one_gateway_have_a_connection_each(server: ForeignServer) -> None:
    devices = [
        Device(name, options(at(server), unit=unit, inputs=CONTACTS)) for name, unit in (("north", 1), ("south", 2))
    ]
    north, south = (face(found) for found in ModbusDevice.open_all(devices, {}, clock).values())
    with running(north), running(south):
        eventually(lambda: north.health().state is south.health().state is DeviceState.UP, "both")
        assert sum(thread.name.startswith("driver modbus") for thread in threading.enumerate()) == 2


def test_an_error_of_the_program_in_the_worker_is_not_a_healthy_device(
    server: ForeignServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: died.set())
    device = opened(options(at(server), inputs=CONTACTS))
    with running(device):
        eventually(lambda: device.health().state is DeviceState.UP, "answers")
        monkeypatch.setattr(device._inputs, "poll", None)
        eventually(died.is_set, "the worker to die")
        assert device.health().state is DeviceState.DOWN
        assert "error of the program" in device.health().said


def test_the_bench_reads_its_coils_as_the_drivers_wiring_says() -> None:
    bench = TcpBench()
    with running(bench.sink()) as device:
        submit_until(device, device.verified, "an image")
    assert bench.shown()[-1] == lamps_with(NORTH)
    bench.close()
