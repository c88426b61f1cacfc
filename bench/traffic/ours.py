"""Our runs: through the command line, as a user would, over the same sumocfg as everybody's."""

import hashlib
import json
import sys
import threading
from pathlib import Path
from typing import Any

import yaml

from traffic.cases import Case, Fault
from traffic.flows import approaches
from traffic.net import read_signals
from traffic.peers import measured, run
from traffic.scenarios import ROOT, VAR, Scenario
from traffic.sites import detectors_of, import_site, without_advance
from traffic.sumo_files import write_config


def stopline() -> str:
    """The command of this environment."""
    return str(Path(sys.executable).parent / "stopline")


def program_hash(*paths: Path) -> str:
    """A hash of these source files, and of all in these folders."""
    digest = hashlib.sha256()
    for file in sorted(f for path in paths for f in ([path] if path.is_file() else path.rglob("*.py"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


class OurSites:
    """The site files, imported once a program; and the approaches of each scenario. Runs go side by side: what two of them
    need is made by one, and the other waits."""

    def __init__(self, program: str, folder: Path = VAR) -> None:
        self.folder = folder / "sites" / program
        self._ends: dict[str, dict[str, str]] = {}
        self._making = threading.Lock()

    def site(self, scenario: Scenario, *, stopbar_only: bool) -> Path:
        """The site file of a case."""
        whole = self.folder / f"{scenario.name}.yaml"
        cut = self.folder / f"{scenario.name}-stopbar.yaml"
        with self._making:
            if not whole.exists():
                import_site(stopline(), scenario, whole)
            if stopbar_only and not cut.exists():
                cut.write_text(without_advance(whole.read_text("utf-8")), "utf-8")
        return cut if stopbar_only else whole

    def fault(self, scenario: Scenario, fault: Fault) -> list[str]:
        """`--fault` of a case."""
        name = scenario.name
        with self._making:
            if name not in self._ends:
                signals = read_signals(scenario.net)[scenario.tls]
                self._ends[name] = approaches(scenario, signals, self.folder / f"flows-{name}")
        site = yaml.load(self.site(scenario, stopbar_only=False).read_text("utf-8"), yaml.BaseLoader)
        loops = detectors_of(site, self._ends[name][fault.approach])
        return ["--fault", f"{fault.kind}:{','.join(map(str, loops))}@{fault.since}-{scenario.end - scenario.begin}"]


def run_ours(case: Case, sites: OurSites, folder: Path) -> dict[str, Any]:
    """One hour of our controller."""
    config = write_config(folder, case.scenario, case.seed, case.scale)
    site = sites.site(case.scenario, stopbar_only=case.stopbar_only)
    command = [
        stopline(),
        "simulate",
        str(site),
        "--plant",
        "sumo",
        "--sumocfg",
        config.name,
        "--tls",
        case.scenario.tls,
    ]
    command += ["--strategy", case.controller, "--seed", str(case.seed), "--out", "out", "--json"]
    if case.fault is not None:
        command += sites.fault(case.scenario, case.fault)
    said = json.loads(run(command, folder))
    return {**measured(case.scenario, folder), "report": said}


def run_builtin(case: Case) -> dict[str, Any]:
    """The founding case on the built-in plant: its own arithmetic, and no judge but the monitor."""
    command = [stopline(), "simulate", str(case.scenario.net), "--strategy", case.controller, "--demand", "reversal"]
    said = json.loads(run([*command, "--seed", str(case.seed), "--json"]))
    vehicles = max(int(said["vehicles"]), 1)
    unknown = {"teleports": 0, "collisions": 0, "emergency_braking": 0, "judge": {}}
    figures = {"delay": said["delay_s"], "stops": said["stops"] / vehicles, "p95": said["p95_delay_s"]}
    queue = max(int(phase["longest_queue"]) for phase in said["phases"].values())
    return {**unknown, **figures, "queue": queue, "unserved": said["unserved"], "report": said}


def source_hash() -> str:
    """Our program's."""
    return program_hash(ROOT / "edge", ROOT / "drivers")
