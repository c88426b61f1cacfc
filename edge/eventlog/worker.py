"""A thread that works beside the control loop: every so often, and at once when asked."""

import threading
from collections.abc import Callable


class Worker:
    """Calls `work` every `period_s` seconds and soon after each `wake()`, and `finish` once at the end.

    Both must deal with their own troubles: what they raise ends the thread, and `alive` says so. A daemon thread, so
    that a disk that never answers cannot keep the process from ending.
    """

    def __init__(self, name: str, period_s: float | None, work: Callable[[], None], finish: Callable[[], None]) -> None:
        self._period_s = period_s
        self._work = work
        self._finish = finish
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """Have `work` called soon. Never waits."""
        self._wake.set()

    def stop(self, timeout_s: float) -> bool:
        """Let it finish and wait for that, at most `timeout_s`; whether it has ended."""
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(self._period_s)
            self._wake.clear()
            self._work()
        self._finish()
