"""How punctual the loop is: lateness counted in a histogram of fixed size, and the faults that follow from it."""

from itertools import accumulate

from edge.model.exchange import ShellFault
from edge.model.faults import FAULTS, FaultKind
from edge.model.units import MINUTE_MS, TICK_MS, Ms
from edge.status.facts import LoopFacts

TICK_MISSED_MS: Ms = 300
"""A tick so late drives the outputs safe (reference figure for a 10 Hz loop: three periods)."""

TICKS_PER_SECOND = 1_000 // TICK_MS
_US_PER_MS = 1_000
_GRAINS_US = ((10, 1_000), (100, 10_000), (1_000, 100_000), (10_000, 1_000_000))
"""Width of a bin and where its kind ends, µs: two digits are kept from 10 µs to 1 s."""


class Episode:
    """Keeps the `where` of a passing fault the same while the ladder holds it, so that one bad minute is one fault."""

    def __init__(self, kind: FaultKind) -> None:
        self._kind = kind
        self._hold_ms = FAULTS[kind].returns_after_ms or 0
        self._where = ""
        self._last: Ms | None = None

    def seen(self, now: Ms, figure: str) -> ShellFault:
        """The fault, seen now with this figure."""
        if self._last is None or now - self._last > self._hold_ms:
            self._where = figure
        self._last = now
        return ShellFault(self._kind, self._where)


class Punctuality:
    """Lateness of the ticks, microseconds after the deadline. `limit_ms`: the site's decision_late_ms."""

    def __init__(self, limit_ms: Ms) -> None:
        self.limit_ms = limit_ms
        self._bins = [0] * (_bin_of(10**9) + 1)
        self._ticks = 0
        self._missed = 0
        self._worst_us = 0
        self._work_us = 0
        self._work_since: Ms = 0
        self._unfed = 0
        self._facts = LoopFacts(limit_ms=limit_ms)
        self._late = Episode(FaultKind.DECISION_LATE)
        self._stood_still = Episode(FaultKind.TICK_MISSED)

    def begun(self, now: Ms, late_us: int) -> tuple[ShellFault, ...]:
        """Count one tick that began `late_us` after its deadline; the faults that are seen in it."""
        self._ticks += 1
        self._bins[_bin_of(late_us)] += 1
        self._worst_us = max(self._worst_us, late_us)
        late_ms = late_us // _US_PER_MS
        self._missed += late_ms >= TICK_MS
        if late_ms >= TICK_MISSED_MS:
            return (self._stood_still.seen(now, str(late_ms)),)
        return (self._late.seen(now, str(late_ms)),) if late_ms > self.limit_ms else ()

    def ended(self, now: Ms, work_ms: Ms, *, fed: bool) -> None:
        """Count how long the tick took, and whether the watchdog was fed after it."""
        if now - self._work_since >= MINUTE_MS:
            self._work_since, self._work_us = now, 0
        self._work_us = max(self._work_us, work_ms * _US_PER_MS)
        self._unfed += not fed

    def facts(self) -> LoopFacts:
        """The figures for the screen, counted afresh once a second."""
        if self._ticks % TICKS_PER_SECOND == 1:
            self._facts = self._count()
        return self._facts

    def _count(self) -> LoopFacts:
        late = {name: self._share(share) for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))}
        late["worst"] = self._worst_us
        return LoopFacts(self._ticks, late, self._work_us, self._missed, self.limit_ms, self._unfed)

    def _share(self, share: float) -> int:
        """The lateness that `share` of all ticks kept, rounded up to its bin's end."""
        enough = (k for k, passed in enumerate(accumulate(self._bins)) if passed >= share * self._ticks)
        return min(_end_of(next(enough)), self._worst_us)


def _bin_of(late_us: int) -> int:
    first = 0
    begin = 0
    for width, end in _GRAINS_US:
        if late_us < end:
            return first + (late_us - begin) // width
        first += (end - begin) // width
        begin = end
    return first


def _end_of(index: int) -> int:
    begin = 0
    for width, end in _GRAINS_US:
        bins = (end - begin) // width
        if index < bins:
            return begin + (index + 1) * width
        index -= bins
        begin = end
    return 10**9
