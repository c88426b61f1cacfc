"""How a lane is served in a stage: which of its movements may go, whom they yield to, and at what rate a queue leaves.

A lane that two movements share is held up by the first vehicle whose movement may not go. Whether the head of the queue is one
is known once it has stood through a while of green: that holds in this kind of stage and in no other, and until it has left.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge.adaptive.forecast import Service, Stage
from edge.adaptive.learned import Discharge, Told
from edge.model.lanes import Lane, LaneName, Movement, Turn

BLOCKED_RATE = 0.02
"""What still leaves a blocked lane, vehicles a second (adaptive-control, section 3)."""

CRITICAL_GAP_S = 4.5
FOLLOW_UP_S = 2.5
"""Gap acceptance of permissive turns (adaptive-control, section 3)."""

USUAL_SHARE = {Turn.THROUGH: 3.0, Turn.LEFT: 1.0, Turn.RIGHT: 1.0, Turn.U_TURN: 0.1}
"""How the vehicles of a shared lane part among its movements, until it is learned: a turn takes a fifth to a quarter. Ours."""

SLOW_PART = 0.2
"""Where every movement goes and yet the loop does not fall free, for want of better. Ours."""

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
    yielding_part: float = 0.0
    held_part: float = 0.0
    """Which part of the vehicles takes such a movement, until it is learned."""
    facing_part: float = 0.0
    """Of those whom they yield to, which part yields to this lane in turn, and holds up its own: who turns before it has his
    gap then. 0 where a lane that opposes them never does."""

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
    held = [m for m in lane.movements if m not in going]
    signs = "".join(_sign(m, going, yielding) for m in lane.movements)
    counts = (len(going) - len(yielding), len(yielding), len(held))
    facing = min((_facing_part(lane, stage, lanes[name], lanes) for name in names), default=0.0)
    return Kind(signs, *counts, names, share_of(lane, yielding), share_of(lane, held), facing)


def _facing_part(lane: Lane, stage: Stage, other: Lane, lanes: Mapping[LaneName, Lane]) -> float:
    """Which part of another lane's vehicles yields to this lane in the stage."""
    back = [m for m in other.movements if m.phases & stage and lane.name in _opposers(m, stage, lanes)]
    return share_of(other, back)


def share_of(lane: Lane, movements: Sequence[Movement]) -> float:
    """Which part of the lane's vehicles usually takes one of these movements."""
    return sum(USUAL_SHARE[m.turn] for m in movements) / sum(USUAL_SHARE[m.turn] for m in lane.movements)


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
    return opposing * math.exp(-opposing * CRITICAL_GAP_S) / -math.expm1(-opposing * FOLLOW_UP_S)


def until_held(part: float, queue: float) -> float:
    """The part of a queue that leaves before its first vehicle of the held kind, of which every `part`th is one."""
    vehicles = max(queue, 1.0)
    if part <= 0.0:
        return 1.0
    stay = 1.0 - part
    return stay * (1.0 - math.pow(stay, vehicles)) / (part * vehicles)


HELD_S = 6.0
"""For so long a green that holds up part of a lane serves it at least: 5 s, and what a yellow lets pass. Ours."""
HELD_MOSTLY = 0.5
"""Where more than that are held, the green is for somebody else, or for the few turners: it is a short one. Ours."""


def leave_first(part: float, head_goes: float, queue: float) -> float:
    """How many of a queue leave before the first that is held, as every `part`th is. `head_goes`: a chance."""
    behind = max(queue, 1.0) - 1.0
    follow = until_held(part, behind) * behind if behind >= 1.0 else behind * (1.0 - part)
    return head_goes * (1.0 + follow)


NO_GAP = (1.0, 1.0, 0.6, 0.3, 0.15, 0.05)
"""How often so many vehicles leave a standing queue without a gap that frees a 10 m loop. Ours, observed."""


def left_before(part: float, at_most: int) -> int:
    """How many have probably left a queue whose loop has not fallen free, until one of every `part`th stood that is held up."""
    weights = [gone * math.pow(1.0 - part, k) for k, gone in enumerate(NO_GAP[: at_most + 1])]
    return round(sum(k * weight for k, weight in enumerate(weights)) / sum(weights))


SURE = 0.8
"""How probable it must be that the head is held up. Ours."""

LEAST_PATIENCE = 2
"""The reference prototype waited for four seconds; two vehicles are 5.3 s. Ours."""


