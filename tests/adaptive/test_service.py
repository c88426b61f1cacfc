"""What a stage is for a lane, and at what rate its queue leaves."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adaptive.learned import Discharge
from edge.adaptive.service import Kind, Rates, kind_of, left_before, permissive_rate, until_held
from edge.model.lanes import Movement, Turn
from edge.model.units import PhaseNumber
from tests.adaptive.street import lane, stage

TWO, SIX = frozenset({PhaseNumber(2)}), frozenset({PhaseNumber(6)})
THROUGH = Movement(Turn.THROUGH, TWO)
LEFT = Movement(Turn.LEFT, TWO | {PhaseNumber(5)}, TWO, ("S1",))  # type: ignore[arg-type]
SHARED = lane("N1", 2, 1, movements=(THROUGH, LEFT))
OPPOSING = lane("S1", 6, 3)
LANES = {row.name: row for row in (SHARED, OPPOSING)}


def rates() -> Rates:
    """At half a vehicle a second."""
    return Rates(SHARED, Discharge(10.0, 20.0))


def test_a_turn_yields_only_to_lanes_that_are_green_in_the_stage() -> None:
    assert kind_of(SHARED, stage(2, 6), LANES) == Kind("gy", 1, 1, 0, (OPPOSING.name,), 0.25)
    assert kind_of(SHARED, stage(2), LANES) == Kind("gg", 2, 0, 0)
    assert kind_of(SHARED, stage(6), LANES) is None


def test_a_protected_phase_of_a_turn_beats_its_permissive_one() -> None:
    assert kind_of(SHARED, stage(2, 5, 6), LANES) == Kind("gg", 2, 0, 0)


def test_a_shared_lane_whose_other_movement_is_red_is_held_up_sooner_or_later() -> None:
    held = Kind("gr", 1, 0, 1, held_part=0.25)
    short, long, endless = (rates().service(held, 0.0, queue).clear for queue in (1.0, 10.0, 60.0))
    assert 6.0 * short == pytest.approx(0.75)  # of one vehicle in a minimum green
    assert endless < BARELY < long < 0.5


BARELY = 0.05


def test_gaps_are_rarer_in_a_denser_stream() -> None:
    assert permissive_rate(0.0) == pytest.approx(0.4)
    assert permissive_rate(0.1) == pytest.approx(0.288, abs=0.002)
    assert permissive_rate(0.5) == pytest.approx(0.074, abs=0.002)


def test_the_part_that_leaves_before_the_first_turner_falls_with_the_queue() -> None:
    assert until_held(0.0, 9.0) == 1.0
    assert until_held(0.5, 1.0) == pytest.approx(0.5)
    assert until_held(0.5, 2.0) == pytest.approx(0.375)


def test_the_more_turners_there_are_the_fewer_have_left_before_the_first_of_them() -> None:
    assert [left_before(part, 5) for part in (0.0, 0.2, 0.9)] == [1, 1, 0]
    assert left_before(0.0, 1) <= 1


def test_the_flag_of_a_standing_head_counts_in_its_kind_of_stage_only() -> None:
    row = rates()
    row.blocked.add("gr")
    assert row.service(Kind("gr", 1, 0, 1, held_part=0.25), 0.0, 5.0).clear == pytest.approx(0.02)
    assert row.service(Kind("gg", 2, 0, 0), 0.0, 5.0).clear == pytest.approx(0.5)


def test_a_through_movement_takes_most_of_a_shared_lane_until_it_is_learned() -> None:
    shared = lane("N1", 2, 1, movements=(Movement(Turn.THROUGH, TWO), Movement(Turn.LEFT, SIX)))
    held = {phase: kind_of(shared, stage(phase), {}) for phase in (2, 6)}
    assert [row.held_part for row in held.values() if row is not None] == [0.25, 0.75]


def test_a_head_that_is_probably_held_up_is_found_out_sooner() -> None:
    seldom, mostly = Kind("gr", 1, 0, 1, held_part=0.2), Kind("gr", 1, 0, 1, held_part=0.75)
    assert rates().patience(mostly) < rates().patience(seldom) < rates().patience(None)


def test_two_shared_lanes_that_face_each_other_give_each_others_turns_their_gaps() -> None:
    back = Movement(Turn.LEFT, frozenset({PhaseNumber(6)}), frozenset({PhaseNumber(6)}), ("N1",))  # type: ignore[arg-type]
    facing = lane("S1", 6, 3, movements=(Movement(Turn.THROUGH, SIX), back))
    kind = kind_of(SHARED, stage(2, 6), {"N1": SHARED, "S1": facing})  # type: ignore[dict-item]
    alone = kind_of(SHARED, stage(2, 6), LANES)
    assert kind is not None
    assert alone is not None
    assert (kind.facing_part, alone.facing_part) == (0.25, 0.0)
    free, held_up = rates().service(kind, 0.1, 20.0), rates().service(alone, 0.1, 20.0)
    assert free.opposed == pytest.approx(0.5 / (1.0 + 0.25 * 3.0))
    assert held_up.opposed < free.opposed / 2.0
    row = rates()
    row.blocked.add(kind.name)
    assert row.service(kind, 0.1, 20.0).opposed == pytest.approx(0.5 * 0.25)


def test_the_rates_of_a_turn_that_yields_are_learned_apart_for_a_free_and_an_opposed_way() -> None:
    row, kind = rates(), Kind("y", 0, 1, 0, (OPPOSING.name,), 1.0)
    for _ in range(20):
        row.saw(kind, 4, clear_s=10.0, opposed_s=0.0)
        row.saw(kind, 2, clear_s=0.0, opposed_s=10.0)
    service = row.service(kind, 0.05, 3.0)
    assert service.clear == pytest.approx(0.4, abs=0.03)
    assert service.opposed == pytest.approx(0.15, abs=0.03)


@given(
    st.sampled_from([a + b + c for a in "gyr" for b in "gyr" for c in "gyr" if {a, b, c} != {"r"}]),
    st.sets(st.sampled_from([a + b + c for a in "gyr" for b in "gyr" for c in "gyr"])),
    st.floats(0.0, 2.0),
    st.floats(0.0, 200.0),
)
def test_no_stage_and_no_standing_head_leaves_a_lane_without_a_rate(
    name: str, blocked: set[str], opposing: float, queue: float
) -> None:
    three = tuple(Movement(turn, TWO) for turn in (Turn.LEFT, Turn.THROUGH, Turn.RIGHT))
    row = Rates(lane("N1", 2, 1, movements=three), Discharge(10.0, 20.0), blocked=blocked)
    part = {sign: sum(name[k] == sign for k in range(3)) / 3.0 for sign in "yr"}
    counts = (name.count("g"), name.count("y"), name.count("r"))
    rate = row.service(
        Kind(name, *counts, (OPPOSING.name,) if part["y"] else (), part["y"], part["r"]), opposing, queue
    )
    assert 0.0 <= rate.opposed <= rate.clear <= 0.5
    assert math.isfinite(rate.clear)
