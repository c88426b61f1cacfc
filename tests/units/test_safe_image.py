"""The safe image of a site: what the controller leaves behind for outputs-safe."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.safe_image import render, write
from edge.model.devices import Device, MockOptions, ModbusOptions, Parity, SerialTransport, TcpTransport
from edge.model.indications import ChannelKind, Indication
from edge.model.site import Channel, Site
from edge.model.units import ChannelNumber, PhaseNumber
from tests.builders import phase, rings, site
from tests.units.outputs import load, rtu_device, run, tcp_device

PROGRAM = load()


def options(transport: TcpTransport | SerialTransport, unit: int = 1, coils_start: int = 0) -> ModbusOptions:
    return ModbusOptions(
        transport, unit, "test", poll_ms=100, timeout_ms=200, stale_after_ms=1_000, coils_start=coils_start
    )


def two_phase(*, cab: ModbusOptions | MockOptions) -> Site:
    """Phase 2 on coils 0-2 flashing yellow, phase 4 on 3-5 flashing red, a pedestrian head on 8-9 that is dark in flash."""
    plain = site(rings("2 | 4"), [phase(2), phase(4)])
    wired = (
        (1, ChannelKind.VEHICLE, (0, 1, 2), Indication.FLASH_YELLOW),
        (2, ChannelKind.VEHICLE, (3, 4, 5), Indication.FLASH_RED),
        (3, ChannelKind.PEDESTRIAN, (8, 9), Indication.DARK),
    )
    channels = {
        ChannelNumber(number): Channel(ChannelNumber(number), kind, PhaseNumber(2), "cab", wires, flash)
        for number, kind, wires, flash in wired
    }
    return replace(plain, devices={"cab": Device("cab", cab)}, channels=channels)


def lit(image: bytes, start: int) -> set[int]:
    """The coils that are on."""
    return {start + bit for bit in range(len(image) * 8) if image[bit // 8] >> bit % 8 & 1}


def test_all_red_and_both_halves_of_flash_reach_the_program_that_writes_them() -> None:
    text = render(two_phase(cab=options(TcpTransport("192.0.2.7", 1502), unit=9, coils_start=16)))
    (device,) = PROGRAM.parse(text.encode())
    assert (device.link, device.unit, device.start, device.coils) == (("tcp", "1502", "192.0.2.7"), 9, 16, 10)
    assert lit(device.red, 16) == {16, 19, 24}  # red, red, don't walk
    assert lit(device.on, 16) == {17, 19}  # yellow, red, dark
    assert lit(device.off, 16) == set()


@pytest.mark.parametrize(("parity", "letter"), [(Parity.NONE, "N"), (Parity.EVEN, "E"), (Parity.ODD, "O")])
def test_a_serial_line_is_described_in_full(parity: Parity, letter: str) -> None:
    port = SerialTransport("/dev/serial/by-id/usb FTDI", baud=115_200, parity=parity, stop_bits=2)
    (device,) = PROGRAM.parse(render(two_phase(cab=options(port))).encode())
    assert device.link == ("rtu", "115200", letter, "2", "/dev/serial/by-id/usb FTDI")


def test_a_site_without_modbus_outputs_leaves_a_file_without_devices() -> None:
    assert PROGRAM.parse(render(two_phase(cab=MockOptions())).encode()) == []


def test_a_modbus_device_that_lights_nothing_is_left_out() -> None:
    inputs_only = replace(
        two_phase(cab=MockOptions()), devices={"loops": Device("loops", options(TcpTransport("192.0.2.8")))}
    )
    assert PROGRAM.parse(render(inputs_only).encode()) == []


def test_an_address_that_would_break_the_line_is_refused() -> None:
    with pytest.raises(ValueError, match="printable"):
        render(two_phase(cab=options(TcpTransport("192.0.2.7\nrtu"))))


@given(
    st.permutations(range(24)),
    st.integers(0, 1_000),
    st.lists(st.sampled_from(["red", "yellow", "dark"]), min_size=8, max_size=8),
)
def test_no_green_and_no_walk_is_ever_in_a_safe_image(wires: list[int], start: int, flash: list[str]) -> None:
    shown = {"red": Indication.FLASH_RED, "yellow": Indication.FLASH_YELLOW, "dark": Indication.DARK}
    channels = {
        ChannelNumber(n + 1): Channel(
            ChannelNumber(n + 1),
            ChannelKind.VEHICLE,
            PhaseNumber(2),
            "cab",
            tuple(wires[3 * n : 3 * n + 3]),
            shown[flash[n]],
        )
        for n in range(8)
    }
    whole = replace(two_phase(cab=options(TcpTransport("192.0.2.7"), coils_start=start)), channels=channels)
    (device,) = PROGRAM.parse(render(whole).encode())
    greens = {start + wires[3 * n + 2] for n in range(8)}
    reds = {start + wires[3 * n] for n in range(8)}
    assert lit(device.red, device.start) == reds
    assert not greens & (lit(device.on, device.start) | lit(device.off, device.start))


def test_a_foreign_tcp_device_lights_what_the_site_says(tmp_path: Path) -> None:
    with tcp_device() as (port, coils):
        write(tmp_path / "safe-image", render(two_phase(cab=options(TcpTransport("127.0.0.1", port)))))
        assert run(tmp_path / "safe-image").returncode == 0
        assert coils.get_coils(0, 10) == [bit in {0, 3, 8} for bit in range(10)]


def test_a_serial_board_lights_what_the_site_says(tmp_path: Path) -> None:
    with rtu_device({4}) as line:
        write(tmp_path / "safe-image", render(two_phase(cab=options(SerialTransport(line.path), unit=4))))
        assert run(tmp_path / "safe-image").returncode == 0
    assert line.coils[4] == [bit in {0, 3, 8} for bit in range(10)]


def test_writing_replaces_the_old_file_whole_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "safe-image"
    write(path, "old\n")
    write(path, "new\n")
    assert path.read_text() == "new\n"
    assert [found.name for found in tmp_path.iterdir()] == ["safe-image"]


def test_an_equal_file_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "safe-image"
    write(path, "same\n")
    before = path.stat()
    write(path, "same\n")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_folder_that_is_missing_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        write(tmp_path / "gone" / "safe-image", "text\n")
