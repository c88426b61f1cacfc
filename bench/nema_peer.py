"""SUMO's NEMA dual-ring controller as a peer: both are given the same detectors, step by step; phase transitions are compared.

Run it by `make nema` (eclipse-sumo in an environment of its own). SUMO's controller drives SUMO's lamps; every 0.1 s its
detectors are read and handed to our `Tick`, whose lamps nobody sees: open loop. The nets and programs are lent beside this
repository (../shared/data/sumo); where they are absent this says so and ends well. What explains the differences is written
in docs/peers.md.

Two figures. The greens of each phase, as in `recorded.py`. And the decisions: wherever both show the same pair of greens,
begun within half a second, which pair came next and how much later or sooner, before one open loop has led the two apart.
"""

import argparse
import importlib
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

from greens import Green, compared, show, spread

from edge.check import check_file
from edge.model.detectors import InputSample
from edge.model.events import EventCode
from edge.model.exchange import Inputs, Mode
from edge.model.indications import Indication
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.tick import Tick

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "sumo"
STEP_MS = 100
SETTLED_MS = 180_000
REACH_MS = 30_000
TOGETHER_MS = 500
CYCLE_S = 100
"""Of the coordinated variants; the splits are the variant's."""
REASONS = {EventCode.PHASE_GAP_OUT: "gap", EventCode.PHASE_MAX_OUT: "max", EventCode.PHASE_FORCE_OFF: "force"}
Pair = tuple[int, int]


@dataclass(frozen=True)
class Variant:
    """One way to set both controllers up."""

    name: str
    min_recall: tuple[int, ...] = ()
    max_recall: tuple[int, ...] = ()
    splits: Mapping[int, int] = field(default_factory=dict)  # s; coordinated if there are any
    floating: bool = False


SPLITS = {1: 16, 2: 34, 3: 16, 4: 34, 5: 16, 6: 34, 7: 16, 8: 34}
VARIANTS = (
    Variant("free"),
    Variant("free, min recall 2 and 6", min_recall=(2, 6)),
    Variant("free, max recall 2 and 6", max_recall=(2, 6)),
    Variant("coordinated, fixed force-off", min_recall=(2, 6), splits=SPLITS),
    Variant("coordinated, floating force-off", min_recall=(2, 6), splits=SPLITS, floating=True),
)


@dataclass
class Program:
    """SUMO's program: its file with the variant written in, the link that shows each phase, and the timing."""

    junction: str
    text: str
    link: dict[int, int]
    yellow: int
    red: int
    passage: float
    max_green: int


def program(path: Path, variant: Variant) -> Program:
    """The tuned program of a scenario, changed into the variant."""
    root = ET.fromstring(path.read_text("utf-8"))
    logic = next(root.iter("tlLogic"))
    keys = {"minRecall": variant.min_recall, "maxRecall": variant.max_recall}
    for param in logic.iter("param"):
        if param.get("key") in keys:
            param.set("value", ",".join(map(str, keys[str(param.get("key"))])))
        if variant.splits and param.get("key") == "coordinate-mode":
            param.set("value", "true")
        if variant.splits and param.get("key") == "total-cycle-length":
            param.set("value", str(CYCLE_S))
        if param.get("key") == "fixForceOff":
            param.set("value", "false" if variant.floating or not variant.splits else "true")
    link, first = {}, None
    for phase in logic.iter("phase"):
        number = int(str(phase.get("name")))
        link[number] = str(phase.get("state")).index("G")
        first = first or phase
        if variant.splits:
            clear = int(str(phase.get("yellow"))) + int(str(phase.get("red")))
            phase.set("maxDur", str(variant.splits[number] - clear))
    assert first is not None
    return Program(
        str(logic.get("id")),
        ET.tostring(root, "unicode"),
        link,
        int(str(first.get("yellow"))),
        int(str(first.get("red"))),
        float(str(first.get("vehext"))),
        int(str(first.get("maxDur"))),
    )


