"""A disk in memory: it refuses when told to, and after a power cut it holds what a real one might.

What was written since a file's last sync may be there wholly, not at all, in any order and torn anywhere; a name may be
missing until its directory was synced. `crash_states()` builds such disks from the log of what was done.
"""

import errno
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

SECTOR = 512

Refusal: TypeAlias = Callable[[str, Path], int | None]
"""Given an operation and a path: the errno to refuse with, or None."""


@dataclass(frozen=True)
class Write:
    inode: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    inode: int
    size: int


@dataclass(frozen=True)
class Sync:
    inode: int


@dataclass(frozen=True)
class Link:
    path: Path
    inode: int | None  # None: the name is taken away


@dataclass(frozen=True)
class SyncDirectory:
    directory: Path


@dataclass(frozen=True)
class Acknowledged:
    count: int


Act: TypeAlias = Write | Truncate | Sync | Link | SyncDirectory | Acknowledged


class SimulatedFile:
    def __init__(self, disk: "SimulatedDisk", path: Path, inode: int) -> None:
        self._disk = disk
        self._path = path
        self._inode = inode

    def size(self) -> int:
        return len(self._disk.content[self._inode])

    def write_at(self, offset: int, data: bytes) -> None:
        room = self._disk.capacity - self._disk.used() + max(0, self.size() - offset)
        self._disk.check("write", self._path)
        part = data[: max(0, room)]
        self._disk.do(Write(self._inode, offset, part))
        if len(part) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def truncate(self, size: int) -> None:
        self._disk.check("truncate", self._path)
        self._disk.do(Truncate(self._inode, size))

    def sync(self) -> None:
        self._disk.check("sync", self._path)
        self._disk.do(Sync(self._inode))

    def close(self) -> None:
        self._disk.check("close", self._path)


class SimulatedDisk:
    """The `Disk` interface. `refuse`: what to refuse; `capacity`: bytes in all files together."""

    def __init__(self) -> None:
        self.content: dict[int, bytearray] = {}
        self.links: dict[Path, int] = {}
        self.log: list[Act] = []
        self.capacity = 1 << 40
        self.refuse: Refusal = lambda _what, _path: None

    def used(self) -> int:
        return sum(len(self.content[inode]) for inode in self.links.values())

    def check(self, what: str, path: Path) -> None:
        number = self.refuse(what, path)
        if number:
            raise OSError(number, os.strerror(number), str(path))

    def do(self, act: Act) -> None:
        self.log.append(act)
        apply(self.content, self.links, act)

    def acknowledge(self, count: int) -> None:
        self.log.append(Acknowledged(count))

    def make_directory(self, directory: Path) -> None:
        self.check("make_directory", directory)

    def names(self, directory: Path) -> tuple[str, ...]:
        self.check("names", directory)
        return tuple(sorted(path.name for path in self.links if path.parent == directory))

    def size(self, path: Path) -> int:
        return len(self.read(path))

    def read(self, path: Path) -> bytes:
        self.check("read", path)
        if path not in self.links:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return bytes(self.content[self.links[path]])

    def read_end(self, path: Path, most: int) -> bytes:
        return self.read(path)[-most:]

    def open(self, path: Path) -> SimulatedFile:
        self.check("open", path)
        if path not in self.links:
            self.do(Link(path, len(self.content)))
        return SimulatedFile(self, path, self.links[path])

    def remove(self, path: Path) -> None:
        self.check("remove", path)
        self.do(Link(path, None))

    def rename(self, old: Path, new: Path) -> None:
        self.check("rename", old)
        inode = self.links[old]
        self.do(Link(new, inode))
        self.do(Link(old, None))

    def sync_directory(self, directory: Path) -> None:
        self.check("sync_directory", directory)
        self.do(SyncDirectory(directory))

    def write_file(self, path: Path, data: bytes) -> None:
        """Put a file there, as if it had always been."""
        file = self.open(path)
        file.truncate(0)
        file.write_at(0, data)
        file.sync()
        self.sync_directory(path.parent)


def apply(content: dict[int, bytearray], links: dict[Path, int], act: Act) -> None:
    match act:
        case Write(inode, offset, data):
            body = content.setdefault(inode, bytearray())
            if len(body) < offset:
                body.extend(bytes(offset - len(body)))
            body[offset : offset + len(data)] = data
        case Truncate(inode, size):
            body = content.setdefault(inode, bytearray())
            body[size:] = bytes(max(0, size - len(body)))
        case Link(path, inode):
            links.pop(path, None)
            if inode is not None:
                content.setdefault(inode, bytearray())
                links[path] = inode
        case Sync() | SyncDirectory() | Acknowledged():
            pass


def is_durable(log: list[Act], k: int, cut: int) -> bool:
    """Whether act `k` of a log that ends before `cut` was confirmed by a later sync."""
    act, later = log[k], log[k + 1 : cut]
    match act:
        case Write(inode) | Truncate(inode):
            return Sync(inode) in later
        case Link(path):
            return SyncDirectory(path.parent) in later
        case _:
            return True


def torn(act: Act, at: int) -> Act:
    return Write(act.inode, act.offset, act.data[:at]) if isinstance(act, Write) else act


@dataclass(frozen=True)
class Crash:
    disk: SimulatedDisk
    acknowledged: int
    told: str  # how it came about, for the message of a failing test


def crash_states(log: list[Act], seed: int, *, step: int = SECTOR) -> Iterator[Crash]:
    """Power cuts before every act: of what was not confirmed all is there, nothing, the last write torn, or any part.

    `step`: at every how many bytes the last write is torn.
    """
    dice = random.Random(seed)
    for cut in range(len(log) + 1):
        loose = {k for k in range(cut) if not is_durable(log, k, cut)}
        acknowledged = max((act.count for act in log[:cut] if isinstance(act, Acknowledged)), default=0)
        for told, kept in _fates(log, loose, dice, step):
            disk = SimulatedDisk()
            for k in range(cut):
                if k not in loose:
                    apply(disk.content, disk.links, log[k])
                elif k in kept:
                    apply(disk.content, disk.links, torn(log[k], kept[k]))
            yield Crash(disk, acknowledged, f"cut before act {cut}: {told}")


WHOLE = 1 << 30


def _fates(log: list[Act], loose: set[int], dice: random.Random, step: int) -> Iterator[tuple[str, dict[int, int]]]:
    """For the acts not confirmed: which survive, and how many bytes of each."""
    yield "all of it is there", dict.fromkeys(loose, WHOLE)
    if not loose:
        return
    yield "nothing of it is there", {}
    writes = [k for k in loose if isinstance(log[k], Write)]
    if writes:
        last = log[max(writes)]
        assert isinstance(last, Write)
        for at in range(0, len(last.data), step):
            yield f"the last write is torn at byte {at}", dict.fromkeys(loose, WHOLE) | {max(writes): at}
    for _ in range(3):
        yield (
            "some of it is there",
            {k: dice.choice([WHOLE, WHOLE, dice.randrange(2_000)]) for k in loose if dice.random() < 0.5},
        )
