"""Which approach has the lowest and the highest flow: counted by SUMO itself in one run of the net's own demand."""

from pathlib import Path
from xml.etree import ElementTree as ET

from traffic.net import Signals
from traffic.peers import run, sumo
from traffic.scenarios import FIXED, Scenario
from traffic.sumo_files import write_config


def approaches(scenario: Scenario, signals: Signals, folder: Path) -> dict[str, str]:
    """The edges of the minor and the major approach."""
    config = write_config(folder, scenario, 1, 1.0, scenario.peer(FIXED) if scenario.has(FIXED) else None)
    counts = folder / "edges.xml"
    meter = folder / "meter.add.xml"
    meter.write_text(f'<additional><edgeData id="meter" file="{counts.name}"/></additional>', "utf-8")
    tree = ET.parse(config)
    files = tree.getroot().find("additional-files")
    if files is not None:
        files.set("value", f"{files.get('value')},{meter.name}")
    tree.write(config)
    run([sumo(), "-c", config.name], folder)
    return ranked(counts, {e for link, e in signals.edges.items() if link not in signals.crossings})


def ranked(counts: Path, edges: set[str]) -> dict[str, str]:
    """Of these edges the one that fewest, and the one that most vehicles left; an approach that nobody uses is none."""
    left = {str(e.get("id")): float(e.get("left") or 0) for e in ET.parse(counts).getroot().iter("edge")}
    used = sorted((left.get(e, 0.0), e) for e in edges if left.get(e, 0.0) > 0)
    return {"minor": used[0][1], "major": used[-1][1]}
