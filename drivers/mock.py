"""A device in memory with both faces, for the simulation and for tests: a plant or a script sets its inputs and reads its
lamps, and faults are switched on by hand. It is a peer of the real drivers and keeps the same contract.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Self

from drivers.base import Clock, OpenDevice
from drivers.timeline import InputEdge, Timeline
from edge.model.detectors import InputSample
from edge.model.devices import Device, DeviceHealth, DeviceState
from edge.model.exchange import Readback
from edge.model.indications import Lamps
from edge.model.site import Channel
from edge.model.units import ChannelNumber, Ms
from edge.safety.permitted import Permitted


class _Link(Enum):
    """How the mock stands to the driver that is not there."""

    GOOD = "good"
    DROPPED = "dropped"  # the cable is out, and that is noticed
    STALLED = "stalled"  # connected, but it does not answer any more


class MockDevice:
    """Both faces of a device without hardware.

    Healthy, it is always fresh: a sample is taken whenever `latest()` is called, an image is confirmed as it is written.
    Inputs appear with the first `set_inputs()` or `play()`.
    """

    def __init__(self, device: Device, channels: tuple[Channel, ...], clock: Clock) -> None:
        self.name = device.name
        self.counters = {"latest": 0, "write": 0, "confirmed": 0}
        self._channels = tuple(channel.number for channel in channels)
        self._clock = clock
        self._started = False
        self._link = _Link.GOOD
        self._inputs: dict[str, tuple[bool, int]] = {}
        self._script: tuple[Ms, Timeline, dict[str, int]] | None = None
        self._samples: dict[str, InputSample] = {}
        self._shown: tuple[Permitted, Ms] | None = None
        self._verified: Readback | None = None
        self._corrupted: dict[ChannelNumber, Lamps] = {}
        self._last_ms: Ms | None = None

    @classmethod
    def open_all(
        cls, devices: Sequence[Device], channels: Mapping[str, tuple[Channel, ...]], clock: Clock
    ) -> dict[str, OpenDevice]:
        """Every mock device by name; it shows the lamp face where channels are wired to it."""
        opened = {}
        for device in devices:
            wired = channels.get(device.name, ())
            mock = cls(device, wired, clock)
            opened[device.name] = OpenDevice(device.name, mock, mock if wired else None)
        return opened

    # -- the two faces ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Switch the device on. Never raises."""
        self._started = True
        if self._link is _Link.GOOD:
            self._last_ms = self._clock()

    def stop(self) -> None:
        """Switch it off; the last image stays until its hold time is over."""
        self._started = False

    def latest(self) -> Mapping[str, InputSample]:
        """Every input set so far, taken now; the last ones and their age while dropped, stalled or stopped."""
        self.counters["latest"] += 1
        if self._answers:
            now = self._clock()
            self._run_script(now)
            self._last_ms = now
            self._samples = {
                name: InputSample(occupied, count, now) for name, (occupied, count) in self._inputs.items()
            }
        return self._samples

    def write(self, permitted: Permitted, hold_ms: Ms) -> None:
        """Show an image for `hold_ms`. Lost while dropped, stalled or stopped, as on a dead line."""
        self.counters["write"] += 1
        if not self._answers:
            return
        now = self._clock()
        self._shown = (permitted, now + hold_ms)
        self._last_ms = now
        self._verified = Readback(permitted.sequence, now, self._read_back(permitted))
        self.counters["confirmed"] += 1

    def verified(self) -> Readback | None:
        """The last image that was shown, with what `corrupt()` made of it."""
        return self._verified

    def health(self) -> DeviceHealth:
        """DOWN while not started or dropped, else UP; a stall shows only in the age of the last exchange."""
        return DeviceHealth(self._state, self._last_ms, self._said, dict(self.counters))

    # -- the plant's and the test's side ------------------------------------------------------------------------------

    def set_inputs(self, inputs: Mapping[str, tuple[bool, int]]) -> None:
        """Set (occupied, count) of the inputs named; the others stay. Raises ValueError if a count falls."""
        for name, (_, count) in inputs.items():
            before = self._inputs.get(name, (False, 0))[1]
            if count < before:
                raise ValueError(f"device {self.name}: the count of input {name} may not fall from {before} to {count}")
        self._inputs = {**self._inputs, **inputs}

    def play(self, script: Iterable[InputEdge]) -> None:
        """Play edges against the clock, from now on. Replaces a script that is running, and the inputs it names."""
        counted = {name: count for name, (_, count) in self._inputs.items()}
        self._script = (self._clock(), Timeline(script), counted)

    def image(self) -> Permitted | None:
        """What the lamps show: the last image within its hold time, None before the first and after the dead-man."""
        if self._shown is None:
            return None
        permitted, until_ms = self._shown
        return permitted if self._clock() < until_ms else None

    def drop(self) -> None:
        """Pull the cable: no samples, no images, and the driver knows."""
        self._link = _Link.DROPPED

    def stall(self) -> None:
        """Let the device fall silent: the last samples stay and age, images are not confirmed."""
        self._link = _Link.STALLED

    def corrupt(self, channel: ChannelNumber, lamps: Lamps) -> None:
        """Let `channel` read back as `lamps` from the next image on, whatever is written."""
        self._corrupted[channel] = lamps

    def restore(self) -> Self:
        """End every fault."""
        self._link = _Link.GOOD
        self._corrupted.clear()
        return self

    # -- inside -------------------------------------------------------------------------------------------------------

    @property
    def _answers(self) -> bool:
        return self._started and self._link is _Link.GOOD

    @property
    def _state(self) -> DeviceState:
        if not self._started or self._link is _Link.DROPPED:
            return DeviceState.DOWN
        return DeviceState.UP if self._last_ms is not None else DeviceState.STARTING

    @property
    def _said(self) -> str:
        if not self._started:
            return f"mock device {self.name}: not started"
        return f"mock device {self.name}: dropped by hand; call restore()" if self._link is _Link.DROPPED else ""

    def _run_script(self, now: Ms) -> None:
        if self._script is not None:
            began_ms, timeline, before = self._script
            played = timeline.at(now - began_ms)
            counted = {name: (occupied, before.get(name, 0) + count) for name, (occupied, count) in played.items()}
            self._inputs = {**self._inputs, **counted}

    def _read_back(self, permitted: Permitted) -> dict[ChannelNumber, Lamps]:
        lamps = {n: permitted.lamps(n) if n in permitted.shown else Lamps.NONE for n in self._channels}
        return {number: self._corrupted.get(number, lit) for number, lit in lamps.items()}
