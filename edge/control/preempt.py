"""Preemption: a train, a fire engine or an ambulance takes the sequence (NTCIP 1202 2.7; MUTCD 11th ed. 4F.19).

Rules
    1. A preempt asks through the same doors as everybody: it calls its phases, omits all others and forces them off, also
       those that could stay green beside its own: they may lead over the tracks, or into the way of the engine.
       Minimum green, yellow and red clearance are therefore always whole.
    2. Only a running walk and pedestrian clearance may be shortened, to bounds that the site file names, on entry only.
    3. The lower number has the higher right and takes over at any time. Nobody else is heard meanwhile.
    4. The way is ENTRY → (TRACK) → TO_DWELL → DWELL → EXIT, as `_next_stage` says; a link leads from DWELL to another
       preempt's ENTRY.

Theory of operation. Every preempt has a `_Request`: its input with polarity, delay, locking and maximum presence. The
request with the lowest number is active. In each stage a set of phases is wanted; a stage that waits for them ends when
all of them are green. Because the wanted phases are concurrent (`stopline check` sees to it), the rings bring them up in
bounded time: what runs ends after its minimum and clears, nothing else starts.

          all green          track timed, gate down         all green           released          all green
    ENTRY ─────────▶ TRACK ─────────────────────────▶ TO_DWELL ────────▶ DWELL ───────────▶ EXIT ─────────▶ over
      └──────────────────── no track clearance ──────────────────────────▲  └─ link ─▶ ENTRY of another
"""

from dataclasses import replace
from enum import Enum

from edge.control.asks import NOBODY, Asks
from edge.control.view import View
from edge.model.events import Event, EventCode
from edge.model.exchange import PreemptStatus
from edge.model.phases import Termination
from edge.model.preempts import PedBounds, Preempt, PreemptKind
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber, PreemptNumber


class Stage(Enum):
    """Where the active preempt is."""

    ENTRY = "entry"
    TRACK = "track clearance"
    TO_DWELL = "on the way to dwell"
    DWELL = "dwell"
    EXIT = "exit"
    OVER = "over"


_LOGGED: dict[Stage, EventCode | None] = {
    Stage.ENTRY: EventCode.PREEMPT_ENTRY,
    Stage.TRACK: EventCode.PREEMPT_BEGIN_TRACK,
    Stage.TO_DWELL: None,
    Stage.DWELL: EventCode.PREEMPT_BEGIN_DWELL,
    Stage.EXIT: None,
    Stage.OVER: EventCode.PREEMPT_BEGIN_EXIT,
}
"""The code that begins each stage. 111 is set when the exit phases are green, and the preempt is over for us then."""


class _Request:
    """One preempt's input, with polarity, delay, locking and maximum presence.

    `wants`: it asks to enter. `present`: it is on, and has not been given up; the dwell lasts as long.
    """

    __slots__ = ("_due", "_entered", "_gate", "_given_up", "_on", "_on_since", "_preempt")

    def __init__(self, preempt: Preempt) -> None:
        self._preempt = preempt
        self._on = False
        self._on_since: Ms = 0
        self._due = False  # called, and not yet over
        self._entered = False
        self._given_up = False
        self._gate = False  # whether the gate is down

    def hear(self, view: View) -> list[Event]:
        """Take in one tick; logs 102 to 104 and 110."""
        preempt, now = self._preempt, view.now
        events = self._hear_gate(view)
        on = self.reads_on(view)
        if on is not self._on:
            events.append(Event(EventCode.PREEMPT_ON if on else EventCode.PREEMPT_OFF, preempt.number))
            self._change(now, on=on)
        limit_ms = preempt.max_presence_ms
        if on and limit_ms and not self._given_up and now - self._on_since >= limit_ms:
            self._given_up, self._due = True, False
            events.append(Event(EventCode.PREEMPT_MAX_PRESENCE, preempt.number))
        return events

    def _hear_gate(self, view: View) -> list[Event]:
        """Log a gate that has come down (103); one that is not heard is not down."""
        track = self._preempt.track
        if track is None or track.gate is None:
            return []
        before, self._gate = self._gate, view.wire_on(track.gate) is True
        return [Event(EventCode.PREEMPT_GATE_DOWN, self._preempt.number)] if self._gate and not before else []

    def wants(self, now: Ms) -> bool:
        """Whether it asks for its preempt at `now`: called, and the delay is over."""
        return self._due and now - self._on_since >= self._preempt.delay_ms

    def enter(self) -> None:
        """Its preempt begins, or goes on."""
        self._entered = True
        self._due = self.present

    def again(self) -> None:
        """What has been done for it is undone: it is due again while it is on."""
        self._entered, self._due = False, self._due or self.present

    @property
    def present(self) -> bool:
        """Whether the input is on and has not been given up."""
        return self._on and not self._given_up

    @property
    def given_up(self) -> bool:
        """Whether the input has been on for longer than its maximum presence."""
        return self._given_up

    def _change(self, now: Ms, *, on: bool) -> None:
        self._on, self._given_up = on, False
        if on and not self._due:
            self._on_since, self._due, self._entered = now, True, False
        elif not on and (self._entered or not self._preempt.locking):
            self._due = False

    def reads_on(self, view: View) -> bool:
        """Whether its input asks; a railway's that is not heard does."""
        level = view.wire_on(self._preempt.input)
        if level is None:
            return self._preempt.kind is PreemptKind.RAIL
        return level is not self._preempt.inverted


