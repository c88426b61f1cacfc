"""Preempts and transit priority: phases that can be green together, bounds that the card keeps, links that end."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from edge.check.words import listed, s
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.indications import ChannelKind
from edge.model.preempts import Preempt, PreemptKind, PriorityLimits
from edge.model.site import Site
from edge.model.units import PhaseNumber, PreemptNumber

_RINGS: Path = ("rings",)


def _lists(draft: Draft) -> Iterator[tuple[Path, list[PhaseNumber], bool]]:
    """Every list of phases, and whether they must be green together."""
    for number, row in draft.rows.preempts.items():
        here: Path = ("preempts", number)
        if row.track_green is not None:
            yield (*here, "track_green", "phases"), row.track_green.phases, True
        yield (*here, "dwell"), row.dwell, True
        yield (*here, "cycling"), row.cycling, False
        yield (*here, "exit_to"), row.exit_to, True
    for priority, wanted in draft.rows.priority.items():
        yield ("priority", priority, "phases"), wanted.phases, True


def phases_exist_and_agree(draft: Draft, findings: Findings) -> None:
    """Preempts and priorities name phases of this intersection, and those shown together are concurrent."""
    site = draft.site
    for path, phases, together in _lists(draft):
        known = [p for p in phases if p in site.sequence.places]
        for k, phase in enumerate(phases):
            if phase not in site.sequence.places:
                what = f"this intersection has no phase {phase}"
                findings.cross((*path, k), what, "name a phase of the rings, or remove it", [_RINGS])
        for a, b in combinations(dict.fromkeys(known), 2) if together else ():
            if not site.sequence.concurrent(a, b):
                what = f"phases {a} and {b} conflict and cannot be green together"
                write = "keep one of them, or phases of different rings in one barrier group"
                findings.cross(path, what, write, [_RINGS])


def preempts_have_somewhere_to_go(draft: Draft, findings: Findings) -> None:
    """A preempt dwells in phases or lets phases cycle, not both; a track clearance has phases; a gate has its limit."""
    for number, row in draft.rows.preempts.items():
        here: Path = ("preempts", number)
        if not row.dwell and not row.cycling:
            findings.cross(here, f"preempt {number} has neither dwell nor cycling phases", "add dwell: [2, 6]")
        if row.dwell and row.cycling:
            what = f"preempt {number} has dwell and cycling phases"
            findings.cross((*here, "cycling"), what, "keep one of the two")
        track = row.track_green
        if track is not None and not track.phases:
            findings.cross((*here, "track_green", "phases"), "no phase leads off the tracks", "name at least one")
        if track is not None and track.gate is not None and track.gate_max < track.seconds:
            what = f"preempt {number} waits for its gate {s(track.gate_max)} s, less than its track green"
            findings.cross((*here, "track_green", "gate_max"), what, f"at least {s(track.seconds)}")
        if row.kind is PreemptKind.RAIL and track is None:
            what = f"preempt {number} is a railway's and has no track_green"
            findings.warn(here, what, "nothing, if no queue can stand on the tracks")


def links_end(draft: Draft, findings: Findings) -> None:
    """A link leads to another preempt, and never back."""
    preempts = draft.site.preempts
    for number, preempt in preempts.items():
        path: Path = ("preempts", number, "link")
        if preempt.link is None:
            continue
        if preempt.link not in preempts:
            findings.cross(path, f"there is no preempt {preempt.link}", "name one of preempts", [("preempts",)])
        elif number in _chain(preempts, preempt.link):
            what = f"the links lead from preempt {number} back to itself"
            findings.cross(path, what, "remove one of them", [("preempts", preempt.link, "link")])


def _chain(preempts: Mapping[PreemptNumber, Preempt], first: PreemptNumber) -> set[PreemptNumber]:
    seen: set[PreemptNumber] = set()
    here: PreemptNumber | None = first
    while here is not None and here in preempts and here not in seen:
        seen.add(here)
        here = preempts[here].link
    return seen


def entries_keep_the_card(draft: Draft, findings: Findings) -> None:
    """What an entry leaves of walk and pedestrian clearance is no shorter than what the monitor would latch for."""
    peds = [c for c in draft.site.card.channels if c.kind is ChannelKind.PEDESTRIAN]
    for number, preempt in draft.site.preempts.items():
        if preempt.entry is None:
            continue
        walk, clear = preempt.entry.walk_ms, preempt.entry.clearance_ms
        for key, card_key, has, wanted in (
            ("walk", "min_walk", walk, max((c.min_walk_ms for c in peds), default=0)),
            ("ped_clear", "min_ped_clearance", clear, max((c.min_ped_clearance_ms for c in peds), default=0)),
        ):
            if has < wanted:
                what = f"preempt {number} leaves {s(has)} s of {key}, the card wants {s(wanted)} s"
                write = f"at least {s(wanted)}, or lower conflicts.{card_key} with the engineer's consent"
                uses: list[Path] = [("conflicts", card_key), ("conflicts", "channels")]
                findings.cross(("preempts", number, "entry", key), what, write, uses)


def priority_takes_nothing_away(draft: Draft, findings: Findings) -> None:
    """A green that priority shortens keeps its minimum; it is not one that is asked for, and its plans exist."""
    site = draft.site
    for number, priority in site.priorities.items():
        here: Path = ("priority", number)
        _limits_fit(site, here, priority.limits, priority.phases, findings)
        for plan, limits in (priority.by_plan or {}).items():
            if plan not in site.plans:
                findings.cross((*here, "plans", plan), f"there is no plan {plan}", "name a plan", [("plans",)])
            if limits is not None:
                _limits_fit(site, (*here, "plans", plan), limits, priority.phases, findings)


def _limits_fit(
    site: Site, here: Path, limits: PriorityLimits, asked: Iterable[PhaseNumber], findings: Findings
) -> None:
    for phase, least_ms in limits.least_ms.items():
        path: Path = (*here, "least", phase)
        row = site.phases.get(phase)
        if row is None:
            findings.cross(
                path, f"this intersection has no phase {phase}", "name a phase of phases", [("phases", phase)]
            )
        elif least_ms < row.min_green_ms:
            what = f"phase {phase} would keep {s(least_ms)} s, less than its min_green {s(row.min_green_ms)} s"
            findings.cross(path, what, f"at least {s(row.min_green_ms)}", [("phases", phase, "min_green")])
        elif phase in asked:
            what = f"phase {phase} is asked for and cannot be shortened for it"
            findings.cross(path, what, f"name others than {listed(asked)}")


RULES = (
    phases_exist_and_agree,
    preempts_have_somewhere_to_go,
    links_end,
    entries_keep_the_card,
    priority_takes_nothing_away,
)
