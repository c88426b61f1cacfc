"""One lane as the estimator keeps it: who is between the loops, who stands where nobody sees, and what was learned."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.adaptive.inflow import GAP_S, Inflow
from edge.adaptive.learned import SLOW_FADE, Arrivals, Discharge, Profile
from edge.adaptive.long_queue import LongQueue
from edge.adaptive.outflow import AFTER_LINE_S, HEADWAY_S, Outflow
from edge.adaptive.service import Kind, Rates
from edge.model.lanes import Lane
from edge.model.plans import LocalTime
from edge.model.units import SECOND_MS, Ms

SPACING_M = 7.5
"""From front to front in a standing queue (HCM: 25 ft)."""

CLOSEST_M = 6.5
"""The same where vehicles are short and stand close. Ours."""

USUAL_RATE = 300.0 / 3600.0
USUAL_WEIGHT_S = 60.0
"""A lane of which nothing is known carries 300 vehicles an hour; that weighs like a minute of counting. Ours."""
PLANNED_WEIGHT_S = 300.0
"""What the fixed plan was made for weighs like five minutes of counting. Ours."""
PROFILE_WEIGHT_S = 180.0
"""The day's profile weighs like three minutes of counting. Ours."""
EARLY_MS: Ms = 2_500
"""A vehicle that leaves may be so much ahead of its time. Ours."""
AT_LINE_MS: Ms = 1_500
"""The vehicle that occupies the stop-bar loop is not further from its time at the stop line than this. Ours."""

OVERDUE_MS: Ms = 3_000
"""Whoever should have been at a free stop line so long ago has gone another way. Ours."""

SATURATED_GAP_MS: Ms = 1_500
"""Between two queued vehicles the loop is free for less than this. Ours: 15 m of gap at 10 m/s."""

STILL_WAITING = 3.0
"""Where nobody sees who comes, a queue that still discharges has so many more (adaptive-control, section 4, B)."""

LONGEST_PART = 1.7
"""Of the usual headways: who leaves later was not queued, though the list says so; a lorry takes 1.5. Ours."""


