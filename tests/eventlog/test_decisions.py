"""The decision record: what was told and answered comes back, damage is said, and one second is found by its time."""

import errno
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from edge.eventlog.decision_blocks import Decided, DecisionHead, Stamped
from edge.eventlog.decisions import (
    DECISIONS,
    DecisionLimits,
    DecisionLog,
    DecisionReader,
    DecisionsError,
    DecisionWriter,
    runs,
    second_at,
)
from edge.eventlog.disk import SystemDisk
from edge.eventlog.frames import frame
from edge.model.advice import Advice
from edge.model.exchange import Mode
from edge.model.observation import Observation
from edge.model.plans import LocalTime
from edge.model.units import PhaseNumber
from tests.eventlog.simulated_disk import SimulatedDisk

EPOCH = 1_767_596_400_000
HEAD = DecisionHead(7, "Europe/Berlin", "0.1.0", "abc", "id: 7\n", {"H": 60}, {"N1": 0.5}, EPOCH)
RUNS = Path("/decisions")


def decided(second: int, *, clock: bool = True) -> Decided:
    now = 5_000 + 1_000 * second
    local = LocalTime((2026, 1, 5), 0, 1_000 * second, EPOCH + 1_000 * second, synced=True) if clock else None
    holds = frozenset({PhaseNumber(2)}) if second % 2 else frozenset()
    return Decided(Observation(now, Mode.RUN, (), local=local), Advice(now, holds=holds), "no gain" * (second == 3))


def written(directory: Path, count: int, *, clock: bool = True) -> Path:
    log = DecisionLog(directory, HEAD)
    for second in range(count):
        log.append(decided(second, clock=clock))
    assert log.close()
    assert log.path is not None
    return log.path


@pytest.mark.parametrize("count", [1, 29, 30, 31, 95])
def test_every_second_comes_back_as_it_was(tmp_path: Path, count: int) -> None:
    reader = DecisionReader(written(tmp_path, count))
    assert list(reader) == [decided(second) for second in range(count)]
    assert reader.problem is None
    assert reader.head == HEAD


def test_a_run_without_a_second_leaves_no_file(tmp_path: Path) -> None:
    assert DecisionLog(tmp_path, HEAD).close()
    assert not runs(tmp_path)


@pytest.mark.parametrize("clock", [True, False])
@pytest.mark.parametrize(("at", "second"), [(0, 0), (400, 0), (1_000, 1), (41_900, 41), (10**9, 79)])
def test_a_second_is_found_by_its_time(tmp_path: Path, at: int, second: int, *, clock: bool) -> None:
    written(tmp_path, 80, clock=clock)
    found = second_at(tmp_path, EPOCH + at)
    assert found == (HEAD, Stamped(EPOCH + 1_000 * second, decided(second, clock=clock)))


def test_without_a_time_the_newest_second_is_given(tmp_path: Path) -> None:
    written(tmp_path, 3)
    written(tmp_path, 2)
    found = second_at(tmp_path)
    assert found is not None
    assert found[1].decided == decided(1)


def test_before_the_first_second_nothing_is_found(tmp_path: Path) -> None:
    written(tmp_path, 3)
    assert second_at(tmp_path, EPOCH - 1) is None


def test_a_record_that_was_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    path = written(tmp_path, 90)
    path.write_bytes(path.read_bytes()[:-100])
    reader = DecisionReader(path)
    assert len(list(reader)) == 60
    assert reader.problem is not None
    assert "after 60 seconds" in reader.problem


def test_a_damaged_block_is_passed_over_when_a_second_is_looked_for(tmp_path: Path) -> None:
    path = written(tmp_path, 90)
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2][:-3] + b"xxx"
    path.write_bytes(b"\n".join(lines))
    found = DecisionReader(path).last(EPOCH + 50_000)
    assert found is not None
    assert found.decided == decided(29)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"D {}", "no decision record"),
        (frame(b'D {"v":99,"program":"9.9"}')[:-1], "stopline 9.9"),
    ],
)
def test_what_is_no_record_is_refused_by_name(tmp_path: Path, line: bytes, said: str) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(line + b"\n")
    with pytest.raises(DecisionsError, match=said):
        DecisionReader(path)


def test_a_block_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, 1)
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n" + frame(b"O 1 2 !!") + frame(b"X"))
    with pytest.raises(DecisionsError, match=r"stopline 0\.1\.0"):
        list(DecisionReader(path))


