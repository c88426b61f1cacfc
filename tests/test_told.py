"""Observations and advice told as JSON: exactly there and back, and nonsense refused in bounded words."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.advice import Advice, Doubt
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.faults import FaultKind
from edge.model.observation import LoopEdge, Observation, PhaseSeen
from edge.model.plans import LocalTime
from edge.model.told import advice_of, observation_of, tell_advice, tell_observation
from edge.model.units import DetectorNumber, PhaseNumber, PlanNumber
from tests.eventlog.test_journal import advices, instants, some

phases = st.builds(
    PhaseSeen,
    st.integers(1, 16).map(PhaseNumber),
    st.sampled_from(Interval),
    instants,
    st.sampled_from(PedInterval),
    instants,
    st.booleans(),
    st.booleans(),
    st.none() | instants,
    instants,
    st.none() | instants,
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
loops = st.integers(1, 255).map(DetectorNumber)
observations = st.builds(
    Observation,
    instants,
    st.sampled_from(Mode),
    st.lists(phases, max_size=3).map(tuple),
    st.lists(st.builds(LoopEdge, loops, instants, st.booleans()), max_size=4).map(tuple),
    st.frozensets(loops, max_size=3),
    st.dictionaries(loops, st.sampled_from(FaultKind), max_size=3),
    st.none() | st.just(LocalTime((2026, 11, 26), 3, 3_600_000, 10**12, synced=True)),
    st.none() | st.integers(1, 9).map(PlanNumber),
    st.booleans(),
    st.booleans(),
    some,
    st.integers(0, 3),
)
json_ = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=13) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=30,
)


@given(advices)
def test_advice_comes_back_exactly(advice: object) -> None:
    assert advice_of(json.loads(json.dumps(tell_advice(advice)))) == advice  # type: ignore[arg-type]


@given(observations)
def test_an_observation_comes_back_exactly(seen: Observation) -> None:
    assert observation_of(json.loads(json.dumps(tell_observation(seen)))) == seen


@given(json_)
def test_nothing_but_advice_is_taken_for_advice(told: object) -> None:
    with pytest.raises(ValueError, match=r"told here|None is"):
        advice_of(told)


@given(advices, st.integers(0, 11), json_)
def test_a_member_of_another_shape_is_refused_or_read(advice: object, place: int, wrong: object) -> None:
    told = tell_advice(advice)  # type: ignore[arg-type]
    told[place] = wrong
    with suppress(ValueError):
        assert advice_of(told).made_ms is not None


def test_an_advice_from_before_there_were_doubts_is_read() -> None:
    told = tell_advice(Advice(5, doubts=(Doubt(DetectorNumber(3), "dead"),)))
    assert advice_of(json.loads(json.dumps(told))).doubts == (Doubt(DetectorNumber(3), "dead"),)
    assert advice_of(told[:-1]) == Advice(5)


@pytest.mark.parametrize("text", ["\ud800", "\x1b[2J", "a\nb", "\x9b"])
def test_a_text_that_no_screen_should_be_given_is_no_advice(text: str) -> None:
    """Halves of characters cannot be written to any file, and control characters write over the technician's screen."""
    with pytest.raises(ValueError, match="without control characters"):
        advice_of(tell_advice(Advice(5, why=text)))
