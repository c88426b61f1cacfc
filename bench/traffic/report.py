"""The whole report: one section a question, in the order of the bars."""

from collections.abc import Sequence

from traffic.own import CROSSED
from traffic.scenarios import FIXED, Scenario
from traffic.tables import (
    Done,
    best_loop_peer,
    by_seed,
    faulted,
    findings,
    hour,
    marked,
    on_foot,
    ratios,
    scaled,
    speed,
    spread,
    table,
    verdicts,
)

_CROSSED = frozenset(kind.name for kind in CROSSED)


def report(scenarios: Sequence[Scenario], done: Sequence[Done]) -> str:
    """Markdown of everything that has been run."""
    plain = [d for d in done if d.case.scale == 1 and d.case.fault is None and not d.case.stopbar_only]
    parts = [_bars(scenarios, plain)]
    parts += [hour(s, here) for s in scenarios if s.name not in _CROSSED and (here := _of(s, plain))]
    parts += [_demand(scenarios, done), _stopbar(scenarios, done, plain), _faults(scenarios, done, plain)]
    foot = [row for s in scenarios if s.name in _CROSSED for row in on_foot(s.name, _of(s, plain))]
    head = ("junction", "controller", "vehicle delay s", "longest s", "pedestrian delay s", "longest wait s", "judge")
    parts.append(_section("Crossings with push-buttons", head, foot))
    ours = [d for d in done if d.case.is_ours]
    parts.append(
        _section(
            "Speed",
            ("scenario", "× real time", "decision p50 ms", "p99 ms", "of processor time p50 ms", "p99 ms"),
            speed(ours),
        )
    )
    parts.append(f"Judge, all {len(ours)} runs of ours: {findings(ours)}. Monitor: {_monitor(ours)}.")
    return "\n\n".join(part for part in parts if part)


def _of(scenario: Scenario, done: Sequence[Done]) -> list[Done]:
    return [d for d in done if d.case.scenario.name == scenario.name]


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"### {title}\n\n{table(head, rows)}" if rows else ""


def _bars(scenarios: Sequence[Scenario], plain: Sequence[Done]) -> str:
    rows = [row for s in scenarios for row in verdicts(s, _of(s, plain))]
    return _section("Bars", ("bar", "measured", "limit", "verdict"), rows)


def _demand(scenarios: Sequence[Scenario], done: Sequence[Done]) -> str:
    rows = [row for s in scenarios for row in scaled(s, [d for d in _of(s, done) if d.case.fault is None])]
    return _section(
        "Less and more demand",
        ("scenario", "demand", "controller", "delay s/veh", "÷ best loop-only peer", f"÷ {FIXED}"),
        rows,
    )


def _stopbar(scenarios: Sequence[Scenario], done: Sequence[Done], plain: Sequence[Done]) -> str:
    rows = []
    for s in scenarios:
        cut = [d for d in _of(s, done) if d.case.stopbar_only]
        adaptive, actuated = by_seed(cut, "adaptive"), by_seed(cut, "actuated")
        if adaptive:
            best = best_loop_peer(_of(s, plain))
            peer = by_seed(_of(s, plain), best) if best else {}
            delays = [spread(list(found.values())) for found in (actuated, adaptive)]
            rows.append([s.name, *delays, marked(ratios(adaptive, actuated)), marked(ratios(adaptive, peer))])
    head = ("scenario", "our actuated s/veh", "our adaptive s/veh", "÷ our actuated", "÷ best loop-only peer")
    return _section("Stop-bar loops only", head, rows)


def _faults(scenarios: Sequence[Scenario], done: Sequence[Done], plain: Sequence[Done]) -> str:
    rows = []
    for s in scenarios:
        bad = [d for d in _of(s, done) if d.case.fault is not None]
        rows += faulted(s, bad, by_seed(_of(s, plain), FIXED))
    head = ("scenario", "all loops of one approach", "controller", "delay s/veh", f"÷ {FIXED}", "unserved", "judge")
    return _section("Bad detectors", head, rows)


def _monitor(ours: Sequence[Done]) -> str:
    total = sum(int(d.result["report"].get("violations", 0)) for d in ours)
    return f"{total} violations"
