"""The control socket: what is asked, who may, and what one client can do to another."""

import grp
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.control_socket import server as servers
from edge.control_socket.client import Client, ask
from edge.control_socket.connection import IDLE_MS, MAX_UNREAD_BYTES, SLOW_READER_MS, Connection, Gone, Pending
from edge.control_socket.listener import MAX_CLIENTS, SocketInUse, bind
from edge.control_socket.peer import Peer, may_change, peer_of
from edge.control_socket.protocol import (
    MAX_REQUEST_BYTES,
    Code,
    Refused,
    Reply,
    Request,
    read_request,
    write_request,
)
from edge.control_socket.server import Access, Audit, Server, Verb


class House:
    """A server with a few verbs, and what it was told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[Request] = []
        self.audits: list[Audit] = []
        self.later = Pending()
        self.now = 0
        self.shown = 0
        verbs = {
            "status": Verb(self.status),
            "big": Verb(lambda _: {"text": "x" * 100_000}),
            "flash": Verb(self.take, Access.CHANGE),
            "no": Verb(self.refuse, Access.CHANGE),
            "reload": Verb(lambda _: self.later, Access.CHANGE),
        }
        self.server = Server(bind(path), verbs, self.audits.append, lambda: int(time.monotonic() * 1000) + self.now)
        self.server.start()

    def status(self, _: Request) -> Reply:
        self.shown += 1
        return {"mode": "run", "shown": self.shown}

    def take(self, request: Request) -> Reply:
        self.asked.append(request)
        return {"taken": True}

    def refuse(self, _: Request) -> Reply:
        raise Refused(Code.REFUSED_NOW, "not now")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A server that ends with the test."""
    opened = House(tmp_path / "control.sock")
    yield opened
    opened.server.stop()
    opened.server.stop()


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def _talk_without_end(client: Client) -> None:
    for _ in range(10_000):
        client._send(b"y" * 4096)


def _send_without_end(connection: Connection, line: bytes) -> None:
    for _ in range(1_000):
        connection.send(line, 0)


def test_one_line_in_is_one_line_out(house: House) -> None:
    """Several questions over one connection are answered in their order."""
    with Client(house.path) as client:
        assert client.ask("status") == {"v": 1, "ok": True, "verb": "status", "mode": "run", "shown": 1}
        assert client.ask("status")["shown"] == 2
    assert (house.path.stat().st_mode & 0o777) == 0o660


def test_two_requests_in_one_packet_are_both_answered(house: House) -> None:
    """A client need not wait for the first answer."""
    with Client(house.path) as client:
        client._send(write_request("status") + write_request("big"))
        assert client._reply()["verb"] == "status"
        assert client._reply()["verb"] == "big"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"hello\n", "not JSON"),
        (b"[" * 3000 + b"\n", "not JSON"),
        (b'{"v":1,"verb":"big","why":"\\ud800"}\n', "not JSON"),  # half a character, escaped
        (b'{"v":1,"verb":"big","why":"\xed\xa0\x80"}\n', "not JSON"),  # and in bytes
        (b"[]\n", "object with a verb"),
        (b'{"v":1,"verb":7}\n', "object with a verb"),
        (b'{"v":2,"verb":"status"}\n', "speaks v 1"),
        (b'{"v":1,"verb":"dance"}\n', "'dance' is no verb here"),
        (b'{"v":1,"verb":"flash","why":7}\n', "why must be a text"),
        (b'{"v":1,"verb":"flash"}\n', "needs a reason"),
        (b'{"v":1,"verb":"flash","why":"  "}\n', "needs a reason"),
        (b'{"v":1,"verb":"subscribe","hz":"fast"}\n', "hz of subscribe must be a number"),
    ],
)
def test_what_cannot_be_understood_is_answered_with_a_sentence(house: House, line: bytes, said: str) -> None:
    """The connection stays open: the next question may be a better one."""
    with Client(house.path) as client:
        client._send(line)
        with pytest.raises(Refused, match=said) as caught:
            client._reply()
        assert caught.value.code is Code.USAGE
        assert client.ask("status")["ok"]


