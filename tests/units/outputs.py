"""`systemd/outputs-safe` for tests: loaded as a module, and run as the program it is; foreign devices for it to serve."""

import importlib.machinery
import importlib.util
import os
import pty
import select
import socket
import subprocess
import sys
import threading
import tty
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from pyModbusTCP.server import DataBank, ModbusServer  # type: ignore[import-untyped]
from typing_extensions import override

from tests.units.installed import OUTPUTS_SAFE


def load() -> ModuleType:
    """The program as a module, for its pure parts."""
    loader = importlib.machinery.SourceFileLoader("outputs_safe", str(OUTPUTS_SAFE))
    spec = importlib.util.spec_from_loader("outputs_safe", loader)
    assert spec is not None
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


def command(*words: str | Path) -> list[str]:
    """The command line: the first line of the program, with this Python."""
    return [sys.executable, "-IS", str(OUTPUTS_SAFE), *map(str, words)]


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        env={"PATH": os.defpath, **environment},
    )


def sealed(*lines: str) -> str:
    """A file with a right check value."""
    body = "".join(f"{line}\n" for line in lines)
    return f"{body}end {zlib.crc32(body.encode()):08x}\n"


class Coils(DataBank):  # type: ignore[misc]
    """A pyModbusTCP data bank that keeps every coil image it was sent."""

    def __init__(self) -> None:
        super().__init__(coils_size=64)
        self.images: list[list[bool]] = []

    def set_coils(self, address: int, bit_list: list[bool], srv_info: object = None) -> object:
        done = super().set_coils(address, bit_list, srv_info)
        if srv_info is not None and done:
            self.images.append(list(bit_list))
        return done


@contextmanager
def tcp_device() -> Iterator[tuple[int, Coils]]:
    """A Modbus TCP device by another house (pyModbusTCP): its port and its coils."""
    coils = Coils()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    server = ModbusServer("127.0.0.1", port, no_block=True, data_bank=coils)
    server.start()
    try:
        yield port, coils
    finally:
        server.stop()


@contextmanager
def mute_device() -> Iterator[int]:
    """A host that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def crc(data: bytes) -> bytes:
    """CRC-16/MODBUS by table-free division, written apart from the program under test."""
    register = 0xFFFF
    for bit in (byte >> shift & 1 for byte in data for shift in range(8)):
        register = (register >> 1) ^ (0xA001 * ((register ^ bit) & 1))
    return bytes((register & 0xFF, register >> 8))


class RtuSlave(threading.Thread):
    """A Modbus RTU relay board on a pty. `deaf_to`: so many questions it does not hear."""

    def __init__(self, units: set[int], deaf_to: int = 0) -> None:
        super().__init__()
        self.units, self.deaf_to = units, deaf_to
        self.coils: dict[int, list[bool]] = {unit: [] for unit in units}
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.path, self._slave = os.ttyname(slave), slave
        self._halt_in, self._halt_out = os.pipe()

    @override
    def run(self) -> None:
        """Answer function 15 until told to end."""
        held = b""
        while True:
            ready = select.select([self.master, self._halt_in], [], [])[0]
            if self._halt_in in ready:
                return
            held += os.read(self.master, 512)
            while len(held) >= 7 and len(held) >= 9 + held[6]:
                frame, held = held[: 9 + held[6]], held[9 + held[6] :]
                self.answer(frame)

    def answer(self, frame: bytes) -> None:
        """One frame: believed only with its check value, answered only if it is for one of ours."""
        if crc(frame[:-2]) != frame[-2:] or frame[0] not in self.units or frame[1] != 15:
            return
        if self.deaf_to:
            self.deaf_to -= 1
            return
        count, data = int.from_bytes(frame[4:6], "big"), frame[7:-2]
        self.coils[frame[0]] = [bool(data[bit // 8] >> bit % 8 & 1) for bit in range(count)]
        os.write(self.master, frame[:6] + crc(frame[:6]))

    def end(self) -> None:
        """End the thread and close the pair."""
        os.write(self._halt_out, b"x")
        self.join()
        for fd in (self.master, self._slave, self._halt_in, self._halt_out):
            os.close(fd)


@contextmanager
def rtu_device(units: set[int], deaf_to: int = 0) -> Iterator[RtuSlave]:
    """A running RtuSlave."""
    slave = RtuSlave(units, deaf_to)
    slave.start()
    try:
        yield slave
    finally:
        slave.end()
