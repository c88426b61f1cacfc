"""Rings and barriers: who is next, who may start, and who crosses the barrier together.

Rules
    1. A phase starts only when every phase that may not time with it is red and has been cleared (yellow, red
       clearance and intergreen of that pair), every overlap has given way, and its own red revert is over.
    2. A green ends only because somebody who cannot run beside it wants to be served, and only when it is ready:
       gapped out, maxed out or forced off, and not held.
    3. Inside a barrier group a ring serves its phases in order, each at most once in a visit as long as there is
       demand behind another barrier. This bounds every wait.
    4. The barrier is crossed by all rings at once: when every ring is ready and has nothing left to serve before it.

Theory of operation. Each ring has at most one phase that is not red, `active`, and may have one that is to come next,
`coming`. A ring without an active phase is idle; it joins its group late if demand for a later phase arrives. At a
crossing all greens end in one tick and the rings choose again when they start: the first phase in order with demand,
else what was coming, else a dual-entry phase beside a neighbour that starts (NEMA TS 2 3.5.3, dual entry).
Demand is a set of phases; `opposed` is demand that cannot run beside a phase. The maximum green is timed from the first
tick in which a green is opposed (Indiana code 2).
"""

from collections.abc import Mapping

from edge.control.asks import Asks
from edge.control.calls import PhaseCalls
from edge.control.green_timers import GreenTimers
from edge.control.intervals import PhaseMachine
from edge.control.moves import Demand, Ring, RingMoves
from edge.control.way import Way
from edge.model.events import Event, EventCode
from edge.model.exchange import Interval
from edge.model.phases import Termination
from edge.model.preempts import PedBounds
from edge.model.sequence import Place, Sequence
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber


