"""The tables of the site file, one pydantic model a row. They exist at this edge only: read, then turned into the frozen site.

Defaults stand here in the units of the file. Every description is also the hover text of the JSON schema.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from edge.config.adaptive_rows import AdaptiveRow
from edge.config.calendar_rows import DayActionRow, DayPlanKey, ExceptionRow, ScheduleRow, WeekRow
from edge.config.device_rows import DeviceRow
from edge.config.external_rows import ExternalRow, InputKey
from edge.config.fields import (
    Clock,
    Decimal,
    InputText,
    Minutes,
    Name,
    NumberKey,
    Seconds,
    Switch,
    Text,
    Whole,
    Word,
)
from edge.config.intersection_rows import APhase, IntersectionRow
from edge.config.lane_rows import LaneKey, LaneRow
from edge.config.overlap_rows import OverlapKey, OverlapRow
from edge.config.override_rows import OverridesRow
from edge.config.ped_overlap_rows import PedOverlapKey, PedOverlapRow
from edge.config.phase_rows import PhaseRow
from edge.config.plan_rows import CoordinationRow, PlanRow
from edge.config.preempt_rows import PreemptKey, PreemptRow, PriorityKey, PriorityRow
from edge.config.row import Row, optional, setting, switch
from edge.config.sumo_rows import SumoRow
from edge.config.words import FlashWord, FormatVersion, RingText
from edge.model.detectors import DetectorKind, InputRef, OnFault
from edge.model.phases import PedDisplay
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms, PhaseNumber, PlanNumber

PhaseKey = Annotated[PhaseNumber, NumberKey(16)]
AChannel = Annotated[ChannelNumber, Whole(1, 64)]
ChannelKey = Annotated[ChannelNumber, NumberKey(64)]
DetectorKey = Annotated[DetectorNumber, NumberKey(255)]
ButtonKey = Annotated[ButtonNumber, NumberKey(255)]
APlan = Annotated[PlanNumber, Whole(1, 253)]
PlanKey = Annotated[PlanNumber, NumberKey(253)]


class OptionsRow(Row):
    """`options`: sequence options of the whole intersection."""

    dual_entry: list[APhase] = setting([], "Phases that come up beside a one-sided call (NTCIP phaseOptions 10).")
    simultaneous_gap: list[list[APhase]] = setting(
        [], "Pairs of phases that leave a barrier only when both have gapped out (phaseOptions 11)."
    )
    rest_in: list[APhase] = setting([], "Phases that are green when nobody calls.")
    red_revert: Annotated[Ms, Seconds(2.0, 25.5)] = setting(
        2.0, "Shortest red before a phase that has just cleared is green again, s (NTCIP unitRedRevert)."
    )
    stop_time_max_min: Annotated[Ms, Minutes(1, 255)] = setting(
        10, "Stop time that lasts longer is not heard, minutes."
    )


class LimitsRow(Row):
    """When a detector is taken for failed; what a row leaves out comes from `detector_faults`."""

    stuck_on_min: Annotated[Ms | None, Minutes(0, 255)] = optional("Minutes of unbroken presence, 0 off.")
    no_activity_min: Annotated[Ms | None, Minutes(0, 1440)] = optional("Minutes without an actuation, 0 off.")
    chatter_per_min: Annotated[int | None, Whole(0, 255)] = optional("Actuations in a minute, 0 off.")
    on_fault: Annotated[OnFault | None, Word(OnFault)] = optional("What a failed detector does to its phase.")


class DetectorFaultsRow(Row):
    """`detector_faults`: the limits of every detector that states none (NEMA TS 2 3.9.3.1.4)."""

    stuck_on_min: Annotated[Ms, Minutes(0, 255)] = setting(8, "Minutes of unbroken presence, 0 off.")
    no_activity_min: Annotated[Ms, Minutes(0, 1440)] = setting(180, "Minutes without an actuation, 0 off.")
    chatter_per_min: Annotated[int, Whole(0, 255)] = setting(60, "Actuations in a minute, 0 off.")
    on_fault: Annotated[OnFault, Word(OnFault)] = setting("max-recall", "What a failed detector does to its phase.")
    unseen_min: Annotated[Ms, Minutes(0, 255)] = setting(
        0, "Minutes after a start: a detector not heard by then is answered like a failed one until it is, 0 off."
    )
    active_from: Annotated[Ms, Clock()] = setting("06:00", "From when on silence is a fault.")
    active_to: Annotated[Ms, Clock(end_of_day=True)] = setting("22:00", "Until when silence is a fault.")


class DetectorRow(LimitsRow):
    """One row of `detectors`."""

    input: Annotated[InputRef, InputText()] = Field(description="Where it is wired: device.terminal.")
    phase: APhase = Field(description="The phase it calls and extends.")
    kind: Annotated[DetectorKind, Word(DetectorKind)] = setting("stopbar", "Where the loop lies.")
    move: Annotated[str, Text(40)] = setting("", "Movement and lane, such as EBT-1.")
    calls: Annotated[bool | None, Switch()] = optional(
        "Whether it calls its phase; default true, false for kind count."
    )
    extends: Annotated[bool | None, Switch()] = optional(
        "Whether it extends the green; default true, false for kind count."
    )
    delay: Annotated[Ms, Seconds(0, 255)] = setting(0, "Presence on red before it calls, s (NTCIP 2.3.2.7).")
    extend: Annotated[Ms, Seconds(0, 25.5)] = setting(0, "Presence stretched on green, s (NTCIP 2.3.2.8).")
    distance_m: Annotated[float | None, Decimal(0, 500)] = optional("From the stop line upstream, metres.")
    queue_limit: Annotated[Ms, Seconds(0, 255)] = setting(
        0, "Heard so long into the green only, s; 0 for all of it (NTCIP 2.3.2.11)."
    )
    queue: Annotated[bool, Switch()] = switch(
        "In an opposed green heard until its first gap only: when its queue has gone (NTCIP 2.3.2.2, bit 6).",
        default=False,
    )
    switch_phase: Annotated[PhaseNumber | None, Whole(1, 16)] = optional(
        "Heard for this phase while that is green and its own is not (NTCIP 2.3.2.6)."
    )
    adds_initial: Annotated[bool | None, Switch()] = optional(
        "Counts vehicles for volume_density; default true for kinds advance and count."
    )
    partner: Annotated[DetectorNumber | None, Whole(1, 255)] = optional(
        "The detector that stands in for it while it has failed."
    )


class ButtonRow(Row):
    """One row of `ped_buttons`."""

    input: Annotated[InputRef, InputText()] = Field(description="Where it is wired: device.terminal.")
    phase: APhase = Field(description="The phase whose walk it calls.")
    stuck_on_min: Annotated[Ms | None, Minutes(0, 255)] = optional("Minutes held before it is taken for stuck, 0 off.")
    chatter_per_min: Annotated[int, Whole(0, 255)] = setting(
        0, "More presses in a minute: it is taken for chattering, 0 off."
    )
    no_activity_min: Annotated[Ms, Minutes(0, 43_200)] = setting(
        0, "Minutes without a press, day and night: it is taken for dead, 0 off."
    )
    long_press: Annotated[Ms, Seconds(0, 10)] = setting(
        0, "Held so long it asks for walk_extended and ped_clear_extended, s; 0 off."
    )


class ChannelRow(Row):
    """One row of `channels`: a load switch."""

    phase: Annotated[PhaseNumber | None, Whole(1, 16)] = optional("The phase whose vehicle signals it shows.")
    ped: Annotated[PhaseNumber | None, Whole(1, 16)] = optional("The phase whose pedestrian signals it shows.")
    overlap: OverlapKey | None = optional("The overlap it shows.")
    ped_overlap: Annotated[int | None, Whole(1, 16)] = optional("The pedestrian overlap it shows.")
    output: Annotated[str, Name()] = Field(description="The device that lights it.")
    wires: list[Annotated[int, Whole(0, 9_999)]] = Field(
        description="[red, yellow, green], a fourth for a flashing arrow, or [don't walk, walk]; coil or line numbers from 0."
    )
    accessible: Annotated[int | None, Whole(0, 9_999)] = optional(
        "Wire of the accessible signal of a ped channel, on exactly while walk is lit."
    )
    flash: Annotated[FlashWord, Word(FlashWord)] = Field(description="What it shows in flash.")


class CardRow(Row):
    """One row of `conflicts.channels`: the monitor's programming of one channel where it differs."""

    min_yellow: Annotated[Ms | None, Seconds(2.7, 25.5)] = optional("Shortest yellow of this channel, s.")
    min_yellow_and_red: Annotated[Ms | None, Seconds(2.7, 51)] = optional(
        "Shortest yellow and red before a conflicting green, s."
    )
    min_green: Annotated[Ms | None, Seconds(0, 255)] = optional("Shortest green of this channel, s; 0 not tested.")
    min_walk: Annotated[Ms | None, Seconds(0, 255)] = optional("Shortest walk of this channel, s; 0 not tested.")
    min_ped_clearance: Annotated[Ms | None, Seconds(0, 255)] = optional(
        "Shortest pedestrian clearance of this channel, s; 0 not tested."
    )
    may_be_dark: Annotated[bool, Switch()] = switch("Dark by design is no fault.", default=False)
    min_red: Annotated[Ms | None, Seconds(0, 25.5)] = optional("Shortest red of this channel, s; 0 not tested.")
    min_red_yellow: Annotated[Ms | None, Seconds(0, 3)] = optional("Shortest red and amber of this channel, s.")
    max_red_yellow: Annotated[Ms | None, Seconds(0, 5)] = optional("Longest red and amber of this channel, s; 0 none.")
    green_blink: Annotated[Ms | None, Seconds(0, 10)] = optional("Shortest green blink of this channel, s; 0 none.")
    ped_display: Annotated[PedDisplay | None, Word(PedDisplay)] = optional(
        "What this channel shows while the pedestrian clearance times."
    )


