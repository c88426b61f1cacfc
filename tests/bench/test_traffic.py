"""The benchmark's own arithmetic: trips, ratios, tables, what is run and what is skipped."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from traffic import ours, own
from traffic.cases import Case, Fault, core, faults, is_core, rest
from traffic.flows import ranked
from traffic.judge import Least
from traffic.report import report
from traffic.scenarios import Bar, Scenario, absent, given
from traffic.sites import detectors_of, without_advance
from traffic.store import Store
from traffic.sumo_files import write_config
from traffic.tables import Done, best_loop_peer, marked, optimiser_of, ratios, speed, spread, verdict
from traffic.trips import read_halting, read_statistics, read_trips

HERE = Scenario("one", Path("one.net.xml"), (Path("a.xml"), Path("b.xml")), "C", Least(3, 1), bar=Bar(0.8, 0.75, 0.55))

TRIPS = """<tripinfos>
  <tripinfo id="a" depart="10" departDelay="5" arrival="60" timeLoss="15" waitingTime="8" waitingCount="1"/>
  <tripinfo id="b" depart="500" departDelay="0" arrival="-1" timeLoss="40" waitingTime="30" waitingCount="2"/>
  <tripinfo id="c" depart="-1" departDelay="700" arrival="-1" timeLoss="0" waitingTime="0" waitingCount="0"/>
  <personinfo id="p"><walk depart="1" arrival="90" timeLoss="44" waitingTime="41"/></personinfo>
