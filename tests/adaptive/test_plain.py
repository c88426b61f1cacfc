"""Values of the model as JSON and back: nothing is lost, and a record from before a member was added is read."""

import json
from dataclasses import dataclass, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.advice import Advice, Expected, Option, Step
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.faults import FaultKind
from edge.model.lanes import LaneName
from edge.model.observation import LoopEdge, Observation, PhaseSeen
from edge.model.plain import from_plain, to_plain
from edge.model.plans import LocalTime
from edge.model.units import DetectorNumber, PhaseNumber

numbers = st.integers(1, 99)
instants = st.integers(-(2**53), 2**53)
amounts = st.floats(allow_nan=False)
phases = st.frozensets(numbers.map(PhaseNumber))
steps = st.builds(Step, st.lists(numbers.map(PhaseNumber)).map(tuple), instants, instants)
options = st.builds(Option, st.lists(steps, max_size=3).map(tuple), amounts)
expected = st.builds(Expected, st.text().map(LaneName), amounts, amounts, st.text())
advices = st.builds(
    Advice,
    made_ms=instants,
    calls=phases,
    ped_calls=phases,
    holds=phases,
    force_offs=phases,
    omits=phases,
    healthy=st.booleans(),
    why=st.text(),
    best=st.none() | options,
    others=st.lists(options, max_size=2).map(tuple),
    expects=st.lists(expected, max_size=3).map(tuple),
    took_us=instants,
)
seen = st.builds(
    PhaseSeen,
    numbers.map(PhaseNumber),
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
)
edges = st.builds(LoopEdge, numbers.map(DetectorNumber), instants, st.booleans())
locals_ = st.builds(
    LocalTime, st.tuples(numbers, numbers, numbers), st.integers(0, 6), instants, instants, st.booleans(), instants
)
observations = st.builds(
    Observation,
    now=instants,
    mode=st.sampled_from(Mode),
    phases=st.lists(seen, max_size=3).map(tuple),
    edges=st.lists(edges, max_size=4).map(tuple),
    occupied=st.frozensets(numbers.map(DetectorNumber)),
    failed=st.dictionaries(numbers.map(DetectorNumber), st.sampled_from(FaultKind)),
    local=st.none() | locals_,
    plan=st.none() | numbers,
    free=st.booleans(),
    acting=st.booleans(),
    transit=phases,
    group=st.integers(0, 5),
)


@given(advices)
def test_an_advice_comes_back_from_json_as_it_was(advice: Advice) -> None:
    assert from_plain(Advice, json.loads(json.dumps(to_plain(advice)))) == advice


@given(observations)
def test_an_observation_comes_back_from_json_as_it_was(observation: Observation) -> None:
    back = from_plain(Observation, json.loads(json.dumps(to_plain(observation))))
    assert back == observation
    assert list(back.failed.items()) == list(observation.failed.items())


@pytest.mark.parametrize("kind", [Advice, Observation, PhaseSeen, LoopEdge, Expected, Option, Step])
def test_every_member_has_a_plain_form(kind: type) -> None:
    assert fields(kind)
    with pytest.raises(ValueError, match=kind.__name__):
        from_plain(kind, {"no such member": 1})


@dataclass(frozen=True)
class _Before:
    at: int


@dataclass(frozen=True)
class _After:
    at: int
    more: tuple[float, ...] = (0.5,)


def test_a_record_from_before_a_member_was_added_gets_its_default() -> None:
    assert from_plain(_After, to_plain(_Before(3))) == _After(3)
    assert to_plain(_After(3)) == {"at": 3}


def test_what_has_no_plain_form_is_a_mistake_of_the_program() -> None:
    @dataclass(frozen=True)
    class Odd:
        what: complex

    with pytest.raises(TypeError, match="complex"):
        to_plain(Odd(1j))
