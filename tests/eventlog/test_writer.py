"""The log's worker: the loop never waits, a disk that refuses costs nothing that was confirmed, and everything is said."""

import errno
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

import edge.eventlog.segments as segments_module
import edge.eventlog.writer as writer_module
from edge.eventlog.backlog import RETRY_MS, SYNC_MS, Backlog, merged
from edge.eventlog.reader import LogReader
from edge.eventlog.records import Batch, Gap, Head, Stamped
from edge.eventlog.segments import SegmentStore
from edge.eventlog.writer import LogWriter
from edge.model.events import Event, EventCode
from edge.model.site import LogLimits
from edge.model.units import HOUR_MS, Ms
from tests.eventlog.simulated_disk import SimulatedDisk, crash_states

LOG = Path("/log")
HEAD = Head(1, "UTC", "0.1.0")
LIMITS = LogLimits(keep_days=30, max_mb=100)
EPOCH_MS = 1_713_182_400_000


def batch(k: int, events: int = 1) -> Batch:
    return Batch(EPOCH_MS + 100 * k, 100 * k, (Event(EventCode.DETECTOR_ON, k % 1_000),) * events)


def backlog_on(disk: SimulatedDisk, keep_events: int = 20_000) -> Backlog:
    return Backlog(SegmentStore(LOG, HEAD, LIMITS, disk), keep_events)


def stored(disk: SimulatedDisk) -> list[Stamped]:
    return [entry.record for entry in LogReader(LOG, disk).entries()]


def refusing(number: int, *operations: str) -> Callable[[str, Path], int | None]:
    return lambda what, _: number if what in operations else None


EVERYTHING = ("make_directory", "names", "open", "write", "truncate", "sync", "sync_directory")


# ---- the backlog, without a thread


def test_events_are_confirmed_within_the_sync_period_and_not_by_a_sync_each() -> None:
    disk = SimulatedDisk()
    backlog = backlog_on(disk)
    backlog.add(batch(0))
    backlog.work(SYNC_MS)
    assert backlog.confirmed == 1
    backlog.add(batch(1))
    backlog.work(2 * SYNC_MS - 1)
    assert (backlog.confirmed, len(stored(disk))) == (1, 2), "written at once, confirmed later"
    backlog.work(2 * SYNC_MS)
    assert backlog.confirmed == 2


def test_an_urgent_event_is_confirmed_at_once() -> None:
    disk = SimulatedDisk()
    backlog = backlog_on(disk)
    backlog.work(SYNC_MS)
    for k in range(3):
        backlog.add(batch(k))
        backlog.work(SYNC_MS + k, at_once=True)
        assert backlog.confirmed == k + 1


def test_a_heavy_load_is_synced_before_memory_fills() -> None:
    backlog = backlog_on(SimulatedDisk(), keep_events=100)
    backlog.add(batch(0))
    backlog.work(SYNC_MS)
    backlog.add(batch(1, events=51))
    backlog.work(SYNC_MS + 1)
    assert backlog.confirmed == 52


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "No space left on device (ENOSPC) — free space on this file system"),
        (errno.EROFS, "Read-only file system (EROFS) — mount it read-write"),
        (errno.EACCES, "Permission denied (EACCES) — give the stopline user the right to write there"),
        (errno.EIO, "Input/output error (EIO) — the disk fails: replace it"),
        (errno.EBUSY, "(EBUSY) — look at the disk"),
    ],
)
@pytest.mark.parametrize("operation", EVERYTHING)
def test_whatever_the_disk_refuses_is_said_and_nothing_is_lost_when_it_comes_back(
    operation: str, number: int, remedy: str
) -> None:
    disk = SimulatedDisk()
    backlog = backlog_on(disk)
    disk.refuse = refusing(number, operation)
    backlog.add(batch(0))
    backlog.work(SYNC_MS)
    trouble = backlog.trouble()
    assert trouble is not None
    assert "The event log cannot be written: /log" in trouble
    assert remedy in trouble
    assert "1 events wait in memory, 0 are lost" in trouble
    backlog.add(batch(1))
    backlog.work(SYNC_MS + RETRY_MS - 1)
    assert backlog.trouble() is not None, "the disk is left alone for a while"
    disk.refuse = refusing(0)
    backlog.work(SYNC_MS + RETRY_MS)
    assert backlog.trouble() is None
    assert backlog.confirmed == 2
    assert stored(disk) == [batch(0), batch(1)]
    assert len(disk.names(LOG)) == 1, "no empty segment was left behind"


