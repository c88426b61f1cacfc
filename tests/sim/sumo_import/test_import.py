"""What `stopline import sumo` makes of networks of every shape: sites that hold."""

import gzip
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from edge.check import check_text
from edge.model.detectors import OnFault
from edge.model.lanes import LaneName, Turn
from edge.model.phases import Recall
from edge.model.site import Site
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, PhaseNumber
from edge.sim.sumo_import.importer import read_network, site_of, traffic_lights
from edge.sim.sumo_import.nema import stages
from edge.sim.sumo_import.problem import NetProblem, NetUnreadable
from edge.sim.sumo_import.timing import Times
from tests.sim.sumo_import.nets import Cross, Leg, net_text

SCENARIOS = Path(__file__).parents[4] / "shared" / "data" / "sumo"

_FULL = Leg(("rs", "s", "l"))
FOUR = Cross(
    legs=dict.fromkeys("NESW", _FULL),
    program=(("rrrGrrrrrrrGrrrr", 10), ("GGGrrrrrGGGrrrrr", 30), ("rrrrrrrGrrrrrrrG", 10), ("rrrrGGGrrrrrGGGr", 30)),
)
SHARED = Cross(
    legs=dict.fromkeys("NESW", Leg(("rs", "sl"), length=40)),
    program=(
        ("GGGgrrrrGGGgrrrr", 30),
        ("yyygrrrryyygrrrr", 3),
        ("rrrGrrrrrrrGrrrr", 6),
        ("rrrrGGGgrrrrGGGg", 30),
        ("rrrrrrrGrrrrrrrG", 6),
    ),
)
TEE = Cross(
    legs={"E": Leg(("s", "l")), "W": Leg(("rs",)), "S": Leg(("r", "l"))},
    program=(("GrGGrr", 30), ("GGrrrr", 6), ("rrrrGG", 20)),
    exits="ESW",
)  # fmt: skip


USUAL = Times()


def imported(cross: Cross, tmp_path: Path, times: Times = USUAL) -> Site:
    path = tmp_path / "x.net.xml"
    path.write_text(net_text(cross), "utf-8")
    checked = check_text(site_of(read_network(path), cross.tls, times, "x.net.xml"), "x")
    assert checked.site is not None, checked.report()
    assert not checked.warnings
    return checked.site


def channel_of(site: Site, link: int) -> ChannelNumber:
    assert site.sumo is not None
    return next(channel for channel, links in site.sumo.links.items() if link in links)


def goes_in(site: Site, link: int) -> set[PhaseNumber]:
    return set(site.shows(site.channels[channel_of(site, link)]))


def test_four_legs_with_lanes_of_their_own_for_left_turns_are_a_dual_ring(tmp_path: Path) -> None:
    site = imported(FOUR, tmp_path)
    assert site.sequence.rings == (((1, 2), (3, 4)), ((5, 6), (7, 8)))
    # links: N 0–3, E 4–7, S 8–11, W 12–15, each right, through, through, left
    assert [goes_in(site, link) for link in (13, 15, 5, 7, 1, 3, 9, 11)] == [{2}, {5}, {6}, {1}, {4}, {7}, {8}, {3}]
    assert site.phases[PhaseNumber(6)].dual_entry
    assert {lane.name: lane.phases for lane in site.lanes}[LaneName("W3")] == {5}


def test_a_right_turn_in_a_lane_of_its_own_calls_its_own_approach_and_not_the_left_turns_it_goes_beside(
    tmp_path: Path,
) -> None:
    legs = dict.fromkeys("NESW", Leg(("r", "s", "l")))  # links: N 0–2, E 3–5, S 6–8, W 9–11
    program = (("rrGrrrrrGrrr", 10), ("GGrrrrGGrrrr", 30), ("rrrrrGrrrrrG", 10), ("rrrGGrrrrGGr", 30))
    site = imported(Cross(legs, program), tmp_path)
    assert [goes_in(site, link) for link in (1, 2)] == [{4}, {7}]
    rights = {lane.name: lane for lane in site.lanes if lane.turns == {Turn.RIGHT}}
    assert {name: len(lane.phases) > 1 for name, lane in rights.items()} == dict.fromkeys(
        ("N1", "E1", "S1", "W1"), True
    )
    called = {name: {d.phase for d in site.detectors.values() if d.move.startswith(f"{name} ")} for name in rights}
    assert called == {"N1": {4}, "E1": {6}, "S1": {8}, "W1": {2}}


def test_a_shared_lane_for_left_turns_makes_stages_one_after_the_other(tmp_path: Path) -> None:
    site = imported(SHARED, tmp_path)
    assert site.sequence.rings == (((1, 2, 3, 4),),)
    assert [goes_in(site, link) for link in (0, 3, 4, 7)] == [{1}, {1, 2}, {3}, {3, 4}]
    assert site.sumo is not None
    assert site.sumo.yields[3] == (9, 10)  # the left turn from the north to right and through from the south
    lane = next(lane for lane in site.lanes if lane.name == "N2")
    left = next(m for m in lane.movements if m.turn is Turn.LEFT)
    assert (left.phases, left.opposed_in, left.opposed_by) == ({1, 2}, {1}, ("S1", "S2"))


def test_a_tee_has_a_left_turn_phase_and_a_stem(tmp_path: Path) -> None:
    site = imported(TEE, tmp_path)
    assert site.sequence.rings == (((1, 2), ()), ((6,), (8,)))
    assert goes_in(site, 1) == {1}
    assert goes_in(site, 5) == {8}


