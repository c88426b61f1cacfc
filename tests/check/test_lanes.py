"""Lanes and the site's place in a SUMO network are taken over as written; what names nothing is refused at its place."""

import pytest

from edge.check import check_text
from edge.check.lanes import RULES
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.sumo import SumoLoop, SumoSite
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, PhaseNumber
from tests.config.examples import DUAL, STAGES, edit

LANES = """
lanes:
  N1:
    {approach: N, stopbar: [1], advance: [11], siblings: [N2],
     movements: [{turn: left, phases: [1, 2], opposed_in: [2], opposed_by: [S1]}]}
  N2:
    {approach: N, stopbar: [2], length_m: 80, speed_kmh: 60,
     movements: [{turn: through, phases: [2]}, {turn: right, phases: [2]}]}
  S1: {approach: S, stopbar: [6], exits: [16], advance_m: 60, movements: [{turn: through, phases: [6]}]}

sumo:
  tls: J1
  links: {1: [0], 2: [1, 2], 6: [3]}
  yields: {0: [3]}
  loops:
    1: [{lane: e_1, from_m: 40, to_m: 50}]
    11: [{lane: e_1, from_m: 5, to_m: 7}, {lane: f_0, from_m: 0, to_m: 2}]
  crossings: {2: [":J1_c0"]}
"""
SITE = DUAL + LANES

BROKEN = [
    (("turn: left, phases: [1, 2], opposed_in: [2], opposed_by: [S1]}", "turn: left, phases: [1, 9]}"),
     "lanes.N1.movements.0.phases: this intersection has no phase 9 — name a phase of the rings"),
    (("turn: left, phases: [1, 2], opposed_in: [2]", "turn: left, phases: [1], opposed_in: [2]"),
     ("lanes.N1.movements.0.opposed_in: this movement is opposed in phase 2, in whose green it does not go — "
     "name some of its own phases")),
    (("opposed_in: [2], ", ""),
     "lanes.N1.movements.0.opposed_by: this movement is opposed, and in no phase — add opposed_in: [ … ]"),
    (("opposed_by: [S1]", "opposed_by: [S2]"),
     "lanes.N1.movements.0.opposed_by.0: there is no lane S2 — name another lane"),
    (("opposed_by: [S1]", "opposed_by: [N1]"),
     "lanes.N1.movements.0.opposed_by.0: lane N1 is named beside itself — remove it"),
    (("siblings: [N2]", "siblings: [S1]"),
     "lanes.N1.siblings.0: lane S1 is of approach S, lane N1 of N — name a lane of the same approach"),
    (("[{turn: through, phases: [6]}]", "[]"), "lanes.S1.movements: nobody can leave lane S1 — add movements"),
    (("phases: [6]}]}", "phases: []}]}"),
     "lanes.S1.movements.0: this movement of lane S1 goes in no phase — phases: [ … ]"),
    (("stopbar: [6]", "stopbar: [2]"), "lanes.S1.stopbar.0: detector 2 already lies in lane N2 — keep it in one lane"),
    (("advance: [11]", "advance: [99]"), "lanes.N1.advance.0: there is no detector 99 — name one of detectors"),
    (("6: [3]}", "66: [3]}"), "sumo.links.66: the key 66 is not a number here — write a number, 1 to 64"),
    (("6: [3]}", "60: [3]}"), "sumo.links.60: there is no channel 60 — name one of channels"),
    (("    1: [{lane", "    99: [{lane"), "sumo.loops.99: there is no detector 99 — name one of detectors"),
    (("crossings: {2:", "crossings: {1:"), "sumo.crossings.1: there is no push-button 1 — name one of ped_buttons"),
    (("6: [3]}", "6: [2, 3]}"), "sumo.links.6.0: link 2 already hangs on channel 2 — keep it on one channel"),
    (("yields: {0: [3]}", "yields: {0: [4]}"),
     "sumo.yields: link 4 yields or is yielded to, and no channel shows it — add it to links, or remove it"),
    (("from_m: 40, to_m: 50", "from_m: 50, to_m: 50"),
     "sumo.loops.1.0: this loop begins at 50 m and ends at 50 m — from_m is the smaller one"),
    (("  N1:\n", "  1N:\n"), "lanes.1N: '1N' is no lane name — write a letter first, then letters, digits, - or _, at most 32"),
]  # fmt: skip


def said(text: str) -> list[str]:
    return [f"{p.path}: {p.what} — {p.write}" for p in check_text(text, "f").problems]


def test_a_site_without_lanes_has_none() -> None:
    site = check_text(DUAL, "f").site
    assert site is not None
    assert (site.lanes, site.sumo) == ((), None)


def test_lanes_are_taken_over_as_written() -> None:
    checked = check_text(SITE, "f")
    assert checked.site is not None, checked.report()
    one, two, south = (LaneName(n) for n in ("N1", "N2", "S1"))
    p1, p2, p6 = PhaseNumber(1), PhaseNumber(2), PhaseNumber(6)
    d1, d2, d6, d11, d16 = (DetectorNumber(n) for n in (1, 2, 6, 11, 16))
    left = Movement(Turn.LEFT, frozenset({p1, p2}), frozenset({p2}), (south,))
    on = tuple(Movement(turn, frozenset({p2})) for turn in (Turn.THROUGH, Turn.RIGHT))
    assert checked.site.lanes == (
        Lane(one, "N", (left,), (d1,), (d11,), advance_m=25, siblings=(two,)),
        Lane(two, "N", on, (d2,), length_m=80, speed_kmh=60),
        Lane(south, "S", (Movement(Turn.THROUGH, frozenset({p6})),), (d6,), exits=(d16,), advance_m=60),
    )
    assert checked.site.lanes[0].phases == {1, 2}


def test_the_place_in_a_sumo_network_is_taken_over_as_written() -> None:
    site = check_text(SITE, "f").site
    assert site is not None
    assert site.sumo == SumoSite(
        tls="J1",
        links={ChannelNumber(1): (0,), ChannelNumber(2): (1, 2), ChannelNumber(6): (3,)},
        yields={0: (3,)},
        loops={
            DetectorNumber(1): (SumoLoop("e_1", 40, 50),),
            DetectorNumber(11): (SumoLoop("e_1", 5, 7), SumoLoop("f_0", 0, 2)),
        },
        crossings={ButtonNumber(2): (":J1_c0",)},
    )


@pytest.mark.parametrize(("change", "message"), BROKEN, ids=[message.split(" — ")[0] for _, message in BROKEN])
def test_what_names_nothing_is_refused(change: tuple[str, str], message: str) -> None:
    assert said(edit(SITE, change)) == [message]


def test_every_rule_of_lanes_is_tested() -> None:
    assert len(RULES) == 6


def test_a_phase_that_is_seen_by_its_overlaps_alone_needs_no_channel_of_its_own() -> None:
    text = edit(
        STAGES,
        ("io:\n", "overlaps:\n  A: {kind: normal, parents: [2, 3]}\n\nio:\n"),
        ("5: {phase: 2, output", "5: {overlap: A, output"),
        ("6: {phase: 2, output", "6: {overlap: A, output"),
        ("    3: [4, 9]\n    4: [9]\n", "    3: [4, 5, 6, 9]\n    4: [5, 6, 9]\n"),
        ("    5: [6]\n", "    5: [6, 9]\n    6: [9]\n"),
    )
    assert said(text) == []
    assert "no channel shows phase 2" in "\n".join(said(edit(text, ("parents: [2, 3]", "parents: [1, 3]"))))
