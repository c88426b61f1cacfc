"""The rows of `schedule`, `day_plans`, `weeks` and `exceptions`."""

from typing import Annotated

from pydantic import Field

from edge.config.calendar_words import MonthDayText, WhenText
from edge.config.fields import Clock, NumberKey, Whole
from edge.config.row import Row, optional, renamed, setting
from edge.config.words import DaysText, DayText, RunText
from edge.model.calendar import DayPlanNumber, MonthDay, When
from edge.model.plans import Run
from edge.model.units import Ms

_MOST_DAY_PLANS = 255

DayPlanKey = Annotated[DayPlanNumber, NumberKey(_MOST_DAY_PLANS)]
ADayPlan = Annotated[DayPlanNumber, Whole(1, _MOST_DAY_PLANS)]


class DayActionRow(Row):
    """One action of a day plan."""

    at: Annotated[Ms, Clock()] = Field(description="Local time it begins, HH:MM.")
    run: Annotated[Run, RunText()] = Field(description="free, flash or plan n.")
    maximum: Annotated[int, Whole(1, 3)] = setting(1, "Which maximum green is timed.")


class ScheduleRow(Row):
    """One entry of `schedule`."""

    days: Annotated[frozenset[int], DaysText()] = Field(description="daily, mon-fri, sat-sun, sun.")
    at: Annotated[Ms, Clock()] = Field(description="Local time it begins, HH:MM.")
    run: Annotated[Run, RunText()] = Field(description="free, flash or plan n.")
    maximum: Annotated[int, Whole(1, 3)] = setting(1, "Which maximum green is timed.")


class WeekRow(Row):
    """One row of `weeks`."""

    days: Annotated[frozenset[int], DaysText()] = Field(description="daily, mon-fri, sat-sun, sun.")
    day_plan: ADayPlan = Field(description="The day plan of these days.")
    first: Annotated[MonthDay, MonthDayText()] = renamed("from", "01-01", "The first day of the season, MM-DD.")
    last: Annotated[MonthDay, MonthDayText()] = renamed(
        "to", "12-31", "The last day of the season, MM-DD; before from: over the end of the year."
    )


class ExceptionRow(Row):
    """One entry of `exceptions`."""

    date: Annotated[When, WhenText()] = Field(
        description="2026-12-24, 2026-07-01 to 2026-08-31, 12-25, 4th thu of nov or last mon of may."
    )
    like: Annotated[int | None, DayText()] = optional("The day of the week whose schedule runs.")
    day_plan: Annotated[DayPlanNumber | None, Whole(1, _MOST_DAY_PLANS)] = optional("The day plan that runs.")
