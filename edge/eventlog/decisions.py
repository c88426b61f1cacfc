"""The decision record: what the adaptive layer was told in each second and what it answered, so that both can be repeated.

One file for each run of the layer, frames as in `edge.eventlog.frames`, payloads as in `edge.eventlog.decision_blocks`.
Written by the process that searches, never by the control loop. A record is replayed from its beginning, because the
estimate has a memory; so a run ends when its file is full, or with the day, and the next begins afresh from what has been
learned. So it does when a disk that has refused takes something again: a record with a hole cannot be replayed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.eventlog.decision_blocks import (
    Decided,
    DecisionHead,
    Stamped,
    block_payload,
    end_payload,
    head_of,
    head_payload,
    seconds_of,
    span_of,
)
from edge.eventlog.disk import Disk, File, SystemDisk, has_room
from edge.eventlog.frames import frame, payload_of, scan
from edge.eventlog.names import Series, StoredName
from edge.eventlog.troubles import refused
from edge.eventlog.worker import Worker
from edge.model.units import DAY_MS, HOUR_MS, MINUTE_MS, Ms

DECISIONS = Series("decisions", ".log")

_MB = 1_000_000

_BLOCK_SECONDS = 30
"""Ours: what a killed process loses of its record at most; larger blocks pack little better."""

_TRY_AGAIN_MS: Ms = MINUTE_MS
_ROOM_BYTES = 262_144
"""Ours: how often a disk that has refused is tried, and what it must take: a third of an hour of the record, because each new
run of the layer knows no queues for a cycle."""

_QUEUE_SECONDS = 120
"""Ours: seconds that may wait for a disk that does not answer; beyond that the recording ends."""

_RUN_MS: Ms = DAY_MS + 2 * HOUR_MS
_QUIET_MS: Ms = 3 * HOUR_MS
_SHORT_MS: Ms = 2 * HOUR_MS
"""Ours: a run of the layer is begun anew about once a day, so that any day can be replayed without the ones before it; at
three in the morning if it is two hours old by then, because a fresh estimate knows no queues for a cycle."""


class DecisionsError(ValueError):
    """A record that cannot be read. The message names the file and says what to do."""


@dataclass(frozen=True, slots=True)
class DecisionLimits:
    """How much is kept: measured, a day of eight phases and eight lanes takes 20 MB."""

    run_mb: int = 60
    all_mb: int = 250


class DecisionLog:
    """Records one run into a new file of `directory`. Writes at once, raises nothing: `trouble()` says what ended it.

    `due`: the run should be ended and begun anew: its file is nearly full, it is a day old, or `recovered`: a disk that
    had refused takes it again. `seconds`: recorded so far, written or not. `path`: None before the first block.
    """

    def __init__(
        self, directory: Path, head: DecisionHead, limits: DecisionLimits | None = None, disk: Disk | None = None
    ) -> None:
        self._directory = directory
        self._head = head
        self._limits = limits or DecisionLimits()
        self._disk = disk or SystemDisk()
        self._waiting: list[Stamped] = []
        self._file: File | None = None
        self._size = 0
        self._first_now: Ms | None = None
        self._first_ms = 0
        self._ended: str | None = None
        self._again_ms: Ms | None = None
        self.seconds = 0
        self.path: Path | None = None
        self.due = False
        self.recovered = False

    def append(self, decided: Decided) -> None:
        """Record one second."""
        if self._ended is not None:
            self._try_again(decided.seen.now)
            return
        epoch_ms = self._stamp(decided)
        self._waiting.append(Stamped(epoch_ms, decided))
        self.seconds += 1
        self.due = self.due or self._is_old(epoch_ms - self._first_ms, decided)
        if len(self._waiting) >= _BLOCK_SECONDS:
            self._attempt(self._write)

    def flush(self) -> None:
        """Write what waits, so that it can be read now."""
        if self._ended is None and self._waiting:
            self._attempt(self._write)

    def trouble(self) -> str | None:
        """One sentence once the recording has ended before its time; else None."""
        return self._ended

    def close(self) -> bool:
        """Write what is left and the end; whether the record is whole."""
        if self._ended is None:
            self._attempt(self._finish)
        file, self._file = self._file, None
        if file is not None:
            file.close()
        return self._ended is None

    def _stamp(self, decided: Decided) -> int:
        """The wall time of the second: as the controller had it, else counted on from the head's."""
        now, local = decided.seen.now, decided.seen.local
        if self._first_now is None:
            self._first_now = now
            self._first_ms = local.epoch_ms if local is not None else self._head.epoch_ms
        return local.epoch_ms if local is not None else self._first_ms + now - self._first_now

    def _is_old(self, age_ms: Ms, decided: Decided) -> bool:
        local = decided.seen.local
        quiet = local is not None and _QUIET_MS <= local.day_ms < _QUIET_MS + HOUR_MS
        return age_ms >= (_SHORT_MS if quiet else _RUN_MS)

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except OSError as error:
            why = refused("The decision record", self.path or self._directory, error)
            self._ended = f"{why}; it is tried again every minute"
            self._waiting.clear()

    def _try_again(self, now: Ms) -> None:
        """Once a minute, see whether the disk takes anything again."""
        if self._again_ms is None:
            self._again_ms = now + _TRY_AGAIN_MS
        if self.due or now < self._again_ms:
            return
        self._again_ms = now + _TRY_AGAIN_MS
        self.due = self.recovered = has_room(self._disk, self._directory, _ROOM_BYTES)

    def _write(self) -> None:
        file = self._file or self._begin()
        self._append(file, block_payload(self._waiting))
        self._waiting.clear()
        file.sync()
        most = self._limits.run_mb * _MB
        self.due = self.due or self._size >= most * 9 // 10
        if self._size >= most:
            self._append(file, end_payload(self.seconds, "full"))
            self._ended = f"The decision record {self.path} is full ({self._limits.run_mb} MB)"

    def _finish(self) -> None:
        if self._waiting:
            self._write()
        if self._file is not None and self._ended is None:
            self._append(self._file, end_payload(self.seconds, "closed"))
            self._file.sync()

    def _begin(self) -> File:
        self._disk.make_directory(self._directory)
        earlier = DECISIONS.find(self._disk.names(self._directory))
        self._retire(earlier)
        self.path = self._directory / DECISIONS.following(earlier, self._first_ms).text
        file = self._file = self._disk.open(self.path)
        self._append(file, head_payload(self._head))
        self._disk.sync_directory(self._directory)
        return file

    def _retire(self, earlier: tuple[StoredName, ...]) -> None:
        """Remove the oldest records until a whole run fits beside the rest."""
        size = sum(self._disk.size(self._directory / name.text) for name in earlier)
        room = (self._limits.all_mb - self._limits.run_mb) * _MB
        for name in earlier:
            if size <= room:
                return
            size -= self._disk.size(self._directory / name.text)
            self._disk.remove(self._directory / name.text)

    def _append(self, file: File, payload: bytes) -> None:
        data = frame(payload)
        file.write_at(self._size, data)
        self._size += len(data)


