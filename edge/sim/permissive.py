"""A permissive left turn in the plant: beside a flashing yellow arrow a lane moves while the oncoming lanes leave a gap.

Kept simple: a lane as a whole may go or may not, judged anew in every step, and pedestrians on the crosswalk it turns into
are not looked at. A driver goes if no oncoming vehicle reaches the stop line within the critical gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.model.indications import Indication
from edge.sim.lane import Lane

CRITICAL_GAP_S = 4.5
"""Smallest gap in the oncoming traffic that a driver turning left accepts, s (Highway Capacity Manual 6th ed.: 4.5)."""

CLEARED_M = 10.0
"""An oncoming vehicle this far beyond its stop line has passed where the paths cross, m. Ours."""


@dataclass(frozen=True, slots=True)
class Permissive:
    """Who turns against whom under a flashing yellow arrow."""

    oncoming: Sequence[Lane]

    def seen_as(self, shown: Indication) -> Indication:
        """What the drivers of the lane make of the indication: the arrow is green in a gap, and to be stopped at else."""
        if shown is not Indication.FLASH_YELLOW_ARROW:
            return shown
        return Indication.YELLOW if any(_comes(lane) for lane in self.oncoming) else Indication.GREEN


def _comes(lane: Lane) -> bool:
    """Whether somebody is on his way through, or near enough; who stands at the line of a lane that is open is about to go."""
    reach = (vehicle.x + CRITICAL_GAP_S * vehicle.free for vehicle in lane.vehicles if vehicle.x <= CLEARED_M)
    return any(x >= 0 for x in reach)
