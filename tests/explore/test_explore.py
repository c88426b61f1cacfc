"""The smallest sites are walked in every test run; `make explore` walks the others. And the explorer is shown to see."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from edge.control.calls import PhaseCalls
from edge.control.intervals import PhaseMachine
from edge.control.overlaps import _Follower
from edge.control.preempt import Preemption
from edge.control.rings import Rings
from edge.control.way import Way
from edge.model.exchange import Interval
from edge.model.indications import ChannelKind
from edge.model.phases import Termination
from edge.model.site import Site
from edge.tick import Tick
from tests.explore.liveness import longest_wait, starved
from tests.explore.sites import (
    ARROW,
    DUAL_SMALL,
    PREEMPTED,
    PROTECTED,
    SITES,
    STAGES,
    TICK,
    TWO_PHASE,
    TWO_PHASE_PED,
    Explored,
    sheet,
)
from tests.explore.state import EPOCH, MATTERS, UnknownThing, Walker
from tests.explore.walk import Graph, Walk

pytestmark = pytest.mark.untraced

SEEN = 25
"""States of TWO_PHASE told apart by lamps, their clocks, and who waits."""


def walked(explored: Explored) -> Graph:
    return Walk(explored).run()


def bound_ticks(explored: Explored) -> int:
    """By the sheet: every phase once at its longest with a walk begun at the last moment, its clearance, and once more
    for whoever has just been passed over."""
    site = explored.site
    intergreen = max(site.intergreen.values(), default=0)
    total = 0
    for p in site.phases.values():
        walk = p.ped.total_ms if p.ped else 0
        total += max(p.max_green_ms, p.min_green_ms) + walk + max(p.change_ms, intergreen) + 2 * TICK
    return 2 * total // TICK


@pytest.mark.parametrize("explored", [s for s in SITES if s.quick], ids=lambda s: s.name)
def test_in_every_reachable_state_nothing_conflicts_nothing_is_short_and_everybody_is_served(
    explored: Explored,
) -> None:
    graph = walked(explored)
    assert graph.wrong == []
    assert starved(graph) == []
    longest = [longest_wait(graph, k) for k in range(len(graph.waiters))]
    assert all(ticks is not None and 0 < ticks <= bound_ticks(explored) for ticks in longest), longest


def test_what_can_be_seen_of_the_smallest_site_is_what_was_counted() -> None:
    """A change here is a change of what the engine can do: look what it is, then count anew."""
    assert walked(TWO_PHASE).seen == SEEN


# ── what the explorer can see ──


def crosses_alone(patch: pytest.MonkeyPatch) -> None:
    """A ring starts its phase beyond the barrier as soon as its own ring is clear."""
    real = Way._is_clear

    def clear(self: Way, now: int, phase: Any, *, walk: bool) -> bool:
        places = self._site.sequence.places
        mine = tuple(p for p in self._conflicts[phase] if places[p].ring == places[phase].ring)
        kept, self._conflicts = self._conflicts, {**self._conflicts, phase: mine}
        try:
            return real(self, now, phase, walk=walk)
        finally:
            self._conflicts = kept

    patch.setattr(Way, "_is_clear", clear)


def yellow_short(patch: pytest.MonkeyPatch) -> None:
    real = PhaseMachine._due

    def due(self: PhaseMachine, now: int, *, opposed: bool) -> Any:
        early = TICK if self.interval is Interval.YELLOW_CHANGE else 0
        return real(self, now + early, opposed=opposed)

    patch.setattr(PhaseMachine, "_due", due)


def minimum_short(patch: pytest.MonkeyPatch) -> None:
    real = PhaseMachine._due

    def due(self: PhaseMachine, now: int, *, opposed: bool) -> Any:
        early = TICK if self.interval is Interval.MIN_GREEN else 0
        return real(self, now + early, opposed=opposed)

    patch.setattr(PhaseMachine, "_due", due)


def call_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A locking phase forgets its call when the vehicle has left the loop."""
    real = PhaseCalls.hear

    def hear(self: PhaseCalls, now: int, interval: Interval) -> Any:
        events = real(self, now, interval)
        self.locked = False
        return events

    patch.setattr(PhaseCalls, "hear", hear)


def never_maxes_out(patch: pytest.MonkeyPatch) -> None:
    """A green with steady traffic is never left at a barrier."""
    real = Rings._reason

    def reason(self: Rings, now: int, phase: Any, asks: Any) -> Any:
        why = real(self, now, phase, asks)
        return None if why is Termination.MAX_OUT else why

    patch.setattr(Rings, "_reason", reason)


def waits_for_a_gap_in_both(patch: pytest.MonkeyPatch) -> None:
    """At a barrier each ring waits for the other to be called away first: a dead-lock."""
    real = Rings._is_done

    def is_done(self: Rings, ring: Any, wanted: Any) -> bool:
        others = [o for o in self._rings if o is not ring]
        return real(self, ring, wanted) and any(not self._is_green(o) for o in others)

    patch.setattr(Rings, "_is_done", is_done)


def walk_cut(patch: pytest.MonkeyPatch) -> None:
    """A green ends beside its own pedestrian clearance."""
    patch.setattr(PhaseMachine, "may_end", lambda self: self.interval is Interval.EXTENSION)


