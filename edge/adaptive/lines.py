"""The street as the search reads it: what is expected, and the same as lines of arrays for steps of some seconds."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from edge.adaptive.courses import Bools, Floats, Ints, Nodes
from edge.adaptive.service import BLOCKED_RATE

STEPS_S = (*(1,) * 10, *(2,) * 7, *(4,) * 9)
"""The minute ahead, in steps: what is done now hangs on the next ten seconds (a clearance and a shortest green) to the second;
later changes are not acted upon but planned anew. Ours; measured, ADR 85: first decisions as good as with steps of a second."""
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

    `clear`, `opposed`: vehicles served in it, by column and node; `red`, `since`: how many of its seconds pass before anybody
    is, and after; `floor`: as in `Street`, at its end; `following`: the node behind it. `arrivals`, `stops`: who comes in it,
    and what stopping them costs. `wanting`, `coming`: the queue from which, with those who come soon, a change at its beginning
    is worth a thought, and where these alone are.
    """

    second: int
    seconds: int
    clear: Floats
    opposed: Floats
    red: Floats
    since: Floats
    floor: Floats
    following: Ints
    arrivals: Floats
    stops: Floats
    wanting: Floats
    coming: Bools


class Lines:
    """A line for each column. `linear`: the part of the cost to go that grows with the queue; `yields`, `stands`: the columns
    in which somebody may yield, or stands; `steps`: the time ahead, as long as `arrivals`; `behind[k]`: the node `k` seconds
    behind each."""

    def __init__(self, street: Street, nodes: Nodes) -> None:
        clear, opposed = np.ascontiguousarray(street.clear.T), np.ascontiguousarray(street.opposed.T)
        floor = np.ascontiguousarray(street.floor.T)
        self.opposer = np.ascontiguousarray(street.opposer.T)
        self.held = np.ceil(street.held.T)
        red = clear <= BLOCKED_RATE  # a lane whose head is held up waits, though its light is green
        self.linear = np.where(red, street.queue_off[:, None], street.queue_on[:, None])
        self.yields = np.flatnonzero((self.opposer > 0).any(axis=1))
        self.stands = np.flatnonzero((self.held > 0).any(axis=1))
        unserved = red.astype(np.float64)
        self._long = {1: _Long(clear, opposed, unserved, unserved, floor, nodes.following)}
        self.behind = self._behind()
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
        long = self._lasting(lasting)
        row = (long.clear, long.opposed, long.red, long.since, long.floor, long.following)
        return Step(begin, lasting, *row, arrivals[:, None], stops, wanting, coming)

    def _lasting(self, seconds: int) -> "_Long":
        if seconds not in self._long:
            self._long[seconds] = self._lasting(seconds - 1).and_then(self._long[1], seconds - 1)
        return self._long[seconds]

    def _behind(self) -> Ints:
        """The node so many seconds behind each: a line for 0, 1, 2 … seconds, fewer than the longest step."""
        lines = [np.arange(len(self._long[1].following))]
        return np.array(lines + [self._lasting(k).following for k in range(1, max(STEPS_S))])


@dataclass(frozen=True, slots=True)
class _Long:
    """Some seconds from each node on; as in `Step`."""

    clear: Floats
    opposed: Floats
    red: Floats
    since: Floats
    floor: Floats
    following: Ints

    def and_then(self, one: "_Long", seconds: int) -> "_Long":
        """One second more than these."""
        at = self.following
        clear, opposed = self.clear + one.clear.take(at, axis=1), self.opposed + one.opposed.take(at, axis=1)
        unserved = one.red.take(at, axis=1)
        red, since = self.red + unserved * (self.red == seconds), (self.since + 1.0) * unserved
        return _Long(clear, opposed, red, since, one.floor.take(at, axis=1), one.following.take(at))


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
