"""Something to log while nothing happens, so that readers can tell a resting controller from a dead one.

The public readers take any silence of more than 120 s by day for missing data, and a quarter hour as empty in which one
of its 5-minute parts holds fewer than 3 events with codes up to 218. A controller that rests in green would fail both.
The event is 174, unit alarm status 1: what it says is true at every moment, and no reader counts or pairs it (131 and
132 would show as changes of pattern, 173 is taken for the beginning of a flash).
"""

from edge.model.events import Event, EventCode
from edge.model.units import MINUTE_MS, Ms

KEEPALIVE_MS: Ms = MINUTE_MS
"""Ours: at most this long without an event; half of the readers' 120 s, and four events in any 5 minutes."""

LOCAL_FLASH = 1 << 5
"""Bit 5 of NTCIP 1202 unitAlarmStatus1: the unit is in flash, not by the hardware monitor."""


class Keepalive:
    """When the next sign of life is due. Holds nothing but its period."""

    __slots__ = ("_period_ms",)

    def __init__(self, period_ms: Ms = KEEPALIVE_MS) -> None:
        self._period_ms = period_ms

    def due(self, now: Ms, last_event_ms: Ms, alarms: int = 0) -> tuple[Event, ...]:
        """Event 174 if nothing was logged for the period, else nothing. `alarms`: unitAlarmStatus1, say LOCAL_FLASH."""
        if now - last_event_ms < self._period_ms:
            return ()
        return (Event(EventCode.UNIT_ALARM_1, alarms),)
