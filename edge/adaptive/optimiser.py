"""The rolling-horizon optimiser: from an observation and a forecast to what shall be asked for in this second."""

from collections.abc import Mapping, Sequence

from edge.adaptive.courses import Chains, Courses
from edge.adaptive.forecast import Forecast, Stage
from edge.adaptive.horizon import Found, Horizon
from edge.adaptive.moves import MoveTable
from edge.adaptive.openings import Opening, Openings
from edge.adaptive.rows import Start
from edge.adaptive.stages import StageGraph
from edge.adaptive.standing import GREEN, Standing, Tracker
from edge.adaptive.street import ON_FOOT_PATIENCE_S, Builder, Waiter
from edge.adaptive.walkers import Walkers
from edge.model.advice import NOBODY, Advice, Expected, Option, Step
from edge.model.exchange import PedInterval
from edge.model.lanes import Lane
from edge.model.observation import Observation, PhaseSeen
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms, PhaseNumber

HORIZON_S = 60
"""How far plans are made: flat from 45 to 80 s (adaptive-control, section 4)."""
BEFORE_LIMIT_S = 20.0
"""So long before a wait reaches the site's limit it goes before everything else: a green and a clearance. Ours."""
PED_WEIGHT = 1.5
"""Of who waits on foot, in vehicles: waiting is felt twice as long as riding (UK TAG unit A1.3), and 1.3 sit in a car."""
TRANSIT_WEIGHT = 15.0
"""Of a bus that asks for priority, in vehicles: some twenty people beside 1.3 in a car."""
RECALL_WEIGHT = 0.25
RECALL_LIMIT_S = 60.0
GROWS = 2.0
"""A recalled phase counts as half the vehicles that its green lets through, one at least, once it has been red for half a cycle
of the fixed plan, which its green is made for, or for half a minute; before that for less, and after a whole one before
everything else. All ours."""


