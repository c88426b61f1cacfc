"""One daemon at a time: a lock that the kernel lets go of when the process ends, however it ends."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class AlreadyRunning(Exception):
    """Another daemon holds the lock; the message says which process and what to do."""


class Lock:
    """An exclusive flock on `path`; the holder's process id is written in it, for people."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            AlreadyRunning: somebody else holds it.
            OSError: the file cannot be made.
        """
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise AlreadyRunning(
                f"{path}: another stopline runs here (process {holder}). One intersection has one controller: "
                "stop it first (systemctl stop stopline), or give this one another --state and --socket."
            ) from error
        with suppress(OSError):  # a full disk: the lock holds all the same, only the number is missing
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go. The file stays: removing it would let a third process lock another file of the same name."""
        os.close(self._descriptor)
