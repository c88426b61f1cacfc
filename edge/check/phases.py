"""The timing sheet: yellow and red clearance in their bounds or with a named override, greens that can be kept.

Bounds: MUTCD 11th ed. 4F.17 (yellow 3 to 6 s, red clearance at most 6 s), 4I.06 (walk 7 s).
"""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from edge.check.words import s
from edge.config.fields import nearest
from edge.config.override_rows import OverrideRow, OverridesRow
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.phases import Phase
from edge.model.units import Ms

_WALK_MS: Ms = 7_000


@dataclass(frozen=True, slots=True)
class _Bound:
    """One bound of the MUTCD that a site may override by name."""

    name: str
    key: str
    breaks: Callable[[Phase], bool]
    rule: str
    mend: str

    def value(self, phase: Phase) -> Ms:
        """The time of `phase` that it bounds."""
        return phase.yellow_ms if self.key == "yellow" else phase.red_clear_ms


_SHORTEST_YELLOW_MS: Ms = 3_000
_LONGEST_YELLOW_MS: Ms = 6_000
_LONGEST_RED_CLEAR_MS: Ms = 6_000

_BOUNDS = (
    _Bound("yellow_below_3", "yellow", lambda p: p.yellow_ms < _SHORTEST_YELLOW_MS, "under 3 s", "at least 3"),
    _Bound("yellow_above_6", "yellow", lambda p: p.yellow_ms > _LONGEST_YELLOW_MS, "over 6 s", "at most 6"),
    _Bound("red_clear_above_6", "red_clear", lambda p: p.red_clear_ms > _LONGEST_RED_CLEAR_MS, "over 6 s", "at most 6"),
)


def clearances_are_in_bounds(draft: Draft, findings: Findings) -> None:
    """Yellow 3 to 6 s, red clearance 0 to 6 s, unless an override names the phase and says why."""
    for phase in draft.site.phases.values():
        for bound in _BOUNDS:
            if bound.breaks(phase):
                _out_of_bounds(phase, bound, draft.rows.overrides, findings)


def _out_of_bounds(phase: Phase, bound: _Bound, overrides: OverridesRow, findings: Findings) -> None:
    path: Path = ("phases", phase.number, bound.key)
    what = f"phase {phase.number}: {bound.key} {s(bound.value(phase))} s is {bound.rule} (MUTCD 4F.17)"
    override = _override(overrides, bound.name)
    if override is not None and phase.number in override.phases:
        findings.warn(path, f"{what}, by override: {override.why}", "nothing, if that still holds")
    else:
        write = f"{bound.mend}, or state overrides.{bound.name}: {{phases: [{phase.number}], why: …}}"
        findings.cross(path, what, write, [("overrides", bound.name)])


def _override(overrides: OverridesRow, name: str) -> OverrideRow | None:
    found: OverrideRow | None = getattr(overrides, name)
    return found


def overrides_are_needed(draft: Draft, findings: Findings) -> None:
    """An override is for a phase that needs it; an idle one would hide a later slip."""
    for bound in _BOUNDS:
        override = _override(draft.rows.overrides, bound.name)
        for k, number in enumerate(override.phases if override else ()):
            path: Path = ("overrides", bound.name, "phases", k)
            phase = draft.site.phases.get(number)
            if phase is None:
                findings.cross(path, f"this intersection has no phase {number}", "remove it", [("phases", number)])
            elif not bound.breaks(phase):
                what = f"phase {number}'s {bound.key} is {s(bound.value(phase))} s and needs no override"
                findings.cross(path, what, "remove it", [("phases", number, bound.key)])


def greens_can_be_kept(draft: Draft, findings: Findings) -> None:
    """The maximum green is no shorter than the minimum."""
    for phase in draft.site.phases.values():
        if phase.max_green_ms < phase.min_green_ms:
            path: Path = ("phases", phase.number, "max_green")
            what = f"phase {phase.number}: max_green {s(phase.max_green_ms)} s is shorter than min_green"
            least = f"at least {s(phase.min_green_ms)}"
            findings.cross(path, f"{what} {s(phase.min_green_ms)} s", least, [("phases", phase.number, "min_green")])


def walk_is_long_enough(draft: Draft, findings: Findings) -> None:
    """A walk under 7 s is for few and quick pedestrians (MUTCD 4I.06)."""
    for phase in draft.site.phases.values():
        if phase.ped is not None and phase.ped.walk_ms < _WALK_MS:
            what = f"phase {phase.number}: walk {s(phase.ped.walk_ms)} s is under 7 s (MUTCD 4I.06)"
            findings.warn(("phases", phase.number, "walk"), what, "7, unless pedestrians are few and quick")


def timezone_exists(draft: Draft, findings: Findings) -> None:
    """The time zone is in the system's time-zone database."""
    path: Path = ("intersection", "timezone")
    name = draft.site.timezone
    if findings.is_spoiled(path) or _is_zone(name):
        return
    known = tuple(sorted(available_timezones()))
    if not known:
        findings.cross(path, "this computer has no time-zone database", "install the package tzdata")
        return
    lower = {zone.lower(): zone for zone in known}
    meant = nearest(name, tuple(lower), likeness=0.8)
    write = f"did you mean '{lower[meant]}'?" if meant else "write an IANA name such as America/Denver"
    findings.cross(path, f"'{name}' is not a time zone", write)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return False
    return True


RULES = (
    clearances_are_in_bounds,
    overrides_are_needed,
    greens_can_be_kept,
    walk_is_long_enough,
    timezone_exists,
)
