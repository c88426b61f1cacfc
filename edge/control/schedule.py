"""What should run now: a pure function of the local time, right by construction after a reboot, a clock step or DST."""

from collections.abc import Sequence

from edge.model.plans import FREE, LocalTime, Run, ScheduleEntry, ScheduleException

_MARCH = 3
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def what_runs(schedule: Sequence[ScheduleEntry], exceptions: Sequence[ScheduleException], local: LocalTime) -> Run:
    """The last entry at or before `local`, looking back a week; free operation where there is none.

    On the date of an exception the whole day follows the other weekday's entries.
    """
    like = {e.date: e.like_weekday for e in exceptions}
    date, weekday, day_ms = local.date, local.weekday, local.day_ms
    for _ in range(8):
        kind_of_day = like.get(date, weekday)
        passed = [e for e in schedule if kind_of_day in e.weekdays and e.at_ms <= day_ms]
        if passed:
            return max(passed, key=lambda e: e.at_ms).run
        date, weekday, day_ms = _day_before(date), (weekday - 1) % 7, 86_400_000
    return FREE


def _day_before(date: tuple[int, int, int]) -> tuple[int, int, int]:
    year, month, day = date
    if day > 1:
        return year, month, day - 1
    if month == 1:
        return year - 1, 12, 31
    leap = month == _MARCH and (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return year, month - 1, _MONTH_DAYS[month - 2] + int(leap)
