"""The status as lines of text, 80 columns wide: pure, so that a test can read the screen. Letters carry the state."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.cli import adaptive_pane

WIDTH = 80
Said = Mapping[str, Any]

_LETTER = {"red": "R", "min_green": "G", "extension": "G", "rest": "G", "yellow_change": "Y", "red_clearance": "r"}
_LETTER |= {"leading_walk": "R", "red_yellow": "A", "green_blink": "b"}
_PED_LETTER = {"dont_walk": ".", "walk": "W", "ped_clearance": "F"}
_INTERVAL = {
    "min_green": "GREEN min",
    "extension": "GREEN ext",
    "rest": "GREEN rest",
    "yellow_change": "YELLOW",
    "red_clearance": "RED CLEAR",
    "leading_walk": "RED lead",
    "red_yellow": "RED+AMBER",
    "green_blink": "GREEN blk",
}
_LABEL = 10  # columns of the row names


def lines(status: Said, width: int = WIDTH) -> list[str]:
    """One screen."""
    phases = {p["number"]: p for p in status["phases"]}
    text = [
        _head(status, width),
        "-" * width,
        f"{status['mode'].upper().replace('_', ' ')}  {status['sentence']}",
        f"CONTROL   {status['control']['line']}",
        *(_ring(k, ring, phases) for k, ring in enumerate(status["rings"], 1)),
        *_plan(status["plan"]),
        *adaptive_pane.lines(status.get("adaptive"), width),
        *(f"PRIORITY  {p['number']}: {p['doing']}" for p in status["priorities"]),
        *(
            f"PREEMPT   {p['number']} {p['kind']}: {p['stage']} for {p['for_s']:.0f} s"
            for p in [status["preempt"]]
            if p
        ),
        *_table(status["phases"]),
        *_overlaps(status.get("overlaps", ())),
        *_wrapped("DETECTOR", [_loop(d) for d in status["detectors"]], width),
        *_wrapped("OUTPUTS", [_channel(c) for c in status["outputs"]["channels"]], width),
        _machine(status),
        *(f"FAULT     {f['sentence']}" for f in status["faults"]),
        *(f"LATCHED   {latch}" for latch in [_latch(status["outputs"]["latch"])] if latch),
        *_wrapped("LOG", [_event(e) for e in reversed(status["recent"])], width),
    ]
    return [line[: 3 * width] for line in text]


def detectors(found: Sequence[Said]) -> list[str]:
    """The table of detectors."""
    head = "  nr phase move   kind     input          now  actuations  last seen  fault"
    return [head, *map(_detector_row, found)]


def faults(answer: Said) -> list[str]:
    """Everything that stands, with what it does and what ends it."""
    text = []
    latch = _latch(answer["latch"])
    if latch:
        text.append(f"The monitor is latched: {latch}")
    for f in answer["faults"]:
        text.append(f"{_ago(f['since_s'])} ago  {f['sentence']}")
        text.append(f"    does: {f['response'].replace('_', ' ')}; ends with: {f['clears']}")
    return text or ["No fault stands."]


def events(found: Sequence[Said]) -> list[str]:
    """The tail of the log."""
    return [f"{e['at']}  {_event(e)}" for e in found]


def _head(status: Said, width: int) -> str:
    site, time = status["site"], status["time"]
    clock = f"{time['local'][11:19]} {'' if time['synced'] else 'not '}synced" if time else "no clock"
    where = f"{site['id']} {site['name']}"
    what = "SIMULATED" if site["simulated"] else status["rung"].upper().replace("_", " ")
    right = f"{what}   {clock}"
    return f"{where[: width - len(right) - 1]:<{width - len(right)}}{right}"


def _ring(k: int, ring: Said, phases: Mapping[int, Said]) -> str:
    timing = ring["timing"]
    if timing is None:
        return f"RING {k}    -- all red"
    p = phases[timing]
    shown = f"RING {k}  {p['number']:>3} {p['move']:<4} {_INTERVAL[p['interval']]:<10} {p['for_s']:>5.1f} s"
    gap = f"  gap {p['gap_left_s']:.1f}" if p["gap_left_s"] is not None else ""
    most = f"  max {p['max_left_s']:.1f}" if p["max_left_s"] is not None else ""
    return f"{shown}{gap}{most}  {p['reason']}"


def _plan(plan: Said | None) -> list[str]:
    if plan is None:
        return []
    cycle = f"{plan['at_s']:.1f} of {plan['cycle_s']:.0f} s   offset {plan['offset_s']:.0f}"
    step = plan["coordination"]
    how = f"   {step['sentence']}" if step else ""
    return [f"CYCLE     {cycle}{how}   plan {plan['number']} {plan['name']}"]


def _table(phases: Sequence[Said]) -> list[str]:
    rows = {
        "PHASE": [str(p["number"]) for p in phases],
        "shows": [_LETTER[p["interval"]] for p in phases],
        "vehicle": ["V" if p["vehicle_call"] else "." for p in phases],
        "ped": [_PED_LETTER[p["ped"]] if p["ped"] != "dont_walk" else "P" if p["ped_call"] else "." for p in phases],
        "waiting": ["" if p["waiting_s"] is None else f"{p['waiting_s']:.0f}s" for p in phases],
        "recall": ["." if p["recall"] == "none" else p["recall"] for p in phases],
    }
    return [f"{name:<{_LABEL}}" + "".join(f"{cell:>5}" for cell in cells) for name, cells in rows.items()]


_OVERLAP = {
    "red": "RED",
    "green": "GREEN",
    "trailing_green": "GREEN trail",
    "flashing_arrow": "FLASH ARROW",
    "yellow_change": "YELLOW",
    "red_clearance": "RED CLEAR",
}


def _overlaps(overlaps: Sequence[Said]) -> list[str]:
    """One line an overlap: what it shows, for how long, and why."""
    return [
        f"OVERLAP {o['letter']} {o['move']:<4} {_OVERLAP[o['interval']]:<11} {o['for_s']:>5.1f} s   {o['reason']}"
        for o in overlaps
    ]


def _loop(detector: Said) -> str:
    mark = "!" if detector["fault"] else "#" if detector["occupied"] else "."
    return f"{detector['number']}{mark}"


_SHOWN = {"green": "G", "red": "R", "yellow": "Y", "dark": "-", "flash_red": "fR", "flash_yellow": "fY"}
_SHOWN |= {"walk": "W", "dont_walk": "D", "ped_clearance": "fD", "flash_yellow_arrow": "fA"}
_SHOWN |= {"red_yellow": "RY", "flash_green": "fG"}


def _channel(channel: Said) -> str:
    return f"{channel['number']}{_SHOWN[channel['shows']]}"


def _machine(status: Said) -> str:
    loop, devices = status["loop"], status["devices"]
    worst = loop["late_ms"].get("worst")
    late = f"worst {worst:.1f} ms late" if worst is not None else "just started"
    return f"LOOP      10 Hz, {late}   devices " + " ".join(f"{d['name']} {d['state']}" for d in devices)


def _latch(latch: Said | None) -> str:
    return f"{latch['rule']}: {latch['detail']}" if latch else ""


def _event(entry: Said) -> str:
    if "note" in entry:
        return str(entry["note"])
    return f"{entry['code']} {entry['name']} {entry['parameter']}"


def _detector_row(d: Said) -> str:
    seen = "never" if d["last_s"] is None else f"{_ago(d['last_s'])} ago"
    now = "on" if d["occupied"] else "off"
    row = f"{d['number']:>4} {d['phase']:>5} {d['move']:<6} {d['kind']:<8} {d['input']:<14} {now:<4}"
    return f"{row} {d['actuations']:>10}  {seen:<9}  {d['fault'] or ''}".rstrip()


def _ago(seconds: float) -> str:
    if seconds < 120:  # noqa: PLR2004 - two minutes read better as seconds
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"  # noqa: PLR2004 - as above


def _wrapped(label: str, words: Sequence[str], width: int) -> list[str]:
    text, row = [], f"{label:<{_LABEL}}"
    for word in words:
        if len(row) + len(word) + 1 > width and row.strip() != label:
            text.append(row.rstrip())
            row = " " * _LABEL
        row += f"{word} "
    return [*text, row.rstrip()]
