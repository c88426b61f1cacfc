"""The figures as they are shown: those on foot beside vehicles, faults beside the searched plan."""

from dataclasses import replace
from pathlib import Path

import pytest
from traffic import own, sites
from traffic.cases import Case, Fault
from traffic.judge import Least
from traffic.report import report
from traffic.scenarios import Scenario
from traffic.tables import Done, faulted, findings, hour, on_foot, table

CROSSED = Scenario("crossings", Path("c.net.xml"), (Path("a.xml"),), "C", Least(3, 1))


def done(controller: str, seed: int = 1, **figures: object) -> Done:
    result = {"delay": 20, "stops": 1, "p95": 2, "queue": 3, "unserved": 0, "judge": {}, "longest": 60, "report": {}}
    result |= {"teleports": 0, "collisions": 0, "emergency_braking": 0, "ped_delay": 25, "ped_longest": 50}
    return Done(Case(CROSSED, controller, seed), result | figures)


def test_what_those_on_foot_lose_by_adaptive_timing_is_marked() -> None:
    runs = [done("actuated"), done("adaptive", delay=15, ped_delay=30, ped_longest=40)]
    assert on_foot("x", runs)[-1] == ["x", "adaptive ÷ actuated", "0.75", "1.00", "1.20 ✗", "0.80", ""]
    assert [row[1] for row in on_foot("x", runs[:1])] == ["our actuated"]


def test_junctions_with_crossings_have_a_table_of_their_own() -> None:
    narrow = replace(CROSSED, name="crossings-narrow")
    runs = [done("adaptive"), Done(replace(done("adaptive").case, scenario=narrow), done("adaptive").result)]
    text = report([CROSSED, narrow], runs)
    assert text.count("### Crossings with push-buttons") == 1
    assert "| crossings | our adaptive | 20.0 | 60.0 | 25.0 | 50.0 | 0 |" in text
    assert "| crossings-narrow | our adaptive |" in text
    assert "### crossings" not in text


def test_faults_stand_beside_the_searched_plan_of_the_same_seed() -> None:
    fault = Fault("dead", "minor", 0)
    runs = [
        Done(replace(done("adaptive").case, seed=seed, fault=fault), {**done("adaptive").result, "unserved": seed - 1})
        for seed in (1, 2)
    ]
    rows = faulted(CROSSED, runs, {1: 40.0, 2: 10.0})
    assert rows == [["crossings", "dead minor from 0 min", "adaptive", "20.0 ± 0.0", "1.25 ± 1.06 ✗", "1 ✗", "0"]]


def test_findings_of_all_runs_are_counted_together() -> None:
    assert findings([done("fixed", judge={"no yellow": 2}), done("fixed", judge={"no yellow": 1, "beside": 4})]) == (
        "4 beside, 3 no yellow"
    )


def test_without_a_peer_the_hour_is_shown_without_ratios() -> None:
    assert "| **our fixed** | 20.0 | – | – |" in hour(CROSSED, [done("fixed")])


def test_sites_are_imported_with_the_conditions_of_the_scenario(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(sites, "run", asked.append)
    assert sites.import_site("stopline", CROSSED, tmp_path / "new" / "c.yaml").parent.is_dir()
    words = " ".join(asked[0])
    assert words.startswith("stopline import sumo c.net.xml --tls C --min-green 5 --max-green 50 --yellow 3 --red 1 -o")


def test_a_table_is_markdown() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n|---|---|\n| 1 | 2 |"


def test_who_walks_comes_near_the_junction_and_crosses_one_leg() -> None:
    kind = own.CROSSED[0]
    rows = own._traffic(kind, 1)
    times = [float(str(row.get("depart"))) for row in rows[1:]]
    assert times == sorted(times)
    walks = [row.find("walk") for row in rows if row.tag == "person"]
    ends = {(walk.get("from"), walk.get("to")) for walk in walks if walk is not None}
    assert len(ends) == 8
    assert ("Wo", "Ei") in ends  # over the crossing of the north leg
    assert abs(len(walks) - 8 * kind.walks) < 100