def _none_is_empty(value: object) -> object:
    return {} if value == "none" else value


_ARROW_SCHEMA = {
    "type": "object",
    "patternProperties": {
        "^[1-9][0-9]*$": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 64}}
    },
    "additionalProperties": False,
}
_PERMISSIVE_SCHEMA = {"anyOf": [{"const": "none"}, _ARROW_SCHEMA]}


class ConflictsRow(Row):
    """`conflicts`: the monitor's card, written separately from the rings."""

    permissive: Annotated[
        dict[ChannelKey, list[AChannel]], BeforeValidator(_none_is_empty), WithJsonSchema(_PERMISSIVE_SCHEMA)
    ] = Field(description="Channels that may be green or walk together; none where there are none.")
    flashing_arrow: Annotated[dict[ChannelKey, list[AChannel]], WithJsonSchema(_ARROW_SCHEMA)] = setting(
        {}, "Channels that may be green or walk beside the flashing yellow arrow of a channel."
    )
    confirmed_by: Annotated[str, Text()] = setting(
        "", "Who compared it with the cabinet's card; empty: no real outputs."
    )
    min_yellow: Annotated[Ms, Seconds(2.7, 25.5)] = setting(2.7, "Shortest yellow, s (NEMA TS 2 monitor: 2.7).")
    min_yellow_and_red: Annotated[Ms, Seconds(2.7, 51)] = setting(
        2.7, "Shortest yellow and red before a conflicting green, s (NEMA TS 2 monitor: 2.7)."
    )
    min_green: Annotated[Ms, Seconds(0, 255)] = setting(2, "Shortest green, s; 0 not tested.")
    min_walk: Annotated[Ms, Seconds(0, 255)] = setting(4, "Shortest walk, s; 0 not tested.")
    min_ped_clearance: Annotated[Ms, Seconds(0, 255)] = setting(1, "Shortest pedestrian clearance, s; 0 not tested.")
    min_red: Annotated[Ms, Seconds(0, 25.5)] = setting(0, "Shortest red, s; 0 not tested.")
    min_red_yellow: Annotated[Ms, Seconds(0, 3)] = setting(0, "Shortest red and amber, s.")
    max_red_yellow: Annotated[Ms, Seconds(0, 5)] = setting(
        0, "Longest red and amber, s; 0: the heads have none, else every green needs it."
    )
    green_blink: Annotated[Ms, Seconds(0, 10)] = setting(
        0, "Shortest blinking of a green before its yellow, s; 0: none blinks, else every green must."
    )
    ped_display: Annotated[PedDisplay, Word(PedDisplay)] = setting(
        "flashing", "What the heads show while the pedestrian clearance times."
    )
    channels: dict[ChannelKey, CardRow] = setting({}, "Channels that differ.")