def site_text(variant: Variant, sumo: Program, detectors: Mapping[int, int]) -> str:
    """The same controller as a site file of ours. `detectors`: number → phase."""
    recall = {**dict.fromkeys(variant.min_recall, "min"), **dict.fromkeys(variant.max_recall, "max")}
    clear = sumo.yellow + sumo.red
    most = {p: variant.splits[p] - clear if variant.splits else sumo.max_green for p in range(1, 9)}
    phases = "\n".join(
        f"  {p}: {{move: m{p}, min_green: 5, passage: {sumo.passage}, max_green: {max(most[p], 5)}, yellow: {sumo.yellow}, "
        f"red_clear: {sumo.red}, recall: {recall.get(p, 'none')}}}"
        for p in range(1, 9)
    )
    loops = "\n".join(f"  {n}: {{input: loops.{n}, phase: {p}, kind: stopbar}}" for n, p in detectors.items())
    channels = "\n".join(
        f"  {p}: {{phase: {p}, output: cab, wires: [{3 * p}, {3 * p + 1}, {3 * p + 2}], flash: red}}"
        for p in range(1, 9)
    )
    splits = variant.splits or SPLITS
    row = ", ".join(f"{p}: {s}" for p, s in splits.items())
    coordination = f"coordination: {{coordinated: [2, 6], force_off: {'floating' if variant.floating else 'fixed'}}}\n"
    return (
        "schema: 1\nintersection: {id: 1, name: peer, timezone: UTC, sheet: {revision: a, date: 2026-01-01}}\n"
        'rings: ["1 2 | 3 4", "5 6 | 7 8"]\noptions: {dual_entry: [2, 4, 6, 8], red_revert: 2.0}\n'
        f"phases:\n{phases}\nio: {{loops: {{driver: mock}}, cab: {{driver: mock}}}}\ndetectors:\n{loops}\n"
        "detector_faults: {stuck_on_min: 0, no_activity_min: 0, chatter_per_min: 0, on_fault: none}\n"
        f"channels:\n{channels}\nconflicts: {{permissive: {{1: [5, 6], 2: [5, 6], 3: [7, 8], 4: [7, 8]}}, "
        f"min_yellow: {sumo.yellow}, min_yellow_and_red: {clear}}}\n"
        f"plans: {{1: {{name: peer, cycle: {CYCLE_S}, splits: {{{row}}}}}}}\n"
        f"{coordination if variant.splits else ''}"
        f"schedule: [{{days: daily, at: 00:00, run: {'plan 1' if variant.splits else 'free'}}}]\n"
        "fallback: {plan: 1}\nflash: {startup: {flash: 6, exit_yellow: 3, all_red: 6, start_in: [1, 5]}}\n"
    )


def our_site(text: str) -> Site:
    """The site, checked like any other."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        checked = check_file(Path(file.name))
    if checked.site is None:
        raise SystemExit("\n".join(str(p) for p in checked.problems))
    return checked.site


class Watch:
    """One controller's greens and pairs of greens, told by its lamps."""

    def __init__(self) -> None:
        self.greens: dict[int, list[Green]] = defaultdict(list)
        self.pairs: list[tuple[int, Pair]] = []
        self._begun: dict[int, int] = {}

    def see(self, now: int, green: frozenset[int], why: Mapping[int, str] | None = None) -> None:
        """The phases that are green from `now` on."""
        for phase in [p for p in self._begun if p not in green]:
            began = self._begun.pop(phase)
            if began >= SETTLED_MS:
                self.greens[phase].append(Green(began, now, (why or {}).get(phase, "")))
        for phase in green - self._begun.keys():
            self._begun[phase] = now
        pair = (max((p for p in green if p < 5), default=0), max((p for p in green if p > 4), default=0))
        if not self.pairs or self.pairs[-1][1] != pair:
            self.pairs.append((now, pair))


def decisions(theirs: Watch, ours: Watch) -> dict[str, object]:
    """Where both show the same pair of greens, begun together: what came next."""
    mine = defaultdict(list)
    for k, (start, pair) in enumerate(ours.pairs[:-2]):
        mine[pair].append((start, k))
    same, apart, late = 0, Counter[str](), []
    for k, (start, pair) in enumerate(theirs.pairs[:-2]):
        near = [j for began, j in mine[pair] if abs(began - start) <= TOGETHER_MS] if all(pair) else []
        if not near or start < SETTLED_MS:
            continue
        after, ours_after = theirs.pairs[k + 1], ours.pairs[near[0] + 1]
        late.append((ours_after[0] - after[0]) / 1000)
        if ours_after[1] == after[1] and abs(late[-1]) <= 0.5:
            same += 1
        else:
            apart[f"{_said(pair)}: they {_said(after[1])}, we {_said(ours_after[1])}"] += 1
    return {
        "common": same + sum(apart.values()),
        "same_next_within_0.5s": same,
        "end_difference_s": spread(late),
        "others": dict(apart.most_common(8)),
    }


def _said(pair: Pair) -> str:
    return "+".join(str(p) if p else "-" for p in pair)


