"""A Modbus RTU slave on a pty, written from the standard and sharing no code with the driver, with faults on demand.

Frame: unit, function code, data, CRC-16 low byte first (MODBUS over Serial Line V1.02, 2.5.1; CRC 6.2.2). Bits of a reply
start at the lowest bit of the first byte (MODBUS Application Protocol V1.1b3, 6.1).
"""

import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

Pieces: TypeAlias = Iterable[tuple[float, bytes]]
"""What goes out on the line: after so many seconds, these bytes."""

Fault: TypeAlias = Callable[[bytes, bytes], Pieces]
"""From the request and the good reply to what is really sent."""


def crc16(data: bytes) -> bytes:
    """The check of an RTU frame, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def framed(body: bytes) -> bytes:
    """A body with its check."""
    return body + crc16(body)


def flipped(data: bytes, at: int) -> bytes:
    """One bit wrong."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def honest(_request: bytes, reply: bytes) -> Pieces:
    """No fault: the good reply at once."""
    yield 0.0, reply


def silent(_request: bytes, _reply: bytes) -> Pieces:
    """Nothing at all."""
    return ()


@dataclass
class Memory:
    """The four tables of one unit, and every coil image it was given. `refuses`: function code → exception code."""

    coils: list[int] = field(default_factory=lambda: [0] * 300)
    contacts: list[int] = field(default_factory=lambda: [0] * 300)
    holding: list[int] = field(default_factory=lambda: [0] * 300)
    inputs: list[int] = field(default_factory=lambda: [0] * 300)
    images: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    lies: dict[int, int] = field(default_factory=dict)  # coil → what it reads back as
    refuses: dict[int, int] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def answer(self, pdu: bytes) -> bytes:
        """The reply to the bytes from function code on."""
        function, address, number = pdu[0], int.from_bytes(pdu[1:3]), int.from_bytes(pdu[3:5])
        self.asked.append(function)
        if function in self.refuses:
            return bytes([function | 0x80, self.refuses[function]])
        if function in {1, 2}:
            table = [self.lies.get(i, bit) for i, bit in enumerate(self.coils)] if function == 1 else self.contacts
            packed = sum(bool(bit) << i for i, bit in enumerate(table[address : address + number]))
            return self._reading(function, address, number, packed.to_bytes((number + 7) // 8, "little"))
        if function in {3, 4}:
            words = (self.holding if function == 3 else self.inputs)[address : address + number]
            return self._reading(function, address, number, b"".join(word.to_bytes(2) for word in words))
        if function == 5:
            self.coils[address] = int(number == 0xFF00)
            return pdu
        if function == 6:
            self.holding[address] = number
            return pdu
        if function == 15:
            packed = int.from_bytes(pdu[6:], "little")
            bits = tuple(packed >> i & 1 for i in range(number))
            self.coils[address : address + number] = bits
            self.images.append((address, bits))
            return pdu[:5]
        return bytes([function | 0x80, 1])

    def _reading(self, function: int, address: int, number: int, data: bytes) -> bytes:
        if address + number > len(self.coils):
            return bytes([function | 0x80, 2])
        return bytes([function, len(data)]) + data


class RtuSlave:
    """Units on one pty; `link` is the port's path, the same after every `plug()`."""

    def __init__(self, link: Path, units: Iterable[int] = (1,)) -> None:
        self.link = link
        self.units = {unit: Memory() for unit in units}
        self.fault: Fault = honest
        self.deaf = False
        self.broken_frames = 0
        self.requests: list[bytes] = []
        self.heard_s: list[float] = []
        self._ends: tuple[int, int] | None = None
        self._stop = threading.Event()
        self._worker: threading.Thread | None = None
        self.plug()

    @property
    def memory(self) -> Memory:
        """The memory of the first unit."""
        return next(iter(self.units.values()))

    def plug(self) -> None:
        """Connect the cable."""
        if self._ends is not None:
            return
        self._ends = pty.openpty()
        tty.setraw(self._ends[1])
        self.link.symlink_to(os.ttyname(self._ends[1]))
        self._stop = threading.Event()
        self._worker = threading.Thread(target=self._serve, args=(self._ends[0], self._stop), daemon=True)
        self._worker.start()

    def unplug(self) -> None:
        """Pull the adapter: the port is gone, whoever has it open sees it vanish."""
        if self._ends is None or self._worker is None:
            return
        self._stop.set()
        self._worker.join()
        for end in self._ends:
            os.close(end)
        self.link.unlink()
        self._ends = None

    def say(self, data: bytes) -> None:
        """Put bytes on the line that nobody asked for."""
        assert self._ends is not None
        os.write(self._ends[0], data)

    def _serve(self, line: int, stop: threading.Event) -> None:
        heard = b""
        while not stop.is_set():
            ready, _, _ = select.select([line], [], [], 0.01)
            if not ready:
                if heard:  # a pause ends a frame, complete or not
                    self.broken_frames += 1
                    heard = b""
                continue
            heard += os.read(line, 512)
            if self._is_whole(heard):
                self._answer(line, heard, stop)
                heard = b""

    def _is_whole(self, heard: bytes) -> bool:
        if len(heard) < 8:
            return False
        length = 9 + heard[6] if heard[1] == 15 else 8
        return len(heard) == length and crc16(heard[:-2]) == heard[-2:]

    def _answer(self, line: int, frame: bytes, stop: threading.Event) -> None:
        if self.deaf:
            return
        self.requests.append(frame)
        self.heard_s.append(time.monotonic())
        memory = self.units.get(frame[0])
        reply = framed(frame[:1] + memory.answer(frame[1:-2])) if memory is not None else b""
        for after_s, piece in self.fault(frame, reply):
            if stop.wait(after_s):
                return
            os.write(line, piece)
