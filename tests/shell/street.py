"""A daemon as a process of its own, for the tests of a bad day. As a script: `street.py CONFIG STATE SOCKET`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from drivers.base import OpenDevice
from edge.control_socket.client import ask
from edge.control_socket.protocol import Refused
from edge.daemon import RunOptions, run
from edge.model.site import Site
from edge.sim.feed import mocks_of

START_S = 15.0
"""How long a process may take to answer on a busy machine."""


class Street:
    """One running daemon."""

    def __init__(self, folder: Path, config: Path, socket: str = "control.sock", **environ: str) -> None:
        self.socket = folder / socket
        self.log = folder / "daemon.log"
        command = [sys.executable, __file__, str(config), str(folder / "state"), str(self.socket)]
        root = str(Path(__file__).parents[2])
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": root, **environ}
            )

    def status(self) -> dict[str, Any] | None:
        with suppress(Refused):
            return ask(self.socket, "status")
        return None

    def until(self, true: Callable[[dict[str, Any]], bool], within_s: float = START_S) -> dict[str, Any]:
        """Wait until the status says so."""
        end = time.monotonic() + within_s
        status = None
        while time.monotonic() < end:
            assert self.process.poll() is None, self.said
            status = self.status()
            if status is not None and true(status):
                return status
            time.sleep(0.05)
        raise TimeoutError(f"{status}\n{self.said}")

    def up(self) -> dict[str, Any]:
        return self.until(lambda _: True)

    def ended(self, within_s: float = START_S) -> int:
        return self.process.wait(within_s)

    def until_said(self, text: str, within_s: float = START_S) -> None:
        """Wait for a line of the log."""
        end = time.monotonic() + within_s
        while text not in self.said:
            assert time.monotonic() < end, self.said
            time.sleep(0.02)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(START_S)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    @property
    def said(self) -> str:
        return self.log.read_text()


@contextmanager
def street(folder: Path, config: Path, socket: str = "control.sock", **environ: str) -> Iterator[Street]:
    """A daemon that does not outlive its test."""
    running = Street(folder, config, socket, **environ)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.kill()


class Hurried:
    """Time that passes at ten times its pace and knows no lateness: a start-up in a second, on a machine however busy."""

    def __init__(self, tick_s: float = 0.01) -> None:
        self._tick_s = tick_s
        self._now = time.monotonic_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return self._now

    def wall(self) -> int:
        return self._now + 1_785_000_000_000

    def synced(self) -> bool:
        return True

    def sleep_until(self, deadline: int) -> int:
        time.sleep(self._tick_s)
        self._now = max(self._now + 1, deadline)
        return 0


class _Quiet:
    """A street on which nobody comes."""

    def __init__(self, _: Site, opened: Mapping[str, OpenDevice]) -> None:
        for mock in mocks_of(opened.values()).values():
            mock.set_inputs({"1": (False, 0), "2": (False, 0)})

    def step(self, now: int) -> None:
        """Nothing moves."""


if __name__ == "__main__":
    config, state, control = (Path(text) for text in sys.argv[1:4])
    hurried = Hurried(float(os.environ.get("TICK_S", "0.01")))
    sys.exit(run(RunOptions(config, state, control, plant=_Quiet), None if "REAL_TIME" in os.environ else hurried))
