"""`stopline explain`, `stopline report gain` and the pane of the live view: what is printed, and what where nothing is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge.adaptive.evidence import Quarter
from edge.check import check_text
from edge.cli import adaptive_pane, main
from edge.eventlog.decision_blocks import Decided, DecisionHead
from edge.eventlog.decisions import DecisionLog
from edge.model.advice import Advice, Expected, Option, Step
from edge.model.exchange import Mode
from edge.model.lanes import LaneName
from edge.model.observation import Observation
from edge.model.plans import LocalTime
from edge.model.units import PhaseNumber
from edge.optimiser.evidence_file import EvidenceFile
from tests.adaptive.seconds import red

FILE = Path("config/dual-ring-8phase.yaml")
EPOCH = 1_767_623_400_000  # 07:30 in Denver


def recorded(folder: Path, count: int = 40, text: str = "") -> None:
    whole = FILE.read_text(encoding="utf-8")
    site = check_text(whole, "site").site
    assert site is not None
    log = DecisionLog(folder, DecisionHead(site.id, site.timezone, "0.1.0", site.file_hash, text or whole))
    for k in range(count):
        now = 1_000 * k
        local = LocalTime((2026, 1, 5), 0, 27_000_000 + now, EPOCH + now, synced=True)
        seen = Observation(now, Mode.RUN, tuple(red(n) for n in sorted(site.phases)), local=local)
        best = Option((Step((PhaseNumber(2),), now + 5_000, now + 15_000),), 10.0)
        log.append(Decided(seen, Advice(now, best=best, expects=(Expected(LaneName("E1"), 2.0, 3.0),))))
    assert log.close()


@pytest.mark.parametrize("at", ["2026-01-05T07:30:12", "07:30:12", "2026-01-05T14:30:12+00:00"])
def test_a_recorded_second_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str], at: str) -> None:
    recorded(tmp_path / "optimiser" / "decisions")
    assert main(["explain", "--at", at, "--state", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("07:30:12  Adaptive timing advises only")
    assert "E1: 2 waiting, 3 more to come" in text
    assert "2 in 5 s for 10 s; cost 10 vehicle-seconds" in text


def test_without_a_time_the_newest_second_of_the_record_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path)
    assert main(["explain", "--state", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["v"], said["at"], len(said["phases"])) == (1, "07:30:39", 8)


@pytest.mark.parametrize(
    ("at", "code", "said"),
    [
        ("2026-01-05T06:00", 66, "the record begins 2026-01-05T07:30:00-07:00"),
        ("2026-01-05T08:00", 66, "the last second before is 2026-01-05T07:30:39-07:00"),
        ("half past seven", 64, "write it like"),
    ],
)
def test_a_time_that_is_not_recorded_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], at: str, code: int, said: str
) -> None:
    recorded(tmp_path)
    assert main(["explain", "--at", at, "--state", str(tmp_path)]) == code
    assert said in capsys.readouterr().err


def test_without_a_record_it_is_said_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--state", str(tmp_path)]) == 66
    assert "adaptive.mode" in capsys.readouterr().err
    assert main(["report", "gain", "--state", str(tmp_path)]) == 66
    assert "adaptive.mode" in capsys.readouterr().err


def test_what_is_no_record_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "some.log"
    path.write_text("nothing\n")
    assert main(["explain", "--state", str(path)]) == 65
    assert "no decision record" in capsys.readouterr().err
    assert main(["replay", "--decisions", str(path)]) == 65
    assert main(["replay", "--decisions", str(path), "--out", str(tmp_path / "x.csv")]) == 64
    assert main(["replay", "--decisions", str(tmp_path / "nowhere")]) == 66


def test_a_record_of_another_site_file_than_the_one_named_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path / "decisions")
    site = tmp_path / "site.yaml"
    site.write_text(FILE.read_text("utf-8").replace("min_green: 8,", "min_green: 9,"), "utf-8")
    assert main(["replay", str(site), "--decisions", str(tmp_path)]) == 65
    assert "made with another site file; it differs in phases" in capsys.readouterr().err
    assert main(["replay", str(FILE), "--decisions", str(tmp_path), "--json"]) == 65
    assert "differs" not in capsys.readouterr().err


def test_a_record_cut_off_by_a_power_cut_is_replayed_as_far_as_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its state directory, as for `explain`; where it ends is said."""
    recorded(tmp_path / "optimiser" / "decisions")
    (record,) = (tmp_path / "optimiser" / "decisions").iterdir()
    lines = record.read_bytes().split(b"\n")
    record.write_bytes(b"\n".join([*lines[:1], lines[1][:-9]]))
    assert main(["replay", "--decisions", str(tmp_path)]) == 65
    said = capsys.readouterr()
    assert "problems:\n  " in said.out
    assert "cut off or damaged after 0 seconds" in said.out
    assert said.err == ""


