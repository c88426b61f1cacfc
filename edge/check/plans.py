"""Fixed plans, the schedule and the fall-back: splits that fit cycle, barriers and minimums; plans that exist."""

from edge.check.calendar import clock, named
from edge.check.words import s
from edge.config.fields import DAYS
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.calendar import When
from edge.model.phases import Phase
from edge.model.plans import FixedPlan, RunKind
from edge.model.sequence import Sequence
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber, PlanNumber

_RINGS: Path = ("rings",)


def splits_are_complete(draft: Draft, findings: Findings) -> None:
    """Every phase has a split in every plan, and no other has."""
    places = draft.site.sequence.places
    for number, plan in draft.site.plans.items():
        here: Path = ("plans", number, "splits")
        for phase in places:
            if phase not in plan.splits and phase in draft.site.phases:
                what = f"plan {number}: phase {phase} has no split"
                findings.cross(here, what, f"add {phase}: seconds", [_RINGS, (*here, phase)])
        for phase in plan.splits:
            if phase not in places and phase not in draft.site.phases:
                what = f"plan {number}: this intersection has no phase {phase}"
                findings.cross((*here, phase), what, "remove it", [_RINGS])


def splits_add_up(draft: Draft, findings: Findings) -> None:
    """The splits of every ring add up to the cycle, and the rings reach every barrier together."""
    sequence = draft.site.sequence
    if not draft.site.phases.keys() <= sequence.places.keys():
        return  # a phase without a place has a split that belongs to no sum; that it has none is said elsewhere
    for number, plan in draft.site.plans.items():
        here: Path = ("plans", number, "splits")
        if findings.is_spoiled(_RINGS, here, ("plans", number, "cycle"), *((*here, p) for p in sequence.phases)):
            continue
        if sequence.places.keys() <= plan.splits.keys() and not _rings_fill_cycle(sequence, plan, findings):
            _rings_meet(sequence, plan, findings)


def _rings_fill_cycle(sequence: Sequence, plan: FixedPlan, findings: Findings) -> bool:
    """Whether a ring's sum was reported."""
    reported = False
    for r, ring in enumerate(sequence.rings):
        total = sum(_length(sequence, plan, g, r) for g in range(len(ring)))
        if total != plan.cycle_ms:
            what = f"plan {plan.number}: ring {r + 1} splits add up to {s(total)} s, the cycle is {s(plan.cycle_ms)} s"
            write = (
                f"add {s(plan.cycle_ms - total)} s"
                if total < plan.cycle_ms
                else f"take {s(total - plan.cycle_ms)} s away"
            )
            findings.cross(("plans", plan.number, "splits"), what, write)
            reported = True
    return reported


def _length(sequence: Sequence, plan: FixedPlan, group: int, ring: int) -> Ms:
    """How long a ring is in a barrier group; one that has no phase there waits for the others."""
    own = sequence.rings[ring][group]
    if own:
        return sum(plan.splits[p] for p in own)
    return max(sum(plan.splits[p] for p in other[group]) for other in sequence.rings)


def _rings_meet(sequence: Sequence, plan: FixedPlan, findings: Findings) -> None:
    for g in range(sequence.group_count - 1):
        at = [sum(_length(sequence, plan, k, r) for k in range(g + 1)) for r in range(len(sequence.rings))]
        late = next((r for r, time in enumerate(at) if time != at[0]), None)
        if late is not None:
            first, other = (
                f"ring 1 reaches barrier {g + 1} after {s(at[0])} s",
                f"ring {late + 1} after {s(at[late])} s",
            )
            what = f"plan {plan.number}: {first}, {other}"
            write = f"give both the same sum before the barrier; they differ by {s(abs(at[late] - at[0]))} s"
            findings.cross(("plans", plan.number, "splits"), what, write)


