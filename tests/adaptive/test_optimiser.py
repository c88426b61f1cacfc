"""What the optimiser asks for: holds what should go on, ends what should end, calls what comes, and lets nobody slip in."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.adaptive.forecast import Stage
from edge.model.advice import Advice
from edge.model.exchange import Interval
from edge.model.observation import Observation
from tests.adaptive.plans import forecast, of, optimiser, shared, standing


def advised(count: int, greens: dict[int, int], queues: dict[int, float], **more: object) -> Advice:
    adviser = optimiser(count)
    come = more.pop("come", None)
    seen = standing(shared(count)[0], 100_000, greens, **more)  # type: ignore[arg-type]
    return adviser.advise(seen, forecast(adviser, queues, come=come))  # type: ignore[arg-type]


def test_a_green_that_serves_nobody_ends_for_whoever_waits() -> None:
    advice = advised(3, {1: 0}, {3: 4.0})
    assert advice.force_offs == of(1)
    assert advice.calls == of(3)
    assert advice.omits == of(2)
    assert not advice.holds


def test_a_green_goes_on_for_the_vehicles_that_are_about_to_come() -> None:
    come = {1: dict.fromkeys(range(1, 9), 0.5)}
    advice = advised(2, {1: 0}, {2: 1.0}, come=come)
    assert advice.holds == of(1)
    assert not advice.force_offs


def test_where_nobody_waits_nothing_ends_and_nobody_is_left_out() -> None:
    advice = advised(3, {1: 0}, {})
    assert advice.force_offs == advice.omits == advice.calls == of()


def test_in_its_minimum_a_green_is_held_and_nothing_is_searched() -> None:
    advice = advised(3, {1: 3_000}, {2: 9.0})
    assert advice.holds == of(1)
    assert advice.best is None


def test_one_ring_changes_while_the_other_keeps_its_green() -> None:
    advice = advised(8, {1: 0, 5: 0}, {1: 6.0, 6: 4.0})
    assert advice.force_offs == of(5)
    assert advice.holds == of(1)
    assert advice.calls == of(6)


def test_over_the_barrier_both_rings_end_together() -> None:
    advice = advised(8, {2: 0, 6: 0}, {4: 6.0, 8: 6.0})
    assert advice.force_offs == of(2, 6)
    assert advice.calls == of(4, 8)
    assert advice.omits == of(1, 3, 5, 7)


def test_a_ring_that_is_free_may_change_while_the_other_has_its_minimum() -> None:
    advice = advised(8, {1: 0, 6: 3_000}, {2: 6.0, 6: 6.0})
    assert advice.force_offs == of(1)
    assert advice.calls == of(2)
    assert 6 in advice.holds


def test_what_was_begun_is_kept_until_it_is_green() -> None:
    adviser = optimiser(3)
    built = shared(3)[0]
    first = adviser.advise(standing(built, 100_000, {1: 0}), forecast(adviser, {3: 4.0}))
    assert first.calls == of(3)
    seen = yellow(standing(built, 101_000, {}), 1)
    second = adviser.advise(seen, forecast(adviser, {2: 5.0, 3: 4.0}))
    assert second.calls == of(3)
    assert second.omits == of(1, 2)


def yellow(seen: Observation, number: int) -> Observation:
    rows = tuple(replace(p, interval=Interval.YELLOW_CHANGE) if p.number == number else p for p in seen.phases)
    return replace(seen, phases=rows)


def test_a_lane_that_has_waited_nearly_too_long_goes_before_a_longer_queue() -> None:
    adviser = optimiser(3)
    built = shared(3)[0]
    told = forecast(adviser, {1: 0.0, 2: 8.0, 3: 1.0})
    plain = adviser.advise(standing(built, 100_000, {1: 0}), told)
    assert plain.calls == of(2)
    lanes = tuple(replace(lane, waiting_s=115.0) if lane.lane == "L3" else lane for lane in told.lanes)
    late = optimiser(3).advise(standing(built, 100_000, {1: 0}), replace(told, lanes=lanes))
    assert late.calls == of(3)


def test_a_green_that_is_kept_for_a_long_queue_is_not_ended_for_a_longer_one() -> None:
    adviser = optimiser(2)
    told = forecast(adviser, {1: 0.0, 2: 9.0})
    seen = standing(shared(2)[0], 100_000, {1: 0})
    assert adviser.advise(seen, told).force_offs == of(1)
    lanes = tuple(replace(lane, kept=lane.lane == "L1") for lane in told.lanes)
    kept = optimiser(2).advise(seen, replace(told, lanes=lanes))
    assert kept.holds == of(1)
    assert not kept.force_offs


def test_pedestrians_who_wait_are_served_though_no_vehicle_is() -> None:
    advice = advised(3, {1: 0}, {}, walks={2: 30_000})
    assert advice.calls == of(2)


def test_pedestrians_who_came_too_late_for_their_green_make_it_end_for_others() -> None:
    come = {2: dict.fromkeys(range(60), 0.4)}
    assert advised(2, {2: 0}, {1: 1.0}, come=come).holds == of(2)
    assert advised(2, {2: 0}, {1: 1.0}, come=come, walks={2: 72_000}).force_offs == of(2)


def test_a_bus_that_asks_for_priority_outweighs_a_queue() -> None:
    queues = {2: 3.0, 3: 1.0}
    assert advised(3, {1: 0}, queues).calls == of(2)
    assert advised(3, {1: 0}, queues, transit=of(3)).calls == of(3)


def test_loops_that_do_not_carry_it_leave_everything_to_plain_actuation() -> None:
    adviser = optimiser(3)
    told = replace(forecast(adviser, {3: 9.0}), fit=False, why="6 of 8 loops are not to be believed")
    advice = adviser.advise(standing(shared(3)[0], 100_000, {1: 0}), told)
    assert not advice.healthy
    assert advice.why
    assert not advice.holds | advice.force_offs | advice.calls | advice.omits


QUEUES = st.dictionaries(st.integers(1, 8), st.floats(0, 30), max_size=8)
GREENS = st.sampled_from([(1, 5), (2, 5), (2, 6), (3, 8), (4, 8), (4, 7), (2,), ()])
LEFT = st.sampled_from([0, 0, 1_000, 4_900])


@given(
    QUEUES,
    GREENS,
    LEFT,
    LEFT,
    st.dictionaries(st.integers(1, 8), st.dictionaries(st.integers(0, 59), st.just(1.0)), max_size=3),
)
def test_whatever_is_expected_the_advice_makes_sense(
    queues: dict[int, float], greens: tuple[int, ...], one: int, two: int, come: dict[int, dict[int, float]]
) -> None:
    adviser, built = optimiser(8), shared(8)[0]
    left = dict(zip(greens, (one, two), strict=False))
    advice = adviser.advise(standing(built, 100_000, left), forecast(adviser, queues, come=come))
    on = of(*greens)
    assert not advice.holds & advice.force_offs
    assert not advice.calls & (advice.omits | on)
    assert advice.holds <= on
    assert advice.force_offs <= {p for p in on if left[p] == 0}
    assert is_part_of_a_stage((on - advice.force_offs) | advice.calls, adviser.stages)
    assert not advice.omits or (advice.calls | (on - advice.force_offs))


def is_part_of_a_stage(phases: Stage, stages: tuple[Stage, ...]) -> bool:
    return any(phases <= stage for stage in stages)


@settings(max_examples=5)
@given(QUEUES, GREENS)
def test_the_same_seconds_give_the_same_advice(queues: dict[int, float], greens: tuple[int, ...]) -> None:
    built = shared(8)[0]
    runs = []
    for _ in range(2):
        adviser = optimiser(8)
        seconds = [standing(built, now, dict.fromkeys(greens, 0)) for now in (100_000, 101_000)]
        runs.append([adviser.advise(seen, forecast(adviser, queues, now=seen.now)) for seen in seconds])
    assert runs[0] == runs[1]
