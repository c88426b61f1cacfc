"""The rows of `preempts` and `priority`."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from edge.config.fields import InputText, NumberKey, Seconds, Switch, Whole, Word
from edge.config.row import Row, optional, setting, switch
from edge.model.detectors import InputRef
from edge.model.preempts import PreemptKind
from edge.model.units import Ms, PhaseNumber, PlanNumber, PreemptNumber, PriorityNumber

_APhase = Annotated[PhaseNumber, Whole(1, 16)]
APreempt = Annotated[PreemptNumber, Whole(1, 16)]
PreemptKey = Annotated[PreemptNumber, NumberKey(16)]
PriorityKey = Annotated[PriorityNumber, NumberKey(16)]


class EntryRow(Row):
    """`entry` of a preempt: the only place where a pedestrian interval may be made shorter."""

    walk: Annotated[Ms, Seconds(0, 255)] = Field(description="What is left of a running walk at least, s.")
    ped_clear: Annotated[Ms, Seconds(1, 255)] = Field(
        description="What is left of a running pedestrian clearance at least, s."
    )


class TrackGreenRow(Row):
    """`track_green` of a preempt."""

    phases: list[_APhase] = Field(description="The phases that lead off the tracks; they must be concurrent.")
    seconds: Annotated[Ms, Seconds(1, 255)] = Field(description="Track clearance green, s.")
    gate: Annotated[InputRef | None, InputText()] = optional(
        "Input that is on while the gate is down: device.terminal."
    )
    gate_max: Annotated[Ms, Seconds(0, 255)] = setting(0, "Longest track green while the gate is not down, s.")


class PreemptRow(Row):
    """One row of `preempts` (NTCIP 1202 2.7). The lower number has the higher right."""

    input: Annotated[InputRef, InputText()] = Field(description="Where it is wired: device.terminal.")
    kind: Annotated[PreemptKind, Word(PreemptKind)] = Field(
        description="Who preempts; a railway's input counts as on while it is not heard."
    )
    invert: Annotated[bool, Switch()] = switch("It calls while its input is off (fail-safe circuit).", default=False)
    lock: Annotated[bool, Switch()] = switch("A call that goes during the delay still counts.", default=True)
    delay: Annotated[Ms, Seconds(0, 600)] = setting(0, "From the call to the entry, s.")
    entry: EntryRow | None = optional(
        "How far a running walk and pedestrian clearance may be shortened; none: not at all."
    )
    track_green: TrackGreenRow | None = optional("Track clearance.")
    dwell: list[_APhase] = setting([], "Phases held green; they must be concurrent.")
    cycling: list[_APhase] = setting([], "Or phases that are served by demand during the dwell.")
    min_dwell: Annotated[Ms, Seconds(0, 255)] = setting(0, "Shortest dwell, s.")
    min_duration: Annotated[Ms, Seconds(0, 3_600)] = setting(0, "Shortest time from entry to the end of the dwell, s.")
    max_call: Annotated[Ms, Seconds(0, 36_000)] = setting(0, "A longer call is given up until it ends, s; 0 never.")
    exit_to: list[_APhase] = setting([], "Phases served first afterwards; they must be concurrent.")
    link: Annotated[PreemptNumber | None, Whole(1, 16)] = optional("The preempt that follows its dwell.")


def _none_is_null(value: object) -> object:
    return None if value == "none" else value


class PriorityPlanRow(Row):
    """`priority.N.plans.P`: other limits while that plan runs."""

    extend: Annotated[Ms, Seconds(0, 255)] = setting(0, "Longest green extension, s.")
    least: dict[Annotated[PhaseNumber, NumberKey(16)], Annotated[Ms, Seconds(1, 255)]] = setting(
        {}, "Phases that may be shortened, and the green they keep, s."
    )


class PriorityRow(Row):
    """One row of `priority`: transit priority by one check-in input."""

    input: Annotated[InputRef, InputText()] = Field(description="On from check-in to check-out: device.terminal.")
    invert: Annotated[bool, Switch()] = switch("It asks while its input is off.", default=False)
    phases: list[_APhase] = Field(description="The phases it asks for; they must be concurrent.")
    extend: Annotated[Ms, Seconds(0, 255)] = setting(0, "Longest green extension, s.")
    least: dict[Annotated[PhaseNumber, NumberKey(16)], Annotated[Ms, Seconds(1, 255)]] = setting(
        {}, "Phases that may be shortened for an early green, and the green they keep, s."
    )
    plans: dict[
        Annotated[PlanNumber, NumberKey(253)], Annotated[PriorityPlanRow | None, BeforeValidator(_none_is_null)]
    ] = setting({}, "Other limits while a plan runs; none: no priority then.")
    delay: Annotated[Ms, Seconds(0, 600)] = setting(0, "From the input to the request, s.")
    max_request: Annotated[Ms, Seconds(0, 3_600)] = setting(120, "A longer request is given up, s; 0 never.")
    lockout: Annotated[Ms, Seconds(0, 3_600)] = setting(0, "After a served request the next one waits, s.")
