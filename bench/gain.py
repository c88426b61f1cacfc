"""What actuation gains over the site's own fixed plan, on the built-in traffic model, for every named demand.

Run it from the repository: `python bench/gain.py [--site FILE] [--seeds N] [--minutes N]`. The same vehicles arrive under
both strategies, so each seed gives one ratio of mean delays (actuated / fixed; below 1 is a gain); printed are mean and
standard deviation over the seeds, for vehicles and for pedestrians, losing cases included. The fixed plan is the one of
the site file, not a searched one, and the traffic model is our own: this is no evidence about a street.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from statistics import mean, stdev

from edge.check import check_file
from edge.model.site import Site
from edge.model.units import MINUTE_MS
from edge.sim.demand import Demand
from edge.sim.simulate import Setting, SimReport, Strategy, simulate

SITE = Path(__file__).resolve().parent.parent / "config" / "dual-ring-8phase.yaml"


def ran(site: Site, strategy: Strategy, demand: Demand, seed: int, minutes: int) -> SimReport:
    """One run; a violation of the monitor ends the benchmark."""
    report = simulate(site, Setting(strategy, demand, seed, minutes * MINUTE_MS))
    if report.violations:
        raise SystemExit(f"{strategy.value}, {demand.value}, seed {seed}: {report.violations[0]}")
    return report


def spread(ratios: Iterable[float]) -> str:
    """`0.61 ± 0.03`."""
    found = list(ratios)
    return f"{mean(found):.2f} ± {stdev(found):.2f}" if len(found) > 1 else f"{found[0]:.2f}"


def main() -> None:
    """Print one row a demand."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--site", type=Path, default=SITE)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--minutes", type=int, default=60)
    asked = options.parse_args()
    site = check_file(asked.site).site
    if site is None:
        raise SystemExit(f"{asked.site} is not a site file that may run: stopline check {asked.site}")
    print(f"{asked.site.name}: actuated / fixed plan {site.fallback.plan}, {asked.seeds} seeds of {asked.minutes} min")
    print(f"{'demand':<10} {'vehicle delay':>15} {'pedestrian wait':>16}  unserved actuated, fixed")
    for demand in Demand:
        pairs = [
            (
                ran(site, Strategy.ACTUATED, demand, k, asked.minutes),
                ran(site, Strategy.FIXED, demand, k, asked.minutes),
            )
            for k in range(1, asked.seeds + 1)
        ]
        delay = spread(a.traffic.total.delay_s / f.traffic.total.delay_s for a, f in pairs)
        wait = spread(a.traffic.pedestrians.mean_wait_s / f.traffic.pedestrians.mean_wait_s for a, f in pairs)
        unserved = [sum(r.traffic.total.unserved for r in side) for side in zip(*pairs, strict=True)]
        print(f"{demand.value:<10} {delay:>15} {wait:>16}  {unserved[0]}, {unserved[1]}")


if __name__ == "__main__":
    main()
