"""`stopline import sumo` on the command line: what it writes, and what it refuses in one sentence."""

from pathlib import Path

import pytest

from edge.check import check_file
from edge.cli import main
from tests.sim.sumo_import.nets import net_text
from tests.sim.sumo_import.test_import import FOUR


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "x.net.xml"
    path.write_text(net_text(FOUR), "utf-8")
    return path


def two(net: Path) -> Path:
    """The same with a second traffic light, which controls nothing."""
    text = net.read_text("utf-8").replace("</net>", '<tlLogic id="K/2"><phase duration="9" state="G"/></tlLogic></net>')
    net.write_text(text, "utf-8")
    return net


def test_the_only_traffic_light_is_written_and_holds(net: Path, tmp_path: Path) -> None:
    assert main(["import", "sumo", str(net), "-o", str(tmp_path / "s.yaml")]) == 0
    assert check_file(tmp_path / "s.yaml").ok


def test_a_file_of_its_own_is_written_over_and_another_is_not(
    net: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "s.yaml"
    order = ["import", "sumo", str(net), "-o", str(out)]
    assert (main(order), main([*order, "--red", "2"])) == (0, 0)
    assert "red_clear: 2" in out.read_text("utf-8")
    out.write_text("schema: 1\n", "utf-8")
    assert main(order) == 73
    assert "--force replaces it" in capsys.readouterr().err
    assert out.read_text("utf-8") == "schema: 1\n"
    assert main([*order, "--force"]) == 0


def test_several_traffic_lights_want_a_choice(net: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = ["import", "sumo", str(two(net)), "-o", str(tmp_path / "s.yaml")]
    assert main(order) == 65
    assert "there are 2 traffic lights (J, K/2) — give --tls ID or --all" in capsys.readouterr().err
    assert main([*order, "--tls", "L"]) == 65
    assert "there is no traffic light L; there is J, K/2" in capsys.readouterr().err
    assert main([*order, "--tls", "J"]) == 0


def test_all_are_written_and_one_that_cannot_be_is_named(
    net: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "sumo", str(two(net)), "--all", "-o", str(tmp_path / "sites")]) == 65
    assert "traffic light K/2 controls no connection." in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "sites").iterdir()] == ["J.yaml"]


def test_a_network_that_is_not_there_is_no_input_and_one_that_is_none_is_bad_data(
    net: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "nowhere.net.xml"
    assert main(["import", "sumo", str(missing), "-o", str(tmp_path / "s.yaml")]) == 66
    assert f"{missing}: cannot be read: No such file or directory" in capsys.readouterr().err
    net.write_text("<routes/>", "utf-8")
    assert main(["import", "sumo", str(net), "-o", str(tmp_path / "s.yaml")]) == 65


@pytest.mark.parametrize(
    ("held", "code", "said"),
    [
        (None, 66, "cannot be read: No such file or directory"),
        ("no file\n", 65, "this is not XML: syntax error"),
        ("<additional/>", 65, "there is no program (tlLogic with phases) for a traffic light of"),
    ],
)
def test_programs_that_cannot_be_had_are_said_with_the_file_and_what_to_do(
    net: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], held: str | None, code: int, said: str
) -> None:
    programs = tmp_path / "programs.add.xml"
    if held is not None:
        programs.write_text(held, "utf-8")
    order = ["import", "sumo", str(net), "--programs", str(programs), "-o", str(tmp_path / "s.yaml")]
    assert main(order) == code
    told = capsys.readouterr().err
    assert told.startswith(f"stopline import: {programs}:")
    assert said in told
    assert "give the additional file that SUMO loads programs from, or leave --programs out" in told
    assert "give the .net.xml" not in told
    assert not (tmp_path / "s.yaml").exists()


@pytest.mark.parametrize("wrong", [["--yellow", "2"], ["--min-green", "x"], ["--red", "0.15"], ["--tls", "J", "--all"]])
def test_what_cannot_be_timed_is_refused(net: Path, wrong: list[str]) -> None:
    assert main(["import", "sumo", str(net), "-o", "s.yaml", *wrong]) == 64


def test_a_minimum_above_the_maximum_is_refused(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "sumo", str(net), "-o", "s.yaml", "--max-green", "4"]) == 65
    assert "--max-green is less than --min-green" in capsys.readouterr().err