def test_a_left_turn_that_goes_beside_oncoming_traffic_keeps_the_stages_of_the_program(tmp_path: Path) -> None:
    site = imported(replace(TEE, program=(("GgGGrr", 30), ("GGrrrr", 6), ("rrrrGG", 20))), tmp_path)
    assert site.sequence.rings == (((1, 2, 3),),)
    assert goes_in(site, 1) == {1, 2}
    assert site.sumo is not None
    assert site.sumo.yields == {1: (3,)}


# links: N 0–2 and S 7–9 right, through, left from one lane; E 3–6 and W 10–13 right, through, through, left
MAIN_STREET = Cross(
    legs={"N": Leg(("rsl",)), "E": _FULL, "S": Leg(("rsl",)), "W": _FULL},
    program=(
        ("GGgrrrrGGgrrrr", 20), ("rrrrrrGrrrrrrG", 10), ("rrrGGGrrrrGGGr", 30),
        ("rrrGGGGrrrrrrr", 8), ("rrrrrrrrrrGGGG", 8),
    ),
)  # fmt: skip


def test_a_side_street_without_lanes_for_left_turns_leaves_the_main_street_its_dual_ring(tmp_path: Path) -> None:
    site = imported(MAIN_STREET, tmp_path)
    assert site.sequence.rings == (((1, 2), (4,)), ((5, 6), (8,)))
    assert [goes_in(site, link) for link in (11, 13, 4, 6, 0, 2, 9)] == [{2}, {5}, {6}, {1}, {4}, {4}, {8}]
    left = next(m for lane in site.lanes if lane.name == "N1" for m in lane.movements if m.turn is Turn.LEFT)
    assert (left.opposed_in, left.opposed_by) == ({4}, ("S1",))
    assert site.sumo is not None
    assert site.sumo.yields[2] == (8,)


def test_two_rings_are_not_made_for_permissive_turns_alone(tmp_path: Path) -> None:
    legs = dict.fromkeys("NESW", Leg(("rsl",)))
    site = imported(Cross(legs, (("GGgrrrGGgrrr", 30), ("rrrGGgrrrGGg", 30))), tmp_path)
    assert site.sequence.rings == (((1, 2),),)


def test_where_traffic_keeps_to_the_left_right_turns_are_what_crosses_oncoming_traffic(tmp_path: Path) -> None:
    mirrored = net_text(FOUR).replace("<net ", '<net lefthand="true" ')
    mirrored = mirrored.replace('dir="l"', 'dir="x"').replace('dir="r"', 'dir="l"').replace('dir="x"', 'dir="r"')
    path = tmp_path / "x.net.xml"
    path.write_text(mirrored, "utf-8")
    site = check_text(site_of(read_network(path), "J", USUAL, "x"), "x").site
    assert site is not None
    assert site.sequence.rings == (((1, 2), (3, 4)), ((5, 6), (7, 8)))
    assert goes_in(site, 15) == {5}
    path.write_text(mirrored.replace("lefthand", "other"), "utf-8")
    assert not read_network(path).left_hand


def test_every_lane_has_a_loop_at_the_line_and_one_upstream(tmp_path: Path) -> None:
    site = imported(FOUR, tmp_path)
    assert site.sumo is not None
    lane = site.lanes[0]
    (at_line,), (upstream,) = site.sumo.loops[lane.stopbar[0]], site.sumo.loops[lane.advance[0]]
    assert (at_line.lane, at_line.from_m, at_line.to_m) == ("Nin_0", 289.5, 299.5)
    assert (upstream.from_m, upstream.to_m, lane.advance_m) == (248, 250, 50)
    assert site.detectors[DetectorNumber(1)].phase == 4


def test_a_short_lane_has_its_loop_on_the_way_before_it(tmp_path: Path) -> None:
    legs = {leg: replace(_FULL, length=8.0, upstream=100.0) for leg in "NESW"}
    site = imported(replace(FOUR, legs=legs), tmp_path)
    assert site.sumo is not None
    pieces = site.sumo.loops[DetectorNumber(1)]
    assert [(p.lane, p.from_m, p.to_m) for p in pieces] == [("Nin_0", 0, 7.5), ("Nup_0", 97.5, 100)]
    assert site.sumo.loops[site.lanes[0].advance[0]][0].lane == "Nup_0"


def test_an_advance_loop_whose_place_is_in_the_middle_of_a_junction_lies_on_the_street_beside_it(
    tmp_path: Path,
) -> None:
    """The last lane is 45 m long and the junction before it 12 m: 50 m from the line there is no street."""
    legs = {leg: replace(_FULL, length=45.0, upstream=100.0) for leg in "NESW"}
    text = net_text(replace(FOUR, legs=legs))
    over = "".join(f'<lane id=":Nn_{k}" index="{k}" speed="10" length="12.00" shape=""/>' for k in range(3))
    text = text.replace("</net>", f'<edge id=":Nn" function="internal">{over}</edge></net>')
    for k in range(3):
        ends = f'from="Nup" to="Nin" fromLane="{k}" toLane="{k}" '
        text = text.replace(f"<connection {ends}", f'<connection {ends}via=":Nn_{k}" ')
    path = tmp_path / "x.net.xml"
    path.write_text(text, "utf-8")
    site = check_text(site_of(read_network(path), "J", USUAL, "x"), "x").site
    assert site is not None
    assert site.sumo is not None
    lane = site.lanes[0]
    (loop,) = site.sumo.loops[lane.advance[0]]
    assert (loop.lane, loop.from_m, loop.to_m, lane.advance_m) == ("Nin_0", 0, 2, 43)


