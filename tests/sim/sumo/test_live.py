"""SUMO in real time, against a stand-in for libsumo."""

import sys
from pathlib import Path

import pytest

from edge.model.indications import Indication
from edge.model.units import ChannelNumber, DetectorNumber
from edge.sim.sumo.live import LiveSetting, live_street
from tests.sim.sites import two_phase
from tests.sim.sumo.fake_libsumo import FakeSumo, Vehicle
from tests.sim.sumo.test_run import site

RED = {ChannelNumber(2): Indication.RED, ChannelNumber(4): Indication.RED}
GREEN = {**RED, ChannelNumber(4): Indication.GREEN}


@pytest.fixture
def setting(tmp_path: Path) -> LiveSetting:
    path = tmp_path / "run.sumocfg"
    path.write_text("<configuration/>")
    return LiveSetting(path, seed=4, step_ms=100)


def put(monkeypatch: pytest.MonkeyPatch, fake: FakeSumo) -> FakeSumo:
    monkeypatch.setitem(sys.modules, "libsumo", fake)
    return fake


def test_with_a_step_of_a_tick_the_street_is_where_the_clock_is(
    monkeypatch: pytest.MonkeyPatch, setting: LiveSetting
) -> None:
    fake = put(monkeypatch, FakeSumo([Vehicle("e_0", 1, 0.35)], step_s=0.1))
    with live_street(site(), setting) as street:
        seen = []
        for now in range(70_000, 73_000, 100):
            shown = GREEN if now >= 71_000 else RED
            seen.append(street.step(now, shown).detectors[DetectorNumber(2)].occupied)
            assert round(fake.t * 1_000) == now - 70_000
    assert [now for now, on in enumerate(seen) if on] == list(range(4, 14)), "from 0.4 s until it has left at 1.4 s"
    assert fake.closed
    assert fake.command[-2:] == ["--step-length", "0.1"]


def test_with_a_step_of_a_second_the_loops_are_played_a_second_later(
    monkeypatch: pytest.MonkeyPatch, setting: LiveSetting
) -> None:
    put(monkeypatch, FakeSumo([Vehicle("e_0", 1, 0.35)]))
    with live_street(site(), setting) as street:
        seen = [street.step(now, RED).detectors[DetectorNumber(2)].occupied for now in range(0, 3_000, 100)]
    assert seen.index(True) == 13
    assert all(seen[13:])


def test_it_ends_with_its_file_or_when_nobody_is_left(monkeypatch: pytest.MonkeyPatch, setting: LiveSetting) -> None:
    for fake in (FakeSumo(end_s=2, step_s=0.1), FakeSumo([Vehicle("e_0", 1, 0.1)], end_s=-1, step_s=0.1)):
        put(monkeypatch, fake)
        with live_street(site(), setting) as street:
            assert not street.ended
            for now in range(0, 3_000, 100):
                street.step(now, GREEN)
            assert street.ended


def test_a_site_that_does_not_say_where_it_lies_is_refused(setting: LiveSetting) -> None:
    with pytest.raises(ValueError, match="stopline import sumo writes"), live_street(two_phase(), setting):
        pass
