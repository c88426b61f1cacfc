"""The adaptive layer on the screen: its mode, whether it is followed, what it asks for and what comes next, in words."""

import json
from dataclasses import replace

from edge.check import check_text
from edge.cli.screen import lines
from edge.control.controller import Controller
from edge.model.adaptive import AdaptiveMode, AdaptiveRules, AdaptiveStatus
from edge.model.advice import Advice, Expected, Option, Step
from edge.model.detectors import InputSample
from edge.model.exchange import Inputs
from edge.model.lanes import LaneName
from edge.model.units import PhaseNumber
from edge.status import render
from edge.status.adaptive import sentence
from edge.status.facts import LoopFacts, Published, ShellFacts
from tests.config.examples import DUAL

MAJOR, MINOR = (frozenset(PhaseNumber(n) for n in pair) for pair in ((2, 6), (4, 8)))
TICKS = 400


def advice(now: int) -> Advice:
    steps = (Step(tuple(sorted(MAJOR)), now, now + 12_000), Step(tuple(sorted(MINOR)), now + 17_000, now + 30_000))
    expects = (Expected(LaneName("N1"), 3.26, 4.0),)
    return Advice(now, holds=MAJOR, omits=MINOR, best=Option(steps, 41.26), expects=expects, took_us=18_500)


def status(mode: AdaptiveMode) -> dict[str, object]:
    site = check_text(DUAL, "f").site
    assert site is not None
    site = replace(site, adaptive=AdaptiveRules(mode))
    controller, shown, now = Controller(site, 0), {}, 0
    for k in range(1, TICKS):
        now = 100 * k
        loops = {d: InputSample(occupied=False, count=0, taken_ms=now) for d in site.detectors}
        buttons = {b: InputSample(occupied=False, count=0, taken_ms=now) for b in site.buttons}
        shown = dict(controller.step(now, Inputs(loops, buttons, advice=advice(now))).wanted)
    published = Published(site, controller.status(now), shown, None, None, (), LoopFacts(), ShellFacts())
    said: dict[str, object] = json.loads(json.dumps(render.status(published)))
    return said


def test_what_it_asks_for_now_and_next_is_one_line_of_the_screen() -> None:
    said = status(AdaptiveMode.ACT)
    assert said["sentence"] == "Running free, adaptive"
    assert said["rung"] == "adaptive"
    assert "ADAPTIVE  acting: holds 2 6, leaves out 4 8; next 4 8 in 17 s" in lines(said)
    found = said["adaptive"]
    assert isinstance(found, dict)
    assert found["age_s"] == 0.0
    assert found["advice"]["best"]["steps"][1] == {"phases": [4, 8], "in_s": 17.0, "for_s": 13.0}
    assert found["advice"]["expects"] == [{"lane": "N1", "queue": 3.3, "arrivals": 4.0, "source": "loops"}]
    assert found["advice"]["took_ms"] == 18.5


def test_in_shadow_it_says_that_it_is_not_asked() -> None:
    said = status(AdaptiveMode.ADVISE)
    assert said["sentence"] == "Running free, actuated"
    assert "ADAPTIVE  advises, not asked: holds 2 6, leaves out 4 8; next 4 8 in 17 s" in lines(said)


def test_where_it_is_off_the_screen_has_no_line_for_it() -> None:
    said = status(AdaptiveMode.OFF)
    assert said["adaptive"] is None
    assert not [line for line in lines(said) if line.startswith("ADAPTIVE")]


def test_silence_distrust_and_having_no_say_are_told_in_words() -> None:
    silent = AdaptiveStatus(AdaptiveMode.ACT, free=True, acting=False, advice=None, age_ms=None)
    old = replace(silent, advice=Advice(0), age_ms=9_000)
    blind = replace(silent, advice=Advice(0, healthy=False, why="four loops are bad"), age_ms=100)
    overruled = replace(silent, free=False, advice=Advice(0), age_ms=100)
    assert [sentence(0, found) for found in (silent, old, blind, overruled)] == [
        "act: no advice yet",
        "act: no advice for 9 s",
        "act: the loops do not carry it: four loops are bad",
        "not heard now: asks for nothing",
    ]
