"""The devices of a site as a cabinet serves them, and the lines they are on."""

import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.ascii_lines import DataLine, decode_line
from edge.check import check_text
from edge.clock import monotonic_ms
from edge.model.detectors import InputSample
from edge.model.devices import Device, MockOptions, ModbusOptions, SerialOptions, SerialProtocol, SerialTransport
from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms
from edge.sim.cabinet.bench import BenchError
from edge.sim.cabinet.devices import Devices
from edge.sim.cabinet.lines import Lines, free_port
from edge.sim.cabinet.serve import Serving, serve
from edge.sim.cabinet.talks import AsciiTalk, CanogaTalk, RtuTalk
from edge.sim.faults import FaultyWires
from edge.sim.traffic import PlantInputs

FIELD = Path(__file__).parents[2] / "field/site.yaml"


def field(folder: Path, port: int = 5_020) -> Site:
    text = FIELD.read_text().replace("PORT", str(port)).replace("LINE", str(folder / "loops"))
    site = check_text(text, "site.yaml").site
    assert site is not None
    return site


def with_side(site: Site, options: SerialOptions | ModbusOptions | MockOptions) -> Site:
    return replace(site, devices={**site.devices, "side": Device("side", options)})


BOX = SerialOptions(SerialTransport("/dev/box"), SerialProtocol.COUNTS_ASCII, 100, 1_000)


def heard(on: int, now: Ms) -> PlantInputs:
    loops = {DetectorNumber(n): InputSample(n == on, int(n == on), now) for n in (2, 4, 6, 8)}
    return PlantInputs(loops, {ButtonNumber(4): InputSample(True, 1, now)}, {})  # noqa: FBT003 - pressed


def test_what_the_street_does_reaches_the_terminals_that_the_site_file_names(tmp_path: Path) -> None:
    devices = Devices(with_side(field(tmp_path), BOX), 0)
    devices.sense(100, heard(4, 100))
    talks = devices.lines()
    box = talks[Path("/dev/box")]
    assert decode_line(box.say(0).splitlines()[1]) == DataLine(0, 1, (1, 0))
    assert devices.modules["cab"].answer(0, bytes.fromhex("0200000008")) == bytes.fromhex("020101")


def test_lit_coils_are_what_the_heads_show_and_none_is_dark(tmp_path: Path) -> None:
    devices = Devices(field(tmp_path), 0)
    assert set(devices.shown(0).values()) == {Indication.DARK}
    devices.modules["cab"].answer(1_000, bytes.fromhex("0F0000000E02") + (0b01_001_001_001_100).to_bytes(2, "little"))
    shown = devices.shown(1_100)
    assert shown[ChannelNumber(2)] is Indication.GREEN
    assert {shown[ChannelNumber(n)] for n in (4, 6, 8)} == {Indication.RED}
    assert shown[ChannelNumber(9)] is Indication.DONT_WALK
    assert set(devices.shown(9_000).values()) != {Indication.GREEN}
    assert devices.modules["cab"].expiries == 1
    assert set(devices.shown(10_000).values()) == {Indication.DARK}


def test_lines_are_shared_as_the_site_file_says(tmp_path: Path) -> None:
    site = field(tmp_path)
    devices = Devices(site, 0)
    ((transport, units),) = devices.sockets().items()
    assert (transport.tcp_port, set(units)) == (5_020, {1})
    ((link, talk),) = devices.lines().items()
    assert link == tmp_path / "loops"
    assert isinstance(talk, CanogaTalk)
    assert isinstance(Devices(with_side(site, BOX), 0).lines()[Path("/dev/box")], AsciiTalk)
    cab = site.devices["cab"].options
    assert isinstance(cab, ModbusOptions)
    serial = replace(cab, transport=SerialTransport("/dev/rtu"))
    on_rtu = replace(site, devices={**site.devices, "cab": Device("cab", serial)})
    assert isinstance(Devices(on_rtu, 0).lines()[Path("/dev/rtu")], RtuTalk)
    assert Devices(on_rtu, 0).sockets() == {}


def test_what_is_not_on_a_wire_or_not_on_this_computer_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"side is not there on the wire — --bench DIR"):
        Devices(with_side(field(tmp_path), MockOptions()), 0)
    lamps = replace(
        field(tmp_path),
        channels={ChannelNumber(1): replace(next(iter(field(tmp_path).channels.values())), output="main")},
    )
    with pytest.raises(BenchError, match="main has lamps and is no Modbus module"):
        Devices(lamps, 0)
    far = check_text(
        FIELD.read_text().replace("PORT", "502").replace("LINE", "/x").replace("127.0.0.1", "10.0.0.9"), "s"
    ).site
    assert far is not None
    with pytest.raises(BenchError, match=r"10.0.0.9, and a cabinet listens on this computer alone"):
        serve(far, Still(), Serving(None, lambda _: True, lambda _: None, FaultyWires()))


class Still:
    """A street where nothing moves."""

    def step(self, now: Ms, shown: object) -> PlantInputs:  # noqa: ARG002 - nobody looks
        return heard(0, now)


def test_served_devices_answer_on_their_ports_and_nothing_is_left_behind(tmp_path: Path) -> None:
    site = field(tmp_path, free_port())
    said: list[str] = []
    answers: list[bytes] = []

    def look(now: Ms) -> bool:
        if now == 0:
            client = socket.create_connection(("127.0.0.1", free[0]))
            client.sendall(bytes.fromhex("000100000006010200000001"))
            clients.append(client)
            line.append(os.open(tmp_path / "loops", os.O_RDWR | os.O_NOCTTY))
            os.write(line[0], b"<08\x01*1F>")
        if now >= 200:
            answers.extend((clients[0].recv(64), os.read(line[0], 64)))
            clients[0].close()
            os.close(line[0])
        return now >= 200

    free = [
        options.transport.tcp_port
        for options in (site.devices["cab"].options,)
        if isinstance(options, ModbusOptions) and not isinstance(options.transport, SerialTransport)
    ]
    clients: list[socket.socket] = []
    line: list[int] = []
    serve(site, Still(), Serving(None, look, said.append, FaultyWires()))
    assert said[-1] == "ready"
    assert answers[0] == bytes.fromhex("00010000000401020101"), "the button is pressed"
    assert len(answers[1]) == 37
    assert not (tmp_path / "loops").is_symlink()


def test_a_connection_that_ends_makes_room_and_a_dead_link_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "loops"
    link.symlink_to(tmp_path / "gone")
    port = free_port()
    with Lines() as lines:
        lines.plug(link, AsciiTalk(1))
        lines.listen("127.0.0.1", port, lambda: AsciiTalk(1))
        client = socket.create_connection(("127.0.0.1", port))
        lines.until(monotonic_ms() + 30)
        assert len(lines._sockets) == 2
        client.close()
        time.sleep(0.01)
        lines.until(monotonic_ms() + 30)
        assert len(lines._sockets) == 1
        for _ in range(2_000):
            lines.speak(0)  # nobody reads: what does not fit is lost
    assert not link.is_symlink()
    link.touch()
    with Lines() as lines, pytest.raises(FileExistsError):
        lines.plug(link, AsciiTalk(1))