@dataclass(slots=True)
class KindLearned:
    """What was learned of one kind of stage for one lane."""

    clear: Discharge = field(default_factory=lambda: Discharge(0.0, 0.0))
    opposed: Discharge = field(default_factory=lambda: Discharge(0.0, 0.0))
    held_up: float = 0.0
    left: float = 0.0
    """How often the head was found to be held up, and how many left meanwhile."""

    def turners(self, usual: float) -> float:
        """Which part of the vehicles is held up, where `usual` is expected."""
        return (self.held_up + usual * TURNERS_WEIGHT) / (self.held_up + self.left + TURNERS_WEIGHT)

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
        return [self.held_up, self.left, *self.clear.tell(), *self.opposed.tell()]

    def take(self, told: Told) -> None:
        """As told before."""
        self.held_up, self.left = told[:2]
        self.clear.take(told[2:4])
        self.opposed.take(told[4:])


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
        return left_before(self._part(kind), at_most)

    def _part(self, kind: Kind) -> float:
        """Which part of the vehicles is held up in this kind of stage."""
        return SLOW_PART if kind.plain else self.kind(kind.name).turners(kind.held_part + kind.yielding_part)

    def patience(self, kind: Kind | None) -> int:
        """How many could have left in the time that a standing loop is given before its head is taken to be held up."""
        if kind is None or kind.plain:
            return len(NO_GAP)
        part = self._part(kind)
        sure = (k for k, gone in enumerate(NO_GAP) if part >= SURE * (part + (1.0 - part) * gone))
        return max(next(sure, len(NO_GAP)), LEAST_PATIENCE)

    def service(self, kind: Kind, opposing: float, queue: float) -> Service:
        """How the lane is served in this kind of stage, where `opposing` vehicles a second come against it."""
        full = self.saturation.rate
        if kind.plain and kind.name not in self.blocked:
            return Service(full, full)
        gap = min(permissive_rate(opposing), full)
        learned = self.kind(kind.name)
        held = learned.turners(kind.held_part)
        if kind.name in self.blocked:
            if not kind.yielding:
                return Service(BLOCKED_RATE, BLOCKED_RATE)
            turn = max(BLOCKED_RATE, full * kind.facing_part)
            return Service(gap, min(learned.opposed.beside(turn, TRUSTED_S), gap), kind.opposed_by)
        free = self._before_held(kind, held, queue) if kind.held else full
        part = 1.0 if not kind.free else learned.turners(kind.yielding_part)
        if not kind.yielding:
            return Service(free, free)
        free = max(free, BLOCKED_RATE)  # where the head is one who is held, nobody goes before him
        clear = min(learned.clear.beside(1.0 / ((1.0 - part) / free + part / gap), TRUSTED_S), full)
        opposed = BLOCKED_RATE if not kind.free else max(free * until_held(part, queue), BLOCKED_RATE)
        if kind.free and kind.facing_part:
            through = 1.0 / kind.facing_part  # cars a turn stands for behind a long queue: HCM 2000, 16, app. C, E_L2
            opposed = max(opposed, free / (1.0 + part * (through - 1.0)))
        return Service(clear, min(learned.opposed.beside(opposed, TRUSTED_S), clear), kind.opposed_by)

    def _before_held(self, kind: Kind, part: float, queue: float) -> float:
        """The rate at which those leave who stand before the first that is held. No green makes more of them: whoever comes
        later stands behind him. So they are spread over the time in which all of the queue could have gone, and where most
        are held, which is given a short green, over that."""
        full = self.saturation.rate
        leave = leave_first(part, self._head_goes(kind, part), queue)
        lasts_s = HELD_S if kind.held_part > HELD_MOSTLY else max(HELD_S, queue / full)
        return min(full, leave / lasts_s)

    def _head_goes(self, kind: Kind, part: float) -> float:
        """How probably the first vehicle may go, at once or in a gap. One that has been found to stand elsewhere makes a
        movement that is not free there: a turner that waits for his gap goes at his arrow."""
        movements = self.lane.movements
        may_be = [k for k in range(len(movements)) if self.blocked and all(name[k] != "g" for name in self.blocked)]
        share = [USUAL_SHARE[movements[k].turn] for k in may_be]
        if not share:
            return 1.0 - part
        return sum(s for k, s in zip(may_be, share, strict=True) if kind.name[k] != "r") / sum(share)

    def found_standing(self, kind: Kind) -> None:
        """The head of the queue does not go in this kind of stage. If no movement of the lane could stand in all such kinds, a
        follower has come to the line unseen, and what was known of the one before him is forgotten."""
        standing = self.blocked | {kind.name}
        could = any(all(name[k] != "g" for name in standing) for k in range(len(kind.name)))
        self.blocked = standing if could else {kind.name}
        self.kind(kind.name).saw(held_up=1)

    def saw(self, kind: Kind, vehicles: int, clear_s: float, opposed_s: float) -> None:
        """Queued vehicles left in this kind of stage, in so many seconds without and with somebody opposing."""
        if kind.plain:
            self.saturation.saw(vehicles, clear_s + opposed_s)
            return
        learned = self.kind(kind.name)
        learned.saw(left=vehicles)
        if kind.yielding and clear_s + opposed_s > 0.0:
            now = self.service(kind, 0.0, 1.0)
            share = clear_s * now.clear / (clear_s * now.clear + opposed_s * now.opposed)
            learned.clear.saw(vehicles * share, clear_s)
            learned.opposed.saw(vehicles * (1.0 - share), opposed_s)
