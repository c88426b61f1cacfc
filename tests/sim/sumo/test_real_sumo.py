"""The plant in the real SUMO; left out where the extra `sumo` or the networks of ../shared are not there."""

import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import pytest

from edge.sim.sumo.tripinfo import figures_of, read_trips

SHARED = Path(__file__).resolve().parents[4] / "shared/data/sumo"
COLOGNE = SHARED / "cologne1"

libsumo = pytest.importorskip("libsumo", reason="the extra `sumo` is not installed")
pytestmark = pytest.mark.skipif(not COLOGNE.is_dir(), reason="../shared/data/sumo is not here")

OPTIONS = """<processing><time-to-teleport value="300"/><collision.action value="warn"/></processing>"""


def config(folder: Path, extra: str = "") -> Path:
    path = folder / "cologne1.sumocfg"
    path.write_text(
        f"""<configuration><input><net-file value="{COLOGNE}/cologne1.net.xml"/>
        <route-files value="{COLOGNE}/cologne1.rou.xml"/>{extra}</input>
        <time><begin value="25200"/><end value="28800"/></time>{OPTIONS}</configuration>"""
    )
    return path


ALONE = "import subprocess, sumo, sys; sys.exit(subprocess.call([sumo.SUMO_HOME + '/bin/sumo', *sys.argv[1:]]))"
DRIVEN = """import sys; from dataclasses import astuple; from pathlib import Path
from edge.sim.sumo.run import SumoSetting, simulate_sumo
print(astuple(simulate_sumo((), SumoSetting(Path(sys.argv[1]), seed=1)).trips))"""


def test_driving_the_nets_own_plan_gives_exactly_what_sumo_alone_gives(tmp_path: Path) -> None:
    """Each in a process of its own: one that has run SUMO before gave 44.1 s instead of 43.0 in one of six runs (SUMO 1.28)."""
    own = tmp_path / "own.add.xml"
    own.write_text("<additional/>")
    path = config(tmp_path, f'<additional-files value="{own}"/>')
    driven = subprocess.run([sys.executable, "-c", DRIVEN, str(path)], check=True, capture_output=True, text=True)
    alone = tmp_path / "alone.xml"
    command = ["-c", str(path), "--seed", "1", "--tripinfo-output", str(alone), "--no-step-log"]
    more = ["--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted"]
    subprocess.run([sys.executable, "-c", ALONE, *command, *more], check=True)
    expected = figures_of(read_trips(alone).vehicles)
    assert driven.stdout.splitlines()[-1] == str(astuple(expected))
    assert expected.vehicles == 2015
