"""What runs: from the schedule and the rung of the ladder to a strategy, and what the log says of it (131 …)."""

from edge.control.askers import Strategy
from edge.control.coordination import CoordinatedStrategy
from edge.control.fixed_plan import FixedPlanStrategy
from edge.control.force_offs import sequence_of
from edge.control.mode import FLASHING
from edge.control.schedule import what_should_run
from edge.model.coordination import CoordState
from edge.model.events import PATTERN_FLASH, PATTERN_FREE, Event, EventCode
from edge.model.exchange import Mode, Rung
from edge.model.plans import FREE, FixedPlan, LocalTime, Run, RunKind
from edge.model.sequence import Sequence
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms, PlanNumber


class Pattern:
    """The strategy of the hour. `reference_ms` counts from local midnight, or freely without a trusted clock."""

    def __init__(self, site: Site, now: Ms, advised: Strategy | None = None) -> None:
        self._site = site
        self._advised = advised  # what runs in free operation where the adaptive layer may act
        self.strategy: Strategy | None = None  # None: plain actuation, free
        self.run: Run = FREE
        self.scheduled: Run = FREE
        self.since = now
        self.reference_ms = now
        self._read_ms: Ms = -SECOND_MS
        self.order: Sequence = site.sequence
        self._runs: tuple[PlanNumber | None, bool] = (None, False)  # the plan, and whether it coordinates
        self._announced: tuple[int, bool] | None = None

    def read(self, now: Ms, local: LocalTime | None, rung: Rung, asked: Run | None = None) -> None:
        """Look up what should run (once a second), and change the strategy if it is another.

        `local`: None if not trusted. `asked`: what an operator or a wire wants instead of the scheduled.
        """
        self.reference_ms = local.day_ms if local is not None else now
        site = self._site
        if now - self._read_ms >= SECOND_MS:
            self._read_ms = now
            self.scheduled = what_should_run(site, local) if local is not None else FREE
        self.run = asked or self.scheduled
        number = self._plan_number(rung)
        plan = site.plans[number] if number is not None else None
        coordinates = plan is not None and plan.coordination is not None and rung is not Rung.FIXED_PLAN
        if (number, coordinates) != self._runs:
            self._runs, self.since = (number, coordinates), now
            self.order = sequence_of(site, plan) if plan is not None else site.sequence
            self.strategy = _strategy(site, plan, coordinates=coordinates)
        if plan is None:
            self.strategy = self._advised

    def announce(self, mode: Mode) -> list[Event]:
        """The events of a change of pattern. On the way to flash, what ran is still the pattern."""
        if mode is Mode.CLEARING:
            return []
        strategy = self.strategy
        flashing = mode in FLASHING
        pattern = PATTERN_FLASH if flashing else (strategy and strategy.plan_number) or PATTERN_FREE
        coordinates = self._runs[1] and not flashing
        before, self._announced = self._announced, (pattern, coordinates)
        if before == self._announced:
            return []
        over = before is not None and before[1] and not coordinates
        events = [Event(EventCode.COORD_STATE_CHANGE, CoordState.FREE)] if over else []
        if before is not None and before[0] == pattern:
            return events
        return events + (
            strategy.announce() if strategy and not flashing else [Event(EventCode.PATTERN_CHANGE, pattern)]
        )

    @property
    def flash_is_scheduled(self) -> bool:
        """Whether the schedule asks for flash now."""
        return self.run.kind is RunKind.FLASH

    def _plan_number(self, rung: Rung) -> PlanNumber | None:
        if rung is Rung.FIXED_PLAN:
            return self._site.fallback.plan
        return self.run.plan if self.run.kind is RunKind.PLAN else None


def _strategy(site: Site, plan: FixedPlan | None, *, coordinates: bool) -> Strategy | None:
    """Below actuation a coordinated plan runs like a fixed one: there the detectors cannot be trusted."""
    if plan is None:
        return None
    return CoordinatedStrategy(site, plan) if coordinates else FixedPlanStrategy(site, plan)
