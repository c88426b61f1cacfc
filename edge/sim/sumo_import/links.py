"""What one traffic light controls: its links, who conflicts with whom, and who yields.

A link is a place in SUMO's state string. Several connections may share one. Two links clash where the junction says so, or
where they lead into one lane from different streets. Clashing links may be green together only where the program of the
network shows that (its engineer decided that one yields, or that they miss each other), or where a turn yields to a
pedestrian crossing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from edge.model.lanes import Turn
from edge.sim.sumo_import.net import Connection, Network, Program
from edge.sim.sumo_import.problem import NetProblem

_GREENS = frozenset("Gg")
_CHANGES = frozenset("yYu")
_UNLIT = frozenset("oO")
"""An arrow without red: it goes out."""
_TURNS: Mapping[str, Turn] = {
    "s": Turn.THROUGH, "l": Turn.LEFT, "L": Turn.LEFT, "r": Turn.RIGHT, "R": Turn.RIGHT, "t": Turn.U_TURN, "T": Turn.U_TURN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """One place of the state string. `crossing`: the edge of a pedestrian crossing; empty for vehicles. `twins`: other places
    for the same crossing, walked the other way. `walks`: ways over crossings that share the place with vehicles."""

    index: int
    connections: tuple[Connection, ...]
    crossing: str = ""
    twins: tuple[int, ...] = ()
    walks: tuple[Connection, ...] = ()

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes it leads out of."""
        return tuple(dict.fromkeys(c.start for c in self.connections))

    @property
    def turns(self) -> frozenset[Turn]:
        """Which ways it leads."""
        return frozenset(turn_of(c) for c in self.connections)


