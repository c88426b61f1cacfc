"""The shadow's street, counted by hand: who came, when each leaves, what the loops see, and what was measured."""

from dataclasses import replace

import pytest

from edge.adaptive.shadow_departures import Leaving, Presence, departures
from edge.adaptive.shadow_service import is_mixed, kind_of, paces, spells
from edge.adaptive.shadow_street import Street
from edge.adaptive.shadow_stretch import as_it_was, fit, measured, stretch_of
from edge.adaptive.shadow_vehicles import (
    Discharge,
    Vehicle,
    discharge_of,
    greens_of,
    lane_greens,
    presences,
    travel_ms,
    vehicles_of,
)
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.lanes import Lane, LaneName, Movement, Turn
from edge.model.observation import LoopEdge, Observation, PhaseSeen
from edge.model.units import DetectorNumber, Ms, PhaseNumber

P = PhaseNumber
STEADY = Discharge(first_ms=1_500, headway_ms=2_000)
N = LaneName("N1")
THROUGH = Movement(Turn.THROUGH, frozenset({P(2)}))
LANE = Lane(N, "N", (THROUGH,), (DetectorNumber(1),), (DetectorNumber(2),), advance_m=92.0, speed_kmh=36.0)
TRAVEL = 10_000  # 92 m at 92 % of 10 m/s


def lane(name: str, stop: int, advance: int | None = None, **changes: object) -> Lane:
    loops = (DetectorNumber(advance),) if advance else ()
    return Lane(
        LaneName(name),
        "N",
        changes.get("movements", (THROUGH,)),  # type: ignore[arg-type]
        (DetectorNumber(stop),),
        loops,
        advance_m=92.0,
        speed_kmh=36.0,
        siblings=changes.get("siblings", ()),  # type: ignore[arg-type]
    )


def pulse(detector: int, on: Ms, off: Ms) -> list[LoopEdge]:
    return [LoopEdge(DetectorNumber(detector), on, on=True), LoopEdge(DetectorNumber(detector), off, on=False)]


def edges(*rows: tuple[int, Ms, Ms]) -> list[LoopEdge]:
    return sorted((edge for row in rows for edge in pulse(*row)), key=lambda edge: edge.at_ms)


def street(*due: Ms, of: Lane = LANE) -> Street:
    return Street((of,), [Vehicle(of.name, ms) for ms in due], {of.name: STEADY})


def run(model: Street, greens: dict[Ms, set[int]], until: Ms) -> list[tuple[Ms, Ms]]:
    """The departures as (due, left)."""
    shown: frozenset[PhaseNumber] = frozenset()
    for now in range(0, until, 100):
        if now in greens:
            shown = frozenset(P(n) for n in greens[now])
        model.step(now, shown)
    return sorted((d.due_ms, d.left_ms) for q in model.lanes.values() for d in q.left)


def test_travel_time_is_that_of_free_speed() -> None:
    assert travel_ms(LANE) == TRAVEL


def test_a_queue_leaves_one_headway_after_another_from_the_start_loss_on() -> None:
    left = run(street(1_000, 2_000, 3_000), {10_000: {2}}, 30_000)
    assert left == [(1_000, 11_500), (2_000, 14_200), (3_000, 16_600)]  # 0.7 and 0.4 s slower than later ones


def test_who_comes_upon_an_empty_lane_in_green_passes_unhindered() -> None:
    assert run(street(5_000, 9_000), {0: {2}}, 30_000) == [(5_000, 5_000), (9_000, 9_000)]


def test_three_seconds_of_yellow_are_used_and_no_more() -> None:
    left = run(street(1_000, 1_100, 1_200), {10_000: {2}, 12_000: set()}, 30_000)
    assert left == [(1_000, 11_500), (1_100, 14_200)]


def test_delay_counts_those_of_the_stretch_and_who_is_left_up_to_the_end() -> None:
    model = street(1_000, 8_000, 50_000)
    run(model, {0: {2}, 2_000: set()}, 60_000)
    assert model.delay(0, 60_000, 60_000) == (pytest.approx(0.0 + 52.0 + 10.0), 3)
    assert model.delay(5_000, 20_000, 60_000) == (pytest.approx(52.0), 1)
    assert model.lanes[N].queue(9_000) == 1


