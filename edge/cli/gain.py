"""`stopline report gain`: what adaptive timing gains, by time of day, with its spread and how far it may be believed."""

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.adaptive.evidence import LEAST_DAYS, LEAST_GAIN, LEAST_QUARTERS, Bin, Evidence, Figures, Gain, Side, sides
from edge.cli.parser import LEARNED, STATE
from edge.cli.refusal import EX_NOINPUT, Refusal
from edge.optimiser.evidence_file import FILE, EvidenceFile, newest_hash


def gain(options: Namespace) -> int:
    """`stopline report gain [--state DIR] [--json]`."""
    folder = _folder(options.state)
    evidence = EvidenceFile(folder, newest_hash(folder)).read()
    if options.json:
        print(json.dumps(as_dict(evidence), ensure_ascii=False))
    else:
        print("\n".join(lines(evidence)))
    return 0


def _folder(state: Path | None) -> Path:
    places = [STATE / "optimiser", LEARNED] if state is None else [state / "optimiser", state]
    for place in places:
        if (place / FILE).is_file():
            return place
    raise Refusal(
        EX_NOINPUT,
        f"{state or STATE}: there is no evidence yet. It comes with adaptive.mode advise or act in the site file, "
        "every quarter of an hour; or give its folder with --state",
    )


def as_dict(evidence: Evidence) -> dict[str, Any]:
    """For programs. Gains are parts of one; delays in s a vehicle."""
    rows = []
    for which in evidence.bins:
        figures = evidence.figures(which)
        told = asdict(figures) | {"verdict": figures.verdict.value, "bin": which.text}
        rows.append(told | {"measured": {k: asdict(s) for k, s in sides(evidence.quarters(which)).items()}})
    return {"v": 1, "least_gain": LEAST_GAIN, "bins": rows}


def lines(evidence: Evidence) -> list[str]:
    """For people."""
    rule = (
        f"A gain counts as shown from {100 * LEAST_GAIN:.0f} % on, over {LEAST_QUARTERS} quarters that the model fits on "
        f"{LEAST_DAYS} days at least, and if its lower 90 % bound is above nothing."
    )
    text = [
        "Modelled: the traffic of each quarter of an hour, run again under other controls. ± is the standard error.",
        rule,
    ]
    for which in evidence.bins:
        text += ["", *_bin(evidence, which)]
    return text if evidence.bins else [*text, "", "No quarter has been judged yet."]


def _bin(evidence: Evidence, which: Bin) -> list[str]:
    figures = evidence.figures(which)
    text = [f"{which.text}: {figures.verdict.value}"]
    text += [f"  {_gain('over plain actuation', figures.over_actuated)}"] if figures.over_actuated else []
    text += [f"  {_gain('over the fixed plan', figures.over_fixed)}"] if figures.over_fixed else []
    text += [f"  {_gain('over what was done', figures.over_done)}"] if figures.over_done else []
    text.append(f"  {_fit(figures)}")
    return text + _sides(sides(evidence.quarters(which)))


def _gain(over: str, found: Gain) -> str:
    return f"{100 * found.mean:+5.1f} % ± {100 * found.error:.1f} {over}, at least {100 * found.low:.1f} %"


def _fit(figures: Figures) -> str:
    told = f"{figures.quarters} quarters on {figures.days} days tell, of {figures.all_quarters}"
    if figures.misfits:
        told += f"; in {figures.misfits} the model did not fit what was measured"
    return f"{told}; queues were gone within {figures.clear_s:.1f} s of the model's instant"


def _sides(found: "dict[str, Side]") -> list[str]:
    """Measured, where there were both kinds of days."""
    adaptive, actuated = found["adaptive"], found["actuated"]
    if not adaptive.quarters or not actuated.quarters:
        return []
    return ["  measured by the loops:", *(f"    {_side(name, side)}" for name, side in found.items())]


def _side(name: str, side: Side) -> str:
    told = f"{side.delay_s:5.1f} s, {100 * side.on_red:3.0f} % come on red, {100 * side.failures:4.1f} % split failures"
    of = f"{side.vehicles} vehicles, {side.quarters} quarters, {side.days} days"
    return f"{name:<8} {told}, green occupied {100 * side.occupied:3.0f} % ({of})"
