"""How right-of-way passes through a change of stage, second by second and lane by lane, ready for the search.

A *node* is one second: for every lane how long its green has run or been over at the beginning of it, and whose service rate
counts. Nodes form chains; a chain of a change ends in the node of its target, which leads to itself. Chains with the same
rest share it, so that plans which have become alike are seen to be alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.adaptive.forecast import Stage
from edge.adaptive.service import share_of
from edge.adaptive.stages import Change, StageGraph
from edge.model.lanes import Lane
from edge.model.units import SECOND_MS, Ms, PhaseNumber

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
_Times: TypeAlias = tuple[tuple[PhaseNumber, Ms], ...]
_Key: TypeAlias = tuple[Stage, Stage, Stage, _Times, _Times]

ON, OFF = -99.0, 99.0
"""`since` or `over` of a green that has not begun or does not end; `over` of a lane that is red."""
MOST_KEPT = 2_000
"""Courses, some 2 kB each. Ours."""
SETTLED_S = 6.0
"""Behind this a green is in full flow and a red has nobody left in the junction. Ours: longer than any start-up loss."""


@dataclass(frozen=True, slots=True)
class Course:
    """Seconds by columns. `since`: of the green that begins, s; `over`: since the green that ends, s; `stage`: whose rate.
    `keys`: each second as bytes, to tell it from others, where these are asked for."""

    since: Floats
    over: Floats
    stage: Ints
    keys: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a lane with its movements, or a single phase (who waits for it on foot or in a bus)."""

    phases: frozenset[PhaseNumber]
    lane: Lane | None = None


class Courses:
    """Courses of changes for one site: lanes first, then one column for every phase. `served`, `share`: by stage and column,
    whether anybody of it may go, and which part of them."""

    def __init__(self, graph: StageGraph, lanes: Sequence[Lane]) -> None:
        self.graph = graph
        phases = sorted(graph.group_of)
        self.columns = (
            *(Column(lane.phases, lane) for lane in lanes),
            *(Column(frozenset((phase,))) for phase in phases),
        )
        self.phase_column = {phase: len(lanes) + k for k, phase in enumerate(phases)}
        self.served = np.array([[bool(c.phases & stage) for c in self.columns] for stage in graph.stages])
        self.share = np.array([[_share(c, stage) for c in self.columns] for stage in graph.stages])
        self._kept: dict[_Key, Course] = {}

    def course(self, change: Change) -> Course:
        """The course of one change, until everything has settled; the same few come again and again, and are kept."""
        key = (change.phases, change.origin, change.target, tuple(change.ends.items()), tuple(change.starts.items()))
        known = self._kept.get(key)
        if known is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            known = self._kept[key] = self._course(change)
        return known

    def _course(self, change: Change) -> Course:
        last_s = max((*change.starts.values(), *change.ends.values()), default=0) / SECOND_MS
        k = np.arange(np.ceil(last_s + SETTLED_S), dtype=np.float64)[:, None]
        ends, starts = self._times(change)
        since = np.where(np.isfinite(starts), np.round(k - np.nan_to_num(starts, posinf=0.0), 1), ON)
        ended = np.round(k - np.nan_to_num(ends, posinf=0.0, neginf=0.0), 1)
        over = np.where(np.isfinite(ends), np.maximum(ended, ON), np.where(ends < 0, OFF, ON))
        settled = k >= change.lasts_ms / SECOND_MS
        target, origin = self.graph.index[change.target], self.graph.index[change.origin]
        fewer = k > self._first_end(change)  # what its yellow lets pass has passed; fewer go on
        stage = np.where(settled | ((since >= 0) & self.served[target]) | fewer, target, origin).astype(np.int64)
        full = since >= SETTLED_S
        over = np.where(full | ((over < 0) & np.isfinite(ends)), ON, np.where(over >= SETTLED_S, OFF, over))
        since = np.where(full | (since < -1.0), ON, since)
        return Course(since, over, stage, tuple(_key(*row) for row in zip(since, over, stage, strict=True)))

    def _times(self, change: Change) -> tuple[Floats, Floats]:
        """For every column the end of its old green (inf: goes on, -inf: it was red) and the start of its new one."""
        ends, starts = np.full(len(self.columns), -np.inf), np.full(len(self.columns), np.inf)
        for c, column in enumerate(self.columns):
            old, new = column.phases & change.phases, column.phases & change.target
            if old:
                ends[c] = max(change.ends.get(p, np.inf) for p in old) / SECOND_MS
            if new and np.isfinite(ends[c]) and self._carried(column, change):
                ends[c] = np.inf
            if new and ends[c] != np.inf:
                starts[c] = min(change.starts.get(p, -SETTLED_S * SECOND_MS) for p in new) / SECOND_MS
        return ends, starts

    def _first_end(self, change: Change) -> Floats:
        """When columns that go on lose the first of their movements, s; inf for those that do not."""
        target, origin = self.graph.index[change.target], self.graph.index[change.origin]
        fewer = (self.share[target] > 0) & (self.share[target] < self.share[origin])
        ends = [min((change.ends[p] for p in c.phases & change.ends.keys()), default=np.inf) for c in self.columns]
        return np.where(fewer, np.array(ends) / SECOND_MS, np.inf)

    def _carried(self, column: Column, change: Change) -> bool:
        """Whether an overlap carries a movement of the lane from a phase that ends to one that starts."""
        if column.lane is None:
            return False
        return any(
            self.graph.stays(m, a, b)
            for m in column.lane.movements
            for a in sorted(m.phases & change.ends.keys())
            for b in sorted(m.phases & change.starts.keys())
        )


