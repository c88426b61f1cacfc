"""Slots: whatever a power cut leaves, the state read is the last one confirmed, or the one being written."""

import errno
import struct
import threading
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edge.eventlog.slots as slots_module
from edge.eventlog.slots import (
    MOST_BYTES,
    SLOT_BYTES,
    SlotFile,
    SlotWriter,
    StateTooLarge,
    decode,
    encode,
    payload_of,
)
from edge.model.units import Ms
from tests.eventlog.simulated_disk import SimulatedDisk, crash_states

PATH = Path("/state/latch.slots")
states = st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.integers(), st.text(max_size=8)), max_size=5)


@given(st.lists(states, min_size=1, max_size=6))
def test_the_state_last_written_is_read_by_the_next_run(written: list[dict[str, object]]) -> None:
    disk = SimulatedDisk()
    slots = SlotFile(PATH, disk)
    for state in written:
        slots.write(state)
        again = SlotFile(PATH, disk)
        assert again.read() == state
        assert again.problem is None
    assert disk.size(PATH) == 2 * SLOT_BYTES


@pytest.mark.parametrize("seed", range(2))
def test_no_power_cut_leaves_another_state_than_the_last_confirmed_or_the_one_being_written(seed: int) -> None:
    disk = SimulatedDisk()
    slots = SlotFile(PATH, disk)
    for start in range(1, 5):
        slots.write({"start": start, "latch": "conflict" * start})
        disk.acknowledge(start)
    count = 0
    for crash in crash_states(disk.log, seed, step=64):
        again = SlotFile(PATH, crash.disk)
        state = again.read()
        number = state["start"] if state else 0
        assert number in {crash.acknowledged, crash.acknowledged + 1}, crash.told
        assert state is not None or crash.acknowledged == 0
        again.write({"start": 99})
        assert SlotFile(PATH, crash.disk).read() == {"start": 99}, crash.told
        count += 1
    assert count > 300


def test_a_write_torn_at_any_byte_leaves_the_state_before_it() -> None:
    disk = SimulatedDisk()
    slots = SlotFile(PATH, disk)
    slots.write({"n": 1})
    slots.write({"n": 2})
    before = disk.read(PATH)
    slots.write({"n": 3})
    after = disk.read(PATH)
    first = min(k for k in range(len(before)) if before[k] != after[k])
    last = max(k for k in range(len(before)) if before[k] != after[k])
    for at in [*range(first, first + 64), *range(first, last + 1, 97), *range(last - 6, last + 1)]:
        torn = SimulatedDisk()
        torn.write_file(PATH, after[:at] + before[at:])
        assert SlotFile(PATH, torn).read() == {"n": 2}, f"torn at {at}"
    whole = SimulatedDisk()
    whole.write_file(PATH, after[: last + 1] + before[last + 1 :])
    assert SlotFile(PATH, whole).read() == {"n": 3}


def test_two_damaged_slots_are_said_and_the_next_write_begins_anew() -> None:
    disk = SimulatedDisk()
    disk.write_file(PATH, b"rubbish" * 2_000)
    slots = SlotFile(PATH, disk)
    assert slots.read() is None
    assert slots.problem == f"The stored state is lost: both slots of {PATH} are damaged — check the faults by hand"
    slots.write({"n": 1})
    assert slots.read() == {"n": 1}
    assert slots.problem is None


@pytest.mark.parametrize("data", [b"", bytes(SLOT_BYTES), bytes(2 * SLOT_BYTES)])
def test_a_file_in_which_nothing_was_stored_yet_is_no_problem(data: bytes) -> None:
    disk = SimulatedDisk()
    disk.write_file(PATH, data)
    slots = SlotFile(PATH, disk)
    assert (slots.read(), slots.problem) == (None, None)
    slots.write({"n": 1})
    assert disk.size(PATH) == 2 * SLOT_BYTES


def test_an_absent_file_is_no_problem_and_an_unreadable_one_is() -> None:
    disk = SimulatedDisk()
    slots = SlotFile(PATH, disk)
    assert (slots.read(), slots.problem) == (None, None)
    slots.write({"n": 1})
    disk.refuse = lambda what, _: errno.EIO if what == "read" else None
    assert slots.read() is None
    assert slots.problem == f"The stored state cannot be read: {PATH}: Input/output error — look at the disk"


def test_a_state_too_large_for_a_slot_is_refused_and_the_old_one_stays() -> None:
    disk = SimulatedDisk()
    slots = SlotFile(PATH, disk)
    slots.write({"n": "x" * (MOST_BYTES - len('{"n":""}'))})
    with pytest.raises(StateTooLarge, match=r"the state is 4077 bytes, a slot holds 4076 — store less in it"):
        slots.write({"n": "x" * (MOST_BYTES - len('{"n":""}') + 1)})
    assert len(str((slots.read() or {})["n"])) == MOST_BYTES - 8


