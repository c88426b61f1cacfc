"""Segments: append-only files of frames, begun anew by size, of which only so many days and megabytes are kept.

Names sort in the order of writing whatever the clock did: `events-00000017-20240415T120000Z.log` is the seventeenth
segment, and its first stamp was 12:00:00 UTC. The writer knows up to where the disk has confirmed; whatever fails, it
cuts the segment back to there and writes again what was not confirmed.
"""

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from edge.eventlog.disk import Disk, File
from edge.eventlog.frames import frame, scan
from edge.eventlog.names import Series, StoredName
from edge.eventlog.records import Head, Stamped, encode
from edge.model.site import LogLimits
from edge.model.units import DAY_MS, MINUTE_MS

EVENTS = Series("events", ".log")
_MB = 1_000_000

_SEGMENT_BYTES = 2 * _MB
"""Ours: the size from which a new segment is begun; about five hours of a busy intersection."""

_FEWEST_SEGMENTS = 8  # a small limit is shared out, so that keeping it never costs more than an eighth of the log

BACKWARDS_MS = MINUTE_MS
"""Ours: stamps within a segment never fall by more, so that its first and last stamp bound what is in it."""

_RETIRED_BY_AGE = 2
"""Ours: most segments removed by age at once; more than are begun, too few for a wrong clock to empty the log."""


def last_stamp(payloads: Sequence[bytes]) -> int | None:
    """The stamp of the last batch or gap among a segment's payloads; None if there is none."""
    for payload in reversed(payloads):
        if payload[:2] in {b"E ", b"G "}:
            return int(payload.split(b" ", 2)[1])
    return None


class SegmentStore:
    """The writing side of one directory. Not for two writers at a time.

    Every method but `abandon()` raises OSError when the disk refuses. Then the caller says `abandon()` and later
    appends again whatever goes beyond `confirmed`.
    """

    def __init__(self, directory: Path, head: Head, limits: LogLimits, disk: Disk) -> None:
        self._directory = directory
        self._head = frame(encode(head))
        self._limits = limits
        self._disk = disk
        self._most_bytes = min(_SEGMENT_BYTES, limits.max_mb * _MB // _FEWEST_SEGMENTS)
        self._file: File | None = None
        self._name: StoredName | None = None
        self._end = 0  # where the next frame goes
        self._synced = 0  # confirmed by the disk up to here
        self._newest_ms: int | None = None
        self._name_synced = False
        self._begin_anew = False
        self._appended = 0
        self.confirmed = 0
        """How many of the records appended are known to be on the disk; never falls."""
        self.cut = 0
        """Torn bytes cut off the segment of an earlier run."""

    @property
    def path(self) -> Path:
        """The segment being written, or the directory while there is none."""
        return self._directory / self._name.text if self._name else self._directory

    def append(self, record: Stamped) -> None:
        """Write one record; it is on the disk once `sync()` has returned."""
        data = frame(encode(record))
        file = self._file or self._open(record.epoch_ms)
        if self._end + len(data) > self._most_bytes or self._falls_back(record.epoch_ms):
            self.close()
            file = self._begin(record.epoch_ms)
        file.write_at(self._end, data)
        self._end += len(data)
        self._appended += 1
        self._newest_ms = max(record.epoch_ms, self._newest_ms or 0)

    def sync(self) -> None:
        """Return when everything appended is on the disk."""
        if self._file is None:
            return
        self._file.sync()
        if not self._name_synced:
            self._disk.sync_directory(self._directory)
            self._name_synced = True
        self._synced = self._end
        self.confirmed = self._appended

    def abandon(self, *, begin_anew: bool) -> None:
        """After an error: forget what was not confirmed. `begin_anew`: leave this segment alone from now on."""
        file, self._file = self._file, None
        self._appended = self.confirmed
        self._begin_anew = begin_anew and self._synced > 0  # else a dead disk would be strewn with empty segments
        if file is None:
            return
        with suppress(OSError):  # the disk has failed already and that was said: what stays behind shows twice at worst
            file.truncate(self._synced)
        with suppress(OSError):  # the same: a close that fails has closed
            file.close()

    def close(self) -> None:
        """Sync and close; a later `append()` opens again."""
        self.sync()
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _falls_back(self, epoch_ms: int) -> bool:
        return self._newest_ms is not None and epoch_ms < self._newest_ms - BACKWARDS_MS

    def _open(self, epoch_ms: int) -> File:
        self._disk.make_directory(self._directory)
        names = EVENTS.find(self._disk.names(self._directory))
        if self._begin_anew or not names:
            return self._begin(epoch_ms)
        if self._name is None:
            return self._continue(names[-1], epoch_ms)
        if self._name not in names or self._disk.size(self.path) < self._synced:
            return self._begin(epoch_ms)  # taken away or cut short under our hands
        if self._synced:
            return self._enter(self._name, self._synced, self._newest_ms)
        self._disk.remove(self.path)  # not even its head is sure
        return self._begin(epoch_ms)

    def _continue(self, name: StoredName, epoch_ms: int) -> File:
        """Go on in the newest segment of an earlier run: cut its torn tail, say who writes now."""
        found = scan(self._disk.read(self._directory / name.text))
        newest_ms = last_stamp(found.payloads)
        if found.end + len(self._head) >= self._most_bytes or (newest_ms or 0) - BACKWARDS_MS > epoch_ms:
            return self._begin(epoch_ms)
        self._retire(epoch_ms)
        file = self._enter(name, found.end, newest_ms)
        self.cut += found.torn
        self._write_head(file)
        return file

    def _begin(self, epoch_ms: int) -> File:
        """Make room, then begin a new segment."""
        self._retire(epoch_ms)
        found = EVENTS.find(self._disk.names(self._directory))
        file = self._enter(EVENTS.following(found, epoch_ms), 0, None)
        self._write_head(file)
        return file

    def _enter(self, name: StoredName, end: int, newest_ms: int | None) -> File:
        self._name = name
        self._end = self._synced = end
        self._newest_ms = newest_ms
        self._name_synced = False
        self._begin_anew = False
        file = self._file = self._disk.open(self.path)
        file.truncate(end)
        return file

    def _write_head(self, file: File) -> None:
        file.write_at(self._end, self._head)
        self._end += len(self._head)

    def _retire(self, epoch_ms: int) -> None:
        """Remove the oldest segments that the limits no longer keep; the newest one always stays."""
        names = EVENTS.find(self._disk.names(self._directory))
        size = sum(self._disk.size(self._directory / name.text) for name in names[:-1])
        room = self._limits.max_mb * _MB - 2 * self._most_bytes  # for the newest one, and the one about to begin
        oldest_ms = epoch_ms - self._limits.keep_days * DAY_MS
        by_age = 0
        for name, following in pairwise(names):
            too_old = following.epoch_ms < oldest_ms and by_age < _RETIRED_BY_AGE
            if size <= room and not too_old:
                return
            by_age += too_old
            size -= self._disk.size(self._directory / name.text)
            self._disk.remove(self._directory / name.text)
