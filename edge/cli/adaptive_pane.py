"""The adaptive layer on the live view, in four lines: what it does, what it expects, its plan, and what it might do instead."""

from collections.abc import Mapping, Sequence
from typing import Any

Said = Mapping[str, Any]

_STEPS = 4
_BEYOND = "          "  # as wide as the names of the rows


def lines(adaptive: Said | None, width: int) -> list[str]:
    """Nothing where it is off."""
    if adaptive is None:
        return []
    advice = adaptive["advice"]
    text = [f"ADAPTIVE  {adaptive['sentence']}"]
    if advice is None or not advice["healthy"]:
        return text
    text += _expects(advice["expects"], width)
    if advice["best"] is not None:
        base = advice["best"]["cost"]
        text.append(f"{_BEYOND}plan     {_steps(advice['best']['steps'])}   cost {base:.0f}")
        text += [f"{_BEYOND}instead  {_steps(o['steps'])}   {o['cost'] - base:+.0f}" for o in advice["others"][:2]]
    return text


def _expects(lanes: Sequence[Said], width: int) -> list[str]:
    """`N1 3+5`: three stand, five more are coming; with a question mark where its own loops are not believed."""
    text, row = [], f"{_BEYOND}lanes   "
    for lane in lanes:
        word = f" {lane['lane']} {lane['queue']:.0f}+{lane['arrivals']:.0f}{'' if lane['source'] == 'loops' else '?'}"
        if len(row) + len(word) > width:
            text.append(row)
            row = f"{_BEYOND}        "
        row += word
    return [*text, row] if lanes else []


def _steps(steps: Sequence[Said]) -> str:
    """`2+6 8 s, 4+8 22 s`: what has begun already for as long as it still lasts."""
    told = []
    for step in steps[:_STEPS]:
        left = step["for_s"] + min(0.0, step["in_s"])
        told.append(f"{'+'.join(map(str, step['phases']))} {max(0.0, left):.0f} s")
    return ", ".join(told) or "stay"
