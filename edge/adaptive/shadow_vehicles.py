"""Who came by, told from a stretch of recorded loop edges: every vehicle with the instant it would have passed unhindered.

In hindsight both loops of a lane can be laid side by side: what crossed the advance loop is the vehicle that left over the
stop-bar loop later, first in, first out. So a vehicle's delay is measured, not modelled, and the vehicles can be let
come again under another control.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import TypeAlias

from edge.adaptive.actuation import GREEN
from edge.model.exchange import Interval
from edge.model.lanes import Lane, LaneName
from edge.model.observation import LoopEdge, Observation
from edge.model.units import SECOND_MS, DetectorNumber, Ms, PhaseNumber

APPROACH_SPEED = 0.92
"""Part of the stated speed at which vehicles come up to the junction (adaptive-control, state estimation)."""

_SLACK_MS: Ms = 3 * SECOND_MS
"""A fast vehicle may leave so much earlier than its advance loop foretold. Ours: 100 m at 50 instead of 46 km/h and a bit."""

_EMPTY_MS: Ms = 3 * SECOND_MS
"""A stop-bar loop free for so long in green: whoever was due before has gone another way (adaptive-control, estimation)."""

_STANDS_MS: Ms = 3 * SECOND_MS
"""So long on an advance loop stands a vehicle whose queue reaches over it (adaptive-control: four to five; ours, so that
slow ones are told too)."""

_FREE_MS: Ms = 2_500
"""A gap longer than this between two vehicles is not that of a queue that moves up. Ours: well above a headway."""

_PLATOON_MS: Ms = 3_500
"""Departures closer than this follow one another out of a queue. Ours: well above any saturation headway."""

_WAITED_MS: Ms = 2_500
"""Who lost so much has surely stood. Ours."""

_PRIOR_GREENS = 4
_PRIOR_FIRST_MS: Ms = 2_500
_PRIOR_HEADWAYS = 10
_PRIOR_HEADWAY_MS: Ms = 1_900
"""What is taken for granted weighs as much as so many sights: HCM's base rate of 1900 an hour, and about two seconds from
green to the first rear bumper over the line. Ours where HCM counts front bumpers."""

_SETTLED = 4
"""From the fifth on vehicles follow at saturation (HCM)."""

_LEAST_HEADWAY_MS: Ms = 1_200

Green: TypeAlias = tuple[Ms, Ms]
"""From and to."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle. `due_ms`: when it would have passed the stop line unhindered; `left_ms`: when it did; None: it was not
    seen to. `foretold`: by an advance loop."""

    lane: LaneName
    due_ms: Ms
    left_ms: Ms | None = None
    foretold: bool = True


@dataclass(frozen=True, slots=True)
class Presence:
    """One vehicle on a loop. `off_ms` None: it stood there to the end."""

    on_ms: Ms
    off_ms: Ms | None


def greens_of(seconds: Iterable[Observation]) -> dict[PhaseNumber, list[Green]]:
    """The greens of each phase in a stretch of observations, from and to; one that goes on ends with the stretch."""
    greens: dict[PhaseNumber, list[Green]] = {}
    since: dict[PhaseNumber, Ms] = {}
    now = 0
    for seen in seconds:
        now = seen.now
        for phase in seen.phases:
            is_green = phase.interval in GREEN
            if is_green and phase.number not in since:
                since[phase.number] = phase.since_ms if phase.interval is Interval.MIN_GREEN else now
            elif not is_green and phase.number in since:
                greens.setdefault(phase.number, []).append((since.pop(phase.number), min(now, phase.since_ms)))
    for number, began in since.items():
        greens.setdefault(number, []).append((began, now))
    return greens


def lane_greens(lane: Lane, greens: Mapping[PhaseNumber, Sequence[Green]]) -> list[Green]:
    """When somebody of the lane might go, as stretches that do not touch."""
    found: list[Green] = []
    for began, ended in sorted(green for phase in lane.phases for green in greens.get(phase, ())):
        if found and began <= found[-1][1]:
            found[-1] = (found[-1][0], max(ended, found[-1][1]))
        else:
            found.append((began, ended))
    return found


def presences(edges: Iterable[LoopEdge]) -> dict[DetectorNumber, list[Presence]]:
    """Every loop's vehicles, in order."""
    found: dict[DetectorNumber, list[Presence]] = {}
    on: dict[DetectorNumber, Ms] = {}
    for edge in edges:
        if edge.on:
            on.setdefault(edge.detector, edge.at_ms)
        elif edge.detector in on:
            found.setdefault(edge.detector, []).append(Presence(on.pop(edge.detector), edge.at_ms))
    for detector, began in on.items():
        found.setdefault(detector, []).append(Presence(began, None))
    return found


