"""The rows of `phases`, the timing sheet."""

from typing import Annotated

from pydantic import Field

from edge.config.fields import Seconds, Switch, Text
from edge.config.row import Row, optional, setting, switch
from edge.config.words import RecallWord
from edge.model.phases import Recall
from edge.model.units import Ms


class PhaseRow(Row):
    """One row of `phases`, one row of the timing sheet; seconds."""

    move: Annotated[str, Text(40)] = setting("", "The movement, such as EBT or WBL+WBT.")
    min_green: Annotated[Ms, Seconds(2, 255)] = Field(description="Minimum green, s.")
    passage: Annotated[Ms, Seconds(0, 25.5)] = Field(description="Passage (gap) time, s.")
    max_green: Annotated[Ms, Seconds(2, 999)] = Field(description="Maximum green after a conflicting call, s.")
    yellow: Annotated[Ms, Seconds(2.7, 25.5)] = Field(description="Yellow change, s; MUTCD 4F.17: 3 to 6.")
    red_clear: Annotated[Ms, Seconds(0, 25.5)] = Field(description="Red clearance, s; MUTCD 4F.17: at most 6.")
    recall: Annotated[Recall, RecallWord()] = setting("none", "A standing vehicle call.")
    lock: Annotated[bool, Switch()] = switch("A call on red is remembered after the vehicle has left.", default=False)
    walk: Annotated[Ms | None, Seconds(4, 255)] = optional("Walk, s; MUTCD 4I.06: 7.")
    ped_clear: Annotated[Ms | None, Seconds(1, 255)] = optional(
        "Pedestrian clearance (flashing don't walk), s: length / 3.5 ft/s."
    )
    ped_recall: Annotated[bool, Switch()] = switch("A standing pedestrian call.", default=False)
