"""The input journal: everything the core heard in one run, so that `replay --journal` repeats the run bit for bit.

One file a run, frames as in `edge.eventlog.frames`. The first is the head, then come blocks of some seconds of ticks,
and one that says why the recording ended, if it could still be written:

    J {"device":…,"latch":…,"program":…,"site":"…whole site file…","site_hash":…,"v":1,"zone":…}
    T <base64 of zlib of [[tick, …], digest]>
    Z {"ticks":36000,"why":"closed"}

Ticks are told as differences (`edge.eventlog.input_codec`), so a journal is read from its beginning, up to the first
damage. The digest is that of all that came out of the run up to there: a replay that arrives at the same one has
repeated it.
"""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from edge.eventlog.disk import Disk, File, SystemDisk
from edge.eventlog.frames import frame, payload_of
from edge.eventlog.input_codec import decode
from edge.eventlog.journal_blocks import BlockCoder, RunDigest, ticks_of
from edge.eventlog.names import Series, StoredName
from edge.eventlog.troubles import refused
from edge.eventlog.worker import Worker
from edge.model.events import Event
from edge.model.exchange import Inputs
from edge.model.indications import Indication
from edge.model.units import ChannelNumber, Ms

SCHEMA = 4
"""Version of the journal, in its head."""

JOURNALS = Series("journal", ".journal")

_MB = 1_000_000
_PERIOD_S = 1.0

_BLOCK_TICKS = 100
"""Ours: ticks in a block, ten seconds: what a killed process loses of its journal. Larger blocks pack only a little better."""

_QUEUE_TICKS = 600
"""Ours: ticks that may wait for a worker stuck in the disk, a minute; beyond that the recording ends."""


class JournalError(ValueError):
    """A journal that cannot be read. The message names the file and says what to do."""


@dataclass(frozen=True, slots=True)
class JournalHead:
    """What a run began from. `site`: the text of the site file; `latch`: the monitor's latch at the start, if any."""

    device: int
    zone: str
    program: str
    site_hash: str
    site: str
    latch: dict[str, Any] | None = None
    epoch_ms: int = 0
    """Wall time of the start, for people."""


class JournalTick(NamedTuple):
    """One tick. `digest`: that of the run up to and with this tick, at the end of each block; else None."""

    now: Ms
    inputs: Inputs
    digest: int | None


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """How much is kept. A run's journal ends when it is full, because only one with its beginning can be replayed."""

    run_mb: int = 50
    all_mb: int = 200


