"""The words of the command line: every verb with its options, and nothing else."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path

CONFIG = Path("/etc/stopline/intersection.yaml")
STATE = Path("/var/lib/stopline")
LEARNED = Path("/var/lib/stopline-optimiser")
SOCKET = Path("/run/stopline/control.sock")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="stopline", description="Traffic-signal edge controller.", allow_abbrev=False)
    top.add_argument("-V", "--version", action="store_true", help="print the version and exit")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    _look(verbs)
    _explain(verbs)
    _act(verbs)
    _override(verbs)
    _configure(verbs)
    _analyse(verbs)
    _import(verbs)
    return top


_LONGEST_S = 10_000_000
"""A hundred days and more: nobody means it."""

_LEAST_HZ = 0.1
_MOST_HZ = 10
_MOST_EVENTS = 1000
"""What the control socket gives, docs/daemon.md."""

_Verbs = argparse._SubParsersAction  # noqa: SLF001 - argparse gives its sub-parsers no public name


def _verb(verbs: "_Verbs[argparse.ArgumentParser]", name: str, text: str) -> argparse.ArgumentParser:
    found = verbs.add_parser(name, help=text, description=text, allow_abbrev=False)
    found.add_argument("--debug", action="store_true", help="show a traceback if something is our own fault")
    return found


def _asks(verb: argparse.ArgumentParser) -> argparse.ArgumentParser:
    verb.add_argument("--socket", type=Path, default=SOCKET, help="control socket (default %(default)s)")
    verb.add_argument("--json", action="store_true", help="print JSON")
    return verb


def _look(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    _asks(_verb(verbs, "status", "One screen of the running controller, then exit."))
    watch = _asks(_verb(verbs, "watch", "Live view of the running controller; q or Ctrl-C leaves it."))
    watch.add_argument("--hz", type=_rate, default=5.0, help="screens a second (default %(default)s)")
    _asks(_verb(verbs, "health", "One line; exit 0 well, 1 warning, 2 critical, 3 unknown."))
    _asks(_verb(verbs, "detectors", "Every detector: on or off, count, last actuation, fault."))
    faults = _asks(
        _verb(verbs, "faults", "What is wrong, since when, what clears it; `faults clear` clears the monitor.")
    )
    faults.add_argument("action", nargs="?", choices=["clear"], help="clear the monitor's latch (needs -m)")
    faults.add_argument("-m", "--why", default="", metavar="WHY", help="the reason: what was found and mended")


def _explain(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    explain = _asks(
        _verb(verbs, "explain", "Why each phase is green or red, and what adaptive timing has to do with it.")
    )
    explain.add_argument("--at", metavar="TIME", help="local ISO time, e.g. 2026-11-24T07:12:30 (default: now)")
    explain.add_argument("--state", type=Path, metavar="DIR", help="state directory, or a folder with decision records")
    kinds = _verb(verbs, "report", "Reports from what is stored.").add_subparsers(
        dest="kind", metavar="KIND", required=True
    )
    text = "What adaptive timing gains over plain actuation, by time of day, and how far that may be believed."
    gain = kinds.add_parser("gain", help=text, description=text, allow_abbrev=False)
    gain.add_argument("--state", type=Path, metavar="DIR", help="state directory, or a folder with evidence")
    gain.add_argument("--json", action="store_true", help="print JSON")


def _act(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    for name, text in (
        ("flash", "Go through clearance to flash and stay there."),
        ("resume", "End an operator's flash: all red, then the first phases."),
        ("snapshot", "Write the last half minute to the state directory."),
    ):
        verb = _asks(_verb(verbs, name, text))
        _needs_why(verb)
        if name == "flash":
            _stands(verb, "it ends by itself after so long (default: when resumed)")
    reload = _asks(_verb(verbs, "reload", "Read the site file again and take it over at a safe point."))
    reload.add_argument("--wait", action="store_true", help="wait for the outcome (always so)")
    reload.add_argument("-m", "--why", default="reload", metavar="WHY", help="the reason")


def _needs_why(verb: argparse.ArgumentParser) -> argparse.ArgumentParser:
    verb.add_argument("-m", "--why", required=True, metavar="WHY", help="the reason; it is logged with your name")
    return verb


def _stands(verb: argparse.ArgumentParser, text: str = "how long it stands: 30m, 2h (default 1h, at most 24h)") -> None:
    verb.add_argument("--for", dest="for_s", type=_duration, metavar="T", help=text)


def _override(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    """What operators put in the place of what is scheduled."""
    plan = _needs_why(_asks(_verb(verbs, "plan", "Run a plan, or free, for a time; auto: what is scheduled again.")))
    plan.add_argument("plan", metavar="N|free|auto", type=_plan)
    _stands(plan)
    call = _needs_why(_asks(_verb(verbs, "call", "Place a call for vehicles or pedestrians, once.")))
    call.add_argument("kind", choices=["phase", "ped"])
    call.add_argument("phases", nargs="+", type=int, metavar="PHASE")
    for name, text in (
        ("hold", "Hold the green of phases for a time."),
        ("omit", "Do not serve phases for a time."),
        ("ped-omit", "Do not serve the walks of phases for a time."),
    ):
        verb = _needs_why(_asks(_verb(verbs, name, text)))
        verb.add_argument("phases", nargs="+", type=int, metavar="PHASE")
        _stands(verb)
    maximum = _needs_why(_asks(_verb(verbs, "maximum", "Time maximum 2 for a time.")))
    maximum.add_argument("maximum", type=int, choices=[2])
    _stands(maximum)
    standing = _asks(_verb(verbs, "overrides", "What operators have put in place; `overrides cancel ID` ends one."))
    standing.add_argument("action", nargs="?", choices=["cancel"], help="cancel one (needs its number and -m)")
    standing.add_argument("id", nargs="?", type=int, metavar="ID")
    standing.add_argument("-m", "--why", default="", metavar="WHY", help="the reason")


def _configure(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    check = _verb(verbs, "check", "Every problem of site files, with its line; exit 0 or 78.")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.add_argument("--json", action="store_true", help="print JSON, one object a file")
    _verb(verbs, "schema", "Print the JSON Schema of the site file.")
    schedule = _verb(verbs, "schedule", "What a site file runs when on one day.")
    schedule.add_argument("site", type=Path, metavar="SITE")
    schedule.add_argument("--date", metavar="DATE", help="YYYY-MM-DD (default: today there)")
    schedule.add_argument("--json", action="store_true", help="print JSON")
    run = _verb(verbs, "run", "Run the controller.")
    run.add_argument("--config", type=Path, default=CONFIG, help="site file (default %(default)s)")
    run.add_argument("--state", type=Path, default=STATE, help="state directory (default %(default)s)")
    run.add_argument("--socket", type=Path, default=SOCKET, help="control socket (default %(default)s)")
    run.add_argument("--duration", type=_positive, metavar="S", help="stop by itself after so many seconds")
    run.add_argument("--journal", action="store_true", help="keep the input journal")
    run.add_argument("--simulated", action="store_true", help="drive a built-in simulated intersection, no hardware")
    run.add_argument("--no-optimiser", action="store_true", help="start no process of the adaptive layer beside it")
    run.add_argument("--plain", action="store_true", help="log lines even on a terminal")
    _traffic(run)
    text = "Run the adaptive layer beside a controller, as its own process; it may end at any time."
    optimiser = _verb(verbs, "optimise", text)
    optimiser.add_argument("--socket", type=Path, default=SOCKET, help="control socket (default %(default)s)")
    optimiser.add_argument("--state", type=Path, default=LEARNED, help="what it learns (default %(default)s)")


def _analyse(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    _simulate(verbs)
    _cabinet(verbs)
    replay = _verb(verbs, "replay", "Re-run recorded detector events, or repeat a journal or record bit for bit.")
    replay.add_argument(
        "site",
        nargs="?",
        type=Path,
        metavar="SITE",
        help="site file (with --log; with --decisions: that the records must be of)",
    )
    source = replay.add_mutually_exclusive_group(required=True)
    source.add_argument("--log", type=Path, metavar="CSV", help="high-resolution log to take detector events from")
    source.add_argument("--journal", type=Path, metavar="FILE", help="input journal to repeat")
    text = "decision record of the adaptive layer to repeat, or a folder of them"
    source.add_argument("--decisions", type=Path, metavar="FILE|DIR", help=text)
    replay.add_argument("--out", type=Path, metavar="CSV", help="write our own event log")
    replay.add_argument("--json", action="store_true", help="print JSON")
    events = _asks(
        _verb(verbs, "events", "The event log: tail of the running controller, or export of what is stored.")
    )
    events.add_argument("action", nargs="?", choices=["tail", "export"], default="tail")
    events.add_argument("-n", "--count", type=_count, default=50, help="events of the tail (default %(default)s)")
    events.add_argument(
        "--state", type=Path, default=STATE, help="state directory to export from (default %(default)s)"
    )
    events.add_argument("--from", dest="start", metavar="TIME", help="local ISO time, e.g. 2026-11-24T07:00")
    events.add_argument("--to", dest="end", metavar="TIME", help="local ISO time, not included")
    events.add_argument("-o", "--out", type=Path, metavar="CSV", help="file to write (default: standard output)")
    events.add_argument(
        "--detectors", type=Path, metavar="SITE", help="print the detector table of a site file instead"
    )


def _simulate(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    simulate = _verb(verbs, "simulate", "The controller against simulated traffic, as fast as it goes.")
    simulate.add_argument("sites", nargs="+", type=Path, metavar="SITE", help="site file; several with --plant sumo")
    simulate.add_argument("--strategy", choices=["fixed", "actuated", "adaptive"], default="actuated")
    simulate.add_argument("--plan", type=int, help="plan to run (default: none; --strategy fixed: the fall-back plan)")
    simulate.add_argument("--duration", type=_positive, metavar="S", help="default 3600 s; of SUMO: to its file's end")
    simulate.add_argument("--fault", action="append", default=[], metavar="KIND:DETECTORS[@FROM-TO]", help=_FAULTS)
    simulate.add_argument(
        "--out", type=Path, metavar="DIR", help="write logs and report here (LOG.csv: event log alone)"
    )
    simulate.add_argument("--json", action="store_true", help="print JSON")
    _plant(simulate)
    _traffic(simulate, seed=None)


def _cabinet(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    cabinet = _verb(verbs, "cabinet", "Simulated traffic behind the real protocols of a site's devices, in real time.")
    cabinet.add_argument("site", type=Path, metavar="SITE")
    cabinet.add_argument("--bench", type=Path, metavar="DIR", help="write a copy for this computer, and serve that")
    cabinet.add_argument("--listen", metavar="ADDRESS", help="address of the Modbus servers (default: loopback alone)")
    cabinet.add_argument("--duration", type=_positive, metavar="S", help="end by itself after so many seconds")
    cabinet.add_argument("--step", type=_positive, metavar="S", help="step of SUMO (default: its file's; 0.1 is right)")
    cabinet.add_argument("--fault", action="append", default=[], metavar="KIND:DETECTORS[@FROM-TO]", help=_FAULTS)
    _plant(cabinet)
    _traffic(cabinet, seed=None)


_FAULTS = (
    "stuck, dead, chatter or intermittent loops, from and to in seconds: stuck:1,4-6@900-1800; of one site: dead:7/3"
)


def _plant(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--plant", choices=["builtin", "sumo"], default="builtin", help="whose traffic it is")
    verb.add_argument("--sumocfg", type=Path, metavar="FILE", help="SUMO configuration (with --plant sumo)")
    verb.add_argument("--tls", metavar="ID", help="traffic light in the network, if not the one in the site file")


def _traffic(verb: argparse.ArgumentParser, seed: int | None = 1) -> None:
    demands = ["balanced", "ns-heavy", "ew-heavy", "swing", "light", "reversal"]
    verb.add_argument("--demand", choices=demands, help="built-in traffic (default swing)")
    verb.add_argument("--seed", type=int, default=seed, help="seed of the traffic (default 1, or that of SUMO's file)")


def _import(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    kinds = _verb(verbs, "import", "Write site files from what others have.").add_subparsers(
        dest="kind", metavar="KIND", required=True
    )
    text = "Site files from the traffic lights of a SUMO network."
    sumo = kinds.add_parser("sumo", help=text, description=text, allow_abbrev=False)
    sumo.add_argument("net", type=Path, metavar="NET", help="network (.net.xml, packed or not)")
    text = "additional file with signal programs that SUMO loads in place of the network's own; may be given again"
    sumo.add_argument("--programs", type=Path, action="append", default=[], metavar="FILE", help=text)
    which = sumo.add_mutually_exclusive_group()
    which.add_argument("--tls", metavar="ID", help="which traffic light (default: the only one)")
    which.add_argument("--all", action="store_true", help="all of them, a file each into the directory -o")
    for name, default, least, most in (
        ("min-green", 5, 2, 255), ("max-green", 50, 2, 999), ("yellow", 3, 3, 6), ("red", 1, 0, 6),
    ):  # fmt: skip
        text = f"{name.replace('-', ' ')}, {least} to {most} s (default {default})"
        sumo.add_argument(f"--{name}", type=_between(least, most), default=default, metavar="S", help=text)
    sumo.add_argument(
        "-o", "--out", type=Path, required=True, metavar="FILE|DIR", help="site file; directory with --all"
    )
    sumo.add_argument("--force", action="store_true", help="replace files that were not written by an import too")


_UNITS = {"s": 1, "m": 60, "h": 3_600}


def _duration(text: str) -> int:
    """`90s`, `30m`, `2h` in seconds."""
    if text[:-1].isdecimal() and text[-1:] in _UNITS:
        return int(text[:-1]) * _UNITS[text[-1]]
    raise argparse.ArgumentTypeError(f"{text} is no duration; write 30m or 2h")


def _plan(text: str) -> str:
    if text in {"free", "auto"} or text.isdecimal():
        return text
    raise argparse.ArgumentTypeError(f"{text} is neither a plan's number, nor free, nor auto")


def _between(least: float, most: float) -> Callable[[str], float]:
    """Seconds in tenths, within a range."""

    def read(text: str) -> float:
        value = _number(text)
        if not least <= value <= most or abs(value * 10 - round(value * 10)) > 1e-6:  # noqa: PLR2004 - float noise
            raise argparse.ArgumentTypeError(f"{text} is not {least} to {most} s in tenths of a second")
        return value

    return read


def _positive(text: str) -> float:
    value = _number(text)
    if not 0 < value < _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text} is not a time in seconds above 0")
    return value


def _rate(text: str) -> float:
    value = _number(text)
    if not _LEAST_HZ <= value <= _MOST_HZ:
        raise argparse.ArgumentTypeError(f"{text} is not a rate from {_LEAST_HZ} to {_MOST_HZ} a second")
    return value


def _count(text: str) -> int:
    value = _number(text)
    if not (value.is_integer() and 1 <= value <= _MOST_EVENTS):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 to {_MOST_EVENTS}")
    return int(value)


def _number(text: str) -> float:
    """`text` as a number; what is none is not in any range either."""
    try:
        return float(text)
    except ValueError:
        return math.nan