def nobody_waits_for_the_arrow(patch: pytest.MonkeyPatch) -> None:
    """Phases start beside a flashing arrow that is against them."""
    patch.setattr(_Follower, "is_red", property(lambda _: True))


def preempt_unheard(patch: pytest.MonkeyPatch) -> None:
    """A preempt waits until the sequence comes to its phase by itself."""
    patch.setattr(Preemption, "shape", lambda _, __, asks: (asks, []))


FAULTS: list[tuple[Callable[[pytest.MonkeyPatch], None], Explored, str]] = [
    (crosses_alone, DUAL_SMALL, "at the barrier"),
    (yellow_short, TWO_PHASE, "YELLOW"),
    (minimum_short, TWO_PHASE, "GREEN"),
    (call_forgotten, TWO_PHASE, "phase 2 may wait for ever"),
    (never_maxes_out, TWO_PHASE, "may wait for ever"),
    (waits_for_a_gap_in_both, DUAL_SMALL, "may wait for ever"),
    (walk_cut, TWO_PHASE_PED, "beside its own walk"),
    (nobody_waits_for_the_arrow, ARROW, "conflict"),
    (preempt_unheard, PREEMPTED, "the preempt that dwells in 4 may wait for ever"),
]


@pytest.mark.parametrize(("fault", "explored", "seen"), FAULTS, ids=lambda v: getattr(v, "__name__", None))
def test_the_explorer_sees_a_seeded_fault(
    monkeypatch: pytest.MonkeyPatch, fault: Callable[[pytest.MonkeyPatch], None], explored: Explored, seen: str
) -> None:
    fault(monkeypatch)
    graph = walked(explored)
    found = graph.wrong or starved(graph)
    assert any(seen in sentence for sentence in found), (graph.states, found)


# ── what the walker leaves out does not matter ──


@pytest.mark.parametrize("explored", [TWO_PHASE, DUAL_SMALL, STAGES], ids=lambda s: s.name)
def test_what_is_no_part_of_the_state_changes_nothing_when_it_is_changed(explored: Explored) -> None:
    """Two runs of the same inputs, one of them disturbed in what the walker leaves out: the same images to the end."""
    rng = random.Random(7)
    for _ in range(6):
        walk, other = Walk(explored), Walk(explored)
        now = walk._begin()[1]
        other._begin()
        for _ in range(40):
            now += TICK
            action = rng.randrange(1 << len(walk.levers))
            walk.walker.capture(now)
            other.walker.capture(now)
            disturb(other, now, rng)
            one, two = (w.tick.advance(now, w.inputs(now, action)) for w in (walk, other))
            assert one.verdict == two.verdict


def disturb(walk: Walk, now: int, rng: random.Random) -> None:
    """Make every instant that does not matter now another one, as old as it likes to be."""
    tick = walk.tick
    engine = tick.controller
    things = [*engine._machines.values(), *engine._calls.values(), *(c.gap for c in engine._calls.values())]
    for thing in things:
        for name in dir(thing):
            matters = MATTERS.get((type(thing).__name__, name))
            age = matters(thing, tick) if matters else None
            value = getattr(thing, name)
            if age is None or type(value) is not int or value < EPOCH // 2 or now - value < age:
                continue
            setattr(thing, name, now - age - rng.randrange(0, 5) * TICK)


def test_a_kind_of_object_that_the_walker_does_not_know_is_refused() -> None:
    tick = Tick(TWO_PHASE.site)
    tick.advance(EPOCH, Walk(TWO_PHASE).inputs(EPOCH, 0))
    tick.controller._mode = object()  # type: ignore[assignment]
    with pytest.raises(UnknownThing):
        Walker(tick, TICK).capture(EPOCH)


def test_a_new_attribute_is_part_of_the_state_by_itself() -> None:
    class More(Tick):
        def __init__(self, site: Site) -> None:
            super().__init__(site)
            self.memory = 0

    tick = More(TWO_PHASE.site)
    tick.advance(EPOCH, Walk(TWO_PHASE).inputs(EPOCH, 0))
    walker = Walker(tick, TICK)
    before = walker.capture(EPOCH)[0]
    tick.memory = 5
    assert walker.capture(EPOCH)[0] != before


def test_a_restored_state_is_the_one_that_was_left() -> None:
    walk = Walk(STAGES)
    now = walk._begin()[1]
    rng = random.Random(3)
    for _ in range(30):
        name, memento = walk.walker.capture(now)
        for k in range(1, 4):
            walk.tick.advance(now + k * TICK, walk.inputs(now + k * TICK, rng.randrange(1 << len(walk.levers))))
        walk.walker.restore(memento)
        assert walk.walker.capture(now)[0] == name
        now += TICK
        walk.tick.advance(now, walk.inputs(now, rng.randrange(1 << len(walk.levers))))


def test_the_judge_is_told_the_whole_sheet() -> None:
    for explored in SITES:
        known = {n for n, c in explored.site.channels.items() if c.overlap is None or c.kind is ChannelKind.ARROW}
        assert {h.channel % PROTECTED for h in sheet(explored).heads} == known
