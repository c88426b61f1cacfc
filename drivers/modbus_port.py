"""What any Modbus wire has in common: its face, its errors, its frames. The only file that imports pymodbus.

pymodbus packs and unpacks the frames here. Its clients are not used (measured in docs/adr/0020): on RTU they take the late
reply to one question for the answer to the next, and the sync ones wait by the wall clock, which may be set back.
"""

import logging
from typing import Final, Protocol

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU, ReadCoilsRequest, ReadHoldingRegistersRequest
from pymodbus.pdu.bit_message import (
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import ReadInputRegistersRequest, WriteSingleRegisterRequest

from drivers.base import DriverIOError
from drivers.modbus_codec import (
    EXCEPTION_FLAG,
    EXCEPTION_LENGTH,
    Function,
    Reply,
    Request,
    exception_meaning,
    fault_of_echo,
    fault_of_pdu,
    reply_length,
)
from edge.model.units import Ms

CONNECT_TIMEOUT_MS: Final[Ms] = 1_000
"""Ours: a host on the cabinet's own network accepts within milliseconds; one that does not is asked again soon."""

TCP_FRAME_MAX: Final = 260
"""Largest Modbus TCP frame (MODBUS Messaging on TCP/IP V1.0b, 4.1)."""

RTU_FRAME_MAX: Final = 256
"""Largest RTU frame (MODBUS over Serial Line V1.02, 2.5.1)."""

_MBAP_LENGTH = 6
_RTU_ENVELOPE = 3  # unit in front, two bytes of CRC behind

# Our own sentences, with device and address, take the place of what pymodbus would print for every lost frame.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


class LineLost(DriverIOError):
    """The connection or the serial port is gone: peer closed, cable pulled, adapter unplugged. It must be opened again."""


class Refused(DriverIOError):
    """The unit answered with an exception: it is alive and says no. `code` as in the standard."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Expired(DriverIOError):
    """The request became too old to be sent while the line had to be silent; nothing was sent."""


class Port(Protocol):
    """One wire. `strays`: replies and bytes that answered nothing we were waiting for, all thrown away."""

    strays: int

    @property
    def free_ms(self) -> Ms:
        """From when on the wire may be used: what to send is best chosen then, not before."""

    def open(self) -> None:
        """Connect. Raises DriverOpenError with what to do."""

    def exchange(self, request: Request, timeout_ms: Ms) -> Reply:
        """Ask and give the one good answer. Raises DriverTimeout, Refused, LineLost or DriverIOError (a bad answer)."""

    def close(self) -> None:
        """Let go of the wire. May be called twice."""


_DECODER = DecodePDU(False)  # noqa: FBT003 - pymodbus takes the side it decodes for by position
_TCP_FRAMER = FramerSocket(_DECODER)
_RTU_FRAMER = FramerRTU(_DECODER)


def _pdu_of(request: Request) -> ModbusPDU:
    """The request as pymodbus packs it."""
    unit, address, count = request.unit, request.address, request.count
    bits = [bool(value) for value in request.values]
    match request.function:
        case Function.READ_COILS:
            return ReadCoilsRequest(dev_id=unit, address=address, count=count)
        case Function.READ_DISCRETE_INPUTS:
            return ReadDiscreteInputsRequest(dev_id=unit, address=address, count=count)
        case Function.READ_HOLDING_REGISTERS:
            return ReadHoldingRegistersRequest(dev_id=unit, address=address, count=count)
        case Function.READ_INPUT_REGISTERS:
            return ReadInputRegistersRequest(dev_id=unit, address=address, count=count)
        case Function.WRITE_COIL:
            return WriteSingleCoilRequest(dev_id=unit, address=address, bits=bits)
        case Function.WRITE_REGISTER:
            return WriteSingleRegisterRequest(dev_id=unit, address=address, registers=request.values)
        case Function.WRITE_COILS:
            return WriteMultipleCoilsRequest(dev_id=unit, address=address, bits=bits)


def reply_of(request: Request, data: bytes) -> Reply:
    """The reply in the bytes from function code on. Raises Refused for an exception, DriverIOError for what is no answer."""
    if fault := fault_of_pdu(request, data):
        raise DriverIOError(f"{request.title}: the module {fault}; reply thrown away")
    decoded = _DECODER.decode(data)
    if decoded is None:
        raise DriverIOError(f"{request.title}: the module's reply {data.hex(' ')} cannot be read; reply thrown away")
    if decoded.isError():
        code = decoded.exception_code
        raise Refused(f"{request.title}: {exception_meaning(code)}", code)
    values = decoded.bits or decoded.registers or (decoded.count,)
    reply = Reply(request.unit, decoded.function_code, decoded.address, tuple(int(v) for v in values))
    if fault := fault_of_echo(request, reply):
        raise DriverIOError(f"{request.title}: the module {fault}; the write does not count as done")
    return reply


def tcp_frame(request: Request, transaction: int) -> bytes:
    """The request as it travels on a TCP connection."""
    pdu = _pdu_of(request)
    pdu.transaction_id = transaction
    return _TCP_FRAMER.buildFrame(pdu)


def is_tcp(heard: bytes) -> bool:
    """Whether bytes heard on a connection can be the beginning of a Modbus TCP frame."""
    return not any(heard[2:4]) and (
        len(heard) < _MBAP_LENGTH or int.from_bytes(heard[4:6]) + _MBAP_LENGTH <= TCP_FRAME_MAX
    )


def first_tcp_frame(heard: bytes) -> tuple[int, int, int, bytes]:
    """Bytes used, unit, transaction and bytes from function code on of the first frame; nothing used while it is not whole."""
    return _TCP_FRAMER.decode(heard) if len(heard) >= FramerSocket.MIN_SIZE else (0, 0, 0, b"")


def rtu_frame(request: Request) -> bytes:
    """The request as it travels on a serial line."""
    return _RTU_FRAMER.buildFrame(_pdu_of(request))


def rtu_answer_length(request: Request) -> int:
    """Bytes of the one good answer on a serial line."""
    return reply_length(request) + _RTU_ENVELOPE


def answer_in(heard: bytes, request: Request) -> bytes | None:
    """The first frame in `heard` with our unit, our function code, the length it must have and a good CRC; None if none.

    Bytes in front of it are tolerated: two-wire adapters echo the question, and a line that turns round may add one.
    """
    for start in range(len(heard) - EXCEPTION_LENGTH - _RTU_ENVELOPE + 1):
        if heard[start] != request.unit or heard[start + 1] & ~EXCEPTION_FLAG != request.function:
            continue
        is_exception = heard[start + 1] & EXCEPTION_FLAG
        length = (EXCEPTION_LENGTH if is_exception else reply_length(request)) + _RTU_ENVELOPE
        frame = heard[start : start + length]
        if len(frame) == length and FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:])):
            return frame[1:-2]
    return None
