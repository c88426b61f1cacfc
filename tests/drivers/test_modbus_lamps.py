"""Lamps over Modbus TCP, on pyModbusTCP: written whole, refreshed, read back, armed, and never resumed mid-green."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from drivers.modbus import ModbusDevice
from edge.model.devices import DeviceState
from edge.model.indications import ChannelKind, Indication, Lamps
from edge.model.site import Channel
from edge.model.units import ChannelNumber, Ms, PhaseNumber
from edge.safety.permitted import Permitted
from tests.drivers.contract import CHANNELS, DEVICE, EAST, NORTH, clock, eventually, image, wait_past
from tests.drivers.modbus_bench import (
    COILS_START,
    CONTACTS,
    RtuBench,
    at,
    has_verified,
    opened,
    options,
    running,
    submit_until,
)
from tests.drivers.modbus_server import ForeignServer
from tests.drivers.modbus_slave import honest, silent


@pytest.fixture
def server() -> Iterator[ForeignServer]:
    server = ForeignServer()
    yield server
    server.resume()
    server.stop()


def test_each_lit_wire_is_exactly_one_coil_of_the_foreign_server(server: ForeignServer) -> None:
    wires = [(0, 9, 18), (1, 10, 19), (2, 11, 20), (3, 12, 21), (4, 13, 22), (5, 14, 23), (6, 15, 24), (7, 16, 25)]
    channels = tuple(
        Channel(ChannelNumber(n), ChannelKind.VEHICLE, PhaseNumber(n), DEVICE, w, Indication.FLASH_RED)
        for n, w in enumerate(wires, start=1)
    )
    circuits = (Indication.RED, Indication.YELLOW, Indication.GREEN)
    sequence = 0
    with running(opened(options(at(server), coils_start=100), channels)) as device:
        eventually(lambda: device.health().state is DeviceState.UP, "to be armed")
        for channel in channels:
            for circuit, wire in zip(circuits, channel.wires, strict=True):
                sequence += 1
                device.write(Permitted(sequence, {channel.number: circuit}, lit=True), 5_000)
                eventually(partial(has_verified, device, sequence), "to be verified")
                lit = [coil for coil, bit in enumerate(server.bank.get_coils(0, 200)) if bit]
                assert lit == [100 + wire]
                confirmed = device.verified()
                assert confirmed is not None
                assert confirmed.lamps is not None
                assert {n: lamps for n, lamps in confirmed.lamps.items() if lamps} == {
                    channel.number: (Lamps.RED, Lamps.YELLOW, Lamps.GREEN)[circuits.index(circuit)]
                }


def test_one_image_is_one_write_of_all_coils_refreshed_though_unchanged(server: ForeignServer) -> None:
    with running(opened(options(at(server)), CHANNELS)) as device:
        eventually(lambda: device.health().state is DeviceState.UP, "to be armed")
        began, hold_ms = clock(), 2_000
        device.write(image(1, NORTH), hold_ms)
        eventually(lambda: len(server.handler.images) >= 12, "eleven refreshes of one submission")
        assert clock() - began >= 11 * 90 - 20  # neither faster than it should, nor a queue
        assert set(server.handler.images) == {(COILS_START, (False, False, True, True, False, False))}


def test_without_readback_an_echo_is_a_confirmation_without_lamps(server: ForeignServer) -> None:
    with running(opened(options(at(server), readback=False), CHANNELS)) as device:
        submit_until(device, device.verified, "a confirmation")
        confirmed = device.verified()
        assert confirmed is not None
        assert confirmed.lamps is None
        assert "read coils" not in server.handler.asked


def test_an_image_whose_coils_cannot_be_read_back_is_not_verified(server: ForeignServer) -> None:
    with running(opened(options(at(server)), CHANNELS)) as device:
        eventually(lambda: device.health().state is DeviceState.UP, "to be armed")
        server.handler.refuses = {"read coils"}
        submit_until(device, lambda: len(server.handler.images) > 3, "some writes")
        assert device.verified() is None


def test_what_another_master_writes_between_two_refreshes_is_read_back(server: ForeignServer) -> None:
    ended = threading.Event()

    def meddle() -> None:
        seen = 0
        while not ended.wait(0.005):
            if len(server.handler.images) > seen:
                ended.wait(0.03)  # after our write and what follows it at once
                seen = len(server.handler.images)
                server.bank.set_coils(COILS_START, [False, False, True, False, False, True])

    def both_green() -> bool:
        confirmed = device.verified()
        return confirmed is not None and confirmed.lamps == {NORTH: Lamps.GREEN, EAST: Lamps.GREEN}

    other_master = threading.Thread(target=meddle)
    with running(opened(options(at(server)), CHANNELS)) as device:
        submit_until(device, device.verified, "a first image")
        other_master.start()
        try:
            submit_until(device, both_green, "the other's image to be seen")
        finally:
            ended.set()
            other_master.join()


def test_a_module_that_refuses_the_image_is_left_alone_and_armed_anew(server: ForeignServer) -> None:
    with running(opened(options(at(server), inputs=CONTACTS), CHANNELS)) as device:
        submit_until(device, device.verified, "a first image")
        server.handler.refuses = {"write coils"}
        submit_until(device, lambda: device.health().state is DeviceState.TRIPPED, "the refusal to be noticed")
        assert "exception 4" in device.health().said
        server.handler.refuses = set()
        before = device.verified()
        submit_until(device, lambda: device.verified() != before, "images again", EAST)
        assert device.health().counters["arms"] == 2


def test_a_silent_loop_lets_the_module_drop_by_leaving_it_wholly_alone(server: ForeignServer) -> None:
    with running(opened(options(at(server), inputs=CONTACTS, watchdog_ms=300), CHANNELS)) as device:
        submit_until(device, device.verified, "a first image")
        eventually(lambda: device.health().state is DeviceState.TRIPPED, "the silence of the loop to be noticed")
        assert "submitted no lamp image" in device.health().said
        asked = len(server.handler.asked)
        wait_past(clock() + 400)
        assert len(server.handler.asked) == asked  # polling inputs would feed a watchdog that any telegram feeds


def test_after_a_lapse_the_first_image_written_was_submitted_by_a_loop_that_knows(server: ForeignServer) -> None:
    with running(opened(options(at(server), watchdog_ms=100), CHANNELS)) as device:
        submit_until(device, device.verified, "a first image")
        eventually(lambda: device.health().state is DeviceState.TRIPPED, "the lapse")
        written = len(server.handler.images)
        wait_past(clock() + 400)
        device.write(image(1_000, NORTH), 5_000)  # from a loop that woke up and has not looked
        wait_past(clock() + 300)
        assert device.health().state is DeviceState.TRIPPED
        device.write(image(1_001, EAST), 5_000)  # it has looked now; still, this one was made before the arming
        eventually(lambda: device.health().state is DeviceState.UP, "to be armed anew")
        wait_past(clock() + 200)
        assert len(server.handler.images) == written
        device.write(image(1_002, EAST), 5_000)
        eventually(partial(has_verified, device, 1_002), "the image of a loop that knows")
        assert (COILS_START, (False, False, True, True, False, False)) not in server.handler.images[written:]


def test_after_a_silence_of_the_line_the_newest_image_is_written_and_none_that_grew_old(tmp_path: Path) -> None:
    bench = RtuBench(tmp_path)
    refused = iter((False, False, True))
    with running(opened(options(bench.transport, timeout_ms=60), CHANNELS)) as device:
        submit_until(device, device.verified, "a first image")
        bench.slave.fault = lambda request, reply: (
            silent(request, reply) if next(refused, False) else honest(request, reply)
        )
        taken = len(bench.slave.memory.images)
        for sequence in range(1_000, 1_040):
            device.write(image(sequence, EAST if sequence % 2 else NORTH), 40)
            wait_past(clock() + 9)
        given = {(at, bits) for at, bits in bench.slave.memory.images[taken:]}
        assert given <= {(COILS_START, (0, 0, 1, 1, 0, 0)), (COILS_START, (1, 0, 0, 0, 0, 1))}
        assert device.health().counters["timeouts"] >= 1
    bench.close()


@pytest.mark.parametrize("out_ms", [0, 400])
def test_however_short_a_module_was_lost_the_loop_sees_it_tripped_before_an_image_is_written(
    server: ForeignServer, out_ms: Ms
) -> None:
    with running(opened(options(at(server)), CHANNELS)) as device:
        settled = submit_until(device, device.verified, "a first image")
        server.stop()
        wait_past(clock() + out_ms)
        server.start()
        written = len(server.handler.images)
        seen: list[DeviceState] = []
        for sequence in range(settled + 1, settled + 200):
            seen.append(device.health().state)  # a loop: read the health, then submit
            device.write(image(sequence, EAST), 500)
            if len(server.handler.images) > written + 1:
                break
            wait_past(clock() + 20)
        assert DeviceState.TRIPPED in seen
        assert device.health().counters["arms"] == 2


def test_an_armed_module_that_is_never_given_an_image_is_left_alone(
    server: ForeignServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modbus_outputs.FIRST_IMAGE_MS", 150)
    with running(opened(options(at(server)), CHANNELS)) as device:
        eventually(lambda: "no lamp image was submitted" in device.health().said, "to be left alone")
        assert device.health().state is DeviceState.TRIPPED


def ek9000(server: ForeignServer, time_ms: int) -> ModbusDevice:
    for address, value in ((0x1021, 0), (0x1120, time_ms), (0x1122, 0), (0x1123, 0)):
        server.bank.set_holding_registers(address, [value])
    changes = {"profile": "beckhoff-ek9000", "external_monitor": False, "watchdog_ms": 500}
    return opened(options(at(server), **changes), CHANNELS)


def test_a_module_with_a_slow_watchdog_is_refused_until_somebody_sets_it(
    server: ForeignServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modbus_outputs.RETRY_ARMING_MS", 50)
    with running(ek9000(server, 2_000)) as device:
        submit_until(device, lambda: device.health().state is DeviceState.TRIPPED, "a refusal")
        said = device.health().said
        for part in (DEVICE, "4384 (0x1120)", "2000", "set it to 500 or less"):
            assert part in said
        assert server.handler.images == []
        server.bank.set_holding_registers(0x1120, [500])
        submit_until(device, device.verified, "an image after the technician's work")


def test_a_module_that_has_no_such_register_is_refused_with_a_question(
    server: ForeignServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modbus_outputs.RETRY_ARMING_MS", 50)
    server.handler.refuses = {"read registers"}
    with running(ek9000(server, 500)) as device:
        eventually(lambda: "is it a beckhoff-ek9000" in device.health().said, "the question")
        assert device.health().state is DeviceState.TRIPPED


def test_an_expiry_behind_our_back_is_noticed_and_the_street_begins_anew(
    server: ForeignServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modbus_outputs.WATCH_MS", 100)
    with running(ek9000(server, 500)) as device:
        submit_until(device, device.verified, "a first image")
        server.bank.set_holding_registers(0x1021, [1])
        eventually(
            lambda: "expired" in device.health().said, "the expiry", lambda: device.write(image(500, NORTH), 500)
        )
        submit_until(device, lambda: device.health().counters["arms"] == 2, "a new arming")


def test_a_watch_question_that_finds_no_answer_is_asked_again_from_the_first(
    server: ForeignServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modbus_outputs.WATCH_MS", 100)
    with running(ek9000(server, 500)) as device:
        submit_until(device, device.verified, "a first image")
        server.handler.refuses = {"read registers"}
        submit_until(device, lambda: device.health().counters["refusals"] >= 3, "some refusals")
        assert device.health().state is DeviceState.UP
        server.handler.refuses = set()
        asked = server.handler.asked.count("read registers")
        submit_until(device, lambda: server.handler.asked.count("read registers") > asked + 2, "to be watched again")
        server.bank.set_holding_registers(0x1021, [1])
        submit_until(device, lambda: device.health().counters["arms"] == 2, "the expiry seen and a new arming")


def test_a_tripped_module_is_reset_as_its_profile_says_and_then_given_a_fresh_image(server: ForeignServer) -> None:
    for address, value in ((0x1000, 5), (0x1006, 2)):
        server.bank.set_holding_registers(address, [value])
    server.handler.on_register = lambda address, value: (
        server.bank.set_holding_registers(0x1006, [1]) if (address, value) == (0x1007, 1) else None
    )
    wago = options(at(server), profile="wago-750", external_monitor=False)
    with running(opened(wago, CHANNELS)) as device:
        submit_until(device, device.verified, "an image")
        assert server.handler.writes == [("register", 0x1007, (1,))]
