"""The adaptive layer: its limits are of phases that there are, and it has loops to see by."""

from edge.config.problems import Findings
from edge.config.read import Draft
from edge.model.adaptive import AdaptiveMode
from edge.model.units import SECOND_MS


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


RULES = (adaptive_limits_are_of_phases, acting_has_loops)
