"""Pedestrian and European settings that do not fit together are refused at their place."""

from dataclasses import replace

import pytest

from edge.check import check_text, european, pedestrians
from edge.model.units import ChannelNumber, PhaseNumber
from tests.config.examples import DUAL, STAGES, edit

WALK_1 = "recall: min, walk: 7, ped_clear: 8, ped_display: steady"
STAGE_2 = "red_clear: 1.0, red_yellow: 1.0, min_red: 1.0}\n  3:"


BUTTON_2 = "2: {input: buttons.2, phase: 2"


def said(text: str) -> list[str]:
    return [f"{p.path}: {p.what} — {p.write}" for p in check_text(text, "f").problems]


def phase_2(keys: str) -> str:
    return edit(DUAL, ("2: {move: EBT, ", f"2: {{move: EBT, {keys}, "))


def stage_2(keys: str) -> str:
    return edit(STAGES, (STAGE_2, f"red_clear: 1.0, {keys}}}\n  3:"))


BROKEN = [
    (
        phase_2("lpi: 7"),
        "phases.2.lpi: phase 2: lpi 7 s is no shorter than walk 7 s — under 7, or a phase of its own for the pedestrians",
    ),
    (
        phase_2("walk_extended: 7"),
        "phases.2.walk_extended: phase 2: walk_extended 7 s is no longer than walk 7 s — over 7, or remove it",
    ),
    (
        edit(DUAL, ("1: {move: WBL, ", "1: {move: WBL, lpi: 3, ")),
        "phases.1.lpi: phase 1 has lpi and no walk — add walk and ped_clear",
    ),
    (
        phase_2("red_yellow: 1.0"),
        (
            "phases.2.red_yellow: phase 2: red_yellow 1 s, the card of channel 2 wants none (max_red_yellow 0) — "
            "0, or mend the card"
        ),
    ),
    (
        stage_2("red_yellow: 2.5"),
        (
            "phases.2.red_yellow: phase 2: red_yellow 2.5 s, the card of channel 5 wants 1 to 2 s "
            "(min_red_yellow, max_red_yellow) — 2, or mend the card"
        ),
    ),
    (
        stage_2("min_red: 1.0"),
        (
            "phases.2.red_yellow: phase 2: red_yellow 0 s, the card of channel 5 wants 1 to 2 s "
            "(min_red_yellow, max_red_yellow) — 2, or mend the card"
        ),
    ),
    (
        stage_2("red_yellow: 1.0, green_blink: 4"),
        (
            "phases.2.green_blink: phase 2: green_blink 4 s, the card of channel 5 wants none — "
            "0, or mend the card (green_blink)"
        ),
    ),
    (
        edit(STAGES, ("  min_red: 1.0\n", "  min_red: 3.0\n")),
        ("phases.1.min_red: phase 1 is red for 2 s at least, the card of channel 1 wants 3 s (min_red) — at least 3"),
    ),
    (
        edit(STAGES, ("  min_red: 1.0\n", "  min_red: 6.0\n")),
        "flash.startup.all_red: all_red is 5 s, the card wants 6 s of red (min_red) — at least 6",
    ),
    (
        edit(STAGES, (WALK_1, "recall: min, walk: 7, ped_clear: 8")),
        (
            "phases.1.ped_display: phase 1 clears its walk flashing, the card of channel 7 says steady (ped_display) — "
            "steady, or mend the card"
        ),
    ),
    (
        edit(STAGES, ("  min_red_yellow: 1.0\n", "  min_red_yellow: 2.5\n")),
        (
            "conflicts.channels.1: channel 1 must show red and amber for 2.5 s, and may for 2 s — "
            "max_red_yellow: at least 2.5"
        ),
    ),
    (
        phase_2("walk_extended: 12"),
        (
            "phases.2.walk_extended: phase 2 has longer times, and no push-button of it a long press — "
            "add long_press: 2.0 to its button"
        ),
    ),
    (
        edit(DUAL, (BUTTON_2, f"{BUTTON_2}, long_press: 2.0")),
        (
            "ped_buttons.2.long_press: push-button 2 has a long press, and phase 2 no longer times — "
            "add walk_extended or ped_clear_extended to phases.2"
        ),
    ),
    (
        edit(DUAL, ("  2:  {phase: 2, ", "  2:  {phase: 2, accessible: 900, ")),
        (
            "channels.2.accessible: channel 2 is a vehicle channel and has an accessible signal — "
            "remove it, or name the channel of the walk"
        ),
    ),
]


@pytest.mark.parametrize(("text", "sentence"), BROKEN, ids=range(len(BROKEN)))
def test_what_does_not_fit_is_refused_with_what_to_write(text: str, sentence: str) -> None:
    assert sentence in said(text)


def test_every_rule_speaks_only_where_something_is_wrong() -> None:
    assert said(DUAL) == said(STAGES) == []
    assert len(pedestrians.RULES) + len(european.RULES) == 7


def test_a_whole_set_of_pedestrian_times_is_taken_over_as_written() -> None:
    keys = "lpi: 3, rest_in_walk: true, ped_recycle: true, walk_extended: 12, ped_clear_extended: 20"
    text = edit(phase_2(keys), (BUTTON_2, f"{BUTTON_2}, long_press: 2.0, chatter_per_min: 20, no_activity_min: 2880"))
    site = check_text(text, "f").site
    assert site is not None
    old = check_text(DUAL, "f").site
    assert old is not None
    before, after = old.phases[PhaseNumber(2)].ped, site.phases[PhaseNumber(2)].ped
    assert before is not None
    assert after == replace(
        before,
        lpi_ms=3_000,
        rest_in_walk=True,
        recycle=True,
        walk_extended_ms=12_000,
        clearance_extended_ms=20_000,
    )


def test_the_european_example_has_red_and_amber_and_steady_clearances_and_no_blinking_green() -> None:
    site = check_text(STAGES, "f").site
    assert site is not None
    assert {(p.red_yellow_ms, p.green_blink_ms, p.min_red_ms) for p in site.phases.values()} == {(1_000, 0, 1_000)}
    card = {c.number: c for c in site.card.channels}
    assert (card[ChannelNumber(1)].min_red_yellow_ms, card[ChannelNumber(1)].max_red_yellow_ms) == (1_000, 2_000)
    assert card[ChannelNumber(7)].steady_clearance
    assert not card[ChannelNumber(1)].steady_clearance


def test_a_buffer_under_three_seconds_is_a_warning() -> None:
    """MUTCD 11th ed. 4I.06."""
    override = "overrides:\n  yellow_below_3: {phases: [2], why: a test}\n"
    whole = edit(phase_2("red_revert: 3"), ("yellow: 4.0, red_clear: 1.5, recall", "yellow: 2.7, red_clear: 0, recall"))
    warnings = [w.what for w in check_text(whole + override, "f").warnings]
    assert any("the buffer behind a walk is under 3 s" in w for w in warnings)