def run(scenario: Path, variant: Variant, seconds: int) -> dict[str, Any]:
    """One scenario, one variant."""
    sumo = importlib.import_module("libsumo")
    peer = program(scenario / "peer-nema-tuned.add.xml", variant)
    with tempfile.TemporaryDirectory() as folder:
        extra = Path(folder) / "nema.add.xml"
        extra.write_text(peer.text, "utf-8")
        routes = min(scenario.glob("*.rou.xml"))
        net = next(scenario.glob("*.net.xml"))
        arguments = ["-n", net, "-r", routes, "-a", extra, "--step-length", "0.1", "--seed", "101"]
        quiet = ["--no-step-log", "--no-warnings", "--time-to-teleport", "300", "--collision.action", "warn"]
        sumo.start(["sumo", *map(str, arguments), *quiet])
        loops = sorted(sumo.lanearea.getIDList())
        phase_of = {n: int(name.split("_D")[-1].split(".")[0]) for n, name in enumerate(loops, start=1)}
        site = our_site(site_text(variant, peer, phase_of))
        theirs, ours = _drive(sumo, site, peer, dict(enumerate(loops, start=1)), seconds)
        sumo.close()
    phases = {str(p): compared(theirs.greens[p], ours.greens[p], REACH_MS) for p in range(1, 9)}
    return {"phases": phases, "decisions": decisions(theirs, ours)}


def _drive(sumo: ModuleType, site: Site, peer: Program, loops: Mapping[int, str], seconds: int) -> tuple[Watch, Watch]:
    tick, theirs, ours = Tick(site), Watch(), Watch()
    number = {int(c.phase): c.number for c in site.channels.values()}
    count, before = dict.fromkeys(loops, 0), dict.fromkeys(loops, False)
    now = _start_up(tick, loops)
    offset = now
    why: dict[int, str] = {}
    while now - offset < seconds * 1000:
        sumo.simulationStep()
        state = sumo.trafficlight.getRedYellowGreenState(peer.junction)
        theirs.see(now - offset, frozenset(p for p, link in peer.link.items() if state[link] in "Gg"))
        for n, name in loops.items():
            on = sumo.lanearea.getLastStepVehicleNumber(name) > 0
            count[n] += on and not before[n]
            before[n] = on
        samples = {n: InputSample(before[n], count[n], now) for n in loops}
        result = tick.advance(now, Inputs(samples, {}, _local(now - offset)))  # type: ignore[arg-type]
        assert not result.verdict.violations, result.verdict.violations
        why |= {e.parameter: REASONS[e.code] for e in result.decision.events if e.code in REASONS}  # type: ignore[index]
        shown = result.verdict.permitted.shown
        ours.see(now - offset, frozenset(p for p, c in number.items() if shown[c] is Indication.GREEN), why)
        now += STEP_MS
    return theirs, ours


def _start_up(tick: Tick, loops: Mapping[int, str]) -> int:
    """Through flash and all red to the first tick of RUN; the clock stands at midnight then."""
    now, mode = 0, None
    while mode is not Mode.RUN:
        samples = {n: InputSample(occupied=False, count=0, taken_ms=now) for n in loops}
        mode = tick.advance(now, Inputs(samples, {}, _local(0))).decision.mode  # type: ignore[arg-type]
        now += STEP_MS
    return now


def _local(day_ms: int) -> LocalTime:
    return LocalTime((2026, 3, 2), 0, day_ms, day_ms, synced=True)


def main(arguments: list[str], out: Callable[[str], None] = print) -> int:
    """All variants of the scenarios."""
    parser = argparse.ArgumentParser(description="Compare with SUMO's NEMA controller.")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--scenario", action="append", help="synth8, hz_sb; default both")
    parser.add_argument("--variant", help="only variants whose name holds this")
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--phases", action="store_true", help="print every phase, not the decisions alone")
    chosen = parser.parse_args(arguments)
    if not chosen.data.exists():
        out(f"{chosen.data} is not here: the nets are lent, not part of the repository. Give their folder by --data.")
        return 0
    found: dict[str, Any] = {}
    for scenario in chosen.scenario or ["synth8", "hz_sb"]:
        for variant in VARIANTS:
            if chosen.variant and chosen.variant not in variant.name:
                continue
            name = f"{scenario}, {variant.name}"
            found[name] = run(chosen.data / scenario, variant, chosen.seconds)
            if not chosen.json:
                out(f"{name}\n    {found[name]['decisions']}")
                if chosen.phases:
                    show(name, found[name]["phases"])
    if chosen.json:
        out(json.dumps({"v": 1, "runs": found}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