def _share(column: Column, stage: Stage) -> float:
    """Which part of those who wait in a column may go in a stage."""
    if column.lane is None:
        return float(bool(column.phases & stage))
    return share_of(column.lane, [m for m in column.lane.movements if m.phases & stage])


@dataclass(frozen=True, slots=True)
class Nodes:
    """All nodes as arrays: what is served in them, the node that follows, and the stage they lead to."""

    course: Course
    following: Ints
    target: Ints


class Chains:
    """Nodes of many courses; equal rests are one. `on`: kept ones that these are added to, for one search."""

    def __init__(self, courses: Courses, on: "Chains | None" = None) -> None:
        self._courses = courses
        self._on = on
        self._first = on.count if on is not None else 0
        self._rows: list[tuple[Floats, Floats, Ints]] = []
        self._following: list[int] = []
        self._target: list[int] = []
        self._known: dict[tuple[bytes, int], int] = {}
        self._stacked: Nodes | None = None
        if on is None:
            for stage, served in enumerate(courses.served):
                self._add(_settled(stage, served), 0, following=stage, target=stage)

    @property
    def count(self) -> int:
        """How many nodes there are. The first are those of the stages in full flow, each of which leads to itself."""
        return self._first + len(self._rows)

    def add(self, course: Course, target: Stage) -> int:
        """The first node of a course that leads to `target`."""
        node = stage = self._courses.graph.index[target]
        for k in range(len(course.since) - 1, -1, -1):
            node = self._add(course, k, following=node, target=stage)
        return node

    def nodes(self) -> Nodes:
        """All nodes, stacked."""
        if self._on is not None and not self._rows:
            return self._on.nodes()
        if self._stacked is None or len(self._stacked.following) != self.count:
            since, over, stage = (np.array(column) for column in zip(*self._rows, strict=True))
            mine = Nodes(Course(since, over, stage), np.array(self._following), np.array(self._target))
            self._stacked = mine if self._on is None else _joined(self._on.nodes(), mine)
        return self._stacked

    def known(self, key: tuple[bytes, int]) -> int | None:
        """The node that is the same, if there is one."""
        return self._known.get(key)

    def _add(self, course: Course, k: int, *, following: int, target: int) -> int:
        key = (course.keys[k], following)
        known = self._known.get(key, self._on.known(key) if self._on is not None else None)
        if known is None:
            known = self._known[key] = self.count
            self._rows.append((course.since[k], course.over[k], course.stage[k]))
            self._following.append(following)
            self._target.append(target)
        return known


def _settled(stage: int, served: Bools) -> Course:
    """A second of a stage in full flow."""
    shape = (1, len(served))
    since, over, where = np.full(shape, ON), np.where(served, ON, OFF)[None, :], np.full(shape, stage, dtype=np.int64)
    return Course(since, over, where, (_key(since[0], over[0], where[0]),))


def _key(since: Floats, over: Floats, stage: Ints) -> bytes:
    return b"".join((since.tobytes(), over.tobytes(), stage.tobytes()))


def _joined(a: Nodes, b: Nodes) -> Nodes:
    course = Course(
        np.concatenate((a.course.since, b.course.since)),
        np.concatenate((a.course.over, b.course.over)),
        np.concatenate((a.course.stage, b.course.stage)),
    )
    return Nodes(course, np.concatenate((a.following, b.following)), np.concatenate((a.target, b.target)))
