"""The two faces a driver may show, and the errors it may raise.

`latest()`, `write()`, `verified()` and `health()` never block and never raise: they are called from the control loop
every 100 ms. Slow work belongs to a worker of the driver's own, which starts in `start()`, ends in `stop()`, and keeps
trying to reach its device for ever. Instants come from the `clock` the driver was given, never from the system.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from edge.model.detectors import InputSample
from edge.model.devices import DeviceHealth
from edge.model.exchange import Readback
from edge.model.units import Ms
from edge.safety.permitted import Permitted

Clock: TypeAlias = Callable[[], Ms]
"""Monotonic milliseconds."""

WORKER = "driver "
"""The name of every worker thread of a driver begins so: by it the daemon knows whose end is its own."""


class DetectorSource(Protocol):
    """Something that reads inputs."""

    def start(self) -> None:
        """Begin to poll. Raises DriverOpenError only for what no retry can mend (a bad option, a missing library)."""

    def latest(self) -> Mapping[str, InputSample]:
        """The last sample of every terminal by its name (`"1"` … ), with its age in `taken_ms`; empty before the first."""

    def health(self) -> DeviceHealth:
        """How the device stands."""

    def stop(self) -> None:
        """End the worker and close the port. May be called twice."""


class SignalSink(Protocol):
    """Something that lights lamps."""

    def start(self) -> None:
        """Begin to connect and to arm. Raises DriverOpenError only for what no retry can mend."""

    def write(self, permitted: Permitted, hold_ms: Ms) -> None:
        """Submit a whole image; the last one submitted wins. The device must drop it `hold_ms` after the last refresh."""

    def verified(self) -> Readback | None:
        """The last image the device confirmed, None before the first."""

    def health(self) -> DeviceHealth:
        """How the device stands; TRIPPED while its watchdog is off, too slow or tripped."""

    def stop(self) -> None:
        """End the worker and close the port; the last image stays until the device's own dead-man. May be called twice."""


@dataclass(frozen=True, slots=True)
class OpenDevice:
    """One device of the site file, opened: the faces it shows, None for a face it does not have."""

    name: str
    source: DetectorSource | None
    sink: SignalSink | None

    @property
    def faces(self) -> tuple[DetectorSource | SignalSink, ...]:
        """What is to be started, asked for its health and stopped: each face once, also where one object is both."""
        return tuple({id(face): face for face in (self.source, self.sink) if face is not None}.values())


class DriverError(Exception):
    """Something between us and a device. The message names the device and the address and says what to do."""


class DriverUnavailable(DriverError):
    """The driver itself is not there: an unknown kind, or a library that is not installed."""


class DriverOpenError(DriverError):
    """The device cannot be opened: port missing, in use, no permission, host unreachable."""


class DriverIOError(DriverError):
    """An exchange failed: bad checksum, wrong length, an exception reply, a cable pulled."""


class DriverTimeout(DriverIOError, TimeoutError):
    """The device did not answer in time."""
