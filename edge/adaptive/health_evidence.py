"""Evidence in nats: how improbable what a loop does would be if it were healthy.

A nat is a natural logarithm of odds: 2.3 means one chance in ten, 4.6 one in a hundred. Evidence of one *kind* rules out one
class of innocent explanations; a verdict needs two kinds (adaptive-control, "Faults"), and together they must exceed what
`RULES` says. Rates and shares are not known but learned, so each test is the predictive one of its conjugate prior (Gamma for
a rate, Beta for a share): little learned means heavy tails and slow verdicts, never hasty ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import lgamma, log1p


class Kind(Enum):
    """What is compared with what. `OWN`: its own past. `LANE`: the other loops of its lane. `NEIGHBOURS`: other lanes.
    `LAMPS`: the lamps it stands under. `SHAPE`: what vehicles can do at all."""

    OWN = "its own past"
    LANE = "the other loop of its lane"
    NEIGHBOURS = "the lanes beside it"
    LAMPS = "its own lamps"
    SHAPE = "what vehicles can do"


class Ill(Enum):
    """What a loop suffers from."""

    STUCK = "stuck on"
    DEAD = "dead"
    CHATTER = "chatters"
    INTERMITTENT = "comes and goes"
    UNPROVED = "not seen alive since the start"
    DEVICE = "reported by its device"


@dataclass(frozen=True, slots=True)
class Rule:
    """`total`: nats of all kinds together; `each`: a kind counts as one of the two from here on.

    `lead`: kinds of which one must be among them; where none is, `without` must be exceeded instead (None: no verdict).
    """

    total: float
    each: float
    lead: frozenset[Kind] = frozenset(Kind)
    without: float | None = None


RULES: dict[Ill, Rule] = {
    # One vehicle that cannot go explains its lamps and its lane together.
    Ill.STUCK: Rule(10.0, 3.0, lead=frozenset({Kind.NEIGHBOURS, Kind.SHAPE, Kind.OWN}), without=14.0),
    # Its own silence and traffic elsewhere have one innocent explanation together: the demand went another way.
    Ill.DEAD: Rule(11.0, 3.0, lead=frozenset({Kind.LANE})),
    # A surge of demand explains the same of the others.
    Ill.CHATTER: Rule(14.0, 5.0, lead=frozenset({Kind.SHAPE, Kind.LAMPS, Kind.LANE})),
    # Where many turn on red, they vanish and there is no fault; so without its lane only beside a loop that has one.
    Ill.INTERMITTENT: Rule(7.5, 1.5, lead=frozenset({Kind.LANE}), without=11.0),
}
DEAD_FROM_START = Rule(8.0, 3.0, lead=frozenset({Kind.LANE}))
"""Of a loop that has not been seen alive since the start: a false alarm can only come before its first vehicle. Ours."""
APPROACH_SILENT = Rule(12.0, 3.0)
"""All loops of an approach together: their silences are short, so what is learned of them is worth more."""
THROUGH_SILENT = Rule(15.5, 3.0)
"""Those of its through lanes alone: others there live, so the cable of the approach is whole. Ours."""
"""Ours: e^-8 is one false alarm in 3000 independent looks at a loop; a look is worth about a cycle, so in some 70 hours of a
loop, and it heals with the next good edge. `bench/health.py` measures both rates."""

CAP_NATS = 8.0
"""So much of one kind counts: below every total, so that no kind can do it alone, however long it lasts. Ours."""

KINDS = 2
"""So many kinds of evidence a verdict needs (adaptive-control, "Faults")."""

Evidence = Mapping[Kind, float]


def convicts(evidence: Evidence, rule: Rule) -> bool:
    """Whether two kinds speak, a leading one among them, and all together say enough."""
    speaking = {kind for kind, nats in evidence.items() if nats >= rule.each}
    if len(speaking) < KINDS:
        return False
    total = sum(min(nats, CAP_NATS) for nats in evidence.values())
    enough = rule.total if speaking & rule.lead else rule.without
    return enough is not None and total >= enough


def strongest(evidence: Evidence) -> tuple[Kind, Kind]:
    """The two kinds that say most, the strongest first."""
    first, second = sorted(evidence, key=lambda kind: -evidence[kind])[:2]
    return first, second


def none_in(seconds: float, rate: float, shape: float) -> float:
    """Nats against nothing in so many seconds, where `rate` a second is known as well as from `shape` events."""
    return shape * log1p(rate * seconds / shape) if rate > 0 else 0.0


def none_of(events: float, share: float, weight: float) -> float:
    """Nats against none of so many events, where its `share` is known as well as from `weight` events."""
    a, b = share * weight, (1 - share) * weight
    if a <= 0 or b <= 0:
        return 0.0
    return lgamma(b) + lgamma(a + b + events) - lgamma(a + b) - lgamma(b + events)


BEST_SHARE = 0.85
"""No share is believed to be better: one vehicle in seven may change lanes, and those who do come in groups. Ours."""


class Odds:
    """How often what should follow does: a share learned with bounded memory.

    Misses in a row are kept apart until the next hit: while they last they are evidence, afterwards experience.
    """

    __slots__ = ("_hits", "_memory", "_misses", "row")

    def __init__(self, hits: float, misses: float, memory: float = 20.0) -> None:
        self._hits, self._misses, self._memory = hits, misses, memory
        self.row = 0

    @property
    def share(self) -> float:
        """The share of hits so far."""
        return self._hits / (self._hits + self._misses)

    @property
    def against(self) -> float:
        """Nats against the misses in a row."""
        return none_of(self.row, min(self.share, BEST_SHARE), self._hits + self._misses)

    def hit(self) -> None:
        """It followed."""
        self._misses += self.row
        self._hits += 1
        self.row = 0
        total = self._hits + self._misses
        if total > self._memory:
            self._hits *= self._memory / total
            self._misses *= self._memory / total

    def miss(self) -> None:
        """It did not."""
        self.row += 1

    def forget_row(self) -> None:
        """Begin a new row: nobody knows what happened meanwhile."""
        self.row = 0


class Drift:
    """A sequential test (CUSUM): log-likelihood ratios add up, and what speaks for health never builds up credit."""

    __slots__ = ("nats",)

    def __init__(self) -> None:
        self.nats = 0.0

    def add(self, nats: float) -> None:
        """One more observation; the sum is kept at twice the cap, so that health shows in reasonable time."""
        self.nats = min(2 * CAP_NATS, max(0.0, self.nats + nats))

    def clear(self) -> None:
        """Begin anew."""
        self.nats = 0.0
