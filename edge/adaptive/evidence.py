"""What shadow has shown so far, by time of day: quarters of an hour, their mean gain with its spread, and the verdict.

A bin is an hour of the day on working days or on weekends. Its evidence is its latest quarters; each says what delay the
same vehicles would have had under plain actuation, under the fixed plan and under adaptive timing, and how well the model
told what really was. The gain is one less the ratio of the sums, so that a quiet quarter counts for as much as it carried.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from math import sqrt

from edge.model.calendar import Date
from edge.model.plans import LocalTime
from edge.model.units import HOUR_MS

KEPT = 40
"""Quarters kept a bin: on working days two weeks. Ours: traffic changes with the season."""

LEAST_QUARTERS = 8
LEAST_DAYS = 2
"""Fewer, and nothing is concluded. Ours: two days of an hour, so that one odd day decides nothing."""

LEAST_GAIN = 0.03
"""Below this the gain is none (adaptive-control, self-check)."""

LEAST_VEHICLES = 20
"""A quarter with fewer says nothing. Ours: at night a single vehicle would decide."""

_Z90 = 1.2816
"""One-sided 90 % of the normal distribution."""

_Z99 = 2.3263

_WEEKEND = 5  # Saturday; Monday is 0


@dataclass(frozen=True, slots=True)
class Bin:
    """A time of day: hour 0 to 23, on working days or on weekends."""

    weekend: bool
    hour: int

    @property
    def text(self) -> str:
        """`working days 07:00-08:00`."""
        days = "weekends" if self.weekend else "working days"
        return f"{days} {self.hour:02}:00-{(self.hour + 1) % 24:02}:00"


@dataclass(frozen=True, slots=True)
class Quarter:
    """One quarter of an hour. Delays in s a vehicle; None where it was not computed. `acted`: part of its seconds in which
    adaptive timing acted. The last six are what the loops measured (`edge.adaptive.shadow_stretch.Measured`)."""

    day: int
    weekend: bool
    hour: int
    epoch_ms: int
    vehicles: int
    acted: float
    done_s: float
    actuated_s: float
    fixed_s: float | None = None
    advised_s: float | None = None
    chi2: float = 0.0
    freedom: int = 0
    clear_s: float = 0.0
    measured_s: float = 0.0
    on_red: float = 0.0
    greens: int = 0
    failures: int = 0
    occupied: float = 0.0

    @property
    def bin(self) -> Bin:
        """The time of day it belongs to."""
        return Bin(self.weekend, self.hour)

    @property
    def fits(self) -> bool:
        """Whether the model told the departures of what was done: chi-square not beyond its 99 % point."""
        return self.freedom > 0 and self.chi2 <= chi2_99(self.freedom)

    @property
    def tells(self) -> bool:
        """Whether it says anything about the gain."""
        return self.fits and self.advised_s is not None and self.vehicles >= LEAST_VEHICLES


class Verdict(Enum):
    """What the evidence of a bin says."""

    OPEN = "too little evidence yet"
    SHOWN = "gain shown"
    NOT_SHOWN = "no gain shown"
    NO_FIT = "the model does not fit"


@dataclass(frozen=True, slots=True)
class Gain:
    """A mean gain: 0.12 is 12 % less delay. `error`: standard error of the mean; `low`: its lower 90 % bound."""

    mean: float
    error: float
    low: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The evidence of one bin. `quarters` that tell, on `days` days, of `all_quarters`; gains over what is named."""

    quarters: int
    days: int
    all_quarters: int
    misfits: int
    verdict: Verdict
    over_actuated: Gain | None
    over_fixed: Gain | None
    over_done: Gain | None
    clear_s: float


