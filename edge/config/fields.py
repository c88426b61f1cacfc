"""What single values look like in the file: quantities, names, times. Each reads one value and says what to write instead.

Every kind is a pydantic annotation: it reads (`read`), describes itself in the JSON schema (`json`), and refuses in
words. Inside, times are integer milliseconds; the file has seconds with one decimal.
"""

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from typing_extensions import override

from edge.model.detectors import InputRef
from edge.model.units import HOUR_MS, MINUTE_MS

PROBLEM = "site_file"
"""The pydantic error type of everything refused here; its context has `what` and `write`."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TENTH_MS = 100
_DECIMAL_COMMA = re.compile(r"([-+]?[0-9]+),([0-9]+)")
_NUMBER_TEXT = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_INPUT = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\.([A-Za-z0-9_-]{1,16})")


def refusal(what: str, write: str) -> PydanticCustomError:
    """The error that carries our own sentence through pydantic."""
    return PydanticCustomError(PROBLEM, "{what} — {write}", {"what": what, "write": write})


def shown(value: object) -> str:
    """A value as it may be quoted in a message: short, in one line."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str() if len(value) > 40:  # noqa: PLR2004 - what fits on a line
            return repr(value[:37] + "…")
        case _:
            return repr(value)


def nearest(word: str, known: tuple[str, ...], likeness: float = 0.6) -> str | None:
    """The known word that was probably meant."""
    found = get_close_matches(word.lower(), known, n=1, cutoff=likeness)
    return found[0] if found else None


def number_text(value: float) -> str:
    """5.0 as `5`, 2.5 as `2.5`."""
    return f"{value:.10g}"


class Kind(ABC):
    """A kind of value; subclasses are used as `Annotated[int, Seconds(0, 25.5)]`."""

    @abstractmethod
    def read(self, value: object) -> object:
        """The value as the model wants it; raises PydanticCustomError."""

    @abstractmethod
    def json(self) -> JsonSchemaValue:
        """The same in JSON Schema."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return self.json()


def _numeric(value: object, wanted: str) -> float:
    """A finite number, or the refusal that names the usual slips."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refusal(f"{shown(value)} is no number", f"write {wanted}")
    if isinstance(value, str):
        comma = _DECIMAL_COMMA.fullmatch(value.strip())
        if comma:
            raise refusal(f"{shown(value)} has a decimal comma", f"write {comma[1]}.{comma[2]} with a point")
        if _NUMBER_TEXT.fullmatch(value.strip()):
            raise refusal(f"{shown(value)} is text", f"write {value.strip()} without quotes")
        raise refusal(f"{shown(value)} is no number", f"write {wanted}")
    if not math.isfinite(value):
        raise refusal(f"{value} is no quantity", f"write {wanted}")
    return value


def _within(value: float, low: float, high: float, unit: str) -> None:
    wanted = f"write {number_text(low)} to {number_text(high)}"
    if value < low:
        raise refusal(f"{number_text(value)}{unit} is less than {number_text(low)}{unit}", wanted)
    if value > high:
        raise refusal(f"{number_text(value)}{unit} is more than {number_text(high)}{unit}", wanted)


@dataclass(frozen=True, slots=True)
class Seconds(Kind):
    """A duration in seconds with at most one decimal; read as integer milliseconds."""

    low: float
    high: float

    @override
    def read(self, value: object) -> int:
        seconds = _numeric(value, f"seconds, {number_text(self.low)} to {number_text(self.high)}")
        _within(seconds, self.low, self.high, " s")
        tenths = round(seconds * 10)
        if abs(seconds * 10 - tenths) > 1e-6:  # noqa: PLR2004 - float noise of a decimal number
            raise refusal(f"{value} s is not a multiple of 0.1 s", f"write {number_text(tenths / 10)}")
        return tenths * _TENTH_MS

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "number", "minimum": self.low, "maximum": self.high}  # multipleOf 0.1 trips on floats


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    """A whole number in `unit`."""

    low: int
    high: int
    unit: str = ""

    @override
    def read(self, value: object) -> int:
        number = _numeric(value, f"a whole number, {self.low} to {self.high}")
        if not isinstance(number, int):
            raise refusal(f"{value} is not a whole number", f"write {round(number)}")
        _within(number, self.low, self.high, self.unit)
        return int(number)

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Minutes(Kind):
    """Whole minutes; read as integer milliseconds. 0 switches a test off."""

    low: int
    high: int

    @override
    def read(self, value: object) -> int:
        return Whole(self.low, self.high, " min").read(value) * MINUTE_MS

    @override
    def json(self) -> JsonSchemaValue:
        return Whole(self.low, self.high).json()


