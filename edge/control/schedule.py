"""What should run now: a pure function of the local time, right by construction after a reboot, a clock step or DST.

Whose actions a day follows, the first of these that speaks for it:
    1. an exception of that one date
    2. an exception that comes once a year (25 December, the fourth Thursday of November)
    3. an exception of a range of dates
    4. a week of the calendar
    5. the weekly schedule
Of two exceptions that are as close, the first in the file. `like` takes the actions of another weekday from 4 and 5.

An action runs until the next one, over midnight too. Daylight saving: the time of day jumps, and what is asked is only
the time it is. An action in the hour that does not exist begins when that hour has been jumped over; one in the hour that
exists twice begins in its first pass and is not taken back in the second (docs/adr/0070).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.model.calendar import (
    NO_CALENDAR,
    Calendar,
    Date,
    DayAction,
    DayPlanNumber,
    ScheduleException,
    day_before,
    falls_on,
    precision,
)
from edge.model.plans import FREE, LocalTime, Run, ScheduleEntry
from edge.model.units import DAY_MS

_LOOK_BACK_DAYS = 15
"""Ours: two weeks: every weekday has come by twice, holidays in a row included; what has not begun by then never does."""

_DAYS_OF_WEEK = 7


class _Timebase(Protocol):
    """What decides by the clock; a `Site` is one."""

    @property
    def schedule(self) -> Sequence[ScheduleEntry]:
        """The weekly schedule."""

    @property
    def exceptions(self) -> Sequence[ScheduleException]:
        """Dates that differ."""

    @property
    def calendar(self) -> Calendar:
        """Day plans and weeks."""


@dataclass(frozen=True, slots=True)
class Day:
    """The actions of one day in order of time, and which rule of the site file chose them."""

    actions: tuple[DayAction, ...]
    chosen_by: str


def what_should_run(site: _Timebase, local: LocalTime) -> Run:
    """The last action that has begun at `local`; free operation where none ever has."""
    return what_runs(site.schedule, site.exceptions, local, site.calendar)


def what_runs(
    schedule: Sequence[ScheduleEntry],
    exceptions: Sequence[ScheduleException],
    local: LocalTime,
    calendar: Calendar = NO_CALENDAR,
) -> Run:
    """The same from its parts."""
    date, weekday, now = local.date, local.weekday, max(local.day_ms, local.repeated_to_ms - 1)
    if not schedule and not calendar.day_plans:
        return FREE
    for _ in range(_LOOK_BACK_DAYS):
        passed = [a for a in day_of(schedule, exceptions, calendar, date, weekday).actions if a.at_ms <= now]
        if passed:
            return passed[-1].run
        date, weekday, now = day_before(date), (weekday - 1) % _DAYS_OF_WEEK, DAY_MS
    return FREE


def day_of(
    schedule: Sequence[ScheduleEntry],
    exceptions: Sequence[ScheduleException],
    calendar: Calendar,
    date: Date,
    weekday: int,
) -> Day:
    """Whose actions the day follows."""
    chosen_by = ""
    exception = _exception(exceptions, date, weekday)
    if exception is not None:
        number, row = exception
        chosen_by = f"exception {number}"
        if row.day_plan is not None:
            return _planned(calendar, row.day_plan, chosen_by)
        weekday = weekday if row.like_weekday is None else row.like_weekday
    for number, week in enumerate(calendar.weeks, 1):
        if week.holds(date, weekday):
            return _planned(calendar, week.day_plan, _joined(chosen_by, f"week {number}"))
    entries = sorted((e for e in schedule if weekday in e.weekdays), key=lambda e: e.at_ms)
    return Day(tuple(DayAction(e.at_ms, e.run) for e in entries), _joined(chosen_by, "schedule"))


def _planned(calendar: Calendar, number: DayPlanNumber, chosen_by: str) -> Day:
    return Day(calendar.day_plans.get(number, ()), _joined(chosen_by, f"day plan {number}"))


def _joined(first: str, then: str) -> str:
    return f"{first}, {then}" if first else then


def _exception(rows: Sequence[ScheduleException], date: Date, weekday: int) -> tuple[int, ScheduleException] | None:
    """The exception that speaks for the day, with its number in the file."""
    meant = [(number, row) for number, row in enumerate(rows, 1) if falls_on(row.date, date, weekday)]
    return max(meant, key=lambda found: precision(found[1].date), default=None)
