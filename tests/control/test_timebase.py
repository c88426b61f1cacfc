"""The timebase: what runs now is a function of the local time, through daylight saving, leap days, year ends and restarts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import local_time
from edge.control.schedule import day_of, what_runs
from edge.model.calendar import (
    Calendar,
    Date,
    DateRange,
    DayAction,
    DayPlanNumber,
    NthWeekday,
    ScheduleException,
    Week,
    When,
    YearlyDate,
    days_in,
    falls_on,
)
from edge.model.events import EventCode as E
from edge.model.plans import FREE, LocalTime, Run, RunKind, ScheduleEntry
from edge.model.units import PlanNumber
from tests import builders
from tests.control.scenario import Scenario

H = 3_600_000
DENVER = ZoneInfo("America/Denver")
DAILY = frozenset(range(7))
WORK = frozenset(range(5))
FLASH = Run(RunKind.FLASH)


def plan(n: int) -> Run:
    return Run(RunKind.PLAN, PlanNumber(n))


def number(n: int) -> DayPlanNumber:
    return DayPlanNumber(n)


def at(date: Date, hour: float = 12) -> LocalTime:
    return LocalTime(date, datetime(*date, tzinfo=UTC).weekday(), round(hour * H), 0, synced=True)


def there(year: int, month: int, day: int, hour: int, minute: int = 0) -> LocalTime:
    """The local time in Denver of an instant given in UTC."""
    instant = datetime(year, month, day, hour, minute, tzinfo=UTC)
    return local_time(DENVER, int(instant.timestamp()) * 1000, synced=True)


@pytest.mark.parametrize(
    ("when", "date", "meant"),
    [
        ((2026, 7, 4), (2026, 7, 4), True),
        ((2026, 7, 4), (2027, 7, 4), False),
        (DateRange((2026, 12, 24), (2027, 1, 2)), (2026, 12, 24), True),
        (DateRange((2026, 12, 24), (2027, 1, 2)), (2027, 1, 2), True),
        (DateRange((2026, 12, 24), (2027, 1, 2)), (2027, 1, 3), False),
        (YearlyDate(12, 25), (2031, 12, 25), True),
        (YearlyDate(2, 29), (2028, 2, 29), True),
        (YearlyDate(2, 29), (2027, 3, 1), False),
        (NthWeekday(4, 3, 11), (2026, 11, 26), True),  # Thanksgiving
        (NthWeekday(4, 3, 11), (2027, 11, 25), True),
        (NthWeekday(4, 3, 11), (2026, 11, 19), False),
        (NthWeekday(0, 0, 5), (2026, 5, 25), True),  # Memorial Day
        (NthWeekday(0, 0, 5), (2026, 5, 18), False),
        (NthWeekday(0, 5, 2), (2028, 2, 26), True),  # leap February: the 29th is a Tuesday
        (NthWeekday(0, 1, 2), (2028, 2, 29), True),
        (NthWeekday(5, 4, 11), (2026, 11, 27), False),  # four Fridays only
        (NthWeekday(5, 4, 10), (2026, 10, 30), True),
    ],
)
def test_a_date_means_the_days_it_says(when: When, date: Date, *, meant: bool) -> None:
    assert falls_on(when, date, datetime(*date, tzinfo=UTC).weekday()) is meant


CALENDAR = Calendar(
    {
        number(1): (DayAction(6 * H, plan(1)), DayAction(20 * H, FREE)),
        number(2): (DayAction(8 * H, plan(2)),),
        number(3): (DayAction(0, FLASH),),
    },
    (
        Week(WORK, number(1), (5, 1), (9, 30)),
        Week(WORK, number(2), (11, 15), (2, 15)),  # over the end of the year
    ),
)
SCHEDULE = (ScheduleEntry(DAILY, 0, FREE),)
EXCEPTIONS = (
    ScheduleException(DateRange((2026, 12, 20), (2026, 12, 31)), None, number(1)),
    ScheduleException(YearlyDate(12, 25), 6),
    ScheduleException((2026, 12, 28), None, number(3)),
    ScheduleException(NthWeekday(4, 3, 11), None, number(3)),
)


@pytest.mark.parametrize(
    ("date", "chosen_by"),
    [
        ((2026, 6, 1), "week 1, day plan 1"),
        ((2026, 6, 6), "schedule"),  # a Saturday, in no week
        ((2026, 4, 30), "schedule"),
        ((2026, 12, 1), "week 2, day plan 2"),
        ((2027, 2, 15), "week 2, day plan 2"),
        ((2027, 2, 16), "schedule"),
        ((2026, 12, 21), "exception 1, day plan 1"),  # before the week
        ((2026, 12, 25), "exception 2, schedule"),  # once a year goes before a range
        ((2026, 12, 28), "exception 3, day plan 3"),  # one date goes before both
        ((2026, 11, 26), "exception 4, day plan 3"),
    ],
)
def test_the_closest_rule_chooses_the_day_plan(date: Date, chosen_by: str) -> None:
    weekday = datetime(*date, tzinfo=UTC).weekday()
    assert day_of(SCHEDULE, EXCEPTIONS, CALENDAR, date, weekday).chosen_by == chosen_by


@pytest.mark.parametrize(
    ("when", "runs"),
    [
        (at((2026, 6, 2), 5), FREE),  # since 20:00 of Monday
        (at((2026, 6, 2), 6), plan(1)),
        (at((2026, 6, 2), 23), FREE),
        (at((2027, 1, 1), 7), FREE),  # since 20:00 of New Year's Eve, which was an exception
        (at((2027, 1, 1), 8), plan(2)),
        (at((2026, 11, 27), 7), FLASH),  # Thanksgiving's flash until the next action
    ],
)
def test_before_its_first_action_a_day_runs_on_with_the_day_before(when: LocalTime, runs: Run) -> None:
    assert what_runs(SCHEDULE, EXCEPTIONS, when, CALENDAR) == runs


NIGHT = (
    ScheduleEntry(DAILY, 0, FREE),
    ScheduleEntry(DAILY, 2 * H + H // 2, FLASH),
    ScheduleEntry(DAILY, 5 * H, plan(1)),
)
EARLY = (ScheduleEntry(DAILY, 0, FREE), ScheduleEntry(DAILY, H + H // 2, FLASH), ScheduleEntry(DAILY, 5 * H, plan(1)))


def test_an_action_in_the_hour_that_does_not_exist_begins_after_it() -> None:
    """8 March 2026 in Denver: after 01:59 comes 03:00."""
    assert what_runs(NIGHT, (), there(2026, 3, 8, 8, 59)) == FREE
    assert there(2026, 3, 8, 9).day_ms == 3 * H
    assert what_runs(NIGHT, (), there(2026, 3, 8, 9)) == FLASH


def test_an_action_in_the_hour_that_exists_twice_begins_once() -> None:
    """1 November 2026 in Denver: after 01:59 comes 01:00 again."""
    minutes = range(180)
    ran = [what_runs(EARLY, (), there(2026, 11, 1, 7 + m // 60, m % 60)) for m in minutes]
    assert [run for k, run in enumerate(ran) if k == 0 or ran[k - 1] != run] == [FREE, FLASH]
    assert ran.index(FLASH) == 30
    assert there(2026, 11, 1, 8, 10).day_ms == H + 10 * 60_000
    assert there(2026, 11, 1, 8, 10).repeated_to_ms == 2 * H
    assert there(2026, 11, 1, 9, 10).repeated_to_ms == 0


@given(st.integers(0, 3 * 366 * 24 * 60))
def test_what_runs_is_the_same_after_a_restart_as_after_a_day_without_one(minute: int) -> None:
    """Judged by walking through the day minute by minute, as a clock with alarms would; no rule of the engine is used."""
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    local = local_time(DENVER, int(instant.timestamp()) * 1000, synced=True)
    begun, highest = plan(1), -1  # what the day before ended with
    midnight = datetime(*local.date, tzinfo=DENVER).astimezone(UTC)
    while midnight <= instant:
        clock = midnight.astimezone(DENVER)
        now = clock.hour * H + clock.minute * 60_000
        for entry in EARLY:
            if highest < entry.at_ms <= now:
                begun = entry.run
        highest = max(highest, now)
        midnight += timedelta(minutes=1)
    assert what_runs(EARLY, (), local) == begun


def test_a_step_of_the_clock_is_followed_in_both_directions() -> None:
    assert what_runs(NIGHT, (), at((2026, 6, 1), 6)) == plan(1)
    assert what_runs(NIGHT, (), at((2026, 6, 1), 1)) == FREE
    assert what_runs(NIGHT, (), at((2026, 6, 1), 6)) == plan(1)


def test_a_calendar_on_which_nothing_ever_begins_is_free() -> None:
    assert what_runs((), (), at((2026, 6, 1)), Calendar({number(1): ()}, (Week(DAILY, number(1)),))) == FREE
    assert what_runs((), (), at((2026, 6, 1)), CALENDAR) == plan(1)


def test_months_have_their_days() -> None:
    assert [days_in(y, 2) for y in (1900, 2000, 2024, 2026)] == [28, 29, 29, 28]


@pytest.mark.untraced
def test_a_schedule_times_maximum_2() -> None:
    """NTCIP 1202 has it as an action of the timebase; here it stands beside what runs."""
    site = builders.two_phase(schedule=(ScheduleEntry(DAILY, 0, Run(RunKind.FREE, maximum=2)),))
    phases = {n: replace(p, max_green_2_ms=35_000) for n, p in site.phases.items()}
    s = Scenario(replace(site, phases=phases), local=at((2026, 6, 1))).drain()
    s.occupy(2, 4).wait(180)
    begun = s.times(E.PHASE_BEGIN_GREEN, 4)[-2]
    assert s.times(E.PHASE_GREEN_TERMINATION, 4, begun)[0] - begun == 35_000
