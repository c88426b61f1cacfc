"""The whole plant: same seed same arrivals, conservation, samples, and a report that leaves nobody out."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.units import ChannelNumber, DetectorNumber, Ms
from edge.sim.demand import Demand
from edge.sim.traffic import Plant, PlantInputs, percentile
from tests.sim.sites import cycle, eight_phase, site_of, two_phase

pytestmark = pytest.mark.untraced

SPLITS = {1: 14_000, 2: 36_000, 3: 14_000, 4: 36_000, 5: 14_000, 6: 36_000, 7: 14_000, 8: 36_000}
Signals = Callable[[Site, Ms], dict[ChannelNumber, Indication]]


def all_red(site: Site, now: Ms) -> dict[ChannelNumber, Indication]:
    del now
    return dict.fromkeys(site.channels, Indication.RED)


def run(plant: Plant, site: Site, signals: Signals, until_ms: Ms, period_ms: Ms = 100) -> list[PlantInputs]:
    return [plant.step(now, signals(site, now)) for now in range(0, until_ms, period_ms)]


@pytest.mark.parametrize("demand", list(Demand))
def test_the_same_seed_brings_the_same_traffic_whatever_the_signals_show(demand: Demand) -> None:
    site = eight_phase()
    served, held = Plant(site, demand, 4), Plant(site, demand, 4)
    run(served, site, cycle, 300_000)
    run(held, site, all_red, 300_000)
    for here, there in zip(served.lanes, held.lanes, strict=True):
        assert here.arrived == there.arrived
        assert here.arrivals.next_ms == there.arrivals.next_ms
        assert here.arrivals.dice.getstate() == there.arrivals.dice.getstate()
    for walkers, waiters in zip(served.crossings, held.crossings, strict=True):
        assert walkers.arrived == waiters.arrived
        assert walkers.arrivals.dice.getstate() == waiters.arrivals.dice.getstate()
    assert sum(crossing.arrived for crossing in held.crossings) > 0
    assert held.report().total.served == 0
    assert served.report().total.vehicles == held.report().total.vehicles


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    site = two_phase()
    first, again, other = (Plant(site, Demand.SWING, seed) for seed in (1, 1, 2))
    inputs = [run(plant, site, cycle, 240_000) for plant in (first, again, other)]
    assert inputs[0] == inputs[1]
    assert first.report() == again.report()
    assert inputs[0] != inputs[2]


@pytest.mark.parametrize("demand", list(Demand))
def test_nobody_is_lost_and_nobody_passes_a_red(demand: Demand) -> None:
    site = site_with_splits()
    plant = Plant(site, demand, 2)
    run(plant, site, cycle, 900_000)
    report = plant.report()
    assert report.ran_red == 0
    still_there = sum(lane.overdue(-1) for lane in plant.lanes)
    assert report.total.vehicles == report.total.served + still_there
    assert report.total.unserved <= still_there
    assert sum(row.vehicles for row in report.phases.values()) == report.total.vehicles
    assert set(report.phases) == set(site.phases)
    assert report.total.p95_delay_s >= report.total.delay_s > 0
    assert report.pedestrians.served <= report.pedestrians.arrived
    assert report.pedestrians.max_wait_s >= report.pedestrians.mean_wait_s


def test_unserved_are_those_who_were_due_more_than_five_minutes_before_the_end() -> None:
    site = eight_phase()
    plant = Plant(site, Demand.BALANCED, 2)
    run(plant, site, all_red, 300_000)
    came = plant.report().total
    assert (came.served, came.unserved) == (0, 0)
    run_on = [plant.step(now, all_red(site, now)) for now in range(300_000, 600_000, 100)]
    assert run_on
    report = plant.report()
    assert report.total.unserved == came.vehicles < report.total.vehicles
    assert sum(row.unserved for row in report.phases.values()) == came.vehicles


def site_with_splits() -> Site:
    site = eight_phase()
    moves = {int(n): p.move for n, p in site.phases.items()}
    rings = (((1, 2), (3, 4)), ((5, 6), (7, 8)))
    return site_of(rings, moves, tuple(site.detectors.values()), (2, 4, 6, 8), SPLITS)


def test_samples_are_fresh_and_counts_never_fall() -> None:
    site = eight_phase()
    plant = Plant(site, Demand.BALANCED, 3)
    before = plant.step(0, cycle(site, 0))
    for now in range(100, 200_000, 100):
        inputs = plant.step(now, cycle(site, now))
        assert set(inputs.detectors) == set(site.detectors)
        assert set(inputs.buttons) == set(site.buttons)
        for rows, earlier in ((inputs.detectors, before.detectors), (inputs.buttons, before.buttons)):
            for number, sample in rows.items():
                last = earlier[number]  # type: ignore[index]
                assert sample.taken_ms == now
                assert sample.ok
                assert sample.count >= last.count
                if sample.occupied and not last.occupied:
                    assert sample.count > last.count
        before = inputs


def test_a_loop_comes_on_and_goes_off_as_often_as_it_counts() -> None:
    site = site_with_splits()
    inputs = run(Plant(site, Demand.BALANCED, 6), site, cycle, 600_000)
    for number in site.detectors:
        levels = [row.detectors[number].occupied for row in inputs]
        ons = sum(b and not a for a, b in pairwise([False, *levels]))
        offs = sum(a and not b for a, b in pairwise(levels))
        assert ons - offs in {0, 1}
        assert ons == inputs[-1].detectors[number].count > 0


def test_a_plant_fed_at_uneven_instants_keeps_its_own_step() -> None:
    site = two_phase()
    even, uneven = Plant(site, Demand.BALANCED, 1), Plant(site, Demand.BALANCED, 1)
    shown = {ChannelNumber(2): Indication.GREEN, ChannelNumber(4): Indication.RED}
    for now in range(5_000, 65_001, 100):
        even.step(now, shown)
    for now in [5_000, *range(5_037, 65_000, 73), 65_000]:
        assert uneven.step(now, shown).detectors[DetectorNumber(1)].taken_ms == now
    assert uneven.lanes[0]._now == 60_000
    assert even.report() == uneven.report()


def test_a_channel_that_is_not_shown_or_not_wired_is_dark_and_passes_nobody() -> None:
    site = two_phase()
    plant = Plant(site, Demand.BALANCED, 1)
    for now in range(0, 120_000, 100):
        plant.step(now, {})
    assert plant.report().total.served == 0


def test_an_empty_report_has_zeroes() -> None:
    report = Plant(two_phase(), Demand.LIGHT, 1).report()
    assert (report.total.vehicles, report.total.delay_s, report.total.p95_delay_s) == (0, 0.0, 0.0)
    assert report.pedestrians.mean_wait_s == 0.0


def test_percentiles_are_by_nearest_rank() -> None:
    assert percentile([], 95) == 0.0
    assert percentile([1.0], 95) == 1.0
    assert percentile([float(n) for n in range(1, 101)], 95) == 95.0
    assert percentile([1.0, 2.0], 50) == 1.0
