"""The adaptive layer: its limits and windows are of phases that there are, and it has loops to see by."""

from itertools import combinations

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


def windows_can_be_served(draft: Draft, findings: Findings) -> None:
    """The phases of an offset window exist and can be green together, and it lies within its cycle."""
    for place, window in enumerate(draft.site.adaptive.windows):
        here = ("adaptive", "windows", place)
        wrong = _wrong_phases(draft.site.sequence, sorted(window.phases))
        if wrong is not None:
            findings.cross((*here, "phases"), *wrong, [("rings",)])
        cycle = f"the cycle of this window has {s(window.cycle_ms)} s"
        for key, value_ms in (("offset", window.offset_ms), ("lasts", window.lasts_ms)):
            if value_ms >= window.cycle_ms:
                findings.cross((*here, key), f"{cycle}, and {key} is {s(value_ms)} s", "write less", [(*here, "cycle")])


def _wrong_phases(sequence: Sequence, phases: list[PhaseNumber]) -> tuple[str, str] | None:
    if not phases:
        return "a window without phases is for nobody", "name the phases that the platoon needs"
    unknown = next((p for p in phases if p not in sequence.places), None)
    if unknown is not None:
        return f"this intersection has no phase {unknown}", "name a phase of the rings, or remove it"
    apart = next((pair for pair in combinations(phases, 2) if not sequence.concurrent(*pair)), None)
    if apart is None:
        return None
    return f"phases {apart[0]} and {apart[1]} conflict and cannot share a window", "write a window for each"


RULES = (adaptive_limits_are_of_phases, acting_has_loops, windows_can_be_served)
