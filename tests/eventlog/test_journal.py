"""The input journal: what was heard comes back exactly, in the same order, up to the first damage."""

import errno
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edge.eventlog.journal as journal_module
from edge.eventlog.frames import frame
from edge.eventlog.input_codec import decode, encode
from edge.eventlog.journal import (
    JOURNALS,
    JournalError,
    JournalHead,
    JournalLimits,
    JournalReader,
    JournalTick,
    JournalWriter,
)
from edge.eventlog.journal_blocks import BlockCoder, RunDigest, ticks_of
from edge.model.advice import Advice, Expected, Option, Step
from edge.model.commands import Command, CommandKind
from edge.model.detectors import InputSample
from edge.model.events import Event
from edge.model.exchange import Inputs, Readback, ShellFault
from edge.model.faults import FaultKind
from edge.model.indications import Indication, Lamps
from edge.model.lanes import LaneName
from edge.model.plans import LocalTime
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms, PhaseNumber, PlanNumber
from tests.eventlog.simulated_disk import SimulatedDisk, crash_states

RUNS = Path("/journal")
SITE = "name: Straße\nid: 1136\n"
HEAD = JournalHead(1136, "America/Los_Angeles", "0.1.0", "abc", SITE, {"rule": "conflict"}, 1_713_182_400_000)

words = st.text(max_size=9)
written = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=9)
instants = st.integers(0, 10**7)
samples = st.builds(InputSample, st.booleans(), st.integers(0, 10**6), instants, st.booleans())
few_instants = st.sampled_from([1_000, 1_100, 1_103, 1_200])
shared_samples = st.builds(InputSample, st.booleans(), st.integers(0, 3), few_instants, st.booleans())
lamps = st.none() | st.dictionaries(st.integers(1, 6).map(ChannelNumber), st.integers(0, 7).map(Lamps), max_size=4)
locals_ = st.none() | st.builds(
    LocalTime,
    st.tuples(st.integers(1970, 2100), st.integers(1, 12), st.integers(1, 28)),
    st.integers(0, 6),
    st.integers(0, 86_399_999),
    st.integers(0, 10**13),
    st.booleans(),
    st.sampled_from([0, 7_200_000]),
)


def numbers(most: int) -> st.SearchStrategy[int]:
    return st.integers(1, most)


plain = st.builds(Command, st.sampled_from(CommandKind), words, words)
about = st.lists(st.integers(1, 16).map(PhaseNumber), max_size=3).map(tuple)
plans = st.none() | st.integers(1, 9).map(PlanNumber)
orders_ = plain | st.builds(
    Command, st.sampled_from(CommandKind), words, words, st.integers(0, 9), about, plans, instants
)
some = st.frozensets(st.integers(1, 16).map(PhaseNumber), max_size=4)
costs = st.floats(-1e6, 1e6)
options = st.builds(Option, st.lists(st.builds(Step, about, instants, instants), max_size=3).map(tuple), costs)
expected = st.builds(Expected, written.map(LaneName), costs, costs, written)
advices = st.builds(
    Advice,
    instants,
    some,
    some,
    some,
    some,
    some,
    st.booleans(),
    written,
    st.none() | options,
    st.lists(options, max_size=2).map(tuple),
    st.lists(expected, max_size=3).map(tuple),
    instants,
)
inputs_ = st.builds(
    Inputs,
    st.dictionaries(numbers(9).map(DetectorNumber), st.one_of(samples, shared_samples), max_size=6),
    st.dictionaries(numbers(3).map(ButtonNumber), shared_samples, max_size=3),
    locals_,
    st.lists(orders_, max_size=2).map(tuple),
    st.lists(st.builds(ShellFault, st.sampled_from(FaultKind), words, words), max_size=2).map(tuple),
    st.lists(st.builds(Readback, st.integers(0, 10**6), instants, lamps), max_size=2).map(tuple),
    advice=st.none() | advices,
)
runs = st.lists(st.tuples(st.integers(1, 300), inputs_), max_size=8)


def orders(inputs: Inputs) -> list[object]:
    """What equality of mappings does not see."""
    lit = [list(back.lamps) if back.lamps is not None else None for back in inputs.readbacks]
    return [list(inputs.detectors), list(inputs.buttons), lit]


