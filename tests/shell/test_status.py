"""What is published, rendered: every key from a running daemon, and the sentences a technician reads first."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from structlog.testing import capture_logs

from edge.model.commands import CommandKind
from edge.model.indications import Lamps
from edge.status import render
from edge.status.facts import Entry, Published
from tests.shell.house import SITE, TWO, House, house

PLANNED = SITE.replace("run: free", "run: plan 1")


def _published(folder: Path, site: str = SITE, deed: Callable[[House], object] = lambda _: None) -> Published:
    with house(folder, site) as h:
        h.to_running().run(10)
        deed(h)
        h.run(3)
        return h.published


def test_one_screen_has_everything_a_technician_looks_for(tmp_path: Path) -> None:
    """Mode, phases with reasons, detectors, lamps, devices, loop, faults: and all of it is JSON."""
    said = json.loads(json.dumps(render.status(_published(tmp_path))))
    assert said["sentence"] == "Running free, actuated"
    assert said["mode"] == "run"
    assert [ring["groups"] for ring in said["rings"]] == [[[2], [4]]]
    assert {phase["number"] for phase in said["phases"]} == {2, 4}
    assert all(phase["reason"] for phase in said["phases"])
    assert said["detectors"][0]["input"] == "loops.1"
    assert {channel["number"] for channel in said["outputs"]["channels"]} == {2, 4}
    assert {device["name"]: device["state"] for device in said["devices"]} == {"loops": "up", "cab": "up"}
    assert said["loop"]["late_ms"].keys() == {"p50", "p99", "p999", "worst"}
    assert said["time"]["zone"] == "America/Denver"
    assert said["recent"]


def test_a_plan_is_named_with_its_timer(tmp_path: Path) -> None:
    """The cycle timer counts up to the cycle."""
    said = render.status(_published(tmp_path, PLANNED))
    assert said["sentence"] == "Running plan 1 Always"
    assert said["plan"]["cycle_s"] == 60.0
    assert 0 <= said["plan"]["at_s"] < 60


def test_an_operators_flash_is_told_with_who_and_why(tmp_path: Path) -> None:
    """A warning, not a failure."""
    published = _published(tmp_path, deed=lambda h: (h.ask(CommandKind.FLASH, "crash"), h.run(30)))
    assert render.sentence(published) == "Flash, asked by tester: crash"
    assert render.health_level(published) is render.Level.WARNING
    assert render.status(published)["operator"] == {"flash": {"who": "tester", "why": "crash"}}


def test_a_trip_is_critical_and_the_latch_is_shown(tmp_path: Path) -> None:
    """The first sentence says what to do."""

    def corrupt(h: House) -> None:
        h.mock("cab").corrupt(TWO, Lamps.NONE)

    published = _published(tmp_path, deed=corrupt)
    assert "stopline faults clear" in render.sentence(published)
    assert render.health_level(published) is render.Level.CRITICAL
    latch = render.faults(published)["latch"]
    assert latch["rule"] == "lamp-missing"


def test_the_gravest_fault_is_told_and_the_others_are_counted(tmp_path: Path) -> None:
    """Output before input."""

    def both(h: House) -> None:
        h.mock("loops").drop()
        h.run(2)
        h.mock("cab").drop()

    said = render.sentence(_published(tmp_path, deed=both))
    assert "Output device cab" in said
    assert said.endswith("(and 3 more)")


def test_what_stops_or_runs_degraded_says_so(tmp_path: Path) -> None:
    """Both are warnings."""
    published = _published(tmp_path)
    stopping = replace(published, shell=replace(published.shell, stopping=True))
    degraded = replace(published, shell=replace(published.shell, degraded="site.yaml:5: no"))
    assert render.sentence(stopping).startswith("Stopping: run")
    assert render.sentence(degraded).endswith("degraded: site.yaml:5: no")
    for odd in (stopping, degraded):
        assert render.health_level(odd) is render.Level.WARNING


def test_without_a_clock_there_is_no_time_to_tell(tmp_path: Path) -> None:
    """None, not midnight."""
    assert render.status(replace(_published(tmp_path), local=None))["time"] is None


def test_the_memory_ring_tells_events_by_name_and_notes_in_words() -> None:
    """A code this program does not cause keeps its number."""
    ring = [Entry(0, 1, 2), Entry(100, 999, 3), Entry(200, note="root: flash: crash")]
    green, strange, note = render.entries(ring, "America/Denver")
    assert (green["name"], green["parameter"]) == ("phase_begin_green", 2)
    assert green["at"] == "1969-12-31T17:00:00.000-07:00"
    assert strange["name"] == "event_999"
    assert note["note"] == "root: flash: crash"


def test_greens_are_told_where_nobody_has_a_live_view(tmp_path: Path) -> None:
    """One line a green and one for its end, by the names and codes of the log."""
    with capture_logs() as lines, house(tmp_path, narrate=True) as h:
        h.to_running().run(60)
    told = {line["event"]: line for line in lines}
    assert told["phase.green_began"]["code"] == 1
    assert told["phase.gapped_out"]["phase"] in {2, 4}
    with capture_logs() as lines, house(tmp_path) as h:
        h.to_running().run(60)
    assert not any(line["event"].startswith("phase.") for line in lines)


def test_a_trip_and_its_end_are_told(tmp_path: Path) -> None:
    """The rule and the channels, then that it was cleared."""
    with capture_logs() as lines, house(tmp_path) as h:
        h.to_running()
        h.mock("cab").corrupt(TWO, Lamps.NONE)
        h.run(3)
        h.mock("cab").restore()
        h.run(3)
        h.ask(CommandKind.CLEAR_LATCH, "lamp replaced")
    told = {line["event"]: line for line in lines}
    assert told["monitor.tripped"]["channels"] == [2]
    assert told["monitor.cleared"]["log_level"] == "warning"
