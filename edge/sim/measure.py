"""Reading the engine's own events into figures for each phase. Pure; simulation and replay share it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from edge.model.events import Event, EventCode
from edge.model.phases import Termination
from edge.model.units import SECOND_MS, Ms, PhaseNumber

_ENDS: dict[int, Termination] = {
    EventCode.PHASE_GAP_OUT: Termination.GAP_OUT,
    EventCode.PHASE_MAX_OUT: Termination.MAX_OUT,
    EventCode.PHASE_FORCE_OFF: Termination.FORCE_OFF,
    EventCode.PRIORITY_FORCE_OFF: Termination.FORCE_OFF,
    EventCode.PREEMPT_FORCE_OFF: Termination.FORCE_OFF,
}

_COUNTED = (Termination.GAP_OUT, Termination.MAX_OUT, Termination.FORCE_OFF)
"""What the reports tell apart; who forced a green off is told by the log."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, median and greatest of some durations, s; all 0 where there were none."""

    least: float
    middle: float
    most: float

    def as_dict(self) -> dict[str, float]:
        """As the reports print it."""
        return {"min": self.least, "median": self.middle, "max": self.most}


@dataclass(frozen=True, slots=True)
class PhaseFigures:
    """One phase. `greens`: begun; `green_s`: of those that ended; `max_wait_s`: longest from a registered vehicle call
    to green, a call that still waits included."""

    greens: int
    green_s: Spread
    terminations: dict[Termination, int]
    calls: int
    max_wait_s: float

    def as_dict(self) -> dict[str, object]:
        """As the reports print it."""
        return {
            "greens": self.greens,
            "green_s": self.green_s.as_dict(),
            "terminations": {reason.value: count for reason, count in self.terminations.items()},
            "calls": self.calls,
            "max_wait_s": self.max_wait_s,
        }


@dataclass(slots=True)
class _Track:
    greens: int = 0
    green_since: Ms | None = None
    green_ms: list[Ms] = field(default_factory=list)
    ends: dict[Termination, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    calls: int = 0
    called_since: Ms | None = None
    dropped_ms: Ms | None = None
    max_wait_ms: Ms = 0


class Meter:
    """Hears every tick's events and knows, for each phase, what has become of it."""

    def __init__(self, phases: Iterable[PhaseNumber]) -> None:
        self._tracks = {phase: _Track() for phase in sorted(phases)}

    def hear(self, now: Ms, events: tuple[Event, ...]) -> None:
        """Take in the events of the tick at `now`. Codes that say nothing of a phase are passed over."""
        for event in events:
            match event.code:
                case EventCode.PHASE_BEGIN_GREEN:
                    _begin_green(self._track(event), now)
                case EventCode.PHASE_GREEN_TERMINATION:
                    _end_green(self._track(event), now)
                case code if code in _ENDS:
                    self._track(event).ends[_ENDS[event.code]] += 1
                case EventCode.PHASE_CALL_REGISTERED:
                    _register(self._track(event), now)
                case EventCode.PHASE_CALL_DROPPED:
                    self._track(event).dropped_ms = now
                case _:
                    pass

    def figures(self, now: Ms) -> dict[PhaseNumber, PhaseFigures]:
        """Every phase up to `now`."""
        return {phase: _figures(track, now) for phase, track in self._tracks.items()}

    def _track(self, event: Event) -> _Track:
        return self._tracks[PhaseNumber(event.parameter)]


def _begin_green(track: _Track, now: Ms) -> None:
    track.greens += 1
    track.green_since = now
    _close_call(track, now)


def _end_green(track: _Track, now: Ms) -> None:
    if track.green_since is not None:
        track.green_ms.append(now - track.green_since)
        track.green_since = None


def _register(track: _Track, now: Ms) -> None:
    track.calls += 1
    track.called_since, track.dropped_ms = now, None


def _close_call(track: _Track, now: Ms) -> None:
    """A call is dropped in the tick that serves it; one that was dropped before that had gone away unserved."""
    if track.called_since is not None and track.dropped_ms in {None, now}:
        track.max_wait_ms = max(track.max_wait_ms, now - track.called_since)
    track.called_since = None


def _figures(track: _Track, now: Ms) -> PhaseFigures:
    waiting = track.called_since is not None and track.dropped_ms is None
    still_ms = now - track.called_since if waiting and track.called_since is not None else 0
    return PhaseFigures(
        greens=track.greens,
        green_s=_spread(track.green_ms),
        terminations=dict(track.ends),
        calls=track.calls,
        max_wait_s=max(track.max_wait_ms, still_ms) / SECOND_MS,
    )


def _spread(durations: list[Ms]) -> Spread:
    if not durations:
        return Spread(0.0, 0.0, 0.0)
    return Spread(*(round(ms / SECOND_MS, 2) for ms in (min(durations), median(durations), max(durations))))
