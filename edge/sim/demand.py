"""How many vehicles and pedestrians come, when and where: the named demands, scaled to what the junction can carry.

A demand gives each lane a weight (street, turn, time); the weights are scaled so that the critical lanes of the site's
own ring-and-barrier sequence reach a stated share of saturation flow. So `ns-heavy` means the same on a site with two
phases and on one with eight. Times are ms since the start of the simulation.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from random import Random

from edge.model.sequence import Sequence
from edge.model.units import HOUR_MS, MINUTE_MS, Ms
from edge.sim.layout import Axis, LaneLayout, Turn


class Demand(Enum):
    """The named demands."""

    BALANCED = "balanced"
    NS_HEAVY = "ns-heavy"
    EW_HEAVY = "ew-heavy"
    SWING = "swing"  # N-S heavy, over to E-W heavy, and back
    LIGHT = "light"
    REVERSAL = "reversal"  # N-S jammed, E-W empty, then the reverse


SATURATION_VEH_PER_H = 1900.0
"""Base saturation flow of a lane: 1900 pc/h/ln, a headway of 1.9 s (HCM 2010 ch. 18, metropolitan base value)."""

CRITICAL_FLOW_RATIO = 0.60
"""Sum of the critical lanes' flow over saturation flow: busy, and below what the changes leave (with 20 s lost in a cycle
of 100 s, 0.80 is capacity). Ours."""

LIGHT_FLOW_RATIO = 0.15
"""The same at night. Ours."""

SWING_PERIOD_MS: Ms = 20 * MINUTE_MS
"""From N-S heavy over E-W heavy and back: short, so that somebody who looks on sees it happen. Ours."""

HEAVY, LIGHTER, EVEN = 1.0, 0.35, 0.675
"""Weight of a through lane on the heavy street, on the other one, and when both are alike. Ours."""

EMPTY = 0.05
JAMMED = HEAVY + LIGHTER - EMPTY
"""Weight of the empty street, and of the jammed one: together what both have in the other demands. Ours."""

REVERSAL_MS: Ms = 30 * MINUTE_MS
"""When the jam has passed to the other street. Ours."""

_TURN_WEIGHT = {Turn.THROUGH: 1.0, Turn.LEFT: 0.30, Turn.RIGHT: 0.25}

PEDESTRIANS_PER_H = {Demand.LIGHT: 10.0}
PEDESTRIANS_PER_H_ELSE = 40.0
"""Pedestrians for each crossing and hour. Ours."""

MIN_HEADWAY_S = 1.5
"""No two vehicles enter a lane closer than this: a shifted exponential (Cowan 1975, M2)."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Vehicles per hour in one lane, at a time."""

    demand: Demand
    axis: Axis
    scale: float  # vehicles per hour for a weight of 1 on this lane

    def at(self, t: Ms) -> float:
        """Vehicles per hour at `t`."""
        return self.scale * _street_weight(self.demand, self.axis, t)


def flows_of(lanes: Iterable[LaneLayout], sequence: Sequence, demand: Demand) -> dict[str, Flow]:
    """The flow of every lane, by lane name."""
    rows = tuple(lanes)
    ratio = LIGHT_FLOW_RATIO if demand is Demand.LIGHT else CRITICAL_FLOW_RATIO
    per_weight = ratio * SATURATION_VEH_PER_H / _critical_weight(rows, sequence, demand)
    return {lane.name: Flow(demand, lane.axis, per_weight * _TURN_WEIGHT[lane.turn]) for lane in rows}


def _critical_weight(lanes: tuple[LaneLayout, ...], sequence: Sequence, demand: Demand) -> float:
    """The greatest weight the critical lanes reach in any of the street patterns."""
    patterns = (
        {Axis.NORTH_SOUTH: HEAVY, Axis.EAST_WEST: LIGHTER},
        {Axis.NORTH_SOUTH: LIGHTER, Axis.EAST_WEST: HEAVY},
        {Axis.NORTH_SOUTH: EVEN, Axis.EAST_WEST: EVEN},
    )
    reversal = ({Axis.NORTH_SOUTH: JAMMED, Axis.EAST_WEST: EMPTY}, {Axis.NORTH_SOUTH: EMPTY, Axis.EAST_WEST: JAMMED})
    shown = patterns + reversal if demand is Demand.REVERSAL else patterns
    return max(_critical_sum(lanes, sequence, street) for street in shown)


def _critical_sum(lanes: tuple[LaneLayout, ...], sequence: Sequence, street: dict[Axis, float]) -> float:
    heaviest: dict[int, float] = {}
    for lane in lanes:
        weight = street[lane.axis] * _TURN_WEIGHT[lane.turn]
        heaviest[lane.phase] = max(weight, heaviest.get(lane.phase, 0.0))
    return sum(
        max(sum(heaviest.get(phase, 0.0) for phase in ring[group]) for ring in sequence.rings)
        for group in range(sequence.group_count)
    )


def _street_weight(demand: Demand, axis: Axis, t: Ms) -> float:
    if demand in {Demand.BALANCED, Demand.LIGHT}:
        return EVEN
    if demand is Demand.REVERSAL:
        north_south = t % (2 * REVERSAL_MS) < REVERSAL_MS
        return JAMMED if (axis is Axis.NORTH_SOUTH) is north_south else EMPTY
    share = _north_south_share(demand, t)
    return LIGHTER + (HEAVY - LIGHTER) * (share if axis is Axis.NORTH_SOUTH else 1.0 - share)


def _north_south_share(demand: Demand, t: Ms) -> float:
    """1: N-S is heavy, 0: E-W is. The swing rests for a while at each end."""
    if demand is Demand.SWING:
        half = SWING_PERIOD_MS // 2
        away = abs(1.0 - (t % SWING_PERIOD_MS) / half)
        return min(1.0, max(0.0, 1.5 * away - 0.25))
    return 1.0 if demand is Demand.NS_HEAVY else 0.0


def pedestrians_per_h(demand: Demand) -> float:
    """Pedestrians for each crossing and hour."""
    return PEDESTRIANS_PER_H.get(demand, PEDESTRIANS_PER_H_ELSE)


class Arrivals:
    """One stream of arrivals with dice of its own, so that whatever the control does, the same seed brings the same."""

    __slots__ = ("_per_h", "_shift_s", "dice", "next_ms")

    def __init__(self, seed: str, per_h: Callable[[Ms], float], shift_s: float = 0.0) -> None:
        self.dice = Random(seed)  # noqa: S311 - traffic, not secrets
        self._per_h = per_h
        self._shift_s = shift_s
        self.next_ms: Ms = self._after(0)

    def take(self) -> Ms:
        """The instant of the next arrival; the one after it is drawn."""
        due = self.next_ms
        self.next_ms = self._after(due)
        return due

    def _after(self, t: Ms) -> Ms:
        mean_s = HOUR_MS / 1000 / self._per_h(t)
        shift_s = min(self._shift_s, mean_s / 2)
        return t + max(1, round(1000 * (shift_s + self.dice.expovariate(1.0 / (mean_s - shift_s)))))
