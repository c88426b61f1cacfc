"""One control tried on recorded traffic: the engine itself, on a street of point queues, a second at a time.

Plain actuation and the fixed plan are not modelled but run: the same engine as on the street, with the same timing sheet,
hears the loops of the model. So does adaptive timing, with an adviser of its own that has seen nothing but what has been
learned. What is modelled is the street alone, and in the same way for all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from edge.adaptive.shadow_street import LaneQueue
from edge.adaptive.shadow_stretch import Stretch
from edge.control.controller import Controller
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.advice import Advice
from edge.model.calendar import NO_CALENDAR
from edge.model.detectors import Detector, DetectorKind, DetectorLimits, InputSample
from edge.model.events import Event, EventCode
from edge.model.exchange import Inputs
from edge.model.observation import Observation
from edge.model.plans import FREE, LocalTime, Run, RunKind, ScheduleEntry
from edge.model.site import Site
from edge.model.units import DAY_MS, SECOND_MS, TICK_MS, ButtonNumber, DetectorNumber, Ms, PhaseNumber

_PRESS_MS: Ms = 500
_NEVER_STALE_MS: Ms = DAY_MS
"""The model's loops do not fail, and only what changes in them is told."""

_NO_LIMITS = DetectorLimits(max_presence_ms=0, no_activity_ms=0, erratic_per_min=0)
_ZONE_MS: Ms = 2_600
"""From the upper end of a presence zone to the line: 36 m at 50 km/h, as imported sites have it. Ours."""
_START_MS: Ms = SECOND_MS
"""Of the start-up flash and of its all red: the trial has three minutes to come into its stride."""

Press = tuple[Ms, PhaseNumber]
"""Somebody pressed for the walk of a phase, at this instant."""


class Advises(Protocol):
    """Whoever answers an observation."""

    def advise(self, seen: Observation) -> Advice:
        """What is asked for now."""


@dataclass(frozen=True, slots=True)
class Street:
    """What a trial is run on: the site, the recorded stretch, the presses in it, and the local time at its beginning."""

    site: Site
    stretch: Stretch
    presses: Sequence[Press]
    local: LocalTime


