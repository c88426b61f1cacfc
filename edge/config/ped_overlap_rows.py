"""The rows of `ped_overlaps`."""

from typing import Annotated

from pydantic import Field

from edge.config.fields import NumberKey, Seconds, Whole
from edge.config.row import Row, optional
from edge.model.units import Ms, PhaseNumber

PedOverlapKey = Annotated[int, NumberKey(16)]


class PedOverlapRow(Row):
    """One row of `ped_overlaps`."""

    phases: list[Annotated[PhaseNumber, Whole(1, 16)]] = Field(description="The phases with whose walks it walks.")
    ped_clear: Annotated[Ms | None, Seconds(1, 255)] = optional(
        "Pedestrian clearance, s; default: the longest of its phases, long presses included."
    )
