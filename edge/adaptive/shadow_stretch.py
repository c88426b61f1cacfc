"""A quarter of an hour as it was: who came, what was green, what the loops measured, and whether the model agrees.

`Stretch` lays the recorded seconds of a quarter, with some before and after, open: vehicles, greens, discharges. The same
vehicles are then let come again under other controls. Before anything is believed of that, the model is asked what the
greens that *were* shown should have done, and that is compared with what the loops saw.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from edge.adaptive.shadow_departures import Presence
from edge.adaptive.shadow_service import paces
from edge.adaptive.shadow_street import YELLOW_USED_MS, Street
from edge.adaptive.shadow_vehicles import (
    Discharge,
    Green,
    Vehicle,
    discharge_of,
    greens_of,
    lane_greens,
    presences,
    vehicles_of,
)
from edge.model.lanes import Lane, LaneName
from edge.model.observation import Observation
from edge.model.units import MINUTE_MS, SECOND_MS, TICK_MS, Ms, PhaseNumber

QUARTER_MS: Ms = 15 * MINUTE_MS
"""How much is judged at a time (adaptive-control, self-check)."""

BEFORE_MS: Ms = 5 * MINUTE_MS
AFTER_MS: Ms = 3 * MINUTE_MS
"""Replayed before and after the quarter, so that all controls begin and end alike. Ours: some cycles, and one."""

_SETTLES = 3
"""For a third of what comes before the quarter the street stays empty: an engine that starts up serves everybody once, and
the queues of that would be with it for long. Ours; measured: without it actuation is told 20 % worse than it is."""

_WAITED_MS: Ms = 1_500
"""A vehicle that lost so much has waited in a queue. Ours."""

_RED_LOOK_MS: Ms = 5 * SECOND_MS
_FULL = 0.8
"""Split failure: occupied for 80 % of the green, and of the first five seconds of red (Purdue, ATSPM)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the loops measured of a stretch, whatever the control. `on_red`: share of vehicles that came in red; `failures`
    of `greens` were split failures; `occupied`: green-occupancy ratio."""

    vehicles: int
    delay_s: float
    on_red: float
    greens: int
    failures: int
    occupied: float


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the model tells what was. `chi2` of predicted and measured departures over `freedom` greens; `clear_s`: median
    difference of the instants at which queues were gone; `delay_s`: the model's mean delay under what was done."""

    chi2: float
    freedom: int
    clear_s: float
    delay_s: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """The vehicles between `from_ms` and `to_ms` are judged; those around them only stand in their way."""

    lanes: tuple[Lane, ...]
    vehicles: tuple[Vehicle, ...]
    discharges: Mapping[LaneName, Discharge]
    greens: Mapping[PhaseNumber, Sequence[Green]]
    loops: Mapping[LaneName, Sequence[Presence]]
    from_ms: Ms
    to_ms: Ms
    begin_ms: Ms
    end_ms: Ms

    @property
    def judged(self) -> tuple[Vehicle, ...]:
        """The vehicles that are judged."""
        return tuple(vehicle for vehicle in self.vehicles if self.from_ms <= vehicle.due_ms < self.to_ms)

    def street(self) -> Street:
        """The same vehicles, coming again."""
        return Street(self.lanes, self.vehicles, self.discharges)


def stretch_of(lanes: Sequence[Lane], seconds: Sequence[Observation], from_ms: Ms, to_ms: Ms) -> Stretch:
    """Lay recorded seconds open; at least one."""
    edges = [edge for seen in seconds for edge in seen.edges]
    greens = greens_of(seconds)
    vehicles = vehicles_of(lanes, edges, greens)
    seen = presences(edges)
    loops = {lane.name: seen.get(lane.stopbar[0], []) if lane.stopbar else [] for lane in lanes}
    settled_ms = seconds[0].now + (from_ms - seconds[0].now) // _SETTLES
    return Stretch(
        tuple(lanes),
        tuple(vehicle for vehicle in vehicles if vehicle.due_ms >= settled_ms),
        {lane.name: _discharge(lane, vehicles, greens, loops[lane.name]) for lane in lanes},
        greens,
        loops,
        from_ms,
        to_ms,
        seconds[0].now,
        seconds[-1].now,
    )


def _discharge(
    lane: Lane, vehicles: Sequence[Vehicle], greens: Mapping[PhaseNumber, Sequence[Green]], loop: Sequence[Presence]
) -> Discharge:
    found = discharge_of(lane, vehicles, lane_greens(lane, greens), loop)
    return replace(found, paces=paces(lane, vehicles, greens, found))


