"""The daemon's side of the control socket: one thread that waits for clients and answers them from a table of verbs.

The thread never touches the control loop. A reading verb renders what the loop last published; a changing verb puts its
wish into a queue of the daemon's and may hand back a `Pending` that the loop resolves. All threads of the controller run
at the same real-time priority, so this one rests after every answer: a client that asks without end gets
`REST_PER_ANSWER_MS` between answers and takes no time from the loop.
"""

import selectors
import socket
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Event, Thread
from typing import Protocol, TypeAlias

from edge.control_socket.connection import Connection, Gone, Pending
from edge.control_socket.peer import Peer, may_change, peer_of
from edge.control_socket.protocol import (
    Code,
    Refused,
    Reply,
    Request,
    read_request,
    write_refusal,
    write_reply,
)
from edge.model.units import SECOND_MS, Ms

MAX_CLIENTS = 16
"""Seats. One more is told to try again and hung up on."""

REST_PER_ANSWER_MS: Ms = 20
"""At most fifty answers a second, whoever asks; one answer costs some 0.2 ms."""

MOST_HZ = 10.0
"""Nothing changes faster than the control loop steps."""

SOCKET_MODE = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP
"""0660: the owner and the group of /run/stopline."""

_LONGEST_WAIT_MS: Ms = SECOND_MS


class Access(Enum):
    """Who may use a verb. The zero value is the stricter one."""

    CHANGE = 0  # root, the daemon's own user, members of stopline-operate; with a reason; audited
    READ = 1  # whoever can connect


Answer: TypeAlias = Callable[[Request], Reply | Pending]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `answer` runs in the server's thread and may raise Refused."""

    answer: Answer
    access: Access = Access.READ


@dataclass(frozen=True, slots=True)
class Audit:
    """One use of a changing verb, allowed or not. `refused` is the sentence, empty where it was carried out."""

    verb: str
    who: str
    pid: int
    why: str
    refused: str = ""


class SocketInUse(Exception):
    """Somebody is listening on the socket already; the message says what to do."""


class Auditor(Protocol):
    """Takes note of every use of a changing verb; called in the server's thread."""

    def __call__(self, audit: Audit, /) -> None:
        """Take note."""


