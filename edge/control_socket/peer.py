"""Who is at the other end of a Unix socket, told by the kernel, and whether that one may change anything.

Whoever can connect may read: the socket's file mode is that gate. Changing verbs are for root, for the daemon's own user
and for members of the group `stopline-operate`. With PrivateUsers=yes in the unit the kernel shows every other user as
65534 and nobody but root could act.
"""

import array
import grp
import os
import pwd
import socket
import struct
from dataclasses import dataclass

OPERATE_GROUP = "stopline-operate"
"""Members may use the changing verbs."""

ADVISE_GROUP = "stopline-optimiser"
"""The group of the optimiser's own user: whoever is in it may follow what is seen, and advise."""

SO_PEERGROUPS = 59
"""asm-generic/socket.h (x86, arm, riscv); Python does not name it. Groups the peer had when it connected."""

_UCRED = struct.Struct("3i")
_MOST_GROUPS = 256


@dataclass(frozen=True, slots=True)
class Peer:
    """One end of a connection: process, user and all its groups, as they were when it connected."""

    pid: int
    uid: int
    groups: frozenset[int]

    @property
    def who(self) -> str:
        """The user by name, for the log; by number where the user has no name."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"uid {self.uid}"


def peer_of(connection: socket.socket) -> Peer:
    """The credentials of the process that connected.

    Raises:
        OSError: not a connected Unix socket.
    """
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, gid = _UCRED.unpack(raw)
    more = array.array("I")
    more.frombytes(connection.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, _MOST_GROUPS * more.itemsize))
    return Peer(pid, uid, frozenset((gid, *more)))


def may_change(peer: Peer, own_uid: int | None = None, group: str = OPERATE_GROUP) -> bool:
    """Whether `peer` may use the changing verbs. The group is looked up every time, so it may be made later."""
    own = os.geteuid() if own_uid is None else own_uid
    if peer.uid in {0, own}:
        return True
    try:
        return grp.getgrnam(group).gr_gid in peer.groups
    except KeyError:
        return False
