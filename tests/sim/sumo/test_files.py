"""What is added to the user's configuration, and what is read of it."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from edge.model.sumo import SumoLoop, SumoSite
from edge.model.units import DetectorNumber
from edge.sim.sumo.loops import additional_file, placed_loops
from edge.sim.sumo.street import command_of
from edge.sim.sumo.sumocfg import SumoConfig, read_config, written

FORKED = (SumoLoop("a&b_0", 10.004, 20.0), SumoLoop("c_0", 1.0, 3.0))
PLACE = SumoSite("J", {}, {}, {DetectorNumber(4): FORKED, DetectorNumber(2): (SumoLoop("d_1", 0, 2),)}, {})


def test_every_loop_is_an_induction_loop_and_a_lane_area_of_the_same_extent() -> None:
    root = ET.fromstring(additional_file(placed_loops(PLACE, 1), {}))
    loops, areas = root.findall("inductionLoop"), root.findall("laneAreaDetector")
    assert [loop.get("lane") for loop in loops] == ["d_1", "a&b_0", "c_0"]
    for loop, area in zip(loops, areas, strict=True):
        assert area.get("id") == f"{loop.get('id')}-area"
        end = float(loop.get("pos", "")) + float(loop.get("length", ""))
        assert 0.005 < float(area.get("endPos", "")) - end < 0.015, (
            "never beyond the end of a lane, whatever the rounding"
        )
        assert {loop.get("file"), area.get("file")} == {"NUL"}


def test_loops_of_two_sites_never_have_one_name() -> None:
    names = [loop.name for index in (0, 1) for loop in placed_loops(PLACE, index)]
    assert len(set(names)) == len(names)


def test_sumo_saves_its_states_where_it_is_told() -> None:
    event = ET.fromstring(additional_file((), {"J<": Path("/x/states.xml")})).find("timedEvent")
    assert event is not None
    assert event.attrib == {"type": "SaveTLSStates", "source": "J<", "dest": "/x/states.xml"}


def config(tmp_path: Path, options: str) -> SumoConfig:
    path = tmp_path / "run.sumocfg"
    path.write_text(f"<configuration>{options}</configuration>", encoding="utf-8")
    return read_config(path)


def test_the_users_own_additional_files_come_before_ours(tmp_path: Path) -> None:
    found = config(tmp_path, '<input><additional-files value="a.add.xml, /b/c.xml"/></input>')
    assert found.additional == (str(tmp_path / "a.add.xml"), "/b/c.xml")
    command = command_of(found, Path("/t/ours.xml"), Path("/t/ti.xml"), None)
    assert command[command.index("--additional-files") + 1] == f"{tmp_path}/a.add.xml,/b/c.xml,/t/ours.xml"
    assert "--seed" not in command


def test_a_tripinfo_of_the_users_own_is_read_and_not_replaced(tmp_path: Path) -> None:
    found = config(tmp_path, '<output><tripinfo-output value="out/ti.xml"/></output>')
    assert found.tripinfo == tmp_path / "out/ti.xml"
    command = command_of(found, Path("o"), Path("/t/ti.xml"), 7)
    assert "--tripinfo-output" not in command
    assert "--tripinfo-output.write-unfinished" in command
    assert command[command.index("--seed") + 1] == "7"
    assert "/t/ti.xml" in command_of(config(tmp_path, ""), Path("o"), Path("/t/ti.xml"), None)


def test_older_spellings_of_the_options_are_known(tmp_path: Path) -> None:
    found = config(tmp_path, '<additional v="x.xml"/><tripinfo value="t.xml"/>')
    assert found.additional == (str(tmp_path / "x.xml"),)
    assert found.tripinfo == tmp_path / "t.xml"


def test_variables_of_the_environment_stand_in_paths_as_in_sumo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETS", "/nets")
    assert config(tmp_path, '<additional-files value="${NETS}/a.xml"/>').additional == ("/nets/a.xml",)


def test_a_tripinfo_that_goes_nowhere_is_replaced_by_ours(tmp_path: Path) -> None:
    assert config(tmp_path, '<tripinfo-output value="/dev/null"/>').tripinfo is None


def test_what_is_no_xml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("<configuration>")
    with pytest.raises(ValueError, match="is no SUMO configuration"):
        read_config(tmp_path / "bad")


def test_a_prefix_of_the_users_in_the_name_of_an_output_is_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        written(tmp_path / "ti.xml")
    (tmp_path / "run3_ti.xml").touch()
    assert written(tmp_path / "ti.xml") == tmp_path / "run3_ti.xml"
    (tmp_path / "ti.xml").touch()
    assert written(tmp_path / "ti.xml") == tmp_path / "ti.xml"
