"""Timing of an imported site: passage times from the loops, and a fixed plan by Webster's formula from the lanes alone."""

import math
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Row
from dataclasses import dataclass

from edge.model.lanes import Lane, Turn
from edge.model.sequence import Sequence
from edge.model.units import PhaseNumber
from edge.sim.sumo_import.actuation import best_phase
from edge.sim.sumo_import.layout import Walk
from edge.sim.sumo_import.loops import LOOP_M, STOPBAR_FAR_M

PASSAGE_S = 0.5
"""Where advance loops carry who comes to the line, presence there holds the green until the last vehicle leaves (FHWA Signal
Timing Manual 2nd ed., 5.4: with presence detection at the line the passage time may be near 0)."""

_HEADWAY_S = 3.0
"""Elsewhere: a larger headway ends the green (FHWA Signal Timing Manual 2nd ed.: 2 to 4 s)."""

CARRIED_LANES = 2
"""Of a phase with more lanes one or the other would always hold the green, so advance loops hold none there. Ours, measured."""

_MPS_KMH = 3.6
_ZONE_M = 10.0
_VEHICLE_M = 5.0

WALK_S = 7
"""MUTCD 11th ed. 4I.06."""

_WALKING_MPS = 1.2
"""RiLSA 2015; MUTCD: 3.5 ft/s, 1.07 m/s, with a buffer behind it."""

_LEAST_CYCLE_S, _MOST_CYCLE_S = 30, 150
_FLOW = {True: 0.18, False: 0.09}
"""Share of saturation flow that a lane is taken to carry: with through traffic, or turns alone. Ours: nobody has counted, so
all lanes of a kind are taken for equally busy, and four critical movements come to 0.54."""


@dataclass(frozen=True, slots=True)
class Times:
    """What was asked for, in seconds."""

    min_green: float = 5
    max_green: float = 50
    yellow: float = 3
    red: float = 1

    @property
    def change(self) -> float:
        """From the end of a green to the start of the next."""
        return self.yellow + self.red


@dataclass(frozen=True, slots=True)
class FixedTimes:
    """A fixed plan: cycle and splits, whole seconds."""

    cycle: int
    splits: Mapping[PhaseNumber, int]


def passage_s(lanes: Row[Lane], *, carried: bool) -> float:
    """The passage time of a phase: where nothing carries, the headway that ends its green, less the time over the loop."""
    if carried:
        return PASSAGE_S
    speed = max((lane.speed_kmh for lane in lanes), default=50.0) / _MPS_KMH
    return round(max(_HEADWAY_S - (_ZONE_M + _VEHICLE_M) / speed, PASSAGE_S), 1)


def carry_s(lane: Lane) -> float:
    """How long an advance loop holds the green, so that who passes it reaches the line's: his way, less the passage."""
    way = max(lane.advance_m - STOPBAR_FAR_M - LOOP_M, 0.0)
    return round(max(way / (lane.speed_kmh / _MPS_KMH) - PASSAGE_S, 0.0), 1)


def clearance_s(walk: Walk) -> int:
    """The pedestrian clearance of a crossing."""
    return max(1, math.ceil(walk.length_m / _WALKING_MPS))


def fixed_times(sequence: Sequence, lanes: Iterable[Lane], walks: Iterable[Walk], times: Times) -> FixedTimes:
    """A plan by Webster: all critical lanes equally saturated; every split holds its minimum, walk and clearance."""
    flow = _flows(sequence, lanes)
    least = _least_greens(sequence, walks, times)
    critical = [
        max((sum(flow[p] for p in ring[g]), len(ring[g])) for ring in sequence.rings) for g in _groups(sequence)
    ]
    lost = times.change * sum(count for _, count in critical)
    total = min(sum(y for y, _ in critical), 0.85)
    cycle = min(max((1.5 * lost + 5) / (1 - total), _LEAST_CYCLE_S), _MOST_CYCLE_S)
    per_flow = (cycle - lost) / total if total else 0.0
    splits = {p: math.ceil(max(least[p], per_flow * flow[p]) + times.change) for p in sequence.phases}
    return _made_to_meet(sequence, splits)


def _groups(sequence: Sequence) -> range:
    return range(sequence.group_count)


def _flows(sequence: Sequence, lanes: Iterable[Lane]) -> dict[PhaseNumber, float]:
    """The flow ratio of the critical lane of each phase; of one that only helps out, half that of a turn."""
    found = dict.fromkeys(sequence.phases, _FLOW[False] / 2)
    for lane in lanes:
        best = best_phase(lane)
        through = any(movement.turn is Turn.THROUGH for movement in lane.movements)
        found[best] = max(found[best], _FLOW[through])
    return found


def _least_greens(sequence: Sequence, walks: Iterable[Walk], times: Times) -> dict[PhaseNumber, float]:
    found = dict.fromkeys(sequence.phases, times.min_green)
    for walk in walks:
        found[walk.phase] = max(found[walk.phase], WALK_S + clearance_s(walk))
    return found


def _made_to_meet(sequence: Sequence, splits: dict[PhaseNumber, int]) -> FixedTimes:
    """The rings reach every barrier together: what a ring has left over goes to its last phase before the barrier."""
    cycle = 0
    for g in _groups(sequence):
        length = max(sum(splits[p] for p in ring[g]) for ring in sequence.rings)
        for ring in sequence.rings:
            if ring[g]:
                splits[ring[g][-1]] += length - sum(splits[p] for p in ring[g])
        cycle += length
    if cycle < _LEAST_CYCLE_S:
        for ring in sequence.rings:
            if ring[-1]:
                splits[ring[-1][-1]] += _LEAST_CYCLE_S - cycle
        cycle = _LEAST_CYCLE_S
    return FixedTimes(cycle, splits)
