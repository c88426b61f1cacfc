"""How a coordinated plan stands with the clock, as it is published and as a technician reads it."""

import json
from pathlib import Path

import pytest

from edge.cli.screen import lines
from edge.model.coordination import CoordState, CoordStatus
from edge.status import render
from edge.status.coordination import coordination, step_sentence
from tests.shell.house import SITE, house

COORDINATED = SITE.replace("run: free", "run: plan 1").replace("cycle: 60,", "cycle: 60, coordinated: [2],")


def test_the_screen_says_that_the_plan_is_coordinated_in_step_and_when_its_green_yields(tmp_path: Path) -> None:
    assert "coordinated: [2]" in COORDINATED
    with house(tmp_path, COORDINATED) as h:
        h.to_running().run(30)
        said = json.loads(json.dumps(render.status(h.published)))
    assert said["sentence"] == "Running plan 1 Always, coordinated, in step"
    assert said["plan"]["coordination"] == {
        "state": "in_step",
        "behind_s": 0.0,
        "in_step_in_s": 0.0,
        "stopped": False,
        "sentence": "in step",
    }
    shown = "\n".join(lines(said))
    assert "of 60 s   offset 0   in step   plan 1 Always" in shown
    assert "held: coordinated, yields in" in shown or "minimum green" in shown


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (CoordStatus(CoordState.IN_STEP), "in step"),
        (CoordStatus(CoordState.IN_STEP, 3_000, 0, stopped=True), "in step, stopped for a pedestrian"),
        (CoordStatus(CoordState.SHORTWAY, 20_000, 97_700), "20 s behind, cycles shortened, in step in 98 s"),
        (CoordStatus(CoordState.LONGWAY, -20_000, 137_700), "20 s ahead, cycles lengthened, in step in 138 s"),
        (
            CoordStatus(CoordState.LONGWAY, -20_000, stopped=True),
            "20 s ahead, cycles lengthened, stopped for a pedestrian",
        ),
        (CoordStatus(CoordState.DWELL, -20_000), "20 s ahead, dwelling at the yield point"),
    ],
)
def test_in_words_it_says_how_far_off_which_way_and_how_long_yet(found: CoordStatus, sentence: str) -> None:
    assert step_sentence(found) == sentence


def test_a_fixed_plan_has_nothing_to_say_of_steps() -> None:
    assert coordination(None) is None
