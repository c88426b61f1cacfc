"""The replay driver keeps the common contract and gives back exactly what was recorded."""

import csv
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import replay
from drivers.base import DriverOpenError
from drivers.replay import ReplayDevice
from drivers.replay_log import read_recording
from edge.model.devices import Device, DeviceState, MockOptions, ReplayOptions
from edge.model.units import HOUR_MS, Ms
from tests.drivers.contract import CHANNELS, DEVICE, SourceContract, clock, eventually

REAL_LOG = Path(__file__).parents[3] / "shared" / "data" / "odot-1136-2024-04-15.csv"
HEADER = "TimeStamp,DeviceId,EventId,Parameter\n"


class _Skipping:
    """The contract's clock, with jumps."""

    def __init__(self) -> None:
        self.skipped_ms = 0

    def __call__(self) -> Ms:
        return clock() + self.skipped_ms


class ReplayBench:
    """A log whose vehicles pass at the full hours, and a clock that jumps there."""

    stale_after_ms = 200

    def __init__(self, folder: Path) -> None:
        self._skipping = _Skipping()
        self._log = folder / "log.csv"
        self._log.write_text(
            f"{HEADER}2024-04-15T12:00:00.0,7,1,2\n"
            + "".join(f"2024-04-15T13:00:00.{tenth},7,{82 - tenth % 2},1\n" for tenth in range(6))
            + "2024-04-15T14:00:00.0,7,82,2\n2024-04-15T14:00:01.0,7,81,2\n2024-04-19T12:00:00.0,7,1,2\n"
        )

    def source(self) -> ReplayDevice:
        opened = ReplayDevice.open_all([Device(DEVICE, ReplayOptions(str(self._log)))], {}, self._skipping)[DEVICE]
        assert opened.sink is None
        assert isinstance(opened.source, ReplayDevice)
        return opened.source

    def vehicles(self, terminal: str, number: int) -> None:
        assert (terminal, number) in {("1", 3), ("2", 1)}
        self._skipping.skipped_ms += HOUR_MS + 1_000


