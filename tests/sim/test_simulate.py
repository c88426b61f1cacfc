"""The controller against the plant."""

from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path

import pytest

from edge.check import check_file
from edge.eventlog.export import read_csv
from edge.model.detectors import DetectorKind
from edge.model.events import EventCode
from edge.model.indications import ChannelKind
from edge.model.plans import Run, RunKind
from edge.model.site import Site
from edge.model.units import PhaseNumber, PlanNumber
from edge.sim.demand import Demand
from edge.sim.simulate import Setting, SimReport, Strategy, simulate, with_strategy
from edge.sim.traffic import Plant
from tests.config.examples import FOLDER
from tests.sim.sites import detector, eight_phase, site_of, two_phase

pytestmark = pytest.mark.untraced

MINUTES_10 = 600_000


def shortened(site: Site) -> Site:
    """The test site with a fixed plan that gives the throughs more than the left turns."""
    plan = site.plans[PlanNumber(1)]
    splits = {phase: 14_000 if phase % 2 else 36_000 for phase in site.phases}
    return replace(site, plans={plan.number: replace(plan, splits=splits, cycle_ms=100_000)})


def shipped(name: str = "dual-ring-8phase.yaml") -> Site:
    """An example; of the dual ring, plans 4 and 5 are coordinated."""
    site = check_file(FOLDER / name).site
    assert site is not None
    return site


def run(
    site: Site, strategy: Strategy, demand: Demand = Demand.SWING, seed: int = 1, ms: int = MINUTES_10
) -> SimReport:
    return simulate(site, Setting(strategy, demand, seed, ms))


@pytest.mark.parametrize("strategy", list(Strategy))
def test_no_strategy_makes_the_monitor_speak_or_anybody_run_a_red(strategy: Strategy) -> None:
    for site in (shortened(eight_phase()), two_phase()):
        report = run(site, strategy)
        assert report.violations == ()
        assert report.traffic.ran_red == 0
        assert report.traffic.total.served > 100
        assert all(row.greens > 3 for row in report.phases.values())


def test_one_seed_means_one_result_but_for_the_computers_time() -> None:
    site = two_phase()
    first, again, other = (run(site, Strategy.ACTUATED, seed=seed, ms=300_000) for seed in (1, 1, 2))
    assert replace(first, wall_ms=0) == replace(again, wall_ms=0)
    assert first.traffic != other.traffic


def test_both_strategies_meet_the_same_vehicles() -> None:
    site = shortened(eight_phase())
    fixed, actuated = (run(site, strategy, ms=300_000) for strategy in (Strategy.FIXED, Strategy.ACTUATED))
    assert fixed.traffic.total.vehicles == actuated.traffic.total.vehicles
    assert {p: t.vehicles for p, t in fixed.traffic.phases.items()} == {
        p: t.vehicles for p, t in actuated.traffic.phases.items()
    }
    assert fixed.traffic.pedestrians.arrived == actuated.traffic.pedestrians.arrived


def test_where_one_street_is_jammed_the_green_moves_by_itself() -> None:
    site = shortened(eight_phase())
    fixed, actuated = (run(site, strategy, Demand.NS_HEAVY) for strategy in (Strategy.FIXED, Strategy.ACTUATED))
    assert actuated.traffic.total.delay_s < 0.8 * fixed.traffic.total.delay_s


def test_the_fixed_strategy_runs_the_fall_back_plan_by_its_cycle(tmp_path: Path) -> None:
    out = tmp_path / "log.csv"
    simulate(two_phase(), Setting(Strategy.FIXED, Demand.LIGHT, 1, MINUTES_10, out=out))
    rows = list(read_csv(out))
    assert any((row.code, row.parameter) == (EventCode.PATTERN_CHANGE, 1) for row in rows)
    greens = [row.local_ms for row in rows if (row.code, row.parameter) == (EventCode.PHASE_BEGIN_GREEN, 2)]
    gaps = {b - a for a, b in pairwise(greens[2:])}
    assert gaps == {50_000}


def test_the_detectors_log_counts_the_vehicles_the_plant_knows(tmp_path: Path) -> None:
    site, out = two_phase(), tmp_path / "log.csv"
    report = simulate(site, Setting(Strategy.ACTUATED, Demand.BALANCED, 3, MINUTES_10, out=out))
    ons = [row for row in read_csv(out) if (row.code, row.parameter) == (EventCode.DETECTOR_ON, 3)]
    phase_2 = next(row for phase, row in report.traffic.phases.items() if phase == 2)
    assert phase_2.served - 1 <= len(ons) <= phase_2.served, "detector 3 counts just past the stop line of phase 2"


