"""One client of the control socket: its two buffers and its bounds. Never blocks."""

import socket
from collections.abc import Callable
from typing import Any, TypeAlias

from edge.control_socket.peer import Peer
from edge.control_socket.protocol import MAX_REQUEST_BYTES, Code, Refused, Reply
from edge.model.units import Ms

MAX_UNREAD_BYTES = 262_144
"""What may wait for a client that does not read; ours: some thirty status lines."""

SLOW_READER_MS: Ms = 5_000
"""A client that has left bytes unread for so long is hung up on."""

IDLE_MS: Ms = 60_000
"""A client that neither asks nor listens for so long is hung up on, so that idle ones cannot fill the seats."""

_RECEIVE_BYTES = 8_192


Follow: TypeAlias = Callable[[int], "tuple[int, Reply] | None"]
"""What comes after the thing of that number, with its own number; None while there is nothing new."""


class Pending:
    """A reply that the control loop gives later. Made by the daemon, waited for by the server."""

    def __init__(self) -> None:
        self.outcome: Reply | Refused | None = None
        self._wake: Callable[[], None] | None = None

    def resolve(self, outcome: Reply | Refused) -> None:
        """Give the reply; called once, from any thread."""
        self.outcome = outcome
        if self._wake is not None:
            self._wake()

    def on_resolved(self, wake: Callable[[], None]) -> None:
        """Have `wake` called when the reply is there. Look at `outcome` afterwards: it may have come before."""
        self._wake = wake


class Gone(Exception):
    """The client has hung up, or must be hung up on; the message says why."""


class Connection:
    """One connected client."""

    def __init__(self, connected: socket.socket, peer: Peer, now: Ms) -> None:
        connected.settimeout(0)
        self.socket = connected
        self.peer = peer
        self.pending: tuple[Any, Pending] | None = None
        self.every_ms: Ms | None = None
        self.next_ms: Ms = now
        self.follows: Follow | None = None
        self.followed = 0  # the number of the last thing it was told
        self.longest_line = MAX_REQUEST_BYTES
        self._in = bytearray()
        self._out = bytearray()
        self._asked_ms = now
        self._unread_since: Ms | None = None

    def receive(self, now: Ms) -> None:
        """Take in what has arrived; nothing more while a whole request waits to be answered.

        Raises:
            Gone: the client has hung up, or goes on talking while it waits for an answer.
        """
        if self.has_line:
            return
        if len(self._in) > self.longest_line:
            raise Gone("talks without end")
        try:
            arrived = self.socket.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise Gone(str(error)) from error
        if not arrived:
            raise Gone("hung up")
        self._asked_ms = now
        if self.every_ms is None:  # a subscriber's further lines are not heard
            self._in += arrived

    def next_line(self) -> bytes | None:
        """The next whole request line, None while there is none.

        Raises:
            Refused: the line is too long to be a request.
        """
        end = self._in.find(b"\n")
        if end > self.longest_line or (end < 0 and len(self._in) > self.longest_line):
            raise Refused(Code.USAGE, f"a request may have at most {self.longest_line} bytes")
        if end < 0:
            return None
        line = bytes(self._in[:end])
        del self._in[: end + 1]
        return line

    def send(self, line: bytes, now: Ms) -> None:
        """Queue `line` and send what the client takes.

        Raises:
            Gone: the client does not read, or has hung up.
        """
        self._out += line
        self.flush(now)
        if len(self._out) > MAX_UNREAD_BYTES:
            raise Gone("does not read")

    def flush(self, now: Ms) -> None:
        """Send what the client takes.

        Raises:
            Gone: the client has hung up.
        """
        try:
            sent = self.socket.send(self._out) if self._out else 0
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise Gone(str(error)) from error
        del self._out[:sent]
        if not self._out:
            self._unread_since = None
        elif sent or self._unread_since is None:
            self._unread_since = now

    def tend(self, now: Ms) -> None:
        """Raise Gone for a client that has used up its patience."""
        if self._unread_since is not None and now - self._unread_since > SLOW_READER_MS:
            raise Gone("does not read")
        listens = self.every_ms is not None or self.follows is not None or self.pending is not None
        if not listens and now - self._asked_ms > IDLE_MS:
            raise Gone("idle")

    @property
    def unread(self) -> bool:
        """Whether the client has left bytes unread."""
        return bool(self._out)

    @property
    def has_line(self) -> bool:
        """Whether bytes of a request have arrived that ask to be looked at."""
        return self.pending is None and (b"\n" in self._in or len(self._in) > self.longest_line)
