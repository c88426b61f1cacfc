"""Fixed plans (cycle, offset, splits), the weekly schedule that chooses between them, and local time as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from edge.model.coordination import Coordination
from edge.model.sequence import Sequence
from edge.model.units import Ms, PhaseNumber, PlanNumber


@dataclass(frozen=True, slots=True)
class LocalTime:
    """Local wall time as the shell read it. `weekday`: Monday is 0. `synced`: the clock may be trusted.

    `epoch_ms` is UTC milliseconds since 1970, for stamps and for the cycle reference only; no duration is ever taken
    from it.
    """

    date: tuple[int, int, int]
    weekday: int
    day_ms: Ms
    epoch_ms: int
    synced: bool
    repeated_to_ms: Ms = 0
    """In the second pass of an hour that the end of daylight saving repeats: the time of day at which the clock was set
    back. Else 0."""


@dataclass(frozen=True, slots=True)
class FixedPlan:
    """Cycle, offset and splits in ms; a split includes the phase's yellow and red clearance (NTCIP 1202 splitTime).

    The offset counts from local midnight to the start of the first phase of ring 1, or, with `coordination`, to the point
    that it names. `sequence`: the order of service while the plan runs, None for that of the site.
    """

    number: PlanNumber
    name: str
    cycle_ms: Ms
    offset_ms: Ms
    splits: Mapping[PhaseNumber, Ms]
    coordination: Coordination | None = None
    sequence: Sequence | None = None


class RunKind(Enum):
    """What a schedule entry asks for."""

    FREE = "free"  # actuated, no cycle
    PLAN = "plan"  # a plan: fixed, or coordinated
    FLASH = "flash"


@dataclass(frozen=True, slots=True)
class Run:
    """What runs: free, a numbered plan, or flash. `maximum`: which maximum green is timed, 1, 2 or 3."""

    kind: RunKind
    plan: PlanNumber | None = None
    maximum: int = 1


FREE = Run(RunKind.FREE)


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """From `at_ms` of the local day, on these weekdays (Monday is 0), `run`."""

    weekdays: frozenset[int]
    at_ms: Ms
    run: Run
