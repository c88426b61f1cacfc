"""A ring in time, what goes into one tick of the rings, and what comes out of it."""

from dataclasses import dataclass, field

from edge.model.events import Event
from edge.model.phases import Termination
from edge.model.units import PhaseNumber


@dataclass(slots=True)
class Ring:
    """One ring in time. `rank` is that of the last phase served in this visit to the group, -1 on entry.

    `handed_over`: the phase that let an earlier one of this visit be served again, by conditional service.
    `named`: the phase it is to begin with on entry from all red, whoever else asks.
    """

    groups: tuple[tuple[PhaseNumber, ...], ...]
    active: PhaseNumber | None = None
    coming: PhaseNumber | None = None
    rank: int = -1
    handed_over: PhaseNumber | None = None
    named: PhaseNumber | None = None


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
