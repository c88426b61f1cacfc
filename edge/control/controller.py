"""The controller: one `step` a tick, from inputs to the image wanted. Pure: the same inputs give the same outputs.

The way through a step: commands → detectors → faults and the ladder → pattern → mode → the row of askers → rings → image.
Each part lives in a file of its own; this one only leads from one to the next.
"""

from dataclasses import replace

from edge.control.adaptive import AdaptivePart
from edge.control.ask_log import AskLog, hinders
from edge.control.askers import Asker
from edge.control.asks import NOBODY, NOTHING, Asks
from edge.control.bank import DetectorBank
from edge.control.calls import PhaseCalls
from edge.control.demand import DemandReader
from edge.control.external import run_words
from edge.control.faultbook import FaultBook
from edge.control.intervals import PhaseMachine
from edge.control.lamps import LampTable
from edge.control.mode import FLASHING, UnitMode
from edge.control.moves import RingMoves
from edge.control.outside import Outside
from edge.control.overlaps import Overlaps
from edge.control.pattern import Pattern
from edge.control.ped_overlaps import PedOverlaps
from edge.control.preempt import Preemption
from edge.control.priority import TransitPriority
from edge.control.rings import Rings
from edge.control.view import View
from edge.control.waits import WaitGuard
from edge.control.way import Way
from edge.control.words import phase_status
from edge.model.commands import Command, CommandKind
from edge.model.control import InControl, Source
from edge.model.events import Event, EventCode, FlashStatus
from edge.model.exchange import CoreStatus, Decision, Inputs, Interval, Mode, PedInterval, Rung
from edge.model.external import Does
from edge.model.faults import FaultKind, Response
from edge.model.observation import Observation
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import MINUTE_MS, Ms, PhaseNumber

_RUNG: dict[Response, Rung] = {
    Response.LOG: Rung.ACTUATED,
    Response.DETECTOR: Rung.ACTUATED,
    Response.ACTUATED: Rung.ACTUATED,
    Response.FIXED_PLAN: Rung.FIXED_PLAN,
    Response.FLASH: Rung.FLASH,
    Response.LATCHED_FLASH: Rung.FLASH,
}

_CALL = frozenset({EventCode.PHASE_CALL_REGISTERED, EventCode.PHASE_CALL_DROPPED})
"""A call that is served in the tick it is made never waited: neither code is logged, for a pair of one stamp has no order."""


