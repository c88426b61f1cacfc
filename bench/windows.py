"""Offset windows: a junction behind a neighbour with a fixed cycle, with and without its window, and with a wrong one.

    python bench/windows.py [--seeds N] [--duration S] [--metres M]

Two junctions in a row, made with netconvert (extra `sumo`): the first shows SUMO's fixed programme of 90 s, the second is ours.
Its east-west phases get a window of the time that the first one's green and the free speed between them tell; nothing is
searched. The last row has the window half a cycle off: what a wrong row of the site file costs. Delay is timeLoss + departDelay
of all vehicles of both junctions, s a vehicle. Output goes to var/bench/windows.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import yaml

FOLDER = Path("var/bench/windows")
CYCLE_S = 90
SPEED_MS = 13.9
FLOWS = {"w-e": 900, "e-w": 450, "a": 250, "b": 300}
"""Vehicles an hour: along the street, back, and on the side streets of the first and the second, one way each. Ours."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, run, and print a table."""
    given = _parser().parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    net = _net(given.metres)
    site = FOLDER / "plain.yaml"
    _run("-m", "edge", "import", "sumo", str(net), "--tls", "B", "-o", str(site))
    green_s, phases = _green_s(net), _phases(site)
    offset_s = round(given.metres / SPEED_MS)
    sites = {
        "without": site,
        "with its window": _with(site, "its", phases, offset_s, green_s),
        "half a cycle off": _with(site, "off", phases, (offset_s + CYCLE_S // 2) % CYCLE_S, green_s),
    }
    print(
        f"{given.metres} m, window of phases {phases}: offset {offset_s}, {green_s} s; {given.seeds} seeds, s a vehicle"
    )
    base = _row("actuated", site, "actuated", given)
    for name, path in sites.items():
        _row(f"adaptive, {name}", path, "adaptive", given, base)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds 1 to N (default 5)")
    parser.add_argument("--duration", type=int, default=1800, metavar="S", help="seconds (default 1800)")
    parser.add_argument("--metres", type=int, default=400, metavar="M", help="from one to the other (default 400)")
    return parser


def _row(
    name: str, site: Path, strategy: str, given: argparse.Namespace, base: list[float] | None = None
) -> list[float]:
    delays = [_delay(site, strategy, seed, given) for seed in range(1, given.seeds + 1)]
    spread = statistics.stdev(delays) if len(delays) > 1 else 0.0
    part = f"  {statistics.mean(d / b for d, b in zip(delays, base, strict=True)):.2f} of actuated" if base else ""
    print(f"{name:28s} {statistics.mean(delays):6.1f} ± {spread:4.1f}{part}", flush=True)
    return delays


def _delay(site: Path, strategy: str, seed: int, given: argparse.Namespace) -> float:
    words = (
        "--plant",
        "sumo",
        "--sumocfg",
        str(_scenario(given.duration)),
        "--strategy",
        strategy,
        "--seed",
        str(seed),
    )
    report = json.loads(_run("-m", "edge", "simulate", str(site), *words, "--json"))
    if report["violations"]:
        raise SystemExit(f"{site}, {strategy}, seed {seed}: {report['violations']} violations")
    return float(report["delay_s"])


def _run(*words: str) -> str:
    ran = subprocess.run((sys.executable, *words), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stderr[-2000:])
    return ran.stdout


# ── the street ──────────────────────────────────────────────────────────────────────────────────


def _net(metres: int) -> Path:
    """Two crossings of four legs, two lanes each way along the street and one on the side streets."""
    at = {"W": (-400, 0), "A": (0, 0), "B": (metres, 0), "E": (metres + 400, 0)}
    at |= {f"{side}{where}": (at[where][0], y) for where in "AB" for side, y in (("N", 300), ("S", -300))}
    nodes, edges = ET.Element("nodes"), ET.Element("edges")
    for name, (x, y) in at.items():
        ET.SubElement(nodes, "node", id=name, x=str(x), y=str(y), type="traffic_light" if name in "AB" else "priority")
    street = [("W", "A", 2), ("A", "B", 2), ("B", "E", 2)]
    for one, other, lanes in [*street, *((f"{side}{where}", where, 1) for where in "AB" for side in "NS")]:
        for begin, end in ((one, other), (other, one)):
            row = {"id": f"{begin}-{end}", "from": begin, "to": end, "numLanes": str(lanes), "speed": str(SPEED_MS)}
            ET.SubElement(edges, "edge", row)
    files = {"nod": nodes, "edg": edges}
    for kind, root in files.items():
        ET.ElementTree(root).write(FOLDER / f"street.{kind}.xml")
    net = FOLDER / "street.net.xml"
    tool = str(Path(sys.executable).parent / "netconvert")
    files_in = ["-n", str(FOLDER / "street.nod.xml"), "-e", str(FOLDER / "street.edg.xml"), "-o", str(net)]
    subprocess.run(
        [tool, *files_in, "--tls.cycle.time", str(CYCLE_S), "--no-turnarounds"], check=True, capture_output=True
    )
    return net


def _green_s(net: Path) -> int:
    """The green of the first junction along the street, which its programme begins with."""
    program = next(row for row in ET.parse(net).getroot().iter("tlLogic") if row.get("id") == "A")
    link = next(
        int(str(row.get("linkIndex")))
        for row in ET.parse(net).getroot().iter("connection")
        if row.get("tl") == "A" and row.get("from") == "W-A" and row.get("to") == "A-B"
    )
    lasts = 0
    for phase in program.iter("phase"):
        if str(phase.get("state"))[link] not in "Gg":
            break
        lasts += int(float(str(phase.get("duration"))))
    if not lasts:
        raise SystemExit("the programme of the first junction does not begin with the street's green")
    return lasts


def _scenario(duration: int) -> Path:
    """Vehicles that come at random, and where they go."""
    routes, begin = (
        ET.Element("routes"),
        {"begin": "0", "end": str(duration), "departLane": "best", "departSpeed": "max"},
    )
    ways = [("W-A", "B-E", "w-e"), ("E-B", "A-W", "e-w")]
    ways += [(f"{s}{w}-{w}", f"{w}-{t}{w}", w.lower()) for w in "AB" for s, t in (("N", "S"), ("S", "N"))]
    ways += [("W-A", "B-NB", "turn"), ("NB-B", "B-E", "turn"), ("SB-B", "B-A", "turn")]
    for start, end, kind in ways:
        a_second = FLOWS.get(kind, 60) / 3600
        row = {
            "id": f"{start}:{end}",
            "from": start,
            "to": "A-W" if end == "B-A" else end,
            "period": f"exp({a_second:.5f})",
        }
        ET.SubElement(routes, "flow", row | begin)
    ET.ElementTree(routes).write(FOLDER / "street.rou.xml")
    config = ET.Element("configuration")
    rows = {"net-file": "street.net.xml", "route-files": "street.rou.xml", "begin": "0", "end": str(duration)}
    for key, value in rows.items():
        ET.SubElement(config, key, value=value)
    ET.ElementTree(config).write(FOLDER / "street.sumocfg")
    return FOLDER / "street.sumocfg"


# ── the site ────────────────────────────────────────────────────────────────────────────────────


def _phases(site: Path) -> list[int]:
    """The phases in which the lanes from the first junction go straight on."""
    found: set[int] = set()
    for lane in yaml.safe_load(site.read_text())["lanes"].values():
        ways = [m for m in lane["movements"] if m["turn"] == "through"]
        if "A-B" in str(lane["approach"]) or lane["approach"] == "W":
            found |= {min(way["phases"]) for way in ways}
    return sorted(found)


def _with(site: Path, name: str, phases: list[int], offset_s: int, lasts_s: int) -> Path:
    """The same site with a window."""
    rows = yaml.safe_load(site.read_text())
    window = {"phases": phases, "cycle": CYCLE_S, "offset": offset_s, "lasts": lasts_s}
    rows["adaptive"] = {**(rows.get("adaptive") or {}), "windows": [window]}
    path = FOLDER / f"{name}.yaml"
    path.write_text(yaml.safe_dump(rows, sort_keys=False))
    return path


if __name__ == "__main__":
    sys.exit(main())
