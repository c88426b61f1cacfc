"""The interval machine of one phase: the only place where a green, a yellow, a clearance or a walk may start or end.

Rule 1
    Everything that changes a phase's interval lives in this file, as a row of `VEHICLE` or `PEDESTRIAN`.
Rule 2
    This file knows one phase. It has never heard of rings, detectors, plans, preempts or operators.
Rule 3
    Others may only ask: `start`, `walk`, `end`. What may not be is refused with `IntervalError` and nothing changes;
    `may_start` and `may_end` tell beforehand.

Theory of operation. A phase is red until somebody starts it. It then times its minimum green, which covers walk and
pedestrian clearance when a pedestrian is served from the start. After the minimum it is in extension while somebody
opposes it and rests in green while nobody does. `end` is heard in extension only, and only when the pedestrian
interval is steady don't walk again; so there is one single way to yellow, and it lies behind the minimum green, the
walk and the pedestrian clearance. Yellow and red clearance run by the clock alone: between `end` and red nobody is
asked anything. Every interval begins at the `now` of the tick that shows it first, so a late tick lengthens an interval
and can never shorten one.

            start            minimum timed         unopposed
      RED ────────▶ MIN_GREEN ────────▶ EXTENSION ◀────────▶ REST
       ▲                                    │      opposed
       │ clearance timed                    │ end
       └──────────── RED_CLEARANCE ◀── YELLOW_CHANGE
                                  yellow timed

            walk              walk timed             clearance timed
   DONT_WALK ────────▶ WALK ────────────▶ PED_CLEARANCE ────────────▶ DONT_WALK

Preemption alone may shorten a walk and a pedestrian clearance that run, by `hurry` and to bounds that the site file names
(MUTCD 11th ed. 4F.19); it never shortens the vehicles' minimum.

Warning. The pedestrian clearance ends before yellow begins: the buffer of MUTCD 11th ed. 4I.06 is yellow and red
clearance. Red revert (NEMA TS 2 3.5.3) is timed from the end of yellow.
"""

from enum import Enum

from edge.model.events import Event, EventCode
from edge.model.exchange import Interval, PedInterval
from edge.model.phases import Phase, Termination
from edge.model.preempts import PedBounds
from edge.model.units import Ms


class Cue(Enum):
    """What can move an interval. START, END and WALK are asked for; the others come from the clock and from calls."""

    START = "start"
    MINIMUM_TIMED = "minimum timed"
    UNOPPOSED = "unopposed"
    OPPOSED = "opposed"
    END = "end"
    YELLOW_TIMED = "yellow timed"
    CLEARANCE_TIMED = "clearance timed"
    WALK = "walk"
    WALK_TIMED = "walk timed"
    PED_CLEARANCE_TIMED = "pedestrian clearance timed"


VEHICLE: dict[tuple[Interval, Cue], Interval] = {
    (Interval.RED, Cue.START): Interval.MIN_GREEN,
    (Interval.MIN_GREEN, Cue.MINIMUM_TIMED): Interval.EXTENSION,
    (Interval.EXTENSION, Cue.UNOPPOSED): Interval.REST,
    (Interval.REST, Cue.OPPOSED): Interval.EXTENSION,
    (Interval.EXTENSION, Cue.END): Interval.YELLOW_CHANGE,
    (Interval.YELLOW_CHANGE, Cue.YELLOW_TIMED): Interval.RED_CLEARANCE,
    (Interval.RED_CLEARANCE, Cue.CLEARANCE_TIMED): Interval.RED,
}

PEDESTRIAN: dict[tuple[PedInterval, Cue], PedInterval] = {
    (PedInterval.DONT_WALK, Cue.WALK): PedInterval.WALK,
    (PedInterval.WALK, Cue.WALK_TIMED): PedInterval.PED_CLEARANCE,
    (PedInterval.PED_CLEARANCE, Cue.PED_CLEARANCE_TIMED): PedInterval.DONT_WALK,
}

GREEN = frozenset({Interval.MIN_GREEN, Interval.EXTENSION, Interval.REST})

LOGGED: dict[Cue, tuple[EventCode, ...]] = {
    Cue.START: (EventCode.PHASE_ON, EventCode.PHASE_BEGIN_GREEN),
    Cue.MINIMUM_TIMED: (EventCode.PHASE_MIN_COMPLETE,),
    Cue.UNOPPOSED: (),
    Cue.OPPOSED: (),
    Cue.END: (EventCode.PHASE_GREEN_TERMINATION, EventCode.PHASE_BEGIN_YELLOW),
    Cue.YELLOW_TIMED: (EventCode.PHASE_END_YELLOW, EventCode.PHASE_BEGIN_RED_CLEARANCE),
    Cue.CLEARANCE_TIMED: (EventCode.PHASE_END_RED_CLEARANCE, EventCode.PHASE_INACTIVE),
    Cue.WALK: (EventCode.PED_BEGIN_WALK,),
    Cue.WALK_TIMED: (EventCode.PED_BEGIN_CLEARANCE,),
    Cue.PED_CLEARANCE_TIMED: (EventCode.PED_BEGIN_DONT_WALK,),
}
"""The codes of each transition. 10 and 11 are written for a red clearance of nought too: readers need the pair."""