class Preemption:
    """The asker with the most right. `active` is the preempt that runs, None while there is none."""

    def __init__(self, site: Site) -> None:
        self._preempts = dict(sorted(site.preempts.items()))
        self._requests = {number: _Request(preempt) for number, preempt in self._preempts.items()}
        self._all = frozenset(site.phases)
        self._stage = Stage.ENTRY
        self._since: Ms = 0  # of the stage
        self._entered: Ms = 0
        self._linked: PreemptNumber | None = None
        self.active: Preempt | None = None

    def shape(self, view: View, asks: Asks) -> tuple[Asks, list[Event]]:
        """Nobody else is heard while a preempt runs. At most one stage a tick."""
        events = [event for request in self._requests.values() for event in request.hear(view)]
        if self.active is not None and self._stage is not Stage.EXIT:
            self._requests[self.active.number].enter()  # who calls again meanwhile is served already
        caller = self._caller(view.now)
        if caller is not None:
            events += self._enter(view.now, caller)
        elif self.active is not None and (stage := self._next_stage(view, self.active)) is not None:
            events += self._go(view.now, self.active, stage)
        return (asks if self.active is None else self._asks(view, self.active)), events

    def forget(self) -> None:
        """Flash has broken in: a preempt that is still called enters anew when the street runs again."""
        self.active = self._linked = None
        for request in self._requests.values():
            request.again()

    def status(self, now: Ms) -> PreemptStatus | None:
        """The running preempt for the screen."""
        if self.active is None:
            return None
        return PreemptStatus(self.active.number, self.active.kind.value, self._stage.value, now - self._since)

    def is_called(self, view: View) -> bool:
        """Whether a preempt runs or any input asks for one; stop time is not heard then."""
        asked = (r.reads_on(view) and not r.given_up for r in self._requests.values())
        return self.active is not None or any(asked)

    @property
    def given_up(self) -> tuple[PreemptNumber, ...]:
        """The preempts whose input has been on for longer than its maximum presence."""
        return tuple(number for number, request in self._requests.items() if request.given_up)

    # ── who ──

    def _caller(self, now: Ms) -> PreemptNumber | None:
        """Who is to enter now: the caller with the highest right, if it has more than the one that runs or that one leaves."""
        first = next((number for number, request in self._requests.items() if request.wants(now)), None)
        running = self.active
        if first is None or running is None or first < running.number or self._stage is Stage.EXIT:
            return first
        return None

    def _enter(self, now: Ms, number: PreemptNumber) -> list[Event]:
        events = self._end_link()
        self._requests[number].enter()
        self.active, self._entered = self._preempts[number], now
        return events + self._begin(now, number, Stage.ENTRY)

    def _begin(self, now: Ms, number: PreemptNumber, stage: Stage) -> list[Event]:
        self._stage, self._since = stage, now
        code = _LOGGED[stage]
        return [Event(code, number)] if code is not None else []

    # ── stages ──

    def _next_stage(self, view: View, preempt: Preempt) -> Stage | None:
        """The stage that follows now; None while the present one goes on."""
        match self._stage:
            case Stage.ENTRY if _all_green(view, first_phases(preempt)):
                return Stage.TRACK if preempt.track is not None else Stage.DWELL
            case Stage.TRACK if self._track_is_clear(view, preempt):
                return Stage.TO_DWELL
            case Stage.TO_DWELL if _all_green(view, preempt.dwell):
                return Stage.DWELL
            case Stage.DWELL if self._released(view.now, preempt):
                return Stage.EXIT
            case Stage.EXIT if _all_green(view, preempt.exit_phases):
                return Stage.OVER
            case _:
                return None

    def _go(self, now: Ms, preempt: Preempt, stage: Stage) -> list[Event]:
        """Begin a stage of the running preempt; from the dwell a link leads to another preempt."""
        if stage is Stage.EXIT and preempt.link is not None:
            events = self._enter(now, preempt.link)
            self._linked = preempt.link
            return [Event(EventCode.PREEMPT_LINK_ON, preempt.link), *events]
        if stage is Stage.EXIT and not preempt.exit_phases:
            stage = Stage.OVER
        events = self._begin(now, preempt.number, stage)
        if stage is Stage.OVER:
            self.active = None
            return events + self._end_link()
        return events

    def _track_is_clear(self, view: View, preempt: Preempt) -> bool:
        track = preempt.track
        if track is None:
            return True
        lasted = view.now - self._since
        gate_is_down = track.gate is None or view.wire_on(track.gate) is True
        return lasted >= track.longest_ms or (lasted >= track.green_ms and gate_is_down)

    def _released(self, now: Ms, preempt: Preempt) -> bool:
        """Whether the dwell may end: nobody is present any more, and its minimum times are over."""
        timed = now - self._since >= preempt.min_dwell_ms and now - self._entered >= preempt.min_duration_ms
        return timed and not self._requests[preempt.number].present

    def _end_link(self) -> list[Event]:
        linked, self._linked = self._linked, None
        return [Event(EventCode.PREEMPT_LINK_OFF, linked)] if linked is not None else []

    # ── what is asked for ──

    def _asks(self, view: View, preempt: Preempt) -> Asks:
        match self._stage:
            case Stage.ENTRY:
                return self._only(first_phases(preempt), hurry=preempt.entry)
            case Stage.TRACK:
                return self._only(first_phases(preempt))
            case Stage.TO_DWELL:
                return self._only(preempt.dwell) if preempt.dwell else self._cycle(view, preempt)
            case Stage.DWELL if preempt.dwell:
                return replace(self._only(preempt.dwell), ped_omits=NOBODY)
            case Stage.DWELL:
                return self._cycle(view, preempt)
            case _:
                return replace(self._only(preempt.exit_phases), clears=NOBODY)

    def _only(self, phases: tuple[PhaseNumber, ...], hurry: PedBounds | None = None) -> Asks:
        """These phases green, all others red, and no walk begins."""
        wanted = frozenset(phases)
        others = self._all - wanted
        return Asks(
            calls=wanted,
            holds=wanted,
            force_offs=others,
            clears=others,
            omits=others,
            ped_omits=self._all,
            hears_detectors=False,
            force_off_as=Termination.PREEMPT,
            hurry=hurry,
        )

    def _cycle(self, view: View, preempt: Preempt) -> Asks:
        """Limited service: the cycling phases by demand, nobody else."""
        cycling = frozenset(preempt.cycling)
        others = self._all - cycling
        away = any(phase in others for phase in view.greens())
        return Asks(
            calls=cycling if away else NOBODY,
            force_offs=others,
            clears=others,
            omits=others,
            force_off_as=Termination.PREEMPT,
        )


def first_phases(preempt: Preempt) -> tuple[PhaseNumber, ...]:
    """Who must be green first: the track clearance, else the dwell."""
    return preempt.track.phases if preempt.track is not None else preempt.dwell


def _all_green(view: View, phases: tuple[PhaseNumber, ...]) -> bool:
    return all(view.is_green(phase) for phase in phases)