@dataclass(frozen=True, slots=True)
class Shown:
    """One state of the program: for how long it lasts, and the links of vehicles that are green, yellow and unlit in it."""

    seconds: float
    green: frozenset[int]
    yellow: frozenset[int]
    unlit: frozenset[int] = frozenset()
    longest_s: float = 0.0
    """For so long traffic may keep it; as long as it lasts where nobody does."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One traffic light.

    `clashes`: pairs of links whose ways cross or merge; `foes`: those of them that must not be green together; `yields`: for
    each link those it yields to while they are green; `stages`: what the program shows green together, without its changes;
    `on_red`: links that may turn on red after a stop; `program`: its states in order, empty where it has no times;
    `offset_s`: the second of the day in which its cycle begins; `has_rings`: its program has phases in rings (NEMA), no stages.
    """

    tls: str
    links: Mapping[int, Link]
    clashes: frozenset[frozenset[int]]
    foes: frozenset[frozenset[int]]
    yields: Mapping[int, frozenset[int]]
    stages: tuple[frozenset[int], ...]
    on_red: frozenset[int]
    program: tuple[Shown, ...] = ()
    offset_s: float = 0.0
    has_rings: bool = False

    @property
    def vehicles(self) -> tuple[Link, ...]:
        """The links of vehicles."""
        return tuple(link for _, link in sorted(self.links.items()) if not link.crossing)

    @property
    def crossings(self) -> tuple[Link, ...]:
        """The links of pedestrians."""
        return tuple(link for _, link in sorted(self.links.items()) if link.crossing)

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes of vehicles it controls, in the order of their first link."""
        return tuple(dict.fromkeys(lane for link in self.vehicles for lane in link.lanes))

    def of_lane(self, lane: str) -> frozenset[int]:
        """The links that lead out of a lane."""
        return frozenset(link.index for link in self.vehicles if lane in link.lanes)

    def fits(self, links: Iterable[int], others: Iterable[int]) -> bool:
        """Whether all of these may be green beside all of the others."""
        mates = tuple(others)
        return all(frozenset((a, b)) not in self.foes for a in links for b in mates)

    def is_clear(self, links: Iterable[int], others: Iterable[int]) -> bool:
        """Whether they do not even cross or merge."""
        mates = tuple(others)
        return all(frozenset((a, b)) not in self.clashes for a in links for b in mates)

    def is_opposed(self, link: int, green: Iterable[int]) -> bool:
        """Whether a link yields to one of these."""
        return not self.yields.get(link, frozenset()).isdisjoint(green)


def turn_of(connection: Connection) -> Turn:
    """Which way a connection leads."""
    return _TURNS.get(connection.way, Turn.THROUGH)


def signal_of(net: Network, tls: str) -> Signal:
    """What the traffic light `tls` of the network controls.

    Raises:
        NetProblem: it controls nothing, has no program, or one of which it is not known what it shows together.
    """
    links = _links(net, tls)
    program = net.programs.get(tls)
    if not links or program is None:
        raise NetProblem(f"traffic light {tls} {'has no program' if links else 'controls no connection'}")
    if program.problem:
        raise NetProblem(f"traffic light {tls}: {program.problem}")
    clashes, response = _rules(net, links)
    straight = {pair for pair in clashes if any(Turn.THROUGH in links[i].turns or links[i].crossing for i in pair)}
    _refuse_crossing(program, {pair for pair in straight if not _walked_over(pair, links, response)})
    greens = [frozenset(i for i in links if _at(state, i) in _GREENS) for state in program.states]
    together = {frozenset(pair) for green in greens for pair in combinations(sorted(green), 2)}
    return Signal(
        tls=tls,
        links=links,
        clashes=clashes,
        foes=frozenset(pair for pair in clashes - together if not _walked_over(pair, links, response)),
        yields=_yields(clashes, response, links, program.states),
        stages=tuple(dict.fromkeys(g for g, s in zip(greens, program.states, strict=True) if g and not _is_change(s))),
        on_red=frozenset(i for i, link in links.items() if not link.crossing and _turns_on_red(i, program.states)),
        program=tuple(_shown(program, frozenset(i for i, link in links.items() if not link.crossing))),
        offset_s=program.offset_s,
        has_rings=bool(program.phases),
    )


def _shown(program: Program, driven: frozenset[int]) -> Iterator[Shown]:
    if program.seconds:
        for state, seconds, longest in zip(program.states, program.seconds, program.longest, strict=True):
            green, yellow, unlit = (
                frozenset(i for i in driven if _at(state, i) in colours) for colours in (_GREENS, _CHANGES, _UNLIT)
            )
            yield Shown(seconds, green, yellow, unlit, longest)


def _refuse_crossing(program: Program, foes: Iterable[frozenset[int]]) -> None:
    """Of a NEMA program no two phases that cross are companions, whatever its rings say: in that case a ring or barrier is
    wrong. Who shall yield to the other phase has a small green. Of two turns nothing follows: facing ones may miss each other.
    """
    if not program.phases:
        return
    for a, b in sorted(sorted(pair) for pair in foes):
        alone = any({_at(state, a), _at(state, b)} <= _GREENS for state in program.phases)
        if not alone and any(_at(state, a) == "G" == _at(state, b) for state in program.states):
            raise NetProblem(
                f"traffic light {program.tls}: the rings of its NEMA program run phases together whose full greens cross "
                f"(links {a} and {b}) — see ring1, ring2 and the barriers"
            )


def _links(net: Network, tls: str) -> dict[int, Link]:
    """The links of a traffic light. Whoever waits inside the junction for its second half, as a bicycle that turns left in two
    steps, is on no approach: he goes with those who come straight behind him. A place that vehicles and a crossing share is one
    of vehicles, who would never be served by a walk."""
    by_link: dict[int, list[Connection]] = defaultdict(list)
    for connection in net.connections:
        if connection.tls == tls and connection.link >= 0 and not _is_second_step(net, connection):
            by_link[connection.link].append(connection)
    return _joined({i: _link(net, i, cs) for i, cs in sorted(by_link.items())})


def _link(net: Network, index: int, connections: Iterable[Connection]) -> Link:
    there = tuple(connections)
    driven = tuple(c for c in there if not _crossing(net, (c,)))
    if driven:
        return Link(index, driven, walks=tuple(c for c in there if c not in driven))
    return Link(index, there, _crossing(net, there))


def _is_second_step(net: Network, connection: Connection) -> bool:
    start = net.lanes.get(connection.start)
    return start is not None and net.edges[start.edge].function == "internal"


def _crossing(net: Network, connections: Iterable[Connection]) -> str:
    """The crossing that connections lead onto, or off: a light may show its two ways in two places."""
    ends = (net.lanes.get(end) for c in connections for end in (c.end, c.start))
    return next((lane.edge for lane in ends if lane is not None and net.edges[lane.edge].function == "crossing"), "")


def _joined(links: Mapping[int, Link]) -> dict[int, Link]:
    """With one link for each crossing: the one that leads onto it, which has a place in the right of way."""
    ways: dict[str, list[Link]] = defaultdict(list)
    for link in links.values():
        if link.crossing:
            ways[link.crossing].append(link)
    found = {i: link for i, link in links.items() if not link.crossing}
    for crossing, both in ways.items():
        onto = next((w for w in both if any(c.end.rsplit("_", 1)[0] == crossing for c in w.connections)), both[0])
        found[onto.index] = replace(onto, twins=tuple(w.index for w in both if w is not onto))
    return dict(sorted(found.items()))


def _rules(net: Network, links: Mapping[int, Link]) -> tuple[frozenset[frozenset[int]], Mapping[int, frozenset[int]]]:
    """Who clashes with whom, and who yields to whom by the right of way of the junctions."""
    place_of = {
        place: link.index
        for link in links.values()
        for c in (*link.connections, *link.walks)
        for place in _places(net, c)
    }
    clashes = set(_merges(links))
    response: dict[int, set[int]] = defaultdict(set)
    for (junction, place), link in place_of.items():
        request = net.junctions[junction].requests[place]
        foes = {place_of.get((junction, i)) for i in request.foes} - {None, link}
        clashes |= {frozenset((link, foe)) for foe in foes if foe is not None}
        response[link] |= {place_of[junction, i] for i in request.yields_to if (junction, i) in place_of} - {link}
    return frozenset(clashes), {link: frozenset(to) for link, to in response.items()}


def _places(net: Network, connection: Connection) -> Iterator[tuple[str, int]]:
    """The junction of a connection, and its place among the requests there."""
    if not connection.via and not connection.start.startswith(":"):
        yield from _counted(net, connection)
        return
    inner = connection.end if connection.start.startswith(":") else connection.via
    seen: set[str] = set()
    while inner and inner not in seen:
        seen.add(inner)
        if inner in net.places:
            yield net.places[inner]
            return
        inner = next((c.via for c in net.out_of.get(inner, ()) if c.via), "")


def _counted(net: Network, connection: Connection) -> Iterator[tuple[str, int]]:
    """The same in a network without internal lanes: the requests follow the lanes that lead to the junction."""
    junction = net.junctions.get(net.edges[connection.start.rsplit("_", 1)[0]].end)
    order = [c for lane in junction.arms for c in net.out_of.get(lane, ())] if junction is not None else []
    if junction is not None and connection in order and order.index(connection) < len(junction.requests):
        yield junction.id, order.index(connection)


def _merges(links: Mapping[int, Link]) -> Iterator[frozenset[int]]:
    """Links that lead into one lane from different streets."""
    for a, b in combinations([link for link in links.values() if not link.crossing], 2):
        if any(c.end == d.end and _edge(c) != _edge(d) for c in a.connections for d in b.connections):
            yield frozenset((a.index, b.index))


def _edge(connection: Connection) -> str:
    return connection.start.rsplit("_", 1)[0]


def _walked_over(pair: frozenset[int], links: Mapping[int, Link], response: Mapping[int, frozenset[int]]) -> bool:
    """Whether one is a crossing and the other a turn that yields to those on it."""
    for turn, crossing in (sorted(pair), sorted(pair, reverse=True)):
        walkers, vehicles = links[crossing], links[turn]
        if walkers.crossing and not vehicles.crossing and Turn.THROUGH not in vehicles.turns:
            return crossing in response.get(turn, frozenset())
    return False


def _yields(
    clashes: frozenset[frozenset[int]],
    response: Mapping[int, frozenset[int]],
    links: Mapping[int, Link],
    states: Iterable[str],
) -> Mapping[int, frozenset[int]]:
    """To whom each link yields: by right of way, unless the program gives it a full green beside; or by a small green of it."""
    found: dict[int, set[int]] = {i: set(to) for i, to in response.items() if not links[i].crossing}
    for state in states:
        green = [i for i in links if _at(state, i) in _GREENS]
        for a in green:
            beside = {b for b in green if frozenset((a, b)) in clashes}
            if links[a].crossing:
                continue
            if _at(state, a) == "G":
                found[a] = found.get(a, set()) - beside
            else:
                unsaid = {b for b in beside if a not in response.get(b, ()) and _is_minor(links[a], links[b])}
                found.setdefault(a, set()).update(unsaid | {b for b in beside if _at(state, b) == "G"})
    return {i: frozenset(to) for i, to in sorted(found.items()) if to}


_RANK: Mapping[Turn, int] = {Turn.THROUGH: 0, Turn.RIGHT: 1, Turn.LEFT: 2, Turn.U_TURN: 3}


def _is_minor(link: Link, other: Link) -> bool:
    """Whether a link yields to another where the network does not say: turns to through traffic, of equal ones the later."""
    return (max(_RANK[t] for t in link.turns), link.index) > (max(_RANK[t] for t in other.turns), other.index)


def _at(state: str, link: int) -> str:
    return state[link] if link < len(state) else "r"


def _is_change(state: str) -> bool:
    return not _CHANGES.isdisjoint(state)


def _turns_on_red(link: int, states: Iterable[str]) -> bool:
    return any(_at(state, link) == "s" for state in states)
