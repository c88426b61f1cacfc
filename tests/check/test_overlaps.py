"""Overlaps in the site file: every rule has a file that breaks it, and says so in one problem at the right place."""

import pytest

from edge.check import check_text
from edge.config.read import read_site
from edge.model.indications import ChannelKind
from edge.model.overlaps import OverlapKind
from edge.model.units import ChannelNumber, OverlapNumber
from tests.config.examples import OVERLAPS, edit

A = "A: {move: WBL, kind: flashing-yellow-arrow, protected: 1, opposing_through: 2, delay: 2.0, not_with_ped: [2]}"
C = "C: {move: SBR, kind: normal, parents: [4, 5], not_with_ped: [4], yellow: 3.6, red_clear: 1.5}"
D = "trailing_green: 2.0}"


def said(*changes: tuple[str, str]) -> list[str]:
    """`path: what — write` of every problem."""
    problems = check_text(edit(OVERLAPS, *changes), "f").problems
    return [f"{p.path}: {p.what} — {p.write}" for p in problems]


CASES = [
    ("parents: [4, 5]", "parents: [4, 9]", "overlaps.C.parents.1: this intersection has no phase 9 — "),
    ("opposing_through: 2", "opposing_through: 9", "overlaps.A.opposing_through: this intersection has no phase 9 — "),
    (
        "opposing_through: 2",
        "opposing_through: 6",
        "overlaps.A.opposing_through: phases 1 and 6 may be green together — name the oncoming through phase",
    ),
    ("[4], yellow", "[3], yellow", "overlaps.C.not_with_ped.0: phase 3 has no walk — remove it"),
    (
        "trailing_green: 2.0}",
        "trailing_green: 2.0, modifiers: [1]}",
        "overlaps.D.modifiers.0: overlap D follows phase 1 and is red beside it — remove it here or there",
    ),
    ("parents: [4, 5], ", "", "overlaps.C: overlap C follows no phase — add parents: [ … ]"),
    ("protected: 1, ", "", "overlaps.A: overlap A has no protected — add protected: a phase"),
    (
        "parents: [4, 5]",
        "parents: [4, 5], protected: 5",
        "overlaps.C.protected: overlap C is of kind normal and has protected — remove protected",
    ),
    (
        "delay: 2.0, not_with_ped: [2]",
        "delay: 2.0, trailing_green: 3, not_with_ped: [2]",
        "overlaps.A.trailing_green: overlap A is of kind flashing-yellow-arrow and has trailing_green — remove",
    ),
    (
        "yellow: 3.6, red_clear: 1.5}\n",
        "yellow: 3.0, red_clear: 1.0}\n",
        "overlaps.C: overlap C: red_clear 1 s, the card of channel 13 wants 1.5 s (min_yellow_and_red) — red_clear: at",
    ),
    (
        "yellow: 3.6, red_clear: 1.5}\n",
        "yellow: 3.6, red_clear: 1.5, min_green: 4}\n",
        "overlaps.C: overlap C: min_green 4 s, the card of channel 13 wants 5 s (min_green) — min_green: at least 5",
    ),
    (
        "  min_ped_clearance: 14\n",
        "  min_ped_clearance: 14\n  channels: {9: {min_yellow_and_red: 18.5}}\n",
        "overlaps.A.not_with_ped.0: overlap A begins 18 s after walk 2, the card of channel 9 wants 18.5 s",
    ),
    ("13: {overlap: C", "13: {overlap: K", "channels.13.overlap: channel 13 shows overlap K, which this intersection"),
    ("13: {overlap: C", "13: {overlap: Q", "channels.13.overlap: 'Q' is no overlap — write a letter, A to P"),
    (
        "13: {overlap: C",
        "13: {overlap: C, phase: 4",
        "channels.13: channel 13 has phase and overlap — keep one of them",
    ),
    (
        "wires: [0, 1, 2, 38]",
        "wires: [0, 1, 2]",
        "channels.1.wires: channel 1 is a flashing-arrow channel and has 3 of its 4 wires — write 4: [red, yellow, green, ",
    ),
    (
        "1: [2, 5, 6, 11, 13]",
        "1: [2, 5, 6, 9, 11, 13]",
        (
            "conflicts.flashing_arrow.1.3: the card lets channel 9 (ped 2) run beside the flashing arrow of channel 1, "
            "the rings do not — remove 9"
        ),
    ),
    (
        "1: [2, 5, 6, 11, 13]",
        "1: [2, 5, 6, 11]",
        (
            "conflicts.flashing_arrow.1: the rings let channel 13 (overlap C of phases 4 and 5) run beside the flashing arrow "
            "of channel 1, the card does not — add 13 to conflicts.flashing_arrow.1"
        ),
    ),
    ("1: [2, 5, 6, 11, 13]", "1: [1, 2, 5, 6, 11, 13]", "conflicts.flashing_arrow.1.0: channel 1 is permitted beside"),
    ("1: [2, 5, 6, 11, 13]", "1: [2, 5, 6, 11, 13, 44]", "conflicts.flashing_arrow.1.5: the card names channel 44"),
    (
        "    5: [1, 2, 6, 9",
        "    2: [1]\n    5: [1, 2, 6, 9",
        "conflicts.flashing_arrow.2: channel 2 has no flashing arrow",
    ),
    (
        "4: [7, 8, 10, 12, 13, 14]",
        "4: [7, 8, 10, 12, 14]",
        (
            "conflicts.permissive.4: the rings let channels 4 (phase 4) and 13 (overlap C of phases 4 and 5) run together, "
            "the card does not"
        ),
    ),
    (
        "10: [12, 14]",
        "10: [12, 13, 14]",
        (
            "conflicts.permissive.10.1: the card lets channels 10 (ped 4) and 13 (overlap C of phases 4 and 5) run together, "
            "the rings do not"
        ),
    ),
]


