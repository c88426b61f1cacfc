"""The cycle timer of a coordinated plan, and how it comes into step with the clock.

`at` counts ms of the plan's cycle, from the start of ring 1, and goes on over its end: `at % cycle` is the place in the cycle.
In step it runs with the clock. Out of step it runs faster or slower by so many percent of a cycle, or dwells at the yield
point of the coordinated phases (FHWA Signal Timing Manual 2nd ed. 7.5; NTCIP 1202 coordCorrectionMode). Everything that
is timed by it, force-off points and yield points alike, is stretched or shrunk with it; intervals never are.

    shortened by p %:  a cycle takes (100 - p) %, so p/(100 - p) ms are gained in every ms
    lengthened by p %: a cycle takes (100 + p) %, so p/(100 + p) ms are lost in every ms
"""

from edge.model.coordination import Coordination, CoordState, Correction
from edge.model.units import Ms

FOLLOWED_MS: Ms = 500
"""A clock that is off by no more is followed at once: that is what a disciplined clock slews. Ours."""


class CycleTimer:
    """The cycle timer of one plan. `shorten_percent`: by how much its cycle may be shortened, 0 not at all."""

    __slots__ = (
        "_carry",
        "_coordination",
        "_dwelt",
        "_shorten",
        "at",
        "behind_ms",
        "cycle_ms",
        "dwell_at",
        "state",
        "stopped",
        "target",
    )

    def __init__(self, cycle_ms: Ms, coordination: Coordination, shorten_percent: int, dwell_at: Ms) -> None:
        self.cycle_ms = cycle_ms
        self._coordination = coordination
        self._shorten = min(coordination.shorten_percent, shorten_percent)
        self.dwell_at = dwell_at
        self.at: Ms = 0
        self.target: Ms = 0  # where the clock says it should be, 0 … cycle
        self.behind_ms: Ms = 0  # the way forward to the target, 0 … cycle
        self.state = CoordState.IN_STEP
        self.stopped = False
        self._carry = 0
        self._dwelt: Ms = 0

    def pick_up(self, target: Ms, low: Ms, high: Ms) -> None:
        """Begin at the place from `low` on to `high` from which the target is reached soonest."""
        away, width = (target - low) % self.cycle_ms, (high - low) % self.cycle_ms
        self.target, self._carry, self._dwelt, self.stopped = target, 0, 0, False
        if away <= width:
            self._begin_at(low + away, 0)
            return
        gain, lose = self._gain_takes(away - width), self._lose_takes(self.cycle_ms - away)
        if gain is not None and gain < lose:
            self._begin_at(high, away - width)
        else:
            self._begin_at(low, away)

    def advance(self, elapsed_ms: Ms, target: Ms, *, stopped: bool) -> None:
        """Let `elapsed_ms` pass; the clock has come to `target`. `stopped`: a pedestrian is still clearing."""
        jump = (target - self.target - elapsed_ms) % self.cycle_ms
        jumped = FOLLOWED_MS < jump < self.cycle_ms - FOLLOWED_MS
        self.target, self.stopped = target, stopped
        if not stopped:
            self.at += elapsed_ms
        self.behind_ms = (target - self.at) % self.cycle_ms
        if stopped:
            return
        if (self.state is CoordState.IN_STEP or jumped) and not self._follow():
            self._choose()
        match self.state:
            case CoordState.SHORTWAY:
                self._gain(elapsed_ms)
            case CoordState.LONGWAY:
                percent = self._coordination.lengthen_percent
                self._lose(self._share(elapsed_ms, percent, 100 + percent))
            case CoordState.DWELL:
                self._dwell(elapsed_ms)
            case _:
                pass

    def timed_ms(self, real_ms: Ms) -> Ms:
        """How far the cycle timer comes in `real_ms`."""
        match self.state:
            case CoordState.SHORTWAY:
                return real_ms * 100 // (100 - self._shorten)
            case CoordState.LONGWAY:
                return real_ms * 100 // (100 + self._coordination.lengthen_percent)
            case _:
                return real_ms

    def real_ms(self, timed_ms: Ms) -> Ms:
        """How long the cycle timer takes for `timed_ms`; a dwell not counted."""
        match self.state:
            case CoordState.SHORTWAY:
                return timed_ms * (100 - self._shorten) // 100
            case CoordState.LONGWAY:
                return timed_ms * (100 + self._coordination.lengthen_percent) // 100
            case _:
                return timed_ms

    @property
    def in_step_in_ms(self) -> Ms | None:
        """How long the correction takes yet; None where nobody can say: the timer stands, or it dwells."""
        ahead = self.cycle_ms - self.behind_ms
        match self.state:
            case CoordState.IN_STEP:
                return 0
            case CoordState.SHORTWAY if not self.stopped:
                return self._gain_takes(self.behind_ms)
            case CoordState.LONGWAY if not self.stopped:
                return self._lose_takes(ahead)
            case CoordState.DWELL if not self.stopped and not self._coordination.max_dwell_ms:
                return (self.dwell_at - self.at) % self.cycle_ms + ahead
            case _:
                return None

    # ── ways into step ──────────────────────────────────────────────────────────────────────────

    def _begin_at(self, at: Ms, behind: Ms) -> None:
        self.at = at % self.cycle_ms + self.cycle_ms  # a full cycle in hand, so that nothing before it is negative
        self.behind_ms = behind % self.cycle_ms
        if not self._follow():
            self._choose()

    def _follow(self) -> bool:
        """Go with a clock that is off by little; whether it is."""
        ahead = self.cycle_ms - self.behind_ms
        if self.behind_ms <= FOLLOWED_MS:
            self.at += self.behind_ms
        elif ahead <= FOLLOWED_MS:
            self.at -= ahead
        else:
            return False
        self._in_step()
        return True

    def _in_step(self) -> None:
        self.behind_ms = self._carry = self._dwelt = 0
        self.state = CoordState.IN_STEP

    def _choose(self) -> None:
        """The way of the plan, by what is to be corrected."""
        self._carry = self._dwelt = 0
        correction = self._coordination.correction
        if correction is Correction.DWELL:
            self.state = CoordState.DWELL
            return
        gain, lose = self._gain_takes(self.behind_ms), self._lose_takes(self.cycle_ms - self.behind_ms)
        short = correction is Correction.SHORTWAY and gain is not None and gain < lose
        self.state = CoordState.SHORTWAY if short else CoordState.LONGWAY

    def _gain(self, elapsed_ms: Ms) -> None:
        if self.cycle_ms - self.behind_ms <= FOLLOWED_MS:  # a slewing clock was overtaken
            self._follow()
            return
        gained = min(self.behind_ms, self._share(elapsed_ms, self._shorten, 100 - self._shorten))
        self.at += gained
        self.behind_ms -= gained
        if not self.behind_ms:
            self._in_step()

    def _lose(self, lost: Ms) -> None:
        """Fall back by `lost` ms, or by what is left to lose."""
        if self.behind_ms <= FOLLOWED_MS:  # a slewing clock was overtaken
            self._follow()
            return
        lost = min(self.cycle_ms - self.behind_ms, lost)
        self.at -= lost
        self.behind_ms += lost
        if self.behind_ms == self.cycle_ms:
            self._in_step()

    def _dwell(self, elapsed_ms: Ms) -> None:
        """Stand at the yield point, in one cycle no longer than the plan allows."""
        beyond = (self.at - self.dwell_at) % self.cycle_ms
        if beyond > elapsed_ms:
            if beyond > self.cycle_ms // 2:
                self._dwelt = 0  # the next yield point comes nearer
            return
        lost = min(beyond, self.cycle_ms - self.behind_ms)
        most = self._coordination.max_dwell_ms
        if most:
            lost = min(lost, most - self._dwelt)
        self._dwelt += lost
        self._lose(lost)

    def _share(self, elapsed_ms: Ms, percent: int, parts: int) -> Ms:
        """The whole ms of `percent` of so many parts; the rest is carried."""
        share, self._carry = divmod(self._carry + elapsed_ms * percent, parts)
        return share

    def _gain_takes(self, behind_ms: Ms) -> Ms | None:
        return -(-behind_ms * (100 - self._shorten) // self._shorten) if self._shorten else None

    def _lose_takes(self, ahead_ms: Ms) -> Ms:
        if self._coordination.correction is Correction.DWELL:
            return ahead_ms
        percent = self._coordination.lengthen_percent
        return -(-ahead_ms * (100 + percent) // percent)
