"""Actuated coordination (NTCIP 1202 2.5): what a plan says beside cycle, offset and splits, and its way with the clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from edge.model.units import Ms, PhaseNumber


class SplitMode(Enum):
    """What a phase without coordination does in its split (NTCIP 1202 splitMode)."""

    NONE = "none"  # served by its calls
    MIN = "min-recall"  # called in every cycle
    MAX = "max-recall"  # called in every cycle and held to its force-off point
    PED = "ped-recall"  # its walk is called in every cycle
    MAX_PED = "max-ped-recall"
    OMIT = "omit"  # not served while the plan runs


class OffsetReference(Enum):
    """Which end of the coordinated green the offset names: TS 2 the start of the first one, Type 170 the end."""

    START_OF_GREEN = "start-of-green"
    END_OF_GREEN = "end-of-green"


class ReferencePhase(Enum):
    """Which of the coordinated phases: the one that begins (ends) first, or last."""

    FIRST = "first"
    LAST = "last"


class ForceOffMode(Enum):
    """FIXED: at a point of the cycle, unused time goes to the next phases. FLOATING: after its own split at the latest,
    unused time goes to the coordinated phases."""

    FIXED = "fixed"
    FLOATING = "floating"


class Correction(Enum):
    """How a cycle timer that is out of step is corrected (NTCIP 1202 coordCorrectionMode)."""

    SHORTWAY = "shortway"  # shorter or longer cycles, whichever is sooner in step
    LONGWAY = "longway"  # longer cycles only: add-only
    DWELL = "dwell"  # the coordinated green stands


class CoordState(IntEnum):
    """Parameter of event 150."""

    FREE = 0
    IN_STEP = 1
    LONGWAY = 2
    SHORTWAY = 3
    DWELL = 4


@dataclass(frozen=True, slots=True)
class Coordination:
    """How one plan coordinates. `phases`: the coordinated ones, one a ring, concurrent.

    `shorten_percent` 0: never shorter. `max_dwell_ms`: in one cycle, 0 as long as it takes. `permissive_ms`: how long after
    their force-off point the coordinated phases may be left, 0 as long as a phase fits before its force-off point.
    """

    phases: tuple[PhaseNumber, ...]
    reference: OffsetReference = OffsetReference.START_OF_GREEN
    reference_phase: ReferencePhase = ReferencePhase.FIRST
    force_off: ForceOffMode = ForceOffMode.FIXED
    correction: Correction = Correction.SHORTWAY
    lengthen_percent: int = 17
    shorten_percent: int = 17
    max_dwell_ms: Ms = 0
    max_inhibit: bool = True
    early_yield_ms: Ms = 0
    permissive_ms: Ms = 0
    stop_in_walk: bool = False
    walk_recycle: bool = False
    walk_rest: bool = False
    modes: Mapping[PhaseNumber, SplitMode] = field(default_factory=dict)

    def mode(self, phase: PhaseNumber) -> SplitMode:
        """The split mode of a phase."""
        return self.modes.get(phase, SplitMode.NONE)

    @property
    def omitted(self) -> frozenset[PhaseNumber]:
        """The phases that are not served while the plan runs."""
        return frozenset(p for p, mode in self.modes.items() if mode is SplitMode.OMIT)


@dataclass(frozen=True, slots=True)
class CoordStatus:
    """How coordination stands, for the screen. `behind_ms`: what the cycle timer is behind the clock (negative: ahead);
    `in_step_in_ms`: how long the correction takes yet, None while that cannot be said; `stopped`: for a pedestrian."""

    state: CoordState
    behind_ms: Ms = 0
    in_step_in_ms: Ms | None = None
    stopped: bool = False