class Evidence:
    """The book of all bins."""

    def __init__(self, quarters: Iterable[Quarter] = ()) -> None:
        self._bins: dict[Bin, deque[Quarter]] = {}
        self.added = 0
        """Quarters heard of, kept or not."""
        for quarter in quarters:
            self.add(quarter)

    def add(self, quarter: Quarter) -> None:
        """One quarter more; the oldest of its bin goes."""
        self.added += 1
        self._bins.setdefault(quarter.bin, deque(maxlen=KEPT)).append(quarter)

    @property
    def bins(self) -> tuple[Bin, ...]:
        """Every bin of which there is evidence, working days first."""
        return tuple(sorted(self._bins, key=lambda b: (b.weekend, b.hour)))

    def quarters(self, which: Bin) -> tuple[Quarter, ...]:
        """The quarters of a bin, oldest first."""
        return tuple(self._bins.get(which, ()))

    def figures(self, which: Bin) -> Figures:
        """What a bin's evidence comes to."""
        every = self.quarters(which)
        telling = [quarter for quarter in every if quarter.tells]
        gain = _gain([(q, q.actuated_s) for q in telling])
        misfits = sum(q.vehicles >= LEAST_VEHICLES and not q.fits for q in every)
        days = len({q.day for q in telling})
        clears = sorted(q.clear_s for q in telling)
        return Figures(
            quarters=len(telling),
            days=days,
            all_quarters=len(every),
            misfits=misfits,
            verdict=_verdict(len(telling), days, misfits, gain),
            over_actuated=gain,
            over_fixed=_gain([(q, q.fixed_s) for q in telling if q.fixed_s is not None]),
            over_done=_gain([(q, q.done_s) for q in telling]),
            clear_s=clears[len(clears) // 2] if clears else 0.0,
        )


def _verdict(quarters: int, days: int, misfits: int, gain: Gain | None) -> Verdict:
    if misfits >= LEAST_QUARTERS and misfits > quarters:
        return Verdict.NO_FIT
    if gain is None or quarters < LEAST_QUARTERS or days < LEAST_DAYS:
        return Verdict.OPEN
    return Verdict.SHOWN if gain.mean >= LEAST_GAIN and gain.low > 0 else Verdict.NOT_SHOWN


def _gain(rows: Sequence[tuple[Quarter, float]]) -> Gain | None:
    """One less the ratio of the sums of delay, with the ratio estimator's standard error (Cochran)."""
    pairs = [((q.advised_s or 0.0) * q.vehicles, base * q.vehicles) for q, base in rows]
    whole = sum(base for _, base in pairs)
    if len(pairs) < 2 or whole <= 0:  # noqa: PLR2004 - one alone has no spread
        return None
    count = len(pairs)
    ratio = sum(advised for advised, _ in pairs) / whole
    residual = sum((advised - ratio * base) ** 2 for advised, base in pairs)
    error = sqrt(residual / (count * (count - 1))) / (whole / count)
    return Gain(1 - ratio, error, 1 - ratio - _t90(count - 1) * error)


def _t90(freedom: int) -> float:
    """One-sided 90 % of Student's t, by the first term of its expansion in the degrees of freedom."""
    return _Z90 + (_Z90**3 + _Z90) / (4 * freedom)


def chi2_99(freedom: int) -> float:
    """The 99 % point of chi-square (Wilson and Hilferty)."""
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + _Z99 * sqrt(part)) ** 3)


def bin_of(local: LocalTime) -> Bin:
    """The bin of a local time."""
    return Bin(local.weekday >= _WEEKEND, local.day_ms // HOUR_MS)


def day_number(date: Date) -> int:
    """Days since 1970-01-01, by the Gregorian rule."""
    year, month, day = date
    year -= month <= 2  # noqa: PLR2004 - the year begins in March, so that the leap day is its last
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@dataclass(frozen=True, slots=True)
class Side:
    """What the loops measured on one kind of days: adaptive, or plain actuation. Means weighted by vehicles."""

    days: int
    quarters: int
    vehicles: int
    delay_s: float
    on_red: float
    failures: float
    occupied: float


_MOSTLY = 0.9
_HARDLY = 0.1
"""A quarter counts as adaptive, or as actuated, from this part of its seconds on. Ours; those between are left out."""


def sides(quarters: Iterable[Quarter]) -> dict[str, Side]:
    """Measured, not modelled: adaptive and actuated quarters beside one another. Where the model does not fit, the loops do
    not tell who is who either."""
    rows = tuple(quarter for quarter in quarters if quarter.fits)
    return {
        "adaptive": _side([q for q in rows if q.acted >= _MOSTLY]),
        "actuated": _side([q for q in rows if q.acted <= _HARDLY]),
    }


def _side(rows: Sequence[Quarter]) -> Side:
    vehicles, greens = sum(q.vehicles for q in rows), sum(q.greens for q in rows)
    return Side(
        days=len({q.day for q in rows}),
        quarters=len(rows),
        vehicles=vehicles,
        delay_s=sum(q.measured_s * q.vehicles for q in rows) / max(1, vehicles),
        on_red=sum(q.on_red * q.vehicles for q in rows) / max(1, vehicles),
        failures=sum(q.failures for q in rows) / max(1, greens),
        occupied=sum(q.occupied * q.greens for q in rows) / max(1, greens),
    )
