"""`stopline simulate`: the controller against simulated traffic, the built-in plant's or SUMO's."""

import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.analyse import EX_USAGE, cannot_write, judged, show
from edge.cli.refusal import EX_NOINPUT, Refusal
from edge.cli.site_files import site_of

if TYPE_CHECKING:
    from edge.model.site import Site
    from edge.sim.demand import Demand
    from edge.sim.faults import InjectedFault
    from edge.sim.recording import Recording

EX_UNAVAILABLE = 69


def simulate(options: Namespace) -> int:
    """`stopline simulate SITE…`."""
    sites = [site_of(path) for path in options.sites]
    agree(options)
    try:
        report, violations = _sumo(options, sites) if options.plant == "sumo" else _builtin(options, sites[0])
        if options.out is not None and not _is_log(options.out):
            text = json.dumps(report, ensure_ascii=False, indent=2)
            (options.out / "report.json").write_text(f"{text}\n", encoding="utf-8")
    except ValueError as error:
        raise Refusal(EX_USAGE, str(error)) from error
    except OSError as error:
        raise _file_trouble(error, options.sumocfg) from error
    show(report, as_json=options.json)
    return judged(violations)


def agree(options: Namespace) -> None:
    """Refuse what does not go together."""
    sumo, several = options.plant == "sumo", len(getattr(options, "sites", ())) > 1
    if sumo and options.sumocfg is None:
        raise Refusal(EX_USAGE, "--plant sumo needs the network and its traffic: --sumocfg FILE")
    if not sumo and (options.sumocfg or options.tls):
        raise Refusal(EX_USAGE, "--sumocfg and --tls are of SUMO: add --plant sumo")
    if sumo and options.demand is not None:
        raise Refusal(EX_USAGE, "--demand is of the built-in plant: SUMO's traffic is what the sumocfg says")
    if not sumo and several:
        raise Refusal(
            EX_USAGE, "the built-in plant knows one junction; several run in SUMO: --plant sumo --sumocfg FILE"
        )
    if options.tls and several:
        raise Refusal(
            EX_USAGE, "--tls names one traffic light, for one site file; several say it themselves in `sumo:`"
        )


def _builtin(options: Namespace, site: "Site") -> tuple[Mapping[str, Any], tuple[str, ...]]:
    from edge.model.units import SECOND_MS, PlanNumber
    from edge.sim.simulate import Setting, Strategy
    from edge.sim.simulate import simulate as run

    log = _log_of(options.out, site)
    setting = Setting(
        strategy=Strategy(options.strategy),
        demand=demand_asked(options),
        seed=1 if options.seed is None else options.seed,
        duration_ms=round((options.duration or 3_600) * SECOND_MS),
        plan=None if options.plan is None else PlanNumber(options.plan),
        out=log,
        faults=faults_asked(options, [site]),
    )
    with _recording(options) as adviser:
        report = run(site, setting, adviser=adviser)
    return report.as_dict(), report.violations


def _sumo(options: Namespace, sites: "list[Site]") -> tuple[Mapping[str, Any], tuple[str, ...]]:
    from edge.model.units import SECOND_MS, PlanNumber
    from edge.sim.simulate import Strategy
    from edge.sim.sumo.run import SumoSetting, simulate_sumo
    from edge.sim.sumo.street import PlantError

    if options.out is not None and _is_log(options.out):
        raise Refusal(EX_USAGE, "the SUMO plant writes several files: give --out a folder")
    setting = SumoSetting(
        sumocfg=options.sumocfg,
        strategy=Strategy(options.strategy),
        seed=options.seed,
        duration_ms=None if options.duration is None else round(options.duration * SECOND_MS),
        plan=None if options.plan is None else PlanNumber(options.plan),
        tls=options.tls,
        faults=faults_asked(options, sites),
        out=options.out,
    )
    try:
        with _recording(options) as adviser:
            report = simulate_sumo(sites, setting, adviser)
    except PlantError as error:
        raise Refusal(EX_UNAVAILABLE, str(error)) from error
    return report.as_dict(), report.violations


def _recording(options: Namespace) -> "Recording":
    """The adaptive layer, recorded where there is a folder for it; nothing is imported for another strategy."""
    from edge.optimiser.parameters import parameters
    from edge.sim.recording import Recording

    folder = None if options.out is None or _is_log(options.out) else options.out
    return Recording(folder, {site_of(path).id: path for path in options.sites} if folder else {}, parameters)


def demand_asked(options: Namespace) -> "Demand":
    """The built-in traffic of `--demand`."""
    from edge.sim.demand import Demand

    return Demand(options.demand or Demand.SWING.value)


def faults_asked(options: Namespace, sites: "Sequence[Site]") -> "tuple[InjectedFault, ...]":
    """The faults of `--fault`.

    Raises:
        ValueError: one of them is none, or is of a site that does not run.
    """
    from edge.sim.faults import none_of_a_stranger, parse_fault

    return none_of_a_stranger(sites, tuple(parse_fault(text) for text in options.fault))


def _is_log(out: Path) -> bool:
    """`--out LOG.csv` is the event log alone, anything else a folder."""
    return out.suffix == ".csv"


def _log_of(out: Path | None, site: "Site") -> Path | None:
    if out is None or _is_log(out):
        return out
    out.mkdir(parents=True, exist_ok=True)
    return out / f"events-{site.id}.csv"


def _file_trouble(error: OSError, sumocfg: Path | None) -> Refusal:
    if sumocfg is not None and error.filename is not None and Path(error.filename) == sumocfg:
        return Refusal(EX_NOINPUT, f"{sumocfg}: cannot be read: {error.strerror}")
    return cannot_write(error)
