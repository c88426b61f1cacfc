"""The run of our controllers in SUMO, against a stand-in for libsumo; `test_real_sumo.py` does it with the real one."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge.eventlog.export import read_csv
from edge.model.advice import Advice
from edge.model.observation import Observation
from edge.model.site import Site
from edge.model.sumo import SumoLoop, SumoSite
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber
from edge.sim.faults import parse_fault
from edge.sim.simulate import Strategy
from edge.sim.sumo.junction import lead_ms
from edge.sim.sumo.run import SumoSetting, simulate_sumo
from edge.sim.sumo.street import PlantError
from tests.sim.sites import two_phase
from tests.sim.sumo.fake_libsumo import FakeSumo, Vehicle

LOOPS = {
    DetectorNumber(1): (SumoLoop("n_0", 40, 42),),
    DetectorNumber(2): (SumoLoop("e_0", 80, 90),),
    DetectorNumber(3): (SumoLoop("x_0", 1, 3),),
}


def site(tls: str = "J", number: int = 7) -> Site:
    """N-S is link 0, E-W link 1."""
    sumo = SumoSite(tls, {ChannelNumber(2): (0,), ChannelNumber(4): (1,)}, {}, LOOPS, {})
    return replace(two_phase(), id=number, sumo=sumo)


@pytest.fixture
def cfg(tmp_path: Path) -> Path:
    path = tmp_path / "run.sumocfg"
    path.write_text("<configuration/>")
    return path


def put(monkeypatch: pytest.MonkeyPatch, fake: FakeSumo) -> FakeSumo:
    monkeypatch.setitem(sys.modules, "libsumo", fake)
    return fake


def test_who_waits_on_a_loop_is_served_and_the_lamps_go_through_yellow(
    monkeypatch: pytest.MonkeyPatch, cfg: Path
) -> None:
    fake = put(monkeypatch, FakeSumo([Vehicle("e_0", 1, 30.2)]))
    report = simulate_sumo([site()], SumoSetting(cfg, seed=5))
    assert fake.closed
    assert report.violations == ()
    assert (report.trips.vehicles, report.trips.unserved, report.trips.throughput) == (1, 0, 1)
    assert 4 < report.trips.delay_s < 20
    assert {state for _, _, state in fake.states} == {"Gr", "yr", "rr", "rG", "ry"}
    assert report.sites[0].largest_queue == 1
    assert (report.counts.teleports, report.counts.collisions) == (3, 1)
    assert report.seed == 5


def test_the_junction_is_ours_before_the_first_step_and_runs_then(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    fake = put(monkeypatch, FakeSumo(end_s=3))
    simulate_sumo([site()], SumoSetting(cfg))
    assert fake.states[0] == (0.0, "J", "Gr")
    assert lead_ms(site()) % 1_000 == 0


def test_without_sites_nothing_is_touched(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    fake = put(monkeypatch, FakeSumo())
    report = simulate_sumo((), SumoSetting(cfg))
    assert fake.states == []
    assert report.as_dict()["sites"] == []
    assert (report.seed, report.simulated_ms) == (23, 60_000)


def test_a_duration_shortens_the_run_and_bounds_one_that_has_no_end(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    for end_s, duration_ms, ends in ((60.0, 20_000, 20_000), (60.0, 90_000, 60_000), (-1.0, 20_000, 20_000)):
        put(monkeypatch, FakeSumo([Vehicle("e_0", 1, 900.0)], end_s=end_s))
        assert simulate_sumo([site()], SumoSetting(cfg, duration_ms=duration_ms)).simulated_ms == ends


def test_a_file_without_an_end_runs_until_nobody_is_left(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    put(monkeypatch, FakeSumo([Vehicle("e_0", 1, 3.0)], end_s=-1.0))
    assert 8_000 < simulate_sumo([site()], SumoSetting(cfg)).simulated_ms < 30_000


def test_a_place_in_the_state_that_is_no_link_stays_red(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    fake = FakeSumo(end_s=3, links=(("n",), ("e",), ()), programme=("Grrr", "yrGG", "rGyy"))
    put(monkeypatch, fake)
    simulate_sumo([site()], SumoSetting(cfg))
    assert {state[2:] for _, _, state in fake.states} == {"rr"}


def test_several_sites_are_several_junctions_in_one_run(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    fake = put(monkeypatch, FakeSumo())
    report = simulate_sumo([site(), site("K", 8)], SumoSetting(cfg, faults=(parse_fault("dead:8/2"),)))
    assert {tls for _, tls, _ in fake.states} == {"J", "K"}
    assert [(row.site, row.tls) for row in report.sites] == [(7, "J"), (8, "K")]
    assert len(fake.lane_of) == 2 * len(LOOPS)


def test_a_dead_loop_leaves_the_street_unserved_until_the_engine_finds_out(
    monkeypatch: pytest.MonkeyPatch, cfg: Path
) -> None:
    fake = put(monkeypatch, FakeSumo([Vehicle("e_0", 1, 30.0)]))
    report = simulate_sumo([site()], SumoSetting(cfg, faults=(parse_fault("dead:2"),)))
    assert report.trips.throughput == 0
    assert all(state[1] != "G" for t, _, state in fake.states if t > 30)


def test_who_changed_lane_onto_the_loop_is_served_though_the_induction_loop_missed_him(
    monkeypatch: pytest.MonkeyPatch, cfg: Path
) -> None:
    put(monkeypatch, FakeSumo([Vehicle("e_0", 1, 30.2, sideways=True)]))
    assert simulate_sumo([site()], SumoSetting(cfg)).trips.throughput == 1


def test_a_step_of_a_tenth_of_a_second_is_one_tick(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    put(monkeypatch, FakeSumo([Vehicle("e_0", 1, 30.2)], step_s=0.1))
    report = simulate_sumo([site()], SumoSetting(cfg))
    assert report.violations == ()
    assert report.trips.throughput == 1


def test_the_folder_gets_the_log_of_every_site_and_what_sumo_wrote(
    monkeypatch: pytest.MonkeyPatch, cfg: Path, tmp_path: Path
) -> None:
    fake = put(monkeypatch, FakeSumo([Vehicle("e_0", 1, 30.2)]))
    out = tmp_path / "out"
    report = simulate_sumo([site()], SumoSetting(cfg, out=out))
    assert list(read_csv(out / "events-7.csv"))
    assert (out / "tripinfo.xml").exists()
    assert "SaveTLSStates" not in " ".join(fake.command)
    json.dumps(report.as_dict())
    assert report.as_dict()["pedestrians"] == {
        "people": 1,
        "delay_s": 4.0,
        "at_crossings": 0,
        "mean_wait_s": 0.0,
        "max_wait_s": 0.0,
    }


def test_who_stands_before_a_crossing_of_ours_presses_its_button(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    put(monkeypatch, FakeSumo(people={":J_w0": [("anna", ":J_c0", 5.0, 20.0)], ":K_w0": [("ben", ":K_c0", 5.0, 20.0)]}))
    base = site()
    assert base.sumo is not None
    buttons = {ButtonNumber(2): (":J_c0",)}
    walks = replace(base, sumo=replace(base.sumo, crossings=buttons))
    report = simulate_sumo([walks], SumoSetting(cfg))
    (crossing,) = report.sites[0].crossings
    assert (crossing.came, crossing.waits_s) == (1, (14.0,))


class Silent:
    """An adaptive layer that only listens."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def advise(self, seen: Observation) -> Advice:
        return Advice(seen.now)


