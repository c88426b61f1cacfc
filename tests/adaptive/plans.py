"""Hand-made forecasts and observations for the optimiser, and every plan of a tiny crossing tried one by one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from edge.adaptive.forecast import Forecast, LaneForecast, Service, Stage
from edge.adaptive.optimiser import RollingHorizon
from edge.adaptive.street import RED_LEFT_S, STOP_S, YELLOW_USED_S
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.observation import Observation, PhaseSeen
from edge.model.phases import PedTiming
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber
from tests.builders import phase, rings, site

RATE = 0.5
HORIZON_S = 60


def of(*numbers: int) -> Stage:
    return frozenset(PhaseNumber(n) for n in numbers)


def lane(number: int) -> Lane:
    """The one lane of a phase."""
    return Lane(LaneName(f"L{number}"), f"A{number}", (Movement(Turn.THROUGH, of(number)),))


def crossing(count: int = 2) -> Site:
    """A single ring: minimum 5 s, yellow 3 s, red 1 s, a lane for every phase; phase 2 has a walk of 12 s in all."""
    rows = [phase(n, min_green_ms=5_000, yellow_ms=3_000, red_clear_ms=1_000) for n in range(1, count + 1)]
    rows[1] = replace(rows[1], ped=PedTiming(5_000, 7_000))
    return site(rings(" ".join(str(n + 1) for n in range(count))), rows)


def dual() -> Site:
    """The eight phases of a dual ring, all with the same times."""
    rows = [phase(n, min_green_ms=5_000, yellow_ms=3_000, red_clear_ms=1_000) for n in range(1, 9)]
    return site(rings("1 2 | 3 4", "5 6 | 7 8"), rows)


@cache
def shared(count: int) -> tuple[Site, tuple[Lane, ...]]:
    built = dual() if count == 8 else crossing(count)
    return built, tuple(lane(n) for n in built.phases)


def optimiser(count: int = 2) -> RollingHorizon:
    """One that has seen nothing yet; of eight phases: of a dual ring."""
    built, lanes = shared(count)
    return RollingHorizon(built, lanes)


def expected(
    number: int, stages: Sequence[Stage], queue: float = 0.0, come: Mapping[int, float] | None = None, rate: float = 0.0
) -> LaneForecast:
    """The lane of a phase: its queue, and who comes in which second."""
    arrivals = tuple((come or {}).get(second, rate) for second in range(HORIZON_S))
    table = {stage: Service(RATE, RATE) for stage in stages if PhaseNumber(number) in stage}
    return LaneForecast(LaneName(f"L{number}"), queue, arrivals, rate, table)


def forecast(
    adviser: RollingHorizon,
    queues: Mapping[int, float],
    now: Ms = 0,
    come: Mapping[int, Mapping[int, float]] | None = None,
) -> Forecast:
    """Queues by phase, and who comes, by phase and second."""
    phases = sorted({p for stage in adviser.stages for p in stage})
    come = come or {}
    return Forecast(now, tuple(expected(p, adviser.stages, queues.get(p, 0.0), come.get(p)) for p in phases))


def standing(
    site: Site, now: Ms, greens: Mapping[int, Ms], walks: Mapping[int, Ms] | None = None, **changes: object
) -> Observation:
    """`greens`: phases in green with what is left of their minimum; `walks`: waiting pedestrians with their wait, ms."""
    walks = walks or {}
    rows = tuple(_seen(n, now, greens.get(n), walks.get(n)) for n in site.phases)
    return replace(Observation(now, Mode.RUN, rows), **changes)  # type: ignore[arg-type]


def _seen(number: PhaseNumber, now: Ms, left_ms: Ms | None, waits_ms: Ms | None) -> PhaseSeen:
    interval = Interval.RED if left_ms is None else Interval.MIN_GREEN if left_ms else Interval.EXTENSION
    return PhaseSeen(
        number,
        interval,
        now if interval is Interval.EXTENSION else now - 1_000,
        PedInterval.DONT_WALK,
        now - 90_000,
        vehicle_call=left_ms is None,
        ped_call=waits_ms is not None,
        waiting_since_ms=None if waits_ms is None else now - waits_ms,
        minimum_left_ms=left_ms or 0,
        max_left_ms=None,
        gapped=False,
    )


# ── every plan of two stages, one by one ────────────────────────────────────────────────────────


def all_plans(seconds: int, minimum_s: int = 5, clearance_s: int = 4) -> Iterator[tuple[int, ...]]:
    """The seconds in which greens end, in turn; the first stage may end at once."""

    def after(ends: tuple[int, ...], free: int) -> Iterator[tuple[int, ...]]:
        yield ends
        for second in range(free, seconds):
            yield from after((*ends, second), second + clearance_s + minimum_s)

    yield from after((), 0)


def cost_of(
    ends: Sequence[int], queues: Sequence[float], come: Sequence[Mapping[int, float]], seconds: int, change_cost: float
) -> float:
    """What the model of the search says of one plan: told again, without arrays, for two lanes and two stages."""
    cost, loads = change_cost * len(ends), list(queues)
    for second in range(seconds):
        for k in range(2):
            share = _share(ends, k, second)
            arrived = come[k].get(second, 0.0)
            floor = -(1.0 - RATE) if share > 0 else 0.0
            load = max(loads[k], floor)
            if load > 0.6 or not share:
                cost += STOP_S * arrived
            loads[k] = max(load + arrived - RATE * share, floor)
            cost += max(loads[k], 0.0)
    for k in range(2):
        load = max(loads[k], 0.0)
        cost += load * load / (2 * RATE) + load * (1.0 if _share(ends, k, seconds) else RED_LEFT_S)
    return cost


def _share(ends: Sequence[int], k: int, second: int, clearance_s: int = 4, loss_s: float = 1.0) -> float:
    """Which share of a second lane `k` is served."""
    best = 0.0
    for turn in range(len(ends) + 1):
        if turn % 2 != k:
            continue
        begins = -99.0 if turn == 0 else ends[turn - 1] + clearance_s + loss_s
        over = ends[turn] + YELLOW_USED_S if turn < len(ends) else 999.0
        best = max(best, min(second + 1.0, over) - max(float(second), begins))
    return min(max(best, 0.0), 1.0)
