"""The cabinet's Modbus modules, asked by the codec and the arming questions of our own driver."""

import pytest

from drivers.modbus_arming import Armed, Inquiry, Refusal, Terms, arming, watch
from drivers.modbus_codec import EXCEPTION_FLAG, Function, Reply, Request, counts_from, write_coils
from edge.model.devices import InputForm, ModbusInputs, ModbusOptions, TcpTransport
from edge.model.modbus_profiles import PROFILES, WordOrder
from edge.model.units import Ms
from edge.sim.cabinet.module import ModbusModule


def options(profile: str = "beckhoff-ek9000", inputs: ModbusInputs | None = None) -> ModbusOptions:
    return ModbusOptions(TcpTransport("127.0.0.1"), 1, profile, 100, 200, 1_000, inputs, watchdog_ms=500)


def ask(module: ModbusModule, request: Request, now: Ms = 0) -> Reply:
    """The request on the wire, and the reply off it."""
    pdu = bytes([request.function]) + request.address.to_bytes(2, "big")
    if request.function is Function.WRITE_COIL:
        pdu += (0xFF00 if request.values[0] else 0).to_bytes(2, "big")
    elif request.function is Function.WRITE_REGISTER:
        pdu += request.values[0].to_bytes(2, "big")
    else:
        pdu += request.count.to_bytes(2, "big")
    if request.function is Function.WRITE_COILS:
        packed = sum(bit << at for at, bit in enumerate(request.values))
        size = (request.count + 7) // 8
        pdu += bytes([size]) + packed.to_bytes(size, "little")
    reply = module.answer(now, pdu)
    if reply[0] & EXCEPTION_FLAG:
        return Reply(1, reply[0] & 0x7F, None, (), reply[1])
    if request.function in {Function.READ_COILS, Function.READ_DISCRETE_INPUTS}:
        bits = int.from_bytes(reply[2:], "little")
        return Reply(1, reply[0], None, tuple(bits >> at & 1 for at in range(request.count)))
    if request.function in {Function.READ_HOLDING_REGISTERS, Function.READ_INPUT_REGISTERS}:
        words = tuple(int.from_bytes(reply[at : at + 2], "big") for at in range(2, len(reply), 2))
        return Reply(1, reply[0], None, words)
    return Reply(1, reply[0], request.address, (int.from_bytes(reply[3:5], "big"),))


def judged(module: ModbusModule, profile: str, now: Ms = 0, armed: Armed | None = None) -> Armed | Refusal:
    terms = Terms(1, profile, PROFILES[profile], 1_000, external_monitor=not PROFILES[profile].proves_dead_man)
    inquiry = Inquiry(arming(terms) if armed is None else watch(terms, armed))
    while (verdict := inquiry.step(lambda request: ask(module, request, now))) is None:
        pass
    return verdict


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_module_of_every_profile_is_armed_by_our_driver(profile: str) -> None:
    verdict = judged(ModbusModule(options(profile)), profile)
    assert isinstance(verdict, Armed)
    watchdog = PROFILES[profile].watchdog
    assert verdict.dead_man_ms == (500 if watchdog is not None and watchdog.time is not None else None)


def test_lamps_that_nobody_refreshes_go_out_and_the_expiry_is_seen() -> None:
    module = ModbusModule(options())
    armed = judged(module, "beckhoff-ek9000")
    assert isinstance(armed, Armed)
    ask(module, write_coils(1, 0, [True, False, True]), 1_000)
    assert [module.is_lit(coil) for coil in range(4)] == [True, False, True, False]
    module.watch(1_500)
    assert module.is_lit(0)
    module.watch(1_501)
    assert not any(module.is_lit(coil) for coil in range(4))
    assert module.expiries == 1
    assert isinstance(judged(module, "beckhoff-ek9000", 1_600, armed), Refusal)
    ask(module, write_coils(1, 0, [True]), 1_700)
    assert module.is_lit(0), "an EK9000 takes the next write as a beginning"


