"""The adaptive layer in simulation: when it is asked, and when its answer arrives."""

import sys
from dataclasses import replace

import pytest

from edge.model.advice import Advice
from edge.model.exchange import Mode
from edge.model.observation import Observation
from edge.model.site import Site
from edge.model.units import PhaseNumber
from edge.sim.acted import Acted
from edge.sim.advising import Advising, adaptive_layer
from edge.sim.demand import Demand
from edge.sim.simulate import Setting, Strategy, simulate
from tests.sim.sites import two_phase


class Stubborn:
    """Holds the green of phase 2 for ever, as far as it is let."""

    def __init__(self) -> None:
        self.seen: list[Observation] = []

    def advise(self, seen: Observation) -> Advice:
        self.seen.append(seen)
        return Advice(seen.now, holds=frozenset({PhaseNumber(2)}))


class Watched:
    def observation(self) -> Observation | None:
        return Observation(900, Mode.RUN, ())


def test_it_is_asked_after_nine_tenths_of_each_second_and_answers_once() -> None:
    told = Stubborn()
    carried = Advising(told)
    for at in range(0, 3_000, 100):
        carried.after(at, Watched())
        assert (carried.answer() is not None) == (at % 1_000 == 900)
        assert carried.answer() is None
    assert len(told.seen) == len(carried.took_us) == 3
    assert carried.figures()["decisions"] == 3


def test_a_controller_that_watches_nothing_is_not_asked_for() -> None:
    class Blind:
        def observation(self) -> Observation | None:
            return None

    told = Stubborn()
    carried = Advising(told)
    carried.after(900, Blind())
    assert told.seen == []


@pytest.mark.untraced
def test_what_it_asks_for_reaches_the_lamps_of_the_built_in_plant() -> None:
    site = two_phase()
    made: list[Stubborn] = []

    def make(running: Site) -> Stubborn:
        assert running.sequence == site.sequence
        made.append(Stubborn())
        return made[-1]

    setting = Setting(Strategy.ADAPTIVE, Demand.BALANCED, 1, 300_000)
    held = simulate(site, setting, adviser=make)
    plain = simulate(site, replace(setting, strategy=Strategy.ACTUATED), adviser=make)
    assert len(made) == 1
    assert len(made[0].seen) == 300
    assert any(seen.acting for seen in made[0].seen)
    assert held.phases[PhaseNumber(2)].green_s.middle > plain.phases[PhaseNumber(2)].green_s.middle
    assert held.violations == ()
    assert held.as_dict()["optimiser"] == held.optimiser
    assert plain.optimiser is None
    assert held.acted is not None
    assert held.as_dict()["acted"] == held.acted
    seconds = sum(seen.acting for seen in made[0].seen)
    assert (held.acted["share"], held.acted["of_s"]) == (round(seconds / 300, 3), 300.0)
    assert "acted" not in plain.as_dict()


NOT_TRUSTED = Advice(0, healthy=False, why="nobody sees who comes")


@pytest.mark.parametrize(
    ("seen", "advice", "why"),
    [
        (Observation(0, Mode.START_UP_FLASH, ()), None, "the controller is in start up flash"),
        (Observation(0, Mode.RUN, (), free=False), Advice(0), "something of more right had the junction"),
        (Observation(0, Mode.RUN, ()), None, "nothing had been advised yet"),
        (Observation(0, Mode.RUN, ()), NOT_TRUSTED, "nobody sees who comes"),
        (Observation(0, Mode.RUN, ()), Advice(0), "until a fault has been over for its stable time"),
    ],
)
def test_a_second_in_which_it_does_not_act_has_its_reason(seen: Observation, advice: Advice | None, why: str) -> None:
    acted = Acted()
    acted.note(seen, advice)
    acted.note(replace(seen, acting=True), advice)
    ((said, seconds),) = acted.reasons.items()
    assert (why in said, seconds) == (True, 1)
    assert acted.figures() == {"share": 0.5, "of_s": 2.0, "reasons": {said: 1.0}}


def test_the_reasons_of_most_seconds_are_told_and_the_rest_together() -> None:
    acted = Acted()
    for k in range(10):
        for _ in range(k + 1):
            acted.note(Observation(0, Mode.RUN, ()), replace(NOT_TRUSTED, why=f"reason {k}"))
    reasons = acted.figures()["reasons"]
    assert isinstance(reasons, dict)
    assert next(iter(reasons)) == "reason 9"
    assert reasons["other reasons"] == 3.0
    assert sum(reasons.values()) == 55.0


def test_an_adaptive_layer_that_cannot_be_loaded_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert adaptive_layer(two_phase()).advise(Observation(900, Mode.RUN, ())).made_ms == 900
    monkeypatch.setitem(sys.modules, "edge.adaptive.adviser", None)
    with pytest.raises(ValueError, match=r"pip install 'stopline\[adaptive\]'"):
        adaptive_layer(two_phase())
