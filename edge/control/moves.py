"""What goes into one tick of the rings, and what comes out of it."""

from dataclasses import dataclass, field

from edge.model.events import Event
from edge.model.phases import Termination
from edge.model.units import PhaseNumber


@dataclass(frozen=True, slots=True)
class Demand:
    """Who wants to be served in this tick, and for whom a walk is wanted."""

    vehicles: frozenset[PhaseNumber]
    walks: frozenset[PhaseNumber]


@dataclass(slots=True)
class RingMoves:
    """What one tick of the rings did."""

    events: list[Event] = field(default_factory=list)
    ended: list[tuple[PhaseNumber, Termination]] = field(default_factory=list)
    started: list[tuple[PhaseNumber, bool]] = field(default_factory=list)  # with walk?
    walked: list[PhaseNumber] = field(default_factory=list)
