"""From the file of a network to site files."""

import re
from collections.abc import Iterable

from edge.check import check_text
from edge.sim.sumo_import.dual import dual_ring
from edge.sim.sumo_import.lanes import lanes_of
from edge.sim.sumo_import.legs import legs_of
from edge.sim.sumo_import.links import signal_of
from edge.sim.sumo_import.net import Network, read_network
from edge.sim.sumo_import.problem import NetProblem
from edge.sim.sumo_import.stages import single_ring
from edge.sim.sumo_import.timing import Times
from edge.sim.sumo_import.wiring import Imported
from edge.sim.sumo_import.write import HEADER, site_text

__all__ = ["HEADER", "file_names", "read_network", "site_of", "traffic_lights"]

_LONGEST_NAME = 80


def traffic_lights(net: Network) -> tuple[str, ...]:
    """The traffic lights of a network, in order of their ids."""
    return tuple(sorted(net.programs))


def site_of(net: Network, tls: str, times: Times, source: str) -> str:
    """The text of the site file of one traffic light; it passes `stopline check`.

    Raises:
        NetProblem: it cannot be imported, and why.
    """
    signal = signal_of(net, tls)
    legs = legs_of(net, signal)
    layout = dual_ring(net, signal, legs) or single_ring(net, signal)
    text = site_text(Imported(source, signal, layout, lanes_of(net, signal, legs, layout), times))
    checked = check_text(text, tls)
    if not checked.ok:
        raise NetProblem(f"traffic light {tls} gives a site that does not hold: {checked.problems[0].what}")
    return text


def file_names(traffic: Iterable[str]) -> dict[str, str]:
    """A file name for each traffic light: its id, as far as file names go."""
    names: dict[str, str] = {}
    for tls in traffic:
        stem = re.sub(r"[^A-Za-z0-9_-]", "_", tls)[:_LONGEST_NAME] or "tls"
        taken = set(names.values())
        name, count = f"{stem}.yaml", 2
        while name in taken:
            name, count = f"{stem}-{count}.yaml", count + 1
        names[tls] = name
    return names
