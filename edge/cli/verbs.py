"""The table of verbs: name → what carries it out."""

from argparse import Namespace
from collections.abc import Callable

from edge.cli import analyse, ask, orders, site_files


def _run(options: Namespace) -> int:
    from edge.cli.run import run

    return run(options)


def _simulate(options: Namespace) -> int:
    from edge.cli.simulate import simulate

    return simulate(options)


def _cabinet(options: Namespace) -> int:
    from edge.cli.cabinet import cabinet

    return cabinet(options)


def _optimise(options: Namespace) -> int:
    from edge.cli.optimise import optimise

    return optimise(options)


def _schedule(options: Namespace) -> int:
    from edge.cli.schedule import schedule

    return schedule(options)


def _import(options: Namespace) -> int:
    from edge.cli.imports import sumo

    return sumo(options)


def _explain(options: Namespace) -> int:
    from edge.cli.explain import explain

    return explain(options)


def _report(options: Namespace) -> int:
    from edge.cli.gain import gain

    return gain(options)


def _watch(options: Namespace) -> int:
    from edge.cli.live import watch

    return watch(options)


VERBS: dict[str, Callable[[Namespace], int]] = {
    "status": ask.status,
    "watch": _watch,
    "explain": _explain,
    "report": _report,
    "health": ask.health,
    "detectors": ask.detectors,
    "faults": ask.faults,
    "flash": ask.flash,
    "resume": ask.resume,
    "plan": orders.plan,
    "call": orders.call,
    "hold": orders.of_phases,
    "omit": orders.of_phases,
    "ped-omit": orders.of_phases,
    "maximum": orders.maximum,
    "overrides": orders.overrides,
    "snapshot": ask.snapshot,
    "reload": ask.reload,
    "check": site_files.check,
    "schema": site_files.schema,
    "schedule": _schedule,
    "run": _run,
    "optimise": _optimise,
    "simulate": _simulate,
    "cabinet": _cabinet,
    "replay": analyse.replay,
    "events": analyse.events,
    "import": _import,
}
