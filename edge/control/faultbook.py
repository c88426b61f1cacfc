"""The book of standing faults: who reported what, since when, and when it is over by its own row of the table."""

from dataclasses import dataclass

from edge.model.events import Event, EventCode
from edge.model.faults import FAULTS, Fault, FaultKind, Response
from edge.model.units import Ms

_DETECTOR_CODE: dict[FaultKind, EventCode] = {
    FaultKind.DETECTOR_NO_ACTIVITY: EventCode.DETECTOR_FAULT_OPEN,
    FaultKind.DETECTOR_MAX_PRESENCE: EventCode.DETECTOR_FAULT_SHORTED,
    FaultKind.DETECTOR_ERRATIC: EventCode.DETECTOR_FAULT_ERRATIC,
    FaultKind.DETECTOR_STALE: EventCode.DETECTOR_FAULT_WATCHDOG,
}
BUTTON_FAULTS = frozenset(
    {FaultKind.BUTTON_STUCK, FaultKind.BUTTON_STALE, FaultKind.BUTTON_CHATTERING, FaultKind.BUTTON_SILENT}
)
DETECTOR_FAULTS = frozenset(_DETECTOR_CODE)


_RISING = tuple(Response)


@dataclass(slots=True)
class _Standing:
    fault: Fault
    seen_ms: Ms


class FaultBook:
    """Faults are reported in every tick in which their cause is seen; `sweep` ends those whose clean time is over.

    A row that returns by itself stays for `returns_after_ms` of clean time (the fixed-plan rows for the site's
    `return_after_ms`); a row that never does stays as long as its reporter, a latch or the shell, reports it.
    """

    def __init__(self, return_after_ms: Ms) -> None:
        self._return_after_ms = return_after_ms
        self._standing: dict[tuple[FaultKind, str], _Standing] = {}
        self.changes = 0  # how often a fault has come or gone; not each is an event of its own

    def report(self, now: Ms, kind: FaultKind, where: str, detail: str = "") -> list[Event]:
        """Say that the cause is seen now. Returns the event of a new fault (91 for the first of a push-button only)."""
        standing = self._standing.get((kind, where))
        if standing is not None:
            standing.seen_ms = now
            return []
        known = kind in BUTTON_FAULTS and self._input_stands(kind, where)
        self._standing[kind, where] = _Standing(Fault(kind, where, now, detail), now)
        self.changes += 1
        return [] if known else [_event(kind, where, on=True)]

    def sweep(self, now: Ms) -> list[Event]:
        """End what has been clean for long enough. Call once a tick, after all reports."""
        over = [key for key, s in self._standing.items() if now - s.seen_ms > self._clean_ms(key[0])]
        events: list[Event] = []
        for kind, where in over:
            del self._standing[kind, where]
            self.changes += 1
            if not self._input_stands(kind, where):
                events.append(_event(kind, where, on=False))
        return events

    def _input_stands(self, kind: FaultKind, where: str) -> bool:
        """Whether the same detector or push-button has another fault: it is restored with its last one only."""
        kinds = next((group for group in (DETECTOR_FAULTS, BUTTON_FAULTS) if kind in group), frozenset[FaultKind]())
        return any((other, where) in self._standing for other in kinds)

    def _clean_ms(self, kind: FaultKind) -> Ms:
        row = FAULTS[kind]
        if row.response is Response.FIXED_PLAN:
            return self._return_after_ms
        return row.returns_after_ms or 0

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that stands, oldest first."""
        return tuple(s.fault for s in self._standing.values())

    def __len__(self) -> int:
        return len(self._standing)

    def stands(self, kind: FaultKind, where: str | None = None) -> bool:
        """Whether a fault of this kind stands (at `where`, if given)."""
        if where is not None:
            return (kind, where) in self._standing
        return any(k is kind for k, _ in self._standing)

    def worst(self) -> Response:
        """The strongest response that any standing fault asks for; LOG when nothing stands."""
        if not self._standing:
            return Response.LOG
        return max((FAULTS[k].response for k, _ in self._standing), key=_RISING.index)


def _event(kind: FaultKind, where: str, *, on: bool) -> Event:
    if kind in DETECTOR_FAULTS:
        return Event(_DETECTOR_CODE[kind] if on else EventCode.DETECTOR_RESTORED, int(where))
    if kind in BUTTON_FAULTS:
        return Event(EventCode.PED_DETECTOR_FAILED if on else EventCode.PED_DETECTOR_RESTORED, int(where))
    return Event(EventCode.ALARM_ON if on else EventCode.ALARM_OFF, kind.code)
