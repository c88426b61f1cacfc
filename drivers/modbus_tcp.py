"""One Modbus TCP connection. Every call blocks at most for the time-outs it is given, and belongs to one worker thread."""

import socket

from drivers.base import Clock, DriverIOError, DriverOpenError, DriverTimeout
from drivers.modbus_codec import Reply, Request
from drivers.modbus_port import (
    CONNECT_TIMEOUT_MS,
    TCP_FRAME_MAX,
    LineLost,
    first_tcp_frame,
    is_tcp,
    reply_of,
    tcp_frame,
)
from edge.model.devices import TcpTransport
from edge.model.units import SECOND_MS, Ms


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
        except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be looked up at all, as `10.0.0..1`
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
        deadline = self._clock() + timeout_ms
        try:
            self._socket.settimeout(timeout_ms / SECOND_MS)
            self._socket.sendall(tcp_frame(request, self._transaction))
            return reply_of(request, self._await(self._socket, request, deadline))
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
        while self._heard:
            if not is_tcp(self._heard):
                raise self._lost("what answers there does not speak Modbus TCP")
            used, unit, transaction, data = first_tcp_frame(self._heard)
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
