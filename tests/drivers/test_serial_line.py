"""Serial ports: what to do is said for every way a port can fail, and devices share a port or are refused."""

import errno
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from drivers.base import DriverIOError, DriverOpenError
from drivers.serial_device import SerialDevice
from drivers.serial_line import SerialLine, what_to_do
from edge.model.devices import (
    Device,
    DeviceState,
    DriverOptions,
    MockOptions,
    Parity,
    SerialOptions,
    SerialProtocol,
    SerialTransport,
)
from tests.drivers.contract import CHANNELS, clock, eventually
from tests.drivers.pty_line import PtyLine


class Echo:
    """A line whose far end says back what it hears, or nothing."""

    def __init__(self, folder: Path) -> None:
        self.port = str(folder / "port")
        self.mute = False
        self.heard = bytearray()
        self.end = PtyLine(folder / "port", self._hear)
        self.end.plug()

    def _hear(self, data: bytes) -> None:
        self.heard += data
        if not self.mute:
            self.end.say(data)


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Echo]:
    echo = Echo(tmp_path)
    yield echo
    echo.end.close()


@pytest.fixture
def line(echo: Echo) -> Iterator[SerialLine]:
    line = SerialLine(SerialTransport(echo.port), wait_ms=200)
    line.open()
    yield line
    line.close()


def test_a_question_gets_its_answer_and_silence_gives_fewer_bytes(echo: Echo, line: SerialLine) -> None:
    assert line.ask(b"12345", 5) == b"12345"
    assert line.ask(b"12345", 6) == b"12345"
    echo.mute = True
    assert line.ask(b"12345", 5) == b""


def test_what_came_before_the_question_is_no_answer(echo: Echo, line: SerialLine) -> None:
    echo.end.do(lambda: echo.end.say(b"late"))
    assert line.ask(b"12345", 5) == b"12345"


def test_a_line_is_settled_when_it_is_silent(echo: Echo, line: SerialLine) -> None:
    echo.end.do(lambda: echo.end.say(b"x" * 2_000))
    line.settle()
    echo.mute = True
    assert line.hear() == b""


def test_a_line_that_never_falls_silent_is_given_up(line: SerialLine, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[bytes] = []

    def babble() -> bytes:
        looks.append(b"x")
        return b"x"

    monkeypatch.setattr(line, "hear", babble)
    line.settle()
    assert 1 < len(looks) < 20


def test_a_pulled_cable_is_an_error_with_what_to_do(echo: Echo, line: SerialLine) -> None:
    echo.end.unplug()
    with pytest.raises(DriverIOError, match=r"lost .*; check the adapter and its cable"):
        line.ask(b"12345", 5)
    with pytest.raises(DriverIOError, match="lost"):
        line.hear()


def test_a_port_is_locked_against_a_second_opener(echo: Echo, line: SerialLine) -> None:
    assert line.is_open
    with pytest.raises(DriverOpenError, match=f"in use by another program; find and stop it: fuser -v {echo.port}"):
        SerialLine(SerialTransport(echo.port), 100).open()


def test_a_closed_port_can_be_closed_again_but_not_used(line: SerialLine) -> None:
    line.close()
    line.close()
    assert not line.is_open
    with pytest.raises(DriverIOError, match="not open"):
        line.ask(b"1", 1)


def test_a_port_that_is_not_there_is_said_with_the_lasting_path(tmp_path: Path) -> None:
    with pytest.raises(DriverOpenError, match=r"not there; plug the adapter in.*/dev/serial/by-id"):
        SerialLine(SerialTransport(str(tmp_path / "nowhere")), 100).open()


def test_a_file_that_is_no_port_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DriverOpenError, match=r"cannot be opened at 9600 baud .*check port, baud and stop bits"):
        SerialLine(SerialTransport(str(tmp_path / "file")), 100).open()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (serial.SerialException(errno.EACCES, "no"), "group dialout"),
        (serial.SerialException(errno.EAGAIN, "no"), "in use by another program"),
        (termios.error(errno.EINVAL, "no"), "does not take parity even; a pseudo-terminal takes none"),
        (ValueError("Not a valid baudrate"), "cannot be opened at 9600 baud"),
        (termios.error(errno.EIO, "no"), "cannot be opened"),
    ],
)
def test_every_failure_to_open_says_what_to_do(monkeypatch: pytest.MonkeyPatch, error: Exception, said: str) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(serial, "Serial", fail)
    transport = SerialTransport("/dev/ttyUSB0", parity=Parity.EVEN)
    with pytest.raises(DriverOpenError, match=said):
        SerialLine(transport, 100).open()
    assert said in what_to_do(transport, error)


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_parity_on_a_pseudo_terminal_does_not_get_through_as_a_foreign_error(echo: Echo) -> None:
    line = SerialLine(SerialTransport(echo.port, parity=Parity.EVEN), 100)
    before = _open_files()
    try:
        line.open()
    except DriverOpenError as error:
        assert "does not take parity even" in str(error)  # noqa: PT017 (some C libraries let it pass)
        assert _open_files() == before
    else:
        line.close()


