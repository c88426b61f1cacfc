"""Images to coils and back, registers to counts, and no reply believed that is not the one good answer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus_codec import (
    COUNTER_STEP_MAX,
    Function,
    Reply,
    Request,
    coils_of,
    counter_step,
    counts_from,
    exception_meaning,
    fault_of_echo,
    fault_of_pdu,
    lamps_from,
    read,
    reply_length,
    wiring_of,
    write_coils,
)
from edge.model.indications import ChannelKind, Indication, Lamps
from edge.model.modbus_profiles import WordOrder
from edge.model.site import Channel
from edge.model.units import ChannelNumber, PhaseNumber
from edge.safety.permitted import Permitted
from tests.drivers.modbus_slave import Memory


def _channel(number: int, kind: ChannelKind, wires: tuple[int, ...]) -> Channel:
    return Channel(ChannelNumber(number), kind, PhaseNumber(number), "lamps", wires, Indication.FLASH_RED)


@st.composite
def wired_channels(draw: st.DrawFn) -> tuple[Channel, ...]:
    """Channels of all kinds on wires of their own, in any order and with gaps."""
    kinds = draw(st.lists(st.sampled_from(ChannelKind), min_size=1, max_size=16))
    sizes = [{ChannelKind.VEHICLE: 3, ChannelKind.PEDESTRIAN: 2, ChannelKind.ARROW: 4}[kind] for kind in kinds]
    wires = draw(st.lists(st.integers(0, 120), min_size=sum(sizes), max_size=sum(sizes), unique=True))
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return tuple(
        _channel(number, kind, tuple(wires[start : start + size]))
        for number, (kind, start, size) in enumerate(zip(kinds, starts, sizes, strict=True), start=1)
    )


@st.composite
def images(draw: st.DrawFn) -> tuple[tuple[Channel, ...], Permitted]:
    """Channels and any image for them."""
    channels = draw(wired_channels())
    vehicle = st.sampled_from([Indication.RED, Indication.YELLOW, Indication.GREEN, Indication.FLASH_YELLOW])
    pedestrian = st.sampled_from([Indication.DONT_WALK, Indication.WALK, Indication.PED_CLEARANCE, Indication.DARK])
    arrow = st.sampled_from([Indication.RED, Indication.YELLOW, Indication.GREEN, Indication.FLASH_YELLOW_ARROW])
    by_kind = {ChannelKind.VEHICLE: vehicle, ChannelKind.PEDESTRIAN: pedestrian, ChannelKind.ARROW: arrow}
    shown = {c.number: draw(by_kind[c.kind]) for c in channels}
    return channels, Permitted(1, shown, lit=draw(st.booleans()))


@given(images())
def test_an_image_read_back_is_the_image_written(case: tuple[tuple[Channel, ...], Permitted]) -> None:
    channels, permitted = case
    wiring = wiring_of(channels)
    bits = coils_of(wiring, permitted)
    padded = [*bits, *([1] * 7)]  # what a module puts into the rest of the last byte is nobody's lamp
    assert lamps_from(wiring, padded) == {c.number: permitted.lamps(c.number) for c in channels}


@given(images())
def test_every_lit_circuit_is_its_own_wire_and_no_other(case: tuple[tuple[Channel, ...], Permitted]) -> None:
    channels, permitted = case
    wiring = wiring_of(channels)
    lit = {wiring.first + i for i, bit in enumerate(coils_of(wiring, permitted)) if bit}
    circuits = {
        ChannelKind.VEHICLE: (Lamps.RED, Lamps.YELLOW, Lamps.GREEN),
        ChannelKind.PEDESTRIAN: (Lamps.RED, Lamps.GREEN),
        ChannelKind.ARROW: (Lamps.RED, Lamps.YELLOW, Lamps.GREEN, Lamps.ARROW),
    }
    wanted = {
        wire
        for channel in channels
        for wire, circuit in zip(channel.wires, circuits[channel.kind], strict=True)
        if circuit in permitted.lamps(channel.number)
    }
    assert lit == wanted


def test_a_channel_the_permit_does_not_name_is_dark() -> None:
    wiring = wiring_of([_channel(1, ChannelKind.VEHICLE, (0, 1, 2))])
    assert coils_of(wiring, Permitted(1, {}, lit=True)) == (False, False, False)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, COUNTER_STEP_MAX), max_size=30), st.sampled_from([16, 32]))
def test_traffic_is_counted_exactly_across_the_wrap(start: int, steps: list[int], bits: int) -> None:
    value, total = start % (1 << bits), 0
    for step in steps:
        following = (value + step) % (1 << bits)
        moved = counter_step(value, following, bits)
        assert not moved.reset
        total += moved.added
        value = following
    assert total == sum(steps)


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
def test_a_counter_that_falls_far_from_its_maximum_was_reset_and_adds_nothing(previous: int, value: int) -> None:
    moved = counter_step(previous, value, 16)
    if value < previous < 2**16 - COUNTER_STEP_MAX:
        assert moved.reset
    assert 0 <= moved.added <= COUNTER_STEP_MAX
    assert moved.added == 0 or not moved.reset


@given(st.lists(st.integers(0, 2**32 - 1), max_size=60), st.sampled_from(WordOrder))
def test_a_wide_counter_is_put_together_in_the_word_order_of_the_module(counts: list[int], order: WordOrder) -> None:
    words = [half for count in counts for half in (count >> 16, count & 0xFFFF)]
    if order is WordOrder.LOW_FIRST:
        words = [half for count in counts for half in (count & 0xFFFF, count >> 16)]
    assert counts_from(words, wide=True, order=order) == tuple(counts)


def test_a_narrow_counter_is_its_register() -> None:
    assert counts_from([1, 65_535], wide=False, order=WordOrder.LOW_FIRST) == (1, 65_535)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Any question the drivers ask, within the slave's memory."""
    function = draw(st.sampled_from(Function))
    if function is Function.WRITE_COILS:
        return write_coils(1, draw(st.integers(0, 200)), draw(st.lists(st.booleans(), min_size=1, max_size=99)))
    if function in {Function.WRITE_COIL, Function.WRITE_REGISTER}:
        return Request(1, function, draw(st.integers(0, 299)), 1, (draw(st.integers(0, 1)),))
    return read(1, function, draw(st.integers(0, 200)), draw(st.integers(1, 99)))