class TestReplayKeepsTheContract(SourceContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> ReplayBench:
        return ReplayBench(tmp_path)


class _Hands:
    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> Ms:
        return self.now


def _play(log: Path, hands: _Hands) -> ReplayDevice:
    device = ReplayDevice("odot", ReplayOptions(str(log)), hands)
    device.start()
    eventually(lambda: device.health().state is DeviceState.UP, "the log to be read")
    return device


def test_a_real_signals_two_hours_come_back_edge_by_edge() -> None:
    if not REAL_LOG.exists():
        pytest.skip(f"no recorded log at {REAL_LOG}")
    with REAL_LOG.open() as lines:
        rows = list(csv.DictReader(lines))
    first = datetime.fromisoformat(rows[0]["TimeStamp"])
    edges = [
        (
            (datetime.fromisoformat(row["TimeStamp"]) - first) // timedelta(milliseconds=1),
            ("p" if row["EventId"] in {"89", "90"} else "") + row["Parameter"],
            row["EventId"] in {"82", "90"},
        )
        for row in rows
        if row["EventId"] in {"81", "82", "89", "90"}
    ]
    hands = _Hands()
    device = _play(REAL_LOG, hands)
    try:
        level: dict[str, bool] = {}
        rises: Counter[str] = Counter()
        for at in range(0, 2 * HOUR_MS, 700):
            hands.now = 1_000 + at
            samples = device.latest()
            while edges and edges[0][0] <= at:
                _, terminal, occupied = edges.pop(0)
                rises[terminal] += occupied and not level.get(terminal, not occupied)
                level[terminal] = occupied
            for terminal, occupied in level.items():
                assert samples[terminal].occupied == occupied
                assert samples[terminal].count == rises[terminal]
        assert sum(rises.values()) > 12_000
        assert sum(not name.startswith("p") for name in device.latest()) == 23
    finally:
        device.stop()


def test_the_end_of_the_recording_is_said_and_its_samples_are_no_longer_ok(tmp_path: Path) -> None:
    log = tmp_path / "short.csv"
    log.write_text(f"{HEADER}2024-04-15T12:00:00,7,82,16\n2024-04-15T12:00:09,7,1,2\n")
    hands = _Hands()
    device = _play(log, hands)
    began = hands.now
    hands.now = began + 9_000
    assert device.latest()["16"].ok
    hands.now = began + 9_001
    sample = device.latest()["16"]
    assert (sample.ok, sample.occupied, sample.count, sample.taken_ms) == (False, True, 1, began + 9_000)
    health = device.health()
    assert health.state is DeviceState.DOWN
    assert "ended after 9 s" in health.said
    device.stop()


def test_a_log_that_is_not_there_is_said_and_played_when_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "RETRY_S", 0.01)
    log = tmp_path / "late.csv"
    device = ReplayDevice("odot", ReplayOptions(str(log)), clock)
    device.start()
    eventually(lambda: "cannot read" in device.health().said, "the missing log to be said")
    log.write_text("not a log\n")
    eventually(lambda: "no column TimeStamp" in device.health().said, "the bad log to be said")
    log.write_text(f"{HEADER}2024-04-15T12:00:00,7,81,3\n2024-04-15T13:00:00,7,82,3\n")
    eventually(lambda: "3" in device.latest(), "the log to be played")
    assert device.latest()["3"].ok
    device.stop()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "log.csv line 1: no column TimeStamp, DeviceId, EventId, Parameter"),
        ("TimeStamp,DeviceId,Event,Parameter\n", "line 1: no column EventId"),
        (HEADER, "log.csv: no events in it"),
        (f"{HEADER}2024-04-15T12:00:00,7,82\n", "log.csv line 2: '2024-04-15T12:00:00,7,82' is not an event"),
        (f"{HEADER}\nyesterday,7,82,1\n", "log.csv line 3: .* is not an event"),
        (f"{HEADER}2024-04-15T12:00:00,7,82,x\n", "log.csv line 2: .* is not an event"),
        (f"{HEADER}2024-04-15T12:00:00,7,82,1\n2024-04-15T12:00:00,8,82,1\n", "devices 7, 8 in one log"),
        (f"{HEADER}2024-04-15T12:00:00,7,82,1\n2024-04-15T12:00:00Z,7,82,1\n", "with and without a time zone"),
        (f'{HEADER}"2024-04-15T12:00:00,7,82,1\x00{"x" * 200_000}\n', "log.csv line .*it is not a CSV log"),
    ],
)
def test_a_log_that_cannot_be_read_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(DriverOpenError, match=said):
        read_recording(text.splitlines(keepends=True), "log.csv")


def test_columns_are_found_by_name_in_any_order() -> None:
    recording = read_recording(
        ["\ufeffParameter, eventid ,DeviceId,TimeStamp", "4,90,7,2024-04-15T12:00:00"], "log.csv"
    )
    assert [(edge.terminal, edge.occupied) for edge in recording.edges] == [("p4", True)]


def test_lamps_wired_to_a_log_are_refused() -> None:
    with pytest.raises(DriverOpenError, match="a recorded log lights no lamps"):
        ReplayDevice.open_all([Device("odot", ReplayOptions("log.csv"))], {"odot": CHANNELS}, clock)


def test_options_of_another_driver_are_refused() -> None:
    with pytest.raises(DriverOpenError, match="are not the options of a replay device"):
        ReplayDevice.open_all([Device("odot", MockOptions())], {}, clock)


@given(st.text(alphabet='0123456789,.-:T\n\r"xZ ', max_size=200))
def test_no_text_makes_the_reader_fail_otherwise_than_by_saying_so(text: str) -> None:
    try:
        recording = read_recording((HEADER + text).splitlines(keepends=True), "log.csv")
    except DriverOpenError:
        return
    assert recording.length_ms >= 0
