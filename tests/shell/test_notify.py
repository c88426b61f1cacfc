"""What systemd is told."""

import socket
from pathlib import Path

import pytest

from edge.notify import Notifier, from_environment


@pytest.fixture
def manager(tmp_path: Path) -> socket.socket:
    """A service manager that listens."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(tmp_path / "notify"))
    listening.settimeout(2)
    return listening


def _heard(manager: socket.socket) -> str:
    return manager.recv(4096).decode()


def test_systemd_hears_every_message_in_its_own_words(manager: socket.socket) -> None:
    """READY, STATUS, WATCHDOG, EXTEND_TIMEOUT_USEC and STOPPING as in sd_notify(3)."""
    with manager:
        notifier = from_environment({"NOTIFY_SOCKET": manager.getsockname()})
        assert notifier.listening
        notifier.ready("running\non two lines")
        assert _heard(manager) == "READY=1\nSTATUS=running on two lines"
        notifier.watchdog()
        assert _heard(manager) == "WATCHDOG=1"
        notifier.extend_timeout(2_500)
        assert _heard(manager) == "EXTEND_TIMEOUT_USEC=2500000"
        notifier.stopping("clearing")
        assert _heard(manager) == "STOPPING=1\nSTATUS=clearing"
        notifier.close()
        notifier.close()


def test_the_same_sentence_is_told_once(manager: socket.socket) -> None:
    """STATUS= is sent when it changes, not ten times a second."""
    with manager:
        notifier = from_environment({"NOTIFY_SOCKET": manager.getsockname()})
        for sentence in ("actuated", "actuated", "flash"):
            notifier.status(sentence)
        notifier.close()
        assert [_heard(manager), _heard(manager)] == ["STATUS=actuated", "STATUS=flash"]
        manager.settimeout(0)
        with pytest.raises(BlockingIOError):
            manager.recv(10)


def test_a_manager_that_does_not_listen_is_counted_and_never_waited_for(manager: socket.socket) -> None:
    """A full queue refuses at once; the loop goes on."""
    notifier = from_environment({"NOTIFY_SOCKET": manager.getsockname()})
    for _ in range(10_000):
        notifier.watchdog()
    assert notifier.refused > 0
    manager.close()
    notifier.close()


def test_an_abstract_socket_is_understood() -> None:
    """A leading @ stands for the zero byte of the abstract name space."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(b"\0stopline-test-notify")
        listening.settimeout(2)
        notifier = Notifier("@stopline-test-notify")
        notifier.watchdog()
        assert _heard(listening) == "WATCHDOG=1"
        notifier.close()


def test_without_a_manager_nothing_is_said() -> None:
    """On a terminal there is no systemd and nobody to tell."""
    notifier = from_environment({})
    notifier.watchdog()
    notifier.ready("up")
    assert not notifier.listening
    assert notifier.refused == 0


@pytest.mark.parametrize(
    ("environ", "watchdog_ms"),
    [
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "17"}, 2000),
        ({"WATCHDOG_USEC": "2000000"}, 2000),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "18"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_time_is_ours_only_if_the_process_id_is(environ: dict[str, str], watchdog_ms: int | None) -> None:
    """A child must not take its parent's watchdog for its own."""
    assert from_environment(environ, pid=17).watchdog_ms == watchdog_ms


def test_a_named_socket_that_nobody_bound_is_an_error(tmp_path: Path) -> None:
    """A wrong NOTIFY_SOCKET is seen at start, not in the first watchdog time-out."""
    with pytest.raises(OSError, match="No such file"):
        Notifier(str(tmp_path / "nobody"))
