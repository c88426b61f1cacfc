"""The calendar of the timebase (NTCIP 1201 2.4.3, 1202 2.4): numbered day plans, weeks of the year, and dates that differ.

Dates are (year, month, day), weekdays 0 to 6 with Monday 0. Arithmetic only: nothing here knows what time it is.
"""

from dataclasses import dataclass, field
from typing import NewType, TypeAlias

from edge.model.plans import Run
from edge.model.units import Ms

DayPlanNumber = NewType("DayPlanNumber", int)
Date: TypeAlias = tuple[int, int, int]
MonthDay: TypeAlias = tuple[int, int]

_DAYS_OF_WEEK = 7
_FEBRUARY = 2
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class DateRange:
    """Every date from `first` to `last`, both included."""

    first: Date
    last: Date


@dataclass(frozen=True, slots=True)
class YearlyDate:
    """The same date of every year; 29 February in leap years only."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """The nth (1 to 5) such weekday of a month, in every year; `nth` 0 is the last. A month without a fifth has none."""

    nth: int
    weekday: int
    month: int


When: TypeAlias = Date | DateRange | YearlyDate | NthWeekday


def falls_on(when: When, date: Date, weekday: int) -> bool:
    """Whether `date`, which is a `weekday`, is meant by `when`."""
    year, month, day = date
    match when:
        case DateRange(first, last):
            return first <= date <= last
        case YearlyDate():
            return (when.month, when.day) == (month, day)
        case NthWeekday(nth):
            if (when.weekday, when.month) != (weekday, month):
                return False
            return day + _DAYS_OF_WEEK > days_in(year, month) if nth == 0 else (day - 1) // _DAYS_OF_WEEK == nth - 1
        case _:
            return when == date


def precision(when: When) -> int:
    """How closely `when` names its days: 2 one date, 1 one date a year, 0 a range. The closer one goes before."""
    match when:
        case DateRange():
            return 0
        case YearlyDate() | NthWeekday():
            return 1
        case _:
            return 2


def days_in(year: int, month: int) -> int:
    """Days of a month, by the Gregorian rule."""
    leap = month == _FEBRUARY and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _MONTH_DAYS[month - 1] + int(leap)


def day_before(date: Date) -> Date:
    """The date before `date`."""
    year, month, day = date
    if day > 1:
        return year, month, day - 1
    if month == 1:
        return year - 1, 12, 31
    return year, month - 1, days_in(year, month - 1)


@dataclass(frozen=True, slots=True)
class DayAction:
    """From `at_ms` of the local day, `run`."""

    at_ms: Ms
    run: Run


@dataclass(frozen=True, slots=True)
class Week:
    """On these weekdays, from `first` to `last` of every year (over its end where `last` is before `first`), a day plan."""

    weekdays: frozenset[int]
    day_plan: DayPlanNumber
    first: MonthDay = (1, 1)
    last: MonthDay = (12, 31)

    def holds(self, date: Date, weekday: int) -> bool:
        """Whether this row speaks for `date`."""
        here = date[1:]
        if self.first <= self.last:
            return weekday in self.weekdays and self.first <= here <= self.last
        return weekday in self.weekdays and (here >= self.first or here <= self.last)


@dataclass(frozen=True, slots=True)
class ScheduleException:
    """On the days that `date` means: the schedule of another weekday, or a day plan."""

    date: When
    like_weekday: int | None
    day_plan: DayPlanNumber | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Numbered day plans, actions in order of time, and the weeks that choose between them: the first that holds counts."""

    day_plans: dict[DayPlanNumber, tuple[DayAction, ...]] = field(default_factory=dict)
    weeks: tuple[Week, ...] = ()


NO_CALENDAR = Calendar()