class FallbackWhenRow(Row):
    """`fallback.when`: the stated limits of actuation."""

    failed_detectors: Annotated[int, Whole(1, 255)] = setting(3, "This many failed detectors.")
    decision_late_ms: Annotated[Ms, Whole(50, 5_000, " ms")] = setting(200, "A decision this late, ms.")
    clock_unsynced_min: Annotated[Ms, Minutes(0, 10_080)] = setting(60, "A clock unsynchronised this long, minutes.")


class FallbackRow(Row):
    """`fallback`: the fixed plan below actuation."""

    plan: APlan = Field(description="The plan that runs when the detectors cannot be trusted.")
    unseen_plan: APlan | None = setting(
        None,
        "The plan whose greens a plan recall gives where nobody has been seen since the start; none: that of `plan`.",
    )
    when: FallbackWhenRow = setting({}, "The limits.")
    return_after_min: Annotated[Ms, Minutes(0, 1_440)] = setting(10, "Clean minutes before it goes back up.")


class StartUpRow(Row):
    """`flash.startup`."""

    flash: Annotated[Ms, Seconds(3, 255)] = setting(6, "Flash at start, s.")
    exit_yellow: Annotated[Ms, Seconds(3, 25.5)] = setting(
        4, "Steady yellow, after flash, of the channels that flashed yellow, s."
    )
    all_red: Annotated[Ms, Seconds(1, 25.5)] = setting(6, "All red before the first green, s.")
    start_in: list[APhase] = setting([], "The first phases; default: the first of every ring.")


