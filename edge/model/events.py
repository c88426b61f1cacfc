"""The high-resolution event codes this engine causes (Indiana Traffic Signal Hi Resolution Data Logger Enumerations).

An event has no time of its own: it belongs to the tick that returned it, and the shell stamps it.
"""

from dataclasses import dataclass
from enum import IntEnum


class EventCode(IntEnum):
    """Codes as in the enumeration of 2019/2020 (docs.lib.purdue.edu/jtrpdata/4). The parameter is the phase unless noted."""

    PHASE_ON = 0
    PHASE_BEGIN_GREEN = 1
    PHASE_CHECK = 2  # a conflicting call began the maximum timer
    PHASE_MIN_COMPLETE = 3
    PHASE_GAP_OUT = 4
    PHASE_MAX_OUT = 5
    PHASE_FORCE_OFF = 6
    PHASE_GREEN_TERMINATION = 7
    PHASE_BEGIN_YELLOW = 8
    PHASE_END_YELLOW = 9
    PHASE_BEGIN_RED_CLEARANCE = 10
    PHASE_END_RED_CLEARANCE = 11
    PHASE_INACTIVE = 12
    PED_BEGIN_WALK = 21
    PED_BEGIN_CLEARANCE = 22
    PED_BEGIN_DONT_WALK = 23
    PED_DARK = 24
    BARRIER_TERMINATION = 31  # parameter: barrier number
    PHASE_HOLD_ON = 41
    PHASE_HOLD_OFF = 42
    PHASE_CALL_REGISTERED = 43  # never for a recall
    PHASE_CALL_DROPPED = 44
    PED_CALL_REGISTERED = 45
    MAX_1_IN_EFFECT = 50
    DETECTOR_OFF = 81  # parameter: detector
    DETECTOR_ON = 82
    DETECTOR_RESTORED = 83
    DETECTOR_FAULT_OTHER = 84
    DETECTOR_FAULT_WATCHDOG = 85
    DETECTOR_FAULT_OPEN = 86  # no activity: stuck off
    DETECTOR_FAULT_SHORTED = 87  # max presence: stuck on
    DETECTOR_FAULT_ERRATIC = 88
    PED_DETECTOR_OFF = 89  # parameter: push-button
    PED_DETECTOR_ON = 90
    PED_DETECTOR_FAILED = 91
    PED_DETECTOR_RESTORED = 92
    PATTERN_CHANGE = 131  # parameter: plan number; 254 free, 255 flash
    CYCLE_CHANGE = 132  # s
    OFFSET_CHANGE = 133  # s
    SPLIT_CHANGE_1 = 134  # 134 … 149: split of phase 1 … 16, s
    UNIT_FLASH_STATUS = 173  # NTCIP unitFlashStatus, see FlashStatus
    UNIT_ALARM_1 = 174
    CLOCK_UPDATED = 181  # s corrected
    POWER_FAILURE = 182
    POWER_RESTORED = 184
    ALARM_ON = 200  # parameter: FaultKind.code
    ALARM_OFF = 201


class FlashStatus(IntEnum):
    """NTCIP 1202 unitFlashStatus, parameter of event 173."""

    OTHER = 1
    NOT_FLASH = 2
    AUTOMATIC = 3
    LOCAL_MANUAL = 4
    FAULT_MONITOR = 5
    MMU = 6
    START_UP = 7
    PREEMPT = 8


PATTERN_FREE = 254
PATTERN_FLASH = 255


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the high-resolution log, without its time stamp."""

    code: EventCode | int
    parameter: int
