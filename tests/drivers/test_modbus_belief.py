"""Whatever a bad line brings, nobody is made to believe what the slave did not say."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.modbus import ModbusDevice
from drivers.modbus_codec import Function, Request, read, reply_length, write_coils
from drivers.modbus_port import answer_in
from edge.model.devices import InputForm, ModbusInputs, SerialTransport
from tests.drivers.contract import CHANNELS, EAST, NORTH, clock, eventually, image
from tests.drivers.modbus_bench import RtuBench, opened, options, running
from tests.drivers.modbus_slave import Fault, Memory, Pieces, RtuSlave, crc16, flipped, framed, honest, silent

LOW = read(1, Function.READ_DISCRETE_INPUTS, 0, 8)

FAULTS: dict[str, Fault] = {
    "honest": honest,
    "silent": silent,
    "late": lambda _, reply: [(0.15, reply)],
    "later": lambda _, reply: [(0.22, reply)],
    "half": lambda _, reply: [(0.0, reply[: len(reply) // 2])],
    "bit": lambda _, reply: [(0.0, flipped(reply, 2))],
    "check": lambda _, reply: [(0.0, flipped(reply, len(reply) - 1))],
    "stranger": lambda _, reply: [(0.0, framed(b"\x02" + reply[1:-2]))],
    "garbage": lambda _, reply: [(0.0, b"\x01\x04\xff"), (0.004, reply)],
    "echo": lambda request, reply: [(0.0, request + reply)],
    "other": lambda *_: [(0.0, framed(bytes([1, 4, 2, 0, 9])))],
    "refusal": lambda request, _: [(0.0, framed(bytes([1, request[1] | 0x80, 4])))],
}


@given(st.data(), st.binary(max_size=40), st.binary(max_size=10))
def test_only_a_whole_frame_of_unit_function_length_and_check_is_ever_taken_for_an_answer(
    data: st.DataObject, before: bytes, after: bytes
) -> None:
    request = data.draw(st.sampled_from([LOW, read(1, Function.READ_COILS, 0, 20), write_coils(1, 0, [True] * 6)]))
    pdu = data.draw(st.one_of(st.just(_good_pdu(request)), st.binary(min_size=1, max_size=8)))
    heard = before + data.draw(st.sampled_from([framed(bytes([unit]) + pdu) for unit in (1, 2)])) + after
    if data.draw(st.booleans()):
        heard = flipped(heard, data.draw(st.integers(0, len(heard) - 1)))
    found = answer_in(heard, request)
    if found is not None:
        assert bytes([1]) + found + crc16(bytes([1]) + found) in heard
        assert found[0] == request.function or found[0] == request.function | 0x80
        assert len(found) == (2 if found[0] & 0x80 else reply_length(request))


def _good_pdu(request: Request) -> bytes:
    head = bytes([request.function]) + request.address.to_bytes(2) + request.count.to_bytes(2)
    return Memory().answer(head + b"\x01\x3f" if request.values else head)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(script=st.lists(st.sampled_from(sorted(set(FAULTS) - {"honest"})), min_size=1, max_size=6))
def test_no_sample_is_older_than_it_says_and_no_count_is_made_up(
    tmp_path_factory: pytest.TempPathFactory, script: list[str]
) -> None:
    slave = RtuSlave(tmp_path_factory.mktemp("line") / "tty")
    read_at: dict[int, int] = {}

    def stamped(request: bytes, _reply: bytes) -> Pieces:
        number = len(slave.requests)
        read_at[number - 1] = clock()  # the counter stands at the number of this question, from this instant
        reply = framed(bytes([1, 4, 4]) + number.to_bytes(2) + bytes(2))
        # the first question sets where counting starts; then the script, each fault between two honest answers
        name = script[number // 2 - 1] if number % 2 == 0 and number // 2 <= len(script) else "honest"
        return FAULTS[name](request, reply)

    slave.fault = stamped
    inputs = ModbusInputs(InputForm.COUNTERS16, 0, 2)
    with running(
        opened(options(SerialTransport(str(slave.link), 115_200), inputs=inputs, timeout_ms=100, poll_ms=5))
    ) as device:
        eventually(
            lambda: len(slave.requests) > 2 * len(script) + 2, "the script to end", lambda: _believable(device, read_at)
        )
    slave.unplug()


def _believable(device: ModbusDevice, read_at: dict[int, int]) -> None:
    sample = device.latest().get("1")
    if sample is not None:
        assert sample.count in read_at, "a count the slave never had"
        assert sample.taken_ms <= read_at[sample.count] + 1, "the answer to an earlier question"
        assert device.latest()["2"].count == 0


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(script=st.lists(st.sampled_from(sorted(set(FAULTS) - {"honest", "other"})), min_size=1, max_size=6))
def test_no_image_is_verified_that_the_slave_was_not_given_and_asked_for(
    tmp_path_factory: pytest.TempPathFactory, script: list[str]
) -> None:
    bench = RtuBench(tmp_path_factory.mktemp("line"))
    slave, faults = bench.slave, iter(script)
    turns = iter(range(10**6))

    def scripted(request: bytes, reply: bytes) -> Pieces:
        return FAULTS[next(faults, "honest") if next(turns) % 4 == 3 else "honest"](request, reply)

    slave.fault = scripted
    with running(opened(options(bench.transport, timeout_ms=100, watchdog_ms=2_000), CHANNELS)) as device:
        sequence = 0
        next_tick = clock()

        def tick() -> None:
            nonlocal sequence, next_tick
            if clock() >= next_tick:
                next_tick, sequence = next_tick + 25, sequence + 1
                device.write(image(sequence, EAST if sequence % 2 else NORTH), 500)
            confirmed = device.verified()
            if confirmed is not None:
                green = EAST if confirmed.sequence % 2 else NORTH
                assert confirmed.lamps == {n: 4 if n == green else 1 for n in (NORTH, EAST)}
                assert confirmed.taken_ms <= clock()

        eventually(lambda: next(turns) > 4 * len(script) + 8 and device.verified(), "the script to end", tick)
    bench.close()
