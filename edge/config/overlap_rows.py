"""The rows of `overlaps`."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from pydantic.json_schema import JsonSchemaValue
from typing_extensions import override

from edge.config.fields import Kind, Seconds, Text, Whole, Word, refusal, shown
from edge.config.row import Row, optional, setting
from edge.model.overlaps import LETTERS, OverlapKind
from edge.model.units import Ms, OverlapNumber, PhaseNumber


@dataclass(frozen=True, slots=True)
class OverlapLetter(Kind):
    """`A` to `P`, read as the number of the overlap: A is 1."""

    @override
    def read(self, value: object) -> OverlapNumber:
        if not isinstance(value, str) or len(value) != 1 or value not in LETTERS:
            raise refusal(f"{shown(value)} is no overlap", "write a letter, A to P")
        return OverlapNumber(LETTERS.index(value) + 1)

    @override
    def json(self) -> JsonSchemaValue:
        return {"type": "string", "pattern": "^[A-P]$"}


OverlapKey = Annotated[OverlapNumber, OverlapLetter()]
_Phase = Annotated[PhaseNumber, Whole(1, 16)]


class OverlapRow(Row):
    """One row of `overlaps`; seconds."""

    kind: Annotated[OverlapKind, Word(OverlapKind)] = Field(description="How it follows its phases.")
    move: Annotated[str, Text(40)] = setting("", "The movement, such as SBR or WBL.")
    parents: list[_Phase] = setting([], "normal: the phases it is green with, and from one into the next.")
    protected: Annotated[PhaseNumber | None, Whole(1, 16)] = optional(
        "flashing-yellow-arrow: the left-turn phase; beside its green, green arrow."
    )
    opposing_through: Annotated[PhaseNumber | None, Whole(1, 16)] = optional(
        "flashing-yellow-arrow: the oncoming through phase; beside its green, flashing yellow arrow."
    )
    delay: Annotated[Ms, Seconds(0, 25.5)] = setting(
        0, "Its green (its first flash) begins so long after its phase's (the opposing through's), s."
    )
    min_green: Annotated[Ms | None, Seconds(2, 255)] = optional(
        "Shortest green and shortest flashing arrow, s; default: the shortest of its phases."
    )
    trailing_green: Annotated[Ms, Seconds(0, 255)] = setting(0, "normal: green goes on so long after its phase's, s.")
    yellow: Annotated[Ms | None, Seconds(3, 6)] = optional("Yellow change, s; default: the longest of its phases.")
    red_clear: Annotated[Ms | None, Seconds(0, 6)] = optional("Red clearance, s; default: the longest of its phases.")
    modifiers: list[_Phase] = setting([], "Phases beside whose green and yellow it is red (minus green/yellow).")
    not_with_ped: list[_Phase] = setting([], "Phases beside whose walk and pedestrian clearance it is red.")
