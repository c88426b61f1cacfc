"""Blocks of the input journal: some seconds of ticks packed together, and the checksum of what came out of the run."""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping

from edge.eventlog.input_codec import Json, encode
from edge.model.events import Event
from edge.model.exchange import Inputs
from edge.model.indications import Indication
from edge.model.units import ChannelNumber, Ms


class RunDigest:
    """A running checksum of what came out of a run: every event, and every change of what was permitted."""

    __slots__ = ("_shown", "value")

    def __init__(self) -> None:
        self._shown: Mapping[ChannelNumber, Indication] = {}
        self.value = 0

    def add(self, now: Ms, events: tuple[Event, ...], shown: Mapping[ChannelNumber, Indication]) -> None:
        """One tick's events and permitted image."""
        if not events and shown == self._shown:
            return
        self._shown = shown
        listed = [(int(event.code), event.parameter) for event in events]
        image = sorted((number, indication.value) for number, indication in shown.items())
        self.value = zlib.crc32(repr((now, listed, image)).encode(), self.value)


class BlockCoder:
    """Turns ticks into the payloads of blocks, in order."""

    def __init__(self) -> None:
        self._before = Inputs()
        self._now: Ms = 0
        self._ticks: list[list[Json]] = []

    def add(self, now: Ms, inputs: Inputs) -> None:
        """One tick more."""
        self._ticks.append(encode(now - self._now, self._before, inputs))
        self._now, self._before = now, inputs

    def __len__(self) -> int:
        return len(self._ticks)

    def take(self, digest: int) -> bytes:
        """The block of all ticks since the last."""
        text = json.dumps([self._ticks, digest], separators=(",", ":"))
        self._ticks = []
        return b"T " + base64.b64encode(zlib.compress(text.encode()))


def ticks_of(payload: bytes) -> tuple[list[list[Json]], int]:
    """The ticks of a block, still as differences, and the digest of the run after the last of them.

    Raises:
        ValueError: it is no block of ours.
    """
    try:
        ticks, digest = json.loads(zlib.decompress(base64.b64decode(payload[2:], validate=True)))
    except (binascii.Error, zlib.error) as error:
        raise ValueError(str(error)) from error
    return ticks, digest
