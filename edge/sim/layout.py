"""Lanes and loops of a site, as far as a site file tells them: the geometry the traffic model needs, and nothing of control.

A phase has the lanes its detectors speak of. `EBT-1` and `EBT-2` are two lanes; two stop-bar loops of the same movement
are two lanes; `EBT` beside `EBT-1` lies across all of them; `EBT+WBT` is one lane on each leg. Only the first word of a
`move` counts, and only if it is a movement. A phase without detectors has one lane for each movement in its name.

Positions are metres along the lane, 0 at the stop line, negative upstream of it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from edge.model.detectors import Detector, DetectorKind
from edge.model.indications import ChannelKind
from edge.model.phases import Phase
from edge.model.site import Site
from edge.model.units import DetectorNumber, PhaseNumber


class Axis(Enum):
    """The street a lane lies on."""

    NORTH_SOUTH = "ns"
    EAST_WEST = "ew"


class Turn(Enum):
    """What a lane's vehicles do."""

    THROUGH = "through"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Loop:
    """One detector's zone in a lane, from its upstream edge to its downstream edge, m."""

    detector: DetectorNumber
    upstream_m: float
    downstream_m: float


@dataclass(frozen=True, slots=True)
class LaneLayout:
    """One lane of a phase. `name` is unique in the site; `entry_m`: where its vehicles come into being."""

    name: str
    phase: PhaseNumber
    axis: Axis
    turn: Turn
    entry_m: float
    loops: tuple[Loop, ...]


STOPBAR_LENGTH_M = 6.0
"""Length of a stop-bar loop: 6 x 20 ft (FHWA-HRT-06-108, Traffic Detector Handbook, ch. 4)."""

STOPBAR_SETBACK_M = 0.5
"""From the stop line to a stop-bar loop whose `distance_m` is not given. Ours."""

POINT_LENGTH_M = 1.8
"""Length of an advance or count loop: 6 x 6 ft (FHWA-HRT-06-108, ch. 4). Shorter than the space between standing
vehicles, so that every vehicle is an actuation of its own."""

ADVANCE_DISTANCE_M = 50.0
"""From the stop line to an advance loop whose `distance_m` is not given. Ours."""

COUNT_BEYOND_M = 1.0
"""A count loop without `distance_m` lies just past the stop line, so that it counts who has passed. Ours."""

APPROACH_M = 200.0
"""Least length of a lane: room for 28 standing vehicles. Ours."""

BEYOND_LAST_LOOP_M = 50.0
"""A lane goes on at least so far upstream of its last loop. Ours."""

_MOVE = re.compile(r"(?:(?P<ns>[NS])|(?P<ew>[EW]))B?(?P<turn>[LTR]*)(?:-\d+)?")
_NUMBERED = re.compile(r"(?P<base>.+)-\d+")
_TURNS = {"L": Turn.LEFT, "R": Turn.RIGHT}


def lanes_of(site: Site) -> tuple[LaneLayout, ...]:
    """All lanes of the site, by phase number; a phase that only pedestrians use has none."""
    driven = {c.phase for c in site.channels.values() if c.kind is not ChannelKind.PEDESTRIAN}
    driven |= {detector.phase for detector in site.detectors.values()}
    return tuple(lane for number in sorted(driven) for lane in _phase_lanes(site, site.phases[number]))


def _phase_lanes(site: Site, phase: Phase) -> Iterator[LaneLayout]:
    detectors = [d for _, d in sorted(site.detectors.items()) if d.phase == phase.number]
    labels = _lane_labels(phase, detectors)
    loops = _loops_by_lane(phase, detectors, labels)
    for k, label in enumerate(labels):
        furthest = max((-loop.upstream_m for loop in loops[k]), default=0.0)
        yield LaneLayout(
            name=f"{phase.number}/{label}/{labels[:k].count(label) + 1}",
            phase=phase.number,
            axis=_axis(site, phase.number, label),
            turn=_turn(label),
            entry_m=-max(APPROACH_M, furthest + BEYOND_LAST_LOOP_M),
            loops=tuple(loops[k]),
        )


