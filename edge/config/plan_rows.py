"""The rows of `plans`, and `coordination`: what makes a plan actuated and coordinated (NTCIP 1202 2.5)."""

from typing import Annotated

from pydantic import Field

from edge.config.fields import NumberKey, Seconds, Switch, Text, Whole, Word
from edge.config.row import Row, optional, setting, switch
from edge.config.words import RingText
from edge.model.coordination import Correction, ForceOffMode, OffsetReference, ReferencePhase, SplitMode
from edge.model.units import Ms, PhaseNumber

_Phase = Annotated[PhaseNumber, Whole(1, 16)]
_Ring = Annotated[tuple[tuple[PhaseNumber, ...], ...], RingText()]


class PlanRow(Row):
    """One row of `plans`. Splits include yellow and red clearance."""

    name: Annotated[str, Text(40)] = setting("", "Its name.")
    cycle: Annotated[Ms, Seconds(30, 999)] = Field(description="Cycle, s.")
    offset: Annotated[Ms, Seconds(0, 998.9)] = setting(
        0, "Local midnight to the start of ring 1, or to coordination.reference, s."
    )
    splits: dict[Annotated[PhaseNumber, NumberKey(16)], Annotated[Ms, Seconds(1, 999)]] = Field(
        description="Seconds for every phase."
    )
    coordinated: list[_Phase] | None = optional(
        "Its coordinated phases; default: coordination.coordinated; [] makes it a fixed plan."
    )
    modes: dict[Annotated[PhaseNumber, NumberKey(16)], Annotated[SplitMode, Word(SplitMode)]] = setting(
        {}, "What phases without coordination do in their splits; default: none."
    )
    rings: list[_Ring] | None = optional("Another order of service, such as a lagging left turn.")
    force_off: Annotated[ForceOffMode | None, Word(ForceOffMode)] = optional("If not that of coordination.")


class CoordinationRow(Row):
    """`coordination`: what the coordinated plans share."""

    coordinated: list[_Phase] = setting([], "The coordinated phases, one a ring; none: every plan is fixed.")
    reference: Annotated[OffsetReference, Word(OffsetReference)] = setting(
        "start-of-green", "What the offset names: the start (NEMA TS 2) or the end (Type 170) of the coordinated green."
    )
    reference_phase: Annotated[ReferencePhase, Word(ReferencePhase)] = setting(
        "first", "Of which coordinated phase: the first to begin (end), or the last."
    )
    force_off: Annotated[ForceOffMode, Word(ForceOffMode)] = setting(
        "fixed", "Unused time goes to the next phases (fixed) or to the coordinated ones (floating)."
    )
    correction: Annotated[Correction, Word(Correction)] = setting(
        "shortway", "How a plan comes into step (NTCIP coordCorrectionMode); longway is add-only."
    )
    max_correction_percent: Annotated[int, Whole(1, 50)] = setting(17, "A cycle is lengthened by no more, percent.")
    max_shorten_percent: Annotated[int | None, Whole(0, 50)] = optional(
        "A cycle is shortened by no more, percent; default: max_correction_percent."
    )
    max_dwell: Annotated[Ms, Seconds(0, 255)] = setting(0, "Longest dwell in one cycle, s; 0: until in step.")
    max_inhibit: Annotated[bool, Switch()] = switch("No green ends by its maximum.", default=True)
    early_yield: Annotated[Ms, Seconds(0, 25)] = setting(
        0, "The coordinated green may end by a gap so long before its force-off, s."
    )
    permissive: Annotated[Ms, Seconds(0, 255)] = setting(
        0, "How long after its force-off point it may be left, s; 0: as long as a phase fits."
    )
    stop_in_walk: Annotated[bool, Switch()] = switch(
        "The cycle timer stops while pedestrians clear that do not fit their split.", default=False
    )
    walk_rest: Annotated[bool, Switch()] = switch(
        "The coordinated phases walk with every green, and until their clearance just fits before the force-off.",
        default=False,
    )
    walk_recycle: Annotated[bool, Switch()] = switch("The coordinated phases walk again where it fits.", default=False)
