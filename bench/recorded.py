"""A recorded signal against the engine: the same detectors and push-buttons, the greens of both compared phase by phase.

Run it from the repository: `make recorded`, or `python bench/recorded.py [LOG] [--site FILE] [--json]`. The log
is two hours of signal 1136 of the Oregon DOT, lent beside this repository (../shared/data); where it is absent this says
so and ends well. It is open loop: the recorded vehicles came to the recorded greens, and no vehicle reacts to ours. What
the figures mean is written in docs/peers.md.

A green of ours belongs to the recorded one of its phase that began nearest, within half a cycle.
"""

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from greens import Green, compared, show

from edge.check import check_file
from edge.eventlog.export import LogRow, read_csv
from edge.model.coordination import Coordination
from edge.model.plans import FixedPlan, Run, RunKind, ScheduleEntry
from edge.model.site import Site
from edge.model.units import MINUTE_MS, PhaseNumber, PlanNumber
from edge.sim.replay import replay_log

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT.parent / "shared" / "data" / "odot-1136-2024-04-15.csv"
SITE = ROOT / "config" / "odot-1136.yaml"
PLAN = FixedPlan(
    PlanNumber(2),
    "as recorded",
    cycle_ms=75_000,
    offset_ms=45_000,
    splits={PhaseNumber(2): 49_000, PhaseNumber(5): 19_000, PhaseNumber(6): 30_000, PhaseNumber(8): 26_000},
    coordination=Coordination((PhaseNumber(2), PhaseNumber(6))),
)
"""Read from the log, by points of a cycle of 75 s from midnight: 6 is forced off at 69.5 (93 of 98 greens), 5 at 13.5 (35
times), 8 at 39 (twice), and the vendor's codes say cycle 75 and offset 45 (316, 318), where the green of 6 begins in time.
The site file could not say it: `check` wants a split that holds the walk of 6, 39.5 s, and the recorded signal has 30."""
SETTLED_MS = 5 * MINUTE_MS
"""From the first event on: our start-up and the first cycles are not compared."""
HALF_CYCLE_MS = 37_500
REASONS = {4: "gap", 5: "max", 6: "force"}


def greens(rows: Iterable[LogRow], settled: int) -> dict[int, list[Green]]:
    """The greens of each phase, from 1 to 7 or 8, with the reason that was logged (none: another phase's)."""
    begun: dict[int, int] = {}
    why: dict[int, str] = {}
    found: dict[int, list[Green]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: (r.local_ms, r.code == 1, r.code)):
        if row.code == 1:
            begun[row.parameter] = row.local_ms
            why.pop(row.parameter, None)
        elif row.code in REASONS:
            why[row.parameter] = REASONS[row.code]
        elif row.code in {7, 8} and row.parameter in begun:
            start = begun.pop(row.parameter)
            if start >= settled:
                found[row.parameter].append(Green(start, row.local_ms, why.pop(row.parameter, "none")))
    return found


def running(site: Site, plan: FixedPlan | None) -> Site:
    """The site with one plan, or none, all day."""
    run = Run(RunKind.FREE) if plan is None else Run(RunKind.PLAN, plan.number)
    plans = site.plans if plan is None else {**site.plans, plan.number: plan}
    return replace(site, plans=plans, schedule=(ScheduleEntry(frozenset(range(7)), 0, run),))


def compare(site: Site, log: Path, plan: FixedPlan | None) -> dict[str, dict[str, object]]:
    """Every phase of one run."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "ours.csv"
        report = replay_log(running(site, plan), log, out)
        theirs, own = list(read_csv(log)), list(read_csv(out))
    assert not report.violations, report.violations
    settled = min(row.local_ms for row in theirs) + SETTLED_MS
    recorded, ours = greens(theirs, settled), greens(own, settled)
    return {str(p): compared(recorded[p], ours[p], HALF_CYCLE_MS) for p in sorted(site.phases)}


def main(arguments: list[str]) -> int:
    """Free and coordinated, one after the other."""
    parser = argparse.ArgumentParser(description="Compare the engine with a recorded signal.")
    parser.add_argument("log", type=Path, nargs="?", default=LOG)
    parser.add_argument("--site", type=Path, default=SITE)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    if not chosen.log.exists():
        print(f"{chosen.log} is not here: the recorded log is lent, not part of the repository. Give its path.")
        return 0
    site = check_file(chosen.site).site
    if site is None:
        print(f"{chosen.site}: the site file is refused — run: stopline check {chosen.site}", file=sys.stderr)
        return 78
    runs = {name: compare(site, chosen.log, plan) for name, plan in (("free", None), ("coordinated", PLAN))}
    if chosen.json:
        print(json.dumps({"v": 1, "log": chosen.log.name, "runs": runs}, indent=1))
    else:
        for name, phases in runs.items():
            show(name, phases)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
