"""What one loop has said: its level, its edges, and the rate it has learned of itself."""

from math import exp

from edge.model.units import MINUTE_MS, SECOND_MS, Ms

RATE_MEMORY_S = 1800.0
"""How far back the rate looks. Long against cycles, short against the peaks of a day. Ours."""
PULSE_MS: Ms = 150
"""No vehicle is over a loop so briefly: a motorcycle of 2 m over a loop of 2 m at 90 km/h takes 160 ms."""
_KNOWN_FROM = 4.0
"""Edges from which on a rate may be used. Ours."""


class LoopTrack:
    """One loop since `now`. Times are ms of the tick's clock; `heard_s` counts only seconds in which it could be heard."""

    __slots__ = (
        "_counted",
        "_exposed",
        "ever_off",
        "falls",
        "heard_s",
        "last_on_ms",
        "on",
        "pulses",
        "rises",
        "since_ms",
    )

    def __init__(self, now: Ms, *, on: bool) -> None:
        self.on = on
        self.since_ms = now
        self.last_on_ms: Ms | None = now if on else None
        self.rises = 0
        self.falls = 0
        self.pulses = 0
        self.ever_off = not on
        self.heard_s = 0
        self._counted = 0.0
        self._exposed = 0.0

    @property
    def alive(self) -> bool:
        """Whether it has ever changed its level."""
        return self.rises > 0 or self.falls > 0

    @property
    def rate(self) -> float:
        """Actuations a second, by its own recent past; 0 while too little is known."""
        return self._counted / self._exposed if self._counted >= _KNOWN_FROM else 0.0

    def edge(self, at: Ms, *, on: bool) -> None:
        """Take in one edge; one that changes nothing is none."""
        if on == self.on:
            return
        if at - self.since_ms < PULSE_MS and self.alive:
            self.pulses += 1
        if on:
            self.rises += 1
        else:
            self.falls += 1
            self.ever_off = True
        self.last_on_ms = at
        self.on, self.since_ms = on, at

    def second(self, now: Ms, rises: int, *, learn: bool) -> None:
        """Close one second with so many actuations. `learn`: whether the rate may take it in."""
        self.heard_s += 1
        if self.on:
            self.last_on_ms = now
        if learn:
            keep = exp(-1.0 / RATE_MEMORY_S)
            self._counted = self._counted * keep + rises
            self._exposed = self._exposed * keep + 1.0

    def freshen(self, now: Ms) -> None:
        """Say that nobody knows what happened until now: neither presence nor silence goes on."""
        self.since_ms = now

    def on_s(self, now: Ms) -> float:
        """For how long it has been occupied without a break."""
        return (now - self.since_ms) / SECOND_MS if self.on else 0.0

    def quiet_s(self, now: Ms) -> float:
        """For how long it has been free, a minute if it never was occupied."""
        if self.on:
            return 0.0
        return (now - (self.last_on_ms if self.last_on_ms is not None else now - MINUTE_MS)) / SECOND_MS
