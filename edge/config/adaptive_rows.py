"""The row of `adaptive`: the site's limits for the adaptive layer."""

from typing import Annotated

from pydantic import Field

from edge.config.fields import Decimal, NumberKey, Seconds, Switch, Text, Whole, Word
from edge.config.row import Row, optional, setting, switch
from edge.model.adaptive import AdaptiveMode
from edge.model.units import Ms, PhaseNumber


class ActUnprovedRow(Row):
    """`adaptive.act_unproved`: it acts although shadow shows no gain."""

    by: Annotated[str, Text(empty=False)] = Field(description="The name of the engineer who answers for it.")


class WindowRow(Row):
    """One row of `adaptive.windows`: when the platoon of a neighbour comes."""

    phases: list[Annotated[PhaseNumber, Whole(1, 16)]] = Field(description="The phases that it comes to.")
    cycle: Annotated[Ms, Seconds(20, 600)] = Field(description="How often: the cycle of the neighbour, s.")
    offset: Annotated[Ms, Seconds(0, 600)] = Field(
        description="When it begins in each cycle, as the offset of a plan: counted from local midnight, s."
    )
    lasts: Annotated[Ms, Seconds(1, 300)] = Field(description="How long it lasts, s.")
    platoon_ratio: Annotated[float, Decimal(1, 5)] = setting(
        1.67,
        "How many times as many come in it as on average (HCM 6: 1.67 for a dense platoon, arrival type 5; 1.33 for type 4).",
    )


class AdaptiveRow(Row):
    """`adaptive`: whether the adaptive layer may ask, and the limits that hold whatever it asks."""

    mode: Annotated[AdaptiveMode, Word(AdaptiveMode)] = setting(
        "advise", "off: nothing is computed; advise: computed, compared and logged, nothing asked; act: asked."
    )
    max_wait: Annotated[Ms, Seconds(30, 600)] = setting(
        120, "Vehicles that have waited so long are not left out any more, nor is a green held against them, s."
    )
    ped_max_wait: Annotated[Ms, Seconds(30, 600)] = setting(90, "The same for those on foot, s.")
    max_green: dict[Annotated[PhaseNumber, NumberKey(16)], Annotated[Ms, Seconds(1, 600)]] = setting(
        {}, "Longest hold while somebody waits, s; default 120 % of max_green, at least 60."
    )
    act_unproved: ActUnprovedRow | None = optional("Acts although shadow shows no gain, by somebody's name.")
    switchback_days: Annotated[bool, Switch()] = switch(
        "On every second day plain actuation runs, so that the gain can be shown.", default=False
    )
    windows: list[WindowRow] = setting([], "When the platoons of a neighbour come, by the clock (offset windows).")
