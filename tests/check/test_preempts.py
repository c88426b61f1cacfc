"""Preempts and priorities that cannot work are refused at their place; whole ones are taken over as written."""

import pytest

from edge.check import check_text
from edge.model.detectors import InputRef
from edge.model.preempts import PedBounds, Preempt, PreemptKind, PriorityLimits, TrackClearance
from edge.model.units import PhaseNumber, PlanNumber, PreemptNumber, PriorityNumber
from tests.config.examples import DUAL, edit


def site_with(section: str) -> str:
    return edit(DUAL, ("\nflash:\n", f"\n{section}\nflash:\n"))


def said(section: str) -> list[str]:
    return [f"{p.path}: {p.what} — {p.write}" for p in check_text(site_with(section), "f").problems]


def preempt(keys: str) -> str:
    return f"preempts: {{1: {{input: cab.9, kind: fire, {keys}}}}}"


def priority(keys: str) -> str:
    return f"priority: {{1: {{input: cab.9, phases: [2, 6], {keys}}}}}"


CONFLICT = "conflict and cannot be green together — keep one of them, or phases of different rings in one barrier group"
BROKEN = [
    (
        preempt("dwell: [2, 9]"),
        ["preempts.1.dwell.1: this intersection has no phase 9 — name a phase of the rings, or remove it"],
    ),
    (preempt("dwell: [2, 4]"), [f"preempts.1.dwell: phases 2 and 4 {CONFLICT}"]),
    (
        preempt("dwell: [2], track_green: {phases: [3, 4], seconds: 9}"),
        [f"preempts.1.track_green.phases: phases 3 and 4 {CONFLICT}"],
    ),
    (preempt("dwell: [2], exit_to: [1, 2]"), [f"preempts.1.exit_to: phases 1 and 2 {CONFLICT}"]),
    (preempt("delay: 1"), ["preempts.1: preempt 1 has neither dwell nor cycling phases — add dwell: [2, 6]"]),
    (
        preempt("dwell: [2], cycling: [2]"),
        ["preempts.1.cycling: preempt 1 has dwell and cycling phases — keep one of the two"],
    ),
    (
        preempt("dwell: [2], track_green: {phases: [], seconds: 9}"),
        ["preempts.1.track_green.phases: no phase leads off the tracks — name at least one"],
    ),
    (
        preempt("dwell: [2], track_green: {phases: [3], seconds: 9, gate: cab.10, gate_max: 8}"),
        ["preempts.1.track_green.gate_max: preempt 1 waits for its gate 8 s, less than its track green — at least 9"],
    ),
    (preempt("dwell: [2], link: 2"), ["preempts.1.link: there is no preempt 2 — name one of preempts"]),
    (
        preempt("dwell: [2], link: 1"),
        ["preempts.1.link: the links lead from preempt 1 back to itself — remove one of them"],
    ),
    (
        preempt("dwell: [2], entry: {walk: 6, ped_clear: 8}"),
        [
            (
                "preempts.1.entry.walk: preempt 1 leaves 6 s of walk, the card wants 7 s — "
                "at least 7, or lower conflicts.min_walk with the engineer's consent"
            ),
            (
                "preempts.1.entry.ped_clear: preempt 1 leaves 8 s of ped_clear, the card wants 14 s — "
                "at least 14, or lower conflicts.min_ped_clearance with the engineer's consent"
            ),
        ],
    ),
    (
        "preempts: {1: {input: nowhere.9, kind: fire, dwell: [2]}}",
        [
            (
                "preempts.1.input: preempt 1 is wired to 'nowhere', which is no device — "
                "name one of io: loops, buttons, cab"
            )
        ],
    ),
    (
        "preempts: {1: {input: loops.1, kind: fire, dwell: [2]}}",
        [
            (
                "preempts.1.input: preempt 1 is wired to loops.1, which already is detector 1 — "
                "give it a terminal of its own"
            )
        ],
    ),
    (
        priority("least: {4: 7}"),
        ["priority.1.least.4: phase 4 would keep 7 s, less than its min_green 8 s — at least 8"],
    ),
    (
        priority("least: {9: 7}"),
        ["priority.1.least.9: this intersection has no phase 9 — name a phase of phases"],
    ),
    (
        priority("least: {2: 20}"),
        ["priority.1.least.2: phase 2 is asked for and cannot be shortened for it — name others than 2 and 6"],
    ),
    (priority("plans: {9: none}"), ["priority.1.plans.9: there is no plan 9 — name a plan"]),
    (
        priority("plans: {1: {least: {4: 7}}}"),
        ["priority.1.plans.1.least.4: phase 4 would keep 7 s, less than its min_green 8 s — at least 8"],
    ),
]


@pytest.mark.parametrize(("section", "problems"), BROKEN)
def test_what_cannot_work_is_said_at_its_place(section: str, problems: list[str]) -> None:
    assert said(section) == problems


def test_a_railway_without_track_clearance_is_a_warning() -> None:
    checked = check_text(site_with("preempts: {1: {input: cab.9, kind: rail, dwell: [2]}}"), "f")
    assert checked.site is not None
    assert [w.path for w in checked.warnings] == ["preempts.1"]


def test_links_that_end_are_no_problem() -> None:
    two = "preempts: {1: {input: cab.9, kind: fire, dwell: [2], link: 2}, 2: {input: cab.10, kind: fire, dwell: [4]}}"
    assert said(two) == []


def test_a_whole_preempt_and_a_whole_priority_are_taken_over_in_milliseconds() -> None:
    site = check_text(
        site_with(
            "preempts: {2: {input: cab.9, kind: rail, invert: true, lock: false, delay: 3, entry: {walk: 7, ped_clear: 14},"
            " track_green: {phases: [3, 8], seconds: 12, gate: cab.10, gate_max: 30}, cycling: [2, 6], min_dwell: 5,"
            " min_duration: 20, max_call: 600, exit_to: [4, 8]}}\n"
            "priority: {1: {input: cab.11, phases: [2, 6], extend: 10, least: {4: 9}, plans: {2: none, 3: {extend: 4}},"
            " delay: 1, max_request: 90, lockout: 60}}"
        ),
        "f",
    ).site
    assert site is not None
    assert site.preempts[PreemptNumber(2)] == Preempt(
        PreemptNumber(2),
        PreemptKind.RAIL,
        InputRef("cab", "9"),
        inverted=True,
        locking=False,
        delay_ms=3_000,
        entry=PedBounds(7_000, 14_000),
        track=TrackClearance((PhaseNumber(3), PhaseNumber(8)), 12_000, InputRef("cab", "10"), 30_000),
        cycling=(PhaseNumber(2), PhaseNumber(6)),
        min_dwell_ms=5_000,
        min_duration_ms=20_000,
        max_presence_ms=600_000,
        exit_phases=(PhaseNumber(4), PhaseNumber(8)),
    )
    tram = site.priorities[PriorityNumber(1)]
    assert tram.limits == PriorityLimits(10_000, {PhaseNumber(4): 9_000})
    assert tram.by_plan == {PlanNumber(2): None, PlanNumber(3): PriorityLimits(4_000, {})}
    assert (tram.delay_ms, tram.max_request_ms, tram.lockout_ms) == (1_000, 90_000, 60_000)
    assert site.wires == (InputRef("cab", "9"), InputRef("cab", "10"), InputRef("cab", "11"))
