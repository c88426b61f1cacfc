"""Pedestrian overlaps: one crosswalk that walks with each of several phases, and on from one into the next.

Rules
    1. A walk begins only in the tick in which the walk of one of its phases begins, so whoever conflicts is red and cleared.
    2. It goes on while any of its phases walks, and over the change of phases while the next one is of them and is to walk.
    3. It ends in its own pedestrian clearance, timed in full whatever its phases do meanwhile.
    4. A phase that conflicts with all of its phases starts only when it stands at don't walk and the buffer is over
       (`gives_way`); asking ends a walk that is carried on for the next phase. So nobody waits for ever.
"""

from collections.abc import Iterable, Mapping

from edge.control.intervals import LEAST_SHOWN_MS, PhaseMachine
from edge.model.events import Event, EventCode
from edge.model.exchange import PedInterval
from edge.model.ped_overlaps import PedOverlap
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber

Phases = frozenset[PhaseNumber]

_LOGGED: dict[PedInterval, EventCode] = {
    PedInterval.WALK: EventCode.PED_OVERLAP_BEGIN_WALK,
    PedInterval.PED_CLEARANCE: EventCode.PED_OVERLAP_BEGIN_CLEARANCE,
    PedInterval.DONT_WALK: EventCode.PED_OVERLAP_BEGIN_DONT_WALK,
}


class _Crossing:
    """One pedestrian overlap. `asked`: in this tick somebody waits for it to stand."""

    __slots__ = ("against", "asked", "overlap", "ped", "phases", "since")

    def __init__(self, overlap: PedOverlap, against: Phases, now: Ms) -> None:
        self.overlap = overlap
        self.phases = frozenset(overlap.phases)
        self.against = against
        self.ped = PedInterval.DONT_WALK
        self.since = now
        self.asked = False

    def step(self, now: Ms, ped: PedInterval) -> list[Event]:
        self.ped, self.since = ped, now
        return [Event(_LOGGED[ped], self.overlap.number)]


class PedOverlaps:
    """All pedestrian overlaps of a site over its phase machines, which the controller owns."""

    def __init__(self, site: Site, machines: Mapping[PhaseNumber, PhaseMachine], now: Ms) -> None:
        self._machines = machines
        conflicts = {p: frozenset(site.sequence.conflicts(p)) for p in site.phases}
        self._crossings = [
            _Crossing(o, frozenset.intersection(*(conflicts[p] for p in o.phases)), now)
            for _, o in sorted(site.ped_overlaps.items())
        ]
        self._now = now

    def forget(self, now: Ms) -> list[Event]:
        """All lamps were put to flash from outside. The events that end what was running."""
        walking = [c for c in self._crossings if c.ped is not PedInterval.DONT_WALK]
        return [event for c in walking for event in c.step(now, PedInterval.DONT_WALK)]

    @property
    def all_stand(self) -> bool:
        """Whether every overlap shows a don't walk behind its clearance."""
        return all(c.ped is PedInterval.DONT_WALK for c in self._crossings)

    def intervals(self) -> Iterable[tuple[int, PedInterval]]:
        """Every overlap and its interval."""
        return ((c.overlap.number, c.ped) for c in self._crossings)

    def walks_for(self, now: Ms, phase: PhaseNumber, buffer_ms: Ms) -> bool:
        """Whether somebody may still be on a crosswalk that walks with `phase`, or has left it less than `buffer_ms` ago."""
        return any(
            phase in c.phases and (c.ped is not PedInterval.DONT_WALK or now - c.since < buffer_ms)
            for c in self._crossings
        )

    def give_way(self, phase: PhaseNumber) -> bool:
        """Whether `phase` may start as far as pedestrian overlaps go. Those in its way are asked to end."""
        free = True
        for c in self._crossings:
            if phase in c.against:
                c.asked = c.asked or c.ped is not PedInterval.DONT_WALK
                free = free and not c.asked and self._now - c.since >= c.overlap.buffer_ms
        return free

    def time(self, now: Ms) -> list[Event]:
        """Before the rings: let clearances time."""
        self._now = now
        over = [
            c for c in self._crossings if c.ped is PedInterval.PED_CLEARANCE and now - c.since >= c.overlap.clearance_ms
        ]
        return [event for c in over for event in c.step(now, PedInterval.DONT_WALK)]

    def follow(
        self, now: Ms, coming: Phases, following: Mapping[PhaseNumber, PhaseNumber], walks: Phases
    ) -> list[Event]:
        """After the rings. `coming`: decided to come next; `following`: who would follow each; `walks`: who is to walk."""
        events: list[Event] = []
        for c in self._crossings:
            walking = [m for p in c.phases if (m := self._machines[p]).ped is PedInterval.WALK]
            if c.ped is PedInterval.WALK and not walking:
                if c.asked or not self._is_carried(c, coming, following, walks):
                    events += c.step(now, PedInterval.PED_CLEARANCE)
            elif self._may_begin(now, c) and any(m.ped_since == now for m in walking):
                events += c.step(now, PedInterval.WALK)
            c.asked = False
        return events

    def _may_begin(self, now: Ms, c: _Crossing) -> bool:
        return c.ped is PedInterval.DONT_WALK and now - c.since >= LEAST_SHOWN_MS

    def _is_carried(
        self, c: _Crossing, coming: Phases, following: Mapping[PhaseNumber, PhaseNumber], walks: Phases
    ) -> bool:
        """Whether the walk goes on into the next phase: one of its own that is to walk, or is about to."""
        after = coming | {following[p] for p in c.phases if p in following}
        return bool(after & c.phases & walks) or any(self._machines[p].walk_waits for p in c.phases)