class Controller:
    """The engine of one site. `now` at construction begins the start-up flash."""

    def __init__(self, site: Site, now: Ms) -> None:
        self._site = site
        self._machines = {n: PhaseMachine(p, now) for n, p in site.phases.items()}
        self._calls = {n: PhaseCalls(p, now) for n, p in site.phases.items()}
        self._ped_overlaps = PedOverlaps(site, self._machines, now)
        self._overlaps = Overlaps(site, self._machines, self._ped_overlaps, now)
        self._rings = Rings(
            site, self._machines, self._calls, Way(site, self._machines, self._overlaps, self._ped_overlaps)
        )
        self._bank = DetectorBank(site, self._calls, now)
        self._book = FaultBook(site.fallback.return_after_ms)
        self._mode = UnitMode(site.start_up, now)
        self._lamps = LampTable(site, self._overlaps, self._ped_overlaps)
        self._demand = DemandReader(site, self._calls, self._is_green)
        self._adaptive = AdaptivePart(site)
        self._waits = WaitGuard(site, self._calls, self._is_green)
        self._announcing = tuple(n for n, p in site.phases.items() if p.red_yellow_ms)
        self._pattern = Pattern(site, now, self._adaptive.strategy if self._adaptive.acts else None)
        self._view = View(site, self._machines, self._calls, self._rings, now)
        self._outside = Outside(site, self._calls, now)
        self._priority = TransitPriority(site) if site.priorities else None
        self._preemption = Preemption(site) if site.preempts else None
        self._askers = self._row()
        self._bent_ms = now  # when somebody above the strategy last changed who is served
        self._asked_flash = False  # the flash that is shown was asked for: no fault
        self._operator_flash = False
        self._stopping = False
        self._flash_status: FlashStatus | None = None
        self._log = AskLog(site)

    def _row(self) -> tuple[Asker, ...]:
        """Whoever may ask, in rising order of right."""
        wires, operators, police, flash_entry = self._outside.askers
        row: tuple[Asker | None, ...] = (wires, operators, self._priority, police, flash_entry, self._preemption)
        return tuple(asker for asker in row if asker is not None)

    def step(self, now: Ms, inputs: Inputs) -> Decision:
        """One tick: everything from commands to the wanted image."""
        flash_now = self._obey(now, inputs.commands)
        self._view.heard_ms, self._view.wires = now, inputs.wires
        events = self._outside.hear(self._view, may_stop=self._may_stop)
        t = self._outside.phase_now
        events += self._bank.hear(now, inputs, self._is_green, self._is_walking, t)
        self._adaptive.hear(now, inputs)
        events += self._ladder(now, inputs)
        local = self._trusted(inputs.local)
        self._pattern.read(now, local, self.rung, self._outside.run)
        self._rings.sequence(self._pattern.order)
        self._look(t, local)
        self._adaptive.look(self._view, self._pattern.strategy, self.rung, running=self._mode.mode is Mode.RUN)
        at_once = flash_now or self.rung is Rung.FLASH or self._outside.cabinet_flashes
        events += self._change_mode(now, t, fault=at_once)
        events += self._announce()
        if self._mode.mode is Mode.RUN:
            events += self._serve(t)
        else:
            events += self._log.note()
            if self._mode.mode is Mode.CLEARING:
                events += self._overlaps.time(t)
                events += self._apply(t, self._rings.clear(t))
                events += self._overlaps.follow(t, NOBODY, NOBODY, may_begin=False)
                events += self._ped_overlaps.time(t) + self._ped_overlaps.follow(t, NOBODY, {}, NOBODY)
        mode = self._mode.mode
        return Decision(
            mode,
            self.rung,
            self._lamps.shows(mode, self._machines),
            tuple(events),
            self._book.faults,
            stopped=self._stopping and mode in FLASHING,
            overrides=self._outside.standing,
        )

    @property
    def rung(self) -> Rung:
        """Where the ladder stands, by the worst standing fault."""
        worst = self._book.worst()
        return Rung.ADAPTIVE if self._adaptive.may_act_beside(worst) else _RUNG[worst]

    def status(self, now: Ms) -> CoreStatus:
        """Everything for the screen; built on demand."""
        strategy, t = self._pattern.strategy, self._outside.phase_now
        left = {p: self._rings.max_left_ms(t, p) for p in self._site.phases}
        return CoreStatus(
            now,
            self._mode.mode,
            self.rung,
            strategy.plan_number if strategy else None,
            strategy.cycle_timer_ms(self._pattern.reference_ms) if strategy else None,
            tuple(phase_status(t, self._machines[p], self._calls[p], left[p], strategy) for p in sorted(left)),
            self._bank.statuses(),
            self._book.faults,
            overlaps=self._overlaps.statuses(t),
            preempt=self._preemption.status(t) if self._preemption else None,
            priorities=self._priority.status() if self._priority else (),
            coordination=strategy.coordination() if strategy else None,
            control=self._in_control(now),
            adaptive=self._adaptive.status(now),
        )

    def observation(self) -> Observation | None:
        """What the adaptive layer is told, once a second; None where the site has switched it off."""
        return self._adaptive.observation(self._view, self._mode.mode, self._bank.failed, self._priority)

    # ── commands, faults, schedule ──────────────────────────────────────────────────────────────

    def _in_control(self, now: Ms) -> tuple[InControl, ...]:
        """Who is in control, and of what."""
        fallback = self.rung is Rung.FIXED_PLAN
        trusted = not self._book.stands(FaultKind.CLOCK_UNSYNCED)
        what = run_words(self._pattern.scheduled) if trusted else "free, because the clock is not synchronised"
        scheduled = InControl(Source.SCHEDULE, what)
        if fallback:
            scheduled = InControl(Source.FALLBACK, f"plan {self._site.fallback.plan}")
        return self._outside.in_control(now, scheduled, fallback=fallback)

    def _obey(self, now: Ms, commands: tuple[Command, ...]) -> bool:
        """Take in operator commands. Returns whether flash is asked for at once."""
        flash_now = False
        for command in commands:
            match command.kind:
                case CommandKind.FLASH:
                    self._operator_flash = True
                case CommandKind.RESUME:
                    self._operator_flash = False
                case CommandKind.STOP:
                    self._stopping = True
                case CommandKind.FLASH_NOW:
                    self._stopping = flash_now = True
                case CommandKind.CLEAR_LATCH:
                    pass  # the monitor's business: edge.tick takes it there
                case _:
                    self._outside.obey(now, command)
        return flash_now

    def _ladder(self, now: Ms, inputs: Inputs) -> list[Event]:
        """Report what is seen, end what is over, take failed detectors out of service."""
        book, changes = self._book, self._book.changes
        events = self._bank.report(now, book)
        for number in self._preemption.given_up if self._preemption else ():
            events += book.report(now, FaultKind.PREEMPT_GIVEN_UP, str(number))
        for fault in inputs.faults:
            events += book.report(now, fault.kind, fault.where, fault.detail)
        if self._outside.time_stood_too_long:
            minutes = self._site.options.stop_time_max_ms // MINUTE_MS
            events += book.report(now, FaultKind.STOP_TIME_LONG, f"{minutes} min")
        limit = self._site.fallback.failed_detectors
        if limit and len(self._bank.failed) >= limit:
            events += book.report(now, FaultKind.TOO_MANY_DETECTORS_FAILED, f"{limit} or more")
        events += self._adaptive.report(now, book, running=self._mode.mode is Mode.RUN)
        if self._mode.mode is Mode.RUN:
            for phase in self._starved(now):
                events += book.report(now, FaultKind.CYCLE_FAULT, str(phase))
        events += book.sweep(now)
        if book.changes != changes:
            self._bank.follow(book)
        return events

    @property
    def _may_stop(self) -> bool:
        """Whether stop time is heard: signals run, no train and no fire engine is coming, and no head shows red and amber.

        Red and amber says that green comes at once: it is never prolonged, and the monitor would latch.
        """
        preempted = self._preemption is not None and self._preemption.is_called(self._view)
        announced = any(self._machines[p].interval is Interval.RED_YELLOW for p in self._announcing)
        return self._mode.mode is Mode.RUN and not preempted and not announced

    def _starved(self, now: Ms) -> list[PhaseNumber]:
        """Phases that have waited longer than any cycle may take, or than the coordinated plan allows."""
        ran_since = max(self._mode.since, self._pattern.since, self._bent_ms)
        return self._waits.late(now, self._outside.phase_now, ran_since, self._pattern.strategy)

    def _trusted(self, local: LocalTime | None) -> LocalTime | None:
        """Local time, None while the clock may not be trusted: then no schedule and no offsets."""
        return None if self._book.stands(FaultKind.CLOCK_UNSYNCED) else local

    def _look(self, t: Ms, local: LocalTime | None) -> None:
        """Bring the view of those who ask up to this tick; `t` is the phase clock."""
        view = self._view
        view.now, view.local = t, local
        view.reference_ms = self._pattern.reference_ms
        view.plan = self._pattern.strategy.plan_number if self._pattern.strategy else None

    # ── mode ────────────────────────────────────────────────────────────────────────────────────

    def _change_mode(self, now: Ms, t: Ms, *, fault: bool) -> list[Event]:
        remote = self._outside.is_on(Does.REMOTE_FLASH)
        asked = self._operator_flash or self._pattern.flash_is_scheduled or remote
        running = self._mode.mode is Mode.RUN
        asked = self._outside.entry.may_clear(self._view, wanted=asked and running) or (asked and not running)
        asked = asked or self._stopping
        self._asked_flash = self._asked_flash and not fault
        if not self._mode.tick(now, fault=fault, flash_asked=asked, all_red=self._all_red):
            return []
        events: list[Event] = []
        match self._mode.mode:
            case Mode.FLASH:
                self._asked_flash = not fault
                events += self._all_machines_red(t)
            case Mode.RUN:
                after_asked = self._site.flash.exit_to if self._asked_flash else ()
                self._rings.enter(after_asked or self._site.start_up.first_phases)
                for calls in self._calls.values():
                    events += calls.place(t)
            case _:
                pass
        return events

    @property
    def _all_red(self) -> bool:
        """Whether no phase and no overlap is in green, yellow or red clearance."""
        return self._rings.all_red and self._overlaps.all_red and self._ped_overlaps.all_stand

    def _all_machines_red(self, now: Ms) -> list[Event]:
        """Begin again with red machines; what was not red is logged as ended."""
        events = [event for machine in self._machines.values() for event in machine.cut()]
        events += self._overlaps.forget(now) + self._ped_overlaps.forget(now)
        for number, phase in self._site.phases.items():
            self._machines[number] = PhaseMachine(phase, now)
        self._rings.forget()
        if self._preemption is not None:
            self._preemption.forget()
        return events

    def _announce(self) -> list[Event]:
        """Log a change of flash status (173) and of pattern (131 …)."""
        events: list[Event] = []
        status = self._outside.flash_status(self._mode.mode, self.rung, scheduled=self._pattern.flash_is_scheduled)
        if status is not self._flash_status:
            self._flash_status = status
            events.append(Event(EventCode.UNIT_FLASH_STATUS, status))
        events += self._outside.announce(fallback=self.rung is Rung.FIXED_PLAN)
        return events + self._pattern.announce(self._mode.mode)

    # ── serving ─────────────────────────────────────────────────────────────────────────────────

    def _serve(self, now: Ms) -> list[Event]:
        events: list[Event] = []
        for number, calls in self._calls.items():
            events += calls.hear(now, self._machines[number].interval)
        if self._outside.time_stands:
            self._bent_ms = self._view.heard_ms
            return events
        asks, asked = self._ask()
        strategy = self._pattern.strategy
        events += asked + self._log.note(asks, strategy.never_served() if strategy is not None else NOBODY)
        events += self._overlaps.time(now) + self._ped_overlaps.time(now)
        demand = self._demand.read(now, asks)
        moves = self._rings.tick(now, demand, asks)
        at_once = {phase for phase, _ in moves.started if self._calls[phase].vehicle_since == now}
        events += self._apply(now, moves)
        if self._site.overlaps:
            events += self._overlaps.follow(now, self._rings.coming, demand.walks)
        if self._site.ped_overlaps:
            after = self._rings.following(demand.vehicles)
            events += self._ped_overlaps.follow(now, self._rings.coming, after, demand.walks)
        return [e for e in events if e.code not in _CALL or e.parameter not in at_once] if at_once else events

    def _ask(self) -> tuple[Asks, list[Event]]:
        """What the row of askers asks for, from the strategy up to the one with the most right."""
        strategy = self._pattern.strategy
        asks, events = strategy.ask(self._view) if strategy is not None else (NOTHING, [])
        if self._pattern.run.maximum != 1 and asks.maximum == 1:
            asks = replace(asks, maximum=self._pattern.run.maximum)
        for asker in self._askers:
            bent, more = asker.shape(self._view, asks)
            if bent is not asks and hinders(bent, asks):
                self._bent_ms = self._view.heard_ms
            asks = bent
            events += more
        self._adaptive.note(asks)
        return asks, events

    def _apply(self, now: Ms, moves: RingMoves) -> list[Event]:
        """Tell the calls what the rings did."""
        events = moves.events
        for phase, reason in moves.ended:
            self._calls[phase].cut_off(now, reason)
        for phase, walk in moves.started:
            events += self._calls[phase].served(now, walk=walk)
        for phase in moves.walked:
            self._calls[phase].walked()
        return events

    def _is_green(self, phase: PhaseNumber) -> bool:
        """Whether the phase is being served: green, or on its way to it by a leading walk or red and amber."""
        return self._machines[phase].is_on

    def _is_walking(self, phase: PhaseNumber) -> bool:
        return self._machines[phase].ped is PedInterval.WALK
