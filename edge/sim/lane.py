"""One lane: vehicles that come, queue, leave on green, and lie over loops on their way.

Car following is Krauss' safe speed (Krauß 1998, eq. 3.11): a driver goes as fast as lets him stop behind whoever is in
front, after a reaction. Saturation flow, start-up lost time and the start wave are not put in; they come out of it, and
a test holds them to the field's figures. Everything moves in steps of 100 ms.

A lane knows one thing of the junction: the indication its vehicles see.
"""

from collections import deque
from collections.abc import Callable, Mapping
from math import inf, sqrt

from edge.model.indications import Indication
from edge.model.units import TICK_MS, DetectorNumber, Ms
from edge.sim.demand import MIN_HEADWAY_S, Arrivals
from edge.sim.layout import LaneLayout

STEP_S = TICK_MS / 1000

FREE_SPEED_MPS = (12.8, 14.2)
"""Slowest and fastest driver on an empty approach: about 50 km/h. Ours."""

CAR_LENGTH_M = (4.0, 5.0)
TRUCK_LENGTH_M = 10.0
TRUCK_SHARE = 0.05
"""Lengths are ours; 5 % heavy vehicles as in the field's benchmark scenarios."""

REACTION_S = (1.2, 1.6)
"""Following driver's reaction time. With the standing gap it gives a saturation headway of 1.8-2.1 s (HCM: 1.9 s)."""

STANDING_GAP_M = 2.5
"""Between standing bumpers: 7 m a queued car, the jam spacing of the literature."""

START_GAP_M = 2.2
"""A standing driver follows when the one in front has moved so far: the start wave runs at about 5 m/s."""

ACCELERATION_MPS2 = 2.0
"""Leaving a queue (ITE Traffic Engineering Handbook: 1.5-2.5)."""

BRAKING_MPS2 = 3.05
STOP_REACTION_S = 1.0
"""A driver stops at yellow if he can with 1.0 s and 10 ft/s² (ITE's kinematic yellow; MUTCD 11th ed. 4F.17)."""

HEAD_REACTION_S = 1.0
"""First driver of a standing queue, from green to moving (part of HCM's start-up lost time of 2 s)."""

STOP_SETBACK_M = 1.0
"""The first vehicle stands so far before the stop line. Ours."""

CREEP_MPS = 0.19
"""Slower is standing; one step of acceleration from standstill is more."""

LOOK_AHEAD_M = 60.0
"""Nobody looks further; the braking distance of the fastest driver with his reaction is 54 m."""

EXIT_M = 30.0
"""Past the stop line, where a vehicle stops mattering to those behind."""

_STEP_UP = ACCELERATION_MPS2 * STEP_S
_TWICE_BRAKING = 2 * BRAKING_MPS2
_LINE_REACTION = BRAKING_MPS2 * STOP_REACTION_S
_LINE_REACTION2 = _LINE_REACTION**2
_ALL = 1 << 30

_GO = frozenset({Indication.GREEN, Indication.FLASH_GREEN})
"""What drivers take for green."""


class LoopState:
    """One loop as its detector card sees it: how many vehicles lie over it, and how often it came on."""

    __slots__ = ("count", "over")

    def __init__(self) -> None:
        self.over = 0
        self.count = 0

    def enter(self) -> None:
        """A front bumper came over it. Two vehicles over one loop are one actuation, as on a wire."""
        self.over += 1
        if self.over == 1:
            self.count += 1

    def leave(self) -> None:
        """A rear bumper left it."""
        self.over -= 1