def _label(phase: Phase, detector: Detector) -> str:
    """The movement a detector speaks of: the first word of its `move`, else its phase's."""
    return _movement(detector.move) or _movement(phase.move) or phase.move


def _movement(text: str) -> str:
    """`EBT-1` of `EBT-1 advance`; nothing where the first word is no movement."""
    word = text.partition(" ")[0]
    return word if word and all(_MOVE.fullmatch(part) for part in word.split("+")) else ""


def _parts(label: str, numbered: dict[str, list[str]]) -> list[str]:
    """The movements in a label, a bare one standing for its numbered lanes where there are any."""
    return [lane for part in label.split("+") for lane in numbered.get(part, [part])]


def _numbered(labels: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in dict.fromkeys(part for label in labels for part in label.split("+")):
        match = _NUMBERED.fullmatch(part)
        if match:
            found.setdefault(match["base"], []).append(part)
    return found


def _lane_labels(phase: Phase, detectors: list[Detector]) -> list[str]:
    """One label a lane; a label stands twice where two loops of one kind lie side by side."""
    labels = [_label(phase, d) for d in detectors] or [_movement(phase.move) or phase.move]
    numbered = _numbered(labels)
    side_by_side = Counter((_label(phase, d), d.kind, d.distance_m) for d in detectors)
    lanes = Counter({part: 1 for label in labels for part in _parts(label, numbered)})
    for (label, _, _), count in side_by_side.items():
        parts = _parts(label, numbered)
        while sum(lanes[part] for part in parts) < count:
            lanes[min(parts, key=lanes.__getitem__)] += 1
    return list(lanes.elements())


def _loops_by_lane(phase: Phase, detectors: list[Detector], labels: list[str]) -> list[list[Loop]]:
    """Of m loops side by side over n lanes, loop j lies over the lanes j, j + m and so on."""
    numbered = _numbered([_label(phase, d) for d in detectors])
    loops: list[list[Loop]] = [[] for _ in labels]
    groups: dict[tuple[str, DetectorKind, float | None], list[Detector]] = {}
    for d in detectors:
        groups.setdefault((_label(phase, d), d.kind, d.distance_m), []).append(d)
    for (label, _, _), group in groups.items():
        parts = _parts(label, numbered)
        under = [k for k, lane in enumerate(labels) if lane in parts]
        for j, detector in enumerate(group):
            for k in under[j :: len(group)]:
                loops[k].append(_loop(detector))
    return loops


def _loop(detector: Detector) -> Loop:
    distance = detector.distance_m
    if detector.kind is DetectorKind.STOPBAR:
        near = -(STOPBAR_SETBACK_M if distance is None else distance)
        return Loop(detector.number, near - STOPBAR_LENGTH_M, near)
    if detector.kind is DetectorKind.COUNT and distance is None:
        return Loop(detector.number, COUNT_BEYOND_M, COUNT_BEYOND_M + POINT_LENGTH_M)
    far = -(ADVANCE_DISTANCE_M if distance is None else distance)
    return Loop(detector.number, far, far + POINT_LENGTH_M)


def _axis(site: Site, phase: PhaseNumber, label: str) -> Axis:
    """From the movement's name; without one, streets alternate by barrier group, or by stage where there is no barrier."""
    match = _MOVE.fullmatch(label)
    if match:
        return Axis.NORTH_SOUTH if match["ns"] else Axis.EAST_WEST
    place = site.sequence.places[phase]
    order = place.group if site.sequence.group_count > 1 else place.rank
    return Axis.EAST_WEST if order % 2 else Axis.NORTH_SOUTH


def _turn(label: str) -> Turn:
    match = _MOVE.fullmatch(label)
    if match and len(match["turn"]) == 1:
        return _TURNS.get(match["turn"], Turn.THROUGH)
    return Turn.THROUGH