@pytest.mark.parametrize("operation", ["write", "sync", "truncate"])
def test_a_disk_that_fails_in_the_middle_of_a_run_leaves_no_record_twice(operation: str) -> None:
    disk = SimulatedDisk()
    backlog = backlog_on(disk)
    backlog.add(batch(0))
    backlog.work(SYNC_MS)
    backlog.add(batch(1))
    disk.refuse = refusing(errno.ENOSPC, operation, "sync")
    backlog.work(2 * SYNC_MS)
    disk.refuse = refusing(0)
    backlog.add(batch(2))
    backlog.work(2 * SYNC_MS + RETRY_MS)
    assert stored(disk) == [batch(0), batch(1), batch(2)]
    assert LogReader(LOG, disk).problems == []


def test_a_failing_sector_is_left_behind_with_its_segment() -> None:
    disk = SimulatedDisk()
    backlog = backlog_on(disk)
    backlog.add(batch(0))
    backlog.work(SYNC_MS)
    backlog.add(batch(1))
    disk.refuse = lambda _, path: errno.EIO if "00000001" in path.name else None
    backlog.work(2 * SYNC_MS)
    assert backlog.trouble() is not None
    backlog.work(2 * SYNC_MS + RETRY_MS)
    assert backlog.trouble() is None
    disk.refuse = refusing(0)
    assert [record for record in stored(disk) if record == batch(1)], "in the second segment"
    assert len(disk.names(LOG)) == 2


def test_a_full_disk_keeps_the_newest_in_memory_and_marks_the_gap_when_it_has_room_again() -> None:
    disk = SimulatedDisk()
    backlog = backlog_on(disk, keep_events=10)
    backlog.add(batch(0))
    backlog.work(SYNC_MS)
    disk.capacity = disk.used() + 20  # a frame does not fit any more
    for k in range(1, 26):
        backlog.add(batch(k))
        backlog.work(SYNC_MS + k * RETRY_MS)
    assert backlog.lost == 15
    assert "10 events wait in memory, 15 are lost" in (backlog.trouble() or "")
    disk.capacity = 1 << 40
    backlog.work(HOUR_MS)
    assert backlog.trouble() is None
    gap = Gap(batch(15).epoch_ms, batch(15).now, 15, batch(1).epoch_ms)
    assert stored(disk) == [batch(0), gap, *(batch(k) for k in range(16, 26))]
    assert LogReader(LOG, disk).problems == [], "the half-written frame was cut off"


