"""What a local operator may ask of the running controller. Each carries who asked and why; the core never asks back."""

from dataclasses import dataclass
from enum import Enum

from edge.model.units import HOUR_MS, Ms, PhaseNumber, PlanNumber


class CommandKind(Enum):
    """The operator's verbs that reach the core."""

    FLASH = "flash"  # through clearance to flash, until RESUME
    RESUME = "resume"
    CLEAR_LATCH = "clear_latch"  # of the monitor, never over a live cause
    STOP = "stop"  # through clearance to flash, for good: the process ends
    FLASH_NOW = "flash_now"  # no clearance: a second SIGTERM
    CALL = "call"  # vehicles of `phases`, once
    PED_CALL = "ped_call"  # pedestrians of `phases`, once
    FREE = "free"  # from here on overrides, which end by themselves after `for_ms`
    PLAN = "plan"
    HOLD = "hold"
    OMIT = "omit"
    PED_OMIT = "ped_omit"
    MAXIMUM_2 = "maximum_2"
    CANCEL = "cancel"  # the override `id`


OVERRIDES = frozenset(
    {
        CommandKind.FREE,
        CommandKind.PLAN,
        CommandKind.HOLD,
        CommandKind.OMIT,
        CommandKind.PED_OMIT,
        CommandKind.MAXIMUM_2,
    }
)
"""The commands that make an override: something that stands until it expires, is cancelled or is replaced."""

OVERRIDE_MS: Ms = HOUR_MS
"""How long an override stands where its owner does not say. Ours: a crash is cleared in an hour, a forgotten one too."""

LONGEST_OVERRIDE_MS: Ms = 24 * HOUR_MS
"""Longer is a change of the timing sheet, not an override. Ours."""

MOST_OVERRIDES = 8
"""So many may stand at once; ours: what fits on a screen, and into a page of the disk."""


@dataclass(frozen=True, slots=True)
class Command:
    """One operator command, as taken from the control socket or from a POSIX signal.

    `id`: the number of the override it makes or cancels; the shell counts them. `for_ms`: how long it stands; 0 for
    what has no end of its own.
    """

    kind: CommandKind
    who: str
    why: str
    id: int = 0
    phases: tuple[PhaseNumber, ...] = ()
    plan: PlanNumber | None = None
    for_ms: Ms = 0


@dataclass(frozen=True, slots=True)
class Override:
    """A command that stands, until the monotonic instant `until_ms`."""

    command: Command
    until_ms: Ms

    @property
    def what(self) -> str:
        """What it does, in words."""
        phases = " ".join(str(p) for p in self.command.phases)
        match self.command.kind:
            case CommandKind.PLAN:
                return f"plan {self.command.plan}"
            case CommandKind.MAXIMUM_2:
                return "maximum 2"
            case kind:
                return f"{kind.value.replace('_', ' ')} {phases}".strip()
