"""The fixed plan that the network's own program amounts to in the phases of the layout: its cycle, greens and offset.

The program of a network with yellows is somebody's plan: how long it shows each green says how busy its streets are, which
lanes alone do not. Each of its states is taken for the phases of the layout that show most like it, and each of these has
what time it is green there; minimums, walks and our own yellow and red are held, the cycle stays as long as it is, and the
offset is the one at which the most links are green when they are in the program. A program without yellow is a placeholder.
"""

import math
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Row
from itertools import accumulate, product

from edge.model.units import PhaseNumber
from edge.sim.sumo_import.layout import Layout
from edge.sim.sumo_import.links import Shown, Signal
from edge.sim.sumo_import.timing import LEAST_CYCLE_S, FixedTimes

_MOST_CYCLE_S = 300
"""The longest of a plan that is taken over. Ours: of longer ones it is hardly meant that they run in each cycle."""


def own_times(signal: Signal, layout: Layout, least: Mapping[PhaseNumber, float], change: float) -> FixedTimes | None:
    """The plan; None where the program has no times, no yellow, or a cycle too short or long, or shows no phase at all.

    `least`: the shortest green of each phase, seconds; `change`: yellow and red together.
    """
    shown_s = sum(shown.seconds for shown in signal.program)
    cycle = round(shown_s)
    greens = _greens(signal, layout)
    if not LEAST_CYCLE_S <= cycle <= _MOST_CYCLE_S or not any(greens.values()) or not _is_a_plan(signal.program):
        return None
    shortest = {p: math.ceil(least[p] + change) for p in greens}
    wish = {p: max(green + change, shortest[p]) for p, green in greens.items()}
    splits, length = _splits(layout, cycle, shortest, wish)
    offset = _offset(signal, layout, splits, change) if length == shown_s else 0  # another cycle runs away from it
    return FixedTimes(length, splits, offset)


def _is_a_plan(program: Row[Shown]) -> bool:
    """Whether every green ends with a yellow, or goes out as an arrow without red does, and some do end."""
    pairs = zip(program, (*program[1:], *program[:1]), strict=True)
    return any(s.yellow for s in program) and all(
        s.green <= after.green | after.yellow | after.unlit for s, after in pairs
    )


def _greens(signal: Signal, layout: Layout) -> dict[PhaseNumber, float]:
    """For how many seconds of the cycle the program shows each phase."""
    together = tuple(_together(layout))
    found = dict.fromkeys(layout.sequence.phases, 0.0)
    for shown in signal.program:
        running = shown.green | shown.yellow
        for phase in max(together, key=lambda phases: _likeness(layout, phases, running)):
            links = layout.green_in(phase)
            if not links.isdisjoint(shown.green) and links.isdisjoint(shown.yellow):
                found[phase] += shown.seconds
    return found


def _together(layout: Layout) -> Iterator[tuple[PhaseNumber, ...]]:
    """The phases that may run at once, one of each ring."""
    for g in range(layout.sequence.group_count):
        yield from product(*(ring[g] for ring in layout.sequence.rings if ring[g]))


def _likeness(layout: Layout, phases: tuple[PhaseNumber, ...], green: frozenset[int]) -> int:
    """The links that run in both, less those that do in one alone."""
    theirs = frozenset().union(*(layout.green_in(p) for p in phases)) - {walk.link for walk in layout.walks}
    return len(green & theirs) - len(green ^ theirs)


def _splits(
    layout: Layout, cycle: int, shortest: Mapping[PhaseNumber, int], wish: Mapping[PhaseNumber, float]
) -> tuple[dict[PhaseNumber, int], int]:
    """The splits, and the cycle they make: where the program's cannot hold the minimums, so long that each has what it had."""
    rings, groups = layout.sequence.rings, range(layout.sequence.group_count)
    floors = [max(sum(shortest[p] for p in ring[g]) for ring in rings) for g in groups]
    wishes = [max(sum(wish[p] for p in ring[g]) for ring in rings) for g in groups]
    lengths = _shared(cycle if sum(floors) <= cycle else round(sum(wishes)), floors, wishes)
    found: dict[PhaseNumber, int] = {}
    for g, ring in product(groups, rings):
        found.update(
            zip(ring[g], _shared(lengths[g], [shortest[p] for p in ring[g]], [wish[p] for p in ring[g]]), strict=True)
        )
    return found, sum(lengths)


def _shared(total: int, floors: Row[int], wishes: Row[float]) -> list[int]:
    """A total in whole parts, none below its floor; what is left over goes by what the wishes have above them."""
    left = max(0, total - sum(floors))
    above = [wish - floor for wish, floor in zip(wishes, floors, strict=True)]
    weights = above if sum(above) > 0 else [1.0] * len(above)
    ends = [round(left * part / sum(weights)) for part in accumulate(weights)]
    return [floor + end - start for floor, start, end in zip(floors, (0, *ends), ends, strict=False)]


def _offset(signal: Signal, layout: Layout, splits: Mapping[PhaseNumber, int], change: float) -> int:
    """Seconds from midnight to the start of the first phase of ring 1 at which most is green as it is in the program."""
    theirs = tuple(_seconds(signal.program))
    ours = _plan_seconds(layout, splits, len(theirs), change)
    alike = [sum(len(ours[t - o] & theirs[t]) for t in range(len(theirs))) for o in range(len(theirs))]
    return (alike.index(max(alike)) + round(signal.offset_s)) % len(theirs)


def _seconds(program: Row[Shown]) -> Iterator[frozenset[int]]:
    """What is green in each second of the cycle."""
    ends = [round(end) for end in accumulate(shown.seconds for shown in program)]
    for shown, start, end in zip(program, (0, *ends), ends, strict=False):
        yield from (shown.green for _ in range(start, end))


def _plan_seconds(layout: Layout, splits: Mapping[PhaseNumber, int], cycle: int, change: float) -> list[frozenset[int]]:
    """The same of the plan."""
    found: list[frozenset[int]] = [frozenset()] * cycle
    for ring in layout.sequence.rings:
        start = 0
        for phase in (p for group in ring for p in group):
            for t in range(start, start + round(splits[phase] - change)):
                found[t] |= layout.green_in(phase)
            start += splits[phase]
    return found
