"""What the log says of holds and omits, whoever asks for them."""

from dataclasses import replace

from edge.control.asks import NOBODY, NOTHING, Asks, Phases
from edge.model.events import Event, EventCode
from edge.model.site import Site


class AskLog:
    """Remembers what was asked for, and logs what began and ended."""

    def __init__(self, site: Site) -> None:
        self._walkers = frozenset(n for n, phase in site.phases.items() if phase.ped is not None)
        self._holds: Phases = NOBODY
        self._omits: Phases = NOBODY
        self._ped_omits: Phases = NOBODY

    def note(self, asks: Asks = NOTHING, left_out: Phases = NOBODY) -> list[Event]:
        """Holds (41, 42), omits (46, 47) and pedestrian omits (48, 49), whoever asks: coordination, preempts, wires, operators.

        `left_out`: phases that the running plan does not have. They are out of the sequence, and not logged as omitted.
        """
        holds, omits, ped_omits = asks.holds, asks.omits - left_out, asks.ped_omits & self._walkers
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
