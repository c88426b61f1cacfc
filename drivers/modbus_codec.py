"""Modbus without a wire: requests and replies as values, lamp images as coils, registers as counts. Pure.

A request asks for one table of one unit; its reply must come from the same unit, with the same function code, the very
length the request implies and, for a write, the same address and count (MODBUS Application Protocol V1.1b3, section 6).

    coil of a lamp     = coils_start + wire          lowest coil first, lowest bit of a byte first
    terminal "3"       = inputs.start + 2
    32-bit counter "3" = registers inputs.start + 4 and + 5, word order by profile
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from edge.model.indications import ChannelKind, Indication, Lamps, lamps_of
from edge.model.modbus_profiles import WordOrder
from edge.model.site import Channel
from edge.model.units import ChannelNumber, Ms
from edge.safety.permitted import Permitted


class Function(IntEnum):
    """The function codes Stopline uses."""

    READ_COILS = 0x01
    READ_DISCRETE_INPUTS = 0x02
    READ_HOLDING_REGISTERS = 0x03
    READ_INPUT_REGISTERS = 0x04
    WRITE_COIL = 0x05
    WRITE_REGISTER = 0x06
    WRITE_COILS = 0x0F


MAX_READ_BITS = 2000
MAX_READ_REGISTERS = 125
"""Largest counts of one request (MODBUS Application Protocol V1.1b3, 6.1, 6.3)."""

EXCEPTION_FLAG = 0x80
EXCEPTION_LENGTH = 2
_WRITE_REPLY_LENGTH = 5

_READS_BITS = frozenset({Function.READ_COILS, Function.READ_DISCRETE_INPUTS})
_READS_REGISTERS = frozenset({Function.READ_HOLDING_REGISTERS, Function.READ_INPUT_REGISTERS})

_EXCEPTIONS: Mapping[int, str] = {
    0x01: "the module does not know this function",
    0x02: "the module has no such address",
    0x03: "the module does not take this count or value",
    0x04: "the module failed inside",
    0x05: "the module needs longer",
    0x06: "the module is busy",
    0x0A: "the gateway has no path to this unit",
    0x0B: "the unit behind the gateway does not answer",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one unit. `values`: what a write writes, one per coil or register; empty for a read. `expires_ms`:
    the instant after which it must not be sent any more."""

    unit: int
    function: Function
    address: int
    count: int
    values: tuple[int, ...] = ()
    expires_ms: Ms | None = None

    @property
    def title(self) -> str:
        """The question in a technician's words, for sentences."""
        return f"unit {self.unit} FC{self.function:02} address {self.address} count {self.count}"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as decoded: bits (padded to whole bytes) or registers of a read, echoed address and count of a write."""

    unit: int
    function: int
    address: int | None
    values: tuple[int, ...]
    exception: int | None = None


def read(unit: int, function: Function, address: int, count: int) -> Request:
    """A read of `count` bits or registers."""
    return Request(unit, function, address, count)


def write_coils(unit: int, address: int, bits: Sequence[bool], expires_ms: Ms | None = None) -> Request:
    """One FC15 that writes all of `bits` at once."""
    return Request(unit, Function.WRITE_COILS, address, len(bits), tuple(int(b) for b in bits), expires_ms)


def reply_length(request: Request) -> int:
    """Bytes from function code to the last data byte of the one good answer to `request`."""
    if request.function in _READS_BITS:
        return 2 + (request.count + 7) // 8
    if request.function in _READS_REGISTERS:
        return 2 + 2 * request.count
    return _WRITE_REPLY_LENGTH


def fault_of_pdu(request: Request, pdu: bytes) -> str | None:
    """What is wrong with the bytes from function code on, before anything in them is believed; None if nothing is."""
    if pdu[0] == request.function | EXCEPTION_FLAG:
        return None if len(pdu) == EXCEPTION_LENGTH else f"an exception reply of {len(pdu)} bytes"
    if pdu[0] != request.function:
        return f"answered function code {pdu[0]}"
    if len(pdu) != reply_length(request):
        return f"answered {len(pdu)} bytes instead of {reply_length(request)}"
    is_read = request.function in _READS_BITS | _READS_REGISTERS
    return f"counts {pdu[1]} data bytes of {len(pdu) - 2}" if is_read and pdu[1] != len(pdu) - 2 else None


def fault_of_echo(request: Request, reply: Reply) -> str | None:
    """What is wrong with the echo of a write; None if it is the request's own address and count (or value)."""
    if request.function in _READS_BITS | _READS_REGISTERS:
        return None
    echoed = (request.count,) if request.function is Function.WRITE_COILS else request.values
    if reply.address != request.address or reply.values != echoed:
        return f"echoed address {reply.address} and {reply.values} instead of {request.address} and {echoed}"
    return None


