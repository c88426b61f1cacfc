"""Cross-checks of `adaptive`."""

import re

import pytest

from edge.check import check_text
from tests.config.examples import DUAL, MINIMAL


def problems(text: str) -> list[str]:
    return [p.what for p in check_text(text, "f").problems]


def test_a_longest_hold_is_of_a_phase_that_there_is_and_no_shorter_than_its_minimum() -> None:
    assert problems(f"{MINIMAL}\nadaptive: {{max_green: {{9: 60, 2: 1}}}}\n") == [
        "this intersection has no phase 9",
        "phase 2 is green for 10 s at least",
    ]


WINDOW = "{{phases: {}, cycle: 90, offset: {}, lasts: {}}}"


@pytest.mark.parametrize(
    ("windows", "wrong"),
    [
        ([("[2, 9]", 0, 20)], ["this intersection has no phase 9"]),
        ([("[]", 0, 20)], ["a window without phases is for nobody"]),
        ([("[2, 6]", 0, 20), ("[4, 6]", 0, 20)], ["phase 6 has another window"]),
        ([("[2, 6]", 90, 20)], ["the cycle of this window has 90 s, and offset is no less"]),
        ([("[2, 6]", 89, 90)], ["the cycle of this window has 90 s, and lasts is no less"]),
        (
            [("[2, 6]", 0, 55)],
            ["the cycle of this window has 90 s, so 1.67 times the mean is more than all who come, in 55 s"],
        ),
        ([("[2, 6]", 89, 53), ("[4]", 0, 20)], []),
    ],
)
def test_an_offset_window_is_of_phases_without_another_and_lies_in_its_cycle(
    windows: list[tuple[str, int, int]], wrong: list[str]
) -> None:
    rows = ", ".join(WINDOW.format(*window) for window in windows)
    assert problems(f"{DUAL}\nadaptive: {{windows: [{rows}]}}\n") == wrong


def test_the_ratio_that_a_window_is_told_to_write_is_accepted() -> None:
    window = "adaptive: {{windows: [{{phases: [2], cycle: 90, offset: 0, lasts: 55, platoon_ratio: {}}}]}}"
    (problem,) = check_text(f"{DUAL}\n{window.format(1.7)}\n", "f").problems
    assert problem.write == "write 1.63 at most"
    assert not problems(f"{DUAL}\n{window.format(1.63)}\n")
    assert not problems(f"{DUAL}\n{window.replace('55', '45').format(2)}\n")  # nobody outside it


def test_an_adaptive_layer_that_acts_needs_loops() -> None:
    blind = re.sub(r"(?ms)^detectors:.*?(?=^\S)", "", MINIMAL)
    said = problems(f"{blind}\nadaptive: {{mode: act}}\n")
    assert "the adaptive layer is to act, and there is no detector to act by" in said
    assert not problems(f"{MINIMAL}\nadaptive: {{mode: act}}\n")
