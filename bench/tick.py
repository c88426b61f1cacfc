"""How long one whole tick takes: step, check, permit, for 8 phases and 64 detectors with traffic on all of them, and for
16 phases in 4 rings with as many detectors, every one of them flickering at random.

Run it from the repository: `python bench/tick.py [--site FILE] [--runs N] [--ticks N]`. What is timed is
`edge.tick.Tick.advance` alone; the traffic model feeds it outside the stop-watch. Each run is another seed; the figures
are the median over the runs with the least and the greatest of them behind.

Two clocks: the wall, by which the targets are judged, and the thread's own time on the processor. Where only the wall is
late, another program had the processor; run it again on a quiet computer.
"""

import argparse
import gc
import platform
import random
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter_ns, thread_time_ns

from edge.check import check_file
from edge.model.detectors import Detector, InputRef, InputSample
from edge.model.exchange import Inputs, Mode
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


def wide_site() -> Site:
    """16 phases in 4 rings of two barrier groups, a walk beside every second phase, 64 detectors: the largest there is."""
    phases, channels, permissive, loops, buttons = [], [], [], [], []
    rings = ["1 2 | 3 4", "5 6 | 7 8", "9 10 | 11 12", "13 14 | 15 16"]
    for p in range(1, 17):
        walk = "" if p % 2 else ", walk: 7, ped_clear: 10"
        phases.append(
            f"  {p}: {{move: m{p}, min_green: {5 + p % 3}, passage: 2.{p % 10}, max_green: {20 + p}, yellow: 3.{p % 5}, "
            f"red_clear: 1.{p % 4}{walk}}}"
        )
        wires = f"[{3 * p}, {3 * p + 1}, {3 * p + 2}]"
        channels.append(f"  {p}: {{phase: {p}, output: cab, wires: {wires}, flash: red}}")
        if not p % 2:
            channels.append(f"  {16 + p // 2}: {{ped: {p}, output: cab, wires: [{100 + p}, {101 + p}], flash: dark}}")
            buttons.append(f"  {p}: {{input: loops.p{p}, phase: {p}}}")
        loops += [f"  {4 * p - k}: {{input: loops.{4 * p - k}, phase: {p}, kind: stopbar}}" for k in range(4)]
    phase_of = {c: c for c in range(1, 17)} | {16 + p // 2: p for p in range(2, 17, 2)}
    for a in phase_of:
        beside = [b for b in phase_of if a < b and _beside(phase_of[a], phase_of[b])]
        permissive += [f"    {a}: {beside}"] if beside else []
    splits = ", ".join(f"{p}: 30" for p in range(1, 17))
    rows = "\n".join(f'  - "{ring}"' for ring in rings)
    sections = [
        "schema: 1\nintersection: {id: 1, name: wide, timezone: UTC, sheet: {revision: a, date: 2026-01-01}}",
        f"rings:\n{rows}\noptions: {{dual_entry: [2, 4, 6, 8, 10, 12, 14, 16]}}",
        "phases:",
        *phases,
        "io: {loops: {driver: mock}, cab: {driver: mock}}\ndetectors:",
        *loops,
        "ped_buttons:",
        *buttons,
        "channels:",
        *channels,
        "conflicts:\n  min_yellow: 3.0\n  min_yellow_and_red: 4.0\n  permissive:",
        *permissive,
        f"plans: {{1: {{name: a, cycle: 120, splits: {{{splits}}}}}}}",
        "schedule: [{days: daily, at: 00:00, run: free}]\nfallback: {plan: 1}",
        "flash: {startup: {flash: 6, exit_yellow: 4, all_red: 6, start_in: [1, 5, 9, 13]}}\n",
    ]
    return _checked("\n".join(sections))


def _checked(text: str) -> Site:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        checked = check_file(Path(file.name))
    if checked.site is None:
        raise SystemExit("\n".join(str(problem) for problem in checked.problems))
    return checked.site


def _beside(p: int, q: int) -> bool:
    """Whether two phases of the wide site may run together: the same side of the barrier, another ring; or the same."""
    return p == q or ((p - 1) // 4 != (q - 1) // 4 and (p - 1) % 4 // 2 == (q - 1) % 4 // 2)


def flickering(site: Site, seed: int, ticks: int) -> tuple[list[float], list[float]]:
    """Like `one_run`, each detector changing in one tick of twenty: far more than traffic does."""
    tick, rng = Tick(site), random.Random(seed)
    on, count = dict.fromkeys(site.detectors, False), dict.fromkeys(site.detectors, 0)
    wall, processor = [], []
    for k in range(300 + ticks):
        now = k * TICK_MS
        for d in on:
            if rng.random() < 0.05:
                on[d] = not on[d]
                count[d] += on[d]
        inputs = Inputs(
            {d: InputSample(v, count[d], now) for d, v in on.items()},
            {b: InputSample(rng.random() < 0.01, 0, now) for b in site.buttons},
        )
        began, began_thread = perf_counter_ns(), thread_time_ns()
        result = tick.advance(now, inputs)
        ended_thread, ended = thread_time_ns(), perf_counter_ns()
        assert not result.verdict.violations
        assert k < 300 or result.decision.mode is Mode.RUN
        wall.append((ended - began) / 1000)
        processor.append((ended_thread - began_thread) / 1000)
    return sorted(wall[300:]), sorted(processor[300:])


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
    site, wide = with_detectors(checked.site, DETECTORS), wide_site()
    gc.collect()
    missed = report(site, [one_run(site, seed, chosen.ticks) for seed in range(1, chosen.runs + 1)], TARGET_US)
    report(wide, [flickering(wide, seed, chosen.ticks) for seed in range(1, chosen.runs + 1)], {})
    return int(missed)


def report(site: Site, runs: list[tuple[list[float], list[float]]], targets: Mapping[str, float]) -> bool:
    """Print the figures of one site; whether a target is missed."""
    print(
        f"one tick, {len(site.phases)} phases, {len(site.sequence.rings)} rings, {len(site.detectors)} detectors, "
        f"{len(site.channels)} channels; {len(runs)} runs of {len(runs[0][0])} ticks; "
        f"Python {platform.python_version()} on {platform.machine()}"
    )
    missed = False
    for name, share in (("p50", 0.50), ("p99", 0.99), ("p99.9", 0.999), ("most", 1.0)):
        by_wall, on_processor = ([_at(run[k], share) for run in runs] for k in (0, 1))
        target = targets.get(name)
        missed |= target is not None and median(by_wall) >= target
        print(f"  {name:5}  wall {spread(by_wall)}  processor {spread(on_processor)}" + _judged(by_wall, target))
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
