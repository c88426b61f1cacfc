"""Whether everybody who waits is served: on the finished graph, against every behaviour of every detector.

Take the transitions in which somebody waits all along. If they hold a circle, there is a way for him to wait for ever,
be it a dead-lock or a live-lock; if they do not, the longest path among them is the longest wait there can be.
"""

from collections import defaultdict

from tests.explore.walk import Graph


def longest_wait(graph: Graph, waiter: int) -> int | None:
    """The longest that `waiter` can wait, in ticks; None: for ever."""
    length, left = _lengths(_waiting(graph, waiter))
    return None if left else max(length.values(), default=0)


def starved(graph: Graph) -> list[str]:
    """One sentence for each who may wait for ever, with the states of one circle."""
    found = []
    for k, who in enumerate(graph.waiters):
        circle = _circle(_waiting(graph, k))
        if circle:
            found.append(f"{who} may wait for ever, round the states {circle}")
    return found


def _waiting(graph: Graph, waiter: int) -> dict[int, set[int]]:
    bit = 1 << waiter
    after: dict[int, set[int]] = defaultdict(set)
    for here, there, waits in graph.edges:
        if waits & bit:
            after[here].add(there)
    return after


def _lengths(after: dict[int, set[int]]) -> tuple[dict[int, int], set[int]]:
    """The longest path into each state, and the states that are on or behind a circle."""
    into: dict[int, int] = defaultdict(int)
    for targets in after.values():
        for target in targets:
            into[target] += 1
    free = [s for s in after if not into[s]]
    length: dict[int, int] = defaultdict(int)
    while free:
        here = free.pop()
        for there in after.get(here, ()):
            length[there] = max(length[there], length[here] + 1)
            into[there] -= 1
            if not into[there]:
                free.append(there)
    return length, {s for s, n in into.items() if n}


def _circle(after: dict[int, set[int]]) -> list[int]:
    """One circle, empty if there is none. Behind a circle lie dead ends, so it is looked for backwards."""
    _, left = _lengths(after)
    if not left:
        return []
    before = {t: s for s in left for t in after.get(s, ()) if t in left}
    here, met = next(iter(before)), list[int]()
    while here not in met:
        met.append(here)
        here = before[here]
    return met[met.index(here) :][::-1]
