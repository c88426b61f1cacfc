"""Stuck on: occupied through green after green, while its lane has nobody left who could stand there.

`LAMPS`: a queue that may go leaves; no falling edge in so many free seconds of green. A saturated stop bar of 10 m stays
occupied for up to 17 s (measured, SUMO); who turns left against others counts little, for he may have to stay. `LANE`: the
advance loop has seen nobody for longer than the slowest way to the line, so nobody is left; or, of an advance loop,
vehicles reach an empty stop bar past it, or those who stand on it would have rolled up long ago. `NEIGHBOURS`: the lane
beside it moved in the same green. `SHAPE`: traffic that moves makes edges; nothing in the whole approach did through whole
greens.
"""

from collections.abc import Iterable

from edge.adaptive.health_evidence import Kind, Odds, none_in
from edge.adaptive.health_lane import LaneLamps
from edge.adaptive.health_loop import LoopTrack
from edge.model.units import SECOND_MS, Ms

_FALLS, _FREE_S = 3.0, 24.0
"""Before anything is learned: one falling edge in 8 free seconds of an occupied loop, as from three of them. Ours."""
_MEMORY = 4.0
"""So many falling edges the learned pace may rest on: spill-back changes it from one green to the next. Ours."""
_FASTEST = 0.25
"""No loop is expected to fall more often than this a free second. Ours."""
_A_SECOND, _A_GREEN = 0.15, 2.5
"""What a free second of a green says in which the neighbours moved, or nobody in the approach did, and at most a whole green:
that one stands who cannot go, beside others who can, has odds of one to twelve. Ours."""
_LEAST_GREEN_S = 5
_FELT_GREENS = 2
"""The first green since it was occupied may have begun before. Ours."""
_NEVER_OFF = 3.0
"""What it says that a loop has been occupied ever since the start. Ours: one in twenty."""
_NEVER_OFF_FROM_S = 60
_ROLL_MPS = 8.0
_DRY_ON_S = 10.0


class Stuck:
    """The evidence that one loop is stuck on. It is all gone with a falling edge."""

    __slots__ = (
        "_at_greens",
        "_dry",
        "_falls",
        "_free",
        "_free_s",
        "_frozen",
        "_others",
        "_seen_free_s",
        "_stop_bar",
        "_through",
    )

    def __init__(self, movements: int, *, stop_bar: bool) -> None:
        self._stop_bar = stop_bar
        self._falls, self._free_s = _FALLS, _FREE_S
        self._free = [0.0] * movements
        self._dry = [0.0] * movements
        self._others = 0.0
        self._frozen = 0.0
        self._at_greens = 0
        self._seen_free_s = 0.0
        self._through = Odds(3.0, 0.5)

    def fell(self) -> None:
        """A falling edge: learn how long it took, and begin anew."""
        self._falls += 1
        self._free_s += min(self._free, default=0.0)
        if self._falls > _MEMORY:
            self._free_s *= _MEMORY / self._falls
            self._falls = _MEMORY
        self.clear()

    def rose(self, lamps: LaneLamps) -> None:
        """A rising edge: count from here."""
        self.clear()
        self._at_greens = lamps.greens

    def clear(self) -> None:
        """Begin anew."""
        self._free = [0.0] * len(self._free)
        self._dry = [0.0] * len(self._dry)
        self._others = self._frozen = self._seen_free_s = 0.0
        self._through.forget_row()

    def passed_unseen(self) -> None:
        """Somebody reached an empty stop bar; he passed this advance loop, which has not moved all the way."""
        self._through.miss()

    def second(self, lamps: LaneLamps, *, dry: bool) -> None:
        """One second in which it was occupied. `dry`: nobody can be left to stand there."""
        self._free = [have + more for have, more in zip(self._free, lamps.free, strict=True)]
        if dry:
            worth = lamps.free if self._stop_bar else (1.0,) * len(self._dry)
            self._dry = [have + more for have, more in zip(self._dry, worth, strict=True)]

    def green_ended(self, green_s: int, *, others_moved: bool, anything_moved: bool) -> None:
        """A green is over through which it was occupied."""
        gained, self._seen_free_s = self.through_s - self._seen_free_s, self.through_s
        if green_s < _LEAST_GREEN_S:
            return
        nats = min(_A_GREEN, gained * _A_SECOND)
        self._others += nats if others_moved else 0.0
        self._frozen = 0.0 if anything_moved else self._frozen + nats

    def evidence(self, now: Ms, track: LoopTrack, lamps: LaneLamps) -> dict[Kind, float]:
        """What speaks for it."""
        if not track.on:
            return {}
        pace = min(_FASTEST, self._falls / max(self._free_s, 1.0))
        felt = self._stop_bar or (lamps.greens - self._at_greens >= _FELT_GREENS and lamps.has_reached_advance(now))
        never_off = not track.ever_off and track.heard_s >= _NEVER_OFF_FROM_S
        return {
            Kind.LAMPS: none_in(min(self._free, default=0.0), pace, self._falls) if felt else 0.0,
            Kind.LANE: max(none_in(min(self._dry, default=0.0), pace, self._falls), self._through.against),
            Kind.NEIGHBOURS: self._others,
            Kind.SHAPE: self._frozen,
            Kind.OWN: _NEVER_OFF if never_off else 0.0,
        }

    @property
    def through_s(self) -> float:
        """Free seconds of green without a falling edge, for the words."""
        return min(self._free, default=0.0)


def nobody_left(now: Ms, lamps: LaneLamps, advance: Iterable[LoopTrack]) -> bool:
    """Of a stop-bar loop: whether every advance loop has been free for longer than the way to the line takes."""
    tracks = tuple(advance)
    return bool(tracks) and all(not t.on and t.quiet_s(now) > lamps.walk_s for t in tracks)


def would_have_rolled(now: Ms, track: LoopTrack, lamps: LaneLamps, stop_bar: Iterable[LoopTrack]) -> bool:
    """Of an advance loop: whether the stop bar has been free for so long that who stands here would have rolled up."""
    tracks = tuple(stop_bar)
    roll_s = 6.0 + lamps.lane.advance_m / _ROLL_MPS
    long_on = now - track.since_ms > _DRY_ON_S * SECOND_MS
    return bool(tracks) and long_on and all(not t.on and t.quiet_s(now) > roll_s for t in tracks)
