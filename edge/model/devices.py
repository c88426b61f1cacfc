"""Devices as the site file describes them: the options of each driver kind, frozen.

What a Modbus module does when its master is gone is a property of the module: see `modbus_profiles`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from edge.model.units import Ms


class InputForm(Enum):
    """How a Modbus device presents its detector inputs."""

    CONTACTS = "contacts"  # FC02 discrete inputs
    COILS = "coils"  # FC01, for modules that show their inputs as coils
    COUNTERS16 = "counters16"  # FC04 input registers, one 16-bit counter an input
    COUNTERS32 = "counters32"  # FC04, two registers an input, word order by profile
    HOLDING_COUNTERS16 = "holding-counters16"  # FC03
    HOLDING_COUNTERS32 = "holding-counters32"


@dataclass(frozen=True, slots=True)
class ModbusInputs:
    """Terminals 1 … `count` are addresses `start` … `start + count - 1` (counters32: two registers each)."""

    form: InputForm
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class TcpTransport:
    """Modbus TCP."""

    host: str
    tcp_port: int = 502


class Parity(Enum):
    """Parity of a serial line."""

    NONE = "none"
    EVEN = "even"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class SerialTransport:
    """A serial port; devices that name the same port share the line, one conversation at a time."""

    port: str
    baud: int = 9600
    parity: Parity = Parity.NONE
    stop_bits: int = 1


@dataclass(frozen=True, slots=True)
class ModbusOptions:
    """`driver: modbus`. `coils_start`: coil address of wire 0. `watchdog_ms`: what the module must be set to, at most."""

    transport: TcpTransport | SerialTransport
    unit: int
    profile: str
    poll_ms: Ms
    timeout_ms: Ms
    stale_after_ms: Ms
    inputs: ModbusInputs | None = None
    coils_start: int = 0
    watchdog_ms: Ms | None = None
    readback: bool = True
    external_monitor: bool = False


class SerialProtocol(Enum):
    """What is spoken on a detector serial line."""

    CANOGA = "canoga"  # 3M/GTT Canoga C9xx loop cards
    COUNTS_ASCII = "counts-ascii"  # see docs/drivers.md


@dataclass(frozen=True, slots=True)
class SerialOptions:
    """`driver: serial`. `address`: Canoga card address. `presence_mask`: bits of the Canoga state byte that mean presence,
    0 where the card's state byte is not to be believed (its meaning is not published)."""

    transport: SerialTransport
    protocol: SerialProtocol
    poll_ms: Ms
    stale_after_ms: Ms
    address: int = 0
    presence_mask: int = 0


@dataclass(frozen=True, slots=True)
class MockOptions:
    """`driver: mock`. In memory; inputs are set and the image is read by a plant or a test."""

    stale_after_ms: Ms = 1_000


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """`driver: replay`. Recorded detector events (81/82, 89/90) of a high-resolution log, by their time stamps."""

    log: str
    stale_after_ms: Ms = 1_000


DriverOptions: TypeAlias = ModbusOptions | SerialOptions | MockOptions | ReplayOptions


@dataclass(frozen=True, slots=True)
class Device:
    """One entry of `io:`."""

    name: str
    options: DriverOptions


class DeviceState(Enum):
    """How a device stands. The zero value is the one nothing may be built on."""

    DOWN = 0  # not answering
    STARTING = 1  # opened, not yet armed
    UP = 2  # answering; for outputs: armed
    TRIPPED = 3  # answering, but refused: watchdog off, too slow or tripped


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """What a driver says of its device; `last_ms` is the last good exchange, None if there was none."""

    state: DeviceState
    last_ms: Ms | None
    said: str = ""
    counters: Mapping[str, int] = field(default_factory=dict)
