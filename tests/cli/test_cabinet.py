"""`stopline simulate --plant sumo` and `stopline cabinet` as they are typed."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.control_socket.client import ask
from edge.control_socket.protocol import Refused
from tests.sim.sumo.fake_libsumo import FakeSumo

ROOT = Path(__file__).parents[2]
DEMO = str(ROOT / "config/dual-ring-8phase.yaml")
MINIMAL = ROOT / "config/minimal-2phase.yaml"
Out = pytest.CaptureFixture[str]


@pytest.fixture
def cfg(tmp_path: Path) -> str:
    path = tmp_path / "run.sumocfg"
    path.write_text("<configuration/>")
    return str(path)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--plant", "sumo"], 64, "--sumocfg FILE"),
        (["--tls", "J"], 64, "add --plant sumo"),
        ([DEMO], 64, "the built-in plant knows one junction"),
        ([DEMO, "--plant", "sumo", "--sumocfg", "x", "--tls", "J"], 64, "--tls names one traffic light"),
        (["--fault", "broken:1"], 64, "broken:1 is no fault"),
        (["--fault", "dead:99"], 64, "has no detector 99"),
        (["--fault", "dead:99/1"], 64, "no site 99 runs"),
        (["--plant", "sumo", "--sumocfg", "x", "--demand", "light"], 64, "--demand is of the built-in plant"),
        (["--plant", "sumo", "--sumocfg", "/nowhere.cfg"], 66, "/nowhere.cfg: cannot be read"),
        (["--plant", "sumo", "--sumocfg", "x", "--out", "log.csv"], 64, "give --out a folder"),
    ],
)
def test_what_does_not_go_together_is_refused(
    words: list[str], code: int, says: str, capsys: Out, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    site = tmp_path / "site.yaml"
    site.write_text(MINIMAL.read_text() + SUMO)
    assert main(["simulate", str(site), *words, "--duration", "1"]) == code
    assert says in capsys.readouterr().err


SUMO = """
sumo:
  tls: J
  links: {2: [0], 4: [1]}
  loops: {}
"""


def test_a_run_in_sumo_prints_one_object_and_fills_the_folder(
    capsys: Out, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cfg: str
) -> None:
    monkeypatch.setitem(sys.modules, "libsumo", FakeSumo(end_s=20))
    site = tmp_path / "site.yaml"
    channels = MINIMAL.read_text()
    site.write_text(channels + SUMO)
    out = tmp_path / "out"
    words = ["simulate", str(site), "--plant", "sumo", "--sumocfg", cfg, "--out", str(out), "--json"]
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["v"], report["plant"], report["simulated_s"], report["violations"]) == (1, "sumo", 20.0, 0)
    assert json.loads((out / "report.json").read_text()) == report
    assert main(words[:-1]) == 0
    assert "sites:" in capsys.readouterr().out


def test_the_built_in_plant_fills_a_folder_too(capsys: Out, tmp_path: Path) -> None:
    assert (
        main(["simulate", DEMO, "--duration", "30", "--fault", "stuck:1", "--out", str(tmp_path / "o"), "--json"]) == 0
    )
    report = json.loads(capsys.readouterr().out)
    assert report["plant"] == "builtin"
    assert {path.name for path in (tmp_path / "o").iterdir()} == {"events-2068.csv", "report.json"}


def test_a_cabinet_of_mock_devices_wants_a_bench(capsys: Out) -> None:
    assert main(["cabinet", DEMO]) == 64
    assert "--bench DIR makes a copy" in capsys.readouterr().err


@pytest.mark.realtime
@pytest.mark.timeout(150)
def test_the_real_daemon_drives_a_cabinet_and_a_cabinet_ends_tidily(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    field = (ROOT / "tests/field/site.yaml").read_text()
    site.write_text(field.replace("PORT", "502").replace("LINE", "/dev/serial/by-id/loops"))
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [
        sys.executable,
        "-m",
        "edge",
        "cabinet",
        str(site),
        "--bench",
        str(tmp_path / "b"),
        "--demand",
        "balanced",
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as cabinet:
        assert cabinet.stdout is not None
        assert cabinet.stderr is not None
        while "ready" not in (line := cabinet.stdout.readline()):
            assert line, cabinet.stderr.read()
        command = [sys.executable, "-m", "edge", "run", "--plain", "--config", str(tmp_path / "b/site.yaml")]
        command += ["--state", str(tmp_path / "state"), "--socket", str(tmp_path / "sock")]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as daemon:
            try:
                seen = _until_served(tmp_path / "sock")
            finally:
                daemon.kill()
        assert all(device["state"] == "up" for device in seen["devices"])
        time.sleep(1.0)  # the dead-man of the lamps
        cabinet.send_signal(signal.SIGTERM)
        assert cabinet.wait(20) == 0
        assert "its watchdog expired 1 times" in cabinet.stderr.read()


def _until_served(socket: Path) -> dict[str, Any]:
    """Wait until the loops have been driven over and the signals run."""
    for _ in range(600):
        with suppress(Refused):
            status: dict[str, Any] = ask(socket, "status")
            if status["mode"] == "run" and sum(row["actuations"] for row in status["detectors"]) >= 1:
                return status
        time.sleep(0.1)
    raise AssertionError("nobody was seen")


def test_the_copy_for_the_bench_is_not_written_over_the_site_file_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.yaml"
    text = Path("config/field-8phase.yaml").read_bytes()
    file.write_bytes(text)
    assert main(["cabinet", str(file), "--bench", str(tmp_path), "--duration", "1"]) == 64
    assert "give another folder" in capsys.readouterr().err
    assert file.read_bytes() == text


def test_a_copy_for_the_bench_that_was_edited_is_kept_and_the_new_one_stands_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = tmp_path / "bench"
    order = ["cabinet", "config/minimal-2phase.yaml", "--bench", str(bench), "--duration", "0.1"]
    assert (main(order), main(order)) == (0, 0)
    assert [path.name for path in bench.glob("*.yaml")] == ["site.yaml"]
    assert "kept" not in capsys.readouterr().out
    edited = (bench / "site.yaml").read_text("utf-8").replace("max_green: 40", "max_green: 41")
    (bench / "site.yaml").write_text(edited, "utf-8")
    assert (main(order), main(order)) == (0, 0)
    said = capsys.readouterr().out
    assert (bench / "site.yaml").read_text("utf-8") == edited
    assert f"kept         {bench / 'site.yaml'}, which was edited" in said
    assert f"site file    {bench / 'site-2.yaml'}" in said
    assert sorted(path.name for path in bench.glob("*.yaml")) == ["site-2.yaml", "site.yaml"]
