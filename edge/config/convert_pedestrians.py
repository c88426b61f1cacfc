"""The pedestrian keys of a row of `phases` to the frozen site."""

from edge.config.phase_rows import PhaseRow
from edge.config.problems import Findings
from edge.model.phases import PedDisplay, PedTiming
from edge.model.units import PhaseNumber


def ped_of(number: PhaseNumber, row: PhaseRow, findings: Findings) -> PedTiming | None:
    """Walk and clearance of one phase; None where it has none, or where the two do not go together."""
    here = ("phases", number)
    walk, clear = (*here, "walk"), (*here, "ped_clear")
    if row.walk is not None and row.ped_clear is not None:
        return PedTiming(
            walk_ms=row.walk,
            clearance_ms=row.ped_clear,
            recall=row.ped_recall,
            lpi_ms=row.lpi or 0,
            rest_in_walk=row.rest_in_walk,
            recycle=row.ped_recycle,
            walk_extended_ms=row.walk_extended or 0,
            clearance_extended_ms=row.ped_clear_extended or 0,
            steady_clearance=row.ped_display is PedDisplay.STEADY,
        )
    if row.walk is not None and not findings.is_spoiled(clear):
        findings.value(walk, f"phase {number} has walk and no ped_clear", "add ped_clear: crossing length / 3.5 ft/s")
    if row.ped_clear is not None and not findings.is_spoiled(walk):
        findings.value(clear, f"phase {number} has ped_clear and no walk", "add walk: 7")
    if row.walk is None and row.ped_clear is None and not findings.is_spoiled(walk, clear):
        for key in _given(row):
            findings.value((*here, key), f"phase {number} has {key} and no walk", "add walk and ped_clear")
    findings.spoiled.update({walk, clear} if row.walk is not None or row.ped_clear is not None else ())
    return None


def _given(row: PhaseRow) -> list[str]:
    """The keys that are for nothing without a walk."""
    given = {
        "ped_recall": row.ped_recall,
        "lpi": row.lpi is not None,
        "rest_in_walk": row.rest_in_walk,
        "ped_recycle": row.ped_recycle,
        "walk_extended": row.walk_extended is not None,
        "ped_clear_extended": row.ped_clear_extended is not None,
        "ped_display": row.ped_display is not PedDisplay.FLASHING,
    }
    return [key for key, is_given in given.items() if is_given]
