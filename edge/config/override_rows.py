"""The rows of `overrides`: rules that a site departs from, by name and with a reason."""

from typing import Annotated

from pydantic import Field

from edge.config.fields import Text, Whole
from edge.config.row import Row, optional
from edge.model.units import PhaseNumber

APhase = Annotated[PhaseNumber, Whole(1, 16)]


class OverrideRow(Row):
    """One named override of a rule: which phases, and why."""

    phases: list[APhase] = Field(description="The phases it is meant for.")
    why: Annotated[str, Text(1000, empty=False)] = Field(description="The engineer's reason.")


class OverridesRow(Row):
    """`overrides`: rules of the MUTCD that this site departs from, by name and with a reason."""

    yellow_below_3: OverrideRow | None = optional("Yellow under 3 s; never under the card's minimum.")
    yellow_above_6: OverrideRow | None = optional("Yellow over 6 s.")
    red_clear_above_6: OverrideRow | None = optional("Red clearance over 6 s.")
