"""Crosswalks that several phases share: taken over as written, compared with the card, refused where they cannot be."""

import pytest

from edge.check import check_text
from edge.model.indications import ChannelKind
from edge.model.ped_overlaps import PedOverlap
from edge.model.units import ChannelNumber, PhaseNumber
from tests.config.examples import DUAL, edit

SHARED = edit(
    DUAL,
    ("\nchannels:\n", "\nped_overlaps:\n  1: {phases: [2, 6]}\n\nchannels:\n"),
    ("  12: {ped: 8, ", "  17: {ped_overlap: 1, output: cab, wires: [40, 41], flash: dark}\n  12: {ped: 8, "),
    ("    10: [12]\n", "    10: [12]\n    17: [1, 2, 5, 6, 9, 11]\n"),
)


def said(text: str) -> list[str]:
    return [f"{p.path}: {p.what} — {p.write}" for p in check_text(text, "f").problems]


def test_a_shared_crosswalk_is_taken_over_with_the_longest_clearance_and_buffer_of_its_phases() -> None:
    assert said(SHARED) == []
    site = check_text(SHARED, "f").site
    assert site is not None
    phases = [site.phases[PhaseNumber(n)] for n in (2, 6)]
    clearance = max(p.ped.clearance_ms for p in phases if p.ped)
    assert site.ped_overlaps == {1: PedOverlap(1, (PhaseNumber(2), PhaseNumber(6)), clearance, 5_500)}
    channel = site.channels[ChannelNumber(17)]
    assert (channel.kind, channel.phase, channel.ped_overlap) == (ChannelKind.PEDESTRIAN, 2, 1)


def test_a_shared_crosswalk_clears_for_those_whose_long_press_asked_for_longer() -> None:
    longer = edit(
        SHARED,
        (
            "lock: true, walk: 7, ped_clear: 15}\n  7:",
            "lock: true, walk: 7, ped_clear: 15, ped_clear_extended: 22}\n  7:",
        ),
        ("{input: buttons.6, phase: 6}", "{input: buttons.6, phase: 6, long_press: 2.0}"),
    )
    assert said(longer) == []
    site = check_text(longer, "f").site
    assert site is not None
    assert site.ped_overlaps[1].clearance_ms == 22_000


BROKEN = [
    (
        edit(SHARED, ("1: {phases: [2, 6]}", "1: {phases: [2, 1]}")),
        (
            "ped_overlaps.1.phases: pedestrian overlap 1 needs two phases or more of this intersection, each with a walk — "
            "name phases with walk and ped_clear"
        ),
    ),
    (
        edit(SHARED, ("1: {phases: [2, 6]}", "1: {phases: [2]}")),
        (
            "ped_overlaps.1.phases: pedestrian overlap 1 needs two phases or more of this intersection, each with a walk — "
            "name phases with walk and ped_clear"
        ),
    ),
    (
        edit(SHARED, ("{ped_overlap: 1, ", "{ped_overlap: 2, ")),
        (
            "channels.17.ped_overlap: channel 17 shows pedestrian overlap 2, which this intersection does not have — "
            "add it to ped_overlaps"
        ),
    ),
    (
        edit(SHARED, ("17: [1, 2, 5, 6, 9, 11]", "17: [1, 2, 5, 6, 9, 11, 4]")),
        (
            "conflicts.permissive.17.6: the card lets channels 4 (phase 4) and 17 (pedestrian overlap 1 of phases 2 and 6) "
            "run together, the rings do not — remove 4, or mend rings"
        ),
    ),
    (
        edit(SHARED, ("1: {phases: [2, 6]}", "1: {phases: [2, 6], ped_clear: 1}")),
        "ped_overlaps.1: pedestrian overlap 1 clears in 1 s, the card of channel 17 wants 14 s — ped_clear: at least 14",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), BROKEN, ids=range(len(BROKEN)))
def test_what_does_not_fit_is_refused_with_what_to_write(text: str, sentence: str) -> None:
    assert sentence in said(text)


TURNS = edit(
    SHARED,
    ("\nped_overlaps:\n", "\noverlaps:\n  A: {kind: normal, parents: [2, 6], not_with_ped: [2, 6]}\n\nped_overlaps:\n"),
    ("  17: {ped_overlap", "  18: {overlap: A, output: cab, wires: [42, 43, 44], flash: red}\n  17: {ped_overlap"),
    ("    17: [1, 2, 5, 6, 9, 11]\n", "    17: [1, 2, 5, 6, 9, 11]\n    18: [1, 2, 5, 6]\n"),
)


def test_an_overlap_that_excepts_walks_does_not_stand_beside_their_shared_crosswalk_on_the_card() -> None:
    assert said(TURNS) == []
    beside = edit(TURNS, ("    18: [1, 2, 5, 6]\n", "    18: [1, 2, 5, 6, 17]\n"))
    assert any("and 18 (overlap A" in problem for problem in said(beside))


def test_an_overlap_that_excepts_one_walk_of_a_shared_crosswalk_excepts_the_others_too() -> None:
    one = edit(TURNS, ("not_with_ped: [2, 6]", "not_with_ped: [2]"))
    wanted = (
        "overlaps.A.not_with_ped: overlap A is red beside walk 2 on the crosswalk of pedestrian overlap 1, not beside walk 6 — "
        "add 6, or remove 2"
    )
    assert wanted in said(one)
