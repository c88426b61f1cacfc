"""What the serial codecs share: the XOR check, and the value that stands for a frame that was not believed. Pure."""

from dataclasses import dataclass
from functools import reduce
from operator import xor


@dataclass(frozen=True, slots=True)
class Refused:
    """A reply or a line that was not believed, and why, in words for the technician."""

    why: str


def xor8(data: bytes) -> int:
    """XOR of all bytes, 0 of none.

    >>> f"{xor8(b'<08' + bytes([0]) + b'*'):02X}"
    '1E'
    """
    return reduce(xor, data, 0)
