"""`python -m tests.explore [--json] [--quick] [NAME …]`: walk the sites and print what was found."""

import argparse
import json
import sys

from tests.explore.liveness import longest_wait
from tests.explore.sites import SITES, TICK, Explored
from tests.explore.walk import Walk


def report(explored: Explored) -> dict[str, object]:
    """One site's row."""
    graph = Walk(explored).run()
    waits = {who: longest_wait(graph, k) for k, who in enumerate(graph.waiters)} if not graph.wrong else {}
    wrong = [*graph.wrong, *(f"{who} may wait for ever" for who, ticks in waits.items() if ticks is None)]
    longest = max((ticks for ticks in waits.values() if ticks is not None), default=0)
    return {
        "site": explored.name,
        "states": graph.states,
        "transitions": graph.transitions,
        "seen": graph.seen,
        "seconds": round(graph.seconds, 1),
        "longest_wait_s": longest * TICK // 1000,
        "wrong": wrong,
    }


def main(arguments: list[str]) -> int:
    """1 if anything is wrong anywhere."""
    parser = argparse.ArgumentParser(description="Walk all reachable states of the engine for small sites.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="only the sites that `make test` walks too")
    parser.add_argument("names", nargs="*", help="only sites whose name holds one of these")
    chosen = parser.parse_args(arguments)
    sites = [s for s in SITES if not chosen.names or any(n in s.name for n in chosen.names)]
    rows = []
    if not chosen.json:
        print(
            f"{'site':55} {'states':>8} {'transitions':>12} {'seen':>6} {'s':>7} {'longest wait':>13}  wrong",
            flush=True,
        )
    for explored in sites:
        if chosen.quick and not explored.quick:
            continue
        row = report(explored)
        rows.append(row)
        if not chosen.json:
            wrong = row["wrong"]
            assert isinstance(wrong, list)
            print(
                f"{explored.name:55} {row['states']:>8} {row['transitions']:>12} {row['seen']:>6} {row['seconds']:>7} "
                f"{row['longest_wait_s']:>11} s  {'; '.join(wrong) or 'nothing'}",
                flush=True,
            )
    if chosen.json:
        print(json.dumps({"v": 1, "tick_s": TICK / 1000, "sites": rows}, indent=1))
    return int(any(row["wrong"] for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
