"""Left turns in the plant: under a flashing yellow arrow they go in the gaps of the oncoming traffic."""

from collections import deque

import pytest

from edge.check import check_text
from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.units import ChannelNumber, PhaseNumber
from edge.sim.demand import Demand
from edge.sim.lane import Lane
from edge.sim.permissive import Permissive
from edge.sim.simulate import Setting, Strategy, simulate
from edge.sim.traffic import Plant
from tests.config.examples import OVERLAPS


def example() -> Site:
    site = check_text(OVERLAPS, "f").site
    assert site is not None
    return site


def lanes(plant: Plant, phase: int) -> list[Lane]:
    return [lane for lane in plant.lanes if lane.layout.phase == PhaseNumber(phase)]


def run(shown: dict[int, Indication], seconds: int) -> Plant:
    site = example()
    plant = Plant(site, Demand.EW_HEAVY, 3)
    image = {n: shown.get(n, Indication.RED) for n in site.channels}
    for now in range(0, seconds * 1_000, 100):
        plant.step(now, {ChannelNumber(n): i for n, i in image.items()})
    return plant


def test_a_lane_with_nobody_against_it_takes_the_flashing_arrow_for_green() -> None:
    empty = Permissive([])
    assert empty.seen_as(Indication.FLASH_YELLOW_ARROW) is Indication.GREEN
    assert empty.seen_as(Indication.RED) is Indication.RED


def test_left_turns_yield_to_the_oncoming_through_and_go_in_its_gaps() -> None:
    plant = run({1: Indication.FLASH_YELLOW_ARROW, 2: Indication.GREEN}, 600)
    turned, through = (sum(len(lane.delays_s) for lane in lanes(plant, n)) for n in (1, 2))
    assert turned > 0
    assert through > turned
    assert plant.report().ran_red == 0


def test_nobody_turns_in_front_of_an_oncoming_vehicle() -> None:
    plant = run({}, 60)  # a queue stands at the line and may start
    rule = Permissive(lanes(plant, 2))
    near = [v for lane in lanes(plant, 2) for v in lane.vehicles if -20 < v.x <= 0]
    assert near
    assert rule.seen_as(Indication.FLASH_YELLOW_ARROW) is Indication.YELLOW
    for lane in lanes(plant, 2):
        lane.vehicles = []
        lane.outside = deque()
    assert rule.seen_as(Indication.FLASH_YELLOW_ARROW) is Indication.GREEN


@pytest.mark.untraced
def test_the_example_runs_without_a_violation() -> None:
    report = simulate(example(), Setting(Strategy.ACTUATED, Demand.SWING, 2, 400_000))
    assert report.violations == ()
