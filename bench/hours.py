"""Recorded hours of one junction: programs of SUMO's controllers beside ours, hour by hour.

Run it from the repository, with a network and hours as CityFlow's flow files (a list of vehicles with `route` and `startTime`):

    python bench/hours.py NET.net.xml FLOW.json… [--peers DIR] [--yellow S] [--red S] [--seeds N] [--ours STRATEGY]…

Peers are the `peer-*.add.xml` of DIR: programs for the one traffic light of NET. Ours is what `stopline import sumo NET`
writes, nothing set by hand. Delay is timeLoss + departDelay over all vehicles, the unfinished included, in s a vehicle,
over the hour and five minutes to empty. Output goes to var/bench/hours.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nets import OPTIONS

FOLDER = Path("var/bench/hours")
END_S = 3_900
KIND = 'accel="2.0" decel="4.5" length="5.0" minGap="2.5" maxSpeed="11.111" width="2.0"'
"""Of every vehicle, as these files say themselves."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every hour with everybody, and print a table."""
    given = _parser().parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    site = FOLDER / "site.yaml"
    if (
        _stopline("import", "sumo", str(given.net), "--yellow", given.yellow, "--red", given.red, "-o", str(site))
        is None
    ):
        return 1
    who: dict[str, Callable[[Path, int], float | None]] = {}
    for program in sorted(given.peers.glob("peer-*.add.xml")) if given.peers else ():
        who[program.name[5:-8]] = partial(_peer, program)
    for strategy in given.ours or ("actuated", "adaptive"):
        who[f"ours, {strategy}"] = partial(_ours, site, strategy)
    failed = False
    for flow in given.flows:
        cfg = _scenario(given.net, flow)
        for name, run in who.items():
            found = [run(cfg, seed) for seed in range(1, given.seeds + 1)]
            delays = [delay for delay in found if delay is not None]
            failed |= len(delays) < len(found)
            print(f"{cfg.stem:36s} {name:26s} {statistics.mean(delays) if delays else float('nan'):7.1f}", flush=True)
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("net", type=Path, metavar="NET", help="network of one junction")
    parser.add_argument("flows", type=Path, nargs="+", metavar="FLOW", help="flow.json of an hour; named by its folder")
    parser.add_argument("--peers", type=Path, metavar="DIR", help="where peers' programs lie")
    parser.add_argument("--yellow", default="3", metavar="S", help="of ours (default 3)")
    parser.add_argument("--red", default="2", metavar="S", help="of ours, all-red (default 2)")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="seeds 1 to N (default 2)")
    parser.add_argument("--ours", action="append", metavar="STRATEGY", help="default: actuated and adaptive")
    return parser


def _scenario(net: Path, flow: Path) -> Path:
    """Write the routes of an hour, and the sumocfg that runs them."""
    name = flow.parent.name or flow.stem
    vehicles = sorted(json.loads(flow.read_text("utf-8")), key=lambda row: float(row["startTime"]))
    rows = [f'<vType id="car" {KIND}/>']
    rows += [
        f'<vehicle id="{k}" type="car" depart="{row["startTime"]}"><route edges={quoteattr(" ".join(row["route"]))}/></vehicle>'
        for k, row in enumerate(vehicles)
    ]
    (FOLDER / f"{name}.rou.xml").write_text("<routes>\n" + "\n".join(rows) + "\n</routes>\n", "utf-8")
    files = f"<net-file value={quoteattr(str(net.resolve()))}/><route-files value={quoteattr(name + '.rou.xml')}/>"
    cfg = FOLDER / f"{name}.sumocfg"
    cfg.write_text(
        f'<configuration><input>{files}</input><time><begin value="0"/><end value="{END_S}"/></time></configuration>\n'
    )
    return cfg


def _peer(program: Path, cfg: Path, seed: int) -> float | None:
    trips = (FOLDER / f"{cfg.stem}.trips.xml").resolve()
    written = (
        "--tripinfo-output",
        str(trips),
        "--tripinfo-output.write-unfinished",
        "--tripinfo-output.write-undeparted",
    )
    sumo = str(Path(sys.executable).parent / "sumo")
    words = (sumo, "-c", str(cfg), "-a", str(program.resolve()), "--seed", str(seed), *OPTIONS, *written)
    if _said(*words) is None:
        return None
    rows = ET.parse(trips).getroot().iter("tripinfo")
    return statistics.mean(float(row.get("timeLoss", 0)) + max(0.0, float(row.get("departDelay", 0))) for row in rows)


def _ours(site: Path, strategy: str, cfg: Path, seed: int) -> float | None:
    words = ("--plant", "sumo", "--sumocfg", str(cfg), "--strategy", strategy, "--seed", str(seed), "--json")
    said = _stopline("simulate", str(site), *words)
    report = json.loads(said) if said else None
    if report is not None and report["violations"]:
        print(f"{cfg.stem}, {strategy}, seed {seed}: {report['violations']} violations", file=sys.stderr)
        return None
    return float(report["delay_s"]) if report is not None else None


def _stopline(*words: str) -> str | None:
    return _said(sys.executable, "-m", "edge", *words)


def _said(*words: str) -> str | None:
    """What a program says; None where it fails, and then its own words go to stderr."""
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    if ran.returncode:
        print(ran.stderr[-2000:], file=sys.stderr)
        return None
    return ran.stdout


if __name__ == "__main__":
    sys.exit(main())