def travel_ms(lane: Lane) -> Ms:
    """From the advance loop to the stop line at free speed."""
    return round(lane.advance_m * 3_600 / (APPROACH_SPEED * lane.speed_kmh)) if lane.speed_kmh else 0


def vehicles_of(
    lanes: Sequence[Lane], edges: Iterable[LoopEdge], greens: Mapping[PhaseNumber, Sequence[Green]]
) -> tuple[Vehicle, ...]:
    """Every vehicle that came by, in the order of their unhindered passage."""
    seen = presences(edges)
    by_name = {lane.name: lane for lane in lanes}
    waiting = {lane.name: deque(_foretold(lane, seen)) for lane in lanes}
    open_ = {lane.name: lane_greens(lane, greens) for lane in lanes}
    found: list[Vehicle] = []
    for lane_name, presence, before in _departures(lanes, seen):
        lane = by_name[lane_name]
        _forget(waiting[lane_name], presence.on_ms, before, open_[lane_name])
        taken = _take(lane, waiting, presence.off_ms or presence.on_ms)
        if taken is None:
            taken = Vehicle(lane_name, presence.on_ms, foretold=False)
        if presence.off_ms is not None:
            taken = replace(taken, lane=lane_name, left_ms=max(presence.off_ms, taken.due_ms))
            found.append(taken)
        else:
            waiting[lane_name].appendleft(replace(taken, lane=lane_name))
    found += [vehicle for row in waiting.values() for vehicle in row]
    spread = [vehicle for lane in lanes for vehicle in _spread(lane, found, open_[lane.name])]
    return tuple(sorted(spread, key=lambda vehicle: vehicle.due_ms))


@dataclass(frozen=True, slots=True)
class Discharge:
    """How a lane's queue leaves: the first so long after the start of green, from the fifth on one headway after another."""

    first_ms: Ms = _PRIOR_FIRST_MS
    headway_ms: Ms = _PRIOR_HEADWAY_MS


