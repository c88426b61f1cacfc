"""Recorded hours: every vehicle of a flow file is in the routes, and a run that failed is said."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import hours
import pytest

FLOW = [
    {"route": ["south", "north"], "startTime": 12, "endTime": 12, "interval": 5},
    {"route": ["east", "west & more"], "startTime": 3, "endTime": 3, "interval": 5},
]


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(hours, "FOLDER", tmp_path / "out")
    flow = tmp_path / "monday" / "flow.json"
    flow.parent.mkdir()
    flow.write_text(json.dumps(FLOW))
    (tmp_path / "peer-nema.add.xml").write_text("<additional/>")
    return ["net.xml", str(flow), "--peers", str(tmp_path), "--seeds", "1"]


def test_an_hour_is_run_with_every_vehicle_in_order_by_peers_and_ours(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hours, "_stopline", lambda *_: '{"delay_s": 20.0, "violations": 0}')
    monkeypatch.setattr(hours, "_peer", lambda *_: 25.0)
    assert hours.main(given) == 0
    vehicles = list(ET.parse(hours.FOLDER / "monday.rou.xml").getroot().iter("vehicle"))
    assert [row.get("depart") for row in vehicles] == ["3", "12"]
    assert [row[0].get("edges") for row in vehicles] == ["east west & more", "south north"]
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(row[0], row[-1]) for row in rows] == [("monday", "25.0"), ("monday", "20.0"), ("monday", "20.0")]


def test_a_run_with_violations_is_a_failure(given: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours, "_stopline", lambda *_: '{"delay_s": 20.0, "violations": 1}')
    monkeypatch.setattr(hours, "_peer", lambda *_: 25.0)
    assert hours.main(given) == 1


def test_a_network_that_cannot_be_imported_ends_it(given: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours, "_stopline", lambda *_: None)
    assert hours.main(given) == 1
