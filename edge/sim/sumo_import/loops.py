"""Where the loops of a lane lie in the network: at the stop line and upstream, over as many SUMO lanes as the way has."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from edge.model.sumo import SumoLoop
from edge.sim.sumo_import.net import Connection, Network

STOPBAR_NEAR_M = 0.5
STOPBAR_FAR_M = 10.5
"""The stop-bar presence loop, from the line (issue 4)."""

ADVANCE_M = 50.0
"""The advance loop lies at 50 m, where the way is shorter as far as it goes (adaptive-control: no loss against 100 m; the last
vehicle within 50 m holds its green in plain actuation)."""

HEADWAY_S = 3.0
"""A larger headway ends the green (FHWA Signal Timing Manual 2nd ed.: 2 to 4 s)."""

VEHICLE_M = 5.0
"""A car. Ours, and SUMO's."""

LOOP_M = 2.0
"""Length of the advance loop: a point loop, 6 ft x 6 ft (FHWA-HRT-06-108)."""

BETWEEN_M = 20.0
"""Least distance between the two loops of a lane; nearer, the second says nothing that the first does not. Ours."""

_ENTRY_M = 10.0
"""Vehicles come into being in the first metres of a network: no advance loop there. Ours."""

_FARTHEST_M = 500.0
_LEAST_PIECE_M = 0.3
"""A shorter piece of a loop on one lane is left out. Ours."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far upstream a way goes: `own_m` while all that is on it must come into the lane, `most_m` to the next signals."""

    own_m: float
    most_m: float


def zone(net: Network, lane: str, near_m: float, far_m: float) -> tuple[SumoLoop, ...]:
    """The pieces of a loop from `near_m` to `far_m` upstream of the stop line of a lane."""
    return tuple(dict.fromkeys(_pieces(net, lane, 0.0, (near_m, far_m))))


def stopbar(net: Network, lane: str) -> tuple[SumoLoop, ...]:
    """The stop-bar loop; of a lane shorter than its distance from the line, with nothing upstream, the whole lane."""
    found = zone(net, lane, STOPBAR_NEAR_M, STOPBAR_FAR_M)
    length = net.lanes[lane].length_m
    return found or (SumoLoop(lane, 0.0, round(max(length, 0.1), 2)),)


def reach_of(net: Network, lane: str) -> Reach:
    """How far the way upstream of a lane goes."""
    return Reach(_reach(net, lane, 0.0, alone=True), _reach(net, lane, 0.0, alone=False))


@dataclass(frozen=True, slots=True)
class Zone:
    """The presence zone of a lane: how far it reaches from the stop line, and its pieces; none where there is no room."""

    far_m: float = 0.0
    pieces: tuple[SumoLoop, ...] = ()


def presence_zone(net: Network, lane: str, reach: Reach) -> Zone:
    """The zone that holds a green: who follows within the headway is on it when the rear of who goes before leaves it.

    It ends where ways part, before a junction that a car would vanish in, and is left out where it would say no more than the
    stop-bar loop.
    """
    own = net.lanes[lane]
    far = math.floor(min(HEADWAY_S * own.speed_mps - VEHICLE_M, reach.own_m))
    pieces = zone(net, lane, STOPBAR_NEAR_M, far)
    if sum(piece.to_m - piece.from_m for piece in pieces) < far - STOPBAR_NEAR_M - VEHICLE_M:
        far = min(far, math.floor(own.length_m))
        pieces = zone(net, lane, STOPBAR_NEAR_M, far)
    return Zone(far, pieces) if far >= STOPBAR_FAR_M + VEHICLE_M else Zone()


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the advance loop of a lane lies: its distance from the stop line, and its pieces; none where there is no room."""

    distance_m: int = 0
    pieces: tuple[SumoLoop, ...] = ()


def advance(net: Network, lane: str, reach: Reach) -> Upstream:
    """The advance loop of a lane. Where its place is in the middle of a junction, the nearest at which it lies on a street
    as a whole: nearer to the line if there is room, else beyond."""
    wanted, most = _advance_m(reach), math.floor(reach.most_m - LOOP_M)
    if wanted is None:
        return Upstream()
    there = Upstream(wanted, zone(net, lane, wanted, wanted + LOOP_M))
    others = (*range(wanted - 1, math.ceil(STOPBAR_FAR_M + BETWEEN_M) - 1, -1), *range(wanted + 1, most + 1))
    shifted = (Upstream(m, zone(net, lane, m, m + LOOP_M)) for m in others)
    return there if there.pieces else next((place for place in shifted if _is_whole(place)), Upstream())


def _is_whole(place: Upstream) -> bool:
    lengths = [piece.to_m - piece.from_m for piece in place.pieces]
    return bool(lengths) and min(lengths) > LOOP_M - _LEAST_PIECE_M


def _advance_m(reach: Reach) -> int | None:
    """How far from the stop line the advance loop of a lane should lie; None where the way is too short for one."""
    own = min(int(ADVANCE_M), math.floor(reach.own_m - LOOP_M))
    if own >= STOPBAR_FAR_M + BETWEEN_M:
        return own
    shared = min(int(ADVANCE_M), math.floor(reach.most_m - LOOP_M))
    return shared if shared >= STOPBAR_FAR_M + BETWEEN_M else None


def _pieces(net: Network, lane: str, offset_m: float, extent: tuple[float, float]) -> Iterator[SumoLoop]:
    """The pieces on a lane that ends `offset_m` from the stop line, and on those that lead into it."""
    length = net.lanes[lane].length_m
    near, far = max(extent[0], offset_m), min(extent[1], offset_m + length)
    if far - near >= min(_LEAST_PIECE_M, extent[1] - extent[0]):
        yield SumoLoop(lane, round(length - (far - offset_m), 2), round(length - (near - offset_m), 2))
    for connection in _upstream(net, lane):
        before = offset_m + length + _inner_m(net, connection)
        if before < extent[1]:
            yield from _pieces(net, connection.start, before, extent)


def _reach(net: Network, lane: str, offset_m: float, *, alone: bool) -> float:
    length = offset_m + net.lanes[lane].length_m
    before = _upstream(net, lane)
    if not _into(net, lane):
        return max(length - _ENTRY_M, 0.0)
    shared = any(c.end != lane for b in before for c in net.out_of[b.start])
    if not before or length > _FARTHEST_M or (alone and shared):
        return length
    return min(_reach(net, b.start, length + _inner_m(net, b), alone=alone) for b in before)


def _upstream(net: Network, lane: str) -> tuple[Connection, ...]:
    """The connections that lead into a lane from the street; none where one of them is a traffic light's."""
    before = _into(net, lane)
    return () if any(c.tls or c.start == lane for c in before) else before


def _into(net: Network, lane: str) -> tuple[Connection, ...]:
    """The connections that lead into a lane from the street; not those of who turns around."""
    return tuple(c for c in net.into.get(lane, ()) if not c.start.startswith(":") and c.way not in {"t", "T"})


def _inner_m(net: Network, connection: Connection) -> float:
    """The length of the way over the junction."""
    length, inner = 0.0, connection.via
    seen: set[str] = set()
    while inner in net.lanes and inner not in seen:
        seen.add(inner)
        length += net.lanes[inner].length_m
        inner = next((c.via for c in net.out_of.get(inner, ()) if c.via), "")
    return length