def test_a_turn_that_yields_waits_for_the_opposing_queue_and_for_a_gap() -> None:
    left_turn = Movement(Turn.LEFT, frozenset({P(2)}), frozenset({P(2)}), (LaneName("S1"),))
    turning = lane("N1", 1, movements=(left_turn,))
    opposing = lane("S1", 3, movements=(Movement(Turn.THROUGH, frozenset({P(6)})),))
    vehicles = [Vehicle(N, 0), *(Vehicle(LaneName("S1"), ms) for ms in (0, 0, 9_000))]
    model = Street((turning, opposing), vehicles, {N: STEADY, LaneName("S1"): STEADY})
    run(model, {0: {2, 6}}, 30_000)
    # the queue is gone at 2.7 s, the next is due at 9.0 s: the gap is long enough at 2.8 s
    assert [d.left_ms for d in model.lanes[N].left] == [2_800]
    late = Street((turning, opposing), [*vehicles, Vehicle(LaneName("S1"), 6_000)], {N: STEADY, LaneName("S1"): STEADY})
    run(late, {0: {2, 6}}, 30_000)
    assert [d.left_ms for d in late.lanes[N].left] == [9_100]


def test_the_stop_bar_loop_is_free_between_two_vehicles_of_a_queue() -> None:
    model = street(1_000, 2_000)
    seen = []
    for now in range(0, 20_000, 100):
        model.step(now, frozenset({P(2)} if now >= 10_000 else ()))
        seen.append(model.lanes[N].occupied(now))
    changes = [100 * k for k in range(1, len(seen)) if seen[k] != seen[k - 1]]
    assert changes == [400, 11_500, 12_300, 14_200]


def advance_changes(model: Street, greens: dict[Ms, set[int]], until: Ms) -> list[Ms]:
    shown: frozenset[PhaseNumber] = frozenset()
    changes, was = [], False
    for now in range(0, until, 100):
        shown = frozenset(P(n) for n in greens[now]) if now in greens else shown
        model.step(now, shown)
        if model.lanes[N].on_advance is not was:
            was = not was
            changes.append(now)
    return changes


def test_the_advance_loop_sees_each_vehicle_once_even_close_behind_another() -> None:
    row = [Vehicle(N, 20_000), Vehicle(N, 20_400), Vehicle(N, 30_000, foretold=False)]
    model = Street((LANE,), row, {N: STEADY})
    assert advance_changes(model, {0: {2}}, 40_000) == [10_000, 10_600, 10_900, 11_500]


def test_a_queue_that_reaches_the_advance_loop_stands_on_it_and_moves_up_over_it() -> None:
    near = replace(LANE, advance_m=14.0)  # room for two
    row = [Vehicle(N, 5_000 + 3_000 * k) for k in range(4)]
    model = Street((near,), row, {N: STEADY})
    found = advance_changes(model, {30_000: {2}}, 60_000)
    assert found[:4] == [3_500, 4_100, 6_500, 7_100]
    assert found[4:] == [9_500, 31_600, 31_900, 34_300]  # the third stands on it until the first has left


def test_who_comes_just_after_a_queue_has_gone_follows_at_a_moving_headway() -> None:
    assert run(street(1_000, 11_600), {10_000: {2}}, 30_000) == [(1_000, 11_500), (11_600, 12_700)]


def test_what_leaves_over_the_stop_bar_is_what_crossed_the_advance_loop_first_in_first_out() -> None:
    row = edges((2, 1_000, 1_500), (2, 4_000, 4_500), (1, 11_000, 30_000), (1, 31_000, 32_000))
    found = vehicles_of((LANE,), row, {P(2): [(28_000, 60_000)]})
    assert found == (Vehicle(N, 11_000, 30_000), Vehicle(N, 14_000, 32_000))


def test_who_was_not_foretold_was_due_when_he_came_onto_the_loop() -> None:
    assert vehicles_of((LANE,), edges((1, 5_000, 6_000)), {}) == (Vehicle(N, 5_000, 6_000, foretold=False),)


def test_who_still_waits_has_not_left() -> None:
    row = [*edges((2, 1_000, 1_500)), LoopEdge(DetectorNumber(1), 11_000, on=True)]
    assert vehicles_of((LANE,), row, {}) == (Vehicle(N, 11_000, None),)


def test_a_vehicle_that_changed_to_the_lane_beside_is_found_there() -> None:
    left, right = lane("N1", 1, 2, siblings=(LaneName("N2"),)), lane("N2", 3, 4, siblings=(N,))
    found = vehicles_of((left, right), edges((2, 1_000, 1_500), (3, 11_000, 12_000)), {})
    assert found == (Vehicle(LaneName("N2"), 11_000, 12_000),)


def test_a_loop_that_lies_free_in_green_forgets_who_never_came() -> None:
    row = edges((2, 1_000, 1_500), (2, 20_000, 20_500), (1, 29_800, 30_500))
    found = vehicles_of((LANE,), row, {P(2): [(5_000, 60_000)]})
    assert found == (Vehicle(N, 30_000, 30_500),)


