"""Observations and advice as plain JSON values, exactly, there and back: for the journal, the control socket and the record.

Both are told as lists, the fields in their order; sets of phases as sorted lists. What is read back may come from anybody:
whatever is not of the shape is refused with `ValueError`, and numbers are bounded, so that nonsense ends here.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar
from unicodedata import category

from edge.model.advice import Advice, Doubt, Expected, Option, Phases, Step
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.faults import FaultKind
from edge.model.lanes import LaneName
from edge.model.observation import LoopEdge, Observation, PhaseSeen
from edge.model.plans import LocalTime
from edge.model.units import DetectorNumber, PhaseNumber, PlanNumber

Json: TypeAlias = Any
"""What `json` reads and writes."""

_T = TypeVar("_T")

_FARTHEST = 1 << 53
"""No whole number goes beyond this either way: it is the last that every reader of JSON keeps exactly."""

_LONGEST_TEXT = 500
_NOT_WRITTEN = frozenset({"Cc", "Cs"})
"""Unicode's control characters, which would write over a technician's screen, and halves of characters, which no file takes."""

_WITHOUT_DOUBTS = 12
"""Members of an advice in journals from before it told which loops are not believed."""

_MOST_ROWS = 4_096


def tell_advice(advice: Advice) -> list[Json]:
    """An advice as a list."""
    return [
        advice.made_ms,
        *(sorted(phases) for phases in _asked(advice)),
        int(advice.healthy),
        advice.why,
        None if advice.best is None else _option(advice.best),
        [_option(o) for o in advice.others],
        [[e.lane, e.queue, e.arrivals, e.source] for e in advice.expects],
        advice.took_us,
        [[d.detector, d.why] for d in advice.doubts],
    ]


def advice_of(told: Json) -> Advice:
    """The advice in a list.

    Raises:
        ValueError: it is none.
    """
    row = _list(told)
    if len(row) == _WITHOUT_DOUBTS:
        row = [*row, []]
    row = _row(row, _WITHOUT_DOUBTS + 1)
    made, calls, ped_calls, holds, force_offs, omits, healthy, why, best, others, expects, took, doubts = row
    return Advice(
        _whole(made),
        _phases(calls),
        _phases(ped_calls),
        _phases(holds),
        _phases(force_offs),
        _phases(omits),
        _flag(healthy),
        _text(why),
        None if best is None else _option_of(best),
        _rows(others, _option_of),
        _rows(expects, _expected_of),
        _whole(took),
        _rows(doubts, _doubt_of),
    )


def tell_observation(seen: Observation) -> list[Json]:
    """An observation as a list."""
    local = seen.local
    return [
        seen.now,
        seen.mode.value,
        [_phase(p) for p in seen.phases],
        [[e.detector, e.at_ms, int(e.on)] for e in seen.edges],
        sorted(seen.occupied),
        [[number, kind.value] for number, kind in sorted(seen.failed.items())],
        None if local is None else _local(local),
        seen.plan,
        int(seen.free),
        int(seen.acting),
        sorted(seen.transit),
        seen.group,
    ]


def observation_of(told: Json) -> Observation:
    """The observation in a list.

    Raises:
        ValueError: it is none.
    """
    now, mode, phases, edges, occupied, failed, local, plan, free, acting, transit, group = _row(told, 12)
    return Observation(
        _whole(now),
        Mode(mode),
        _rows(phases, _phase_of),
        _rows(edges, _edge_of),
        frozenset(DetectorNumber(_whole(d)) for d in _list(occupied)),
        _failed_of(failed),
        None if local is None else _local_of(local),
        None if plan is None else PlanNumber(_whole(plan)),
        _flag(free),
        _flag(acting),
        _phases(transit),
        _whole(group),
    )


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _asked(advice: Advice) -> tuple[Phases, ...]:
    return advice.calls, advice.ped_calls, advice.holds, advice.force_offs, advice.omits


def _option(option: Option) -> Json:
    return [[[list(step.phases), step.from_ms, step.to_ms] for step in option.steps], option.cost]


def _option_of(told: Json) -> Option:
    steps, cost = _row(told, 2)
    return Option(_rows(steps, _step_of), _number(cost))


def _step_of(told: Json) -> Step:
    phases, from_ms, to_ms = _row(told, 3)
    return Step(tuple(PhaseNumber(_whole(p)) for p in _list(phases)), _whole(from_ms), _whole(to_ms))


def _expected_of(told: Json) -> Expected:
    lane, queue, arrivals, source = _row(told, 4)
    return Expected(LaneName(_text(lane)), _number(queue), _number(arrivals), _text(source))


def _doubt_of(told: Json) -> Doubt:
    detector, why = _row(told, 2)
    return Doubt(DetectorNumber(_whole(detector)), _text(why))


def _phase(seen: PhaseSeen) -> Json:
    return [
        seen.number,
        seen.interval.value,
        seen.since_ms,
        seen.ped.value,
        seen.ped_since_ms,
        int(seen.vehicle_call),
        int(seen.ped_call),
        seen.waiting_since_ms,
        seen.minimum_left_ms,
        seen.max_left_ms,
        int(seen.gapped),
        int(seen.coming),
        int(seen.demands),
    ]


def _phase_of(told: Json) -> PhaseSeen:
    number, interval, since, ped, ped_since, vehicle, press, waiting, minimum, maximum, *flags = _row(told, 13)
    return PhaseSeen(
        PhaseNumber(_whole(number)),
        Interval(interval),
        _whole(since),
        PedInterval(ped),
        _whole(ped_since),
        _flag(vehicle),
        _flag(press),
        None if waiting is None else _whole(waiting),
        _whole(minimum),
        None if maximum is None else _whole(maximum),
        *(_flag(flag) for flag in flags),
    )


def _edge_of(told: Json) -> LoopEdge:
    detector, at_ms, on = _row(told, 3)
    return LoopEdge(DetectorNumber(_whole(detector)), _whole(at_ms), _flag(on))


def _failed_of(told: Json) -> Mapping[DetectorNumber, FaultKind]:
    return {DetectorNumber(_whole(number)): FaultKind(kind) for number, kind in (_row(r, 2) for r in _list(told))}


def _local(local: LocalTime) -> Json:
    return [*local.date, local.weekday, local.day_ms, local.epoch_ms, int(local.synced), local.repeated_to_ms]


def _local_of(told: Json) -> LocalTime:
    year, month, day, weekday, day_ms, epoch_ms, synced, repeated = (_whole(n) for n in _row(told, 8))
    return LocalTime((year, month, day), weekday, day_ms, epoch_ms, bool(synced), repeated)


# ── values ──────────────────────────────────────────────────────────────────────────────────────


def _row(told: Json, length: int) -> list[Json]:
    row = _list(told)
    if len(row) != length:
        raise ValueError(f"{length} values are told here, not {len(row)}")
    return row


def _list(told: Json) -> list[Json]:
    if not isinstance(told, list) or len(told) > _MOST_ROWS:
        raise ValueError(f"a list of at most {_MOST_ROWS} is told here")
    return told


def _rows(told: Json, read: Callable[[Json], _T]) -> tuple[_T, ...]:
    return tuple(read(row) for row in _list(told))


def _phases(told: Json) -> Phases:
    return frozenset(PhaseNumber(_whole(n)) for n in _list(told))


def _whole(told: Json) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or not -_FARTHEST <= told <= _FARTHEST:
        raise ValueError("a whole number is told here")
    return told


def _number(told: Json) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not -_FARTHEST <= told <= _FARTHEST:
        raise ValueError("a number is told here")  # neither nan nor inf lies between them
    return told


def _flag(told: Json) -> bool:
    if told is not True and told is not False and (not isinstance(told, int) or told not in {0, 1}):
        raise ValueError("0 or 1 is told here")
    return bool(told)


def _text(told: Json) -> str:
    if not isinstance(told, str) or len(told) > _LONGEST_TEXT:
        raise ValueError(f"a text of at most {_LONGEST_TEXT} characters is told here")
    if any(category(character) in _NOT_WRITTEN for character in told):
        raise ValueError("a text without control characters is told here")
    return told
