"""Rows of `phases` to the timing of the frozen site."""

from edge.config.convert_pedestrians import ped_of
from edge.config.phase_rows import PhaseRow, VolumeDensityRow
from edge.config.problems import Findings
from edge.config.rows import SiteFile
from edge.model.phases import AddedInitial, DynamicMax, GapReduction, Phase
from edge.model.units import PhaseNumber


def phase_of(number: PhaseNumber, row: PhaseRow, rows: SiteFile, findings: Findings) -> Phase:
    """One phase. What its row says of itself that does not fit together is reported."""
    return Phase(
        number=number,
        move=row.move,
        min_green_ms=row.min_green,
        passage_ms=row.passage,
        max_green_ms=row.max_green,
        yellow_ms=row.yellow,
        red_clear_ms=row.red_clear,
        recall=row.recall,
        locking=row.lock,
        dual_entry=number in rows.options.dual_entry,
        ped=ped_of(number, row, findings),
        max_green_2_ms=row.max_green_2,
        max_green_3_ms=row.max_green_3,
        dynamic_max=DynamicMax(row.dynamic_max.limit, row.dynamic_max.step) if row.dynamic_max else None,
        added_initial=_added_initial(number, row, findings),
        gap_reduction=_gap_reduction(row.volume_density),
        guaranteed_passage=row.guaranteed_passage,
        red_revert_ms=row.red_revert,
        conditional_service=row.conditional_service,
        conditional_reservice=row.conditional_reservice,
        red_yellow_ms=row.red_yellow,
        min_red_ms=row.min_red,
        green_blink_ms=row.green_blink,
    )


def _added_initial(number: PhaseNumber, row: PhaseRow, findings: Findings) -> AddedInitial | None:
    density = row.volume_density
    if density is None or not density.added_per_actuation:
        return None
    if density.max_initial is None:
        what = f"phase {number} adds initial green for each vehicle and has no longest one"
        findings.value(("phases", number, "volume_density"), what, "add max_initial")
        return None
    return AddedInitial(density.added_per_actuation, density.max_initial)


def _gap_reduction(density: VolumeDensityRow | None) -> GapReduction | None:
    if density is None or density.min_gap is None:
        return None
    return GapReduction(
        before_ms=density.time_before_reduction,
        cars_before=density.cars_before_reduction,
        to_reduce_ms=density.time_to_reduce,
        min_gap_ms=density.min_gap,
        step_ms=density.reduce_by,
    )
