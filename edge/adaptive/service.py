"""How a lane is served in a stage: which of its movements may go, whom they yield to, and at what rate a queue leaves.

A lane that two movements share is held up by the first vehicle whose movement may not go. Whether the head of the queue is one
is known once it has stood through a while of green: that holds in this kind of stage and in no other, and until it has left.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.adaptive.forecast import Service, Stage
from edge.adaptive.learned import Discharge, Told
from edge.model.lanes import Lane, LaneName, Movement

BLOCKED_RATE = 0.02
"""What still leaves a blocked lane, vehicles a second (adaptive-control, section 3)."""

CRITICAL_GAP_S = 4.5
FOLLOW_UP_S = 2.5
"""Gap acceptance of permissive turns (adaptive-control, section 3)."""

TURNERS = 0.2
"""Part of the vehicles of a shared lane that take each movement which is held up, until it is learned. Ours."""

TURNERS_WEIGHT = 10.0
"""The same weighs as much as so many vehicles. Ours."""

TRUSTED_S = 20.0
"""The reckoned rate of a kind of stage weighs as much as so many seconds of saturated flow. Ours."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a stage is for one lane: the movements that go unopposed, that yield, that are red; and whom they yield to."""

    name: str
    free: int
    yielding: int
    held: int
    opposed_by: tuple[LaneName, ...] = ()

    @property
    def plain(self) -> bool:
        """Every movement goes and nobody yields."""
        return not self.yielding and not self.held


def kind_of(lane: Lane, stage: Stage, lanes: Mapping[LaneName, Lane]) -> Kind | None:
    """What the stage is for the lane; None: it is red."""
    going = [m for m in lane.movements if m.phases & stage]
    if not going:
        return None
    opposers = {m: _opposers(m, stage, lanes) for m in going}
    yielding = [m for m in going if opposers[m]]
    names = tuple(dict.fromkeys(name for m in yielding for name in opposers[m]))
    held = len(lane.movements) - len(going)
    signs = "".join(_sign(m, going, yielding) for m in lane.movements)
    return Kind(signs, len(going) - len(yielding), len(yielding), held, names)


def _sign(movement: Movement, going: list[Movement], yielding: list[Movement]) -> str:
    if movement in yielding:
        return "y"
    return "g" if movement in going else "r"


def _opposers(movement: Movement, stage: Stage, lanes: Mapping[LaneName, Lane]) -> tuple[LaneName, ...]:
    """The lanes this movement yields to in this stage; nobody where one of its green phases protects it."""
    if not (movement.phases & stage) <= movement.opposed_in:
        return ()
    return tuple(name for name in movement.opposed_by if name in lanes and lanes[name].phases & stage)


def permissive_rate(opposing: float) -> float:
    """Vehicles a second that find their gap in a free stream of `opposing` vehicles a second."""
    if opposing <= 0.0:
        return 1.0 / FOLLOW_UP_S
    return opposing * math.exp(-opposing * CRITICAL_GAP_S) / (1.0 - math.exp(-opposing * FOLLOW_UP_S))


def until_held(part: float, queue: float) -> float:
    """The part of a queue that leaves before its first vehicle of the held kind, of which every `part`th is one."""
    vehicles = max(queue, 1.0)
    if part <= 0.0:
        return 1.0
    stay = 1.0 - part
    return stay * (1.0 - math.pow(stay, vehicles)) / (part * vehicles)


NO_GAP = (1.0, 1.0, 0.6, 0.3, 0.15, 0.05)
"""How often so many vehicles leave a standing queue without a gap that frees a 10 m loop. Ours, observed."""


def left_before(part: float, at_most: int) -> int:
    """How many have probably left a queue whose loop has not fallen free, until one of every `part`th stood that is held up."""
    weights = [gone * math.pow(1.0 - part, k) for k, gone in enumerate(NO_GAP[: at_most + 1])]
    return round(sum(k * weight for k, weight in enumerate(weights)) / sum(weights))


@dataclass(slots=True)
class KindLearned:
    """What was learned of one kind of stage for one lane."""

    clear: Discharge | None = None
    held_up: float = 0.0
    left: float = 0.0
    """How often the head was found to be held up, and how many left meanwhile."""

    def turners(self, movements: int) -> float:
        """Which part of the vehicles is held up."""
        usual = TURNERS * movements
        return (self.held_up + min(usual, 1.0) * TURNERS_WEIGHT) / (self.held_up + self.left + TURNERS_WEIGHT)

    def saw(self, *, left: int = 0, held_up: int = 0) -> None:
        """So many left, or the head stood. Forgets beyond two hundred vehicles."""
        self.left += left
        self.held_up += held_up
        total = self.left + self.held_up
        if total > MOST_VEHICLES:
            self.left *= MOST_VEHICLES / total
            self.held_up *= MOST_VEHICLES / total

    def tell(self) -> list[float]:
        """As numbers."""
        return [self.held_up, self.left, *(self.clear.tell() if self.clear is not None else ())]

    def take(self, told: Told) -> None:
        """As told before."""
        self.held_up, self.left = told[:2]
        if len(told) > 2:  # noqa: PLR2004
            self.clear = Discharge(told[2], told[3])


MOST_VEHICLES = 200.0
"""An hour of a shared lane. Ours."""


@dataclass(slots=True)
class Rates:
    """The discharge rates of one lane: its saturation flow, and what was learned by kind of stage."""

    lane: Lane
    saturation: Discharge
    kinds: dict[str, KindLearned] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    """Kinds of stage in which the present head of the queue does not go."""

    def kind(self, name: str) -> KindLearned:
        """What was learned of a kind of stage."""
        return self.kinds.setdefault(name, KindLearned())

    def left_before(self, kind: Kind | None, at_most: int) -> int:
        """How many of those assumed have probably left before the head was found to stand."""
        if kind is None or not kind.free:
            return 0
        part = TURNERS if kind.plain else self.kind(kind.name).turners(kind.held + kind.yielding)
        return left_before(part, at_most)

    def service(self, kind: Kind, opposing: float, queue: float) -> Service:
        """How the lane is served in this kind of stage, where `opposing` vehicles a second come against it."""
        full = self.saturation.rate
        if kind.plain and kind.name not in self.blocked:
            return Service(full, full)
        gap = min(permissive_rate(opposing), full)
        if kind.name in self.blocked:
            return Service(gap if kind.yielding else BLOCKED_RATE, BLOCKED_RATE, kind.opposed_by)
        learned = self.kind(kind.name)
        free = full * (until_held(learned.turners(kind.held), queue) if kind.held else 1.0)
        part = 1.0 if not kind.free else min(learned.turners(kind.yielding), 1.0)
        clear = 1.0 / ((1.0 - part) / free + part / gap) if kind.yielding else free
        if learned.clear is not None:
            clear = (learned.clear.vehicles + clear * TRUSTED_S) / (learned.clear.seconds + TRUSTED_S)
        opposed = BLOCKED_RATE if not kind.free else max(free * until_held(part, queue), BLOCKED_RATE)
        return Service(clear, min(opposed, clear) if kind.yielding else clear, kind.opposed_by)

    def saw(self, kind: Kind, vehicles: int, seconds: float, *, opposed: bool) -> None:
        """Queued vehicles left in this kind of stage, in so many seconds."""
        if kind.plain:
            self.saturation.saw(vehicles, seconds)
            return
        learned = self.kind(kind.name)
        learned.saw(left=vehicles)
        if not opposed and kind.yielding:
            learned.clear = learned.clear or Discharge(0.0, 0.0)
            learned.clear.saw(vehicles, seconds)
