"""Preemption and transit priority: who may take or bend the sequence, for how long, and what may be shortened for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from edge.model.detectors import InputRef
from edge.model.units import Ms, PhaseNumber, PlanNumber, PreemptNumber, PriorityNumber


class PreemptKind(Enum):
    """Who preempts. A railway's input is taken for on while nothing is heard of it; the others' for off."""

    RAIL = "rail"
    FIRE = "fire"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class PedBounds:
    """What is left of a walk and of a pedestrian clearance when a preempt enters: at least so much, never more than usual."""

    walk_ms: Ms
    clearance_ms: Ms


@dataclass(frozen=True, slots=True)
class TrackClearance:
    """Green for those who may stand on the tracks: `green_ms` at least; with a gate input until the gate is down, but no
    longer than `gate_limit_ms`."""

    phases: tuple[PhaseNumber, ...]
    green_ms: Ms
    gate: InputRef | None = None
    gate_limit_ms: Ms = 0

    @property
    def longest_ms(self) -> Ms:
        """The longest track clearance green."""
        return max(self.green_ms, self.gate_limit_ms if self.gate is not None else 0)


@dataclass(frozen=True, slots=True)
class Preempt:
    """One preempt (NTCIP 1202 2.7). The lower number has the higher right.

    `delay_ms`: from the input to the entry. `locking`: an input that goes off during the delay still counts. `entry`: the
    truncation of pedestrian intervals, None for none. `dwell`: phases held green; `cycling`: phases that are served by
    demand instead. `min_dwell_ms`: of the dwell; `min_duration_ms`: from entry to the end of dwell. `max_presence_ms`: an
    input on for longer is given up until it goes off, 0 for never. `link`: the preempt that follows the dwell.
    """

    number: PreemptNumber
    kind: PreemptKind
    input: InputRef
    inverted: bool = False
    locking: bool = True
    delay_ms: Ms = 0
    entry: PedBounds | None = None
    track: TrackClearance | None = None
    dwell: tuple[PhaseNumber, ...] = ()
    cycling: tuple[PhaseNumber, ...] = ()
    min_dwell_ms: Ms = 0
    min_duration_ms: Ms = 0
    max_presence_ms: Ms = 0
    exit_phases: tuple[PhaseNumber, ...] = ()
    link: PreemptNumber | None = None


@dataclass(frozen=True, slots=True)
class PriorityLimits:
    """How far the greens of one pattern may be bent: at most so much longer, and not shorter than `least_ms` a phase.

    `least_ms`: phases that may be shortened, and the green they keep; a phase that is not named is not shortened.
    """

    extend_ms: Ms
    least_ms: Mapping[PhaseNumber, Ms]


@dataclass(frozen=True, slots=True)
class Priority:
    """Transit priority by one check-in input. `by_plan`: other limits while that plan runs; None there: no priority."""

    number: PriorityNumber
    input: InputRef
    phases: tuple[PhaseNumber, ...]
    limits: PriorityLimits
    inverted: bool = False
    by_plan: Mapping[PlanNumber, PriorityLimits | None] | None = None
    delay_ms: Ms = 0
    max_request_ms: Ms = 0
    lockout_ms: Ms = 0

    def limits_of(self, plan: PlanNumber | None) -> PriorityLimits | None:
        """The limits while `plan` (None: free) runs; None where there is no priority."""
        if plan is not None and self.by_plan is not None and plan in self.by_plan:
            return self.by_plan[plan]
        return self.limits