class Replayed:
    """The model under the greens that were shown, a second at a time."""

    def __init__(self, stretch: Stretch) -> None:
        self.street = stretch.street()
        self._now = _tick(stretch.begin_ms)
        self._end_ms = stretch.end_ms
        self._shown: frozenset[PhaseNumber] = frozenset()
        self._changes: dict[Ms, list[tuple[PhaseNumber, bool]]] = {}
        for phase, rows in stretch.greens.items():
            for began, ended in rows:
                self._changes.setdefault(_tick(max(began, stretch.begin_ms)), []).append((phase, True))
                self._changes.setdefault(_tick(ended), []).append((phase, False))

    def second(self) -> bool:
        """One second more; False once all is replayed."""
        for now in range(self._now, min(self._now + SECOND_MS, self._end_ms), TICK_MS):
            for phase, on in self._changes.get(now, ()):
                self._shown = self._shown | {phase} if on else self._shown - {phase}
            self.street.step(now, self._shown)
        self._now += SECOND_MS
        return self._now < self._end_ms


def as_it_was(stretch: Stretch) -> Street:
    """The model under the greens that were shown."""
    replayed = Replayed(stretch)
    while replayed.second():
        pass
    return replayed.street


def measured(stretch: Stretch) -> Measured:
    """What the loops say themselves."""
    judged = stretch.judged
    delays = [((v.left_ms or stretch.end_ms) - v.due_ms) / SECOND_MS for v in judged]
    open_ = {lane.name: lane_greens(lane, stretch.greens) for lane in stretch.lanes}
    red = sum(not any(began <= v.due_ms < ended for began, ended in open_[v.lane]) for v in judged)
    greens = [(name, green) for name, rows in open_.items() for green in rows if _inside(stretch, green)]
    green_parts = [_occupied(stretch.loops[name], *green) for name, green in greens]
    failed = sum(
        part >= _FULL and _occupied(stretch.loops[name], ended, ended + _RED_LOOK_MS) >= _FULL
        for part, (name, (_, ended)) in zip(green_parts, greens, strict=True)
    )
    count = max(1, len(judged))
    return Measured(
        len(judged), sum(delays) / count, red / count, len(greens), failed, sum(green_parts) / max(1, len(greens))
    )


def fit(stretch: Stretch, street: Street) -> Fit:
    """The model under what was done, beside what the loops saw."""
    chi2, freedom, clears = 0.0, 0, []
    for lane in stretch.lanes:
        left = sorted((v.left_ms, v.due_ms) for v in stretch.vehicles if v.lane == lane.name and v.left_ms is not None)
        told = [(d.left_ms, d.due_ms) for d in street.lanes[lane.name].left]
        for green in lane_greens(lane, stretch.greens):
            if not _inside(stretch, green):
                continue
            seen, expected = _in_green(left, green), _in_green(told, green)
            if not seen and not expected:
                continue
            chi2 += (len(seen) - len(expected)) ** 2 / (len(seen) + len(expected))  # of two counts
            freedom += 1
            cleared = _cleared(seen), _cleared(expected)
            if None not in cleared:
                clears.append(abs((cleared[0] or 0) - (cleared[1] or 0)) / SECOND_MS)
    total, count = street.delay(stretch.from_ms, stretch.to_ms, stretch.end_ms)
    return Fit(chi2, freedom, median(clears) if clears else 0.0, total / max(1, count))


def _inside(stretch: Stretch, green: Green) -> bool:
    return stretch.from_ms <= green[0] and green[1] <= stretch.to_ms


def _in_green(left: Iterable[tuple[Ms, Ms]], green: Green) -> list[tuple[Ms, Ms]]:
    began, ended = green
    return [row for row in left if began <= row[0] < ended + YELLOW_USED_MS]


def _cleared(left: Iterable[tuple[Ms, Ms]]) -> Ms | None:
    """When the last who had waited left; None where nobody had."""
    return max((gone for gone, due in left if gone - due > _WAITED_MS), default=None)


def _occupied(row: Iterable[Presence], began: Ms, ended: Ms) -> float:
    """Part of a time for which the loop was occupied."""
    spans = (min(p.off_ms if p.off_ms is not None else ended, ended) - max(p.on_ms, began) for p in row)
    return sum(max(0, span) for span in spans) / max(1, ended - began)


def _tick(ms: Ms) -> Ms:
    return ms // TICK_MS * TICK_MS
