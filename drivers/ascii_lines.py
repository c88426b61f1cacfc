r"""The plain line protocol `counts-ascii`: bytes to values and back. Pure; docs/drivers-serial.md states it for device makers.

A device that knows contacts and counts speaks by itself, at least as often as the site polls; nobody answers it.

    D 41 5 12,0,7,65535 *6C\r\n
    | |  | |             |
    | |  | |             XOR of all bytes before the `*`, two upper-case hexadecimal digits
    | |  | counts of terminals 1 … n (n = 1 … 64), decimal without leading zeros, wrapping at 65536
    | |  contacts, ceil(n / 4) upper-case hexadecimal digits, lowest bit terminal 1, set = occupied
    | sequence, two upper-case hexadecimal digits, one up from line to line, FF is followed by 00
    data

    H loopbox 1.2 *2C\r\n
    | |
    | what the device calls itself: 1 … 32 printable characters, no `*`
    hello: said once after power-up, before the first data line; all counts begin at 0

A carriage return may be missing. A line longer than 512 bytes is noise. Whatever is not exactly such a line is refused as
a whole; the next line feed begins a new one.
"""

import re
from dataclasses import dataclass

from drivers.frame_checks import Refused, xor8

MOST_TERMINALS = 64
LONGEST_LINE = 512
"""Bytes of a line without its end: 64 terminals of five digits need 409."""

SEQUENCES = 1 << 8
COUNTS = 1 << 16

_LINE = re.compile(rb"([DH]) (.+) \*([0-9A-F]{2})", re.DOTALL)
_DATA = re.compile(r"([0-9A-F]{2}) ([0-9A-F]{1,16}) ((?:0|[1-9][0-9]{0,4})(?:,(?:0|[1-9][0-9]{0,4})){0,63})")
_HELLO = re.compile(r"[!-)+-~](?:[ -)+-~]{0,30}[!-)+-~])?")
_BITS = 4


@dataclass(frozen=True, slots=True)
class DataLine:
    """Contacts and counts of terminals 1 … n; bit 0 of `contacts` is terminal 1."""

    sequence: int
    contacts: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HelloLine:
    """The device has just begun; its counts stand at 0."""

    name: str


def encode_line(line: DataLine | HelloLine) -> bytes:
    r"""The bytes of a line, with its end.

    >>> encode_line(DataLine(0x41, 0b0101, (12, 0, 7, 65535)))
    b'D 41 5 12,0,7,65535 *6C\r\n'
    >>> encode_line(HelloLine("loopbox 1.2"))
    b'H loopbox 1.2 *2C\r\n'
    """
    if isinstance(line, HelloLine):
        body = f"H {line.name} "
    else:
        contacts = f"{line.contacts:0{_contact_digits(len(line.counts))}X}"
        body = f"D {line.sequence:02X} {contacts} {','.join(map(str, line.counts))} "
    data = body.encode("ascii")
    return data + b"*%02X\r\n" % xor8(data)


def decode_line(line: bytes) -> DataLine | HelloLine | Refused:
    """One line without its end, or why it is not believed. Never raises.

    >>> decode_line(b"D 41 5 12,0,7,65535 *6C")
    DataLine(sequence=65, contacts=5, counts=(12, 0, 7, 65535))
    >>> decode_line(b"D 41 5 12,0,8,65535 *6C")
    Refused(why='its check is 63, but it says 6C')
    """
    found = _LINE.fullmatch(line)
    if found is None:
        return Refused("no data line and no hello line")
    kind, body, check = found.groups()
    computed = xor8(line[: found.start(3) - 1])
    if int(check, 16) != computed:
        return Refused(f"its check is {computed:02X}, but it says {check.decode('ascii')}")
    text = body.decode("ascii", errors="replace")
    return _data(text) if kind == b"D" else _hello(text)


class LineParser:
    """Cuts a stream of bytes into lines. Holds at most one line of LONGEST_LINE bytes."""

    def __init__(self) -> None:
        self._begun = bytearray()
        self._too_long = False

    def clear(self) -> None:
        """Forget what was begun: the port was closed in between."""
        self._begun.clear()
        self._too_long = False

    def feed(self, chunk: bytes) -> list[DataLine | HelloLine | Refused]:
        r"""Everything that `chunk` completes, in order. Empty lines are passed over. Never raises.

        >>> parser = LineParser()
        >>> parser.feed(b"D 00 1 7 *")
        []
        >>> parser.feed(b"42\r\n\r\nD 0")
        [DataLine(sequence=0, contacts=1, counts=(7,))]
        """
        *ended, begun = chunk.split(b"\n")
        lines = [line for piece in ended if (line := self._end(piece)) is not None]
        self._add(begun)
        return lines

    def _end(self, piece: bytes) -> DataLine | HelloLine | Refused | None:
        self._add(piece)
        line, too_long = bytes(self._begun).removesuffix(b"\r"), self._too_long
        self.clear()
        if too_long:
            return Refused(f"a line longer than {LONGEST_LINE} bytes")
        return decode_line(line) if line else None

    def _add(self, piece: bytes) -> None:
        if len(self._begun) + len(piece) > LONGEST_LINE:
            self._too_long = True
            self._begun.clear()
        elif not self._too_long:
            self._begun += piece


def _data(text: str) -> DataLine | Refused:
    found = _DATA.fullmatch(text)
    if found is None:
        return Refused("its sequence, contacts or counts are not written as they must be")
    sequence, contacts, counts = int(found[1], 16), int(found[2], 16), tuple(map(int, found[3].split(",")))
    if len(found[2]) != _contact_digits(len(counts)) or contacts >> len(counts):
        return Refused(f"contacts {found[2]} do not belong to {len(counts)} terminals")
    if max(counts) >= COUNTS:
        return Refused(f"a count of {max(counts)}; counts wrap at {COUNTS}")
    return DataLine(sequence, contacts, counts)


def _hello(text: str) -> HelloLine | Refused:
    return HelloLine(text) if _HELLO.fullmatch(text) else Refused("its name is not 1 to 32 printable characters")


def _contact_digits(terminals: int) -> int:
    return -(-terminals // _BITS)
