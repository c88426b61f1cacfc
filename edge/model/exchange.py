"""What crosses the edge of the core in one tick: inputs in, decision out, read-back for the monitor."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.model.adaptive import AdaptiveStatus
from edge.model.advice import Advice
from edge.model.commands import Command, Override
from edge.model.control import InControl
from edge.model.coordination import CoordStatus
from edge.model.detectors import InputSample
from edge.model.events import Event
from edge.model.external import Wires
from edge.model.faults import Fault, FaultKind
from edge.model.indications import Indication, Lamps
from edge.model.named import Named
from edge.model.overlaps import OverlapInterval
from edge.model.phases import Recall
from edge.model.plans import LocalTime
from edge.model.units import (
    ButtonNumber,
    ChannelNumber,
    DetectorNumber,
    Ms,
    OverlapNumber,
    PhaseNumber,
    PlanNumber,
)


@dataclass(frozen=True, slots=True)
class Readback:
    """The last image a device confirmed: its sequence number, when, and the circuits read back (None: not readable)."""

    sequence: int
    taken_ms: Ms
    lamps: Mapping[ChannelNumber, Lamps] | None


@dataclass(frozen=True, slots=True)
class ShellFault:
    """A trouble only the shell can see (late tick, lost device, unverified output), handed to the ladder while it stands."""

    kind: FaultKind
    where: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    """All the core hears in one tick. A detector that is missing from the mapping has no sample yet."""

    detectors: Mapping[DetectorNumber, InputSample] = field(default_factory=dict)
    buttons: Mapping[ButtonNumber, InputSample] = field(default_factory=dict)
    local: LocalTime | None = None
    commands: tuple[Command, ...] = ()
    faults: tuple[ShellFault, ...] = ()
    readbacks: tuple[Readback, ...] = ()
    wires: Wires = field(default_factory=dict)
    advice: Advice | None = None
    """What the adaptive layer answered since the tick before; None: nothing new."""


class Mode(Named):
    """What the whole unit does. The zero value is flash."""

    FLASH = 0
    START_UP_FLASH = 1
    EXIT_YELLOW = 2
    ALL_RED = 3
    RUN = 4
    CLEARING = 5  # every green ends by its own rules, then all red, then flash


class Rung(Named):
    """The ladder. ADAPTIVE is reached only where the site lets the adaptive layer act; it asks through the same doors."""

    FLASH = 0
    FIXED_PLAN = 1
    ACTUATED = 2
    ADAPTIVE = 3


class Interval(Named):
    """One phase's vehicle interval. The zero value is red."""

    RED = 0
    MIN_GREEN = 1
    EXTENSION = 2
    REST = 3
    YELLOW_CHANGE = 4
    RED_CLEARANCE = 5
    LEADING_WALK = 6  # pedestrians walk, vehicles still see red
    RED_YELLOW = 7  # red and amber, green comes next
    GREEN_BLINK = 8  # the green has ended and blinks before its yellow


class PedInterval(Named):
    """One phase's pedestrian interval. The zero value is steady don't walk."""

    DONT_WALK = 0
    WALK = 1
    PED_CLEARANCE = 2


@dataclass(frozen=True, slots=True)
class PhaseStatus:
    """One phase, for the screen. `reason`: in words, why it is green or red now. `waiting_ms`: age of the oldest call."""

    number: PhaseNumber
    interval: Interval
    ped: PedInterval
    in_interval_ms: Ms
    vehicle_call: bool
    ped_call: bool
    recall: Recall
    waiting_ms: Ms | None
    gap_left_ms: Ms | None
    max_left_ms: Ms | None
    reason: str


@dataclass(frozen=True, slots=True)
class OverlapStatus:
    """One overlap, for the screen. `reason`: in words, why it shows what it shows."""

    number: OverlapNumber
    interval: OverlapInterval
    in_interval_ms: Ms
    reason: str


@dataclass(frozen=True, slots=True)
class DetectorStatus:
    """One detector, for the screen."""

    number: DetectorNumber
    occupied: bool
    actuations: int
    last_actuation_ms: Ms | None
    fault: FaultKind | None


@dataclass(frozen=True, slots=True)
class PreemptStatus:
    """The preempt that runs, for the screen: its number, whose it is, and its stage in words."""

    number: int
    kind: str
    stage: str
    in_stage_ms: Ms


@dataclass(frozen=True, slots=True)
class PriorityStatus:
    """One transit priority that is being served or waits, for the screen: what it does, in words."""

    number: int
    doing: str


@dataclass(frozen=True, slots=True)
class CoreStatus:
    """Everything the screen shows of the core at one instant; built on demand, never stored."""

    now: Ms
    mode: Mode
    rung: Rung
    plan: PlanNumber | None
    cycle_ms: Ms | None  # cycle timer of the running plan
    phases: tuple[PhaseStatus, ...]
    detectors: tuple[DetectorStatus, ...]
    faults: tuple[Fault, ...]
    overlaps: tuple[OverlapStatus, ...] = ()
    preempt: PreemptStatus | None = None
    priorities: tuple[PriorityStatus, ...] = ()
    coordination: CoordStatus | None = None
    control: tuple[InControl, ...] = ()
    """Who is in control: whoever chooses the pattern first, then whoever else has a say."""
    adaptive: AdaptiveStatus | None = None
    """How it stands with the adaptive layer; None where the site has switched it off."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the core wants shown from this tick on, and what happened in it."""

    mode: Mode
    rung: Rung
    wanted: Mapping[ChannelNumber, Indication]
    events: tuple[Event, ...]
    faults: tuple[Fault, ...]
    stopped: bool = False
    """True once a STOP has gone all the way through clearance to flash."""
    overrides: tuple[Override, ...] = ()
    """The operators' overrides that stand."""