def test_in_a_dual_ring_a_zone_of_three_seconds_way_holds_the_green_of_each_lane(tmp_path: Path) -> None:
    site = imported(FOUR, tmp_path)
    assert site.sumo is not None
    (zone,) = site.sumo.loops[DetectorNumber(56)]
    speed = site.lanes[0].speed_kmh / 3.6
    assert (zone.lane, zone.to_m) == ("Nin_0", 299.5)
    assert zone.to_m - zone.from_m == pytest.approx(int(3 * speed - 5) - 0.5)
    held = site.detectors[DetectorNumber(56)]
    assert (held.phase, held.partner, held.extends) == (4, 1, True)
    assert site.phases[PhaseNumber(4)].passage_ms <= 100
    assert not site.detectors[DetectorNumber(101)].extends
    lanes: dict[PhaseNumber, int] = {}
    zones = [d for d in site.detectors.values() if d.move.endswith("zone")]
    for d in zones:
        lanes[d.phase] = lanes.get(d.phase, 0) + 1
    assert {d.phase: d.queue for d in zones} == {phase: count > 1 for phase, count in lanes.items()}


def test_the_stop_bar_loop_of_a_zone_holds_no_green_until_it_is_heard_for_it(tmp_path: Path) -> None:
    site = imported(FOUR, tmp_path)
    zones = [d for d in site.detectors.values() if d.move.endswith("zone")]
    for zone in zones:
        assert zone.partner is not None
        loop = site.detectors[zone.partner]
        speed = next(lane.speed_kmh for lane in site.lanes if loop.number in lane.stopbar) / 3.6
        assert (loop.extends, loop.calls) == (False, True)
        assert loop.extend_ms == pytest.approx(3000 - 1000 * (10 + 5) / speed, abs=50)
    assert zones


def test_a_zone_is_taken_for_stuck_after_three_cycles_and_counts_as_a_loop_where_too_many_have_failed(
    tmp_path: Path,
) -> None:
    site = imported(FOUR, tmp_path)
    assert site.detectors[DetectorNumber(56)].limits.max_presence_ms == 10 * 60_000
    assert site.fallback.failed_detectors == math.ceil(0.4 * len(site.detectors))


def test_greens_of_stages_are_held_by_stop_bar_loops_alone(tmp_path: Path) -> None:
    site = imported(SHARED, tmp_path)
    assert not any(d.move.endswith("zone") for d in site.detectors.values())


def test_turns_on_red_are_kept(tmp_path: Path) -> None:
    program = tuple(
        (state.replace("r", "s", 1) if state[0] == "r" else state, seconds) for state, seconds in FOUR.program
    )
    site = imported(replace(FOUR, program=program), tmp_path)
    assert site.sumo is not None
    assert site.sumo.on_red == (0,)


def test_a_crossing_walks_where_it_may_and_turns_yield_to_it(tmp_path: Path) -> None:
    program = tuple((state + "r", seconds) for state, seconds in FOUR.program)
    site = imported(replace(FOUR, program=program, crossings={"E": 13.0}), tmp_path)
    assert site.sumo is not None
    walk = next(channel for channel in site.channels.values() if channel.number == channel_of(site, 16))
    ped = site.phases[walk.phase].ped
    assert ped is not None
    assert (walk.phase, ped.walk_ms, ped.clearance_ms) == (8, 7000, 11_000)  # beside the through traffic that passes it
    assert (site.sumo.crossings, site.buttons[ButtonNumber(1)].phase) == ({1: (":J_cE",)}, 8)
    assert 16 in site.sumo.yields[8]  # the right turn from the south leads over it


def test_a_crossing_that_nothing_suits_walks_alone(tmp_path: Path) -> None:
    cross = Cross(
        legs={"E": Leg(("s",)), "W": Leg(("s",))}, program=(("GGr", 30), ("rrG", 10)), exits="EW", crossings={"E": 8.0}
    )
    site = imported(cross, tmp_path)
    alone = site.phases[site.channels[channel_of(site, 2)].phase]
    assert alone.passage_ms == 0
    assert all(
        channel.phase != alone.number for channel in site.channels.values() if channel.number != channel_of(site, 2)
    )


def test_both_ways_over_a_crossing_are_one_walk_though_the_light_shows_them_in_two_places(tmp_path: Path) -> None:
    program = tuple((state + ("GG" if k == 0 else "rr"), n) for k, (state, n) in enumerate(SHARED.program))
    text = net_text(replace(SHARED, program=program, crossings={"E": 13.0}))
    back = '<connection from=":J_cE" to=":J_wE" fromLane="0" toLane="0" tl="J" linkIndex="17" dir="s" state="M"/></net>'
    path = tmp_path / "x.net.xml"
    path.write_text(text.replace("</net>", back), "utf-8")
    site = check_text(site_of(read_network(path), "J", USUAL, "x"), "x").site
    assert site is not None
    assert site.sumo is not None
    assert site.sumo.links[channel_of(site, 17)] == (16, 17)
    assert site.sumo.crossings == {1: (":J_cE",)}