def exception_meaning(code: int) -> str:
    """An exception code in words (MODBUS Application Protocol V1.1b3, section 7)."""
    return f"exception {code}: {_EXCEPTIONS.get(code, 'of a kind the standard does not name')}"


_CIRCUITS: Mapping[ChannelKind, tuple[Lamps, ...]] = {
    ChannelKind.VEHICLE: (Lamps.RED, Lamps.YELLOW, Lamps.GREEN),
    ChannelKind.PEDESTRIAN: (Lamps.RED, Lamps.GREEN),
    ChannelKind.ARROW: (Lamps.RED, Lamps.YELLOW, Lamps.GREEN, Lamps.ARROW),
}


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which coil is which lamp. `first`: wire of bit 0 of an image; `lamps[i]`: channel and circuit on bit i, or None."""

    first: int
    lamps: tuple[tuple[ChannelNumber, Lamps] | None, ...]


def wiring_of(channels: Sequence[Channel]) -> Wiring:
    """The wiring of `channels`, from their lowest wire to their highest; wires between that nobody uses stay off.

    An accessible signal hangs on its walk: on with it, and taken for it when it is read back on.
    """
    by_wire = {
        wire: (channel.number, circuit)
        for channel in channels
        for wire, circuit in zip(channel.wires, _CIRCUITS[channel.kind], strict=True)
    }
    by_wire |= {c.accessible: (c.number, Lamps.GREEN) for c in channels if c.accessible is not None}
    first = min(by_wire)
    return Wiring(first, tuple(by_wire.get(wire) for wire in range(first, max(by_wire) + 1)))


def coils_of(wiring: Wiring, permitted: Permitted) -> tuple[bool, ...]:
    """The whole lamp image as coils. A channel the permit does not name is dark."""
    lit = {number: lamps_of(shown, lit=permitted.lit) for number, shown in permitted.shown.items()}
    dark = lamps_of(Indication.DARK, lit=permitted.lit)
    return tuple(wired is not None and bool(lit.get(wired[0], dark) & wired[1]) for wired in wiring.lamps)


def lamps_from(wiring: Wiring, bits: Sequence[int]) -> dict[ChannelNumber, Lamps]:
    """The lamps that coils read back as `bits` light; bits beyond the wiring are padding."""
    lamps: dict[ChannelNumber, Lamps] = {}
    for wired, bit in zip(wiring.lamps, bits, strict=False):
        if wired is not None:
            number, circuit = wired
            lamps[number] = lamps.get(number, Lamps.NONE) | (circuit if bit else Lamps.NONE)
    return lamps


COUNTER_STEP_MAX = 1000
"""Ours: more vehicles than this between two readings are no vehicles but a reset. At one vehicle every 2 s it is half an
hour without a reading, while a 16-bit counter that restarts from anywhere below 64 535 is still told from a wrap."""


@dataclass(frozen=True, slots=True)
class CounterStep:
    """What one counter did between two readings. `reset`: it did not count, it began anew; nothing is added then."""

    added: int
    reset: bool


def counter_step(previous: int, value: int, bits: int) -> CounterStep:
    """The difference modulo 2**bits, and whether it is too large to be traffic (value < previous, far from the maximum)."""
    difference = (value - previous) % (1 << bits)
    return CounterStep(0, reset=True) if difference > COUNTER_STEP_MAX else CounterStep(difference, reset=False)


def counts_from(registers: Sequence[int], *, wide: bool, order: WordOrder) -> tuple[int, ...]:
    """Counter values from registers; `wide`: two registers each, in `order`."""
    if not wide:
        return tuple(registers)
    firsts, seconds = registers[0::2], registers[1::2]
    highs, lows = (firsts, seconds) if order is WordOrder.HIGH_FIRST else (seconds, firsts)
    return tuple(high << 16 | low for high, low in zip(highs, lows, strict=True))
