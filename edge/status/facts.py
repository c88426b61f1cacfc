"""What the loop publishes at the end of every tick: references and small frozen facts. Nothing here is rendered."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.model.devices import DeviceHealth
from edge.model.exchange import CoreStatus
from edge.model.indications import Indication
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import ChannelNumber, Ms


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """One device. `verified_ms`: when it last confirmed a lamp image; None for no lamps, or not yet."""

    name: str
    faces: tuple[str, ...]
    health: DeviceHealth
    verified_ms: Ms | None = None


@dataclass(frozen=True, slots=True)
class LoopFacts:
    """How punctual the control loop is: lateness of the ticks after their deadlines, microseconds."""

    ticks: int = 0
    late_us: Mapping[str, int] | None = None
    """Keys p50, p99, p999, worst."""
    work_us: int = 0
    """Longest tick of the last minute, from waking to done."""
    missed: int = 0
    """Ticks that began 100 ms late or later."""
    limit_ms: Ms = 0
    unfed: int = 0
    """Ticks after which the service manager's watchdog was not fed."""


@dataclass(frozen=True, slots=True)
class OperatorFlash:
    """Flash asked for by an operator: by whom and why. `until_epoch_ms`: when it ends by itself; 0: when resumed."""

    who: str
    why: str
    until_epoch_ms: int = 0


@dataclass(frozen=True, slots=True)
class ShellFacts:
    """What the daemon knows beside the core. `degraded`: the sentence if a last good file runs, else empty."""

    version: str = ""
    file: str = ""
    degraded: str = ""
    started_ms: Ms = 0
    stopping: bool = False
    simulated: bool = False
    operator_flash: OperatorFlash | None = None
    counters: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the memory ring: an event of the log, or (code None) a note of the daemon's in words."""

    epoch_ms: int
    code: int | None = None
    parameter: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """One tick's state, by reference; nobody changes what it points to."""

    site: Site
    core: CoreStatus
    shown: Mapping[ChannelNumber, Indication]
    latch: Mapping[str, object] | None
    local: LocalTime | None
    devices: tuple[DeviceFacts, ...]
    loop: LoopFacts
    shell: ShellFacts
    entries: tuple[Entry, ...] = ()
