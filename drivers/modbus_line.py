"""One line and its worker thread: opens the port, opens it again for ever, and serves the units on it in turn.

Who has waited longest past his time goes next, so a slow line is shared fairly and no unit starves another. A unit that
does not answer puts itself off (see `modbus_unit`); it never stops the line.
"""

import threading
from collections.abc import Callable
from typing import Final, Protocol

from drivers.base import WORKER, Clock, DriverOpenError
from drivers.modbus_port import LineLost, Port
from edge.model.units import SECOND_MS, Ms

REOPEN_FIRST_MS: Final[Ms] = 200
REOPEN_LAST_MS: Final[Ms] = 2_000
"""Ours: waits between two attempts to open a line, doubling from the first to the last."""

_STOP_TIMEOUT_S = 5.0  # beyond the longest blocking call of a port, which is its connect time-out


class Member(Protocol):
    """One unit on a line. All but `due_ms` is called by the worker only."""

    @property
    def due_ms(self) -> Ms:
        """When it wants its next turn."""

    def serve(self, port: Port) -> None:
        """Take one turn. Raises LineLost and nothing else."""

    def lost(self, said: str) -> None:
        """Be told that the line is gone, and why."""


class Line:
    """A port shared by one or more units. The worker runs while at least one unit has joined."""

    def __init__(self, make_port: Callable[[threading.Event], Port], clock: Clock) -> None:
        self._make_port = make_port
        self._clock = clock
        self._changed = threading.Condition()
        self._members: tuple[Member, ...] = ()
        self._halt = threading.Event()
        self._worker: threading.Thread | None = None

    def join(self, member: Member, name: str) -> None:
        """Let a unit take part; the first one starts the worker."""
        with self._changed:
            if member not in self._members:
                self._members = (*self._members, member)
            if self._worker is None:
                self._halt = threading.Event()
                self._worker = threading.Thread(
                    target=self._run, args=(self._halt,), name=f"{WORKER}modbus {name}", daemon=True
                )
                self._worker.start()
            self._changed.notify()

    def leave(self, member: Member) -> None:
        """Let a unit go; the last one ends the worker and closes the port. Returns when its turn, if any, is over."""
        with self._changed:
            self._members = tuple(other for other in self._members if other is not member)
            worker = self._worker
            if self._members or worker is None:
                return
            self._worker = None
            self._halt.set()
            self._changed.notify()
        worker.join(_STOP_TIMEOUT_S)

    def wake(self) -> None:
        """Something is due earlier than it was."""
        with self._changed:
            self._changed.notify()

    def _run(self, halt: threading.Event) -> None:
        port = self._make_port(halt)
        try:
            pause_ms = REOPEN_FIRST_MS
            while not halt.is_set():
                try:
                    port.open()
                    pause_ms = REOPEN_FIRST_MS
                    self._serve(port, halt)
                except (DriverOpenError, LineLost) as error:
                    self._tell_lost(str(error))
                    halt.wait(pause_ms / SECOND_MS)
                    pause_ms = min(2 * pause_ms, REOPEN_LAST_MS)
        finally:
            port.close()
            if (
                not halt.is_set()
            ):  # an error of ours is on its way out of this thread: nobody may believe the last state
                self._tell_lost(
                    "the worker of this line ended by an error of the program; restart the controller, report it"
                )

    def _serve(self, port: Port, halt: threading.Event) -> None:
        while not halt.is_set():
            member = self._next_due(port, halt)
            if member is not None:
                member.serve(port)

    def _next_due(self, port: Port, halt: threading.Event) -> Member | None:
        """The unit that has waited longest past its time; None after a wait, for the times may have changed."""
        with self._changed:
            if halt.is_set() or not self._members:
                return None
            member = min(self._members, key=lambda each: each.due_ms)
            left_ms = max(member.due_ms, port.free_ms) - self._clock()
            if left_ms <= 0:
                return member
            self._changed.wait(left_ms / SECOND_MS)
            return None

    def _tell_lost(self, said: str) -> None:
        for member in self._members:
            member.lost(said)
