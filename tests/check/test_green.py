"""Green times that do not fit together are refused at their place; a whole set of them is taken over as written."""

import pytest

from edge.check import check_text
from edge.check.green import RULES
from edge.model.phases import AddedInitial, DynamicMax, GapReduction
from edge.model.units import DetectorNumber, PhaseNumber
from tests.config.examples import DUAL, edit

Change = tuple[str, str]


def said(text: str) -> list[str]:
    return [f"{p.path}: {p.what} — {p.write}" for p in check_text(text, "f").problems]


def phase_2(keys: str) -> str:
    return edit(DUAL, ("2: {move: EBT, ", f"2: {{move: EBT, {keys}, "))


BROKEN = [
    (
        phase_2("volume_density: {min_gap: 3.1, time_to_reduce: 10}"),
        "phases.2.volume_density.min_gap: phase 2: min_gap 3.1 s is longer than passage 3 s — at most 3",
    ),
    (
        phase_2("volume_density: {added_per_actuation: 1.5, max_initial: 9}"),
        (
            "phases.2.volume_density.max_initial: phase 2: max_initial 9 s is shorter than min_green 10 s, "
            "so nothing is added — over 10"
        ),
    ),
    (
        phase_2("volume_density: {added_per_actuation: 1.5, max_initial: 46}"),
        "phases.2.volume_density.max_initial: phase 2: max_initial 46 s is longer than max_green 45 s — at most 45",
    ),
    (
        phase_2("volume_density: {added_per_actuation: 1.5}"),
        (
            "phases.2.volume_density: phase 2 adds initial green for each vehicle and has no longest one — "
            "add max_initial"
        ),
    ),
    (
        phase_2("guaranteed_passage: true"),
        (
            "phases.2.guaranteed_passage: phase 2 guarantees the passage, and no gap of it is reduced — "
            "add volume_density with min_gap, or remove it"
        ),
    ),
    (
        edit(
            phase_2("volume_density: {added_per_actuation: 1.5, max_initial: 20}"),
            ("12: {input: loops.12, phase: 2, kind: advance,", "12: {input: loops.12, phase: 2, kind: stopbar,"),
        ),
        (
            "phases.2.volume_density: phase 2 adds initial green, and no detector of it counts vehicles — "
            "set adds_initial: true on one, best an advance or count loop of every lane"
        ),
    ),
    (
        phase_2("max_green_2: 9"),
        "phases.2.max_green_2: phase 2: max_green_2 9 s is shorter than min_green 10 s — at least 10",
    ),
    (
        phase_2("max_green_3: 9"),
        "phases.2.max_green_3: phase 2: max_green_3 9 s is shorter than min_green 10 s — at least 10",
    ),
    (
        phase_2("dynamic_max: {limit: 9, step: 5}"),
        "phases.2.dynamic_max.limit: phase 2: limit 9 s is shorter than min_green 10 s — at least 10",
    ),
    (
        edit(DUAL, ("1: {move: WBL, ", "1: {move: WBL, conditional_service: true, ")),
        (
            "phases.1.conditional_service: phase 1 has no earlier phase of its ring to serve while it waits at a barrier — "
            "remove it"
        ),
    ),
    (
        phase_2("conditional_reservice: true"),
        (
            "phases.2.conditional_reservice: phase 2 has conditional_reservice and no conditional_service — "
            "add conditional_service: true"
        ),
    ),
    (
        edit(DUAL, ("1:  {input: loops.1,  phase: 1, ", "1:  {input: loops.1,  phase: 1, switch_phase: 9, ")),
        (
            "detectors.1.switch_phase: detector 1 switches to phase 9, which this intersection does not have — "
            "name a phase of phases"
        ),
    ),
    (
        edit(DUAL, ("1:  {input: loops.1,  phase: 1, ", "1:  {input: loops.1,  phase: 1, switch_phase: 1, ")),
        "detectors.1.switch_phase: detector 1 switches to its own phase — name another phase, or remove it",
    ),
]


@pytest.mark.parametrize(("text", "problem"), BROKEN)
def test_what_does_not_fit_is_one_problem_at_its_place(text: str, problem: str) -> None:
    assert said(text) == [problem]


def test_every_rule_of_green_times_is_broken_above() -> None:
    assert len(RULES) == 5


def test_a_whole_set_of_green_times_is_taken_over_in_milliseconds() -> None:
    density = (
        "volume_density: {added_per_actuation: 1.5, max_initial: 24, time_before_reduction: 15, cars_before_reduction: 8, "
        "time_to_reduce: 20, reduce_by: 0.5, min_gap: 2.0}"
    )
    keys = f"{density}, max_green_2: 60, max_green_3: 70, dynamic_max: {{limit: 65, step: 5}}, red_revert: 3"
    text = phase_2(f"{keys}, guaranteed_passage: true, conditional_service: true, conditional_reservice: true")
    text = edit(
        text, ("1:  {input: loops.1,  phase: 1, ", "1:  {input: loops.1,  phase: 1, switch_phase: 6, queue_limit: 9, ")
    )
    site = check_text(text, "f").site
    assert site is not None
    phase, detectors = site.phases[PhaseNumber(2)], site.detectors
    assert phase.added_initial == AddedInitial(1_500, 24_000)
    assert phase.gap_reduction == GapReduction(15_000, 8, 20_000, 2_000, 500)
    assert phase.dynamic_max == DynamicMax(65_000, 5_000)
    assert (phase.max_green_2_ms, phase.max_green_3_ms, phase.red_revert_ms) == (60_000, 70_000, 3_000)
    assert (phase.guaranteed_passage, phase.conditional_service, phase.conditional_reservice) == (True, True, True)
    assert (phase.longest_max_ms, phase.longest_initial_ms) == (70_000, 24_000)
    assert detectors[DetectorNumber(12)].adds_initial
    assert not detectors[DetectorNumber(2)].adds_initial
    assert (detectors[DetectorNumber(1)].switch_phase, detectors[DetectorNumber(1)].queue_limit_ms) == (6, 9_000)
