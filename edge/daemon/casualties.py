"""Workers of drivers that ended by an error of the program. Only a restart brings one back, so the loop must learn of it."""

import threading

from drivers.base import WORKER


class WorkerEnded(Exception):
    """The worker of a driver has ended by an error of ours: its device is lost until the process is started anew."""


class Casualties:
    """Hears what `threading.excepthook` hears. `raise_first` is called once a tick by the loop."""

    def __init__(self) -> None:
        self._first: tuple[str, BaseException | None] | None = None
        self._before = threading.excepthook

    def watch(self) -> None:
        """Listen from now on; what listened before still does."""
        self._before = threading.excepthook
        threading.excepthook = self._heard

    def leave(self) -> None:
        """Listen no more."""
        threading.excepthook = self._before

    def raise_first(self) -> None:
        """Raises WorkerEnded if the worker of a driver has ended."""
        if self._first is not None:
            name, error = self._first
            raise WorkerEnded(f"{name} has ended by an error of the program: {error!r}") from error

    def _heard(self, died: threading.ExceptHookArgs) -> None:
        name = died.thread.name if died.thread else ""
        if name.startswith(WORKER) and self._first is None:
            self._first = name, died.exc_value
        self._before(died)
