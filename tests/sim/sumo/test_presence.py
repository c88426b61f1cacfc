"""A loop's presence from the vehicles that SUMO says were over it."""

from edge.sim.sumo.presence import STILL_THERE, Presence, Span


def second(loop: Presence, number: int, *spans: Span, ghosts: bool = False) -> str:
    """One step of a second, told tick by tick: `#` occupied."""
    began = number * 1_000
    loop.step(began, began + 1_000, spans, ghosts=ghosts)
    return "".join("#" if loop.at(began + tick) else "." for tick in range(100, 1_001, 100))


def test_a_vehicle_is_there_from_its_entry_until_it_has_left() -> None:
    loop = Presence()
    assert second(loop, 0, (200, 550)) == ".####....."
    assert loop.count == 1
    assert second(loop, 1) == ".........."


def test_a_vehicle_that_stays_is_one_actuation_through_all_seconds() -> None:
    loop = Presence()
    assert second(loop, 0, (750, STILL_THERE)) == ".......###"
    assert second(loop, 1, (750, STILL_THERE)) == "##########"
    assert second(loop, 2, (750, 2_310)) == "###......."
    assert loop.count == 1


def test_vehicles_that_overlap_on_a_long_loop_are_one_actuation() -> None:
    loop = Presence()
    assert second(loop, 0, (100, 640), (610, STILL_THERE)) == "##########"
    assert second(loop, 1, (610, 1_200), (1_200, 1_450)) == "####......"
    assert loop.count == 1


def test_a_gap_between_vehicles_is_a_second_actuation_even_where_no_tick_sees_it() -> None:
    loop = Presence()
    assert second(loop, 0, (100, 610), (680, STILL_THERE)) == "##########"
    assert loop.count == 2


def test_who_comes_and_goes_between_two_ticks_is_counted() -> None:
    loop = Presence()
    assert second(loop, 0, (310, 390)) == ".........."
    assert loop.count == 1


def test_who_left_at_the_very_end_of_a_step_is_not_counted_again_in_the_next() -> None:
    loop = Presence()
    assert second(loop, 0, (500, 1_000)) == "....#####."
    assert second(loop, 1, (500, 1_000)) == ".........."
    assert loop.count == 1


def test_a_vehicle_that_only_the_lane_area_sees_is_there_from_the_end_of_that_step() -> None:
    loop = Presence()
    assert second(loop, 0, ghosts=True) == ".........#"
    assert second(loop, 1, ghosts=True) == "##########"
    assert second(loop, 2, ghosts=False) == ".........."
    assert loop.count == 1


def test_a_vehicle_beside_one_that_the_loop_missed_does_not_part_the_presence() -> None:
    loop = Presence()
    second(loop, 0, ghosts=True)
    assert second(loop, 1, (1_300, 1_800), ghosts=True) == "##########"
    assert second(loop, 2, (2_400, STILL_THERE)) == "...#######"
    assert loop.count == 2


def test_ticks_that_nobody_asked_for_are_not_lost() -> None:
    loop = Presence()
    loop.step(0, 1_000, [(100, 200), (300, 400)], ghosts=False)
    loop.step(1_000, 2_000, [], ghosts=False)
    assert not loop.at(1_100)
    assert loop.count == 2


def test_a_step_of_a_tenth_of_a_second_is_one_tick() -> None:
    loop = Presence()
    seen = []
    for k in range(8):
        loop.step(100 * k, 100 * k + 100, [(250, 520)] if 100 * k + 100 > 250 and 100 * k < 520 else [], ghosts=False)
        seen.append(loop.at(100 * k + 100))
    assert seen == [False, False, True, True, True, False, False, False]
