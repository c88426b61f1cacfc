"""Our log before a judge we did not write: the public `atspm` package. Run by `make judge` (extra `atspm`, 475 MB)."""

import csv
import importlib
import importlib.util
import itertools
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from edge.check import check_file
from edge.eventlog.export import write_detector_table
from edge.model.site import Site
from edge.sim.replay import replay_log
from edge.sim.simulate import Setting, simulate
from tests.config.examples import EXAMPLES

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared/data/odot-1136-2024-04-15.csv"
MINUTES_90 = 90 * 60_000
STEPS: dict[str, dict[str, object]] = {
    "has_data": {"no_data_min": 5, "min_data_points": 3},
    "actuations": {"fill_in_missing": True},
    "terminations": {},
    "timeline": {"min_duration": 0, "cushion_time": 1, "maxtime": False},
    "phase_wait": {
        "preempt_recovery_seconds": 120,
        "assumed_cycle_length": 140,
        "skip_multiplier": 1.5,
        "tsp_skip_multiplier": 2.0,
    },
}
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(
        importlib.util.find_spec("atspm") is None, reason="atspm is not installed: make judge brings it"
    ),
]


def site_of(name: str) -> Site:
    site = check_file(ROOT / "config" / name).site
    assert site is not None
    return site


def tables(log: Path, site: Site) -> dict[str, Any]:
    """What `atspm` makes of a log, table by table."""
    pandas, atspm = importlib.import_module("pandas"), importlib.import_module("atspm")
    wiring = log.with_suffix(".detectors.csv")
    with wiring.open("w") as out:
        write_detector_table(site, out)
    aggregations = [{"name": name, "params": params} for name, params in STEPS.items()]
    with atspm.SignalDataProcessor(
        raw_data=pandas.read_csv(log, parse_dates=["TimeStamp"]),
        detector_config=pandas.read_csv(wiring),
        bin_size=15,
        verbose=0,
        remove_incomplete=False,
        aggregations=aggregations,
    ) as run:
        run.load()
        run.aggregate()
        return {name: run.conn.sql(f"select * from {name}").df() for name in STEPS}


def rows(log: Path) -> list[tuple[str, int, int]]:
    with log.open() as stream:
        return [(r["TimeStamp"], int(r["EventId"]), int(r["Parameter"])) for r in csv.DictReader(stream)]


def judge(log: Path, site: Site, *, steady: bool = True) -> list[str]:
    """One sentence for each thing that is wrong with the log."""
    got, events, wrong = tables(log, site), rows(log), []
    timeline = got["timeline"]
    ended = timeline[timeline.EndTime.notna()]
    for kind in ("Green", "Yellow", "Red", "Phase Call", "Phase Wait"):
        found = ended[ended.EventClass == kind]
        if found.empty:
            wrong.append(f"no {kind} intervals at all")
        elif not found.IsValid.all():
            wrong.append(f"{int((~found.IsValid).sum())} of {len(found)} {kind} intervals are not valid")
    for kind, least in (("Yellow", 3.0), ("Red", 0.5)):
        if (ended[ended.EventClass == kind].Duration < least).any():
            wrong.append(f"{kind} shorter than {least} s")
    greens = sum(1 for _, code, _ in events if code == 7)
    reasons = int(got["terminations"].Total.sum())
    if greens != reasons:
        wrong.append(f"{greens} greens ended, {reasons} have a reason")
    on = Counter(p for _, code, p in events if code == 82)
    counted = got["actuations"].groupby("Detector").Total.sum()
    wrong += [f"detector {d}: {counted.get(d, 0)} counted, {n} logged" for d, n in on.items() if counted.get(d, 0) != n]
    if steady and got["phase_wait"].TotalSkips.sum():
        wrong.append("a called phase was skipped")
    if sum(t.endswith(".000") for t, _, _ in events) > len(events) / 2:
        wrong.append("time stamps look like whole seconds")
    return wrong + conflicts(events, site)


def conflicts(events: list[tuple[str, int, int]], site: Site) -> list[str]:
    """From 1 to 10 a phase has the street (plus its pedestrians 21 to 23): who has it beside whom?"""
    found, on = [], defaultdict(bool)
    for stamp, group in itertools.groupby(events, key=lambda row: row[0]):
        for _, code, phase in sorted(group, key=lambda row: -row[1]):
            if code in (1, 10):
                on[phase] = code == 1
        moving = [p for p, moves in on.items() if moves]
        for a, b in itertools.combinations(moving, 2):
            if not site.sequence.concurrent(site.phases[a].number, site.phases[b].number):  # type: ignore[index]
                found.append(f"{stamp}: phases {a} and {b}")
    return found


@pytest.mark.parametrize("name", [path.name for path in EXAMPLES])
def test_ninety_simulated_minutes_are_accepted(tmp_path: Path, name: str) -> None:
    site, log = site_of(name), tmp_path / "log.csv"
    simulate(site, Setting(duration_ms=MINUTES_90, out=log))
    assert judge(log, site) == []
    assert len(tables(log, site)["has_data"]) == 6


def test_the_recorded_signals_hours_through_our_engine_are_accepted(tmp_path: Path) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded log of signal 1136 is not here (../shared/data)")
    site, log = site_of("odot-1136.yaml"), tmp_path / "log.csv"
    replay_log(site, RECORDED, log)
    assert judge(log, site) == []
    assert len(tables(log, site)["has_data"]) == 8


def test_the_judge_is_not_blind(tmp_path: Path) -> None:
    """A tenth of the ends of yellow dropped, and one green 8 s early: both are seen."""
    site, log = site_of("dual-ring-8phase.yaml"), tmp_path / "log.csv"
    simulate(site, Setting(duration_ms=MINUTES_90, out=log))
    text = log.read_text().splitlines()
    ends = [k for k, row in enumerate(text) if row.split(",")[2] == "9"]
    log.write_text("\n".join(row for k, row in enumerate(text) if k not in ends[::10]) + "\n")
    assert any("Yellow intervals are not valid" in sentence for sentence in judge(log, site))