def test_the_rest_of_a_stage_whose_walks_have_ended_is_no_stage(tmp_path: Path) -> None:
    shared = replace(SHARED, legs=dict.fromkeys("NESW", Leg(("rs", "sl"))), crossings={"E": 13.0, "N": 13.0})
    first = (("gGGgrrrrgGGgrrrrGr", 30), ("gGGgrrrrgGGgrrrrrr", 5), ("yyyyrrrryyyyrrrrrr", 3))
    second = (("rrrrgGGgrrrrgGGgrG", 30), ("rrrrgGGgrrrrgGGgrr", 5), ("rrrryyyyrrrryyyyrr", 3))
    site = imported(replace(shared, program=first + second), tmp_path)
    assert site.sequence.rings == (((1, 2),),)
    peds = [phase.ped for phase in site.phases.values()]
    assert [(ped.walk_ms, ped.clearance_ms) for ped in peds if ped is not None] == [(7000, 11_000)] * 2
    assert all(phase.recall is Recall.NONE for phase in site.phases.values())


def test_a_place_that_vehicles_and_a_crossing_share_is_one_of_vehicles(tmp_path: Path) -> None:
    text = net_text(replace(SHARED, crossings={"E": 13.0})).replace('linkIndex="16"', 'linkIndex="9"')
    path = tmp_path / "x.net.xml"
    path.write_text(text, "utf-8")
    site = check_text(site_of(read_network(path), "J", USUAL, "x"), "x").site
    assert site is not None
    assert all(phase.ped is None for phase in site.phases.values())
    assert goes_in(site, 9) == goes_in(site, 8)
    assert len(site.lanes) == 8


def test_stages_that_show_the_same_vehicles_are_one_with_the_walks_of_both(tmp_path: Path) -> None:
    shared = replace(SHARED, crossings={"E": 13.0, "W": 13.0})
    first = (("GGGgrrrrGGGgrrrrGr", 20), ("GGGgrrrrGGGgrrrrrG", 20), ("yyyyrrrryyyyrrrrrr", 3))
    second = (("rrrrGGGgrrrrGGGgrr", 30), ("rrrryyyyrrrryyyyrr", 3))
    site = imported(replace(shared, program=first + second), tmp_path)
    assert site.sequence.rings == (((1, 2),),)
    assert goes_in(site, 16) == goes_in(site, 17) == {1}


def test_a_stage_that_another_one_serves_as_well_is_none_where_its_walk_has_one_too(tmp_path: Path) -> None:
    # links: N 0 through 1 left, E 2 right 3 through, S 4 right 5 through, W 6, and the crossing of N
    legs = {"N": Leg(("sl",)), "E": Leg(("r", "s")), "S": Leg(("r", "s")), "W": Leg(("s",))}
    part = ("rrrrrrGG", 20), ("rrGGrrGr", 20), ("GgrrGGrr", 20)  # the first is part of the second, but for its walk
    cross = Cross(legs, part, crossings={"N": 13.0})
    assert imported(cross, tmp_path).sequence.rings == (((1, 2, 3),),)
    site = imported(replace(cross, program=(*part, ("rrrrGrrG", 20))), tmp_path)
    assert site.sequence.rings == (((1, 2, 3),),)
    assert [goes_in(site, link) for link in (3, 6, 7)] == [{1, 3}, {1}, {3}]


def test_a_plan_that_cannot_hold_its_minimums_gives_every_stage_what_the_program_had(tmp_path: Path) -> None:
    program = (("GGGgrrrrGGGgrrrrr", 25), ("yyyyrrrryyyyrrrrr", 3), ("rrrrGGGgrrrrGGGgG", 8), ("rrrryyyyrrrryyyyr", 3))
    site = imported(replace(SHARED, program=program, crossings={"N": 30.0}), tmp_path)
    plan = site.plans[site.fallback.plan]
    assert plan.splits == {1: 29_000, 2: 36_000}  # 25 s of green; walk 7 s, 25 s over 30 m; yellow 3 and red 1 s


NORTH, LEFT_OF_NORTH = "GGGGrrrrrrrrrrrr", "rrGGrrrrrrrrrrrr"


@pytest.mark.parametrize(
    ("early", "stages"),
    [
        ([(NORTH, 3)], 4),
        ([(NORTH, 6)], 5),
        ([(LEFT_OF_NORTH, 3), (NORTH, 3)], 5),  # six seconds of its left turn
        ([(LEFT_OF_NORTH, 12), (NORTH, 3)], 5),
        ([(LEFT_OF_NORTH, 2), (NORTH, 2)], 4),
    ],
)
def test_one_street_that_starts_a_few_seconds_before_the_other_makes_no_stage(
    early: list[tuple[str, int]], stages: int, tmp_path: Path
) -> None:
    assert len(imported(replace(SHARED, program=(*early, *SHARED.program)), tmp_path).phases) == stages


def test_a_stage_that_traffic_may_keep_is_no_early_start_however_short_it_may_be(tmp_path: Path) -> None:
    text = net_text(replace(SHARED, program=((NORTH, 4), *SHARED.program)))
    assert len(held(text, tmp_path).phases) == 4
    timed = text.replace('type="static"', 'type="actuated"').replace(
        'duration="4"', 'duration="4" minDur="4" maxDur="40"'
    )
    assert len(held(timed, tmp_path).phases) == 5


