"""The listening end of the control socket: who may find it, and what is done with one that a dead daemon left."""

import socket
import stat
from pathlib import Path

MAX_CLIENTS = 16
"""Seats. One more is told to try again and hung up on."""

SOCKET_MODE = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP
"""0660: the owner and the group of /run/stopline."""


class SocketInUse(Exception):
    """Somebody is listening on the socket already; the message says what to do."""


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
