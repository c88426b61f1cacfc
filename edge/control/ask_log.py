"""What the log says of holds and omits, whoever asks for them."""

from dataclasses import replace

from edge.control.asks import NOTHING, Asks, Phases
from edge.model.events import Event, EventCode


class AskLog:
    """Remembers what was asked for, and logs what began and ended."""

    def __init__(self) -> None:
        self._noted = NOTHING

    def note(self, asks: Asks) -> list[Event]:
        """Holds (41, 42), omits (46, 47) and pedestrian omits (48, 49) that began and ended."""
        noted = self._noted
        if asks is noted:
            return []
        self._noted = asks
        return [
            *_changed(noted.holds, asks.holds, EventCode.PHASE_HOLD_ON, EventCode.PHASE_HOLD_OFF),
            *_changed(noted.omits, asks.omits, EventCode.PHASE_OMIT_ON, EventCode.PHASE_OMIT_OFF),
            *_changed(noted.ped_omits, asks.ped_omits, EventCode.PED_OMIT_ON, EventCode.PED_OMIT_OFF),
        ]


def hinders(bent: Asks, asks: Asks) -> bool:
    """Whether somebody may have to wait because of the difference."""
    return replace(bent, calls=asks.calls, ped_calls=asks.ped_calls, maximum=asks.maximum) != asks


def _changed(before: Phases, after: Phases, begun: EventCode, ended: EventCode) -> list[Event]:
    if before == after:
        return []
    return [Event(ended, p) for p in sorted(before - after)] + [Event(begun, p) for p in sorted(after - before)]
