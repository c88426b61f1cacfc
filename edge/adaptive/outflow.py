"""The stop line of one lane: who has left, told from its presence loop and its right-of-way.

A loop of 6 to 10 m stays occupied while the first vehicles of a queue crawl over it, so a queue gives fewer falling edges than
vehicles. While it stays occupied in right-of-way, departures are therefore assumed at the learned rate; its next falling
edge tells how long it took and corrects their number. If it does not fall within the time that a moving queue needs, the
head does not move: the lane is blocked, and what was assumed is taken back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.adaptive.learned import Mean, Told
from edge.model.units import Ms

START_LOSS_S = 1.5
"""From green until the queue moves at saturation rate, counted at the rear of the first vehicle. Observed in traffic models and
streets alike (HCM 7th ed. ch. 19: about 2 s from front to front)."""

LONGEST_START_S = 4.0
"""Who starts later has slept or been hindered. Ours."""

COUNTED_AT_START = 5
"""Of more vehicles in a row, none of whom has let the loop fall, the number is too uncertain. Ours."""

HEADWAY_S = 1.9
"""Between queued vehicles (HCM 7th ed. ch. 19: 1900 vehicles an hour)."""

TRANSIT_S = 1.9
"""A vehicle of a discharging queue over the stop-bar loop: 15 m of loop and vehicle at 8 m/s. Ours."""

FIRST_FALL_S = 7.0
"""From green to the first falling edge of a 10 m loop under a queue. Ours, observed."""

PATIENCE = 6
"""A queue that stood at green and has not let the loop fall in the time of so many vehicles does not move, unless more is known
of its lane. Ours: four slow vehicles took 11 s."""

BLOCKED_MOVING_S = 6.0
"""A loop that a moving vehicle has reached in green and that stays occupied so long: the vehicle stands. Two lorries nose to
tail take 5.5 s. Ours."""

YELLOW_USED_S = 3.0
"""Vehicles still leave so long after green. Ours."""

LEADS_S = (2.4, 1.1)
LEAD_MOVING_S = 0.8
"""A vehicle's front is over the line so long before its rear is taken to leave the loop: the first and second of a standing
queue (the first stands at the line and is over it within a second of green), others. Ours, observed."""

AFTER_LINE_S = 0.4
"""From a vehicle's front at the stop line to its rear off the loop: 5 m at 14 m/s. Ours."""

DOUBT = 3
"""Slow traffic can keep a 10 m loop occupied without a gap. A head that is taken to stand is sure to only after the time of so
many more vehicles. Ours; queues of six were seen to leave without one."""

LOST_EARLY_S = 4.0
FREE_S = 2.0
"""A loop that is free so long in a green of four seconds has nobody behind it (adaptive-control, section 3)."""


@dataclass(slots=True)
class Left:
    """What has happened at the stop line: `vehicles` gone (negative: taken back), at `at_ms`."""

    at_ms: Ms
    vehicles: int
    count: int = 0
    """All who left since the loop became occupied, those assumed before included."""


