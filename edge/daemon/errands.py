"""Small things to do on the disk that the loop must not wait for: one thread, one after the other, tried again on failure."""

from collections import deque
from collections.abc import Callable

from edge.eventlog.worker import Worker

_RETRY_S = 5.0


class Errands:
    """Runs what it is given in a thread of its own. An errand that the disk refuses is tried again until it succeeds."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, Callable[[], None]]] = deque()
        self._trouble: str | None = None
        self._worker = Worker("errands", _RETRY_S, self._work, self._work)

    def run(self, what: str, errand: Callable[[], None]) -> None:
        """Have `errand` done soon; it may raise OSError. `what`: its name in the sentence that says so."""
        self._waiting.append((what, errand))
        self._worker.wake()

    def trouble(self) -> str | None:
        """One sentence while an errand cannot be done."""
        return self._trouble

    def close(self, timeout_s: float = 2.0) -> None:
        """Do what is left, waiting `timeout_s` at most."""
        self._worker.stop(timeout_s)

    def _work(self) -> None:
        while self._waiting:
            what, errand = self._waiting[0]
            try:
                errand()
            except OSError as error:
                self._trouble = f"{what}: {error}"
                return
            self._waiting.popleft()
        self._trouble = None
