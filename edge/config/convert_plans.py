"""Rows of `plans` and `coordination` to the plans of the frozen site."""

from edge.config.plan_rows import CoordinationRow, PlanRow
from edge.config.problems import Findings
from edge.config.rows import SiteFile
from edge.model.coordination import Coordination
from edge.model.plans import FixedPlan
from edge.model.sequence import Sequence
from edge.model.units import PhaseNumber, PlanNumber


def plan_of(number: PlanNumber, rows: SiteFile, sequence: Sequence, findings: Findings) -> FixedPlan:
    """One plan; without coordinated phases it is a fixed one."""
    row = rows.plans[number]
    coordinated = rows.coordination.coordinated if row.coordinated is None else row.coordinated
    return FixedPlan(
        number,
        row.name,
        row.cycle,
        row.offset,
        dict(sorted(row.splits.items())),
        _coordination(row, rows.coordination, tuple(coordinated)) if coordinated else None,
        _order(number, rows, sequence, findings),
    )


def _coordination(row: PlanRow, shared: CoordinationRow, coordinated: tuple[PhaseNumber, ...]) -> Coordination:
    longest = shared.max_correction_percent
    return Coordination(
        phases=coordinated,
        reference=shared.reference,
        reference_phase=shared.reference_phase,
        force_off=row.force_off or shared.force_off,
        correction=shared.correction,
        lengthen_percent=longest,
        shorten_percent=longest if shared.max_shorten_percent is None else shared.max_shorten_percent,
        max_dwell_ms=shared.max_dwell,
        max_inhibit=shared.max_inhibit,
        early_yield_ms=shared.early_yield,
        permissive_ms=shared.permissive,
        stop_in_walk=shared.stop_in_walk,
        walk_rest=shared.walk_rest,
        walk_recycle=shared.walk_recycle,
        modes=dict(sorted(row.modes.items())),
    )


def _order(number: PlanNumber, rows: SiteFile, sequence: Sequence, findings: Findings) -> Sequence | None:
    """The plan's own order: the same phases in the same rings between the same barriers."""
    row = rows.plans[number]
    if row.rings is None:
        return None
    here = ("plans", number, "rings")
    if findings.is_spoiled(("rings",)):
        findings.spoiled.add(here)
        return None
    if [[sorted(group) for group in ring] for ring in row.rings] == [[sorted(g) for g in r] for r in sequence.rings]:
        return Sequence(tuple(row.rings))
    own = {p for ring in row.rings for group in ring for p in group}
    if own == rows.phases.keys() != sequence.places.keys():
        return None  # the slip is in the rings of the site, and is said there
    what = f"plan {number} does not serve the phases of the site: only their order between two barriers may change"
    wanted = ", ".join(f'"{_text(ring)}"' for ring in sequence.rings)
    findings.value(here, what, f"reorder {wanted}")
    findings.spoiled.add(here)
    return None


def _text(ring: tuple[tuple[PhaseNumber, ...], ...]) -> str:
    return " | ".join(" ".join(str(p) for p in group) for group in ring)
