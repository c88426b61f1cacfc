"""The mode machine of the whole unit: how it starts, how it runs, how it comes to flash.

Rule 1
    Every change of mode is a row of `MODES`; nothing else may change it.
Rule 2
    The way out of flash is one: (steady yellow for what flashed yellow) → all red → the first phases. Always, after
    every restart, trip and operator flash.
Rule 3
    There are two ways into flash. An asked one (operator, schedule, stop) lets every green end by its own rules and
    goes through all red. A fault takes the short one: in the same tick, from anywhere.

      START_UP_FLASH ─┐
                      ├─ flash timed, nothing against it ─▶ EXIT_YELLOW ─▶ ALL_RED ─▶ RUN
      FLASH ──────────┘                                                     (asked)   │ asked
        ▲                                                                      ▼      ▼
        └──────────────────────────── all red ◀──────────────────────────── CLEARING ◀┘
        ▲
        └── fault, from every mode
"""

from enum import Enum

from edge.model.exchange import Mode
from edge.model.site import StartUp
from edge.model.units import Ms


class ModeCue(Enum):
    """What can change the mode."""

    FAULT = "fault"
    FLASH_ASKED = "flash asked"
    FREE_TO_RUN = "flash timed, nothing against running"
    YELLOW_TIMED = "exit yellow timed"
    ALL_RED_TIMED = "all red timed"
    ALL_RED_REACHED = "all red reached"


MODES: dict[tuple[Mode, ModeCue], Mode] = {
    (Mode.START_UP_FLASH, ModeCue.FREE_TO_RUN): Mode.EXIT_YELLOW,
    (Mode.FLASH, ModeCue.FREE_TO_RUN): Mode.EXIT_YELLOW,
    (Mode.EXIT_YELLOW, ModeCue.YELLOW_TIMED): Mode.ALL_RED,
    (Mode.ALL_RED, ModeCue.ALL_RED_TIMED): Mode.RUN,
    (Mode.EXIT_YELLOW, ModeCue.FLASH_ASKED): Mode.FLASH,
    (Mode.ALL_RED, ModeCue.FLASH_ASKED): Mode.FLASH,
    (Mode.RUN, ModeCue.FLASH_ASKED): Mode.CLEARING,
    (Mode.CLEARING, ModeCue.ALL_RED_REACHED): Mode.FLASH,
    (Mode.EXIT_YELLOW, ModeCue.FAULT): Mode.FLASH,
    (Mode.ALL_RED, ModeCue.FAULT): Mode.FLASH,
    (Mode.RUN, ModeCue.FAULT): Mode.FLASH,
    (Mode.CLEARING, ModeCue.FAULT): Mode.FLASH,
}

FLASHING = frozenset({Mode.FLASH, Mode.START_UP_FLASH})


class UnitMode:
    """The mode and since when. `now` at construction is the start of the start-up flash."""

    __slots__ = ("_start_up", "mode", "since")

    def __init__(self, start_up: StartUp, now: Ms) -> None:
        self._start_up = start_up
        self.mode = Mode.START_UP_FLASH
        self.since = now

    def tick(self, now: Ms, *, fault: bool, flash_asked: bool, all_red: bool) -> bool:
        """At most one change of mode. Returns whether there was one."""
        cue = self._cue(now, fault=fault, flash_asked=flash_asked, all_red=all_red)
        after = MODES.get((self.mode, cue)) if cue is not None else None
        if after is None:
            return False
        self.mode, self.since = after, now
        return True

    def _cue(self, now: Ms, *, fault: bool, flash_asked: bool, all_red: bool) -> ModeCue | None:
        if fault:
            return ModeCue.FAULT
        held, start_up = now - self.since, self._start_up
        match self.mode:
            case Mode.FLASH | Mode.START_UP_FLASH:
                return None if flash_asked or held < start_up.flash_ms else ModeCue.FREE_TO_RUN
            case Mode.CLEARING:
                return ModeCue.ALL_RED_REACHED if all_red else None
            case Mode.EXIT_YELLOW if not flash_asked:
                return ModeCue.YELLOW_TIMED if held >= start_up.exit_yellow_ms else None
            case Mode.ALL_RED if not flash_asked:
                return ModeCue.ALL_RED_TIMED if held >= start_up.all_red_ms else None
            case Mode.RUN if not flash_asked:
                return None
            case _:
                return ModeCue.FLASH_ASKED