class Vehicle:
    """One vehicle. `x`: its front, m past the stop line; `marks`: what lies ahead of it, the next one last."""

    __slots__ = ("arrived_ms", "back", "bt", "free", "length", "mark", "marks", "queued", "v", "x")

    def __init__(self, arrived_ms: Ms, length: float, free: float, reaction_s: float) -> None:
        self.arrived_ms = arrived_ms
        self.length = length
        self.back = length + STANDING_GAP_M
        self.free = free
        self.bt = BRAKING_MPS2 * reaction_s
        self.x = 0.0
        self.v = free
        self.queued = False
        self.marks: list[tuple[float, Callable[[], None] | None]] = []
        self.mark = inf

    def place(self, x: float, marks: list[tuple[float, Callable[[], None] | None]]) -> None:
        """Put it on the lane at `x`. A mark without a deed is the stop line."""
        self.x = x
        self.marks = marks
        self.mark = marks[-1][0]


class Lane:
    """One lane. `free`: how many of the foremost vehicles may pass the stop line."""

    def __init__(
        self,
        layout: LaneLayout,
        loops: Mapping[DetectorNumber, LoopState],
        seed: int,
        per_h: Callable[[Ms], float],
    ) -> None:
        self.layout = layout
        self.arrivals = Arrivals(f"{seed}/lane/{layout.name}", per_h, MIN_HEADWAY_S)
        self.outside: deque[Vehicle] = deque()
        self.vehicles: list[Vehicle] = []
        self.delays_s: list[float] = []
        self.arrived = 0
        self.stops = 0
        self.ran_red = 0
        self.longest_queue = 0
        self._queued = 0
        self._loops = [(loop, loops[loop.detector]) for loop in layout.loops]
        self._now: Ms = 0
        self._shown = Indication.RED
        self._open = False
        self._free = 0
        self._release_ms: Ms = 0
        self._gone = 0

    def step(self, now: Ms, shown: Indication) -> None:
        """One step of 100 ms, up to `now`, under the indication shown during it."""
        self._now = now
        self._shown = shown
        while self.arrivals.next_ms <= now:
            self.outside.append(self._draw())
        if self.outside:
            self._let_in()
        if shown in _GO:
            if not self._open:
                self._begin_green()
            if self._free != _ALL and now >= self._release_ms:
                self._free = _ALL
        elif self._open:
            self._end_green()
        if self.vehicles:
            self._move()

    def delays_so_far_s(self) -> list[float]:
        """Delay of every vehicle that has arrived, the unserved included with what they have lost up to now."""
        here = [self._lost_s(v, v.x) for v in self.vehicles if v.x < 0]
        return self.delays_s + here + [self._lost_s(v, self.layout.entry_m) for v in self.outside]

    def overdue(self, after_ms: Ms) -> int:
        """Vehicles that came longer ago than this and have not passed the stop line; those kept outside count."""
        waiting = [v for v in self.vehicles if v.x < 0] + list(self.outside)
        return sum(self._now - v.arrived_ms > after_ms for v in waiting)

    def _draw(self) -> Vehicle:
        dice = self.arrivals.dice
        due = self.arrivals.take()
        length = TRUCK_LENGTH_M if dice.random() < TRUCK_SHARE else dice.uniform(*CAR_LENGTH_M)
        self.arrived += 1
        return Vehicle(due, length, dice.uniform(*FREE_SPEED_MPS), dice.uniform(*REACTION_S))

    def _let_in(self) -> None:
        """The next one comes in as soon as there is room; a queue back to the entry keeps him outside, and is counted."""
        entry = self.layout.entry_m
        last = self.vehicles[-1] if self.vehicles else None
        gap = last.x - last.back - entry if last else inf
        if gap < 0.0:
            self._note_queue()
            return
        vehicle = self.outside.popleft()
        vehicle.place(entry, self._marks(vehicle.length))
        if last and gap < LOOK_AHEAD_M:
            vehicle.v = min(vehicle.free, _safe_speed(vehicle.bt, last.v, gap))
        self.vehicles.append(vehicle)

    def _marks(self, length: float) -> list[tuple[float, Callable[[], None] | None]]:
        marks: list[tuple[float, Callable[[], None] | None]] = [(0.0, None), (EXIT_M, self._exit)]
        for loop, state in self._loops:
            marks.append((loop.upstream_m, state.enter))
            marks.append((loop.downstream_m + length, state.leave))
        return sorted(marks, key=lambda mark: mark[0], reverse=True)

    def _exit(self) -> None:
        self._gone += 1

    def _begin_green(self) -> None:
        self._open = True
        head = next((v for v in self.vehicles if v.x < 0), None)
        standing = head is not None and head.v == 0.0
        self._release_ms = self._now + (round(1000 * HEAD_REACTION_S) if standing else 0)

    def _end_green(self) -> None:
        """Who can stop does, and everybody behind him; the others go on."""
        self._open = False
        going = 0
        for vehicle in self.vehicles:
            if vehicle.x < 0 and _stopping_distance(vehicle.v) <= -STOP_SETBACK_M - vehicle.x:
                break
            going += 1
        self._free = going if self._free == _ALL else min(self._free, going)

    def _move(self) -> None:
        rear, leader_v = inf, 0.0
        for k, vehicle in enumerate(self.vehicles):
            x, v = vehicle.x, vehicle.v
            gap = rear - x
            if v == 0.0 and gap < START_GAP_M:
                rear, leader_v = x - vehicle.back, 0.0
                continue
            want = min(v + _STEP_UP, vehicle.free)
            if gap < LOOK_AHEAD_M:
                bt = vehicle.bt
                want = min(want, sqrt(bt * bt + leader_v * leader_v + _TWICE_BRAKING * max(gap, 0.0)) - bt)
            if k == self._free:
                want = min(want, _line_speed(x))
            if want < CREEP_MPS:
                want = 0.0
                if v:
                    self._stop(vehicle)
            vehicle.v = leader_v = want
            vehicle.x = x = x + want * STEP_S
            if x >= vehicle.mark:
                self._pass_marks(vehicle)
            rear = x - vehicle.back
        if self._gone:
            self._remove_gone()

    def _remove_gone(self) -> None:
        del self.vehicles[: self._gone]
        if self._free != _ALL:
            self._free -= self._gone
        self._gone = 0

    def _pass_marks(self, vehicle: Vehicle) -> None:
        while vehicle.marks and vehicle.x >= vehicle.marks[-1][0]:
            deed = vehicle.marks.pop()[1]
            if deed is None:
                self._cross_line(vehicle)
            else:
                deed()
        vehicle.mark = vehicle.marks[-1][0] if vehicle.marks else inf

    def _cross_line(self, vehicle: Vehicle) -> None:
        self.delays_s.append(self._lost_s(vehicle, 0.0))
        self._queued -= vehicle.queued
        if self._shown not in _GO | {Indication.YELLOW}:
            self.ran_red += 1

    def _lost_s(self, vehicle: Vehicle, x: float) -> float:
        """Time since arrival beyond what the way to `x` takes at the driver's own free speed."""
        return max(0.0, (self._now - vehicle.arrived_ms) / 1000 - (x - self.layout.entry_m) / vehicle.free)

    def _stop(self, vehicle: Vehicle) -> None:
        self.stops += 1
        if not vehicle.queued and vehicle.x < 0:
            vehicle.queued = True
            self._queued += 1
            self._note_queue()

    def _note_queue(self) -> None:
        self.longest_queue = max(self.longest_queue, self._queued + len(self.outside))


def _safe_speed(bt: float, leader_v: float, gap: float) -> float:
    """Krauss' safe speed behind a leader; `bt`: braking times reaction time, m/s."""
    return sqrt(bt * bt + leader_v * leader_v + _TWICE_BRAKING * max(gap, 0.0)) - bt


def _line_speed(x: float) -> float:
    """The speed from which a driver whose front is at `x` can stop at the stop line."""
    return sqrt(_LINE_REACTION2 + _TWICE_BRAKING * max(-STOP_SETBACK_M - x, 0.0)) - _LINE_REACTION


def _stopping_distance(v: float) -> float:
    return v * STOP_REACTION_S + v * v / _TWICE_BRAKING