class FlashRow(Row):
    """`flash`."""

    rate_hz: Annotated[int, Whole(1, 1)] = setting(1, "Flashes a second (MUTCD 4G.01: 50 to 60 a minute).")
    entry: list[APhase] = setting([], "Phases served last before a flash that is asked for (NTCIP phaseOptions 1).")
    exit_to: list[APhase] = setting(
        [], "Phases served first after a flash that was asked for; default: startup.start_in (phaseOptions 2)."
    )

    startup: StartUpRow = setting({}, "The way from flash to the first green.")


class EventLogRow(Row):
    """`event_log`: how much is kept."""

    keep_days: Annotated[int, Whole(1, 3_650)] = setting(30, "Days.")
    max_mb: Annotated[int, Whole(1, 100_000)] = setting(500, "Megabytes.")


class SiteFile(Row):
    """The whole file."""

    schema_version: Annotated[int, FormatVersion()] = Field(alias="schema", description="The version of this format.")
    intersection: IntersectionRow = Field(description="What and where it is.")
    rings: list[Annotated[tuple[tuple[PhaseNumber, ...], ...], RingText()]] = Field(
        description='One text a ring, such as "1 2 | 3 4"; | is the barrier.'
    )
    options: OptionsRow = setting({}, "Sequence options.")
    phases: dict[PhaseKey, PhaseRow] = Field(description="The timing sheet.")
    intergreen: dict[PhaseKey, dict[PhaseKey, Annotated[Ms, Seconds(0, 60)]]] = setting(
        {}, "End of green of a phase to start of green of another, s."
    )
    overlaps: dict[OverlapKey, OverlapRow] = setting({}, "The overlaps, A to P.")
    ped_overlaps: dict[PedOverlapKey, PedOverlapRow] = setting({}, "Crosswalks that several phases share.")
    io: dict[Annotated[str, Name()], DeviceRow] = Field(description="The devices.")
    detectors: dict[DetectorKey, DetectorRow] = setting({}, "The vehicle detectors.")
    ped_buttons: dict[ButtonKey, ButtonRow] = setting({}, "The push-buttons.")
    inputs: dict[InputKey, ExternalRow] = setting(
        {}, "General-purpose inputs: the cabinet, switches, the police panel."
    )
    detector_faults: DetectorFaultsRow = setting({}, "When a detector is taken for failed.")
    channels: dict[ChannelKey, ChannelRow] = Field(description="The load switches.")
    conflicts: ConflictsRow = Field(description="The monitor's card.")
    plans: dict[PlanKey, PlanRow] = Field(description="The plans: fixed, and coordinated.")
    coordination: CoordinationRow = setting({}, "What the coordinated plans share.")
    schedule: list[ScheduleRow] = setting(
        [{"days": "daily", "at": "00:00", "run": "free"}], "What runs when; default: free."
    )
    day_plans: dict[DayPlanKey, list[DayActionRow]] = setting({}, "What runs when on a day, by number.")
    weeks: list[WeekRow] = setting([], "Which day plan on which days of the year; the first row that holds counts.")
    exceptions: list[ExceptionRow] = setting([], "Dates that run another day's schedule, or a day plan.")
    fallback: FallbackRow = Field(description="What runs when actuation cannot be trusted.")
    preempts: dict[PreemptKey, PreemptRow] = setting({}, "Who may take the sequence: railway, fire, emergency.")
    priority: dict[PriorityKey, PriorityRow] = setting({}, "Who may bend it: transit priority.")
    flash: FlashRow = setting({}, "Flash, and the way out of it.")
    overrides: OverridesRow = setting({}, "Departures from a rule, by name.")
    event_log: EventLogRow = setting({}, "How much of the event log is kept.")
    adaptive: AdaptiveRow | None = optional("Adaptive timing; default: it advises where there are detectors.")
    lanes: dict[LaneKey, LaneRow] = setting({}, "The lanes at the stop lines, by name.")
    sumo: SumoRow | None = optional("Where the site lies in a SUMO network; for the simulation.")
