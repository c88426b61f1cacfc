"""The doors through which everything above the rings asks: call, hold, force off, omit. Nobody has another one."""

from dataclasses import dataclass
from typing import TypeAlias

from edge.model.phases import Termination
from edge.model.preempts import PedBounds
from edge.model.units import PhaseNumber

Phases: TypeAlias = frozenset[PhaseNumber]
NOBODY: Phases = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What is asked for in one tick.

    `hears_detectors` False means that detectors and recalls are not heard at all: then only `calls` and `ped_calls` give
    demand, and a green ends by force-off alone. A push-button is heard only beside a green that nobody opposes.
    `clears`: of the phases forced off, those that become red although nobody waits who conflicts with them.
    `hears_maximums` False: no green ends by its maximum (max inhibit). `ped_omits`: no walk of these phases begins.
    `walk_rests`: a walk goes on while nobody opposes it, as with rest in walk; `walk_offs`: it does not, and clears now.
    `maximum`: which maximum green is timed, 1, 2 or 3. `force_off_as`: what a force-off is logged as.
    `hurry`: walks and pedestrian clearances of the phases forced off are shortened to these bounds; for preempts alone.
    """

    calls: Phases = NOBODY
    ped_calls: Phases = NOBODY
    holds: Phases = NOBODY
    force_offs: Phases = NOBODY
    clears: Phases = NOBODY
    omits: Phases = NOBODY
    ped_omits: Phases = NOBODY
    walk_rests: Phases = NOBODY
    walk_offs: Phases = NOBODY
    hears_detectors: bool = True
    hears_maximums: bool = True
    maximum: int = 1
    force_off_as: Termination = Termination.FORCE_OFF
    hurry: PedBounds | None = None


NOTHING = Asks()
"""Plain actuation asks for nothing."""
