"""Chatter: more actuations than vehicles can make.

`SHAPE`: more than a lane can carry, or pulses too short for a vehicle. `LAMPS`: under red only the first arrival actuates a
stop bar, and only as many pass the advance loop as find room behind it. `OWN`, `LANE`, `NEIGHBOURS`: far more than its own
past, than the other loop of its lane, than other lanes. Each is a sequential test of twice the actuations that health
allows.
"""

from math import log

from edge.adaptive.health_evidence import Drift, Kind
from edge.adaptive.health_lane import LaneLamps

_CAPACITY_PER_S = 40 / 60
"""A lane carries 2000 to 2200 vehicles an hour, 37 a minute (HCM); nobody passes a loop more often. TS 2's usual erratic count
is 30 to 60 a minute."""
_TWICE = log(2.0)
_DOUBT_NATS = 2.0
_A_PULSE = 0.7
_BEYOND = 0.7
"""One actuation too many under red: one in two by a lane changer or a motorcycle. Ours."""
_BEYOND_TURNING = 0.1
_QUIET_RED = -0.5
_ROOM_FOR_CHANGERS = 2


class Chatter:
    """The evidence that one loop chatters."""

    __slots__ = ("_all", "_in_red", "_pulses", "_stop_bar", "doubtful", "lamps", "lane", "others", "own", "shape")

    def __init__(self, *, stop_bar: bool) -> None:
        self._stop_bar = stop_bar
        self.shape, self.lamps = Drift(), Drift()
        self.own, self.lane, self.others = Drift(), Drift(), Drift()
        self._all = self.shape, self.lamps, self.own, self.lane, self.others
        self._in_red = 0
        self._pulses = 0
        self.doubtful = False
        """Whether anything speaks for it: then it teaches no rates."""

    def clear(self) -> None:
        """Begin anew."""
        for drift in self._all:
            drift.clear()

    def rose(self, lamps: LaneLamps) -> None:
        """One more actuation."""
        if not lamps.is_red:
            return
        self._in_red += 1
        allowed = 1 if self._stop_bar else lamps.storage + _ROOM_FOR_CHANGERS
        if self._in_red > allowed:
            self.lamps.add(_BEYOND_TURNING if self._stop_bar and lamps.turns_on_red else _BEYOND)

    def second(self, rises: int, pulses: int) -> None:
        """One second with so many actuations; `pulses`: all that were too short so far."""
        self.shape.add(rises * _TWICE - _CAPACITY_PER_S + (pulses - self._pulses) * _A_PULSE)
        self._pulses = pulses
        self.doubtful = any(drift.nats > _DOUBT_NATS for drift in self._all)

    def red_over(self) -> None:
        """A red is over."""
        if self._in_red <= 1:
            self.lamps.add(_QUIET_RED)
        self._in_red = 0

    def minute_over(self, rises: int, expected: float, mates: int | None, mean: float) -> None:
        """A minute with so many actuations is over. `expected`: by its own rate; `mates`: those of the other loops of its lane,
        None: none that could be compared; `mean`: those of a loop in other lanes."""
        if expected:
            self.own.add(_double(rises, max(8.0, 1.5 * expected)))
        if mates is not None:
            self.lane.add(_double(rises, 1.5 * mates + 4.0))
        self.others.add(_double(rises, 3.0 * mean + 4.0))

    def freshen(self) -> None:
        """Nobody knows what happened until now."""
        self._in_red = 0

    def evidence(self) -> dict[Kind, float]:
        """What speaks for it."""
        return {
            Kind.SHAPE: self.shape.nats,
            Kind.LAMPS: self.lamps.nats,
            Kind.OWN: self.own.nats,
            Kind.LANE: self.lane.nats,
            Kind.NEIGHBOURS: self.others.nats,
        }


def _double(count: int, allowed: float) -> float:
    """Log-likelihood ratio of a count (Poisson): twice what is allowed, against what is allowed."""
    return count * _TWICE - allowed