def test_a_named_plan_is_run_and_one_that_is_not_there_is_refused() -> None:
    site = eight_phase()
    plan = PlanNumber(1)
    assert with_strategy(site, Strategy.FIXED, plan).schedule[0].run == Run(RunKind.PLAN, plan)
    second = replace(site.plans[plan], number=PlanNumber(2))
    falls_back = replace(
        site, plans={**site.plans, second.number: second}, fallback=replace(site.fallback, plan=second.number)
    )
    assert with_strategy(falls_back, Strategy.FIXED).schedule[0].run.plan == 2
    assert with_strategy(site, Strategy.ACTUATED).schedule[0].run.kind is RunKind.FREE
    with pytest.raises(ValueError, match=r"has no plan 9 to run \(plans: 1\)"):
        with_strategy(site, Strategy.FIXED, PlanNumber(9))
    with pytest.raises(ValueError, match="plans: none"):
        with_strategy(replace(site, plans={}), Strategy.FIXED)


def test_a_coordinated_plan_is_run_as_the_site_says_and_as_the_fixed_strategy_without_detectors() -> None:
    site = with_strategy(shipped(), Strategy.ACTUATED, PlanNumber(4))
    assert site.plans[PlanNumber(4)].coordination is not None
    assert site.schedule[0].run == Run(RunKind.PLAN, PlanNumber(4))
    assert with_strategy(shipped(), Strategy.FIXED, PlanNumber(4)).plans[PlanNumber(4)].coordination is None
    report = simulate(shipped(), Setting(Strategy.ACTUATED, Demand.BALANCED, 1, MINUTES_10, plan=PlanNumber(5)))
    assert report.violations == ()
    assert report.as_dict()["plan"] == 5
    assert report.traffic.ran_red == 0


def test_a_named_plan_runs_whatever_the_calendar_of_the_site_says(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    simulate(shipped("school-2phase.yaml"), Setting(Strategy.ACTUATED, Demand.LIGHT, 1, 30_000, PlanNumber(2), out=log))
    assert [row.parameter for row in read_csv(log) if row.code == EventCode.PATTERN_CHANGE][-1] == 2


def test_where_nobody_asks_by_a_wire_that_is_closed_at_rest_pedestrians_are_served() -> None:
    report = run(shipped("school-2phase.yaml"), Strategy.ACTUATED)  # its crossing is omitted while a wire is open
    assert report.traffic.pedestrians.served > 0


def test_a_phase_that_only_pedestrians_use_has_no_vehicles() -> None:
    site = site_of((((2,), (4,)),), {2: "EBT", 4: "crossings"}, (detector(1, 2, DetectorKind.STOPBAR),), walks=(4,))
    channels = {n: c for n, c in site.channels.items() if c.kind is ChannelKind.PEDESTRIAN or c.phase == 2}
    card = replace(site.card, channels=tuple(c for c in site.card.channels if c.number in channels))
    report = run(replace(site, channels=channels, card=card), Strategy.ACTUATED, ms=120_000)
    people_only = report.traffic.phases[PhaseNumber(4)]
    assert (people_only.vehicles, people_only.longest_queue) == (0, 0)
    assert report.traffic.total.vehicles > 0


def test_the_report_holds_what_the_command_line_prints() -> None:
    site = eight_phase()
    ticking = count(0, 5_000)
    report = simulate(site, Setting(Strategy.ACTUATED, Demand.LIGHT, 2, 100_000), clock=lambda: next(ticking))
    printed = report.as_dict()
    assert printed["v"] == 1
    assert printed["speed_x"] == 20.0
    assert printed["violations"] == 0
    total = report.traffic.total
    assert (printed["vehicles"], printed["unserved"], printed["stops"]) == (total.vehicles, total.unserved, total.stops)
    assert printed["throughput"] == total.served
    assert set(printed["pedestrians"]) == {"arrived", "served", "mean_wait_s", "max_wait_s"}  # type: ignore[call-overload]
    phases = printed["phases"]
    assert isinstance(phases, dict)
    assert set(phases) == {str(n) for n in site.phases}
    assert {"greens", "green_s", "terminations", "calls", "max_wait_s", "delay_s", "longest_queue"} <= set(phases["2"])


def test_an_empty_run_does_not_divide_by_nothing() -> None:
    report = simulate(two_phase(), Setting(duration_ms=0), clock=lambda: 0)
    assert report.speed_x == 0.0
    assert report.traffic == Plant(two_phase(), Demand.SWING, 1).report()
