"""Loops that are not heard after a start, and the plan recall: whom nobody sees is served as the fall-back plan would."""

from dataclasses import replace

from edge.control.bank import plan_greens_ms
from edge.model.detectors import DetectorKind, DetectorLimits, OnFault
from edge.model.events import EventCode as E
from edge.model.phases import Recall
from edge.model.site import Site
from edge.model.units import DetectorNumber, PhaseNumber
from tests import builders
from tests.control.scenario import Scenario

AFTER = 120_000
FOUR = DetectorNumber(4)


def two_phase(limits: DetectorLimits, **changes: object) -> Site:
    site = builders.two_phase()
    four = replace(site.detectors[FOUR], limits=limits, **changes)  # type: ignore[arg-type]
    return replace(site, detectors={**site.detectors, FOUR: four})


def unseen(on_fault: OnFault = OnFault.PLAN_RECALL) -> Site:
    return two_phase(DetectorLimits(60_000, 0, 0, on_fault=on_fault, unseen_ms=AFTER))


def test_a_phase_whose_loop_has_not_been_heard_since_the_start_is_served_again_and_again_for_its_split() -> None:
    s = Scenario(unseen()).wait(240)
    assert s.phase(4).recall is Recall.MIN
    since = s.now
    s.occupy(2).wait(180)
    lasted = (plan_greens_ms(s.site)[PhaseNumber(4)]) / 1000
    begun, ended = s.times(E.PHASE_BEGIN_GREEN, 4, since), s.times(E.PHASE_GREEN_TERMINATION, 4, since)
    assert len(begun) >= 2
    assert not s.standing()
    first = begun[0]
    assert min(t for t in ended if t > first) - first >= 1000 * lasted


def test_before_its_time_and_without_the_key_nothing_is_recalled() -> None:
    assert Scenario(unseen()).wait(100).phase(4).recall is Recall.NONE
    plain = two_phase(DetectorLimits(60_000, 0, 0, on_fault=OnFault.PLAN_RECALL))
    assert Scenario(plain).wait(240).phase(4).recall is Recall.NONE


def test_the_first_vehicle_ends_it_and_is_served_as_any_other() -> None:
    s = Scenario(unseen()).wait(240)
    s.occupy(4).step()
    assert s.phase(4).recall is Recall.NONE
    s.wait(60).leave(4).wait(40)
    assert s.times(E.DETECTOR_ON, 4)
    calm = s.now
    s.wait(200)
    assert not s.times(E.PHASE_BEGIN_GREEN, 4, calm)


def test_a_stuck_loop_under_a_plan_recall_has_its_split_and_not_its_maximum() -> None:
    s = Scenario(two_phase(DetectorLimits(60_000, 0, 0, on_fault=OnFault.PLAN_RECALL))).drain()
    s.occupy(2, 4).wait(90)
    since = s.now
    s.wait(240)
    split_ms = plan_greens_ms(s.site)[PhaseNumber(4)]
    begun, ended = s.times(E.PHASE_BEGIN_GREEN, 4, since), s.times(E.PHASE_GREEN_TERMINATION, 4, since)
    lasted = [min(t for t in ended if t > b) - b for b in begun if ended[-1] > b]
    assert lasted
    assert set(lasted) == {split_ms}
    assert split_ms < s.site.phases[PhaseNumber(4)].max_green_ms


def test_behind_an_advance_loop_that_stands_in_a_phase_without_memory_is_recalled_all_the_same() -> None:
    site = two_phase(
        DetectorLimits(60_000, 0, 0, on_fault=OnFault.PLAN_RECALL, unseen_ms=AFTER), partner=DetectorNumber(5)
    )
    advance = replace(site.detectors[FOUR], number=DetectorNumber(5), kind=DetectorKind.ADVANCE, partner=None,
                      limits=DetectorLimits(0, 0, 0))  # fmt: skip
    phases = {n: replace(p, locking=False) for n, p in site.phases.items()}
    for locking in (False, True):
        rows = phases if not locking else site.phases
        s = Scenario(replace(site, phases=rows, detectors={**site.detectors, advance.number: advance})).wait(240)
        assert s.phase(4).recall is (Recall.NONE if locking else Recall.MIN)