def kinds(inputs: Inputs) -> list[type]:
    values = [(s.occupied, s.ok) for s in [*inputs.detectors.values(), *inputs.buttons.values()]]
    return [type(value) for pair in values for value in pair]


@given(runs)
def test_any_row_of_inputs_comes_back_exactly_and_in_order(run: list[tuple[Ms, Inputs]]) -> None:
    before, before_back = Inputs(), Inputs()
    for rise_ms, inputs in run:
        told = json.loads(json.dumps(encode(rise_ms, before, inputs)))
        rise_back, back = decode(before_back, told)
        assert (rise_back, back) == (rise_ms, inputs)
        assert orders(back) == orders(inputs)
        assert kinds(back) == kinds(inputs)
        before, before_back = inputs, back


@given(inputs_, st.integers(1, 1_000))
def test_inputs_that_only_went_on_are_told_in_a_few_bytes(inputs: Inputs, rise_ms: Ms) -> None:
    steady = replace(inputs, commands=(), readbacks=(), advice=None)
    later = replace(steady, local=_later(steady.local, rise_ms))
    told = json.dumps(encode(rise_ms, steady, later), separators=(",", ":"))
    assert len(told) <= len("[1000,0,0,null,0,0,0,0]")


def _later(local: LocalTime | None, rise_ms: Ms) -> LocalTime | None:
    return local and replace(local, day_ms=local.day_ms + rise_ms, epoch_ms=local.epoch_ms + rise_ms)


@pytest.mark.parametrize("length", [7, 8])
def test_a_tick_of_an_earlier_format_is_read(length: int) -> None:
    """Without wires, as version 1 told it; without advice, as all before version 4."""
    told = encode(100, Inputs(), Inputs(faults=(ShellFault(FaultKind.TICK_MISSED, "x"),)))
    assert decode(Inputs(), told[:length])[1].faults


def test_one_answer_of_a_device_moves_all_its_samples_at_once() -> None:
    before = {DetectorNumber(n): InputSample(occupied=False, count=n, taken_ms=1_000) for n in range(1, 65)}
    after = {n: replace(sample, taken_ms=1_097) for n, sample in before.items()}
    told = encode(100, Inputs(before), Inputs(after))
    assert told[1] == [0, [97], [], []]


def test_lamps_read_back_in_another_order_come_back_in_that_order() -> None:
    lit = {ChannelNumber(1): Lamps.RED, ChannelNumber(2): Lamps.GREEN}
    before = Inputs(readbacks=(Readback(1, 100, lit),))
    after = Inputs(readbacks=(Readback(2, 200, dict(reversed(lit.items()))),))
    _, back = decode(before, json.loads(json.dumps(encode(100, before, after))))
    assert orders(back) == orders(after)


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_a_wall_clock_that_strays_from_the_monotonic_one_comes_back_exactly(day_more: int, epoch_more: int) -> None:
    before = Inputs(local=LocalTime((2024, 4, 15), 0, 50_000_000, 1_713_182_400_000, synced=True))
    local = LocalTime((2024, 4, 15), 0, 50_000_100 + day_more, 1_713_182_400_100 + epoch_more, synced=True)
    told = json.loads(json.dumps(encode(100, before, Inputs(local=local))))
    assert decode(before, told) == (100, Inputs(local=local))


def test_a_local_time_that_goes_on_from_none_is_refused() -> None:
    with pytest.raises(ValueError, match="goes on from none"):
        decode(Inputs(), [100, 0, 0, 0, 0, 0, 0])