</tripinfos>"""


def test_all_vehicles_count_also_those_under_way_and_those_that_never_got_onto_the_road(tmp_path: Path) -> None:
    path = tmp_path / "trips.xml"
    path.write_text(TRIPS, "utf-8")
    trips = read_trips(path, end=750)
    assert (trips.vehicles, trips.delay, trips.longest) == (3, pytest.approx(760 / 3), 700)
    assert (trips.arrived, trips.unfinished) == (1, 2)
    assert trips.unserved == 1  # c was due at 50; b at 500, less than 300 s before the end
    assert (trips.pedestrians, trips.ped_delay, trips.ped_longest) == (1, 44, 41)


def test_incidents_and_the_queue_are_sumos(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text('<s><teleports total="2"/><safety collisions="1" emergencyBraking="3"/></s>', "utf-8")
    assert read_statistics(path) == {"teleports": 2, "collisions": 1, "emergency_braking": 3, "emergency_stops": 0}
    path.write_text('<s><step halting="4"/><step halting="9"/><step halting="1"/></s>', "utf-8")
    assert read_halting(path) == 9


def test_two_runs_that_need_the_same_site_or_count_make_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    other = threading.Event()

    def import_site(_stopline: str, _scenario: Scenario, path: Path) -> None:
        made.append("site")
        other.wait(0.2)  # the second one comes meanwhile
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("lanes: {}", "utf-8")

    def approaches(*_: object) -> dict[str, str]:
        made.append("count")
        other.wait(0.2)
        return {"minor": "a"}

    monkeypatch.setattr(ours, "import_site", import_site)
    monkeypatch.setattr(ours, "approaches", approaches)
    monkeypatch.setattr(ours, "read_signals", lambda _: {HERE.tls: None})
    monkeypatch.setattr(ours, "detectors_of", lambda *_: [1])
    sites = ours.OurSites("p", tmp_path)
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda _: sites.fault(HERE, Fault("stuck", "minor", 0)), range(2)))
    assert sorted(made) == ["count", "site"]
    assert said == [["--fault", "stuck:1@0-3600"]] * 2


def test_a_second_start_skips_what_is_there_and_a_line_that_was_cut_off_is_run_again(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    first, second = Case(HERE, "fixed", 1).key("p"), Case(HERE, "fixed", 2).key("p")
    Store(path).put(first, {"delay": 1.0})
    Store(path).put(second, {"delay": 2.0})
    path.write_text(path.read_text("utf-8")[:-20], "utf-8")
    store = Store(path)
    assert (store.get(first), store.get(second)) == ({"delay": 1.0}, None)
    store.put(second, {"delay": 3.0})
    assert Store(path).get(second) == {"delay": 3.0}
    assert Store(path).get(Case(HERE, "fixed", 1).key("another program")) is None


def test_every_case_has_a_key_of_its_own() -> None:
    wanted = [*core((HERE,), ()), *rest((HERE,))]
    assert [c for c in wanted if is_core(c)] == list(core((HERE,), ()))
    keys = [str(c.key("p")) for c in wanted]
    assert len(set(keys)) == len(keys)
    assert {c.fault for c in wanted if c.fault} == set(faults())
    assert {c.seed for c in wanted if c.controller == "adaptive" and c.scale == 1.2} == {1, 2, 3, 4, 5}


def test_the_draws_of_demand_take_turns() -> None:
    assert [HERE.route(seed).name for seed in (1, 2, 3)] == ["a.xml", "b.xml", "a.xml"]


def test_a_ratio_is_taken_seed_by_seed_and_marked_where_it_loses() -> None:
    assert ratios({1: 10, 2: 30, 3: 1}, {1: 20, 2: 20}) == [0.5, 1.5]
    assert marked([0.5, 1.4]) == "0.95 ± 0.64"
    assert marked([1.2]) == "1.20 ✗"
    assert spread([]) == "–"
    assert verdict("x", [0.79], 0.8)[-1] == "met"
    assert verdict("x", [0.81], 0.8)[-1] == "missed ✗"
    assert verdict("x", [], 0.8)[-1] == "not run"


def done(controller: str, delay: float, **more: object) -> Done:
    result = {"delay": delay, "stops": 1, "p95": 2, "queue": 3, "unserved": 0, "judge": {}, "longest": 9, "report": {}}
    result |= {"teleports": 0, "collisions": 0, "emergency_braking": 0, "ped_delay": 4, "ped_longest": 5}
    return Done(replace(Case(HERE, controller, 1), **more), result)  # type: ignore[arg-type]


def test_the_best_peer_is_the_best_of_those_that_see_loops_only() -> None:
    runs = [done("delay-based", 1), done("actuated-tuned", 20), done("nema-tuned", 30)]
    assert best_loop_peer(runs) == "actuated-tuned"
    assert best_loop_peer(runs[:1]) is None


def test_the_report_shows_losing_cases_as_such() -> None:
    stuck = Fault("stuck", "minor", 900)
    runs = [
        done("fixed-searched", 40),
        done("actuated-tuned", 20),
        done("adaptive", 30),
        done("adaptive", 50, fault=stuck),
    ]
    runs += [done("actuated", 10, stopbar_only=True), done("adaptive", 12, stopbar_only=True)]
    runs += [done("actuated-tuned", 10, scale=1.2), done("adaptive", 9, scale=1.2)]
    text = report([HERE], runs)
    assert "| one: adaptive ÷ actuated-tuned, must | 1.50 | ≤ 0.80 | missed ✗ |" in text
    assert "| one | stuck minor from 15 min | adaptive | 50.0 | 1.25 ✗ | 0 | 0 |" in text
    assert "| one | 10.0 | 12.0 | 1.20 ✗ | 0.60 |" in text
    assert "| one | × 1.2 | **our adaptive** | 9.0 | 0.90 | – |" in text


def test_the_optimisers_times_are_those_of_the_only_site() -> None:
    times = {"p50_ms": 7.0, "p99_ms": 30.0}
    run = done("adaptive", 30)
    spoken = Done(run.case, {**run.result, "report": {"speed_x": 60.0, "sites": [{"optimiser": times}]}})
    assert speed([spoken, done("actuated", 20)]) == [["one", "60.0", "7.0", "30.0", "–", "–"]]
    assert optimiser_of({"optimiser": times}) == times
    assert optimiser_of({"sites": [{"optimiser": None}]}) == {}


def test_absent_nets_are_named_and_no_error(tmp_path: Path) -> None:
    assert len(absent(given(tmp_path))) == 3


def test_everybody_gets_the_same_options_and_relative_names(tmp_path: Path) -> None:
    one = write_config(tmp_path / "one", HERE, 3, 1.0, Path("peer.xml")).read_text("utf-8")
    two = write_config(tmp_path / "two", HERE, 3, 1.0).read_text("utf-8")
    assert two == one.replace("peer.xml,", "")
    assert '<time-to-teleport value="300" />' in one
    assert "scale" not in one
    assert '<scale value="1.2" />' in write_config(tmp_path / "one", HERE, 3, 1.2).read_text("utf-8")


SITE = """# written by an importer
detectors:
  1: {input: loops.1, phase: 2, kind: stopbar, partner: 2}
  2: {input: loops.2, phase: 2, kind: advance}
  3: {input: loops.3, phase: 4, kind: stopbar}
