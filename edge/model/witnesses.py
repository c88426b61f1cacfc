"""What the silence of a turning lane is worth: how many went straight on beside it meanwhile.

A lane silent since the start may be unused, or its loops dead. Few turn, so the silence of a turn says nothing until five
vehicles have come to the lanes of its approach that go straight on: while few come there, few are likely to wait here. Nothing
else is excused so: the silence of a whole approach, or of lanes that go straight on, may hide a street full of people.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.model.lanes import Lane, LaneName, Turn
from edge.model.units import DetectorNumber

MANY = 5
"""A turn takes a fifth of an approach. Ours; with ten a turn of 120 an hour whose loops were dead lost half as much again."""

Loops = tuple[DetectorNumber, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """Those beside a turning lane who go straight on: the loops of each lane, or of lanes that share one."""

    beside: tuple[Loops, ...]

    def testifies(self, count: Callable[[DetectorNumber], int], is_bad: Callable[[DetectorNumber], bool]) -> bool:
        """Whether so many came beside, counted since the start, that somebody ought to have come here too. Where nobody came
        there, or a lane is not seen any more, they cannot testify, and the silence speaks for itself."""
        if any(all(map(is_bad, loops)) for loops in self.beside):
            return True
        came = sum(max(map(count, loops)) for loops in self.beside)
        return came == 0 or came >= MANY


def witnesses(lanes: Sequence[Lane]) -> dict[LaneName, Witness]:
    """The witnesses of every turning lane beside lanes that go straight on. Lanes of bicycles or buses are none."""
    found = {}
    for lane in lanes:
        beside = [
            other for other in lanes if other.approach == lane.approach and other.cars and Turn.THROUGH in other.turns
        ]
        if beside and Turn.THROUGH not in lane.turns:
            found[lane.name] = Witness(_apart([(*other.stopbar, *other.advance) for other in beside]))
    return {name: witness for name, witness in found.items() if witness.beside}


def _apart(rows: Sequence[Loops]) -> tuple[Loops, ...]:
    """The loops of lanes; of lanes that share one, together."""
    found: list[Loops] = []
    for loops in rows:
        shared = [other for other in found if set(other) & set(loops)]
        found = [other for other in found if other not in shared]
        found.append(tuple(dict.fromkeys((*(n for other in shared for n in other), *loops))))
    return tuple(loops for loops in found if loops)
