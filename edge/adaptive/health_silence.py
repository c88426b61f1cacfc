"""How long silences last: of a loop, or of all loops of an approach, by their own past.

Traffic comes in platoons, so gaps are no Poisson gaps. What is learned is how silences end that have already lasted
`LONG_S`: so many ended, in so many seconds beyond that. `OWN`: a silence that should have ended long ago. `NEIGHBOURS`: so
many others came elsewhere during it, by how often that happened in silences before.
"""

from edge.adaptive.health_evidence import Kind, Odds, none_in

LONG_S = 8
"""From here on a gap is a silence: longer than those inside a platoon. Ours."""
_MEMORY = 12.0
"""So many silences are remembered. Ours: about an hour of a side street."""
_SHAPE = 3.0
"""A rate is believed as if it rested on no more than four silences: it changes with the hour. Ours."""
_SHARE_MEMORY = 4.0
NEVER_SEEN = 3.0
"""What it says that nobody has been seen since the start, once there was time for it. Ours: one in twenty."""
NEVER_SEEN_FROM_S = 120
"""Ours: two cycles of ordinary length."""


class Silence:
    """One place that is silent or not, second by second. `others`: how many other places there are."""

    __slots__ = ("_elsewhere", "_ended", "_heard_s", "_spent_s", "seconds")

    def __init__(self, others: int) -> None:
        self.seconds = 0  # of the silence that lasts
        self._heard_s = 0
        self._ended = 0.0
        self._spent_s = 0.0
        self._elsewhere = Odds(0.5, 0.5 * max(1, others), _SHARE_MEMORY)

    def second(self, *, silent: bool, came_elsewhere: int, learn: bool) -> None:
        """Take in one second; so many came elsewhere in it."""
        self._heard_s += 1
        if silent:
            self.seconds += 1
            if self.seconds > LONG_S:
                for _ in range(came_elsewhere):
                    self._elsewhere.miss()
            return
        if self.seconds > LONG_S and learn:
            self._learn(self.seconds - LONG_S)
            self._elsewhere.hit()
        self._elsewhere.forget_row()
        self.seconds = 0

    def _learn(self, beyond_s: int) -> None:
        self._ended += 1
        self._spent_s += beyond_s
        if self._ended > _MEMORY:
            self._spent_s *= _MEMORY / self._ended
            self._ended = _MEMORY

    def forget(self) -> None:
        """Begin a new silence: nobody knows what happened meanwhile."""
        self.seconds = 0
        self._elsewhere.forget_row()

    @property
    def own(self) -> float:
        """Nats against so long a silence, by those before."""
        if not self._ended or self.seconds <= LONG_S:
            return 0.0
        return none_in(self.seconds - LONG_S, self._ended / self._spent_s, min(_SHAPE, self._ended))

    def evidence(self, *, alive: bool) -> dict[Kind, float]:
        """What speaks for its being deaf. `alive`: it has been seen alive since the start."""
        if self.seconds <= LONG_S:
            return {}
        never = NEVER_SEEN if self._heard_s >= NEVER_SEEN_FROM_S else 0.0
        return {Kind.OWN: self.own if alive else never, Kind.NEIGHBOURS: self._elsewhere.against}
