"""Lanes: what the adaptive layer knows of the street behind the loops. The engine below it knows phases only."""

from dataclasses import dataclass
from enum import Enum
from typing import NewType

from edge.model.units import DetectorNumber, PhaseNumber

LaneName = NewType("LaneName", str)
"""A lane by its name in the site file, as `N1`."""


class Turn(Enum):
    """Which way a movement goes."""

    LEFT = "left"
    THROUGH = "through"
    RIGHT = "right"
    U_TURN = "u-turn"


@dataclass(frozen=True, slots=True)
class Movement:
    """One way out of a lane.

    `phases`: in the green of any of these it may go (of an overlap, its parents). `opposed_in`: the phases in whose green it
    must yield, a permissive turn; in all other greens of `phases` it is protected. `opposed_by`: the lanes it yields to then.
    """

    turn: Turn
    phases: frozenset[PhaseNumber]
    opposed_in: frozenset[PhaseNumber] = frozenset()
    opposed_by: tuple[LaneName, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane at the stop line.

    `stopbar`, `advance`, `exits`: its detectors, each of them alone in the lane; `advance_m`: from the stop line to the
    advance loop, along the way of a vehicle. `exits`: loops behind the junction that show whether it can leave.
    `length_m`: how long a queue may grow before it reaches the junction upstream. `siblings`: lanes of the same approach
    that a vehicle between the two loops may change to. `cars`: False where only buses, trams or bicycles may go: few come, and
    that nobody does for a long time is no sign of a dead cable.
    """

    name: LaneName
    approach: str
    movements: tuple[Movement, ...]
    stopbar: tuple[DetectorNumber, ...] = ()
    advance: tuple[DetectorNumber, ...] = ()
    exits: tuple[DetectorNumber, ...] = ()
    advance_m: float = 0.0
    length_m: float = 200.0
    speed_kmh: float = 50.0
    siblings: tuple[LaneName, ...] = ()
    cars: bool = True

    @property
    def phases(self) -> frozenset[PhaseNumber]:
        """Every phase in whose green somebody of the lane may go."""
        return frozenset(phase for movement in self.movements for phase in movement.phases)

    @property
    def turns(self) -> frozenset[Turn]:
        """Every way out of it."""
        return frozenset(movement.turn for movement in self.movements)
