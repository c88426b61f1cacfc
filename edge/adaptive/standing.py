"""Where right-of-way stands at an observation, which stage it is on its way to, and what changing from there would take."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.adaptive.forecast import Stage
from edge.adaptive.stages import Change, StageGraph
from edge.model.exchange import Interval
from edge.model.observation import Observation, PhaseSeen
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms, PhaseNumber

GREEN = frozenset({Interval.MIN_GREEN, Interval.EXTENSION, Interval.REST, Interval.LEADING_WALK, Interval.RED_YELLOW})
"""Green, or on the way to it so that nothing holds it up any more."""
_NEW = frozenset({Interval.MIN_GREEN, Interval.LEADING_WALK, Interval.RED_YELLOW})
_CLEARING = frozenset({Interval.GREEN_BLINK, Interval.YELLOW_CHANGE, Interval.RED_CLEARANCE})


HEARD_IN_MS: Ms = 200
"""So soon after an observation advice is heard: a minimum that ends by then is over. The engine waits for the rest. Ours."""


def whole_seconds(ms: Ms) -> int:
    """Seconds from the observation until something is over, as the search counts them."""
    return -(-max(ms - HEARD_IN_MS, 0) // SECOND_MS)


@dataclass(frozen=True, slots=True)
class Standing:
    """Right-of-way at one instant; times in ms from now.

    `target`: the stage that is served, or that comes; `origin`: the one before it. `ended`: when greens ended that still clear;
    `greens`: phases in green with what is left of their minimum; `began`: of those the new ones, when they began.
    """

    origin: Stage
    target: Stage
    ended: Mapping[PhaseNumber, Ms]
    greens: Mapping[PhaseNumber, Ms]
    began: Mapping[PhaseNumber, Ms]

    @property
    def arriving(self) -> Stage:
        """Phases of the target that are not green yet."""
        return self.target - self.greens.keys()

    def change_to(self, graph: StageGraph, target: Stage, late: Mapping[PhaseNumber, Ms] | None = None) -> Change:
        """From what is now to `target`; a green in `late` ends so much later, the others at once."""
        late = late or {}
        ends = {**self.ended, **{p: late.get(p, 0) for p in self.greens if p not in target}}
        coming = {b: max(0, graph.start_ms(b, ends)) for b in sorted(target) if b not in self.greens}
        old = frozenset(self.ended) | (self.greens.keys() - self.began.keys())
        return Change(old, self.origin, target, ends, {**self.began_in(target), **coming})

    def began_in(self, target: Stage) -> dict[PhaseNumber, Ms]:
        """The new greens that stay in `target`."""
        return {p: ms for p, ms in self.began.items() if p in target}

    def left_s(self, change: Change, minimum_ms: Mapping[PhaseNumber, Ms]) -> int:
        """Until the target of `change` may end, whole seconds."""
        running = (ms for p, ms in self.greens.items() if p in change.target)
        coming = (at + minimum_ms[p] for p, at in change.starts.items() if p not in self.greens)
        return whole_seconds(max((*running, *coming), default=0))


class Tracker:
    """Reads observations one after the other and remembers what was aimed at."""

    def __init__(self, site: Site, graph: StageGraph) -> None:
        self._site = site
        self._stages = graph.stages
        self._target: Stage | None = None
        self._origin: Stage | None = None

    def aim(self, target: Stage) -> None:
        """From now on this stage is aimed at."""
        if target != self._target:
            self._origin, self._target = self._target, target

    def read(self, seen: Observation) -> Standing:
        """Where right-of-way stands. What was aimed at counts while the lamps do not say otherwise."""
        greens = {p.number: p.minimum_left_ms for p in seen.phases if p.interval in GREEN}
        ended = {p.number: -self._over_ms(p, seen.now) for p in seen.phases if p.interval in _CLEARING}
        began = {p.number: p.since_ms - seen.now for p in seen.phases if p.interval in _NEW}
        target, coming = self._target, {p.number for p in seen.phases if p.coming}
        if target is None or not target >= greens.keys():
            target = self._first(greens.keys() | coming) or self._first(set(greens)) or self._stages[0]
        origin, old = self._origin, ended.keys() | (greens.keys() - began.keys())
        if origin is None or not origin >= old:
            origin = self._first(old) or target
        self._target, self._origin = target, origin
        return Standing(origin, target, ended, greens, began)

    def _first(self, phases: frozenset[PhaseNumber] | set[PhaseNumber]) -> Stage | None:
        return next((stage for stage in self._stages if stage >= phases), None)

    def _over_ms(self, p: PhaseSeen, now: Ms) -> Ms:
        """How long ago the green of a phase that clears has ended."""
        phase, since = self._site.phases[p.number], now - p.since_ms
        if p.interval is Interval.GREEN_BLINK:
            return since
        return phase.green_blink_ms + since + (phase.yellow_ms if p.interval is Interval.RED_CLEARANCE else 0)
