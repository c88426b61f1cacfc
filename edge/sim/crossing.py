"""One pedestrian crossing: people come, press the button, wait for WALK and go."""

from random import Random

from edge.model.indications import Indication
from edge.model.units import SECOND_MS, ButtonNumber, Ms, PhaseNumber
from edge.sim.demand import Arrivals

PRESS_MS: Ms = 400
"""How long a button is held. Ours."""

PRESS_AGAIN_MS: Ms = 20 * SECOND_MS
"""Who still waits presses again. Ours; it also means that a press during start-up is not lost for ever."""


class ButtonState:
    """One push-button: held until when, and how often pressed."""

    __slots__ = ("count", "until_ms")

    def __init__(self) -> None:
        self.until_ms: Ms = -1
        self.count = 0

    def press(self, now: Ms) -> None:
        """Somebody presses; a button that is held already is held longer."""
        if now >= self.until_ms:
            self.count += 1
        self.until_ms = now + PRESS_MS


class Crossing:
    """The crossing beside a phase. `buttons` may be empty where the walk is on recall."""

    def __init__(self, phase: PhaseNumber, buttons: dict[ButtonNumber, ButtonState], seed: int, per_h: float) -> None:
        self.phase = phase
        self.arrivals = Arrivals(f"{seed}/crossing/{phase}", lambda _: per_h)
        self.waiting: list[Ms] = []
        self.waits_ms: list[Ms] = []
        self.arrived = 0
        self._buttons = buttons
        # Dice of their own: how often is pressed depends on the signals, and must not change who comes.
        self._which = Random(f"{seed}/button/{phase}")  # noqa: S311 - traffic, not secrets
        self._pressed_ms: Ms = 0
        self._now: Ms = 0

    def step(self, now: Ms, shown: Indication) -> None:
        """One step of 100 ms, up to `now`."""
        self._now = now
        while self.arrivals.next_ms <= now:
            self.waiting.append(self.arrivals.take())
            self.arrived += 1
            if shown is not Indication.WALK:
                self._press()
        if not self.waiting:
            return
        if shown is Indication.WALK:
            self.waits_ms += [now - came for came in self.waiting]
            self.waiting.clear()
        elif now - self._pressed_ms >= PRESS_AGAIN_MS:
            self._press()

    def waits_so_far_ms(self) -> list[Ms]:
        """The wait of everybody who came, those who still wait included."""
        return self.waits_ms + [self._now - came for came in self.waiting]

    def _press(self) -> None:
        self._pressed_ms = self._now
        if self._buttons:
            number = self._which.choice(sorted(self._buttons))
            self._buttons[number].press(self._now)
