"""`stopline simulate`: the controller against the built-in traffic, as fast as it goes. One seed means one result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from edge.clock import monotonic_ms
from edge.model.adaptive import AdaptiveMode
from edge.model.calendar import NO_CALENDAR
from edge.model.exchange import Inputs
from edge.model.indications import Indication
from edge.model.plans import FREE, LocalTime, RunKind, ScheduleEntry
from edge.model.plans import Run as Runs
from edge.model.site import Site
from edge.model.units import SECOND_MS, TICK_MS, ChannelNumber, Ms, PhaseNumber, PlanNumber
from edge.sim.advising import Advises, Advising
from edge.sim.demand import Demand
from edge.sim.faults import FaultyWires, InjectedFault, faults_of
from edge.sim.measure import PhaseFigures
from edge.sim.run import Run, later, local_start
from edge.sim.traffic import Plant, PlantReport

START_LOCAL_MS = 1_767_596_400_000
"""Monday 2026-01-05 07:00 local time: a working day, far from a change of daylight saving. Ours."""


class Strategy(Enum):
    """Who decides the greens."""

    FIXED = "fixed"  # a fixed plan, detectors not heard
    ACTUATED = "actuated"  # free operation, or the plan that is named
    ADAPTIVE = "adaptive"  # the adaptive layer acts above actuation, whatever the site file says of it


@dataclass(frozen=True, slots=True)
class Setting:
    """What is simulated. `plan`: run all the time, None for none (of the fixed strategy: the site's fall-back plan);
    `out`: CSV log, None for none; `faults`: put between loops and engine."""

    strategy: Strategy = Strategy.ACTUATED
    demand: Demand = Demand.SWING
    seed: int = 1
    duration_ms: Ms = 3_600_000
    plan: PlanNumber | None = None
    start_local_ms: int = START_LOCAL_MS
    out: Path | None = None
    faults: tuple[InjectedFault, ...] = ()


@dataclass(frozen=True, slots=True)
class SimReport:
    """What came of it. `violations`: what the monitor refused, in words; `wall_ms`: how long the computer took;
    `optimiser`: how long a decision of the adaptive layer took, `acted`: for how long it was followed; None where it did
    not run."""

    setting: Setting
    traffic: PlantReport
    phases: Mapping[PhaseNumber, PhaseFigures]
    violations: tuple[str, ...]
    wall_ms: Ms
    optimiser: Mapping[str, float] | None = None
    acted: Mapping[str, object] | None = None

    @property
    def speed_x(self) -> float:
        """Simulated time over the computer's time."""
        return round(self.setting.duration_ms / max(1, self.wall_ms), 1)

    def as_dict(self) -> dict[str, object]:
        """The report as it is printed with --json. Delay in s for each vehicle that came, served or not."""
        total, walkers = self.traffic.total, self.traffic.pedestrians
        row = {
            "v": 1,
            "plant": "builtin",
            "strategy": self.setting.strategy.value,
            "plan": self.setting.plan,
            "demand": self.setting.demand.value,
            "seed": self.setting.seed,
            "simulated_s": self.setting.duration_ms / SECOND_MS,
            "delay_s": total.delay_s,
            "p95_delay_s": total.p95_delay_s,
            "vehicles": total.vehicles,
            "throughput": total.served,
            "unserved": total.unserved,
            "stops": total.stops,
            "ran_red": self.traffic.ran_red,
            "pedestrians": {
                "arrived": walkers.arrived,
                "served": walkers.served,
                "mean_wait_s": walkers.mean_wait_s,
                "max_wait_s": walkers.max_wait_s,
            },
            "violations": len(self.violations),
            "speed_x": self.speed_x,
            "phases": {str(phase): self._phase(phase) for phase in sorted(self.phases)},
        }
        adaptive = {"acted": self.acted, "optimiser": self.optimiser}
        return {**row, **{name: dict(figures) for name, figures in adaptive.items() if figures is not None}}

    def _phase(self, phase: PhaseNumber) -> dict[str, object]:
        traffic = self.traffic.phases[phase]
        return {
            **self.phases[phase].as_dict(),
            "vehicles": traffic.vehicles,
            "unserved": traffic.unserved,
            "delay_s": traffic.delay_s,
            "p95_delay_s": traffic.p95_delay_s,
            "longest_queue": traffic.longest_queue,
        }


def with_strategy(site: Site, strategy: Strategy, plan: PlanNumber | None = None) -> Site:
    """The site with a schedule that runs nothing but `strategy`. A plan runs coordinated where the site says so; as the fixed
    strategy it hears no detector. The adaptive layer acts if it is the strategy, and else is off.

    Raises:
        ValueError: the site has no such plan.
    """
    number = site.fallback.plan if plan is None and strategy is Strategy.FIXED else plan
    if number is not None and number not in site.plans:
        have = ", ".join(str(n) for n in sorted(site.plans)) or "none"
        raise ValueError(f"{site.name} has no plan {number} to run (plans: {have}) — name one of them")
    runs = FREE if number is None else Runs(RunKind.PLAN, number)
    plans = site.plans
    if number is not None and strategy is Strategy.FIXED:
        plans = {**plans, number: replace(plans[number], coordination=None)}
    every_day = ScheduleEntry(frozenset(range(7)), 0, runs)
    mode = AdaptiveMode.ACT if strategy is Strategy.ADAPTIVE else AdaptiveMode.OFF
    adaptive = replace(site.adaptive, mode=mode, act_unproved="simulate")
    return replace(site, plans=plans, schedule=(every_day,), exceptions=(), calendar=NO_CALENDAR, adaptive=adaptive)


def simulate(
    site: Site,
    setting: Setting,
    clock: Callable[[], Ms] = monotonic_ms,
    adviser: Callable[[Site], Advises] | None = None,
) -> SimReport:
    """Run the controller against the plant in steps of 100 ms; `clock` only times the computer.

    Raises:
        ValueError: the fixed strategy names a plan, or a fault a detector, that the site has not got.
        OSError: the log cannot be written.
    """
    began = clock()
    start = local_start(setting.start_local_ms, site.timezone)
    running = with_strategy(site, setting.strategy, setting.plan)
    run = Run(running, start)
    plant = Plant(site, setting.demand, setting.seed)
    wires = FaultyWires(faults_of(site, setting.faults))
    advising = Advising(adviser(running)) if adviser and setting.strategy is Strategy.ADAPTIVE else None
    _drive(run, _Street(plant, wires, advising), start, setting.duration_ms)
    if setting.out is not None:
        run.write_log(setting.out)
    return SimReport(
        setting=setting,
        traffic=plant.report(),
        phases=run.figures(),
        violations=tuple(violation.detail for violation in run.violations),
        wall_ms=clock() - began,
        optimiser=advising.figures() if advising else None,
        acted=advising.acted.figures() if advising else None,
    )


@dataclass(frozen=True, slots=True)
class _Street:
    """What lies before the controller: the traffic, the wires from its loops, and the adaptive layer where there is one."""

    plant: Plant
    wires: FaultyWires
    advising: Advising | None


def _drive(run: Run, street: _Street, start: LocalTime, duration_ms: Ms) -> None:
    shown: Mapping[ChannelNumber, Indication] = {}
    advising = street.advising
    for now in range(0, duration_ms, TICK_MS):
        heard = street.plant.step(now, shown)
        loops = street.wires.carry(now, heard.detectors)
        advice = advising.answer() if advising else None
        shown = run.advance(now, Inputs(loops, heard.buttons, later(start, now), wires=heard.wires, advice=advice))
        if advising:
            advising.after(now, run.tick.controller)
