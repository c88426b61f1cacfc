"""Frames and records: whatever happens to the bytes, what is read is what was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.eventlog.frames import frame, payload_of, scan
from edge.eventlog.records import Batch, Gap, Head, NewerSchema, Record, decode, encode
from edge.model.events import Event, EventCode

payloads = st.lists(st.binary(max_size=40).filter(lambda data: b"\n" not in data), max_size=8)
records = st.one_of(
    st.builds(
        Batch,
        st.integers(-10, 10**13),
        st.integers(0, 10**10),
        st.lists(st.builds(Event, st.integers(0, 32_767), st.integers(0, 32_767))).map(tuple),
    ),
    st.builds(Gap, st.integers(0, 10**13), st.integers(0, 10**10), st.integers(1, 10**6), st.integers(0, 10**13)),
    st.builds(Head, st.integers(0, 10**6), st.text(max_size=20), st.text(max_size=10)),
)


@given(payloads)
def test_frames_are_read_back_in_order(written: list[bytes]) -> None:
    data = b"".join(map(frame, written))
    found = scan(data)
    assert found.payloads == tuple(written)
    assert (found.end, found.damaged, found.torn) == (len(data), 0, 0)


@given(payloads, st.integers(0, 400))
def test_a_torn_tail_costs_only_the_frames_it_tears(written: list[bytes], at: int) -> None:
    data = b"".join(map(frame, written))[:at]
    found = scan(data)
    assert found.payloads == tuple(written[: len(found.payloads)])
    assert found.end + found.torn == len(data)
    assert found.end == sum(len(frame(payload)) for payload in found.payloads)
    assert found.damaged == 0


@given(payloads.filter(bool), st.data())
def test_one_wrong_byte_costs_the_frames_it_touches_and_no_other(written: list[bytes], data: st.DataObject) -> None:
    whole = bytearray(b"".join(map(frame, written)))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    kept = scan(bytes(whole)).payloads
    assert len(kept) >= len(written) - 2  # a spoilt line feed joins two lines
    rest = iter(written)
    assert all(payload in rest for payload in kept), "what is read was written, in that order"


@given(st.binary())
def test_no_bytes_whatever_make_the_scan_fail(data: bytes) -> None:
    found = scan(data)
    assert 0 <= found.end <= len(data)


def test_damage_in_the_middle_is_counted_and_damage_at_the_end_is_a_torn_tail() -> None:
    good = frame(b"E 1 2 3:4")
    found = scan(good + b"rubbish\n" + good + b"rubbish\nmore")
    assert (len(found.payloads), found.damaged, found.torn) == (2, 1, 12)


def test_a_payload_of_two_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="a frame is one line"):
        frame(b"two\nlines")


def test_the_layout_of_a_frame_is_as_documented() -> None:
    assert frame(b"E 1713182400000 86400000 1:2 82:4") == b"392cb742 E 1713182400000 86400000 1:2 82:4\n"
    assert payload_of(b"392cb742 E 1713182400000 86400000 1:2 82:4") is not None


@given(records)
def test_records_come_back_as_they_were(record: Record) -> None:
    assert decode(encode(record)) == record


def test_the_layout_of_each_record_is_as_documented() -> None:
    green = Batch(1_713_182_400_000, 86_400_000, (Event(EventCode.PHASE_BEGIN_GREEN, 2), Event(82, 4)))
    assert encode(green) == b"E 1713182400000 86400000 1:2 82:4"
    assert encode(Gap(20, 10, 57, 5)) == b"G 20 10 57 5"
    assert (
        encode(Head(1136, "America/Los_Angeles", "0.1.0"))
        == b'H {"device":1136,"program":"0.1.0","v":1,"zone":"America/Los_Angeles"}'
    )


def test_a_record_of_a_later_program_is_refused_by_name() -> None:
    with pytest.raises(NewerSchema, match=r"schema 2.*update stopline"):
        decode(encode(Head(1, "UTC", "9", schema=2)))


@pytest.mark.parametrize("payload", [b"", b"X 1", b"E one 2", b"G 1 2 3", b"H 5", b'H {"device":1}', b"H {", b"\xff"])
def test_a_payload_that_is_none_of_ours_is_a_value_error(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(payload)
