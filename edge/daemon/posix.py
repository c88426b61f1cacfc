"""POSIX signals: SIGTERM and SIGINT stop, a second one at once; SIGHUP reloads; SIGUSR1 takes a snapshot.

The handlers are set first thing, because the default action of SIGHUP and SIGUSR1 is to kill; what arrives before the
loop is there waits for it.
"""

import signal
from collections import Counter
from types import FrameType
from typing import Protocol

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


class Stoppable(Protocol):
    """What a signal can reach of the loop."""

    def ask_stop(self, who: str, why: str) -> None:
        """Through clearance to flash and out; asked again: at once."""

    def ask_reload(self) -> None:
        """Read the site file again."""

    def ask_snapshot(self, reason: str) -> None:
        """Write the last half minute."""


class Signals:
    """The handlers of one run."""

    def __init__(self) -> None:
        self._early: Counter[int] = Counter()
        self._loop: Stoppable | None = None
        self._before = {number: signal.signal(number, self._handle) for number in SIGNALS}

    def attach(self, loop: Stoppable) -> None:
        """From now on signals reach the loop, those that came before it included."""
        self._loop = loop
        for number, times in self._early.items():
            for _ in range(times):
                self._handle(number, None)

    def restore(self) -> None:
        """Set back the handlers that were there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self._loop is None:
            self._early[number] += 1
            return
        match number:
            case signal.SIGHUP:
                self._loop.ask_reload()
            case signal.SIGUSR1:
                self._loop.ask_snapshot("SIGUSR1")
            case _:
                self._loop.ask_stop(signal.Signals(number).name, "asked from outside")