class RollingHorizon:
    """Implements `edge.adaptive.faces.Optimiser` for one site and its lanes."""

    def __init__(self, site: Site, lanes: Sequence[Lane]) -> None:
        self._site = site
        self._lanes = tuple(lanes)
        self._graph = StageGraph(site)
        self._tracker = Tracker(site, self._graph)
        self._walkers = Walkers(p.number for p in site.phases.values() if p.ped)
        self._openings = Openings(self._graph)
        self._courses = Courses(self._graph, self._lanes)
        self._chains = Chains(self._courses)
        self._table = MoveTable(self._courses, self._chains)
        yellow_s = min(p.yellow_ms for p in site.phases.values()) / SECOND_MS
        self._builder = Builder(self._courses, [lane.name for lane in self._lanes], yellow_s)
        plan = site.plans.get(site.fallback.plan)
        self._recall_limit_s = max(RECALL_LIMIT_S, plan.cycle_ms / SECOND_MS if plan is not None else 0.0)
        self.rows = 0

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every stage that it may consider."""
        return self._graph.stages

    def advise(self, seen: Observation, forecast: Forecast) -> Advice:
        """What to ask for now."""
        at = self._tracker.read(seen)
        self._walkers.see(seen)
        if not forecast.fit:
            return Advice(seen.now, healthy=False, why=forecast.why, expects=_expects(forecast))
        minimum_ms = self._minimum_ms(seen)
        openings = self._allowed(self._openings.of(at, minimum_ms), forecast)
        found = [Found(0, (), 0.0)] if len(openings) == 1 else self._search(seen, forecast, (at, openings), minimum_ms)
        return self._advice(seen, forecast, at, openings, found)

    def _allowed(self, openings: Sequence[Opening], forecast: Forecast) -> list[Opening]:
        """Without those that would end a green which is kept; to go on as aimed at is always among them."""
        names = {row.lane for row in forecast.lanes if row.kept}
        kept = frozenset(p for lane in self._lanes if lane.name in names for p in lane.phases)
        return [o for k, o in enumerate(openings) if not k or not o.ends_now & kept]

    def _minimum_ms(self, seen: Observation) -> dict[PhaseNumber, Ms]:
        """The least green of every phase when it begins: with its walk, if somebody has called or will have."""
        walks = {p.number for p in seen.phases if p.ped_call} | self._walkers.crowded
        rows = self._site.phases.items()
        return {n: p.longest_minimum_ms if p.ped and n in walks else p.min_green_ms for n, p in rows}

    def _search(
        self,
        seen: Observation,
        forecast: Forecast,
        begin: tuple[Standing, Sequence[Opening]],
        minimum_ms: Mapping[PhaseNumber, Ms],
    ) -> list[Found]:
        at, openings = begin
        chains = Chains(self._courses, self._chains)
        first = [chains.add(self._courses.course(o.change), o.change.target) for o in openings]
        waiters = self._waiters(seen) + self._unseen(seen, forecast)
        columns = [*range(len(self._lanes)), *(self._courses.phase_column[w.phase] for w in waiters)]
        limit_s = self._site.adaptive.max_wait_ms / SECOND_MS - BEFORE_LIMIT_S
        nodes = chains.nodes()
        street = self._builder.build(forecast, waiters, nodes.course, HORIZON_S, limit_s)
        horizon = Horizon(street, self._table.moves(minimum_ms, columns, street.price), nodes)
        share, stage = self._courses.share[:, columns], self._graph.index
        loses = [(share[stage[at.target]] - share[stage[o.change.target]]).clip(0.0) for o in openings]
        starts = [Start(n, o.left_s, float(x @ street.price)) for n, o, x in zip(first, openings, loses, strict=True)]
        found = horizon.search(starts)
        self.rows = horizon.most_rows
        return found

    def _waiters(self, seen: Observation) -> list[Waiter]:
        """Who waits and is no vehicle of a lane; on foot beside a green too, whose walk begins with the next one."""
        limit_s = self._site.adaptive.ped_max_wait_ms / SECOND_MS - BEFORE_LIMIT_S
        walks = [
            self._on_foot(p, seen.now, limit_s)
            for p in seen.phases
            if (p.ped_call and p.ped is PedInterval.DONT_WALK) or (not p.ped_call and p.number in self._walkers.busy)
        ]
        buses = [Waiter(p, TRANSIT_WEIGHT, 0.0, limit_s, at_once=False) for p in sorted(seen.transit)]
        return walks + buses

    def _on_foot(self, p: PhaseSeen, now: Ms, limit_s: float) -> Waiter:
        people = self._walkers.behind(p.number, now, _waited_s(p, now) if p.ped_call else None)
        return Waiter(
            p.number, PED_WEIGHT, people.waited_s, limit_s, at_once=True,
            count=people.waiting, per_s=people.per_s, patience_s=ON_FOOT_PATIENCE_S,
        )  # fmt: skip

    def _unseen(self, seen: Observation, forecast: Forecast) -> list[Waiter]:
        """Who may wait for a recalled phase, and is no queue of the forecast."""
        recalls = forecast.recalls or {}
        return [
            self._recalled(p, recalls[p.number], (seen.now - p.since_ms) / SECOND_MS)
            for p in seen.phases
            if p.number in recalls and p.interval not in GREEN
        ]

    def _recalled(self, p: PhaseSeen, green_s: float, red_s: float) -> Waiter:
        """Those who may wait for one phase: the longer it has been red, the more."""
        limit_s = self._recall_limit_s
        weight = max(1.0, RECALL_WEIGHT * green_s) * min(1.0, GROWS * red_s / limit_s)
        return Waiter(p.number, weight, red_s, limit_s, at_once=False)

    # ── from the plan to advice ─────────────────────────────────────────────────────────────────

    def _advice(
        self, seen: Observation, forecast: Forecast, at: Standing, openings: Sequence[Opening], found: Sequence[Found]
    ) -> Advice:
        opening = openings[found[0].start]
        self._tracker.aim(opening.next_stage)
        greens = frozenset(at.greens)
        coming = opening.next_stage - (greens - opening.ends_now)
        changing = bool(opening.ends_now or coming)
        options = tuple(self._option(seen.now, at, openings, f) for f in found) if len(openings) > 1 else ()
        return Advice(
            made_ms=seen.now,
            calls=coming,
            holds=greens & opening.next_stage,
            force_offs=opening.ends_now,
            omits=frozenset(self._site.phases) - opening.next_stage - greens if changing else NOBODY,
            best=options[0] if options else None,
            others=options[1:],
            expects=_expects(forecast),
        )

    def _option(self, now: Ms, at: Standing, openings: Sequence[Opening], found: Found) -> Option:
        """A plan in absolute times."""
        opening = openings[found.start]
        change, steps = opening.change, []
        ends = max((ms for ms in change.ends.values() if ms >= 0), default=None)
        begins = now + max(change.lasts_ms, 0)
        if found.start:
            steps.append(Step(tuple(sorted(at.target)), now, now + (ends or 0)))
        stage = change.target
        for second, move in found.steps:
            steps.append(Step(tuple(sorted(stage)), begins, now + second * SECOND_MS))
            later = self._table.changes[move]
            stage, begins = later.target, now + second * SECOND_MS + later.lasts_ms
        steps.append(Step(tuple(sorted(stage)), begins, max(begins, now + HORIZON_S * SECOND_MS)))
        return Option(tuple(steps), found.cost)


def _waited_s(p: PhaseSeen, now: Ms) -> float:
    return (now - p.waiting_since_ms) / SECOND_MS if p.waiting_since_ms is not None else 0.0


def _expects(forecast: Forecast) -> tuple[Expected, ...]:
    return tuple(
        Expected(lane.lane, round(lane.queue, 2), round(sum(lane.arrivals), 2), lane.source) for lane in forecast.lanes
    )
