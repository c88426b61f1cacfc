"""A small town for the watch of loops: random traffic over four lanes, its true edges, and what bad loops make of them.

Two approaches of two lanes each, phases 2 and 4 in a fixed cycle of 60 s. Loop 10·n + 1 is the stop bar of lane n, 10·n + 2
its advance loop 50 m before. A vehicle takes 5 s from loop to line, or stands; a queue leaves every 2 s and reaches the advance
loop with seven vehicles.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from random import Random

from edge.adaptive.health import LoopWatch
from edge.adaptive.health_evidence import Ill
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.faults import FaultKind
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.observation import LoopEdge, Observation, PhaseSeen
from edge.model.units import DetectorNumber, Ms, PhaseNumber

CYCLE_S, GREEN_S, STEP_MS = 60, 25, 200
LANES = {"N1": (1, 2), "N2": (2, 2), "E1": (3, 4), "E2": (4, 4)}
STARTS = {2: 0, 4: 30}
Line = Callable[[Ms, bool], bool]
"""What a wire says at an instant of what is true."""


def loops(lane: str) -> tuple[DetectorNumber, DetectorNumber]:
    """Stop bar and advance loop of a lane."""
    number = LANES[lane][0]
    return DetectorNumber(10 * number + 1), DetectorNumber(10 * number + 2)


def lanes(**changes: object) -> tuple[Lane, ...]:
    """The four lanes."""
    rows = []
    for name, (_, phase) in LANES.items():
        stop, advance = loops(name)
        through = (Movement(Turn.THROUGH, frozenset({PhaseNumber(phase)})),)
        row = Lane(LaneName(name), name[0], through, (stop,), (advance,), advance_m=50.0)
        rows.append(replace(row, **changes))  # type: ignore[arg-type]
    return tuple(rows)


@dataclass
class Town:
    """`per_h`: vehicles an hour by lane. `wires`: what bad loops say; `changes_lanes`: the share that leaves its lane between
    the loops; `truck`: the share that stays three seconds over a loop; `no_way_out`: from, to: nobody can leave."""

    per_h: dict[str, float] = field(default_factory=lambda: dict.fromkeys(LANES, 300.0))
    wires: dict[DetectorNumber, Line] = field(default_factory=dict)
    changes_lanes: float = 0.0
    truck: float = 0.05
    turns_on_red: str = ""
    no_way_out: tuple[int, int] = (0, 0)
    seed: int = 1
    failed: dict[DetectorNumber, FaultKind] = field(default_factory=dict)
    lanes: tuple[Lane, ...] = field(default_factory=lanes)

    def watched(self, seconds: int) -> "Watched":
        """The watch over so many seconds."""
        watch = LoopWatch(self.lanes)
        seen = Watched(watch)
        for observation in self.observations(seconds):
            seen.take(observation)
        return seen

    def observations(self, seconds: int) -> Iterator[Observation]:
        """What the controller tells, second by second."""
        levels = {number: False for name in LANES for number in loops(name)}
        streets = {name: _Street(self, name, Random(f"{self.seed} {name}")) for name in LANES}
        edges: list[LoopEdge] = []
        for now in range(STEP_MS, 1000 * seconds + 1, STEP_MS):
            for street in streets.values():
                for number, true in street.step(now):
                    wire = self.wires.get(number)
                    on = true if wire is None else wire(now, true)
                    if on != levels[number]:
                        levels[number] = on
                        edges.append(LoopEdge(number, now, on))
            if now % 1000 == 0:
                occupied = frozenset(number for number, on in levels.items() if on)
                yield Observation(now, Mode.RUN, _phases(now), tuple(edges), occupied, self.failed)
                edges = []


@dataclass
class Watched:
    """What the watch said: `first` of each loop, when and what; `ever` all of it."""

    watch: LoopWatch
    first: dict[DetectorNumber, tuple[int, Ill]] = field(default_factory=dict)
    ever: set[tuple[DetectorNumber, Ill]] = field(default_factory=set)
    why: dict[DetectorNumber, str] = field(default_factory=dict)

    def take(self, seen: Observation) -> None:
        """One second."""
        self.why = dict(self.watch.see(seen))
        for number, verdict in self.watch.verdicts.items():
            self.first.setdefault(number, (seen.now // 1000, verdict.ill))
            self.ever.add((number, verdict.ill))


class _Street:
    """One lane: vehicles by the instant they reach the line at free speed, and those that stand."""

    def __init__(self, town: Town, name: str, dice: Random) -> None:
        self.town, self.name, self.dice = town, name, dice
        self.stop, self.advance = loops(name)
        self.phase = LANES[name][1]
        self.coming: list[Ms] = []
        self.advance_until: Ms = 0
        self.stop_until: Ms = 0
        self.leave_at: Ms = 0
        self.next: Ms = self._gap()

    def _gap(self) -> Ms:
        per_h = self.town.per_h[self.name]
        return int(1500 + self.dice.expovariate(per_h / 3600) * 1000) if per_h else 10**12

    def step(self, now: Ms) -> Iterable[tuple[DetectorNumber, bool]]:
        if now >= self.next:
            self.next = now + self._gap()
            over = 3000 if self.dice.random() < self.town.truck else 500
            self.advance_until = now + over
            if self.dice.random() >= self.town.changes_lanes:
                self.coming.append(now + 5000)
        standing = sum(at <= now for at in self.coming)
        free = _green(self.phase, now) or self.town.turns_on_red == self.name
        stuck = self.town.no_way_out[0] <= now // 1000 < self.town.no_way_out[1]
        if standing and free and not stuck and now >= self.leave_at:
            self.coming.pop(0)
            self.leave_at = now + 2000
            self.stop_until = now + 1200
        yield self.advance, now < self.advance_until or (standing > 6 and not (free and now % 2000 < 500))
        yield self.stop, (standing > 0 and now >= self.leave_at - 600) or now < self.stop_until


def _green(phase: int, now: Ms) -> bool:
    return 0 <= now // 1000 % CYCLE_S - STARTS[phase] < GREEN_S


def _phases(now: Ms) -> tuple[PhaseSeen, ...]:
    return tuple(_phase(number, now) for number in STARTS)


def _phase(number: int, now: Ms) -> PhaseSeen:
    into = now // 1000 % CYCLE_S - STARTS[number]
    interval = Interval.EXTENSION if 0 <= into < GREEN_S else Interval.RED
    if GREEN_S <= into < GREEN_S + 3:
        interval = Interval.YELLOW_CHANGE
    return PhaseSeen(
        PhaseNumber(number), interval, 0, PedInterval.DONT_WALK, 0, vehicle_call=False, ped_call=False,
        waiting_since_ms=None, minimum_left_ms=0, max_left_ms=None, gapped=False,
    )  # fmt: skip
