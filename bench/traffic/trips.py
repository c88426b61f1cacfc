"""Delay and its companions from SUMO's own outputs, by the benchmark's own arithmetic (docs/traffic.md).

Delay of a vehicle is timeLoss + departDelay; all vehicles that were due count, those under way at the end and those that never
got onto the road included.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

UNSERVED_S = 300.0
"""Who was due longer than this before the end and has not arrived was not served (longest free way of the nets: 60 s)."""


@dataclass(frozen=True)
class Trips:
    """One run's figures; times in s, per vehicle."""

    vehicles: int
    delay: float
    waiting: float
    stops: float
    p95: float
    longest: float
    arrived: int
    unfinished: int
    unserved: int
    pedestrians: int
    ped_delay: float
    ped_longest: float

    def row(self) -> dict[str, float]:
        """For the record."""
        return {key: round(value, 3) for key, value in asdict(self).items()}


def read_trips(path: Path, end: float) -> Trips:
    """A tripinfo file written with unfinished and undeparted vehicles."""
    delays: list[float] = []
    waiting = stops = arrived = unserved = 0.0
    walks: list[tuple[float, float]] = []
    for _, row in ET.iterparse(path):
        if row.tag == "tripinfo":
            delays.append(_number(row, "timeLoss") + _number(row, "departDelay"))
            waiting += _number(row, "waitingTime")
            stops += _number(row, "waitingCount")
            there = _number(row, "arrival") >= 0
            arrived += there
            unserved += not there and _due(row, end) < end - UNSERVED_S
            row.clear()
        elif row.tag == "walk":
            walks.append((_number(row, "timeLoss"), _number(row, "waitingTime")))
    n = max(len(delays), 1)
    delays.sort()
    return Trips(
        len(delays),
        sum(delays) / n,
        waiting / n,
        stops / n,
        delays[min(int(0.95 * len(delays)), len(delays) - 1)] if delays else 0.0,
        delays[-1] if delays else 0.0,
        int(arrived),
        len(delays) - int(arrived),
        int(unserved),
        len(walks),
        sum(lost for lost, _ in walks) / max(len(walks), 1),
        max((waited for _, waited in walks), default=0.0),
    )


def _due(row: ET.Element, end: float) -> float:
    """When it was to depart; one that never did was to `departDelay` before the end."""
    depart = _number(row, "depart")
    return (depart if depart >= 0 else end) - _number(row, "departDelay")


def _number(row: ET.Element, key: str) -> float:
    return float(row.get(key) or 0)


def read_statistics(path: Path) -> dict[str, int]:
    """Teleports, collisions and emergency braking from SUMO's statistics file."""
    root = ET.parse(path).getroot()
    wanted = {"teleports": ("teleports", "total"), "collisions": ("safety", "collisions")}
    wanted |= {"emergency_braking": ("safety", "emergencyBraking"), "emergency_stops": ("safety", "emergencyStops")}
    found = {}
    for name, (tag, key) in wanted.items():
        row = root.find(tag)
        found[name] = int(float(row.get(key) or 0)) if row is not None else 0
    return found


def read_halting(path: Path) -> int:
    """The largest number of vehicles that stood at once, from SUMO's summary."""
    most = 0
    for _, row in ET.iterparse(path):
        if row.tag == "step":
            most = max(most, int(row.get("halting") or 0))
            row.clear()
    return most
