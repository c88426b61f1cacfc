"""Push-buttons: presses, long presses, and whether one is stuck, chatters or is silent."""

from edge.control.detection import NEVER, Diagnosis
from edge.model.detectors import InputSample, PedButton
from edge.model.events import Event, EventCode
from edge.model.faults import FaultKind
from edge.model.units import Ms


class Button:
    """One push-button: presses, and whether it is stuck or silent."""

    __slots__ = ("_count", "_held_from", "config", "diagnosis", "heard", "occupied", "stale_after_ms")

    def __init__(self, config: PedButton, stale_after_ms: Ms, now: Ms) -> None:
        self.config = config
        self.diagnosis = Diagnosis(config.limits, now)
        self.stale_after_ms = stale_after_ms
        self.occupied = False
        self.heard = now
        self._count: int | None = None
        self._held_from: Ms = NEVER  # since when it has been held, until its long press has been told

    def hear(self, now: Ms, sample: InputSample | None) -> tuple[bool, list[Event]]:
        """Take in a sample: whether the button was pressed, and the events."""
        if sample is None or not sample.ok:
            return False, []
        self.heard = sample.taken_ms
        presses = 0 if self._count is None else max(0, sample.count - self._count)
        fresh = presses > 0
        self._count = sample.count
        if fresh or (sample.occupied and not self.occupied):
            self.diagnosis.actuated(now, max(presses, 1))
        if sample.occupied == self.occupied:
            return fresh, [self._event(on=not self.occupied), self._event(on=self.occupied)] if fresh else []
        self.occupied = sample.occupied
        self._held_from = now if sample.occupied and self.config.long_press_ms else NEVER
        self.diagnosis.level(now, on=sample.occupied)
        return fresh or sample.occupied, [self._event(on=sample.occupied)]

    def pressed_long(self, now: Ms) -> bool:
        """Whether it has just been held for its long press; said once a press."""
        if now - self._held_from < self.config.long_press_ms:
            return False
        self._held_from = NEVER
        return True

    def _event(self, *, on: bool) -> Event:
        return Event(EventCode.PED_DETECTOR_ON if on else EventCode.PED_DETECTOR_OFF, self.config.number)


def button_fault(now: Ms, button: Button) -> FaultKind | None:
    """What ails a button now, if anything."""
    if now - button.heard > button.stale_after_ms:
        button.diagnosis.asleep(now)
        button.diagnosis.deaf(now)
        return FaultKind.BUTTON_STALE
    seen = button.diagnosis.fault(now)
    return _OF_A_BUTTON[seen] if seen is not None else None


_OF_A_BUTTON: dict[FaultKind, FaultKind] = {
    FaultKind.DETECTOR_MAX_PRESENCE: FaultKind.BUTTON_STUCK,
    FaultKind.DETECTOR_ERRATIC: FaultKind.BUTTON_CHATTERING,
    FaultKind.DETECTOR_NO_ACTIVITY: FaultKind.BUTTON_SILENT,
}
