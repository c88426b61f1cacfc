"""What a SUMO net says of one traffic light: its links, who conflicts with whom, who gives way, which links are crossings.

Shares no code with the product. A link's index in the state string and its index in the junction's `request` rows are two
numberings; what joins them is the inner lane on which the link crosses the junction. Where an inner junction stands in the
way (a left turn that waits in the middle), the junction lists the last piece of the inner way, so the pieces are followed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

Pair = tuple[int, int]


@dataclass(frozen=True)
class Signals:
    """One traffic light. Pairs of foes are ordered (i < j); `yields` is (who gives way, to whom)."""

    tls: str
    size: int
    foes: frozenset[Pair]
    yields: frozenset[Pair]
    crossings: Mapping[int, float]
    """Link of a pedestrian crossing → its length, m."""
    beside: frozenset[Pair]
    """Foes that the net's own program shows green together: the road authority's word against the geometry's."""
    edges: Mapping[int, str]
    """Link → the edge it comes from."""


@dataclass(frozen=True)
class _Link:
    index: int
    edge: str
    target: str
    pieces: tuple[str, ...]


def read_signals(path: Path) -> dict[str, Signals]:
    """Every traffic light of a net."""
    root = ET.parse(path).getroot()
    links: dict[str, list[_Link]] = defaultdict(list)
    inner = _inner_ways(root)
    for row in root.iter("connection"):
        if row.get("tl") is not None:
            links[str(row.get("tl"))].append(_link(row, inner))
    requests = list(_requests(root))
    lengths = {str(lane.get("id")): float(str(lane.get("length"))) for lane in root.iter("lane")}
    programs = {str(t.get("id")): [str(p.get("state")) for p in t.iter("phase")] for t in root.iter("tlLogic")}
    return {tls: _signals(tls, rows, requests, lengths, programs.get(tls, [])) for tls, rows in links.items()}


def _inner_ways(root: ET.Element) -> dict[str, str]:
    """Inner lane → the inner lane it goes on in."""
    rows = (c for c in root.iter("connection") if str(c.get("from")).startswith(":") and c.get("via") is not None)
    return {f"{c.get('from')}_{c.get('fromLane')}": str(c.get("via")) for c in rows}


def _link(row: ET.Element, inner: Mapping[str, str]) -> _Link:
    first = row.get("via") or f"{row.get('to')}_{row.get('toLane')}"
    pieces = [first]
    while pieces[-1] in inner and inner[pieces[-1]] not in pieces:
        pieces.append(inner[pieces[-1]])
    return _Link(int(str(row.get("linkIndex"))), str(row.get("from")), str(row.get("to")), tuple(pieces))


@dataclass(frozen=True)
class _Junction:
    """Inner lane → its row; row → its foes, and to whom it gives way."""

    row: Mapping[str, int]
    foes: Mapping[int, frozenset[int]]
    response: Mapping[int, frozenset[int]]


def _requests(root: ET.Element) -> Iterable[_Junction]:
    for junction in root.iter("junction"):
        lanes = str(junction.get("intLanes", "")).split()
        rows = list(junction.iter("request"))
        if not rows:
            continue
        yield _Junction(
            {lane: k for k, lane in enumerate(lanes)},
            {int(str(r.get("index"))): _bits(str(r.get("foes"))) for r in rows},
            {int(str(r.get("index"))): _bits(str(r.get("response"))) for r in rows},
        )


def _bits(text: str) -> frozenset[int]:
    return frozenset(k for k, bit in enumerate(reversed(text)) if bit == "1")


def _signals(
    tls: str, links: list[_Link], junctions: list[_Junction], lengths: Mapping[str, float], program: list[str]
) -> Signals:
    foes: set[Pair] = set()
    yields: set[Pair] = set()
    for junction in junctions:
        rows = [(link.index, junction.row[lane]) for link in links for lane in link.pieces if lane in junction.row]
        for i, mine in rows:
            for j, theirs in rows:
                if theirs in junction.foes[mine] or mine in junction.foes[theirs]:
                    foes.add((min(i, j), max(i, j)))
                if theirs in junction.response[mine]:
                    yields.add((i, j))
    foes = {pair for pair in foes if pair[0] != pair[1]}
    return Signals(
        tls,
        max(link.index for link in links) + 1,
        frozenset(foes),
        frozenset(yields),
        {link.index: lengths.get(link.pieces[0], 0.0) for link in links if _is_crossing(link)},
        frozenset(p for p in foes if any(state[p[0]] == state[p[1]] == "G" for state in program if len(state) > p[1])),
        {link.index: link.edge for link in links},
    )


def _is_crossing(link: _Link) -> bool:
    """Crossings are called `:junction_cN`. A light may show the way off one in a place of its own."""
    return any(edge.startswith(":") and edge.rsplit("_", 1)[-1].startswith("c") for edge in (link.edge, link.target))
