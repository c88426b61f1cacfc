"""Rows of `overlaps` to overlaps of the frozen site, and what a channel that shows one is."""

from collections.abc import Mapping

from edge.config.overlap_rows import OverlapRow
from edge.config.problems import Findings, Path
from edge.config.rows import ChannelRow, SiteFile
from edge.model.indications import ChannelKind
from edge.model.overlaps import LETTERS, Overlap, OverlapKind
from edge.model.units import ChannelNumber, Ms, OverlapNumber, PhaseNumber

_STAND_IN: Mapping[str, Ms] = {"yellow": 4_000, "red_clear": 1_000, "min_green": 5_000}
"""For an overlap none of whose phases has timing; that is reported, and nothing is worked out from these."""

_ONLY_FOR: dict[OverlapKind, tuple[str, ...]] = {
    OverlapKind.NORMAL: ("protected", "opposing_through"),
    OverlapKind.FLASHING_YELLOW_ARROW: ("parents", "trailing_green"),
}
"""What does not go with a kind."""


def overlap_path(number: OverlapNumber, *more: str | int) -> Path:
    """Where an overlap, or a setting of it, stands in the file."""
    return ("overlaps", LETTERS[number - 1], *more)


def overlaps_of(rows: SiteFile, findings: Findings) -> Mapping[OverlapNumber, Overlap]:
    """All overlaps whose rows say which phases they follow."""
    found = {n: _overlap(n, row, rows, findings) for n, row in sorted(rows.overlaps.items())}
    return {n: overlap for n, overlap in found.items() if overlap is not None}


def _overlap(number: OverlapNumber, row: OverlapRow, rows: SiteFile, findings: Findings) -> Overlap | None:
    before = len(findings.problems)
    _fits_its_kind(number, row, findings)
    arrow = row.kind is OverlapKind.FLASHING_YELLOW_ARROW
    parents = [row.protected] if arrow else row.parents
    known = tuple(dict.fromkeys(p for p in parents if p is not None))
    if len(findings.problems) > before or not known:
        findings.spoiled.add(overlap_path(number))
        return None
    return Overlap(
        number=number,
        move=row.move,
        kind=row.kind,
        parents=known,
        yellow_ms=_default(row.yellow, "yellow", known, rows),
        red_clear_ms=_default(row.red_clear, "red_clear", known, rows),
        min_green_ms=_default(row.min_green, "min_green", known, rows),
        opposing=row.opposing_through,
        delay_ms=row.delay,
        trailing_green_ms=row.trailing_green,
        modifiers=tuple(row.modifiers),
        not_with_ped=tuple(row.not_with_ped),
    )


def _fits_its_kind(number: OverlapNumber, row: OverlapRow, findings: Findings) -> None:
    kind, letter = row.kind, LETTERS[number - 1]
    for key in _ONLY_FOR[kind]:
        if getattr(row, key):
            path = overlap_path(number, key)
            findings.value(path, f"overlap {letter} is of kind {kind.value} and has {key}", f"remove {key}")
    if kind is OverlapKind.NORMAL:
        if not row.parents and not findings.is_spoiled(overlap_path(number, "parents")):
            findings.value(overlap_path(number), f"overlap {letter} follows no phase", "add parents: [ … ]")
        return
    for key in ("protected", "opposing_through"):
        if getattr(row, key) is None and not findings.is_spoiled(overlap_path(number, key)):
            findings.value(overlap_path(number), f"overlap {letter} has no {key}", f"add {key}: a phase")


def _default(own: Ms | None, key: str, parents: tuple[PhaseNumber, ...], rows: SiteFile) -> Ms:
    """The overlap's own time, else that of its phases: the longest yellow and red clearance, the shortest green."""
    if own is not None:
        return own
    times: list[Ms] = [getattr(rows.phases[p], key) for p in parents if p in rows.phases]
    if not times:
        return _STAND_IN[key]
    return min(times) if key == "min_green" else max(times)


def shows_known_overlap(
    number: ChannelNumber, row: ChannelRow, overlaps: Mapping[OverlapNumber, Overlap], findings: Findings
) -> bool:
    """Whether the overlap that the channel shows, if it shows one, can be read."""
    if row.overlap is None or row.overlap in overlaps:
        return True
    letter = LETTERS[row.overlap - 1]
    here: Path = ("channels", number)
    if not findings.is_spoiled(overlap_path(row.overlap)):
        what = f"channel {number} shows overlap {letter}, which this intersection does not have"
        findings.value((*here, "overlap"), what, f"add overlaps.{letter}, or name one of overlaps")
    findings.spoiled.add(here)
    return False


def kind_of(row: ChannelRow, overlaps: Mapping[OverlapNumber, Overlap]) -> tuple[ChannelKind, PhaseNumber]:
    """What hangs on a channel, and the phase it shows or, of an overlap, the first it follows."""
    if row.overlap is not None:
        overlap = overlaps[row.overlap]
        return (ChannelKind.VEHICLE if overlap.opposing is None else ChannelKind.ARROW), overlap.parents[0]
    if row.phase is not None:
        return ChannelKind.VEHICLE, row.phase
    if row.ped is None:
        raise AssertionError("a channel that shows nothing is not converted")
    return ChannelKind.PEDESTRIAN, row.ped
