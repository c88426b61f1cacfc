"""Phases: the unit of right-of-way (NTCIP 1202 2.2.2), their timing and what they do when nobody calls."""

from dataclasses import dataclass
from enum import Enum

from edge.model.units import Ms, PhaseNumber


class Recall(Enum):
    """A standing vehicle call (NTCIP 1202 phaseOptions bits 6, 7, 9)."""

    NONE = "none"
    SOFT = "soft"  # called when no conflicting phase is
    MIN = "min"  # called in every cycle
    MAX = "max"  # called in every cycle and held to its maximum


class PedDisplay(Enum):
    """What a pedestrian head shows while its clearance times."""

    FLASHING = "flashing"  # flashing don't walk (MUTCD 11th ed. 4I)
    STEADY = "steady"  # steady don't walk or red, as in most of Europe


class Termination(Enum):
    """Why a green ended, in the words and with the codes of the high-resolution log."""

    GAP_OUT = "gap_out"
    MAX_OUT = "max_out"
    FORCE_OFF = "force_off"
    PRIORITY = "priority"  # forced off for transit priority
    PREEMPT = "preempt"  # forced off for a preempt
    ADVISED = "advised"  # forced off by the adaptive layer, where loops at the stop line show whoever is cut off


@dataclass(frozen=True, slots=True)
class PedTiming:
    """Walk and pedestrian clearance (flashing don't walk), ms; both time inside the phase's green.

    `lpi_ms`: how long the walk leads the green, 0: they begin together. `rest_in_walk`: a walk rests while nobody opposes it
    (NTCIP phaseOptions bit 13). `recycle`: a later press is served in an opposed green too, while the maximum leaves time.
    `walk_extended_ms`, `clearance_extended_ms`: after a long press, 0: as always. `steady_clearance`: no flashing don't walk.
    """

    walk_ms: Ms
    clearance_ms: Ms
    recall: bool = False
    lpi_ms: Ms = 0
    rest_in_walk: bool = False
    recycle: bool = False
    walk_extended_ms: Ms = 0
    clearance_extended_ms: Ms = 0
    steady_clearance: bool = False

    @property
    def may_be_extended(self) -> bool:
        """Whether a long press makes a difference."""
        return self.walk_extended_ms > 0 or self.clearance_extended_ms > 0

    @property
    def longest_total_ms(self) -> Ms:
        """Walk and clearance after a long press."""
        return max(self.walk_ms, self.walk_extended_ms) + max(self.clearance_ms, self.clearance_extended_ms)

    @property
    def total_ms(self) -> Ms:
        """From the start of walk to the start of steady don't walk."""
        return self.walk_ms + self.clearance_ms


@dataclass(frozen=True, slots=True)
class AddedInitial:
    """Variable initial (NTCIP 1202 2.2.2.11, 2.2.2.12): each vehicle counted on yellow and red adds to the first green.

    The green lasts min(per_actuation_ms x vehicles, most_ms) at least, and never less than the minimum green.
    """

    per_actuation_ms: Ms
    most_ms: Ms

    def initial_ms(self, vehicles: int) -> Ms:
        """The initial green for so many vehicles."""
        return min(self.per_actuation_ms * vehicles, self.most_ms)


@dataclass(frozen=True, slots=True)
class GapReduction:
    """How the allowed gap falls from the passage time to `min_gap_ms` (NTCIP 1202 2.2.2.13 to 2.2.2.17).

    It begins `before_ms` after the first serviceable conflicting call, or when `cars_before` vehicles wait on conflicting
    phases if that is sooner (0: not counted), and reaches the minimum gap `to_reduce_ms` later: in a straight line, or in
    steps of `step_ms` where that is not 0.
    """

    before_ms: Ms
    cars_before: int
    to_reduce_ms: Ms
    min_gap_ms: Ms
    step_ms: Ms = 0

    def gap_ms(self, passage_ms: Ms, reducing_ms: Ms) -> Ms:
        """The allowed gap `reducing_ms` after the reduction began; the passage time before that."""
        fall = passage_ms - self.min_gap_ms
        if reducing_ms <= 0 or fall <= 0:
            return passage_ms
        if reducing_ms >= self.to_reduce_ms:
            return self.min_gap_ms
        fallen = fall * reducing_ms // self.to_reduce_ms
        return passage_ms - (fallen // self.step_ms * self.step_ms if self.step_ms else fallen)


@dataclass(frozen=True, slots=True)
class DynamicMax:
    """A running maximum that follows the traffic (NTCIP 1202 2.2.2.18, 2.2.2.19).

    `limit_ms` is the other end of its range, the maximum in effect being the first and where it begins. After two maximum
    terminations in a row, and after each further one, it is `step_ms` longer; after two gap-outs in a row `step_ms` shorter.
    """

    limit_ms: Ms
    step_ms: Ms


@dataclass(frozen=True, slots=True)
class Phase:
    """One row of the timing sheet. All durations in ms; `intergreen` is kept by `Site`."""

    number: PhaseNumber
    move: str
    min_green_ms: Ms
    passage_ms: Ms
    max_green_ms: Ms
    yellow_ms: Ms
    red_clear_ms: Ms
    recall: Recall = Recall.NONE
    locking: bool = False
    dual_entry: bool = False
    ped: PedTiming | None = None
    max_green_2_ms: Ms | None = None
    max_green_3_ms: Ms | None = None
    dynamic_max: DynamicMax | None = None
    added_initial: AddedInitial | None = None
    gap_reduction: GapReduction | None = None
    guaranteed_passage: bool = False
    red_revert_ms: Ms = 0
    """Red before this phase is green again, where it is longer than the unit's (NTCIP 1202 2.2.2.10)."""
    conditional_service: bool = False
    """Waiting at a barrier, this phase may hand over to an earlier one of its ring (NTCIP phaseOptions bit 14)."""
    conditional_reservice: bool = False
    """After that it may be served once more itself."""
    red_yellow_ms: Ms = 0
    """Red and amber before each green, 0: none (RiLSA 2015: 1 s)."""
    min_red_ms: Ms = 0
    """The shortest red alone, before red and amber or green."""
    green_blink_ms: Ms = 0
    """How long a green that has ended blinks before its yellow, 0: not at all (Austria: 4 s)."""

    @property
    def longest_max_ms(self) -> Ms:
        """The longest maximum green that can be in effect."""
        others = (self.max_green_2_ms, self.max_green_3_ms, self.dynamic_max.limit_ms if self.dynamic_max else None)
        return max(self.max_green_ms, *(ms or 0 for ms in others))

    @property
    def longest_initial_ms(self) -> Ms:
        """The longest green that must be shown: minimum, added initial, walk and pedestrian clearance."""
        added = self.added_initial.most_ms if self.added_initial else 0
        lead, walking = (self.ped.lpi_ms, self.ped.longest_total_ms) if self.ped else (0, 0)
        return max(self.longest_minimum_ms, lead + added, walking)

    @property
    def lead_ms(self) -> Ms:
        """How long a walk served from the start leads the green."""
        return self.ped.lpi_ms if self.ped is not None else 0

    @property
    def change_ms(self) -> Ms:
        """Yellow change and red clearance together."""
        return self.yellow_ms + self.red_clear_ms

    @property
    def longest_minimum_ms(self) -> Ms:
        """From its start to its end the least time of a green with a pedestrian served, the lead of the walk included."""
        if self.ped is None:
            return self.min_green_ms
        return max(self.ped.lpi_ms + self.min_green_ms, self.ped.total_ms)
