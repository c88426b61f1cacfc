"""Figures as Markdown: mean ± standard deviation over the seeds, ratios seed by seed, losing cases marked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from traffic.cases import Case, Ours
from traffic.scenarios import FIXED, LOOP_PEERS, PEERS, Scenario

Result = Mapping[str, Any]
LOSES = " ✗"


@dataclass(frozen=True)
class Done:
    """A run and what came out."""

    case: Case
    result: Result


def spread(values: Sequence[float], digits: int = 1) -> str:
    """`25.5 ± 1.5`."""
    if not values:
        return "–"
    return f"{mean(values):.{digits}f}" + (f" ± {stdev(values):.{digits}f}" if len(values) > 1 else "")


def by_seed(done: Iterable[Done], controller: str, what: str = "delay") -> dict[int, float]:
    """One figure of one controller, seed by seed."""
    return {d.case.seed: float(d.result[what]) for d in done if d.case.controller == controller}


def ratios(mine: Mapping[int, float], theirs: Mapping[int, float]) -> list[float]:
    """Seed by seed, of the seeds that both have run."""
    return [mine[seed] / theirs[seed] for seed in sorted(mine.keys() & theirs.keys()) if theirs[seed]]


def best_loop_peer(done: Sequence[Done]) -> str | None:
    """The peer that sees loops only and has the least mean delay."""
    found = {p: list(by_seed(done, p).values()) for p in LOOP_PEERS}
    run = {p: mean(values) for p, values in found.items() if values}
    return min(run, key=lambda p: run[p]) if run else None


def marked(values: Sequence[float], limit: float = 1.0) -> str:
    """A ratio, marked where its mean is above the limit."""
    if not values:
        return "–"
    return spread(values, 2) + (LOSES if mean(values) > limit else "")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def hour(scenario: Scenario, done: Sequence[Done]) -> str:
    """Everybody on one scenario."""
    best = best_loop_peer(done)
    rows = []
    for controller in (*PEERS, *(o.value for o in Ours)):
        mine = [d for d in done if d.case.controller == controller]
        if mine:
            rows.append(_hour_row(controller, mine, done, best))
    figures = ("stops", "p95 s", "queue", "unserved", "teleports, collisions, hard braking", "judge")
    head = ("controller", "delay s/veh", f"÷ {best}", f"÷ {FIXED}", *figures)
    return f"### {scenario.name}\n\n{table(head, rows)}"


def _hour_row(controller: str, mine: Sequence[Done], done: Sequence[Done], best: str | None) -> list[str]:
    delays = by_seed(mine, controller)
    is_ours = controller in {o.value for o in Ours}
    name = f"**our {controller}**" if is_ours else controller
    against = [ratios(delays, by_seed(done, other)) if other else [] for other in (best, FIXED)]
    shown = [marked(r) if is_ours else spread(r, 2) for r in against]
    figures = [spread([float(d.result[key]) for d in mine]) for key in ("stops", "p95", "queue")]
    incidents = ", ".join(
        str(sum(int(d.result[key]) for d in mine)) for key in ("teleports", "collisions", "emergency_braking")
    )
    unserved = str(sum(int(d.result["unserved"]) for d in mine))
    return [name, spread(list(delays.values())), *shown, *figures, unserved, incidents, findings(mine)]


def findings(done: Iterable[Done]) -> str:
    """What the judge has found in these runs."""
    total: dict[str, int] = {}
    for d in done:
        for kind, n in d.result["judge"].items():
            total[kind] = total.get(kind, 0) + n
    return ", ".join(f"{n} {kind}" for kind, n in sorted(total.items())) or "0"


def verdicts(scenario: Scenario, done: Sequence[Done]) -> list[list[str]]:
    """The bars of one scenario: must and goal against the best loop-only peer, the searched plan, actuation alone."""
    best = best_loop_peer(done)
    if scenario.bar is None or best is None:
        return []
    adaptive, actuated = by_seed(done, Ours.ADAPTIVE.value), by_seed(done, Ours.ACTUATED.value)
    against = f"{scenario.name}: adaptive ÷ {best}"
    peer, fixed = by_seed(done, best), by_seed(done, FIXED)
    return [
        verdict(f"{against}, must", ratios(adaptive, peer), scenario.bar.must),
        verdict(f"{against}, goal", ratios(adaptive, peer), scenario.bar.goal),
        verdict(f"{scenario.name}: adaptive ÷ {FIXED}", ratios(adaptive, fixed), scenario.bar.fixed),
        verdict(f"{scenario.name}: actuated ÷ {best}", ratios(actuated, peer), 1.0),
    ]


def verdict(what: str, found: Sequence[float], limit: float) -> list[str]:
    """One bar: what, the figure, the limit, whether it is met."""
    met = "not run" if not found else "met" if mean(found) <= limit else "missed" + LOSES
    return [what, spread(found, 2), f"≤ {limit:.2f}", met]


def scaled(scenario: Scenario, done: Sequence[Done]) -> list[list[str]]:
    """More and less demand."""
    rows = []
    for scale in sorted({d.case.scale for d in done if d.case.scale != 1}):
        at = [d for d in done if d.case.scale == scale]
        best = best_loop_peer(at)
        for controller in (*PEERS, *(o.value for o in Ours)):
            delays = by_seed(at, controller)
            if delays:
                against = [ratios(delays, by_seed(at, other)) if other else [] for other in (best, FIXED)]
                ours = controller in {o.value for o in Ours}
                show: Callable[[Sequence[float]], str] = marked if ours else lambda r: spread(r, 2)
                name = f"**our {controller}**" if ours else controller
                row = [scenario.name, f"× {scale:g}", name, spread(list(delays.values())), *map(show, against)]
                rows.append(row)
    return rows


def faulted(scenario: Scenario, done: Sequence[Done], bar: Mapping[int, float]) -> list[list[str]]:
    """Every fault: delay beside the searched plan's of the same seed, and who was not served."""
    rows = []
    groups: dict[tuple[str, str], list[Done]] = {}
    for d in done:
        groups.setdefault((str(d.case.fault), d.case.controller), []).append(d)
    for (fault, controller), mine in groups.items():
        delays = by_seed(mine, controller)
        unserved = sum(int(d.result["unserved"]) for d in mine)
        said = str(unserved) + (LOSES if unserved else "")
        against = marked(ratios(delays, bar))
        rows.append([scenario.name, fault, controller, spread(list(delays.values())), against, said, findings(mine)])
    return rows


