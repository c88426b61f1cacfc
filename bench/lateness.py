"""How late the control loop's ticks begin after their deadlines, at 10 Hz, beside CPU hogs, with the drivers at work.

Run it from the repository: `python bench/lateness.py [--seconds N] [--hogs N]`. The real daemon runs as a process of its
own on a Modbus TCP module and a serial line (`cabinet.py`), four times: with every thread under SCHED_FIFO 40, as the
unit starts it, once alone and once with the optimiser advising it once a second from its own process; with the main thread
alone under it (reset-on-fork: the trap of the interpreter's lock); and without. The figures are the daemon's own, from
`health`. Without the right to SCHED_FIFO (root, or CAP_SYS_NICE) only the last is run.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cabinet import ROOT, cabinet

from edge.control_socket.client import ask
from edge.control_socket.protocol import Refused

PRIORITY = 40
TARGET_P999_MS = 5.0
RUN = "import sys; from edge.cli import main; sys.exit(main())"


def fifo(flags: int = 0) -> Callable[[], None]:
    """What a child does before it becomes the daemon."""

    def become() -> None:
        os.sched_setscheduler(0, os.SCHED_FIFO | flags, os.sched_param(PRIORITY))

    return become


VARIANTS: dict[str, tuple[Callable[[], None] | None, bool]] = {
    "SCHED_FIFO, every thread": (fifo(), False),
    "the same, with the optimiser": (fifo(), True),
    "SCHED_FIFO, main thread alone": (fifo(os.SCHED_RESET_ON_FORK), False),
    "no real-time priority": (None, False),
}
"""What the daemon becomes before it starts, and whether the optimiser's process advises it."""


@contextmanager
def hogs(count: int) -> Iterator[None]:
    """Processes that compute without end."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for hog in running:
            hog.kill()
            hog.wait()


@contextmanager
def daemon(
    folder: Path, site: Path, before: Callable[[], None] | None = None, *, advised: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """The real daemon on `site`, with its state in `folder`. `advised`: with the optimiser's process beside it."""
    command = [sys.executable, "-c", RUN, "run", *([] if advised else ["--no-optimiser"]), "--config", str(site)]
    command += ["--state", str(folder / "state"), "--socket", str(folder / "control.sock")]
    with (folder / "daemon.log").open("wb") as log:
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        running = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=before, cwd=ROOT, env=environ)  # noqa: PLW1509  # no threads here
    try:
        yield running
    finally:
        for _ in range(2):
            running.terminate()
            time.sleep(0.2)
        running.wait(30)


def health(folder: Path, within_s: float = 30.0) -> dict[str, Any]:
    """What the daemon says of itself, as soon as it answers.

    Raises:
        Refused: it does not, in that time.
    """
    end = time.monotonic() + within_s
    while True:
        try:
            return ask(folder / "control.sock", "health")
        except Refused:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def may_be_real_time() -> bool:
    """Whether this user may start a real-time process."""
    done = subprocess.run(["chrt", "-f", str(PRIORITY), "true"], capture_output=True, check=False)
    return done.returncode == 0


def until_advised(folder: Path) -> None:
    """Wait for the first advice: the start of the optimiser's process is not what is measured."""
    end = time.monotonic() + 60.0
    while not health(folder)["counters"]["advice_heard"]:
        if time.monotonic() > end:
            raise SystemExit("the optimiser's process did not come up; see its log in the state directory")
        time.sleep(0.2)


def measure(seconds: float, count: int, before: Callable[[], None] | None, *, advised: bool) -> dict[str, Any]:
    """One run's health at its end."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with cabinet(folder) as site, daemon(folder, site, before, advised=advised):
            health(folder)
            if advised:
                until_advised(folder)
            with hogs(count):
                time.sleep(seconds)
                return health(folder)


def main() -> None:
    """Measure and print, one line a variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="length of each run (default: %(default)s)")
    parser.add_argument("--hogs", type=int, default=2, help="CPU hogs beside it (default: %(default)s)")
    options = parser.parse_args()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {options.hogs} hogs"
    )
    print(f"target with every thread under SCHED_FIFO: p99.9 < {TARGET_P999_MS} ms")
    real_time = may_be_real_time()
    for name, (before, advised) in VARIANTS.items():
        if before is not None and not real_time:
            print(f"{name:32} not measured: no right to SCHED_FIFO here (run as root)")
            continue
        said = measure(options.seconds, options.hogs, before, advised=advised)
        loop = said["loop"]
        late = "  ".join(f"{key} {value:8.2f}" for key, value in loop["late_ms"].items())
        faults = ", ".join(sorted(set(said["faults"]))) or "none"
        print(
            f"{name:32} {loop['ticks']:6} ticks  late ms: {late}  100 ms or later: {loop['missed']}  faults: {faults}"
            + (f"  advice heard: {said['counters']['advice_heard']}" if advised else "")
        )


if __name__ == "__main__":
    main()
