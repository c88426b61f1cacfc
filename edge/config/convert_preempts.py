"""Rows of `preempts` and `priority` to values of the frozen site."""

from collections.abc import Mapping

from edge.config.preempt_rows import PreemptRow, PriorityPlanRow, PriorityRow, TrackGreenRow
from edge.config.rows import SiteFile
from edge.model.preempts import PedBounds, Preempt, Priority, PriorityLimits, TrackClearance
from edge.model.units import PreemptNumber, PriorityNumber


def preempts_of(rows: SiteFile) -> Mapping[PreemptNumber, Preempt]:
    """Every preempt, the highest right first."""
    return {number: _preempt(number, row) for number, row in sorted(rows.preempts.items())}


def priorities_of(rows: SiteFile) -> Mapping[PriorityNumber, Priority]:
    """Every transit priority, the highest right first."""
    return {number: _priority(number, row) for number, row in sorted(rows.priority.items())}


def _preempt(number: PreemptNumber, row: PreemptRow) -> Preempt:
    return Preempt(
        number=number,
        kind=row.kind,
        input=row.input,
        inverted=row.invert,
        locking=row.lock,
        delay_ms=row.delay,
        entry=PedBounds(row.entry.walk, row.entry.ped_clear) if row.entry else None,
        track=_track(row.track_green),
        dwell=tuple(row.dwell),
        cycling=tuple(row.cycling),
        min_dwell_ms=row.min_dwell,
        min_duration_ms=row.min_duration,
        max_presence_ms=row.max_call,
        exit_phases=tuple(row.exit_to),
        link=row.link,
    )


def _track(row: TrackGreenRow | None) -> TrackClearance | None:
    return TrackClearance(tuple(row.phases), row.seconds, row.gate, row.gate_max) if row is not None else None


def _priority(number: PriorityNumber, row: PriorityRow) -> Priority:
    return Priority(
        number=number,
        input=row.input,
        phases=tuple(row.phases),
        limits=PriorityLimits(row.extend, dict(sorted(row.least.items()))),
        inverted=row.invert,
        by_plan={plan: _limits(limits) for plan, limits in row.plans.items()},
        delay_ms=row.delay,
        max_request_ms=row.max_request,
        lockout_ms=row.lockout,
    )


def _limits(row: PriorityPlanRow | None) -> PriorityLimits | None:
    return PriorityLimits(row.extend, dict(sorted(row.least.items()))) if row is not None else None