class DecisionWriter:
    """A `DecisionLog` behind a thread of its own, for a process with a deadline: `append()` never waits for a disk."""

    def __init__(self, log: DecisionLog) -> None:
        self._log = log
        self._queue: deque[Decided] = deque()
        self._stuck: str | None = None
        self._answers = False
        self._worker = Worker("decisions", 1.0, self._work, self._finish)

    @property
    def due(self) -> bool:
        """See `DecisionLog`."""
        return self._log.due or self._answers

    @property
    def recovered(self) -> bool:
        """See `DecisionLog`; or the disk that did not answer has answered."""
        return self._log.recovered or self._answers

    def append(self, decided: Decided) -> None:
        """Record one second soon."""
        if len(self._queue) >= _QUEUE_SECONDS:
            self._stuck = "The decision record ends: its disk does not answer — replace it; begun anew when it does"
        if self._stuck is None:
            self._queue.append(decided)

    def trouble(self) -> str | None:
        """See `DecisionLog`."""
        return self._stuck or self._log.trouble()

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write what is left, at most `timeout_s` long; whether the record is whole."""
        return self._worker.stop(timeout_s) and self.trouble() is None

    def _work(self) -> None:
        while self._queue:
            self._log.append(self._queue.popleft())
        self._answers = self._stuck is not None

    def _finish(self) -> None:
        self._work()
        self._log.close()


class DecisionReader:
    """Reads one record. `problem`: after the reading, one sentence if it did not end as it should; else None.

    Raises:
        DecisionsError: it has no good head, or one of a later program.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path, disk: Disk | None = None) -> None:
        self.path = path
        self._lines = (disk or SystemDisk()).read(path).split(b"\n")
        self.problem: str | None = None
        try:
            self.head = head_of(payload_of(self._lines[0]))
        except ValueError as error:
            raise DecisionsError(f"{path}: {error}") from error

    def __iter__(self) -> Iterator[Decided]:
        """Every second from the first up to the first damage."""
        self.problem = None
        count = 0
        for line in self._lines[1:-1]:
            payload = payload_of(line)
            if payload is None or not payload.startswith(b"O "):
                self.problem = self._ended(payload, count)
                return
            for decided in self._seconds(payload):
                count += 1
                yield decided
        self.problem = self._ended(None, count)

    def last(self, at_ms: int | None = None) -> Stamped | None:
        """The last second not after `at_ms` (UTC ms), or of all; None if the record begins later. Damage is passed over."""
        found = None
        for payload in scan(b"\n".join(self._lines)).payloads:
            if payload.startswith(b"O ") and (at_ms is None or span_of(payload)[0] <= at_ms):
                found = payload
        if found is None:
            return None
        first_ms, _ = span_of(found)
        seconds = self._seconds(found)
        stamped = [Stamped(_epoch(d, first_ms + d.seen.now - seconds[0].seen.now), d) for d in seconds]
        return next((s for s in reversed(stamped) if at_ms is None or s.epoch_ms <= at_ms), None)

    def _seconds(self, payload: bytes) -> list[Decided]:
        try:
            return seconds_of(payload)
        except ValueError as error:
            raise DecisionsError(
                f"{self.path}: {error} — written by stopline {self.head.program}, read it with that version"
            ) from error

    def _ended(self, payload: bytes | None, count: int) -> str | None:
        if payload is None:
            return f"{self.path}: cut off or damaged after {count} seconds; what came later is lost"
        if not payload.startswith(b"Z "):
            return f"{self.path}: an unknown record after {count} seconds — read it with the version that wrote it"
        return None