def test_an_unknown_record_ends_the_reading(tmp_path: Path) -> None:
    path = written(tmp_path, 1)
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n" + frame(b"X"))
    reader = DecisionReader(path)
    assert not list(reader)
    assert "unknown record" in str(reader.problem)


def test_a_disk_that_refuses_ends_the_recording_and_says_so() -> None:
    disk = SimulatedDisk()
    disk.refuse = lambda _what, _path: errno.EIO
    log = DecisionLog(RUNS, HEAD, None, disk)
    for second in range(40):
        log.append(decided(second))
    assert "cannot be written" in str(log.trouble())
    assert not log.close()


def test_once_a_full_disk_has_room_again_the_record_is_due_to_be_begun_anew() -> None:
    disk = SimulatedDisk()
    disk.capacity = 100
    log = DecisionLog(RUNS, HEAD, None, disk)
    for second in range(200):
        log.append(decided(second))
    assert "it is tried again every minute" in str(log.trouble())
    assert not log.due
    disk.capacity = 300_000
    for second in range(200, 260):
        log.append(decided(second))
    assert log.due
    assert log.recovered
    assert not log.close()
    again = DecisionLog(RUNS, HEAD, None, disk)
    again.append(decided(260))
    assert again.close()
    assert again.path is not None
    assert list(DecisionReader(again.path, disk)) == [decided(260)]


def test_a_full_disk_is_not_tried_before_a_minute_has_passed() -> None:
    disk = SimulatedDisk()
    disk.capacity = 100
    log = DecisionLog(RUNS, HEAD, None, disk)
    for second in range(30):
        log.append(decided(second))
    disk.capacity = 300_000
    for second in range(30, 90):
        log.append(decided(second))
    assert not log.due
    log.append(decided(90))
    assert log.due
    log.append(decided(91))
    assert log.due


def test_a_full_record_says_that_it_is_due_and_then_ends() -> None:
    log = DecisionLog(RUNS, HEAD, DecisionLimits(run_mb=0, all_mb=1), SimulatedDisk())
    for second in range(30):
        log.append(decided(second))
    assert log.due
    assert "full" in str(log.trouble())


@pytest.mark.parametrize(
    ("second", "day_s", "due"),
    [
        (86_400, 0, False),
        (93_600, 0, True),  # 26 h
        (7_200, 3 * 3_600, True),  # two hours old at three in the morning
        (7_199, 3 * 3_600, False),
        (7_200, 4 * 3_600, False),
    ],
)
def test_a_record_is_due_about_once_a_day_at_night_if_it_can_be(second: int, day_s: int, *, due: bool) -> None:
    log = DecisionLog(RUNS, HEAD, None, SimulatedDisk())
    log.append(decided(0))
    row = decided(second)
    assert row.seen.local is not None
    local = replace(row.seen.local, day_ms=1_000 * day_s)
    log.append(row._replace(seen=replace(row.seen, local=local)))
    assert log.due is due


def test_the_oldest_records_make_room(tmp_path: Path) -> None:
    for _ in range(4):
        log = DecisionLog(tmp_path, HEAD, DecisionLimits(run_mb=1, all_mb=1))
        log.append(decided(0))
        assert log.close()
    assert [name.number for name in DECISIONS.find(SystemDisk().names(tmp_path))] == [4]


def test_behind_a_thread_nothing_is_lost(tmp_path: Path) -> None:
    writer = DecisionWriter(DecisionLog(tmp_path, HEAD))
    for second in range(45):
        writer.append(decided(second))
    assert writer.close()
    (path,) = runs(tmp_path)
    assert len(list(DecisionReader(path))) == 45


def test_a_disk_that_does_not_answer_never_makes_the_search_wait() -> None:
    gate = threading.Event()

    def waits(_what: str, _path: Path) -> None:
        gate.wait()

    disk = SimulatedDisk()
    disk.refuse = waits
    writer = DecisionWriter(DecisionLog(RUNS, HEAD, None, disk))
    for second in range(200):
        writer.append(decided(second))
    assert "does not answer" in str(writer.trouble())
    assert not writer.due
    gate.set()
    assert not writer.close()
    assert writer.due
    assert writer.recovered


def test_flush_makes_what_waits_readable(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, HEAD)
    log.append(decided(0))
    assert second_at(tmp_path) is None
    log.flush()
    assert second_at(tmp_path) == (HEAD, Stamped(EPOCH, decided(0)))
    assert replace(HEAD) == HEAD
    log.close()
