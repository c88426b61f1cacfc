"""One serial line that speaks Modbus RTU. Every call blocks at most for the time-outs it is given, and the silence after
one, and belongs to one worker thread."""

import select
import termios
import threading
from contextlib import suppress
from typing import Final

import serial

from drivers.base import Clock, DriverIOError, DriverOpenError, DriverTimeout
from drivers.modbus_codec import Reply, Request
from drivers.modbus_port import (
    CONNECT_TIMEOUT_MS,
    RTU_FRAME_MAX,
    Expired,
    LineLost,
    Refused,
    answer_in,
    reply_of,
    rtu_answer_length,
    rtu_frame,
)
from edge.model.devices import Parity, SerialTransport
from edge.model.units import SECOND_MS, Ms

_MIN_GAP_MS = 1.75  # fixed above 19 200 baud (MODBUS over Serial Line V1.02, 2.5.1.1)
_GAP_CHARACTERS = 3.5
_NOISE_LIMIT_MS: Final[Ms] = 1_000  # ours: a line that does not fall silent for so long is in trouble
_PARITIES: Final = {Parity.NONE: serial.PARITY_NONE, Parity.EVEN: serial.PARITY_EVEN, Parity.ODD: serial.PARITY_ODD}


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
            frame = rtu_frame(request)
            self._serial.write(frame)
            answer_length = rtu_answer_length(request)
            line_ms = int(self._character_ms * (len(frame) + answer_length)) + 1
            reply = reply_of(request, self._await(self._serial, request, timeout_ms + line_ms))
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
