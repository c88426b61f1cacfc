"""docs/site-file.md names every setting, and no other."""

import re
from pathlib import Path

import pytest

from edge.config.not_yet import NOT_YET
from edge.config.validate import keys_at

PAGE = (Path(__file__).parents[2] / "docs" / "site-file.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"(?ms)^#+ ([^\n]+)\n(.*?)(?=^#+ |\Z)", PAGE))

PLACES: dict[str, tuple[str | int, ...]] = {
    "The file": (),
    "intersection": ("intersection",),
    "intersection.location": ("intersection", "location"),
    "intersection.main_street": ("intersection", "main_street"),
    "intersection.sheet": ("intersection", "sheet"),
    "options": ("options",),
    "phases": ("phases", 1),
    "phases.volume_density": ("phases", 1, "volume_density"),
    "phases.dynamic_max": ("phases", 1, "dynamic_max"),
    "overlaps": ("overlaps", "A"),
    "driver: modbus": ("io", "x", "modbus"),
    "inputs": ("io", "x", "modbus", "inputs"),
    "driver: serial": ("io", "x", "serial"),
    "driver: mock": ("io", "x", "mock"),
    "driver: replay": ("io", "x", "replay"),
    "detectors": ("detectors", 1),
    "ped_buttons": ("ped_buttons", 1),
    "inputs, the general-purpose wires": ("inputs", 1),
    "detector_faults": ("detector_faults",),
    "channels": ("channels", 1),
    "ped_overlaps": ("ped_overlaps", 1),
    "conflicts": ("conflicts",),
    "conflicts.channels": ("conflicts", "channels", 1),
    "plans": ("plans", 1),
    "coordination": ("coordination",),
    "schedule": ("schedule", 0),
    "day_plans": ("day_plans", 1, 0),
    "weeks": ("weeks", 0),
    "exceptions": ("exceptions", 0),
    "fallback": ("fallback",),
    "fallback.when": ("fallback", "when"),
    "preempts": ("preempts", 1),
    "preempts.entry": ("preempts", 1, "entry"),
    "preempts.track_green": ("preempts", 1, "track_green"),
    "priority": ("priority", 1),
    "priority.plans": ("priority", 1, "plans", 1),
    "flash": ("flash",),
    "flash.startup": ("flash", "startup"),
    "event_log": ("event_log",),
    "adaptive": ("adaptive",),
    "adaptive.act_unproved": ("adaptive", "act_unproved"),
    "adaptive.windows": ("adaptive", "windows", 0),
    "lanes": ("lanes", "N1"),
    "lanes.movements": ("lanes", "N1", "movements", 0),
    "sumo": ("sumo",),
    "sumo.loops": ("sumo", "loops", 1, 0),
}


def keys_of(section: str) -> list[str]:
    return re.findall(r"(?m)^\| `([^`]+)` \|", SECTIONS[section])


@pytest.mark.parametrize("section", PLACES)
def test_a_section_of_the_page_has_the_settings_of_the_reader(section: str) -> None:
    known = keys_at(PLACES[section])
    assert known
    assert keys_of(section) == list(known)


def test_overrides_and_their_rows_are_on_the_page() -> None:
    assert keys_of("overrides") == [*keys_at(("overrides",)), *keys_at(("overrides", "yellow_below_3"))]


def test_what_cannot_be_served_is_listed_by_name() -> None:
    assert keys_of("Known, and not served by this version") == [".".join(pattern) for pattern in NOT_YET]


def test_an_unknown_place_has_no_settings() -> None:
    assert keys_at(("phases", 1, "yellow", "x")) == ()
    assert keys_at(("nowhere",)) == ()
