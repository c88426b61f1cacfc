"""The interval machine of one overlap: the only place where an overlap's green, arrow, yellow or clearance may start or end.

As in `intervals`, every step is a row of a table, asked for by `begin`, `trail`, `resume` and `end` and otherwise made by
the clock. Green and flashing arrow end only behind the minimum green, and only into yellow; yellow and red clearance run
by the clock alone. So there is no way from green arrow to flashing arrow or back but through yellow and red.

            begin                        trail                end
      RED ────────▶ GREEN ─────────────▶ TRAILING_GREEN ──────────┐
       ▲   begin     │ ▲────── resume ───────────│                │
       │────────▶ FLASHING_ARROW ─────── end ────────────▶ YELLOW_CHANGE
       │             └────────── end ────────────────────────▶    │ yellow timed
       └──────────────────────── RED_CLEARANCE ◀──────────────────┘
"""

from enum import Enum

from edge.control.intervals import LEAST_SHOWN_MS, IntervalError
from edge.model.events import Event, EventCode
from edge.model.overlaps import Overlap, OverlapInterval
from edge.model.units import Ms

_RED, _GREEN, _TRAILING = OverlapInterval.RED, OverlapInterval.GREEN, OverlapInterval.TRAILING_GREEN
_ARROW, _YELLOW, _CLEARANCE = (
    OverlapInterval.FLASHING_ARROW,
    OverlapInterval.YELLOW_CHANGE,
    OverlapInterval.RED_CLEARANCE,
)


class OverlapCue(Enum):
    """What can move an overlap. The last two come from the clock."""

    GREEN = "green"
    FLASH = "flash"
    TRAIL = "trail"
    RESUME = "resume"
    END = "end"
    YELLOW_TIMED = "yellow timed"
    CLEARANCE_TIMED = "clearance timed"


STEPS: dict[tuple[OverlapInterval, OverlapCue], OverlapInterval] = {
    (_RED, OverlapCue.GREEN): _GREEN,
    (_RED, OverlapCue.FLASH): _ARROW,
    (_GREEN, OverlapCue.TRAIL): _TRAILING,
    (_TRAILING, OverlapCue.RESUME): _GREEN,
    (_GREEN, OverlapCue.END): _YELLOW,
    (_TRAILING, OverlapCue.END): _YELLOW,
    (_ARROW, OverlapCue.END): _YELLOW,
    (_YELLOW, OverlapCue.YELLOW_TIMED): _CLEARANCE,
    (_CLEARANCE, OverlapCue.CLEARANCE_TIMED): _RED,
}

MOVING = frozenset({_GREEN, _TRAILING, _ARROW})

LOGGED: dict[OverlapInterval, EventCode] = {
    _RED: EventCode.OVERLAP_OFF,
    _GREEN: EventCode.OVERLAP_BEGIN_GREEN,
    _TRAILING: EventCode.OVERLAP_BEGIN_TRAILING_GREEN,
    _ARROW: EventCode.FYA_BEGIN,
    _YELLOW: EventCode.OVERLAP_BEGIN_YELLOW,
    _CLEARANCE: EventCode.OVERLAP_BEGIN_RED_CLEARANCE,
}
"""The code with which each interval begins; 33 stands before the 63 that ends a flashing arrow. Parameter: A is 1."""


class OverlapMachine:
    """One overlap's interval. Starts red. `arrow`: whether its last right-of-way was the flashing arrow."""

    __slots__ = ("arrow", "began", "interval", "is_moving", "since", "timing", "yellow_ended")

    def __init__(self, timing: Overlap, now: Ms) -> None:
        self.timing = timing
        self.interval = _RED
        self.is_moving = False
        self.since = now
        self.began = now  # start of the last green or arrow
        self.yellow_ended = now
        self.arrow = False

    def may_begin(self, now: Ms, red_revert_ms: Ms, *, arrow: bool) -> bool:
        """Whether `begin` would be heard: red for long enough, the whole red revert where the same is shown again."""
        least = max(red_revert_ms, LEAST_SHOWN_MS) if arrow is self.arrow else LEAST_SHOWN_MS
        return self.interval is _RED and now - self.yellow_ended >= least

    def may_end(self, now: Ms) -> bool:
        """Whether `end` would be heard: green or flashing, its minimum over."""
        return self.is_moving and now - self.began >= self.timing.min_green_ms

    def begin(self, now: Ms, red_revert_ms: Ms, *, arrow: bool) -> list[Event]:
        """Begin the green, or the flashing arrow.

        Raises:
            IntervalError: not red, or not red for long enough.
        """
        if not self.may_begin(now, red_revert_ms, arrow=arrow):
            raise IntervalError(f"overlap {self.timing.letter}: begin asked in {self.interval.name}")
        self.arrow, self.began = arrow, now
        return self._step(now, OverlapCue.FLASH if arrow else OverlapCue.GREEN)

    def trail(self, now: Ms) -> list[Event]:
        """Begin the trailing green: the phase is over, the overlap goes on for its own time."""
        return self._step(now, OverlapCue.TRAIL)

    def resume(self, now: Ms) -> None:
        """From trailing green back to green, for a phase that has come in between; no lamp changes, nothing is logged."""
        self._step(now, OverlapCue.RESUME)

    def end(self, now: Ms) -> list[Event]:
        """End the green or the flashing arrow: begin yellow.

        Raises:
            IntervalError: the minimum is still timing, or there is no green to end.
        """
        if not self.may_end(now):
            raise IntervalError(f"overlap {self.timing.letter}: end asked in {self.interval.name}")
        over = [Event(EventCode.FYA_END, self.timing.number)] if self.interval is _ARROW else []
        return over + self._step(now, OverlapCue.END)

    def tick(self, now: Ms) -> list[Event]:
        """Let the clock work: yellow and red clearance."""
        events: list[Event] = []
        if self.interval is _YELLOW and now - self.since >= self.timing.yellow_ms:
            self.yellow_ended = now
            events += self._step(now, OverlapCue.YELLOW_TIMED)
        if self.interval is _CLEARANCE and now - self.since >= self.timing.red_clear_ms:
            events += self._step(now, OverlapCue.CLEARANCE_TIMED)
        return events

    def cut(self) -> list[Event]:
        """The events that end what is running when flash breaks in. The machine is of no use afterwards."""
        if self.interval is _RED:
            return []
        codes = [EventCode.FYA_END] if self.interval is _ARROW else []
        codes += [EventCode.OVERLAP_BEGIN_RED_CLEARANCE] if self.interval is not _CLEARANCE else []
        return [Event(code, self.timing.number) for code in (*codes, EventCode.OVERLAP_OFF)]

    def _step(self, now: Ms, cue: OverlapCue) -> list[Event]:
        after = STEPS.get((self.interval, cue))
        if after is None:
            raise IntervalError(f"overlap {self.timing.letter}: {cue.value} asked in {self.interval.name}")
        self.interval, self.since = after, now
        self.is_moving = after in MOVING
        return [Event(LOGGED[after], self.timing.number)]
