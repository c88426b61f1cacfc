"""How often the watch of loops is wrong, and how soon it is right: false alarms on healthy loops, and the time to each verdict.

Healthy seconds are recorded once (what the controller tells the adaptive layer), then watched as they are, and again with a
fault put on the wires of one loop or of a whole approach: open loop, the traffic does not react. Sources: two recorded hours
of signal 1136 of the Oregon DOT with its own lamps, the built-in traffic, and SUMO. What is absent is said and left out.

    python bench/health.py [--only NAME]… [--healthy] [--sumocfg SITE.yaml=CFG.sumocfg]… [--seconds S]
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

from edge.adaptive.health import LoopWatch
from edge.adaptive.health_evidence import Ill
from edge.adaptive.lanes import lanes_of
from edge.check import check_file
from edge.eventlog.export import LogRow, read_csv
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.advice import Advice
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.lanes import Lane
from edge.model.observation import LoopEdge, Observation, PhaseSeen
from edge.model.site import Site
from edge.model.units import MINUTE_MS, SECOND_MS, TICK_MS, DetectorNumber, Ms, PhaseNumber
from edge.sim.demand import Demand
from edge.sim.faults import FaultShape, FaultyWires, InjectedFault
from edge.sim.simulate import Setting, Strategy, simulate

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
LOG = DATA / "odot-1136-2024-04-15.csv"
BREAKS_S = (0, 900)
PATIENCE_S = 1500
"""A fault that was not found so long after it began counts as not found."""


@dataclass(frozen=True)
class Record:
    """Healthy seconds of one junction."""

    name: str
    lanes: tuple[Lane, ...]
    guessed: bool
    seconds: tuple[Observation, ...]

    @property
    def loops(self) -> tuple[DetectorNumber, ...]:
        """All that the lanes name."""
        return tuple(sorted({n for lane in self.lanes for n in (*lane.stopbar, *lane.advance)}))


# ── where healthy seconds come from ─────────────────────────────────────────────────────────────


class Recorder:
    """Stands where the adaptive layer stands; asks for nothing, keeps what it is told. Or lets another act."""

    def __init__(self) -> None:
        self.seconds: list[Observation] = []

    def advise(self, seen: Observation) -> Advice:
        """One second."""
        self.seconds.append(seen)
        return Advice(seen.now)


def built_in(path: Path, demand: Demand, seconds: int) -> Record:
    """Plain actuation in the built-in traffic."""
    site = _site(path)
    recorder = Recorder()
    simulate(
        replace(site, adaptive=AdaptiveRules(AdaptiveMode.ADVISE)),
        Setting(strategy=Strategy.ADAPTIVE, demand=demand, duration_ms=seconds * SECOND_MS),
        adviser=lambda _: recorder,
    )
    return Record(f"{path.stem}, {demand.value}", lanes_of(site), not site.lanes, tuple(recorder.seconds))


def in_sumo(path: Path, sumocfg: Path, seconds: int) -> Record:
    """Plain actuation in SUMO."""
    from edge.sim.sumo.run import SumoSetting, simulate_sumo  # noqa: PLC0415 - an extra

    site = _site(path)
    recorder = Recorder()
    setting = SumoSetting(sumocfg, Strategy.ADAPTIVE, seed=1, duration_ms=seconds * SECOND_MS)
    simulate_sumo([site], setting, lambda _: recorder)
    return Record(f"{path.stem}, SUMO", lanes_of(site), not site.lanes, tuple(recorder.seconds))


def _site(path: Path) -> Site:
    site = check_file(path).site
    if site is None:
        sys.exit(f"{path}: the site file is refused — run: stopline check {path}")
    return site


_BEGINS = {1: Interval.EXTENSION, 8: Interval.YELLOW_CHANGE, 10: Interval.RED_CLEARANCE, 11: Interval.RED}
"""Event codes of the Indiana log that begin an interval of a phase."""
_LEVEL = {82: True, 81: False}


def recorded(log: Path, seconds: int | None = None) -> Record:
    """A log of a real signal, with its own lamps."""
    site = _site(ROOT / "config" / "odot-1136.yaml")
    lanes = lanes_of(site)
    told = _seconds(read_csv(log), tuple(sorted(site.phases)), frozenset(site.detectors))
    return Record("signal 1136, recorded", lanes, not site.lanes, tuple(told)[:seconds])


def _seconds(
    rows: Iterable[LogRow], phases: Sequence[PhaseNumber], detectors: frozenset[DetectorNumber]
) -> Iterator[Observation]:
    lamps = dict.fromkeys(phases, Interval.RED)
    occupied: set[DetectorNumber] = set()
    edges: list[LoopEdge] = []
    began, now = None, 0
    for row in sorted(rows, key=lambda r: r.local_ms):
        began = row.local_ms if began is None else began
        while row.local_ms - began > now + SECOND_MS:
            now += SECOND_MS
            yield Observation(now, Mode.RUN, _phases(lamps), tuple(edges), frozenset(occupied))
            edges = []
        if row.code in _BEGINS and row.parameter in lamps:
            lamps[PhaseNumber(row.parameter)] = _BEGINS[row.code]
        elif row.code in _LEVEL and row.parameter in detectors:
            on, number = _LEVEL[row.code], DetectorNumber(row.parameter)
            edges.append(LoopEdge(number, row.local_ms - began, on))
            (occupied.add if on else occupied.discard)(number)


def _phases(lamps: dict[PhaseNumber, Interval]) -> tuple[PhaseSeen, ...]:
    return tuple(
        PhaseSeen(
            number, interval, 0, PedInterval.DONT_WALK, 0, vehicle_call=False, ped_call=False,
            waiting_since_ms=None, minimum_left_ms=0, max_left_ms=None, gapped=False,
        )
        for number, interval in lamps.items()
    )  # fmt: skip


# ── faults on the wires ─────────────────────────────────────────────────────────────────────────


def broken(record: Record, fault: InjectedFault) -> Iterator[Observation]:
    """The same seconds as a wire with this fault would tell them."""
    from edge.model.detectors import InputSample  # noqa: PLC0415 - beside its only use

    wires = FaultyWires((fault,))
    true = dict.fromkeys(sorted(fault.detectors), False)
    heard = dict(true)
    for seen in record.seconds:
        due = [e for e in seen.edges if e.detector in true]
        kept = [e for e in seen.edges if e.detector not in true]
        for now in range(seen.now - SECOND_MS + TICK_MS, seen.now + 1, TICK_MS):
            while due and due[0].at_ms <= now:
                edge = due.pop(0)
                true[edge.detector] = edge.on
            said = wires.carry(now, {n: InputSample(on, 0, now) for n, on in true.items()})
            for number in true:
                if said[number].occupied != heard[number]:
                    heard[number] = said[number].occupied
                    kept.append(LoopEdge(number, now, heard[number]))
        occupied = (seen.occupied - true.keys()) | {n for n, on in heard.items() if on}
        yield replace(seen, edges=tuple(sorted(kept, key=lambda e: e.at_ms)), occupied=frozenset(occupied))


def approaches(record: Record) -> tuple[str, str]:
    """The approach with the least and the one with the most traffic."""
    flow: dict[str, int] = defaultdict(int)
    of = {n: lane.approach for lane in record.lanes for n in (lane.stopbar or lane.advance)}
    for seen in record.seconds:
        for edge in seen.edges:
            if edge.on and edge.detector in of:
                flow[of[edge.detector]] += 1
    ranked = sorted(flow, key=lambda name: flow[name])
    return ranked[0], ranked[-1]


def targets(record: Record) -> dict[str, frozenset[DetectorNumber]]:
    """What is broken: all loops of an approach, and one of each kind."""
    found: dict[str, frozenset[DetectorNumber]] = {}
    for word, name in zip(("least", "most"), approaches(record), strict=True):
        lanes = [lane for lane in record.lanes if lane.approach == name]
        found[f"{word} used approach"] = frozenset(n for lane in lanes for n in (*lane.stopbar, *lane.advance))
        both = next((lane for lane in lanes if lane.stopbar and lane.advance), None)
        if both is not None:
            found[f"{word} used, one stop bar"] = frozenset(both.stopbar)
            found[f"{word} used, one advance"] = frozenset(both.advance)
    return found


# ── watching ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Said:
    """One verdict: when, of which loop, which."""

    second: int
    loop: DetectorNumber
    ill: Ill
    why: str


def watched(record: Record, seconds: Iterable[Observation], until_ms: Ms | None = None) -> list[Said]:
    """All verdicts as they come."""
    watch = LoopWatch(record.lanes, guessed=record.guessed)
    before: dict[DetectorNumber, Ill] = {}
    said: list[Said] = []
    for seen in seconds:
        if until_ms is not None and seen.now > until_ms:
            break
        watch.see(seen)
        now = {n: v.ill for n, v in watch.verdicts.items()}
        said += [
            Said(seen.now // SECOND_MS, n, ill, watch.verdicts[n].why) for n, ill in now.items() if n not in before
        ]
        before = now
    return said


def false_alarms(records: Sequence[Record]) -> None:
    """Verdicts on healthy loops, by loop hour; not seen alive since the start is told apart: it ends with the first vehicle."""
    hours = alarms = unproved = 0.0
    for record in records:
        mine = len(record.seconds) * len(record.loops) / 3600
        said = watched(record, record.seconds)
        false = [s for s in said if s.ill is not Ill.UNPROVED]
        hours, alarms, unproved = hours + mine, alarms + len(false), unproved + len(said) - len(false)
        print(
            f"{record.name:32} {mine:6.1f} loop hours  {len(false):3} false  {len(said) - len(false):3} not seen alive"
        )
        for s in false:
            print(f"    {s.second:5} s  loop {s.loop}: {s.why}")
    per = f"one in {hours / alarms:.0f} loop hours" if alarms else f"none in {hours:.0f} loop hours"
    print(f"false alarms: {alarms:.0f}, {per}; not seen alive since the start: {unproved:.0f}\n")


def detection(records: Sequence[Record]) -> None:
    """Seconds from the beginning of each fault to the verdict, the median over the loops that were broken."""
    rows: dict[tuple[str, str], list[list[int | None]]] = defaultdict(lambda: [[], []])
    for record in records:
        for what, loops in targets(record).items():
            for shape in FaultShape:
                for k, from_s in enumerate(BREAKS_S):
                    rows[shape.value, what][k] += _found(record, InjectedFault(shape, loops, from_s * SECOND_MS))
    print(f"{'fault':14} {'of':28} {'from the start: found, median s':34} from {BREAKS_S[1] // 60} min on")
    for (shape_word, what), columns in rows.items():
        print(f"{shape_word:14} {what:28} " + " ".join(f"{_told(column):34}" for column in columns))


def _found(record: Record, fault: InjectedFault) -> list[int | None]:
    until = fault.from_ms + PATIENCE_S * SECOND_MS
    first: dict[DetectorNumber, int] = {}
    for s in watched(record, broken(record, fault), until):
        if s.loop in fault.detectors and s.second * SECOND_MS > fault.from_ms:
            first.setdefault(s.loop, s.second - fault.from_ms // SECOND_MS)
    return [first.get(loop) for loop in sorted(fault.detectors)]


def _told(found: Sequence[int | None]) -> str:
    seconds = [s for s in found if s is not None]
    return f"{len(seconds)}/{len(found)}" + (f", {median(seconds):.0f} s" if seconds else "")


def sources(seconds: int, sumo: Sequence[str]) -> dict[str, Callable[[], Record]]:
    """Everything that can be watched here."""
    found: dict[str, Callable[[], Record]] = {}
    if LOG.exists():
        found["recorded"] = partial(recorded, LOG)
    else:
        print(f"{LOG} is not here: the recorded log is lent, not part of the repository.")
    for name in ("dual-ring-8phase", "field-8phase"):
        for demand in (Demand.SWING, Demand.LIGHT):
            path = ROOT / "config" / f"{name}.yaml"
            found[f"{name} {demand.value}"] = partial(built_in, path, demand, seconds)
    for pair in sumo:
        site, _, cfg = pair.partition("=")
        found[Path(site).stem] = partial(in_sumo, Path(site), Path(cfg), seconds)
    return found


def main(arguments: list[str]) -> int:
    """False alarms first, then every fault."""
    parser = argparse.ArgumentParser(description="Measure false alarms and detection times of the watch of loops.")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--sumocfg", action="append", default=[], metavar="SITE=CFG")
    parser.add_argument("--healthy", action="store_true")
    parser.add_argument("--seconds", type=int, default=3 * 15 * MINUTE_MS // SECOND_MS)
    chosen = parser.parse_args(arguments)
    there = sources(chosen.seconds, chosen.sumocfg)
    records = [make() for name, make in there.items() if not chosen.only or name in chosen.only]
    false_alarms(records)
    if not chosen.healthy:
        detection(records)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
