"""The rolling-horizon search: all plans of the next minute advance together, second by second; of alike ones the best goes on.

A *row* is one plan up to now: where its right-of-way stands (node, seconds until anything may change), the queues it has left,
its cost so far and how it began. In each second every row whose minimum is over also spawns one row for every stage it may
change to. Rows that stand at the same node with the same minimum left differ only in queues and cost: the cheapest goes on, and
beside it the cheapest that began with another decision (label setting, Sen & Head 1997, with two labels).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.adaptive.courses import Floats, Ints, Nodes
from edge.adaptive.moves import Moves
from edge.adaptive.service import BLOCKED_RATE


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
class Start:
    """One way to begin: its node, the seconds until it may change, and what it costs."""

    node: int
    left: int
    cost: float


@dataclass(frozen=True, slots=True)
class Found:
    """A plan: the start it has, the moves it makes later as (second, move), and its cost to the end and beyond."""

    start: int
    steps: tuple[tuple[int, int], ...]
    cost: float


@dataclass(slots=True)
class _Rows:
    """The rows of one second, as arrays. `event`: the last change in the list of all changes; `mark`: how it began."""

    node: Ints
    left: Ints
    queue: Floats
    wait: Floats
    cost: Floats
    event: Ints
    mark: Ints

    def take(self, rows: Ints) -> "_Rows":
        return _Rows(
            self.node[rows], self.left[rows], self.queue[rows], self.wait[rows], self.cost[rows], self.event[rows],
            self.mark[rows],
        )  # fmt: skip

    def join(self, other: "_Rows") -> "_Rows":
        return _Rows(
            np.concatenate((self.node, other.node)),
            np.concatenate((self.left, other.left)),
            np.concatenate((self.queue, other.queue)),
            np.concatenate((self.wait, other.wait)),
            np.concatenate((self.cost, other.cost)),
            np.concatenate((self.event, other.event)),
            np.concatenate((self.mark, other.mark)),
        )


class Horizon:
    """One search."""

    def __init__(self, street: Street, moves: Moves, nodes: Nodes) -> None:
        self._street = street
        self._moves = moves
        self._following = nodes.following
        self._target = nodes.target
        self._event_at: list[Ints] = []
        self._event_move: list[Ints] = []
        self._event_parent: list[Ints] = []
        self._events = 0
        self._held_s = float(street.held.max(initial=0.0))
        self._opposes = bool((street.opposer > 0).any())
        self._heavy = bool((street.wait[street.queue > 0] > street.patience[street.queue > 0] / 3).any())
        pressing = (street.queue > 0) & (street.wait > street.limit - PRESSING_S)
        self._margin = float("inf") if pressing.any() else MARGIN
        self.most_rows = 0

    def search(self, starts: Sequence[Start], seconds: int) -> list[Found]:
        """The best plan and the best that begin otherwise, cheapest first. All that may be begun in second 0 are `starts`."""
        rows = self._begin(starts)
        for second in range(seconds):
            if second > 0:
                rows = self._thin(rows)
                if second % (SPAWN_STEPS_S[min(second // 10, len(SPAWN_STEPS_S) - 1)]) == 0:
                    rows = self._spawn(rows, second)
            self.most_rows = max(self.most_rows, len(rows.node))
            self._advance(rows, second)
        return self._finish(rows)

    def _begin(self, starts: Sequence[Start]) -> _Rows:
        count, street = len(starts), self._street
        return _Rows(
            np.array([s.node for s in starts], dtype=np.int64),
            np.array([s.left for s in starts], dtype=np.int64),
            np.repeat(street.queue[None, :], count, axis=0),
            np.repeat(street.wait[None, :], count, axis=0),
            np.array([s.cost for s in starts]),
            np.full(count, -1, dtype=np.int64),
            np.arange(count, dtype=np.int64),
        )

    # ── one second ──────────────────────────────────────────────────────────────────────────────

    def _to_go(self, rows: _Rows) -> Floats:
        """The cost to go from the queues as they are."""
        street = self._street
        queue = np.maximum(rows.queue, 0.0)
        linear = np.where(street.clear[rows.node] > BLOCKED_RATE, street.queue_on, street.queue_off)
        to_go: Floats = np.einsum("nl,nl->n", queue, queue * street.queue_sq + linear)
        return to_go

    def _thin(self, rows: _Rows) -> _Rows:
        """Of rows that stand alike keep the best, and the best that began otherwise."""
        key = rows.node * 256 + np.minimum(rows.left, 255)
        worth = np.round(rows.cost + self._to_go(rows), 6)
        order = np.lexsort((rows.mark, worth, key))
        sorted_key = key[order]
        new = np.empty(len(order), dtype=np.bool_)
        new[0] = True
        np.not_equal(sorted_key[1:], sorted_key[:-1], out=new[1:])
        heads = np.flatnonzero(new)
        group = np.cumsum(new) - 1
        mark = rows.mark[order]
        others = np.flatnonzero(mark != mark[heads][group])
        if len(others):
            fresh = np.empty(len(others), dtype=np.bool_)
            fresh[0] = True
            np.not_equal(group[others][1:], group[others][:-1], out=fresh[1:])
            heads = np.concatenate((heads, others[fresh]))
        kept = order[heads]
        hopeful = worth[kept] <= self._bound(rows, worth)
        return rows.take(kept[hopeful])

    def _bound(self, rows: _Rows, worth: Floats) -> float:
        """What no row may exceed: the best that is free now, and a margin for what the others have paid in advance."""
        free = worth[rows.left <= 0]
        return MARGIN_PART * float(free.min()) + self._margin if len(free) else float("inf")

    def _spawn(self, rows: _Rows, second: int) -> _Rows:
        """Add a row for every change that a row may begin now and that helps somebody."""
        moves, street = self._moves, self._street
        free = np.flatnonzero(rows.left <= 0)
        if not len(free):
            return rows
        stage = self._target[rows.node[free]]
        count = moves.first[stage + 1] - moves.first[stage]
        parent = np.repeat(free, count)
        move = (
            np.arange(len(parent)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(moves.first[stage], count)
        )
        soon = street.arrivals[second : second + SOON_S].sum(axis=0)
        waits = (rows.queue + soon > WORTH_A_CHANGE) | (soon >= WORTH_A_CHANGE)
        helps = (waits[parent] & moves.gains[move]).any(axis=1)
        parent, move = parent[helps], move[helps]
        if not len(parent):
            return rows
        spawned = rows.take(parent)
        spawned.node = moves.node[move]
        spawned.left = moves.left[move].copy()
        spawned.cost += moves.cost[move]
        first = (spawned.mark == 0) & (spawned.event < 0)
        spawned.mark = np.where(first, LATER_MOVE + moves.target[move], spawned.mark)
        spawned.event = self._events + np.arange(len(parent), dtype=np.int64)
        self._event_at.append(np.full(len(parent), second, dtype=np.int64))
        self._event_move.append(move)
        self._event_parent.append(rows.event[parent])
        self._events += len(parent)
        return rows.join(spawned)

    def _advance(self, rows: _Rows, second: int) -> None:
        """One second of traffic in every row."""
        street, node, queue = self._street, rows.node, rows.queue
        rate = street.clear.take(node, axis=0)
        served = rate > BLOCKED_RATE  # a lane whose head is held up waits, though its light is green
        if self._opposes:
            busy = np.zeros((len(node), len(street.opposers)), dtype=np.bool_)
            busy[:, 1:] = ((queue > A_QUEUE) @ street.opposers[1:].T) > 0
            opposed = np.take_along_axis(busy, street.opposer.take(node, axis=0), axis=1)
            rate = np.where(opposed, street.opposed.take(node, axis=0), rate)
        if second < self._held_s:
            goes = street.held.take(node, axis=0) <= second
            rate, served = rate * goes, served & goes
        floor = street.floor.take(node, axis=0)
        arrivals = street.arrivals[second]
        np.maximum(queue, floor, out=queue)
        stopped = (queue > A_QUEUE) | ~served
        rows.cost += stopped @ (arrivals * street.stop_s)
        queue += arrivals
        queue -= rate
        np.maximum(queue, floor, out=queue)
        standing = np.maximum(queue, 0.0)
        if self._heavy:
            rows.wait = np.where(served, 0.0, rows.wait + (standing > 0))
            waits = impatience(rows.wait, standing, street.weight, street.patience, street.limit)
            rows.cost += standing @ street.weight + waits
        else:
            rows.cost += standing @ street.weight
        rows.node = self._following[node]
        rows.left = np.maximum(rows.left - 1, 0)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────

    def _finish(self, rows: _Rows) -> list[Found]:
        """The cheapest row, and the cheapest of each other beginning."""
        worth = np.round(rows.cost + self._to_go(rows), 6)
        order = np.lexsort((rows.mark, worth))
        found: list[Found] = []
        seen: set[int] = set()
        for row in order:
            mark = int(rows.mark[row])
            if mark in seen:
                continue
            seen.add(mark)
            found.append(Found(mark if mark < LATER_MOVE else 0, self._steps(int(rows.event[row])), float(worth[row])))
            if len(found) == MOST_FOUND:
                break
        return found

    def _steps(self, event: int) -> tuple[tuple[int, int], ...]:
        """The moves that led to a row."""
        if event < 0:
            return ()
        at, move, parent = (np.concatenate(a) for a in (self._event_at, self._event_move, self._event_parent))
        steps: list[tuple[int, int]] = []
        while event >= 0:
            steps.append((int(at[event]), int(move[event])))
            event = int(parent[event])
        return tuple(reversed(steps))


def impatience(wait: Floats, standing: Floats, weight: Floats, patience: Floats, limit: Floats) -> Floats:
    """What long waits cost in a second beside their time, by row. `wait`: of the first of those who stand in each column; those
    behind him came evenly since. From `patience` on it grows with the square; who waits beyond `limit` counts `TOO_LATE`."""
    first = np.minimum(standing, 1.0)
    over = np.maximum(wait / patience - 1.0, 0.0)
    behind = over * over * over * patience / (3.0 * np.maximum(wait, 1.0))
    late = np.maximum(1.0 - limit / np.maximum(wait, 1.0), 0.0)
    each = weight * (over * over * first + behind * (standing - first))
    cost: Floats = (each + TOO_LATE * (np.where(late > 0, first, 0.0) + late * (standing - first))).sum(axis=1)
    return cost


SPAWN_STEPS_S = (1, 2, 2, 3)
"""In each ten seconds of the horizon changes are begun so many seconds apart: later they are not acted upon. Ours."""
MARGIN = 60.0
"""Vehicle-seconds by which a plan may be behind and still win: three times the cost of a change. Ours, measured."""
MARGIN_PART = 1.25
"""And so much of the best one's cost: where many wait a change costs all of them some seconds at first. Ours; measured: without
any bound the same plans are found."""
PRESSING_S = 20.0
"""Where somebody's wait ends so soon, no plan is dropped: what serves him in time may be far behind at first. Ours."""
MOST_FOUND = 3
"""The best plan and two others."""
SOON_S = 6
"""So soon a vehicle must come for a change to be worth a thought: a clearance and a start."""
WORTH_A_CHANGE = 0.45
"""Vehicles, nearly half a one."""
A_QUEUE = 0.6
"""From so many vehicles on a lane has a queue: less is the rest of one that passes (adaptive-control, section 4)."""
TOO_LATE = 50.0
"""Weight of a vehicle or call that has waited too long: it goes before everything that an ordinary street can hold."""
LATER_MOVE = 1 << 20
"""Marks from here on: the first start goes on for a while and then changes to this stage."""
