"""Segments: what is confirmed is there after any power cut, limits are kept, damage costs only itself."""

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edge.eventlog.segments as segments_module
from edge.eventlog.disk import SystemDisk
from edge.eventlog.frames import frame
from edge.eventlog.reader import LogReader
from edge.eventlog.records import Batch, Gap, Head, Record, Stamped, encode
from edge.eventlog.segments import EVENTS, SegmentStore, last_stamp
from edge.model.events import Event, EventCode
from edge.model.site import LogLimits
from edge.model.units import DAY_MS, HOUR_MS, MINUTE_MS
from tests.eventlog.simulated_disk import SimulatedDisk, crash_states

LOG = Path("/log")
HEAD = Head(1136, "America/Los_Angeles", "0.1.0")
NOON_MS = 1_713_182_400_000
SMALL = LogLimits(keep_days=30, max_mb=1)  # segments of 125 kB
LARGE = LogLimits(keep_days=30, max_mb=500)


def batch(k: int, step_ms: int = 1_000, events: int = 1) -> Batch:
    return Batch(NOON_MS + k * step_ms, k * step_ms, (Event(EventCode.DETECTOR_ON, k % 64),) * events)


def store_on(disk: SimulatedDisk, limits: LogLimits = LARGE) -> SegmentStore:
    return SegmentStore(LOG, HEAD, limits, disk)


def stored(disk: SimulatedDisk) -> list[Stamped]:
    return [entry.record for entry in LogReader(LOG, disk).entries()]


def segments(disk: SimulatedDisk) -> list[str]:
    return [name.text for name in EVENTS.find(disk.names(LOG))]


def test_what_is_appended_is_read_back_under_its_head() -> None:
    disk = SimulatedDisk()
    store = store_on(disk)
    written = [batch(k) for k in range(5)]
    for record in written:
        store.append(record)
    store.close()
    reader = LogReader(LOG, disk)
    assert [entry.record for entry in reader.entries()] == written
    assert {entry.head for entry in reader.entries()} == {HEAD}
    assert reader.problems == []
    assert segments(disk) == ["events-00000001-20240415T120000Z.log"]


def test_a_new_segment_begins_when_the_old_one_is_full_and_each_has_a_head() -> None:
    disk = SimulatedDisk()
    store = store_on(disk, SMALL)
    written = [batch(k, events=20) for k in range(1_000)]
    for record in written:
        store.append(record)
    store.close()
    assert len(segments(disk)) == 2
    assert all(disk.size(LOG / name) <= 125_000 for name in segments(disk))
    assert all(b"H {" in disk.read(LOG / name)[:20] for name in segments(disk))
    assert stored(disk) == written


def test_the_next_run_goes_on_in_the_last_segment_and_says_who_writes_now() -> None:
    disk = SimulatedDisk()
    first = store_on(disk)
    first.append(batch(0))
    first.close()
    second = SegmentStore(LOG, Head(7, "Europe/Berlin", "0.2.0"), LARGE, disk)
    second.append(batch(1))
    second.close()
    assert len(segments(disk)) == 1
    assert [entry.head.device for entry in LogReader(LOG, disk).entries()] == [1136, 7]


def test_a_torn_tail_is_cut_when_the_next_run_begins() -> None:
    disk = SimulatedDisk()
    store = store_on(disk)
    store.append(batch(0))
    store.close()
    path = LOG / segments(disk)[0]
    whole = disk.read(path)
    disk.write_file(path, whole + frame(encode(batch(1)))[:-5])
    again = store_on(disk)
    again.append(batch(2))
    again.close()
    assert again.cut == len(frame(encode(batch(1)))) - 5
    assert stored(disk) == [batch(0), batch(2)]
    assert LogReader(LOG, disk).problems == []