@pytest.mark.parametrize("others", [0, 1])
def test_a_segment_taken_away_is_followed_by_a_new_one(others: int) -> None:
    disk = SimulatedDisk()
    backlog = backlog_on(disk)
    backlog.add(batch(0))
    backlog.work(SYNC_MS)
    disk.refuse = refusing(errno.ENOSPC, "write")
    backlog.add(batch(1))
    backlog.work(2 * SYNC_MS)
    disk.refuse = refusing(0)
    disk.remove(LOG / disk.names(LOG)[0])
    if others:
        disk.write_file(LOG / "events-00000009-20240415T120000Z.log", b"")
    backlog.work(2 * SYNC_MS + RETRY_MS)
    assert backlog.trouble() is None
    assert stored(disk) == [batch(1)]


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["ok", "write", "sync", "open", "full"])), max_size=12))
def test_with_whatever_the_disk_refuses_the_log_is_what_was_given_but_for_the_gaps_it_names(
    steps: list[tuple[int, str]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:  # segments of 250 bytes, half a dozen records, and room for 80 of them
        patch.setattr(segments_module, "_MB", 200)
        patch.setattr(segments_module, "_FEWEST_SEGMENTS", 80)
        _run_with_refusals(steps)


def _run_with_refusals(steps: list[tuple[int, str]]) -> None:
    disk = SimulatedDisk()
    backlog = backlog_on(disk, keep_events=6)
    given_: list[Batch] = []
    now = 0
    for count, trouble in steps:
        for _ in range(count):
            given_.append(batch(len(given_)))
            backlog.add(given_[-1])
        disk.capacity = disk.used() + 30 if trouble == "full" else 1 << 40
        disk.refuse = refusing(errno.EACCES, trouble)
        now += RETRY_MS
        backlog.work(now)
        assert set(confirmed_batches(backlog, given_)) <= set(stored_parameters(disk))
    disk.refuse, disk.capacity = refusing(0), 1 << 40
    backlog.close(now + 1)
    assert backlog.trouble() is None
    found = stored(disk)
    kept = [record for record in found if isinstance(record, Batch)]
    gaps = [record for record in found if isinstance(record, Gap)]
    assert len(kept) + sum(gap.lost for gap in gaps) == len(given_)
    assert backlog.lost == sum(gap.lost for gap in gaps)
    assert [record.epoch_ms for record in found] == sorted({record.epoch_ms for record in found})


def confirmed_batches(backlog: Backlog, given_: list[Batch]) -> list[int]:
    """With nothing lost, the first `confirmed` of all given."""
    return [batch_.events[0].parameter for batch_ in given_[: backlog.confirmed]] if not backlog.lost else []


def stored_parameters(disk: SimulatedDisk) -> list[int]:
    refuse, disk.refuse = disk.refuse, refusing(0)
    found = [r.events[0].parameter for r in stored(disk) if isinstance(r, Batch)] if disk.names(LOG) else []
    disk.refuse = refuse
    return found


@pytest.mark.parametrize("seed", range(2))
def test_no_power_cut_loses_what_was_confirmed_even_after_the_disk_had_refused(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments_module, "_MB", 50)  # a segment is 625 bytes, a dozen records
    disk = SimulatedDisk()
    backlog = backlog_on(disk)
    troubles = {7: "write", 8: "sync", 15: "sync", 16: "truncate", 23: "open"}
    for k in range(30):
        backlog.add(batch(k))
        disk.refuse = refusing(errno.ENOSPC, troubles.get(k, ""))
        backlog.work(k * RETRY_MS)
        disk.acknowledge(backlog.confirmed)
    assert backlog.confirmed > 25
    for crash in crash_states(disk.log, seed):
        found = [record for record in stored(crash.disk) if isinstance(record, Batch)]
        numbers = [record.events[0].parameter for record in found]
        assert set(range(crash.acknowledged)) <= set(numbers), crash.told


def test_two_gaps_that_meet_become_one() -> None:
    first = merged(batch(0, events=2), batch(1, events=3))
    assert first == Gap(batch(1).epoch_ms, batch(1).now, 5, batch(0).epoch_ms)
    assert merged(first, Gap(9, 8, 2, 7)) == Gap(9, 8, 7, batch(0).epoch_ms)


def test_a_close_that_the_disk_refuses_is_said() -> None:
    disk = SimulatedDisk()
    backlog = backlog_on(disk)
    backlog.add(batch(0))
    disk.refuse = refusing(errno.EIO, "close")
    backlog.close(SYNC_MS)
    assert "Input/output error" in (backlog.trouble() or "")
    assert backlog.confirmed == 1


def test_one_batch_larger_than_the_memory_for_all_is_kept() -> None:
    disk = SimulatedDisk()
    disk.refuse = refusing(errno.ENOSPC, "open")
    backlog = backlog_on(disk, keep_events=5)
    backlog.add(batch(0, events=50))
    backlog.work(SYNC_MS)
    assert backlog.lost == 0


# ---- the writer, with its thread


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now: Ms = 1_000_000

    def __call__(self) -> Ms:
        return self.now


def event(parameter: int) -> tuple[Event, ...]:
    return (Event(EventCode.PHASE_BEGIN_GREEN, parameter),)


def test_closing_writes_everything_that_was_submitted(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "events", HEAD, LIMITS, Hand())
    for k in range(50):
        writer.submit(1_000 + 100 * k, EPOCH_MS + 100 * k, event(k))
    writer.submit(6_100, EPOCH_MS + 5_100, ())
    assert writer.close()
    assert (writer.confirmed, writer.lost, writer.trouble()) == (50, 0, None)
    records = [entry.record for entry in LogReader(tmp_path / "events").entries()]
    assert records == [Batch(EPOCH_MS + 100 * k, 1_000 + 100 * k, event(k)) for k in range(50)]


def test_an_urgent_event_is_on_the_disk_without_waiting_for_the_next_period() -> None:
    synced = threading.Event()
    disk = SimulatedDisk()
    disk.refuse = lambda what, _: synced.set() if what == "sync" else None
    writer = LogWriter(LOG, HEAD, LIMITS, Hand(), disk)
    writer.submit(0, EPOCH_MS, event(1), urgent=True)
    assert synced.wait(30)
    assert writer.close()


def test_a_step_of_the_wall_clock_is_logged_even_on_a_tick_without_events() -> None:
    disk = SimulatedDisk()
    writer = LogWriter(LOG, HEAD, LIMITS, Hand(), disk)
    writer.submit(0, EPOCH_MS, ())
    writer.submit(100, EPOCH_MS + 100, ())
    writer.submit(200, EPOCH_MS + 200 - HOUR_MS, ())
    writer.close()
    assert stored(disk) == [Batch(EPOCH_MS + 200 - HOUR_MS, 200, (Event(EventCode.CLOCK_UPDATED, 3_600),))]


def test_a_directory_that_cannot_be_written_is_a_trouble_and_not_an_exception(tmp_path: Path) -> None:
    (tmp_path / "events").write_text("a file where a directory should be")
    writer = LogWriter(tmp_path / "events" / "log", HEAD, LIMITS, Hand())
    writer.submit(0, EPOCH_MS, event(1), urgent=True)
    assert not writer.close()
    assert "events/log: Not a directory (ENOTDIR) — something stands where a directory should" in (
        writer.trouble() or ""
    )


def test_a_disk_that_does_not_answer_is_said_and_what_comes_meanwhile_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "_QUEUE_BATCHES", 10)
    disk, clock = SimulatedDisk(), Hand()
    stuck, answer = threading.Event(), threading.Event()

    def hang(what: str, _: Path) -> None:
        if what == "sync":
            stuck.set()
            answer.wait(50)

    disk.refuse = hang
    writer = LogWriter(LOG, HEAD, LIMITS, clock, disk)
    writer.submit(0, EPOCH_MS, event(0), urgent=True)
    assert stuck.wait(30)
    for k in range(1, 31):
        writer.submit(100 * k, EPOCH_MS + 100 * k, event(k))
    assert writer.lost == 21, "a gap and the newest nine"
    assert writer.trouble() is None
    clock.now += 31_000
    assert "/log has not answered for 31 s" in (writer.trouble() or "")
    assert not writer.close(timeout_s=0.01)
    answer.set()
    assert writer.close(timeout_s=30)
    numbers = [r.events[0].parameter if isinstance(r, Batch) else f"{r.lost} lost" for r in stored(disk)]
    assert numbers == [0, "21 lost", *range(22, 31)]


def test_a_worker_that_has_ended_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    disk = SimulatedDisk()

    def broken(_what: str, _path: Path) -> int | None:
        raise RuntimeError("a mistake in the program")

    disk.refuse = broken
    writer = LogWriter(LOG, HEAD, LIMITS, Hand(), disk)
    writer.submit(0, EPOCH_MS, event(0), urgent=True)
    writer._worker._thread.join(30)
    assert "worker has ended" in (writer.trouble() or "")


def test_the_queue_can_be_emptied_by_the_worker_while_room_is_made_in_it() -> None:
    disk = SimulatedDisk()
    writer = LogWriter(LOG, HEAD, LIMITS, Hand(), disk)
    writer.close()
    writer._squeeze()
    assert len(writer._queue) == 0
    writer._queue.append(batch(1))
    writer._squeeze()
    assert list(writer._queue) == [batch(1)]
    assert writer.lost == 0


class Vanishing(deque[Stamped]):
    """A queue that the loop empties just when the worker takes from it."""

    @override
    def __len__(self) -> int:
        return 1


def test_the_worker_can_find_the_queue_squeezed_by_the_loop_meanwhile() -> None:
    writer = LogWriter(LOG, HEAD, LIMITS, Hand(), SimulatedDisk())
    assert writer.close()
    writer._queue = Vanishing()
    writer._take_all()
    assert writer.trouble() is None
