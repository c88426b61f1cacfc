"""The records of the event log and how each is written in a frame's payload. Pure: bytes to values and back.

`H {"device":1136,"program":"0.1.0","v":1,"zone":"America/Los_Angeles"}`: who writes, from here on;
`E 1713182400000 86400000 1:2 82:4`: one tick's events;
`G 1713182455000 86455000 57 1713182400000`: 57 events were lost.
"""

import json
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from edge.model.events import Event
from edge.model.units import Ms

SCHEMA = 1
"""Version of the records, in every head. A reader refuses a higher one by name."""


class NewerSchema(ValueError):
    """The records that follow were written by a later program than this one."""


@dataclass(frozen=True, slots=True)
class Head:
    """Who writes: opens every segment and every run of the program. `zone`: IANA name of the site's time zone."""

    device: int
    zone: str
    program: str
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one tick. `epoch_ms`: UTC since 1970 on the 0.1 s raster; `now`: the monotonic clock.

    The two together show every step of the wall clock: between two batches of one run they differ by the step.
    """

    epoch_ms: int
    now: Ms
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Events that could not be kept: the stamps of the last of them, how many, and the stamp of the first (UTC ms)."""

    epoch_ms: int
    now: Ms
    lost: int
    first_ms: int


Stamped: TypeAlias = Batch | Gap
Record: TypeAlias = Head | Stamped


class Entry(NamedTuple):
    """One record and the head it was written under."""

    head: Head
    record: Stamped


def encode(record: Record) -> bytes:
    """The payload of one record."""
    match record:
        case Batch(epoch_ms, now, events):
            listed = "".join([f" {int(event.code)}:{event.parameter}" for event in events])
            return f"E {epoch_ms} {now}{listed}".encode("ascii")
        case Gap(epoch_ms, now, lost, first_ms):
            return f"G {epoch_ms} {now} {lost} {first_ms}".encode("ascii")
        case Head(device, zone, program, schema):
            members = {"device": device, "program": program, "v": schema, "zone": zone}
            return b"H " + json.dumps(members, separators=(",", ":"), sort_keys=True).encode("ascii")


def decode(payload: bytes) -> Record:
    """The record of one payload.

    Raises:
        NewerSchema: a head of a later program; what follows it cannot be read.
        ValueError: the payload is none of ours.
    """
    kind, _, rest = payload.decode("ascii").partition(" ")
    if kind == "E":
        return _batch(rest)
    if kind == "G":
        epoch_ms, now, lost, first_ms = (int(word) for word in rest.split(" "))
        return Gap(epoch_ms, now, lost, first_ms)
    if kind == "H":
        return _head(rest)
    raise ValueError(f"unknown record {payload[:20]!r}")


def _batch(text: str) -> Batch:
    epoch_ms, now, *listed = text.split(" ")
    events = []
    for pair in listed:
        code, _, parameter = pair.partition(":")
        events.append(Event(int(code), int(parameter)))
    return Batch(int(epoch_ms), int(now), tuple(events))


def _head(text: str) -> Head:
    members = json.loads(text)
    if not isinstance(members, dict) or not {"device", "zone", "program", "v"} <= members.keys():
        raise ValueError(f"a head without its members: {text[:60]!r}")
    if members["v"] > SCHEMA:
        raise NewerSchema(f"written in schema {members['v']}, this program reads up to {SCHEMA} — update stopline")
    return Head(int(members["device"]), str(members["zone"]), str(members["program"]), int(members["v"]))
