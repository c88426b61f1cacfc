"""Units and numbers: milliseconds, and the 1-based numbers that stand on a signal engineer's drawings."""

from typing import NewType, TypeAlias

Ms: TypeAlias = int
"""A time or a duration in whole milliseconds. Instants are read from one monotonic clock and always passed in."""

PhaseNumber = NewType("PhaseNumber", int)
ChannelNumber = NewType("ChannelNumber", int)
DetectorNumber = NewType("DetectorNumber", int)
ButtonNumber = NewType("ButtonNumber", int)
PlanNumber = NewType("PlanNumber", int)
OverlapNumber = NewType("OverlapNumber", int)
"""A is 1, as in NTCIP 1202 and in the event log."""
PreemptNumber = NewType("PreemptNumber", int)
PriorityNumber = NewType("PriorityNumber", int)

TICK_MS: Ms = 100
"""The controller's step. NTCIP 1202 timings are in tenths of a second, hi-res logs are stamped at 100 ms."""

SECOND_MS: Ms = 1_000
MINUTE_MS: Ms = 60_000
HOUR_MS: Ms = 3_600_000
DAY_MS: Ms = 86_400_000
