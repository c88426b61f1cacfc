"""Rows of `ped_overlaps` to pedestrian overlaps of the frozen site."""

from collections.abc import Mapping

from edge.config.problems import Findings
from edge.config.rows import ChannelRow, SiteFile
from edge.model.ped_overlaps import PedOverlap
from edge.model.phases import PedDisplay
from edge.model.units import ChannelNumber


def ped_overlaps_of(rows: SiteFile, findings: Findings) -> Mapping[int, PedOverlap]:
    """All pedestrian overlaps whose phases have walks and stand in the file."""
    found: dict[int, PedOverlap] = {}
    for number, row in sorted(rows.ped_overlaps.items()):
        walks = [rows.phases[p] for p in row.phases if p in rows.phases and rows.phases[p].walk is not None]
        alone = len(set(row.phases)) <= 1
        if alone or len(walks) < len(row.phases):
            what = f"pedestrian overlap {number} needs two phases or more of this intersection, each with a walk"
            findings.value(("ped_overlaps", number, "phases"), what, "name phases with walk and ped_clear")
            findings.spoiled.add(("ped_overlaps", number))
            continue
        found[number] = PedOverlap(
            number=number,
            phases=tuple(dict.fromkeys(row.phases)),
            clearance_ms=row.ped_clear or max(max(w.ped_clear or 0, w.ped_clear_extended or 0) for w in walks),
            buffer_ms=max(w.yellow + w.red_clear for w in walks),
            steady_clearance=all(w.ped_display is PedDisplay.STEADY for w in walks),
        )
    return found


def shows_known_ped_overlap(
    number: ChannelNumber, row: ChannelRow, overlaps: Mapping[int, PedOverlap], findings: Findings
) -> bool:
    """Whether the pedestrian overlap that a channel names is one; a slip is reported once, where it is."""
    if row.ped_overlap is None or row.ped_overlap in overlaps:
        return True
    if not findings.is_spoiled(("ped_overlaps", row.ped_overlap)):
        what = f"channel {number} shows pedestrian overlap {row.ped_overlap}, which this intersection does not have"
        findings.value(("channels", number, "ped_overlap"), what, "add it to ped_overlaps")
    findings.spoiled.add(("channels", number))
    return False
