"""How many wait on foot behind a push-button: learned from how long it stays quiet.

A button says that somebody has come, never how many. Who comes on foot comes by chance, so the seconds in which nobody had
pressed yet, per press, tell how often: with `n` presses in `t` quiet seconds the rate is (n + 1) / (t + T). Behind a call that
has stood for `w` seconds wait the one who pressed and, on average, rate × w others.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.model.exchange import PedInterval
from edge.model.observation import Observation
from edge.model.units import SECOND_MS, Ms, PhaseNumber

QUIET_S = 300.0
"""T: before anything is known, one in five minutes, as on a quiet side street. Ours."""
MEMORY_S = 3600.0
"""What was learned counts less with its age: demand on foot changes by the hour. Ours."""
MOST_RATE = 0.25
"""Persons a second, a stream of 900 an hour: a button that is pressed for ever says nothing of people. Ours."""

A_RED_S = 30.0
"""An ordinary red. Ours: half a cycle of a minute."""
LIKELY = 0.69
"""Of so many who come by chance, on average, at least one has come with a probability of one half: ln 2."""


@dataclass(frozen=True, slots=True)
class People:
    """Behind one call: how many wait, how many more come in a second, and how long the first has waited, s."""

    waiting: float
    per_s: float
    waited_s: float


class _Button:
    """The calls for one walk."""

    __slots__ = ("called_ms", "calls", "quiet_s", "was_quiet")

    def __init__(self) -> None:
        self.calls = self.quiet_s = 0.0
        self.called_ms: Ms | None = None
        self.was_quiet = False

    @property
    def per_s(self) -> float:
        return min((self.calls + 1.0) / (self.quiet_s + QUIET_S), MOST_RATE)

    def see(self, now: Ms, *, called: bool, walks: bool) -> None:
        """One second. A call that no quiet second went before is a recall, or somebody who stands there for ever."""
        if called:
            self.calls += self.called_ms is None and self.was_quiet
            self.called_ms = now if self.called_ms is None else self.called_ms
        else:
            self.called_ms = None
            fades = 1.0 - 1.0 / MEMORY_S
            self.calls, self.quiet_s = self.calls * fades, self.quiet_s * fades + (not walks)
        self.was_quiet = not called and not walks


class Walkers:
    """All who wait on foot at one junction. `phases`: those with a walk."""

    def __init__(self, phases: Iterable[PhaseNumber]) -> None:
        self._buttons = {phase: _Button() for phase in phases}

    def see(self, seen: Observation) -> None:
        """One second."""
        for p in seen.phases:
            button = self._buttons.get(p.number)
            if button is not None:
                button.see(seen.now, called=p.ped_call, walks=p.ped is PedInterval.WALK)

    @property
    def busy(self) -> frozenset[PhaseNumber]:
        """The walks for which more come than is taken for granted."""
        return frozenset(phase for phase, button in self._buttons.items() if button.per_s > 1.0 / QUIET_S)

    @property
    def crowded(self) -> frozenset[PhaseNumber]:
        """The walks for which somebody will more likely than not have called when their next green begins."""
        return frozenset(phase for phase, button in self._buttons.items() if button.per_s * A_RED_S > LIKELY)

    def behind(self, phase: PhaseNumber, now: Ms, waited_s: float | None) -> People:
        """Who is behind the button of a phase. `waited_s`: as far as the controller knows; None where nobody has called."""
        button = self._buttons[phase]
        if waited_s is None:
            return People(0.0, button.per_s, 0.0)
        seen_s = (now - button.called_ms) / SECOND_MS if button.called_ms is not None else 0.0
        waited_s = max(waited_s, seen_s)
        return People(1.0 + button.per_s * waited_s, button.per_s, waited_s)
