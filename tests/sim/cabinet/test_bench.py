"""The bench copy of a site file."""

from itertools import count
from pathlib import Path

import pytest

from edge.check import check_text
from edge.model.devices import ModbusOptions, SerialOptions, TcpTransport
from edge.model.site import Site
from edge.sim.cabinet.bench import CONFIRMED, BenchError, bench_text, is_untouched, sealed
from tests.config.examples import FOLDER

FIELD = Path(__file__).parents[2] / "field/site.yaml"
LINES = Path("/bench")


def read(text: str) -> Site:
    checked = check_text(text, "site.yaml")
    assert checked.site is not None, checked.report()
    return checked.site


def copied(text: str) -> Site:
    ports = count(6_000)
    return read(bench_text(text, read(text), LINES, lambda: next(ports)))


def field() -> str:
    return (
        FIELD.read_text()
        .replace("PORT", "502")
        .replace("LINE", "/dev/serial/by-id/loops")
        .replace("127.0.0.1", "10.0.0.9")
    )


def test_modules_move_to_loopback_and_lines_to_the_bench_and_all_else_stays() -> None:
    before, after = read(field()), copied(field())
    cab, main, side = (after.devices[name].options for name in ("cab", "main", "side"))
    assert isinstance(cab, ModbusOptions)
    assert cab.transport == TcpTransport("127.0.0.1", 6_000)
    assert isinstance(main, SerialOptions)
    assert isinstance(side, SerialOptions)
    assert main.transport.port == side.transport.port == "/bench/loops"
    assert (main.address, side.address) == (1, 2)
    old = before.devices["cab"].options
    assert isinstance(old, ModbusOptions)
    assert (cab.profile, cab.watchdog_ms, cab.inputs, cab.readback) == (old.profile, old.watchdog_ms, old.inputs, True)
    for part in ("phases", "detectors", "buttons", "channels", "card", "plans", "sequence", "start_up"):
        assert getattr(after, part) == getattr(before, part)


@pytest.mark.parametrize("text", ["a: 1\n", "a: 1", "a: 1\n# stopline cabinet made this copy: not\n"])
def test_a_copy_tells_whether_it_was_edited(text: str) -> None:
    copy = sealed(text)
    assert copy.startswith(text)
    assert is_untouched(copy)
    assert not is_untouched(copy.replace("1", "2", 1))
    assert not is_untouched(f"{copy}b: 2\n")
    assert not is_untouched(text)


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.yaml")))
def test_every_example_can_be_put_on_the_bench(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    if "driver: replay" in text:
        pytest.skip("a replay is no device on a wire")
    before, after = read(text), copied(text)
    assert after.channels == before.channels
    assert after.card.confirmed_by
    for device in after.devices.values():
        assert isinstance(device.options, ModbusOptions | SerialOptions)


@pytest.mark.parametrize("confirmed", ['  confirmed_by: ""\n', ""])
def test_a_card_that_nobody_confirmed_is_confirmed_for_the_bench_alone(confirmed: str) -> None:
    text = field().replace("  confirmed_by: the field test\n", confirmed)
    assert copied(text).card.confirmed_by == CONFIRMED
    assert copied(field()).card.confirmed_by == "the field test"


def test_devices_behind_one_gateway_stay_together() -> None:
    text = (
        field()
        .replace(
            "  main:",
            "  more: {driver: modbus, profile: generic, host: 10.0.0.9, unit: 2, inputs: {form: contacts, count: 4}}\n  main:",
        )
        .replace("    tcp_port: 502\n", "")
    )
    after = copied(text)
    cab, more = (after.devices[name].options for name in ("cab", "more"))
    assert isinstance(cab, ModbusOptions)
    assert isinstance(more, ModbusOptions)
    assert cab.transport == more.transport


def test_a_terminal_without_a_number_cannot_be_put_on_a_module() -> None:
    text = (FOLDER / "dual-ring-8phase.yaml").read_text(encoding="utf-8").replace("loops.11,", "loops.left,")
    with pytest.raises(BenchError, match=r"terminal loops.left has no number"):
        copied(text)
