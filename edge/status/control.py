"""Who is in control and until when, as plain values and as one line of text."""

from datetime import UTC, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from edge.model.control import InControl, Source
from edge.model.units import SECOND_MS
from edge.status.facts import Published

Said: TypeAlias = dict[str, Any]


def control(published: Published) -> Said:
    """`line`: one line of text; `parts`: whoever chooses the pattern first, whoever has the most right last."""
    parts = [_part(published, part) for part in who_is_in_control(published)]
    return {"line": " | ".join(str(part["line"]) for part in parts), "parts": parts}


def overrides(published: Published) -> list[Said]:
    """The operators' overrides that stand, by number."""
    standing = [part for part in published.core.control if part.source is Source.OPERATOR]
    return [_part(published, part) for part in sorted(standing, key=lambda part: part.id)]


def who_is_in_control(published: Published) -> list[InControl]:
    """What the core says, and what the shell knows beside it."""
    core, asked = published.core, published.shell.operator_flash
    found = list(core.control)
    if asked is not None:
        left = None if asked.until_epoch_ms == 0 else asked.until_epoch_ms - _epoch(published)
        found.append(InControl(Source.OPERATOR, "flash", asked.who, asked.why, left))
    found += [InControl(Source.PRIORITY, f"{p.number}: {p.doing}") for p in core.priorities]
    if core.preempt is not None:
        found.append(InControl(Source.PREEMPT, str(core.preempt.number)))
    return found


def _part(published: Published, part: InControl) -> Said:
    until = None if part.left_ms is None else _epoch(published) + part.left_ms
    zone = ZoneInfo(published.site.timezone)
    instant = None if until is None else datetime.fromtimestamp(until / SECOND_MS, UTC).astimezone(zone)
    return {
        "source": part.source.value,
        "what": part.what,
        "who": part.who,
        "why": part.why,
        "until": None if instant is None else instant.isoformat(timespec="seconds"),
        "left_s": None if part.left_ms is None else part.left_ms // SECOND_MS,
        "id": part.id or None,
        "line": _line(part, "" if instant is None else f" until {instant:%H:%M}"),
    }


def _line(part: InControl, until: str) -> str:
    match part.source:
        case Source.OPERATOR:
            return f"operator {part.who}: {part.what}{until}" + (f" — {part.why}" if part.why else "")
        case Source.INPUT:
            return f"input {part.who}: {part.what}"
        case Source.SCHEDULE | Source.FALLBACK:
            return f"{part.source.value}, {part.what}"
        case Source.PREEMPT | Source.PRIORITY:
            return f"{part.source.value} {part.what}"
        case _:
            return f"{part.source.value}: {part.what}"


def _epoch(published: Published) -> int:
    return published.local.epoch_ms if published.local is not None else 0
