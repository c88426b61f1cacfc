"""Actuated coordination as a strategy (NTCIP 1202 2.5; FHWA Signal Timing Manual 2nd ed. chapter 7).

The coordinated phases are always called and each of their greens is held until its next yield point. Then it may be left:
from the force-off point at the latest it ends as soon as somebody else may be served. A phase without coordination may be
served as long as its minimum still fits before its own force-off point, counted from the last yield point (one that lags a
coordinated phase: from the yield point of that one): that is its permissive window, and outside of it the phase is
omitted. It ends at its force-off point, or sooner by a gap; unused time goes to the phases that follow (fixed) or to the
coordinated ones (floating).

Every place in the cycle is one of `edge.control.force_offs`, told by the cycle timer of `edge.control.transition`. What is
asked here is asked of `rings` as everybody asks: a minimum, a walk and a clearance that are late against the plan run on.
"""

from edge.control.asks import Asks
from edge.control.fixed_plan import plan_events
from edge.control.force_offs import CyclePoints, cycle_points, is_recalled, sequence_of, shortest_percent
from edge.control.transition import CycleTimer
from edge.control.view import View
from edge.model.coordination import Coordination, CoordState, CoordStatus, Correction, ForceOffMode, SplitMode
from edge.model.events import COORD_LOCAL_ZERO, Event, EventCode
from edge.model.exchange import Interval, PedInterval
from edge.model.plans import FixedPlan
from edge.model.sequence import Sequence
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms, PhaseNumber, PlanNumber

SILENT_MS: Ms = 2_500
"""Not asked for so long: the street has been in flash meanwhile, which lasts 3 s at least. The plan is picked up anew. Ours."""
LATE_MS: Ms = 500
"""A phase may be served if its minimum is short of its force-off point by no more: greens that began some ticks late must
not close the window of the next phase. Ours."""
_HELD_TO_FORCE_OFF = frozenset({SplitMode.MAX, SplitMode.MAX_PED})
_WALKS = frozenset({SplitMode.PED, SplitMode.MAX_PED})


