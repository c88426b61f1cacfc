"""The dual ring (NEMA phases 1 to 8): two streets of approaches that face each other, left turns in lanes of their own.

Through phases are even: 2 and 6 the street that lies nearest to east and west (2 eastbound), 4 and 8 the other (4
southbound). The left turn of an approach is the odd phase that stands before the through phase it crosses: 5 turns from the
approach of 2, 1 from that of 6, 7 from that of 4, 3 from that of 8. Right turns go with their through phase, and so do left
turns out of a lane that goes straight on too. Where the program lets left turns of lanes of their own go beside oncoming
traffic, its stages are kept instead; but a program that has rings itself (NEMA) keeps them, and such turns are protected in
their own phase and permissive in the through phase they cross, so that they never lose their green while that goes on (the
yellow trap). Where traffic keeps to the left, all this is said of right turns.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from edge.model.lanes import Turn
from edge.model.sequence import Sequence
from edge.model.units import PhaseNumber
from edge.sim.sumo_import.layout import Group, Layout, Walk
from edge.sim.sumo_import.legs import Leg, facing, off_opposite
from edge.sim.sumo_import.links import Signal
from edge.sim.sumo_import.net import Network

_PLACES: tuple[tuple[int, int, int, int], ...] = ((2, 5, 6, 1), (4, 7, 8, 3))
"""Of each street: through and left of its first approach, through and left of the facing one."""

_ONCOMING = {
    PhaseNumber(5): PhaseNumber(6),
    PhaseNumber(1): PhaseNumber(2),
    PhaseNumber(7): PhaseNumber(8),
    PhaseNumber(3): PhaseNumber(4),
}
"""The through phase that the turns of each odd phase cross."""

_RINGS: tuple[tuple[tuple[int, ...], ...], ...] = (((1, 2), (3, 4)), ((5, 6), (7, 8)))


@dataclass(frozen=True, slots=True)
class Street:
    """One approach, or two that face each other."""

    first: Leg
    facing: Leg | None


def dual_ring(net: Network, signal: Signal, legs: tuple[Leg, ...]) -> Layout | None:
    """The dual ring of a traffic light; None where it does not have that shape."""
    streets = _streets(legs)
    if streets is None or len({net.edges[leg.edge].end for leg in legs}) != 1:
        return None
    links = {
        PhaseNumber(p): found
        for s, places in zip(streets, _PLACES, strict=False)
        for p, found in _phases(net, signal, s, places)
    }
    links = {p: found for p, found in links.items() if found}
    if frozenset(v.index for v in signal.vehicles) != frozenset(i for found in links.values() for i in found):
        return None
    sequence = _sequence(links)
    if (
        not _is_better(net, signal, links)
        or not _lanes_are_parted(signal, links)
        or not _rings_fit(signal, sequence, links)
    ):
        return None
    permitted = _permitted(net, signal, sequence, links)
    if any(_has_lanes_of_its_own(net, signal, link) for link in _permissive_turns(net, signal) - permitted):
        return None
    groups = tuple(_groups(signal, sequence, links, permitted))
    walks = tuple(_walks(net, signal, sequence, links))
    if len(walks) < len(signal.crossings):
        return None
    moves = {
        p: name for s, places in zip(streets, _PLACES, strict=False) for p, name in _moves(net, s, places) if p in links
    }
    return Layout(sequence, groups, walks, moves, dual=True)


def _across(net: Network) -> Turn:
    """The turn that crosses oncoming traffic."""
    return Turn.RIGHT if net.left_hand else Turn.LEFT


def _permissive_turns(net: Network, signal: Signal) -> frozenset[int]:
    """The turns across oncoming traffic that the program lets go beside it."""
    turns = {link.index for link in signal.vehicles if _across(net) in link.turns}
    vehicles = {link.index for link in signal.vehicles}
    return frozenset(
        link for stage in signal.stages for link in stage & turns if signal.is_opposed(link, stage & vehicles)
    )


def _permitted(
    net: Network, signal: Signal, sequence: Sequence, links: Mapping[PhaseNumber, frozenset[int]]
) -> frozenset[int]:
    """The turns that may be green beside the oncoming traffic of their own phase: those across that the program lets go so, and
    who turns back out of their lanes."""
    across = _permissive_turns(net, signal)
    found = set()
    for phase, oncoming in _ONCOMING.items():
        beside = [mate for mate in sequence.phases if oncoming in links and sequence.concurrent(oncoming, mate)]
        for link in links.get(phase, frozenset()):
            is_back = signal.links[link].turns == {Turn.U_TURN} and not across.isdisjoint(_mates(signal, link))
            if beside and (link in across or is_back) and all(signal.fits([link], links[mate]) for mate in beside):
                found.add(link)
    return frozenset(found)


def _mates(signal: Signal, link: int) -> frozenset[int]:
    """The links out of its lanes."""
    return frozenset(mate for lane in signal.links[link].lanes for mate in signal.of_lane(lane))


def _is_better(net: Network, signal: Signal, phases: Iterable[PhaseNumber]) -> bool:
    """Whether a dual ring takes nothing from turns across oncoming traffic, and gives something where some are permissive.

    One with lanes of its own that may go beside oncoming traffic too would wait longer with a protected phase alone; but rings
    of the program's own show both. Without any phase for such turns two rings gain nothing over stages.
    """
    permissive = _permissive_turns(net, signal)
    own = {link for link in permissive if _has_lanes_of_its_own(net, signal, link)}
    kept = not own or (signal.has_rings and all(_is_protected(signal, link) for link in own))
    return kept and (not permissive or any(phase % 2 for phase in phases))


def _is_protected(signal: Signal, link: int) -> bool:
    """Whether the program shows a turn green beside no vehicles that it yields to."""
    vehicles = {link.index for link in signal.vehicles}
    return any(link in stage and not signal.is_opposed(link, stage & vehicles) for stage in signal.stages)


def _streets(legs: tuple[Leg, ...]) -> tuple[Street, ...] | None:
    """The two streets, the first one with two approaches; None where the legs are not so."""
    if len(legs) not in {2, 3, 4}:
        return None
    facing_pairs = sorted(
        (off_opposite(a, b), i, j) for (i, a), (j, b) in combinations(enumerate(legs), 2) if facing(a, b)
    )
    pairs: list[tuple[int, int]] = []
    for _, i, j in facing_pairs:
        if not any(k in pair for pair in pairs for k in (i, j)):
            pairs.append((i, j))
    alone = [k for k in range(len(legs)) if not any(k in pair for pair in pairs)]
    if not pairs or len(pairs) + len(alone) > len(_PLACES):
        return None
    streets = [_street(legs[i], legs[j]) for i, j in pairs]
    streets.sort(key=lambda s: abs(math.sin(math.radians(s.first.heading))), reverse=True)
    return (*streets, *(Street(legs[k], None) for k in alone))


def _street(a: Leg, b: Leg) -> Street:
    """The approach that heads more to the east, or on a street from north to south the southbound one, first."""
    east_west = abs(math.sin(math.radians(a.heading))) >= math.sqrt(0.5)
    ahead = math.sin(math.radians(a.heading)) if east_west else -math.cos(math.radians(a.heading))
    return Street(a, b) if ahead > 0 else Street(b, a)


def _phases(
    net: Network, signal: Signal, street: Street, places: tuple[int, int, int, int]
) -> Iterator[tuple[int, frozenset[int]]]:
    """The links of each phase of a street. An approach that nobody faces needs no phase for turns across."""
    through, left, other_through, other_left = places
    if street.facing is None:
        yield _alone(street.first, places), street.first.all_links
        return
    for leg, ahead, turning in ((street.first, through, left), (street.facing, other_through, other_left)):
        across = frozenset(link for link in leg.turning(_across(net)) if _has_lanes_of_its_own(net, signal, link))
        turns = across | (leg.turning(Turn.U_TURN) if across else frozenset())
        yield ahead, leg.all_links - turns
        yield turning, turns


def _has_lanes_of_its_own(net: Network, signal: Signal, link: int) -> bool:
    """Whether nobody goes straight on, or turns the other way, out of the lanes of a turn."""
    return all(
        turn in {_across(net), Turn.U_TURN} for mate in _mates(signal, link) for turn in signal.links[mate].turns
    )


def _alone(leg: Leg, places: tuple[int, int, int, int]) -> int:
    return places[0] if math.cos(math.radians(leg.heading)) <= 0 else places[2]


def _moves(net: Network, street: Street, places: tuple[int, int, int, int]) -> Iterator[tuple[PhaseNumber, str]]:
    across = _across(net).value[0].upper()
    for leg, ahead, turning in ((street.first, places[0], places[1]), (street.facing, places[2], places[3])):
        if leg is None:
            continue
        bound = {"N": "SB", "E": "WB", "S": "NB", "W": "EB"}.get(leg.name, f"{leg.name} ")
        if street.facing is None:
            yield PhaseNumber(_alone(leg, places)), f"{bound}{'T' if leg.turning(Turn.THROUGH) else across}"
            return
        yield PhaseNumber(ahead), f"{bound}T"
        yield PhaseNumber(turning), f"{bound}{across}"


def _sequence(links: Mapping[PhaseNumber, frozenset[int]]) -> Sequence:
    """The rings of the phases there are; a ring and a barrier group without any is left out."""
    rings = [[tuple(PhaseNumber(p) for p in group if p in links) for group in ring] for ring in _RINGS]
    used = [g for g in range(len(_PLACES)) if any(ring[g] for ring in rings)]
    return Sequence(tuple(tuple(ring[g] for g in used) for ring in rings if any(ring)))


def _lanes_are_parted(signal: Signal, links: Mapping[PhaseNumber, frozenset[int]]) -> bool:
    """Whether no lane waits for two phases."""
    phase_of = {link: phase for phase, found in links.items() for link in found}
    return all(len({phase_of[link] for link in signal.of_lane(lane)}) == 1 for lane in signal.lanes)


def _rings_fit(signal: Signal, sequence: Sequence, links: Mapping[PhaseNumber, frozenset[int]]) -> bool:
    """Whether all that the rings let run together may."""
    pairs = (pair for pair in combinations(sequence.phases, 2) if sequence.concurrent(*pair))
    return all(signal.fits(links[a], links[b]) for a, b in pairs)


def _groups(
    signal: Signal, sequence: Sequence, links: Mapping[PhaseNumber, frozenset[int]], permissive: frozenset[int]
) -> Iterator[Group]:
    """The signal group of each phase. Lanes that meet nobody beside other phases too are green with them as well, and
    permissive turns with the through phase they cross."""
    for phase, found in links.items():
        wider: dict[tuple[PhaseNumber, ...], set[int]] = {}
        for lane in (lane for lane in signal.lanes if signal.of_lane(lane) <= found):
            own = signal.of_lane(lane)
            others = (p for p in sequence.phases if not sequence.concurrent(phase, p))
            more = tuple(p for p in others if _meets_nobody(signal, sequence, links, own, p))
            for part, oncoming in ((own - permissive, ()), (own & permissive, (_ONCOMING.get(phase, phase),))):
                if part:
                    wider.setdefault(tuple(dict.fromkeys((phase, *more, *oncoming))), set()).update(part)
        yield from (Group(frozenset(own), phases) for phases, own in sorted(wider.items()))


def _meets_nobody(
    signal: Signal,
    sequence: Sequence,
    links: Mapping[PhaseNumber, frozenset[int]],
    own: frozenset[int],
    phase: PhaseNumber,
) -> bool:
    """Whether links miss everybody who may be green while `phase` is."""
    beside = (links[q] for q in sequence.phases if sequence.concurrent(phase, q))
    return all(signal.is_clear(own, found - own) for found in beside)


def _walks(
    net: Network, signal: Signal, sequence: Sequence, links: Mapping[PhaseNumber, frozenset[int]]
) -> Iterator[Walk]:
    """Each crossing walks with the phase beside which the fewest vehicles must yield to it."""
    for link in signal.crossings:
        fitting = []
        for phase in sequence.phases:
            beside = [i for q in sequence.phases if sequence.concurrent(phase, q) for i in links[q]]
            if signal.fits([link.index], beside):
                fitting.append((sum(signal.is_opposed(i, [link.index]) for i in beside), -len(links[phase]), phase))
        if fitting:
            edge = net.edges[link.crossing]
            yield Walk(link.index, link.crossing, min(fitting)[2], max(lane.length_m for lane in edge.lanes))
