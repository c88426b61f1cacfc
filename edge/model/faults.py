"""The hazard analysis as one literal table: what is seen, what the controller does about it, and how it is over.

Every step down the ladder names a row of `FAULTS`; nothing else may move the intersection down. A row says for itself
whether the way up is automatic and after how long a clean time; a latched row waits for a local operator.
"""

from dataclasses import dataclass

from edge.model.named import Named
from edge.model.units import MINUTE_MS, SECOND_MS, Ms


class Response(Named):
    """What a fault does to the intersection, weakest first."""

    LOG = "log"  # said and logged, nothing else
    DETECTOR = "detector"  # answered at that detector: its partner, or a recall of its phase
    ACTUATED = "actuated"  # down from the adaptive layer to plain actuation
    FIXED_PLAN = "fixed_plan"  # down to the fall-back plan
    FLASH = "flash"  # to flash at once
    LATCHED_FLASH = "latched_flash"  # to flash at once, until an operator clears it


class FaultKind(Named):
    """The faults by name. The order is the alarm number in the log (events 200/201), so only append."""

    DETECTOR_NO_ACTIVITY = "detector-no-activity"
    DETECTOR_MAX_PRESENCE = "detector-max-presence"
    DETECTOR_ERRATIC = "detector-erratic"
    DETECTOR_STALE = "detector-stale"
    BUTTON_STUCK = "button-stuck"
    BUTTON_STALE = "button-stale"
    INPUT_DEVICE_LOST = "input-device-lost"
    TOO_MANY_DETECTORS_FAILED = "too-many-detectors-failed"
    OUTPUT_UNVERIFIED = "output-unverified"
    OUTPUT_DEVICE_TRIPPED = "output-device-tripped"
    READBACK_LOST = "readback-lost"
    MONITOR_TRIPPED = "monitor-tripped"
    DECISION_LATE = "decision-late"
    TICK_MISSED = "tick-missed"
    CLOCK_UNSYNCED = "clock-unsynced"
    CLOCK_STEPPED = "clock-stepped"
    CONFIG_REJECTED = "config-rejected"
    STORAGE_FAILED = "storage-failed"
    CYCLE_FAULT = "cycle-fault"
    PREEMPT_GIVEN_UP = "preempt-given-up"
    STOP_TIME_LONG = "stop-time-long"
    BUTTON_CHATTERING = "button-chattering"
    BUTTON_SILENT = "button-silent"
    ADVICE_ABSENT = "advice-absent"
    ADVICE_UNHEALTHY = "advice-unhealthy"
    ADVICE_NONSENSE = "advice-nonsense"

    @property
    def code(self) -> int:
        """The number under which alarms 200/201 log it, from 1."""
        return list(FaultKind).index(self) + 1


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One row: `seen` in the field's words, `sentence` for the technician, `clears` what ends it.

    `returns_after_ms`: the clean time after which the controller goes back up by itself; None: never by itself.
    """

    response: Response
    seen: str
    sentence: str
    clears: str
    returns_after_ms: Ms | None


FAULTS: dict[FaultKind, FaultRow] = {
    FaultKind.DETECTOR_NO_ACTIVITY: FaultRow(
        Response.DETECTOR,
        "no actuation for the site's no-activity time (NEMA TS 2 3.9.3.1.4)",
        "Detector {where} has seen nobody for too long. Check the loop, its lead-in and the card channel.",
        "the next actuation",
        0,
    ),
    FaultKind.DETECTOR_MAX_PRESENCE: FaultRow(
        Response.DETECTOR,
        "occupied without a break for the site's max-presence time",
        "Detector {where} is stuck on. Reset the card channel; look for a vehicle parked on the loop.",
        "the detector going off",
        10 * SECOND_MS,
    ),
    FaultKind.DETECTOR_ERRATIC: FaultRow(
        Response.DETECTOR,
        "more actuations in a minute than the site's erratic count",
        "Detector {where} chatters. Check splices, sensitivity and cross-talk with the neighbouring loop.",
        "a minute below the erratic count",
        5 * MINUTE_MS,
    ),
    FaultKind.DETECTOR_STALE: FaultRow(
        Response.DETECTOR,
        "the device answers, but has no valid reading of this input",
        "Detector {where} gives no reading. Check the card channel and its wiring.",
        "valid readings",
        10 * SECOND_MS,
    ),
    FaultKind.BUTTON_STUCK: FaultRow(
        Response.DETECTOR,
        "a push-button held without a break for its max-presence time",
        "Push-button {where} is stuck. Free or replace it; until then its walk is served in every cycle.",
        "the button being released",
        10 * SECOND_MS,
    ),
    FaultKind.BUTTON_STALE: FaultRow(
        Response.DETECTOR,
        "the device gives no valid reading of a push-button",
        "Push-button {where} gives no reading. Its walk is served in every cycle until it does.",
        "valid readings",
        10 * SECOND_MS,
    ),
    FaultKind.BUTTON_CHATTERING: FaultRow(
        Response.DETECTOR,
        "more presses of a push-button in a minute than its chatter_per_min",
        "Push-button {where} chatters. Check its contact and wiring; until then its walk is served in every cycle.",
        "a minute below the count",
        5 * MINUTE_MS,
    ),
    FaultKind.BUTTON_SILENT: FaultRow(
        Response.DETECTOR,
        "no press of a push-button for its no_activity_min",
        "Push-button {where} has not been pressed for too long. Press it; until it is heard its walk comes in every cycle.",
        "the next press",
        0,
    ),
    FaultKind.INPUT_DEVICE_LOST: FaultRow(
        Response.DETECTOR,
        "no fresh sample from a device for its stale_after time",
        "Device {where} does not answer. Check its power, its cable and its address.",
        "fresh samples",
        10 * SECOND_MS,
    ),
    FaultKind.TOO_MANY_DETECTORS_FAILED: FaultRow(
        Response.FIXED_PLAN,
        "as many failed detectors as fallback.when.failed_detectors says",
        "{where} detectors have failed: the fixed plan runs until they are back.",
        "enough detectors back in service",
        10 * MINUTE_MS,
    ),
    FaultKind.OUTPUT_UNVERIFIED: FaultRow(
        Response.FLASH,
        "no lamp image confirmed by an output device within its hold time",
        "Output device {where} does not confirm the lamp image. Check its power, its cable and its address.",
        "confirmed images",
        10 * SECOND_MS,
    ),
    FaultKind.OUTPUT_DEVICE_TRIPPED: FaultRow(
        Response.FLASH,
        "an output device's own watchdog has tripped or is not armed as the site file says",
        "Output device {where} has tripped to its safe state or lost its watchdog setting. Read its watchdog back.",
        "the device armed again",
        10 * SECOND_MS,
    ),
    FaultKind.READBACK_LOST: FaultRow(
        Response.FLASH,
        "lamp images are confirmed, but not read back",
        "Output device {where} takes the lamp image but does not read it back. Check the device.",
        "read-back images",
        10 * SECOND_MS,
    ),
    FaultKind.MONITOR_TRIPPED: FaultRow(
        Response.LATCHED_FLASH,
        "the monitor refused or saw an unsafe image",
        "The monitor has tripped: {where}. Note the snapshot, find the cause, then: stopline faults clear -m 'reason'.",
        "stopline faults clear with a reason, when the cause is gone",
        None,
    ),
    FaultKind.DECISION_LATE: FaultRow(
        Response.LOG,
        "a tick later than fallback.when.decision_late_ms",
        "The control loop was {where} ms late. Look for other load on this computer.",
        "ticks in time",
        MINUTE_MS,
    ),
    FaultKind.TICK_MISSED: FaultRow(
        Response.FLASH,
        "a tick 300 ms late or later",
        "The control loop stood still for {where} ms. Look for other load, a failing disk or a stopped process.",
        "ticks in time",
        10 * SECOND_MS,
    ),
    FaultKind.CLOCK_UNSYNCED: FaultRow(
        Response.LOG,
        "no synchronised clock for fallback.when.clock_unsynced_min",
        "The clock is not synchronised: no schedule and no offsets, free operation. Check GPS, NTP or the RTC battery.",
        "a synchronised clock",
        MINUTE_MS,
    ),
    FaultKind.CLOCK_STEPPED: FaultRow(
        Response.LOG,
        "the wall clock moved against the monotonic clock by a second or more",
        "The clock was set by {where} s. Intervals are not touched; the schedule follows the new time.",
        "nothing to do",
        MINUTE_MS,
    ),
    FaultKind.CONFIG_REJECTED: FaultRow(
        Response.LOG,
        "the site file did not pass the check; the last good one runs",
        "The site file was refused and the last good one runs: {where}. Run stopline check on it.",
        "a good file and a reload or restart",
        None,
    ),
    FaultKind.STORAGE_FAILED: FaultRow(
        Response.LOG,
        "the event log or the state file cannot be written",
        "Nothing can be stored: {where}. Free the disk or mend its permissions; the signals are not touched.",
        "a successful write",
        0,
    ),
    FaultKind.PREEMPT_GIVEN_UP: FaultRow(
        Response.LOG,
        "a preempt input on for longer than its maximum presence",
        "Preempt {where} has been called for too long and is not heard until its input goes off. Check the input.",
        "the input going off",
        0,
    ),
    FaultKind.CYCLE_FAULT: FaultRow(
        Response.FIXED_PLAN,
        "a call not served for the site's longest possible wait",
        "Phase {where} was not served in the longest time a cycle may take. Save a snapshot and report it.",
        "fallback.return_after_min of the fixed plan",
        10 * MINUTE_MS,
    ),
    FaultKind.ADVICE_ABSENT: FaultRow(
        Response.ACTUATED,
        "no advice in time for 10 s, or more than three gaps in a minute",
        "The adaptive layer does not answer in time: plain actuation runs. Look at stopline-optimiser.service and at the load.",
        "a minute of advice in time",
        MINUTE_MS,
    ),
    FaultKind.ADVICE_UNHEALTHY: FaultRow(
        Response.ACTUATED,
        "the adaptive layer says that the loops do not carry it",
        "The adaptive layer leaves the junction to actuation, with recalls for bad loops. Look at the loops the reason names; "
        "where they were never built, adaptive.mode: off in the site file ends this warning.",
        "a minute of advice that trusts its loops",
        MINUTE_MS,
    ),
    FaultKind.ADVICE_NONSENSE: FaultRow(
        Response.ACTUATED,
        "advice for unknown phases, or for a thing and its opposite",
        "The adaptive layer asked for what cannot be: plain actuation runs. Save a snapshot and report it.",
        "five minutes of advice that makes sense",
        5 * MINUTE_MS,
    ),
    FaultKind.STOP_TIME_LONG: FaultRow(
        Response.LOG,
        "stop time on for longer than options.stop_time_max_min",
        "Stop time has been on for {where}: it is not heard any more. Look at the switch of the police panel and its wire.",
        "the input being off",
        0,
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that stands: which row, where (detector 7, device cab …), since when."""

    kind: FaultKind
    where: str
    since_ms: Ms
    detail: str = ""

    @property
    def row(self) -> FaultRow:
        """Its row of the table."""
        return FAULTS[self.kind]

    @property
    def sentence(self) -> str:
        """What to tell the technician."""
        text = self.row.sentence.format(where=self.where)
        return f"{text} ({self.detail})" if self.detail else text
