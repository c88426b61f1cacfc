"""Rows of `schedule`, `day_plans`, `weeks` and `exceptions` to the timebase of the frozen site."""

from dataclasses import replace

from edge.config.problems import Findings
from edge.config.rows import SiteFile
from edge.model.calendar import Calendar, DayAction, ScheduleException, Week
from edge.model.plans import ScheduleEntry


def schedule_of(rows: SiteFile) -> tuple[ScheduleEntry, ...]:
    """The weekly schedule."""
    return tuple(ScheduleEntry(e.days, e.at, replace(e.run, maximum=e.maximum)) for e in rows.schedule)


def exceptions_of(rows: SiteFile, findings: Findings) -> tuple[ScheduleException, ...]:
    """The days that differ; each names another weekday or a day plan, and not both."""
    for k, row in enumerate(rows.exceptions):
        here = ("exceptions", k)
        if (row.like is None) == (row.day_plan is None) and not findings.is_spoiled(
            (*here, "like"), (*here, "day_plan")
        ):
            given = "both like and day_plan" if row.like is not None else "neither like nor day_plan"
            findings.value(here, f"exception {k + 1} has {given}", "write like: sun, or day_plan: 2")
    return tuple(ScheduleException(row.date, row.like, row.day_plan) for row in rows.exceptions)


def calendar_of(rows: SiteFile) -> Calendar:
    """The day plans and the weeks that choose between them."""
    plans = {
        number: tuple(
            DayAction(a.at, replace(a.run, maximum=a.maximum)) for a in sorted(actions, key=lambda action: action.at)
        )
        for number, actions in sorted(rows.day_plans.items())
    }
    return Calendar(plans, tuple(Week(w.days, w.day_plan, w.first, w.last) for w in rows.weeks))
