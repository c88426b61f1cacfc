"""outputs-safe: what it believes, and what it does with devices that are well, slow, dead or not alone."""

import ast
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.units.installed import OUTPUTS_SAFE
from tests.units.outputs import command, crc, load, mute_device, rtu_device, run, sealed, tcp_device

PROGRAM = load()
HEAD = "stopline-safe-image 1"
RED, ON, OFF = "09", "11", "00"  # six coils: red of two heads; yellow of the first, red of the second; dark


def image(folder: Path, *lines: str) -> Path:
    path = folder / "safe-image"
    path.write_text(sealed(HEAD, *lines))
    return path


def bits(text: str, count: int = 6) -> list[bool]:
    data = bytes.fromhex(text)
    return [bool(data[bit // 8] >> bit % 8 & 1) for bit in range(count)]


def tcp_line(port: int, unit: int = 1) -> str:
    return f"tcp {unit} 16 6 {RED} {ON} {OFF} {port} 127.0.0.1"


def rtu_line(path: str, unit: int = 1) -> str:
    return f"rtu {unit} 16 6 {RED} {ON} {OFF} 19200 N 1 {path}"


# ---- alone ---------------------------------------------------------------------------------------------------------
def test_it_imports_only_what_every_debian_python_has() -> None:
    tree = ast.parse(OUTPUTS_SAFE.read_text())
    names = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= sys.stdlib_module_names


def test_it_starts_without_site_packages_and_environment() -> None:
    assert OUTPUTS_SAFE.read_text().startswith("#!/usr/bin/python3 -IS\n")
    assert os.access(OUTPUTS_SAFE, os.X_OK)


# ---- the file ------------------------------------------------------------------------------------------------------
def test_without_a_file_nothing_was_ever_driven_and_that_is_said(tmp_path: Path) -> None:
    done = run(tmp_path / "safe-image", SERVICE_RESULT="watchdog", EXIT_CODE="killed", EXIT_STATUS="ABRT")
    assert done.returncode == 0
    assert "SERVICE_RESULT=watchdog EXIT_CODE=killed EXIT_STATUS=ABRT" in done.stderr
    assert "no outputs were ever driven" in done.stderr


def test_in_the_journal_each_line_carries_its_priority(tmp_path: Path) -> None:
    lines = run(tmp_path / "safe-image", JOURNAL_STREAM="8:1").stderr.splitlines()
    assert [line[:3] for line in lines] == ["<4>", "<4>"]


@pytest.mark.parametrize(
    "words", [(), ("--flash",), ("--flash", "x", "f"), ("--flash", "-1", "f"), ("-h",), ("a", "b")]
)
def test_a_wrong_command_line_is_answered_with_the_right_one(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.returncode, done.stderr) == (64, "usage: outputs-safe [--flash SECONDS] FILE\n")


@pytest.mark.parametrize(
    "line",
    [
        "tcp 1 0 6 09 11 00 502",  # no host
        "tcp 256 0 6 09 11 00 502 192.0.2.1",
        "tcp 1 65531 6 09 11 00 502 192.0.2.1",
        "tcp 1 0 0    502 192.0.2.1",
        "tcp 1 0 9 09 11 00 502 192.0.2.1",  # nine coils need two bytes
        "tcp 1 0 1969 09 11 00 502 192.0.2.1",
        "tcp 1 0 6 09 11 0 502 192.0.2.1",
        "tcp 1 0 6 09 11 00 65536 192.0.2.1",
        "udp 1 0 6 09 11 00 502 192.0.2.1",
        "rtu 1 0 6 09 11 00 19200 M 1 /dev/ttyUSB0",
        "rtu 1 0 6 09 11 00 19200 N 3 /dev/ttyUSB0",
        "rtu 1 0 6 09 11 00 0 N 1 /dev/ttyUSB0",
        "rtu 1 0 6 09 11 00 19200 N 1 /etc/passwd",
        "",
    ],
)
def test_a_line_that_cannot_be_right_spoils_the_file(line: str) -> None:
    with pytest.raises(PROGRAM.Damaged):
        PROGRAM.parse(sealed(HEAD, line).encode())


def test_a_later_format_is_refused_by_name() -> None:
    with pytest.raises(PROGRAM.Damaged, match="stopline-safe-image 2"):
        PROGRAM.parse(sealed("stopline-safe-image 2").encode())


def test_a_file_without_devices_is_whole() -> None:
    assert PROGRAM.parse(sealed(HEAD).encode()) == []


@given(st.binary(max_size=300))
def test_no_bytes_whatever_bring_it_down_or_are_believed(content: bytes) -> None:
    with pytest.raises(PROGRAM.Damaged):
        PROGRAM.parse(content)


@given(st.text(max_size=200))
def test_no_text_with_a_right_check_value_brings_it_down(text: str) -> None:
    try:
        PROGRAM.parse(sealed(HEAD, *text.split("\n")).encode())
    except PROGRAM.Damaged:
        return
    raise AssertionError(f"believed {text!r}")


WHOLE = sealed(HEAD, tcp_line(502), rtu_line("/dev/serial/by-id/usb FTDI-if00")).encode()


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_one_changed_byte_anywhere_spoils_the_file(place: int, change: int) -> None:
    with pytest.raises(PROGRAM.Damaged):
        PROGRAM.parse(WHOLE[:place] + bytes([WHOLE[place] ^ change]) + WHOLE[place + 1 :])


@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_anywhere_spoils_the_file(length: int) -> None:
    with pytest.raises(PROGRAM.Damaged):
        PROGRAM.parse(WHOLE[:length])


def test_a_whole_file_is_read_to_the_letter() -> None:
    tcp, rtu = PROGRAM.parse(WHOLE)
    assert tcp == (("tcp", "502", "127.0.0.1"), 1, 16, 6, b"\x09", b"\x11", b"\x00")
    assert rtu.link == ("rtu", "19200", "N", "1", "/dev/serial/by-id/usb FTDI-if00")


def test_a_damaged_file_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    with tcp_device() as (port, coils):
        path = image(tmp_path, tcp_line(port))
        path.write_bytes(path.read_bytes()[:-2])
        done = run(path)
    assert done.returncode == 65
    assert "cannot be used: its check value does not fit" in done.stderr
    assert coils.images == []


def test_a_link_a_pipe_and_a_giant_in_the_files_place_are_refused(tmp_path: Path) -> None:
    whole = image(tmp_path, tcp_line(1))
    link, pipe, giant = (tmp_path / name for name in ("link", "pipe", "giant"))
    link.symlink_to(whole)
    os.mkfifo(pipe)
    with giant.open("wb") as file:
        file.truncate(1 << 32)
    assert [run(path).returncode for path in (link, pipe, giant)] == [65, 65, 65]


# ---- Modbus TCP ----------------------------------------------------------------------------------------------------
def test_a_foreign_tcp_device_is_shown_all_red(tmp_path: Path) -> None:
    with tcp_device() as (port, coils):
        done = run(image(tmp_path, tcp_line(port)))
        assert done.returncode == 0, done.stderr
        assert coils.get_coils(16, 6) == bits(RED)
    assert len(coils.images) == 1
    assert "all red, confirmed" in done.stderr


def test_an_unreachable_device_costs_a_second_at_most_and_only_itself(tmp_path: Path) -> None:
    with mute_device() as mute, tcp_device() as (port, coils):
        began = time.monotonic()
        done = run(image(tmp_path, tcp_line(mute), tcp_line(port)))
        took = time.monotonic() - began
        assert coils.get_coils(16, 6) == bits(RED)
    assert done.returncode == 1
    assert f"tcp {mute} 127.0.0.1, unit 1: no answer" in done.stderr
    assert took < 10  # one second of its own, the rest is room for a busy machine


def test_a_refused_connection_is_named(tmp_path: Path) -> None:
    with mute_device() as port:
        pass
    done = run(image(tmp_path, tcp_line(port)))
    assert done.returncode == 1
    assert "Connection refused" in done.stderr


def test_a_device_that_refuses_the_write_is_not_called_served(tmp_path: Path) -> None:
    with tcp_device() as (port, coils):
        path = image(tmp_path, f"tcp 1 60 6 {RED} {ON} {OFF} {port} 127.0.0.1")  # it has 64 coils
        done = run(path)
        while "no answer" in done.stderr and "it refused" not in done.stderr:
            done = run(path)  # a busy machine may let the program's second pass without any answer
    assert done.returncode == 1
    assert "it refused" in done.stderr
    assert coils.images == []


# ---- Modbus RTU ----------------------------------------------------------------------------------------------------
@given(st.binary(max_size=64))
def test_its_check_value_is_that_of_an_independent_division(data: bytes) -> None:
    assert PROGRAM.crc16(data) == crc(data)


def test_its_check_value_is_that_of_the_catalogue() -> None:
    assert PROGRAM.crc16(b"123456789") == bytes.fromhex("374b")  # CRC-16/MODBUS, check 0x4B37


def test_its_frame_is_that_of_the_modbus_specification() -> None:
    device = PROGRAM.Device(("rtu", "9600", "N", "1", "/dev/x"), 0x11, 0x13, 10, b"\xcd\x01", b"", b"")
    request, reply = PROGRAM.frames(device, device.red)
    assert request[:-2] == bytes.fromhex("110f0013000a02cd01")  # V1.1b3, section 6.11, its example
    assert reply[:-2] == bytes.fromhex("110f0013000a")


def test_two_boards_on_one_serial_line_are_shown_all_red(tmp_path: Path) -> None:
    with rtu_device({1, 2}) as line:
        done = run(image(tmp_path, rtu_line(line.path, 1), rtu_line(line.path, 2)))
    assert done.returncode == 0, done.stderr
    assert line.coils == {1: bits(RED), 2: bits(RED)}


def test_a_dead_board_on_a_line_leaves_the_next_one_served(tmp_path: Path) -> None:
    with rtu_device({2}) as line:
        done = run(image(tmp_path, rtu_line(line.path, 1), rtu_line(line.path, 2)))
    assert done.returncode == 1
    assert "unit 1: no answer (0 bytes)" in done.stderr
    assert line.coils == {2: bits(RED)}


def exchanged(before: bytes, reply: bytes) -> None:
    """One exchange with unit 1 over a pair of sockets; `before` lies on the line already, `reply` is its answer."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        device = PROGRAM.device(rtu_line("/dev/x"))
        theirs.sendall(before)

        def answer() -> None:
            theirs.recv(64)
            theirs.sendall(reply)

        answering = threading.Thread(target=answer)
        answering.start()
        try:
            PROGRAM.exchange(ours.fileno(), device, device.red, time.monotonic() + 5)
        finally:
            answering.join()


ANSWER = PROGRAM.frames(PROGRAM.device(rtu_line("/dev/x")), b"\x09")[1]


def test_the_rest_of_an_answer_to_the_dead_controller_is_thrown_away() -> None:
    exchanged(bytes([1, 1, 1, 0x3F]) + crc(bytes([1, 1, 1, 0x3F])), ANSWER)


REQUEST = PROGRAM.frames(PROGRAM.device(rtu_line("/dev/x")), PROGRAM.device(rtu_line("/dev/x")).red)[0]


def test_a_two_wire_adapter_that_echoes_the_question_does_not_hide_the_answer() -> None:
    exchanged(b"", REQUEST + ANSWER)
    with pytest.raises(OSError, match="it refused"):
        exchanged(b"", REQUEST + sealed_rtu(b"\x01\x8f\x04"))
    with pytest.raises(TimeoutError, match="no answer"):
        exchanged(b"", REQUEST)


def sealed_rtu(frame: bytes) -> bytes:
    return frame + crc(frame)


@pytest.mark.parametrize(
    "reply",
    [
        sealed_rtu(b"\x02" + ANSWER[1:-2]),  # another unit
        sealed_rtu(ANSWER[:2] + b"\x00\x11" + ANSWER[4:-2]),  # another address
        sealed_rtu(ANSWER[:4] + b"\x00\x05" + ANSWER[6:-2]),  # fewer coils
        ANSWER[:-1] + bytes([ANSWER[-1] ^ 1]),  # a wrong check value
        ANSWER + b"\x00",  # a byte too many
    ],
)
def test_an_answer_that_is_not_to_the_letter_does_not_count(reply: bytes) -> None:
    with pytest.raises(OSError, match="garbled answer"):
        exchanged(b"", reply)


def test_an_exception_reply_is_named_as_a_refusal() -> None:
    with pytest.raises(OSError, match="it refused"):
        exchanged(b"", sealed_rtu(b"\x01\x8f\x04"))


def test_a_question_that_was_lost_is_asked_again(tmp_path: Path) -> None:
    with rtu_device({1}, deaf_to=1) as line:
        done = run(image(tmp_path, rtu_line(line.path)))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", ["/dev/stopline-none", "/dev/null"])
def test_a_port_that_is_not_there_or_no_serial_port_is_said(tmp_path: Path, path: str) -> None:
    done = run(image(tmp_path, rtu_line(path)))
    assert done.returncode == 1
    assert "No such file" in done.stderr or "not to be used as a serial port" in done.stderr


# ---- flash ---------------------------------------------------------------------------------------------------------
def test_flash_alternates_its_two_halves_and_ends_dark(tmp_path: Path) -> None:
    with tcp_device() as (port, coils):
        began = time.monotonic()
        done = run("--flash", "2", image(tmp_path, tcp_line(port)))
        took = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    halves = [shown for shown, _ in itertools.groupby(coils.images)]
    assert halves == [bits(ON), bits(OFF)] * (len(halves) // 2)
    assert len(coils.images) > len(halves)  # refreshed in between, for the device's dead-man
    assert took >= 2


def test_flash_goes_on_for_the_others_when_a_device_is_dead(tmp_path: Path) -> None:
    with mute_device() as mute, rtu_device({2}) as line, tcp_device() as (port, coils):
        done = run(
            "--flash",
            "1",
            image(tmp_path, tcp_line(mute), rtu_line(line.path, 1), rtu_line(line.path, 2), tcp_line(port)),
        )
    assert done.returncode == 1
    assert bits(ON) in coils.images
    assert line.coils == {2: bits(OFF)}


def test_flash_takes_its_time_even_with_nothing_to_flash(tmp_path: Path) -> None:
    began = time.monotonic()
    assert run("--flash", "1", tmp_path / "safe-image").returncode == 0
    assert time.monotonic() - began >= 1


def test_flash_ends_dark_when_the_controller_is_started(tmp_path: Path) -> None:
    with tcp_device() as (port, coils):
        running = subprocess.Popen(
            command("--flash", "60", image(tmp_path, tcp_line(port))), stderr=subprocess.PIPE, text=True
        )
        try:
            while bits(ON) not in coils.images:
                time.sleep(0.01)
            running.send_signal(signal.SIGTERM)
            said = running.communicate(timeout=20)[1]
        finally:
            running.kill()
            running.communicate()
    assert running.returncode == 0
    assert "flashed to the end" in said
    assert coils.images[-1] == bits(OFF)
