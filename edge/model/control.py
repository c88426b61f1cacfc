"""Who is in control: what the screen says, and event 155 (NTCIP 1202 unitControlStatus)."""

from dataclasses import dataclass
from enum import Enum, IntEnum

from edge.model.units import Ms


class UnitControl(IntEnum):
    """NTCIP 1202 unitControlStatus, parameter of event 155."""

    OTHER = 1
    SYSTEM_CONTROL = 2
    BACKUP_MODE = 4
    MANUAL = 5  # an operator's override
    TIMEBASE = 6
    INTERCONNECT = 7  # a wire
    REMOTE_MANUAL_CONTROL = 9
    LOCAL_MANUAL_CONTROL = 10  # the police panel


class Source(Enum):
    """Whose word it is, with the code it is logged with; None: it changes nothing of who chooses the pattern."""

    SCHEDULE = "schedule"
    FALLBACK = "fall-back"
    INPUT = "input"
    OPERATOR = "operator"
    PRIORITY = "priority"
    MANUAL = "police panel"
    STOP_TIME = "stop time"
    PREEMPT = "preempt"
    CABINET = "cabinet"


@dataclass(frozen=True, slots=True)
class InControl:
    """One who is in control, and of what. `left_ms`: how long it will last, where that is known."""

    source: Source
    what: str
    who: str = ""
    why: str = ""
    left_ms: Ms | None = None
    id: int = 0
