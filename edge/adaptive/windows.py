"""Offset windows: greens that are wanted by the clock, for the platoon of a neighbour whom no loop here has seen yet.

A window is told to the search as vehicles that come evenly in it, one stream for each of its phases. So a green in time is
worth their delay, is weighed against everybody who is seen, and forces nothing: where the cross street is full it is left out.
"""

from collections.abc import Sequence

from edge.adaptive.street import Waiter
from edge.model.adaptive import Window
from edge.model.advice import Expected
from edge.model.lanes import LaneName
from edge.model.plans import LocalTime
from edge.model.units import SECOND_MS

SOURCE = "window"
"""As `Expected.source`: by the clock."""


def platoons(windows: Sequence[Window], local: LocalTime | None, seconds: int, limit_s: float) -> list[Waiter]:
    """Who is told to come within so many seconds; nobody while the clock cannot be trusted."""
    if local is None or not local.synced:
        return []
    return [
        Waiter(phase, 1.0, 0.0, limit_s, at_once=False, count=0.0, comes=comes)
        for window in windows
        if any(comes := by_second(window, local.day_ms, seconds))
        for phase in sorted(window.phases)
    ]


def by_second(window: Window, day_ms: int, seconds: int) -> tuple[float, ...]:
    """How many of one phase come in each second from now on. A part of a second in the window counts as that part."""
    each = window.vehicles * SECOND_MS / window.lasts_ms
    return tuple(each * _inside(window, day_ms + second * SECOND_MS) for second in range(seconds))


def _inside(window: Window, from_ms: int) -> float:
    """Which part of the second from `from_ms` on lies in the window of its cycle, or of the one before or after."""
    at = (from_ms - window.offset_ms) % window.cycle_ms
    ends = min(at + SECOND_MS, window.lasts_ms) - at
    begins = at + SECOND_MS - window.cycle_ms
    return (max(ends, 0) + max(begins, 0)) / SECOND_MS


def expected(windows: Sequence[Window], local: LocalTime | None, seconds: int) -> tuple[Expected, ...]:
    """The windows that are open or open soon, for those who read what is expected."""
    if local is None or not local.synced:
        return ()
    told = ((window, sum(by_second(window, local.day_ms, seconds))) for window in windows)
    return tuple(Expected(_name(window), 0.0, round(comes, 2), SOURCE) for window, comes in told if comes)


def _name(window: Window) -> LaneName:
    return LaneName(f"window {'+'.join(map(str, sorted(window.phases)))}")
