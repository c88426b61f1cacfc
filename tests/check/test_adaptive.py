"""Cross-checks of `adaptive`."""

import re

from edge.check import check_text
from tests.config.examples import MINIMAL


def problems(text: str) -> list[str]:
    return [p.what for p in check_text(text, "f").problems]


def test_a_longest_hold_is_of_a_phase_that_there_is_and_no_shorter_than_its_minimum() -> None:
    assert problems(f"{MINIMAL}\nadaptive: {{max_green: {{9: 60, 2: 1}}}}\n") == [
        "this intersection has no phase 9",
        "phase 2 is green for 10 s at least",
    ]


def test_an_adaptive_layer_that_acts_needs_loops() -> None:
    blind = re.sub(r"(?ms)^detectors:.*?(?=^\S)", "", MINIMAL)
    said = problems(f"{blind}\nadaptive: {{mode: act}}\n")
    assert "the adaptive layer is to act, and there is no detector to act by" in said
    assert not problems(f"{MINIMAL}\nadaptive: {{mode: act}}\n")
