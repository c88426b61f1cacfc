"""Whole networks: SUMO with the programs of the network beside ours on every junction, fixed, actuated and adaptive.

Run it from the repository, with any network and scenario of your own:

    python bench/nets.py NET.net.xml RUN.sumocfg [--programs FILE] [--duration S] [--seeds N]

Every traffic light is imported as it is (`stopline import sumo NET --all`), nothing is set by hand. Delay is timeLoss +
departDelay over all vehicles, the unfinished and those that never got onto the road included, in s a vehicle. What becomes of
vehicles that stand for long or collide is for the sumocfg to say, with the network's own programs as with ours. One seed
moves by several per cent by chance: give three or more. Output goes to var/bench/nets; nothing is written beside the
network but what the scenario itself asks for.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

OURS = ("fixed", "actuated", "adaptive")
FOLDER = Path("var/bench/nets")
OPTIONS = ("--no-step-log", "--no-warnings", "--duration-log.disable")
"""Which change nothing of the traffic."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Import, run, and print a table."""
    given = _parser().parse_args(arguments)
    sites = FOLDER / given.net.name.removesuffix(".gz").removesuffix(".net.xml")
    sites.mkdir(parents=True, exist_ok=True)
    for old in sites.glob("*.yaml"):  # of another network of this name
        old.unlink()
    programs = [word for file in given.programs for word in ("--programs", str(file))]
    if _stopline("import", "sumo", str(given.net), *programs, "--all", "-o", str(sites)).returncode:
        return 1
    files = sorted(str(path) for path in sites.glob("*.yaml"))
    print(f"{given.net.name}: {len(files)} traffic lights, {given.seeds} seeds; s/veh, and vehicles not served in time")
    failed = _row("the network's programs", [_own(given, sites, seed) for seed in _seeds(given)])
    for strategy in OURS:
        failed |= _row(f"ours, {strategy}", [_ours(given, files, strategy, seed) for seed in _seeds(given)])
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("net", type=Path, metavar="NET", help="network (.net.xml, packed or not)")
    parser.add_argument("cfg", type=Path, metavar="SUMOCFG", help="scenario that loads it")
    parser.add_argument(
        "--programs", type=Path, action="append", default=[], help="additional file with programs, as for `import`"
    )
    parser.add_argument("--duration", type=int, default=3600, metavar="S", help="seconds from its begin (default 3600)")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds 1 to N (default 3)")
    return parser


def _seeds(given: argparse.Namespace) -> range:
    return range(1, given.seeds + 1)


def _row(name: str, runs: list[tuple[float, int | None] | None]) -> bool:
    """Print one line of the table; whether a run failed."""
    delays = [run[0] for run in runs if run is not None]
    unserved = [run[1] for run in runs if run is not None and run[1] is not None]
    spread = statistics.stdev(delays) if len(delays) > 1 else 0.0
    late = f"{sum(unserved):6d}" if unserved else "     –"
    print(f"{name:24s} {statistics.mean(delays) if delays else float('nan'):7.1f} ± {spread:5.1f} {late}", flush=True)
    return len(delays) < len(runs)


def _ours(given: argparse.Namespace, files: list[str], strategy: str, seed: int) -> tuple[float, int | None] | None:
    words = (
        "--sumocfg",
        str(given.cfg),
        "--strategy",
        strategy,
        "--seed",
        str(seed),
        "--duration",
        str(given.duration),
    )
    ran = _stopline("simulate", *files, "--plant", "sumo", *words, "--json")
    if ran.returncode or not ran.stdout.strip():
        return None
    report = json.loads(ran.stdout)
    if report["violations"]:
        print(f"{strategy}, seed {seed}: {report['violations']} violations", file=sys.stderr)
        return None
    return float(report["delay_s"]), int(report["unserved"])


def _own(given: argparse.Namespace, sites: Path, seed: int) -> tuple[float, int | None] | None:
    """SUMO alone. Its programs are those that the scenario loads."""
    trips = (sites / f"own.{seed}.xml").resolve()
    end = ("--end", str(_begin_s(given.cfg) + given.duration))
    written = (
        "--tripinfo-output",
        str(trips),
        "--tripinfo-output.write-unfinished",
        "--tripinfo-output.write-undeparted",
    )
    command = (
        str(Path(sys.executable).parent / "sumo"),
        "-c",
        str(given.cfg),
        "--seed",
        str(seed),
        *end,
        *OPTIONS,
        *written,
    )
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        print(ran.stderr, file=sys.stderr)
        return None
    rows = ET.parse(trips).getroot().iter("tripinfo")
    lost = [float(row.get("timeLoss", 0)) + max(0.0, float(row.get("departDelay", 0))) for row in rows]
    return (statistics.mean(lost) if lost else 0.0), None


def _begin_s(cfg: Path) -> float:
    found = ET.parse(cfg).getroot().find("./time/begin")
    parts = (found.get("value", "0") if found is not None else "0").split(
        ":"
    )  # seconds, or [[days:]hours:]minutes:seconds
    return sum(place * float(part) for place, part in zip((1, 60, 3_600, 86_400), reversed(parts), strict=False))


def _stopline(*words: str) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run((sys.executable, "-m", "edge", *words), capture_output=True, text=True, check=False)
    if ran.returncode:
        print(ran.stderr[-2000:], file=sys.stderr)
    return ran


if __name__ == "__main__":
    sys.exit(main())
