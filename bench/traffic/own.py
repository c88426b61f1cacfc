"""Scenarios of our own: the founding case on synth8's net, and junctions with signalised crossings and push-buttons."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

from traffic.judge import Least
from traffic.peers import run, sumo
from traffic.scenarios import ROOT, VAR, Scenario

DRAWS = (1, 2, 3)
HALF_S = 1800
JAMMED, EMPTY = 1000, 20
"""veh/h a leg. The searched plan passes 750 of the 900 that do not turn left; with all the green three times as many."""
TURNS = {"straight": 0.8, "left": 0.1, "right": 0.1}
_LEGS = "NESW"


@dataclass(frozen=True)
class Flow:
    """Vehicles an hour from a leg in a time, s."""

    leg: str
    begin: int
    end: int
    per_hour: float


def founding(synth8: Scenario, folder: Path = VAR / "founding") -> Scenario:
    """North–south jammed and east–west empty for half an hour, then the reverse."""
    flows = []
    for leg in _LEGS:
        first, second = (JAMMED, EMPTY) if leg in "NS" else (EMPTY, JAMMED)
        flows += [Flow(leg, 0, HALF_S, first), Flow(leg, HALF_S, 2 * HALF_S, second)]
    routes = tuple(_written(folder / f"founding.{k}.rou.xml", _vehicles(flows, k)) for k in DRAWS)
    return replace(synth8, name="founding", routes=routes, bar=None)


def _vehicles(flows: list[Flow], draw: int) -> list[ET.Element]:
    """Poisson arrivals, in order of departure."""
    rng = random.Random(draw)
    trips = sorted(
        (at, flow.leg, rng.choices(list(TURNS), list(TURNS.values()))[0]) for flow in flows for at in _times(flow, rng)
    )
    rows = [ET.Element("vType", id="car", vClass="passenger", speedDev="0.1")]
    for k, (at, leg, turn) in enumerate(trips):
        vehicle = ET.Element("vehicle", id=str(k), type="car", depart=f"{at:.2f}", departLane="best", departSpeed="max")
        ET.SubElement(vehicle, "route", edges=f"{leg}i {_towards(leg, turn)}o")
        rows.append(vehicle)
    return rows


def _times(flow: Flow, rng: random.Random) -> Iterator[float]:
    at = flow.begin + rng.expovariate(flow.per_hour / 3600)
    while at < flow.end:
        yield at
        at += rng.expovariate(flow.per_hour / 3600)


def _towards(leg: str, turn: str) -> str:
    """Seen from above, clockwise N E S W: who comes from N and turns left leaves by E."""
    return _LEGS[(_LEGS.index(leg) + {"left": 1, "straight": 2, "right": 3}[turn]) % 4]


def _written(path: Path, rows: list[ET.Element]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    root = ET.Element("routes")
    root.extend(rows)
    ET.ElementTree(root).write(path)
    return path


BUILTIN = "reversal, built-in plant"


def builtin() -> Scenario:
    """The founding case on the built-in plant, for the example site of eight phases."""
    return Scenario(BUILTIN, ROOT / "config" / "dual-ring-8phase.yaml", (), "", Least(yellow=3, red=1), end=3600)


# ── crossings ──


@dataclass(frozen=True)
class Crossed:
    """A junction with a signalised crossing over each leg. `lanes` a leg and way; `cars` veh/h by leg, `walks` over each
    crossing and way."""

    name: str
    lanes: int
    cars: Mapping[str, float]
    walks: float


CROSSED = (
    Crossed("crossings", 2, {"N": 550, "S": 500, "E": 300, "W": 350}, 60),
    Crossed("crossings-narrow", 1, {"N": 150, "S": 120, "E": 400, "W": 350}, 120),
)
"""A wide junction of two busy streets; and one of shared lanes alone, a main street and a quiet one, with twice the walks."""


def crossings(folder: Path = VAR) -> tuple[Scenario, ...]:
    """Four legs with a crossing over each, built by netconvert; its signals are ours to time."""
    return tuple(_crossings(kind, folder / kind.name) for kind in CROSSED)


def _crossings(kind: Crossed, folder: Path) -> Scenario:
    net = folder / f"{kind.name}.net.xml"
    if not net.exists():
        _build(kind, folder, net)
    routes = tuple(_written(folder / f"{kind.name}.{k}.rou.xml", _traffic(kind, k)) for k in DRAWS)
    return Scenario(kind.name, net, routes, "C", Least(yellow=3, red=1), end=3900)


def _build(kind: Crossed, folder: Path, net: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    places = {"C": (0, 0), "N": (0, 300), "E": (300, 0), "S": (0, -300), "W": (-300, 0)}
    nodes, edges = ET.Element("nodes"), ET.Element("edges")
    for name, (x, y) in places.items():
        kept = "traffic_light" if name == "C" else "priority"
        ET.SubElement(nodes, "node", id=name, x=str(x), y=str(y), type=kept)
    for leg in _LEGS:
        more = {"numLanes": str(kind.lanes), "speed": "13.89", "sidewalkWidth": "2"}
        ET.SubElement(edges, "edge", {"id": f"{leg}i", "from": leg, "to": "C", **more})
        ET.SubElement(edges, "edge", {"id": f"{leg}o", "from": "C", "to": leg, **more})
    sources = [folder / f"{kind.name}.nod.xml", folder / f"{kind.name}.edg.xml"]
    for tree, source in zip((nodes, edges), sources, strict=True):
        ET.ElementTree(tree).write(source)
    netconvert = Path(sumo()).parent / "netconvert"
    options = ["--crossings.guess", "true", "--no-turnarounds", "true"]
    run([str(netconvert), "-n", str(sources[0]), "-e", str(sources[1]), *options, "-o", str(net)])


def _traffic(kind: Crossed, draw: int) -> list[ET.Element]:
    rows = _vehicles([Flow(leg, 0, 3600, n) for leg, n in kind.cars.items()], draw)
    rng = random.Random(100 + draw)
    walks = sorted((at, start, end) for start, end in _ways() for at in _times(Flow("", 0, 3600, kind.walks), rng))
    persons = []
    for k, (at, start, end) in enumerate(walks):
        person = ET.Element("person", id=f"p{k}", depart=f"{at:.2f}", departPos=_near(start))
        ET.SubElement(person, "walk", {"from": start, "to": end, "arrivalPos": _near(end)})
        persons.append(person)
    timed = [*rows[1:], *persons]
    return [rows[0], *sorted(timed, key=lambda row: float(str(row.get("depart"))))]


def _ways() -> Iterator[tuple[str, str]]:
    """Over the crossing of each leg, both ways: from the footway of the leg beside it to that of the one opposite."""
    for k in range(4):
        left, right = _LEGS[k - 1], _LEGS[(k + 1) % 4]
        yield f"{left}o", f"{right}i"
        yield f"{right}i", f"{left}o"


def _near(edge: str) -> str:
    """30 m from the junction."""
    return "30" if edge.endswith("o") else "-30"
