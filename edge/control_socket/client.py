"""The other end of the control socket, for the command line and other programs of this computer."""

import json
import select
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.control_socket.protocol import Code, Refused, Reply, write_request

DEFAULT_SOCKET = Path("/run/stopline/control.sock")

ANSWER_TIMEOUT_S = 5.0
"""How long an answer may take that needs no waiting for the street."""


class Client:
    """One connection. A context manager; every method raises Refused, with the sentence and the exit code."""

    def __init__(self, path: Path = DEFAULT_SOCKET, timeout_s: float | None = ANSWER_TIMEOUT_S) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        self._unread = b""
        try:
            self._socket.connect(str(path))
        except PermissionError as error:
            self._socket.close()
            raise Refused(
                Code.NOT_ALLOWED, f"{path}: not allowed; be root or join the group of this socket (stopline)"
            ) from error
        except OSError as error:
            self._socket.close()
            raise Refused(
                Code.UNAVAILABLE,
                f"{path}: no controller answers here ({error}); is it running? systemctl status stopline",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up. May be called twice."""
        self._socket.close()

    def ask(self, verb: str, why: str = "", **options: object) -> Reply:
        """One question, one answer."""
        self._send(write_request(verb, why, **options))
        return self._reply()

    def subscribe(self, hz: float = 1.0) -> Iterator[Reply]:
        """The status, `hz` times a second, until the daemon ends (UNAVAILABLE) or the client is closed."""
        self._send(write_request("subscribe", hz=hz))
        while True:
            yield self._reply()

    def observe(self) -> Iterator[Reply]:
        """What the adaptive layer is told, once a second, until the daemon ends (UNAVAILABLE) or refuses."""
        self._send(write_request("observe"))
        while True:
            yield self._reply()

    def advise(self, advice: object) -> None:
        """An advice, in the words of `edge.model.told`. There is no receipt: a refusal comes between the observations."""
        self._send(write_request("advise", advice=advice))

    @property
    def has_more(self) -> bool:
        """Whether more has arrived already."""
        return bool(self._unread) or bool(select.select([self._socket], [], [], 0)[0])

    def _send(self, line: bytes) -> None:
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise Refused(Code.UNAVAILABLE, f"{self._path}: the controller hung up ({error})") from error

    def _reply(self) -> Reply:
        while b"\n" not in self._unread:
            try:
                arrived = self._socket.recv(65_536)
            except TimeoutError as error:
                raise Refused(Code.UNAVAILABLE, f"{self._path}: the controller does not answer") from error
            except OSError as error:
                raise Refused(Code.UNAVAILABLE, f"{self._path}: the controller hung up ({error})") from error
            if not arrived:
                raise Refused(Code.UNAVAILABLE, f"{self._path}: the controller hung up")
            self._unread += arrived
        line, _, self._unread = self._unread.partition(b"\n")
        reply: Reply = json.loads(line)
        if not reply.get("ok"):
            raise Refused(_code(reply), str(reply.get("error", "refused without a reason")))
        return reply


def _code(reply: Reply) -> Code:
    code = reply.get("code")
    return Code(code) if code in set(Code) else Code.INTERNAL


def ask(path: Path, verb: str, why: str = "", **options: object) -> Reply:
    """One question over a connection of its own.

    Raises:
        Refused: nobody answers, or the answer is no.
    """
    with Client(path) as client:
        return client.ask(verb, why, **options)
