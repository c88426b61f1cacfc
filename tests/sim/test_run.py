"""Time as values, and the log of a run."""

from itertools import pairwise
from pathlib import Path

import pytest

from edge.eventlog.export import read_csv
from edge.eventlog.stamps import local_clock, ms_of
from edge.model.detectors import InputSample
from edge.model.events import EventCode
from edge.model.exchange import Inputs
from edge.model.units import DAY_MS, HOUR_MS, MINUTE_MS, DetectorNumber, Ms
from edge.safety.rules import Rule
from edge.sim.run import Run, later, local_ms_of, local_start
from tests.builders import two_phase


def quiet(now: Ms) -> dict[DetectorNumber, InputSample]:
    """Two healthy detectors that see nobody."""
    return {DetectorNumber(n): InputSample(occupied=False, count=0, taken_ms=now) for n in (2, 4)}


MONDAY = ms_of("2026-01-05T23:59:00.000")


def test_local_time_is_that_of_the_stamp_in_the_sites_zone() -> None:
    start = local_start(MONDAY + 300, "America/Denver")
    assert (start.date, start.weekday, start.day_ms) == ((2026, 1, 5), 0, DAY_MS - MINUTE_MS + 300)
    assert start.synced
    assert local_clock("America/Denver")(start.epoch_ms) == MONDAY + 300
    assert local_ms_of(start) == MONDAY + 300


def test_midnight_brings_the_next_day() -> None:
    start = local_start(MONDAY, "America/Denver")
    assert later(start, 100).date == start.date
    next_day = later(start, 2 * MINUTE_MS)
    assert (next_day.date, next_day.weekday, next_day.day_ms) == ((2026, 1, 6), 1, MINUTE_MS)
    assert next_day.epoch_ms == start.epoch_ms + 2 * MINUTE_MS
    assert later(start, 7 * DAY_MS).weekday == 0


@pytest.mark.untraced
def test_the_log_of_a_run_is_stamped_with_local_time_and_never_silent_for_long(tmp_path: Path) -> None:
    start = local_start(MONDAY, "UTC")
    run = Run(two_phase(), start)
    for now in range(0, HOUR_MS // 4, 100):
        run.advance(now, Inputs(quiet(now), local=later(start, now)))
    run.write_log(tmp_path / "log.csv")
    rows = list(read_csv(tmp_path / "log.csv"))
    assert rows == run.rows
    assert rows[0].local_ms == MONDAY
    assert {row.device for row in rows} == {"1"}
    stamps = [row.local_ms for row in rows]
    assert max(b - a for a, b in pairwise(stamps)) <= MINUTE_MS + 1_000
    signs_of_life = [row for row in rows if row.code == EventCode.UNIT_ALARM_1]
    assert 10 <= len(signs_of_life) <= 20, "one a minute, and only while there is nothing else to log"
    assert run.figures()


def test_what_the_monitor_refuses_is_kept_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    start = local_start(MONDAY, "UTC")
    run = Run(two_phase(), start)
    for now in range(0, 60_000, 100):
        run.advance(now, Inputs(local=later(start, now)))
    assert run.violations == []
    shown = run.advance(60_000, Inputs())
    monkeypatch.setattr(run.tick.controller._lamps, "shows", lambda *_: {n: type(i)["GREEN"] for n, i in shown.items()})
    run.advance(60_100, Inputs())
    assert Rule.CONFLICT in {violation.rule for violation in run.violations}
    assert run.tick.monitor.latch is not None


def test_a_log_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Run(two_phase(), local_start(MONDAY, "UTC")).write_log(tmp_path / "nowhere" / "log.csv")
