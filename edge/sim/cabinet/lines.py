"""The sockets and pseudo-terminals of a cabinet, all in one thread: whoever has something to say is heard at once.

Pseudo-terminals stand behind a link with the name that the site file uses, so that the daemon opens them like any serial port.
"""

import os
import selectors
import socket
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from edge.clock import monotonic_ms
from edge.model.units import SECOND_MS, Ms
from edge.sim.cabinet.talks import Talk

_CHUNK = 4096
_WAITING = 8

MakeTalk = Callable[[], Talk]


class Lines:
    """All lines of a cabinet. Use as a context manager: links are removed when it is left."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._talks: list[tuple[int, Talk]] = []
        self._links: list[Path] = []
        self._held: list[int] = []
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for link in self._links:
            link.unlink(missing_ok=True)
        for fd in self._held:
            os.close(fd)
        for sock in self._sockets:
            sock.close()
        self._selector.close()

    def listen(self, host: str, port: int, make: MakeTalk) -> None:
        """A TCP server; each connection has a talk of its own.

        Raises:
            OSError: the port cannot be had.
        """
        server = socket.create_server((host, port), backlog=_WAITING)
        server.setblocking(False)  # noqa: FBT003 - socket's own signature
        self._sockets.append(server)
        self._selector.register(server, selectors.EVENT_READ, lambda _: self._accept(server, make))

    def plug(self, link: Path, talk: Talk) -> str:
        """A serial line at `link`; the pseudo-terminal behind it.

        Raises:
            OSError: the link cannot be made; what is there already is left alone unless it is a dead link.
        """
        if link.is_symlink() and not link.exists():
            link.unlink()
        ours, theirs = os.openpty()
        self._held += [ours, theirs]  # theirs stays open, so that ours never sees a hang-up
        os.set_blocking(ours, False)
        tty.setraw(theirs)
        name = os.ttyname(theirs)
        link.symlink_to(name)
        self._links.append(link)
        self._talks.append((ours, talk))
        self._selector.register(ours, selectors.EVENT_READ, lambda now: self._hear_line(now, ours, talk))
        return name

    def until(self, deadline: Ms) -> None:
        """Serve until `deadline`, ms of the monotonic clock."""
        while (left := deadline - monotonic_ms()) > 0:
            for key, _ in self._selector.select(left / SECOND_MS):
                key.data(monotonic_ms())

    def speak(self, now: Ms) -> None:
        """Let those speak who speak without being asked."""
        for fd, talk in self._talks:
            _write(fd, talk.say(now))

    def _accept(self, server: socket.socket, make: MakeTalk) -> None:
        connection, _ = server.accept()
        connection.setblocking(False)  # noqa: FBT003 - socket's own signature
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets.append(connection)
        talk = make()
        self._selector.register(connection, selectors.EVENT_READ, lambda now: self._hear(now, connection, talk))

    def _hear(self, now: Ms, connection: socket.socket, talk: Talk) -> None:
        try:
            data = connection.recv(_CHUNK)
            if data:
                connection.sendall(talk.hear(now, data))
                return
        except BlockingIOError:
            return
        except OSError:
            pass  # gone, like one that was closed
        self._selector.unregister(connection)
        self._sockets.remove(connection)
        connection.close()

    def _hear_line(self, now: Ms, fd: int, talk: Talk) -> None:
        with suppress(BlockingIOError):
            _write(fd, talk.hear(now, os.read(fd, _CHUNK)))


def _write(fd: int, data: bytes) -> None:
    """Lost where nobody has read for so long that the buffer is full."""
    if data:
        with suppress(BlockingIOError):
            os.write(fd, data)


def free_port() -> int:
    """A loopback port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
