"""The adaptive layer: its limits and windows are of phases that there are, and it has loops to see by."""

from collections.abc import Collection

from edge.check.words import s
from edge.config.problems import Findings
from edge.config.read import Draft
from edge.model.adaptive import AdaptiveMode
from edge.model.sequence import Sequence
from edge.model.units import SECOND_MS, PhaseNumber


def adaptive_limits_are_of_phases(draft: Draft, findings: Findings) -> None:
    """Every phase of `adaptive.max_green` exists, and its longest hold is no shorter than its minimum green."""
    for phase, longest_ms in draft.site.adaptive.max_green_ms.items():
        here = ("adaptive", "max_green", phase)
        timing = draft.site.phases.get(phase)
        if timing is None:
            what = f"this intersection has no phase {phase}"
            findings.cross(here, what, "name phases of phases", [("phases", phase)])
        elif longest_ms < timing.min_green_ms:
            what = f"phase {phase} is green for {timing.min_green_ms / SECOND_MS:g} s at least"
            findings.cross(here, what, "write no less", [("phases", phase, "min_green")])


def acting_has_loops(draft: Draft, findings: Findings) -> None:
    """An adaptive layer that acts sees somebody."""
    if draft.site.adaptive.mode is AdaptiveMode.ACT and not draft.site.detectors:
        what = "the adaptive layer is to act, and there is no detector to act by"
        findings.cross(("adaptive", "mode"), what, "write off, or add detectors", [("detectors",)])


def windows_make_sense(draft: Draft, findings: Findings) -> None:
    """An offset window is of phases that there are and of no other window, lies within its cycle, and leaves nobody over."""
    seen: set[PhaseNumber] = set()
    for place, window in enumerate(draft.site.adaptive.windows):
        here = ("adaptive", "windows", place)
        wrong = _wrong_phases(draft.site.sequence, sorted(window.phases), seen)
        if wrong is not None:
            findings.cross((*here, "phases"), *wrong, [("rings",)])
        seen |= window.phases
        cycle = f"the cycle of this window has {s(window.cycle_ms)} s"
        late = [key for key in ("offset", "lasts") if getattr(window, f"{key}_ms") >= window.cycle_ms]
        for key in late:
            findings.cross((*here, key), f"{cycle}, and {key} is no less", "write less", [(*here, "cycle")])
        if not late and window.outside < 0.0:
            most = window.cycle_ms * 100 // window.lasts_ms / 100
            what = f"{cycle}, so {window.platoon_ratio:g} times the mean is more than all who come, in {s(window.lasts_ms)} s"
            findings.cross((*here, "platoon_ratio"), what, f"write {most:.2f} at most", [(*here, "lasts")])


def _wrong_phases(
    sequence: Sequence, phases: list[PhaseNumber], seen: Collection[PhaseNumber]
) -> tuple[str, str] | None:
    if not phases:
        return "a window without phases is for nobody", "name the phases that the platoon comes to"
    unknown = next((p for p in phases if p not in sequence.places), None)
    if unknown is not None:
        return f"this intersection has no phase {unknown}", "name a phase of the rings, or remove it"
    twice = next((p for p in phases if p in seen), None)
    return None if twice is None else (f"phase {twice} has another window", "write one window for each phase")


RULES = (adaptive_limits_are_of_phases, acting_has_loops, windows_make_sense)
