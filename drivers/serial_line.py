"""One serial port through pyserial: opened for us alone, bounded in every wait, its errors in our words.

Only a worker thread may use it: opening and reading wait. Traps answered here: an unplugged adapter raises OSError,
SerialException or termios.error (no OSError) wherever it likes; a pseudo-terminal refuses parity with termios.error 22;
`flush()` and waiting writes can hang, so a write has a time limit and nobody waits for it to drain.
"""

import errno
import termios

import serial

from drivers.base import DriverIOError, DriverOpenError
from edge.model.devices import Parity, SerialTransport
from edge.model.units import SECOND_MS, Ms

_PARITIES = {Parity.NONE: serial.PARITY_NONE, Parity.EVEN: serial.PARITY_EVEN, Parity.ODD: serial.PARITY_ODD}
_PORT_ERRORS = (OSError, termios.error, serial.SerialException)

_MOST_READ = 4096
"""Bytes taken at once: a tty's buffer in the Linux kernel."""

_QUIET_LOOKS = 8
"""How many times a line that goes on babbling is listened to before it is given up as never quiet."""


class SerialLine:
    """One port. `wait_ms` bounds every wait for bytes, and for room to write."""

    def __init__(self, transport: SerialTransport, wait_ms: Ms) -> None:
        self.port = transport.port
        self._transport = transport
        self._wait_s = wait_ms / SECOND_MS
        self._serial: serial.Serial | None = None

    @property
    def is_open(self) -> bool:
        """Whether the port is open, as far as is known."""
        return self._serial is not None

    def open(self) -> None:
        """Open the port, locked against other programs, its input empty. Raises DriverOpenError with what to do."""
        try:
            self._serial = serial.Serial(
                port=self.port,
                baudrate=self._transport.baud,
                parity=_PARITIES[self._transport.parity],
                stopbits=self._transport.stop_bits,
                timeout=self._wait_s,
                write_timeout=self._wait_s,
                exclusive=True,
            )
        except (*_PORT_ERRORS, ValueError) as error:
            raise DriverOpenError(f"port {self.port}: {what_to_do(self._transport, error)}") from error

    def close(self) -> None:
        """Close the port; harmless if it is closed or gone."""
        port, self._serial = self._serial, None
        if port is not None:
            try:
                port.close()
            except _PORT_ERRORS as error:
                raise DriverIOError(f"port {self.port}: {error} while closing it") from error

    def ask(self, request: bytes, reply_length: int) -> bytes:
        """Send `request` and read its reply: `reply_length` bytes, fewer if the line falls silent before.

        What had come before is thrown away. Raises DriverIOError if the port is gone.
        """
        port = self._opened()
        try:
            port.reset_input_buffer()
            port.write(request)
            return port.read(reply_length)
        except _PORT_ERRORS as error:
            raise self._lost(error) from error

    def hear(self) -> bytes:
        """What has come, or comes next; empty if the line is silent. Raises DriverIOError if the port is gone."""
        port = self._opened()
        try:
            first = port.read(1)
            return first + port.read(min(port.in_waiting, _MOST_READ)) if first else b""
        except _PORT_ERRORS as error:
            raise self._lost(error) from error

    def settle(self) -> None:
        """Listen until the line is silent, so that a late reply cannot answer the next question.

        Raises DriverIOError if the port is gone.
        """
        for _ in range(_QUIET_LOOKS):
            if not self.hear():
                return

    def _opened(self) -> serial.Serial:
        if self._serial is None:
            raise DriverIOError(f"port {self.port}: not open")
        return self._serial

    def _lost(self, error: Exception) -> DriverIOError:
        return DriverIOError(f"port {self.port}: lost ({error}); check the adapter and its cable")


def what_to_do(transport: SerialTransport, error: Exception) -> str:
    """Why a port could not be opened, and what to do about it."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    match number:
        case errno.ENOENT | errno.ENXIO | errno.ENODEV:
            return "not there; plug the adapter in, or name the port by its lasting path: ls -l /dev/serial/by-id"
        case errno.EACCES | errno.EPERM:
            return "no permission; let the user of the service be in the group dialout (usermod -aG dialout USER)"
        case errno.EBUSY | errno.EAGAIN:
            return f"in use by another program; find and stop it: fuser -v {transport.port}"
        case errno.EINVAL if transport.parity is not Parity.NONE:
            return f"does not take parity {transport.parity.value}; a pseudo-terminal takes none"
        case _:
            return (
                f"cannot be opened at {transport.baud} baud ({error}); check port, baud and stop bits in the site file"
            )
