"""Dead, and dead now and then: silence that its own past, its lane and the rest of the junction make improbable.

`LANE`: who passes the advance loop reaches the stop bar within the slowest way to it, and who reaches an empty stop bar has
passed the advance loop; the share that does is learned (0.95 to 1 forward in SUMO, less where an upstream lane forks). One
trial at a time: a platoon is one piece of evidence. `OWN`, `NEIGHBOURS`: see `health_silence`. A loop that dies for moments
only shows as a share of its lane that halves, and as vehicles that vanish under red.
"""

from math import log

from edge.adaptive.health_evidence import Drift, Kind, Odds
from edge.adaptive.health_loop import LoopTrack
from edge.adaptive.health_silence import Silence
from edge.model.units import SECOND_MS, Ms

_USUAL_SHARE = 0.92
"""Ours: what is lost in ones does not add up to a share that halves."""
_FADES = 0.998
"""The usual share is forgotten slowly, so that a loop which fails ever more often does not become its own measure. Ours: by
half in 350 trials, some hours."""
_HALF = log(2.0)
COMMON_CAUSE = 4.0
"""Nats for dropping out where another loop of the approach does: water in a pit or a loose plug is common to
all that lie on one cable. Ours."""
_OFTEN = 0.3
_OFTEN_BESIDE_TURNS = 0.5
"""How often a vehicle vanishes under red from a loop that drops out now and then, in the reds that it sees; where others vanish
by turning on red, so often at the least to be told from them. Ours."""
_MANY_REDS = 200.0
"""How many reds are remembered for how often vehicles vanish: some hours, so that a loop which begins to drop out does not
become its own measure. Ours."""
_SELDOM = 0.05
"""And from a healthy one at least, for some change lanes or stand beyond the loop. Measured in SUMO: 0 to 0.1. Ours."""
_AT_MOST = 0.25
"""And at the most, where nobody may turn on red, whatever was usual: a loop that has never been well is no measure of itself.
Ours: more than twice what healthy ones had."""
_CLEAN_REDS = 8
"""So many reds in a row in which nobody vanished are those of a healthy loop: of one that drops out one time in 17. Ours."""


class Dead:
    """The evidence that one loop is dead, or is so now and then. `others`: how many other lanes there are; `may_leave`: under
    red, by a turn that does not wait for green."""

    __slots__ = (
        "_due_ms", "_from_ms", "_kept", "_may_leave", "_stays", "_usual", "missing", "odds", "silence", "vanished",
    )  # fmt: skip

    def __init__(self, now: Ms, odds: Odds, others: int, *, may_leave: bool) -> None:
        self.odds = odds
        self.silence = Silence(others)
        self.missing = Drift()  # trials of its lane, against a share that halves
        self.vanished = Drift()  # vehicles that vanish under red, against what was usual here
        self._stays = Odds(4.0, 2.0, _MANY_REDS) if may_leave else Odds(38.0, 2.0, _MANY_REDS)
        self._may_leave = may_leave
        self._kept = _CLEAN_REDS  # reds in a row in which nobody vanished; enough until one has
        self._usual = 0.0
        self._from_ms: Ms = now
        self._due_ms: Ms | None = None

    def clear(self) -> None:
        """Begin anew."""
        self.odds.forget_row()
        self.silence.forget()
        self._due_ms = None
        self.missing.clear()
        self.vanished.clear()

    def freshen(self) -> None:
        """Nobody knows what happened until now."""
        self._due_ms = None
        self.silence.forget()

    def came(self, at: Ms, way_ms: Ms) -> None:
        """Somebody passed the advance loop; he must be at this stop bar within `way_ms`."""
        if self._due_ms is None:
            self._from_ms, self._due_ms = at, at + way_ms

    def passed(self, at: Ms, way_ms: Ms, track: LoopTrack) -> None:
        """Somebody reached an empty stop bar; this advance loop must have seen him within `way_ms`."""
        if self._due_ms is None and track.heard_s * SECOND_MS > way_ms:
            self._from_ms, self._due_ms = at - way_ms, at

    def second(self, now: Ms, track: LoopTrack) -> None:
        """End a trial that is due."""
        if self._due_ms is not None and now >= self._due_ms:
            self._due_ms = None
            self._try(hit=track.on or (track.last_on_ms is not None and track.last_on_ms > self._from_ms))

    def red_over(self, *, vanished: bool) -> None:
        """A red is over in which somebody stood here."""
        leaves = max(_SELDOM, 1 - self._stays.share)
        leaves, often = (leaves, _OFTEN_BESIDE_TURNS) if self._may_leave else (min(leaves, _AT_MOST), _OFTEN)
        self._kept = 0 if vanished else self._kept + 1
        if vanished:
            self._stays.miss()
            self.vanished.add(max(0.0, log(often / leaves)))
        else:
            self._stays.hit()
            self.vanished.add(min(0.0, log((1 - often) / (1 - leaves))))
        if self.nobody_vanishes and not self._may_leave:
            self.vanished.clear()

    def evidence(self, track: LoopTrack) -> dict[Kind, float]:
        """What speaks for its being dead."""
        if track.on:
            return {}
        return {**self.silence.evidence(alive=track.alive), Kind.LANE: self.odds.against}

    @property
    def nobody_vanishes(self) -> bool:
        """Whether nobody has vanished under red for some reds; true where people may turn on red, which tells nothing."""
        return self._may_leave or self._kept >= _CLEAN_REDS

    @property
    def comes_and_goes(self) -> float:
        """Nats for its dropping out, of the kind that says most; where people may turn on red, its lane must."""
        return self.missing.nats if self._may_leave else max(self.missing.nats, self.vanished.nats)

    def now_and_then(self, *, not_alone: bool) -> dict[Kind, float]:
        """What speaks for its dropping out. `not_alone`: another loop of its approach does."""
        shared = COMMON_CAUSE if not_alone else 0.0
        return {Kind.LANE: self.missing.nats, Kind.LAMPS: self.vanished.nats, Kind.NEIGHBOURS: shared}

    def _try(self, *, hit: bool) -> None:
        self._usual = max(self._usual * _FADES, min(_USUAL_SHARE, self.odds.share))
        share = self._usual
        if hit:
            self.odds.hit()
            self.missing.add(-_HALF)
        else:
            self.odds.miss()
            self.missing.add(log((1 - share / 2) / (1 - share)))