def splits_hold_the_minimums(draft: Draft, findings: Findings) -> None:
    """A split holds the minimum green, or walk and clearance, and the longest clearance of those who leave with it."""
    for number, plan in draft.site.plans.items():
        for phase_number, split in plan.splits.items():
            phase = draft.site.phases.get(phase_number)
            if phase is None or (plan.coordination is not None and phase_number in plan.coordination.omitted):
                continue
            least, sum_in_words = _least_split(draft.site, plan, phase)
            if split < least:
                what = f"plan {number}: phase {phase_number} split {s(split)} s is shorter than {sum_in_words}"
                uses: list[Path] = [("phases", phase_number, key) for key in _SPLIT_KEYS]
                findings.cross(("plans", number, "splits", phase_number), what, f"at least {s(least)}", uses)


_SPLIT_KEYS = ("min_green", "walk", "ped_clear", "yellow", "red_clear")


def _least_split(site: Site, plan: FixedPlan, phase: Phase) -> tuple[Ms, str]:
    """The shortest split, and how it comes about."""
    green, green_ms = f"min_green {s(phase.min_green_ms)}", phase.min_green_ms
    walks = phase.ped is not None and not _stops_for_walk(site, plan, phase.number)
    if walks and phase.ped is not None and phase.ped.total_ms > phase.min_green_ms:
        green_ms = phase.ped.total_ms
        green = f"walk {s(phase.ped.walk_ms)} + ped_clear {s(phase.ped.clearance_ms)}"
    if phase.lead_ms + phase.min_green_ms == phase.longest_minimum_ms and phase.lead_ms:
        green = f"lpi {s(phase.lead_ms)} + min_green {s(phase.min_green_ms)}"
    change, in_words = _clearance(site, phase.number)
    for other in _leaving_together(site, plan, phase.number):
        longer, other_words = _clearance(site, other)
        if longer > change:
            change, in_words = longer, f"{other_words} of phase {other}, which leaves with it"
    least = green_ms + change
    return least, f"{green} + {in_words} = {s(least)} s"


def _stops_for_walk(site: Site, plan: FixedPlan, number: PhaseNumber) -> bool:
    """Whether the cycle timer stops for a walk that does not fit; in the fall-back it never does."""
    how = plan.coordination
    return how is not None and how.stop_in_walk and number not in how.phases and plan.number != site.fallback.plan


def _clearance(site: Site, number: PhaseNumber) -> tuple[Ms, str]:
    """Yellow, red clearance and the red and amber behind them, or the longer intergreen that takes their place."""
    phase = site.phases[number]
    longest = max((time for (a, _), time in site.intergreen.items() if a == number), default=0)
    blink = f"green_blink {s(phase.green_blink_ms)} + " if phase.green_blink_ms else ""
    ready = max((p.red_yellow_ms for n, p in site.phases.items() if n != number), default=0)
    change = phase.change_ms + ready
    if longest > change:
        return phase.green_blink_ms + longest, f"{blink}intergreen {s(longest)}"
    words = f"{blink}yellow {s(phase.yellow_ms)} + red_clear {s(phase.red_clear_ms)}"
    return phase.green_blink_ms + change, f"{words} + red_yellow {s(ready)}" if ready else words


def _leaving_together(site: Site, plan: FixedPlan, number: PhaseNumber) -> tuple[PhaseNumber, ...]:
    """The phases that cross the barrier in one tick with this one; none if it is not the last of its group."""
    sequence = plan.sequence or site.sequence
    place = sequence.places.get(number)
    if place is None:
        return ()
    timed = {p for p in site.phases if plan.splits.get(p)}
    served = ([p for p in ring[place.group] if p in timed] for ring in sequence.rings)
    last = tuple(phases[-1] for phases in served if phases)
    return last if number in last else ()


def offsets_are_in_the_cycle(draft: Draft, findings: Findings) -> None:
    """An offset is shorter than the cycle."""
    for number, plan in draft.site.plans.items():
        if plan.offset_ms >= plan.cycle_ms:
            what = f"plan {number}: offset {s(plan.offset_ms)} s is not within the cycle of {s(plan.cycle_ms)} s"
            write = f"write {s(plan.offset_ms % plan.cycle_ms)}"
            findings.cross(("plans", number, "offset"), what, write, [("plans", number, "cycle")])


