"""The row of `adaptive` to the site's rules."""

from edge.config.adaptive_rows import AdaptiveRow, WindowRow
from edge.config.rows import SiteFile
from edge.model.adaptive import NO_RULES, AdaptiveRules, Window


def adaptive_of(rows: SiteFile) -> AdaptiveRules:
    """The rules. A file that does not speak of it gets advice, which asks for nothing, if it has loops to advise from."""
    row = rows.adaptive
    if row is None:
        if not rows.detectors:
            return NO_RULES
        row = AdaptiveRow()
    return AdaptiveRules(
        mode=row.mode,
        max_wait_ms=row.max_wait,
        ped_max_wait_ms=row.ped_max_wait,
        max_green_ms=dict(sorted(row.max_green.items())),
        act_unproved=row.act_unproved.by if row.act_unproved is not None else "",
        switchback_days=row.switchback_days,
        windows=tuple(_window(window) for window in row.windows),
    )


def _window(row: WindowRow) -> Window:
    return Window(frozenset(row.phases), row.cycle, row.offset, row.lasts, row.platoon_ratio)
