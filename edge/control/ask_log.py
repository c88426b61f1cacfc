"""What the log says of holds and omits, whoever asks for them."""

from dataclasses import replace

from edge.control.asks import NOBODY, Asks, Phases
from edge.model.events import Event, EventCode


class AskLog:
    """Remembers what was asked for, and logs what began and ended."""

    def __init__(self) -> None:
        self._holds: Phases = NOBODY
        self._omits: Phases = NOBODY
        self._ped_omits: Phases = NOBODY

    def note(self, holds: Phases = NOBODY, omits: Phases = NOBODY, ped_omits: Phases = NOBODY) -> list[Event]:
        """Holds (41, 42) whoever asks for them; omits (46, 47) and pedestrian omits (48, 49) of wires and operators.

        What a coordinated plan leaves out at an instant of its cycle is no phase omit, and not logged as one.
        """
        if (holds, omits, ped_omits) == (self._holds, self._omits, self._ped_omits):
            return []
        before = self._holds, self._omits, self._ped_omits
        self._holds, self._omits, self._ped_omits = holds, omits, ped_omits
        return [
            *_changed(before[0], holds, EventCode.PHASE_HOLD_ON, EventCode.PHASE_HOLD_OFF),
            *_changed(before[1], omits, EventCode.PHASE_OMIT_ON, EventCode.PHASE_OMIT_OFF),
            *_changed(before[2], ped_omits, EventCode.PED_OMIT_ON, EventCode.PED_OMIT_OFF),
        ]


def hinders(bent: Asks, asks: Asks) -> bool:
    """Whether somebody may have to wait because of the difference."""
    return replace(bent, calls=asks.calls, ped_calls=asks.ped_calls, maximum=asks.maximum) != asks


def _changed(before: Phases, after: Phases, begun: EventCode, ended: EventCode) -> list[Event]:
    if before == after:
        return []
    return [Event(ended, p) for p in sorted(before - after)] + [Event(begun, p) for p in sorted(after - before)]
