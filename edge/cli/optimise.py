"""`stopline optimise`: the adaptive layer's process; and how `stopline run` starts it where no service manager does."""

import os
import subprocess
import sys
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path

from edge.daemon import Child
from edge.daemon.realtime import is_real_time
from edge.model.adaptive import AdaptiveMode
from edge.model.site import Site

FOLDER = "optimiser"
_LOG = "optimiser.log"


def optimise(options: Namespace) -> int:
    """Run until it is told to end."""
    from edge.optimiser.process import OptimiserOptions, run

    return run(OptimiserOptions(options.socket, options.state))


class OptimiserChild:
    """The process beside a controller in the foreground. Implements `edge.daemon.Child`."""

    def __init__(self, socket: Path, state_dir: Path) -> None:
        self._socket = socket
        self._directory = state_dir / FOLDER

    def wanted(self, site: Site) -> bool:
        """Whether this site has any use for it."""
        return site.adaptive.mode is not AdaptiveMode.OFF

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; its lines go to a file in its own directory, begun anew each time.

        Raises:
            OSError: numpy is not installed, the directory cannot be written, or no process can be started.
        """
        if find_spec("numpy") is None:
            raise OSError(
                "adaptive timing needs numpy: pip install 'stopline[adaptive]'; plain actuation runs without it"
            )
        self._directory.mkdir(parents=True, exist_ok=True)
        command = ["chrt", "--other", "0"] if is_real_time() else []  # its start-up must not hold up the loop
        command += [sys.executable, "-m", "edge.optimiser", "--parent", str(os.getpid())]
        command += ["--socket", str(self._socket.absolute()), "--state", str(self._directory.absolute())]
        with (self._directory / _LOG).open("wb") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603 - our own words


def child(options: Namespace) -> Child | None:
    """The child of `stopline run`; none where a service manager has a unit for it, or where none is wanted."""
    if options.no_optimiser or "NOTIFY_SOCKET" in os.environ:
        return None
    return OptimiserChild(options.socket, options.state)
