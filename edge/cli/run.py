"""`stopline run`: the daemon, with the built-in street and a live view where they are asked for."""

import sys
from argparse import Namespace
from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING

from drivers.base import OpenDevice
from edge.cli.foreground import own_foreground
from edge.cli.live import Terminal
from edge.cli.optimise import child
from edge.cli.simulate import demand_asked
from edge.daemon import MakePlant, PlantHook, RunOptions
from edge.daemon import run as run_daemon
from edge.model.site import Site

if TYPE_CHECKING:
    from edge.sim.demand import Demand


def run(options: Namespace) -> int:
    """Run until a signal or the duration ends it."""
    live = options.simulated and not options.plain and sys.stdout.isatty()
    asked = RunOptions(
        config=options.config,
        state_dir=options.state,
        socket=options.socket,
        duration_s=options.duration,
        plant=_street(demand_asked(options), options.seed) if options.simulated else None,
        console=Terminal(sys.stdout) if live else None,
        journal=options.journal,
        narrate=options.simulated and not live,
        debug=options.debug,
        child=child(options),
    )
    with own_foreground(sys.stdout) if live else nullcontext():
        return run_daemon(asked)


def _street(demand: "Demand", seed: int) -> MakePlant:
    def make(site: Site, opened: Mapping[str, OpenDevice]) -> PlantHook:
        from edge.sim.feed import PlantFeed, mocks_of
        from edge.sim.traffic import Plant

        return PlantFeed(site, Plant(site, demand, seed), mocks_of(opened.values()))

    return make
