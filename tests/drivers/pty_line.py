"""One end of a serial cable without hardware: a pseudo-terminal under a lasting name, and a thread that owns it.

The device under test opens the name `link`, as it would open /dev/serial/by-id/…; unplugging removes the name and hangs the
line up, plugging in again gives it a new terminal. Imports nothing of ours: the foreign counterparts stand on it.
"""

import os
import select
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")

LOOK_S = 0.01


class PtyLine:
    """The far end, unplugged at first. While it is plugged in, `hear` is called with what comes in and `idle` every
    hundredth of a second, both in the line's thread."""

    def __init__(self, link: Path, hear: Callable[[bytes], None], idle: Callable[[], None] = lambda: None) -> None:
        self._link = link
        self._hear = hear
        self._idle = idle
        self._ends: tuple[int, int] | None = None
        self._deeds: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._woken, self._wake = os.pipe()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"bench line {link.name}", daemon=True)
        self._thread.start()

    def plug(self) -> None:
        """Put the cable in."""
        self.do(self._plug)

    def unplug(self) -> None:
        """Pull the cable out."""
        self.do(self._unplug)

    def say(self, data: bytes) -> None:
        """Send bytes; lost if nobody has read for so long that the buffer is full, or if the cable is out."""
        if self._ends is not None:
            with suppress(BlockingIOError):
                os.write(self._ends[0], data)

    def do(self, deed: Callable[[], Result]) -> Result:
        """Do something in the line's thread, between two exchanges, and wait until it is done."""
        done = threading.Event()
        results: list[Result] = []

        def run() -> None:
            results.append(deed())
            done.set()

        self._deeds.put(run)
        os.write(self._wake, b"!")
        if not done.wait(20):
            raise TimeoutError("the line's thread does not answer")
        return results[0]

    def close(self) -> None:
        """Pull the cable and end the thread."""
        if not self._closing:
            self.unplug()
            self._closing = True
            os.write(self._wake, b"!")
            self._thread.join(20)
            os.close(self._woken)
            os.close(self._wake)

    def _run(self) -> None:
        while not self._closing:
            ends = [self._woken] if self._ends is None else [self._woken, self._ends[0]]
            readable, _, _ = select.select(ends, [], [], LOOK_S)
            if self._woken in readable:
                os.read(self._woken, 4096)
            while not self._deeds.empty():
                self._deeds.get()()
            if self._ends is not None and self._ends[0] in readable:
                with suppress(BlockingIOError):
                    self._hear(os.read(self._ends[0], 4096))
            if self._ends is not None:
                self._idle()

    def _plug(self) -> None:
        if self._ends is None:
            self._ends = os.openpty()
            os.set_blocking(self._ends[0], False)
            tty.setraw(self._ends[1])  # and kept open, so that this end never sees a hang-up
            self._link.symlink_to(os.ttyname(self._ends[1]))

    def _unplug(self) -> None:
        if self._ends is not None:
            self._link.unlink()
            for end in self._ends:
                os.close(end)
            self._ends = None
