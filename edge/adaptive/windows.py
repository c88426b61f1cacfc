"""Offset windows: when the platoon of a neighbour comes, told by the clock before any loop here sees it.

A lane's mean rate is spread over the cycle of the neighbour: in the window come `platoon_ratio` times as many a second, and
outside it what is left. So nobody is invented and nothing is rewarded: the search finds the green in time by itself, and gives
it up where the cross street is full.
"""

from collections.abc import Collection, Sequence

from edge.model.adaptive import Window
from edge.model.plans import LocalTime
from edge.model.units import DAY_MS, SECOND_MS, PhaseNumber


def platoons(
    windows: Sequence[Window], phases: Collection[PhaseNumber], local: LocalTime | None, seconds: int
) -> tuple[float, ...]:
    """What the mean rate of a lane of these phases is multiplied by, in each second from now on: 1 where no window is of one of
    them, and while the clock cannot be trusted."""
    window = next((w for w in windows if not w.phases.isdisjoint(phases)), None)
    if window is None or local is None or not local.synced:
        return (1.0,) * seconds
    rest = window.outside
    parts = (_inside(window, (local.day_ms + second * SECOND_MS) % DAY_MS) for second in range(seconds))
    return tuple(rest + (window.platoon_ratio - rest) * part for part in parts)


def _inside(window: Window, from_ms: int) -> float:
    """Which part of the second from `from_ms` on lies in the window of its cycle or of the next."""
    at = (from_ms - window.offset_ms) % window.cycle_ms
    ends = min(at + SECOND_MS, window.lasts_ms) - at
    begins = at + SECOND_MS - window.cycle_ms
    return (max(ends, 0) + max(begins, 0)) / SECOND_MS
