"""The alarm word of the log: said when it changes, and again while nothing else happens.

Readers must be able to tell a resting controller from a dead one. The public ones take any silence of more than 120 s
by day for missing data, and a quarter hour as empty in which one of its 5-minute parts holds fewer than 3 events with
codes up to 218. A controller that rests in green would fail both.

The event is 174, unit alarm status 1. `atspm` lets each one stand until the next 174 and shows the bits that are set;
with no bit set it shows nothing. So it may be repeated at will, but a bit that has gone out must be said at once: a
flash would otherwise seem to last until the next silence. 131 and 132 would show as changes of pattern, and 173 has no
value that stands for "still the same".
"""

from edge.model.events import Event, EventCode
from edge.model.units import MINUTE_MS, Ms

KEEPALIVE_MS: Ms = MINUTE_MS
"""Ours: at most this long without an event; half of the readers' 120 s, and four events in any 5 minutes."""

MMU_FLASH = 1 << 4
"""Bit 4 of NTCIP 1202 unitAlarmStatus1: the cabinet's monitor has put it into flash."""

LOCAL_FLASH = 1 << 5
"""Bit 5 of NTCIP 1202 unitAlarmStatus1: the unit is in flash, not by the hardware monitor."""


class Keepalive:
    """Says the alarm word. Ask it on every tick, whatever else was logged in it."""

    __slots__ = ("_period_ms", "_said")

    def __init__(self, period_ms: Ms = KEEPALIVE_MS) -> None:
        self._period_ms = period_ms
        self._said = 0  # no alarm needs no saying

    def due(self, now: Ms, last_event_ms: Ms, alarms: int = 0) -> tuple[Event, ...]:
        """Event 174 if `alarms` has changed or nothing was logged for the period, else nothing.

        `alarms`: unitAlarmStatus1 as it stands now, say LOCAL_FLASH; it must be passed as 0 once it is over.
        """
        if alarms == self._said and now - last_event_ms < self._period_ms:
            return ()
        self._said = alarms
        return (Event(EventCode.UNIT_ALARM_1, alarms),)
