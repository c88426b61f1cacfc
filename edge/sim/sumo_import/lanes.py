"""The lanes of a traffic light as the site file names them, with their loops and the phases their movements go in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.sumo import SumoLoop
from edge.model.units import DetectorNumber, PhaseNumber
from edge.sim.sumo_import.layout import Layout
from edge.sim.sumo_import.legs import Leg
from edge.sim.sumo_import.links import Signal, turn_of
from edge.sim.sumo_import.loops import advance, presence_zone, reach_of, stopbar
from edge.sim.sumo_import.net import Network
from edge.sim.sumo_import.problem import NetProblem

MOST_LANES = 55
"""Detectors are numbered to 255: stop-bar loops from 1, zones from 56, advance loops from 101, second inputs from 201."""

ZONE_FROM = 55

ADVANCE_FROM = 100
SECOND_FROM = 200

_LONGEST_M = 5_000.0
_SPEEDS_KMH = (5.0, 150.0)
_MPS_KMH = 3.6


@dataclass(frozen=True, slots=True)
class Placed:
    """A lane with its place in the network. `number`: of its stop-bar loop; `own`: the phase of its approach, of
    stages the first one it goes in; `zone_m`: how far its zone may reach, 0: none."""

    number: int
    sumo: str
    lane: Lane
    own: PhaseNumber
    stopbar: tuple[SumoLoop, ...]
    advance: tuple[SumoLoop, ...]
    zone: tuple[SumoLoop, ...] = ()
    zone_m: float = 0.0


def lanes_of(net: Network, signal: Signal, legs: Iterable[Leg], layout: Layout) -> tuple[Placed, ...]:
    """Every lane of vehicles, leg by leg from the kerb.

    Raises:
        NetProblem: there are more lanes than detectors have numbers.
    """
    names = {lane: _name(leg, k) for leg in legs for k, lane in enumerate(leg.lanes)}
    if len(names) > MOST_LANES:
        raise NetProblem(f"traffic light {signal.tls} has {len(names)} lanes; detectors are numbered for {MOST_LANES}")
    found = [_placed(net, signal, names, layout, (leg, lane)) for leg in legs for lane in leg.lanes]
    return tuple(_numbered(found))


def _name(leg: Leg, place: int) -> LaneName:
    return LaneName(f"{leg.name}{'_' if leg.name[-1].isdecimal() else ''}{place + 1}")


def _placed(
    net: Network, signal: Signal, names: Mapping[str, LaneName], layout: Layout, where: tuple[Leg, str]
) -> Placed:
    leg, lane = where
    reach = reach_of(net, lane)
    upstream = advance(net, lane, reach)
    speed = net.lanes[lane].speed_mps * _MPS_KMH
    found = Lane(
        name=names[lane],
        approach=leg.name,
        movements=_movements(signal, names, layout, lane),
        advance_m=float(upstream.distance_m),
        length_m=round(min(max(reach.most_m, net.lanes[lane].length_m, 5.0), _LONGEST_M), 1),
        speed_kmh=round(min(max(speed, _SPEEDS_KMH[0]), _SPEEDS_KMH[1]), 1),
        siblings=tuple(names[other] for other in leg.lanes if other != lane),
        cars=net.lanes[lane].cars,
    )
    held = presence_zone(net, lane, reach)
    own = min(phases[0] for link in signal.of_lane(lane) if (phases := layout.goes_in(link)))
    return Placed(0, lane, found, own, stopbar(net, lane), upstream.pieces, held.pieces, held.far_m)


def _numbered(found: Iterable[Placed]) -> Iterable[Placed]:
    """With detector numbers; a place upstream that two lanes share is the first one's."""
    taken: set[SumoLoop] = set()
    for k, placed in enumerate(found, start=1):
        advance = () if taken & set(placed.advance) else placed.advance
        taken |= set(advance)
        lane = replace(
            placed.lane,
            stopbar=(DetectorNumber(k),),
            advance=(DetectorNumber(ADVANCE_FROM + k),) if advance else (),
            advance_m=placed.lane.advance_m if advance else 0.0,
        )
        yield replace(placed, number=k, lane=lane, advance=advance)


def _movements(signal: Signal, names: Mapping[str, LaneName], layout: Layout, lane: str) -> tuple[Movement, ...]:
    by_turn: dict[Turn, list[int]] = {}
    for link in signal.of_lane(lane):
        for connection in signal.links[link].connections:
            if connection.start == lane:
                by_turn.setdefault(turn_of(connection), []).append(link)
    others = {other: name for other, name in names.items() if other != lane}
    ways = ((turn, sorted(set(by_turn[turn]))) for turn in Turn if turn in by_turn)
    return tuple(_movement(signal, others, layout, turn, links) for turn, links in ways)


def _movement(signal: Signal, others: Mapping[str, LaneName], layout: Layout, turn: Turn, links: list[int]) -> Movement:
    """One way out of a lane, beside `others`: who stands in one lane does not yield to those before and behind him."""
    phases = frozenset(p for link in links for p in layout.goes_in(link))
    foes = {p: _foes(signal, others, layout, p, links) for p in phases}
    lanes = (lane for p in sorted(phases) for foe in sorted(foes[p]) for lane in signal.links[foe].lanes)
    opposed_by = tuple(dict.fromkeys(others[lane] for lane in lanes if lane in others))
    return Movement(turn, phases, frozenset(p for p in phases if foes[p]), opposed_by)


def _foes(
    signal: Signal, others: Mapping[str, LaneName], layout: Layout, phase: PhaseNumber, links: list[int]
) -> frozenset[int]:
    """The links of other lanes that these yield to while `phase` is green."""
    beside = layout.beside(phase) - {walk.link for walk in layout.walks}
    foes = {foe for link in links for foe in signal.yields.get(link, frozenset()) & beside}
    return frozenset(foe for foe in foes if not others.keys().isdisjoint(signal.links[foe].lanes))