def test_a_line_without_end_is_hung_up_on(house: House) -> None:
    """The bound is said, then the line is dead."""
    with Client(house.path) as client:
        client._send(b"x" * (MAX_REQUEST_BYTES + 2))
        with pytest.raises(Refused, match="at most 4096 bytes"):
            client._reply()
        with pytest.raises(Refused, match="hung up"):
            client.ask("status")


def test_a_change_carries_who_and_why_and_is_audited(house: House) -> None:
    """The name comes from the kernel, whatever the client writes; the reason is kept on one line."""
    ask(house.path, "flash", "crash,\nNW pole", who="mayor")
    assert [(r.who, r.why) for r in house.asked] == [(Peer(0, os.getuid(), frozenset()).who, "crash, NW pole")]
    assert house.audits == [Audit("flash", house.asked[0].who, os.getpid(), "crash, NW pole")]


def test_a_refused_change_is_audited_too(house: House) -> None:
    """Who tried is worth knowing."""
    with pytest.raises(Refused, match="not now") as caught:
        ask(house.path, "no", "because")
    assert caught.value.code is Code.REFUSED_NOW
    assert house.audits[0].refused == "not now"


def test_who_may_not_act_is_told_how_he_could(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """77, the group's name, nothing carried out, and reading still works."""
    monkeypatch.setattr(servers, "may_change", lambda _: False)
    with pytest.raises(Refused, match="stopline-operate") as caught:
        ask(house.path, "flash", "for fun")
    assert caught.value.code is Code.NOT_ALLOWED
    assert not house.asked
    assert "stopline-operate" in house.audits[0].refused
    assert ask(house.path, "status")["ok"]


def test_an_answer_that_takes_time_is_waited_for_without_holding_up_others(house: House) -> None:
    """A reload is answered when it has been taken over; meanwhile everybody else is served."""
    got: list[Reply] = []
    with Client(house.path) as waiting:
        thread = Thread(target=lambda: got.append(waiting.ask("reload", "new plan")))
        thread.start()
        assert ask(house.path, "status")["ok"]
        assert not got
        house.later.resolve({"changed": ["plans"]})
        thread.join(5)
    assert got[0]["changed"] == ["plans"]


def test_a_late_no_is_a_no(house: House) -> None:
    """A reload may be refused after all."""
    house.later.resolve(Refused(Code.CONFIGURATION, "line 7: no"))
    with pytest.raises(Refused, match="line 7: no") as caught:
        ask(house.path, "reload", "new plan")
    assert caught.value.code is Code.CONFIGURATION


def test_a_client_that_hangs_up_while_waiting_is_forgotten(house: House) -> None:
    """Its seat is free again."""
    with Client(house.path) as client:
        client._send(write_request("reload", "new plan"))
        _until(lambda: any(c.pending for c in house.server._clients.values()))
    _until(lambda: not house.server._clients)


def test_a_client_that_talks_while_it_waits_is_hung_up_on(house: House) -> None:
    """What it sends is bounded though nobody reads it."""
    with Client(house.path) as client:
        client._send(write_request("reload", "new plan"))
        with pytest.raises(Refused, match="hung up"):
            _talk_without_end(client)


def test_subscribers_are_sent_the_same_rendering(house: House) -> None:
    """The status is rendered once a round, however many listen."""
    with Client(house.path) as one, Client(house.path) as two:
        first, second = one.subscribe(hz=10), two.subscribe(hz=10)
        for stream in (first, second):
            rows = [next(stream)["shown"] for _ in range(4)]
            assert rows == sorted(rows)
    _until(lambda: not house.server._clients)


def test_a_subscriber_that_does_not_read_gets_the_newest_and_in_the_end_nothing(house: House) -> None:
    """It holds up nobody, and is hung up on."""
    with Client(house.path) as client:
        client._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        client._send(b"".join(write_request("big") for _ in range(4)) + write_request("subscribe", hz=10))
        _until(lambda: any(c.unread for c in house.server._clients.values()))
        house.now += SLOW_READER_MS + 1
        _until(lambda: not house.server._clients)


def test_seats_are_bounded_and_the_one_too_many_is_told(house: House) -> None:
    """Try again later is an answer."""
    seats = [Client(house.path) for _ in range(MAX_CLIENTS)]
    _until(lambda: len(house.server._clients) == MAX_CLIENTS)
    with Client(house.path) as client, pytest.raises(Refused) as caught:
        client._reply()
    assert caught.value.code is Code.REFUSED_NOW
    for seat in seats:
        seat.close()


def test_an_idle_client_loses_its_seat(house: House) -> None:
    """Who neither asks nor listens for a minute is hung up on."""
    with Client(house.path) as client:
        assert client.ask("status")["ok"]
        house.now += IDLE_MS + 1_000
        with pytest.raises(Refused, match="hung up"):
            client._reply()


def test_a_dead_daemons_socket_is_replaced_and_a_live_one_refused(tmp_path: Path) -> None:
    """A file left by kill -9 is no obstacle; a listening daemon is."""
    path = tmp_path / "control.sock"
    bind(path).close()
    live = bind(path)
    with pytest.raises(SocketInUse, match="another stopline is listening"):
        bind(path)
    live.close()


def test_something_else_in_the_sockets_place_is_left_alone(tmp_path: Path) -> None:
    """A plain file of that name is somebody's mistake, not ours to delete."""
    path = tmp_path / "control.sock"
    path.write_text("precious")
    with pytest.raises(OSError, match="in use"):
        bind(path)
    assert path.read_text() == "precious"


def test_nobody_there_is_said_with_the_command_that_helps(tmp_path: Path) -> None:
    """69: not reachable."""
    with pytest.raises(Refused, match="is it running") as caught:
        ask(tmp_path / "nobody.sock", "status")
    assert caught.value.code is Code.UNAVAILABLE


def test_a_closed_door_is_told_from_an_empty_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """77 with the group's name where the file mode keeps the client out."""

    def connect(_: object, path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(Refused, match="join the group") as caught:
        Client(tmp_path / "control.sock")
    assert caught.value.code is Code.NOT_ALLOWED


def test_a_daemon_that_goes_away_or_falls_silent_is_said(tmp_path: Path) -> None:
    """The client never hangs for ever."""
    with bind(tmp_path / "s") as listener:
        with Client(tmp_path / "s", timeout_s=0.05) as client, pytest.raises(Refused, match="does not answer"):
            client.ask("status")
        with Client(tmp_path / "s") as client:
            for _ in range(2):
                listener.accept()[0].close()
            with pytest.raises(Refused, match="hung up"):
                client.ask("status")


def test_a_reply_with_an_unknown_code_is_our_fault() -> None:
    """70 rather than a guess."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        client = Client.__new__(Client)
        client._socket, client._unread, client._path = ours, b"", Path("x")
        theirs.send(b'{"v":1,"ok":false,"code":3}\n')
        with pytest.raises(Refused, match="without a reason") as caught:
            client._reply()
        assert caught.value.code is Code.INTERNAL


def test_root_the_own_user_and_operators_may_act_and_nobody_else() -> None:
    """The groups are those the kernel tells, not those the client claims."""
    group = grp.getgrall()[-1]
    assert may_change(Peer(1, 0, frozenset()), own_uid=990)
    assert may_change(Peer(1, 990, frozenset()), own_uid=990)
    assert may_change(Peer(1, 1000, frozenset({group.gr_gid})), own_uid=990, group=group.gr_name)
    assert not may_change(Peer(1, 1000, frozenset({group.gr_gid + 1})), own_uid=990, group=group.gr_name)
    assert not may_change(Peer(1, 1000, frozenset({100})), own_uid=990, group="no-such-group-here")


def test_the_kernel_tells_who_connected() -> None:
    """Process, user and every group."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        peer = peer_of(ours)
    assert (peer.pid, peer.uid) == (os.getpid(), os.getuid())
    assert peer.groups >= set(os.getgroups()) | {os.getgid()}
    assert Peer(1, 3_000_000_000 % 2**31, frozenset()).who == f"uid {3_000_000_000 % 2**31}"


@given(st.text(max_size=200), st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4))
def test_what_a_client_writes_the_server_reads(why: str, options: dict[str, int | str]) -> None:
    """Reason and options survive the line, whatever characters are in them; v, verb, why and who do not pass as options."""
    safe = {key: value for key, value in options.items() if key not in {"v", "verb", "why", "who"}}
    line = write_request("flash", why, **safe)
    assert line.count(b"\n") == 1
    request = read_request(line)
    assert (request.verb, request.why, request.who) == ("flash", " ".join(why.split()), "")
    assert request.options == safe


def test_a_reason_that_no_terminal_could_have_typed_does_not_keep_the_wish_back() -> None:
    """`stopline flash -m` with bytes that are no UTF-8 comes as half characters."""
    assert read_request(write_request("flash", "crash \udcff")).why == "crash ?"


@given(st.binary(max_size=300))
def test_no_bytes_upset_the_reader(line: bytes) -> None:
    """Every line is a request or is refused with a sentence."""
    with suppress(Refused):
        assert isinstance(read_request(line).verb, str)


def test_a_number_is_held_in_its_bounds() -> None:
    """A client that wants a thousand lines a second gets ten."""
    request = Request("subscribe", options={"hz": 1000})
    assert request.number("hz", 1, 0.1, 10) == 10
    assert request.number("count", 50, 1, 500) == 50


def test_a_connection_survives_signals_and_resets() -> None:
    """A reset peer is gone, not an error that ends the server."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    theirs = socket.create_connection(listener.getsockname())
    accepted, _ = listener.accept()
    connection = Connection(accepted, Peer(1, 1, frozenset()), 0)
    connection.receive(0)  # nothing there yet
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()
    with pytest.raises(Gone):
        connection.receive(1)
    with pytest.raises(Gone):
        _send_without_end(connection, b"x")
    accepted.close()
    listener.close()


def test_unread_bytes_are_bounded() -> None:
    """A client that never reads is dropped before it costs memory."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = Connection(ours, Peer(1, 1, frozenset()), 0)
        with pytest.raises(Gone, match="does not read"):
            _send_without_end(connection, b"x" * 10_000)
        assert len(connection._out) <= MAX_UNREAD_BYTES + 10_000


def test_a_subscriber_who_comes_before_there_is_anything_to_see_is_told_so(tmp_path: Path) -> None:
    """A sentence, and the server lives on."""

    def early(_: Request) -> Reply:
        raise Refused(Code.REFUSED_NOW, "just starting")

    server = Server(bind(tmp_path / "s"), {"status": Verb(early)}, lambda _: None, lambda: int(time.monotonic() * 1000))
    server.start()
    with Client(tmp_path / "s") as client, pytest.raises(Refused, match="just starting"):
        next(client.subscribe(10))
    assert server.alive
    server.stop()


def test_a_computer_without_files_left_to_open_loses_a_client_and_not_the_server(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EMFILE is answered by a rest."""
    refused = Event()

    def none_left(_: object) -> None:
        refused.set()
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "accept", none_left)
        with Client(house.path):
            assert refused.wait(5)
        assert house.server.alive
    assert ask(house.path, "status")["ok"]


def test_a_daemon_that_ends_while_it_is_asked_is_said(tmp_path: Path) -> None:
    """The next question finds nobody."""
    opened = House(tmp_path / "control.sock")
    with Client(opened.path) as client:
        assert client.ask("status")["ok"]
        opened.server.stop()
        with pytest.raises(Refused, match="hung up") as caught:
            client.ask("status")
        assert caught.value.code is Code.UNAVAILABLE


def test_a_server_that_was_never_started_can_be_stopped(tmp_path: Path) -> None:
    """Start-up may fail between the two."""
    server = Server(bind(tmp_path / "s"), {}, lambda _: None, lambda: 0)
    assert not server.alive
    server.stop()


def test_awaker_that_is_full_is_awake(tmp_path: Path) -> None:
    """Waking never blocks the control loop."""
    server = Server(bind(tmp_path / "s"), {}, lambda _: None, lambda: 0)
    done = Event()

    def wake_often() -> None:
        for _ in range(100_000):
            server.wake()
        done.set()

    Thread(target=wake_often, daemon=True).start()
    assert done.wait(10)
    server.stop()


def test_requests_without_end_leave_time_for_others(house: House) -> None:
    """At most fifty answers a second: a flood is answered slowly, and the others are still answered."""
    with Client(house.path) as flood:
        flood._send(write_request("status") * 200)
        began = house.shown
        start = time.monotonic()
        assert ask(house.path, "flash", "while flooded")["taken"]
        answered, seconds = house.shown - began, time.monotonic() - start
        assert answered <= 2 + seconds * 1000 / servers.REST_PER_ANSWER_MS
    assert json.loads(write_request("x"))["v"] == 1
