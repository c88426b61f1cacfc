"""Greens of two controllers side by side: how many, how long, and how far apart those lie that belong together."""

from collections import Counter
from dataclasses import dataclass
from statistics import median, quantiles

SECOND = 1_000


@dataclass(frozen=True)
class Green:
    """One green of one phase, ms."""

    start: int
    end: int
    reason: str = ""

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.end - self.start) / SECOND


def compared(theirs: list[Green], ours: list[Green], reach_ms: int) -> dict[str, object]:
    """One phase. A green of ours belongs to that of theirs that began nearest, within `reach_ms`; differences are ours less
    theirs, s."""
    pairs = []
    for green in theirs:
        near = min(ours, key=lambda o: abs(o.start - green.start), default=None)
        if near is not None and abs(near.start - green.start) <= reach_ms:
            pairs.append((near, green))
    return {
        "greens": {"theirs": len(theirs), "ours": len(ours), "matched": len(pairs)},
        "length_s": {"theirs": spread([g.seconds for g in theirs]), "ours": spread([g.seconds for g in ours])},
        "green_in_all_s": {
            "theirs": round(sum(g.seconds for g in theirs)),
            "ours": round(sum(g.seconds for g in ours)),
        },
        "ended_by": {"theirs": reasons(theirs), "ours": reasons(ours)},
        "start_difference_s": spread([(o.start - r.start) / SECOND for o, r in pairs]),
        "length_difference_s": spread([o.seconds - r.seconds for o, r in pairs]),
        "started_within_2s": round(
            sum(abs(o.start - r.start) <= 2 * SECOND for o, r in pairs) / max(1, len(theirs)), 2
        ),
    }


def spread(values: list[float]) -> list[float] | None:
    """p10, median, p90."""
    if len(values) < 2:
        return None
    tenths = quantiles(values, n=10)
    return [round(tenths[0], 1), round(median(values), 1), round(tenths[-1], 1)]


def reasons(rows: list[Green]) -> dict[str, int]:
    """How often each reason ended a green."""
    return dict(sorted(Counter(g.reason for g in rows).items()))


def show(name: str, phases: dict[str, dict[str, object]]) -> None:
    """The table of one run."""
    print(f"\n{name}: p10 / median / p90; differences are ours less theirs, s")
    for phase, row in phases.items():
        print(f"  phase {phase}")
        for key, value in row.items():
            print(f"    {key:20} {value}")
