"""What the controller tells the adaptive layer once a second: what was seen, and how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.model.advice import NOBODY, Phases
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.faults import FaultKind
from edge.model.plans import LocalTime
from edge.model.units import SECOND_MS, DetectorNumber, Ms, PhaseNumber, PlanNumber

OBSERVE_EVERY_MS: Ms = SECOND_MS
"""How often the adaptive layer is told what is seen, and answers."""


@dataclass(frozen=True, slots=True)
class LoopEdge:
    """A loop that became occupied (`on`) or free, at the tick `at_ms`. A bare counter tells pairs of one instant."""

    detector: DetectorNumber
    at_ms: Ms
    on: bool


@dataclass(frozen=True, slots=True)
class PhaseSeen:
    """One phase as it stands. `since_ms`, `ped_since_ms`: when the interval began. `minimum_left_ms`: what must still pass
    before the green may end (minimum, walk, pedestrian clearance); 0 if it may end now or is not green. `waiting_since_ms`: of
    the oldest call, None where nobody waits. `max_left_ms`: None while the maximum is not timed."""

    number: PhaseNumber
    interval: Interval
    since_ms: Ms
    ped: PedInterval
    ped_since_ms: Ms
    vehicle_call: bool
    ped_call: bool
    waiting_since_ms: Ms | None
    minimum_left_ms: Ms
    max_left_ms: Ms | None
    gapped: bool
    """Its passage time has run out: plain actuation would end it as soon as somebody who conflicts with it waits."""
    coming: bool = False
    """It has been decided that it comes next in its ring."""
    demands: bool = False
    """It wants to be served: a call, or a recall stronger than soft, that of a failed detector too."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What the controller saw in the second that ends with the tick `now`, and how it stands at that tick.

    `edges`: in order of time. `occupied`: the loops that are occupied now. `failed`: detectors out of service, with the reason.
    `free`: whether the adaptive layer may act at all (free operation, no preempt, no manual control, no flash coming);
    `acting`: whether the last advice was followed in this second. `transit`: phases that a transit priority asks for.
    """

    now: Ms
    mode: Mode
    phases: tuple[PhaseSeen, ...]
    edges: tuple[LoopEdge, ...] = ()
    occupied: frozenset[DetectorNumber] = frozenset()
    failed: Mapping[DetectorNumber, FaultKind] = field(default_factory=dict)
    local: LocalTime | None = None
    plan: PlanNumber | None = None
    free: bool = True
    acting: bool = False
    transit: Phases = NOBODY
    group: int = 0
    """The barrier group that is being served."""
