"""Seconds of a dual ring for tests: phases 2 and 6 green, 4 and 8 waiting, unless told otherwise."""

from dataclasses import replace

from edge.adaptive.words import Second
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.advice import Advice, Expected, Option, Step
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.lanes import LaneName
from edge.model.observation import Observation, PhaseSeen
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber
from tests.builders import phase, rings, site

NOW: Ms = 100_000
DAY: Ms = 25_951_000  # 07:12:31
MOVES = {1: "SBL", 2: "NBT", 3: "WBL", 4: "EBT", 5: "NBL", 6: "SBT", 7: "EBL", 8: "WBT"}
P = PhaseNumber


def dual_ring(mode: AdaptiveMode = AdaptiveMode.ACT) -> Site:
    rows = [phase(n, move=MOVES[n], max_green_ms=30_000) for n in MOVES]
    return site(rings("1 2 | 3 4", "5 6 | 7 8"), rows, adaptive=AdaptiveRules(mode))


def red(number: int, *, waited_ms: Ms | None = None, ped: bool = False, coming: bool = False) -> PhaseSeen:
    called = waited_ms is not None
    since = NOW - waited_ms if waited_ms is not None else None
    return PhaseSeen(
        P(number),
        Interval.RED,
        NOW - 40_000,
        PedInterval.DONT_WALK,
        0,
        vehicle_call=called and not ped,
        ped_call=called and ped,
        waiting_since_ms=since,
        minimum_left_ms=0,
        max_left_ms=None,
        gapped=False,
        coming=coming,
    )


def green(
    number: int, *, minimum_left_ms: Ms = 0, max_left_ms: Ms | None = 8_000, gapped: bool = False, for_ms: Ms = 12_300
) -> PhaseSeen:
    interval = Interval.MIN_GREEN if minimum_left_ms else Interval.EXTENSION
    row = red(number)
    return replace(
        row,
        interval=interval,
        since_ms=NOW - for_ms,
        minimum_left_ms=minimum_left_ms,
        max_left_ms=max_left_ms,
        gapped=gapped,
    )


def observation(*phases: PhaseSeen, **changes: object) -> Observation:
    """All eight phases, those not named red and uncalled."""
    rows = {row.number: row for row in phases}
    seen = Observation(
        NOW,
        Mode.RUN,
        tuple(rows.get(P(n), red(n)) for n in MOVES),
        local=LocalTime((2026, 1, 5), 0, DAY, 1_767_596_400_000, synced=True),
        acting=True,
    )
    return replace(seen, **changes)  # type: ignore[arg-type]


def plan(*steps: tuple[tuple[int, ...], Ms, Ms], cost: float = 143.0) -> Option:
    """Steps by phases and by seconds from now."""
    return Option(tuple(Step(tuple(map(P, row)), NOW + a * 1_000, NOW + b * 1_000) for row, a, b in steps), cost)


def advice(**changes: object) -> Advice:
    made = Advice(
        NOW,
        best=plan(((2, 6), -12, 8), ((4, 8), 13, 35)),
        others=(plan(((2, 6), -12, 0), ((4, 8), 5, 25), cost=151.0),),
        expects=(Expected(LaneName("N1"), 3.2, 4.6), Expected(LaneName("E1"), 0.0, 1.2, "sibling")),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def second(seen: Observation, made: Advice | None, **changes: object) -> Second:
    return replace(Second(dual_ring(), seen, made), **changes)  # type: ignore[arg-type]