def _asked_of(memory: Memory, request: Request) -> bytes:
    number = {
        Function.WRITE_COIL: 0xFF00 if request.values == (1,) else 0,
        Function.WRITE_REGISTER: (request.values or (0,))[0],
    }.get(request.function, request.count)
    head = bytes([request.function]) + request.address.to_bytes(2) + number.to_bytes(2)
    if request.function is Function.WRITE_COILS:
        head += bytes([(request.count + 7) // 8]) + sum(v << i for i, v in enumerate(request.values)).to_bytes(
            13, "little"
        )
    return memory.answer(head)


@given(requests())
def test_what_a_foreign_slave_answers_has_no_fault_and_the_length_foreseen(request: Request) -> None:
    answer = _asked_of(Memory(), request)
    assert len(answer) == reply_length(request)
    assert fault_of_pdu(request, answer) is None


@given(requests(), requests())
def test_the_answer_to_a_question_of_another_kind_or_size_is_a_fault(asked: Request, other: Request) -> None:
    answer = _asked_of(Memory(), other)
    if (asked.function, reply_length(asked)) != (other.function, reply_length(other)):
        assert fault_of_pdu(asked, answer)


@given(requests(), st.binary(min_size=1, max_size=260))
def test_bytes_without_fault_are_of_the_asked_function_and_length_or_an_exception(
    request: Request, data: bytes
) -> None:
    if fault_of_pdu(request, data) is None:
        exception = data[0] == request.function | 0x80 and len(data) == 2
        assert exception or (data[0] == request.function and len(data) == reply_length(request))


def test_a_byte_count_that_belies_the_length_is_a_fault() -> None:
    assert fault_of_pdu(read(1, Function.READ_COILS, 0, 9), bytes([1, 1, 0, 0]))


def test_an_exception_of_the_wrong_length_is_a_fault() -> None:
    assert fault_of_pdu(read(1, Function.READ_COILS, 0, 9), bytes([0x81, 2, 0]))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(1, Function.WRITE_COILS, 9, (3,)),
        Reply(1, Function.WRITE_COILS, 8, (2,)),
        Reply(1, Function.WRITE_COILS, None, ()),
    ],
)
def test_a_write_is_done_only_if_its_own_address_and_count_come_back(reply: Reply) -> None:
    request = write_coils(1, 8, [True, False, True])
    assert fault_of_echo(request, Reply(1, Function.WRITE_COILS, 8, (3,))) is None
    assert fault_of_echo(request, reply)


def test_a_single_write_is_done_only_if_its_value_comes_back() -> None:
    request = Request(1, Function.WRITE_REGISTER, 5, 1, (7,))
    assert fault_of_echo(request, Reply(1, Function.WRITE_REGISTER, 5, (7,))) is None
    assert fault_of_echo(request, Reply(1, Function.WRITE_REGISTER, 5, (8,)))


def test_an_exception_is_said_in_words() -> None:
    assert "no such address" in exception_meaning(2)
    assert "99" in exception_meaning(99)


@pytest.mark.parametrize(
    ("shown", "coils"),
    [
        (Indication.WALK, (False, True, True)),
        (Indication.PED_CLEARANCE, (True, False, False)),
        (Indication.DONT_WALK, (True, False, False)),
        (Indication.DARK, (False, False, False)),
    ],
)
def test_an_accessible_signal_is_on_exactly_while_its_walk_is_lit(shown: Indication, coils: tuple[bool, ...]) -> None:
    walk = replace(_channel(2, ChannelKind.PEDESTRIAN, (0, 1)), accessible=2)
    assert coils_of(wiring_of([walk]), Permitted(1, {walk.number: shown}, lit=True)) == coils


def test_an_accessible_signal_that_is_read_back_on_is_taken_for_a_lit_walk() -> None:
    walk = replace(_channel(2, ChannelKind.PEDESTRIAN, (0, 1)), accessible=2)
    assert lamps_from(wiring_of([walk]), (1, 0, 1)) == {walk.number: Lamps.RED | Lamps.GREEN}
