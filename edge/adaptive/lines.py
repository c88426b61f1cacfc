"""The street as the search reads it: what is expected, and the same as lines of arrays for steps of some seconds."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from edge.adaptive.courses import Bools, Floats, Ints, Nodes
from edge.adaptive.service import BLOCKED_RATE

STEPS_S = (*(1,) * 10, *(2,) * 7, *(4,) * 9)
"""The minute ahead, in steps: what is done now hangs on the next ten seconds (a clearance and a shortest green) to the second;
later changes are not acted upon but planned anew. Ours; on recorded states of three junctions first decisions from these steps
cost at most 0.07 % more than those from steps of a second."""
SOON_S = 6
"""So soon a vehicle must come for a change to be worth a thought: a clearance and a start."""
WORTH_A_CHANGE = 0.45
"""Vehicles, nearly half a one."""


@dataclass(frozen=True, slots=True)
class Street:
    """What is expected, as arrays of columns (lanes, and who else waits).

    `arrivals` by second; `clear`, `opposed`, `floor` by node: vehicles served in a second, the same while one of the columns in
    `opposers[opposer]` has a queue, and how far below no queue a free lane may be, served ahead. `queue_sq`, `queue_on`,
    `queue_off`: the cost to go of a queue left at the end. `stop_s`: cost of stopping one vehicle. `wait`: seconds its first
    one has waited; `price`: of taking its green away; from `patience` on it counts more, from `limit` on before everything.
    `held`, by node: so many seconds from now on nobody leaves.
    """

    queue: Floats
    wait: Floats
    arrivals: Floats
    weight: Floats
    stop_s: Floats
    clear: Floats
    opposed: Floats
    floor: Floats
    opposer: Ints
    opposers: Floats
    price: Floats
    queue_sq: Floats
    queue_on: Floats
    queue_off: Floats
    patience: Floats
    limit: Floats
    held: Floats


@dataclass(frozen=True, slots=True)
class Step:
    """Some seconds of street in one.

    `clear`, `opposed`: vehicles served in it, by column and node; `floor`: as in `Street`, at its end; `following`: the node
    behind it. `arrivals`, `stops`: who comes in it, and what stopping them costs. `wanting`, `coming`: the queue from which,
    with those who come soon, a change at its beginning is worth a thought, and where these alone are.
    """

    second: int
    seconds: int
    clear: Floats
    opposed: Floats
    floor: Floats
    following: Ints
    arrivals: Floats
    stops: Floats
    wanting: Floats
    coming: Bools


class Lines:
    """A line for each column. `linear`: the part of the cost to go that grows with the queue; `yields`, `stands`: the columns
    in which somebody may yield, or stands; `steps`: the time ahead, as long as `arrivals`."""

    def __init__(self, street: Street, nodes: Nodes) -> None:
        clear, opposed = np.ascontiguousarray(street.clear.T), np.ascontiguousarray(street.opposed.T)
        self._floor = np.ascontiguousarray(street.floor.T)
        self.opposer = np.ascontiguousarray(street.opposer.T)
        self.held = np.ascontiguousarray(street.held.T)
        self.linear = np.where(clear > BLOCKED_RATE, street.queue_on[:, None], street.queue_off[:, None])
        self.yields = np.flatnonzero((self.opposer > 0).any(axis=1))
        self.stands = np.flatnonzero((self.held > 0).any(axis=1))
        self._long = {1: (clear, opposed, nodes.following)}
        self.steps = self._steps(street)

    def _steps(self, street: Street) -> list[Step]:
        lasts = steps_of(len(street.arrivals))
        begins = [0, *accumulate(lasts)][:-1]
        soon = _soon(street.arrivals)[begins, :, None]
        arrivals = np.add.reduceat(street.arrivals, begins)
        stops, wanting, coming = arrivals * street.stop_s, WORTH_A_CHANGE - soon, soon >= WORTH_A_CHANGE
        rows = zip(begins, lasts, arrivals, stops, wanting, coming, strict=True)
        return [self._step(begin, lasting, a, s, w, c) for begin, lasting, a, s, w, c in rows]

    def _step(self, begin: int, lasting: int, arrivals: Floats, stops: Floats, wanting: Floats, coming: Bools) -> Step:
        clear, opposed, following = self._lasting(lasting)
        before = self._lasting(lasting - 1)[2] if lasting > 1 else None
        floor = self._floor if before is None else self._floor.take(before, axis=1)
        return Step(begin, lasting, clear, opposed, floor, following, arrivals[:, None], stops, wanting, coming)

    def _lasting(self, seconds: int) -> tuple[Floats, Floats, Ints]:
        """What is served from each node on in so many seconds, the same opposed, and the node behind them."""
        if seconds not in self._long:
            (clear, opposed, one), (sums, slows, node) = self._long[1], self._lasting(seconds - 1)
            longer = sums + clear.take(node, axis=1), slows + opposed.take(node, axis=1), one.take(node)
            self._long[seconds] = longer
        return self._long[seconds]


def steps_of(seconds: int) -> list[int]:
    """How long each step lasts of a horizon of so many seconds, s; behind `STEPS_S` they last as its last one."""
    lasts: list[int] = []
    left = seconds
    while left > 0:
        lasts.append(min(STEPS_S[min(len(lasts), len(STEPS_S) - 1)], left))
        left -= lasts[-1]
    return lasts


def _soon(arrivals: Floats) -> Floats:
    """How many come within `SOON_S` of each second."""
    total = np.zeros((len(arrivals) + SOON_S + 1, arrivals.shape[1]))
    np.cumsum(arrivals, axis=0, out=total[1 : len(arrivals) + 1])
    total[len(arrivals) + 1 :] = total[len(arrivals)]
    soon: Floats = total[SOON_S:-1] - total[: -SOON_S - 1]
    return soon
