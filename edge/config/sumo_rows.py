"""The row of `sumo`: where the site lies in a SUMO network. For the simulation; the controller never looks at it."""

from typing import Annotated

from pydantic import Field

from edge.config.fields import Decimal, NumberKey, Text, Whole
from edge.config.row import Row, setting
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber

_MOST_LINKS = 999
_Link = Annotated[int, Whole(0, _MOST_LINKS)]
_LinkKey = Annotated[int, NumberKey(_MOST_LINKS, least=0)]
_Id = Annotated[str, Text(500, empty=False)]


class SumoLoopRow(Row):
    """One loop of `sumo.loops`."""

    lane: _Id = Field(description="The SUMO lane.")
    from_m: Annotated[float, Decimal(0, 50_000)] = Field(description="Its beginning, metres along the lane.")
    to_m: Annotated[float, Decimal(0, 50_000)] = Field(description="Its end.")


class SumoRow(Row):
    """`sumo`."""

    tls: _Id = Field(description="The id of the traffic light.")
    links: dict[Annotated[ChannelNumber, NumberKey(64)], list[_Link]] = Field(
        description="For each channel the link indices that it shows: places in the state string."
    )
    yields: dict[_LinkKey, list[_Link]] = setting({}, "Links that yield while any of these other links is green.")
    loops: dict[Annotated[DetectorNumber, NumberKey(255)], list[SumoLoopRow]] = setting(
        {}, "Where each detector lies; several places where the lane upstream forks."
    )
    crossings: dict[Annotated[ButtonNumber, NumberKey(255)], list[_Id]] = setting(
        {}, "SUMO edges of crossings whose waiting pedestrians press the button."
    )
    on_red: list[_Link] = setting([], "Links that may turn on red after a stop (small s).")
