"""How long one whole tick takes: step, check, permit, for 8 phases and 64 detectors with traffic on all of them.

Run it from the repository: `python bench/tick.py [--site FILE] [--runs N] [--ticks N]`. What is timed is
`edge.tick.Tick.advance` alone; the traffic model feeds it outside the stop-watch. Each run is another seed; the figures
are the median over the runs with the least and the greatest of them behind.

Two clocks: the wall, by which the targets are judged, and the thread's own time on the processor. Where only the wall is
late, another program had the processor; run it again on a quiet computer.
"""

import argparse
import gc
import platform
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter_ns, thread_time_ns

from edge.check import check_file
from edge.model.detectors import Detector, InputRef
from edge.model.exchange import Inputs
from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.units import TICK_MS, ChannelNumber, DetectorNumber
from edge.sim.demand import Demand
from edge.sim.run import later, local_start
from edge.sim.simulate import START_LOCAL_MS
from edge.sim.traffic import Plant
from edge.tick import Tick

SITE = Path(__file__).resolve().parent.parent / "config" / "dual-ring-8phase.yaml"
DETECTORS = 64
TARGET_US = {"p50": 300.0, "p99": 2000.0}


def with_detectors(site: Site, count: int) -> Site:
    """The site with its detectors repeated, side by side, until there are `count` of them."""
    rows = [site.detectors[number] for number in sorted(site.detectors)]
    wide = {DetectorNumber(k + 1): _copy(rows[k % len(rows)], k + 1) for k in range(count)}
    return replace(site, detectors=wide)


def _copy(row: Detector, number: int) -> Detector:
    return replace(row, number=DetectorNumber(number), input=InputRef(row.input.device, f"bench{number}"), partner=None)


def one_run(site: Site, seed: int, ticks: int) -> tuple[list[float], list[float]]:
    """Microseconds of each tick by the wall and on the processor, each ascending, once the start-up is over."""
    tick, plant = Tick(site), Plant(site, Demand.BALANCED, seed)
    start = local_start(START_LOCAL_MS, site.timezone)
    warm_up = (site.start_up.flash_ms + site.start_up.exit_yellow_ms + site.start_up.all_red_ms) // TICK_MS + 50
    shown: dict[ChannelNumber, Indication] = {}
    wall, processor = [], []
    for k in range(warm_up + ticks):
        now = k * TICK_MS
        heard = plant.step(now, shown)
        inputs = Inputs(heard.detectors, heard.buttons, later(start, now))
        began, began_thread = perf_counter_ns(), thread_time_ns()
        result = tick.advance(now, inputs)
        ended_thread, ended = thread_time_ns(), perf_counter_ns()
        wall.append((ended - began) / 1000)
        processor.append((ended_thread - began_thread) / 1000)
        shown = dict(result.verdict.permitted.shown)
    return sorted(wall[warm_up:]), sorted(processor[warm_up:])


def _at(ascending: list[float], share: float) -> float:
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))]


def _judged(by_wall: list[float], target: float | None) -> str:
    if target is None:
        return ""
    return f"  target < {target:.0f} µs{': MISSED' if median(by_wall) >= target else ''}"


def spread(values: list[float]) -> str:
    """`median [least … greatest]`."""
    return f"{median(values):7.1f} µs  [{min(values):.1f} … {max(values):.1f}]"


def main(arguments: list[str]) -> int:
    """Print the figures; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description="Time one whole tick.")
    parser.add_argument("--site", type=Path, default=SITE)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--ticks", type=int, default=10_000)
    chosen = parser.parse_args(arguments)
    checked = check_file(chosen.site)
    if checked.site is None:
        print(f"{chosen.site}: the site file is refused — run: stopline check {chosen.site}", file=sys.stderr)
        return 78
    site = with_detectors(checked.site, DETECTORS)
    gc.collect()
    runs = [one_run(site, seed, chosen.ticks) for seed in range(1, chosen.runs + 1)]
    print(
        f"one tick, {len(site.phases)} phases, {len(site.detectors)} detectors, {len(site.channels)} channels; "
        f"{chosen.runs} runs of {chosen.ticks} ticks; Python {platform.python_version()} on {platform.machine()}"
    )
    missed = False
    for name, share in (("p50", 0.50), ("p99", 0.99), ("p99.9", 0.999), ("most", 1.0)):
        by_wall, on_processor = ([_at(run[k], share) for run in runs] for k in (0, 1))
        target = TARGET_US.get(name)
        missed |= target is not None and median(by_wall) >= target
        print(f"  {name:5}  wall {spread(by_wall)}  processor {spread(on_processor)}" + _judged(by_wall, target))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
