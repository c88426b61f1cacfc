"""Who came by, told from a stretch of recorded loop edges: every vehicle with the instant it would have passed unhindered.

In hindsight both loops of a lane can be laid side by side: what crossed the advance loop is the vehicle that left over the
stop-bar loop later, first in, first out. So a vehicle's delay is measured, not modelled, and the vehicles can be let
come again under another control.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile
from typing import TypeAlias

from edge.adaptive.actuation import GREEN
from edge.adaptive.shadow_departures import Leaving, Presence, departures
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

PRESENT_MS: Ms = 600
"""How long a moving vehicle stands on a loop: seven metres of both at 42 km/h."""

_STOPPED_MS: Ms = 2_500
"""Longer on a stop-bar loop, and it did not pass unhindered. Ours."""

Green: TypeAlias = tuple[Ms, Ms]
"""From and to."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle. `due_ms`: when it would have passed the stop line unhindered; `left_ms`: when it did; None: it was not
    seen to. `foretold`: by an advance loop; `told`: the instant it left by the stop-bar loop itself, not by reckoning."""

    lane: LaneName
    due_ms: Ms
    left_ms: Ms | None = None
    foretold: bool = True
    told: bool = True


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
    for name, leaving in _departures(lanes, seen, open_):
        lane = by_name[name]
        _forget(waiting[name], leaving, open_[name])
        taken = _take(lane, waiting, leaving)
        if taken is not None:
            left_ms = max(leaving.at_ms, taken.due_ms)
            found.append(replace(taken, lane=name, left_ms=left_ms, told=leaving.told))
    for lane in lanes:
        _note_waiting(lane, seen, waiting[lane.name])
    found += [vehicle for row in waiting.values() for vehicle in row]
    spread = [vehicle for lane in lanes for vehicle in _spread(lane, found, open_[lane.name])]
    return tuple(sorted(spread, key=lambda vehicle: vehicle.due_ms))


@dataclass(frozen=True, slots=True)
class Discharge:
    """How a lane's queue leaves: the first so long after the start of green, from the fifth on one headway after another.
    `present_ms`: how long a moving vehicle is on its stop-bar loop."""

    first_ms: Ms = _PRIOR_FIRST_MS
    headway_ms: Ms = _PRIOR_HEADWAY_MS
    present_ms: Ms = PRESENT_MS
    paces: Mapping[str, Ms] = field(default_factory=dict)
    """By mixed kind of right-of-way (`edge.adaptive.shadow_service`): the mean time between departures."""


def discharge_of(
    lane: Lane, vehicles: Iterable[Vehicle], greens: Sequence[Green], row: Sequence[Presence]
) -> Discharge:
    """The lane's own, from those who surely stood and whom the loop told itself, blended with what is usual."""
    own = (v for v in vehicles if v.lane == lane.name)
    gone = sorted(((v.left_ms, v) for v in own if v.left_ms is not None), key=lambda row: row[0])
    firsts, headways = [_PRIOR_FIRST_MS] * _PRIOR_GREENS, [_PRIOR_HEADWAY_MS] * _PRIOR_HEADWAYS
    for began, ended in greens:
        left = list(_queued((at, v) for at, v in gone if began <= at < ended + SECOND_MS))
        firsts += [at - began for at, v in left[:1] if v.told]
        settled = left[_SETTLED - 1 :]
        headways += [
            b - a for (a, one), (b, other) in pairwise(settled) if one.told and other.told and b - a < _PLATOON_MS
        ]
    return Discharge(
        sum(firsts) // len(firsts),
        max(_LEAST_HEADWAY_MS, sum(headways) // len(headways)),
        _present_ms(row),
    )


def _present_ms(row: Sequence[Presence]) -> Ms:
    """What is usual of those that did not stop."""
    short = sorted(p.off_ms - p.on_ms for p in row if p.off_ms is not None and 0 < p.off_ms - p.on_ms < _STOPPED_MS)
    return short[len(short) // 2] if len(short) >= _PRIOR_HEADWAYS else PRESENT_MS


def _queued(left: Iterable[tuple[Ms, Vehicle]]) -> Iterator[tuple[Ms, Vehicle]]:
    """Those in front of whoever had not stood."""
    return takewhile(lambda row: row[0] - row[1].due_ms >= _WAITED_MS, left)


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
    lanes: Sequence[Lane], seen: Mapping[DetectorNumber, list[Presence]], open_: Mapping[LaneName, Sequence[Green]]
) -> list[tuple[LaneName, Leaving]]:
    """Every departure in order of time."""
    rows = [
        (lane.name, leaving)
        for lane in lanes
        for detector in lane.stopbar[:1]
        for leaving in departures(seen.get(detector, ()), open_[lane.name])
    ]
    return sorted(rows, key=lambda row: row[1].at_ms)


def _forget(waiting: deque[Vehicle], leaving: Leaving, greens: Sequence[Green]) -> None:
    """Whoever was due while the loop lay free in green has gone another way."""
    on_ms = leaving.on_ms
    at = bisect_right(greens, (on_ms, on_ms)) - 1
    if at < 0:
        return
    began, ended = greens[at]
    free_to = min(on_ms, ended)
    if free_to - max(leaving.free_ms, began + SECOND_MS) < _EMPTY_MS:
        return
    while waiting and waiting[0].due_ms < free_to - _EMPTY_MS:
        waiting.popleft()


def _take(lane: Lane, waiting: Mapping[LaneName, deque[Vehicle]], leaving: Leaving) -> Vehicle | None:
    """Who left: the first of the lane; told by the loop itself, else the first of a lane beside it, or one nobody foretold."""
    for name in (lane.name, *(lane.siblings if leaving.told else ())):
        row = waiting.get(name)
        if row and row[0].due_ms <= leaving.at_ms + _SLACK_MS:
            return row.popleft()
    if not leaving.told and lane.advance:
        return None
    return Vehicle(lane.name, leaving.on_ms, foretold=False)


def _note_waiting(lane: Lane, seen: Mapping[DetectorNumber, list[Presence]], waiting: deque[Vehicle]) -> None:
    """Somebody who still stands on the loop at the end, and was not foretold."""
    last = next((seen[d][-1] for d in lane.stopbar[:1] if seen.get(d)), None)
    if last is not None and last.off_ms is None and not waiting:
        waiting.append(Vehicle(lane.name, last.on_ms, foretold=False))


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