def test_damage_in_the_middle_is_passed_over_and_said() -> None:
    disk = SimulatedDisk()
    store = store_on(disk)
    for k in range(5):
        store.append(batch(k))
    store.close()
    path = LOG / segments(disk)[0]
    data = bytearray(disk.read(path))
    data[data.index(encode(batch(2)))] ^= 1
    disk.write_file(path, bytes(data))
    reader = LogReader(LOG, disk)
    assert [entry.record for entry in reader.entries()] == [batch(k) for k in (0, 1, 3, 4)]
    assert reader.problems == [f"{path}: 1 damaged lines were passed over"]


@pytest.fixture
def tiny_segments(monkeypatch: pytest.MonkeyPatch) -> LogLimits:
    """Limits with which a segment is 1000 bytes, a score of records, and 8 of them are kept."""
    monkeypatch.setattr(segments_module, "_MB", 8_000)
    return SMALL


@pytest.mark.parametrize("seed", range(3))
def test_no_power_cut_loses_a_confirmed_record_or_disorders_the_log(tiny_segments: LogLimits, seed: int) -> None:
    disk = SimulatedDisk()
    store = store_on(disk, tiny_segments)
    written = [batch(k, events=5) for k in range(40)]
    for k, record in enumerate(written):
        store.append(record)
        if k % 7 == 6:
            store.sync()
        disk.acknowledge(store.confirmed)
    store.close()
    assert len(segments(disk)) >= 3
    states = 0
    for crash in crash_states(disk.log, seed):
        found = stored(crash.disk)
        assert found[: crash.acknowledged] == written[: crash.acknowledged], crash.told
        assert is_part_of(found, written), crash.told
        again = store_on(crash.disk, tiny_segments)
        again.append(batch(99))
        again.close()
        assert stored(crash.disk) == [*found, batch(99)], f"{crash.told}, then the next run"
        states += 1
    assert states > 300


def is_part_of(found: list[Stamped], written: Sequence[Stamped]) -> bool:
    """Whether `found` is `written` with nothing but omissions."""
    rest: Iterator[Stamped] = iter(written)
    return all(record in rest for record in found)


def test_no_more_is_kept_than_the_limit_in_megabytes() -> None:
    disk = SimulatedDisk()
    store = store_on(disk, SMALL)
    most = 0
    for k in range(300):
        store.append(batch(k, events=1_500))
        most = max(most, sum(disk.size(LOG / name) for name in segments(disk)))
    store.close()
    assert 700_000 < most <= 1_000_000
    numbers = [name.number for name in EVENTS.find(disk.names(LOG))]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "the oldest go first"
    assert numbers[0] > 1
    assert stored(disk)[-1] == batch(299, events=1_500)


def test_segments_older_than_the_days_to_keep_go_when_the_next_one_begins() -> None:
    disk = SimulatedDisk()
    store = store_on(disk, LogLimits(keep_days=1, max_mb=1))
    for k in range(200):  # a segment in a little over three hours
        store.append(batch(k, step_ms=HOUR_MS, events=5_000))
    store.close()
    oldest = stored(disk)[0].epoch_ms
    newest = stored(disk)[-1].epoch_ms
    assert DAY_MS - 4 * HOUR_MS < newest - oldest < DAY_MS + 8 * HOUR_MS


def test_a_clock_gone_wrong_does_not_empty_the_log() -> None:
    disk = SimulatedDisk()
    store = store_on(disk, SMALL)
    for k in range(100):
        store.append(batch(k, events=1_000))
    before = len(segments(disk))
    assert before >= 5
    store.append(Batch(NOON_MS + 20_000 * DAY_MS, 0, (Event(0, 0),) * 20_000))
    store.close()
    assert len(segments(disk)) >= before - 1, "one came, two went"


