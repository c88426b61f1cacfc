"""How long one decision of the rolling-horizon search takes: 4 stages with 8 lanes, and 8 phases in a dual ring with 16 lanes.

Run it from the repository: `python bench/optimise.py [--decisions N]`. Queues and arrivals are drawn at random for each
decision, at a flow that fills the junction; the green has had its minimum, so that everything may be begun. What is timed
is `RollingHorizon.advise` alone, numpy and no compiled extras, by the wall and by the thread's own time on the processor.

The estimate for a Cortex-A72 (Raspberry Pi 4, compute module 4) is the processor time here times `A72`. Nobody has measured
it there.
"""

import argparse
import platform
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter_ns, thread_time_ns

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from edge.adaptive.forecast import Forecast, LaneForecast, Service
from edge.adaptive.optimiser import HORIZON_S, RollingHorizon
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.observation import Observation, PhaseSeen
from edge.model.units import PhaseNumber
from tests.builders import phase, rings, site

A72 = 6.0
"""How much slower one core of a Cortex-A72 at 1.5 GHz is in interpreted and small-array work than a server's core of 2020:
single-core Geekbench 5 of about 200 against 1 200. The upper end of 4 to 6 in adaptive-control, section 4."""

TARGET_MS = {"here p99": 100.0, "A72 p99": 400.0}
SITES = {
    "4 stages, 8 lanes": (("1 2 3 4",), 2),
    "8 phases, 16 lanes": (("1 2 | 3 4", "5 6 | 7 8"), 2),
}


def main() -> None:
    """Time both sites and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=200)
    decisions = parser.parse_args().decisions
    print(f"{platform.machine()}, Python {platform.python_version()}; {decisions} decisions each, all in full")
    for name, (rows, lanes_each) in SITES.items():
        walls, own = timed(rows, lanes_each, decisions)
        wall, cpu = figures(walls), figures(own)
        print(
            f"{name}: wall p50 {wall[0]:.1f} p99 {wall[1]:.1f} ms; processor p50 {cpu[0]:.1f} p99 {cpu[1]:.1f} ms",
            end="",
        )
        print(f"; Cortex-A72, estimated: p50 {A72 * cpu[0]:.0f} p99 {A72 * cpu[1]:.0f} ms")


def figures(took: list[float]) -> tuple[float, float]:
    """p50 and p99."""
    row = sorted(took)
    return row[len(row) // 2], row[min(len(row) - 1, len(row) * 99 // 100)]


def timed(rows: tuple[str, ...], lanes_each: int, decisions: int) -> tuple[list[float], list[float]]:
    """Milliseconds by the wall and on the processor, for each decision."""
    sequence = rings(*rows)
    built = site(sequence, [phase(n, min_green_ms=5_000, yellow_ms=4_000, red_clear_ms=1_000) for n in sequence.phases])
    lanes = [lane(p, k) for p in built.phases for k in range(lanes_each)]
    search, dice = RollingHorizon(built, lanes), random.Random(1)
    walls, own = [], []
    for n in range(decisions):
        stage = dice.choice(search.stages)
        seen = standing(n * 1000 + 100_000, built.phases, stage)
        told = Forecast(seen.now, tuple(drawn(dice, one, search) for one in lanes))
        began, cpu = perf_counter_ns(), thread_time_ns()
        search.advise(seen, told)
        own.append((thread_time_ns() - cpu) / 1e6)
        walls.append((perf_counter_ns() - began) / 1e6)
    return walls, own


def lane(number: PhaseNumber, place: int) -> Lane:
    """One lane of a phase."""
    movement = Movement(Turn.THROUGH, frozenset({number}))
    return Lane(LaneName(f"{number}/{place}"), str(number), (movement,))


def drawn(dice: random.Random, one: Lane, search: RollingHorizon) -> LaneForecast:
    """A lane with up to a dozen vehicles in it and eight seconds of known arrivals."""
    rate = dice.uniform(0.02, 0.16)
    known = [float(dice.random() < rate) for _ in range(8)]
    table = {stage: Service(0.5, 0.5) for stage in search.stages if one.phases & stage}
    arrivals = (*known, *([rate] * (HORIZON_S - len(known))))
    return LaneForecast(one.name, float(dice.randint(0, 12)), arrivals, rate, table, waiting_s=dice.uniform(0, 60))


def standing(now: int, phases: Iterable[PhaseNumber], stage: frozenset[PhaseNumber]) -> Observation:
    """The stage in extension, everybody else red."""
    rows = tuple(_seen(n, now, green=n in stage) for n in phases)
    return Observation(now, Mode.RUN, rows)


def _seen(number: PhaseNumber, now: int, *, green: bool) -> PhaseSeen:
    interval = Interval.EXTENSION if green else Interval.RED
    return PhaseSeen(
        number,
        interval,
        now - 2_000,
        PedInterval.DONT_WALK,
        0,
        vehicle_call=not green,
        ped_call=False,
        waiting_since_ms=None,
        minimum_left_ms=0,
        max_left_ms=None,
        gapped=False,
    )


if __name__ == "__main__":
    main()
