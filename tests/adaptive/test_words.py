"""Explanations: what a technician reads about one second, sentence by sentence."""

from dataclasses import replace

import pytest

from edge.adaptive.actuation import End, end_of, next_of
from edge.adaptive.words import Second, changes, explain, limits, state
from edge.adaptive.words_of_plans import option, step_of
from edge.model.adaptive import AdaptiveMode
from edge.model.advice import Advice, Doubt, Expected
from edge.model.exchange import Interval, PedInterval
from edge.model.faults import FaultKind
from edge.model.lanes import LaneName
from edge.model.observation import Observation, PhaseSeen
from edge.model.units import DetectorNumber
from tests.adaptive.seconds import NOW, P, advice, dual_ring, green, observation, plan, red, second

BUSY = observation(green(2), green(6, gapped=True), red(4, waited_ms=31_000), red(8, waited_ms=9_000, ped=True))
HOLD = advice(holds=frozenset({P(2), P(6)}))


def phases(*numbers: int) -> frozenset[int]:
    return frozenset(P(n) for n in numbers)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (green(2, minimum_left_ms=2_000), End.MUST_STAY),
        (green(2), End.EXTENDS),
        (green(2, gapped=True), End.GAPPED_OUT),
        (green(2, max_left_ms=0), End.MAXED_OUT),
    ],
)
def test_plain_actuation_ends_an_opposed_green_by_gap_or_maximum(row: PhaseSeen, found: End) -> None:
    seen = observation(row, red(4, waited_ms=1_000))
    assert end_of(dual_ring(), seen, row) is found


def test_plain_actuation_lets_a_green_rest_while_only_its_own_group_calls() -> None:
    row = green(2, gapped=True)
    assert end_of(dual_ring(), observation(row, red(5, waited_ms=9_000)), row) is End.RESTS


@pytest.mark.parametrize(("calls", "served"), [((1, 4), 4), ((1, 3, 4), 3), ((1,), 1), ((8,), None), ((), None)])
def test_plain_actuation_goes_round_its_ring(calls: tuple[int, ...], served: int | None) -> None:
    seen = observation(green(2), *(red(n, waited_ms=1_000) for n in calls))
    assert next_of(dual_ring(), seen, P(2)) == served


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (second(BUSY, None), "No advice is at hand: plain actuation runs."),
        (second(BUSY, advice(healthy=False, why="2 of 5 loops fail")), "Plain actuation runs: 2 of 5 loops fail."),
        (
            second(BUSY, HOLD, held="it is an actuated day"),
            "Adaptive timing advises and does not act: it is an actuated day.",
        ),
        (
            second(replace(BUSY, free=False), HOLD),
            "Adaptive timing stands back: a plan, an operator, a preempt or a flash has the junction.",
        ),
        (second(BUSY, HOLD), "Adaptive timing acts."),
        (second(replace(BUSY, acting=False), HOLD), "Plain actuation runs: no advice has come in time."),
        (
            second(replace(BUSY, acting=False), HOLD, site=dual_ring(AdaptiveMode.ADVISE)),
            "Adaptive timing advises only (mode: advise); plain actuation runs.",
        ),
    ],
)
def test_who_decides_is_said_first(given: Second, said: str) -> None:
    assert state(given) == said


@pytest.mark.parametrize(
    ("seen", "made", "said"),
    [
        (BUSY, HOLD, ("It holds 6. Plain actuation would end it now (its traffic has gone) and serve 8 next.",)),
        (
            BUSY,
            advice(force_offs=phases(2)),
            ("It ends 2. Plain actuation would let it go on (its traffic extends it, for 8 s at most).",),
        ),
        (BUSY, advice(omits=phases(4)), ("It passes over 4, which plain actuation would serve after 2.",)),
        (
            observation(green(2), *(red(n, waited_ms=9_000) for n in (1, 3, 4))),
            advice(omits=phases(3, 1)),
            ("It passes over 3, which plain actuation would serve after 2; 4 is left to come.",),
        ),
        (BUSY, advice(omits=phases(1, 3)), ("Nothing: plain actuation would do the same now.",)),
        (BUSY, advice(calls=phases(3)), ("It calls 3, although nobody waits there.",)),
        (BUSY, advice(calls=phases(4)), ("Nothing: plain actuation would do the same now.",)),
        (BUSY, advice(omits=phases(3)), ("Nothing: plain actuation would do the same now.",)),
        (
            replace(BUSY, acting=False),
            HOLD,
            ("It would hold 6. Plain actuation would end it now (its traffic has gone) and serve 8 next.",),
        ),
        (BUSY, advice(healthy=False), ()),
        (BUSY, None, ()),
    ],
)
def test_what_is_changed_against_plain_actuation_is_told(
    seen: Observation, made: Advice | None, said: tuple[str, ...]
) -> None:
    assert changes(second(seen, made)) == said


def test_an_advice_that_is_held_back_is_not_called_the_same_as_actuation() -> None:
    assert changes(second(BUSY, advice(), held="it is an actuated day")) == ()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (green(2, minimum_left_ms=2_600), "2 may not end for 3 s: minimum green."),
        (replace(green(2, minimum_left_ms=9_000), ped=PedInterval.WALK), "2 may not end for 9 s: its pedestrians."),
        (green(2, for_ms=50_000), "2 is held no longer than 60 s."),
        (
            red(4, waited_ms=100_000),
            "4 has waited 100 s: from 120 s on who waits is left out no more, nor waits for a hold.",
        ),
        (
            red(4, waited_ms=80_000, ped=True),
            "4 has waited 80 s: from 90 s on who waits on foot is left out no more, nor waits for a hold.",
        ),
        (red(4, waited_ms=20_000), None),
        (green(2), None),
    ],
)
def test_limits_are_told_when_they_bind(row: PhaseSeen, said: str | None) -> None:
    assert limits(second(observation(row), advice())) == (() if said is None else (said,))


