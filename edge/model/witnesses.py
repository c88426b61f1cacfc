"""What the silence of a lane is worth: who came elsewhere while nobody came here.

A lane silent since the start may be empty, or its cable dead. Silence says nothing where nobody was to come: a lane is doubted
when four vehicles have come to the others of its approach, a turn beside lanes that go straight on when twenty have, and an
approach when four have come to those that it shares its street with. A street that is empty from end to end, as in the night
or while all the town drives the other way, is no longer served like a busy one then; that the loops of both its ends died
before the start is less likely.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.model.lanes import Lane, LaneName, Turn
from edge.model.sequence import Sequence as Order
from edge.model.units import DetectorNumber

A_FEW = 4
"""Where every other vehicle comes here, one of so many does with fifteen to one: each end of a street has half of it. Ours."""
MANY = 20
"""Where one in seven does, as many must have come for nineteen to one: a turn takes a fifth of an approach. Ours."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Whose vehicles tell what the silence of a lane is worth, a detector of each lane: `beside`, of the other lanes of its
    approach; `facing`, of the lanes of other approaches that may go together with it."""

    beside: tuple[DetectorNumber, ...]
    facing: tuple[DetectorNumber, ...]
    enough: int = A_FEW
    """So many beside."""

    def testifies(self, count: Callable[[DetectorNumber], int], is_bad: Callable[[DetectorNumber], bool]) -> bool:
        """Whether so many came elsewhere, counted since the start, that somebody ought to have come here too. Where nobody
        could testify, or who came beside is not seen any more, the silence speaks for itself."""
        beside = sum(map(count, self.beside))
        if any(count(number) and is_bad(number) for number in self.beside):
            return True
        if beside:
            return beside >= self.enough
        return not self.facing or sum(map(count, self.facing)) >= A_FEW


def witnesses(order: Order, lanes: Sequence[Lane]) -> dict[LaneName, Witness]:
    """The witnesses of every lane. Lanes of bicycles or buses are none."""
    counting = [(lane, loops[0]) for lane in lanes if lane.cars and (loops := lane.stopbar or lane.advance)]
    straight = {lane.approach for lane in lanes if Turn.THROUGH in lane.turns}
    return {
        lane.name: Witness(
            tuple(loop for other, loop in counting if other.approach == lane.approach and other.name != lane.name),
            tuple(loop for other, loop in counting if _faces(order, lane, other)),
            A_FEW if Turn.THROUGH in lane.turns or lane.approach not in straight else MANY,
        )
        for lane in lanes
    }


def _faces(order: Order, lane: Lane, other: Lane) -> bool:
    """Whether the other lies on another approach, and somebody of it may go while somebody of the lane does."""
    return other.approach != lane.approach and any(order.concurrent(p, q) for p in lane.phases for q in other.phases)
