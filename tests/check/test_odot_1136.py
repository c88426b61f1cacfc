"""The derived site file of signal 1136 agrees with the log it was derived from."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from pathlib import Path
from statistics import median

import pytest

from edge.check import check_file
from edge.model.events import EventCode
from edge.model.site import Site
from edge.model.units import DetectorNumber, PhaseNumber
from tests.config.examples import FOLDER

DATA = Path(__file__).parents[2].parent / "shared" / "data"
LOG = DATA / "odot-1136-2024-04-15.csv"

pytestmark = pytest.mark.skipif(not LOG.exists(), reason="the recorded log is not part of this repository")

Spans = dict[int, list[tuple[float, float]]]


@pytest.fixture(scope="module")
def site() -> Site:
    checked = check_file(FOLDER / "odot-1136.yaml")
    assert checked.site is not None
    return checked.site


@pytest.fixture(scope="module")
def events() -> list[tuple[float, int, int]]:
    with LOG.open(newline="", encoding="utf-8") as stream:
        return [
            (datetime.fromisoformat(row["TimeStamp"]).timestamp(), int(row["EventId"]), int(row["Parameter"]))
            for row in csv.DictReader(stream)
        ]


def spans(events: list[tuple[float, int, int]], on: EventCode, off: EventCode) -> Spans:
    began: dict[int, float] = {}
    found: Spans = defaultdict(list)
    for at, code, number in events:
        if code == on:
            began[number] = at
        elif code == off and number in began:
            found[number].append((began.pop(number), at))
    return found


def lengths(found: Spans, phase: int) -> list[int]:
    return [round((end - start) * 1000) for start, end in found[phase]]


def test_every_detector_and_button_of_the_log_is_configured(site: Site, events: list[tuple[float, int, int]]) -> None:
    assert set(site.detectors) == {n for _, code, n in events if code == EventCode.DETECTOR_ON}
    assert set(site.buttons) == {n for _, code, n in events if code == EventCode.PED_DETECTOR_ON}
    assert len(site.detectors) == 23


def test_published_detectors_have_their_published_phase(site: Site) -> None:
    with (DATA / "odot-1136-detectors.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            assert site.detectors[DetectorNumber(int(row["Parameter"]))].phase == int(row["Phase"])


def test_the_phases_of_the_log_are_those_of_the_rings(site: Site, events: list[tuple[float, int, int]]) -> None:
    green = spans(events, EventCode.PHASE_BEGIN_GREEN, EventCode.PHASE_GREEN_TERMINATION)
    assert set(green) == set(site.phases)
    for a, b in combinations(sorted(green), 2):
        together = any(x[0] < y[1] and y[0] < x[1] for x in green[a] for y in green[b])
        assert together == site.sequence.concurrent(PhaseNumber(a), PhaseNumber(b)), (a, b)


def test_clearances_and_minimums_are_those_of_the_log(site: Site, events: list[tuple[float, int, int]]) -> None:
    yellow = spans(events, EventCode.PHASE_BEGIN_YELLOW, EventCode.PHASE_END_YELLOW)
    red = spans(events, EventCode.PHASE_BEGIN_RED_CLEARANCE, EventCode.PHASE_END_RED_CLEARANCE)
    minimum = spans(events, EventCode.PHASE_BEGIN_GREEN, EventCode.PHASE_MIN_COMPLETE)
    for number, phase in site.phases.items():
        assert set(lengths(yellow, number)) == {phase.yellow_ms}
        assert set(lengths(red, number)) == {phase.red_clear_ms}
        assert min(lengths(minimum, number)) == phase.min_green_ms
        assert median(lengths(minimum, number)) == phase.min_green_ms


def test_the_walk_is_that_of_the_log(site: Site, events: list[tuple[float, int, int]]) -> None:
    walk = spans(events, EventCode.PED_BEGIN_WALK, EventCode.PED_BEGIN_CLEARANCE)
    clearance = spans(events, EventCode.PED_BEGIN_CLEARANCE, EventCode.PED_BEGIN_DONT_WALK)
    walked = {n: p.ped for n, p in site.phases.items() if p.ped}
    assert set(walked) == set(walk) == set(clearance)
    for number, ped in walked.items():
        assert set(lengths(walk, number)) == {ped.walk_ms}
        assert set(lengths(clearance, number)) == {ped.clearance_ms}


def _calls_at_once(events: list[tuple[float, int, int]], detector: int, phase: int) -> Iterator[bool]:
    """For each actuation on red without a standing call: whether the call came within 0.2 s."""
    calls = spans(events, EventCode.PHASE_CALL_REGISTERED, EventCode.PHASE_CALL_DROPPED)[phase]
    green = spans(events, EventCode.PHASE_BEGIN_GREEN, EventCode.PHASE_GREEN_TERMINATION)[phase]
    for at, code, number in events:
        if code != EventCode.DETECTOR_ON or number != detector:
            continue
        if any(a <= at <= b for a, b in green) or any(a < at - 0.05 < b for a, b in calls):
            continue
        yield any(at - 0.05 <= a <= at + 0.2 for a, _ in calls)


@pytest.mark.parametrize("number", [2, 8, 9, 15, 16, 17, 18, 25, 26, 27])
def test_detectors_that_call_did_call_in_the_log(site: Site, events: list[tuple[float, int, int]], number: int) -> None:
    detector = site.detectors[DetectorNumber(number)]
    called = list(_calls_at_once(events, number, detector.phase))
    assert detector.calls
    assert sum(called) > 0.9 * len(called) > 20


@pytest.mark.parametrize("number", [3, 4, 19, 20, 24, 37, 42, 46, 57, 58, 59])
def test_detectors_that_do_not_call_did_not_in_the_log(
    site: Site, events: list[tuple[float, int, int]], number: int
) -> None:
    detector = site.detectors[DetectorNumber(number)]
    called = list(_calls_at_once(events, number, detector.phase))
    assert not detector.calls
    assert sum(called) <= 0.25 * max(len(called), 8)
