"""How far the estimator is from the truth: queues by lane and second, against what SUMO knows of its vehicles.

Only this file looks at SUMO's vehicles; the estimator gets what the controller sees. Two truths: `late`, vehicles in the lane
that would have left it at free speed (what the optimiser's queue means), and `still`, vehicles slower than 2 m/s.

    PYTHONPATH=bench python bench/estimation.py [--only NAME]… [--sumocfg NET.sumocfg=NET.net.xml]… [--broken KIND]… [--act]
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from traffic.ours import stopline
from traffic.peers import run
from traffic.scenarios import VAR, given
from traffic.sites import import_site
from traffic.sumo_files import write_config

from edge.adaptive.estimator import LoopEstimator
from edge.adaptive.lane_state import LaneState
from edge.config.read import read_site
from edge.model.advice import Advice
from edge.model.lanes import Lane
from edge.model.observation import Observation
from edge.model.site import Site
from edge.model.units import DetectorNumber
from edge.sim.advising import Advises, adaptive_layer
from edge.sim.simulate import Strategy
from edge.sim.sumo.run import SumoSetting, simulate_sumo

STILL_MS = 2.0
"""A vehicle that is slower stands or crawls."""

SEEN_FROM_M = 160.0
"""From so far the time at the stop line at free speed is reckoned."""

SLOWEST_PART = 0.6
"""Of the speed limit: the least that is taken for a free speed."""

WARM_S = 300
"""Not compared: the street fills and the estimator learns."""


@dataclass
class Errors:
    """Of one lane: estimate less truth, each second."""

    late: list[float] = field(default_factory=list)
    still: list[float] = field(default_factory=list)
    truth: list[int] = field(default_factory=list)
    source: str = "loops"


class Judge:
    """Compares the estimator of one site with the vehicles, while the adviser that acts, if any, does its work."""

    def __init__(self, site: Site, broken: Callable[[Lane, DetectorNumber], bool], acting: Advises | None) -> None:
        self.site = site
        self.estimator = LoopEstimator(site)
        self.bad = {n: "broken" for lane in self.estimator.lanes for n in loops(lane) if broken(lane, n)}
        self.errors = {lane.name: Errors() for lane in self.estimator.lanes}
        self._acting = acting
        self._due: dict[str, float] = {}
        self._seconds = 0
        self._streets: dict[str, Streets] = {}

    def advise(self, seen: Observation) -> Advice:
        """One second of the run."""
        self.estimator.see(seen, self.bad)
        self._seconds += 1
        forecast = self.estimator.forecast([], 1) if self._seconds == WARM_S else None
        for row in forecast.lanes if forecast else ():
            self.errors[row.lane].source = row.source
        for name, state in self.estimator.states.items():
            self._compare(self.errors[name], state, seen)
        return self._acting.advise(seen) if self._acting else Advice(seen.now)

    def vehicles(self, lane: Lane) -> list[tuple[str, float, float]]:
        """Each vehicle of a lane back to its advance loop: its name, metres to the stop line, speed."""
        if lane.name not in self._streets:  # SUMO did not run yet when this was made
            self._streets[lane.name] = streets_of(self.site, lane)
        return list(vehicles(self._streets[lane.name]))

    def _compare(self, errors: Errors, state: LaneState, seen: Observation) -> None:
        here = self.vehicles(state.lane)
        clock = seen.now / 1000
        for vehicle, metres, speed in here:
            if vehicle not in self._due and metres < SEEN_FROM_M:
                free = max(speed, SLOWEST_PART * state.lane.speed_kmh / 3.6)
                self._due[vehicle] = clock + metres / free
        if self._seconds <= WARM_S:
            return
        still = sum(speed < STILL_MS for _, _, speed in here)
        queue = state.queue(seen.now)
        errors.late.append(queue - sum(self._due.get(vehicle, clock + 1) <= clock for vehicle, _, _ in here))
        errors.still.append(queue - still)
        errors.truth.append(still)


def loops(lane: Lane) -> tuple[DetectorNumber, ...]:
    """Both kinds."""
    return (*lane.stopbar, *lane.advance)


@dataclass(frozen=True)
class Streets:
    """Where a lane lies in SUMO: its lane at the stop line, those behind it back to its advance loop, and its links."""

    tls: str
    at_line: str
    behind: tuple[str, ...]
    links: frozenset[int]


def streets_of(site: Site, lane: Lane) -> Streets:
    """Find them by the lane's loops."""
    assert site.sumo is not None
    at_line = site.sumo.loops[loops(lane)[0]][0].lane
    behind = {place.lane for n in lane.advance for place in site.sumo.loops[n]} - {at_line}
    links = libsumo().trafficlight.getControlledLinks(site.sumo.tls)
    mine = frozenset(i for i, link in enumerate(links) if any(one[0] == at_line for one in link))
    return Streets(site.sumo.tls, at_line, tuple(sorted(behind)), mine)


