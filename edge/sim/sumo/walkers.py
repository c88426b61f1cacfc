"""The push-buttons of crossings in SUMO: who stands before a crossing presses, and presses again while he still stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.model.detectors import InputSample
from edge.model.units import ButtonNumber, Ms
from edge.sim.crossing import PRESS_AGAIN_MS, ButtonState

_STANDS_S = 0.1
"""A person that has stood for less than this walks."""


@dataclass(frozen=True, slots=True)
class CrossingFigures:
    """Everybody who came to a crossing of ours. `waits_s`: how long each stood before it."""

    came: int
    waits_s: tuple[float, ...]


class WatchedButton:
    """One button and the crossings it serves. `crossings`: SUMO edges."""

    def __init__(self, number: ButtonNumber, crossings: tuple[str, ...]) -> None:
        self.number = number
        self.crossings = frozenset(crossings)
        self.state = ButtonState()
        self._pressed_ms: Ms = -PRESS_AGAIN_MS
        self._waits_s: dict[tuple[str, str], float] = {}
        self._standing: frozenset[tuple[str, str]] = frozenset()

    def look(self, now: Ms, area: Mapping[str, tuple[str, float]]) -> None:
        """Who is before the crossings after a step: for each person where it goes next and how long it has stood, s."""
        standing = set()
        for person, (next_edge, stood_s) in area.items():
            if next_edge not in self.crossings:
                continue
            key = (person, next_edge)
            self._waits_s[key] = max(self._waits_s.get(key, 0.0), stood_s)
            if stood_s >= _STANDS_S:
                standing.add(key)
        fresh = not standing <= self._standing
        if standing and (fresh or now - self._pressed_ms >= PRESS_AGAIN_MS):
            self.state.press(now)
            self._pressed_ms = now
        self._standing = frozenset(standing)

    def sample(self, at: Ms, now: Ms) -> InputSample:
        """What the button says at `at` of the run; `now`: the controller's clock."""
        return InputSample(0 < at < self.state.until_ms, self.state.count, now)

    def figures(self) -> CrossingFigures:
        """Everybody so far."""
        return CrossingFigures(len(self._waits_s), tuple(self._waits_s.values()))


def pedestrians(crossings: list[CrossingFigures]) -> dict[str, float]:
    """All crossings together, as the report prints them."""
    waits = [wait for crossing in crossings for wait in crossing.waits_s]
    return {
        "at_crossings": sum(crossing.came for crossing in crossings),
        "mean_wait_s": round(sum(waits) / len(waits), 2) if waits else 0.0,
        "max_wait_s": round(max(waits, default=0.0), 2),
    }
