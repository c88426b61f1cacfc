"""How long silences last: of a loop, or of all loops of an approach, by their own past.

Traffic comes in platoons, so gaps are no Poisson gaps. What is learned is how silences end that have already lasted
`LONG_S`: so many ended, in so many seconds beyond that. `OWN`: a silence that should have ended long ago. `NEIGHBOURS`: so
many others came elsewhere during it, by how often that happened in silences before.

A silence that was taken for a fault and ended by itself leaves two explanations: the fault was mended, or traffic has become
less. At first they count as equally probable, and the silences that follow decide (`_Lull`); what convicts a second time
must be improbable under both.
"""

from math import exp, log, log1p

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
LULL_FROM = 3.0
"""A silence so improbable, in nats, that ends while its loops are doubted, may have been the end of traffic. Ours."""
_SURE_NATS = 8.0


class _Lull:
    """That traffic has become less, so that silences last as long as one of `length_s`. `nats`: for it, against how silences
    ended before."""

    __slots__ = ("length_s", "nats")

    def __init__(self, length_s: int) -> None:
        self.length_s = length_s
        self.nats = 0.0

    def ended(self, beyond_s: int, rate: float, shape: float) -> None:
        """A silence has ended, which by those before ends at `rate` a second, known as well as from `shape` of them."""
        less = -log(self.length_s) - 2 * log1p(beyond_s / self.length_s)
        usual = log(rate) - (shape + 1) * log1p(rate * beyond_s / shape)
        self.nats = min(_SURE_NATS, max(-_SURE_NATS, self.nats + less - usual))

    def against(self, beyond_s: int, usual: float) -> float:
        """Nats against so long a silence, if `usual` is what those before say."""
        share = 1 / (1 + exp(-self.nats))
        return -log(share / (1 + beyond_s / self.length_s) + (1 - share) * exp(-usual))


class Silence:
    """One place that is silent or not, second by second. `others`: how many other places there are."""

    __slots__ = ("_elsewhere", "_ended", "_heard_s", "_lull", "_spent_s", "seconds")

    def __init__(self, others: int) -> None:
        self.seconds = 0  # of the silence that lasts
        self._heard_s = 0
        self._ended = 0.0
        self._spent_s = 0.0
        self._lull: _Lull | None = None
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
        if self.seconds > LONG_S:
            self._weigh(self.seconds - LONG_S, doubted=not learn)
        if self.seconds > LONG_S and learn:
            self._learn(self.seconds - LONG_S)
            self._elsewhere.hit()
        self._elsewhere.forget_row()
        self.seconds = 0

    def _weigh(self, beyond_s: int, *, doubted: bool) -> None:
        """What a silence that has ended says about a lull."""
        if doubted and self.own >= LULL_FROM:
            self._lull = _Lull(beyond_s)
        elif self._lull is not None and self._ended:
            self._lull.ended(beyond_s, self._rate, self._shape)

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
        beyond_s = self.seconds - LONG_S
        usual = none_in(beyond_s, self._rate, self._shape)
        return self._lull.against(beyond_s, usual) if self._lull is not None else usual

    @property
    def _rate(self) -> float:
        return self._ended / self._spent_s

    @property
    def _shape(self) -> float:
        return min(_SHAPE, self._ended)

    def evidence(self, *, alive: bool) -> dict[Kind, float]:
        """What speaks for its being deaf. `alive`: it has been seen alive since the start."""
        if self.seconds <= LONG_S:
            return {}
        never = NEVER_SEEN if self._heard_s >= NEVER_SEEN_FROM_S else 0.0
        return {Kind.OWN: self.own if alive else never, Kind.NEIGHBOURS: self._elsewhere.against}
