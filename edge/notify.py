"""Telling systemd how the daemon stands (sd_notify(3)), without a dependency and without ever blocking the loop.

Nothing here raises after construction: a message that systemd does not take is counted in `refused` and told in health.
A lost WATCHDOG=1 is made good by the next tick's.
"""

import os
import socket
from collections.abc import Mapping

from edge.model.units import Ms

_US_PER_MS = 1_000


class Notifier:
    """One datagram socket to the service manager; silent where there is none."""

    def __init__(self, address: str = "", watchdog_ms: Ms | None = None) -> None:
        """`address`: NOTIFY_SOCKET, a path or an abstract name with a leading "@"; empty: nobody listens.

        Raises:
            OSError: the socket is named but nobody is bound to it.
        """
        self.watchdog_ms = watchdog_ms
        self.refused = 0
        self._socket: socket.socket | None = None
        self._last_status = ""
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.settimeout(0)
            try:
                self._socket.connect("\0" + address[1:] if address.startswith("@") else address)
            except OSError:
                self.close()
                raise

    @property
    def listening(self) -> bool:
        """Whether a service manager is there."""
        return self._socket is not None

    def ready(self, sentence: str) -> None:
        """The daemon is up: the first lamp image has been confirmed."""
        self._last_status = _one_line(sentence)
        self._send(f"READY=1\nSTATUS={self._last_status}")

    def status(self, sentence: str) -> None:
        """One sentence for `systemctl status`; sent only when it has changed."""
        line = _one_line(sentence)
        if line != self._last_status:
            self._last_status = line
            self._send(f"STATUS={line}")

    def watchdog(self) -> None:
        """This tick was in time and its lamps are accounted for."""
        self._send("WATCHDOG=1")

    def stopping(self, sentence: str) -> None:
        """An orderly stop has begun."""
        self._last_status = _one_line(sentence)
        self._send(f"STOPPING=1\nSTATUS={self._last_status}")

    def extend_timeout(self, more_ms: Ms) -> None:
        """Ask for `more_ms` from now on before the service manager loses patience with a start or a stop."""
        self._send(f"EXTEND_TIMEOUT_USEC={more_ms * _US_PER_MS}")

    def close(self) -> None:
        """Let the socket go. May be called twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.send(message.encode())
        except OSError:
            self.refused += 1


def from_environment(environ: Mapping[str, str], pid: int | None = None) -> Notifier:
    """The service manager named by NOTIFY_SOCKET; its watchdog only if WATCHDOG_PID is absent or this process.

    Raises:
        OSError: NOTIFY_SOCKET names a socket that cannot be reached.
    """
    own = os.getpid() if pid is None else pid
    usec = environ.get("WATCHDOG_USEC", "")
    ours = environ.get("WATCHDOG_PID", str(own)) == str(own)
    watchdog_ms = int(usec) // _US_PER_MS if usec.isdigit() and ours else None
    return Notifier(environ.get("NOTIFY_SOCKET", ""), watchdog_ms)


def _one_line(sentence: str) -> str:
    return " ".join(sentence.split())
