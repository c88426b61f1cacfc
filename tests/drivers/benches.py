"""What the contract suites stand on: a clock, two channels and their images, patience, and what a bench must be able to do."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import pytest

from drivers.base import DetectorSource, SignalSink
from edge.model.devices import DeviceState
from edge.model.indications import ChannelKind, Indication, Lamps
from edge.model.site import Channel
from edge.model.units import ChannelNumber, Ms, PhaseNumber
from edge.safety.permitted import Permitted

DEADLINE_S = 20.0
"""How long to wait for what must come: far beyond any time-out here, also on a busy machine."""

DEVICE = "device"
"""The name every bench gives its device."""

NORTH, EAST = ChannelNumber(1), ChannelNumber(2)
CHANNELS = (
    Channel(NORTH, ChannelKind.VEHICLE, PhaseNumber(1), DEVICE, (0, 1, 2), Indication.FLASH_RED),
    Channel(EAST, ChannelKind.VEHICLE, PhaseNumber(2), DEVICE, (3, 4, 5), Indication.FLASH_RED),
)
"""The channels wired to every bench's device: red, yellow, green at wires 0-2 and 3-5."""

CLOCK_OFFSET_MS = 7_000_000_000
"""Sets the bench's clock far from any clock of the machine, so that a driver that reads its own is found out."""


def clock() -> Ms:
    """The clock the drivers under test are given."""
    return time.monotonic_ns() // 1_000_000 + CLOCK_OFFSET_MS


def image(sequence: int, green: ChannelNumber) -> Permitted:
    """An image with one channel green and the other red."""
    shown = {n: Indication.GREEN if n == green else Indication.RED for n in (NORTH, EAST)}
    return Permitted(sequence, shown, lit=True)


def lamps_with(green: ChannelNumber) -> dict[ChannelNumber, Lamps]:
    """The circuits of `image`."""
    return {n: Lamps.GREEN if n == green else Lamps.RED for n in (NORTH, EAST)}


def eventually(holds: Callable[[], object], what: str, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Wait until `holds()`, doing `meanwhile` at every look; fail with `what` after the deadline."""
    give_up = time.monotonic() + DEADLINE_S
    while not holds():
        if time.monotonic() > give_up:
            pytest.fail(f"waited in vain: {what}")
        meanwhile()
        time.sleep(0.005)


def wait_past(instant: Ms) -> None:
    """Let the bench's clock pass `instant`."""
    eventually(lambda: clock() > instant, "the clock to move")


class SourceBench(Protocol):
    """A device with inputs `"1"` and `"2"` at least, and the hands on it. `stale_after_ms` as configured."""

    stale_after_ms: Ms

    def source(self) -> DetectorSource:
        """The driver under test, not started; asked for once a test."""

    def vehicles(self, terminal: str, number: int) -> None:
        """Let `number` vehicles pass `terminal`, after each other, ending unoccupied."""


class LosableBench(SourceBench, Protocol):
    """A device that can be lost and come back. It is there at first.

    `counts_while_lost`: whether it counts by itself, so that vehicles are not lost while nobody listens.
    """

    counts_while_lost: bool

    def kill(self) -> None:
        """Take it away: unplugged, refused, gone. It keeps its counters."""

    def revive(self) -> None:
        """Bring it back after a kill."""

    def stall(self) -> None:
        """Leave it connected, but silent."""

    def resume(self) -> None:
        """Let it answer again after a stall."""

    def near_wrap(self) -> None:
        """Set its own counters five vehicles before they wrap, as if it had run for long. Before the driver starts."""


class SinkBench(Protocol):
    """A device with lamps on CHANNELS. It is there at first."""

    def sink(self) -> SignalSink:
        """The driver under test, not started; asked for once a test."""

    def shown(self) -> tuple[Mapping[ChannelNumber, Lamps], ...]:
        """Every image the device has been given so far, oldest first, repetitions included."""

    def kill(self) -> None:
        """As in LosableBench."""

    def revive(self) -> None:
        """As in LosableBench."""

    def stall(self) -> None:
        """As in LosableBench."""

    def resume(self) -> None:
        """As in LosableBench."""


class ReadbackBench(SinkBench, Protocol):
    """A device whose lamps can be read back."""

    def corrupt(self, channel: ChannelNumber, lamps: Lamps) -> None:
        """Let `channel` read back as `lamps` from now on."""


def is_up(face: DetectorSource | SignalSink) -> bool:
    """Whether the driver says its device is up."""
    return face.health().state is DeviceState.UP


class LeavesNoThread:
    """Every thread has ended when driver and bench are closed."""

    @pytest.fixture(autouse=True)
    def no_thread_stays(self) -> Iterator[None]:
        before = set(threading.enumerate())
        yield
        eventually(lambda: set(threading.enumerate()) <= before, "every thread to end")