class JournalReader:
    """Reads one journal. `problem`: after the reading, one sentence if it did not end as it should; else None.

    Raises:
        JournalError: it has no good head, or one of a later program.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path, disk: Disk | None = None) -> None:
        self.path = path
        self._lines = (disk or SystemDisk()).read(path).split(b"\n")
        self.head = self._read_head()
        self.problem: str | None = None

    def __iter__(self) -> Iterator[JournalTick]:
        self.problem = None
        now, before, count = 0, Inputs(), 0
        for line in self._lines[1:-1]:
            payload = payload_of(line)
            if payload is None or not payload.startswith(b"T "):
                self.problem = self._ended(payload, count)
                return
            ticks, digest = ticks_of(payload)
            for k, tick in enumerate(ticks, start=1):
                rise_ms, before = decode(before, tick)
                now, count = now + rise_ms, count + 1
                yield JournalTick(now, before, digest if k == len(ticks) else None)
        self.problem = self._ended(None, count)

    def _read_head(self) -> JournalHead:
        payload = payload_of(self._lines[0])
        if payload is None or not payload.startswith(b"J "):
            raise JournalError(f"{self.path}: this is no input journal, or its head is damaged — give another file")
        members = json.loads(payload[2:])
        if members.pop("v") > SCHEMA:
            raise JournalError(f"{self.path}: written by stopline {members['program']} — replay it with that version")
        return JournalHead(**members)

    def _ended(self, payload: bytes | None, count: int) -> str | None:
        if payload is None:
            return f"{self.path}: damaged or cut off after tick {count}; what came later is lost"
        if not payload.startswith(b"Z "):
            return f"{self.path}: an unknown record after tick {count} — replay it with the version that wrote it"
        why = json.loads(payload[2:])["why"]
        return None if why == "closed" else f"{self.path}: the recording ended after tick {count}: {why}"


@dataclass(frozen=True, slots=True)
class _Tick:
    now: Ms
    inputs: Inputs
    events: tuple[Event, ...]
    shown: Mapping[ChannelNumber, Indication]


class JournalWriter:
    """Records one run into a new file of `directory`.

    `submit()` and `trouble()` are for the control loop: they never wait and raise nothing. A journal with a hole is
    worth nothing after it, so the recording ends for good at the first refusal of the disk; `trouble()` then says why.
    """

    def __init__(
        self, directory: Path, head: JournalHead, limits: JournalLimits | None = None, disk: Disk | None = None
    ) -> None:
        self._directory = directory
        self._head = head
        self._limits = limits or JournalLimits()
        self._disk = disk or SystemDisk()
        self._queue: deque[_Tick] = deque()
        self._coder = BlockCoder()
        self._digest = RunDigest()
        self._ticks = 0
        self._file: File | None = None
        self._size = 0
        self._ended: str | None = None
        self.path: Path | None = None
        """The file being written; None before the first block."""
        self._worker = Worker("input-journal", _PERIOD_S, self._work, self._finish)

    def submit(
        self, now: Ms, inputs: Inputs, events: tuple[Event, ...], shown: Mapping[ChannelNumber, Indication]
    ) -> None:
        """Record one tick: what went in, and for the digest the events and the permitted image that came out.

        Nothing handed over may change afterwards, mappings included.
        """
        if self._ended is not None:
            return
        if len(self._queue) >= _QUEUE_TICKS:
            self._end(f"The input journal ends: {self._directory} does not answer — replace the disk")
            return
        self._queue.append(_Tick(now, inputs, events, shown))

    def trouble(self) -> str | None:
        """One sentence once the recording has ended before its time; else None."""
        return self._ended

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write what is left, at most `timeout_s` long; whether the journal is whole."""
        return self._worker.stop(timeout_s) and self._ended is None

    def _end(self, sentence: str) -> None:
        self._ended = sentence
        self._queue.clear()

    def _work(self) -> None:
        try:
            self._record()
        except OSError as error:
            self._end(refused("The input journal", self.path or self._directory, error))

    def _finish(self) -> None:
        try:
            self._record()
            if self._ended is None:
                self._close()
        except OSError as error:
            self._end(refused("The input journal", self.path or self._directory, error))
        if self._file is not None:
            self._file.close()

    def _record(self) -> None:
        while self._queue and self._ended is None:
            tick = self._queue.popleft()
            self._coder.add(tick.now, tick.inputs)
            self._digest.add(tick.now, tick.events, tick.shown)
            if len(self._coder) >= _BLOCK_TICKS:
                self._write_block()

    def _write_block(self) -> None:
        file = self._file or self._begin()
        self._ticks += len(self._coder)
        self._append(self._coder.take(self._digest.value))
        if self._size >= self._limits.run_mb * _MB:
            self._append(_end_payload(self._ticks, "full"))
            self._end(f"The input journal {self.path} is full ({self._limits.run_mb} MB) — restart to begin another")
        file.sync()

    def _close(self) -> None:
        if len(self._coder):
            self._write_block()
        if self._file is not None and self._ended is None:
            self._append(_end_payload(self._ticks, "closed"))
            self._file.sync()

    def _begin(self) -> File:
        self._disk.make_directory(self._directory)
        earlier = JOURNALS.find(self._disk.names(self._directory))
        self._retire(earlier)
        self.path = self._directory / JOURNALS.following(earlier, self._head.epoch_ms).text
        self._file = self._disk.open(self.path)
        self._append(_head_payload(self._head))
        self._file.sync()
        self._disk.sync_directory(self._directory)
        return self._file

    def _retire(self, earlier: tuple[StoredName, ...]) -> None:
        """Remove the oldest journals until a whole run fits beside the rest."""
        size = sum(self._disk.size(self._directory / name.text) for name in earlier)
        room = (self._limits.all_mb - self._limits.run_mb) * _MB
        for name in earlier:
            if size <= room:
                return
            size -= self._disk.size(self._directory / name.text)
            self._disk.remove(self._directory / name.text)

    def _append(self, payload: bytes) -> None:
        data = frame(payload)
        if self._file is not None:
            self._file.write_at(self._size, data)
            self._size += len(data)


def _head_payload(head: JournalHead) -> bytes:
    return b"J " + json.dumps({"v": SCHEMA, **asdict(head)}, separators=(",", ":"), sort_keys=True).encode()


def _end_payload(ticks: int, why: str) -> bytes:
    return b"Z " + json.dumps({"ticks": ticks, "why": why}, separators=(",", ":")).encode()
