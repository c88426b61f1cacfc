"""The event log's worker: takes the events of each tick without ever making the control loop wait for a disk."""

from collections import deque
from collections.abc import Callable
from pathlib import Path

from edge.eventlog.backlog import Backlog, events_in, merged
from edge.eventlog.disk import Disk, SystemDisk
from edge.eventlog.records import Batch, Head, Stamped
from edge.eventlog.segments import SegmentStore
from edge.eventlog.stamps import Stamper
from edge.eventlog.worker import Worker
from edge.model.events import Event
from edge.model.site import LogLimits
from edge.model.units import SECOND_MS, Ms

_WRITE_PERIOD_S = 1.0
"""Ours: how often events go to the operating system, so that a killed process loses no more; the disk follows later."""

_QUEUE_BATCHES = 10_000
"""Ours: ticks with events that may wait while the worker is stuck in a disk that does not answer: half an hour."""

_STUCK_MS: Ms = 30 * SECOND_MS
"""Ours: a disk that has not answered for so long is said to be in trouble; a worn card may take several seconds."""


class LogWriter:
    """Writes the event log of one site from a thread of its own.

    `submit()`, `trouble()` and `lost` are for the control loop: they never wait and raise nothing. `clock` is
    monotonic ms. A directory that cannot be written is no error here but a trouble, and is tried again for ever.
    """

    def __init__(
        self, directory: Path, head: Head, limits: LogLimits, clock: Callable[[], Ms], disk: Disk | None = None
    ) -> None:
        store = SegmentStore(directory, head, limits, disk or SystemDisk())
        self._directory = directory
        self._clock = clock
        self._backlog = Backlog(store)
        self._stamper = Stamper()
        self._queue: deque[Stamped] = deque()  # appended here, taken by the worker: both are atomic
        self._squeezed = 0
        self._urgent = False
        self._busy_since: Ms | None = None
        self._closed = False
        self._worker = Worker("event-log", _WRITE_PERIOD_S, self._work, self._finish)

    @property
    def lost(self) -> int:
        """Events given up since the start, because memory for them ran out while the disk refused."""
        return self._backlog.lost + self._squeezed

    @property
    def confirmed(self) -> int:
        """Events that are on the disk, come what may."""
        return self._backlog.confirmed

    def submit(self, now: Ms, epoch_ms: int, events: tuple[Event, ...], *, urgent: bool = False) -> None:
        """Log the events of the tick at `now`, `epoch_ms` being the wall clock read together with it.

        Call it on every tick, events or none: a step of the wall clock is found here and logged as event 181.
        `urgent`: to the disk at once, for faults.
        """
        stamp, stepped = self._stamper.stamp(now, epoch_ms)
        if events or stepped:
            if len(self._queue) >= _QUEUE_BATCHES:
                self._squeeze()
            self._queue.append(Batch(stamp, now, stepped + events))
        if urgent:
            self._urgent = True
            self._worker.wake()

    def trouble(self) -> str | None:
        """One sentence with path, cause and remedy while the log cannot be written; None while all is well."""
        busy_since = self._busy_since
        if busy_since is not None and self._clock() - busy_since > _STUCK_MS:
            seconds = (self._clock() - busy_since) // SECOND_MS
            return f"The event log waits for the disk: {self._directory} has not answered for {seconds} s — replace it"
        if not self._closed and not self._worker.alive:
            return f"The event log's worker has ended: {self._directory} — restart the controller and report it"
        return self._backlog.trouble()

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write and sync what is left, waiting `timeout_s` at most; whether everything is on the disk."""
        self._closed = True
        ended = self._worker.stop(timeout_s)
        return ended and self._backlog.trouble() is None

    def _squeeze(self) -> None:
        """Make room in a full queue: the two oldest records become a gap."""
        try:
            first = self._queue.popleft()
        except IndexError:
            return  # the worker has just taken everything
        try:
            then = self._queue.popleft()
        except IndexError:
            self._queue.appendleft(first)
            return
        self._squeezed += events_in(first) + events_in(then)
        self._queue.appendleft(merged(first, then))

    def _work(self) -> None:
        self._busy_since = self._clock()
        urgent, self._urgent = self._urgent, False
        self._take_all()
        self._backlog.work(self._clock(), at_once=urgent)
        self._busy_since = None

    def _finish(self) -> None:
        self._take_all()
        self._backlog.close(self._clock())

    def _take_all(self) -> None:
        for _ in range(len(self._queue)):
            try:
                self._backlog.add(self._queue.popleft())
            except IndexError:
                return  # squeezed by the loop meanwhile
