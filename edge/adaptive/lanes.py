"""The lanes of a site: as its file names them, else told from its detectors as well as that can be.

Detectors of one phase and one movement (the first word of their `move`, else the phase's) at the same place lie side by side in
lanes of their own; a stop-bar loop and an advance loop in the same order from the kerb share a lane. Of permissive turns and
of lanes that two movements share a file without `lanes:` says nothing, so none are assumed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from edge.model.detectors import Detector, DetectorKind
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.site import Site
from edge.model.units import DetectorNumber, PhaseNumber

ADVANCE_M = 50.0
"""From the stop line to an advance loop whose `distance_m` is not given. Ours."""

_TURN = re.compile(r"[NSEW]B?(?P<turn>[LTRU]?)(?:-\d+)?")
_TURNS = {"L": Turn.LEFT, "R": Turn.RIGHT, "U": Turn.U_TURN}
_LEG = re.compile(r"(?P<leg>[NSEW])")


def lanes_of(site: Site) -> tuple[Lane, ...]:
    """All lanes of the site that a loop looks at."""
    if site.lanes:
        return site.lanes
    driven = sorted({detector.phase for detector in site.detectors.values()})
    found = [lane for phase in driven for lane in _of_phase(site, phase)]
    return tuple(_with_siblings(lane, found) for lane in found)


def _of_phase(site: Site, phase: PhaseNumber) -> Iterator[Lane]:
    rows = [d for _, d in sorted(site.detectors.items()) if d.phase == phase]
    for label in dict.fromkeys(_label(site, d) for d in rows):
        mine = [d for d in rows if _label(site, d) == label]
        stop = [d for d in mine if d.kind is DetectorKind.STOPBAR] or [d for d in mine if _counts_at_line(d)]
        advance = sorted((d for d in mine if d.kind is DetectorKind.ADVANCE), key=_distance, reverse=True)
        yield from _side_by_side(phase, label, stop, advance)


def _counts_at_line(detector: Detector) -> bool:
    return detector.kind is DetectorKind.COUNT and (detector.distance_m or 0.0) <= 0.0


def _label(site: Site, detector: Detector) -> str:
    """The movement a detector speaks of, its lane's number with it: `EBT-1`."""
    word = detector.move.partition(" ")[0]
    return word if _TURN.fullmatch(word) else site.phases[detector.phase].move or str(detector.phase)


def _distance(detector: Detector) -> float:
    return ADVANCE_M if detector.distance_m is None else detector.distance_m


def _side_by_side(phase: PhaseNumber, label: str, stop: list[Detector], advance: list[Detector]) -> Iterator[Lane]:
    """As many lanes as loops lie side by side at one place; of several advance loops in a row a lane has each once."""
    rows = [[d.number for d in advance if _distance(d) == metres] for metres in dict.fromkeys(map(_distance, advance))]
    count = max(len(stop), max(map(len, rows), default=0))
    for place in range(count):
        numbers: tuple[DetectorNumber, ...] = tuple(row[place] for row in rows if place < len(row))
        yield Lane(
            name=LaneName(f"{phase}/{label}" + (f"/{place + 1}" if count > 1 else "")),
            approach=_approach(label, phase),
            movements=(Movement(_turn(label), frozenset({phase})),),
            stopbar=tuple(d.number for d in stop[place : place + 1]),
            advance=numbers,
            advance_m=max((_distance(d) for d in advance if d.number in numbers), default=0.0),
        )


def _turn(label: str) -> Turn:
    match = _TURN.fullmatch(label)
    return _TURNS.get(match["turn"], Turn.THROUGH) if match else Turn.THROUGH


def _approach(label: str, phase: PhaseNumber) -> str:
    match = _LEG.match(label)
    return match["leg"] if match else str(phase)


def _with_siblings(lane: Lane, lanes: Iterable[Lane]) -> Lane:
    """A vehicle between the loops changes only to a lane that goes the same way: what turns is chosen before the loops."""
    beside = tuple(
        o.name for o in lanes if o.name != lane.name and o.approach == lane.approach and o.phases == lane.phases
    )
    return replace(lane, siblings=beside)
