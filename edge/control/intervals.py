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

Around the green there may be more. With a leading walk (LPI) the walk begins at `start` and the vehicles stay red until
it has led; with red and amber that interval stands last before green, and a walk that does not lead waits for the green.
The minimum green is counted from the green. A green that blinks has ended: `end` begins the blinking, and nobody can
call it back. A walk that rests (NTCIP phaseOptions bit 13) goes on until somebody opposes, and then clears in full.

      RED ───▶ LEADING_WALK ───▶ RED_YELLOW ───▶ MIN_GREEN         EXTENSION ───▶ GREEN_BLINK ───▶ YELLOW_CHANGE
         lead            lead timed      amber timed                         end            blink timed
         (each only where the phase has it)

Preemption alone may shorten a walk and a pedestrian clearance that run, by `hurry` and to bounds that the site file names
(MUTCD 11th ed. 4F.19); it never shortens the vehicles' minimum.

Warning. The pedestrian clearance ends before yellow begins: the buffer of MUTCD 11th ed. 4I.06 is yellow and red
clearance. Red revert (NEMA TS 2 3.5.3) is timed from the end of yellow.
"""

from edge.control.interval_codes import CUT, GREEN, LOGGED, ON, REASON, Cue
from edge.model.events import Event, EventCode
from edge.model.exchange import Interval, PedInterval
from edge.model.phases import PedTiming, Phase, Termination
from edge.model.preempts import PedBounds
from edge.model.units import Ms

VEHICLE: dict[tuple[Interval, Cue], Interval] = {
    (Interval.RED, Cue.START): Interval.MIN_GREEN,
    (Interval.RED, Cue.LEAD): Interval.LEADING_WALK,
    (Interval.RED, Cue.AMBER): Interval.RED_YELLOW,
    (Interval.LEADING_WALK, Cue.AMBER): Interval.RED_YELLOW,
    (Interval.LEADING_WALK, Cue.RELEASE): Interval.MIN_GREEN,
    (Interval.RED_YELLOW, Cue.RELEASE): Interval.MIN_GREEN,
    (Interval.MIN_GREEN, Cue.MINIMUM_TIMED): Interval.EXTENSION,
    (Interval.EXTENSION, Cue.UNOPPOSED): Interval.REST,
    (Interval.REST, Cue.OPPOSED): Interval.EXTENSION,
    (Interval.EXTENSION, Cue.END): Interval.YELLOW_CHANGE,
    (Interval.EXTENSION, Cue.BLINK): Interval.GREEN_BLINK,
    (Interval.GREEN_BLINK, Cue.BLINK_TIMED): Interval.YELLOW_CHANGE,
    (Interval.YELLOW_CHANGE, Cue.YELLOW_TIMED): Interval.RED_CLEARANCE,
    (Interval.RED_CLEARANCE, Cue.CLEARANCE_TIMED): Interval.RED,
}

TIMED: dict[Interval, Cue] = {
    Interval.RED_YELLOW: Cue.RELEASE,
    Interval.MIN_GREEN: Cue.MINIMUM_TIMED,
    Interval.GREEN_BLINK: Cue.BLINK_TIMED,
    Interval.YELLOW_CHANGE: Cue.YELLOW_TIMED,
    Interval.RED_CLEARANCE: Cue.CLEARANCE_TIMED,
}
"""What the clock cues at the end of an interval that it ends."""

PEDESTRIAN: dict[tuple[PedInterval, Cue], PedInterval] = {
    (PedInterval.DONT_WALK, Cue.WALK): PedInterval.WALK,
    (PedInterval.WALK, Cue.WALK_TIMED): PedInterval.PED_CLEARANCE,
    (PedInterval.PED_CLEARANCE, Cue.PED_CLEARANCE_TIMED): PedInterval.DONT_WALK,
}

_INTO_GREEN = frozenset({Cue.START, Cue.RELEASE})
_NOBODY_WALKS = PedInterval.DONT_WALK  # the only pedestrian interval from which a green may end

LEAST_SHOWN_MS: Ms = 1_000
"""Red between two greens of a phase, and don't walk between two walks, are shown this long at least, whatever the site's
red revert says: a head that blinks back is misread. Ours."""


class IntervalError(Exception):
    """A transition was asked for that the table or the clock does not allow. Our own fault: the caller must flash."""


class PhaseMachine:
    """One phase's vehicle and pedestrian interval. Starts red, with its red revert running from `now`."""

    __slots__ = (
        "_added", "_extended", "_led", "_vehicle_minimum_ms", "green_began", "green_ended", "hurried", "interval",
        "is_green", "is_on", "minimum_ms", "number", "ped", "ped_since", "red_since", "since", "timing", "walk_waits",
    )  # fmt: skip

    def __init__(self, timing: Phase, now: Ms) -> None:
        self.timing = timing
        self.number = timing.number
        self.interval = Interval.RED
        self.is_green = False  # kept beside the interval because everybody asks in every tick
        self.is_on = False  # the same: green, or on its way to it
        self.since = now
        self.red_since = now  # end of the last yellow
        self.green_began = now  # start of the last minimum green
        self.green_ended = now  # start of the last yellow
        self.minimum_ms = 0  # of this green
        self.hurried: PedBounds | None = None  # what a preempt leaves of the running walk and clearance
        self._vehicle_minimum_ms = 0  # of this green, pedestrians left aside
        self._added = False  # whether an added initial made it longer
        self._led = False  # whether the walk began before this green
        self.walk_waits = False  # for the green that follows red and amber
        self._extended = False  # this walk and its clearance, after a long press
        self.ped = PedInterval.DONT_WALK
        self.ped_since = now

    def may_start(self, now: Ms, red_revert_ms: Ms) -> bool:
        """Whether `start` would be heard: red, and red for at least the red revert time."""
        timing = self.timing
        least_ms = max(red_revert_ms, timing.red_revert_ms, timing.min_red_ms, LEAST_SHOWN_MS)
        return self.interval is Interval.RED and now - self.red_since >= least_ms

    def ready_ms(self, *, walk: bool) -> Ms:
        """How long after `start` somebody first moves: nothing with a walk that leads, the red and amber else."""
        return 0 if walk and self.timing.lead_ms else self.timing.red_yellow_ms

    def may_end(self) -> bool:
        """Whether `end` would be heard: in extension, nobody walking."""
        return self.interval is Interval.EXTENSION and self.ped is _NOBODY_WALKS

    def may_walk(self, now: Ms) -> bool:
        """Whether `walk` would be heard: in green, with pedestrians, steady don't walk for long enough to be seen."""
        standing = self.ped is PedInterval.DONT_WALK and now - self.ped_since >= LEAST_SHOWN_MS
        return self.timing.ped is not None and self.is_green and standing

    def start(
        self, now: Ms, red_revert_ms: Ms, *, walk: bool, initial_ms: Ms = 0, extended: bool = False
    ) -> list[Event]:
        """Begin the green or what leads to it, with walk if asked.

        `initial_ms`: an added initial, which can only make the green longer. `extended`: a long press called this walk.

        Raises:
            IntervalError: not red, red revert still timing, or a walk for a phase without pedestrians.
        """
        if not self.may_start(now, red_revert_ms):
            raise IntervalError(f"phase {self.number}: start asked in {self.interval.name}")
        if walk and self.timing.ped is None:
            raise IntervalError(f"phase {self.number}: walk asked, but it has no pedestrian movement")
        self._extended = extended
        lead_ms = self.timing.lead_ms if walk else 0
        stated_ms = self.timing.longest_minimum_ms - lead_ms if walk else self.timing.min_green_ms
        self.minimum_ms = max(stated_ms, initial_ms)
        self._added = initial_ms > stated_ms
        self._vehicle_minimum_ms = max(self.timing.min_green_ms, initial_ms)
        self._led, self.walk_waits = bool(lead_ms), walk and not lead_ms
        if self._led:
            return self._move(now, Cue.LEAD) + self._step_ped(now, Cue.WALK)
        return self._move(now, Cue.AMBER if self.timing.red_yellow_ms else Cue.START)

    def walk(self, now: Ms, *, extended: bool = False) -> list[Event]:
        """Begin a walk inside a running green; the green cannot end before its clearance is over.

        Raises:
            IntervalError: not green, already walking, or no pedestrian movement.
        """
        if not self.may_walk(now):
            raise IntervalError(f"phase {self.number}: walk asked in {self.interval.name}, {self.ped.name}")
        self._extended = extended
        return self._step_ped(now, Cue.WALK)

    def lengthen(self) -> bool:
        """Make the walk that is shown, and its clearance, those of a long press. Returns whether a walk is shown."""
        walks = self.ped is PedInterval.WALK
        self._extended = self._extended or walks
        return walks

    def end(self, now: Ms, reason: Termination) -> list[Event]:
        """End the green: begin yellow, or the blinking before it.

        Raises:
            IntervalError: the minimum green or the pedestrian interval is still timing, or the phase is not green.
        """
        if not self.may_end():
            raise IntervalError(f"phase {self.number}: end asked in {self.interval.name}, {self.ped.name}")
        cue = Cue.BLINK if self.timing.green_blink_ms else Cue.END
        return [Event(REASON[reason], self.number), *self._move(now, cue)]

    def hurry(self, bounds: PedBounds) -> None:
        """Shorten the walk and the pedestrian clearance that run to `bounds`; nothing where nobody walks.

        The green's minimum is then that of the vehicles alone; it cannot end before the shortened clearance has either.
        """
        if self.ped is not PedInterval.DONT_WALK:
            self.hurried = bounds
            self.minimum_ms = self._vehicle_minimum_ms

    def tick(self, now: Ms, *, opposed: bool, walk_rests: bool | None = None) -> list[Event]:
        """Let the clock work: every transition that is due at `now`, pedestrians first.

        `walk_rests`: whether a walk goes on while nobody opposes it, None as the phase says.
        """
        events: list[Event] = []
        if self.ped is not PedInterval.DONT_WALK:
            events = self._tick_ped(now, opposed=opposed, walk_rests=walk_rests)
        while (cue := self._due(now, opposed=opposed)) is not None:
            events += self._move(now, cue)
            if cue is Cue.MINIMUM_TIMED and self._added:
                events.append(Event(EventCode.ADDED_INITIAL_COMPLETE, self.number))
        return events

    def cut(self) -> list[Event]:
        """The events that end what is running when flash breaks in. The machine is of no use afterwards."""
        walking = (EventCode.PED_BEGIN_DONT_WALK,) if self.ped is not PedInterval.DONT_WALK else ()
        led = self._led and self.interval is Interval.RED_YELLOW
        codes = (*walking, *CUT[Interval.LEADING_WALK if led else self.interval])
        return [Event(code, self.number) for code in codes]

    def _due(self, now: Ms, *, opposed: bool) -> Cue | None:
        """The cue the clock or the calls give at `now`, None if there is none."""
        match self.interval:
            case Interval.RED:
                return None
            case Interval.EXTENSION:
                return None if opposed else Cue.UNOPPOSED
            case Interval.REST:
                return Cue.OPPOSED if opposed else None
            case _:
                return self._timed() if now - self.since >= self._lasts_ms() else None

    def _timed(self) -> Cue:
        """What the clock cues at the end of this interval."""
        if self.interval is Interval.LEADING_WALK:
            return Cue.AMBER if self.timing.red_yellow_ms else Cue.RELEASE
        return TIMED[self.interval]

    def _lasts_ms(self) -> Ms:
        """How long this interval lasts, where the clock ends it. Red and amber stands at the end of a lead, not behind it."""
        timing = self.timing
        match self.interval:
            case Interval.LEADING_WALK:
                return timing.lead_ms - timing.red_yellow_ms
            case Interval.RED_YELLOW:
                return timing.red_yellow_ms
            case Interval.MIN_GREEN:
                return self.minimum_ms
            case Interval.GREEN_BLINK:
                return timing.green_blink_ms
            case Interval.YELLOW_CHANGE:
                return timing.yellow_ms
            case _:
                return timing.red_clear_ms

    def _tick_ped(self, now: Ms, *, opposed: bool, walk_rests: bool | None) -> list[Event]:
        ped = self.timing.ped
        if ped is None:
            raise IntervalError(f"phase {self.number}: {self.ped.name} without a pedestrian movement")
        held = now - self.ped_since
        if self.ped is PedInterval.WALK:
            wanted = ped.rest_in_walk if walk_rests is None else walk_rests
            rests = wanted and not opposed and self.hurried is None
            return self._step_ped(now, Cue.WALK_TIMED) if held >= self._walk_ms(ped) and not rests else []
        return self._step_ped(now, Cue.PED_CLEARANCE_TIMED) if held >= self._clearance_ms(ped) else []

    def _walk_ms(self, ped: PedTiming) -> Ms:
        """How long this walk lasts at least: longer after a long press, shorter where a preempt hurries it."""
        ms = max(ped.walk_ms, ped.walk_extended_ms) if self._extended else ped.walk_ms
        return ms if self.hurried is None else min(ms, self.hurried.walk_ms)

    def _clearance_ms(self, ped: PedTiming) -> Ms:
        ms = max(ped.clearance_ms, ped.clearance_extended_ms) if self._extended else ped.clearance_ms
        return ms if self.hurried is None else min(ms, self.hurried.clearance_ms)

    def _move(self, now: Ms, cue: Cue) -> list[Event]:
        unannounced = self.interval is Interval.RED_YELLOW and not self._led
        self.interval = VEHICLE[self.interval, cue]
        self.is_green, self.is_on = self.interval in GREEN, self.interval in ON
        self.since = now
        events = [Event(code, self.number) for code in LOGGED[cue]]
        if cue in _INTO_GREEN:
            self.green_began = now
            on = [Event(EventCode.PHASE_ON, self.number)] if unannounced else []
            return on + events + self._begin_waiting_walk(now)
        if cue is Cue.YELLOW_TIMED:
            self.red_since = now
        elif self.interval is Interval.YELLOW_CHANGE:
            self.green_ended = now
        return events

    def _begin_waiting_walk(self, now: Ms) -> list[Event]:
        waits, self.walk_waits = self.walk_waits, False
        return self._step_ped(now, Cue.WALK) if waits else []

    def _step_ped(self, now: Ms, cue: Cue) -> list[Event]:
        self.ped = PEDESTRIAN[self.ped, cue]
        self.ped_since = now
        if self.ped is PedInterval.DONT_WALK:
            self.hurried = None
        return [Event(code, self.number) for code in LOGGED[cue]]
