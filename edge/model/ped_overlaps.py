"""Pedestrian overlaps: a crosswalk that several phases share (events 67 to 70)."""

from dataclasses import dataclass

from edge.model.units import Ms, PhaseNumber


@dataclass(frozen=True, slots=True)
class PedOverlap:
    """One crosswalk of several phases. `clearance_ms`: its own; `buffer_ms`: from its end to what conflicts with it."""

    number: int
    phases: tuple[PhaseNumber, ...]
    clearance_ms: Ms
    buffer_ms: Ms
    steady_clearance: bool = False

    @property
    def longest_end_ms(self) -> Ms:
        """From when it is asked to end to when nothing waits for it any more: never longer."""
        return self.clearance_ms + self.buffer_ms