def test_a_record_that_holds_nothing_hides_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a power cut leaves one between its making and its first block."""
    folder = tmp_path / "decisions"
    recorded(folder)
    (record,) = folder.iterdir()
    (folder / record.name.replace("-00000001-", "-00000002-")).write_bytes(b"")
    assert main(["explain", "--at", "07:30:12", "--state", str(folder)]) == 0
    assert main(["explain", "--at", "2026-01-05T06:00", "--state", str(folder)]) == 66
    assert main(["replay", "--json", "--decisions", str(folder)]) == 65
    said = capsys.readouterr()
    assert "the record begins 2026-01-05T07:30:00-07:00" in said.err
    assert json.loads(said.out.splitlines()[-1])["files"] == 1


@pytest.mark.parametrize("verb", [["explain", "--state"], ["replay", "--decisions"]])
def test_a_record_with_another_site_file_put_in_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    recorded(tmp_path, text=Path("config/minimal-2phase.yaml").read_text(encoding="utf-8"))
    assert main([*verb, str(tmp_path)]) == 65
    assert "changed by hand" in capsys.readouterr().err


def test_the_gain_is_told_by_bin_with_its_spread_and_what_the_loops_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = Quarter(20_458, weekend=False, hour=7, epoch_ms=0, vehicles=100, acted=0.0, done_s=20.0, actuated_s=20.0)
    base = replace(base, fixed_s=30.0, advised_s=16.0, chi2=5.0, freedom=10, measured_s=21.0, on_red=0.5, greens=10)
    file = EvidenceFile(tmp_path, "abc")
    for k in range(8):
        file.append(replace(base, day=20_458 + k % 2, acted=k % 2, advised_s=15.0 + k % 3))
    file.append(replace(base, hour=8, chi2=99.0))
    assert main(["report", "gain", "--state", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "working days 07:00-08:00: gain shown" in text
    assert "over plain actuation" in text
    assert "adaptive  21.0 s,  50 % come on red" in text
    assert "working days 08:00-09:00: too little evidence yet" in text
    assert "in 1 the model did not fit" in text
    assert main(["report", "gain", "--state", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["bins"][0]["verdict"] == "gain shown"
    assert said["bins"][0]["measured"]["actuated"]["days"] == 1


def test_the_pane_tells_lanes_plan_and_alternatives_and_keeps_to_the_width() -> None:
    advice = {
        "healthy": True,
        "best": {"cost": 10.0, "steps": [{"phases": [2, 6], "in_s": -3.0, "for_s": 11.0}]},
        "others": [{"cost": 12.5, "steps": []}],
        "expects": [{"lane": f"N{k}", "queue": 3.2, "arrivals": 5.0, "source": "loops" if k else "sibling"} for k in range(12)],
    }  # fmt: skip
    text = adaptive_pane.lines({"sentence": "acting", "advice": advice}, 80)
    assert text[0] == "ADAPTIVE  acting"
    assert text[1].startswith("          lanes    N0 3+5? N1 3+5")
    assert all(len(line) <= 80 for line in text)
    assert text[-2:] == ["          plan     2+6 8 s   cost 10", "          instead  stay   +2"]
    assert adaptive_pane.lines(None, 80) == []
    assert adaptive_pane.lines({"sentence": "no", "advice": None}, 80) == ["ADAPTIVE  no"]
