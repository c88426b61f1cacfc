"""Why a phase is green or red now, in the words of a technician."""

from edge.control.askers import Strategy
from edge.control.calls import PhaseCalls
from edge.control.intervals import PhaseMachine
from edge.model.exchange import Interval, PedInterval, PhaseStatus
from edge.model.units import Ms


def phase_status(
    now: Ms, machine: PhaseMachine, calls: PhaseCalls, max_left_ms: Ms | None, strategy: Strategy | None
) -> PhaseStatus:
    """One phase for the screen."""
    waiting = calls.waiting_since
    green, free = machine.is_green, strategy is None or strategy.plan_number is None
    return PhaseStatus(
        machine.number,
        machine.interval,
        machine.ped,
        now - machine.since,
        calls.vehicle,
        calls.ped,
        calls.standing,
        None if waiting is None or green else now - waiting,
        calls.gap.left_ms(now) if green else None,
        max_left_ms if green and free else None,
        _reason(machine, calls, strategy.says(machine.number) if strategy is not None else None),
    )


_PLAINLY: dict[Interval, str] = {
    Interval.REST: "resting, nobody opposes it",
    Interval.LEADING_WALK: "pedestrians first",
    Interval.RED_YELLOW: "red and amber, green comes",
    Interval.GREEN_BLINK: "green blinks before yellow",
    Interval.YELLOW_CHANGE: "yellow change",
    Interval.RED_CLEARANCE: "red clearance",
}


def _reason(machine: PhaseMachine, calls: PhaseCalls, planned: str | None) -> str:
    match machine.interval:
        case Interval.MIN_GREEN:
            return "minimum green" if machine.ped is PedInterval.DONT_WALK else "minimum green with walk"
        case Interval.EXTENSION if machine.ped is not PedInterval.DONT_WALK:
            return "waiting for the pedestrian clearance"
        case Interval.EXTENSION | Interval.REST if planned is not None:
            return planned
        case Interval.EXTENSION:
            return "extended by traffic" if calls.gap.extending else "timing its gap, or waiting for the other ring"
        case Interval.REST if machine.ped is PedInterval.WALK:
            return "resting in walk, nobody opposes it"
        case Interval.RED:
            return (planned or "waiting for its turn") if calls.demands else "no call"
        case _:
            return _PLAINLY[machine.interval]
