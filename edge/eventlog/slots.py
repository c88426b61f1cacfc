"""State that must survive, in two slots of a preallocated file: the latched fault, the last good site file, counters.

Never a signal state: whatever was shown before a restart, the controller begins in flash.

A write goes to the slot that does not hold the newest state, and counts once the disk has confirmed it. Whatever a
power cut leaves of it, the other slot still holds the state before. Each slot is 4096 bytes unless its file is made
for more, numbers little-endian:

      0  4  b"SLP1"
      4  8  sequence, from 1; sequence % 2 is the slot it stands in
     12  4  length of the payload
     16  …  payload: a JSON object in UTF-8; zeros after it
   4092  4  CRC-32 (zlib) of all the bytes before
"""

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from edge.eventlog.disk import Disk, SystemDisk
from edge.eventlog.troubles import refused
from edge.eventlog.worker import Worker
from edge.model.units import SECOND_MS, Ms

State: TypeAlias = dict[str, Any]
"""A JSON object."""

SLOT_BYTES = 4_096  # a page and a block: written as one piece by most disks, though nothing here relies on it
_SLOTS = 2
_MAGIC = b"SLP1"
_HEAD = struct.Struct("<4sQI")
_CRC = struct.Struct("<I")
_FRAME_BYTES = _HEAD.size + _CRC.size
MOST_BYTES = SLOT_BYTES - _FRAME_BYTES
"""The longest payload of a slot of the usual size."""

_RETRY_S = 5.0
_STUCK_MS: Ms = 30 * SECOND_MS  # ours: see the event log's


class StateTooLarge(ValueError):
    """The state does not fit its slot. A mistake in the program: what is stored here is small by design."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A good slot."""

    sequence: int
    state: State


def encode(sequence: int, payload: bytes, slot_bytes: int = SLOT_BYTES) -> bytes:
    """All the bytes of a slot."""
    body = (_HEAD.pack(_MAGIC, sequence, len(payload)) + payload).ljust(slot_bytes - _CRC.size, b"\0")
    return body + _CRC.pack(zlib.crc32(body))


def decode(data: bytes, slot_bytes: int = SLOT_BYTES) -> Slot | None:
    """The slot in these bytes; None unless every byte is as it was written."""
    body, crc = data[: -_CRC.size], data[-_CRC.size :]
    if len(data) != slot_bytes or crc != _CRC.pack(zlib.crc32(body)):
        return None
    magic, sequence, length = _HEAD.unpack_from(body)
    if magic != _MAGIC or length > slot_bytes - _FRAME_BYTES:
        return None
    return Slot(sequence, json.loads(body[_HEAD.size : _HEAD.size + length]))


def payload_of(state: Mapping[str, Any], most: int = MOST_BYTES) -> bytes:
    """The state as it is stored.

    Raises:
        StateTooLarge: it does not fit.
        TypeError: it holds what JSON cannot.
    """
    payload = json.dumps(state, separators=(",", ":"), sort_keys=True).encode()
    if len(payload) > most:
        raise StateTooLarge(f"the state is {len(payload)} bytes, a slot holds {most} — store less in it")
    return payload


class SlotFile:
    """One file of two slots, read and written at once; for the control loop there is `SlotWriter`.

    `problem`: after `read()`, one sentence if what was stored is lost; None if it is there, or never was.
    """

    def __init__(self, path: Path, disk: Disk | None = None, slot_bytes: int = SLOT_BYTES) -> None:
        self.path = path
        self._slot_bytes = slot_bytes
        self._disk = disk or SystemDisk()
        self._sequence: int | None = None  # the newest that is known to be on the disk
        self.problem: str | None = None

    def read(self) -> State | None:
        """The state last written, None if there is none; whatever is wrong with the file is said in `problem`."""
        self.problem = None
        try:
            newest = self._newest()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.problem = f"The stored state cannot be read: {self.path}: {error.strerror} — look at the disk"
            return None
        return newest.state if newest else None

    def write(self, state: Mapping[str, Any]) -> None:
        """Store `state`; it survives anything once this returns.

        Raises:
            StateTooLarge: it does not fit.
            OSError: the disk refuses; the state before is still there.
        """
        self.write_payload(self.payload_of(state))

    def payload_of(self, state: Mapping[str, Any]) -> bytes:
        """The state as it is stored in this file; see `payload_of`."""
        return payload_of(state, self._slot_bytes - _FRAME_BYTES)

    def write_payload(self, payload: bytes) -> None:
        """See `write()`."""
        if self._sequence is None:
            self._sequence = self._prepare()
        sequence = self._sequence + 1
        file = self._disk.open(self.path)
        try:
            file.write_at(sequence % _SLOTS * self._slot_bytes, encode(sequence, payload, self._slot_bytes))
            file.sync()
        finally:
            file.close()
        self._sequence = sequence

    def _newest(self) -> Slot | None:
        data = self._disk.read(self.path)
        size = self._slot_bytes
        parts = (data[k : k + size] for k in range(0, _SLOTS * size, size))
        good = [slot for part in parts if (slot := decode(part, size))]
        if not good and any(data):
            self.problem = f"The stored state is lost: both slots of {self.path} are damaged — check the faults by hand"
        return max(good, key=lambda slot: slot.sequence, default=None)

    def _prepare(self) -> int:
        """Make sure that the file is there in full length; the newest sequence in it."""
        self._disk.make_directory(self.path.parent)
        file = self._disk.open(self.path)
        try:
            missing = _SLOTS * self._slot_bytes - file.size()
            if missing > 0:
                file.write_at(file.size(), bytes(missing))
            file.sync()
        finally:
            file.close()
        self._disk.sync_directory(self.path.parent)
        newest = self._newest()
        return newest.sequence if newest else 0


class SlotWriter:
    """Writes a slot file from a thread of its own; of several states waiting only the newest is written.

    `submit()` and `trouble()` are for the control loop: they never wait. What the disk refuses is tried again for ever.
    """

    def __init__(self, slots: SlotFile, clock: Callable[[], Ms]) -> None:
        self._slots = slots
        self._clock = clock
        self._wanted: bytes | None = None
        self._stored: bytes | None = None
        self._refused: str | None = None
        self._busy_since: Ms | None = None
        self._worker = Worker(f"slots-{slots.path.stem}", _RETRY_S, self._work, self._work)

    def submit(self, state: Mapping[str, Any]) -> None:
        """Have `state` stored soon.

        Raises:
            StateTooLarge: it does not fit.
        """
        self._wanted = self._slots.payload_of(state)
        self._worker.wake()

    def trouble(self) -> str | None:
        """One sentence with path, cause and remedy while the state is not stored; None while all is well."""
        busy_since = self._busy_since
        if busy_since is not None and self._clock() - busy_since > _STUCK_MS:
            return f"The state waits for the disk: {self._slots.path} does not answer — replace it"
        return self._refused

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write what waits, at most `timeout_s` long; whether the newest state is on the disk."""
        return self._worker.stop(timeout_s) and self._stored == self._wanted

    def _work(self) -> None:
        wanted = self._wanted
        if wanted is None or wanted == self._stored:
            return
        self._busy_since = self._clock()
        try:
            self._slots.write_payload(wanted)
        except OSError as error:
            self._refused = refused("The state", self._slots.path, error)
        else:
            self._stored, self._refused = wanted, None
        self._busy_since = None
