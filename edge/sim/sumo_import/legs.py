"""The legs of a junction: which way each approach heads, what it is called, and which approaches face each other."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.model.lanes import Turn
from edge.sim.sumo_import.links import Signal, turn_of
from edge.sim.sumo_import.net import NetLane, Network

_COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_FACING_DEG = 50.0
"""Two approaches face each other if they are within this of opposite. Ours: less than half of the corner between streets."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One approach: an edge whose lanes the traffic light controls. `heading`: degrees, 0 north, 90 east."""

    edge: str
    name: str
    heading: float
    lanes: tuple[str, ...]
    links: Mapping[Turn, frozenset[int]]

    def turning(self, *turns: Turn) -> frozenset[int]:
        """The links that go these ways."""
        return frozenset(link for turn in turns for link in self.links.get(turn, frozenset()))

    @property
    def all_links(self) -> frozenset[int]:
        """All links of the leg."""
        return frozenset(link for links in self.links.values() for link in links)


def legs_of(net: Network, signal: Signal) -> tuple[Leg, ...]:
    """The legs, named by the side they come from: N, E, S, W; by eighths, or numbered, where two would be called the same."""
    edges: dict[str, list[str]] = {}
    for lane in signal.lanes:
        edges.setdefault(net.lanes[lane].edge, []).append(lane)
    headings = {edge: heading_of(net.lanes[lanes[0]]) for edge, lanes in edges.items()}
    names = _names(headings)
    return tuple(
        Leg(
            edge,
            names[edge],
            headings[edge],
            tuple(sorted(lanes, key=lambda n: net.lanes[n].index)),
            _turns(signal, edge),
        )
        for edge, lanes in edges.items()
    )


def heading_of(lane: NetLane) -> float:
    """Which way a lane heads at its end."""
    if len(lane.shape) < 2:  # noqa: PLR2004 - a line has two points
        return 0.0
    (x0, y0), (x1, y1) = lane.shape[-2:]
    return math.degrees(math.atan2(x1 - x0, y1 - y0)) % 360


def facing(a: Leg, b: Leg) -> bool:
    """Whether two approaches face each other."""
    return off_opposite(a, b) <= _FACING_DEG


def off_opposite(a: Leg, b: Leg) -> float:
    """By how many degrees two approaches are not opposite."""
    return abs((a.heading - b.heading) % 360 - 180)


def _turns(signal: Signal, edge: str) -> dict[Turn, frozenset[int]]:
    found: dict[Turn, set[int]] = {}
    for link in signal.vehicles:
        for connection in link.connections:
            if connection.start.rsplit("_", 1)[0] == edge:
                found.setdefault(turn_of(connection), set()).add(link.index)
    return {turn: frozenset(links) for turn, links in found.items()}


def _names(headings: Mapping[str, float]) -> dict[str, str]:
    by_quarter = {edge: _COMPASS[round(((h + 180) % 360) / 90) % 4 * 2] for edge, h in headings.items()}
    by_eighth = {edge: _COMPASS[round(((h + 180) % 360) / 45) % 8] for edge, h in headings.items()}
    first = by_quarter if _unlike(by_quarter.values()) else by_eighth
    if _unlike(first.values()):
        return first
    count: dict[str, int] = {}
    names: dict[str, str] = {}
    for edge in headings:
        name = first[edge]
        count[name] = count.get(name, 0) + 1
        names[edge] = name if count[name] == 1 else f"{name}-{count[name]}"
    return names


def _unlike(names: Iterable[str]) -> bool:
    seen = list(names)
    return len(set(seen)) == len(seen)
