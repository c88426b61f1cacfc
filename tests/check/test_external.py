"""Inputs and rules of flash that cannot be served are refused, each with its place."""

import pytest

from edge.check import check_text
from edge.model.external import Does
from edge.model.plans import FREE
from tests.config.examples import DUAL, edit

BUTTONS = "detector_faults:                      # for every"
INPUTS = """\
inputs:
  1: {input: cab.in1, does: hold 2 6}
  2: {input: cab.in2, does: manual-control}
  3: {input: cab.in3, does: interval-advance}
  4: {input: cab.in4, does: force-off 2}
  5: {input: cab.in5, does: plan 2}
  6: {input: cab.in6, does: free}
  7: {input: cab.in7, does: ped-call 4 8}
  8: {input: cab.in8, does: stop-time, invert: true}
"""
GOOD = edit(DUAL, (BUTTONS, INPUTS + BUTTONS))
FLASH = "start_in: [2, 6]}\n"


def said(text: str) -> list[str]:
    return [f"{p.path}: {p.what} — {p.write}" for p in check_text(text, "f").problems]


def test_inputs_that_fit_are_accepted_and_read_by_name() -> None:
    checked = check_text(GOOD, "f")
    assert checked.site is not None
    assert not checked.warnings
    wires = {w.number: w for w in checked.site.inputs}
    assert wires[4].phases == {5, 6, 7, 8}
    assert (wires[5].does, wires[6].run) == (Does.RUN, FREE)
    assert wires[8].invert
    assert [ref.terminal for ref in checked.site.wires] == list("12345678")


WORDS = ", ".join(d.value for d in Does if d is not Does.RUN) + ", plan, free"
BROKEN = [
    ("hold 2 6", "hold 2 9", "inputs.1.does: input 1: this intersection has no phase 9 — name phases of phases"),
    ("hold 2 6", "hold", "inputs.1.does: 'hold' names no phase — write hold and its phases, such as hold 2 6"),
    ("hold 2 6", "hode 2 6", "inputs.1.does: 'hode 2 6' is nothing that an input does — did you mean 'hold'?"),
    ("hold 2 6", "42", f"inputs.1.does: 42 is nothing that an input does — write one of {WORDS}"),
    ("does: stop-time", "does: stop-time 1", "inputs.8.does: 'stop-time 1' takes no number — write stop-time"),
    ("force-off 2", "force-off 3", "inputs.4.does: input 4: there is no ring 3 — write force-off 1 to force-off 2"),
    ("force-off 2", "force-off", "inputs.4.does: 'force-off' needs one number — write force-off 1"),
    ("does: plan 2", "does: plan 9", "inputs.5.does: there is no plan 9 — name one of plans: 1, 2, 3, 4, 5"),
    (
        "ped-call 4 8",
        "ped-call 3",
        "inputs.7.does: input 7: phase 3 has no walk — add walk and ped_clear to phases.3",
    ),
    (
        "does: manual-control",
        "does: free",
        (
            "inputs.3.does: an interval advance is heard under manual control only, and no input enables that"
            " — add an input that does manual-control"
        ),
    ),
    (
        "cab.in2",
        "cab.in1",
        "inputs.2.input: input 2 is wired to cab.1, which already is input 1 — give it a terminal of its own",
    ),
    (
        "cab.in2",
        "box.in1",
        "inputs.2.input: input 2 is wired to 'box', which is no device — name one of io: loops, buttons, cab",
    ),
    (
        FLASH,
        "start_in: [2, 6]}\n  entry: [2, 9]\n",
        "flash.entry: this intersection has no phase 9 — name phases of phases",
    ),
    (
        FLASH,
        "start_in: [2, 6]}\n  exit_to: [2, 8]\n",
        (
            "flash.exit_to: phases 2 and 8 conflict and cannot be green together"
            " — keep phases of different rings in one barrier group"
        ),
    ),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BROKEN)
def test_each_slip_is_one_problem_with_what_to_write(old: str, new: str, sentence: str) -> None:
    assert said(edit(GOOD, (old, new))) == [sentence]


def test_manual_control_that_nobody_can_advance_is_a_warning() -> None:
    checked = check_text(edit(GOOD, ("does: interval-advance", "does: free")), "f")
    assert checked.site is not None
    assert [w.path for w in checked.warnings] == ["inputs.2.does"]


def test_a_maximum_that_no_phase_states_is_a_warning() -> None:
    checked = check_text(edit(GOOD, ("does: free", "does: max-2")), "f")
    assert checked.ok
    assert [w.path for w in checked.warnings] == ["inputs.6.does"]
