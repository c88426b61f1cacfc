"""The rows of `phases`, the timing sheet."""

from typing import Annotated

from pydantic import Field

from edge.config.fields import Seconds, Switch, Text, Whole, Word
from edge.config.row import Row, optional, setting, switch
from edge.config.words import RecallWord
from edge.model.phases import PedDisplay, Recall
from edge.model.units import Ms


class DynamicMaxRow(Row):
    """`dynamic_max` of a phase (NTCIP 1202 2.2.2.18, 2.2.2.19)."""

    limit: Annotated[Ms, Seconds(2, 999)] = Field(
        description="The other end of its range, s; the maximum is the first."
    )
    step: Annotated[Ms, Seconds(0.1, 25.5)] = Field(
        description="Longer or shorter by this after two alike in a row, s."
    )


class VolumeDensityRow(Row):
    """`volume_density` of a phase (NTCIP 1202 2.2.2.11 to 2.2.2.17)."""

    added_per_actuation: Annotated[Ms, Seconds(0, 25.5)] = setting(
        0, "Initial green for each vehicle on red, s; 0 off."
    )
    max_initial: Annotated[Ms | None, Seconds(1, 255)] = optional("The longest initial green, s.")
    time_before_reduction: Annotated[Ms, Seconds(0, 255)] = setting(
        0, "From the first conflicting call to the first reduction of the gap, s."
    )
    cars_before_reduction: Annotated[int, Whole(0, 255)] = setting(
        0, "Or when so many vehicles wait on conflicting phases; 0 not counted."
    )
    time_to_reduce: Annotated[Ms, Seconds(0, 255)] = setting(0, "From passage to min_gap, s.")
    reduce_by: Annotated[Ms, Seconds(0, 25.5)] = setting(0, "In steps of this, s; 0 in a straight line.")
    min_gap: Annotated[Ms | None, Seconds(0, 25.5)] = optional(
        "The smallest allowed gap, s; without it none is reduced."
    )


class PhaseRow(Row):
    """One row of `phases`, one row of the timing sheet; seconds."""

    move: Annotated[str, Text(40)] = setting("", "The movement, such as EBT or WBL+WBT.")
    min_green: Annotated[Ms, Seconds(2, 255)] = Field(description="Minimum green, s.")
    passage: Annotated[Ms, Seconds(0, 25.5)] = Field(description="Passage (gap) time, s.")
    max_green: Annotated[Ms, Seconds(2, 999)] = Field(description="Maximum green after a conflicting call, s.")
    max_green_2: Annotated[Ms | None, Seconds(2, 999)] = optional(
        "Maximum green 2, s; by schedule, day plan, input or order."
    )
    max_green_3: Annotated[Ms | None, Seconds(2, 999)] = optional("Maximum green 3, s.")
    dynamic_max: DynamicMaxRow | None = optional("A maximum green that follows the traffic.")
    yellow: Annotated[Ms, Seconds(2.7, 25.5)] = Field(description="Yellow change, s; MUTCD 4F.17: 3 to 6.")
    red_clear: Annotated[Ms, Seconds(0, 25.5)] = Field(description="Red clearance, s; MUTCD 4F.17: at most 6.")
    red_revert: Annotated[Ms, Seconds(0, 25.5)] = setting(
        0, "Red before this phase is green again, s, where longer than options.red_revert."
    )
    recall: Annotated[Recall, RecallWord()] = setting("none", "A standing vehicle call.")
    lock: Annotated[bool, Switch()] = switch("A call on red is remembered after the vehicle has left.", default=False)
    volume_density: VolumeDensityRow | None = optional("Added initial and gap reduction.")
    guaranteed_passage: Annotated[bool, Switch()] = switch(
        "The last vehicle keeps its whole passage when a reduced gap ends the green (NTCIP phaseOptions 12).",
        default=False,
    )
    conditional_service: Annotated[bool, Switch()] = switch(
        "Waiting at a barrier, it lets an earlier phase of its ring be served again (phaseOptions 14).", default=False
    )
    conditional_reservice: Annotated[bool, Switch()] = switch(
        "After that it may be served once more itself.", default=False
    )
    walk: Annotated[Ms | None, Seconds(4, 255)] = optional("Walk, s; MUTCD 4I.06: 7.")
    ped_clear: Annotated[Ms | None, Seconds(1, 255)] = optional(
        "Pedestrian clearance (flashing don't walk), s: length / 3.5 ft/s."
    )
    ped_recall: Annotated[bool, Switch()] = switch("A standing pedestrian call.", default=False)
    lpi: Annotated[Ms | None, Seconds(3, 25.5)] = optional(
        "Leading pedestrian interval: walk before the vehicles' green, s; MUTCD 4I.06: at least 3."
    )
    rest_in_walk: Annotated[bool, Switch()] = switch(
        "A walk rests while nobody opposes it (NTCIP phaseOptions 13).", default=False
    )
    ped_recycle: Annotated[bool, Switch()] = switch(
        "A later press is served in an opposed green too, if walk and clearance fit into its maximum.", default=False
    )
    walk_extended: Annotated[Ms | None, Seconds(4, 255)] = optional("Walk after a long press, s.")
    ped_clear_extended: Annotated[Ms | None, Seconds(1, 255)] = optional("Pedestrian clearance after a long press, s.")
    ped_display: Annotated[PedDisplay, Word(PedDisplay)] = setting(
        "flashing", "What is shown while the pedestrian clearance times."
    )
    red_yellow: Annotated[Ms, Seconds(0, 3)] = setting(0, "Red and amber before green, s; 0 none (RiLSA: 1).")
    min_red: Annotated[Ms, Seconds(0, 25.5)] = setting(0, "Shortest red alone, before red and amber or green, s.")
    green_blink: Annotated[Ms, Seconds(0, 10)] = setting(
        0, "A green that has ended blinks so long before its yellow, s; 0 none (Austria: 4)."
    )
