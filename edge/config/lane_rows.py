"""The rows of `lanes`: what the adaptive layer, and a traffic model, know of the street behind the loops."""

from typing import Annotated

from pydantic import Field

from edge.config.fields import Decimal, Name, Switch, Text, Whole, Word
from edge.config.row import Row, optional, setting, switch
from edge.model.lanes import LaneName, Turn
from edge.model.units import DetectorNumber, PhaseNumber

LaneKey = Annotated[LaneName, Name("lane name")]
_Phase = Annotated[PhaseNumber, Whole(1, 16)]
_Detector = Annotated[DetectorNumber, Whole(1, 255)]


class MovementRow(Row):
    """One row of `lanes.*.movements`: one way out of the lane."""

    turn: Annotated[Turn, Word(Turn)] = Field(description="Which way it goes.")
    phases: list[_Phase] = Field(description="In the green of any of these it may go; of an overlap, its parents.")
    opposed_in: list[_Phase] = setting([], "Of these, in whose green it must yield: a permissive turn.")
    opposed_by: list[LaneKey] = setting([], "The lanes it yields to then.")


class LaneRow(Row):
    """One row of `lanes`: one lane at the stop line."""

    approach: Annotated[str, Text(40, empty=False)] = Field(description="The leg it lies on, such as N.")
    movements: list[MovementRow] = Field(description="The ways out of it.")
    stopbar: list[_Detector] = setting([], "Its detectors at the stop line, in this lane alone.")
    advance: list[_Detector] = setting([], "Its detectors upstream, in this lane alone.")
    exits: list[_Detector] = setting([], "Detectors behind the junction that show whether it can leave.")
    advance_m: Annotated[float | None, Decimal(0, 500)] = optional(
        "From the stop line to the advance loop, metres; default: its distance_m."
    )
    length_m: Annotated[float, Decimal(5, 5_000)] = setting(200, "How long a queue may grow, metres.")
    speed_kmh: Annotated[float, Decimal(5, 150)] = setting(50, "Free speed, km/h.")
    siblings: list[LaneKey] = setting([], "Lanes of the approach that a vehicle may change to between the loops.")
    cars: Annotated[bool, Switch()] = switch(
        "False: only buses, trams or bicycles may use it, so few come: nobody heard there yet, it waits for cars in its phase.",
        default=True,
    )