class CoordinatedStrategy:
    """One running coordinated plan. Raises ValueError for a plan without coordination."""

    def __init__(self, site: Site, plan: FixedPlan) -> None:
        if plan.coordination is None:
            raise ValueError(f"plan {plan.number} is not coordinated")
        self.plan = plan
        self._site = site
        self._how: Coordination = plan.coordination
        self._points: CyclePoints = cycle_points(site, plan)
        self._coordinated = frozenset(self._points.yields)
        self._others = tuple(p for p in self._points.starts if p not in self._coordinated)
        self._never = frozenset(site.phases) - frozenset(self._points.starts) | self._how.omitted
        self._leader = _leaders(sequence_of(site, plan), self._points)
        self._permitted = {p: self._after_yield(p, self._points.force_offs[p]) for p in self._others}
        shorten = shortest_percent(site, plan, self._points)
        self.timer = CycleTimer(plan.cycle_ms, self._how, shorten, min(self._points.yields.values()))
        self._asked_ms: Ms | None = None
        self._conflicts = {p: frozenset(site.sequence.conflicts(p)) for p in site.phases}
        self._over = {p: self._windows_ms(p) for p in self._coordinated}
        self._mates = {p: _mates(site, p) for p in self._coordinated}
        held = (p for p in self._others if self._how.mode(p) in _HELD_TO_FORCE_OFF)
        self._held = self._coordinated | frozenset(held)
        self._walkers = frozenset(p for p in self._points.starts if site.phases[p].ped is not None)
        self._ends: dict[
            PhaseNumber, Ms
        ] = {}  # of the greens, in the count of the cycle timer; a coordinated one yields there
        self._yielded: dict[PhaseNumber, Ms] = {}  # the last yield point that was logged
        self._open: frozenset[PhaseNumber] = frozenset()
        self._state: CoordState | None = None
        self._cycles: int | None = None  # how often the cycle timer has passed 0; None before it is picked up
        self._oversized: frozenset[PhaseNumber] = frozenset()  # walks or clears beyond its force-off point

    @property
    def plan_number(self) -> PlanNumber:
        """The plan that runs."""
        return self.plan.number

    def cycle_timer_ms(self, reference_ms: Ms) -> Ms:  # noqa: ARG002 - out of step, the clock is not asked
        """Where the plan stands in its cycle, ms from the point that its offset names."""
        return (self.timer.at - self._points.reference_ms) % self.plan.cycle_ms

    @property
    def longest_wait_ms(self) -> Ms | None:
        """A call is served in the second cycle after it: one may be missed, and a third passes before that is called a fault.

        Cycles are as long as a correction makes them, a dwell and the pedestrians that stop the cycle timer come on top.
        """
        how, cycle = self._how, self.plan.cycle_ms
        walks = sum(p.longest_minimum_ms for p in self._site.phases.values()) if how.stop_in_walk else 0
        dwell = cycle if how.correction is Correction.DWELL else 0
        return 3 * (cycle * (100 + how.lengthen_percent) // 100 + walks) + dwell

    def never_served(self) -> frozenset[PhaseNumber]:
        """The phases that are left out while the plan runs."""
        return self._never

    def announce(self) -> list[Event]:
        """The events that say which plan runs: pattern, cycle, offset, splits."""
        return plan_events(self.plan)

    def coordination(self) -> CoordStatus:
        """How the cycle timer stands with the clock."""
        timer = self.timer
        behind = timer.behind_ms
        signed = behind - timer.cycle_ms if 2 * behind > timer.cycle_ms else behind
        return CoordStatus(timer.state, signed, timer.in_step_in_ms, timer.stopped)

    def says(self, phase: PhaseNumber) -> str | None:
        """Why a phase stays as it is, in words."""
        end = self._ends.get(phase)
        if end is None:
            if phase in self._never:
                return "omitted by the plan"
            return None if phase in self._coordinated or phase in self._open else "waiting for its permissive window"
        left = self.timer.real_ms(end - self.timer.at) // SECOND_MS
        if phase in self._coordinated:
            return f"held: coordinated, yields in {left} s" if left > 0 else "coordinated, has yielded"
        return f"coordinated, forced off in {max(0, left)} s at the latest"

    # ── asking ──────────────────────────────────────────────────────────────────────────────────

    def ask(self, view: View) -> tuple[Asks, list[Event]]:
        """Keep the cycle timer, note the greens, and ask for what is due."""
        self._keep_time(view)
        greens = frozenset(view.greens())
        events = self._note_greens(view, greens)
        self._open = frozenset(p for p in self._others if p not in greens and self._is_open(view, p))
        events += self._note_yields(greens)
        return self._asks(view, greens), events + self._note_oversized(view) + self._note_state()

    def _keep_time(self, view: View) -> None:
        timer, cycle = self.timer, self.plan.cycle_ms
        target = (view.reference_ms - self.plan.offset_ms + self._points.reference_ms) % cycle
        elapsed = None if self._asked_ms is None else view.now - self._asked_ms
        self._asked_ms = view.now
        if elapsed is None or elapsed > SILENT_MS:
            self._ends.clear()
            self._state = self._cycles = None
            timer.pick_up(target, *self._place(view, target))
        else:
            timer.advance(elapsed, target, stopped=self._how.stop_in_walk and self._is_clearing(view))

    def _place(self, view: View, target: Ms) -> tuple[Ms, Ms]:
        """From where to where in the cycle the street may be said to stand: in the split of the phase that is green, behind
        the force-off point of the one that is clearing; anywhere if all is red."""
        points = self._points
        rows = sorted(points.starts, key=lambda p: p in self._coordinated)  # any other says more
        for phase in (p for p in rows if view.is_green(p)):
            return points.starts[phase], points.yields.get(phase, points.force_offs[phase])
        for phase in (p for p in rows if view.interval(p) is not Interval.RED):
            return points.force_offs[phase], points.starts[phase] + self.plan.splits[phase]
        return target, target

    def _is_clearing(self, view: View) -> bool:
        """Whether a green has come to its force-off point with its pedestrians still on the street."""
        return bool(self._late_walks(view))

    def _late_walks(self, view: View) -> frozenset[PhaseNumber]:
        """The greens at their force-off point with somebody on the street."""
        at = self.timer.at
        late = (p for p, end in self._ends.items() if at >= end and p not in self._coordinated)
        return frozenset(p for p in late if view.ped(p) is not PedInterval.DONT_WALK)

    def _note_oversized(self, view: View) -> list[Event]:
        """Log pedestrians that are served beyond the force-off point (26)."""
        before, self._oversized = self._oversized, self._late_walks(view)
        return [Event(EventCode.OVERSIZED_PED_SERVED, p) for p in sorted(self._oversized - before)]

    def _note_greens(self, view: View, greens: frozenset[PhaseNumber]) -> list[Event]:
        """Give every green that has begun its end: the next yield point, or its force-off."""
        for phase in [p for p in self._ends if p not in greens]:
            del self._ends[phase]
        events: list[Event] = []
        for phase in greens - self._ends.keys():
            if phase in self._coordinated:
                self._ends[phase] = self._next_yield(phase, self.timer.at)
                events.append(Event(EventCode.COORD_BEGIN, phase))
            elif phase in self._permitted:
                self._ends[phase] = self._end_of(phase, self.timer.at - self.timer.timed_ms(view.green_ms(phase)))
        return events

    def _end_of(self, phase: PhaseNumber, began: Ms) -> Ms:
        """Where a green without coordination is forced off; at once if it is late already."""
        at, point = self.timer.at, self._points.force_offs[phase]
        end = self._next(point)
        if end - at > self._permitted[phase]:
            return at
        if self._how.force_off is ForceOffMode.FLOATING:
            return min(end, began + point - self._points.starts[phase])
        return end

    def _note_yields(self, greens: frozenset[PhaseNumber]) -> list[Event]:
        """Log the yield points that are reached; a coordinated green that nobody may follow is held to the next one."""
        events = []
        at = self.timer.at
        for phase in self._coordinated & greens:
            end = self._ends[phase]
            if at < end:
                continue
            if self._yielded.get(phase) != end:
                self._yielded[phase] = end
                events.append(Event(EventCode.COORD_YIELD_POINT, phase))
            if at - end >= self._over[phase]:
                self._ends[phase] = self._next_yield(phase, at + 1)
        return events

    def _next_yield(self, phase: PhaseNumber, at: Ms) -> Ms:
        """The yield point of a coordinated green, from `at` on: between its own and the last one the last, where all cross."""
        points = self._points.yields
        return min(at + (point - at) % self.plan.cycle_ms for point in (points[phase], max(points.values())))

    def _awaited(self, greens: frozenset[PhaseNumber]) -> frozenset[PhaseNumber]:
        """The coordinated phases that have yielded to a phase of their ring before the others yield: that one stays green
        until all can cross, or a return for seconds would hold the barrier."""
        points, at = self._points.yields, self.timer.at
        last = max(points.values())
        waiting = (p for p in self._coordinated - greens if (at - points[p]) % self.plan.cycle_ms < last - points[p])
        return frozenset(p for p in waiting if not self._mates[p].isdisjoint(greens))

    def _note_state(self) -> list[Event]:
        """Log another state of the cycle timer, and once a cycle that it passes 0 (150)."""
        events: list[Event] = []
        if self.timer.state is not self._state:
            self._state = self.timer.state
            events.append(Event(EventCode.COORD_STATE_CHANGE, self._state))
        before, cycles = self._cycles, (self.timer.at - self._points.reference_ms) // self.plan.cycle_ms
        if before is None or cycles > before:  # a timer that falls back by a little does not pass again
            self._cycles = cycles
            events += [] if before is None else [Event(EventCode.COORD_STATE_CHANGE, COORD_LOCAL_ZERO)]
        return events

    def _asks(self, view: View, greens: frozenset[PhaseNumber]) -> Asks:
        how, at, ends = self._how, self.timer.at, self._ends
        early = how.early_yield_ms
        recalled = frozenset(p for p in self._open if is_recalled(how, p))
        awaited = self._awaited(greens)
        return Asks(
            calls=(self._coordinated - greens - awaited) | recalled,
            ped_calls=frozenset(p for p in recalled & self._walkers if how.mode(p) in _WALKS)
            | self._walking(view, greens),
            holds=frozenset(p for p, end in ends.items() if at < end and p in self._held),
            force_offs=frozenset(p for p, end in ends.items() if at >= (end + early if p in self._coordinated else end))
            | (greens & self._never),
            omits=self._never | awaited | frozenset(p for p in self._others if p not in self._open and p not in greens),
            walk_rests=self._coordinated & greens & self._walkers if how.walk_rest else frozenset(),
            walk_offs=frozenset(p for p in self._coordinated & greens & self._walkers if self._walk_is_over(p)),
            ped_omits=frozenset(p for p in self._walkers if not self._walk_fits(view, p)),
            hears_maximums=not how.max_inhibit,
        )

    def _walking(self, view: View, greens: frozenset[PhaseNumber]) -> frozenset[PhaseNumber]:
        """The coordinated phases that walk again, or with every green."""
        how, walkers = self._how, self._coordinated & self._walkers
        again = (p for p in walkers & greens if how.walk_recycle and view.ped(p) is PedInterval.DONT_WALK)
        return frozenset(again) | (walkers - greens if how.walk_rest else frozenset())

    def _walk_is_over(self, phase: PhaseNumber) -> bool:
        """Whether a coordinated walk must clear now, to be over at the force-off point."""
        ped = self._site.phases[phase].ped
        left = self._ends[phase] + self._how.early_yield_ms - self.timer.at
        return ped is not None and left <= self.timer.timed_ms(ped.clearance_ms)

    # ── windows ─────────────────────────────────────────────────────────────────────────────────

    def _windows_ms(self, phase: PhaseNumber) -> Ms:
        """How long after the yield point of a coordinated phase the last window of its opponents may close."""
        left = [
            self._permitted[p] + self._points.yields[self._leader[p]] - self._points.yields[phase]
            for p in self._others
            if p in self._conflicts[phase] and p not in self._never
        ]
        return max(left, default=0)

    def _is_open(self, view: View, phase: PhaseNumber) -> bool:
        """Whether a phase may be served: its leader has yielded, and it still fits before its force-off point."""
        if phase in self._never:
            return False
        after = self._after_yield(phase, self.timer.at)
        left = self._permitted[phase] - after + LATE_MS
        if left < 0 or self.timer.timed_ms(self._needs_ms(view, phase)) > left:
            return False
        most, leader = self._how.permissive_ms, self._leader[phase]
        if most and after > most + self._how.early_yield_ms and view.green_ms(leader) > after:
            return False  # not left in time; a green of its leader that began since is the next one
        return self.timer.timed_ms(self._needs_ms(view, phase) + self._clear_in_ms(view, phase)) <= left

    def _needs_ms(self, view: View, phase: PhaseNumber) -> Ms:
        """The least green: with the walk only where nobody but pedestrians asks."""
        timing = self._site.phases[phase]
        alone = view.ped_call(phase) and not view.vehicle_demand(phase) and not self._how.stop_in_walk
        return timing.longest_minimum_ms if alone else timing.min_green_ms

    def _walk_fits(self, view: View, phase: PhaseNumber) -> bool:
        """Whether a walk that begins now, or with the green that comes, is over at the force-off point."""
        ped = self._site.phases[phase].ped
        if ped is None:
            return False
        timer, end = self.timer, self._ends.get(phase)
        if phase in self._coordinated:
            force_off = self._next(self._points.force_offs[phase]) if end is None else end + self._how.early_yield_ms
            return timer.timed_ms(ped.total_ms) <= force_off - timer.at
        if self._how.stop_in_walk:
            return True
        if end is not None:
            return timer.timed_ms(ped.total_ms) <= end - timer.at
        left = self._permitted[phase] - self._after_yield(phase, timer.at) + LATE_MS
        return timer.timed_ms(ped.total_ms + self._clear_in_ms(view, phase)) <= left

    def _clear_in_ms(self, view: View, phase: PhaseNumber) -> Ms:
        return max((view.clear_in_ms(other, phase) for other in self._conflicts[phase]), default=0)

    def _after_yield(self, phase: PhaseNumber, at: Ms) -> Ms:
        """How long after the yield point of its leader `at` lies."""
        return (at - self._points.yields[self._leader[phase]]) % self.plan.cycle_ms

    def _next(self, point: Ms) -> Ms:
        """The next time the cycle timer comes to a point, now included."""
        return self.timer.at + (point - self.timer.at) % self.plan.cycle_ms


def _leaders(order: Sequence, points: CyclePoints) -> dict[PhaseNumber, PhaseNumber]:
    """For each phase the coordinated one that must yield before it: for one that lags the coordinated phase of its ring that
    one, for all others the last to yield, because they come after the barrier."""
    last = max(points.yields, key=points.yields.__getitem__)
    found: dict[PhaseNumber, PhaseNumber] = {}
    for ring in order.rings:
        for group in ring:
            own = next((p for p in group if p in points.yields), None)
            for k, phase in enumerate(group):
                found[phase] = own if own is not None and k > group.index(own) else last
    return found


def _mates(site: Site, phase: PhaseNumber) -> frozenset[PhaseNumber]:
    """The other phases of its ring on the same side of the barriers."""
    place = site.sequence.places[phase]
    return frozenset(site.sequence.rings[place.ring][place.group]) - {phase}
