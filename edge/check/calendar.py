"""Day plans, weeks and exceptions: what they name exists, and at no moment do two things begin."""

from collections.abc import Iterator

from edge.check.words import listed
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.calendar import DayPlanNumber, When
from edge.model.plans import Run
from edge.model.site import Site
from edge.model.units import HOUR_MS, MINUTE_MS, Ms


def day_plans_are_whole(draft: Draft, findings: Findings) -> None:
    """A day plan has actions, no two of them at one time, and runs plans that exist."""
    plans = draft.site.plans
    known = ", ".join(str(n) for n in plans) or "none yet"
    for number, rows in draft.rows.day_plans.items():
        here: Path = ("day_plans", number)
        if not rows:
            findings.cross(here, f"day plan {number} has no action", "write - {at: 00:00, run: free}")
        seen: dict[Ms, int] = {}
        for k, row in enumerate(rows):
            first = seen.setdefault(row.at, k)
            if first != k:
                what = f"action {k + 1} begins at {clock(row.at)}, as action {first + 1} does"
                findings.cross((*here, k), what, "keep one of them, or change the time")
            if row.run.plan is not None and row.run.plan not in plans:
                what, uses = f"there is no plan {row.run.plan}", [("plans", row.run.plan)]
                findings.cross((*here, k, "run"), what, f"name one of plans: {known}", uses)


def day_plans_exist(draft: Draft, findings: Findings) -> None:
    """Weeks and exceptions name day plans of this file; one that nobody names is idle."""
    plans = draft.site.calendar.day_plans
    known = ", ".join(str(n) for n in plans) or "none yet"
    named = list(_named(draft.site))
    for path, number in named:
        if number not in plans:
            findings.cross(
                path, f"there is no day plan {number}", f"name one of day_plans: {known}", [("day_plans", number)]
            )
    idle = plans.keys() - {number for _, number in named}
    if idle and not findings.is_spoiled(("weeks",), ("exceptions",)):
        what = f"no week and no exception runs day plan {listed(idle)}"
        findings.warn(("day_plans", min(idle)), what, "name it in weeks, or remove it")


def _named(site: Site) -> Iterator[tuple[Path, DayPlanNumber]]:
    for k, week in enumerate(site.calendar.weeks):
        yield ("weeks", k, "day_plan"), week.day_plan
    for k, exception in enumerate(site.exceptions):
        if exception.day_plan is not None:
            yield ("exceptions", k, "day_plan"), exception.day_plan


def maximums_exist(draft: Draft, findings: Findings) -> None:
    """Whoever asks for maximum 2 or 3 expects a phase that states one."""
    phases = draft.site.phases.values()
    stated = {
        2: any(p.max_green_2_ms is not None for p in phases),
        3: any(p.max_green_3_ms is not None for p in phases),
    }
    for path, run in _runs(draft):
        if not stated.get(run.maximum, True):
            what = f"no phase states max_green_{run.maximum}: maximum 1 is timed"
            findings.warn((*path, "maximum"), what, f"add max_green_{run.maximum} to phases, or remove it")


def _runs(draft: Draft) -> Iterator[tuple[Path, Run]]:
    for k, entry in enumerate(draft.site.schedule):
        yield ("schedule", k), entry.run
    for number, rows in draft.rows.day_plans.items():
        for k, row in enumerate(rows):
            yield ("day_plans", number, k), Run(row.run.kind, row.run.plan, row.maximum)


def named(when: When) -> str:
    """A date for a message."""
    return "-".join(f"{part:02}" for part in when) if isinstance(when, tuple) else "the same days"


def clock(at: Ms) -> str:
    """Milliseconds of the day as `06:30`."""
    return f"{at // HOUR_MS:02}:{at % HOUR_MS // MINUTE_MS:02}"


RULES = (
    day_plans_are_whole,
    day_plans_exist,
    maximums_exist,
)
