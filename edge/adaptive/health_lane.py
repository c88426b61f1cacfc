"""One lane under its lamps: when its queue must move, and what moved in its last green."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edge.model.exchange import Interval
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.observation import Observation
from edge.model.units import SECOND_MS, Ms, PhaseNumber

GREEN = frozenset({Interval.MIN_GREEN, Interval.EXTENSION, Interval.REST, Interval.GREEN_BLINK})
START_S = 3
"""From green to the first vehicle off a stop-bar loop, at the latest: start-up loss and the length of the loop. Ours."""
DOUBTFUL = 0.1
"""What a second of a permissive green is worth, while those it yields to keep coming: it may, but need not, be used. Ours."""
_SETTLED_S = 2
_CREEP_MPS = 4.0
"""The pace at which a place in the queue starts to move, and the slowest walk of a vehicle up to the line. Ours."""


@dataclass(frozen=True, slots=True)
class Lights:
    """The phases that are green, and those that are on their way to red."""

    green: frozenset[PhaseNumber]
    ending: frozenset[PhaseNumber]

    @staticmethod
    def of(seen: Observation) -> "Lights":
        """As the controller stands."""
        green = frozenset(p.number for p in seen.phases if p.interval in GREEN)
        return Lights(green, frozenset(p.number for p in seen.phases if p.interval is Interval.YELLOW_CHANGE))


class LaneLamps:
    """One lane's right-of-way, second by second."""

    __slots__ = ("edges", "free", "green_began_ms", "green_s", "greens", "lane", "moved", "red_s", "turns_on_red")

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.free: tuple[float, ...] = (0.0,) * len(lane.movements)  # what this second is worth, by movement
        self.green_s = 0
        self.red_s = 0
        self.greens = 0
        self.green_began_ms: Ms | None = None
        self.moved = 0  # falling edges of its stop bar in this green, or in the last one
        self.edges = 0  # edges of any of its loops in the same time
        self.turns_on_red = any(m.turn in {Turn.RIGHT, Turn.U_TURN} for m in lane.movements)

    def second(self, now: Ms, lights: Lights, is_empty: Callable[[LaneName], bool], *, blocked: bool) -> None:
        """Take in one second. `is_empty`: whether nobody comes in a lane; `blocked`: those who leave cannot get away."""
        phases = self.lane.phases
        if phases & lights.green:
            if not self.green_s:
                self.greens += 1
                self.green_began_ms = now
                self.moved = self.edges = 0
            self.green_s, self.red_s = self.green_s + 1, 0
        else:
            self.green_s = 0
            self.red_s = 0 if phases & lights.ending else self.red_s + 1
        may_go = self.green_s > START_S and not blocked
        self.free = tuple(_worth(m, lights.green, is_empty) if may_go else 0.0 for m in self.lane.movements)

    @property
    def is_red(self) -> bool:
        """Whether it has been red for long enough that who could still go has gone."""
        return self.red_s > _SETTLED_S

    @property
    def walk_s(self) -> float:
        """From the advance loop to the line at the slowest; as long takes the start of a queue to reach the loop."""
        return 4.0 + self.lane.advance_m / _CREEP_MPS

    @property
    def storage(self) -> float:
        """Vehicles between the advance loop and the line."""
        return max(2.0, self.lane.advance_m / 6.5)

    def has_reached_advance(self, now: Ms) -> bool:
        """Whether the last start of green must have been felt at the advance loop."""
        began = self.green_began_ms
        return began is not None and now - began > self.walk_s * SECOND_MS


def _worth(movement: Movement, green: frozenset[PhaseNumber], is_empty: Callable[[LaneName], bool]) -> float:
    if not movement.phases & green:
        return 0.0
    if (movement.phases - movement.opposed_in) & green:
        return 1.0
    opposed_by = movement.opposed_by
    return 1.0 if opposed_by and all(is_empty(name) for name in opposed_by) else DOUBTFUL


def beside(lane: Lane, lanes: Iterable[Lane]) -> tuple[Lane, ...]:
    """The lanes of the same approach that are served in a green of this lane."""
    return tuple(
        other for other in lanes
        if other.name != lane.name and other.approach == lane.approach and other.phases & lane.phases
    )  # fmt: skip
