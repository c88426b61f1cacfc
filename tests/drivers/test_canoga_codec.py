"""Canoga frames and records: golden vectors, broken replies, and counts that stay true."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.canoga_frames import Question, VehicleRecord, decode_detection, decode_text, request
from drivers.canoga_vehicles import INSISTING, CardFollower, ChannelFollower, Verdict
from drivers.frame_checks import Refused, xor8
from edge.model.units import HOUR_MS, MINUTE_MS, SECOND_MS, Ms

GOLDEN_REPLY = bytes.fromhex("00020B 0001E240 07 00" + 27 * "00" + "AD")

durations = st.integers(0, 2**24 - 1)
starts = st.integers(0, 2**32 - 1)
bytes_ = st.integers(0, 255)
records = st.builds(VehicleRecord, durations, starts, bytes_, bytes_)


def _reply(records_: list[VehicleRecord]) -> bytes:
    data = b"".join(
        r.duration_ms.to_bytes(3, "big") + r.start_ms.to_bytes(4, "big") + bytes([r.count, r.state]) for r in records_
    )
    return data + bytes([xor8(data)])


@pytest.mark.parametrize(
    ("question", "address", "golden"),
    [
        (Question.DETECTION, 0, "3C 30 38 00 2A 31 45 3E"),
        (Question.DETECTION, 3, "3C 30 38 03 2A 31 44 3E"),
        (Question.FIRMWARE, 128, "3C 30 38 80 42 46 36 3E"),
        (Question.SERIAL_NUMBER, 0, "3C 30 38 00 61 35 35 3E"),
    ],
)
def test_requests_are_the_golden_vectors(question: Question, address: int, golden: str) -> None:
    assert request(question, address) == bytes.fromhex(golden)


def test_the_golden_detection_reply_is_one_vehicle_on_channel_one() -> None:
    blank = VehicleRecord(0, 0, 0, 0)
    assert decode_detection(GOLDEN_REPLY) == (VehicleRecord(523, 123_456, 7, 0), blank, blank, blank)


def test_the_golden_firmware_reply_is_its_text() -> None:
    reply = bytes.fromhex("3C 31 32 00 42 43 39 32 34 20 30 31 2E 30 32 30 43 3E")
    assert len(reply) == Question.FIRMWARE.reply_length
    assert decode_text(reply, Question.FIRMWARE, 0) == "C924 01.02"


def test_an_address_that_fits_no_byte_is_refused() -> None:
    with pytest.raises(ValueError, match="Canoga address 256"):
        request(Question.DETECTION, 256)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"", "no frame in 0 bytes"),
        (b"<08\x00a", "no frame"),
        (b"<09\x00a00>", "its length is 8, but it says 09"),
        (b"<08\x00a00>", "its check is 55, but it says 00"),
        (request(Question.SERIAL_NUMBER, 3), "it answers a of card 3, asked was a of card 0"),
        (request(Question.FIRMWARE, 0), "it answers B of card 0, asked was a of card 0"),
    ],
)
def test_a_text_reply_that_is_not_the_answer_is_refused_with_its_reason(reply: bytes, why: str) -> None:
    answer = decode_text(reply, Question.SERIAL_NUMBER, 0)
    assert isinstance(answer, Refused)
    assert why in answer.why


@given(st.lists(records, min_size=4, max_size=4))
def test_every_detection_reply_decodes_to_what_was_put_in(sent: list[VehicleRecord]) -> None:
    assert decode_detection(_reply(sent)) == tuple(sent)


@given(st.lists(records, min_size=4, max_size=4), st.integers(0, 36), st.integers(1, 255))
def test_one_wrong_byte_is_always_noticed(sent: list[VehicleRecord], at: int, flipped: int) -> None:
    reply = bytearray(_reply(sent))
    reply[at] ^= flipped
    assert isinstance(decode_detection(bytes(reply)), Refused)


@given(st.binary(max_size=300), st.sampled_from(Question), bytes_)
def test_no_bytes_make_the_decoders_raise(reply: bytes, question: Question, address: int) -> None:
    detection = decode_detection(reply)
    if not isinstance(detection, Refused):
        assert _reply(list(detection)) == reply
    text = decode_text(reply, question, address)
    if not isinstance(text, Refused):
        assert reply[3] == address


# -- records to counts -----------------------------------------------------------------------------------------------


def _known(count: int = 10, start: Ms = 5_000_000, duration: Ms = 400) -> tuple[ChannelFollower, VehicleRecord]:
    channel, record = ChannelFollower(), VehicleRecord(duration, start, count)
    assert channel.follow(record, 0) is Verdict.FIRST
    return channel, record


def _insist(channel: ChannelFollower, record: VehicleRecord, now: Ms) -> Verdict:
    for _ in range(INSISTING - 1):
        assert channel.follow(record, now) is Verdict.SUSPECT
        now += 100
    return channel.follow(record, now)


def test_the_first_record_counts_nobody() -> None:
    channel, record = _known(count=200)
    assert channel.follow(record, 100) is Verdict.SAME
    assert channel.count == 0


def test_vehicles_missed_between_two_polls_are_counted_across_the_wrap() -> None:
    channel, _ = _known(count=254)
    assert channel.follow(VehicleRecord(300, 5_002_000, 255), 100) is Verdict.VEHICLES
    assert channel.follow(VehicleRecord(300, 5_009_000, 3), 7_200) is Verdict.VEHICLES
    assert (channel.count, channel.missed) == (5, 3)


def test_the_cards_clock_may_roll_over() -> None:
    channel, _ = _known(start=2**32 - 1_000)
    assert channel.follow(VehicleRecord(300, 500, 11), 1_500) is Verdict.VEHICLES
    assert channel.count == 1


@pytest.mark.parametrize(
    "broken",
    [
        VehicleRecord(120_001, 5_002_000, 11),  # too long a stay
        VehicleRecord(300, 5_000_000, 11),  # the same start, the rest differs
        VehicleRecord(300, 5_002_000, 10),  # the same count, the rest differs
        VehicleRecord(300, 4_999_000, 11),  # the start ran back
        VehicleRecord(300, 5_000_000 + 12 * HOUR_MS, 11),  # twelve hours ahead after a moment
        VehicleRecord(300, 5_002_000, 28),  # 17 missed
        VehicleRecord(0, 0, 0),  # blank
    ],
)
def test_a_record_that_cannot_follow_is_no_reading_unless_the_card_insists(broken: VehicleRecord) -> None:
    channel, known = _known()
    assert channel.follow(broken, 100) is Verdict.SUSPECT
    assert channel.follow(known, 200) is Verdict.SAME
    assert channel.follow(broken, 300) is Verdict.SUSPECT
    assert channel.follow(VehicleRecord(350, 5_003_000, 11), 400) is Verdict.VEHICLES
    assert channel.count == 1


def test_a_card_that_insists_on_a_long_stay_is_believed() -> None:
    channel, _ = _known()
    assert _insist(channel, VehicleRecord(150_000, 5_002_000, 11), 160_000) is Verdict.VEHICLES
    assert channel.count == 1


def test_a_card_that_says_blank_again_and_again_was_reset() -> None:
    channel, _ = _known()
    assert _insist(channel, VehicleRecord(0, 0, 0), 1_000) is Verdict.RESET
    assert channel.follow(VehicleRecord(300, 8_000, 1), 9_000) is Verdict.VEHICLES
    assert channel.count == 1


def test_a_reset_card_that_has_already_counted_keeps_those_vehicles() -> None:
    channel, _ = _known(count=200)
    assert _insist(channel, VehicleRecord(300, 8_000, 2), 10_000) is Verdict.RESET
    assert channel.count == 2


def test_a_reset_card_makes_up_no_vehicles() -> None:
    channel, _ = _known(count=200)
    assert _insist(channel, VehicleRecord(300, 1_000, 90), 2_000) is Verdict.RESET
    assert channel.count == 3  # what can have passed in 1 s


def test_a_jump_that_cannot_be_true_counts_one_vehicle_and_is_said() -> None:
    channel, _ = _known()
    assert _insist(channel, VehicleRecord(300, 5_002_000, 200), 100) is Verdict.GAP
    assert channel.count == 1


def test_many_vehicles_after_a_silence_are_counted_and_said() -> None:
    channel, _ = _known()
    assert _insist(channel, VehicleRecord(300, 5_000_000 + 2 * MINUTE_MS, 50), 2 * MINUTE_MS) is Verdict.GAP
    assert channel.count == 40


def test_vehicles_after_four_minutes_of_silence_are_said_for_the_count_may_have_wrapped() -> None:
    channel, _ = _known()
    assert channel.follow(VehicleRecord(300, 5_000_000 + 5 * MINUTE_MS, 12), 4 * MINUTE_MS + 1) is Verdict.GAP
    assert channel.count == 2


def test_a_vehicle_that_would_have_left_in_the_future_is_no_reading() -> None:
    channel, _ = _known()
    assert channel.follow(VehicleRecord(300, 5_002_000, 11), 2_000) is Verdict.VEHICLES
    assert channel.follow(VehicleRecord(300, 5_008_000, 12), 4_000) is Verdict.SUSPECT
    assert channel.follow(VehicleRecord(300, 5_008_000, 12), 8_000) is Verdict.VEHICLES


def test_a_quiet_night_is_no_broken_record() -> None:
    channel, known = _known()
    for hour in range(1, 15):
        assert channel.follow(known, hour * HOUR_MS) is Verdict.SAME
    assert channel.follow(VehicleRecord(300, 5_000_000 + 14 * HOUR_MS, 11), 14 * HOUR_MS + 100) is Verdict.VEHICLES


def test_a_reply_without_its_first_byte_is_no_reading_of_any_channel() -> None:
    card = CardFollower(4)
    before = [VehicleRecord(523, 123_456_789, 7), VehicleRecord(410, 123_000_000, 3)] + 2 * [VehicleRecord(0, 0, 0)]
    assert set(card.follow(before, 0)) == {Verdict.FIRST}
    shifted = decode_detection(_reply(before)[1:] + b"\x00")
    assert not isinstance(shifted, Refused)
    for nth in range(2 * INSISTING):
        assert set(card.follow(shifted, 100 * nth)) == {Verdict.SUSPECT}
    assert set(card.follow(before, 1_000)) == {Verdict.SAME}
    assert [channel.count for channel in card.channels] == [0, 0, 0, 0]


class _Loop:
    """A loop and its card channel, as they are in truth."""

    def __init__(self, count: int, start: Ms) -> None:
        self.vehicles = 0
        self.record = VehicleRecord(400, start, count)

    def pass_vehicles(self, number: int, now_on_card: Ms) -> None:
        for nth in range(number):
            self.record = VehicleRecord(300 + nth, now_on_card + nth * 600, (self.record.count + 1) % 256)
            self.vehicles += 1


def _as_read(record: VehicleRecord, fate: str) -> VehicleRecord:
    """What the driver reads of `record`: a reply of zeros, or of all but its first byte, passes the check."""
    if fate == "good":
        return record
    whole = _reply([record, *[VehicleRecord(0, 0, 0)] * 3])
    reply = bytes(37) if fate == "zeros" else whole[1:] + b"\x00"
    decoded = decode_detection(reply)
    assert not isinstance(decoded, Refused)
    return decoded[0]


@given(
    count=bytes_,
    start=st.integers(10_000_000, 2**32 - 10_000_000),
    polls=st.lists(st.tuples(st.integers(0, 8), st.sampled_from(["good", "lost", "zeros", "shifted"])), max_size=60),
)
def test_counts_are_true_whatever_replies_are_lost_or_broken_between(
    count: int, start: Ms, polls: list[tuple[int, str]]
) -> None:
    loop, channel = _Loop(count, start), ChannelFollower()
    channel.follow(loop.record, 0)
    counted, now = 0, 0
    broken: list[VehicleRecord] = []
    for vehicles, fate in [(1, "good"), *polls]:
        now += 10 * SECOND_MS
        loop.pass_vehicles(vehicles, start + now - 9 * SECOND_MS)
        read = _as_read(loop.record, fate if fate != "lost" else "good")
        broken = [*broken, read] if fate != "good" else []
        if fate == "lost" or broken.count(read) >= INSISTING:
            continue  # a card that insists is believed: that is another test
        channel.follow(read, now)
        assert counted <= channel.count <= loop.vehicles
        counted = channel.count
    for _ in range(INSISTING):
        now += SECOND_MS
        channel.follow(loop.record, now)
    assert counted <= channel.count <= loop.vehicles
    if len(polls) * 8 < 256:  # the count cannot have wrapped in an outage
        assert channel.count == loop.vehicles


@given(st.lists(st.tuples(records, st.integers(0, 10 * SECOND_MS)), max_size=40))
def test_no_records_make_a_count_fall_or_outrun_the_clock(said: list[tuple[VehicleRecord, Ms]]) -> None:
    channel, now, counted = ChannelFollower(), 0, 0
    for record, wait in said:
        now += wait
        verdict = channel.follow(record, now)
        assert channel.count >= counted
        assert channel.count == counted or verdict in {Verdict.VEHICLES, Verdict.GAP, Verdict.RESET}
        counted = channel.count
    assert counted <= len(said) * 17 + now // 500
