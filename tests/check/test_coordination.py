"""Coordinated plans: each slip is one problem with what to write; what is meant is read."""

import pytest

from edge.check import check_text
from edge.model.coordination import Correction, ForceOffMode, OffsetReference, ReferencePhase, SplitMode
from edge.model.site import Site
from edge.model.units import PlanNumber
from tests import builders
from tests.config.examples import DUAL, MINIMAL, edit


def said(text: str) -> list[str]:
    return [f"{p.path}: {p.what} — {p.write}" for p in check_text(text, "f").problems]


def site_of(text: str) -> Site:
    checked = check_text(text, "f")
    assert checked.site is not None, checked.report()
    return checked.site


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "offset: 25, coordinated: [2, 6]",
            "offset: 25, coordinated: [2, 9]",
            "plans.4.coordinated: this intersection has no phase 9 — name a phase of the rings, or remove it",
        ),
        (
            "offset: 25, coordinated: [2, 6]",
            "offset: 25, coordinated: [2, 8]",
            (
                "plans.4.coordinated: phases 2 and 8 conflict and cannot be coordinated together — "
                "name one phase a ring, in one barrier group"
            ),
        ),
        (
            "offset: 25, coordinated: [2, 6]",
            "offset: 25, coordinated: [2]",
            "plans.4.coordinated: ring 2 has no coordinated phase — name one phase a ring, in one barrier group",
        ),
        (
            "offset: 25,",
            "offset: 100,",
            "plans.4.offset: plan 4: offset 100 s is not within the cycle of 100 s — write 0",
        ),
        (
            "modes: {4: min-recall}",
            "modes: {2: max-recall}",
            "plans.5.modes.2: phase 2 is coordinated: it is served in every cycle and held to its yield point — remove it",
        ),
        (
            "modes: {4: min-recall}",
            "modes: {9: omit}",
            "plans.5.modes.9: this intersection has no phase 9 — remove it",
        ),
        (
            "modes: {4: min-recall}",
            "modes: {5: ped-recall}",
            "plans.5.modes.5: phase 5 has no walk — write min-recall or max-recall, or add walk and ped_clear to the phase",
        ),
        (
            "cycle: 110, offset: 10, splits: {1: 18",
            "cycle: 110, offset: 10, modes: {4: omit}, splits: {1: 18",
            (
                "plans.2.modes.4: plan 2 is a fixed plan: it serves every phase in every cycle — "
                "remove it, or add coordinated"
            ),
        ),
        (
            'rings: ["1 2 | 3 4", "6 5 | 7 8"]',
            'rings: ["1 2 | 3 4", "6 | 5 7 8"]',
            (
                "plans.5.rings: plan 5 does not serve the phases of the site: only their order between two barriers may "
                'change — reorder "1 2 | 3 4", "5 6 | 7 8"'
            ),
        ),
        (
            "  correction: shortway",
            "  correction: shortway\n  early_yield: 20",
            "coordination.early_yield: plan 4: phase 2 has 18.5 s beside its minimum, early_yield is 20 s — at most 18.5",
        ),
        (
            "offset: 25, coordinated: [2, 6], splits: {1: 16, 2: 34, 3: 18, 4: 32",
            "offset: 25, coordinated: [2, 6], splits: {1: 16, 2: 34, 3: 24, 4: 26",
            (
                "plans.4.splits.4: plan 4: phase 4 split 26 s is shorter than walk 7 + ped_clear 14 + yellow 3.6 + "
                "red_clear 2 = 26.6 s — at least 26.6"
            ),
        ),
    ],
)
def test_each_slip_is_said_with_what_to_write(old: str, new: str, sentence: str) -> None:
    assert sentence in said(edit(DUAL, (old, new)))
    assert len(said(edit(DUAL, (old, new)))) <= 2  # early_yield is too long for both phases


def test_a_split_too_short_for_a_walk_is_served_where_the_cycle_timer_stops_but_not_in_the_fall_back() -> None:
    short = (
        "offset: 25, coordinated: [2, 6], splits: {1: 16, 2: 34, 3: 18, 4: 32",
        "offset: 25, coordinated: [2, 6], splits: {1: 16, 2: 34, 3: 24, 4: 26",
    )
    stops = ("  correction: shortway", "  correction: shortway\n  stop_in_walk: true")
    assert said(edit(DUAL, short, stops)) == []
    assert len(said(edit(DUAL, short, stops, ("  plan: 1 ", "  plan: 4 ")))) == 1