@pytest.mark.parametrize("operation", ["open", "write", "sync"])
def test_a_refused_write_leaves_the_state_before_and_the_next_goes_to_the_same_slot(operation: str) -> None:
    disk = SimulatedDisk()
    slots = SlotFile(PATH, disk)
    slots.write({"n": 1})
    for _ in range(3):  # were the slots to alternate after a failure, the good one would be hit
        disk.refuse = lambda what, _: errno.EIO if what == operation else None
        with pytest.raises(OSError, match="Input/output error"):
            slots.write({"n": 2})
        disk.refuse = lambda _what, _path: None
        assert b'{"n":1}' in disk.read(PATH)
    slots.write({"n": 3})
    assert SlotFile(PATH, disk).read() == {"n": 3}


def test_the_layout_is_as_documented() -> None:
    data = encode(5, b'{"n":1}')
    assert len(data) == 4_096
    assert data[:4] == b"SLP1"
    assert data[4:12] == (5).to_bytes(8, "little")
    assert data[12:16] == (7).to_bytes(4, "little")
    assert data[16:23] == b'{"n":1}'
    assert not any(data[23:4_092])
    slot = decode(data)
    assert slot is not None
    assert (slot.sequence, slot.state) == (5, {"n": 1})


def test_a_good_checksum_does_not_make_a_slot_of_something_else() -> None:
    for body in (b"SLP0".ljust(4_092, b"\0"), struct.pack("<4sQI", b"SLP1", 1, 9_999).ljust(4_092, b"\0")):
        assert decode(body + struct.pack("<I", zlib.crc32(body))) is None
    assert decode(b"short") is None


def test_what_json_cannot_hold_is_refused_where_it_is_submitted() -> None:
    with pytest.raises(TypeError):
        payload_of({"n": {1, 2}})


def test_the_same_on_a_real_file_system(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.slots"
    SlotFile(path).write({"starts": 1})
    SlotFile(path).write({"starts": 2})
    assert SlotFile(path).read() == {"starts": 2}
    assert path.stat().st_size == 2 * SLOT_BYTES


# ---- the writer, with its thread


class Hand:
    def __init__(self) -> None:
        self.now: Ms = 0

    def __call__(self) -> Ms:
        return self.now


def test_of_several_states_the_newest_is_stored() -> None:
    disk = SimulatedDisk()
    writer = SlotWriter(SlotFile(PATH, disk), Hand())
    for n in range(20):
        writer.submit({"n": n})
    assert writer.close()
    assert SlotFile(PATH, disk).read() == {"n": 19}
    assert writer.trouble() is None


def test_a_state_that_is_stored_already_is_not_written_again() -> None:
    disk = SimulatedDisk()
    writer = SlotWriter(SlotFile(PATH, disk), Hand())
    assert writer.close()
    writer.submit({"n": 1})
    writer._work()
    done = len(disk.log)
    writer.submit({"n": 1})
    writer._work()
    assert len(disk.log) == done


def test_what_the_disk_refuses_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "_RETRY_S", 0.01)
    disk = SimulatedDisk()
    refused = threading.Event()

    def refuse(_what: str, _path: Path) -> int:
        refused.set()
        return errno.EROFS

    disk.refuse = refuse
    writer = SlotWriter(SlotFile(PATH, disk), Hand())
    writer.submit({"n": 1})
    assert refused.wait(30)
    while writer.trouble() is None:
        refused.wait(0.01)
    assert "The state cannot be written: /state/latch.slots: Read-only file system (EROFS)" in (writer.trouble() or "")
    disk.refuse = lambda _what, _path: None
    while writer.trouble() is not None:
        refused.wait(0.01)
    assert writer.close()
    assert SlotFile(PATH, disk).read() == {"n": 1}


def test_a_disk_that_does_not_answer_is_said() -> None:
    disk, clock = SimulatedDisk(), Hand()
    stuck, answer = threading.Event(), threading.Event()

    def hang(_what: str, _path: Path) -> None:
        stuck.set()
        answer.wait(50)

    disk.refuse = hang
    writer = SlotWriter(SlotFile(PATH, disk), clock)
    writer.submit({"n": 1})
    assert stuck.wait(30)
    assert writer.trouble() is None
    clock.now += 31_000
    assert "does not answer" in (writer.trouble() or "")
    assert not writer.close(timeout_s=0.01)
    answer.set()
    assert writer.close(timeout_s=30)
