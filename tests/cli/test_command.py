"""The command as a new user meets it: exit codes, sentences, JSON, no traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edge import __version__
from edge.cli import main, verbs
from edge.cli.parser import parser

ROOT = Path(__file__).parents[2]
DEMO = str(ROOT / "config/dual-ring-8phase.yaml")
MINIMAL = ROOT / "config/minimal-2phase.yaml"
RECORDED = ROOT.parent / "shared/data/odot-1136-2024-04-15.csv"

Out = pytest.CaptureFixture[str]


def test_version_is_printed_without_loading_the_rest() -> None:
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "edge", "--version"], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == f"stopline {__version__}"
    for heavy in ("argparse", "pydantic", "yaml", "pymodbus", "structlog"):
        assert f" {heavy}\n" not in said.stderr


def test_every_verb_of_the_parser_is_carried_out_and_no_other() -> None:
    actions = [a for a in parser()._actions if a.dest == "verb"]
    assert set(actions[0].choices or ()) == set(verbs.VERBS)


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["nonsense"],
        ["status", "--jsn"],
        ["flash"],
        ["run", "--duration", "-1"],
        ["plan", "x", "-m", "y"],
        ["plan", "2", "-m", "y", "--for", "90"],
    ],
)
def test_a_wrong_word_ends_with_64(wrong: list[str], capsys: Out) -> None:
    assert main(wrong) == 64
    assert "usage:" in capsys.readouterr().err


def test_help_ends_with_0(capsys: Out) -> None:
    assert main(["--help"]) == 0
    assert "replay" in capsys.readouterr().out


def test_check_of_a_good_file_says_ok_in_one_line(capsys: Out) -> None:
    assert main(["check", str(MINIMAL)]) == 0
    assert capsys.readouterr().out.startswith("OK 2 phases, 2 detectors, 2 channels, 1 plan; longest stop ")


def test_check_of_a_bad_file_ends_with_78_and_names_the_line(tmp_path: Path, capsys: Out) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(MINIMAL.read_text().replace("min_green: 10", "min_gren: 10"))
    assert main(["check", str(bad), str(MINIMAL)]) == 78
    said = capsys.readouterr().out
    assert f"{bad}:" in said
    assert "did you mean" in said
    assert f"{MINIMAL}: OK" in said
    assert main(["check", "--json", str(bad)]) == 78
    answer = json.loads(capsys.readouterr().out)
    assert answer["v"] == 1
    assert not answer["files"][0]["ok"]
    assert answer["files"][0]["problems"]


def test_check_of_a_missing_file_ends_with_66(tmp_path: Path, capsys: Out) -> None:
    assert main(["check", str(tmp_path / "none.yaml")]) == 66
    assert "cannot be read" in capsys.readouterr().out


def test_schema_is_json(capsys: Out) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["type"] == "object"


@pytest.mark.parametrize("verb", ["status", "detectors", "faults", "events", "watch"])
def test_a_verb_without_a_controller_ends_with_69_and_says_what_to_do(verb: str, tmp_path: Path, capsys: Out) -> None:
    assert main([verb, "--socket", str(tmp_path / "none.sock")]) == 69
    said = capsys.readouterr().err
    assert "systemctl status stopline" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("as_json", [True, False])
def test_health_without_a_controller_is_unknown(tmp_path: Path, capsys: Out, *, as_json: bool) -> None:
    asked = ["health", "--socket", str(tmp_path / "none.sock")]
    assert main([*asked, "--json"] if as_json else asked) == 3
    assert "unknown" in capsys.readouterr().out.lower()


def test_simulate_prints_the_same_result_for_the_same_seed(capsys: Out) -> None:
    answers = []
    for _ in range(2):
        assert main(["simulate", DEMO, "--duration", "120", "--seed", "7", "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        del answer["speed_x"]
        answers.append(answer)
    assert answers[0] == answers[1]
    assert answers[0]["violations"] == 0


def test_simulate_in_plain_words_and_with_a_log(tmp_path: Path, capsys: Out) -> None:
    out = tmp_path / "log.csv"
    assert main(["simulate", DEMO, "--strategy", "fixed", "--duration", "60", "--out", str(out)]) == 0
    assert "delay_s" in capsys.readouterr().out
    assert out.read_text().startswith("TimeStamp,DeviceId,EventId,Parameter\n")


def test_simulate_with_a_plan_the_site_has_not_ends_with_64(capsys: Out) -> None:
    assert main(["simulate", DEMO, "--strategy", "fixed", "--plan", "77"]) == 64
    assert "no plan 77" in capsys.readouterr().err


def test_simulate_into_a_folder_that_is_not_there_ends_with_73(tmp_path: Path, capsys: Out) -> None:
    assert main(["simulate", DEMO, "--duration", "1", "--out", str(tmp_path / "no/log.csv")]) == 73
    assert "cannot be written" in capsys.readouterr().err


def test_simulate_of_a_bad_site_ends_with_78(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("schema: 1\n")
    assert main(["simulate", str(bad)]) == 78


def test_replay_needs_a_site_beside_a_log(capsys: Out) -> None:
    assert main(["replay", "--log", "x.csv"]) == 64
    assert "needs the site file" in capsys.readouterr().err


def test_replay_of_a_missing_and_of_a_wrong_log_end_with_66_and_65(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    assert main(["replay", DEMO, "--log", str(tmp_path / "none.csv")]) == 66
    assert main(["replay", DEMO, "--log", str(wrong)]) == 65
    assert main(["replay", "--journal", str(tmp_path / "none")]) == 66
    assert main(["replay", "--journal", str(wrong)]) == 65


def test_a_log_we_wrote_can_be_replayed(tmp_path: Path, capsys: Out) -> None:
    log, again = tmp_path / "log.csv", tmp_path / "again.csv"
    assert main(["simulate", DEMO, "--duration", "300", "--out", str(log), "--json"]) == 0
    capsys.readouterr()
    assert main(["replay", DEMO, "--log", str(log), "--out", str(again), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["violations"] == 0
    assert sum(p["greens"] for p in answer["phases"].values()) > 4


@pytest.mark.untraced
def test_two_recorded_hours_of_a_real_signal_drive_the_engine(tmp_path: Path, capsys: Out) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded log of signal 1136 is not here (../shared/data)")
    asked = ["replay", str(ROOT / "config/odot-1136.yaml"), "--log", str(RECORDED), "--json"]
    assert main([*asked, "--out", str(tmp_path / "log.csv")]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["violations"] == 0
    assert answer["simulated_s"] > 7_000
    assert sum(p["greens"] for p in answer["phases"].values()) > 200
    for phase in answer["phases"].values():
        assert phase["greens"] - 1 <= sum(phase["terminations"].values()) <= phase["greens"]


def test_export_without_a_log_ends_with_66_and_with_a_wrong_time_with_64(tmp_path: Path) -> None:
    assert main(["events", "export", "--state", str(tmp_path)]) == 66
    (tmp_path / "events").mkdir()
    assert main(["events", "export", "--state", str(tmp_path), "--from", "yesterday"]) == 64


def test_the_detector_table_of_a_site_is_printed(capsys: Out) -> None:
    assert main(["events", "--detectors", DEMO]) == 0
    assert capsys.readouterr().out.startswith("DeviceId,Phase,Parameter,Function\n2068,")


def test_our_own_fault_is_one_sentence_and_70_and_a_traceback_only_with_debug(
    monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    def broken(_: object) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setitem(verbs.VERBS, "schema", broken)
    assert main(["schema"]) == 70
    assert "a bug" in capsys.readouterr().err
    with pytest.raises(RuntimeError):
        main(["schema", "--debug"])


def test_what_may_not_be_read_is_no_fault_of_ours_and_ends_with_77(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Out
) -> None:
    def barred(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", barred)
    assert main(["explain", "--state", str(tmp_path)]) == 77
    assert f"stopline explain: {tmp_path}/optimiser/decisions: not allowed; be root" in capsys.readouterr().err
    with pytest.raises(PermissionError):
        main(["explain", "--state", str(tmp_path), "--debug"])


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(verbs.VERBS, "schema", interrupted)
    assert main(["schema"]) == 130


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["run", "--duration", "soon"], "soon is not a time in seconds"),
        (["watch", "--hz", "0"], "0 is not a rate from 0.1 to 10 a second"),
        (["watch", "--hz", "nan"], "nan is not a rate"),
        (["events", "-n", "0"], "0 is not a whole number from 1 to 1000"),
        (["events", "-n", "2.5"], "2.5 is not a whole number"),
        (["events", "-n", "inf"], "inf is not a whole number"),
    ],
)
def test_a_number_out_of_range_is_said_before_anybody_is_asked(wrong: list[str], said: str, capsys: Out) -> None:
    assert main(wrong) == 64
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ignored", "said"),
    [
        (["replay", "--journal", "j", "--out", "log.csv"], "leave out SITE and --out"),
        (["replay", DEMO, "--journal", "j"], "leave out SITE and --out"),
        (["events", "export", "--json"], "export writes CSV"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(ignored: list[str], said: str, capsys: Out) -> None:
    assert main(ignored) == 64
    assert said in capsys.readouterr().err
