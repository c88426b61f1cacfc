"""Overlaps A to P: movements whose signal is derived from phases (NTCIP 1202 2.10), and what they show."""

from dataclasses import dataclass

from edge.model.named import Named
from edge.model.units import Ms, OverlapNumber, PhaseNumber

LETTERS = "ABCDEFGHIJKLMNOP"
"""NTCIP 1202 numbers overlaps from 1; timing sheets and the event log's readers call them A to P."""


class OverlapKind(Named):
    """How an overlap follows its phases."""

    NORMAL = "normal"  # NTCIP overlapType normal, or minusGreenYellow where it has modifiers
    FLASHING_YELLOW_ARROW = "flashing-yellow-arrow"


class OverlapInterval(Named):
    """What an overlap times. The zero value is red."""

    RED = 0
    GREEN = 1
    TRAILING_GREEN = 2
    FLASHING_ARROW = 3  # the permissive left turn of a flashing yellow arrow
    YELLOW_CHANGE = 4
    RED_CLEARANCE = 5


@dataclass(frozen=True, slots=True)
class Overlap:
    """One overlap; times in ms.

    `parents`: the phases it is green with; of a flashing yellow arrow the one protected phase. `opposing`: the opposing
    through, beside whose green a flashing yellow arrow flashes. `delay_ms`: from the start of a parent's green to the
    overlap's own; of a flashing yellow arrow from the opposing through's green to the first flash. `min_green_ms`: of the
    green and of the flashing arrow. `modifiers`: phases beside whose green and yellow it is red. `not_with_ped`: phases
    beside whose walk and pedestrian clearance it is red (of a flashing yellow arrow: neither green nor flashing).
    """

    number: OverlapNumber
    move: str
    kind: OverlapKind
    parents: tuple[PhaseNumber, ...]
    yellow_ms: Ms
    red_clear_ms: Ms
    min_green_ms: Ms
    opposing: PhaseNumber | None = None
    delay_ms: Ms = 0
    trailing_green_ms: Ms = 0
    modifiers: tuple[PhaseNumber, ...] = ()
    not_with_ped: tuple[PhaseNumber, ...] = ()

    @property
    def letter(self) -> str:
        return LETTERS[self.number - 1]

    @property
    def change_ms(self) -> Ms:
        """Yellow change and red clearance together."""
        return self.yellow_ms + self.red_clear_ms

    @property
    def longest_end_ms(self) -> Ms:
        """From when it is asked to end, or the green of its phase is over, to its red: never longer."""
        return self.min_green_ms + self.trailing_green_ms + self.change_ms
