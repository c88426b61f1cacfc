"""Reading the stored log: by time, or the newest of it. Damage is passed over, counted and said, never fatal.

Safe beside a running writer: what it has not finished writing is not seen yet.
"""

from collections.abc import Iterator
from pathlib import Path

from edge.eventlog.disk import Disk, SystemDisk
from edge.eventlog.frames import scan
from edge.eventlog.names import StoredName
from edge.eventlog.records import Batch, Entry, Head, NewerSchema, decode
from edge.eventlog.segments import BACKWARDS_MS, EVENTS, last_stamp

_END_BYTES = 4_096  # enough of a segment's end to hold its last batch


class LogReader:
    """The log in one directory. `problems`: one sentence for each thing that could not be read, after the reading."""

    def __init__(self, directory: Path, disk: Disk | None = None) -> None:
        self._directory = directory
        self._disk = disk or SystemDisk()
        self._head: Head | None = None
        self.problems: list[str] = []

    def entries(self, start_ms: int | None = None, end_ms: int | None = None) -> Iterator[Entry]:
        """Everything stamped from `start_ms` to just before `end_ms` (UTC ms), in the order of writing.

        Raises:
            OSError: the directory or a segment cannot be read.
        """
        for name in self._names():
            if not self._may_hold(name, start_ms, end_ms):
                continue
            for entry in self._segment(name):
                stamp = entry.record.epoch_ms
                if (start_ms is None or start_ms <= stamp) and (end_ms is None or stamp < end_ms):
                    yield entry

    def tail(self, count: int) -> list[Entry]:
        """The newest batches and gaps that hold `count` events together, or all there are, oldest first.

        Raises:
            OSError: see `entries`.
        """
        found: list[Entry] = []
        for name in reversed(self._names()):
            for entry in reversed(list(self._segment(name))):
                if count <= 0:
                    return found[::-1]
                found.append(entry)
                count -= len(entry.record.events) if isinstance(entry.record, Batch) else 0
        return found[::-1]

    def _names(self) -> tuple[StoredName, ...]:
        return EVENTS.find(self._disk.names(self._directory))

    def _may_hold(self, name: StoredName, start_ms: int | None, end_ms: int | None) -> bool:
        """Whether the segment's first and last stamp let it reach into the range; in doubt it may."""
        if end_ms is not None and name.epoch_ms - BACKWARDS_MS >= end_ms:
            return False
        if start_ms is None:
            return True
        try:
            end = self._disk.read_end(self._directory / name.text, _END_BYTES)
        except FileNotFoundError:
            return False  # retired by the writer since we looked
        last_ms = last_stamp(scan(end).payloads)
        return last_ms is None or last_ms + BACKWARDS_MS >= start_ms

    def _segment(self, name: StoredName) -> Iterator[Entry]:
        try:
            found = scan(self._disk.read(self._directory / name.text))
        except FileNotFoundError:
            return  # retired by the writer since we looked
        if found.damaged:
            self._say(name, f"{found.damaged} damaged lines were passed over")
        if found.payloads and not found.payloads[0].startswith(b"H "):
            whose = f"taken for device {self._head.device}" if self._head else "left out up to the next head"
            self._say(name, f"its head is damaged: {whose}")
        yield from self._entries(name, found.payloads)

    def _entries(self, name: StoredName, payloads: tuple[bytes, ...]) -> Iterator[Entry]:
        for payload in payloads:
            try:
                record = decode(payload)
            except NewerSchema as error:
                self._say(name, str(error))
                return
            except ValueError as error:
                self._say(name, f"a record was passed over: {error}")
                continue
            if isinstance(record, Head):
                self._head = record
            elif self._head:
                yield Entry(self._head, record)

    def _say(self, name: StoredName, sentence: str) -> None:
        self.problems.append(f"{self._directory / name.text}: {sentence}")
