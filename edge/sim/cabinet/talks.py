"""What is spoken on the lines of a cabinet, by the devices: Modbus TCP and RTU, Canoga cards, `counts-ascii`. Pure."""

from collections.abc import Mapping
from typing import Protocol

from drivers.ascii_lines import COUNTS, SEQUENCES, DataLine, HelloLine, encode_line
from drivers.canoga_frames import CHANNELS, Question, request
from drivers.frame_checks import xor8
from edge.model.units import Ms
from edge.sim.cabinet.module import ModbusModule


class Talk(Protocol):
    """One end of a line or connection."""

    def hear(self, now: Ms, data: bytes) -> bytes:
        """Take in what came; what is answered."""

    def say(self, now: Ms) -> bytes:
        """What is said without being asked; called every 100 ms."""


class TcpTalk:
    """One Modbus TCP connection (MODBUS Messaging on TCP/IP V1.0b, 3.1.3): transaction, protocol 0, length, unit, PDU."""

    _HEAD = 7

    def __init__(self, units: Mapping[int, ModbusModule]) -> None:
        self._units = units
        self._heard = b""

    def hear(self, now: Ms, data: bytes) -> bytes:
        """Answer every whole request."""
        self._heard += data
        replies = b""
        while len(self._heard) > self._HEAD:
            length = 6 + int.from_bytes(self._heard[4:6], "big")
            if len(self._heard) < length:
                break
            frame, self._heard = self._heard[:length], self._heard[length:]
            replies += self._answer(now, frame)
        return replies

    def say(self, now: Ms) -> bytes:  # noqa: ARG002 - a slave is silent until it is asked
        """Nothing."""
        return b""

    def _answer(self, now: Ms, frame: bytes) -> bytes:
        unit = self._units.get(frame[6])
        if unit is None or len(frame) <= self._HEAD:
            return b""
        reply = unit.answer(now, frame[7:])
        return frame[:4] + (len(reply) + 1).to_bytes(2, "big") + frame[6:7] + reply


class RtuTalk:
    """Units on a Modbus RTU line (MODBUS over Serial Line V1.02, 2.5.1): unit, PDU, CRC-16 low byte first."""

    _PAUSE_MS = 50
    """A pause that ends a frame, whole or not. Ours: pseudo-terminals do not keep the 3.5 characters."""

    _LEAST = 8
    _LISTS = frozenset({0x0F, 0x10})

    def __init__(self, units: Mapping[int, ModbusModule]) -> None:
        self._units = units
        self._heard = b""
        self._heard_ms: Ms = 0

    def hear(self, now: Ms, data: bytes) -> bytes:
        """Answer a request that is whole and whose check is right; anything else is passed over in silence."""
        if now - self._heard_ms > self._PAUSE_MS:
            self._heard = b""
        self._heard_ms = now
        self._heard += data
        if len(self._heard) < self._length():
            return b""
        frame, self._heard = self._heard, b""
        unit = self._units.get(frame[0])
        if unit is None or frame[-2:] != crc16(frame[:-2]):
            return b""
        reply = frame[:1] + unit.answer(now, frame[1:-2])
        return reply + crc16(reply)

    def say(self, now: Ms) -> bytes:  # noqa: ARG002 - a slave is silent until it is asked
        """Nothing."""
        return b""

    def _length(self) -> int:
        heard = self._heard
        return 9 + heard[6] if len(heard) >= self._LEAST and heard[1] in self._LISTS else self._LEAST


def crc16(data: bytes) -> bytes:
    """The check of an RTU frame, low byte first (MODBUS over Serial Line V1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


class CanogaCard:
    """One card: four loops, of each the last vehicle that has left. `mask`: the state bits that say a loop is occupied."""

    def __init__(self, began_ms: Ms, mask: int = 0) -> None:
        self._began_ms = began_ms
        self._mask = mask
        self._on = [False] * CHANNELS
        self._since_ms = [began_ms] * CHANNELS
        self._left = [0] * CHANNELS
        self._records = [(0, 0)] * CHANNELS

    def sense(self, now: Ms, channel: int, *, on: bool, count: int) -> None:
        """What is over a loop, channels counted from 1. `count`: actuations begun so far."""
        at = channel - 1
        if not 0 <= at < CHANNELS:
            return
        left = count - int(on)
        if left > self._left[at]:
            self._left[at] = left
            start_ms = max(self._since_ms[at] - self._began_ms, self._records[at][1] + 1)
            self._records[at] = (max(1, now - self._since_ms[at]), start_ms)
        if on and not self._on[at]:
            self._since_ms[at] = now
        self._on[at] = on

    def detection(self) -> bytes:
        """The 37 bytes that answer `*`."""
        reply = b""
        for (duration_ms, start_ms), left, on in zip(self._records, self._left, self._on, strict=True):
            state = self._mask if on else 0
            reply += duration_ms.to_bytes(3, "big") + (start_ms % (1 << 32)).to_bytes(4, "big")
            reply += bytes([left % 256, state])
        return reply + bytes([xor8(reply)])


_TEXTS: Mapping[Question, bytes] = {Question.SERIAL_NUMBER: b"000000000001", Question.FIRMWARE: b"C924 01.02"}


class CanogaTalk:
    """The cards on one line, by address."""

    _LENGTH = 8

    def __init__(self, cards: Mapping[int, CanogaCard]) -> None:
        self._cards = cards
        self._known = {request(question, address): (address, question) for address in cards for question in Question}
        self._heard = b""

    def hear(self, now: Ms, data: bytes) -> bytes:  # noqa: ARG002 - a card answers at once
        """Answer every request that one of the cards understands."""
        self._heard += data
        replies = b""
        while len(self._heard) >= self._LENGTH:
            asked = self._known.get(self._heard[: self._LENGTH])
            self._heard = self._heard[self._LENGTH if asked else 1 :]
            if asked:
                replies += self._answer(*asked)
        return replies

    def say(self, now: Ms) -> bytes:  # noqa: ARG002 - a card is silent until it is asked
        """Nothing."""
        return b""

    def _answer(self, address: int, question: Question) -> bytes:
        if question is Question.DETECTION:
            return self._cards[address].detection()
        command: str = question.value
        payload = command.encode("ascii") + _TEXTS[question]
        body = b"<%02X" % (len(payload) + 7) + bytes([address]) + payload
        return body + b"%02X>" % xor8(body)


class AsciiTalk:
    """A `counts-ascii` box: says its contacts and counts by itself."""

    def __init__(self, terminals: int) -> None:
        self._on = [False] * terminals
        self._counts = [0] * terminals
        self._sequence = -1

    def sense(self, terminal: int, *, on: bool, count: int) -> None:
        """What hangs on a terminal, counted from 1."""
        self._on[terminal - 1], self._counts[terminal - 1] = on, count % COUNTS

    def hear(self, now: Ms, data: bytes) -> bytes:  # noqa: ARG002 - nobody talks to it
        """Nothing."""
        return b""

    def say(self, now: Ms) -> bytes:  # noqa: ARG002 - its lines carry no time
        """A data line; before the first, a hello."""
        hello = encode_line(HelloLine("cabinet")) if self._sequence < 0 else b""
        self._sequence = (self._sequence + 1) % SEQUENCES
        contacts = sum(on << at for at, on in enumerate(self._on))
        return hello + encode_line(DataLine(self._sequence, contacts, tuple(self._counts)))
