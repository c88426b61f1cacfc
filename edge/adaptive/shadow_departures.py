"""Who left a lane when, told in hindsight from its stop-bar loop and its greens, by the estimate's own reckoning.

Over a long loop the first vehicles of a queue crawl without a gap between them; `edge.adaptive.outflow` says how many there
were. Here their instants are laid out, those that the loop told itself apart from those reckoned between.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge

from edge.adaptive.outflow import YELLOW_USED_S, Outflow
from edge.model.units import SECOND_MS, Ms

_LEAD_MS: Ms = SECOND_MS
"""What is reckoned is told when the front is over the line, up to a second and a half before the rear leaves the loop."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody on a loop. `off_ms` None: to the end."""

    on_ms: Ms
    off_ms: Ms | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """One departure. `on_ms`: when the loop became occupied for it, or for those before it; `free_ms`: when it had fallen
    free before that; `told`: by the loop falling free, else reckoned."""

    at_ms: Ms
    on_ms: Ms
    free_ms: Ms
    told: bool


def departures(row: Sequence[Presence], greens: Sequence[tuple[Ms, Ms]]) -> list[Leaving]:
    """Every departure from a lane in order."""
    found: list[Leaving] = []
    line, on_ms, free_ms = Outflow(), 0, 0
    for at_ms, _, what in merge(_loop(row), _lamps(greens), _seconds(row)):
        match what:
            case "green":
                line.begin_green(at_ms)
            case "yellow":
                line.end_green(at_ms)
            case "on":
                line.rise(at_ms)
                on_ms = at_ms
            case "off":
                fallen = line.fall(at_ms).vehicles
                _take_back(found, fallen)
                headway_ms = round(SECOND_MS * line.headway_s)
                instants = ((k, at_ms - k * headway_ms) for k in reversed(range(fallen)))
                found.extend(Leaving(ms, on_ms, free_ms, told=k == 0) for k, ms in instants)
                if found and not found[-1].told and found[-1].on_ms == on_ms:
                    found[-1] = Leaving(at_ms, on_ms, free_ms, told=True)  # reckoned when its front was over the line
                free_ms = at_ms
            case _:
                gone = line.pass_time(at_ms).vehicles
                _take_back(found, gone)
                found.extend(Leaving(at_ms + _LEAD_MS, on_ms, free_ms, told=False) for _ in range(gone))
    return sorted(found, key=lambda leaving: leaving.at_ms)


def _take_back(found: list[Leaving], vehicles: int) -> None:
    """What was reckoned and did not happen."""
    for _ in range(-vehicles):
        if found and not found[-1].told:
            found.pop()


_Event = tuple[Ms, int, str]
"""The instant, a rank among those of one instant, and what happens."""


def _loop(row: Iterable[Presence]) -> Iterator[_Event]:
    for presence in row:
        yield presence.on_ms, 2, "on"
        if presence.off_ms is not None:
            yield presence.off_ms, 1, "off"


def _lamps(greens: Iterable[tuple[Ms, Ms]]) -> Iterator[_Event]:
    for began, ended in greens:
        yield began, 0, "green"
        yield ended, 0, "yellow"


def _seconds(row: Sequence[Presence]) -> Iterator[_Event]:
    """Each second in which the loop is occupied, and a little beyond the last green it may matter in."""
    for presence in row:
        last = presence.off_ms if presence.off_ms is not None else presence.on_ms + round(SECOND_MS * YELLOW_USED_S)
        for at_ms in range(presence.on_ms + SECOND_MS, last, SECOND_MS):
            yield at_ms, 3, ""
