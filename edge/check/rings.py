"""Rings, options and start-up: every phase in its place, and nobody asked to be green with a conflicting phase."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from edge.check.words import s
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.units import PhaseNumber

_RINGS: Path = ("rings",)


def phases_and_rings_agree(draft: Draft, findings: Findings) -> None:
    """Every phase of the rings has timing, and every phase that has timing stands in a ring."""
    site = draft.site
    for r, ring in enumerate(draft.rows.rings):
        for phase in (p for group in ring for p in group):
            if phase not in site.phases:
                what = f"phase {phase} stands in ring {r + 1} and has no timing"
                findings.cross(("rings", r), what, f"add phases.{phase}, or take it out", [_RINGS, ("phases", phase)])
    for phase in site.phases:
        if phase not in site.sequence.places:
            what = f"phase {phase} has timing and stands in no ring"
            findings.cross(("phases", phase), what, "put it into rings, or remove it", [_RINGS])


def lists_name_phases(draft: Draft, findings: Findings) -> None:
    """Options, start-up, intergreen and overrides name phases of this intersection."""
    for path, phase in _named_phases(draft):
        if phase not in draft.site.sequence.places:
            what = f"this intersection has no phase {phase}"
            findings.cross(path, what, "name a phase of the rings, or remove it", [_RINGS])


def _named_phases(draft: Draft) -> Iterator[tuple[Path, PhaseNumber]]:
    rows = draft.rows
    lists: dict[Path, list[PhaseNumber]] = {
        ("options", "dual_entry"): rows.options.dual_entry,
        ("options", "rest_in"): rows.options.rest_in,
        ("flash", "startup", "start_in"): rows.flash.startup.start_in,
    }
    for k, pair in enumerate(rows.options.simultaneous_gap):
        lists["options", "simultaneous_gap", k] = pair
    if rows.intersection.main_street:
        lists["intersection", "main_street", "phases"] = rows.intersection.main_street.phases
    for path, phases in lists.items():
        yield from (((*path, k), phase) for k, phase in enumerate(phases))
    for a, row in rows.intergreen.items():
        yield ("intergreen", a), a
        yield from ((("intergreen", a, b), b) for b in row)


def green_together_is_possible(draft: Draft, findings: Findings) -> None:
    """Phases that start, rest or gap out together are concurrent."""
    rows, site = draft.rows, draft.site
    start, rest = ("flash", "startup", "start_in"), ("options", "rest_in")
    _concurrent(site, findings, start, site.start_up.first_phases)
    _concurrent(site, findings, rest, rows.options.rest_in)
    for k, pair in enumerate(rows.options.simultaneous_gap):
        path: Path = ("options", "simultaneous_gap", k)
        if len(set(pair)) != 2:  # noqa: PLR2004 - a pair
            findings.cross(path, f"this names {len(set(pair))} different phases", "write two, such as [2, 6]")
        _concurrent(site, findings, path, pair)


def _concurrent(site: Site, findings: Findings, path: Path, phases: Iterable[PhaseNumber]) -> None:
    known = [phase for phase in phases if phase in site.sequence.places]
    for a, b in combinations(dict.fromkeys(known), 2):
        if not site.sequence.concurrent(a, b):
            what = f"phases {a} and {b} conflict and cannot be green together"
            findings.cross(path, what, "keep one of them, or phases of different rings in one barrier group", [_RINGS])


def intergreen_is_sound(draft: Draft, findings: Findings) -> None:
    """Every intergreen stands between conflicting phases and is no shorter than the first one's yellow and red."""
    site = draft.site
    for (a, b), time in site.intergreen.items():
        path: Path = ("intergreen", a, b)
        if a == b:
            findings.cross(path, f"phase {a} has no intergreen to itself", "use options.red_revert")
        elif {a, b} <= site.sequence.places.keys() and site.sequence.concurrent(a, b):
            findings.cross(
                path, f"phases {a} and {b} may be green together", "remove it, or part them in rings", [_RINGS]
            )
        phase = site.phases.get(a)
        if phase is not None and time < phase.change_ms:
            change = f"yellow {s(phase.yellow_ms)} + red_clear {s(phase.red_clear_ms)} = {s(phase.change_ms)} s"
            what = f"intergreen {a} to {b} is {s(time)} s, shorter than phase {a}'s {change}"
            uses: list[Path] = [("phases", a, "yellow"), ("phases", a, "red_clear")]
            findings.cross(path, what, f"at least {s(phase.change_ms)}", uses)


def start_up_keeps_the_card(draft: Draft, findings: Findings) -> None:
    """Flash, the yellow that ends it and the all red are no shorter than what the monitor would latch for."""
    start, card = draft.site.start_up, draft.site.card.channels
    yellows = [c.min_yellow_ms for c in card if c.flash is Indication.FLASH_YELLOW]
    exit_yellow = start.exit_yellow_ms if yellows else 0
    flash = max((c.min_yellow_ms for c in card), default=0)
    all_red = max((c.min_yellow_and_red_ms for c in card), default=0) - exit_yellow
    for key, has, wanted in (
        ("flash", start.flash_ms, flash),
        ("exit_yellow", start.exit_yellow_ms, max(yellows, default=0)),
        ("all_red", start.all_red_ms, all_red),
    ):
        if has < wanted:
            what = f"{key} is {s(has)} s, the card wants {s(wanted)} s here"
            uses: list[Path] = [("conflicts",), ("channels",), ("flash", "startup", "exit_yellow")]
            findings.cross(("flash", "startup", key), what, f"at least {s(wanted)}", uses)


RULES = (
    phases_and_rings_agree,
    lists_name_phases,
    green_together_is_possible,
    intergreen_is_sound,
    start_up_keeps_the_card,
)
