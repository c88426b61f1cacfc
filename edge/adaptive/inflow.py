"""The advance loop of one lane: who comes and when they will be at the stop line, and how far the queue reaches beyond it.

A vehicle that passes much more slowly than others do joins a queue that reaches the loop. While a loop is occupied for
seconds on end a queue stands on it: it is blind, and what gathers behind is assumed at the mean rate. When the queue
discharges, vehicles from behind pass the loop one after the other and are counted; the first long gap is the end of the queue.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.adaptive.learned import Mean, Told
from edge.model.units import Ms

BLIND_S = 4.0
"""Occupied so long, a queue stands on the loop (adaptive-control, section 3: 4 to 5 s)."""

SLOW = 2.0
"""A vehicle that occupies the loop so many times as long as one at free speed joins a queue. Ours."""

FREE_AGAIN = 1.4
"""A vehicle that occupies the loop so little longer than a free one moves freely, and so do those behind. Ours."""

GAP_S = 3.0
"""A gap so long in the flow from a discharging queue is its end (Liu et al., TR-C 2009: 2.5 to 3 s)."""

STREAM_S, STREAM_PART, STREAM_OF = 2.5, 1.25, 3
"""Headways of a discharging queue have so low a mean, s, over so many vehicles: about 2 s each, and one lorry; where a lane is
known to be slower, so much of its own. Whoever comes more loosely comes as he pleases, though no single gap be long. Ours (a
single headway: Liu et al., as above)."""

HARDEST_BRAKING = 4.5
"""m/s²; who brakes to join a queue brakes less (a driver of SUMO's default; comfortable is 3)."""

WAVE_FROM_S, WAVE_MPS = 4.0, 4.0
"""The first vehicle starts within 4 s, and the start goes back through a queue at 4 m/s at the least. Ours (usual: 5 to 6)."""

LONG_QUEUE = 3
"""So many must have followed the first of a long queue to tell how fast it leaves. Ours."""

MOST_TOLD_S = 15.0
"""A quarter of what a discharge rate remembers. Ours."""

FREE_PART = 0.92
"""Mean speed of free vehicles as a part of the limit (adaptive-control, section 3)."""

LOOP_AND_CAR_M = 7.0
"""An advance loop of 2 m and a car of 5 m. Ours."""


@dataclass(slots=True)
class Inflow:
    """One lane's advance loop. `distance_m`: from the stop line; `speed_ms`: the limit."""

    distance_m: float
    speed_ms: float
    occupied: bool = False
    since_ms: Ms = 0
    reached: bool = False
    """A queue stands on the loop or discharges over it."""
    dissolving: bool = False
    """The rest of a queue passes it, one vehicle close behind the other."""
    following: float = 0.0
    """Vehicles of a queue that has begun to move before they reach the loop: they pass it as if free, one behind the other."""
    rises: deque[Ms] = field(default_factory=lambda: deque(maxlen=STREAM_OF + 1))
    """When the last vehicles of this green reached it."""
    _passed: int = 0
    _first_ms: Ms = 0
    _steady: bool = False
    """So many have reached it in this green, when the first of them did, and whether a queue has been there all the time."""
    lasted_s: float = 1.0
    """How long the last vehicle occupied it."""
    travel_s: Mean = field(init=False)
    passing_s: Mean = field(init=False)

    def __post_init__(self) -> None:
        free = FREE_PART * self.speed_ms
        self.travel_s = Mean(self.distance_m / free)
        self.passing_s = Mean(LOOP_AND_CAR_M / free)

    def rise(self, at_ms: Ms) -> Ms:
        """A vehicle reaches the loop; when it would be at the stop line at free speed."""
        self.occupied = True
        if at_ms - self.since_ms > 1000 * GAP_S:
            self._end_of_queue()
        self.following = max(0.0, self.following - 1.0)
        self.since_ms = at_ms
        self.rises.append(at_ms)
        self._passed += 1
        if self._passed == 1:
            self._first_ms = at_ms
        return at_ms if self.reached else at_ms + round(1000 * self.travel_s.value)

    def fall(self, at_ms: Ms) -> bool:
        """The vehicle has passed; whether it was so slow that it joins a queue which reaches the loop."""
        lasted_s = (at_ms - self.since_ms) / 1000
        self.occupied, self.since_ms, self.lasted_s = False, at_ms, lasted_s
        slow = lasted_s > SLOW * self.passing_s.value
        if self.reached and lasted_s < FREE_AGAIN * self.passing_s.value:
            self.reached, self.dissolving, self._steady = False, True, False
        if not slow and lasted_s > 0:
            self.passing_s.saw(lasted_s)
        return slow

    def begin_green(self, at_ms: Ms) -> None:
        """Right-of-way begins."""
        self.rises.clear()
        self._passed, self._steady = 0, self.reached or self.blind(at_ms)

    def discharge(self) -> tuple[float, float]:
        """At the end of a green: how many of a queue that reached the loop all the time followed its first one over it, in how
        many seconds. They pass it as others leave at the line, however slowly: of those who creep over the stop-bar loop and do
        not let it fall nothing else tells. No more than `MOST_TOLD_S` of it: the way out may have been full just then."""
        followed = self._passed - 1
        if not self._steady or followed < LONG_QUEUE:
            return 0.0, 0.0
        seconds = (self.rises[-1] - self._first_ms) / 1000
        return followed * min(1.0, MOST_TOLD_S / seconds), min(seconds, MOST_TOLD_S)

    def most_between(self, spacing_m: float) -> float:
        """How many vehicles can stand between here and the line when the last one passed at the speed at which it did.

        It could still stop behind them, braking hard; told by how long it occupied the loop against what is usual.
        """
        speed = self.distance_m / self.travel_s.value * min(self.passing_s.value / max(self.lasted_s, 0.1), 1.0)
        room = self.distance_m - speed * speed / (2.0 * HARDEST_BRAKING)
        return max(room, 0.0) / spacing_m + 1.0

    @property
    def wave_s(self) -> float:
        """From the beginning of green until a queue moves at the loop, at the latest."""
        return WAVE_FROM_S + self.distance_m / WAVE_MPS

    @property
    def open(self) -> bool:
        """Whether those who pass it come as they please: no queue holds them up, and none is dissolving."""
        return not self.reached and not self.dissolving

    def dense(self, headway_s: float) -> bool:
        """Whether the last vehicles passed it as those from a queue do, which has this headway at the line; also while one
        stands there, or too few have passed."""
        if self.reached or len(self.rises) <= STREAM_OF:
            return True
        return self.rises[-1] - self.rises[0] <= STREAM_OF * round(1000 * max(STREAM_S, STREAM_PART * headway_s))

    def blind(self, now: Ms) -> bool:
        """Whether a queue stands on the loop."""
        return self.occupied and now - self.since_ms >= 1000 * BLIND_S

    def pass_time(self, now: Ms) -> None:
        """Notice a queue that stands on the loop, and the end of one that has discharged."""
        if self.blind(now):
            self.reached = True
        elif not self.occupied and now - self.since_ms > 1000 * GAP_S:
            self._end_of_queue()

    def _end_of_queue(self) -> None:
        self.reached, self.dissolving, self.following, self._steady = False, False, 0.0, False

    def came_through(self, seconds: float) -> None:
        """A vehicle met nobody between loop and stop line and took so long."""
        usual = self.distance_m / self.speed_ms
        if FASTEST * usual <= seconds <= SLOWEST * usual:
            self.travel_s.saw(seconds)

    def tell(self) -> dict[str, list[float]]:
        """What was learned, as numbers."""
        return {"travel": self.travel_s.tell(), "passing": self.passing_s.tell()}

    def take(self, told: Mapping[str, Told]) -> None:
        """As told before."""
        self.travel_s.take(told["travel"])
        self.passing_s.take(told["passing"])


FASTEST, SLOWEST = 0.6, 2.5
"""Of the time at the limit: what lies beyond is no free vehicle. Ours."""