@pytest.mark.parametrize(
    ("number", "shows", "why"),
    [
        (2, "green", "for 12.3 s: held by adaptive timing, its traffic extends it; planned for 8 s more"),
        (6, "green", "for 12.3 s: held by adaptive timing, its traffic has gone; planned for 8 s more"),
        (4, "red", "for 40.0 s: called 31.0 s ago, waiting for its turn; planned in 13 s"),
        (8, "red", "for 40.0 s: called 9.0 s ago, waiting for its turn; planned in 13 s"),
        (3, "red", "for 40.0 s: no call"),
    ],
)
def test_every_phase_says_why_it_is_green_or_red(number: int, shows: str, why: str) -> None:
    (found,) = (p for p in explain(second(BUSY, HOLD)).phases if p.number == number)
    assert (found.shows, found.why) == (shows, why)


@pytest.mark.parametrize(
    ("row", "made", "why"),
    [
        (red(4, waited_ms=2_000, coming=True), None, "called 2.0 s ago, comes next"),
        (
            red(4, waited_ms=2_000),
            advice(omits=phases(4), best=None),
            "called 2.0 s ago, passed over for now by adaptive timing",
        ),
        (replace(red(4), vehicle_call=True), None, "called, waiting for its turn"),
        (replace(red(4), demands=True), None, "recalled, waiting for its turn"),
        (replace(red(4), interval=Interval.YELLOW_CHANGE), None, "yellow change"),
        (green(4, minimum_left_ms=1_000), None, "minimum green"),
        (replace(green(4, minimum_left_ms=1_000), ped=PedInterval.WALK), None, "its pedestrians are walking"),
        (green(4), advice(force_offs=phases(4), best=None), "ended by adaptive timing"),
        (green(4, gapped=True), None, "nobody opposes it"),
    ],
)
def test_reasons_are_told_for_every_state(row: PhaseSeen, made: Advice | None, why: str) -> None:
    (found,) = (p for p in explain(second(observation(row), made)).phases if p.number == 4)
    assert found.why.endswith(why)


def test_the_controllers_own_words_go_before_ours() -> None:
    found = explain(second(BUSY, advice(best=None), reasons={P(2): "extended by traffic"}))
    assert found.phases[1].why == "for 12.3 s: extended by traffic"


def test_plans_are_told_with_times_and_what_the_alternatives_cost_more() -> None:
    found = explain(second(BUSY, HOLD))
    assert found.plan == "2+6 for 8 s more, then 4+8 in 13 s for 22 s; cost 143 vehicle-seconds"
    assert found.others == ("end 2+6 now, then 4+8 in 5 s for 20 s; cost 8 vehicle-seconds more",)
    assert option(BUSY, plan(cost=1.0), 4.0) == "stay as it is; cost 3 less"


def test_what_is_expected_and_what_stands_in_for_a_loop_is_told() -> None:
    found = explain(second(replace(BUSY, failed={DetectorNumber(7): FaultKind.DETECTOR_MAX_PRESENCE}), HOLD))
    assert found.expects == (
        "N1: 3 waiting, 5 more to come",
        "E1: 0 waiting, 1 more to come (the neighbouring lane stands in)",
    )
    doubted = second(
        BUSY, replace(HOLD, doubts=(Doubt(DetectorNumber(3), "stuck on: nobody has left it"),), expects=())
    )
    assert explain(doubted).loops == ("loop 3: stuck on: nobody has left it",)
    assert found.loops == ("loop 7 (detector max presence)", "lane E1: the neighbouring lane stands in")


def test_a_lane_with_loops_at_one_place_is_no_doubt() -> None:
    found = explain(second(BUSY, replace(HOLD, expects=(Expected(LaneName("N1"), 3.0, 5.0, "single"),))))
    assert found.expects == ("N1: 3 waiting, 5 more to come (it has loops at one place only)",)
    assert found.loops == ()


def test_the_lines_say_everything_and_leave_out_what_there_is_not() -> None:
    text = explain(second(BUSY, HOLD)).lines()
    assert text[0] == "07:12:31  Adaptive timing acts."
    assert "Against plain actuation:" in text
    assert "Bound by:" not in text
    bare = explain(second(replace(BUSY, local=None), None)).lines()
    assert bare[0] == "No advice is at hand: plain actuation runs."
    assert len(bare) == 9


def test_the_json_form_carries_its_version() -> None:
    found = explain(second(BUSY, HOLD)).as_dict()
    assert found["v"] == 1
    assert found["phases"][0]["move"] == "SBL"


def test_steps_that_follow_on_are_one_green() -> None:
    chosen = plan(((2, 5), 0, 6), ((2, 6), 6, 20), ((4, 8), 25, 40), ((2, 6), 45, 60))
    found = step_of(chosen, P(2), NOW)
    assert found is not None
    assert (found.from_ms, found.to_ms) == (NOW, NOW + 20_000)
    assert step_of(chosen, P(3), NOW) is None
