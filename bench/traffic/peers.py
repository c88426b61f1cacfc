"""A peer's run: plain SUMO with the peer's program, judged like everybody."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from traffic.judge import counted, judge, saved
from traffic.net import read_signals
from traffic.scenarios import Scenario
from traffic.sumo_files import STATES, STATISTICS, SUMMARY, TRIPS, write_config
from traffic.trips import read_halting, read_statistics, read_trips


class RunFailed(Exception):
    """A program ended with an error; the text is its own."""


def sumo() -> str:
    """The sumo of this environment."""
    beside = Path(sys.executable).parent / "sumo"
    found = str(beside) if beside.exists() else shutil.which("sumo")
    if found is None:
        raise RunFailed("there is no sumo in this environment: pip install '.[sumo]'")
    return found


def run_peer(scenario: Scenario, peer: str, seed: int, scale: float, folder: Path) -> dict[str, Any]:
    """One hour of one peer."""
    config = write_config(folder, scenario, seed, scale, scenario.peer(peer))
    run([sumo(), "-c", config.name], folder)
    return measured(scenario, folder)


def run(command: list[str], folder: Path | None = None) -> str:
    """A program's output; its own words if it fails. The same hashes, and so the same memory, in every run."""
    surroundings = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunFailed(f"{' '.join(command)}\nexit {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def measured(scenario: Scenario, folder: Path) -> dict[str, Any]:
    """The figures and findings of a finished run, from SUMO's own outputs; its bulky files are removed."""
    trips = read_trips(folder / TRIPS, scenario.end)
    states = saved(folder / STATES).get(scenario.tls, [])
    signals = read_signals(scenario.net)[scenario.tls]
    findings = judge(states, signals, scenario.least)
    result = {
        **trips.row(),
        **read_statistics(folder / STATISTICS),
        "queue": read_halting(folder / SUMMARY),
        "steps": len(states),
        "judge": counted(findings),
        "first": [f"{f.at:.0f} {f.kind.value} {f.links}" for f in findings[:5]],
    }
    for name in (TRIPS, STATES, SUMMARY):
        (folder / name).unlink()
    return result
