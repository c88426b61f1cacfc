"""The stage graph of a site: which phases may be green together, and how one stage becomes another.

A stage is a set of phases that no ring and no barrier forbids and that no further phase could join: at most one phase of a
ring, all of one barrier group. By calls and omits the engine serves any stage after any other (edge.control.rings): inside a
group the rings change one by one, an earlier phase after a later one when everything beyond the barrier is omitted; over a
barrier all greens end together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from edge.adaptive.forecast import Stage
from edge.model.lanes import Movement
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber


@dataclass(frozen=True, slots=True)
class Change:
    """From one stage to another: when each ending phase ends and each starting one starts, ms from now.

    `phases`: whose green was on before, or has ended and still clears; `origin`: the stage whose rates count until the
    target has begun.
    """

    phases: frozenset[PhaseNumber]
    origin: Stage
    target: Stage
    ends: Mapping[PhaseNumber, Ms]
    starts: Mapping[PhaseNumber, Ms]

    @property
    def lasts_ms(self) -> Ms:
        """Until everybody of the target is green."""
        return max(self.starts.values(), default=0)


class StageGraph:
    """The stages of one site in a fixed order, and the time that passes between their greens."""

    def __init__(self, site: Site) -> None:
        self._site = site
        sequence = site.sequence
        self.group_of = {p: place.group for p, place in sequence.places.items()}
        self.ring_of = {p: place.ring for p, place in sequence.places.items()}
        groups = range(sequence.group_count)
        self.stages: tuple[Stage, ...] = tuple(stage for g in groups for stage in _of_group(sequence.rings, g))
        self.index = {stage: i for i, stage in enumerate(self.stages)}
        self._conflicts = {p: frozenset(sequence.conflicts(p)) for p in sequence.phases}
        self._clear = {(a, b): self._clearance(a, b) for a in sequence.phases for b in self._conflicts[a]}

    def group(self, stage: Stage) -> int:
        """The barrier group of a stage."""
        return self.group_of[min(stage)]

    def clearance_ms(self, ending: PhaseNumber, starting: PhaseNumber) -> Ms:
        """End of green to start of green of two conflicting phases, overlaps that end with the first one included."""
        return self._clear[ending, starting]

    def conflicts(self, phase: PhaseNumber) -> Stage:
        """The phases that cannot run beside this one."""
        return self._conflicts[phase]

    def change(self, origin: Stage, target: Stage, late: Mapping[int, Ms] | None = None) -> Change:
        """Origin to target; a ring in `late` ends its phase so much later (inside a barrier group only)."""
        late = late or {}
        ends = {p: late.get(self.ring_of[p], 0) for p in sorted(origin - target)}
        starts = {b: self.start_ms(b, ends) for b in sorted(target - origin)}
        return Change(origin, origin, target, ends, starts)

    def start_ms(self, phase: PhaseNumber, ends: Mapping[PhaseNumber, Ms]) -> Ms:
        """When `phase` can start, ms from now, if the greens in `ends` end (have ended) then."""
        return max((at + self._clear[a, phase] for a, at in ends.items() if a in self._conflicts[phase]), default=0)

    def stays(self, movement: Movement, a: PhaseNumber, b: PhaseNumber) -> bool:
        """Whether the movement keeps its green while phase `a` hands over to `b`: an overlap carries it."""
        overlaps = (frozenset(o.parents) for o in self._site.overlaps.values())
        return a == b or any({a, b} <= parents <= movement.phases for parents in overlaps)

    def partial(self, origin: Stage, target: Stage) -> tuple[int, ...]:
        """The rings that change, where they can change one after the other; none over a barrier or where one ring changes."""
        rings = tuple(sorted({self.ring_of[p] for p in origin - target}))
        return rings if len(rings) > 1 and self.group(origin) == self.group(target) else ()

    def _clearance(self, a: PhaseNumber, b: PhaseNumber) -> Ms:
        """Of the phases, or of an overlap that ends with `a` and conflicts with `b` if that is longer."""
        over = (
            o.change_ms + o.trailing_green_ms
            for o in self._site.overlaps.values()
            if a in o.parents and b not in o.parents and self._against(o.parents, o.modifiers, b)
        )
        return max(self._site.clearance_ms(a, b), max(over, default=0))

    def _against(self, parents: Iterable[PhaseNumber], modifiers: Iterable[PhaseNumber], phase: PhaseNumber) -> bool:
        """Whether a phase must wait for an overlap: it conflicts with all its parents, or is a modifier."""
        return phase in modifiers or all(phase in self._conflicts[p] for p in parents)


def _of_group(rings: tuple[tuple[tuple[PhaseNumber, ...], ...], ...], group: int) -> list[Stage]:
    """Every largest set of phases of one barrier group, one of each ring that has any there."""
    rows = [ring[group] for ring in rings if ring[group]]
    return [frozenset(phases) for phases in product(*rows)] if rows else []
