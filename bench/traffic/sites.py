"""Our site files of the scenarios: imported from the net as a user would, and changed where a case asks for it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from traffic.peers import run
from traffic.scenarios import Scenario


def import_site(stopline: str, scenario: Scenario, path: Path) -> Path:
    """`stopline import sumo` with the common conditions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    least = scenario.least
    options = ["--min-green", f"{least.green:g}", "--max-green", "50", "--yellow", f"{least.yellow:g}"]
    run(
        [
            stopline,
            "import",
            "sumo",
            str(scenario.net),
            "--tls",
            scenario.tls,
            *options,
            "--red",
            f"{least.red:g}",
            "-o",
            str(path),
        ]
    )
    return path


def detectors_of(site: Mapping[str, Any], edge: str) -> list[int]:
    """Every detector of the approach that ends in a SUMO edge, at the stop line and upstream, by the site's own lanes.

    With the zones that these loops stand in for.
    """
    lanes = list((site.get("lanes") or {}).values())
    loops = {int(n): _places(places) for n, places in ((site.get("sumo") or {}).get("loops") or {}).items()}
    here = {
        lane["approach"]
        for lane in lanes
        if any(place.rsplit("_", 1)[0] == edge for n in _numbers(lane, "stopbar") for place in loops.get(n, ()))
    }
    found = {
        n
        for lane in lanes
        if lane["approach"] in here
        for n in (*_numbers(lane, "stopbar"), *_numbers(lane, "advance"))
    }
    rows = site.get("detectors") or {}
    zones = {
        int(n) for n, row in rows.items() if str(row.get("move", "")).endswith(" zone") and int(row["partner"]) in found
    }
    return sorted(found | zones)


def _places(rows: Any) -> list[str]:  # noqa: ANN401 - YAML
    return [str(row["lane"]) for row in (rows if isinstance(rows, list) else [rows])]


def _numbers(lane: Mapping[str, Any], key: str) -> list[int]:
    return [int(n) for n in lane.get(key) or ()]


def without_advance(text: str) -> str:
    """The site file without its advance loops and zones: the rows are taken out of the file's own nodes, all else stays as
    written, but stop-bar loops hold the green for the zones that they stood in for."""
    root = yaml.compose(text)
    gone: set[str] = set()
    for lane in _children(_child(root, "lanes")):
        row = _child(lane, "advance")
        gone |= {item.value for item in row.value} if row is not None else set()
        _drop(lane, {"advance", "advance_m"})
    detectors = _child(root, "detectors")
    zones = {name.value for name, row in (detectors.value if detectors is not None else ()) if _is_zone(row)}
    gone |= zones
    _drop(detectors, gone)
    for row in _children(detectors):
        alone = any(name.value == "partner" and value.value in zones for name, value in row.value)
        row.value = [
            (name, value)
            for name, value in row.value
            if not (name.value == "partner" and value.value in gone) and not (alone and name.value == "extends")
        ]
    _drop(_child(_child(root, "sumo"), "loops"), gone)
    return yaml.serialize(root)


def _is_zone(row: Any) -> bool:  # noqa: ANN401 - PyYAML's nodes
    move = _child(row, "move")
    return move is not None and move.value.endswith(" zone")


def _child(node: Any, key: str) -> Any:  # noqa: ANN401 - PyYAML's nodes
    if node is None:
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _children(node: Any) -> Iterable[Any]:  # noqa: ANN401 - PyYAML's nodes
    return [value for _, value in node.value] if node is not None else []


def _drop(node: Any, keys: set[str]) -> None:  # noqa: ANN401 - PyYAML's nodes
    if node is not None:
        node.value = [(name, value) for name, value in node.value if name.value not in keys]