@dataclass(slots=True)
class LaneState:
    """One lane.

    `coming`: for every vehicle between the loops its time at the stop line, oldest first; `hidden`: vehicles of the queue that
    no loop has seen; `lent`: those that are taken to have left until the loop falls free. `sees_in`, `sees_out`: its advance
    loop, its stop-bar loop is believed. `usual`: the rate by the day's profile; `borrowed`: told from a lane beside it;
    `planned_rate`: the arrivals that the fixed plan can serve; `needed_s`: how much of its last green it needed.
    """

    lane: Lane
    inflow: Inflow
    outflow: Outflow
    rates: Rates
    coming: list[Ms] = field(default_factory=list)
    hidden: float = 0.0
    lent: list[Ms] = field(default_factory=list)
    arrivals: Arrivals = field(default_factory=Arrivals)
    profile: Profile = field(default_factory=Profile)
    volume: Arrivals = field(default_factory=lambda: Arrivals(fade=SLOW_FADE))
    usual: float | None = None
    borrowed: float | None = None
    planned_rate: float = USUAL_RATE
    kind: Kind | None = None
    sees_in: bool = False
    sees_out: bool = False
    came: int = 0
    left: int = 0
    waits_from_ms: Ms | None = None
    needed_s: float | None = None
    long: LongQueue = field(default_factory=LongQueue)
    _queued_at_fall: bool = False
    clear_s: float = 0.0
    opposed_s: float = 0.0
    """Seconds of right-of-way since the last falling edge, without and with somebody opposing."""
    _served: float = 0.0
    _silent_s: int = 0

    @property
    def storage(self) -> float:
        """How many vehicles the lane holds."""
        return max(self.lane.length_m / CLOSEST_M, 1.0)

    @property
    def rate(self) -> float:
        """Mean arrivals, vehicles a second."""
        if not self.sees_in and not self.sees_out:
            return self._unseen_rate if self.borrowed is None else self.borrowed
        if self.usual is None:
            return self.arrivals.rate(USUAL_RATE, USUAL_WEIGHT_S)
        return self.arrivals.rate(self.usual, PROFILE_WEIGHT_S)

    @property
    def _unseen_rate(self) -> float:
        """Where nobody sees anything: as the day has it; else as it was lately, or as much as the fixed plan was made for."""
        if self.usual is not None:
            return self.usual
        return self.volume.rate(self.planned_rate, PLANNED_WEIGHT_S)

    def overdue(self, now: Ms) -> int:
        """Vehicles seen that should be at the stop line by now."""
        return sum(1 for eta in self.coming if eta <= now)

    def queue(self, now: Ms) -> float:
        """Vehicles that have not left although at free speed they would have."""
        return min(self.overdue(now) + self.hidden, self.storage)

    # ── the advance loop ──

    def rise_in(self, at_ms: Ms) -> None:
        """A vehicle reaches the advance loop."""
        self.came += 1
        self.coming.append(self.inflow.rise(at_ms))
        self._cap(self.inflow.distance_m / CLOSEST_M + 1.0)
        if self.inflow.reached:
            self.hidden = max(0.0, self.hidden - 1.0)

    def fall_in(self, at_ms: Ms) -> None:
        """A vehicle has passed it; a slow one stands in the queue already."""
        reached = self.inflow.reached
        slow = self.inflow.fall(at_ms)
        if reached and not self.inflow.reached and self.coming:
            self.coming[-1] = at_ms + round(1000 * (self.inflow.travel_s.value - self.inflow.lasted_s))
            self.inflow.following, self.hidden = self.hidden, 0.0
        if slow and self.coming:
            self.coming[-1] = min(self.coming[-1], at_ms)
            self.coming.sort()
        elif not self.outflow.moving(at_ms) and not self.inflow.reached:
            self.hidden = 0.0
            self._cap(self.inflow.most_between(CLOSEST_M))

    def _cap(self, most: float) -> None:
        """More vehicles than that have no room between the loops: the oldest have left."""
        del self.coming[: max(len(self.coming) - int(most), 0)]

    # ── the stop line ──

    def pop(self, at_ms: Ms) -> bool:
        """The oldest vehicle leaves; False: the lane knows of none."""
        self.left += 1
        if self.coming and self.coming[0] <= at_ms + EARLY_MS:
            self._learn_travel(at_ms, self.coming.pop(0))
        elif self.hidden >= 1.0:
            self.hidden -= 1.0
        else:
            self.hidden = 0.0
            return False
        return True

    def _learn_travel(self, at_ms: Ms, eta_ms: Ms) -> None:
        """A free vehicle that met nobody tells the travel time: two thirds over the loop its front is at the stop line."""
        out = self.outflow
        alone = not self.coming or self.coming[0] > at_ms
        if out.green_from_ms is None or not alone or self.hidden or not self.sees_in or out.last_fall_ms is None:
            return
        began_ms = eta_ms - round(1000 * self.inflow.travel_s.value)
        if out.green_from_ms <= began_ms:
            self.inflow.came_through((out.last_fall_ms - began_ms) / 1000 - AFTER_LINE_S)

    def assume(self, at_ms: Ms) -> None:
        """The oldest vehicle is taken to have left."""
        self.lent.append(self.coming[0] if self.coming else at_ms)
        if not self.pop(at_ms):
            self.give_back(1)
            self.outflow.assumed -= 1

    def give_back(self, vehicles: int) -> None:
        """Departures that were assumed did not happen."""
        self.left -= vehicles
        back = self.lent[-vehicles:]
        del self.lent[-vehicles:]
        self.coming[:0] = back

    def learn_fall(self, at_ms: Ms, count: int, before_ms: Ms | None) -> None:
        """So many left since the fall before; if they were queued then, their time is saturated flow."""
        out, clear_s, opposed_s = self.outflow, self.clear_s, self.opposed_s
        self.clear_s = self.opposed_s = 0.0
        queued, self._queued_at_fall = self._queued_at_fall, self.queue(at_ms) >= 1.0
        if self.kind is None or out.green_from_ms is None:
            return
        if not self.kind.plain:
            if clear_s + opposed_s > 0.0:
                self.rates.saw(self.kind, count, clear_s, opposed_s)
            return
        if before_ms is None or before_ms < out.green_from_ms:
            return
        lasted_ms = at_ms - before_ms
        if queued and lasted_ms <= LONGEST_PART * 1000 * count * out.headway_s:
            self.rates.saw(self.kind, count, lasted_ms / 1000, 0.0)

    def begin_green(self, at_ms: Ms) -> None:
        """Right-of-way begins; whether the queue reaches over the advance loop."""
        self.inflow.begin_green(at_ms)
        self.long.begin_green(long=self.sees_in and (self.inflow.reached or self.inflow.blind(at_ms)))

    def end_green(self, at_ms: Ms) -> None:
        """A way that was full may be free next time, and who has waited for a gap goes in the yellow: the head is another."""
        if self.kind is not None and not self.kind.held:
            self.rates.blocked.discard(self.kind.name)
        if self.kind is not None and self.kind.plain:
            followed, seconds = self.inflow.discharge()
            if seconds > LONGEST_PART * followed * self.outflow.headway_s:
                self.rates.saturation.saw(followed, seconds)
        self.long.end_green(flows=self._flows(at_ms))
        self.clear_s = self.opposed_s = 0.0

    def _flows(self, at_ms: Ms) -> bool:
        """Whether vehicles pass the advance loop; not when it stays occupied though its queue must have begun to move."""
        if not self.inflow.occupied:
            return at_ms - self.inflow.since_ms < 1000 * GAP_S and self.inflow.dense(self.outflow.headway_s)
        return at_ms - max(self.inflow.since_ms, self.outflow.green_from_ms or 0) < 1000 * self.inflow.wave_s

    def kept(self, now: Ms) -> bool:
        """Whether its green shall go on until a gap: a queue longer than believed is leaving, its head not held up."""
        return self.long.cut_off and self.outflow.is_leaving and self._flows(now)

    def waits_in_green(self, now: Ms, *, opposed: bool) -> None:
        """A second of right-of-way in which somebody is queued, for the rates of turns that yield."""
        out = self.outflow
        if out.green_from_ms is None or self.queue(now) < 1.0 or not out.occupied:
            return
        if now - out.green_from_ms < 1000 * out.start_loss_s.value:
            return
        if opposed:
            self.opposed_s += 1.0
        else:
            self.clear_s += 1.0

    # ── what time brings ──

    def correct(self, now: Ms) -> None:
        """Presence and absence at the stop line are believed more than the list."""
        out = self.outflow
        if not self.sees_out:
            return
        if out.empty(now):
            self._forget_overdue(now, SECOND_MS)
            if self.needed_s is None and out.green_from_ms is not None:
                self.needed_s = max(out.since_ms - out.green_from_ms, 0) / 1000
        elif self._discharging():
            self.hidden = max(self.hidden, STILL_WAITING)
        elif not out.occupied and out.presence and now - out.since_ms >= OVERDUE_MS:
            self._forget_overdue(now, OVERDUE_MS)

    def _discharging(self) -> bool:
        """Nobody sees who comes, and the stop-bar loop shows one queued vehicle close behind the other in green."""
        out = self.outflow
        if self.sees_in or out.green_from_ms is None or out.last_fall_ms is None or out.blocked:
            return False
        follows = out.occupied and out.since_ms - out.last_fall_ms <= SATURATED_GAP_MS
        return follows and out.last_fall_ms > out.green_from_ms

    def missing(self, now: Ms) -> bool:
        """Somebody stands on the stop-bar loop of whom the list knows nothing."""
        out = self.outflow
        if not self.sees_out or not out.occupied or now - out.since_ms < SECOND_MS:
            return False
        return self.hidden < 1.0 and not (self.coming and self.coming[0] <= now + AT_LINE_MS)

    def _forget_overdue(self, now: Ms, by_ms: Ms) -> None:
        self.coming = [eta for eta in self.coming if eta > now - by_ms]
        if not self.inflow.blind(now):
            self.hidden = 0.0

    def gather(self, now: Ms) -> None:
        """What nobody sees gathers at the mean rate: behind a queue over the advance loop, or without such a loop."""
        self.inflow.pass_time(now)
        if self.inflow.reached and self.inflow.following:
            self.hidden, self.inflow.following = self.hidden + self.inflow.following, 0.0
        if self.sees_in and self.inflow.blind(now) and not self.outflow.moving(now):
            self._fill(now)
        if self.sees_in and not self.inflow.reached:
            self.hidden = max(0.0, self.hidden - 1.0) if self.hidden else 0.0
            return
        self.hidden = min(self.hidden + self.rate, max(0.0, self.storage - len(self.coming)))

    def _fill(self, now: Ms) -> None:
        """A queue stands on the advance loop: there are as many vehicles before it as there is room for."""
        if self.outflow.occupied or not self.sees_out:
            missing = int(self.inflow.distance_m / SPACING_M) - len(self.coming)
            self.coming += [now] * max(missing, 0)

    def discharge_unseen(self, now: Ms, served: float) -> None:
        """Without a stop-bar loop the queue leaves at the rate `served` (0: red), whole vehicles first from the list."""
        if served <= 0.0:
            self._served = 0.0
            return
        self._served = min(self._served + served, 1.0 + served)
        while self._served >= 1.0 and (self.hidden > 0.0 or (self.coming and self.coming[0] <= now)):
            self._served -= 1.0
            self.pop(now)

    def count(self, local: LocalTime | None, *, believed: bool) -> None:
        """Close the second's counts."""
        vehicles = self.came if self.sees_in else self.left
        self.usual = self.profile.usual(local)
        if believed:
            if not self.sees_in or self.inflow.open:
                self.arrivals.saw(max(vehicles, 0))
            self._count_volume(max(vehicles, 0))
            if local is not None:
                self.profile.saw(local, max(vehicles, 0))
        self.came = self.left = 0

    def _count_volume(self, vehicles: int) -> None:
        """Silence counts once somebody has ended it: a loop that has died does not spoil what is known of its lane."""
        self._silent_s += 1
        if vehicles:
            self.volume.saw(vehicles, self._silent_s)
            self._silent_s = 0

    def tell(self) -> dict[str, Any]:
        """What was learned."""
        return {
            "arrivals": self.arrivals.tell(),
            "volume": self.volume.tell(),
            "profile": self.profile.tell(),
            "saturation": self.rates.saturation.tell(),
            "kinds": {name: learned.tell() for name, learned in sorted(self.rates.kinds.items())},
            **self.inflow.tell(),
            **self.outflow.tell(),
        }

    def take(self, told: Mapping[str, Any]) -> None:
        """What was told before."""
        self.arrivals.take(told["arrivals"])
        self.volume.take(told["volume"])
        self.profile.take(told["profile"])
        self.rates.saturation.take(told["saturation"])
        for name, learned in told["kinds"].items():
            self.rates.kind(name).take(learned)
        self.inflow.take(told)
        self.outflow.take(told)


def new_state(lane: Lane) -> LaneState:
    """A lane of which nothing is known yet."""
    speed = max(lane.speed_kmh, 10.0) / 3.6
    saturation = Discharge(PRIOR_SATURATION_S / HEADWAY_S, PRIOR_SATURATION_S)
    return LaneState(lane, Inflow(max(lane.advance_m, 1.0), speed), Outflow(), Rates(lane, saturation))


PRIOR_SATURATION_S = 20.0
"""The usual saturation flow weighs like so many seconds of it. Ours."""