def bind(path: Path) -> socket.socket:
    """A listening socket at `path`, mode 0660. A socket nobody listens on is a dead daemon's and is removed.

    Raises:
        SocketInUse: another process listens there.
        OSError: the folder is missing or not writable, or the path is too long for a Unix socket (107 bytes).
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            _remove_if_dead(path)
        listener.bind(str(path))
        path.chmod(SOCKET_MODE)
        listener.listen(MAX_CLIENTS)
        listener.settimeout(0)
    except (OSError, SocketInUse):
        listener.close()
        raise
    return listener


def _remove_if_dead(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise SocketInUse(
        f"{path}: another stopline is listening here; stop it first (systemctl stop stopline) or name another --socket"
    )


class Server:
    """The answering thread. `start` once, `stop` when the daemon ends."""

    def __init__(
        self, listener: socket.socket, verbs: Mapping[str, Verb], audit: Auditor, clock: Callable[[], Ms]
    ) -> None:
        self._listener = listener
        self._verbs = verbs
        self._audit = audit
        self._clock = clock
        self._clients: dict[socket.socket, Connection] = {}
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._woken.settimeout(0)
        self._waker.settimeout(0)
        self._ending = Event()
        self._thread = Thread(target=self._run, name="control-socket", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the answering thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Hang up on everybody and close. The socket's file is left to whoever bound it. May be called twice."""
        if self._ending.is_set():
            return
        self._ending.set()
        self._wake()
        if self._thread.ident is not None:
            self._thread.join()
        for client in list(self._clients.values()):
            self._drop(client)
        for closing in (self._selector, self._listener, self._woken, self._waker):
            closing.close()

    def _wake(self) -> None:
        try:
            self._waker.send(b"\0")
        except BlockingIOError:
            return  # it is being woken already

    def _run(self) -> None:
        while not self._ending.is_set():
            ready = self._selector.select(self._wait_ms() / SECOND_MS)
            answered = self._one_round({key.fileobj for key, _ in ready})
            self._ending.wait(answered * REST_PER_ANSWER_MS / SECOND_MS)

    def _wait_ms(self) -> Ms:
        """Until something is due by itself: a subscriber's next line, or a request already taken in."""
        now = self._clock()
        if any(client.has_line for client in self._clients.values()):
            return 0
        due = (client.next_ms - now for client in self._clients.values() if client.every_ms is not None)
        return max(0, min(due, default=_LONGEST_WAIT_MS))

    def _one_round(self, ready: set[object]) -> int:
        """Everybody once: new clients, what has arrived, replies that came due. Returns the number of answers."""
        now = self._clock()
        if self._woken in ready:
            self._woken.recv(4_096)
        answered = self._accept(now) if self._listener in ready else 0
        status = _Once(self._verbs)
        for client in list(self._clients.values()):
            try:
                answered += self._serve(client, status, now, arrived=client.socket in ready)
                client.tend(now)
                self._listen_for(client)
            except Gone:
                self._drop(client)
        return answered + status.rendered

    def _accept(self, now: Ms) -> int:
        try:
            connected, _ = self._listener.accept()
        except OSError:
            return 1  # it hung up before we came to it, or no file is left to open: either way, rest before the next
        client = Connection(connected, peer_of(connected), now)
        if len(self._clients) >= MAX_CLIENTS:
            full = Refused(Code.REFUSED_NOW, f"{MAX_CLIENTS} clients are connected already; close one and try again")
            with suppress(Gone):
                client.send(write_refusal(full), now)
            connected.close()
            return 1
        self._clients[connected] = client
        self._selector.register(connected, selectors.EVENT_READ)
        return 1

    def _serve(self, client: Connection, status: "_Once", now: Ms, *, arrived: bool) -> int:
        """At most one answer to one client. Returns how many were given."""
        if client.unread:
            client.flush(now)
        if arrived:
            client.receive(now)
        if client.every_ms is not None:
            self._stream(client, status, now)
            return 0
        line = self._due_reply(client) if client.pending else self._next_answer(client)
        if line is None:
            return 0
        client.send(line, now)
        return 1

    def _stream(self, client: Connection, status: "_Once", now: Ms) -> None:
        if client.every_ms is None or now < client.next_ms:
            return
        client.next_ms = max(client.next_ms + client.every_ms, now)
        if not client.unread:  # a reader that lags is given the newest, not the whole past
            client.send(status.line(), now)

    def _due_reply(self, client: Connection) -> bytes | None:
        if client.pending is None or client.pending[1].outcome is None:
            return None
        request, pending = client.pending
        client.pending = None
        outcome = pending.outcome
        if isinstance(outcome, Refused):
            return write_refusal(outcome)
        return write_reply(request.verb, outcome or {})

    def _next_answer(self, client: Connection) -> bytes | None:
        try:
            line = client.next_line()
        except Refused as refused:
            client.send(write_refusal(refused), self._clock())
            raise Gone("talks without end") from refused
        if line is None:
            return None
        try:
            return self._answer(client, read_request(line))
        except Refused as refused:
            return write_refusal(refused)

    def _answer(self, client: Connection, asked: Request) -> bytes | None:
        request = Request(asked.verb, asked.why, client.peer.who, asked.options, client.peer.uid)
        if request.verb == "subscribe":
            client.every_ms = round(SECOND_MS / request.number("hz", 1.0, 0.1, MOST_HZ))
            client.next_ms = self._clock()
            return None
        verb = self._verbs.get(request.verb)
        if verb is None:
            raise Refused(Code.USAGE, f"{request.verb!r} is no verb here; there are: {', '.join(sorted(self._verbs))}")
        reply = self._change(client.peer, request, verb) if verb.access is Access.CHANGE else verb.answer(request)
        if isinstance(reply, Pending):
            client.pending = (request, reply)
            reply.on_resolved(self._wake)
            return self._due_reply(client)
        return write_reply(request.verb, reply)

    def _change(self, peer: Peer, request: Request, verb: Verb) -> Reply | Pending:
        """Carry out a changing verb, audited whatever comes of it."""
        try:
            _refuse_unless_allowed(peer, request)
            reply = verb.answer(request)
        except Refused as refused:
            self._audit(Audit(request.verb, peer.who, peer.pid, request.why, refused.sentence))
            raise
        self._audit(Audit(request.verb, peer.who, peer.pid, request.why))
        return reply

    def _listen_for(self, client: Connection) -> None:
        # reading is listened for even while nothing is taken in, to notice that the client hangs up
        self._selector.modify(client.socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if client.unread else 0))

    def _drop(self, client: Connection) -> None:
        self._clients.pop(client.socket, None)
        self._selector.unregister(client.socket)
        client.socket.close()


def _refuse_unless_allowed(peer: Peer, request: Request) -> None:
    if not may_change(peer):
        raise Refused(
            Code.NOT_ALLOWED,
            f"{peer.who} may look but not {request.verb}; be root or a member of group stopline-operate",
        )
    if not request.why:
        words = request.verb.replace("_", " ")  # as they are typed: `faults clear`
        raise Refused(Code.USAGE, f"{words} needs a reason: stopline {words} -m 'why'")


class _Once:
    """The status line of one round, rendered at most once however many subscribers it goes to."""

    def __init__(self, verbs: Mapping[str, Verb]) -> None:
        self._verbs = verbs
        self._line: bytes | None = None

    @property
    def rendered(self) -> int:
        return self._line is not None

    def line(self) -> bytes:
        if self._line is None:
            self._line = self._render()
        return self._line

    def _render(self) -> bytes:
        try:
            reply = self._verbs["status"].answer(Request("status"))
        except Refused as refused:
            return write_refusal(refused)
        return write_reply("status", {} if isinstance(reply, Pending) else reply)
