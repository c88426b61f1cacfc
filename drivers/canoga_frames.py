r"""Canoga C9xx loop cards (3M, later GTT): requests as bytes, replies as values. Pure; knows no port and no clock.

A request, and the reply to a question in text:

    offset  0     1  2    3         4 …             n-3  n-2    n-1
          +-----+------+---------+-----------------+----------+-----+
          |  <  |  LL  | address | command, text … |    CC    |  >  |
          +-----+------+---------+-----------------+----------+-----+
    LL       total length, two upper-case hexadecimal digits
    address  one raw byte: 0-15 backplane, 128-254 in EEPROM, 255 any card
    CC       XOR of all bytes before it, two upper-case hexadecimal digits

The reply to `*` (detection) has no frame at all, 37 bytes, big-endian:

    offset  9c        9c+3          9c+7     9c+8                       36
          +----------+-------------+-------+-------+-- channels c --+------+
          | duration | start       | count | state |   0 … 3        | XOR8 |
          | ms, 3    | ms, 4       | 1     | 1     |                |      |
          +----------+-------------+-------+-------+----------------+------+

of the last vehicle that has left the loop; `start` counts from the card's reset, `count` wraps at 256. The meaning of
`state` is not published. Hazards: nothing in the detection reply says which card or question it belongs to; XOR8 is blind
to a lost leading zero byte and passes 37 zero bytes. `drivers.canoga_vehicles` is the second line of defence.
"""

from dataclasses import dataclass
from enum import Enum

from drivers.frame_checks import Refused, xor8
from edge.model.units import Ms

CHANNELS = 4
"""Loops of one card."""

_RECORD = 9
_LEAST_FRAME = 8  # a frame with one command character and no text
_ADDRESSES = range(256)


class Question(Enum):
    """What a card is asked: the command character."""

    SERIAL_NUMBER = "a"
    FIRMWARE = "B"
    DETECTION = "*"

    @property
    def reply_length(self) -> int:
        """Bytes of the whole reply."""
        return {Question.SERIAL_NUMBER: 20, Question.FIRMWARE: 18, Question.DETECTION: CHANNELS * _RECORD + 1}[self]


@dataclass(frozen=True, slots=True)
class VehicleRecord:
    """What the card says of the last vehicle of one channel; `start_ms` is counted from the card's reset."""

    duration_ms: Ms
    start_ms: Ms
    count: int
    state: int = 0

    @property
    def vehicle(self) -> tuple[Ms, Ms, int]:
        """The record without the state byte, which changes while the vehicle stays the same."""
        return (self.duration_ms, self.start_ms, self.count)

    @property
    def is_blank(self) -> bool:
        """Whether no vehicle has been seen since the card's reset."""
        return self.vehicle == (0, 0, 0)


def request(question: Question, address: int) -> bytes:
    """The bytes that ask card `address`. Raises ValueError for an address that does not fit a byte.

    >>> request(Question.DETECTION, 0).hex(" ").upper()
    '3C 30 38 00 2A 31 45 3E'
    >>> request(Question.FIRMWARE, 128).hex(" ").upper()
    '3C 30 38 80 42 46 36 3E'
    """
    if address not in _ADDRESSES:
        raise ValueError(f"Canoga address {address}: must be 0 to 255")
    body = b"<%02X" % _LEAST_FRAME + bytes([address]) + question.value.encode("ascii")
    return body + b"%02X>" % xor8(body)


def decode_text(reply: bytes, question: Question, address: int) -> str | Refused:
    """The text with which card `address` answers a framed question, or why it is not believed. Never raises.

    >>> decode_text(bytes.fromhex("3C 31 32 00 42 43 39 32 34 20 30 31 2E 30 32 30 43 3E"), Question.FIRMWARE, 0)
    'C924 01.02'
    """
    if len(reply) < _LEAST_FRAME or reply[:1] != b"<" or reply[-1:] != b">":
        return Refused(f"no frame in {len(reply)} bytes")
    if reply[1:3] != b"%02X" % len(reply):
        return Refused(f"its length is {len(reply)}, but it says {_ascii(reply[1:3])}")
    if reply[-3:-1] != b"%02X" % xor8(reply[:-3]):
        return Refused(f"its check is {xor8(reply[:-3]):02X}, but it says {_ascii(reply[-3:-1])}")
    if reply[3] != address or reply[4:5] != question.value.encode("ascii"):
        return Refused(
            f"it answers {_ascii(reply[4:5])} of card {reply[3]}, asked was {question.value} of card {address}"
        )
    return _ascii(reply[5:-3]).strip()


def decode_detection(reply: bytes) -> tuple[VehicleRecord, ...] | Refused:
    """The four records of a detection reply, or why it is not believed. Never raises.

    >>> decode_detection(bytes.fromhex("00020B 0001E240 07 00" + 27 * "00" + "AD"))[0]
    VehicleRecord(duration_ms=523, start_ms=123456, count=7, state=0)
    >>> decode_detection(bytes(36))
    Refused(why='36 of 37 bytes')
    """
    length = Question.DETECTION.reply_length
    if len(reply) != length:
        return Refused(f"{len(reply)} of {length} bytes")
    if xor8(reply[:-1]) != reply[-1]:
        return Refused(f"its check is {xor8(reply[:-1]):02X}, but it says {reply[-1]:02X}")
    return tuple(_record(reply[at : at + _RECORD]) for at in range(0, length - 1, _RECORD))


def _record(data: bytes) -> VehicleRecord:
    return VehicleRecord(int.from_bytes(data[0:3], "big"), int.from_bytes(data[3:7], "big"), data[7], data[8])


def _ascii(data: bytes) -> str:
    return "".join(chr(byte) if chr(byte).isascii() and chr(byte).isprintable() else "?" for byte in data)
