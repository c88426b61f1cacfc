"""`simulate --plant sumo`: our controllers in SUMO's traffic, as fast as it goes. One seed means one result.

SUMO takes a step; what the loops felt in it is told to the controllers tick by tick; the image of the last tick stands in the
next step. So with SUMO's usual step of 1 s a lamp is late by half a second on average, and every interval of whole seconds is
shown exactly.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.clock import monotonic_ms
from edge.model.site import Site
from edge.model.units import DAY_MS, HOUR_MS, TICK_MS, Ms, PlanNumber
from edge.sim.faults import InjectedFault
from edge.sim.run import local_start
from edge.sim.simulate import START_LOCAL_MS, Strategy, with_strategy
from edge.sim.sumo.junction import Advisers, Junction, JunctionSetting, lead_ms
from edge.sim.sumo.loops import additional_file, placed_loops
from edge.sim.sumo.place import place_of
from edge.sim.sumo.report import JunctionReport, SumoReport
from edge.sim.sumo.street import Street, command_of
from edge.sim.sumo.sumocfg import read_config, written
from edge.sim.sumo.tripinfo import Trips, figures_of, read_trips

MIDNIGHT_LOCAL_MS = START_LOCAL_MS - 7 * HOUR_MS
"""The local time of SUMO's second 0: its seconds are taken for seconds of the day."""


@dataclass(frozen=True, slots=True)
class SumoSetting:
    """What is simulated. `seed`: None for the file's own; `duration_ms`: shortens, or bounds a file without an end;
    `tls`: the traffic light, where it is not the one that the site file names; `out`: folder for logs, None for none."""

    sumocfg: Path
    strategy: Strategy = Strategy.ACTUATED
    seed: int | None = None
    duration_ms: Ms | None = None
    plan: PlanNumber | None = None
    tls: str | None = None
    faults: tuple[InjectedFault, ...] = ()
    out: Path | None = None


def simulate_sumo(
    sites: Sequence[Site],
    setting: SumoSetting,
    advisers: Advisers | None = None,
    clock: Callable[[], Ms] = monotonic_ms,
) -> SumoReport:
    """Run the controllers of `sites` in SUMO. Without sites SUMO runs by itself, and is only measured.

    Raises:
        ValueError: a site does not fit the network, the strategy or a fault.
        PlantError: SUMO is missing or refuses what it is given.
        OSError: a file cannot be read or written.
    """
    began = clock()
    _tell_apart(sites, setting.tls)
    junctions = [_setting_of(site, index, setting, advisers) for index, site in enumerate(sites)]
    config = read_config(setting.sumocfg)
    if setting.out is not None:
        setting.out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="stopline-") as folder:
        ours, tripinfo = Path(folder) / "loops.add.xml", Path(folder) / "tripinfo.xml"
        loops = [loop for j in junctions for loop in placed_loops(j.sumo, j.index)]
        ours.write_text(additional_file(loops, _saved(junctions, setting.out)), encoding="utf-8")
        with Street(command_of(config, ours, tripinfo, setting.seed)) as street:
            driven = _drive(street, junctions, setting)
        told = written(config.tripinfo or tripinfo)
        trips = read_trips(told)
        if setting.out is not None:
            (setting.out / f"tripinfo{''.join(told.suffixes[-2:])}").write_bytes(told.read_bytes())
    _write_logs(driven, setting.out)
    return _report(setting, street, driven, trips, clock() - began)


def _tell_apart(sites: Sequence[Site], tls: str | None) -> None:
    """Two controllers on one traffic light would overwrite each other's lamps, two of one number each other's logs."""
    lights = Counter(place_of(site, tls).tls for site in sites)
    numbers = Counter(site.id for site in sites)
    for light in (light for light, times in lights.items() if times > 1):
        raise ValueError(f"{lights[light]} site files are for traffic light {light} (sumo.tls) — give one of them")
    for number in (number for number, times in numbers.items() if times > 1):
        raise ValueError(f"{numbers[number]} site files have intersection.id {number} — give each a number of its own")


def _setting_of(site: Site, index: int, setting: SumoSetting, advisers: Advisers | None) -> JunctionSetting:
    running = with_strategy(site, setting.strategy, setting.plan)
    adviser = advisers(running) if advisers and setting.strategy is Strategy.ADAPTIVE else None
    return JunctionSetting(running, place_of(site, setting.tls), index, setting.faults, adviser)


def _saved(junctions: Sequence[JunctionSetting], out: Path | None) -> dict[str, Path]:
    """Where SUMO saves what its traffic lights showed, each second."""
    return {} if out is None else {j.sumo.tls: out.resolve() / f"states-{j.site.id}.xml" for j in junctions}


def _drive(street: Street, settings: Sequence[JunctionSetting], setting: SumoSetting) -> list[Junction]:
    began = street.now
    end = _end(street, setting.duration_ms)
    junctions = [_junction(j, street) for j in settings]
    ticked = began
    while (end is None or street.now < end) and not (street.end_ms is None and street.is_empty):
        before = street.now
        street.step()
        for junction in junctions:
            junction.place.hear(before)
        while ticked + TICK_MS <= street.now:
            ticked += TICK_MS
            for junction in junctions:
                junction.tick(ticked - began, ticked)
        for junction in junctions:
            junction.show()
    return junctions


def _junction(setting: JunctionSetting, street: Street) -> Junction:
    lead = lead_ms(setting.site)
    start = local_start(MIDNIGHT_LOCAL_MS + street.now % DAY_MS - lead, setting.site.timezone)
    return Junction(setting, street, lead, start)


def _end(street: Street, duration_ms: Ms | None) -> Ms | None:
    """When it ends, on SUMO's clock; None: when nobody is left."""
    ends = [street.end_ms] if street.end_ms is not None else []
    if duration_ms is not None:
        ends.append(street.now + duration_ms)
    return min(ends, default=None)


def _write_logs(junctions: Sequence[Junction], out: Path | None) -> None:
    if out is not None:
        for junction in junctions:
            junction.run.write_log(out / f"events-{junction.site.id}.csv")


def _report(
    setting: SumoSetting, street: Street, junctions: Sequence[Junction], trips: Trips, wall_ms: Ms
) -> SumoReport:
    lost = [walker.delay_s for walker in trips.walkers]
    return SumoReport(
        strategy=setting.strategy.value,
        sumocfg=setting.sumocfg,
        seed=street.seed,
        simulated_ms=street.now - street.began_ms,
        trips=figures_of(trips.vehicles),
        counts=street.counts,
        walkers=(len(lost), round(sum(lost) / len(lost), 2) if lost else 0.0),
        sites=tuple(_junction_report(junction) for junction in junctions),
        wall_ms=wall_ms,
    )


def _junction_report(junction: Junction) -> JunctionReport:
    return JunctionReport(
        site=junction.site.id,
        name=junction.site.name,
        tls=junction.place.tls,
        phases=junction.run.figures(),
        violations=tuple(violation.detail for violation in junction.run.violations),
        largest_queue=junction.place.largest_queue,
        crossings=tuple(junction.place.crossings()),
        optimiser=junction.advising.figures() if junction.advising else None,
        acted=junction.advising.acted.figures() if junction.advising else None,
    )