CUT: dict[Interval, tuple[EventCode, ...]] = {
    Interval.YELLOW_CHANGE: (EventCode.PHASE_END_YELLOW, EventCode.PHASE_BEGIN_RED_CLEARANCE),
    Interval.RED_CLEARANCE: (),
} | dict.fromkeys(GREEN, (EventCode.PHASE_GREEN_TERMINATION, EventCode.PHASE_BEGIN_RED_CLEARANCE))
"""The codes with which flash cuts an interval off, before 11 and 12. Readers take a phase for on until its 10."""

REASON: dict[Termination, EventCode] = {
    Termination.GAP_OUT: EventCode.PHASE_GAP_OUT,
    Termination.MAX_OUT: EventCode.PHASE_MAX_OUT,
    Termination.FORCE_OFF: EventCode.PHASE_FORCE_OFF,
    Termination.PRIORITY: EventCode.PRIORITY_FORCE_OFF,
    Termination.PREEMPT: EventCode.PREEMPT_FORCE_OFF,
}

_NOBODY_WALKS = PedInterval.DONT_WALK  # the only pedestrian interval from which a green may end

LEAST_SHOWN_MS: Ms = 1_000
"""Red between two greens of a phase, and don't walk between two walks, are shown this long at least, whatever the site's
red revert says: a head that blinks back is misread. Ours."""


class IntervalError(Exception):
    """A transition was asked for that the table or the clock does not allow. Our own fault: the caller must flash."""


