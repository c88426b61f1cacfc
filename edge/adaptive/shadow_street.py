"""A street of point queues: recorded vehicles come again, and leave as whatever control is tried lets them.

A lane is a queue at the stop line: while it has right-of-way its vehicles leave one saturation headway after another, the
first a start-up loss after the start of green, for two seconds of yellow too; whoever comes upon an empty lane in green
passes. A turn that must yield waits until nobody who opposes it stands or is about to come. The model is that of the
search (adaptive-control, section 4), with single vehicles so that loops can be made of it again.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from edge.adaptive.shadow_vehicles import Vehicle, travel_ms
from edge.model.lanes import Lane, LaneName
from edge.model.units import SECOND_MS, TICK_MS, DetectorNumber, Ms, PhaseNumber

START_LOSS_MS: Ms = 1_500
"""From green to the first departure. Ours, between the second of the model and HCM's two seconds of lost time."""

YELLOW_USED_MS: Ms = 2 * SECOND_MS
"""So long after the end of green vehicles still leave (HCM, extension of effective green)."""

CRITICAL_GAP_MS: Ms = 4_500
FOLLOW_UP_MS: Ms = 2_500
"""What a turn that yields needs of the opposing traffic (HCM; adaptive-control, permissive turn)."""

_PRESENT_MS: Ms = 600
"""How long a moving vehicle stands on a loop: seven metres of both at 42 km/h."""

_GAP_PART = 0.4
"""Part of a saturation headway in which the stop-bar loop is free between two vehicles of a queue. Ours."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A vehicle that left."""

    lane: LaneName
    due_ms: Ms
    left_ms: Ms


class LaneQueue:
    """One lane. `left`: all departures so far, in order."""

    __slots__ = (
        "_due", "_first", "_free_ms", "_headway_ms", "_next", "began_ms", "ended_ms", "lane", "left", "opposed_by", "yields",
    )  # fmt: skip

    def __init__(self, lane: Lane, vehicles: Iterable[Vehicle], headway_ms: Ms) -> None:
        self.lane = lane
        self.left: list[Departure] = []
        self.opposed_by: tuple[LaneQueue, ...] = ()
        self.began_ms: Ms | None = None  # of the present right-of-way
        self.ended_ms: Ms | None = None  # of the last one
        self.yields = False  # the present right-of-way is one that must yield
        self._due = sorted(vehicle.due_ms for vehicle in vehicles)
        self._next = 0
        self._headway_ms = headway_ms
        self._free_ms: Ms = 0  # earliest instant for the next departure by the headway

    @property
    def waiting_from(self) -> Ms | None:
        """When the first who has not left was due."""
        return self._due[self._next] if self._next < len(self._due) else None

    def queue(self, now: Ms) -> int:
        """How many stand."""
        return sum(1 for due in self._due[self._next : self._next + 200] if due <= now)

    def unserved(self, first_ms: Ms, last_ms: Ms) -> list[Ms]:
        """The due instants in a stretch of those who have not left."""
        return [due for due in self._due[self._next :] if first_ms <= due < last_ms]

    def show(self, now: Ms, greens: Collection[PhaseNumber]) -> None:
        """Take note of the phases that are green."""
        going = [movement for movement in self.lane.movements if not movement.phases.isdisjoint(greens)]
        if not going:
            if self.began_ms is not None:
                self.began_ms, self.ended_ms = None, now
            return
        self.yields = all(movement.phases.intersection(greens) <= movement.opposed_in for movement in going)
        if self.began_ms is None:
            self.began_ms = now

    def step(self, now: Ms) -> None:
        """Let leave who can at `now`."""
        due = self.waiting_from
        if due is None or due > now or now < self._free_ms or not self._may_go(now, due):
            return
        if self.yields and self.began_ms is not None and any(other.comes(now) for other in self.opposed_by):
            return
        self.left.append(Departure(self.lane.name, due, now))
        self._next += 1
        self._free_ms = now + (max(self._headway_ms, FOLLOW_UP_MS) if self.yields else self._headway_ms)

    def comes(self, now: Ms) -> bool:
        """Whether it keeps a turn from crossing: somebody who may go stands here, or will come within a critical gap."""
        due = self.waiting_from
        return self.began_ms is not None and due is not None and due <= now + CRITICAL_GAP_MS

    def occupied(self, now: Ms) -> bool:
        """Whether somebody is on the stop-bar loop."""
        due = self.waiting_from
        if due is None:
            return False
        moved_up = self.left[-1].left_ms + round(_GAP_PART * self._headway_ms) if self.left else 0
        return now >= max(due - _PRESENT_MS, moved_up)

    def _may_go(self, now: Ms, due: Ms) -> bool:
        if self.began_ms is None:
            return self.ended_ms is not None and now - self.ended_ms < YELLOW_USED_MS and not self.yields
        waited = due < self.began_ms + START_LOSS_MS
        return not waited or now >= self.began_ms + START_LOSS_MS


class Street:
    """All lanes of a junction under one control."""

    def __init__(self, lanes: Sequence[Lane], vehicles: Iterable[Vehicle], headways: Mapping[LaneName, Ms]) -> None:
        rows: dict[LaneName, list[Vehicle]] = {lane.name: [] for lane in lanes}
        for vehicle in vehicles:
            rows[vehicle.lane].append(vehicle)
        self.lanes = {lane.name: LaneQueue(lane, rows[lane.name], headways[lane.name]) for lane in lanes}
        for queue in self.lanes.values():
            names = dict.fromkeys(name for m in queue.lane.movements for name in m.opposed_by)
            queue.opposed_by = tuple(self.lanes[name] for name in names if name in self.lanes)
        self._shown: frozenset[PhaseNumber] = frozenset()

    def step(self, now: Ms, greens: frozenset[PhaseNumber]) -> None:
        """One tick under these greens."""
        if greens != self._shown:
            self._shown = greens
            for queue in self.lanes.values():
                queue.show(now, greens)
        for queue in self.lanes.values():
            queue.step(now)

    def delay(self, first_ms: Ms, last_ms: Ms, end_ms: Ms) -> tuple[float, int]:
        """Seconds of delay of all who were due in a stretch, who has not left counted up to `end_ms`; and how many."""
        waits = [d.left_ms - d.due_ms for q in self.lanes.values() for d in q.left if first_ms <= d.due_ms < last_ms]
        waits += [end_ms - due for q in self.lanes.values() for due in q.unserved(first_ms, last_ms)]
        return sum(waits) / SECOND_MS, len(waits)


def advance_edges(lanes: Iterable[Lane], vehicles: Iterable[Vehicle]) -> list[tuple[Ms, DetectorNumber, bool]]:
    """What the advance loops see of the vehicles that they foretold, in order of time; the same under every control."""
    by_name = {lane.name: lane for lane in lanes}
    ons: dict[DetectorNumber, list[Ms]] = {}
    for vehicle in vehicles:
        lane = by_name[vehicle.lane]
        if vehicle.foretold and lane.advance:
            ons.setdefault(lane.advance[0], []).append(vehicle.due_ms - travel_ms(lane))
    return sorted(edge for detector, row in ons.items() for edge in _pulses(detector, sorted(row)))


def _pulses(detector: DetectorNumber, ons: Sequence[Ms]) -> Iterator[tuple[Ms, DetectorNumber, bool]]:
    for on, following in pairwise((*ons, None)):
        if on is None:
            continue
        off = on + _PRESENT_MS if following is None else min(on + _PRESENT_MS, following - TICK_MS)
        yield on, detector, True
        yield max(on, off), detector, False
