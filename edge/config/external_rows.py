"""The rows of `inputs`: general-purpose wires, and what they ask for."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from pydantic.json_schema import JsonSchemaValue
from typing_extensions import override

from edge.config.fields import InputText, Kind, NumberKey, Switch, nearest, refusal, shown
from edge.config.row import Row, switch
from edge.model.detectors import InputRef
from edge.model.external import Does
from edge.model.plans import FREE, Run, RunKind
from edge.model.units import PlanNumber

_MOST_INPUTS = 255
_OF_PHASES = frozenset({Does.HOLD, Does.OMIT, Does.PED_OMIT, Does.CALL, Does.PED_CALL, Does.NON_ACTUATED})
_FREE, _PLAN = "free", "plan"
_WORDS = (*(does.value for does in Does if does is not Does.RUN), _PLAN, _FREE)
_TEXT = re.compile(r"([a-z][a-z0-9-]*)((?: +[0-9]{1,3})*)")

InputKey = Annotated[int, NumberKey(_MOST_INPUTS)]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a wire does, as written: the numbers are phases, or the ring of a force-off."""

    does: Does
    numbers: tuple[int, ...] = ()
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class DoesText(Kind):
    """`hold 2 6`, `force-off 1`, `plan 3`, `manual-control`."""

    @override
    def read(self, value: object) -> Deed:
        found = _TEXT.fullmatch(value.strip()) if isinstance(value, str) else None
        word = found[1] if found else ""
        if found is None or word not in _WORDS:
            meant = nearest(word, _WORDS)
            raise refusal(
                f"{shown(value)} is nothing that an input does",
                f"did you mean '{meant}'?" if meant else f"write one of {', '.join(_WORDS)}",
            )
        numbers = tuple(int(n) for n in found[2].split())
        _fits(value, word, numbers)
        if word == _FREE:
            return Deed(Does.RUN, run=FREE)
        if word == _PLAN:
            return Deed(Does.RUN, run=Run(RunKind.PLAN, PlanNumber(numbers[0])))
        return Deed(Does(word), numbers)

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^({'|'.join(_WORDS)})( +[0-9]+)*$"}


def _fits(value: object, word: str, numbers: tuple[int, ...]) -> None:
    """Refuse a deed with the wrong count of numbers."""
    if word in {_PLAN, Does.FORCE_OFF.value}:
        if len(numbers) != 1:
            raise refusal(f"{shown(value)} needs one number", f"write {word} 1")
    elif word != _FREE and Does(word) in _OF_PHASES:
        if not numbers:
            raise refusal(f"{shown(value)} names no phase", f"write {word} and its phases, such as {word} 2 6")
    elif numbers:
        raise refusal(f"{shown(value)} takes no number", f"write {word}")


class ExternalRow(Row):
    """One row of `inputs`."""

    input: Annotated[InputRef, InputText()] = Field(description="Where it is wired: device.terminal.")
    does: Annotated[Deed, DoesText()] = Field(description="What it asks for while it is on, such as hold 2 6.")
    invert: Annotated[bool, Switch()] = switch("It asks while it is off.", default=False)
