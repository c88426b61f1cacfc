"""How a coordinated plan stands with the clock: as plain values, and in words."""

from typing import Any

from edge.model.coordination import CoordState, CoordStatus
from edge.model.units import SECOND_MS, Ms

_WAYS = {
    CoordState.LONGWAY: "cycles lengthened",
    CoordState.SHORTWAY: "cycles shortened",
    CoordState.DWELL: "dwelling at the yield point",
}


def coordination(found: CoordStatus | None) -> dict[str, Any] | None:
    """In step or on which way into it; None for a fixed plan, which follows the clock as it is."""
    if found is None:
        return None
    return {
        "state": found.state.name.lower(),
        "behind_s": _seconds(found.behind_ms),
        "in_step_in_s": None if found.in_step_in_ms is None else _seconds(found.in_step_in_ms),
        "stopped": found.stopped,
        "sentence": step_sentence(found),
    }


def step_sentence(found: CoordStatus) -> str:
    """`in step`, or how far off and on which way."""
    if found.state is CoordState.IN_STEP:
        return "in step, stopped for a pedestrian" if found.stopped else "in step"
    off = f"{abs(found.behind_ms) / SECOND_MS:.0f} s {'behind' if found.behind_ms > 0 else 'ahead'}"
    said = f"{off}, {_WAYS[found.state]}"
    if found.in_step_in_ms is None:
        return f"{said}, stopped for a pedestrian" if found.stopped else said
    return f"{said}, in step in {found.in_step_in_ms / SECOND_MS:.0f} s"


def _seconds(ms: Ms) -> float:
    return round(ms / SECOND_MS, 1)
