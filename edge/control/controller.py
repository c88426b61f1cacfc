"""The controller: one `step` a tick, from inputs to the image wanted. Pure: the same inputs give the same outputs.

The way through a step: commands → detectors → faults and the ladder → pattern → mode → the row of askers → rings → image.
Each part lives in a file of its own; this one only leads from one to the next.
"""

from edge.control.askers import Asker
from edge.control.asks import NOBODY, NOTHING, Asks
from edge.control.bank import DetectorBank
from edge.control.calls import PhaseCalls
from edge.control.faultbook import FaultBook
from edge.control.intervals import PhaseMachine
from edge.control.lamps import LampTable
from edge.control.mode import FLASHING, UnitMode
from edge.control.moves import Demand, RingMoves
from edge.control.overlaps import Overlaps
from edge.control.pattern import Pattern
from edge.control.preempt import Preemption
from edge.control.priority import TransitPriority
from edge.control.rings import Rings
from edge.control.view import View
from edge.control.words import phase_status
from edge.model.commands import Command, CommandKind
from edge.model.events import Event, EventCode, FlashStatus
from edge.model.exchange import CoreStatus, Decision, Inputs, Mode, PedInterval, Rung
from edge.model.faults import FaultKind, Response
from edge.model.phases import Recall
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber

_RUNG: dict[Response, Rung] = {
    Response.LOG: Rung.ACTUATED,
    Response.DETECTOR: Rung.ACTUATED,
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
        self._overlaps = Overlaps(site, self._machines, now)
        self._rings = Rings(site, self._machines, self._calls, self._overlaps)
        self._bank = DetectorBank(site, self._calls, now)
        self._book = FaultBook(site.fallback.return_after_ms)
        self._mode = UnitMode(site.start_up, now)
        self._lamps = LampTable(site, self._overlaps)
        self._conflicts = {p: frozenset(site.sequence.conflicts(p)) for p in site.phases}
        self._soft = frozenset(site.options.rest_in) | {n for n, p in site.phases.items() if p.recall is Recall.SOFT}
        self._longest_wait_ms = longest_wait_ms(site)
        self._pattern = Pattern(site, now)
        self._view = View(site, self._machines, self._calls, self._rings, now)
        self._priority = TransitPriority(site) if site.priorities else None
        self._preemption = Preemption(site) if site.preempts else None
        row: tuple[Asker | None, ...] = (self._priority, self._preemption)
        self._askers = tuple(asker for asker in row if asker is not None)  # in rising order of right
        self._bent_ms = now  # when somebody above the strategy last changed what is asked for
        self._operator_flash = False
        self._stopping = False
        self._flash_status: FlashStatus | None = None
        self._held: frozenset[PhaseNumber] = frozenset()

    def step(self, now: Ms, inputs: Inputs) -> Decision:
        """One tick: everything from commands to the wanted image."""
        flash_now = self._obey(inputs.commands)
        events = self._bank.hear(now, inputs, self._is_green, self._is_walking)
        events += self._ladder(now, inputs)
        local = self._trusted(inputs.local)
        self._pattern.read(now, local, self.rung)
        self._rings.sequence(self._pattern.order)
        self._look(now, inputs, local)
        events += self._change_mode(now, fault=flash_now or self.rung is Rung.FLASH)
        events += self._announce()
        if self._mode.mode is Mode.RUN:
            events += self._serve(now)
        else:
            events += self._note_holds(NOTHING.holds)
            if self._mode.mode is Mode.CLEARING:
                events += self._overlaps.time(now)
                events += self._apply(now, self._rings.clear(now))
                events += self._overlaps.follow(now, NOBODY, NOBODY, may_begin=False)
        mode = self._mode.mode
        return Decision(
            mode,
            self.rung,
            self._lamps.shows(mode, self._machines),
            tuple(events),
            self._book.faults,
            stopped=self._stopping and mode in FLASHING,
        )

    @property
    def rung(self) -> Rung:
        """Where the ladder stands, by the worst standing fault."""
        return _RUNG[self._book.worst()]

    def status(self, now: Ms) -> CoreStatus:
        """Everything for the screen; built on demand."""
        strategy = self._pattern.strategy
        left = {p: self._rings.max_left_ms(now, p) for p in self._site.phases}
        return CoreStatus(
            now,
            self._mode.mode,
            self.rung,
            strategy.plan_number if strategy else None,
            strategy.cycle_timer_ms(self._pattern.reference_ms) if strategy else None,
            tuple(phase_status(now, self._machines[p], self._calls[p], left[p], strategy) for p in sorted(left)),
            self._bank.statuses(),
            self._book.faults,
            overlaps=self._overlaps.statuses(now),
            preempt=self._preemption.status(now) if self._preemption else None,
            priorities=self._priority.status() if self._priority else (),
            coordination=strategy.coordination() if strategy else None,
        )

    # ── commands, faults, schedule ──────────────────────────────────────────────────────────────

    def _obey(self, commands: tuple[Command, ...]) -> bool:
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
        return flash_now

    def _ladder(self, now: Ms, inputs: Inputs) -> list[Event]:
        """Report what is seen, end what is over, take failed detectors out of service."""
        book, changes = self._book, self._book.changes
        events = self._bank.report(now, book)
        for number in self._preemption.given_up if self._preemption else ():
            events += book.report(now, FaultKind.PREEMPT_GIVEN_UP, str(number))
        for fault in inputs.faults:
            events += book.report(now, fault.kind, fault.where, fault.detail)
        limit = self._site.fallback.failed_detectors
        if limit and len(self._bank.failed) >= limit:
            events += book.report(now, FaultKind.TOO_MANY_DETECTORS_FAILED, f"{limit} or more")
        if self._mode.mode is Mode.RUN:
            for phase in self._starved(now):
                events += book.report(now, FaultKind.CYCLE_FAULT, str(phase))
        events += book.sweep(now)
        if book.changes != changes:
            self._bank.follow(book)
        return events

    def _starved(self, now: Ms) -> list[PhaseNumber]:
        """Phases that have waited longer than any cycle may take, or than the coordinated plan allows."""
        strategy = self._pattern.strategy
        limit = self._longest_wait_ms if strategy is None else strategy.longest_wait_ms
        if limit is None:
            return []
        earliest = now - limit
        if max(self._mode.since, self._pattern.since, self._bent_ms) > earliest:
            return []  # a wait that flash, a long cycle or somebody with more right caused is no fault of actuation
        waits = ((n, c.waiting_since) for n, c in self._calls.items() if not self._is_green(n))
        late = [n for n, since in waits if since is not None and since < earliest]
        return [n for n in late if n not in strategy.never_served()] if strategy else late

    def _trusted(self, local: LocalTime | None) -> LocalTime | None:
        """Local time, None while the clock may not be trusted: then no schedule and no offsets."""
        return None if self._book.stands(FaultKind.CLOCK_UNSYNCED) else local

    def _look(self, now: Ms, inputs: Inputs, local: LocalTime | None) -> None:
        """Bring the view of those who ask up to this tick."""
        view = self._view
        view.now, view.local, view.wires = now, local, inputs.wires
        view.reference_ms = self._pattern.reference_ms
        view.plan = self._pattern.strategy.plan_number if self._pattern.strategy else None

    # ── mode ────────────────────────────────────────────────────────────────────────────────────

    def _change_mode(self, now: Ms, *, fault: bool) -> list[Event]:
        asked = self._operator_flash or self._stopping or self._pattern.flash_is_scheduled
        if not self._mode.tick(now, fault=fault, flash_asked=asked, all_red=self._all_red):
            return []
        events: list[Event] = []
        match self._mode.mode:
            case Mode.FLASH:
                events += self._all_machines_red(now)
            case Mode.RUN:
                self._rings.enter(self._site.start_up.first_phases)
                for calls in self._calls.values():
                    events += calls.place(now)
            case _:
                pass
        return events

    @property
    def _all_red(self) -> bool:
        """Whether no phase and no overlap is in green, yellow or red clearance."""
        return self._rings.all_red and self._overlaps.all_red

    def _all_machines_red(self, now: Ms) -> list[Event]:
        """Begin again with red machines; what was not red is logged as ended."""
        events = [event for machine in self._machines.values() for event in machine.cut()]
        events += self._overlaps.forget(now)
        for number, phase in self._site.phases.items():
            self._machines[number] = PhaseMachine(phase, now)
        self._rings.forget()
        if self._preemption is not None:
            self._preemption.forget()
        return events

    def _announce(self) -> list[Event]:
        """Log a change of flash status (173) and of pattern (131 …)."""
        events: list[Event] = []
        status = self._flash_status_now()
        if status is not self._flash_status:
            self._flash_status = status
            events.append(Event(EventCode.UNIT_FLASH_STATUS, status))
        return events + self._pattern.announce(self._mode.mode)

    def _flash_status_now(self) -> FlashStatus:
        mode = self._mode.mode
        if mode not in FLASHING:
            return FlashStatus.NOT_FLASH
        if self.rung is Rung.FLASH:
            return FlashStatus.FAULT_MONITOR
        if mode is Mode.START_UP_FLASH:
            return FlashStatus.START_UP
        return FlashStatus.AUTOMATIC if self._pattern.flash_is_scheduled else FlashStatus.LOCAL_MANUAL

    # ── serving ─────────────────────────────────────────────────────────────────────────────────

    def _serve(self, now: Ms) -> list[Event]:
        events: list[Event] = []
        for number, calls in self._calls.items():
            events += calls.hear(now, self._machines[number].interval)
        asks, asked = self._ask()
        events += asked + self._note_holds(asks.holds)
        events += self._overlaps.time(now)
        demand = self._demand(now, asks)
        moves = self._rings.tick(now, demand, asks)
        at_once = {phase for phase, _ in moves.started if self._calls[phase].vehicle_since == now}
        events += self._apply(now, moves)
        if self._site.overlaps:
            events += self._overlaps.follow(now, self._rings.coming, demand.walks)
        return [e for e in events if e.code not in _CALL or e.parameter not in at_once] if at_once else events

    def _note_holds(self, holds: frozenset[PhaseNumber]) -> list[Event]:
        """Log holds that began (41) and ended (42)."""
        if holds == self._held:
            return []
        ended, begun, self._held = self._held - holds, holds - self._held, holds
        events = [Event(EventCode.PHASE_HOLD_OFF, p) for p in sorted(ended)]
        return events + [Event(EventCode.PHASE_HOLD_ON, p) for p in sorted(begun)]

    def _ask(self) -> tuple[Asks, list[Event]]:
        """What the row of askers asks for, from the strategy up to the one with the most right."""
        strategy = self._pattern.strategy
        asks, events = strategy.ask(self._view) if strategy is not None else (NOTHING, [])
        for asker in self._askers:
            bent, more = asker.shape(self._view, asks)
            if bent is not asks:
                asks, self._bent_ms = bent, self._view.now
            events += more
        return asks, events

    def _demand(self, now: Ms, asks: Asks) -> Demand:
        """Who wants right-of-way in this tick, from calls, recalls and the strategy."""
        calls = self._calls
        if not asks.hears_detectors:
            walks = frozenset(n for n, c in calls.items() if (c.ped if self._is_green(n) else n in asks.ped_calls))
            return Demand(asks.calls - asks.omits, walks - asks.ped_omits)
        wanted = frozenset(n for n, c in calls.items() if c.demands and not self._is_green(n)) | asks.calls
        soft = frozenset(p for p in self._soft if p not in wanted and self._nobody_opposes(now, p, wanted))
        walks = frozenset(n for n, c in calls.items() if c.wants_walk(green=self._is_green(n)))
        return Demand((wanted | soft) - asks.omits, (walks | asks.ped_calls) - asks.ped_omits)

    def _nobody_opposes(self, now: Ms, phase: PhaseNumber, wanted: frozenset[PhaseNumber]) -> bool:
        """Whether a soft recall may speak: no conflicting phase is called, none in green has traffic."""
        conflicts = self._conflicts[phase]
        if not wanted.isdisjoint(conflicts):
            return False
        return all(self._calls[p].gapped(now) for p in conflicts if self._is_green(p))

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
        return self._machines[phase].is_green

    def _is_walking(self, phase: PhaseNumber) -> bool:
        return self._machines[phase].ped is PedInterval.WALK


def longest_wait_ms(site: Site) -> Ms:
    """The longest a call can wait for its green in actuated operation: twice the longest cycle the timing allows.

    With more than two rings, as many times as there are rings: they may join a barrier group late, one after the other.
    """
    worst_intergreen = max(site.intergreen.values(), default=0)

    def longest(phase: PhaseNumber) -> Ms:
        p = site.phases[phase]
        clearance = max(p.change_ms, worst_intergreen) + max(site.options.red_revert_ms, p.red_revert_ms)
        return p.longest_max_ms + p.longest_initial_ms + clearance + site.longest_overlap_end_ms

    groups = range(site.sequence.group_count)
    times = max(2, len(site.sequence.rings))
    return times * sum(max(sum(longest(p) for p in ring[g]) for ring in site.sequence.rings) for g in groups)
