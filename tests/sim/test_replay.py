"""Recorded detector events drive the engine."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from edge.eventlog.export import LogRow, read_csv, write_csv
from edge.eventlog.stamps import ms_of
from edge.model.detectors import Detector, DetectorKind
from edge.model.events import EventCode
from edge.model.site import Site
from edge.model.units import DAY_MS, MINUTE_MS, SECOND_MS
from edge.sim.replay import ReplayError, replay_log
from tests.sim.sites import detector, site_of, two_phase

NOON = ms_of("2024-04-15T12:00:00.000")
ON, OFF, BUTTON_ON, BUTTON_OFF = 82, 81, 90, 89
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "odot-1136-2024-04-15.csv"


def log(path: Path, *rows: tuple[int, int, int], device: str = "7", more: tuple[LogRow, ...] = ()) -> Path:
    with path.open("w", encoding="utf-8") as out:
        write_csv([*(LogRow(NOON + at, device, code, parameter) for at, code, parameter in rows), *more], out)
    return path


def passing(at: int, number: int, for_ms: int = 1_000) -> list[tuple[int, int, int]]:
    return [(at, ON, number), (at + for_ms, OFF, number)]


def test_a_recorded_vehicle_gets_its_green_and_our_own_log_tells_of_it(tmp_path: Path) -> None:
    recorded = log(tmp_path / "in.csv", (0, ON, 1), (500, OFF, 1), (60_000, ON, 2), (80_000, OFF, 2), (120_000, 1, 2))
    report = replay_log(two_phase(), recorded, tmp_path / "out.csv")
    assert report.violations == ()
    assert report.simulated_ms == 120_100
    assert report.phases[next(p for p in report.phases if p == 4)].calls >= 1
    rows = list(read_csv(tmp_path / "out.csv"))
    ours = [row for row in rows if row.parameter == 2 and row.code in {ON, OFF}]
    assert [(row.local_ms - NOON, row.code) for row in ours] == [(60_000, ON), (80_000, OFF)]
    assert {row.device for row in rows} == {"7"}


def test_pulses_on_one_stamp_are_each_counted(tmp_path: Path) -> None:
    quick = [(30_000, ON, 3), (30_000, OFF, 3), (40_000, ON, 3), (40_000, OFF, 3)]
    report = replay_log(
        two_phase(), log(tmp_path / "in.csv", (0, ON, 1), *quick, (50_000, OFF, 1)), tmp_path / "out.csv"
    )
    ons = [row for row in read_csv(tmp_path / "out.csv") if (row.code, row.parameter) == (ON, 3)]
    assert [row.local_ms - NOON for row in ons] == [30_000, 40_000]
    assert report.warnings == ("the log has no event of the site's detectors 2",)


def test_a_recorded_press_brings_the_walk(tmp_path: Path) -> None:
    site = site_of((((2,), (4,)),), {2: "SBT", 4: "EBT"}, (detector(1, 2, DetectorKind.STOPBAR),), (4,))
    rows = [*passing(0, 1), (90_000, BUTTON_ON, 4), (90_300, BUTTON_OFF, 4), (180_000, OFF, 1)]
    replay_log(site, log(tmp_path / "in.csv", *rows), tmp_path / "out.csv")
    codes = [(row.code, row.parameter) for row in read_csv(tmp_path / "out.csv") if row.local_ms >= NOON + 90_000]
    for code in (BUTTON_ON, EventCode.PED_CALL_REGISTERED, EventCode.PED_BEGIN_WALK, EventCode.PED_BEGIN_CLEARANCE):
        assert (code, 4) in codes


def test_what_the_site_does_not_have_is_counted_and_said(tmp_path: Path) -> None:
    rows = [*passing(0, 1), *passing(0, 2), *passing(0, 3), *passing(5_000, 42), (6_000, BUTTON_ON, 9)]
    report = replay_log(two_phase(), log(tmp_path / "in.csv", *rows))
    assert report.warnings == (
        "events of detectors the site does not have are not used: 42 (2 events)",
        "events of push-buttons the site does not have are not used: 9 (1 events)",
    )


def test_of_several_devices_the_sites_own_is_taken(tmp_path: Path) -> None:
    other = (LogRow(NOON + 1_000, "8", ON, 1), LogRow(NOON + DAY_MS, "8", OFF, 1))
    rows = [*passing(0, 1), *passing(0, 2), *passing(2_000, 3)]
    report = replay_log(two_phase(), log(tmp_path / "in.csv", *rows, more=other))
    assert report.simulated_ms == 3_100
    assert report.warnings == ("2 events of other devices are not used",)


def test_a_log_of_one_other_device_is_taken_and_that_is_said(tmp_path: Path) -> None:
    rows = [*passing(0, 1), *passing(0, 2), *passing(0, 3)]
    report = replay_log(two_phase(), log(tmp_path / "in.csv", *rows, device="bench-1"))
    assert report.warnings == ("the log is of device bench-1, the site is 7; it is taken for the site's own",)


def test_a_log_without_the_site_or_without_events_is_refused(tmp_path: Path) -> None:
    others = tuple(LogRow(NOON, device, ON, 1) for device in ("8", "9"))
    with pytest.raises(ReplayError, match="no event of device 7, only of 8, 9"):
        replay_log(two_phase(), log(tmp_path / "in.csv", more=others))
    with pytest.raises(ReplayError, match="no events"):
        replay_log(two_phase(), log(tmp_path / "empty.csv"))


def test_rows_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    rows = [*passing(30_000, 2), *passing(0, 1), *passing(10_000, 3)]
    report = replay_log(two_phase(), log(tmp_path / "in.csv", *rows), tmp_path / "out.csv")
    assert report.simulated_ms == 31_100
    stamps = [row.local_ms for row in read_csv(tmp_path / "out.csv")]
    assert stamps == sorted(stamps)


def test_speed_is_recorded_time_over_the_computers_time(tmp_path: Path) -> None:
    ticking = count(0, 1_000)
    rows = log(tmp_path / "in.csv", *passing(0, 1, MINUTE_MS - 100))
    report = replay_log(two_phase(), rows, clock=lambda: next(ticking))
    assert report.as_dict()["speed_x"] == 60.0
    assert report.as_dict()["simulated_s"] == MINUTE_MS / SECOND_MS


def odot_1136() -> Site:
    """Device 1136 as its published detector table and its log tell of it."""
    by_phase = {
        2: (2, 3, 4, 42, 58),
        5: (15, 27),
        6: (16, 17, 19, 20, 37, 46, 57),
        8: (8, 9, 18, 22, 23, 24, 25, 26, 59),
    }
    detectors: tuple[Detector, ...] = tuple(
        detector(number, phase, DetectorKind.STOPBAR) for phase, numbers in by_phase.items() for number in numbers
    )
    moves = {2: "EBT", 5: "EBL", 6: "WBT", 8: "NBT"}
    return replace(site_of((((5, 2), (8,)), ((6,), ())), moves, detectors, (6,)), id=1136)


@pytest.mark.untraced
@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded hours lie beside the repository, not in it")
def test_recorded_traffic_of_a_real_signal_drives_the_engine(tmp_path: Path) -> None:
    half_hour = [row for row in read_csv(RECORDED) if row.local_ms < NOON + 30 * MINUTE_MS]
    with (tmp_path / "in.csv").open("w", encoding="utf-8") as out:
        write_csv(half_hour, out)
    report = replay_log(odot_1136(), tmp_path / "in.csv", tmp_path / "out.csv")
    printed = report.as_dict()
    assert set(printed) == {"v", "simulated_s", "speed_x", "violations", "phases"}
    assert printed["violations"] == 0
    assert printed["simulated_s"] == pytest.approx(1_800, abs=5)
    assert report.warnings == ()
    assert sum(row.greens for row in report.phases.values()) > 60
    rows = list(read_csv(tmp_path / "out.csv"))
    recorded_ons = sum(row.code == ON for row in half_hour)
    assert sum(row.code == ON for row in rows) == pytest.approx(recorded_ons, rel=0.03)
    for phase, row in report.phases.items():
        assert row.greens > 8, phase
        assert sum(row.terminations.values()) in {row.greens, row.greens - 1}
        assert row.green_s.least >= 5.0
