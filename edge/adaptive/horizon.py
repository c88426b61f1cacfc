"""The rolling-horizon search: all plans of the next minute advance together, step by step; of alike ones the best goes on.

A *row* is one plan up to now: where its right-of-way stands (node, seconds until anything may change), the queues it has left,
its cost so far and how it began. A step is a second at first and more later (`lines`). At the beginning of each every row whose
minimum is over also spawns one row for every stage it may change to. Before that rows are compared: those at the same node with
the same minimum left differ only in queues and cost, and the cheapest goes on, beside it the cheapest that began with another
decision (label setting, Sen & Head 1997, with two labels).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.adaptive.courses import Floats, Ints, Nodes
from edge.adaptive.lines import Lines, Step, Street
from edge.adaptive.moves import Moves
from edge.adaptive.rows import LONGEST_LEFT, MOST_LEFT, Rows, Start, changes
from edge.adaptive.service import BLOCKED_RATE


@dataclass(frozen=True, slots=True)
class Found:
    """A plan: the start it has, the moves it makes later as (second, move), and its cost to the end and beyond."""

    start: int
    steps: tuple[tuple[int, int], ...]
    cost: float


class Horizon:
    """One search."""

    def __init__(self, street: Street, moves: Moves, nodes: Nodes) -> None:
        self._street = street
        self._lines = Lines(street, nodes)
        self._moves = moves
        self._gains = np.ascontiguousarray(moves.gains.T)
        self._moves_of = _moves_of(moves)
        self._target = nodes.target
        self._event_at: list[Ints] = []
        self._event_move: list[Ints] = []
        self._event_parent: list[Ints] = []
        self._events = 0
        self._first_price = np.minimum(street.patience, street.limit)
        self._heavy = bool((street.wait[street.queue > 0] > street.patience[street.queue > 0] / 3).any())
        pressing = (street.queue > 0) & (street.wait > street.limit - PRESSING_S)
        self._margin = float("inf") if pressing.any() else MARGIN
        self.most_rows = 0

    def search(self, starts: Sequence[Start]) -> list[Found]:
        """The best plan and the best that begin otherwise, cheapest first. All that may be begun in second 0 are `starts`."""
        rows = Rows.begin(self._street.queue, self._street.wait, starts)
        for step in self._lines.steps:
            if step.second > 0:
                rows = self._spawn(self._thin(rows), step)
            self.most_rows = max(self.most_rows, len(rows.node))
            self._advance(rows, step)
        return self._finish(rows)

    # ── one step ────────────────────────────────────────────────────────────────────────────────

    def _to_go(self, rows: Rows) -> Floats:
        """The cost to go from the queues as they are."""
        queue = np.maximum(rows.queue, 0.0)
        each = queue * self._street.queue_sq[:, None]
        each += self._lines.linear.take(rows.node, axis=1)
        each *= queue
        to_go: Floats = each.sum(axis=0)
        return to_go

    def _thin(self, rows: Rows) -> Rows:
        """Of rows that stand alike keep the best, and the best that began otherwise; nothing that is too far behind."""
        worth = self._worth(rows)
        near = (worth <= self._bound(rows, worth)).nonzero()[0]
        key = (rows.node * MOST_LEFT + np.maximum(rows.left, 0))[near]
        order = near[np.lexsort((worth[near], key))]
        key.sort()
        new = changes(key)
        heads, group = new.nonzero()[0], new.cumsum() - 1
        mark = rows.mark[order]
        others = (mark != mark[heads][group]).nonzero()[0]
        if len(others):
            heads = np.concatenate((heads, others[changes(group[others])]))
        return rows.take(order[heads])

    def _worth(self, rows: Rows) -> Floats:
        """Cost so far and to go, rounded so that every machine sees the same ones as equal."""
        worth: Floats = (rows.cost + self._to_go(rows)).round(6)
        return worth

    def _bound(self, rows: Rows, worth: Floats) -> float:
        """What no row may exceed: the best that is free now, and a margin for what the others have paid in advance."""
        free = worth[rows.left <= 0]
        return MARGIN_PART * float(free.min()) + self._margin if len(free) else float("inf")

    def _spawn(self, rows: Rows, step: Step) -> Rows:
        """Add a row for every change that a row may begin now and that helps somebody."""
        moves = self._moves
        free = (rows.left <= 0).nonzero()[0]
        if not len(free) or not len(moves.target):
            return rows
        choice = self._moves_of[self._target[rows.node[free]]]
        parent, move = free.repeat(choice.shape[1]), choice.ravel()
        waits = (rows.queue > step.wanting) | step.coming
        helps = (waits.take(parent, axis=1) & self._gains.take(move, axis=1)).any(axis=0) & (move >= 0)
        parent, move = parent[helps], move[helps]
        if not len(parent):
            np.maximum(rows.left, 0, out=rows.left)
            return rows
        spawned = rows.take(parent)
        # Who became free within the last step begins his change then. With the next step, as at first, the second green of what
        # is begun now came late, and to begin it one second later was the better plan for ever.
        ago = -spawned.left
        self._event_at.append(step.second - ago)
        self._event_move.append(move)
        self._event_parent.append(spawned.event.copy())
        first = (spawned.mark == 0) & (spawned.event < 0)
        np.copyto(spawned.mark, LATER_MOVE + moves.target[move], where=first)
        spawned.node[:] = self._lines.behind[ago, moves.node[move]]
        np.clip(moves.left[move] - ago, 0, LONGEST_LEFT, out=spawned.left)
        spawned.event[:] = np.arange(self._events, self._events + len(move))
        spawned.cost += moves.cost[move]
        self._events += len(move)
        np.maximum(rows.left, 0, out=rows.left)
        return rows.join(spawned)

    def _advance(self, rows: Rows, step: Step) -> None:
        """One step of traffic in every row."""
        rate, floor = step.clear.take(rows.node, axis=1), step.floor.take(rows.node, axis=1)
        if step.seconds == 1:
            self._second(rows, step, rate, floor)
        else:
            self._seconds(rows, step, rate, floor)
        step.following.take(rows.node, out=rows.node)
        rows.left -= step.seconds * (rows.left > 0)
        if step.seconds > 1:  # what is begun now ends to the second, later changes at the end of a step
            np.maximum(rows.left, 0, out=rows.left, where=rows.event >= 0)

    def _second(self, rows: Rows, step: Step, rate: Floats, floor: Floats) -> None:
        """A second of traffic."""
        queue, red = rows.queue, (rate <= BLOCKED_RATE).astype(np.float64)
        self._yield(rows, rate, step)
        self._stand(rows, rate, red, step)
        np.maximum(queue, floor, out=queue)
        rows.cost += step.stops @ np.maximum(queue > A_QUEUE, red)
        queue += step.arrivals
        queue -= rate
        np.maximum(queue, floor, out=queue)
        standing = np.maximum(queue, 0.0)
        rows.cost += self._street.weight @ standing
        if self._heavy:
            self._wait(rows, standing, red, 1)
            rows.wait *= red

    def _seconds(self, rows: Rows, step: Step, rate: Floats, floor: Floats) -> None:
        """Several seconds of traffic in one: queues grow or fall evenly, and who comes behind a green stays."""
        queue, seconds, come = rows.queue, step.seconds, step.arrivals / step.seconds
        red, since = step.red.take(rows.node, axis=1), step.since.take(rows.node, axis=1)
        self._yield(rows, rate, step)
        self._stand(rows, rate, red, step)
        np.maximum(queue, floor, out=queue)
        queued, before = queue > A_QUEUE, np.maximum(queue, 0.0)
        queue += step.arrivals
        queue -= rate
        rows.cost += (0.5 * (seconds - 1) * self._street.weight) @ (before + np.maximum(queue, 0.0))
        stopped = 0.5 * queued + 0.5 * (queue > A_QUEUE)
        rows.cost += step.stops @ np.maximum(stopped, np.minimum(red + since, seconds) / seconds)
        np.maximum(queue, floor + come * since, out=queue)
        rows.cost += self._street.weight @ np.maximum(queue, 0.0)
        if self._heavy:
            self._wait(rows, before + 0.5 * step.arrivals, red, seconds)
            np.copyto(rows.wait, since, where=red < seconds)

    def _yield(self, rows: Rows, rate: Floats, step: Step) -> None:
        """Who yields goes at the opposed rate while one of those he yields to has a queue."""
        lines = self._lines
        if not len(lines.yields):
            return
        busy = self._street.opposers @ (rows.queue > A_QUEUE) > 0
        place = np.arange(len(rows.node))
        for c in lines.yields:
            opposed = busy[lines.opposer[c].take(rows.node), place]
            rate[c] = np.where(opposed, step.opposed[c].take(rows.node), rate[c])

    def _stand(self, rows: Rows, rate: Floats, red: Floats, step: Step) -> None:
        """Nobody leaves where a head stands."""
        for c in self._lines.stands:
            stands = (self._lines.held[c].take(rows.node) - step.second).clip(0.0, step.seconds)
            rate[c] *= 1.0 - stands / step.seconds
            np.maximum(red[c], stands, out=red[c])

    def _wait(self, rows: Rows, standing: Floats, red: Floats, seconds: int) -> None:
        """Those who stand wait on in red, and long waits cost more than their time; most columns have none. `red`: how many of
        these seconds pass before they are served. Each second counts: looked at in every other one only, a change is for ever
        cheaper a second later."""
        street = self._street
        rows.wait += red * (standing > 0)
        long = (rows.wait.max(axis=1) > self._first_price).nonzero()[0]
        if len(long):
            whose = (street.weight[long], street.patience[long], street.limit[long])
            middle = rows.wait[long] - 0.5 * (red[long] - 1.0) if seconds > 1 else rows.wait[long]
            rows.cost += (red[long] * impatience(middle, standing[long], *whose)).sum(axis=0)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────

    def _finish(self, rows: Rows) -> list[Found]:
        """The cheapest row, and the cheapest of each other beginning."""
        worth = self._worth(rows)
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
        move, parent = np.concatenate(self._event_move), np.concatenate(self._event_parent)
        at = np.concatenate(self._event_at)
        steps: list[tuple[int, int]] = []
        while event >= 0:
            steps.append((int(at[event]), int(move[event])))
            event = int(parent[event])
        return tuple(reversed(steps))


def _moves_of(moves: Moves) -> Ints:
    """The moves of each stage, filled up with -1 to one length."""
    table = np.full((len(moves.first) - 1, int(np.diff(moves.first).max(initial=1))), -1, dtype=np.int64)
    for stage, (first, end) in enumerate(zip(moves.first, moves.first[1:], strict=False)):
        table[stage, : end - first] = np.arange(first, end)
    return table


def impatience(wait: Floats, standing: Floats, weight: Floats, patience: Floats, limit: Floats) -> Floats:
    """What long waits cost in a second beside their time; a line for each column. `wait`: of the first of those who
    stand there; those behind him came evenly since. From `patience` on it grows with the square; who waits beyond `limit`
    counts `TOO_LATE`."""
    patience, limit, weight = patience[:, None], limit[:, None], weight[:, None]
    first, waited = np.minimum(standing, 1.0), np.maximum(wait, 1.0)
    rest = standing - first
    over = np.maximum(wait / patience - 1.0, 0.0)
    each: Floats = weight * over * over * (first + over * patience / (3.0 * waited) * rest)
    late = np.maximum(1.0 - limit / waited, 0.0)
    if late.any():
        each += TOO_LATE * (np.where(late > 0, first, 0.0) + late * rest)
    return each


MARGIN = 60.0
"""Vehicle-seconds by which a plan may be behind and still win: three times the cost of a change. Ours, measured."""
MARGIN_PART = 1.25
"""And so much of the best one's cost: where many wait a change costs all of them some seconds at first. Ours; measured: without
any bound the same plans are found, with 1.1 a sixth of the cost is lost in the worst of forty full dual rings."""
PRESSING_S = 20.0
"""Where somebody's wait ends so soon, no plan is dropped: what serves him in time may be far behind at first. Ours."""
MOST_FOUND = 3
"""The best plan and two others."""
A_QUEUE = 0.6
"""From so many vehicles on a lane has a queue: less is the rest of one that passes (adaptive-control, section 4)."""
TOO_LATE = 50.0
"""Weight of a vehicle or call that has waited too long: it goes before everything that an ordinary street can hold."""
LATER_MOVE = 1 << 20
"""Marks from here on: the first start goes on for a while and then changes to this stage."""
