"""Timing of an imported site: passage times from the loops, and a fixed plan by Webster's formula from the lanes alone."""

import math
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Row
from dataclasses import dataclass

from edge.model.lanes import Lane, Turn
from edge.model.sequence import Sequence
from edge.model.units import PhaseNumber
from edge.sim.sumo_import.actuation import best_phase
from edge.sim.sumo_import.lanes import Placed
from edge.sim.sumo_import.layout import Walk
from edge.sim.sumo_import.loops import HEADWAY_S, STOPBAR_FAR_M, STOPBAR_NEAR_M, VEHICLE_M

_LEAST_PASSAGE_S = 0.5
"""Behind a stop-bar loop alone. Ours."""

_MPS_KMH = 3.6

WALK_S = 7
"""MUTCD 11th ed. 4I.06."""

_WALKING_MPS = 1.2
"""RiLSA 2015; MUTCD: 3.5 ft/s, 1.07 m/s, with a buffer behind it."""

LEAST_CYCLE_S, _MOST_CYCLE_S = 30, 150
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
    """A fixed plan: cycle and splits, whole seconds; the second of the day in which the first phase begins."""

    cycle: int
    splits: Mapping[PhaseNumber, int]
    offset: int = 0


def passage_s(lanes: Row[Lane]) -> float:
    """The passage time behind stop-bar loops: the headway that ends the green, less the time over the loop."""
    speed = max((lane.speed_kmh for lane in lanes), default=50.0) / _MPS_KMH
    return _rest_s(speed, STOPBAR_FAR_M - STOPBAR_NEAR_M, _LEAST_PASSAGE_S)


def zone_passage_s(zones: Row[tuple[Lane, float]]) -> float:
    """The same behind zones, lanes with how far theirs reach: none where all are as long as they should be (FHWA Signal Timing
    Manual 2nd ed., 5.4: with presence detection at the line it may be near 0)."""
    return max((_rest_s(lane.speed_kmh / _MPS_KMH, far, 0.0) for lane, far in zones), default=0.0)


def _rest_s(speed: float, zone_m: float, least: float) -> float:
    rest = HEADWAY_S - (zone_m + VEHICLE_M) / speed
    return round(max(rest, least), 1)


def clearance_s(walk: Walk) -> int:
    """The pedestrian clearance of a crossing."""
    return max(1, math.ceil(walk.length_m / _WALKING_MPS))


def fixed_times(sequence: Sequence, lanes: Iterable[Placed], walks: Iterable[Walk], times: Times) -> FixedTimes:
    """A plan by Webster: all critical lanes equally saturated; every split holds its minimum, walk and clearance."""
    flow = _flows(sequence, lanes)
    least = least_greens(sequence, walks, times)
    critical = [
        max((sum(flow[p] for p in ring[g]), len(ring[g])) for ring in sequence.rings) for g in _groups(sequence)
    ]
    lost = times.change * sum(count for _, count in critical)
    total = min(sum(y for y, _ in critical), 0.85)
    cycle = min(max((1.5 * lost + 5) / (1 - total), LEAST_CYCLE_S), _MOST_CYCLE_S)
    per_flow = (cycle - lost) / total if total else 0.0
    splits = {p: math.ceil(max(least[p], per_flow * flow[p]) + times.change) for p in sequence.phases}
    return _made_to_meet(sequence, splits)


def _groups(sequence: Sequence) -> range:
    return range(sequence.group_count)


def _flows(sequence: Sequence, lanes: Iterable[Placed]) -> dict[PhaseNumber, float]:
    """The flow ratio of the critical lane of each phase; of one that only helps out, half that of a turn."""
    found = dict.fromkeys(sequence.phases, _FLOW[False] / 2)
    for placed in lanes:
        best = best_phase(placed)
        through = any(movement.turn is Turn.THROUGH for movement in placed.lane.movements)
        found[best] = max(found[best], _FLOW[through])
    return found


def least_greens(sequence: Sequence, walks: Iterable[Walk], times: Times) -> dict[PhaseNumber, float]:
    """The shortest green of each phase in a plan, seconds: its minimum, or its walk and pedestrian clearance."""
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
    if cycle < LEAST_CYCLE_S:
        for ring in sequence.rings:
            if ring[-1]:
                splits[ring[-1][-1]] += LEAST_CYCLE_S - cycle
        cycle = LEAST_CYCLE_S
    return FixedTimes(cycle, splits)