class Trial:
    """One control on one stretch. Without an adviser: plain actuation, or the fixed plan."""

    def __init__(self, on: Street, adviser: Advises | None = None, *, fixed: bool = False) -> None:
        self._on = on
        self._adviser = adviser
        self._advice: Advice | None = None
        self._now = on.stretch.begin_ms // TICK_MS * TICK_MS
        self._began = self._now
        self._site = _tried(on.site, adaptive=adviser is not None, fixed=fixed)
        self._controller = Controller(self._site, self._now)
        self._street = on.stretch.street()
        self._greens: frozenset[PhaseNumber] = frozenset()
        self._loops = _Loops(self._site, self._street.lanes.values(), self._now)
        self._buttons = _Buttons(self._site, on.presses)

    def second(self) -> bool:
        """One second more; False once the stretch is over."""
        for now in range(self._now, self._now + SECOND_MS, TICK_MS):
            self._tick(now)
        self._now += SECOND_MS
        if self._adviser is not None:
            seen = self._controller.observation()
            self._advice = self._adviser.advise(seen) if seen is not None else None
        return self._now < self._on.stretch.end_ms

    def delay_s(self) -> float:
        """The mean delay of the vehicles that are judged."""
        stretch = self._on.stretch
        total, count = self._street.delay(stretch.from_ms, stretch.to_ms, stretch.end_ms)
        return total / max(1, count)

    def _tick(self, now: Ms) -> None:
        self._street.step(now, self._greens)
        local = self._on.local
        clock = replace(
            local, day_ms=(local.day_ms + now - self._began) % DAY_MS, epoch_ms=local.epoch_ms + now - self._began
        )
        advice, self._advice = self._advice, None
        inputs = Inputs(self._loops.at(now), self._buttons.at(now), clock, advice=advice)
        self._note(self._controller.step(now, inputs).events)

    def _note(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.code == EventCode.PHASE_BEGIN_GREEN:
                self._greens |= {PhaseNumber(event.parameter)}
            elif event.code == EventCode.PHASE_GREEN_TERMINATION:
                self._greens -= {PhaseNumber(event.parameter)}


class _Loops:
    """Samples of every detector: those of the lanes as the model has them; others stay silent."""

    def __init__(self, site: Site, lanes: Iterable[LaneQueue], now: Ms) -> None:
        self._samples = {number: InputSample(occupied=False, count=0, taken_ms=now) for number in site.detectors}
        self._lanes = tuple(lanes)
        loops = frozenset(n for queue in self._lanes for n in (*queue.lane.stopbar, *queue.lane.advance))
        self._zones = {queue.lane.name: _zones(site, queue, loops) for queue in self._lanes}

    def at(self, now: Ms) -> Mapping[DetectorNumber, InputSample]:
        """The samples of the tick at `now`; the same mapping as before where nothing has changed."""
        fresh = {}
        for queue in self._lanes:
            standing = queue.occupied(now)
            zones = self._zones[queue.lane.name]
            near = bool(zones) and queue.due_within(now, _ZONE_MS)
            for numbers, on in (
                (queue.lane.stopbar, standing),
                (queue.lane.advance[:1], queue.on_advance),
                (zones, near),
            ):
                fresh.update({n: self._changed(n, now, on=on) for n in numbers if on != self._samples[n].occupied})
        if fresh:
            self._samples = {**self._samples, **fresh}
        return self._samples

    def _changed(self, number: DetectorNumber, now: Ms, *, on: bool) -> InputSample:
        return InputSample(occupied=on, count=self._samples[number].count + on, taken_ms=now)


def _zones(site: Site, queue: LaneQueue, loops: frozenset[DetectorNumber]) -> tuple[DetectorNumber, ...]:
    """The presence zones of a lane: detectors at the line that its stop-bar loop stands in for.

    `loops`: those of all lanes, which are no zones: the stop-bar loop beside may have this one for its partner.
    """
    at_line = (d for d in site.detectors.values() if d.kind is DetectorKind.STOPBAR and d.partner in queue.lane.stopbar)
    return tuple(d.number for d in at_line if d.number not in loops)


class _Buttons:
    """Samples of every push-button: pressed for half a second where somebody was seen to press."""

    def __init__(self, site: Site, presses: Sequence[Press]) -> None:
        own = {phase: [b.number for b in site.buttons.values() if b.phase == phase][:1] for phase in site.phases}
        self._all = tuple(site.buttons)
        self._presses = [(at, button) for at, phase in presses for button in own.get(phase, ())]

    def at(self, now: Ms) -> Mapping[ButtonNumber, InputSample]:
        """The samples of the tick at `now`."""
        pressed = {button for at, button in self._presses if at <= now < at + _PRESS_MS}
        counts = dict.fromkeys(self._all, 0)
        for at, button in self._presses:
            counts[button] += at <= now
        return {b: InputSample(occupied=b in pressed, count=counts[b], taken_ms=now) for b in self._all}


def _tried(site: Site, *, adaptive: bool, fixed: bool) -> Site:
    """The site with nothing but the control that is tried: no calendar, no preempts, loops that do not fail."""
    plan = site.fallback.plan
    plans = {**site.plans, plan: replace(site.plans[plan], coordination=None)} if fixed else site.plans
    rules = replace(site.adaptive, mode=AdaptiveMode.ACT) if adaptive else AdaptiveRules()
    run = Run(RunKind.PLAN, plan) if fixed else FREE
    return replace(
        site,
        schedule=(ScheduleEntry(frozenset(range(7)), 0, run),),
        exceptions=(),
        calendar=NO_CALENDAR,
        plans=plans,
        adaptive=rules,
        preempts={},
        priorities={},
        inputs=(),
        detectors={number: _sound(detector) for number, detector in site.detectors.items()},
        buttons={number: replace(button, limits=_NO_LIMITS) for number, button in site.buttons.items()},
        devices={
            name: replace(device, options=replace(device.options, stale_after_ms=_NEVER_STALE_MS))
            for name, device in site.devices.items()
        },
        start_up=replace(site.start_up, flash_ms=_START_MS, all_red_ms=_START_MS),
    )


def _sound(detector: Detector) -> Detector:
    return replace(detector, limits=_NO_LIMITS)