def test_the_adaptive_layer_is_made_for_the_adaptive_strategy_alone(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    for strategy in Strategy:
        put(monkeypatch, FakeSumo(end_s=5))
        report = simulate_sumo([site()], SumoSetting(cfg, strategy=strategy), Silent)
        assert (report.sites[0].optimiser is not None) == (strategy is Strategy.ADAPTIVE)


def test_what_does_not_fit_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    put(monkeypatch, FakeSumo())
    with pytest.raises(ValueError, match="stopline import sumo writes `sumo:`"):
        simulate_sumo([two_phase()], SumoSetting(cfg))
    with pytest.raises(PlantError, match=r"no traffic light Q \(it has J, K\)"):
        simulate_sumo([site()], SumoSetting(cfg, tls="Q"))
    with pytest.raises(ValueError, match="has no detector 9"):
        simulate_sumo([site()], SumoSetting(cfg, faults=(parse_fault("dead:9"),)))
    with pytest.raises(ValueError, match="2 site files are for traffic light J"):
        simulate_sumo([site(), site(number=8)], SumoSetting(cfg))
    with pytest.raises(ValueError, match=r"2 site files have intersection\.id 7"):
        simulate_sumo([site(), site("K")], SumoSetting(cfg))


def test_sumo_is_closed_where_a_run_breaks_off_and_its_own_words_are_kept(
    monkeypatch: pytest.MonkeyPatch, cfg: Path
) -> None:
    fake = put(monkeypatch, FakeSumo())

    def broken() -> None:
        raise fake.TraCIException("Vehicle 'x' has no valid route.")

    monkeypatch.setattr(fake, "simulationStep", broken)
    with pytest.raises(PlantError, match="SUMO: Vehicle 'x' has no valid route"):
        simulate_sumo([site()], SumoSetting(cfg))
    assert fake.closed


def test_the_trouble_that_ended_sumo_is_told_and_not_that_it_has_ended(
    monkeypatch: pytest.MonkeyPatch, cfg: Path
) -> None:
    fake = put(monkeypatch, FakeSumo())

    def broken() -> None:
        raise fake.TraCIException("Vehicle 'x' has no valid route.")

    def ended(*_: object) -> None:
        raise fake.FatalTraCIError("Not connected.")

    monkeypatch.setattr(fake, "simulationStep", broken)
    monkeypatch.setattr(fake, "close", ended)
    monkeypatch.setattr(fake.simulation, "getParameter", ended)
    with pytest.raises(PlantError, match="SUMO: Vehicle 'x' has no valid route"):
        simulate_sumo([site()], SumoSetting(cfg))


def test_sumo_that_has_ended_by_itself_is_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    fake = put(monkeypatch, FakeSumo())

    def ended() -> None:
        raise fake.FatalTraCIError("Not connected.")

    monkeypatch.setattr(fake, "simulationStep", ended)
    with pytest.raises(PlantError, match="SUMO: Not connected"):
        simulate_sumo([site()], SumoSetting(cfg))


def test_where_sumo_says_nothing_the_likely_reason_is_told(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    fake = put(monkeypatch, FakeSumo())

    def mute(_: list[str]) -> None:
        raise fake.TraCIException("Process Error")

    monkeypatch.setattr(fake, "start", mute)
    with pytest.raises(PlantError, match="the site file is of another network"):
        simulate_sumo([site()], SumoSetting(cfg))


def test_without_libsumo_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, cfg: Path) -> None:
    monkeypatch.setitem(sys.modules, "libsumo", None)
    with pytest.raises(PlantError, match=r"pip install 'stopline\[sumo\]'"):
        simulate_sumo([site()], SumoSetting(cfg))


def test_what_sumo_prints_does_not_come_between_our_lines(
    monkeypatch: pytest.MonkeyPatch, cfg: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put(monkeypatch, FakeSumo(end_s=2))
    simulate_sumo([site()], SumoSetting(cfg))
    assert capfd.readouterr().out == ""
