"""`stopline schedule SITE`: what the site file runs when on one day. Needs no running controller."""

import json
from argparse import Namespace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.check import check_file
from edge.check.calendar import clock
from edge.cli.refusal import Refusal
from edge.clock import local_time, wall
from edge.config.fields import DAYS
from edge.control.schedule import Day, day_of, what_should_run
from edge.model.plans import LocalTime, Run, RunKind
from edge.model.site import Site
from edge.model.units import HOUR_MS

_EX_CONFIG = 78
_EX_NOINPUT = 66
_EX_USAGE = 64


def schedule(options: Namespace) -> int:
    """`stopline schedule SITE [--date 2026-11-26] [--json]`."""
    checked = check_file(options.site)
    if checked.site is None:
        raise Refusal(_EX_NOINPUT if checked.unreadable else _EX_CONFIG, f"\n{checked.report()}")
    day = _day(options.date, checked.site)
    rows = _rows(checked.site, day)
    found = day_of(checked.site.schedule, checked.site.exceptions, checked.site.calendar, _ymd(day), day.weekday())
    if options.json:
        said = {"v": 1, "date": day.isoformat(), "weekday": DAYS[day.weekday()], "chosen_by": found.chosen_by}
        print(json.dumps({**said, "clock": _clock_change(checked.site, day), "runs": rows}))
    else:
        print("\n".join(_lines(checked.site, day, found, rows)))
    return 0


def _day(asked: str | None, site: Site) -> date:
    if asked is None:
        return date(*local_time(ZoneInfo(site.timezone), wall(), synced=True).date)
    try:
        return date.fromisoformat(asked)
    except ValueError as error:
        raise Refusal(_EX_USAGE, f"{asked!r} is no date; write YYYY-MM-DD, such as 2026-11-26") from error


def _ymd(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day


def _rows(site: Site, day: date) -> list[dict[str, object]]:
    """What runs from midnight on, and every change."""
    found = day_of(site.schedule, site.exceptions, site.calendar, _ymd(day), day.weekday())
    midnight = LocalTime(_ymd(day), day.weekday(), 0, 0, synced=True)
    rows = [_row(0, what_should_run(site, midnight), site)]
    return rows + [_row(action.at_ms, action.run, site) for action in found.actions if action.at_ms]


def _row(at_ms: int, run: Run, site: Site) -> dict[str, object]:
    name = site.plans[run.plan].name if run.plan is not None else ""
    return {"at": clock(at_ms), "run": run_text(run), "name": name, "maximum": run.maximum}


def run_text(run: Run) -> str:
    """`free`, `flash` or `plan 2`, as the site file says it."""
    return f"plan {run.plan}" if run.kind is RunKind.PLAN else run.kind.value


def _lines(site: Site, day: date, found: Day, rows: list[dict[str, object]]) -> list[str]:
    head = f"{site.name}: {DAYS[day.weekday()]} {day.isoformat()}, by {found.chosen_by}"
    text = [head, *(f"  {row['at']}  {row['run']} {row['name']}".rstrip() + _maximum(row) for row in rows)]
    change = _clock_change(site, day)
    return [*text, f"  {change}"] if change else text


def _maximum(row: dict[str, object]) -> str:
    return "" if row["maximum"] == 1 else f", maximum {row['maximum']}"


def _clock_change(site: Site, day: date) -> str:
    """What daylight saving does on this day, in words; empty where it does nothing."""
    zone = ZoneInfo(site.timezone)
    begins = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    after = day + timedelta(days=1)
    ends = datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC)
    hours = (ends - begins) / timedelta(milliseconds=HOUR_MS) - 24
    if not hours:
        return ""
    return f"the clock goes {'back' if hours > 0 else 'forward'} by {abs(hours):g} h on this day"
