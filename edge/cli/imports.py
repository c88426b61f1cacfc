"""`stopline import sumo`: site files from a SUMO network."""

import sys
from argparse import Namespace
from pathlib import Path

from edge.cli.refusal import EX_CANTCREAT, EX_DATAERR, EX_NOINPUT, Refusal
from edge.sim.sumo_import.importer import HEADER, file_names, read_network, site_of, traffic_lights
from edge.sim.sumo_import.net import Network
from edge.sim.sumo_import.problem import NetProblem, NetUnreadable
from edge.sim.sumo_import.timing import Times


def sumo(options: Namespace) -> int:
    """Write a site file for each traffic light asked for; one that cannot be imported is named with its reason."""
    times = Times(options.min_green, options.max_green, options.yellow, options.red)
    if times.max_green < times.min_green:
        raise Refusal(EX_DATAERR, "--max-green is less than --min-green")
    try:
        net = read_network(options.net, options.programs)
        targets = _targets(net, options)
    except NetUnreadable as problem:
        raise Refusal(EX_NOINPUT, f"{problem}.") from problem
    except NetProblem as problem:
        raise Refusal(EX_DATAERR, f"{problem}.") from problem
    refused = 0
    for tls, path in targets.items():
        try:
            text = site_of(net, tls, times, options.net.name)
        except NetProblem as problem:
            print(f"{options.net}: {problem}.", file=sys.stderr)
            refused += 1
            continue
        _write(path, text, force=options.force)
        print(f"{path}: traffic light {tls}")
    return EX_DATAERR if refused else 0


def _targets(net: Network, options: Namespace) -> dict[str, Path]:
    """Which traffic light goes into which file."""
    there = traffic_lights(net)
    listed = ", ".join(there) or "none"
    if not there:
        raise NetProblem(f"{options.net}: there is no traffic light in this network")
    if options.all:
        return {tls: options.out / name for tls, name in file_names(there).items()}
    if options.tls is None and len(there) > 1:
        raise NetProblem(f"{options.net}: there are {len(there)} traffic lights ({listed}) — give --tls ID or --all")
    if options.tls is not None and options.tls not in there:
        raise NetProblem(f"{options.net}: there is no traffic light {options.tls}; there is {listed}")
    return {options.tls or there[0]: options.out}


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        if not force and path.exists() and not path.read_text("utf-8", "replace").startswith(HEADER):
            raise Refusal(EX_CANTCREAT, f"{path} is there and was not written by an import; --force replaces it.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Refusal(EX_CANTCREAT, f"{path} cannot be written: {error.strerror or error}.") from error