@pytest.mark.parametrize("error", [termios.error(5, "Input/output error"), OSError(5, "Input/output error")])
def test_an_adapter_that_breaks_in_any_call_is_an_error_of_ours(
    line: SerialLine, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(line._serial, "reset_input_buffer", fail)
    with pytest.raises(DriverIOError, match="lost"):
        line.ask(b"1", 1)


def test_a_port_that_breaks_while_it_is_closed_is_closed_all_the_same(
    line: SerialLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = line._serial
    assert port is not None
    close = port.close

    def fail() -> None:
        close()
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr(port, "close", fail)
    with pytest.raises(DriverIOError, match="while closing it"):
        line.close()
    assert not line.is_open


# -- devices and their ports -----------------------------------------------------------------------------------------


def _device(name: str, port: str = "/dev/ttyS9", **changes: object) -> Device:
    values: dict[str, object] = {
        "transport": SerialTransport(port),
        "protocol": SerialProtocol.CANOGA,
        "poll_ms": 100,
        "stale_after_ms": 500,
        **changes,
    }
    return Device(name, SerialOptions(**values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("devices", "said"),
    [
        (
            [_device("a"), _device("b", address=1, protocol=SerialProtocol.COUNTS_ASCII)],
            "devices a and b: counts-ascii has a port to itself",
        ),
        (
            [_device("a"), _device("b", address=1, transport=SerialTransport("/dev/ttyS9", 19_200))],
            "baud, parity and stop bits of one port must be alike",
        ),
        ([_device("a", address=2), _device("b", address=2)], "two cards on one address"),
    ],
)
def test_devices_that_cannot_share_a_port_are_refused(devices: list[Device], said: str) -> None:
    with pytest.raises(DriverOpenError, match=f"port /dev/ttyS9: .*{said}"):
        SerialDevice.open_all(devices, {}, clock)


def test_devices_on_ports_of_their_own_need_not_be_alike() -> None:
    devices = [_device("a"), _device("b", "/dev/ttyS8", protocol=SerialProtocol.COUNTS_ASCII)]
    assert list(SerialDevice.open_all(devices, {}, clock)) == ["a", "b"]


def test_lamps_wired_to_a_detector_line_are_refused() -> None:
    with pytest.raises(DriverOpenError, match="device a: a detector line lights no lamps"):
        SerialDevice.open_all([_device("a")], {"a": CHANNELS}, clock)


def test_options_of_another_driver_are_refused() -> None:
    options: DriverOptions = MockOptions()
    with pytest.raises(DriverOpenError, match="are not the options of a serial device"):
        SerialDevice.open_all([Device("a", options)], {}, clock)


def test_a_port_that_fails_to_close_is_said_and_tried_again(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[SerialLine] = []
    close = SerialLine.close

    def fail(line: SerialLine) -> None:
        close(line)
        closed.append(line)
        raise DriverIOError("port: broken while closing it")

    monkeypatch.setattr(SerialLine, "close", fail)
    opened = SerialDevice.open_all([_device("a", echo.port, protocol=SerialProtocol.COUNTS_ASCII)], {}, clock)
    source = opened["a"].source
    assert source is not None
    source.start()
    eventually(lambda: source.health().counters["port opened"] == 1, "the port to be opened")
    echo.end.unplug()
    eventually(lambda: closed, "the port to be closed")
    eventually(lambda: source.health().state is DeviceState.DOWN, "the loss to be said")
    echo.end.plug()
    eventually(lambda: source.health().counters["port opened"] == 2, "the port to be opened again")
    source.stop()
    assert len(closed) >= 2
