"""The plans of one second of the search, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.adaptive.courses import Bools, Floats, Ints

MOST_LEFT = 256
LONGEST_LEFT = 250
"""Seconds of a minimum that are told apart, those of a step that have passed since included; plans are shorter."""


@dataclass(frozen=True, slots=True)
class Start:
    """One way to begin: its node, the seconds until it may change, and what it costs."""

    node: int
    left: int
    cost: float


class Rows:
    """The rows of one second, each a place in two arrays: few calls of numpy are what makes a search fast.

    Lines of `ints` are `node`, `left` (of the minimum; below 0: so long ago it was over), `event` (the last change in the list
    of all changes) and `mark` (how it began); lines of `reals` are `queue` and `wait`, by column, and `cost`.
    """

    __slots__ = ("cost", "event", "ints", "left", "mark", "node", "queue", "reals", "wait")

    def __init__(self, ints: Ints, reals: Floats) -> None:
        columns = len(reals) // 2
        self.ints, self.reals = ints, reals
        self.node, self.left, self.event, self.mark = ints
        self.queue, self.wait, self.cost = reals[:columns], reals[columns:-1], reals[-1]

    @classmethod
    def begin(cls, queue: Floats, wait: Floats, starts: Sequence[Start]) -> "Rows":
        """One row for each way to begin."""
        count = len(starts)
        ints = [[s.node for s in starts], [min(s.left, LONGEST_LEFT) for s in starts], [-1] * count, range(count)]
        before = np.concatenate((queue, wait))
        reals = np.vstack((before[:, None].repeat(count, axis=1), [s.cost for s in starts]))
        return cls(np.array(ints, dtype=np.int64), reals)

    def take(self, rows: Ints) -> "Rows":
        """A copy of these rows."""
        return Rows(self.ints.take(rows, axis=1), self.reals.take(rows, axis=1))

    def join(self, other: "Rows") -> "Rows":
        """These rows and then the others."""
        ints = np.concatenate((self.ints, other.ints), axis=1)
        return Rows(ints, np.concatenate((self.reals, other.reals), axis=1))


def changes(key: Ints) -> Bools:
    """Where a sorted array of keys has another than before; its first place too."""
    new = np.ones(len(key), dtype=np.bool_)
    np.not_equal(key[1:], key[:-1], out=new[1:])
    return new