schedule: [{days: daily, at: 00:00, run: free}]
lanes:
  N1: {approach: N, stopbar: [1], advance: [2], advance_m: 50, movements: [{turn: through, phases: [2]}]}
  E1: {approach: E, stopbar: [3], movements: [{turn: left, phases: [4]}]}
sumo:
  tls: C
  loops:
    1: {lane: Ni_0, from_m: 80, to_m: 90}
    2: [{lane: Nii_0, from_m: 20, to_m: 22}]
    3: {lane: Ei_0, from_m: 80, to_m: 90}
"""


def test_the_loops_of_an_approach_are_found_by_the_edge_it_ends_in() -> None:
    site = yaml.load(SITE, yaml.BaseLoader)
    assert detectors_of(site, "Ni") == [1, 2]
    assert detectors_of(site, "Ei") == [3]
    site["detectors"]["56"] = {"input": "loops.56", "phase": "2", "move": "N1 zone", "partner": "1"}
    assert detectors_of(site, "Ni") == [1, 2, 56]


def test_a_stop_bar_site_is_the_same_file_without_its_advance_loops() -> None:
    text = without_advance(SITE)
    site = yaml.load(text, yaml.BaseLoader)
    assert "partner" not in site["detectors"]["1"]
    assert list(site["detectors"]) == list(site["sumo"]["loops"]) == ["1", "3"]
    assert site["lanes"]["N1"] == {
        "approach": "N",
        "stopbar": ["1"],
        "movements": [{"turn": "through", "phases": ["2"]}],
    }
    assert "at: '00:00'" in text


def test_at_a_stop_bar_site_the_loops_hold_the_green_for_which_zones_did() -> None:
    zone = "  56: {input: loops.56, phase: 2, kind: stopbar, move: N1 zone, partner: 1}\n"
    loop = "  4: {input: loops.4, phase: 2, kind: stopbar, extends: false, extend: 1.9, partner: 56}\n"
    site = yaml.load(without_advance(SITE.replace("schedule:", zone + loop + "schedule:")), yaml.BaseLoader)
    assert list(site["detectors"]) == ["1", "3", "4"]
    assert site["detectors"]["4"] == {"input": "loops.4", "phase": "2", "kind": "stopbar", "extend": "1.9"}


def test_the_minor_approach_is_the_one_with_the_least_flow_that_has_any(tmp_path: Path) -> None:
    path = tmp_path / "edges.xml"
    path.write_text(
        '<m><interval><edge id="a" left="5"/><edge id="b" left="9"/><edge id="c" left="0"/></interval></m>', "utf-8"
    )
    assert ranked(path, {"a", "b", "c"}) == {"minor": "a", "major": "b"}


def test_the_founding_demand_jams_one_street_and_then_the_other(tmp_path: Path) -> None:
    scenario = own.founding(HERE, tmp_path)
    text = scenario.routes[0].read_text("utf-8")
    assert scenario.bar is None
    assert len(scenario.routes) == 3
    assert text.count('edges="Ni ') + text.count('edges="Si ') == pytest.approx(1020, rel=0.1)
    assert text.count('edges="Ei ') + text.count('edges="Wi ') == pytest.approx(1020, rel=0.1)
    assert text == own.founding(HERE, tmp_path).routes[0].read_text("utf-8")


def test_who_turns_left_leaves_by_the_leg_on_the_left() -> None:
    assert [own._towards("N", turn) for turn in ("left", "straight", "right")] == ["E", "S", "W"]
