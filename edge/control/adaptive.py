"""The controller's end of the adaptive layer: what it is told, what it says, and whether it can be relied upon."""

from collections import deque
from collections.abc import Mapping

from edge.control.advised import AdvisedStrategy
from edge.control.askers import Strategy
from edge.control.asks import Asks
from edge.control.faultbook import FaultBook
from edge.control.observing import LoopWatch, phases_seen
from edge.control.priority import TransitPriority
from edge.control.view import View
from edge.model.adaptive import AdaptiveMode, AdaptiveStatus
from edge.model.advice import NOBODY, Advice
from edge.model.events import Event
from edge.model.exchange import Inputs, Mode, Rung
from edge.model.faults import FaultKind, Response
from edge.model.observation import Observation
from edge.model.site import Site
from edge.model.units import MINUTE_MS, SECOND_MS, DetectorNumber, Ms

ABSENT_MS: Ms = 10 * SECOND_MS
"""So long without advice, it is absent. Ours: long enough for a restart of its process, short beside a cycle."""

GAPS_A_MINUTE = 3
"""More gaps in a minute, and it is not to be relied upon (adaptive-control, degradation ladder)."""

_WHERE = "optimiser"


class AdaptivePart:
    """One site's end of the adaptive layer. Where that is off, nothing is gathered and nothing said."""

    def __init__(self, site: Site) -> None:
        self._mode = site.adaptive.mode
        self._off = self._mode is AdaptiveMode.OFF
        self._acts = self._mode is AdaptiveMode.ACT
        self.strategy = AdvisedStrategy(site)
        self.free = False
        """Whether nobody of more right has the sequence."""
        self._loops = LoopWatch(site)
        self._fresh = False
        self._in_time_ms: Ms | None = None  # when advice was last fresh; on the street, since when it has been awaited
        self._heard = False
        self._gaps: deque[Ms] = deque()
        self._nonsense: str | None = None
        self._runs = self._is_free_operation = False

    def may_act_beside(self, worst: Response) -> bool:
        """Whether it may act with no fault worse than this: detectors are answered one by one."""
        return self._acts and worst in {Response.LOG, Response.DETECTOR}

    def hear(self, now: Ms, inputs: Inputs) -> None:
        """Take in one tick: the loops, and what was advised. A new advice replaces the last; an older one comes too late."""
        if self._off:
            return
        self._loops.hear(now, inputs.detectors)
        self._nonsense = None
        advice = inputs.advice
        if advice is not None:
            self._take(now, advice)
        fresh = self.strategy.is_fresh(now)
        if self._fresh and not fresh:
            self._gaps.append(now)
        while self._gaps and now - self._gaps[0] > MINUTE_MS:
            self._gaps.popleft()
        self._fresh = fresh
        if fresh:
            self._in_time_ms = now

    def _take(self, now: Ms, advice: Advice) -> None:
        self._heard = True
        strategy = self.strategy
        self._nonsense = strategy.nonsense(advice, now)
        if self._nonsense is not None:
            strategy.advice = None
        elif strategy.advice is None or advice.made_ms >= strategy.advice.made_ms:
            strategy.advice = advice

    def report(self, now: Ms, book: FaultBook, *, running: bool) -> list[Event]:
        """Say what is wrong with it. In shadow nobody misses an adviser that was never there."""
        events: list[Event] = []
        if self._off:
            return events
        advice = self.strategy.advice
        if self._nonsense is not None:
            events += book.report(now, FaultKind.ADVICE_NONSENSE, _WHERE, self._nonsense)
        if self._fresh and advice is not None and not advice.healthy:
            events += book.report(now, FaultKind.ADVICE_UNHEALTHY, _WHERE, advice.why)
        if not running:
            self._in_time_ms = None
        elif self._in_time_ms is None:
            self._in_time_ms = now
        elif (self._acts or self._heard) and self._is_missed(now, self._in_time_ms):
            events += book.report(now, FaultKind.ADVICE_ABSENT, _WHERE)
        return events

    def _is_missed(self, now: Ms, in_time_ms: Ms) -> bool:
        return now - in_time_ms >= ABSENT_MS or len(self._gaps) > GAPS_A_MINUTE

    @property
    def acts(self) -> bool:
        """Whether the site lets it act, faults aside."""
        return self._acts

    def look(self, view: View, strategy: Strategy | None, rung: Rung, *, running: bool) -> None:
        """Take note of this tick before anybody asks. `strategy`: what runs; None for plain actuation."""
        if self._off:
            return
        self.free = False
        self._runs = strategy is self.strategy
        self.strategy.trusted = rung is Rung.ADAPTIVE
        self._is_free_operation = strategy is None or self._runs
        if self._acts and running:
            self.strategy.note_waits(view)
        if not running:
            self.strategy.forget_waits()
        if not self._runs:
            self.strategy.rest()

    def note(self, asks: Asks) -> None:
        """Take note of what is asked for in the end: who has the sequence to himself does not hear detectors."""
        self.free = self._is_free_operation and asks.hears_detectors

    @property
    def acting(self) -> bool:
        """Whether the advice is being followed."""
        advice = self.strategy.advice
        trusted = self.strategy.trusted and advice is not None and advice.healthy
        return self._runs and self.free and self._fresh and trusted

    def status(self, now: Ms) -> AdaptiveStatus | None:
        """How it stands, for the screen; None where it is off."""
        if self._off:
            return None
        advice = self.strategy.advice
        age_ms = None if advice is None else now - advice.made_ms
        return AdaptiveStatus(self._mode, self.free, self.acting, advice, age_ms, len(self._gaps))

    def observation(
        self, view: View, mode: Mode, failed: Mapping[DetectorNumber, FaultKind], priority: TransitPriority | None
    ) -> Observation | None:
        """What was seen since the last one, and how it stands now; None where it is off."""
        if self._off:
            return None
        return Observation(
            view.heard_ms,
            mode,
            phases_seen(view),
            self._loops.take(),
            self._loops.occupied,
            dict(failed),
            view.local,
            view.plan,
            self.free and mode is Mode.RUN,
            self.acting,
            priority.called if priority is not None else NOBODY,
            view.group,
        )
