"""What may follow each stage later in the horizon, as arrays for the search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.adaptive.courses import Bools, Chains, Courses, Floats, Ints
from edge.adaptive.openings import LATER_S
from edge.adaptive.stages import Change
from edge.model.units import SECOND_MS, Ms, PhaseNumber


@dataclass(frozen=True, slots=True)
class Moves:
    """Moves sorted by the stage they leave: `first[stage]` … `first[stage + 1]` are the places of its moves.

    `node`: where the change begins; `left`: seconds until the target may end; `gains[move]`: columns of which more may go;
    `cost`: of the change itself.
    """

    first: Ints
    target: Ints
    node: Ints
    left: Ints
    gains: Bools
    cost: Floats


class MoveTable:
    """All changes between stages of a site; the arrays for a set of minimums and columns are kept."""

    def __init__(self, courses: Courses, chains: Chains) -> None:
        graph = courses.graph
        self._courses = courses
        self.changes: list[Change] = []
        counts = [0]
        for origin in graph.stages:
            self.changes += [c for target in graph.stages if target != origin for c in self._variants(origin, target)]
            counts.append(len(self.changes))
        self._first = np.array(counts, dtype=np.int64)
        self._target = np.array([graph.index[c.target] for c in self.changes], dtype=np.int64)
        self._origin = np.array([graph.index[c.origin] for c in self.changes], dtype=np.int64)
        self._node = np.array([chains.add(courses.course(c), c.target) for c in self.changes], dtype=np.int64)

    def _variants(self, origin: frozenset[PhaseNumber], target: frozenset[PhaseNumber]) -> list[Change]:
        """All rings at once, and where they need not, one after the other."""
        graph = self._courses.graph
        rings = graph.partial(origin, target)
        late = [graph.change(origin, target, {ring: s * SECOND_MS}) for ring in rings for s in LATER_S[1::2]]
        return [graph.change(origin, target), *late]

    def moves(self, minimum_ms: Mapping[PhaseNumber, Ms], columns: Sequence[int], price: Floats) -> Moves:
        """The moves when greens last at least `minimum_ms`, and taking the green from a column costs its `price`,
        from a part of it that part."""
        left = [
            -(-max((at + minimum_ms[p] for p, at in c.starts.items()), default=0) // SECOND_MS) for c in self.changes
        ]
        share = self._courses.share[:, list(columns)]
        more = share[self._target] - share[self._origin]
        cost = np.maximum(-more, 0.0) @ price
        return Moves(self._first, self._target, self._node, np.array(left, dtype=np.int64), more > 0, cost)
