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
    EXTENSION_GAP_OUT = 13  # the extension timer ran out, the gap reduction's or the passage's
    PHASE_SKIPPED = 14
    GAP_REDUCTION_START = 15
    MIN_GAP_REACHED = 16
    ADDED_INITIAL_COMPLETE = 17
    NEXT_PHASE_DECISION = 18
    PRIORITY_FORCE_OFF = 19
    PREEMPT_FORCE_OFF = 20
    PED_BEGIN_WALK = 21
    PED_BEGIN_CLEARANCE = 22
    PED_BEGIN_DONT_WALK = 23
    PED_DARK = 24
    EXTENDED_PED_CHANGE = 25  # asked for by a long press
    OVERSIZED_PED_SERVED = 26
    BARRIER_TERMINATION = 31  # parameter: barrier number; when the last phase before it has become inactive
    FYA_BEGIN = 32  # parameter: overlap, A is 1
    FYA_END = 33
    PHASE_HOLD_ON = 41
    PHASE_HOLD_OFF = 42
    PHASE_CALL_REGISTERED = 43  # never for a recall
    PHASE_CALL_DROPPED = 44
    PED_CALL_REGISTERED = 45
    PHASE_OMIT_ON = 46
    PHASE_OMIT_OFF = 47
    PED_OMIT_ON = 48
    PED_OMIT_OFF = 49
    MAX_1_IN_EFFECT = 50
    MAX_2_IN_EFFECT = 51
    DYNAMIC_MAX_IN_EFFECT = 52
    DYNAMIC_MAX_STEP_UP = 53
    DYNAMIC_MAX_STEP_DOWN = 54
    OVERLAP_BEGIN_GREEN = 61  # parameter of 61 … 66: overlap, A is 1
    OVERLAP_BEGIN_TRAILING_GREEN = 62
    OVERLAP_BEGIN_YELLOW = 63
    OVERLAP_BEGIN_RED_CLEARANCE = 64
    OVERLAP_OFF = 65  # inactive, with a red indication
    OVERLAP_DARK = 66
    PED_OVERLAP_BEGIN_WALK = 67  # parameter of 67 … 70: pedestrian overlap
    PED_OVERLAP_BEGIN_CLEARANCE = 68
    PED_OVERLAP_BEGIN_DONT_WALK = 69
    PED_OVERLAP_DARK = 70
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
    PREEMPT_ADVANCE_WARNING = 101  # parameter of 101 … 111: preempt
    PREEMPT_ON = 102
    PREEMPT_GATE_DOWN = 103
    PREEMPT_OFF = 104
    PREEMPT_ENTRY = 105
    PREEMPT_BEGIN_TRACK = 106
    PREEMPT_BEGIN_DWELL = 107
    PREEMPT_LINK_ON = 108
    PREEMPT_LINK_OFF = 109
    PREEMPT_MAX_PRESENCE = 110
    PREEMPT_BEGIN_EXIT = 111
    PRIORITY_CHECK_IN = 112  # parameter of 112 … 119: priority
    PRIORITY_EARLY_GREEN = 113
    PRIORITY_EXTENSION = 114
    PRIORITY_CHECK_OUT = 115
    PRIORITY_SERVICE_START = 118
    PRIORITY_SERVICE_END = 119
    PATTERN_CHANGE = 131  # parameter: plan number; 254 free, 255 flash
    CYCLE_CHANGE = 132  # s
    OFFSET_CHANGE = 133  # s
    SPLIT_CHANGE_1 = 134  # 134 … 149: split of phase 1 … 16, s
    COORD_STATE_CHANGE = 150  # 0 free, 1 in step, 2 longway, 3 shortway, 4 dwell, 5 the cycle timer passes 0
    COORD_YIELD_POINT = 151  # parameter: coordinated phase
    COORD_BEGIN = 152
    UNIT_CONTROL_STATUS = 155
    CYCLE_OVER_255 = 156  # the part of a cycle beyond 255 s
    UNIT_FLASH_STATUS = 173  # NTCIP unitFlashStatus, see FlashStatus
    UNIT_ALARM_1 = 174
    SPECIAL_FUNCTION_ON = 176
    SPECIAL_FUNCTION_OFF = 177
    MANUAL_CONTROL = 178  # parameter 1 on, 0 off
    INTERVAL_ADVANCE = 179
    STOP_TIME = 180
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


COORD_LOCAL_ZERO = 5
PATTERN_FREE = 254
PATTERN_FLASH = 255


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the high-resolution log, without its time stamp."""

    code: EventCode | int
    parameter: int
