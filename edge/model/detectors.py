"""Detectors and push-buttons: how they are configured, and the samples that drivers hand in."""

from dataclasses import dataclass, field
from enum import Enum

from edge.model.units import ButtonNumber, DetectorNumber, Ms, PhaseNumber


@dataclass(frozen=True, slots=True)
class InputSample:
    """What a device last said of one input.

    `occupied` is the level now (a counter without presence says False for ever); `count` is the number of
    actuations seen since the driver started, it never falls and catches what was shorter than a poll; `taken_ms` is
    the monotonic instant of the reading; `ok` is the device's own verdict (False: open loop, reset card, bad reply).
    """

    occupied: bool
    count: int
    taken_ms: Ms
    ok: bool = True


@dataclass(frozen=True, slots=True)
class InputRef:
    """`loops.3` in the site file: terminal 3 of device `loops`."""

    device: str
    terminal: str


class DetectorKind(Enum):
    """Where the loop lies and what it is for."""

    STOPBAR = "stopbar"
    ADVANCE = "advance"
    COUNT = "count"


class OnFault(Enum):
    """What a failed detector does to its phase (NEMA TS 2 3.9.3.1.4: a failed detector places a call).

    `plan-recall`: called in every cycle, and green for as long as the fall-back plan would give it. `late-recall`: called once
    it has been red for two cycles of that plan.
    """

    NONE = "none"
    MIN_RECALL = "min-recall"
    MAX_RECALL = "max-recall"
    PLAN_RECALL = "plan-recall"
    LATE_RECALL = "late-recall"


@dataclass(frozen=True, slots=True)
class DetectorLimits:
    """When a detector is taken for failed; 0 switches a test off (NEMA TS 2 3.9.3.1.4)."""

    max_presence_ms: Ms
    no_activity_ms: Ms
    erratic_per_min: int
    on_fault: OnFault = OnFault.MAX_RECALL
    active_from_ms: Ms = 0
    active_to_ms: Ms = 86_400_000
    """Time of day between which no activity is a fault; at night silence is normal."""
    unseen_ms: Ms = 0
    """One that has not been heard so long after the start is answered like a failed one until it is; 0: not."""


@dataclass(frozen=True, slots=True)
class Detector:
    """One vehicle detector. `partner`: the detector that stands in for it while it has failed."""

    number: DetectorNumber
    input: InputRef
    phase: PhaseNumber
    kind: DetectorKind
    limits: DetectorLimits
    move: str = ""
    calls: bool = True
    extends: bool = True
    delay_ms: Ms = 0
    extend_ms: Ms = 0
    distance_m: float | None = None
    partner: DetectorNumber | None = None
    queue_limit_ms: Ms = 0
    """How long into the green of its phase it is heard; 0: for all of it (NTCIP 1202 2.3.2.11)."""
    queue: bool = False
    """It holds an opposed green until its queue has gone, by its first gap; not who comes after (NTCIP 1202 2.3.2.2 bit 6)."""
    switch_phase: PhaseNumber | None = None
    """Heard for this phase instead while that is green and its own is not (NTCIP 1202 2.3.2.6)."""
    adds_initial: bool = False
    """Its actuations on yellow and red are vehicles for added initial and cars before reduction."""


@dataclass(frozen=True, slots=True)
class PedButton:
    """One pedestrian push-button."""

    number: ButtonNumber
    input: InputRef
    phase: PhaseNumber
    limits: DetectorLimits = field(default=DetectorLimits(0, 0, 0))
    long_press_ms: Ms = 0
    """Held so long it asks for the longer walk and clearance; 0: it does not."""
