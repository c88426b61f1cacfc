"""A street of point queues: recorded vehicles come again, and leave as whatever control is tried lets them.

A lane is a queue at the stop line: while it has right-of-way its vehicles leave one saturation headway after another, the
first some seconds after the start of green, for three seconds of yellow too; whoever comes upon an empty lane in green
passes. A turn that must yield waits until nobody who opposes it stands or is about to come. The model is that of the
search (adaptive-control, section 4), with single vehicles so that loops can be made of it again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.adaptive.shadow_service import kind_of
from edge.adaptive.shadow_vehicles import PRESENT_MS, Discharge, Vehicle, travel_ms
from edge.model.lanes import Lane, LaneName
from edge.model.units import SECOND_MS, Ms, PhaseNumber

SLOWER_MS: tuple[Ms, ...] = (700, 350, 150, 50)
"""How much longer than at saturation the first vehicles behind the first take, each. Ours: with the first one's own this is
HCM's start-up lost time; checked on the built-in traffic, where they take 0.7, 0.35, 0.15 and 0.05 s longer."""

YELLOW_USED_MS: Ms = 3 * SECOND_MS
"""So long after the end of green rear bumpers still leave the loop: who could not stop passes the line within about two
seconds (HCM, extension of effective green), and is over it a second later."""

CRITICAL_GAP_MS: Ms = 4_500
FOLLOW_UP_MS: Ms = 2_500
"""What a turn that yields needs of the opposing traffic (HCM; adaptive-control, permissive turn)."""

MOVING_HEADWAY_MS: Ms = 1_200
"""The least headway of vehicles that have not stood: shorter than that nobody follows (Gipps and the like: 1 to 1.5 s)."""

JAM_M = 7.0
"""A queued vehicle with the gap before it (jam spacing of the literature)."""

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
        "_advance",
        "_advance_since",
        "_after_queue_ms",
        "_discharge",
        "_due",
        "_foretold",
        "_next",
        "_pace_ms",
        "_position",
        "_room",
        "_travel_ms",
        "began_ms",
        "ended_ms",
        "lane",
        "left",
        "on_advance",
        "opposed_by",
        "yields",
    )  # fmt: skip

    def __init__(self, lane: Lane, vehicles: Iterable[Vehicle], discharge: Discharge) -> None:
        self.lane = lane
        self.left: list[Departure] = []
        self.opposed_by: tuple[LaneQueue, ...] = ()
        self.began_ms: Ms | None = None  # of the present right-of-way
        self.ended_ms: Ms | None = None  # of the last one
        self.yields = False  # the present right-of-way is one that must yield
        self.on_advance = False  # somebody is on the advance loop
        row = sorted(vehicles, key=lambda vehicle: vehicle.due_ms)
        self._due = [vehicle.due_ms for vehicle in row]
        self._foretold = [k for k, vehicle in enumerate(row) if vehicle.foretold]
        self._advance = 0  # of those, the next to leave the advance loop
        self._advance_since: Ms = 0  # when the advance loop last changed
        self._travel_ms = travel_ms(lane)
        self._room = max(1, int(lane.advance_m / JAM_M))  # vehicles between the advance loop and the stop line
        self._next = 0
        self._discharge = discharge
        self._pace_ms: Ms = 0  # in a right-of-way that not all movements have
        self._position = 0  # of the next to leave in this right-of-way, 0 is the first
        self._after_queue_ms: Ms = 0  # earliest instant for the next departure out of a queue

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
        kind = kind_of(self.lane, greens)
        self.yields = "g" not in kind
        self._pace_ms = self._discharge.paces.get(kind, 0)
        if self.began_ms is None:
            self.began_ms, self._position = now, 0

    def step(self, now: Ms) -> None:
        """Let leave who can at `now`."""
        due = self.waiting_from
        if due is None or due > now or now < self._clear_ms(due) or not self._may_go(now, due):
            return
        if self.yields and self.began_ms is not None and any(other.comes(now) for other in self.opposed_by):
            return
        self.left.append(Departure(self.lane.name, due, now))
        self._next += 1
        headway_ms = self._discharge.headway_ms + sum(SLOWER_MS[self._position : self._position + 1])
        self._after_queue_ms = now + max(headway_ms, self._pace_ms, FOLLOW_UP_MS if self.yields else 0)
        self._position += 1

    def approach(self, now: Ms) -> None:
        """Over the advance loop: at free speed, or one behind another as the queue that reaches over it moves up."""
        if self._advance >= len(self._foretold):
            return
        vehicle, lasted = self._foretold[self._advance], now - self._advance_since
        if not self.on_advance:
            behind = vehicle - self._next > self._room
            free_ms = round(_GAP_PART * self._discharge.headway_ms) if behind else PRESENT_MS // 2
            comes = now >= self._due[vehicle] - self._travel_ms and lasted >= free_ms
        else:
            comes = lasted < PRESENT_MS or vehicle - self._next >= self._room
            self._advance += not comes
        if comes is not self.on_advance:
            self.on_advance, self._advance_since = comes, now

    def comes(self, now: Ms) -> bool:
        """Whether it keeps a turn from crossing: somebody who may go stands here, or will come within a critical gap."""
        due = self.waiting_from
        return self.began_ms is not None and due is not None and due <= now + CRITICAL_GAP_MS

    def occupied(self, now: Ms) -> bool:
        """Whether somebody is on the stop-bar loop."""
        due = self.waiting_from
        if due is None:
            return False
        moved_up = self.left[-1].left_ms + round(_GAP_PART * self._discharge.headway_ms) if self.left else 0
        return now >= max(due - self._discharge.present_ms, moved_up)

    def due_within(self, now: Ms, ms: Ms) -> bool:
        """Whether somebody waits at the line or comes to it within `ms`: on a zone that reaches so far upstream."""
        due = self.waiting_from
        return due is not None and now >= due - ms

    def _clear_ms(self, due: Ms) -> Ms:
        """The earliest instant for the next to leave: a headway after the one before, or less if that had left already."""
        if not self.left or due <= self.left[-1].left_ms or self._pace_ms:
            return self._after_queue_ms
        return self.left[-1].left_ms + MOVING_HEADWAY_MS

    def _may_go(self, now: Ms, due: Ms) -> bool:
        if self.began_ms is None:
            return self.ended_ms is not None and now - self.ended_ms < YELLOW_USED_MS and not self.yields
        return due >= self.began_ms or now >= self.began_ms + self._discharge.first_ms


class Street:
    """All lanes of a junction under one control."""

    def __init__(
        self, lanes: Sequence[Lane], vehicles: Iterable[Vehicle], discharges: Mapping[LaneName, Discharge]
    ) -> None:
        rows: dict[LaneName, list[Vehicle]] = {lane.name: [] for lane in lanes}
        for vehicle in vehicles:
            rows[vehicle.lane].append(vehicle)
        self.lanes = {lane.name: LaneQueue(lane, rows[lane.name], discharges[lane.name]) for lane in lanes}
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
            queue.approach(now)
            queue.step(now)

    def delay(self, first_ms: Ms, last_ms: Ms, end_ms: Ms) -> tuple[float, int]:
        """Seconds of delay of all who were due in a stretch, who has not left counted up to `end_ms`; and how many."""
        waits = [d.left_ms - d.due_ms for q in self.lanes.values() for d in q.left if first_ms <= d.due_ms < last_ms]
        waits += [end_ms - due for q in self.lanes.values() for due in q.unserved(first_ms, last_ms)]
        return sum(waits) / SECOND_MS, len(waits)
