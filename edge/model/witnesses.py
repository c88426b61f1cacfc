"""What the silence of a lane is worth: who came elsewhere while nobody came here.

A lane silent since the start may be empty, or its cable dead. Silence says nothing where nobody was to come: a lane is doubted
when twenty vehicles have come to the others of its approach, and an approach when eight have come to those that it shares its
street with. A street that is empty from end to end, as in the night or while all the town drives the other way, is no longer
served like a busy one then; that the loops of both its ends died before the start is less likely.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.model.lanes import Lane, LaneName
from edge.model.sequence import Sequence as Order
from edge.model.units import DetectorNumber

MANY_BESIDE = 20
"""Where one in seven of an approach uses a lane, one of so many does with nineteen to one; a turn takes a fifth. Ours."""
MANY_FACING = 8
"""The same where three in ten of a street come from this end. Ours."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Whose vehicles tell what the silence of a lane is worth, a detector of each lane: `beside`, of the other lanes of its
    approach; `facing`, of the lanes of other approaches that may go together with it."""

    beside: tuple[DetectorNumber, ...]
    facing: tuple[DetectorNumber, ...]

    def testifies(self, count: Callable[[DetectorNumber], int], is_bad: Callable[[DetectorNumber], bool]) -> bool:
        """Whether so many came elsewhere, counted since the start, that somebody ought to have come here too. Where nobody
        could testify, or who came beside is not seen any more, the silence speaks for itself."""
        beside = sum(map(count, self.beside))
        if any(count(number) and is_bad(number) for number in self.beside):
            return True
        if beside:
            return beside >= MANY_BESIDE
        return not self.facing or sum(map(count, self.facing)) >= MANY_FACING


def witnesses(order: Order, lanes: Sequence[Lane]) -> dict[LaneName, Witness]:
    """The witnesses of every lane. Lanes of bicycles or buses are none."""
    counting = [(lane, loops[0]) for lane in lanes if lane.cars and (loops := lane.stopbar or lane.advance)]
    return {
        lane.name: Witness(
            tuple(loop for other, loop in counting if other.approach == lane.approach and other.name != lane.name),
            tuple(
                loop for other, loop in counting if other.approach != lane.approach and _together(order, lane, other)
            ),
        )
        for lane in lanes
    }


def _together(order: Order, lane: Lane, other: Lane) -> bool:
    """Whether somebody of either may go while somebody of the other does."""
    return any(order.concurrent(p, q) for p in lane.phases for q in other.phases)
