"""Frames: one line of text each, with its own checksum, so that a reader can always find the next one.

    392cb742 E 1713182400000 86400000 1:2 82:4⏎
    └──────┘ └──────────────────────────────┘└ line feed, the only one in the frame
     CRC-32    payload
     (zlib), 8 lower-case hexadecimal digits, of the payload's bytes

A torn write leaves a line without its line feed or with a wrong checksum; a damaged sector spoils the lines it
touches and no other.
"""

import zlib
from dataclasses import dataclass

_CHECKSUM_DIGITS = 8
_HEAD = _CHECKSUM_DIGITS + 1  # checksum and a space


def frame(payload: bytes) -> bytes:
    """The frame around `payload`.

    Raises:
        ValueError: the payload holds a line feed.
    """
    if b"\n" in payload:
        raise ValueError(f"a frame is one line: {payload[:40]!r} holds a line feed")
    return b"%08x %b\n" % (zlib.crc32(payload), payload)


def payload_of(line: bytes) -> bytes | None:
    """The payload of one line without its line feed; None if the line is not an undamaged frame."""
    payload = line[_HEAD:]
    return payload if line[:_HEAD] == b"%08x " % zlib.crc32(payload) else None


@dataclass(frozen=True, slots=True)
class Scan:
    """What stands in a file. `end`: where the last good frame ends; what comes after it is a torn tail of `torn` bytes.

    `damaged`: lines before `end` that are no good frames; they are passed over.
    """

    payloads: tuple[bytes, ...]
    end: int
    damaged: int
    torn: int


def scan(data: bytes) -> Scan:
    """All good frames of `data` in order; never fails, whatever `data` is."""
    payloads: list[bytes] = []
    offset = end = bad = damaged = 0
    for line in data.split(b"\n")[:-1]:  # what follows the last line feed is no whole line
        offset += len(line) + 1
        payload = payload_of(line)
        if payload is None:
            bad += 1
        else:
            payloads.append(payload)
            end, damaged = offset, bad
    return Scan(tuple(payloads), end, damaged, len(data) - end)
