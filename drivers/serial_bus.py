"""Devices that share one serial port: one worker thread speaks with each in turn, and keeps trying to reach them for ever."""

from threading import Event, Lock, Thread
from typing import Protocol

from drivers.base import WORKER, Clock, DriverIOError, DriverOpenError
from drivers.serial_line import SerialLine
from edge.model.units import SECOND_MS, Ms

REOPEN_MS: Ms = 500
"""Pause between two attempts to open a port."""

LONGEST_WAIT_MS: Ms = SECOND_MS
"""Longest sleep while nobody is due."""


class Talker(Protocol):
    """One device on a line: the worker calls it, in its own thread, whenever it is due."""

    @property
    def due_ms(self) -> Ms:
        """From when on it wants to talk again."""

    def connected(self) -> None:
        """The port has been opened, for the first time or again."""

    def talk(self, line: SerialLine) -> None:
        """One exchange, bounded in time. Raises DriverIOError if the port is gone, for nothing else."""


class SerialBus:
    """One port and the devices on it. The worker runs while at least one device has joined."""

    def __init__(self, line: SerialLine, clock: Clock) -> None:
        self.said = ""
        """Why the port is not open, empty while it is."""
        self.opened = 0
        """How often the port was opened."""
        self._line = line
        self._clock = clock
        self._talkers: tuple[Talker, ...] = ()
        self._changed = Event()
        self._joining = Lock()
        self._worker: Thread | None = None

    def join(self, talker: Talker) -> None:
        """Speak with `talker`, who has not joined yet, from now on."""
        with self._joining:
            self._talkers = (*self._talkers, talker)
            if self._line.is_open:
                talker.connected()
            if self._worker is None:
                self._worker = Thread(target=self._run, name=f"{WORKER}serial {self._line.port}", daemon=True)
                self._worker.start()
            self._changed.set()

    def leave(self, talker: Talker) -> None:
        """Speak with `talker` no more; with the last one the worker ends and the port is closed."""
        with self._joining:
            self._talkers = tuple(other for other in self._talkers if other is not talker)
            self._changed.set()
            if self._worker is not None and not self._talkers:
                self._worker.join()
                self._worker = None

    def _run(self) -> None:
        while self._talkers:
            if self._line.is_open or self._open():
                self._turn()
            else:
                self._sleep(REOPEN_MS)
        self._close("")

    def _open(self) -> bool:
        try:
            self._line.open()
        except DriverOpenError as error:
            self.said = str(error)
            return False
        self.said = ""
        self.opened += 1
        for talker in self._talkers:
            talker.connected()
        return True

    def _turn(self) -> None:
        """Speak with whoever has waited longest, or sleep until somebody is due."""
        talker = min(self._talkers, key=lambda each: each.due_ms, default=None)
        if talker is None:
            return
        early_ms = talker.due_ms - self._clock()
        if early_ms > 0:
            self._sleep(min(early_ms, LONGEST_WAIT_MS))
            return
        try:
            talker.talk(self._line)
        except DriverIOError as error:
            self._close(str(error))
            self._sleep(REOPEN_MS)

    def _close(self, said: str) -> None:
        self.said = said
        try:
            self._line.close()
        except DriverIOError as error:
            self.said = said or str(error)

    def _sleep(self, wait_ms: Ms) -> None:
        if self._changed.wait(wait_ms / SECOND_MS):
            self._changed.clear()