ON_FOOT = ("delay", "longest", "ped_delay", "ped_longest")
"""Of vehicles and of those on foot: the mean, and the longest (of who walks, his wait)."""


def on_foot(name: str, done: Sequence[Done]) -> list[list[str]]:
    """Vehicles and pedestrians of one junction with crossings, and what adaptive timing is beside plain actuation."""
    rows = []
    for controller in (o.value for o in Ours):
        mine = [d for d in done if d.case.controller == controller]
        if mine:
            figures = (spread([float(d.result[key]) for d in mine]) for key in ON_FOOT)
            rows.append([name, f"our {controller}", *figures, findings(mine)])
    adaptive, actuated = ({key: by_seed(done, o.value, key) for key in ON_FOOT} for o in (Ours.ADAPTIVE, Ours.ACTUATED))
    if adaptive["delay"] and actuated["delay"]:
        against = (marked(ratios(adaptive[key], actuated[key])) for key in ON_FOOT)
        rows.append([name, f"{Ours.ADAPTIVE.value} ÷ {Ours.ACTUATED.value}", *against, ""])
    return rows


OPTIMISER = ("p50_ms", "p99_ms", "cpu_p50_ms", "cpu_p99_ms")


def speed(done: Sequence[Done]) -> list[list[str]]:
    """What our runs reported of their own speed and of the optimiser's time."""
    rows = []
    for name in dict.fromkeys(d.case.scenario.name for d in done):
        runs = [d for d in done if d.case.scenario.name == name and d.case.controller == Ours.ADAPTIVE.value]
        mine = [d.result["report"] for d in runs]
        if mine:
            times = [optimiser_of(report) for report in mine]
            rows.append([name, spread(_figures(mine, "speed_x")), *(spread(_figures(times, key)) for key in OPTIMISER)])
    return rows


def optimiser_of(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The optimiser's times in a report: of the only site, or of the built-in plant's."""
    sites = report.get("sites") or [report]
    found = sites[0].get("optimiser")
    return found if isinstance(found, dict) else {}


def _figures(reports: Iterable[Mapping[str, Any]], key: str) -> list[float]:
    return [float(r[key]) for r in reports if isinstance(r.get(key), int | float)]
