"""Dates as a calendar knows them: one date, a range, a date of every year, the nth weekday of a month."""

import re
from dataclasses import dataclass

from pydantic.json_schema import JsonSchemaValue
from typing_extensions import override

from edge.config.fields import DAYS, Date, Kind, refusal, shown
from edge.model.calendar import DateRange, MonthDay, NthWeekday, When, YearlyDate, days_in

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NTH = ("last", "1st", "2nd", "3rd", "4th", "5th")

_MONTH_DAY = re.compile(r"([0-9]{2})-([0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RANGE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) +to +([0-9]{4}-[0-9]{2}-[0-9]{2})")
_NTH = re.compile(rf"({'|'.join(NTH)}) +({'|'.join(DAYS)}) +of +({'|'.join(MONTHS)})")
_FORMS = "2026-12-24, 2026-07-01 to 2026-08-31, 12-25, 4th thu of nov or last mon of may"
_LEAP_YEAR = 2024  # 29 February is a day of the calendar


@dataclass(frozen=True, slots=True)
class MonthDayText(Kind):
    """`05-01`: a day of every year; read as (month, day)."""

    @override
    def read(self, value: object) -> MonthDay:
        found = _MONTH_DAY.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise refusal(f"{shown(value)} is no day of the year", "write MM-DD, such as 05-01")
        month, day = int(found[1]), int(found[2])
        if not 1 <= month <= len(MONTHS) or not 1 <= day <= days_in(_LEAP_YEAR, month):
            raise refusal(f"{value} is not in the calendar", "write a day that exists")
        return month, day

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{_MONTH_DAY.pattern}$"}


@dataclass(frozen=True, slots=True)
class WhenText(Kind):
    """A date, a range of dates, a date of every year, or the nth weekday of a month."""

    @override
    def read(self, value: object) -> When:
        text = value if isinstance(value, str) else ""
        if _MONTH_DAY.fullmatch(text):
            return YearlyDate(*MonthDayText().read(text))
        nth = _NTH.fullmatch(text)
        if nth is not None:
            return NthWeekday(NTH.index(nth[1]), DAYS.index(nth[2]), MONTHS.index(nth[3]) + 1)
        span = _RANGE.fullmatch(text)
        if span is not None:
            first, last = Date().read(span[1]), Date().read(span[2])
            if last < first:
                raise refusal(f"{shown(value)} ends before it begins", f"write {span[2]} to {span[1]}")
            return DateRange(first, last)
        if _DATE.fullmatch(text):
            return Date().read(text)
        raise refusal(f"{shown(value)} is no date", f"write {_FORMS}")

    @override
    def json(self) -> JsonSchemaValue:
        forms = (_DATE, _RANGE, _MONTH_DAY, _NTH)
        return {"type": "string", "pattern": f"^({'|'.join(form.pattern for form in forms)})$"}