def test_a_clock_set_back_begins_a_new_segment_so_that_each_is_in_order() -> None:
    disk = SimulatedDisk()
    store = store_on(disk)
    store.append(batch(0))
    store.append(Batch(NOON_MS - MINUTE_MS, 1, ()))
    assert len(segments(disk)) == 1
    store.append(Batch(NOON_MS - HOUR_MS, 2, ()))
    store.close()
    assert segments(disk) == ["events-00000001-20240415T120000Z.log", "events-00000002-20240415T110000Z.log"]
    again = store_on(disk)
    again.append(Batch(NOON_MS - 3 * HOUR_MS, 3, ()))
    again.close()
    assert len(segments(disk)) == 3


def test_reading_by_time_gives_just_that_time_even_after_the_clock_was_set_back() -> None:
    disk = SimulatedDisk()
    store = store_on(disk, SMALL)
    records = [batch(k, step_ms=MINUTE_MS, events=200) for k in range(300)]
    records += [Batch(NOON_MS + k * MINUTE_MS, 10**8 + k, (Event(1, 2),)) for k in range(60)]
    for record in records:
        store.append(record)
    store.close()
    start, end = NOON_MS + 50 * MINUTE_MS, NOON_MS + 200 * MINUTE_MS
    expected = [record for record in records if start <= record.epoch_ms < end]
    assert [entry.record for entry in LogReader(LOG, disk).entries(start, end)] == expected
    assert list(LogReader(LOG, disk).entries(None, NOON_MS)) == []
    assert list(LogReader(LOG, disk).entries(NOON_MS + DAY_MS)) == []


@given(st.lists(st.integers(-70, 60), min_size=10, max_size=40))
def test_reading_by_time_gives_just_that_time_whatever_the_clock_did(steps_s: list[int]) -> None:
    disk, epoch_ms, records = SimulatedDisk(), NOON_MS, []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments_module, "_MB", 400_000)
        patch.setattr(segments_module, "_FEWEST_SEGMENTS", 1_000)  # segments of 400 bytes
        store = store_on(disk, SMALL)
        for k, step_s in enumerate(steps_s):
            epoch_ms += 1_000 * step_s
            records.append(Batch(epoch_ms, k, ()))
            store.append(records[-1])
        store.close()
    for start in range(min(r.epoch_ms for r in records) - 2_000, epoch_ms + 80_000, 9_000):
        found = [entry.record for entry in LogReader(LOG, disk).entries(start, start + 9_000)]
        assert found == [record for record in records if start <= record.epoch_ms < start + 9_000]


def test_reading_by_time_opens_only_the_segments_it_needs() -> None:
    disk = SimulatedDisk()
    store = store_on(disk, SMALL)
    for k in range(300):
        store.append(batch(k, step_ms=MINUTE_MS, events=200))
    store.close()
    opened: list[Path] = []
    disk.read_end = lambda path, most: bytes(disk.content[disk.links[path]][-most:])  # type: ignore[method-assign]
    disk.refuse = lambda what, path: opened.append(path) if what == "read" else None
    list(LogReader(LOG, disk).entries(NOON_MS + 60 * MINUTE_MS, NOON_MS + 61 * MINUTE_MS))
    assert len(opened) == 1


@pytest.mark.parametrize("count", [0, 1, 5, 7, 10_000])
def test_the_tail_is_the_newest_batches_with_so_many_events(count: int) -> None:
    disk = SimulatedDisk()
    store = store_on(disk, SMALL)
    records: list[Stamped] = [batch(k, events=3) for k in range(3_000)]
    records.insert(2_999, Gap(NOON_MS + 2_999_000, 0, 5, NOON_MS))
    for record in records:
        store.append(record)
    store.close()
    tail = [entry.record for entry in LogReader(LOG, disk).tail(count)]
    assert tail == records[len(records) - len(tail) :]
    events = sum(len(record.events) for record in tail if isinstance(record, Batch))
    assert min(count, 9_000) <= events < count + 3


