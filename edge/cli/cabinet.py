"""`stopline cabinet`: the devices of a site, with simulated traffic behind them, for a real daemon."""

import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from itertools import chain, count
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from edge.cli.analyse import EX_USAGE, cannot_write
from edge.cli.refusal import Refusal
from edge.cli.simulate import EX_UNAVAILABLE, agree, demand_asked, faults_asked
from edge.cli.site_files import site_of

if TYPE_CHECKING:
    from edge.model.site import Site
    from edge.sim.cabinet.serve import Traffic

_NEVER_ENDS = 10**12
_COPY = "site.yaml"


def cabinet(options: Namespace) -> int:
    """`stopline cabinet SITE`."""
    from edge.sim.sumo.street import PlantError

    agree(options)
    site = site_of(options.site)
    if options.bench is not None:
        site = _bench(options.site, site, options.bench)
    try:
        with ExitStack() as stack:
            _serve(options, site, stack)
    except PlantError as error:
        raise Refusal(EX_UNAVAILABLE, str(error)) from error
    except ValueError as error:
        raise Refusal(EX_USAGE, str(error)) from error
    except OSError as error:
        raise Refusal(EX_UNAVAILABLE, f"{error.filename or 'a port'} cannot be had: {error.strerror}") from error
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _bench(path: Path, site: "Site", folder: Path) -> "Site":
    """Write the bench copy, read it back, and say how it is run."""
    from edge.sim.cabinet.bench import bench_text, sealed
    from edge.sim.cabinet.lines import free_port

    if folder.resolve() / _COPY == path.resolve():
        raise Refusal(EX_USAGE, f"--bench would write the copy over {path} itself: give another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = bench_text(path.read_text(encoding="utf-8"), site, folder.resolve(), free_port)
        copy = _place(folder.resolve(), path.resolve())
        copy.write_text(sealed(text), encoding="utf-8")
    except OSError as error:
        raise cannot_write(error) from error
    except ValueError as error:
        raise Refusal(EX_USAGE, str(error)) from error
    _say(f"site file    {copy}")
    _say(f"             stopline run --config {copy} --state {folder}/state --socket {folder}/control.sock")
    return site_of(copy)


def _place(folder: Path, source: Path) -> Path:
    """Where the copy goes: never over a file that somebody has edited or that is none of ours."""
    from edge.sim.cabinet.bench import is_untouched

    numbered = (folder / f"{_COPY.removesuffix('.yaml')}-{number}.yaml" for number in count(2))
    for path in chain([folder / _COPY], numbered):
        if path != source and (not path.exists() or is_untouched(path.read_text("utf-8", "replace"))):
            return path
        _say(f"kept         {path}, which was edited: the new copy stands beside it")
    raise AssertionError


def _serve(options: Namespace, site: "Site", stack: ExitStack) -> None:
    from edge.model.units import SECOND_MS
    from edge.sim.cabinet.serve import Serving, serve
    from edge.sim.faults import FaultyWires, faults_of

    asked_to_end = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_end.set())
    lasts_ms = _NEVER_ENDS if options.duration is None else round(options.duration * SECOND_MS)
    wires = FaultyWires(faults_of(site, faults_asked(options, [site])))
    traffic, has_ended = _street(options, site, stack)

    def over(since_ms: int) -> bool:
        return since_ms >= lasts_ms or has_ended() or asked_to_end.is_set()

    devices = serve(site, traffic, Serving(options.listen, over, _say, wires))
    for name, module in devices.modules.items():
        if module.expiries:
            print(f"{name}: its watchdog expired {module.expiries} times", file=sys.stderr)


def _street(options: Namespace, site: "Site", stack: ExitStack) -> "tuple[Traffic, Callable[[], bool]]":
    """The traffic, and whether it has come to its end."""
    from edge.model.units import SECOND_MS
    from edge.sim.traffic import Plant

    if options.plant == "builtin":
        seed = 1 if options.seed is None else options.seed
        return Plant(site, demand_asked(options), seed), lambda: False
    from edge.sim.sumo.live import LiveSetting, live_street

    step_ms = None if options.step is None else round(options.step * SECOND_MS)
    live = stack.enter_context(live_street(site, LiveSetting(options.sumocfg, options.seed, step_ms, options.tls)))
    return live, lambda: live.ended
