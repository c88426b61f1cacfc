"""Whether traffic changed on the other approaches when one fell silent: a tide that turns, turns for more than one.

A cable that dies changes nothing elsewhere. Where others carry more or less than before, the silence may be the end of traffic.
"""

from collections.abc import Sequence
from math import exp, sqrt

MEMORY_S = 900.0
"""How far back the usual flow of an approach looks. Ours."""
FROM_S = 60
"""Of what passed in less time nothing is told. Ours: a cycle."""
FACTOR = 3.0
SIGMAS = 4.0
LEAST = 4.0
"""So many times as much or as little, and by so many standard deviations of a Poisson count of `LEAST` or more, is another
traffic. Ours: in real streets the flow of one cycle is easily twice that of another."""
SWING = 1.5
"""What some carry more and others less, as a part of what all carried. Ours: half of it is an ordinary minute."""


class Flow:
    """One approach: its usual flow, and what has passed since another fell silent."""

    __slots__ = ("_counted", "_exposed_s", "passed")

    def __init__(self) -> None:
        self.passed = 0
        self._counted = self._exposed_s = 0.0

    def second(self, vehicles: int) -> None:
        """So many came in this second."""
        keep = exp(-1.0 / MEMORY_S)
        self.passed += vehicles
        self._counted = self._counted * keep + vehicles
        self._exposed_s = self._exposed_s * keep + 1.0

    @property
    def rate(self) -> float:
        """Vehicles a second, lately."""
        return self._counted / self._exposed_s if self._exposed_s else 0.0


class Tide:
    """What the others carried when one approach fell silent."""

    __slots__ = ("_passed", "_rates", "holds_s", "turned")

    def __init__(self) -> None:
        self.holds_s = 0
        """For so long it is still taken to have turned, for later silences too."""
        self.turned = False
        """Whether it has in this silence."""
        self._rates: tuple[float, ...] = ()
        self._passed: tuple[int, ...] = ()

    def mark(self, flows: Sequence[Flow]) -> None:
        """It falls silent now."""
        self.turned = False
        self._rates = tuple(flow.rate for flow in flows)
        self._passed = tuple(flow.passed for flow in flows)

    def has_turned(self, flows: Sequence[Flow], seconds: int, silent: Sequence[bool]) -> bool:
        """Whether those that are not silent carry another traffic since: all together, or some more and others less."""
        if seconds < FROM_S or not self._rates:
            return False
        rows = zip(flows, self._rates, self._passed, silent, strict=True)
        heard = [(flow.passed - before, rate * seconds) for flow, rate, before, off in rows if not off]
        expected = sum(usual for _, usual in heard)
        swing = sum(abs(counted - usual) for counted, usual in heard)
        clear = swing > SIGMAS * sqrt(max(expected, LEAST))
        return clear and (swing >= SWING * expected or _differs(sum(counted for counted, _ in heard), expected))


def _differs(counted: int, expected: float) -> bool:
    if not expected / FACTOR <= counted <= expected * FACTOR:
        return abs(counted - expected) > SIGMAS * sqrt(max(expected, LEAST))
    return False
