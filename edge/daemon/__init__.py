"""The shell: what opens the devices, steps the tick, writes the lamps and feeds the watchdog. See docs/daemon.md."""

from edge.daemon.children import Child
from edge.daemon.options import Console, MakePlant, PlantHook, ReadStatus, RunOptions
from edge.daemon.start import run

__all__ = ["Child", "Console", "MakePlant", "PlantHook", "ReadStatus", "RunOptions", "run"]
