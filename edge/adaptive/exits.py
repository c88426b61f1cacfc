"""Loops behind the junction: whether its exits are full."""

from dataclasses import dataclass

SPILLED = 0.7
SPILLED_AFTER_S = 8.0
"""An exit loop occupied for 0.7 of eight seconds: the way out is full (adaptive-control, section 3)."""


@dataclass(slots=True)
class ExitLoop:
    """How much of the last seconds a loop behind the junction was occupied."""

    share: float = 0.0

    def saw(self, *, occupied: bool) -> None:
        """One more second."""
        self.share += ((1.0 if occupied else 0.0) - self.share) / SPILLED_AFTER_S * EXIT_GAIN

    @property
    def full(self) -> bool:
        """Whether nobody can leave over it."""
        return self.share > SPILLED


EXIT_GAIN = 1.2
"""So that eight seconds of presence in a row pass 0.7: 1 - (1 - 1.2/8)^8 = 0.73."""