def test_an_omitted_phase_needs_no_minimum_in_its_split() -> None:
    short = (
        "{1: 18, 2: 46, 3: 16, 4: 30, 5: 16, 6: 48, 7: 16, 8: 30}, modes: {4: min-recall}",
        "{1: 18, 2: 46, 3: 16, 4: 30, 5: 2, 6: 62, 7: 16, 8: 30}, modes: {5: omit}",
    )
    assert said(edit(DUAL, short)) == []


def test_whoever_is_not_seen_is_not_left_to_a_plan_that_omits_him() -> None:
    unseen = ("  plan: 1 ", "  unseen_plan: 5\n  plan: 1 ")
    assert said(edit(DUAL, unseen)) == []
    found = said(edit(DUAL, unseen, ("modes: {4: min-recall}", "modes: {5: omit}")))
    assert any(line.startswith("fallback.unseen_plan: plan 5 omits phases [5]") for line in found), found


def test_rings_without_a_barrier_cannot_change_over() -> None:
    text = edit(MINIMAL, ('  - "2 | 4"', '  - "2"\n  - "4"'), ("cycle: 60,", 'cycle: 60, rings: ["2", "4"],'))
    assert any("no barrier at which to change over" in sentence for sentence in said(text))


def test_the_section_and_the_plan_are_read_as_they_stand_and_a_plan_may_depart_from_the_section() -> None:
    section = (
        "coordination:\n  coordinated: [2, 6]\n  reference: end-of-green\n  reference_phase: last\n  force_off: floating\n"
        "  correction: dwell\n  max_correction_percent: 20\n  max_shorten_percent: 12\n  max_dwell: 30\n  max_inhibit: false\n"
        "  early_yield: 4\n  permissive: 25\n  walk_rest: true\n  walk_recycle: true\n"
    )
    start, end = DUAL.index("coordination:"), DUAL.index("schedule:")
    text = DUAL[:start] + section + "\n" + DUAL[end:]
    text = edit(text, ("1: {name: Balanced, cycle: 100,", "1: {name: Balanced, coordinated: [], cycle: 100,"))
    text = edit(text, ("offset: 25, coordinated: [2, 6],", "offset: 25, force_off: fixed,"))
    site = site_of(text)
    assert site.plans[PlanNumber(1)].coordination is None
    how, own = site.plans[PlanNumber(2)].coordination, site.plans[PlanNumber(4)].coordination
    assert how is not None
    assert own is not None
    assert (how.phases, how.reference, how.reference_phase) == (
        (2, 6),
        OffsetReference.END_OF_GREEN,
        ReferencePhase.LAST,
    )
    assert (how.force_off, own.force_off) == (ForceOffMode.FLOATING, ForceOffMode.FIXED)
    assert (how.correction, how.lengthen_percent, how.shorten_percent) == (Correction.DWELL, 20, 12)
    assert (how.max_dwell_ms, how.max_inhibit, how.early_yield_ms) == (30_000, False, 4_000)
    assert (how.permissive_ms, how.stop_in_walk, how.walk_rest, how.walk_recycle) == (25_000, False, True, True)


def test_the_example_coordinates_two_plans_one_with_a_lagging_left_turn() -> None:
    site = site_of(DUAL)
    lead, lag = site.plans[PlanNumber(4)], site.plans[PlanNumber(5)]
    assert lead.coordination is not None
    assert lead.coordination.shorten_percent == lead.coordination.lengthen_percent == 17
    assert lag.sequence == builders.rings("1 2 | 3 4", "6 5 | 7 8")
    assert lag.coordination is not None
    assert lag.coordination.modes == {4: SplitMode.MIN}
    assert site.plans[PlanNumber(1)].coordination is None


def test_a_cycle_of_sixteen_minutes_is_read() -> None:
    long = (
        "cycle: 100, splits: {1: 16, 2: 34, 3: 18, 4: 32, 5: 16, 6: 34, 7: 18, 8: 32}",
        "cycle: 999, offset: 998.9, splits: {1: 16, 2: 933, 3: 18, 4: 32, 5: 16, 6: 933, 7: 18, 8: 32}",
    )
    assert site_of(edit(DUAL, long)).plans[PlanNumber(1)].cycle_ms == 999_000
