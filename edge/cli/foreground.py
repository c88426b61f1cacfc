"""The daemon's live view on a terminal, as a process group of its own, so that Ctrl-C asks it alone to stop.

Under `make run` the terminal would send SIGINT to make too, and make ends with 130 however orderly the daemon ended.
Ctrl-Z is ignored meanwhile: a stopped controller serves nobody, and make would not notice.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO


@contextmanager
def own_foreground(terminal: TextIO) -> Iterator[None]:
    """Hold the terminal in a group of our own; nothing changes where we lead one, stand behind, or have no terminal."""
    if not _is_shared(terminal):
        yield
        return
    before = os.getpgrp()
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGTTOU, signal.SIGTSTP)}
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal.fileno(), os.getpgrp())
    try:
        yield
    finally:
        with suppress(OSError):  # who started us has gone: there is nobody to give it back to
            os.tcsetpgrp(terminal.fileno(), before)
        for number, handler in kept.items():
            signal.signal(number, handler)


def _is_shared(terminal: TextIO) -> bool:
    """Whether we are in the foreground, in the group of who started us."""
    try:
        return os.tcgetpgrp(terminal.fileno()) == os.getpgrp() != os.getpid()
    except OSError:
        return False
