"""What is learned online, in small pieces that forget: rates as Gamma, means, arrivals, the day's profile, historic greens.

Every piece tells itself as plain lists of numbers (`tell`) and takes them back (`take`), so that it outlives a restart.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from edge.model.plans import LocalTime

Told: TypeAlias = Sequence[float]

MEMORY_S = 240.0
"""Time constant of arrival rates (adaptive-control, section 3: EWMA 240 s)."""

DISCHARGE_MEMORY_S = 60.0
"""A discharge rate remembers so many seconds of saturated flow (adaptive-control, section 3)."""

BINS_A_DAY = 96
"""Quarters of an hour (adaptive-control, section 3)."""

BIN_MS = 900_000

SATURDAY, SUNDAY = 5, 6


@dataclass(slots=True)
class Discharge:
    """A discharge rate, vehicles a second, as a Gamma of departures over seconds of saturated flow."""

    vehicles: float
    seconds: float

    @property
    def rate(self) -> float:
        """Its mean."""
        return self.vehicles / self.seconds

    def beside(self, usual: float, weight_s: float) -> float:
        """Its mean, where `usual` is expected and weighs `weight_s` seconds."""
        return (self.vehicles + usual * weight_s) / (self.seconds + weight_s)

    def saw(self, vehicles: float, seconds: float) -> None:
        """So many queued vehicles left in so many seconds; `vehicles` 0: the green ended first (censored)."""
        self.vehicles += vehicles
        self.seconds += seconds
        if self.seconds > DISCHARGE_MEMORY_S:
            keep = DISCHARGE_MEMORY_S / self.seconds
            self.vehicles *= keep
            self.seconds *= keep

    def tell(self) -> list[float]:
        """As numbers."""
        return [self.vehicles, self.seconds]

    def take(self, told: Told) -> None:
        """As told before."""
        self.vehicles, self.seconds = told


@dataclass(slots=True)
class Mean:
    """A mean that moves by 1 / weight at least, its spread beside it."""

    value: float
    count: float = 0.0
    most: float = 20.0
    spread: float = 0.0

    def saw(self, value: float) -> None:
        """One more."""
        self.count = min(self.count + 1.0, self.most)
        off = value - self.value
        self.value += off / (self.count + PRIOR_COUNT)
        self.spread += (abs(off) - self.spread) / (self.count + PRIOR_COUNT)

    def tell(self) -> list[float]:
        """As numbers."""
        return [self.value, self.count, self.spread]

    def take(self, told: Told) -> None:
        """As told before."""
        self.value, self.count, self.spread = told


PRIOR_COUNT = 4.0
"""What is taken for granted at first weighs as much as so many sights. Ours."""


@dataclass(slots=True)
class Arrivals:
    """A mean arrival rate, vehicles a second: counts that fade, in four minutes unless another `fade` is given."""

    vehicles: float = 0.0
    seconds: float = 0.0
    fade: float = math.exp(-1.0 / MEMORY_S)

    def saw(self, vehicles: float, seconds: float = 1.0) -> None:
        """One more second, or several, with so many vehicles."""
        keep = math.pow(self.fade, seconds)
        self.vehicles = self.vehicles * keep + vehicles
        self.seconds = self.seconds * keep + seconds

    def rate(self, usual: float, weight_s: float) -> float:
        """The mean rate, where `usual` is expected and weighs `weight_s` seconds."""
        return (self.vehicles + usual * weight_s) / (self.seconds + weight_s)

    def tell(self) -> list[float]:
        """As numbers."""
        return [self.vehicles, self.seconds]

    def take(self, told: Told) -> None:
        """As told before."""
        self.vehicles, self.seconds = told


SLOW_FADE = math.exp(-1.0 / 1800.0)
"""Of the counts that tell how lanes share an approach: half an hour. Ours."""


def day_kind(local: LocalTime) -> int:
    """0 on working days, 1 on Saturdays, 2 on Sundays."""
    return {SATURDAY: 1, SUNDAY: 2}.get(local.weekday, 0)


@dataclass(slots=True)
class Profile:
    """The arrival rate by quarter of an hour and kind of day. A quarter that was never seen whole is not known."""

    rates: dict[int, tuple[float, int]] = field(default_factory=dict)
    """By 96 x kind of day + quarter: the mean rate, and from how many days."""
    _bin: int | None = None
    _vehicles: float = 0.0
    _seconds: int = 0

    def saw(self, local: LocalTime, vehicles: float) -> None:
        """One more second, with so many vehicles."""
        now = bin_of(local)
        if now != self._bin:
            self._close()
            self._bin, self._vehicles, self._seconds = now, 0.0, 0
        self._vehicles += vehicles
        self._seconds += 1

    def _close(self) -> None:
        if self._bin is None or self._seconds < WHOLE_BIN_S:
            return
        mean, days = self.rates.get(self._bin, (0.0, 0))
        step = max(1.0 / (days + 1), DAY_STEP)
        self.rates[self._bin] = (mean + step * (self._vehicles / self._seconds - mean), days + 1)

    def usual(self, local: LocalTime | None) -> float | None:
        """The rate that is usual now, None where it is not known."""
        known = self.rates.get(bin_of(local)) if local is not None else None
        return known[0] if known is not None else None

    def tell(self) -> list[float]:
        """As numbers: bin, rate, days, and so on."""
        return [number for key, (rate, days) in sorted(self.rates.items()) for number in (key, rate, days)]

    def take(self, told: Told) -> None:
        """As told before."""
        self.rates = {int(told[i]): (told[i + 1], int(told[i + 2])) for i in range(0, len(told), 3)}


WHOLE_BIN_S = 600
"""A quarter counts if ten minutes of it were seen. Ours."""

DAY_STEP = 0.2
"""A new day moves the profile by a fifth at least, so that it follows the season within two weeks. Ours."""


def bin_of(local: LocalTime) -> int:
    """The quarter of an hour, counted through the kinds of day."""
    return day_kind(local) * BINS_A_DAY + local.day_ms // BIN_MS


@dataclass(slots=True)
class Greens:
    """How long a green its lanes needed in a phase's last greens, s."""

    last: list[float] = field(default_factory=list)

    def saw(self, seconds: float) -> None:
        """One more green, of which so much was needed."""
        self.last.append(seconds)
        del self.last[:-KEPT_GREENS]

    @property
    def historic(self) -> float:
        """What was long enough for 85 of 100 (adaptive-control, section 4, C); 0: not known."""
        if not self.last:
            return 0.0
        ordered = sorted(self.last)
        return ordered[min(len(ordered) * 85 // 100, len(ordered) - 1)]


KEPT_GREENS = 40
"""Half an hour to an hour of greens. Ours."""