def ticks(count: int, step_ms: Ms = 100) -> list[tuple[Ms, Inputs]]:
    made = []
    for k in range(count):
        sample = InputSample(k % 7 < 3, k // 7, 1_000 + step_ms * k)
        made.append((1_000 + step_ms * k, Inputs({DetectorNumber(1): sample})))
    return made


def record(disk: SimulatedDisk, run: list[tuple[Ms, Inputs]], limits: JournalLimits | None = None) -> JournalWriter:
    writer = JournalWriter(RUNS, HEAD, limits, disk)
    for now, inputs in run:
        writer.submit(now, inputs, (Event(1, now % 9),), {ChannelNumber(1): Indication.GREEN})
    writer.close(30)
    return writer


def journal_on(disk: SimulatedDisk) -> JournalReader:
    return JournalReader(RUNS / JOURNALS.find(disk.names(RUNS))[-1].text, disk)


@given(runs)
def test_a_run_is_read_back_from_its_journal(run: list[tuple[Ms, Inputs]]) -> None:
    disk, now, recorded = SimulatedDisk(), 0, []
    for rise_ms, inputs in run:
        now += rise_ms
        recorded.append((now, inputs))
    assert record(disk, recorded).trouble() is None
    if recorded:
        reader = journal_on(disk)
        assert [(tick.now, tick.inputs) for tick in reader] == recorded
        assert reader.problem is None
        assert reader.head == HEAD
    else:
        assert disk.names(RUNS) == ()


def test_the_digest_at_each_block_is_that_of_a_run_that_did_the_same() -> None:
    disk, run = SimulatedDisk(), ticks(250)
    record(disk, run)
    digest, checked = RunDigest(), 0
    for tick, (now, _) in zip(journal_on(disk), run, strict=True):
        digest.add(now, (Event(1, now % 9),), {ChannelNumber(1): Indication.GREEN})
        if tick.digest is not None:
            assert tick.digest == digest.value
            checked += 1
    assert checked == 3


def test_the_digest_tells_runs_apart_by_event_by_image_and_by_time() -> None:
    green, red = {ChannelNumber(1): Indication.GREEN}, {ChannelNumber(1): Indication.RED}
    event = (Event(1, 2),)

    def of(*steps: tuple[Ms, tuple[Event, ...], dict[ChannelNumber, Indication]]) -> int:
        digest = RunDigest()
        for step in steps:
            digest.add(*step)
        return digest.value

    first = of((0, event, green), (100, (), green))
    assert first == of((0, event, green), (200, (), green)), "a tick in which nothing happened leaves no trace"
    others = [
        of((0, (), green)),
        of((100, event, green)),
        of((0, event, red)),
        of((0, event, green), (100, (), red)),
        of((0, (Event(1, 3),), green)),
    ]
    assert len({first, *others}) == 6


def test_a_journal_is_read_up_to_its_first_damage_and_that_is_said() -> None:
    disk, run = SimulatedDisk(), ticks(350)
    record(disk, run)
    path = RUNS / disk.names(RUNS)[0]
    whole = disk.read(path)
    lines = whole.splitlines(keepends=True)
    damaged = {
        b"".join(lines[:2]) + lines[2].replace(b"T", b"t", 1) + b"".join(lines[3:]): 100,
        b"".join(lines[:3]) + lines[3][:50]: 200,
        b"".join(lines[:-1]): 350,
        lines[0]: 0,
    }
    for data, count in damaged.items():
        disk.write_file(path, data)
        reader = JournalReader(path, disk)
        assert [(tick.now, tick.inputs) for tick in reader] == run[:count]
        assert reader.problem == f"{path}: damaged or cut off after tick {count}; what came later is lost"


def test_a_record_of_a_later_program_ends_the_reading() -> None:
    disk = SimulatedDisk()
    record(disk, ticks(3))
    path = RUNS / disk.names(RUNS)[0]
    disk.write_file(path, disk.read(path).splitlines(keepends=True)[0] + frame(b"Q 1"))
    reader = JournalReader(path, disk)
    assert list(reader) == []
    assert "unknown record after tick 0 — replay it with the version that wrote it" in (reader.problem or "")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no input journal"),
        (b"TimeStamp,DeviceId,EventId,Parameter\n", "no input journal"),
        (frame(b"E 1 2 3:4"), "no input journal"),
        (frame(b'J {"v":5,"program":"9.9"}'), "written by stopline 9.9 — replay it with that version"),
    ],
)
def test_what_is_no_journal_is_refused_by_name(data: bytes, says: str) -> None:
    disk = SimulatedDisk()
    disk.write_file(RUNS / "x", data)
    with pytest.raises(JournalError, match=f"/journal/x: .*{says}"):
        JournalReader(RUNS / "x", disk)


def test_a_block_that_is_none_of_ours_is_a_value_error() -> None:
    for payload in (b"T !", b"T QUJD"):
        with pytest.raises(ValueError, match=r"."):
            ticks_of(payload)


def test_no_power_cut_makes_a_journal_tell_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_BLOCK_TICKS", 4)
    disk, run = SimulatedDisk(), ticks(30)
    record(disk, run)
    for crash in crash_states(disk.log, 1):
        for name in crash.disk.names(RUNS):
            try:
                found = list(JournalReader(RUNS / name, crash.disk))
            except JournalError:
                continue  # not even its head was confirmed
            assert [(tick.now, tick.inputs) for tick in found] == run[: len(found)], crash.told


