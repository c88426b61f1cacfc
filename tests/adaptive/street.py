"""A street for the estimator: hand-made edges and signals become observations, second by second."""

from collections.abc import Mapping
from dataclasses import replace

from edge.adaptive.estimator import LoopEstimator
from edge.adaptive.forecast import Forecast, LaneForecast, Stage
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.observation import LoopEdge, Observation, PhaseSeen
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import DetectorNumber, Ms, PhaseNumber
from tests import builders

N1, E1 = LaneName("N1"), LaneName("E1")
TWO, FOUR = PhaseNumber(2), PhaseNumber(4)


def lane(name: str, phase: int, first_loop: int, **changes: object) -> Lane:
    """A lane at 50 km/h with a stop-bar loop, and an advance loop of the next number 50 m before the line."""
    base = Lane(
        LaneName(name),
        approach=name[0],
        movements=(Movement(Turn.THROUGH, frozenset({PhaseNumber(phase)})),),
        stopbar=(DetectorNumber(first_loop),),
        advance=(DetectorNumber(first_loop + 1),),
        advance_m=50.0,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def crossing(*lanes: Lane) -> Site:
    """Phases 2 and 4 in conflict; without lanes: N1 (loops 1, 2) in phase 2 and E1 (loops 11, 12) in phase 4."""
    return builders.two_phase(lanes=lanes or (lane("N1", 2, 1), lane("E1", 4, 11)))


class Street:
    """Feeds an estimator. Edges are told as `{detector: [(on_s, off_s), …]}`, greens as `{phase: [(from_s, to_s), …]}`."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.estimator = LoopEstimator(site)
        self.loops: dict[int, list[tuple[float, float]]] = {}
        self.greens: dict[int, list[tuple[float, float]]] = {}
        self.bad: Mapping[DetectorNumber, str] = {}
        self.unproved: frozenset[DetectorNumber] = frozenset()
        self.local: LocalTime | None = None
        self.now: Ms = 0

    def until(self, second: int) -> "Street":
        """Let time pass."""
        while self.now < 1000 * second:
            self.now += 1000
            self.estimator.see(self.observation(), self.bad, self.unproved)
        return self

    def observation(self) -> Observation:
        """Of the second that ends now."""
        edges = sorted(
            (LoopEdge(DetectorNumber(number), round(1000 * at), on)
            for number, spells in self.loops.items()
            for spell in spells
            for at, on in zip(spell, (True, False), strict=True)
            if self.now - 1000 < round(1000 * at) <= self.now),
            key=lambda e: e.at_ms,
        )  # fmt: skip
        return Observation(
            self.now,
            Mode.RUN,
            tuple(self._phase(number) for number in sorted(self.site.phases)),
            tuple(edges),
            frozenset(
                DetectorNumber(number)
                for number, spells in self.loops.items()
                if any(1000 * on <= self.now < 1000 * off for on, off in spells)
            ),
            local=self.local,
        )

    def _phase(self, number: PhaseNumber) -> PhaseSeen:
        spells = self.greens.get(number, [])
        began = [round(1000 * on) for on, off in spells if 1000 * on <= self.now < 1000 * off]
        ended = max((round(1000 * off) for _, off in spells if 1000 * off <= self.now), default=0)
        interval = Interval.MIN_GREEN if began else Interval.RED
        if not began and ended and self.now < ended + 4000:
            interval = Interval.YELLOW_CHANGE
        since = began[0] if began else ended
        return PhaseSeen(
            number, interval, since, PedInterval.DONT_WALK, 0, vehicle_call=False, ped_call=False,
            waiting_since_ms=None, minimum_left_ms=0, max_left_ms=None, gapped=False,
        )  # fmt: skip

    def forecast(self, *stages: set[int], horizon_s: int = 20) -> Forecast:
        """For these stages."""
        return self.estimator.forecast([stage(*phases) for phases in stages] or [stage(2), stage(4)], horizon_s)

    def lane(self, name: str = "N1", *stages: set[int]) -> LaneForecast:
        """The forecast of one lane."""
        return next(row for row in self.forecast(*stages).lanes if row.lane == name)


def stage(*phases: int) -> Stage:
    """Phases green together."""
    return frozenset(PhaseNumber(p) for p in phases)


def discharge(green_s: float, vehicles: int, first_fall: int = 2, headway_s: float = 1.9) -> list[tuple[float, float]]:
    """What a 10 m loop shows of a standing queue: the first `first_fall` vehicles merge, then one spell for each."""
    start = green_s + 1.5
    spells = [(green_s - 20.0, start + first_fall * headway_s)]
    for k in range(first_fall + 1, vehicles + 1):
        end = start + k * headway_s
        spells.append((end - headway_s + 0.3, end))
    return [(round(on, 1), round(off, 1)) for on, off in spells]
