"""The daemon's side of the control socket: one thread that waits for clients and answers them from a table of verbs.

The thread never touches the control loop. A reading verb renders what the loop last published; a changing verb puts its
wish into a queue of the daemon's and may hand back a `Pending` that the loop resolves. All threads of the controller run
at the same real-time priority, so this one rests after every answer: a client that asks without end gets
`REST_PER_ANSWER_MS` between answers and takes no time from the loop.
"""

import selectors
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from threading import Event, Thread
from typing import Protocol, TypeAlias

from edge.control_socket.connection import Connection, Follow, Gone, Pending
from edge.control_socket.listener import MAX_CLIENTS
from edge.control_socket.peer import ADVISE_GROUP, Peer, may_change, peer_of
from edge.control_socket.protocol import (
    MAX_ADVICE_BYTES,
    Code,
    Refused,
    Reply,
    Request,
    read_request,
    write_refusal,
    write_reply,
)
from edge.model.units import SECOND_MS, Ms

REST_PER_ANSWER_MS: Ms = 20
"""At most fifty answers a second, whoever asks; one answer costs some 0.2 ms."""

MOST_HZ = 10.0
"""Nothing changes faster than the control loop steps."""

_LONGEST_WAIT_MS: Ms = SECOND_MS


class Access(Enum):
    """Who may use a verb. The zero value is the stricter one."""

    CHANGE = 0  # root, the daemon's own user, members of stopline-operate; with a reason; audited
    READ = 1  # whoever can connect
    ADVISE = 2  # root, the daemon's own user, the optimiser's group


Answer: TypeAlias = Callable[[Request], Reply | Pending]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `answer` runs in the server's thread and may raise Refused. `follow`: what a client that asks for it is told
    from then on, whenever `wake` says that there is something new; `answer` only says whether it may."""

    answer: Answer
    access: Access = Access.READ
    follow: Follow | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """One use of a changing verb, allowed or not. `refused` is the sentence, empty where it was carried out."""

    verb: str
    who: str
    pid: int
    why: str
    refused: str = ""


class Auditor(Protocol):
    """Takes note of every use of a changing verb; called in the server's thread."""

    def __call__(self, audit: Audit, /) -> None:
        """Take note."""


class Server:
    """The answering thread. `start` once, `stop` when the daemon ends."""

    def __init__(
        self, listener: socket.socket, verbs: Mapping[str, Verb], audit: Auditor, clock: Callable[[], Ms]
    ) -> None:
        self.followers = 0
        """How many clients follow something; read from any thread."""
        self.misunderstood = 0
        """How many lines were no requests; read from any thread."""
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
        self.wake()
        if self._thread.ident is not None:
            self._thread.join()
        for client in list(self._clients.values()):
            self._drop(client)
        for closing in (self._selector, self._listener, self._woken, self._waker):
            closing.close()

    def wake(self) -> None:
        """Have the thread look whether there is something new. From any thread; never waits."""
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
        told = self._tell_news(client, now) if client.follows is not None else 0
        line = self._due_reply(client) if client.pending else self._next_answer(client)
        if line is None:
            return told
        client.send(line, now)
        return told + 1

    def _tell_news(self, client: Connection, now: Ms) -> int:
        """What is new to a client that follows; one that lags is told the newest when it has caught up."""
        news = client.follows(client.followed) if client.follows is not None and not client.unread else None
        if news is None:
            return 0
        client.followed, reply = news
        client.send(write_reply("observe", reply), now)
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
            request = read_request(line)
        except Refused as refused:
            self.misunderstood += 1
            return write_refusal(refused)
        try:
            return self._answer(client, request)
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
        if verb.access is Access.ADVISE:
            return self._advise(client, request, verb)
        reply = self._change(client.peer, request, verb) if verb.access is Access.CHANGE else verb.answer(request)
        if isinstance(reply, Pending):
            client.pending = (request, reply)
            reply.on_resolved(self.wake)
            return self._due_reply(client)
        return write_reply(request.verb, reply)

    def _advise(self, client: Connection, request: Request, verb: Verb) -> bytes | None:
        """Follow, or take an advice; who follows gets no receipt for it, only a refusal."""
        if not may_change(client.peer, group=ADVISE_GROUP):
            raise Refused(
                Code.NOT_ALLOWED, f"{client.peer.who} may not {request.verb}; be root or of the group {ADVISE_GROUP}"
            )
        self._refuse_beside_another(client)
        reply = verb.answer(request)
        if verb.follow is not None and client.follows is None:
            client.follows, client.longest_line = verb.follow, MAX_ADVICE_BYTES
            self.followers += 1
            self.wake()
        if client.follows is not None or isinstance(reply, Pending):
            return None
        return write_reply(request.verb, reply)

    def _refuse_beside_another(self, client: Connection) -> None:
        """Two who advise would undo each other's plans in turn. A process that comes anew is the same one: its old connection
        may not have been dropped yet."""
        for other in self._clients.values():
            if other.follows is not None and other.peer.pid != client.peer.pid:
                raise Refused(
                    Code.REFUSED_NOW,
                    f"process {other.peer.pid} ({other.peer.who}) advises this controller already, and one controller has one "
                    "optimiser; leave it to that one, or stop it first (systemctl stop stopline-optimiser; `stopline run` in "
                    "the foreground starts its own unless --no-optimiser is given)",
                )

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
        self.followers -= client.follows is not None
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
