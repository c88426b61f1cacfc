"""How far shadow may be believed: the gain it tells from plain actuation's hour, beside the gain of really acting in SUMO.

Each scenario runs twice: under plain actuation, watched as in `advise`, and under adaptive timing. Shadow judges the quarters
of the first run from its loop edges alone; what SUMO's tripinfo says of both is the truth.

    PYTHONPATH=bench python bench/shadow.py [--only NAME]… [--sumocfg NET.sumocfg=NET.net.xml]… [--seconds S]
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from estimation import scenarios, site_of

from edge.adaptive.evidence import Evidence, Gain, Quarter
from edge.adaptive.shadow_stretch import AFTER_MS, BEFORE_MS, QUARTER_MS
from edge.eventlog.decision_blocks import Decided
from edge.model.advice import Advice
from edge.model.observation import Observation
from edge.model.site import Site
from edge.optimiser.shadow import Case, judge
from edge.sim.advising import Advises, adaptive_layer
from edge.sim.simulate import Strategy
from edge.sim.sumo.run import SumoSetting, simulate_sumo


@dataclass
class Watched:
    """Asks for nothing, so that plain actuation runs, and remembers what it was told."""

    site: Site
    seconds: list[Decided] = field(default_factory=list)

    def advise(self, seen: Observation) -> Advice:
        """One second."""
        self.seconds.append(Decided(seen, Advice(seen.now)))
        return self.seconds[-1].advice


def delay_of(config: Path, sites: Sequence[Path], seconds: int, *, act: bool) -> tuple[float, list[Watched]]:
    """SUMO's delay a vehicle, and what was told at each junction."""
    watched: list[Watched] = []

    def layer(site: Site) -> Advises:
        if act:
            return adaptive_layer(site)
        watched.append(Watched(site))
        return watched[-1]

    setting = SumoSetting(config, Strategy.ADAPTIVE, seed=1, duration_ms=1000 * seconds)
    report = simulate_sumo([site_of(path) for path in sites], setting, layer)
    return float(str(report.as_dict()["delay_s"])), watched


def quarters(watched: Watched) -> Iterator[Quarter]:
    """Every quarter that can be judged."""
    rows = watched.seconds
    from_ms = rows[0].seen.now + BEFORE_MS
    while from_ms + QUARTER_MS + AFTER_MS <= rows[-1].seen.now:
        near = [d for d in rows if from_ms - BEFORE_MS <= d.seen.now <= from_ms + QUARTER_MS + AFTER_MS]
        for found in judge(Case(watched.site, tuple(near), from_ms), lambda: adaptive_layer(watched.site)):
            if found is not None:
                yield found
        from_ms += QUARTER_MS


def told(name: str, actuated: float, adaptive: float, found: Sequence[Quarter]) -> str:
    """What is said of a scenario."""
    truth = 100 * (1 - adaptive / actuated)
    lines = [
        f"{name}: SUMO {actuated:.1f} s actuated, {adaptive:.1f} s adaptive: gain {truth:+.1f} %",
        *map(row, found),
    ]
    book = Evidence(found)
    gains = [g for which in book.bins for g in [book.figures(which).over_actuated] if g is not None]
    return "\n".join([*lines, *(f"  shadow: {gain_text(g)}" for g in gains)])


def row(q: Quarter) -> str:
    """One quarter."""
    trials = f"actuated {q.actuated_s:5.1f} fixed {q.fixed_s or 0:5.1f} adaptive {q.advised_s or 0:5.1f}"
    model = f"done {q.done_s:5.1f} measured {q.measured_s:5.1f}  chi2 {q.chi2:5.1f}/{q.freedom} clear {q.clear_s:.1f} s"
    return f"  {q.vehicles:4} vehicles: {trials}  {model}"


def gain_text(gain: Gain) -> str:
    """`+21.3 % ± 2.0`."""
    return f"gain {100 * gain.mean:+.1f} % ± {100 * gain.error:.1f}"


def main(arguments: Sequence[str]) -> int:
    """Print what came of each scenario."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", help="a scenario by its name")
    parser.add_argument("--sumocfg", action="append", default=[], help="another one: FILE.sumocfg=FILE.net.xml")
    parser.add_argument("--seconds", type=int, default=3600)
    asked = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="stopline-") as folder:
        for name, config, sites in scenarios(Path(folder), asked.only, asked.sumocfg):
            actuated, watched = delay_of(config, sites, asked.seconds, act=False)
            began = time.process_time()
            found = [quarter for one in watched for quarter in quarters(one)]
            cost = (time.process_time() - began) / max(1, len(found))
            adaptive, _ = delay_of(config, sites, asked.seconds, act=True)
            print(told(name, actuated, adaptive, found))
            print(f"  {cost:.0f} s of a processor for a quarter, {100 * cost / 900:.1f} % of one", flush=True)
            if found:
                print(f"  model under what was done: {mean(q.done_s / q.measured_s for q in found):.2f} x measured")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
