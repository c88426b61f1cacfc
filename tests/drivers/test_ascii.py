"""A `counts-ascii` device on a pseudo-terminal: the driver keeps the common contract and bears what lines are like."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base import DetectorSource
from drivers.serial_device import SerialDevice
from edge.model.devices import Device, DeviceState, SerialOptions, SerialProtocol, SerialTransport
from tests.drivers.ascii_box import AsciiBox
from tests.drivers.contract import DEVICE, LosableContract, SourceContract, clock, eventually, is_up


def _source(link: Path) -> DetectorSource:
    options = SerialOptions(SerialTransport(str(link), 9_600), SerialProtocol.COUNTS_ASCII, 100, 400)
    source = SerialDevice.open_all([Device(DEVICE, options)], {}, clock)[DEVICE].source
    assert source is not None
    return source


class AsciiBench:
    """One device with six terminals."""

    stale_after_ms = 400
    counts_while_lost = True

    def __init__(self, folder: Path) -> None:
        self._link = folder / "loops"
        self.box = AsciiBox(self._link)
        self.kill, self.revive = self.box.unplug, self.box.plug

    def source(self) -> DetectorSource:
        return _source(self._link)

    def vehicles(self, terminal: str, number: int) -> None:
        self.box.vehicles(int(terminal), number)

    def near_wrap(self) -> None:
        self.box.vehicles(1, 65_531)

    def stall(self) -> None:
        self.box.silent = True

    def resume(self) -> None:
        self.box.silent = False


class TestAsciiKeepsTheContract(SourceContract, LosableContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[AsciiBench]:
        bench = AsciiBench(tmp_path)
        yield bench
        bench.box.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AsciiBox]:
    box = AsciiBox(tmp_path / "loops")
    yield box
    box.close()


@pytest.fixture
def source(box: AsciiBox, tmp_path: Path) -> Iterator[DetectorSource]:
    assert box.levels
    source = _source(tmp_path / "loops")
    source.start()
    eventually(lambda: is_up(source), "the device to be up")
    yield source
    source.stop()


def test_contacts_are_levels_and_shorter_ones_are_counts(box: AsciiBox, source: DetectorSource) -> None:
    box.levels[4] = True
    box.vehicles(6, 2)
    eventually(lambda: source.latest()["5"].occupied and source.latest()["6"].count == 2, "a level and two counts")
    assert not source.latest()["6"].occupied
    box.levels[4] = False
    eventually(lambda: not source.latest()["5"].occupied, "the level to end")


def test_noise_between_lines_costs_no_vehicle(box: AsciiBox, source: DetectorSource) -> None:
    for noise in (b"\x00\xff" * 300, b"D 00 0 1,2", b"\n\n", b"D 01 00 9,9,9,9,9,9 *00\r\n", b"x" * 2_000 + b"\r\n"):
        box.say(noise)
    box.vehicles(1, 3)
    eventually(lambda: source.latest()["1"].count == 3, "three vehicles through the noise")
    assert {name: sample.count for name, sample in source.latest().items() if name != "1"} == dict.fromkeys("23456", 0)
    assert source.health().counters["lines refused"] >= 2


def test_only_noise_is_said_with_what_to_check(box: AsciiBox, source: DetectorSource) -> None:
    box.silent = True
    for _ in range(3):
        box.say(b"\x8f\x0f not a line\r\n")
    eventually(lambda: not is_up(source), "the noise to be said")
    assert "check baud rate, parity and wiring" in source.health().said


@pytest.mark.parametrize("hello", [True, False])
def test_a_restarted_device_goes_on_counting(box: AsciiBox, source: DetectorSource, hello: bool) -> None:  # noqa: FBT001
    box.vehicles(1, 30)
    eventually(lambda: source.latest()["1"].count == 30, "thirty vehicles")
    box.vehicles(1, 30)
    eventually(lambda: source.latest()["1"].count == 60, "thirty more")
    box.restart(hello=hello)
    counter = "hello" if hello else "lines restarted"
    eventually(lambda: source.health().counters.get(counter, 0) == 1, "the restart to be noticed")
    box.vehicles(1, 2)
    eventually(lambda: source.latest()["1"].count == 62, "two more vehicles")
    if hello:
        eventually(lambda: source.health().said == "testbox 1.0", "the device's name")


def test_a_device_that_repeats_itself_is_as_good_as_silent(box: AsciiBox, source: DetectorSource) -> None:
    box.stuck = True
    eventually(lambda: not is_up(source), "the stuck device to be noticed")
    assert "repeats line" in source.health().said
    assert source.health().state is DeviceState.DOWN


def test_a_silent_device_is_said_with_what_to_check(box: AsciiBox, source: DetectorSource) -> None:
    box.silent = True
    eventually(lambda: source.health().state is DeviceState.DOWN, "the silence to be said")
    assert "silence; check its power, its transmit wire and the baud rate" in source.health().said