def test_a_segment_retired_while_it_is_looked_for_is_left_out_in_silence() -> None:
    disk = SimulatedDisk()
    store = store_on(disk)
    store.append(batch(0))
    store.close()
    name = segments(disk)[0]
    reader = LogReader(LOG, disk)
    disk.refuse = lambda what, _: errno.ENOENT if what == "read" else None
    assert list(reader.entries()) == []
    assert list(reader.entries(NOON_MS)) == []
    assert reader.problems == []
    assert name


def test_a_log_without_a_directory_is_an_error_for_whoever_asked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(LogReader(tmp_path / "nowhere").entries())


def test_records_under_a_damaged_head_are_taken_for_those_of_the_segment_before() -> None:
    disk = SimulatedDisk()
    store = store_on(disk)
    store.append(batch(0))
    store.append(Batch(NOON_MS - HOUR_MS, 2, ()))  # begins the second segment
    store.close()
    for name in segments(disk):
        path = LOG / name
        disk.write_file(path, b"x" + disk.read(path)[1:])
    reader = LogReader(LOG, disk)
    assert list(reader.entries()) == []
    assert reader.problems[1].endswith("its head is damaged: left out up to the next head")
    first = LOG / segments(disk)[0]
    disk.write_file(first, frame(encode(HEAD)) + frame(encode(batch(0))))
    reader = LogReader(LOG, disk)
    assert len(list(reader.entries())) == 2
    assert reader.problems[-1].endswith("its head is damaged: taken for device 1136")


def test_what_a_later_program_wrote_is_left_out_and_said() -> None:
    disk = SimulatedDisk()
    path = LOG / "events-00000001-20240415T120000Z.log"
    data: list[Record] = [HEAD, batch(0), Head(1, "UTC", "9", schema=2), batch(1)]
    disk.write_file(path, b"".join(frame(encode(record)) for record in data) + frame(b"X 1") + frame(encode(batch(2))))
    reader = LogReader(LOG, disk)
    assert [entry.record for entry in reader.entries()] == [batch(0)]
    assert reader.problems == [f"{path}: written in schema 2, this program reads up to 1 — update stopline"]


def test_an_unknown_record_is_passed_over_and_said() -> None:
    disk = SimulatedDisk()
    path = LOG / "events-00000001-20240415T120000Z.log"
    disk.write_file(path, frame(encode(HEAD)) + frame(b"X 1") + frame(encode(batch(0))))
    reader = LogReader(LOG, disk)
    assert [entry.record for entry in reader.entries()] == [batch(0)]
    assert reader.problems == [f"{path}: a record was passed over: unknown record b'X 1'"]


def test_files_that_are_not_ours_are_left_alone() -> None:
    names = ("events-00000002-20240415T120000Z.log", "events-1.log", "events-00000003-20241315T120000Z.log", "x")
    assert [name.number for name in EVENTS.find(names)] == [2]


def test_a_segment_without_stamps_has_no_last_one() -> None:
    assert last_stamp([b"H {}"]) is None
    assert last_stamp([b"E 5 1", b"G 7 2 1 3", b"H {}"]) == 7


def test_the_same_on_a_real_file_system(tmp_path: Path) -> None:
    directory = tmp_path / "var" / "events"
    for run in range(2):
        store = SegmentStore(directory, HEAD, SMALL, SystemDisk())
        for k in range(100):
            store.append(batch(100 * run + k, events=300))
        store.close()
        store.close()
    names = sorted(path.name for path in directory.iterdir())
    newest = directory / names[-1]
    newest.write_bytes(newest.read_bytes() + b"torn")
    store = SegmentStore(directory, HEAD, SMALL, SystemDisk())
    store.append(batch(200))
    store.close()
    assert store.cut == 4
    reader = LogReader(directory)
    found = [entry.record for entry in reader.entries(NOON_MS + 190_000)]
    assert found == [*(batch(k, events=300) for k in range(190, 200)), batch(200)]
    assert reader.problems == []
    assert newest.stat().st_mode & 0o007 == 0