def plans_exist(draft: Draft, findings: Findings) -> None:
    """The schedule and the fall-back name plans of this site."""
    plans = draft.site.plans
    known = ", ".join(str(n) for n in plans) or "none yet"
    fallback, unseen = draft.site.fallback.plan, draft.site.fallback.unseen_plan
    if fallback not in plans:
        what = f"there is no plan {fallback} to fall back to"
        findings.cross(("fallback", "plan"), what, f"name one of plans: {known}", [("plans", fallback)])
    if unseen is not None:
        _may_recall(draft, unseen, known, findings)
    for k, entry in enumerate(draft.site.schedule):
        if entry.run.plan is not None and entry.run.plan not in plans:
            what = f"there is no plan {entry.run.plan}"
            findings.cross(("schedule", k, "run"), what, f"name one of plans: {known}", [("plans", entry.run.plan)])


def _may_recall(draft: Draft, number: PlanNumber, known: str, findings: Findings) -> None:
    """The plan of the unseen exists and serves everybody."""
    plan = draft.site.plans.get(number)
    omitted = sorted(plan.coordination.omitted) if plan is not None and plan.coordination is not None else []
    if plan is None:
        what = f"there is no plan {number} for phases where nobody has been seen"
        write = f"name one of plans: {known}; or leave it out: that of `plan` is taken"
    elif omitted:
        what = f"plan {number} omits phases {omitted}: whoever is not seen there would hardly be served"
        write = "name a plan that serves every phase"
    else:
        return
    findings.cross(("fallback", "unseen_plan"), what, write, [("plans", number)])


def schedule_has_no_gap(draft: Draft, findings: Findings) -> None:
    """Something is scheduled, and at no moment two things."""
    schedule = draft.site.schedule
    if not schedule:
        findings.cross(("schedule",), "nothing is scheduled", "write - {days: daily, at: 00:00, run: free}")
    seen: dict[tuple[int, Ms], int] = {}
    for k, entry in enumerate(schedule):
        again = [day for day in sorted(entry.weekdays) if (day, entry.at_ms) in seen]
        if again:
            first = seen[again[0], entry.at_ms] + 1
            what = f"entry {k + 1} begins on {DAYS[again[0]]} at {clock(entry.at_ms)}, as entry {first} does"
            findings.cross(("schedule", k), what, "keep one of them, or change days or time")
        seen |= {(day, entry.at_ms): k for day in entry.weekdays if (day, entry.at_ms) not in seen}


def every_day_has_an_entry(draft: Draft, findings: Findings) -> None:
    """A day without an entry runs on with what the day before ended with; that is seldom meant."""
    schedule = draft.site.schedule
    silent = [DAYS[day] for day in range(len(DAYS)) if not any(day in entry.weekdays for entry in schedule)]
    if schedule and silent:
        what = f"no entry begins on {', '.join(silent)}: what ran the day before runs on"
        findings.warn(("schedule",), what, "add an entry for them, if that is not meant")


def exceptions_name_a_date_once(draft: Draft, findings: Findings) -> None:
    """One date, one exception."""
    seen: dict[When, int] = {}
    for k, exception in enumerate(draft.site.exceptions):
        first = seen.setdefault(exception.date, k)
        if first != k:
            what = f"{named(exception.date)} already is exception {first + 1}"
            findings.cross(("exceptions", k, "date"), what, "keep one of them")


def no_schedule_only_flashes(draft: Draft, findings: Findings) -> None:
    """A site whose whole schedule is flash never serves anybody."""
    schedule = draft.site.schedule
    if schedule and all(entry.run.kind is RunKind.FLASH for entry in schedule):
        findings.warn(("schedule",), "the schedule is flash and nothing else", "run: free, or a plan")


RULES = (
    splits_are_complete,
    splits_add_up,
    splits_hold_the_minimums,
    offsets_are_in_the_cycle,
    plans_exist,
    schedule_has_no_gap,
    every_day_has_an_entry,
    exceptions_name_a_date_once,
    no_schedule_only_flashes,
)
