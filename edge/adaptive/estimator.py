"""The estimator: queues, arrivals and rates by lane, from loop edges and right-of-way alone. Pure: time comes in as `now`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from edge.adaptive.exits import ExitLoop
from edge.adaptive.forecast import Forecast, LaneForecast, Service, Stage
from edge.adaptive.lane_state import LaneState, new_state
from edge.adaptive.lanes import lanes_of
from edge.adaptive.learned import Greens
from edge.adaptive.outflow import START_LOSS_S
from edge.adaptive.service import Kind, kind_of
from edge.adaptive.substitute import Belief, belief_of, capacity, fitness, planned_greens, planned_rate, recalls
from edge.adaptive.windows import platoons
from edge.model.exchange import Interval
from edge.model.lanes import Lane, LaneName
from edge.model.observation import LoopEdge, Observation, PhaseSeen
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import SECOND_MS, DetectorNumber, Ms, PhaseNumber

GREEN = frozenset({Interval.MIN_GREEN, Interval.EXTENSION, Interval.REST, Interval.GREEN_BLINK})

VERSION = 1
"""Of what `learned` tells."""


@dataclass(slots=True)
class LoopEstimator:
    """Implements `edge.adaptive.faces.Estimator`."""

    site: Site
    lanes: tuple[Lane, ...] = field(init=False)
    states: dict[LaneName, LaneState] = field(init=False)
    now: Ms = 0
    beliefs: dict[LaneName, Belief] = field(default_factory=dict)
    greens: dict[PhaseNumber, Greens] = field(default_factory=dict)
    exits: dict[DetectorNumber, ExitLoop] = field(default_factory=dict)
    _by_name: dict[LaneName, Lane] = field(init=False)
    _place: dict[DetectorNumber, tuple[LaneState, bool]] = field(default_factory=dict)
    _green: dict[PhaseNumber, Ms] = field(default_factory=dict)
    _kinds: dict[tuple[LaneName, Stage], Kind | None] = field(default_factory=dict)
    _planned: dict[PhaseNumber, float] = field(default_factory=dict)
    _unproved: frozenset[DetectorNumber] = frozenset()
    _local: LocalTime | None = None

    def __post_init__(self) -> None:
        self.lanes = lanes_of(self.site)
        self.states = {lane.name: new_state(lane) for lane in self.lanes}
        self._by_name = {lane.name: lane for lane in self.lanes}
        self._planned = planned_greens(self.site)
        for state in self.states.values():
            state.planned_rate = planned_rate(self.site, state.lane, self._planned)
        self.exits = {number: ExitLoop() for lane in self.lanes for number in lane.exits}

    # ── seeing ──

    def see(
        self, seen: Observation, health: Mapping[DetectorNumber, str], unproved: frozenset[DetectorNumber] = frozenset()
    ) -> None:
        """Take in one second."""
        self.now, self._local, self._unproved = seen.now, seen.local, unproved
        bad = frozenset(health) | frozenset(seen.failed)
        self._believe(bad)
        self._right_of_way(seen)
        for edge in seen.edges:
            self._edge(edge)
        for number, exit_loop in self.exits.items():
            exit_loop.saw(occupied=number in seen.occupied and number not in bad)
        for state in self.states.values():
            self._second(state, seen)

    def _believe(self, bad: frozenset[DetectorNumber]) -> None:
        self._place = {}
        for name, state in self.states.items():
            belief = belief_of(state, bad, self.states)
            self.beliefs[name] = belief
            if state.sees_in and belief.advance is None:
                state.inflow.occupied = False
            if state.sees_out and belief.stopbar is None:
                state.outflow.occupied = False
            state.sees_in, state.sees_out = belief.advance is not None, belief.stopbar is not None
            if belief.advance is not None:
                self._place[belief.advance] = (state, True)
            if belief.stopbar is not None:
                self._place[belief.stopbar] = (state, False)

    def _right_of_way(self, seen: Observation) -> None:
        for phase in seen.phases:
            self._phase(phase)
        stage = frozenset(self._green)
        for state in self.states.values():
            going = state.lane.phases & stage
            out = state.outflow
            if going and out.green_from_ms is None:
                kind = self._kind(state.lane, stage)
                plain = kind is not None and kind.plain and state.queue(seen.now) >= 1.0
                out.begin_green(min(self._green[phase] for phase in going), plain=plain)
                state.begin_green(seen.now)
                state.needed_s = None
                state.lent.clear()
            elif not going and out.green_from_ms is not None and not _goes_on(state.lane, seen.phases):
                out.end_green(min(_ended(state.lane, seen.phases), seen.now))
                state.end_green(seen.now)
            if going:
                kind = self._kind(state.lane, stage)
                if kind != state.kind and out.blocked:
                    out.begin_again(seen.now)
                state.kind = kind

    def _phase(self, phase: PhaseSeen) -> None:
        if phase.interval in GREEN:
            self._green.setdefault(phase.number, phase.since_ms)
        elif phase.number in self._green:
            lasted_s = (phase.since_ms - self._green.pop(phase.number)) / 1000
            needed = [s.needed_s for s in self.states.values() if phase.number in s.lane.phases and s.sees_out]
            if needed:
                most = max(lasted_s if one is None else min(one, lasted_s) for one in needed)
                self.greens.setdefault(phase.number, Greens()).saw(most)

    def _kind(self, lane: Lane, stage: Stage) -> Kind | None:
        key = (lane.name, stage)
        if key not in self._kinds:
            self._kinds[key] = kind_of(lane, stage, self._by_name)
        return self._kinds[key]

    def _edge(self, edge: LoopEdge) -> None:
        place = self._place.get(edge.detector)
        if place is None:
            return
        state, upstream = place
        if upstream and edge.on:
            state.rise_in(edge.at_ms)
        elif upstream:
            state.fall_in(edge.at_ms)
        elif edge.on:
            state.outflow.rise(edge.at_ms)
        elif state.outflow.occupied:
            self._fall(state, edge.at_ms)

    def _fall(self, state: LaneState, at_ms: Ms) -> None:
        before_ms = state.outflow.last_fall_ms
        left = state.outflow.fall(at_ms)
        state.rates.blocked.clear()
        if left.vehicles < 0:
            state.give_back(-left.vehicles)
        for k in range(left.vehicles):
            if not state.pop(at_ms) and k == 0 and left.vehicles == left.count:
                self._take_from_sibling(state, at_ms)
        state.lent.clear()
        state.learn_fall(at_ms, left.count, before_ms)

    def _take_from_sibling(self, state: LaneState, at_ms: Ms) -> bool:
        """A vehicle of which this lane knew nothing has changed over from a lane beside it."""
        for name in state.lane.siblings:
            other = self.states.get(name)
            if other is None or not other.sees_in:
                continue
            overdue = other.overdue(at_ms)
            if overdue > 1 or (overdue and not other.outflow.occupied):
                other.coming.pop(0)
                return True
        return False

    def _insert(self, state: LaneState, now: Ms) -> None:
        """Somebody stands at the line whom nobody saw come: one that was taken to have left, or changed over, or slipped in."""
        if state.lent and state.outflow.assumed:
            state.outflow.assumed -= 1
            state.give_back(1)
            return
        self._take_from_sibling(state, now)
        state.coming.insert(0, state.outflow.since_ms)

    def _opposed(self, state: LaneState) -> bool:
        kind = state.kind
        return kind is not None and any(self.states[name].queue(self.now) >= 1.0 for name in kind.opposed_by)

    def _moves(self, state: LaneState) -> bool:
        """Whether a queue of the lane is leaving."""
        return state.queue(self.now) >= 1.0 and not state.outflow.blocked

    def _second(self, state: LaneState, seen: Observation) -> None:
        now, out = seen.now, state.outflow
        out.headway_s = 1.0 / max(state.rates.saturation.rate, LEAST_RATE)
        out.patience = state.rates.patience(state.kind)
        if state.sees_out:
            self._assume(state, now)
            if state.kind is not None and state.kind.yielding:
                state.waits_in_green(now, opposed=self._opposed(state))
        else:
            state.discharge_unseen(now, self._served_now(state))
        state.gather(now)
        state.correct(now)
        if state.missing(now):
            self._insert(state, now)
        believed = state.sees_in or state.sees_out
        state.count(seen.local, believed=believed)
        self._wait(state)

    def _assume(self, state: LaneState, now: Ms) -> None:
        """What must be assumed to have left, or to stand, while the stop-bar loop says nothing."""
        was = state.outflow.blocked
        gone = state.outflow.pass_time(now).vehicles
        if gone < 0:
            state.give_back(-gone - state.rates.left_before(state.kind, -gone))
        for _ in range(gone):
            state.assume(now)
        if not state.outflow.blocked or state.kind is None:
            return
        state.outflow.stood_s += not any(self._moves(self.states[name]) for name in state.kind.opposed_by)
        if not was:
            state.rates.found_standing(state.kind)
        elif state.kind.yielding and state.overdue(now) > 1:
            state.discharge_unseen(now, self._served_now(state))

    def _served_now(self, state: LaneState) -> float:
        """What leaves in this second by reckoning."""
        out = state.outflow
        if not out.moving(self.now) or state.kind is None:
            return 0.0
        if out.green_from_ms is not None and self.now - out.green_from_ms < 1000 * out.start_loss_s.value:
            return 0.0
        service = self._service(state, state.kind)
        return service.opposed if self._opposed(state) else service.clear

    def _wait(self, state: LaneState) -> None:
        if state.queue(self.now) < 1.0 or state.outflow.green_from_ms is not None:
            state.waits_from_ms = None
        elif state.waits_from_ms is None:
            state.waits_from_ms = self.now
        if state.coming and state.coming[0] <= self.now and state.hidden < 1.0:
            state.waits_from_ms = max(state.coming[0], state.outflow.green_to_ms or 0)

    # ── telling ──

    def forecast(self, stages: Iterable[Stage], horizon_s: int) -> Forecast:
        """What is expected from the last observation on, for these stages."""
        stages = tuple(stages)
        fit, why = fitness(self.states.values(), self.beliefs, self._unproved)
        if fit:
            fit, why = capacity(self.states.values(), stages)
        return Forecast(
            now=self.now,
            lanes=tuple(self._lane(state, stages, horizon_s) for state in self.states.values()),
            fit=fit,
            why=why,
            recalls=recalls(self.states.values(), self.beliefs, self.greens, self._planned),
        )

    def _lane(self, state: LaneState, stages: tuple[Stage, ...], horizon_s: int) -> LaneForecast:
        belief = self.beliefs.get(state.lane.name, Belief(None, None))
        waits = state.waits_from_ms
        return LaneForecast(
            lane=state.lane.name,
            queue=state.queue(self.now),
            arrivals=self._arrivals(state, horizon_s),
            rate=state.rate,
            service=self._table(state, stages),
            start_loss_s=max(state.outflow.start_loss_s.value, START_LOSS_S),  # no plan counts on quick starters
            green_since_ms=state.outflow.green_from_ms,
            waiting_s=(self.now - waits) / 1000 if waits is not None else 0.0,
            storage=state.storage,
            trust=belief.trust,
            source=belief.source,
            kept=state.kept(self.now),
        )

    def _arrivals(self, state: LaneState, horizon_s: int) -> tuple[float, ...]:
        """Those seen by their own time; afterwards, and where nobody sees them, the mean rate, by the windows of its phases."""
        sees = state.sees_in and not state.inflow.reached
        known_s = min(int(state.inflow.travel_s.value), horizon_s) if sees else 0
        parts = platoons(self.site.adaptive.windows, state.lane.phases, self._local, horizon_s)
        rate = state.rate
        arrivals = [0.0] * known_s + [rate * part for part in parts[known_s:]]
        following, second = state.inflow.following if sees else 0.0, known_s
        while following > 0.0 and second < horizon_s:
            arrivals[second] = max(arrivals[second], min(following, 1.0 / state.outflow.headway_s))
            following, second = following - arrivals[second], second + 1
        for eta in state.coming:
            second = (eta - self.now - 1) // SECOND_MS
            if eta > self.now and second < horizon_s:
                arrivals[second] += 1.0
        return tuple(arrivals)

    def _table(self, state: LaneState, stages: tuple[Stage, ...]) -> dict[Stage, Service]:
        full = any(self.exits[number].full for number in state.lane.exits)
        table = {}
        for stage in stages:
            kind = self._kind(state.lane, stage)
            if kind is not None:
                table[stage] = Service(0.0, 0.0, kind.opposed_by) if full else self._service(state, kind)
        return table

    def _service(self, state: LaneState, kind: Kind) -> Service:
        opposing = sum(self.states[name].rate for name in kind.opposed_by)
        service = state.rates.service(kind, opposing, state.queue(self.now))
        held_s = state.outflow.held_s if kind == state.kind and kind.yielding else 0.0
        return replace(service, held_s=held_s) if held_s else service

    # ── keeping ──

    def learned(self) -> dict[str, Any]:
        """What was learned, as values of JSON."""
        return {
            "version": VERSION,
            "lanes": {str(name): state.tell() for name, state in self.states.items()},
            "greens": {str(phase): row.last for phase, row in sorted(self.greens.items())},
        }

    def relearn(self, told: Mapping[str, Any]) -> bool:
        """Take back what was learned before; False, and nothing taken, where it is of other lanes or another version."""
        if told.get("version") != VERSION or set(told.get("lanes", ())) != {str(name) for name in self.states}:
            return False
        for name, state in self.states.items():
            state.take(told["lanes"][str(name)])
        self.greens = {PhaseNumber(int(phase)): Greens(list(last)) for phase, last in told["greens"].items()}
        return True


LEAST_RATE = 0.1
"""No lane discharges more slowly than a vehicle in ten seconds while it moves. Ours."""


def _goes_on(lane: Lane, phases: Iterable[PhaseSeen]) -> bool:
    """Whether another phase of the lane comes next: its overlap stays green meanwhile."""
    return any(p.coming and p.number in lane.phases for p in phases)


def _ended(lane: Lane, phases: Iterable[PhaseSeen]) -> Ms:
    """When the green of the lane ended: the yellow of its phase began."""
    return max((p.since_ms for p in phases if p.number in lane.phases), default=0)
