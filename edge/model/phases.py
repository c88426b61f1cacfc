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


class Termination(Enum):
    """Why a green ended, in the words and with the codes of the high-resolution log."""

    GAP_OUT = "gap_out"
    MAX_OUT = "max_out"
    FORCE_OFF = "force_off"


@dataclass(frozen=True, slots=True)
class PedTiming:
    """Walk and pedestrian clearance (flashing don't walk), ms; both time inside the phase's green."""

    walk_ms: Ms
    clearance_ms: Ms
    recall: bool = False

    @property
    def total_ms(self) -> Ms:
        """From the start of walk to the start of steady don't walk."""
        return self.walk_ms + self.clearance_ms


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

    @property
    def change_ms(self) -> Ms:
        """Yellow change and red clearance together."""
        return self.yellow_ms + self.red_clear_ms

    @property
    def longest_minimum_ms(self) -> Ms:
        """The green that must be shown when a pedestrian is served."""
        return max(self.min_green_ms, self.ped.total_ms if self.ped else 0)
