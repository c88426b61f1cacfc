"""What a local operator may ask of the running controller. Each carries who asked and why; the core never asks back."""

from dataclasses import dataclass
from enum import Enum


class CommandKind(Enum):
    """The operator's verbs that reach the core."""

    FLASH = "flash"  # through clearance to flash, until RESUME
    RESUME = "resume"
    CLEAR_LATCH = "clear_latch"  # of the monitor, never over a live cause
    STOP = "stop"  # through clearance to flash, for good: the process ends
    FLASH_NOW = "flash_now"  # no clearance: a second SIGTERM


@dataclass(frozen=True, slots=True)
class Command:
    """One operator command, as taken from the control socket or from a POSIX signal."""

    kind: CommandKind
    who: str
    why: str
