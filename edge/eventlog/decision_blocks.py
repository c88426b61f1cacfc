"""Payloads of the decision record: what the adaptive layer was told in each second and what it answered. Pure.

    D {"device":…,"epoch_ms":…,"learned":…,"parameters":…,"program":…,"site":"…","site_hash":…,"v":1,"zone":…}
    O 1767596400000 1767596429000 <base64 of zlib of [[observation, advice, held], …]>
    Z {"seconds":3600,"why":"closed"}

The two numbers of a block are the wall time of its first and its last second (UTC ms), so that one second is found
without unpacking the others. What an observation and an advice look like is told in `edge.model.plain`.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from edge.model.advice import Advice
from edge.model.observation import Observation
from edge.model.plain import from_plain, to_plain

SCHEMA = 1
"""Version of the record, in its head."""


@dataclass(frozen=True, slots=True)
class DecisionHead:
    """What a run of the adaptive layer began from. `site`: the text of the site file, empty where it is not at hand;
    `parameters`: those of the search and the estimate; `learned`: what was known from earlier runs, None for nothing."""

    device: int
    zone: str
    program: str
    site_hash: str
    site: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    learned: Any = None
    epoch_ms: int = 0
    """Wall time of the start, for people and for seconds without a trusted clock."""


class Decided(NamedTuple):
    """One second: told, answered. `held`: why nothing was asked although something was advised; else empty."""

    seen: Observation
    advice: Advice
    held: str = ""


class Stamped(NamedTuple):
    """One second and its wall time (UTC ms)."""

    epoch_ms: int
    decided: Decided


def head_payload(head: DecisionHead) -> bytes:
    """The head's payload."""
    return b"D " + _json({"v": SCHEMA, **asdict(head)})


def head_of(payload: bytes | None) -> DecisionHead:
    """The head again.

    Raises:
        ValueError: it is none, or one of a later program.
    """
    if payload is None or not payload.startswith(b"D "):
        raise ValueError("this is no decision record, or its head is damaged — give another file")
    members = json.loads(payload[2:])
    if members.pop("v") > SCHEMA:
        raise ValueError(f"written by stopline {members['program']} — read it with that version")
    return DecisionHead(**members)


def block_payload(seconds: Sequence[Stamped]) -> bytes:
    """A block of some seconds, at least one."""
    told = [[to_plain(d.seen), to_plain(d.advice), d.held] for _, d in seconds]
    packed = base64.b64encode(zlib.compress(_json(told)))
    return b"O %d %d %b" % (seconds[0].epoch_ms, seconds[-1].epoch_ms, packed)


def span_of(payload: bytes) -> tuple[int, int]:
    """Wall times of the first and the last second of a block."""
    _, first, last, _ = payload.split(b" ", 3)
    return int(first), int(last)


def seconds_of(payload: bytes) -> list[Decided]:
    """The seconds of a block.

    Raises:
        ValueError: it is no block of this version.
    """
    try:
        told = json.loads(zlib.decompress(base64.b64decode(payload.split(b" ", 3)[3], validate=True)))
    except (IndexError, binascii.Error, zlib.error) as error:
        raise ValueError(str(error)) from error
    return [Decided(from_plain(Observation, seen), from_plain(Advice, advice), held) for seen, advice, held in told]


def end_payload(seconds: int, why: str) -> bytes:
    """The last payload of a record that was ended as it should."""
    return b"Z " + _json({"seconds": seconds, "why": why})


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