def test_without_an_advance_loop_a_platoon_came_evenly_over_the_red_before() -> None:
    bare = lane("N1", 1)
    row = edges((1, 10_000, 41_500), (1, 42_000, 43_500), (1, 44_000, 45_500), (1, 60_000, 60_600))
    found = vehicles_of((bare,), row, {P(2): [(40_000, 70_000)]})
    assert [v.due_ms for v in found] == [10_000, 21_833, 33_666, 60_000]


def test_discharge_is_that_of_vehicles_that_surely_stood_blended_with_the_usual() -> None:
    row = [Vehicle(N, 0, 13_000 + 2_400 * min(k, 3) + 1_700 * max(0, k - 3)) for k in range(14)]
    found = discharge_of(LANE, [*row, Vehicle(N, 40_000, 40_100)], [(10_000, 60_000)], ())
    assert found == Discharge((4 * 2_500 + 3_000) // 5, (10 * 1_900 + 10 * 1_700) // 20)
    assert discharge_of(LANE, (), (), ()) == Discharge(2_500, 1_900)
    reckoned = [replace(vehicle, told=False) for vehicle in row]
    assert discharge_of(LANE, reckoned, [(10_000, 60_000)], ()) == Discharge(2_500, 1_900)


def test_how_long_a_vehicle_is_on_its_loop_is_that_of_those_that_pass() -> None:
    row = [Presence(5_000 * k, 5_000 * k + 1_300) for k in range(12)]
    assert discharge_of(LANE, (), (), [*row, Presence(70_000, 90_000)]).present_ms == 1_300
    assert discharge_of(LANE, (), (), row[:9]).present_ms == 600


def test_behind_a_queue_that_reaches_over_the_advance_loop_vehicles_came_evenly() -> None:
    row = edges((2, 1_000, 9_000), (2, 10_000, 11_000), (2, 12_000, 13_000), (2, 20_000, 20_600))
    found = vehicles_of((LANE,), row, {})
    assert [v.due_ms - TRAVEL for v in found] == [1_000, 6_500, 12_000, 20_000]


def second(now: Ms, interval: Interval, since: Ms, *row: LoopEdge) -> Observation:
    phase = PhaseSeen(
        P(2),
        interval,
        since,
        PedInterval.DONT_WALK,
        0,
        vehicle_call=False,
        ped_call=False,
        waiting_since_ms=None,
        minimum_left_ms=0,
        max_left_ms=None,
        gapped=False,
    )
    return Observation(now, Mode.RUN, (phase,), tuple(row))


def cycle(now: Ms) -> tuple[Interval, Ms]:
    """30 s: green from 0 to 12, yellow to 15, red."""
    at, began = now % 30_000, now - now % 30_000
    if at < 5_000:
        return Interval.MIN_GREEN, began
    if at < 12_000:
        return Interval.EXTENSION, began + 5_000
    return (Interval.YELLOW_CHANGE, began + 12_000) if at < 15_000 else (Interval.RED, began + 15_000)


def test_greens_are_told_from_the_intervals() -> None:
    seen = [second(now, *cycle(now)) for now in range(1_000, 70_000, 1_000)]
    greens = greens_of(seen)
    assert greens == {P(2): [(0, 12_000), (30_000, 42_000), (60_000, 69_000)]}
    assert lane_greens(LANE, greens) == greens[P(2)]


def test_greens_of_two_phases_of_a_lane_are_one() -> None:
    both = lane("N1", 1, movements=(Movement(Turn.THROUGH, frozenset({P(2), P(5)})),))
    assert lane_greens(both, {P(2): [(0, 10)], P(5): [(8, 20), (30, 40)]}) == [(0, 20), (30, 40)]


def recorded(until: Ms = 600_000) -> list[Observation]:
    """Every 10 s a vehicle, dealt with as the model has it: due 7 s into the cycle, 17 s and 27 s."""
    row: list[LoopEdge] = []
    for k in range(until // 30_000):
        began = 30_000 * k
        for due, on, left in ((7_000, 6_400, 7_000), (17_000, 16_400, 31_500), (27_000, 32_300, 33_500)):
            row += edges((2, began + due - TRAVEL, began + due - TRAVEL + 600), (1, began + on, began + left))
    row.sort(key=lambda edge: edge.at_ms)
    seen = []
    for now in range(1_000, until, 1_000):
        new = [edge for edge in row if now - 1_000 < edge.at_ms <= now]
        seen.append(second(now, *cycle(now), *new))
    return seen


def test_the_model_tells_what_was_done_where_the_street_is_like_it() -> None:
    stretch = stretch_of((LANE,), recorded(), 180_000, 420_000)
    found = fit(stretch, as_it_was(stretch))
    assert found.freedom == 8
    assert found.chi2 == 0.0
    assert found.clear_s < 1.0
    assert found.delay_s == pytest.approx((0 + 14.5 + 6.5) / 3, abs=0.5)


def test_what_the_loops_measured_is_told_without_the_model() -> None:
    found = measured(stretch_of((LANE,), recorded(), 180_000, 420_000))
    assert found.vehicles == 24
    assert found.delay_s == pytest.approx((0 + 14.5 + 6.5) / 3)
    assert found.on_red == pytest.approx(2 / 3)
    assert (found.greens, found.failures) == (8, 0)
    assert found.occupied == pytest.approx((1.5 + 1.2 + 0.6) / 12)


def test_a_green_that_is_full_to_its_end_and_beyond_is_a_split_failure() -> None:
    row = [second(now, *cycle(now)) for now in range(1_000, 100_000, 1_000)]
    row[40] = second(41_000, *cycle(41_000), LoopEdge(DetectorNumber(1), 30_500, on=True))
    found = measured(stretch_of((LANE,), row, 20_000, 80_000))
    assert (found.greens, found.failures) == (2, 2)


def test_a_model_that_is_wrong_shows_in_chi_square() -> None:
    rows = recorded()
    stretch = stretch_of((LANE,), rows, 180_000, 420_000)
    blocked = Street((LANE,), (), {N: STEADY})
    assert fit(stretch, blocked).chi2 > fit(stretch, as_it_was(stretch)).chi2 + 20


def test_a_loop_that_stays_on_is_one_presence_without_an_end() -> None:
    found = presences([LoopEdge(DetectorNumber(1), 5, on=False), LoopEdge(DetectorNumber(1), 10, on=True)])
    assert found[DetectorNumber(1)][0].off_ms is None


def test_over_a_long_loop_the_first_of_a_queue_are_reckoned_until_it_falls_free() -> None:
    found = departures([Presence(5_000, 17_600), Presence(18_400, 19_300)], [(10_000, 40_000)])
    assert [leaving.told for leaving in found] == [False, False, True, True]
    assert found[-2:] == [
        Leaving(17_600, 5_000, 0, told=True),
        Leaving(19_300, 18_400, 17_600, told=True),
    ]
    assert 11_000 <= found[0].at_ms <= 14_000


def test_a_loop_that_never_falls_free_in_green_lets_nobody_go() -> None:
    found = departures([Presence(5_000, 90_000)], [(10_000, 40_000), (80_000, 85_000)])
    assert [leaving.at_ms for leaving in found if leaving.told] == [90_000]
    assert not [leaving for leaving in found if 20_000 < leaving.at_ms < 80_000]


SHARED = lane(
    "N1",
    1,
    2,
    movements=(
        Movement(Turn.LEFT, frozenset({P(2), P(5)}), frozenset({P(2)}), (LaneName("S1"),)),
        Movement(Turn.THROUGH, frozenset({P(2)})),
    ),
)


@pytest.mark.parametrize(
    ("greens", "kind", "mixed"), [({2}, "yg", True), ({5}, "gr", True), ({2, 5}, "gg", False), ({6}, "rr", False)]
)
def test_a_shared_lane_has_kinds_of_right_of_way(greens: set[int], kind: str, *, mixed: bool) -> None:
    assert kind_of(SHARED, {P(n) for n in greens}) == kind
    assert is_mixed(kind) is mixed


def test_the_pace_of_a_shared_lane_is_measured_by_kind() -> None:
    greens = {P(2): [(10_000, 30_000)], P(5): [(24_000, 40_000)]}
    assert spells(SHARED, greens) == [(10_000, 24_000, "yg"), (24_000, 30_000, "gg"), (30_000, 40_000, "gr")]
    row = [Vehicle(N, 5_000, 15_000), Vehicle(N, 6_000, 20_000), Vehicle(N, 7_000, 28_000), Vehicle(N, 8_000)]
    found = paces(SHARED, row, greens, Discharge())
    assert found == {"yg": (14_000 + 3 * 1_900) // 5, "gr": (10_000 + 3 * 1_900) // 3}


def test_a_mixed_right_of_way_is_as_slow_as_it_was_measured() -> None:
    slow = Discharge(1_500, 2_000, paces={"gr": 6_000})
    model = Street((SHARED,), [Vehicle(N, 1_000), Vehicle(N, 2_000), Vehicle(N, 3_000)], {N: slow})
    assert run(model, {10_000: {5}}, 40_000) == [(1_000, 11_500), (2_000, 17_500), (3_000, 23_500)]