@pytest.mark.parametrize(("old", "new", "wanted"), CASES, ids=[wanted[:60] for _, _, wanted in CASES])
def test_what_is_wrong_with_an_overlap_is_said_where_it_stands(old: str, new: str, wanted: str) -> None:
    found = said((old, new))
    assert sum(problem.startswith(wanted) for problem in found) == 1, found


def test_an_overlap_that_nobody_sees_is_refused() -> None:
    (problem,) = said(("  13: {overlap: C, output: cab, wires: [32, 33, 34], flash: red}\n", ""), *_without(13))
    assert problem == "overlaps.C: no channel shows overlap C — add a row to channels with overlap: C"


def _without(channel: int) -> list[tuple[str, str]]:
    """The rows of the card that name the channel, without it."""
    card = OVERLAPS[OVERLAPS.index("  permissive:") : OVERLAPS.index("  min_yellow: 3.0")]
    rows = [row for row in card.splitlines() if f", {channel}" in row or f"[{channel}" in row or f" {channel}:" in row]
    mended = []
    for row in rows:
        if row.strip().startswith(f"{channel}:") or f"[{channel}]" in row:
            mended.append((f"{row}\n", ""))
        else:
            mended.append((row, row.replace(f", {channel}", "")))
    return mended


def test_a_second_head_of_a_left_turn_hangs_on_the_same_channel() -> None:
    more = "  15: {overlap: A, output: cab, wires: [50, 51, 52, 53], flash: red}\n"
    problems = said(("\nconflicts: ", f"{more}\nconflicts: "))
    assert "channels.15.overlap: channel 1 shows overlap A already — wire both heads to one channel" in problems


def test_arrows_that_flash_together_and_not_beside_each_others_green_are_refused() -> None:
    """Overlap B as another left turn against 2: both flash beside 2, and neither beside the other's green arrow."""
    problems = said(("protected: 5, opposing_through: 6", "protected: 1, opposing_through: 2"))
    assert any("the arrows of channels 1 and 5 may flash together, but one of them not" in p for p in problems)


def test_an_overlap_takes_what_it_does_not_say_from_its_phases() -> None:
    site = read_site(OVERLAPS, "f").site
    assert site is not None
    a, d = site.overlaps[OverlapNumber(1)], site.overlaps[OverlapNumber(4)]
    assert (a.letter, a.kind, a.parents, a.opposing) == ("A", OverlapKind.FLASHING_YELLOW_ARROW, (1,), 2)
    assert (a.yellow_ms, a.red_clear_ms, a.min_green_ms, a.delay_ms) == (3_500, 1_000, 5_000, 2_000)
    assert (d.letter, d.min_green_ms, d.trailing_green_ms, d.not_with_ped) == ("D", 5_000, 2_000, (8,))
    arrow, turn = site.channels[ChannelNumber(1)], site.channels[ChannelNumber(13)]
    assert (arrow.kind, arrow.phase, arrow.overlap, len(arrow.wires)) == (ChannelKind.ARROW, 1, 1, 4)
    assert (turn.kind, turn.phase, turn.overlap) == (ChannelKind.VEHICLE, 4, 3)


def test_the_modifier_of_an_overlap_does_not_stand_beside_it_on_the_card() -> None:
    problems = said(("trailing_green: 2.0}", "trailing_green: 2.0, modifiers: [4]}"))
    assert [p.split(" — ")[0][-40:] for p in problems] == ["phases 1 and 8) run together, the rings do not"[-40:]] * 2


def test_a_card_says_how_many_overlaps_there_are() -> None:
    assert check_text(OVERLAPS, "f").summary.startswith("OK 8 phases, 4 overlaps, 16 detectors, 14 channels, 3 plans;")
