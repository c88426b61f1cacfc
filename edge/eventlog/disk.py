"""The few things we ask of a file system, as a Protocol, so that full disks and power cuts can be tried without one."""

import os
from pathlib import Path
from typing import Protocol

_FILE_MODE = 0o640  # the group may read the log, others may not


class File(Protocol):
    """One open file. Every method raises OSError when the disk refuses."""

    def size(self) -> int:
        """Its length in bytes."""

    def write_at(self, offset: int, data: bytes) -> None:
        """Write all of `data` at `offset`; after an error any part of it may have been written."""

    def truncate(self, size: int) -> None:
        """Cut it to `size` bytes."""

    def sync(self) -> None:
        """Return when everything written is on the disk (fdatasync)."""

    def close(self) -> None:
        """Close it; says nothing about what is on the disk."""


class Disk(Protocol):
    """A file system. Every method raises OSError when it refuses."""

    def make_directory(self, directory: Path) -> None:
        """Make sure `directory` is there, parents included."""

    def names(self, directory: Path) -> tuple[str, ...]:
        """The names in `directory`, sorted."""

    def size(self, path: Path) -> int:
        """The length of the file in bytes."""

    def read(self, path: Path) -> bytes:
        """The whole file."""

    def read_end(self, path: Path, most: int) -> bytes:
        """The last `most` bytes of the file, or all of a shorter one."""

    def open(self, path: Path) -> File:
        """Open for writing at any place; an absent file is made, an existing one keeps its bytes."""

    def remove(self, path: Path) -> None:
        """Remove the file."""

    def rename(self, old: Path, new: Path) -> None:
        """Give the file another name in the same directory, replacing what stood there."""

    def sync_directory(self, directory: Path) -> None:
        """Return when the names in `directory` are on the disk; without it a new file can vanish in a power cut."""


class SystemFile:
    """`File` on a file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def size(self) -> int:
        """See `File`."""
        return os.fstat(self._descriptor).st_size

    def write_at(self, offset: int, data: bytes) -> None:
        """See `File`."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self._descriptor, view, offset)
            view, offset = view[written:], offset + written

    def truncate(self, size: int) -> None:
        """See `File`."""
        os.ftruncate(self._descriptor, size)

    def sync(self) -> None:
        """See `File`."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """See `File`."""
        os.close(self._descriptor)


class SystemDisk:
    """`Disk` of the operating system."""

    def make_directory(self, directory: Path) -> None:
        """See `Disk`."""
        directory.mkdir(parents=True, exist_ok=True)

    def names(self, directory: Path) -> tuple[str, ...]:
        """See `Disk`."""
        return tuple(sorted(path.name for path in directory.iterdir()))

    def size(self, path: Path) -> int:
        """See `Disk`."""
        return path.stat().st_size

    def read(self, path: Path) -> bytes:
        """See `Disk`."""
        return path.read_bytes()

    def read_end(self, path: Path, most: int) -> bytes:
        """See `Disk`."""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - most))
            return file.read(most)

    def open(self, path: Path) -> SystemFile:
        """See `Disk`."""
        return SystemFile(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE))

    def remove(self, path: Path) -> None:
        """See `Disk`."""
        path.unlink()

    def rename(self, old: Path, new: Path) -> None:
        """See `Disk`."""
        old.replace(new)

    def sync_directory(self, directory: Path) -> None:
        """See `Disk`."""
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def has_room(disk: Disk, directory: Path, size: int) -> bool:
    """Whether the directory takes `size` bytes now: they are written, synced and removed again."""
    probe = directory / "probe.tmp"
    try:
        disk.make_directory(directory)
        file = disk.open(probe)
        try:
            file.write_at(0, bytes(size))
            file.sync()
        finally:
            file.close()
            disk.remove(probe)
    except OSError:
        return False
    return True
