"""The wire under the Modbus drivers: one TCP connection or one serial line. The only file that imports pymodbus.

pymodbus packs and unpacks the frames here. Its clients are not used (measured in docs/adr/0020): on RTU they take the late
reply to one question for the answer to the next, and the sync ones wait by the wall clock, which may be set back.

Every call blocks at most for the time-outs it is given, and belongs to one worker thread.
"""

import logging
import select
import socket
import termios
import threading
from contextlib import suppress
from typing import Final, Protocol

import serial
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU, ReadCoilsRequest, ReadHoldingRegistersRequest
from pymodbus.pdu.bit_message import (
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import ReadInputRegistersRequest, WriteSingleRegisterRequest

from drivers.base import Clock, DriverIOError, DriverOpenError, DriverTimeout
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
from edge.model.devices import Parity, SerialTransport, TcpTransport
from edge.model.units import SECOND_MS, Ms

CONNECT_TIMEOUT_MS: Final[Ms] = 1_000
"""Ours: a host on the cabinet's own network accepts within milliseconds; one that does not is asked again soon."""

TCP_FRAME_MAX = 260
"""Largest Modbus TCP frame (MODBUS Messaging on TCP/IP V1.0b, 4.1)."""

RTU_FRAME_MAX = 256
"""Largest RTU frame (MODBUS over Serial Line V1.02, 2.5.1)."""

_MBAP_LENGTH = 6
_RTU_ENVELOPE = 3  # unit in front, two bytes of CRC behind
_MIN_GAP_MS = 1.75  # fixed above 19 200 baud (MODBUS over Serial Line V1.02, 2.5.1.1)
_GAP_CHARACTERS = 3.5
_NOISE_LIMIT_MS: Final[Ms] = 1_000  # ours: a line that does not fall silent for so long is in trouble
_PARITIES: Final = {Parity.NONE: serial.PARITY_NONE, Parity.EVEN: serial.PARITY_EVEN, Parity.ODD: serial.PARITY_ODD}

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


def _reply_of(request: Request, data: bytes) -> Reply:
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


class TcpPort:
    """One Modbus TCP connection. A late reply is told from the awaited one by its transaction number."""

    def __init__(self, transport: TcpTransport, clock: Clock) -> None:
        self.strays = 0
        self._transport = transport
        self._clock = clock
        self._socket: socket.socket | None = None
        self._heard = b""
        self._transaction = 0

    @property
    def free_ms(self) -> Ms:
        """A connection is free as soon as the last exchange is over."""
        return self._clock()

    @property
    def _where(self) -> str:
        return f"{self._transport.host}:{self._transport.tcp_port}"

    def open(self) -> None:
        """Connect. Raises DriverOpenError."""
        self.close()
        try:
            self._socket = socket.create_connection(
                (self._transport.host, self._transport.tcp_port), CONNECT_TIMEOUT_MS / SECOND_MS
            )
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            self.close()
            raise DriverOpenError(
                f"{self._where}: cannot connect ({error}); check power, network cable and the address in the site file"
            ) from error

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._heard = b""

    def exchange(self, request: Request, timeout_ms: Ms) -> Reply:
        """Ask and give the one good answer."""
        if self._socket is None:
            raise LineLost(f"{self._where}: not connected")
        self._transaction = self._transaction % 0xFFFF + 1
        pdu = _pdu_of(request)
        pdu.transaction_id = self._transaction
        deadline = self._clock() + timeout_ms
        try:
            self._socket.settimeout(timeout_ms / SECOND_MS)
            self._socket.sendall(_TCP_FRAMER.buildFrame(pdu))
            return _reply_of(request, self._await(self._socket, request, deadline))
        except TimeoutError as error:
            raise self._timeout(request, timeout_ms) from error
        except OSError as error:
            raise self._lost(str(error)) from error

    def _await(self, wire: socket.socket, request: Request, deadline: Ms) -> bytes:
        """Bytes from function code on of the reply that carries our transaction and unit."""
        while True:
            if (data := self._next_answer(request)) is not None:
                return data
            left = deadline - self._clock()
            if left <= 0:
                raise TimeoutError
            wire.settimeout(left / SECOND_MS)
            heard = wire.recv(TCP_FRAME_MAX)
            if not heard:
                raise self._lost("the module closed the connection")
            self._heard += heard

    def _next_answer(self, request: Request) -> bytes | None:
        """The awaited reply if it is all there; frames that answer earlier questions are dropped."""
        while len(self._heard) >= FramerSocket.MIN_SIZE:
            if any(self._heard[2:4]) or int.from_bytes(self._heard[4:6]) + _MBAP_LENGTH > TCP_FRAME_MAX:
                raise self._lost("what answers there does not speak Modbus TCP")
            used, unit, transaction, data = _TCP_FRAMER.decode(self._heard)
            if not used:
                return None
            self._heard = self._heard[used:]
            if transaction == self._transaction:
                if unit == request.unit and data:
                    return data
                raise DriverIOError(f"{request.title}: unit {unit} answered; reply thrown away")
            self.strays += 1
        return None

    def _timeout(self, request: Request, timeout_ms: Ms) -> DriverTimeout:
        return DriverTimeout(
            f"{self._where} {request.title}: no answer in {timeout_ms} ms; check the module and its unit number"
        )

    def _lost(self, why: str) -> LineLost:
        self.close()
        return LineLost(f"{self._where}: connection lost ({why}); connecting again")


class RtuPort:
    """One serial line with any number of units on it, one conversation at a time.

    RTU replies carry no number, so a late one looks like the answer to the next question. Therefore after every question
    without a good answer the line stays silent for twice the time-out, and what arrives meanwhile is thrown away. A slave
    that answers later than three time-outs after a question cannot be told from one that answers in time.
    """

    def __init__(self, transport: SerialTransport, clock: Clock, halt: threading.Event) -> None:
        self.strays = 0
        self._transport = transport
        self._clock = clock
        self._halt = halt
        self._serial: serial.Serial | None = None
        self._silent_until: Ms = clock()

    @property
    def free_ms(self) -> Ms:
        """The end of the silence the line must keep."""
        return self._silent_until

    @property
    def _character_ms(self) -> float:
        bits = 9 + (self._transport.parity is not Parity.NONE) + self._transport.stop_bits
        return bits * SECOND_MS / self._transport.baud

    @property
    def _gap_ms(self) -> Ms:
        """Silence that ends a frame, rounded up to our clock's step and one more for where in the step we stand."""
        return int(max(_MIN_GAP_MS, _GAP_CHARACTERS * self._character_ms)) + 2

    def open(self) -> None:
        """Open the port for us alone. Raises DriverOpenError."""
        self.close()
        transport = self._transport
        try:
            self._serial = serial.Serial(
                transport.port,
                baudrate=transport.baud,
                parity=_PARITIES[transport.parity],
                stopbits=transport.stop_bits,
                timeout=0,
                write_timeout=CONNECT_TIMEOUT_MS / SECOND_MS,
                exclusive=True,
            )
        # termios.error is no OSError: an adapter that vanishes while being opened, a parity the driver refuses
        except (OSError, ValueError, termios.error) as error:
            raise DriverOpenError(
                f"{transport.port}: cannot open ({error}); check that the adapter is plugged in, that nothing else holds the "
                "port and that this user may open it (group dialout)"
            ) from error
        self._be_silent(self._gap_ms)

    def close(self) -> None:
        """Let go of the port."""
        if self._serial is not None:
            with suppress(OSError, termios.error):  # an unplugged adapter cannot be closed in order
                self._serial.close()
        self._serial = None

    def exchange(self, request: Request, timeout_ms: Ms) -> Reply:
        """Ask and give the one good answer; silence first where the last question found none."""
        if self._serial is None:
            raise LineLost(f"{self._transport.port}: not open")
        try:
            self._keep_silence(self._serial)
            if request.expires_ms is not None and self._clock() > request.expires_ms:
                raise Expired(f"{self._transport.port} {request.title}: too old to be sent")
            frame = _RTU_FRAMER.buildFrame(_pdu_of(request))
            self._serial.write(frame)
            answer_length = reply_length(request) + _RTU_ENVELOPE
            line_ms = int(self._character_ms * (len(frame) + answer_length)) + 1
            reply = _reply_of(request, self._await(self._serial, request, timeout_ms + line_ms))
        except DriverIOError as error:
            self._be_silent(self._gap_ms if isinstance(error, (Refused, Expired)) else 2 * timeout_ms)
            raise
        except (OSError, termios.error) as error:
            self.close()
            raise LineLost(f"{self._transport.port}: port lost ({error}); opening it again") from error
        self._be_silent(self._gap_ms)
        return reply

    def _be_silent(self, duration_ms: Ms) -> None:
        self._silent_until = self._clock() + duration_ms

    def _keep_silence(self, wire: serial.Serial) -> None:
        """Wait until the line may be used, then throw away all that was heard; late bytes make the silence longer."""
        give_up = max(self._silent_until, self._clock()) + _NOISE_LIMIT_MS
        while self._clock() <= give_up:
            left = self._silent_until - self._clock()
            if left > 0 and self._halt.wait(left / SECOND_MS):
                raise LineLost(f"{self._transport.port}: stopped")
            if not self._read(wire, 0):
                return
            self.strays += 1
            self._be_silent(self._gap_ms)
        raise DriverIOError(f"{self._transport.port}: the line never falls silent; check wiring, bias and baud rate")

    def _read(self, wire: serial.Serial, wait_ms: Ms) -> bytes:
        """What arrives within `wait_ms`, as soon as something does. Raises OSError where the port has vanished."""
        ready, _, _ = select.select([wire.fileno()], [], [], wait_ms / SECOND_MS)
        if not ready:
            return b""
        heard = wire.read(RTU_FRAME_MAX)
        if not heard:
            raise OSError("ready to read but empty: unplugged")
        return heard

    def _await(self, wire: serial.Serial, request: Request, wait_ms: Ms) -> bytes:
        """Bytes from function code on of the answer, found in what arrives. Raises DriverTimeout or DriverIOError."""
        deadline = self._clock() + wait_ms
        heard = b""
        while True:
            left = deadline - self._clock()
            fresh = self._read(wire, left) if left > 0 else b""
            heard += fresh
            if (data := answer_in(heard, request)) is not None:
                return data
            if not fresh or len(heard) > RTU_FRAME_MAX:
                raise self._no_answer(request, heard, wait_ms)

    def _no_answer(self, request: Request, heard: bytes, wait_ms: Ms) -> DriverIOError:
        where = f"{self._transport.port} {request.title}"
        if not heard:
            return DriverTimeout(
                f"{where}: no answer in {wait_ms} ms; check the unit's power, wiring, number and baud rate"
            )
        self.strays += 1
        return DriverIOError(
            f"{where}: {len(heard)} bytes that are no answer ({heard[:16].hex(' ')}); check termination, baud rate and parity"
        )


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
