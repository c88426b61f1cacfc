"""The sumocfg of one run: the same options for everybody, and the outputs that the benchmark reads afterwards."""

from pathlib import Path
from xml.etree import ElementTree as ET

from traffic.scenarios import OPTIONS, Scenario

TRIPS, STATES, SUMMARY, STATISTICS = "tripinfo.xml", "states.xml", "summary.xml", "statistics.xml"
SAVER = "saver.add.xml"


def write_config(folder: Path, scenario: Scenario, seed: int, scale: float, program: Path | None = None) -> Path:
    """Write `run.sumocfg` and what it needs into the folder; the path of the configuration.

    Names are relative to the folder: SUMO's result depends a little on where its memory lies, and that on the length of names
    (one seed of cologne1: 36.5 or 37.3 s). So every run of a seed sees the same names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    saver = ET.Element("additional")
    ET.SubElement(saver, "timedEvent", type="SaveTLSStates", source=scenario.tls, dest=STATES)
    ET.ElementTree(saver).write(folder / SAVER)
    files = [*scenario.additional, *([program] if program else []), SAVER]
    wanted = {
        "net-file": str(scenario.net),
        "route-files": str(scenario.route(seed)),
        "additional-files": ",".join(map(str, files)),
        "begin": str(scenario.begin),
        "end": str(scenario.end),
        "seed": str(seed),
        "scale": str(scale),
        **OPTIONS,
        "tripinfo-output": TRIPS,
        "tripinfo-output.write-unfinished": "true",
        "tripinfo-output.write-undeparted": "true",
        "summary-output": SUMMARY,
        "statistic-output": STATISTICS,
        "no-step-log": "true",
        "no-warnings": "true",
        "duration-log.disable": "true",
    }
    if scale == 1:
        del wanted["scale"]
    root = ET.Element("configuration")
    for key, value in wanted.items():
        ET.SubElement(root, key, value=value)
    path = folder / "run.sumocfg"
    ET.ElementTree(root).write(path)
    return path