def test_reading_does_not_feed_the_watchdog() -> None:
    module = ModbusModule(options())
    ask(module, write_coils(1, 0, [True]), 0)
    for now in range(100, 700, 100):
        ask(module, Request(1, Function.READ_COILS, 0, 1), now)
    assert not module.is_lit(0)


def test_a_watchdog_that_never_was_written_to_does_not_expire() -> None:
    module = ModbusModule(options())
    module.watch(10_000)
    assert module.expiries == 0


def test_a_module_with_a_trip_flag_takes_no_lamps_until_it_is_reset() -> None:
    module = ModbusModule(options("wago-750"))
    ask(module, write_coils(1, 0, [True]), 0)
    assert ask(module, write_coils(1, 0, [True]), 900).exception == 4
    assert isinstance(judged(module, "wago-750", 1_000), Armed), "arming resets it"
    assert ask(module, write_coils(1, 0, [True]), 1_100).exception is None
    assert module.is_lit(0)


def test_a_relay_board_without_a_watchdog_holds_its_lamps() -> None:
    module = ModbusModule(options("waveshare-relay"))
    ask(module, write_coils(1, 0, [True]), 0)
    module.watch(60_000)
    assert module.is_lit(0)


@pytest.mark.parametrize(
    ("form", "function"),
    [(InputForm.CONTACTS, Function.READ_DISCRETE_INPUTS), (InputForm.COILS, Function.READ_COILS)],
)
def test_contacts_are_levels(form: InputForm, function: Function) -> None:
    module = ModbusModule(options(inputs=ModbusInputs(form, 16, 3)))
    module.sense(2, on=True, count=5)
    module.sense(4, on=True, count=5)
    assert ask(module, Request(1, function, 16, 4)).values == (0, 1, 0, 0)


@pytest.mark.parametrize("form", [f for f in InputForm if "counters" in f.value])
def test_counters_count_over_their_end(form: InputForm) -> None:
    profile = "moxa-iologik-e1200"
    module = ModbusModule(options(profile, ModbusInputs(form, 10, 2)))
    module.sense(2, on=False, count=70_000)
    holding = form in {InputForm.HOLDING_COUNTERS16, InputForm.HOLDING_COUNTERS32}
    function = Function.READ_HOLDING_REGISTERS if holding else Function.READ_INPUT_REGISTERS
    wide = form.value.endswith("32")
    reply = ask(module, Request(1, function, 10, 4 if wide else 2))
    counts = counts_from(reply.values, wide=wide, order=PROFILES[profile].counter_order)
    assert counts == (0, 70_000 if wide else 70_000 % 65_536)


def test_the_words_of_a_wide_counter_come_in_the_order_of_the_profile() -> None:
    module = ModbusModule(options("adam-6000", ModbusInputs(InputForm.COUNTERS32, 0, 1)))
    module.sense(1, on=False, count=3)
    assert PROFILES["adam-6000"].counter_order is WordOrder.LOW_FIRST
    assert ask(module, Request(1, Function.READ_INPUT_REGISTERS, 0, 2)).values == (3, 0)


def test_single_writes_and_lists_of_registers_are_taken() -> None:
    module = ModbusModule(options())
    assert module.answer(0, bytes.fromhex("050007FF00")) == bytes.fromhex("050007FF00")
    assert module.is_lit(7)
    assert module.answer(0, bytes.fromhex("10000A0002040001FFFF")) == bytes.fromhex("10000A0002")
    assert ask(module, Request(1, Function.READ_HOLDING_REGISTERS, 10, 2)).values == (1, 0xFFFF)


def test_what_a_module_does_not_know_is_answered_with_an_exception() -> None:
    module = ModbusModule(options())
    assert module.answer(0, bytes.fromhex("2B0E0100")) == bytes.fromhex("AB01")
    assert module.answer(0, bytes.fromhex("01FFFF0002")) == bytes.fromhex("8102")
