"""Values of the file that are little languages: rings, days of the week, what runs."""

import re
from dataclasses import dataclass
from enum import Enum

from pydantic.json_schema import JsonSchemaValue
from typing_extensions import override

from edge.config.fields import DAYS, Kind, Word, nearest, refusal, shown
from edge.model.phases import Recall
from edge.model.plans import FREE, Run, RunKind
from edge.model.units import PhaseNumber, PlanNumber


class FlashWord(Enum):
    """What a channel shows in flash. A pedestrian channel is dark, or steady don't walk."""

    RED = "red"
    YELLOW = "yellow"
    DARK = "dark"
    DONT_WALK = "dont-walk"


_RING = re.compile(r"[0-9 |]*")
_PLAN = re.compile(r"plan +([1-9][0-9]{0,2})")
_SPANS = {"daily": range(7), "weekdays": range(5), "weekend": range(5, 7)}


@dataclass(frozen=True, slots=True)
class RingText(Kind):
    """`"1 2 | 3 4"`: phases in order of service, `|` the barriers; read as barrier groups. A group may be empty."""

    @override
    def read(self, value: object) -> tuple[tuple[PhaseNumber, ...], ...]:
        if not isinstance(value, str) or not _RING.fullmatch(value) or not value.strip(" |"):
            raise refusal(f"{shown(value)} is no ring", 'write phases and barriers in quotes, such as "1 2 | 3 4"')
        ring = tuple(tuple(PhaseNumber(int(p)) for p in group.split()) for group in value.split("|"))
        wrong = [p for group in ring for p in group if not 1 <= p <= 16]  # noqa: PLR2004 - NTCIP 1202 maxPhases here
        if wrong:
            raise refusal(f"{shown(value)} has phase {wrong[0]}", "number phases 1 to 16")
        return ring

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "pattern": "^[0-9 |]*[0-9][0-9 |]*$"}


@dataclass(frozen=True, slots=True)
class DaysText(Kind):
    """`daily`, `mon-fri`, `sat,sun`, `sun`; read as weekday numbers, Monday is 0."""

    @override
    def read(self, value: object) -> frozenset[int]:
        if not isinstance(value, str):
            raise refusal(f"{shown(value)} names no days", "write daily, mon-fri, sat-sun or a day such as sun")
        return frozenset(day for part in value.split(",") for day in _span(part.strip(), value))

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "examples": ["daily", "mon-fri", "sat-sun", "mon,wed"]}


def _span(part: str, whole: str) -> range | list[int]:
    if part in _SPANS:
        return _SPANS[part]
    first, _, last = part.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        meant = nearest(last if first in DAYS else first, DAYS)
        write = f"did you mean '{meant}'?" if meant else "write daily, mon-fri, sat-sun or a day such as sun"
        raise refusal(f"{shown(whole)} names no days", write)
    start, end = DAYS.index(first), DAYS.index(last or first)
    return [(start + k) % len(DAYS) for k in range((end - start) % len(DAYS) + 1)]


@dataclass(frozen=True, slots=True)
class DayText(Kind):
    """One day of the week, `mon` to `sun`; read as its number, Monday is 0."""

    @override
    def read(self, value: object) -> int:
        if isinstance(value, str) and value in DAYS:
            return DAYS.index(value)
        raise refusal(f"{shown(value)} is no day of the week", f"write one of {', '.join(DAYS)}")

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "enum": list(DAYS)}


@dataclass(frozen=True, slots=True)
class RunText(Kind):
    """`free`, `flash` or `plan 2`."""

    @override
    def read(self, value: object) -> Run:
        if value == "free":
            return FREE
        if value == "flash":
            return Run(RunKind.FLASH)
        found = _PLAN.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise refusal(f"{shown(value)} is nothing that can run", "write free, flash or plan n")
        return Run(RunKind.PLAN, PlanNumber(int(found[1])))

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "pattern": "^(free|flash|plan +[1-9][0-9]{0,2})$"}


@dataclass(frozen=True, slots=True)
class RecallWord(Kind):
    """`none`, `soft`, `min` or `max`; a pedestrian recall is a setting of its own."""

    @override
    def read(self, value: object) -> Enum:
        if value == "ped":
            raise refusal("'ped' is not a vehicle recall", "write ped_recall: true")
        return Word(Recall).read(value)

    @override
    def json(self) -> JsonSchemaValue:
        return Word(Recall).json()


@dataclass(frozen=True, slots=True)
class FormatVersion(Kind):
    """The version of the file format; there is one."""

    @override
    def read(self, value: object) -> int:
        if type(value) is int and value == 1:
            return 1
        raise refusal(f"{shown(value)} is a version of the format that this program does not read", "write schema: 1")

    @override
    def json(self) -> JsonSchemaValue:
        return {"const": 1}