class PhaseMachine:
    """One phase's vehicle and pedestrian interval. Starts red, with its red revert running from `now`."""

    __slots__ = (
        "_added",
        "_vehicle_minimum_ms",
        "green_began",
        "green_ended",
        "hurried",
        "interval",
        "is_green",
        "minimum_ms",
        "number",
        "ped",
        "ped_since",
        "red_since",
        "since",
        "timing",
    )

    def __init__(self, timing: Phase, now: Ms) -> None:
        self.timing = timing
        self.number = timing.number
        self.interval = Interval.RED
        self.is_green = False  # kept beside the interval because everybody asks in every tick
        self.since = now
        self.red_since = now  # end of the last yellow
        self.green_began = now  # start of the last minimum green
        self.green_ended = now  # start of the last yellow
        self.minimum_ms = 0  # of this green
        self.hurried: PedBounds | None = None  # what a preempt leaves of the running walk and clearance
        self._vehicle_minimum_ms = 0  # of this green, pedestrians left aside
        self._added = False  # whether an added initial made it longer
        self.ped = PedInterval.DONT_WALK
        self.ped_since = now

    def may_start(self, now: Ms, red_revert_ms: Ms) -> bool:
        """Whether `start` would be heard: red, and red for at least the red revert time."""
        return self.interval is Interval.RED and now - self.red_since >= max(
            red_revert_ms, self.timing.red_revert_ms, LEAST_SHOWN_MS
        )

    def may_end(self) -> bool:
        """Whether `end` would be heard: in extension, nobody walking."""
        return self.interval is Interval.EXTENSION and self.ped is _NOBODY_WALKS

    def may_walk(self, now: Ms) -> bool:
        """Whether `walk` would be heard: in green, with pedestrians, steady don't walk for long enough to be seen."""
        standing = self.ped is PedInterval.DONT_WALK and now - self.ped_since >= LEAST_SHOWN_MS
        return self.timing.ped is not None and self.is_green and standing

    def start(self, now: Ms, red_revert_ms: Ms, *, walk: bool, initial_ms: Ms = 0) -> list[Event]:
        """Begin the minimum green, with walk if asked. `initial_ms`: an added initial, which can only make it longer.

        Raises:
            IntervalError: not red, red revert still timing, or a walk for a phase without pedestrians.
        """
        if not self.may_start(now, red_revert_ms):
            raise IntervalError(f"phase {self.number}: start asked in {self.interval.name}")
        if walk and self.timing.ped is None:
            raise IntervalError(f"phase {self.number}: walk asked, but it has no pedestrian movement")
        events = self._move(now, Cue.START)
        self.green_began = now
        stated_ms = self.timing.longest_minimum_ms if walk else self.timing.min_green_ms
        self.minimum_ms = max(stated_ms, initial_ms)
        self._added = initial_ms > stated_ms
        self._vehicle_minimum_ms = max(self.timing.min_green_ms, initial_ms)
        return events + self._step_ped(now, Cue.WALK) if walk else events

    def walk(self, now: Ms) -> list[Event]:
        """Begin a walk inside a running green; the green cannot end before its clearance is over.

        Raises:
            IntervalError: not green, already walking, or no pedestrian movement.
        """
        if not self.may_walk(now):
            raise IntervalError(f"phase {self.number}: walk asked in {self.interval.name}, {self.ped.name}")
        return self._step_ped(now, Cue.WALK)

    def end(self, now: Ms, reason: Termination) -> list[Event]:
        """End the green: begin yellow.

        Raises:
            IntervalError: the minimum green or the pedestrian interval is still timing, or the phase is not green.
        """
        if not self.may_end():
            raise IntervalError(f"phase {self.number}: end asked in {self.interval.name}, {self.ped.name}")
        self.green_ended = now
        return [Event(REASON[reason], self.number), *self._move(now, Cue.END)]

    def hurry(self, bounds: PedBounds) -> None:
        """Shorten the walk and the pedestrian clearance that run to `bounds`; nothing where nobody walks.

        The green's minimum is then that of the vehicles alone; it cannot end before the shortened clearance has either.
        """
        if self.ped is not PedInterval.DONT_WALK:
            self.hurried = bounds
            self.minimum_ms = self._vehicle_minimum_ms

    def tick(self, now: Ms, *, opposed: bool) -> list[Event]:
        """Let the clock work: every transition that is due at `now`, pedestrians first."""
        events = [] if self.ped is PedInterval.DONT_WALK else self._tick_ped(now)
        while (cue := self._due(now, opposed=opposed)) is not None:
            events += self._move(now, cue)
            if cue is Cue.MINIMUM_TIMED and self._added:
                events.append(Event(EventCode.ADDED_INITIAL_COMPLETE, self.number))
        return events

    def cut(self) -> list[Event]:
        """The events that end what is running when flash breaks in. The machine is of no use afterwards."""
        if self.interval is Interval.RED:
            return []
        walking = (EventCode.PED_BEGIN_DONT_WALK,) if self.ped is not PedInterval.DONT_WALK else ()
        codes = (*walking, *CUT[self.interval], *LOGGED[Cue.CLEARANCE_TIMED])
        return [Event(code, self.number) for code in codes]

    def _due(self, now: Ms, *, opposed: bool) -> Cue | None:
        """The cue the clock or the calls give at `now`, None if there is none."""
        held = now - self.since
        match self.interval:
            case Interval.RED:
                return None
            case Interval.MIN_GREEN:
                return Cue.MINIMUM_TIMED if held >= self.minimum_ms else None
            case Interval.EXTENSION:
                return None if opposed else Cue.UNOPPOSED
            case Interval.REST:
                return Cue.OPPOSED if opposed else None
            case Interval.YELLOW_CHANGE:
                return Cue.YELLOW_TIMED if held >= self.timing.yellow_ms else None
            case Interval.RED_CLEARANCE:  # pragma: no branch - the last of a closed set
                return Cue.CLEARANCE_TIMED if held >= self.timing.red_clear_ms else None

    def _tick_ped(self, now: Ms) -> list[Event]:
        ped = self.timing.ped
        if ped is None:
            raise IntervalError(f"phase {self.number}: {self.ped.name} without a pedestrian movement")
        held, least = now - self.ped_since, self.hurried
        walk_ms = ped.walk_ms if least is None else min(ped.walk_ms, least.walk_ms)
        clearance_ms = ped.clearance_ms if least is None else min(ped.clearance_ms, least.clearance_ms)
        if self.ped is PedInterval.WALK and held >= walk_ms:
            return self._step_ped(now, Cue.WALK_TIMED)
        if self.ped is PedInterval.PED_CLEARANCE and held >= clearance_ms:
            return self._step_ped(now, Cue.PED_CLEARANCE_TIMED)
        return []

    def _move(self, now: Ms, cue: Cue) -> list[Event]:
        self.interval = VEHICLE[self.interval, cue]
        self.is_green = self.interval in GREEN
        self.since = now
        if cue is Cue.YELLOW_TIMED:
            self.red_since = now
        return [Event(code, self.number) for code in LOGGED[cue]]

    def _step_ped(self, now: Ms, cue: Cue) -> list[Event]:
        self.ped = PEDESTRIAN[self.ped, cue]
        self.ped_since = now
        if self.ped is PedInterval.DONT_WALK:
            self.hurried = None
        return [Event(code, self.number) for code in LOGGED[cue]]
