"""What may be begun now: to stay, to change to another stage, or to let one ring change before or after the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge.adaptive.forecast import Stage
from edge.adaptive.stages import Change, StageGraph
from edge.adaptive.standing import Standing, whole_seconds
from edge.model.units import SECOND_MS, Ms, PhaseNumber

LATER_S = (2, 4, 6, 8)
"""How much later the other ring may follow, s: about as long as the first one clears and has its minimum. Ours."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One way to begin. `left_s`: until its target may end; `ends_now`: greens that end at once; `next_stage`: what is aimed at
    from now on."""

    change: Change
    left_s: int
    ends_now: Stage
    next_stage: Stage


class Openings:
    """All ways to begin from where right-of-way stands."""

    def __init__(self, graph: StageGraph) -> None:
        self._graph = graph

    def of(self, at: Standing, minimum_ms: Mapping[PhaseNumber, Ms]) -> list[Opening]:
        """To go on as aimed at first; then everything else that may be begun before that is over."""
        stay = self._opening(at, at.change_to(self._graph, at.target), minimum_ms)
        free = not at.arriving and stay.left_s == 0
        others = self._all_changes(at, minimum_ms) if free else self._ring_changes(at, minimum_ms, stay.left_s)
        return [stay, *others]

    def _opening(self, at: Standing, change: Change, minimum_ms: Mapping[PhaseNumber, Ms]) -> Opening:
        now = frozenset(p for p in at.greens if change.ends.get(p) == 0)
        rings = {self._graph.ring_of[p] for p in now}
        moved = frozenset(p for p in change.target if self._graph.ring_of[p] in rings)
        over = not now or self._graph.group(change.target) != self._graph.group(at.target)
        stands = frozenset(p for p in at.target if self._graph.ring_of[p] not in rings)
        aim = at.target if not now else change.target if over else stands | moved
        return Opening(change, at.left_s(change, minimum_ms), now, aim)

    def _all_changes(self, at: Standing, minimum_ms: Mapping[PhaseNumber, Ms]) -> Iterator[Opening]:
        """From a stage that may end, to every other."""
        for target in self._graph.stages:
            if target == at.target:
                continue
            yield self._opening(at, at.change_to(self._graph, target), minimum_ms)
            for ring in self._graph.partial(at.target, target):
                for late_s in LATER_S:
                    late = {p: late_s * SECOND_MS for p in at.target if self._graph.ring_of[p] == ring}
                    yield self._opening(at, at.change_to(self._graph, target, late), minimum_ms)

    def _ring_changes(self, at: Standing, minimum_ms: Mapping[PhaseNumber, Ms], left_s: int) -> Iterator[Opening]:
        """While one ring clears or has its minimum, another that is free may change too, now or before that is over."""
        for phase in sorted(at.greens.keys() & at.target):
            ready_s = whole_seconds(at.greens[phase])
            for other in self._beside(phase):
                target = (at.target - {phase}) | {other}
                for late_s in range(ready_s, left_s, 1 + (left_s - ready_s) // 8):
                    yield self._opening(at, at.change_to(self._graph, target, {phase: late_s * SECOND_MS}), minimum_ms)

    def _beside(self, phase: PhaseNumber) -> list[PhaseNumber]:
        """The other phases of its ring on this side of the barrier."""
        ring, group = self._graph.ring_of[phase], self._graph.group_of[phase]
        return [
            p for p, r in self._graph.ring_of.items() if r == ring and self._graph.group_of[p] == group and p != phase
        ]
