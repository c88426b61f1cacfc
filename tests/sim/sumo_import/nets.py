"""Small networks, written by hand as SUMO would: legs around one junction, with lanes, turns, right of way and a program."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

HEADINGS = {"N": (0, -1), "E": (-1, 0), "S": (0, 1), "W": (1, 0)}
"""Which way traffic from a leg heads."""

_CLOCKWISE = "NESW"
_TURNS = {1: "l", 2: "s", 3: "r", 0: "t"}


@dataclass(frozen=True)
class Leg:
    """`lanes`: the turns of each lane from the kerb, such as ("rs", "l"). `length`: m. `upstream`: of the edge before it."""

    lanes: tuple[str, ...]
    length: float = 300.0
    speed: float = 13.89
    upstream: float = 0.0
    classes: Mapping[int, str] = field(default_factory=dict)
    """Lanes of which vehicles, as attributes of SUMO: {0: 'allow="bicycle"'}."""


@dataclass(frozen=True)
class Cross:
    """One junction J. `program`: state strings and seconds; a place is a link in order of legs, lanes and turns."""

    legs: Mapping[str, Leg]
    program: tuple[tuple[str, int], ...]
    exits: str = "NESW"
    tls: str = "J"
    crossings: Mapping[str, float] = field(default_factory=dict)
    """Legs with a signalised crossing, and its length. Their links follow those of vehicles."""


@dataclass(frozen=True)
class Way:
    """A connection: from a lane of a leg to a leg."""

    leg: str
    lane: int
    turn: str
    out: str
    target: int

    @property
    def via(self) -> str:
        return f":J_{self.leg}{self.lane}{self.turn}_0"


def ways(cross: Cross) -> list[Way]:
    """The connections in order of their links."""
    found: list[Way] = []
    for leg, row in cross.legs.items():
        for lane, turns in enumerate(row.lanes):
            found += [Way(leg, lane, turn, _out(leg, turn), 1 if turn == "l" else lane) for turn in turns]
    return found


def _out(leg: str, turn: str) -> str:
    step = next(k for k, name in _TURNS.items() if name == turn)
    return _CLOCKWISE[(_CLOCKWISE.index(leg) + step) % 4]


def clash(a: Way, b: Way) -> bool:
    """Whether two ways cross or merge."""
    if a.leg == b.leg:
        return False
    if a.out == b.out:
        return a.target == b.target
    faced = _CLOCKWISE[(_CLOCKWISE.index(a.leg) + 2) % 4] == b.leg
    if "r" in {a.turn, b.turn} or {a.turn, b.turn} == {"t"}:
        return False
    if faced:
        return {a.turn, b.turn} in ({"l", "s"}, {"t", "s"})
    return "t" not in {a.turn, b.turn}


_MINOR = {"s": 0, "r": 1, "l": 2, "t": 3}


def yields(a: Way, b: Way) -> bool:
    """Whether a yields to b: turns to through traffic, left to right, of equal ones the later leg."""
    mine, other = (_MINOR[a.turn], _CLOCKWISE.index(a.leg)), (_MINOR[b.turn], _CLOCKWISE.index(b.leg))
    return clash(a, b) and mine > other


def walked(way: Way, leg: str) -> bool:
    """Whether a way leads over the crossing of a leg."""
    return leg in {way.leg, way.out}


def net_text(cross: Cross) -> str:
    """The .net.xml."""
    links = ways(cross)
    places: list[Way | str] = [*links, *cross.crossings]
    parts = ['<net version="1.16">']
    parts += [_in_edge(leg, row) for leg, row in cross.legs.items()]
    parts += [_out_edge(leg) for leg in cross.exits]
    parts += [_inner(way) for way in links]
    parts += [_crossing_edges(leg, length) for leg, length in cross.crossings.items()]
    parts.append(f'<tlLogic id="{cross.tls}" type="static" programID="0" offset="0">')
    parts += [f'<phase duration="{seconds}" state="{state}"/>' for state, seconds in cross.program]
    parts.append("</tlLogic>")
    arms = " ".join(f"{leg}in_{k}" for leg, row in cross.legs.items() for k in range(len(row.lanes)))
    inner = " ".join(p.via if isinstance(p, Way) else f":J_c{p}_0" for p in places)
    parts.append(f'<junction id="J" type="traffic_light" x="0" y="0" incLanes="{arms}" intLanes="{inner}">')
    parts += [_request(k, places) for k in range(len(places))]
    parts.append("</junction>")
    parts += [_connection(cross, k, way) for k, way in enumerate(links)]
    parts += [_upstream_connections(leg, row) for leg, row in cross.legs.items() if row.upstream]
    for k, leg in enumerate(cross.crossings):
        at = f'tl="{cross.tls}" linkIndex="{len(links) + k}"'
        parts.append(f'<connection from=":J_w{leg}" to=":J_c{leg}" fromLane="0" toLane="0" {at} dir="s" state="M"/>')
    parts.append("</net>")
    return "\n".join(part for part in parts if part)


def _lane(edge: str, k: int, length: float, speed: float, shape: str, classes: str = "") -> str:
    return f'<lane id="{edge}_{k}" index="{k}" {classes} speed="{speed}" length="{length:.2f}" shape="{shape}"/>'


def _in_edge(leg: str, row: Leg) -> str:
    x, y = HEADINGS[leg]
    shape = f"{-x * (row.length + 10):.2f},{-y * (row.length + 10):.2f} {-x * 10},{-y * 10}"
    lanes = "".join(
        _lane(f"{leg}in", k, row.length, row.speed, shape, row.classes.get(k, "")) for k in range(len(row.lanes))
    )
    text = f'<edge id="{leg}in" from="{leg}" to="J">{lanes}</edge>'
    if row.upstream:
        up = "".join(_lane(f"{leg}up", k, row.upstream, row.speed, "") for k in range(len(row.lanes)))
        text += f'<edge id="{leg}up" from="{leg}0" to="{leg}">{up}</edge>'
    return text


def _upstream_connections(leg: str, row: Leg) -> str:
    count = range(len(row.lanes))
    return "".join(
        f'<connection from="{leg}up" to="{leg}in" fromLane="{k}" toLane="{k}" dir="s" state="M"/>' for k in count
    )


def _out_edge(leg: str) -> str:
    return f'<edge id="{leg}out" from="J" to="{leg}">{"".join(_lane(f"{leg}out", k, 200, 13.89, "") for k in range(2))}</edge>'


def _inner(way: Way) -> str:
    edge = way.via.removesuffix("_0")
    return f'<edge id="{edge}" function="internal">{_lane(edge, 0, 12, 10, "")}</edge>'


def _crossing_edges(leg: str, length: float) -> str:
    return (
        f'<edge id=":J_c{leg}" function="crossing">{_lane(f":J_c{leg}", 0, length, 1, "")}</edge>'
        f'<edge id=":J_w{leg}" function="walkingarea">{_lane(f":J_w{leg}", 0, 3, 1, "")}</edge>'
    )


def _request(k: int, places: list[Way | str]) -> str:
    foes = "".join("1" if _foe(places[k], other) else "0" for other in reversed(places))
    response = "".join("1" if _responds(places[k], other) else "0" for other in reversed(places))
    return f'<request index="{k}" response="{response}" foes="{foes}" cont="0"/>'


def _foe(a: Way | str, b: Way | str) -> bool:
    if isinstance(a, Way) and isinstance(b, Way):
        return clash(a, b)
    return any(isinstance(x, Way) and isinstance(y, str) and walked(x, y) for x, y in product((a, b), repeat=2))


def _responds(a: Way | str, b: Way | str) -> bool:
    if isinstance(a, Way):
        return yields(a, b) if isinstance(b, Way) else walked(a, b)
    return False


def _connection(cross: Cross, k: int, way: Way) -> str:
    ends = f'from="{way.leg}in" to="{way.out}out" fromLane="{way.lane}" toLane="{way.target}"'
    return f'<connection {ends} via="{way.via}" tl="{cross.tls}" linkIndex="{k}" dir="{way.turn}" state="o"/>'
