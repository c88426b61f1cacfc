"""What can move an interval, and what the event log says of it: literal tables for `edge.control.intervals`."""

from enum import Enum

from edge.model.events import EventCode
from edge.model.exchange import Interval
from edge.model.phases import Termination


class Cue(Enum):
    """What can move an interval. START, END and WALK are asked for; the others come from the clock and from calls."""

    START = "start"
    LEAD = "start with a leading walk"
    AMBER = "start, or lead timed, with red and amber"
    RELEASE = "lead or red and amber timed"
    MINIMUM_TIMED = "minimum timed"
    UNOPPOSED = "unopposed"
    OPPOSED = "opposed"
    END = "end"
    BLINK = "end with a green that blinks"
    BLINK_TIMED = "blink timed"
    YELLOW_TIMED = "yellow timed"
    CLEARANCE_TIMED = "clearance timed"
    WALK = "walk"
    WALK_TIMED = "walk timed"
    PED_CLEARANCE_TIMED = "pedestrian clearance timed"


GREEN = frozenset({Interval.MIN_GREEN, Interval.EXTENSION, Interval.REST})
ON = GREEN | {Interval.LEADING_WALK, Interval.RED_YELLOW}
"""The intervals in which a phase is being served: green, or on its way to it."""

LOGGED: dict[Cue, tuple[EventCode, ...]] = {
    Cue.START: (EventCode.PHASE_ON, EventCode.PHASE_BEGIN_GREEN),
    Cue.LEAD: (EventCode.PHASE_ON,),
    Cue.AMBER: (),
    Cue.RELEASE: (EventCode.PHASE_BEGIN_GREEN,),
    Cue.MINIMUM_TIMED: (EventCode.PHASE_MIN_COMPLETE,),
    Cue.UNOPPOSED: (),
    Cue.OPPOSED: (),
    Cue.END: (EventCode.PHASE_GREEN_TERMINATION, EventCode.PHASE_BEGIN_YELLOW),
    Cue.BLINK: (),
    Cue.BLINK_TIMED: (EventCode.PHASE_GREEN_TERMINATION, EventCode.PHASE_BEGIN_YELLOW),
    Cue.YELLOW_TIMED: (EventCode.PHASE_END_YELLOW, EventCode.PHASE_BEGIN_RED_CLEARANCE),
    Cue.CLEARANCE_TIMED: (EventCode.PHASE_END_RED_CLEARANCE, EventCode.PHASE_INACTIVE),
    Cue.WALK: (EventCode.PED_BEGIN_WALK,),
    Cue.WALK_TIMED: (EventCode.PED_BEGIN_CLEARANCE,),
    Cue.PED_CLEARANCE_TIMED: (EventCode.PED_BEGIN_DONT_WALK,),
}
"""The codes of each transition. 10 and 11 are written for a red clearance of nought too: readers need the pair.

A phase is on (0) with its green or its walk, whichever comes first, so not with red and amber yet.
"""

_OFF = (EventCode.PHASE_END_RED_CLEARANCE, EventCode.PHASE_INACTIVE)
CUT: dict[Interval, tuple[EventCode, ...]] = {
    Interval.RED: (),
    Interval.LEADING_WALK: (EventCode.PHASE_INACTIVE,),
    Interval.RED_YELLOW: (),
    Interval.YELLOW_CHANGE: (EventCode.PHASE_END_YELLOW, EventCode.PHASE_BEGIN_RED_CLEARANCE, *_OFF),
    Interval.RED_CLEARANCE: _OFF,
} | dict.fromkeys(
    GREEN | {Interval.GREEN_BLINK},
    (EventCode.PHASE_GREEN_TERMINATION, EventCode.PHASE_BEGIN_RED_CLEARANCE, *_OFF),
)
"""The codes with which flash cuts an interval off. Readers take a phase for on until its 10."""

REASON: dict[Termination, EventCode] = {
    Termination.GAP_OUT: EventCode.PHASE_GAP_OUT,
    Termination.MAX_OUT: EventCode.PHASE_MAX_OUT,
    Termination.FORCE_OFF: EventCode.PHASE_FORCE_OFF,
    Termination.PRIORITY: EventCode.PRIORITY_FORCE_OFF,
    Termination.PREEMPT: EventCode.PREEMPT_FORCE_OFF,
    Termination.ADVISED: EventCode.PHASE_FORCE_OFF,
}