class Rings:
    """The sequence of one site over its phase machines and calls, both owned by the controller."""

    def __init__(
        self,
        site: Site,
        machines: Mapping[PhaseNumber, PhaseMachine],
        calls: Mapping[PhaseNumber, PhaseCalls],
        way: Way,
    ) -> None:
        self._site = site
        self._machines = machines
        self._calls = calls
        self._way = way
        self._places: dict[PhaseNumber, Place] = site.sequence.places
        self._conflicts = {p: frozenset(site.sequence.conflicts(p)) for p in self._places}
        self._group_of = {p: place.group for p, place in self._places.items()}
        self._together = {
            p: frozenset(q for pair in site.options.simultaneous_gap if p in pair for q in pair) for p in self._places
        }
        self._rings = [Ring(groups) for groups in site.sequence.rings]
        self._timers = GreenTimers(site, calls, self._conflicts)
        self._maximum = 1  # which one is timed
        self._order = self._order_next = site.sequence
        self.group = 0
        self._left: int | None = None  # the group whose last phases are clearing

    def sequence(self, order: Sequence) -> None:
        """Serve in this order, a permutation inside each ring and barrier group, from the next crossing or all red on."""
        self._order_next = order

    def enter(self, first: tuple[PhaseNumber, ...]) -> None:
        """Begin again from all red with these phases; they must be concurrent."""
        self._change_order()
        self.group, self._left = self._group_of[first[0]], None
        for r, ring in enumerate(self._rings):
            ring.active, ring.rank, ring.handed_over = None, -1, None
            ring.coming = ring.named = next((p for p in first if self._places[p].ring == r), None)

    def forget(self) -> None:
        """All phases were made red from outside: flash."""
        self._left = None
        for ring in self._rings:
            ring.active, ring.coming, ring.rank = None, None, -1
        self._timers.forget()

    def opposed_since(self, phase: PhaseNumber) -> Ms | None:
        """When the running green of `phase` was first opposed; None if it is not."""
        return self._timers.opposed_since(phase)

    def max_left_ms(self, now: Ms, phase: PhaseNumber) -> Ms | None:
        """What is left of the maximum green of `phase`; None while it is not timed."""
        return self._timers.max_left_ms(now, phase)

    def tick(self, now: Ms, demand: Demand, asks: Asks) -> RingMoves:
        """One tick: let the intervals time, end what is ready, cross if all may, start what is clear."""
        moves = RingMoves()
        wanted = demand.vehicles
        self._maximum = asks.maximum
        if asks.hurry is not None:
            self._hurry(asks.hurry, asks.force_offs)
        for ring in self._rings:
            if ring.active is not None:
                self._time(now, ring, wanted, asks, moves)
            if ring.coming in asks.omits:
                ring.coming = None
        self._note_barrier(moves)
        for ring in self._rings:
            self._end_in_group(now, ring, wanted, asks, moves)
        self._cross(now, wanted, asks, moves)
        if self._order is not self._order_next and self._site.sequence.group_count == 1 and self.all_red:
            self._change_order()  # no barrier to wait for
        for r, ring in enumerate(self._rings):
            if ring.active is None:
                self._start(now, r, ring, demand, asks, moves)
            elif ring.active in demand.walks:
                self._walk(now, ring.active, asks, moves)
        return moves

    def clear(self, now: Ms) -> RingMoves:
        """One tick on the way to all red: every green ends as soon as it may, nothing starts."""
        moves = RingMoves()
        for ring in self._rings:
            ring.coming = None
            if ring.active is None:
                continue
            machine = self._machines[ring.active]
            moves.events += machine.tick(now, opposed=True)
            if machine.may_end():
                self._end(now, ring.active, Termination.FORCE_OFF, moves)
            elif machine.interval is Interval.RED:
                ring.active = None
        return moves

    def following(self, wanted: frozenset[PhaseNumber]) -> dict[PhaseNumber, PhaseNumber]:
        """Who would follow each active phase if it ended now, on its side of the barrier."""
        after = {r.active: r.coming or self._successor(r, wanted) for r in self._rings if r.active is not None}
        return {phase: successor for phase, successor in after.items() if successor is not None}

    @property
    def coming(self) -> frozenset[PhaseNumber]:
        """The phases that have been decided to come next, or have begun to and are not green yet."""
        coming = {ring.coming for ring in self._rings if ring.coming is not None}
        active = (ring.active for ring in self._rings if ring.active is not None)
        return frozenset(coming | {p for p in active if self._machines[p].is_on and not self._machines[p].is_green})

    @property
    def all_red(self) -> bool:
        """Whether no phase is in green, yellow or red clearance."""
        return all(ring.active is None for ring in self._rings)

    # ── timing ──────────────────────────────────────────────────────────────────────────────────

    def _time(self, now: Ms, ring: Ring, wanted: frozenset[PhaseNumber], asks: Asks, moves: RingMoves) -> None:
        phase = _active(ring)
        machine = self._machines[phase]
        opposed = phase in asks.clears or not wanted.isdisjoint(self._conflicts[phase])
        rests = None if phase not in asks.walk_rests | asks.walk_offs else phase not in asks.walk_offs
        moves.events += machine.tick(now, opposed=opposed, walk_rests=rests)
        if machine.is_green:
            moves.events += self._timers.oppose(now, phase, wanted, self._maximum)
        elif machine.interval is Interval.RED:
            ring.active = None

    def _hurry(self, bounds: PedBounds, phases: frozenset[PhaseNumber]) -> None:
        """Shorten what pedestrian intervals of `phases` run."""
        for ring in self._rings:
            if ring.active in phases:
                self._machines[_active(ring)].hurry(bounds)

    def _reason(self, now: Ms, phase: PhaseNumber, asks: Asks) -> Termination | None:
        """Why the green of `phase` may end now; None while it may not."""
        if not self._machines[phase].may_end():
            return None
        if phase in asks.force_offs:
            return asks.force_off_as
        if phase in asks.holds or not asks.hears_detectors:
            return None
        return self._timers.timed_out(now, phase, hears_maximums=asks.hears_maximums)

    # ── ending ──────────────────────────────────────────────────────────────────────────────────

    def _end_in_group(self, now: Ms, ring: Ring, wanted: frozenset[PhaseNumber], asks: Asks, moves: RingMoves) -> None:
        """End a green whose successor stands on this side of the barrier, or that is to clear although nobody follows."""
        phase = ring.active
        if phase is None or not self._machines[phase].is_green:
            return
        successor = self._successor(ring, wanted) or self._conditional(now, ring, wanted, asks)
        reason = self._reason(now, phase, asks) if successor is not None or phase in asks.clears else None
        if reason is None:
            return
        if successor is not None and self._places[successor].rank < ring.rank and self._beyond(wanted):
            ring.handed_over = phase
        ring.coming = successor
        self._end(now, phase, reason, moves)

    def _successor(self, ring: Ring, wanted: frozenset[PhaseNumber]) -> PhaseNumber | None:
        """The next phase of the ring in this visit; with no demand behind a barrier, the visit may begin again."""
        phases = ring.groups[self.group]
        later = next((p for p in phases[ring.rank + 1 :] if p in wanted), None)
        if ring.handed_over is not None and self._beyond(wanted):
            return None  # what may still be served here is for `_conditional` to say
        if later is not None or self._beyond(wanted):
            return later
        passed = ring.rank if ring.active is not None else ring.rank + 1  # an idle ring may serve its last phase again
        return next((p for p in phases[: max(passed, 0)] if p in wanted), None)

    def _conditional(self, now: Ms, ring: Ring, wanted: frozenset[PhaseNumber], asks: Asks) -> PhaseNumber | None:
        """Conditional service: whom a ring that waits at the barrier may serve meanwhile.

        An earlier phase with a vehicle call, or the one that has handed over to it, and only if its clearance and its green
        fit before the greens that are not ready to end must end by their maximum (NTCIP 1202 phaseOptions bit 14).
        """
        phase = _active(ring)
        back = ring.handed_over
        if back is None and self._site.phases[phase].conditional_service:
            earlier = ring.groups[self.group][: ring.rank]
            candidate = next((p for p in earlier if p in wanted and self._calls[p].vehicle), None)
        else:
            candidate = back if back in wanted and self._site.phases[back].conditional_reservice else None
        if candidate is None or phase == candidate or not self._beyond(wanted):
            return None
        needed = self._site.clearance_ms(phase, candidate) + self._site.phases[candidate].longest_initial_ms
        return candidate if self._left_ms(now, ring, asks) >= needed else None

    def _left_ms(self, now: Ms, ring: Ring, asks: Asks) -> Ms:
        """How long the barrier still cannot be crossed because of the other rings, at the most; 0 if they are ready."""
        left: list[Ms] = []
        for other in self._rings:
            if other is ring or other.active is None:
                continue
            other_left = self._timers.max_left_ms(now, other.active)
            if not self._is_green(other) or other_left is None:
                return 0
            if self._reason(now, other.active, asks) is None:
                left.append(other_left)
        return min(left, default=0)

    def _beyond(self, wanted: frozenset[PhaseNumber]) -> bool:
        """Whether there is demand behind a barrier."""
        return any(self._group_of[p] != self.group for p in wanted)

    def _end(self, now: Ms, phase: PhaseNumber, reason: Termination, moves: RingMoves) -> None:
        moves.events += self._machines[phase].end(now, reason)
        moves.events += self._timers.green_ended(phase, reason)
        moves.ended.append((phase, reason))

    # ── the barrier ─────────────────────────────────────────────────────────────────────────────

    def _cross(self, now: Ms, wanted: frozenset[PhaseNumber], asks: Asks, moves: RingMoves) -> None:
        """Cross the barrier if there is demand beyond it and every ring is done on this side."""
        if not self._beyond(wanted) or not all(self._is_done(ring, wanted) for ring in self._rings):
            return
        greens = [ring.active for ring in self._rings if ring.active is not None and self._is_green(ring)]
        reasons = [(phase, self._reason(now, phase, asks)) for phase in greens]
        if any(reason is None for _, reason in reasons):
            self._remember_gaps(reasons)
            return
        for phase, reason in reasons:
            if reason is not None:
                self._end(now, phase, reason, moves)
        self._left = self.group
        self._choose_group(wanted)
        self._note_barrier(moves)

    def _note_barrier(self, moves: RingMoves) -> None:
        """Log the barrier when all phases before it have become inactive, and none behind it has begun."""
        if self._left is not None and self.all_red:
            moves.events.append(Event(EventCode.BARRIER_TERMINATION, self._left + 1))
            self._left = None

    def _is_done(self, ring: Ring, wanted: frozenset[PhaseNumber]) -> bool:
        """Whether the ring has nothing left to serve on this side of the barrier."""
        return self._successor(ring, wanted) is None and (ring.coming is None or self._is_green(ring))

    def _remember_gaps(self, reasons: list[tuple[PhaseNumber, Termination | None]]) -> None:
        """A green that has gapped out and waits for the other ring stays gapped out, unless its pair must gap together."""
        for phase, reason in reasons:
            if reason is Termination.GAP_OUT and not self._together[phase]:
                self._timers.remember_gap(phase)

    def _is_green(self, ring: Ring) -> bool:
        """Whether the ring serves a phase: in green, or on the way to it."""
        return ring.active is not None and self._machines[ring.active].is_on

    def _choose_group(self, wanted: frozenset[PhaseNumber]) -> None:
        count = self._site.sequence.group_count
        groups = {self._group_of[p] for p in wanted}
        self._change_order()
        self.group = next(g for k in range(1, count) if (g := (self.group + k) % count) in groups)
        for ring in self._rings:
            ring.rank, ring.handed_over, ring.named = -1, None, None
            ring.coming = next((p for p in ring.groups[self.group] if p in wanted), None)

    def _change_order(self) -> None:
        """Take over the order that is asked for; nothing of this visit is counted any more."""
        if self._order is self._order_next:
            return
        self._order = self._order_next
        self._places = self._order.places
        for ring, groups in zip(self._rings, self._order.rings, strict=True):
            ring.groups, ring.rank, ring.handed_over = groups, -1, None

    # ── starting ────────────────────────────────────────────────────────────────────────────────

    def _start(self, now: Ms, r: int, ring: Ring, demand: Demand, asks: Asks, moves: RingMoves) -> None:
        phase = self._candidate(r, ring, demand.vehicles, asks)
        walk = phase in demand.walks
        if phase is None or phase in asks.omits or not self._way.is_free(now, phase, walk=walk):
            return
        initial_ms = self._calls[phase].initial_ms if asks.hears_detectors else 0
        revert_ms = self._site.options.red_revert_ms
        machine, extended = self._machines[phase], self._calls[phase].ped_long
        moves.events += machine.start(now, revert_ms, walk=walk, initial_ms=initial_ms, extended=extended)
        moves.started.append((phase, walk))
        self._timers.green_began(phase)
        if machine.is_green:
            moves.events += self._timers.oppose(now, phase, demand.vehicles, self._maximum)
        ring.active, ring.coming, ring.rank = phase, None, self._places[phase].rank

    def _candidate(self, r: int, ring: Ring, wanted: frozenset[PhaseNumber], asks: Asks) -> PhaseNumber | None:
        """Whom an idle ring should start: on entry who is named, at a crossing the first with demand, else who was coming."""
        if ring.rank < 0 and (ring.named is None or ring.coming != ring.named):
            first = next((p for p in ring.groups[self.group] if p in wanted), None)
            return first or ring.coming or self._dual_entry(r, ring, asks)
        return ring.coming or self._successor(ring, wanted)

    def _dual_entry(self, r: int, ring: Ring, asks: Asks) -> PhaseNumber | None:
        """A dual-entry phase of this ring, if another ring of the group has a phase to serve."""
        others = (other for k, other in enumerate(self._rings) if k != r)
        if not any(o.coming is not None or self._is_green(o) for o in others):
            return None
        phases = (p for p in ring.groups[self.group] if self._site.phases[p].dual_entry and p not in asks.omits)
        return next(phases, None)

    def _walk(self, now: Ms, phase: PhaseNumber, asks: Asks, moves: RingMoves) -> None:
        """A walk inside a running green: only while nobody opposes it, or where it recycles inside the maximum green."""
        machine, calls = self._machines[phase], self._calls[phase]
        if calls.ped_long and machine.lengthen():
            moves.walked.append(phase)
            return
        fits = self._timers.opposed_since(phase) is None
        if not fits and asks.hears_maximums and asks.hears_detectors and phase not in asks.force_offs:
            fits = calls.recycles(self._timers.max_left_ms(now, phase))
        if fits and machine.may_walk(now) and self._way.is_free_for_walk(phase):
            moves.events += machine.walk(now, extended=calls.ped_long)
            moves.walked.append(phase)


def _active(ring: Ring) -> PhaseNumber:
    if ring.active is None:
        raise AssertionError("an idle ring does not time")
    return ring.active