def vehicles(place: Streets) -> Iterable[tuple[str, float, float]]:
    """Each vehicle: its name, metres to the stop line, speed. Behind the last fork only those that are coming this way."""
    sumo = libsumo()
    length = sumo.lane.getLength(place.at_line)
    for one in sumo.lane.getLastStepVehicleIDs(place.at_line):
        yield one, length - sumo.vehicle.getLanePosition(one), sumo.vehicle.getSpeed(one)
    for lane in place.behind:
        for one in sumo.lane.getLastStepVehicleIDs(lane):
            tls, link, metres, _ = (*sumo.vehicle.getNextTLS(one), ("", -1, 0.0, ""))[0]
            if tls == place.tls and link in place.links:
                yield one, metres, sumo.vehicle.getSpeed(one)


def libsumo() -> Any:  # noqa: ANN401 - libsumo has no types
    """SUMO in this process."""
    import libsumo as found  # noqa: PLC0415 - in the benchmark's environment only

    return found


# ── runs ────────────────────────────────────────────────────────────────────────────────────────

BROKEN: Mapping[str, Callable[[Lane, DetectorNumber], bool]] = {
    "none": lambda _lane, _number: False,
    "advance": lambda lane, number: number in lane.advance,
    "stopbar": lambda lane, number: number in lane.stopbar,
    "lane": lambda lane, _number: lane.name.endswith("1"),
}
"""Which loops are not believed: those of one kind, or both of every first lane."""


def judged(config: Path, sites: Sequence[Path], broken: str, seconds: int, *, act: bool) -> list[Judge]:
    """Run a scenario."""
    judges: list[Judge] = []

    def watch(site: Site) -> Judge:
        judges.append(Judge(site, BROKEN[broken], adaptive_layer(site) if act else None))
        return judges[-1]

    simulate_sumo(
        [site_of(path) for path in sites],
        SumoSetting(config, Strategy.ADAPTIVE, seed=1, duration_ms=1000 * seconds),
        watch,
    )
    return judges


def site_of(path: Path) -> Site:
    """Read a site file that we have written."""
    reading = read_site(path.read_text("utf-8"), str(path))
    assert reading.site is not None, reading
    return reading.site


def table(name: str, broken: str, judges: Iterable[Judge]) -> str:
    """A line for each lane, and one for all."""
    rows = [(lane, e) for judge in judges for lane, e in judge.errors.items() if e.late]
    lines = [line(f"  {lane:12} {e.source:8}", [e]) for lane, e in rows]
    return "\n".join([line(f"{name:12} {broken:8}  ", [e for _, e in rows]), *lines])


def line(label: str, errors: Sequence[Errors]) -> str:
    """Mean queue, and how far the estimate is from it."""
    late, still = (sorted(abs(v) for e in errors for v in getattr(e, kind)) for kind in ("late", "still"))
    late_bias, still_bias = (mean(v for e in errors for v in getattr(e, kind)) for kind in ("late", "still"))
    truth = mean(v for e in errors for v in e.truth)
    p95 = late[len(late) * 95 // 100]
    return (
        f"{label} queue {truth:5.2f}   late: MAE {mean(late):5.2f}  bias {late_bias:+5.2f}  p95 {p95:4.1f}"
        f"   still: MAE {mean(still):5.2f}  bias {still_bias:+5.2f}"
    )


def main(arguments: Sequence[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", help="a scenario by its name")
    parser.add_argument("--sumocfg", action="append", default=[], help="another one: FILE.sumocfg=FILE.net.xml")
    parser.add_argument("--broken", action="append", choices=BROKEN, help="loops that are not believed")
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--act", action="store_true", help="adaptive acts; else plain actuation runs")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="stopline-") as folder:
        for name, config, sites in scenarios(Path(folder), asked.only, asked.sumocfg):
            for broken in asked.broken or ["none"]:
                print(table(name, broken, judged(config, sites, broken, asked.seconds, act=asked.act)), flush=True)
    return 0


def scenarios(
    folder: Path, only: Sequence[str] | None, others: Iterable[str]
) -> Iterable[tuple[str, Path, list[Path]]]:
    """Name, configuration and site files of what is asked for."""
    for scenario in given():
        if not scenario.there:
            print(f"{scenario.name} is not here; nets are lent, not part of the repository.")
        elif only is None or scenario.name in only:
            site = import_site(stopline(), scenario, VAR / "estimation" / f"{scenario.name}.yaml")
            yield scenario.name, write_config(folder / scenario.name, scenario, 1, 1.0), [site]
    for other in others:
        config, _, net = other.partition("=")
        sites = folder / Path(net).stem
        run([stopline(), "import", "sumo", net, "--all", "-o", str(sites)])
        yield Path(config).stem, Path(config), sorted(sites.glob("*.yaml"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