@dataclass(frozen=True, slots=True)
class Decimal(Kind):
    """Any number between `low` and `high`, such as metres or degrees."""

    low: float
    high: float

    @override
    def read(self, value: object) -> float:
        number = _numeric(value, f"a number, {number_text(self.low)} to {number_text(self.high)}")
        _within(number, self.low, self.high, "")
        return float(number)

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class NumberKey(Kind):
    """A number as the key of a table: phases 1–16, channels, detectors; from 0 on only where `least` says so."""

    high: int
    least: int = 1

    @override
    def read(self, value: object) -> int:
        if isinstance(value, str) and value.isdecimal():
            raise refusal(f"the key {shown(value)} is text", f"write {int(value)} without quotes")
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.high:
            raise refusal(
                f"the key {shown(value)} is not a number here", f"write a number, {self.least} to {self.high}"
            )
        return value

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "pattern": "^[1-9][0-9]*$" if self.least else "^(0|[1-9][0-9]*)$"}


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Text of one line, at most `longest` characters."""

    longest: int = 200
    empty: bool = True

    @override
    def read(self, value: object) -> str:
        if not isinstance(value, str):
            text = shown(value) if value is not None else "text"
            raise refusal(f"{shown(value)} is not text", f'write it in quotes: "{text}"')
        if len(value) > self.longest:
            raise refusal(f"this text has {len(value)} characters", f"write at most {self.longest}")
        if not (self.empty or value.strip()):
            raise refusal("this text is empty", "write at least a word")
        return value

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "maxLength": self.longest, "minLength": 0 if self.empty else 1}


@dataclass(frozen=True, slots=True)
class Name(Kind):
    """A device's name: a letter, then letters, digits, - and _."""

    what: str = "device name"

    @override
    def read(self, value: object) -> str:
        if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,31}", value):
            return value
        raise refusal(
            f"{shown(value)} is no {self.what}", "write a letter first, then letters, digits, - or _, at most 32"
        )

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,31}$"}


@dataclass(frozen=True, slots=True)
class Switch(Kind):
    """true or false, and nothing that merely looks like it."""

    @override
    def read(self, value: object) -> bool:
        if isinstance(value, bool):
            return value
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(str(value).lower(), "true or false")
        raise refusal(f"{shown(value)} is neither true nor false", f"write {meant}")

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Word(Kind):
    """One word of an Enum whose values are words."""

    words: type[Enum]

    @override
    def read(self, value: object) -> Enum:
        known = tuple(str(member.value) for member in self.words)
        if isinstance(value, str) and value in known:
            return self.words(value)
        meant = nearest(value, known) if isinstance(value, str) else None
        write = f"did you mean '{meant}'?" if meant else f"write one of {', '.join(known)}"
        raise refusal(f"{shown(value)} is none of {', '.join(known)}", write)

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "enum": [member.value for member in self.words]}


@dataclass(frozen=True, slots=True)
class InputText(Kind):
    """`loops.3`: terminal 3 of device `loops`; `cab.in3` is the same terminal as `cab.3`."""

    @override
    def read(self, value: object) -> InputRef:
        found = _INPUT.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise refusal(f"{shown(value)} names no input", "write device.terminal, such as loops.3")
        digits = found[2].removeprefix("in")
        return InputRef(found[1], digits if digits.isdecimal() else found[2])

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{_INPUT.pattern}$"}


@dataclass(frozen=True, slots=True)
class Clock(Kind):
    """Local wall time `HH:MM`; read as milliseconds of the day. `24:00` only where a span may end."""

    end_of_day: bool = False

    @override
    def read(self, value: object) -> int:
        found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise refusal(f"{shown(value)} is no time of day", "write HH:MM, such as 06:30")
        at = int(found[1]) * HOUR_MS + int(found[2]) * MINUTE_MS
        latest = 24 * HOUR_MS if self.end_of_day else 24 * HOUR_MS - MINUTE_MS
        if at > latest:
            raise refusal(f"{shown(value)} is after the end of the day", "write 00:00 to 23:59")
        return at

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^({_CLOCK.pattern})$"}


@dataclass(frozen=True, slots=True)
class Date(Kind):
    """A date `YYYY-MM-DD`; read as (year, month, day)."""

    @override
    def read(self, value: object) -> tuple[int, int, int]:
        found = _DATE.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise refusal(f"{shown(value)} is no date", "write YYYY-MM-DD, such as 2026-07-04")
        year, month, day = int(found[1]), int(found[2]), int(found[3])
        if not 1 <= month <= len(_MONTH_DAYS) or not 1 <= day <= _month_days(year, month):
            raise refusal(f"{value} is not in the calendar", "write a date that exists")
        return year, month, day

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{_DATE.pattern}$"}


_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _month_days(year: int, month: int) -> int:
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)  # noqa: PLR2004 - the Gregorian rule
    return _MONTH_DAYS[month - 1] + leap