def runs(where: Path, disk: Disk | None = None) -> tuple[Path, ...]:
    """The records in a directory, oldest first; of a file itself.

    Raises:
        OSError: it cannot be read.
    """
    disk = disk or SystemDisk()
    if not where.is_dir():
        return (where,)
    return tuple(where / name.text for name in DECISIONS.find(disk.names(where)))


def readers(where: Path, *, newest_first: bool = False) -> Iterator[DecisionReader]:
    """The records of a directory whose head can be read: a power cut may leave one that holds nothing, among good ones.

    Raises:
        DecisionsError: not one has a good head, or all were written by another version.
        OSError: it cannot be read.
    """
    paths = runs(where)
    refusal, good = None, 0
    for path in reversed(paths) if newest_first else paths:
        try:
            reader = DecisionReader(path)
        except DecisionsError as error:
            refusal = error
            continue
        good += 1
        yield reader
    if refusal is not None and not good:
        raise refusal


def second_at(where: Path, at_ms: int | None = None) -> tuple[DecisionHead, Stamped] | None:
    """The newest second that a directory holds, or the last one not after `at_ms`, with the head of its record.

    Raises:
        DecisionsError: the records were written by another version.
        OSError: it cannot be read.
    """
    for reader in readers(where, newest_first=True):
        found = reader.last(at_ms)
        if found is not None:
            return reader.head, found
    return None


def _epoch(decided: Decided, counted_ms: int) -> int:
    return decided.seen.local.epoch_ms if decided.seen.local is not None else counted_ms