def test_an_arrow_that_goes_out_instead_of_turning_yellow_leaves_a_plan_one(tmp_path: Path) -> None:
    goes_out = tuple((state[:-1] + "Gooooooo"[k], n) for k, (state, n) in enumerate(YELLOWS))
    site = imported(replace(SHARED, program=(*goes_out[4:], *goes_out[:4])), tmp_path)
    assert {plan.name for plan in site.plans.values()} >= {"Network"}


def test_a_stage_that_protects_a_turn_from_vehicles_stays_one_though_its_walks_have_ended(tmp_path: Path) -> None:
    program = tuple((state + ("G" if k in {0, 1} else "r"), n) for k, (state, n) in enumerate(SHARED.program))
    site = imported(replace(SHARED, program=program, crossings={"E": 13.0}), tmp_path)
    assert site.sequence.rings == (((1, 2, 3, 4),),)


def test_programs_of_an_additional_file_stand_in_for_those_of_the_network(tmp_path: Path) -> None:
    path, more = tmp_path / "x.net.xml", tmp_path / "tls.add.xml"
    path.write_text(net_text(SHARED), "utf-8")
    phases = '<phase duration="9" state="GGGgrrrrGGGgrrrr"/><phase duration="9" state="rrrrGGGgrrrrGGGg"/>'
    more.write_text(
        f'<additional><tlLogic id="J" programID="real">{phases}</tlLogic><tlLogic id="J"/></additional>', "utf-8"
    )
    assert len(read_network(path).programs["J"].states) == 5
    assert len(read_network(path, [more]).programs["J"].states) == 2
    more.write_text(f'<tlLogic id="J" programID="alone">{phases}</tlLogic>', "utf-8")
    assert len(read_network(path, [more]).programs["J"].states) == 2
    more.write_text(f'<additional><tlLogic id="K">{phases}</tlLogic></additional>', "utf-8")
    with pytest.raises(NetProblem, match=r"tls\.add\.xml: there is no program .* for a traffic light of"):
        read_network(path, [more])


def held(text: str, tmp_path: Path) -> Site:
    path = tmp_path / "y.net.xml"
    path.write_text(text, "utf-8")
    checked = check_text(site_of(read_network(path), "J", USUAL, "y.net.xml"), "y")
    assert checked.site is not None, checked.report()
    return checked.site


def test_the_second_step_of_a_turn_that_bicycles_make_in_two_is_no_approach(tmp_path: Path) -> None:
    step = '<connection from=":J_N1l" to="Eout" fromLane="0" toLane="0" tl="J" linkIndex="5" dir="l" state="o"/>'
    text = net_text(SHARED)
    assert held(text.replace("</net>", f"{step}</net>"), tmp_path).lanes == held(text, tmp_path).lanes


def test_nobody_yields_to_those_before_and_behind_him_in_his_lane(tmp_path: Path) -> None:
    text = net_text(SHARED)
    row = text.partition('<request index="3"')[2].partition("/>")[0]
    bits = re.findall(r'"([01]+)"', row)
    beside = [
        bit[:-3] + "1" + bit[-2:] for bit in bits
    ]  # of link 2, the through movement of the lane whose left turn is 3
    changed = row.replace(bits[0], beside[0]).replace(bits[1], beside[1])
    assert changed != row
    for site in (held(text, tmp_path), held(text.replace(row, changed), tmp_path)):
        lane = next(lane for lane in site.lanes if lane.name == "N2")
        assert all(m.opposed_by in ((), ("S1", "S2")) for m in lane.movements)


RINGS = {"ring1": "0,2,3,4", "ring2": "0,6,0,8", "barrierPhases": "4,8", "barrier2Phases": "2,6"}


def test_the_stages_of_a_nema_program_follow_from_its_rings_and_barriers() -> None:
    states = {"2": "GGrrrr", "6": "rrGgrr", "3": "rrrrGr", "4": "rrrrgG", "8": "rrrrrG"}
    assert stages(states, RINGS) == ("GGGgrr", "rrrrGG", "rrrrgG")
    assert stages(states, {"ring1": "2,6", "ring2": "0,0"}) == ("GGrrrr", "rrGgrr")
    assert stages(states, {}) == tuple(states.values())


def test_the_coordinated_phases_of_a_nema_program_stand_for_its_second_barrier() -> None:
    states = {str(k): "r" * (k - 1) + "G" + "r" * (8 - k) for k in range(1, 9)}
    rings = {"ring1": "2,1,3,4", "ring2": "6,5,7,8", "barrierPhases": "4,8"}
    found = stages(states, {**rings, "coordinatePhases": "2,6"})
    assert len(found) == 8
    assert all(("G" in state[:2]) == ("G" in state[4:6]) for state in found)
    assert found == stages(states, {**rings, "barrier2Phases": "1,5"})


