"""Coordinated sites for tests: the dual ring of the site file examples, and one ring with the numbers of a manual's figure."""

from dataclasses import replace

from edge.model.coordination import Coordination
from edge.model.phases import PedTiming
from edge.model.plans import FREE, FixedPlan, LocalTime, Run, RunKind, ScheduleEntry
from edge.model.sequence import Sequence
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber, PlanNumber
from tests import builders

MIDNIGHT = LocalTime((2026, 3, 2), 0, 0, 1_772_409_600_000, synced=True)
EVERY_DAY = frozenset(range(7))
MAIN = (PhaseNumber(2), PhaseNumber(6))


def plan(
    splits: dict[int, float],
    coordination: Coordination | None,
    *,
    cycle_s: float = 100,
    offset_s: float = 0,
    order: Sequence | None = None,
    number: int = 1,
) -> FixedPlan:
    """A plan told in seconds."""
    ms = {PhaseNumber(p): round(s * 1000) for p, s in splits.items()}
    return FixedPlan(PlanNumber(number), "test", round(cycle_s * 1000), round(offset_s * 1000), ms, coordination, order)


def runs(site: Site, *plans: FixedPlan, at_ms: tuple[Ms, ...] = (0,), first_free: bool = False) -> Site:
    """The site with these plans, each from its time of the day on."""
    entries = [ScheduleEntry(EVERY_DAY, at, Run(RunKind.PLAN, p.number)) for at, p in zip(at_ms, plans, strict=True)]
    if first_free:
        entries = [ScheduleEntry(EVERY_DAY, 0, FREE), *entries]
    return replace(site, plans={p.number: p for p in plans}, schedule=tuple(entries))


def dual(**changes: object) -> Site:
    """The NEMA dual ring: lefts 1 3 5 7 with 4.5 s of clearance, throughs 2 6 with 5.5, 4 8 with 5.6; peds on the throughs."""
    left = {"min_green_ms": 5_000, "passage_ms": 2_000, "yellow_ms": 3_500, "red_clear_ms": 1_000}
    main = {"min_green_ms": 10_000, "passage_ms": 3_000, "yellow_ms": 4_000, "red_clear_ms": 1_500}
    side = {"min_green_ms": 8_000, "passage_ms": 2_500, "yellow_ms": 3_600, "red_clear_ms": 2_000}
    peds = {2: PedTiming(7_000, 15_000), 4: PedTiming(7_000, 14_000)}
    rows = [builders.phase(n, max_green_ms=20_000, **left) for n in (1, 3, 5, 7)]
    rows += [builders.phase(n, max_green_ms=25_000, ped=peds[2], **main) for n in (2, 6)]
    rows += [builders.phase(n, max_green_ms=25_000, ped=peds[4], dual_entry=True, **side) for n in (4, 8)]
    return builders.site(builders.rings("1 2 | 3 4", "5 6 | 7 8"), rows, intergreen=None, **changes)


SPLITS: dict[int, float] = {1: 16, 2: 34, 3: 18, 4: 32, 5: 16, 6: 34, 7: 18, 8: 32}


def coordinated(**how: object) -> Site:
    """`dual` that runs `SPLITS` in 100 s all day, offset 0, coordinated on 2 and 6."""
    return runs(dual(), plan(SPLITS, Coordination(MAIN, **how)))  # type: ignore[arg-type]


def one_ring() -> Site:
    """Four phases in one ring, 4 s of clearance each, so that 25 s of split are 21 s of green."""
    rows = [
        builders.phase(
            n, min_green_ms=5_000, passage_ms=1_000, max_green_ms=60_000, yellow_ms=3_000, red_clear_ms=1_000
        )
        for n in (1, 2, 3, 4)
    ]
    return builders.site(builders.rings("1 2 3 4"), rows)
