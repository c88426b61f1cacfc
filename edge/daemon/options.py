"""What the daemon is asked to do, and the two things that may be plugged into it from the floor above."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from drivers.base import OpenDevice
from edge.daemon.children import Child
from edge.model.site import Site
from edge.model.units import Ms

ReadStatus: TypeAlias = Callable[[], dict[str, Any] | None]
"""Renders the last published status, as the verb `status` does; None before the first tick. From any thread."""


class PlantHook(Protocol):
    """A street that is not there: it reads the lamps of the mock devices and sets their inputs (`edge.sim.feed`)."""

    def step(self, now: Ms) -> None:
        """Move the traffic on to `now`. Called at the start of every tick, in the loop's thread; must be quick."""


class Console(Protocol):
    """A live view in the daemon's own terminal."""

    def start(self, read: ReadStatus) -> None:
        """Begin to show what `read` gives, from a thread of its own."""

    def stop(self) -> None:
        """Leave the terminal as it was found."""


MakePlant: TypeAlias = Callable[[Site, Mapping[str, OpenDevice]], PlantHook]
"""Makes the street of a simulated run, from the site and its opened (mock) devices. Called once: a reload changes the
controller, not the street."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """One run of the daemon.

    `plant`: makes the street of a simulated run; with it every device is a mock and nothing real is driven.
    `duration_s`: stop by itself, through clearance to flash. `journal`: keep the input journal. `narrate`: a log line for
    every green, for a terminal without a live view. `debug`: log lines of debug level too. `child`: a process to be kept beside
    the controller while it runs.
    """

    config: Path
    state_dir: Path
    socket: Path
    duration_s: float | None = None
    plant: MakePlant | None = None
    console: Console | None = None
    journal: bool = False
    narrate: bool = False
    debug: bool = False
    child: Child | None = None

    @property
    def simulated(self) -> bool:
        """Whether the street is a plant."""
        return self.plant is not None
