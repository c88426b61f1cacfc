"""The whole configured intersection, frozen: what `edge.config` reads, `edge.check` has cross-checked and the core runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.model.adaptive import NO_RULES, AdaptiveRules
from edge.model.calendar import NO_CALENDAR, Calendar, ScheduleException
from edge.model.detectors import Detector, InputRef, PedButton
from edge.model.devices import Device
from edge.model.external import ExternalInput
from edge.model.indications import ChannelKind, Indication
from edge.model.lanes import Lane
from edge.model.overlaps import Overlap
from edge.model.ped_overlaps import PedOverlap
from edge.model.phases import Phase
from edge.model.plans import FixedPlan, ScheduleEntry
from edge.model.preempts import Preempt, Priority
from edge.model.sequence import Sequence
from edge.model.sumo import SumoSite
from edge.model.units import (
    MINUTE_MS,
    ButtonNumber,
    ChannelNumber,
    DetectorNumber,
    Ms,
    OverlapNumber,
    PhaseNumber,
    PlanNumber,
    PreemptNumber,
    PriorityNumber,
)


@dataclass(frozen=True, slots=True)
class Channel:
    """One load-switch channel: the phase (or its pedestrian movement) or the overlap it shows and where it is wired.

    `wires`: (red, yellow, green) of a vehicle channel, with the flashing arrow as a fourth of a flashing-arrow one,
    (don't walk, walk) of a pedestrian one, as coil or line numbers counted from 0 on device `output`. `flash`: what it
    shows in flash. Where `overlap` is set, that is what it shows, and `phase` is the first of the overlap's parents.
    """

    number: ChannelNumber
    kind: ChannelKind
    phase: PhaseNumber
    output: str
    wires: tuple[int, ...]
    flash: Indication
    overlap: OverlapNumber | None = None
    accessible: int | None = None
    """The wire of a pedestrian channel's accessible signal, on exactly while walk is lit."""

    ped_overlap: int | None = None
    """The pedestrian overlap it shows, where it shows one; `phase` is the first of its phases."""

    @property
    def all_wires(self) -> tuple[int, ...]:
        """Every wire of the channel."""
        return self.wires if self.accessible is None else (*self.wires, self.accessible)


@dataclass(frozen=True, slots=True)
class CardChannel:
    """The monitor's programming of one channel, written separately from the timing.

    `min_yellow_and_red_ms`: from the end of its green (of its walk) to the start of a conflicting green or walk.
    `min_walk_ms`, `min_ped_clearance_ms`: of a pedestrian channel. A minimum of 0 is not tested.
    `max_red_yellow_ms`: 0 on a channel that has no red and amber before green; else it must show it, for no longer than this.
    `min_green_blink_ms`: 0 on a channel whose green does not blink before yellow; else it must, for this long at least.
    `steady_clearance`: its pedestrian clearance shows steady don't walk, so it is only seen as the time before a conflict.
    """

    number: ChannelNumber
    kind: ChannelKind
    flash: Indication
    min_yellow_ms: Ms
    min_yellow_and_red_ms: Ms
    may_be_dark: bool = False
    min_green_ms: Ms = 0
    min_walk_ms: Ms = 0
    min_ped_clearance_ms: Ms = 0
    min_red_ms: Ms = 0
    min_red_yellow_ms: Ms = 0
    max_red_yellow_ms: Ms = 0
    min_green_blink_ms: Ms = 0
    steady_clearance: bool = False

    @property
    def min_before_conflict_ms(self) -> Ms:
        """From the end of its green or walk to a conflicting one."""
        return max(self.min_yellow_and_red_ms, self.min_ped_clearance_ms if self.steady_clearance else 0)


@dataclass(frozen=True, slots=True)
class Card:
    """The monitor's card: channels, and the pairs that may have right-of-way together. Nothing else is permitted.

    `flashing_arrow`: pairs (a, b) in which a may show its flashing yellow arrow, or end it, beside the right-of-way of b.
    Two arrows may flash together where both (a, b) and (b, a) stand.
    """

    channels: tuple[CardChannel, ...]
    permissive: frozenset[frozenset[ChannelNumber]]
    confirmed_by: str = ""
    flashing_arrow: frozenset[tuple[ChannelNumber, ChannelNumber]] = frozenset()

    def may_run_together(self, a: ChannelNumber, b: ChannelNumber) -> bool:
        """Whether two channels may show green, yellow, walk or pedestrian clearance at the same time."""
        return a == b or frozenset((a, b)) in self.permissive

    def may_flash_beside(self, arrow: ChannelNumber, other: ChannelNumber) -> bool:
        """Whether `arrow` may show its flashing yellow arrow, or the yellow that ends it, beside `other`."""
        return (arrow, other) in self.flashing_arrow


@dataclass(frozen=True, slots=True)
class StartUp:
    """Start-up: flash, then (channels that flashed yellow) steady yellow, then all red, then the first phases."""

    flash_ms: Ms
    exit_yellow_ms: Ms
    all_red_ms: Ms
    first_phases: tuple[PhaseNumber, ...]


@dataclass(frozen=True, slots=True)
class Fallback:
    """The fixed plan below actuation, and the site's stated limits. `unseen_plan`: of which phases have their green at whose
    loops nobody has been seen since the start, if another."""

    plan: PlanNumber
    failed_detectors: int
    decision_late_ms: Ms
    clock_unsynced_ms: Ms
    return_after_ms: Ms
    unseen_plan: PlanNumber | None = None

    @property
    def plan_of_unseen(self) -> PlanNumber:
        """The plan by which phases are recalled at whose loops nobody has been seen."""
        return self.plan if self.unseen_plan is None else self.unseen_plan


@dataclass(frozen=True, slots=True)
class Options:
    """Intersection-wide sequence options. `simultaneous_gap`: pairs that cross a barrier only gapped out together."""

    red_revert_ms: Ms
    rest_in: tuple[PhaseNumber, ...] = ()
    simultaneous_gap: frozenset[frozenset[PhaseNumber]] = frozenset()
    stop_time_max_ms: Ms = 10 * MINUTE_MS
    """Stop time that lasts longer is a fault and not heard any more. Ours."""


@dataclass(frozen=True, slots=True)
class FlashRules:
    """The way into and out of an asked flash. `entry`: phases served last before it; `exit_to`: phases served first after
    it, where they are not those of the start-up (NTCIP 1202 automatic flash entry and exit phases)."""

    entry: tuple[PhaseNumber, ...] = ()
    exit_to: tuple[PhaseNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How much of the event log is kept."""

    keep_days: int
    max_mb: int


@dataclass(frozen=True)
class Site:
    """One intersection. `intergreen[(a, b)]`: end of green of a to start of green of b, ms; never shorter than a's
    yellow and red clearance. `file_hash`: SHA-256 of the file as read, in hex."""

    id: int
    name: str
    timezone: str
    sequence: Sequence
    options: Options
    phases: Mapping[PhaseNumber, Phase]
    intergreen: Mapping[tuple[PhaseNumber, PhaseNumber], Ms]
    devices: Mapping[str, Device]
    detectors: Mapping[DetectorNumber, Detector]
    buttons: Mapping[ButtonNumber, PedButton]
    channels: Mapping[ChannelNumber, Channel]
    card: Card
    plans: Mapping[PlanNumber, FixedPlan]
    schedule: tuple[ScheduleEntry, ...]
    exceptions: tuple[ScheduleException, ...]
    fallback: Fallback
    start_up: StartUp
    log_limits: LogLimits
    file_hash: str = ""
    overlaps: Mapping[OverlapNumber, Overlap] = field(default_factory=dict)
    ped_overlaps: Mapping[int, PedOverlap] = field(default_factory=dict)
    calendar: Calendar = NO_CALENDAR
    preempts: Mapping[PreemptNumber, Preempt] = field(default_factory=dict)
    priorities: Mapping[PriorityNumber, Priority] = field(default_factory=dict)
    inputs: tuple[ExternalInput, ...] = ()
    flash: FlashRules = FlashRules()
    adaptive: AdaptiveRules = NO_RULES
    lanes: tuple[Lane, ...] = ()
    """As the site file names them; empty: they are to be told from the detectors."""
    sumo: SumoSite | None = None

    def clearance_ms(self, ending: PhaseNumber, starting: PhaseNumber) -> Ms:
        """From the tick that ends the green of `ending` to the earliest green of the conflicting phase `starting`, ms."""
        phase, ready_ms = self.phases[ending], self.phases[starting].red_yellow_ms
        between = max(phase.change_ms + ready_ms, self.intergreen.get((ending, starting), 0))
        return phase.green_blink_ms + between

    def shows(self, channel: Channel) -> tuple[PhaseNumber, ...]:
        """The phases whose green a channel may show."""
        overlap = self.overlaps.get(channel.overlap) if channel.overlap is not None else None
        return (channel.phase, *(overlap.parents if overlap is not None else ()))

    @property
    def wires(self) -> tuple[InputRef, ...]:
        """Every general-purpose input that any section names, each once."""
        preempts = self.preempts.values()
        gates = (p.track.gate for p in preempts if p.track is not None and p.track.gate is not None)
        asking = (*(p.input for p in preempts), *gates, *(p.input for p in self.priorities.values()))
        return tuple(dict.fromkeys((*(wired.input for wired in self.inputs), *asking)))

    @property
    def longest_stop_ms(self) -> Ms:
        """The longest orderly stop: from a request to all red, whatever is being shown."""
        worst_intergreen = max(self.intergreen.values(), default=0)
        overlap = self.longest_overlap_end_ms
        return max(
            p.red_yellow_ms + p.longest_initial_ms + p.green_blink_ms + max(p.change_ms, worst_intergreen, overlap)
            for p in self.phases.values()
        )

    @property
    def longest_overlap_end_ms(self) -> Ms:
        """How long after the green of its phase an overlap can still move or clear; 0 where there is none."""
        vehicles = max((o.longest_end_ms for o in self.overlaps.values()), default=0)
        return max(vehicles, max((o.longest_end_ms for o in self.ped_overlaps.values()), default=0))