def test_a_place_without_a_phase_does_not_move_the_barrier_of_a_nema_program() -> None:
    states = {"2": "Grrr", "6": "rGrr", "8": "rrrG"}
    assert stages(states, {**RINGS, "ring1": "0,2,0,4", "ring2": "0,6,0,8"}) == ("GGrr", "rrrG")
    assert stages({"4": "rrGr", "8": "rrrG", "6": "rGrr"}, RINGS) == ("rGrr", "rrGG")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"barrier2Phases": ""}, "barrier2Phases or coordinatePhases do not name"),
        ({"barrierPhases": "4"}, "barrierPhases do not name"),
        ({"ring2": "6,8"}, "barriers of its NEMA program are not where"),
        ({"barrier2Phases": "4,8"}, "barriers of its NEMA program are not where"),
        ({"ring1": "1,0,2,3,4"}, "more than four places"),
    ],
)
def test_a_nema_program_whose_rings_are_not_cut_alike_is_refused(given: dict[str, str], why: str) -> None:
    with pytest.raises(NetProblem, match=why):
        stages({"2": "Grrr", "6": "rGrr", "4": "rrGr", "8": "rrrG"}, {**RINGS, **given})


def test_a_turn_on_red_that_one_phase_of_a_nema_program_shows_is_kept() -> None:
    assert stages({"2": "Grr", "6": "rGs"}, RINGS) == ("GGs",)


NEMA_LEGS = {"4": "GGgrrrrrrrrr", "2": "rrrGGgrrrrrr", "8": "rrrrrrGGgrrr", "6": "rrrrrrrrrGGg"}


def nema_net(tmp_path: Path, rings: dict[str, str]) -> Path:
    """Four legs of one lane each; each its phase."""
    cross = Cross(dict.fromkeys("NESW", Leg(("rsl",))), tuple((state, 30) for state in NEMA_LEGS.values()))
    text = net_text(cross).replace('type="static"', 'type="NEMA"')
    for name, state in NEMA_LEGS.items():
        text = text.replace(f'state="{state}"', f'state="{state}" name="{name}"')
    given = "".join(f'<param key="{key}" value="{value}"/>' for key, value in rings.items())
    path = tmp_path / "x.net.xml"
    path.write_text(text.replace("</tlLogic>", f"{given}</tlLogic>"), "utf-8")
    return path


PROTECTED = {"5": 15, "1": 7, "7": 3, "3": 11}
"""The left turn of each odd phase; it goes on beside the through phase that it crosses, and yields."""


EIGHT = (
    '<param key="ring1" value="1,2,3,4"/><param key="ring2" value="5,6,7,8"/>'
    '<param key="barrierPhases" value="2,6"/><param key="barrier2Phases" value="4,8"/>'
)


def protected_and_permissive(tmp_path: Path) -> Path:
    """Four legs with lanes of their own for left turns, which a small green permits beside oncoming traffic too."""
    full = {"2": "rrrrrrrrrrrrGGGg", "6": "rrrrGGGgrrrrrrrr", "4": "GGGgrrrrrrrrrrrr", "8": "rrrrrrrrGGGgrrrr"}
    full |= {name: "".join("G" if k == link else "r" for k in range(16)) for name, link in PROTECTED.items()}
    text = net_text(replace(FOUR, program=tuple((state, 20) for state in full.values())))
    for name, state in full.items():
        text = text.replace(f'state="{state}"', f'state="{state}" name="{name}"')
    path = tmp_path / "x.net.xml"
    path.write_text(text.replace('type="static"', 'type="NEMA"').replace("</tlLogic>", f"{EIGHT}</tlLogic>"), "utf-8")
    return path


def test_rings_of_a_nema_program_are_kept_and_its_left_turns_are_protected_and_permissive(tmp_path: Path) -> None:
    net = read_network(protected_and_permissive(tmp_path))
    site = check_text(site_of(net, "J", USUAL, "x"), "x").site
    assert site is not None
    assert site.sequence.rings == (((1, 2), (3, 4)), ((5, 6), (7, 8)))
    assert [goes_in(site, link) for link in (13, 15, 5, 7, 1, 3, 9, 11)] == [
        {2}, {5, 6}, {6}, {1, 2}, {4}, {7, 8}, {8}, {3, 4},
    ]  # fmt: skip
    left = {lane.name: lane for lane in site.lanes}[LaneName("W3")]
    assert [(m.turn, m.phases, m.opposed_in) for m in left.movements] == [(Turn.LEFT, {5, 6}, {6})]
    assert {site.detectors[number].phase for number in left.stopbar} == {5}


def test_who_turns_back_out_of_a_lane_for_left_turns_goes_with_them_in_the_rings_of_a_nema_program(
    tmp_path: Path,
) -> None:
    full = {
        "2": "r" * 15 + "GGGgg",
        "6": "rrrrrGGGgg" + "r" * 10,
        "4": "GGGgg" + "r" * 15,
        "8": "r" * 10 + "GGGggrrrrr",
    }
    turns = {"5": (18, 19), "1": (8, 9), "7": (3, 4), "3": (13, 14)}
    full |= {name: "".join("G" if k in own else "r" for k in range(20)) for name, own in turns.items()}
    legs = dict.fromkeys("NESW", Leg(("rs", "s", "lt")))
    text = net_text(replace(FOUR, legs=legs, program=tuple((state, 20) for state in full.values())))
    for name, state in full.items():
        text = text.replace(f'state="{state}"', f'state="{state}" name="{name}"')
    path = tmp_path / "x.net.xml"
    path.write_text(text.replace('type="static"', 'type="NEMA"').replace("</tlLogic>", f"{EIGHT}</tlLogic>"), "utf-8")
    site = check_text(site_of(read_network(path), "J", USUAL, "x"), "x").site
    assert site is not None
    assert [goes_in(site, link) for link in (18, 19, 8, 9)] == [{5, 6}, {5, 6}, {1, 2}, {1, 2}]


