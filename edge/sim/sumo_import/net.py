"""A SUMO network as it stands in its file: lanes, connections, junctions with their right of way, programs."""

import gzip
import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, TypeVar
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from edge.sim.sumo_import import nema
from edge.sim.sumo_import.problem import NetProblem, NetUnreadable

Point: TypeAlias = tuple[float, float]

_WALKERS = frozenset({"pedestrian"})
_CARS = frozenset({"all", "passenger", "private", "hov", "evehicle", "delivery", "truck", "trailer", "motorcycle"})
"""Vehicle classes of SUMO of which many come; the others are buses, trams, bicycles, taxis and those in emergency."""
_BARRED = frozenset({"all", "passenger"})
_TRUE = frozenset({"true", "1", "yes", "on", "x", "t"})
"""What SUMO takes for true (its StringUtils::toBool, in lower case)."""


@dataclass(frozen=True, slots=True)
class NetLane:
    """A lane; `shape` in metres, in the direction of travel. `index` counts from the kerb."""

    id: str
    edge: str
    index: int
    length_m: float
    speed_mps: float
    shape: tuple[Point, ...]
    walkers_only: bool = False
    cars: bool = True


@dataclass(frozen=True, slots=True)
class NetEdge:
    """An edge. `function`: empty for a street, else internal, crossing or walkingarea."""

    id: str
    function: str
    start: str
    end: str
    lanes: tuple[NetLane, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """From one lane into another. `link`: place in the state string of the traffic light `tls`, -1 where there is none."""

    start: str
    end: str
    way: str
    via: str
    tls: str
    link: int


@dataclass(frozen=True, slots=True)
class Request:
    """Of one connection over a junction: the connections that conflict with it, and those it must yield to."""

    foes: frozenset[int]
    yields_to: frozenset[int]


@dataclass(frozen=True, slots=True)
class Junction:
    """A junction. `arms`: the lanes that lead to it; `inner`: its internal lanes, in the order of `requests`."""

    id: str
    arms: tuple[str, ...]
    inner: tuple[str, ...]
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a traffic light: its state strings, for how many seconds it shows each (traffic may keep one for `longest`),
    and when its cycle begins.

    `phases`: of a program of type NEMA the states as written, of which `states` are put together; `problem`: why what it
    shows together is not known.
    """

    tls: str
    states: tuple[str, ...]
    phases: tuple[str, ...] = ()
    problem: str = ""
    seconds: tuple[float, ...] = ()
    longest: tuple[float, ...] = ()
    offset_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Network:
    """The whole network. `into`, `out_of`: connections by the lane they lead into or out of."""

    edges: Mapping[str, NetEdge]
    lanes: Mapping[str, NetLane]
    connections: tuple[Connection, ...]
    into: Mapping[str, tuple[Connection, ...]]
    out_of: Mapping[str, tuple[Connection, ...]]
    junctions: Mapping[str, Junction]
    places: Mapping[str, tuple[str, int]]
    """Of each internal lane: its junction, and its place among the requests there."""
    programs: Mapping[str, Program]
    signalised: frozenset[str]
    """Edges that end at a traffic light."""
    left_hand: bool = False
    """Whether traffic keeps to the left."""


def read_network(path: Path, additional: Iterable[Path] = ()) -> Network:
    """The network in a file, packed or not; with the programs of additional files in place of its own, as SUMO loads them.

    Raises:
        NetUnreadable: one cannot be read.
        NetProblem: it is no SUMO network, or an additional file has no program for it.
    """
    root = _root(path, "give the .net.xml")
    if root.tag != "net":
        raise NetProblem(f"{path}: this is <{root.tag}>, not a SUMO network — give the .net.xml")
    net = _told(path, root, _network)
    for file in additional:
        found = {
            program.tls: program
            for program in _told(file, _root(file, _PROGRAMS), _programs)
            if program.tls in net.programs
        }
        if not found:
            raise NetProblem(
                f"{file}: there is no program (tlLogic with phases) for a traffic light of {path} — {_PROGRAMS}"
            )
        net = replace(net, programs={**net.programs, **found})
    return net


_PROGRAMS = (
    "give the additional file that SUMO loads programs from, or leave --programs out: the network's own are taken"
)
"""What to do about `--programs`."""

_Read = TypeVar("_Read")


def _told(path: Path, root: Element, read: Callable[[Element], _Read]) -> _Read:
    try:
        return read(root)
    except (KeyError, ValueError) as error:
        raise NetProblem(f"{path}: an element lacks something or has no number where one belongs: {error}") from error


def _root(path: Path, give: str) -> Element:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NetUnreadable(f"{path}: cannot be read: {error.strerror} — {give}") from error
    try:
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        return ET.fromstring(text)  # noqa: S314 - expat refuses entity bombs; the file is the engineer's own
    except EOFError as error:
        raise NetProblem(f"{path}: the packed file ends too soon — {give}") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise NetProblem(f"{path}: the packed file is damaged: {error} — {give}") from error
    except ET.ParseError as error:
        line, column = error.position
        raise NetProblem(f"{path}:{line}:{column + 1}: this is not XML: {error.msg} — {give}") from error


def _network(root: Element) -> Network:
    edges = {edge.id: edge for edge in map(_edge, root.iterfind("edge"))}
    connections = tuple(map(_connection, root.iterfind("connection")))
    junctions = {junction.id: junction for junction in map(_junction, root.iterfind("junction"))}
    return Network(
        edges=edges,
        lanes={lane.id: lane for edge in edges.values() for lane in edge.lanes},
        connections=connections,
        into=_grouped({i: c.end for i, c in enumerate(connections)}, connections),
        out_of=_grouped({i: c.start for i, c in enumerate(connections)}, connections),
        junctions=junctions,
        places={
            lane: (j.id, i)
            for j in junctions.values()
            if j.requests
            for i, lane in enumerate(j.inner[: len(j.requests)])
        },
        programs={program.tls: program for program in _programs(root)},
        signalised=frozenset(c.start.rsplit("_", 1)[0] for c in connections if c.tls),
        left_hand=root.get("lefthand", "").lower() in _TRUE,
    )


def _grouped(keys: Mapping[int, str], connections: tuple[Connection, ...]) -> dict[str, tuple[Connection, ...]]:
    found: dict[str, list[Connection]] = defaultdict(list)
    for i, key in keys.items():
        found[key].append(connections[i])
    return {key: tuple(group) for key, group in found.items()}


def _edge(element: Element) -> NetEdge:
    name = element.attrib["id"]
    lanes = tuple(_lane(name, lane) for lane in element.iterfind("lane"))
    start, end = element.get("from", ""), element.get("to", "")
    return NetEdge(name, element.get("function", ""), start, end, lanes)


def _lane(edge: str, element: Element) -> NetLane:
    allowed = frozenset(element.get("allow", "").split())
    barred = frozenset(element.get("disallow", "").split())
    return NetLane(
        id=element.attrib["id"],
        edge=edge,
        index=int(element.attrib["index"]),
        length_m=float(element.attrib["length"]),
        speed_mps=float(element.attrib["speed"]),
        shape=_shape(element.get("shape", "")),
        walkers_only=bool(allowed) and allowed <= _WALKERS,
        cars=bool(allowed & _CARS) if allowed else not barred & _BARRED,
    )


def _shape(text: str) -> tuple[Point, ...]:
    points = (point.split(",") for point in text.split())
    return tuple((float(point[0]), float(point[1])) for point in points)


def _connection(element: Element) -> Connection:
    get = element.attrib
    return Connection(
        start=f"{get['from']}_{get['fromLane']}",
        end=f"{get['to']}_{get['toLane']}",
        way=get.get("dir", "s"),
        via=get.get("via", ""),
        tls=get.get("tl", ""),
        link=int(get.get("linkIndex", "-1")),
    )


def _junction(element: Element) -> Junction:
    requests = tuple(_request(request) for request in element.iterfind("request"))
    arms, inner = (tuple(element.get(key, "").split()) for key in ("incLanes", "intLanes"))
    return Junction(element.attrib["id"], arms, inner, requests)


def _request(element: Element) -> Request:
    return Request(_bits(element.attrib["foes"]), _bits(element.attrib["response"]))


def _bits(text: str) -> frozenset[int]:
    """The places of the ones, counted from the right."""
    return frozenset(i for i, bit in enumerate(reversed(text)) if bit == "1")


def _programs(root: Element) -> tuple[Program, ...]:
    """The programs in a file; one without phases is another's with other parameters."""
    return tuple(_program(element) for element in root.iter("tlLogic") if element.find("phase") is not None)


_PLACES_S = (1, 60, 3_600, 86_400)


def _seconds(text: str) -> float:
    """A time as SUMO reads it: seconds, or [[days:]hours:]minutes:seconds."""
    parts = [float(part) for part in text.lstrip("-").split(":")]
    if len(parts) > len(_PLACES_S) or not all(map(math.isfinite, parts)):
        raise ValueError(f"{text!r} is no time")
    total = sum(place * part for place, part in zip(_PLACES_S, reversed(parts), strict=False))
    return -total if text.startswith("-") else total


_TIMED_BY_TRAFFIC = frozenset({"actuated", "delay_based"})


def _program(element: Element) -> Program:
    phases = tuple(element.iterfind("phase"))
    name, states = element.attrib["id"], tuple(phase.attrib["state"] for phase in phases)
    if element.get("type") != "NEMA":
        by_traffic = element.get("type") in _TIMED_BY_TRAFFIC
        least, most = ("minDur", "maxDur") if by_traffic else ("duration", "duration")
        seconds = tuple(max(_seconds(p.attrib["duration"]), _seconds(p.get(least, "0"))) for p in phases)
        longest = tuple(max(shown, _seconds(p.get(most, "0"))) for p, shown in zip(phases, seconds, strict=True))
        offset = element.get("offset", "0")
        return Program(
            name, states, seconds=seconds, longest=longest, offset_s=0.0 if offset == "begin" else _seconds(offset)
        )
    named = {phase.get("name", ""): phase.attrib["state"] for phase in phases}
    given = {parameter.attrib["key"]: parameter.get("value", "") for parameter in element.iterfind("param")}
    try:
        return Program(name, nema.stages(named, given), states)
    except (
        NetProblem
    ) as error:  # told when this light is asked for: another file may replace its program, and others are well
        return Program(name, (), states, str(error))
