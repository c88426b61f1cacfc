"""A process beside the controller where no service manager looks after one: started, started again, and ended.

Looked after by a thread of its own, because a process takes milliseconds to start. What becomes of it is nothing to the loop:
its work is missed in the engine, not here.
"""

import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from edge.clock import monotonic_ms
from edge.eventlog.worker import Worker
from edge.model.site import Site
from edge.model.units import MINUTE_MS, SECOND_MS, Ms

LOOK_EVERY_S = 2.0
"""Ours: how soon a process that has died is started again."""

LONGEST_PAUSE_MS: Ms = MINUTE_MS
"""Ours: only to come up, the search takes seconds of a small computer; once a minute that costs little."""

_END_WITHIN_S = 5.0


class Child(Protocol):
    """A process that may be wanted beside the controller."""

    def wanted(self, site: Site) -> bool:
        """Whether it is wanted with this site."""

    def start(self) -> subprocess.Popen[bytes]:
        """Start it.

        Raises:
            OSError: it cannot be started.
        """


@dataclass(slots=True)
class Pauses:
    """How long to wait before what has died is started again: each time that it lived shorter than the longest pause, twice
    as long as the last time."""

    shortest_ms: Ms
    last_ms: Ms = 0

    def after(self, lived_ms: Ms) -> Ms:
        """The pause after a life of this length."""
        doubled = 0 if lived_ms >= LONGEST_PAUSE_MS else 2 * self.last_ms
        self.last_ms = min(max(doubled, self.shortest_ms), LONGEST_PAUSE_MS)
        return self.last_ms


class Nurse:
    """Looks after one child. `site`: what runs, None before anything does."""

    def __init__(
        self,
        child: Child,
        site: Callable[[], Site | None],
        every_s: float = LOOK_EVERY_S,
        clock: Callable[[], Ms] = monotonic_ms,
    ) -> None:
        self._child = child
        self._site = site
        self._clock = clock
        self._log = structlog.get_logger()
        self._process: subprocess.Popen[bytes] | None = None
        self._complained = False
        self._pauses = Pauses(round(every_s * SECOND_MS))
        self._started_ms = self._not_before_ms = clock()
        self._worker = Worker("child-process", every_s, self._look, self._end)

    def stop(self) -> None:
        """End it, waiting for some seconds at most."""
        self._worker.stop(_END_WITHIN_S + 1.0)

    def _look(self) -> None:
        site = self._site()
        if site is None:
            return
        wanted = self._child.wanted(site)
        process = self._process
        if process is not None and process.poll() is not None:
            self._died(process.returncode)
            self._process = process = None
        if process is None and wanted and self._clock() >= self._not_before_ms:
            self._start()
        elif process is not None and not wanted:
            self._end()

    def _died(self, code: int) -> None:
        now = self._clock()
        pause_ms = self._pauses.after(now - self._started_ms)
        self._not_before_ms = now + pause_ms
        self._log.warning("child.died", code=code, again_in_s=pause_ms / SECOND_MS)

    def _start(self) -> None:
        self._started_ms = self._clock()
        try:
            self._process = self._child.start()
        except OSError as error:
            if not self._complained:
                self._log.warning("child.not_started", said=str(error))
            self._complained = True
        else:
            self._complained = False

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_WITHIN_S)
        if process.poll() is None:
            process.kill()
            process.wait()