def test_left_turns_that_a_nema_program_never_protects_keep_its_stages(tmp_path: Path) -> None:
    path = protected_and_permissive(tmp_path)
    path.write_text(re.sub('value="[15],([26]),[37],([48])"', r'value="0,\1,0,\2"', path.read_text("utf-8")), "utf-8")
    site = check_text(site_of(read_network(path), "J", USUAL, "x"), "x").site
    assert site is not None
    assert site.sequence.rings == (((1, 2),),)


def test_a_nema_program_of_shared_lanes_serves_facing_approaches_together(tmp_path: Path) -> None:
    site = check_text(site_of(read_network(nema_net(tmp_path, RINGS)), "J", USUAL, "x"), "x").site
    assert site is not None
    assert site.sequence.rings == (((1, 2),),)


@pytest.mark.parametrize(
    ("rings", "why"),
    [
        (
            {**RINGS, "ring2": "0,8,0,6", "barrierPhases": "4,6", "barrier2Phases": "2,8"},
            "J: .* whose full greens cross",
        ),
        ({**RINGS, "barrier2Phases": ""}, "J: its NEMA program has two rings, but barrier2Phases"),
    ],
)
def test_a_nema_program_never_permits_crossing_greens(tmp_path: Path, rings: dict[str, str], why: str) -> None:
    net = read_network(nema_net(tmp_path, rings))
    with pytest.raises(NetProblem, match=why):
        site_of(net, "J", USUAL, "x")


def test_a_stage_that_is_nobodys_best_is_called_by_whom_it_serves_as_well(tmp_path: Path) -> None:
    legs = {"N": Leg(("s", "s")), "E": Leg(("s", "s"))}
    site = imported(Cross(legs, (("GrGr", 20), ("rGrG", 20), ("GrrG", 20)), exits="SW"), tmp_path)
    assert [d.phase for n, d in sorted(site.detectors.items()) if n < 100] == [1, 2, 1, 2]
    second = [(n, d.phase, d.delay_ms) for n, d in sorted(site.detectors.items()) if n > 200]
    assert second == [(201, 3, 2000), (202, 3, 2000)]
    assert all(phase.recall is Recall.NONE for phase in site.phases.values())


def test_a_failed_second_input_recalls_its_phase_late_unless_a_red_arrow_holds_its_lane_in_the_other(
    tmp_path: Path,
) -> None:
    def answers(cross: Cross) -> set[OnFault]:
        return {d.limits.on_fault for n, d in imported(cross, tmp_path).detectors.items() if n > 200}

    red_arrow = replace(SHARED, program=tuple((state.replace("g", "r"), s) for state, s in SHARED.program))
    assert answers(SHARED) == {OnFault.LATE_RECALL}
    assert answers(red_arrow) == {OnFault.PLAN_RECALL}


@pytest.mark.parametrize(
    ("classes", "cars"),
    [
        ('allow="bicycle"', False),
        ('allow="bus tram taxi"', False),
        ('allow="bus passenger"', True),
        ('allow="all"', True),
        ('disallow="pedestrian tram"', True),
        ('disallow="passenger truck"', False),
        ("", True),
    ],
)
def test_lanes_that_no_car_may_use_are_told_apart(classes: str, cars: bool, tmp_path: Path) -> None:  # noqa: FBT001
    legs = {**SHARED.legs, "N": replace(SHARED.legs["N"], classes={0: classes})}
    site = imported(replace(SHARED, legs=legs), tmp_path)
    assert next(lane for lane in site.lanes if lane.name == "N1").cars is cars
    assert all(other.cars for other in site.lanes if other.name != "N1")


YELLOWS = (
    ("GGGgrrrrGGGgrrrr", 41), ("yyygrrrryyygrrrr", 3), ("rrrGrrrrrrrGrrrr", 9), ("rrryrrrrrrryrrrr", 3),
    ("rrrrGGGgrrrrGGGg", 18), ("rrrryyygrrrryyyg", 3), ("rrrrrrrGrrrrrrrG", 6), ("rrrrrrryrrrrrrry", 3),
)  # fmt: skip
"""Stages of SHARED as an engineer would time them: 86 s."""


