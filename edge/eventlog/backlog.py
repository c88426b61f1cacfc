"""Records on their way to the disk: kept until the disk has confirmed them, thinned from the oldest when it does not."""

import errno
from collections import deque
from pathlib import Path

from edge.eventlog.records import Batch, Gap, Stamped
from edge.eventlog.segments import SegmentStore
from edge.eventlog.troubles import refused
from edge.model.units import SECOND_MS, Ms

SYNC_MS: Ms = 5 * SECOND_MS
"""Ours: the longest an event waits for the disk's confirmation. A sync for each event would wear a card out."""

RETRY_MS: Ms = 5 * SECOND_MS
"""Ours: how long a disk that refused is left alone; not less than SYNC_MS, so that the next try ends in a sync."""

KEEP_EVENTS = 20_000
"""Ours: events kept in memory while the disk refuses; about an hour of a busy intersection, a few megabytes."""


def events_in(record: Stamped) -> int:
    """How many events a record carries; a gap carries none."""
    return len(record.events) if isinstance(record, Batch) else 0


def merged(first: Stamped, then: Stamped) -> Gap:
    """The gap that two neighbouring records leave when they are given up."""
    first_ms = first.first_ms if isinstance(first, Gap) else first.epoch_ms
    lost = sum(record.lost if isinstance(record, Gap) else events_in(record) for record in (first, then))
    return Gap(then.epoch_ms, then.now, lost, first_ms)


class Backlog:
    """What a store has not confirmed yet. One thread only; never raises OSError.

    `lost`: events given up since the start. `confirmed`: events that are on the disk.
    """

    def __init__(self, store: SegmentStore, keep_events: int = KEEP_EVENTS) -> None:
        self._store = store
        self._keep_events = keep_events
        self._records: deque[Stamped] = deque()
        self._waiting = 0  # events in the records
        self._written = 0  # of the records, how many the store has taken
        self._dropped = 0  # of all records, how many the store has confirmed
        self._synced_ms: Ms = 0
        self._retry_ms: Ms = 0
        self._refused = ""
        self.lost = 0
        self.confirmed = 0

    def trouble(self) -> str | None:
        """What is wrong and what to do; None while the disk takes what it is given."""
        if not self._refused:
            return None
        return f"{self._refused}. {self._waiting} events wait in memory, {self.lost} are lost."

    def add(self, record: Stamped) -> None:
        """Keep a record until the disk has it."""
        self._records.append(record)
        self._waiting += events_in(record)

    def work(self, now: Ms, *, at_once: bool = False) -> None:
        """Write what is new and sync when it is time to; `at_once`: now, even if the disk refused a moment ago."""
        if self._refused and now < self._retry_ms and not at_once:
            self._thin()
            return
        try:
            self._write()
            if self._records and (at_once or self._is_due(now)):
                self._store.sync()
                self._synced_ms = now
                self._refused = ""
        except OSError as error:
            self._fail(now, error)
        else:
            self._drop_confirmed()

    def close(self, now: Ms) -> None:
        """Write and sync everything, once more if need be, and close the store."""
        self.work(now, at_once=True)
        try:
            self._store.close()
        except OSError as error:
            self._fail(now, error)

    def _is_due(self, now: Ms) -> bool:
        return now - self._synced_ms >= SYNC_MS or 2 * self._waiting > self._keep_events

    def _write(self) -> None:
        while self._written < len(self._records):
            self._store.append(self._records[self._written])
            self._written += 1

    def _drop_confirmed(self) -> None:
        while self._dropped < self._store.confirmed:
            events = events_in(self._records.popleft())
            self._waiting -= events
            self.confirmed += events
            self._dropped += 1
            self._written -= 1

    def _fail(self, now: Ms, error: OSError) -> None:
        self._refused = refused("The event log", _path_of(error, self._store.path), error)
        self._store.abandon(begin_anew=error.errno == errno.EIO)
        self._drop_confirmed()
        self._written = 0
        self._retry_ms = now + RETRY_MS
        self._thin()

    def _thin(self) -> None:
        while self._waiting > self._keep_events and len(self._records) > 1:
            first, then = self._records.popleft(), self._records.popleft()
            events = events_in(first) + events_in(then)
            self._waiting -= events
            self.lost += events
            self._records.appendleft(merged(first, then))


def _path_of(error: OSError, path: Path) -> Path:
    return Path(error.filename) if isinstance(error.filename, str) else path
