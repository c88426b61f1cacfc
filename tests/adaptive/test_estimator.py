"""The estimator against hand-made edges whose traffic is known."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adaptive.estimator import LoopEstimator
from edge.model.lanes import Movement, Turn
from edge.model.plans import LocalTime
from edge.model.units import DetectorNumber, PhaseNumber
from tests.adaptive.street import E1, TWO, Street, crossing, discharge, lane, stage

GAP_IN = 0.5
"""A vehicle at 50 km/h occupies an advance loop for half a second."""


def local(day_ms: int) -> LocalTime:
    """A Thursday."""
    return LocalTime((2026, 11, 26), 3, day_ms, 0, synced=True)


def passing(*seconds: float) -> list[tuple[float, float]]:
    """Free vehicles over an advance loop."""
    return [(at, at + GAP_IN) for at in seconds]


def test_a_vehicle_seen_upstream_is_expected_at_the_line_after_its_travel_time_and_then_queues() -> None:
    street = Street(crossing())
    street.loops = {2: passing(10.0), 1: [(13.5, 99.0)]}
    coming = street.until(11).lane()
    assert coming.queue == 0
    assert sum(coming.arrivals[:3]) == pytest.approx(1.0, abs=0.2)
    assert street.until(15).lane().queue == 1
    assert street.lane().waiting_s == pytest.approx(1.1, abs=0.5)


def test_a_queue_is_counted_from_its_arrivals_and_leaves_by_the_falling_edges() -> None:
    street = Street(crossing())
    street.loops = {2: passing(3, 6, 9, 12, 15), 1: discharge(25.0, 5)}
    street.greens = {2: [(25.0, 60.0)]}
    assert street.until(25).lane().queue == 5
    assert street.until(29).lane().queue in {3, 4}
    assert street.until(37).lane().queue == 0


def test_departures_are_assumed_while_a_moving_queue_keeps_the_loop_occupied() -> None:
    street = Street(crossing(lane("N1", 2, 1, advance_m=100.0)))
    street.loops = {2: passing(*range(3, 24, 3)), 1: [(11.0, 50.2)]}
    street.greens = {2: [(40.0, 60.0)]}
    queues = [street.until(second).lane().queue for second in (40, 43, 46, 48)]
    assert queues[0] == 7
    assert queues == sorted(queues, reverse=True)
    assert queues[-1] in {2, 3, 4}


def test_an_occupied_stop_bar_loop_with_nobody_expected_is_a_vehicle_that_no_loop_saw() -> None:
    street = Street(crossing())
    street.loops = {1: [(10.0, 99.0)]}
    assert street.until(13).lane().queue == 1


def test_a_free_stop_line_in_green_has_nobody_behind_it() -> None:
    street = Street(crossing())
    street.loops = {2: passing(3, 5, 7), 1: [(8.0, 21.0)]}
    street.greens = {2: [(18.0, 60.0)]}
    assert street.until(18).lane().queue == 3
    assert street.until(25).lane().queue == 0


def test_a_vehicle_that_changed_lanes_leaves_the_list_of_its_sibling() -> None:
    one = lane("N1", 2, 1, siblings=("N2",))
    two = lane("N2", 2, 3, siblings=("N1",))
    street = Street(crossing(one, two))
    street.loops = {2: passing(3, 6), 1: [(6.5, 99.0)], 3: [(9.5, 99.0)]}
    street.until(14)
    assert (street.lane("N1").queue, street.lane("N2").queue) == (1, 1)


def test_a_queue_over_the_advance_loop_grows_on_at_the_mean_rate_within_its_storage() -> None:
    street = Street(crossing(lane("N1", 2, 1, length_m=90.0)))
    street.loops = {2: [*passing(3, 6, 9, 12), (15, 15.9), (18, 19.2), (24.0, 500.0)], 1: [(6.0, 500.0)]}
    seen = street.until(30).lane().queue
    later = street.until(60).lane().queue
    assert seen >= 7
    assert later > seen + 1
    assert street.until(400).lane().queue == pytest.approx(90.0 / 6.5)


def test_a_head_that_does_not_move_blocks_its_lane_in_this_stage_and_in_no_other() -> None:
    shared = (
        Movement(Turn.THROUGH, frozenset({PhaseNumber(2), PhaseNumber(4)})),
        Movement(Turn.LEFT, frozenset({PhaseNumber(4)})),
    )
    street = Street(crossing(lane("N1", 2, 1, movements=shared)))
    street.loops = {2: passing(3, 6, 9), 1: [(6.0, 99.0)]}
    street.greens = {2: [(20.0, 60.0)]}
    before = street.until(20).lane().service[stage(2)].clear
    after = street.until(34).lane()
    assert before > 0.2
    assert after.service[stage(2)].clear < 0.05
    assert after.service[stage(4)].clear > 0.4
    assert after.queue >= 2


def test_a_permissive_turn_waits_for_the_opposing_queue_and_then_for_gaps() -> None:
    left = Movement(Turn.LEFT, frozenset({PhaseNumber(2)}), frozenset({PhaseNumber(2)}), ("S1",))  # type: ignore[arg-type]
    street = Street(crossing(lane("N1", 2, 1, movements=(left,)), lane("S1", 2, 3)))
    service = street.until(5).lane("N1").service[stage(2)]
    assert service.opposed_by == ("S1",)
    assert service.opposed < 0.05 < service.clear < 0.45


def test_a_full_way_out_serves_nobody() -> None:
    street = Street(crossing(lane("N1", 2, 1, exits=(DetectorNumber(5),))))
    street.loops = {5: [(3.0, 40.0)]}
    assert street.until(3).lane().service[stage(2)].clear > 0.3
    assert street.until(14).lane().service[stage(2)].clear == 0.0
    assert street.until(60).lane().service[stage(2)].clear > 0.3


def test_saturation_flow_is_learned_from_queued_vehicles_only() -> None:
    far = crossing(lane("N1", 2, 1, advance_m=150.0))
    slow, free = Street(far), Street(far)
    slow.loops = {2: passing(*range(3, 51, 3)), 1: discharge(60.0, 16, headway_s=2.5)}
    slow.greens = {2: [(60.0, 120.0)]}
    free.loops = {2: passing(*range(63, 113, 5)), 1: [(at, at + 1.0) for at in range(66, 116, 5)]}
    free.greens = {2: [(60.0, 120.0)]}
    usual = free.until(1).lane().service[stage(2)].clear
    assert slow.until(119).lane().service[stage(2)].clear == pytest.approx(0.44, abs=0.04)
    assert free.until(119).lane().service[stage(2)].clear == pytest.approx(usual)


def test_without_an_advance_loop_the_trust_is_less_and_the_source_is_named() -> None:
    street = Street(crossing())
    street.loops = {2: passing(3, 6, 9), 1: [(6.0, 99.0)]}
    street.bad = {DetectorNumber(2): "dead"}
    row = street.until(20).lane()
    assert (row.source, row.trust < 1) == ("partner", True)
    assert row.queue >= 1


@pytest.mark.parametrize("missing", ["advance", "stopbar"])
def test_a_lane_that_was_built_with_loops_at_one_place_has_no_partner_that_stands_in(missing: str) -> None:
    street = Street(crossing(lane("N1", 2, 1, **{missing: ()})))
    row = street.until(20).lane()
    assert (row.source, row.trust < 1) == ("single", True)
    street.bad = {DetectorNumber(1): "dead", DetectorNumber(2): "dead"}
    assert street.until(21).lane().source == "recall"


def test_without_a_stop_bar_loop_the_queue_leaves_by_reckoning_and_the_phase_is_recalled() -> None:
    street = Street(crossing())
    street.loops = {2: passing(3, 6, 9, 43, 46, 49), 1: [(6.0, 26.5), (46.0, 47.0)]}
    street.greens = {2: [(20.0, 40.0), (60.0, 80.0)]}
    assert street.until(42).forecast().recalls is None
    street.bad = {DetectorNumber(1): "stuck on"}
    assert street.until(60).lane().queue == 3
    assert street.until(72).lane().queue == 0
    assert street.forecast().recalls == {PhaseNumber(2): pytest.approx(6.5, abs=0.2)}


def test_a_lane_without_loops_borrows_from_its_sibling_by_the_ratio_of_their_volumes() -> None:
    one, two = lane("N1", 2, 1, siblings=("N2",)), lane("N2", 2, 3, siblings=("N1",))
    street = Street(crossing(one, two))
    street.loops = {2: passing(*range(3, 900, 20)), 4: passing(*range(5, 900, 10))}
    street.greens = {2: [(1.0, 900.0)]}
    street.until(600)
    street.bad = {DetectorNumber(1): "dead", DetectorNumber(2): "dead"}
    row = street.until(610).lane("N1")
    assert row.source == "sibling"
    assert row.rate == pytest.approx(0.05, abs=0.015)


def test_a_lane_without_loops_and_siblings_is_expected_as_the_day_has_it_and_else_recalled() -> None:
    street = Street(crossing())
    street.loops = {2: passing(*range(3, 900, 10))}
    street.greens = {2: [(1.0, 2000.0)]}
    street.local = local(0)
    street.until(901)
    street.local = local(900_000)
    street.until(905)
    street.bad = {DetectorNumber(1): "dead", DetectorNumber(2): "dead"}
    assert street.until(910).lane().source == "recall"
    street.local = local(0)
    row = street.until(3000).lane()
    assert row.source == "profile"
    assert row.rate == pytest.approx(0.1, abs=0.02)


def test_two_blind_approaches_do_not_carry_adaptive_timing() -> None:
    beside = [lane(name, phase, loop, advance=()) for name, phase, loop in (("N2", 2, 3), ("E2", 4, 13))]
    street = Street(crossing(lane("N1", 2, 1), lane("E1", 4, 11), *beside))
    assert street.until(5).forecast().fit
    street.bad = {DetectorNumber(2): "dead", DetectorNumber(12): "dead"}
    unfit = street.until(6).forecast()
    assert not unfit.fit
    assert unfit.why == "nobody sees who comes, for the advance loops of the approaches E, N are not believed"


@pytest.mark.parametrize(("cars", "fit"), [(True, False), (False, True)])
def test_streets_of_bicycles_or_buses_that_nobody_has_used_since_the_start_do_not_count_as_blind(
    cars: bool,  # noqa: FBT001
    fit: bool,  # noqa: FBT001
) -> None:
    lanes = [lane(name, 4, loop, cars=cars) for name, loop in (("E1", 11), ("W1", 21))]
    street = Street(crossing(lane("N1", 2, 1), *lanes))
    street.bad = {DetectorNumber(n): "not seen alive yet" for n in (11, 12, 21, 22)}
    assert not street.until(5).forecast().fit  # they have been seen alive, and died
    street.unproved = frozenset(street.bad)
    assert street.until(6).forecast().fit is fit
    street.bad = {**street.bad, **{DetectorNumber(n): "dead" for n in (1, 2)}}
    assert not street.until(7).forecast().fit


def test_streets_of_bicycles_or_buses_alone_that_nobody_uses_carry_nothing() -> None:
    street = Street(crossing(lane("N1", 2, 1, cars=False)))
    street.bad = {DetectorNumber(n): "not seen alive yet" for n in (1, 2)}
    street.unproved = frozenset(street.bad)
    assert street.until(5).forecast().why == "nobody has driven over any loop yet"


def test_where_there_are_stop_bar_loops_only_it_is_said_that_advance_loops_are_missing_and_not_that_loops_fail() -> (
    None
):
    bare = [lane(name, phase, loop, advance=()) for name, phase, loop in (("N1", 2, 1), ("E1", 4, 11))]
    why = Street(crossing(*bare)).until(5).forecast().why
    assert why == "nobody sees who comes, for there is no advance loop upstream of the stop line on the approaches E, N"
    street = Street(crossing(bare[0], lane("E1", 4, 11), lane("S1", 2, 21)))
    assert street.until(5).forecast().fit
    street.bad = {DetectorNumber(12): "dead"}
    why = street.until(6).forecast().why
    assert "of the stop line on the approaches N, and the advance loops of the approaches E are not believed" in why


def test_a_lane_without_an_advance_loop_beside_one_that_has_it_blinds_nobody_nor_does_a_short_street() -> None:
    rows = [lane(f"{a}{k}", p, loop + 2 * k) for a, p, loop in (("N", 2, 0), ("E", 4, 10)) for k in (1, 2)]
    street = Street(crossing(*(replace(row, advance=()) if row.name.endswith("2") else row for row in rows)))
    assert street.until(5).forecast().fit
    street = Street(crossing(*(replace(row, advance=()) for row in rows)))
    assert not street.until(5).forecast().fit
    street = Street(crossing(*(replace(row, advance=(), length_m=30.0) for row in rows)))
    assert street.until(5).forecast().fit


def test_vehicles_of_a_queue_that_pass_the_advance_loop_as_if_free_are_followed_by_the_rest_of_it() -> None:
    street = Street(crossing())
    moving = [(52.0 + 2 * k, 52.5 + 2 * k) for k in range(2)]
    street.loops = {2: [*passing(*range(3, 24, 3)), (24.0, 50.0), *moving], 1: [(7.0, 44.0), *discharge(40.0, 8)[2:]]}
    street.greens = {2: [(40.0, 80.0)]}
    state = street.until(39).estimator.states[street.lane().lane]
    hidden = state.hidden
    assert hidden > 1.0
    street.until(53)
    assert not state.inflow.reached
    assert 0.0 < state.inflow.following <= hidden + 3.0
    row = street.lane()
    assert row.arrivals[3] > 3 * row.rate
    street.until(60)
    assert state.inflow.following == 0.0


def test_a_wait_is_counted_from_the_last_green_even_where_the_queue_never_ends() -> None:
    street = Street(crossing())
    street.loops = {2: [(10.0, 300.0)], 1: [(12.0, 300.0)]}
    street.greens = {2: [(100.0, 130.0)]}
    assert street.until(90).lane().waiting_s > 70
    assert street.until(160).lane().waiting_s == pytest.approx(30.0, abs=2.0)


def test_what_cannot_be_carried_on_two_streets_in_conflict_is_left_to_plain_actuation() -> None:
    street = Street(crossing())
    full = [
        (float(second), second + 5.0) for second in range(10, 400, 7)
    ]  # a queue stands on the loop, or crawls over it
    street.loops = {2: full, 12: full}
    street.greens = {2: [(60, 80), (120, 140), (180, 200)], 4: [(90, 110), (150, 170), (210, 230)]}
    assert street.until(140).forecast({2}, {4}).fit
    unfit = street.until(235).forecast({2}, {4})
    assert not unfit.fit
    assert "E1 and N1" in unfit.why
    assert street.forecast({2, 4}).fit


def test_how_fast_a_queue_leaves_that_never_lets_the_stop_bar_loop_fall_is_told_by_those_who_follow_over_the_advance_loop() -> (
    None
):
    street = Street(crossing())
    street.greens = {2: [(60.0, 110.0)]}
    street.loops = {1: [(10.0, 130.0)], 2: [(20.0, 65.0), *((65.5 + 5.0 * k, 70.0 + 5.0 * k) for k in range(9))]}
    usual = street.until(59).lane("N1", {2}).service[stage(2)].clear
    assert street.until(111).lane("N1", {2}).service[stage(2)].clear < usual / 1.3
    street.loops[2] = [
        (20.0, 65.0),
        *((65.5 + 5.0 * k, 66.0 + 5.0 * k) for k in range(9)),
    ]  # the queue has gone: they come so
    fresh = Street(street.site)
    fresh.greens, fresh.loops = street.greens, street.loops
    assert fresh.until(111).lane("N1", {2}).service[stage(2)].clear == pytest.approx(usual)


def test_a_lane_whose_long_queue_was_cut_off_keeps_its_next_green_until_a_gap() -> None:
    street = Street(crossing())
    street.loops = {2: [(second, second + 5.0) for second in range(10, 126, 7)]}
    street.greens = {2: [(60, 80), (120, 160)], 4: [(90, 110)]}
    assert not street.until(75).lane().kept
    assert street.until(123).lane().kept
    assert not street.until(100 + 33).lane().kept


def test_a_kept_green_is_let_go_when_vehicles_come_as_they_please_though_no_gap_is_long() -> None:
    def kept_at_the_end(headway_s: float) -> bool:
        street = Street(crossing())
        crawling = [(float(second), second + 5.0) for second in range(10, 126, 7)]
        street.loops = {2: [*crawling, *((128.0 + headway_s * k, 128.5 + headway_s * k) for k in range(12))]}
        street.greens = {2: [(60, 80), (120, 190)], 4: [(90, 110)]}
        assert street.until(123).lane().kept
        return street.until(145).lane().kept

    assert kept_at_the_end(2.0)
    assert not kept_at_the_end(2.9)


def test_a_lane_whose_head_is_held_up_keeps_no_green_though_others_come() -> None:
    turns = (Movement(Turn.THROUGH, frozenset({TWO})), Movement(Turn.LEFT, frozenset({TWO}), frozenset({TWO}), (E1,)))
    shared = lane("N1", 2, 1, movements=turns)
    for stands, kept in (((), True), ([(50.0, 400.0)], False)):
        street = Street(crossing(shared, lane("E1", 4, 11)))
        street.loops = {1: list(stands), 2: [(second, second + 5.0) for second in range(10, 196, 7)]}
        street.greens = {2: [(60, 80), (120, 170)], 4: [(90, 110)]}
        assert street.until(146).lane().kept is kept


def test_a_loop_that_stays_occupied_keeps_no_green() -> None:
    street = Street(crossing())
    street.loops = {2: [(10.0, 400.0)]}
    street.greens = {2: [(60, 80), (120, 160)], 4: [(90, 110)]}
    assert not street.until(123).lane().kept
    assert not street.until(150).lane().kept


def test_one_street_beyond_its_capacity_is_served_by_adaptive_timing() -> None:
    street = Street(crossing())
    street.loops = {2: [(second, second + 5.0) for second in range(10, 400, 7)]}
    street.greens = {2: [(60, 80), (120, 140), (180, 200)], 4: [(90, 110), (150, 170), (210, 230)]}
    assert street.until(235).forecast({2}, {4}).fit


def test_what_was_learned_outlives_a_restart_and_is_refused_by_other_lanes() -> None:
    street = Street(crossing())
    street.loops = {2: passing(*range(3, 33, 3)), 1: discharge(40.0, 10, headway_s=2.4)}
    street.greens = {2: [(40.0, 80.0)]}
    street.until(200)
    told = json.loads(json.dumps(street.estimator.learned()))
    again = Street(crossing())
    assert again.estimator.relearn(told)
    again.now = street.now
    assert again.until(201).forecast().lanes == street.until(201).forecast().lanes
    assert not LoopEstimator(crossing(lane("X1", 2, 1))).relearn(told)
    assert not again.estimator.relearn({"version": 0})


SPELLS = st.lists(st.tuples(st.integers(0, 600), st.integers(1, 80)), max_size=12)


@given(SPELLS, SPELLS, st.lists(st.integers(1, 200), max_size=5))
def test_whatever_the_loops_say_queues_are_no_less_than_none_and_no_more_than_the_lane_holds(
    stop: list[tuple[int, int]], advance: list[tuple[int, int]], turns: list[int]
) -> None:
    street = Street(crossing(lane("N1", 2, 1, length_m=60.0)))
    street.loops = {1: _apart(stop), 2: _apart(advance)}
    bounds = sorted({turn / 2 for turn in turns})
    street.greens = {2: list(zip(bounds[::2], bounds[1::2], strict=False))}
    for second in range(1, 110):
        row = street.until(second).lane()
        assert 0 <= row.queue <= 8
        assert min(row.arrivals) >= 0
        assert all(s.clear >= 0 and s.opposed >= 0 for s in row.service.values())


def _apart(spells: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """As spells that follow each other."""
    at, found = 0.0, []
    for gap, length in spells:
        on = round(at + 0.1 + gap / 10, 1)
        at = round(on + length / 10, 1)
        found.append((on, at))
    return found


def test_a_vehicle_that_passes_the_advance_loop_at_speed_shows_that_the_queue_is_short() -> None:
    street = Street(crossing())
    queued = [(at, at + 1.1) for at in range(3, 18, 2)]
    street.loops = {2: [*queued, *passing(40.0)], 1: [(6.0, 99.0)]}
    assert street.until(39).lane().queue >= 7
    assert street.until(46).lane().queue <= 5


def test_no_more_vehicles_stand_between_the_loops_than_there_is_room_for() -> None:
    street = Street(crossing())
    street.loops = {2: [(at, at + 1.1) for at in range(3, 63, 2)], 1: [(6.0, 99.0)]}
    assert street.until(60).lane().queue <= 8


def test_a_queue_that_has_gone_over_the_advance_loop_ends_with_the_first_vehicle_at_speed() -> None:
    street = Street(crossing(lane("N1", 2, 1, advance_m=30.0)))
    street.loops = {2: [(3, 4), (6, 7), (9, 10), (12, 40.0), (42, 43.5), (45, 46.2), (48.0, 48.5)], 1: [(5, 80)]}
    street.greens = {2: [(32.0, 80.0)]}
    assert street.until(40).lane().arrivals[0] > 0
    after = street.until(49).lane()
    assert after.arrivals[0] == 0
    assert sum(after.arrivals[:4]) >= 1


def test_the_silence_of_a_dead_loop_does_not_spoil_what_is_known_of_its_lane() -> None:
    street = Street(crossing())
    street.loops = {2: passing(*range(3, 900, 10))}
    street.greens = {2: [(1.0, 2000.0)]}
    street.until(1800)
    assert street.lane().rate < 0.02
    street.bad = {DetectorNumber(1): "dead", DetectorNumber(2): "dead"}
    assert street.until(1801).lane().rate > 0.08


def test_a_full_way_out_that_no_loop_sees_is_told_by_a_queue_that_does_not_move_and_forgotten_with_the_green() -> None:
    street = Street(crossing())
    street.loops = {2: passing(3, 6, 9), 1: [(6.0, 99.0)]}
    street.greens = {2: [(20.0, 40.0), (60.0, 80.0)]}
    assert street.until(20).lane().service[stage(2)].clear > 0.4
    assert street.until(38).lane().service[stage(2)].clear < 0.05
    assert street.until(50).lane().service[stage(2)].clear > 0.4
