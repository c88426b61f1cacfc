"""The doors through which everything above the rings asks: call, hold, force off, omit. Nobody has another one."""

from dataclasses import dataclass

from edge.model.units import PhaseNumber


@dataclass(frozen=True, slots=True)
class Asks:
    """What a strategy (a plan, later the adaptive layer) asks for in one tick.

    `hears_detectors` False means that detectors and recalls are not heard at all: then only `calls` and `ped_calls` give
    demand, and a green ends by force-off alone. A push-button is heard only beside a green that nobody opposes.
    """

    calls: frozenset[PhaseNumber] = frozenset()
    ped_calls: frozenset[PhaseNumber] = frozenset()
    holds: frozenset[PhaseNumber] = frozenset()
    force_offs: frozenset[PhaseNumber] = frozenset()
    omits: frozenset[PhaseNumber] = frozenset()
    hears_detectors: bool = True


NOTHING = Asks()
"""Plain actuation asks for nothing."""
