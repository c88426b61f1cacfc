"""The live view: the screen again and again, by plain ANSI, on the daemon's own terminal or over the control socket."""

import json
import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from threading import Event, Thread
from typing import Any, TextIO

from edge.cli import screen
from edge.cli.refusal import Refusal
from edge.control_socket.client import Client
from edge.control_socket.protocol import Refused
from edge.daemon import ReadStatus

PERIOD_S = 0.2
"""Five screens a second: what a technician's eye follows over a 115200-baud console."""

_HOME, _CLEAR_RIGHT, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_COLOURS = {"GREEN": "\x1b[32m", "YELLOW": "\x1b[33m", "FAULT": "\x1b[31m", "LATCHED": "\x1b[31m"}
_PLAIN = "\x1b[0m"


def drawn(lines: Sequence[str], rows: int, columns: int, *, colour: bool) -> str:
    """One frame: the lines cut to the terminal, coloured by their words, nothing of the frame before left over."""
    shown = [_coloured(line[:columns], colour=colour) for line in lines[: max(1, rows - 1)]]
    return _HOME + "".join(f"{line}{_CLEAR_RIGHT}\r\n" for line in shown) + _CLEAR_BELOW


def _coloured(line: str, *, colour: bool) -> str:
    if not colour:
        return line
    for word, code in _COLOURS.items():
        if word in line[:30]:
            return f"{code}{line}{_PLAIN}"
    return line


class Terminal:
    """A console of the daemon's own: draws what it is given to read, from a thread of its own."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._colour = not os.environ.get("NO_COLOR")
        self._ended = Event()
        self._thread: Thread | None = None

    def start(self, read: ReadStatus) -> None:
        """Begin to draw."""
        self._out.write(_ENTER)
        self._thread = Thread(target=self._draw_until_ended, args=(read,), name="live-view", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Leave the terminal as it was. May be called twice."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=2.0)
            self._thread = None
            self._out.write(_LEAVE)
            self._out.flush()

    def draw(self, status: Mapping[str, Any] | None) -> None:
        """One frame."""
        size = shutil.get_terminal_size()
        lines = ["starting …"] if status is None else screen.lines(status, min(size.columns, 120))
        self._out.write(drawn([*lines, "", "Ctrl-C ends it"], size.lines, size.columns, colour=self._colour))
        self._out.flush()

    def _draw_until_ended(self, read: ReadStatus) -> None:
        while not self._ended.wait(PERIOD_S):
            self.draw(read())


def watch(options: Namespace) -> int:
    """`stopline watch`: until Ctrl-C, or until the controller ends."""
    try:
        with Client(options.socket) as client:
            return _watch_json(client, options.hz) if options.json else _watch_screen(client, options.hz)
    except Refused as refused:
        raise Refusal(int(refused.code), refused.sentence) from refused


def _watch_json(client: Client, hz: float) -> int:
    for status in client.subscribe(hz):
        print(json.dumps(status, ensure_ascii=False), flush=True)
    return 0


def _watch_screen(client: Client, hz: float) -> int:
    if not sys.stdout.isatty():
        for status in client.subscribe(min(hz, 1.0)):
            print("\n".join(screen.lines(status)), flush=True)
        return 0
    terminal = Terminal(sys.stdout)
    sys.stdout.write(_ENTER)
    try:
        for status in client.subscribe(hz):
            terminal.draw(status)
    except KeyboardInterrupt:
        return 0
    finally:
        sys.stdout.write(_LEAVE)
        sys.stdout.flush()
    return 0
