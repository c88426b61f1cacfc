"""The daemon's log lines: structlog, JSON when nobody watches, console colours when somebody does.

Names are dotted, in the past (`mode.changed`), keys are those of the model with their units. The lines go through a
queue to a thread of their own, because a pipe to the journal can be full and the control loop waits for nobody.
"""

import faulthandler
import logging
import sys
import threading
from collections import deque
from types import TracebackType
from typing import TextIO

import structlog

from edge.eventlog.worker import Worker

_MOST_LINES = 2_000
"""What may wait for a stuck pipe; then the oldest are dropped and counted."""

_FLUSH_S = 1.0


class LineQueue:
    """A stream that never blocks its writers. `held`: lines are kept back, for as long as a live view owns the screen."""

    def __init__(self, stream: TextIO, *, held: bool = False) -> None:
        self._stream = stream
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)
        self._held = held
        self._dropped = 0
        self._worker = Worker("log-lines", _FLUSH_S, self._work, self._work)

    def write(self, line: str) -> None:
        """Queue one line."""
        self._dropped += len(self._lines) == _MOST_LINES
        self._lines.append(line)
        if not self._held:
            self._worker.wake()

    def flush(self) -> None:
        """Nothing: the thread flushes."""

    def close(self) -> None:
        """Write what waits, what was held back included, for a second at most."""
        self._held = False
        self._worker.stop(1.0)

    def _work(self) -> None:
        if self._held:
            return
        dropped, self._dropped = self._dropped, 0
        try:
            if dropped:
                self._stream.write(f"{dropped} log lines were dropped: nobody took them\n")
            while self._lines:
                self._stream.write(self._lines[0])
                self._lines.popleft()
            self._stream.flush()
        except (OSError, ValueError):  # the reader of the pipe is gone, or the stream is closed
            self._dropped += dropped + len(self._lines)
            self._lines.clear()


def configure(stream: TextIO, *, debug: bool = False, held: bool = False, plain: bool = False) -> LineQueue:
    """Set structlog up for this process. Returns the queue, to be closed at the end. `plain`: lines for people, no JSON."""
    queue = LineQueue(stream, held=held)
    tty = stream.isatty()
    for_people = tty or plain
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=not for_people),
    ]
    renderer: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=tty)]
        if for_people
        else [
            structlog.processors.format_exc_info,
            _name_first,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    quietest = logging.DEBUG if debug else logging.WARNING if held else logging.INFO
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(quietest),
        logger_factory=structlog.WriteLoggerFactory(queue),  # type: ignore[arg-type]  # it only writes and flushes
        cache_logger_on_first_use=False,
    )
    return queue


def _name_first(_: object, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """When, how grave and what before the rest, for people who read JSON."""
    return {key: line.pop(key) for key in ("timestamp", "level", "event")} | dict(line)


def catch_crashes() -> None:
    """Have every end that nobody planned told: exceptions in a thread as a log line, SIGABRT with every thread's stack.

    systemd's watchdog sends SIGABRT; the stacks in the journal then say where the loop stood.
    """
    if sys.stderr is not None and _has_descriptor(sys.stderr):
        faulthandler.enable(sys.stderr)
    threading.excepthook = _thread_died


def _has_descriptor(stream: TextIO) -> bool:
    try:
        return stream.fileno() >= 0
    except (OSError, ValueError):
        return False


def _thread_died(died: threading.ExceptHookArgs) -> None:
    name = died.thread.name if died.thread else "?"
    error = died.exc_value or died.exc_type()
    trace: tuple[type[BaseException], BaseException, TracebackType | None] = (died.exc_type, error, died.exc_traceback)
    structlog.get_logger().critical("thread.died", thread=name, exc_info=trace)
