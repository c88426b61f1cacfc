"""The table of whole networks tells what was run and what failed."""

import json
from pathlib import Path
from subprocess import CompletedProcess

import nets
import pytest


def told(delay: float = 20.0, violations: int = 0, returncode: int = 0) -> CompletedProcess[str]:
    report = json.dumps({"delay_s": delay, "unserved": 2, "violations": violations})
    return CompletedProcess((), returncode, report if not returncode else "", "")


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(nets, "FOLDER", tmp_path)
    monkeypatch.setattr(nets, "_own", lambda *_: (40.0, None))
    return ["town.net.xml", "town.sumocfg", "--seeds", "2"]


def test_each_strategy_has_a_line_with_mean_and_spread(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nets, "_stopline", lambda *words: told(21.0 if "2" in words else 19.0))
    assert nets.main(given) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["the", "ours,", "ours,", "ours,"]
    assert all("20.0 ±   1.4" in line and line.endswith("4") for line in lines[2:])


@pytest.mark.parametrize("bad", [told(violations=1), told(returncode=1)])
def test_a_run_that_failed_or_broke_a_rule_is_no_figure(
    given: list[str], bad: CompletedProcess[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nets, "_stopline", lambda *words: bad if words[0] == "simulate" else told())
    assert nets.main(given) == 1
    assert "nan" in capsys.readouterr().out


def test_the_seconds_count_from_the_begin_of_the_scenario(tmp_path: Path) -> None:
    cfg = tmp_path / "x.sumocfg"
    cfg.write_text('<configuration><time><begin value="25200"/></time></configuration>', "utf-8")
    assert nets._begin_s(cfg) == 25_200
    cfg.write_text('<configuration><time><begin value="7:0:30"/></time></configuration>', "utf-8")
    assert nets._begin_s(cfg) == 25_230
    cfg.write_text("<configuration/>", "utf-8")
    assert nets._begin_s(cfg) == 0