def discharge_of(lane: Lane, vehicles: Iterable[Vehicle], greens: Sequence[Green]) -> Discharge:
    """The lane's own, from those who surely stood, blended with what is usual."""
    rows = sorted((v.left_ms, v.due_ms) for v in vehicles if v.lane == lane.name and v.left_ms is not None)
    firsts, headways = [_PRIOR_FIRST_MS] * _PRIOR_GREENS, [_PRIOR_HEADWAY_MS] * _PRIOR_HEADWAYS
    for began, ended in greens:
        left = [gone for gone, _ in _queued((gone, due) for gone, due in rows if began <= gone < ended + SECOND_MS)]
        firsts += [gone - began for gone in left[:1]]
        settled = left[_SETTLED - 1 :]
        headways += [after - gone for gone, after in pairwise(settled) if after - gone < _PLATOON_MS]
    return Discharge(sum(firsts) // len(firsts), max(_LEAST_HEADWAY_MS, sum(headways) // len(headways)))


def _queued(left: Iterable[tuple[Ms, Ms]]) -> Iterator[tuple[Ms, Ms]]:
    """Those in front of whoever had not stood."""
    return takewhile(lambda row: row[0] - row[1] >= _WAITED_MS, left)


def _foretold(lane: Lane, seen: Mapping[DetectorNumber, list[Presence]]) -> Iterator[Vehicle]:
    for detector in lane.advance[:1]:
        for came in _came(seen.get(detector, ())):
            yield Vehicle(lane.name, came + travel_ms(lane))


def _came(row: Sequence[Presence]) -> Iterator[Ms]:
    """When each vehicle came to the advance loop. Behind a queue that reaches over it nobody is seen to come: whoever crosses
    until the flow is free again came evenly over that time."""
    at = 0
    while at < len(row):
        end = at + 1
        if _stands(row[at]):
            while end < len(row) and (_stands(row[end]) or row[end].on_ms - _off(row[end - 1]) <= _FREE_MS):
                end += 1
        first, last = row[at].on_ms, row[end - 1].on_ms
        yield from (first + (last - first) * k // max(1, end - at - 1) for k in range(end - at))
        at = end


def _stands(presence: Presence) -> bool:
    return presence.off_ms is not None and presence.off_ms - presence.on_ms >= _STANDS_MS


def _off(presence: Presence) -> Ms:
    return presence.off_ms if presence.off_ms is not None else presence.on_ms


def _departures(
    lanes: Sequence[Lane], seen: Mapping[DetectorNumber, list[Presence]]
) -> list[tuple[LaneName, Presence, Ms]]:
    """Every vehicle on a stop-bar loop in the order of leaving it, with the instant at which the one before left it."""
    rows = []
    for lane in lanes:
        for detector in lane.stopbar[:1]:
            before = 0
            for presence in seen.get(detector, ()):
                rows.append((lane.name, presence, before))
                before = presence.off_ms or presence.on_ms
    return sorted(rows, key=lambda row: (row[1].off_ms is None, row[1].off_ms or row[1].on_ms))


def _forget(waiting: deque[Vehicle], on_ms: Ms, off_ms: Ms, greens: Sequence[Green]) -> None:
    """Whoever was due while the loop lay free in green has gone another way."""
    at = bisect_right(greens, (on_ms, on_ms)) - 1
    if at < 0:
        return
    began, ended = greens[at]
    free_to = min(on_ms, ended)
    if free_to - max(off_ms, began + SECOND_MS) < _EMPTY_MS:
        return
    while waiting and waiting[0].due_ms < free_to - _EMPTY_MS:
        waiting.popleft()


def _take(lane: Lane, waiting: Mapping[LaneName, deque[Vehicle]], left_ms: Ms) -> Vehicle | None:
    """Who left: the first of the lane, else the first of a lane beside it."""
    for name in (lane.name, *lane.siblings):
        row = waiting.get(name)
        if row and row[0].due_ms <= left_ms + _SLACK_MS:
            return row.popleft()
    return None


def _spread(lane: Lane, found: Iterable[Vehicle], greens: Sequence[Green]) -> list[Vehicle]:
    """The lane's vehicles; where no advance loop foretells them, those of one platoon come evenly over the red before."""
    own = sorted((v for v in found if v.lane == lane.name), key=lambda v: (v.left_ms is None, v.left_ms or v.due_ms))
    if lane.advance:
        return own
    spread: list[Vehicle] = []
    for platoon in _platoons(own, greens):
        first, last = platoon[0], platoon[-1]
        span = max(0, (last.left_ms or last.due_ms) - first.due_ms)
        for k, vehicle in enumerate(platoon):
            due = first.due_ms + span * k // len(platoon)
            spread.append(replace(vehicle, due_ms=min(due, vehicle.due_ms)))
    return spread


def _platoons(own: Sequence[Vehicle], greens: Sequence[Green]) -> Iterator[list[Vehicle]]:
    """Vehicles that left one green close behind one another."""
    platoon: list[Vehicle] = []
    green = -2
    for vehicle in own:
        left = vehicle.left_ms or vehicle.due_ms
        its = bisect_right(greens, (left, left)) - 1
        before = (platoon[-1].left_ms or 0) if platoon else 0
        if platoon and (its != green or left - before > _PLATOON_MS):
            yield platoon
            platoon = []
        platoon.append(vehicle)
        green = its
    if platoon:
        yield platoon
