"""What the daemon costs: CPU share, memory, and how quickly it is there.

Run it from the repository: `python bench/footprint.py [--seconds N] [--starts N]`. The daemon runs on a Modbus TCP module
and a serial line (`cabinet.py`). Printed: its share of one core and its resident memory while it runs; the time from
`exec` to the first lamp image written (from the module's side: coils asked to be written); and `stopline --version` as a
multiple of a bare `python -c pass`.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from cabinet import ROOT, cabinet
from lateness import RUN, daemon, health

TARGETS = {"cpu_percent": 5.0, "rss_mb": 60.0, "version_ratio": 6.0, "first_write_s": 1.5}
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU time a process has used, user and system, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def rss_mb(pid: int) -> float:
    """Resident memory, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def running(seconds: float) -> tuple[float, float]:
    """CPU share in percent of one core, and resident memory in MB, of a daemon that has come to green."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with cabinet(folder) as site, daemon(folder, site) as process:
            health(folder)
            time.sleep(min(20.0, seconds))
            before, began = cpu_s(process.pid), time.monotonic()
            time.sleep(seconds)
            share = 100 * (cpu_s(process.pid) - before) / (time.monotonic() - began)
            return share, rss_mb(process.pid)


def first_write() -> float:
    """From the start of the process to the first lamp image the device has confirmed, s."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with cabinet(folder) as site:
            began = time.monotonic()
            with daemon(folder, site):
                while True:
                    devices = {device["name"]: device for device in health(folder)["devices"]}
                    if devices["cab"]["verified_age_s"] is not None:
                        return time.monotonic() - began
                    time.sleep(0.01)


def version_ratio(times: int) -> float:
    """`stopline --version` against a bare interpreter, median over `times` of each."""

    def took(*arguments: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
        return time.perf_counter() - began

    pairs = [(took("-c", RUN, "--version"), took("-c", "pass")) for _ in range(times)]
    return median(a for a, _ in pairs) / median(b for _, b in pairs)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="how long CPU time is counted (default: %(default)s)"
    )
    parser.add_argument("--starts", type=int, default=5, help="starts of each kind (default: %(default)s)")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    share, memory = running(options.seconds)
    print(
        f"CPU {share:.1f} % of a core (target < {TARGETS['cpu_percent']}), RSS {memory:.0f} MB (target < {TARGETS['rss_mb']})"
    )
    starts = [first_write() for _ in range(options.starts)]
    print(
        f"start to first confirmed lamp image: median {median(starts):.2f} s, longest {max(starts):.2f} s (target < 1.5)"
    )
    print(
        f"stopline --version: {version_ratio(options.starts * 3):.1f} × python -c pass (target < {TARGETS['version_ratio']})"
    )


if __name__ == "__main__":
    main()
