"""The last half minute before every flash, kept automatically: what was heard, decided, permitted and read back.

The control loop only appends references to a ring; turning them into JSON and writing is a worker's business. The file
is for people and their tools, see docs/event-log.md; to repeat a run exactly there is the input journal.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, IntEnum, IntFlag
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

from edge.eventlog.disk import Disk, SystemDisk
from edge.eventlog.names import Series
from edge.eventlog.troubles import refused
from edge.eventlog.worker import Worker
from edge.model.detectors import InputSample
from edge.model.exchange import CoreStatus, Decision, Inputs
from edge.model.indications import Indication
from edge.model.units import SECOND_MS, TICK_MS, ChannelNumber, Ms

Json: TypeAlias = Any
"""What `json` writes."""

SNAPSHOTS = Series("snapshot", ".json")

SCHEMA = 1
"""Version of the document, as its member `v`."""

LENGTH_MS: Ms = 30 * SECOND_MS
"""How far back a snapshot reaches; the longest change of right-of-way and then some."""

KEEP = 20
"""Ours: snapshots kept; one of 8 phases and 64 detectors is below a megabyte."""

_RETRY_S = 5.0
_WAITING = 3  # ours: flashes that may wait for the disk; with more, the later ones only show the same trouble again


class LampImage(Protocol):
    """The shape of a permitted image, whoever minted it."""

    @property
    def sequence(self) -> int:
        """Its number."""

    @property
    def shown(self) -> Mapping[ChannelNumber, Indication]:
        """What each channel shows."""

    @property
    def lit(self) -> bool:
        """The flasher's half."""


class Moment(NamedTuple):
    """One tick in the ring."""

    now: Ms
    inputs: Inputs
    decision: Decision
    permitted: LampImage


class SnapshotRing:
    """The last 30 s of ticks."""

    __slots__ = ("_moments",)

    def __init__(self, ticks: int = LENGTH_MS // TICK_MS) -> None:
        self._moments: deque[Moment] = deque(maxlen=ticks)

    def append(self, now: Ms, inputs: Inputs, decision: Decision, permitted: LampImage) -> None:
        """Remember one tick. Nothing handed over may change afterwards, mappings included."""
        self._moments.append(Moment(now, inputs, decision, permitted))

    def moments(self) -> tuple[Moment, ...]:
        """What is in the ring now, oldest first."""
        return tuple(self._moments)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why and of what a snapshot is taken. `status`: calls and timers at that instant, where at hand."""

    reason: str
    epoch_ms: int
    device: int
    program: str
    site_hash: str
    status: CoreStatus | None = None


def document(occasion: Occasion, moments: Iterable[Moment]) -> dict[str, Any]:
    """The snapshot as JSON values: a head, `status`, and `ticks`.

    The first tick says everything; later ones only the members that have changed, of detectors, buttons and wires only
    the changed ones. `sample_age_ms`: age of the oldest sample of a tick.
    """
    return {"v": SCHEMA, **plain(occasion), "ticks": list(_ticks(moments))}


def _ticks(moments: Iterable[Moment]) -> Iterator[dict[str, Any]]:
    before: dict[str, Any] = {}
    heard = Inputs()
    for moment in moments:
        whole = _whole(moment)
        tick = {"now": moment.now} | {key: value for key, value in whole.items() if before.get(key, ...) != value}
        for kind in ("detectors", "buttons", "wires"):
            tick |= _changed(kind, getattr(heard, kind), getattr(moment.inputs, kind))
        yield tick
        before, heard = whole, moment.inputs


def _whole(moment: Moment) -> dict[str, Any]:
    _, inputs, decision, permitted = moment
    taken = [sample.taken_ms for samples in (inputs.detectors, inputs.buttons) for sample in samples.values()]
    return {
        "sample_age_ms": moment.now - min(taken) if taken else None,
        "commands": plain(inputs.commands),
        "shell_faults": plain(inputs.faults),
        "readback": [
            {
                "behind": permitted.sequence - back.sequence,
                "age_ms": moment.now - back.taken_ms,
                "lamps": plain(back.lamps),
            }
            for back in inputs.readbacks
        ],
        "mode": plain(decision.mode),
        "rung": plain(decision.rung),
        "wanted": plain(decision.wanted),
        "permitted": plain(permitted.shown),
        "lit": permitted.lit,
        "faults": [{**plain(fault), "sentence": fault.sentence} for fault in decision.faults],
        "events": [[int(event.code), event.parameter] for event in decision.events],
    }


def _changed(kind: str, before: Mapping[Any, InputSample], after: Mapping[Any, InputSample]) -> dict[str, Any]:
    changed = {
        str(number): {"occupied": sample.occupied, "count": sample.count, "ok": sample.ok}
        for number, sample in after.items()
        if (old := before.get(number)) is None
        or (old.occupied, old.count, old.ok) != (sample.occupied, sample.count, sample.ok)
    }
    return {kind: changed} if changed else {}


def plain(value: object) -> Json:
    """A frozen value of the model as JSON values: enumerations by name, mappings by the number of their keys."""
    match value:
        case IntFlag() | IntEnum():
            return int(value)
        case Enum():
            return value.name.lower()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case tuple() | list() | frozenset():
            return [plain(item) for item in value]
        case _ if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value


class SnapshotWriter:
    """Writes snapshots from a thread of its own; the newest 20 are kept.

    `submit()` and `trouble()` are for the control loop: they never wait and raise nothing.
    """

    def __init__(self, directory: Path, keep: int = KEEP, disk: Disk | None = None) -> None:
        self._directory = directory
        self._keep = keep
        self._disk = disk or SystemDisk()
        self._waiting: deque[tuple[Occasion, tuple[Moment, ...]]] = deque()
        self._refused: str | None = None
        self.written: Path | None = None
        """The newest snapshot of this run."""
        self._worker = Worker("snapshots", _RETRY_S, self._work, self._work)

    def submit(self, occasion: Occasion, moments: tuple[Moment, ...]) -> None:
        """Have a snapshot written soon. With three waiting for the disk it is not taken."""
        if len(self._waiting) < _WAITING:
            self._waiting.append((occasion, moments))
            self._worker.wake()

    def trouble(self) -> str | None:
        """One sentence with path, cause and remedy while a snapshot waits for the disk; None while all is well."""
        return self._refused

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write what waits, at most `timeout_s` long; whether all is written."""
        return self._worker.stop(timeout_s) and not self._waiting

    def _work(self) -> None:
        try:
            while self._waiting:
                self.written = self._write(*self._waiting[0])
                self._waiting.popleft()
                self._refused = None
        except OSError as error:
            self._refused = refused("A snapshot", self._directory, error)

    def _write(self, occasion: Occasion, moments: tuple[Moment, ...]) -> Path:
        text = json.dumps(document(occasion, moments), separators=(",", ":"))
        self._disk.make_directory(self._directory)
        earlier = SNAPSHOTS.find(self._disk.names(self._directory))
        for old in earlier[: max(0, len(earlier) - self._keep + 1)]:
            self._disk.remove(self._directory / old.text)
        path = self._directory / SNAPSHOTS.following(earlier, occasion.epoch_ms).text
        dump(path, text, self._disk)
        return path


def dump(path: Path, text: str, disk: Disk) -> None:
    """Write the file whole or not at all, whatever happens meanwhile.

    Raises:
        OSError: the disk refuses.
    """
    unfinished = path.with_suffix(".unfinished")
    file = disk.open(unfinished)
    try:
        file.truncate(0)
        file.write_at(0, text.encode())
        file.sync()
    finally:
        file.close()
    disk.rename(unfinished, path)
    disk.sync_directory(path.parent)