@pytest.mark.parametrize("operation", ["make_directory", "names", "open", "write", "sync", "sync_directory"])
def test_a_refusal_ends_the_recording_and_is_said_but_never_raised(operation: str) -> None:
    disk = SimulatedDisk()
    disk.refuse = lambda what, _: errno.ENOSPC if what == operation else None
    writer = record(disk, ticks(3))
    assert "The input journal cannot be written: /journal" in (writer.trouble() or "")
    assert "(ENOSPC) — free space" in (writer.trouble() or "")
    writer.submit(9_999, Inputs(), (), {})
    assert len(writer._queue) == 0


def test_a_refusal_in_the_middle_ends_the_recording_there() -> None:
    disk = SimulatedDisk()
    writer = JournalWriter(RUNS, HEAD, None, disk)
    for now, inputs in ticks(100):
        writer.submit(now, inputs, (), {})
    writer._work()
    disk.refuse = lambda what, _: errno.EIO if what == "write" else None
    for now, inputs in ticks(250)[100:]:
        writer.submit(now, inputs, (), {})
    writer._work()
    assert "(EIO)" in (writer.trouble() or "")
    assert not writer.close(30)
    assert len(list(journal_on(disk))) == 100


def test_a_full_journal_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_MB", 700)
    monkeypatch.setattr(journal_module, "_QUEUE_TICKS", 5_000)
    disk = SimulatedDisk()
    writer = record(disk, ticks(2_000), JournalLimits(run_mb=2, all_mb=20))
    assert "is full (2 MB) — restart to begin another" in (writer.trouble() or "")
    reader = journal_on(disk)
    count = len(list(reader))
    assert 100 <= count < 2_000
    assert reader.problem == f"{reader.path}: the recording ended after tick {count}: full"


def test_the_oldest_runs_make_room_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_MB", 1_000)
    disk = SimulatedDisk()
    for _ in range(12):
        record(disk, ticks(30), JournalLimits(run_mb=1, all_mb=4))
    names = JOURNALS.find(disk.names(RUNS))
    assert names[-1].number == 12
    assert 2 <= len(names) < 12
    assert disk.used() <= 4_000


def test_a_disk_that_does_not_answer_ends_the_recording_and_not_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_QUEUE_TICKS", 10)
    monkeypatch.setattr(journal_module, "_BLOCK_TICKS", 1)
    disk = SimulatedDisk()
    stuck, answer = threading.Event(), threading.Event()

    def hang(_what: str, _path: Path) -> None:
        stuck.set()
        answer.wait(50)

    disk.refuse = hang
    writer = JournalWriter(RUNS, HEAD, None, disk)
    run = _endless()
    writer.submit(*next(run))
    writer._worker.wake()
    assert stuck.wait(30)
    for _ in range(50):
        writer.submit(*next(run))
    assert "does not answer — replace the disk" in (writer.trouble() or "")
    assert len(writer._queue) == 0
    answer.set()
    assert not writer.close(30)


def _endless() -> Iterator[tuple[Ms, Inputs, tuple[Event, ...], dict[ChannelNumber, Indication]]]:
    now = 0
    while True:
        now += 100
        yield now, Inputs(), (), {}


def test_a_tick_is_handed_over_without_encoding_it() -> None:
    writer = JournalWriter(RUNS, HEAD, None, SimulatedDisk())
    writer.close(30)
    unheard_of = Inputs(detectors={DetectorNumber(1): "no sample at all"})  # type: ignore[dict-item]
    writer.submit(100, unheard_of, (), {})
    assert len(writer._queue) == 1


def test_the_coder_begins_each_block_where_the_last_one_ended() -> None:
    coder = BlockCoder()
    run = ticks(6)
    payloads = []
    for k, (now, inputs) in enumerate(run, start=1):
        coder.add(now, inputs)
        if k % 2 == 0:
            payloads.append(coder.take(k))
            assert len(coder) == 0
    before, now, found = Inputs(), 0, []
    for payload in payloads:
        for tick in ticks_of(payload)[0]:
            rise_ms, before = decode(before, tick)
            now += rise_ms
            found.append(JournalTick(now, before, None))
    assert [(tick.now, tick.inputs) for tick in found] == run