@dataclass(slots=True)
class Outflow:
    """One lane's stop line."""

    occupied: bool = False
    since_ms: Ms = 0
    green_from_ms: Ms | None = None
    green_to_ms: Ms | None = None
    presence: bool = False
    """It has been seen occupied over a while: it is no bare counter."""
    blocked: bool = False
    stood_s: float = 0.0
    """For how long it has been so while no queue left against it, s."""
    last_fall_ms: Ms | None = None
    start_loss_s: Mean = field(default_factory=lambda: Mean(START_LOSS_S))
    transit_s: Mean = field(default_factory=lambda: Mean(TRANSIT_S))
    _due_ms: float | None = None
    assumed: int = 0
    """How many are taken to have left in the present spell, before its falling edge tells."""
    _standing: bool = False
    _plain: bool = False
    headway_s: float = HEADWAY_S
    patience: int = PATIENCE

    @property
    def is_leaving(self) -> bool:
        """Whether it has right-of-way, and its head is not held up."""
        return self.green_from_ms is not None and not self.blocked

    def begin_green(self, at_ms: Ms, *, plain: bool = False) -> None:
        """Right-of-way begins. `plain`: somebody is queued, and need not yield to anybody."""
        self.green_from_ms, self.green_to_ms = at_ms, None
        self.assumed, self._standing, self._due_ms = 0, self.occupied, None
        self._plain = plain
        if self.occupied:
            self._due_ms = at_ms + 1000 * (self.start_loss_s.value + self.headway_s)

    def begin_again(self, at_ms: Ms) -> None:
        """Others of the lane may go now than before: whoever stands is given time again."""
        self.blocked = False
        self.begin_green(at_ms)

    def end_green(self, at_ms: Ms) -> None:
        """Right-of-way ends; the yellow is still used."""
        self.green_from_ms, self.green_to_ms = None, at_ms
        self.blocked = False

    def moving(self, at_ms: Ms) -> bool:
        """Whether vehicles may be crossing the line."""
        if self.green_from_ms is not None:
            return True
        return self.green_to_ms is not None and at_ms < self.green_to_ms + 1000 * YELLOW_USED_S

    def rise(self, at_ms: Ms) -> None:
        """The loop becomes occupied."""
        self.occupied, self.since_ms = True, at_ms
        self.assumed, self._standing = 0, False
        self._due_ms = at_ms + 1000 * self.transit_s.value if self.moving(at_ms) else None

    def fall(self, at_ms: Ms) -> Left:
        """The loop falls free: everybody who was over it has left it."""
        assumed, count = self.assumed, self._count(at_ms)
        self._learn_start(at_ms, count)
        if at_ms > self.since_ms:
            self.presence = True
        self.occupied, self._due_ms, self.assumed, self._standing = False, None, 0, False
        self.since_ms, self.last_fall_ms, self.blocked = at_ms, at_ms, False
        return Left(at_ms, count - assumed, count)

    def _learn_start(self, at_ms: Ms, count: int) -> None:
        """Those who stood there when green began tell the start-up loss: the time until they have left, less their headways."""
        if self._plain and self._standing and self.green_from_ms is not None and count <= COUNTED_AT_START:
            loss_s = (at_ms - self.green_from_ms) / 1000 - count * self.headway_s
            if 0.0 <= loss_s <= LONGEST_START_S:
                self.start_loss_s.saw(loss_s)
        self._plain = False

    def _count(self, at_ms: Ms) -> int:
        """How many left in the spell that ends now, told by how long it took."""
        if self._due_ms is None or self.blocked:
            return 1
        began = self._first_due(at_ms)
        return max(1, 1 + round((at_ms - began) / (1000 * self.headway_s)))

    def _first_due(self, at_ms: Ms) -> float:
        if self._standing and self.green_from_ms is not None:
            return self.green_from_ms + 1000 * (self.start_loss_s.value + self.headway_s)
        if self._standing:
            return (self._due_ms or at_ms) - 1000 * self.assumed * self.headway_s
        return self.since_ms + 1000 * self.transit_s.value

    def pass_time(self, now: Ms) -> Left:
        """What must be assumed by `now` where the loop has said nothing."""
        gone = Left(now, 0)
        if not self.occupied or self._due_ms is None:
            return gone
        if self._is_blocked(now):
            gone.vehicles, self._due_ms, self.blocked = -self.assumed, None, True
            self.stood_s, self.assumed = 0.0, 0
            return gone
        if not self.moving(now):
            self._due_ms = None
            return gone
        while self._due_ms - 1000 * self._lead_s() <= now:
            gone.vehicles += 1
            self.assumed += 1
            self._due_ms += 1000 * self.headway_s
        return gone

    @property
    def held_s(self) -> float:
        """For how long the head has stood beyond doubt in this green though it could have gone, s."""
        return max(self.stood_s - DOUBT * self.headway_s, 0.0) if self.blocked else 0.0

    def _lead_s(self) -> float:
        """How long before its rear leaves the loop the front of the next one is over the line."""
        return LEADS_S[self.assumed] if self._standing and self.assumed < len(LEADS_S) else LEAD_MOVING_S

    def _is_blocked(self, now: Ms) -> bool:
        if self.green_from_ms is None:
            return False
        if self._standing:
            return now - self.green_from_ms >= 1000 * (self.start_loss_s.value + self.patience * self.headway_s)
        return now - self.since_ms >= 1000 * BLOCKED_MOVING_S

    def empty(self, now: Ms) -> bool:
        """Free for three seconds in a green of four: nobody is behind it."""
        if self.occupied or self.green_from_ms is None:
            return False
        return now - self.green_from_ms >= 1000 * LOST_EARLY_S and now - self.since_ms >= 1000 * FREE_S

    def tell(self) -> dict[str, list[float]]:
        """What was learned, as numbers."""
        return {"start_loss": self.start_loss_s.tell(), "transit": self.transit_s.tell()}

    def take(self, told: Mapping[str, Told]) -> None:
        """As told before."""
        self.start_loss_s.take(told["start_loss"])
        self.transit_s.take(told["transit"])
