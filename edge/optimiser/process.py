"""How the optimiser's process comes up: at ordinary priority, one thread of arithmetic, and ended by a signal in good order."""

import gc
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import structlog

from edge.clock import monotonic_ms
from edge.control_socket.protocol import Refused
from edge.model.site import Site
from edge.notify import from_environment
from edge.optimiser.host import Advises, Host
from edge.optimiser.learned import LearnedStore

NICE = 5
"""Ours: behind whatever else the computer does at ordinary priority, before what is done in its idle time."""

EX_OK = 0
EX_UNAVAILABLE = 69


@dataclass(frozen=True, slots=True)
class OptimiserOptions:
    """`state_dir`: where it keeps what it learns. `parent`: the process that started it, with which it ends; None where
    a service manager looks after it."""

    socket: Path
    state_dir: Path
    parent: int | None = None

    def orphaned(self) -> bool:
        """Whether the process that started this one has gone. It may have, before this one could ask who it was."""
        return self.parent is not None and os.getppid() != self.parent


class _Ended(Exception):
    """A signal has asked for the end."""


def run(options: OptimiserOptions) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code (0, 69 without numpy, 75 where another optimiser is there)."""
    _configure_logs()
    _lower_priority()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        store = LearnedStore(options.state_dir, monotonic_ms)
        notifier = from_environment(os.environ)
        host = Host(options.socket, store, make_adviser, options.orphaned, notifier.watchdog, options.state_dir)
        notifier.ready("advises the controller")
        structlog.get_logger().info("optimiser.started", socket=str(options.socket), state=str(options.state_dir))
        host.run()
    except _Ended:
        return EX_OK
    except ImportError as error:
        structlog.get_logger().error("optimiser.refused", said=f"{error}: install stopline[adaptive]")
        return EX_UNAVAILABLE
    except Refused as refused:
        structlog.get_logger().error("optimiser.refused", said=f"{options.socket}: {refused.sentence}")
        return int(refused.code)
    return EX_OK


def make_adviser(site: Site) -> Advises:
    """The adaptive layer of a site. It is imported late: with it comes numpy, which the controller never needs.

    Raises:
        ImportError: numpy is not installed.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from edge.adaptive.adviser import Adviser  # noqa: PLC0415 - see above

    adviser = Adviser(site)
    gc.collect()
    gc.freeze()
    return adviser


def _end(_: int, __: FrameType | None) -> NoReturn:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # it is ending already
    raise _Ended


def _lower_priority() -> None:
    """Down to ordinary priority, whoever started this."""
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    with suppress(OSError):
        os.nice(NICE)


def _configure_logs() -> None:
    """One JSON line for each notable thing, on standard output."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
    )