def test_the_program_of_the_network_is_the_fall_back_plan_where_it_has_yellows(tmp_path: Path) -> None:
    site = imported(replace(SHARED, program=YELLOWS), tmp_path)
    plan, unseen = site.plans[site.fallback.plan], site.plans[site.fallback.plan_of_unseen]
    assert (plan.name, plan.cycle_ms) == ("Network", 86_000)
    assert sum(plan.splits.values()) == plan.cycle_ms
    greens = [ms // 1000 - 4 for _, ms in sorted(plan.splits.items())]
    assert all(abs(green - shown) <= 3 for green, shown in zip(greens, (41, 9, 18, 6), strict=True)), greens
    assert sorted(plan.splits, key=lambda p: -plan.splits[p]) == [1, 3, 2, 4]
    assert (unseen.number, unseen.name) == (2, "Computed")
    assert unseen.splits.keys() == plan.splits.keys()


def test_times_may_be_written_with_hours_and_minutes_as_sumo_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "x.net.xml"
    text = net_text(replace(SHARED, program=YELLOWS))
    plans = []
    for duration, offset in (("41", "70"), ("0:00:41", "0:01:10"), ("41", "-0:00:16")):
        written = text.replace('duration="41"', f'duration="{duration}"')
        path.write_text(written.replace('programID="0" offset="0"', f'programID="0" offset="{offset}"'), "utf-8")
        site = check_text(site_of(read_network(path), SHARED.tls, USUAL, "x.net.xml"), "x").site
        assert site is not None
        plans.append(site.plans[site.fallback.plan])
    assert plans[0] == plans[1] == plans[2]


@pytest.mark.parametrize("duration", ["nan", "inf", "1:2:3:4:5", "soon"])
def test_a_duration_that_is_no_time_is_refused(duration: str, tmp_path: Path) -> None:
    path = tmp_path / "x.net.xml"
    path.write_text(net_text(SHARED).replace('duration="30"', f'duration="{duration}"'), "utf-8")
    with pytest.raises(NetProblem):
        read_network(path)


def test_a_program_without_yellow_is_a_placeholder(tmp_path: Path) -> None:
    alone = replace(SHARED, program=(("GGGgrrrrGGGgrrrr", 90),))
    for cross in (FOUR, SHARED, alone):
        site = imported(cross, tmp_path)
        assert {plan.name for plan in site.plans.values()} == {"Computed"}
        assert site.fallback.unseen_plan is None


def test_a_network_program_too_short_for_the_minimums_keeps_them_and_is_longer(tmp_path: Path) -> None:
    site = imported(replace(SHARED, program=YELLOWS), tmp_path, Times(min_green=20))
    plan = site.plans[site.fallback.plan]
    assert plan.splits == {1: 45_000, 2: 24_000, 3: 24_000, 4: 24_000}
    assert plan.cycle_ms == 117_000


def test_the_offset_is_where_the_program_is_green(tmp_path: Path) -> None:
    for offset in (0, 30, 85, -20):
        path = tmp_path / "x.net.xml"
        text = net_text(replace(SHARED, program=YELLOWS))
        path.write_text(text.replace('programID="0" offset="0"', f'programID="0" offset="{offset}"'), "utf-8")
        site = check_text(site_of(read_network(path), SHARED.tls, USUAL, "x.net.xml"), "x").site
        assert site is not None
        away = (site.plans[site.fallback.plan].offset_ms // 1000 - offset) % 86
        assert min(away, 86 - away) <= 3


def test_who_is_held_by_a_red_arrow_does_not_hold_the_green_of_his_lane(tmp_path: Path) -> None:
    def limits(cross: Cross) -> set[int]:
        return {d.queue_limit_ms for n, d in imported(cross, tmp_path).detectors.items() if n < 100}

    red_arrow = replace(SHARED, program=tuple((state.replace("g", "r"), s) for state, s in SHARED.program))
    assert limits(red_arrow) == {0, 10_000}  # beside the lane with left turns lies one that nobody is held in
    assert limits(SHARED) == limits(FOUR) == {0}


def test_a_link_that_the_program_never_serves_is_served(tmp_path: Path) -> None:
    program = tuple((state[:3] + "r" + state[4:], seconds) for state, seconds in FOUR.program)
    shared = replace(SHARED, program=tuple((s[:3] + "r" + s[4:], n) for s, n in SHARED.program))
    for cross in (replace(FOUR, program=program), shared):
        assert goes_in(imported(cross, tmp_path), 3)


def test_what_is_asked_for_is_what_is_timed(tmp_path: Path) -> None:
    site = imported(FOUR, tmp_path, Times(min_green=7, max_green=40, yellow=4, red=2))
    phase = site.phases[PhaseNumber(2)]
    assert (phase.min_green_ms, phase.max_green_ms, phase.yellow_ms, phase.red_clear_ms) == (7000, 40000, 4000, 2000)


def test_the_same_network_gives_the_same_text(tmp_path: Path) -> None:
    path = tmp_path / "x.net.xml"
    path.write_text(net_text(SHARED), "utf-8")
    assert site_of(read_network(path), "J", Times(), "x") == site_of(read_network(path), "J", Times(), "x")


@pytest.mark.parametrize("name", ["cologne1", "hz_sb", "synth8"])
def test_the_scenarios_of_the_benchmark_are_imported(name: str) -> None:
    path = SCENARIOS / name / f"{name}.net.xml"
    if not path.exists():
        pytest.skip("the scenarios of the benchmark are not here")
    net = read_network(path)
    checked = check_text(site_of(net, traffic_lights(net)[0], Times(), path.name), name)
    assert checked.site is not None, checked.report()
    assert len(checked.site.phases) == (4 if name == "cologne1" else 8)


def test_what_is_no_network_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "x.net.xml"
    path.write_text("<net>\n<edge id='a'\n</net>", "utf-8")
    with pytest.raises(NetProblem, match=r"x\.net\.xml:3:1: this is not XML"):
        read_network(path)
    path.write_text("<routes/>", "utf-8")
    with pytest.raises(NetProblem, match="<routes>, not a SUMO network"):
        read_network(path)
    packed = bytearray(gzip.compress(b"<net/>" * 99))
    path.write_bytes(packed[:-9])
    with pytest.raises(NetProblem, match="ends too soon"):
        read_network(path)
    packed[12:15] = b"\xff\xff\xff"
    path.write_bytes(packed)
    with pytest.raises(NetProblem, match="the packed file is damaged"):
        read_network(path)
    with pytest.raises(NetUnreadable, match="cannot be read: No such file"):
        read_network(tmp_path / "y")
