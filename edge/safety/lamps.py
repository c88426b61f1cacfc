"""What the lamps really showed, judged with the times of a signal monitor.

A fault has two limits: it must not trip before the first and must trip by the second. In between lies the time at which
it trips here. A timer pauses while the fault is away and starts afresh only after `CLEAN_MS` without it, so that a fault
that comes and goes trips too.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from edge.model.exchange import Readback
from edge.model.indications import Lamps
from edge.model.units import TICK_MS, ChannelNumber, Ms
from edge.safety.card import Programming
from edge.safety.permitted import Permitted
from edge.safety.rules import Rule, Violation

LAMP_CONFLICT_MS: Ms = 300
"""Two conflicting heads lit. Must not trip below 200 ms, must by 450 (NEMA TS 2 window; Reno MMU2-1600GE trips at 300)."""

LAMP_DUAL_MS: Ms = 400
"""Two circuits of a head lit. Must not trip below 300 ms, must by 500 (shorter two of the MMU2-1600GE's dual timers)."""

LAMP_MISMATCH_MS: Ms = 400
"""A lamp lit that was not commanded. Must not trip below 300 ms, must by 500 (ours: as dual indication)."""

LAMP_MISSING_MS: Ms = 800
"""No lamp lit where one was commanded. Must not trip below 700 ms, must by 1000 (NEMA TS 2 red fail)."""

CLEAN_MS: Ms = 666
"""Free of a fault for so long, its timer starts afresh (Reno MMU2-1600GE, conflict timer)."""

KEPT_IMAGES = 50
"""How many minted images a read-back is compared with: 5 s of ticks; what is older is not judged."""

_LIMITS: dict[Rule, Ms] = {
    Rule.LAMP_CONFLICT: LAMP_CONFLICT_MS,
    Rule.LAMP_DUAL: LAMP_DUAL_MS,
    Rule.LAMP_MISMATCH: LAMP_MISMATCH_MS,
    Rule.LAMP_MISSING: LAMP_MISSING_MS,
}

_PROCEED = Lamps.YELLOW | Lamps.GREEN | Lamps.ARROW

_COLOURS: dict[Lamps, str] = {
    Lamps.RED: "red",
    Lamps.YELLOW: "yellow",
    Lamps.GREEN: "green",
    Lamps.ARROW: "flashing arrow",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One channel as read back. `elapsed_ms`: since the reading before it; `commanded`: None when nothing was."""

    lamps: Lamps
    commanded: Lamps | None
    elapsed_ms: Ms

    @property
    def as_commanded(self) -> bool:
        """Whether the lamps are those that were commanded."""
        return self.lamps == self.commanded

    @property
    def fault(self) -> Rule | None:
        """What is wrong with this channel by itself."""
        if self.as_commanded:
            return None
        circuits = int(self.lamps).bit_count()
        if circuits == 0 or (self.commanded is not None and not self.lamps & ~self.commanded):
            return Rule.LAMP_MISSING  # one of two that are commanded together is missing too
        return Rule.LAMP_MISMATCH if circuits == 1 else Rule.LAMP_DUAL


@dataclass(slots=True)
class FaultTimer:
    """How long one fault has been there. The first bad reading after a good one vouches for one tick at most: the
    reading before it was good."""

    accumulated_ms: Ms = 0
    clean_ms: Ms = 0
    was_bad: bool = False

    def read(self, elapsed_ms: Ms, *, bad: bool) -> None:
        """Take one reading, `elapsed_ms` after the one before."""
        if bad:
            self.accumulated_ms += elapsed_ms if self.was_bad else min(elapsed_ms, TICK_MS)
            self.clean_ms = 0
        elif not self.was_bad:
            self.clean_ms += elapsed_ms
        self.was_bad = bad


FaultKey = tuple[Rule, tuple[ChannelNumber, ...]]


class LampWatch:
    """Remembers what was commanded, compares what was read, and times the differences."""

    def __init__(self, card: Programming) -> None:
        self._card = card
        self._sent: deque[Permitted] = deque(maxlen=KEPT_IMAGES)
        self._taken: dict[ChannelNumber, Ms] = {}
        self._timers: dict[FaultKey, FaultTimer] = {}

    def sent(self, permitted: Permitted) -> None:
        """Remember a minted image."""
        self._sent.append(permitted)

    @property
    def live(self) -> tuple[FaultKey, ...]:
        """The faults that have not been away for `CLEAN_MS`."""
        return tuple(self._timers)

    def judge(self, readbacks: tuple[Readback, ...]) -> tuple[Violation, ...]:
        """Take the read-backs of one tick, one a device. A read-back that is not newer than the last counts for nothing."""
        readings: dict[ChannelNumber, Reading] = {}
        for readback in readbacks:
            readings.update(self._fresh(readback))
        bad = dict.fromkeys((*self._conflicts(readings), *self._single(readings)))
        for key in bad:
            self._timers.setdefault(key, FaultTimer())
        return tuple(self._time(readings, bad))

    def _fresh(self, readback: Readback) -> Iterator[tuple[ChannelNumber, Reading]]:
        if readback.lamps is None or self._forgotten(readback.sequence):
            return
        image = self._image(readback.sequence)
        for channel, lamps in readback.lamps.items():
            before_ms = self._taken.get(channel)
            if before_ms is None or readback.taken_ms > before_ms:
                self._taken[channel] = readback.taken_ms
                commanded = image.lamps(channel) if image and channel in image.shown else None
                elapsed_ms = 0 if before_ms is None else readback.taken_ms - before_ms
                yield channel, Reading(lamps, commanded, elapsed_ms)

    def _forgotten(self, sequence: int) -> bool:
        return not self._sent or sequence < self._sent[0].sequence

    def _image(self, sequence: int) -> Permitted | None:
        """The image of that number; None for a number that was never minted, whose lamps nobody has commanded."""
        place = sequence - self._sent[0].sequence
        return self._sent[place] if place < len(self._sent) else None

    def _single(self, readings: Mapping[ChannelNumber, Reading]) -> Iterator[FaultKey]:
        for channel, reading in readings.items():
            if reading.fault:
                yield reading.fault, (channel,)

    def _conflicts(self, readings: Mapping[ChannelNumber, Reading]) -> Iterator[FaultKey]:
        lit = sorted(channel for channel, reading in readings.items() if reading.lamps & _PROCEED)
        arrows = {channel for channel in lit if readings[channel].lamps & Lamps.ARROW}
        for a, b in combinations(lit, 2):
            # Lamps as commanded in a permitted image conflict only in flash and in the yellow that ends it.
            innocent = readings[a].as_commanded and readings[b].as_commanded
            if self._card.conflict(a, b, arrows) and not innocent:
                yield Rule.LAMP_CONFLICT, (a, b)

    def _time(self, readings: Mapping[ChannelNumber, Reading], bad: Collection[FaultKey]) -> Iterator[Violation]:
        for key, timer in tuple(self._timers.items()):
            rule, channels = key
            if not all(channel in readings for channel in channels):
                continue  # not read in this tick: the timer stands
            # Two channels of a pair may be read at different rates: since both were last read together, it is the longer.
            timer.read(max(readings[channel].elapsed_ms for channel in channels), bad=key in bad)
            if timer.clean_ms >= CLEAN_MS:
                del self._timers[key]
            elif key in bad and timer.accumulated_ms >= _LIMITS[rule]:
                yield Violation(rule, channels, _sentence(key, timer, readings))


def _sentence(key: FaultKey, timer: FaultTimer, readings: Mapping[ChannelNumber, Reading]) -> str:
    said = " and ".join(f"channel {channel} is read as {_lit(readings[channel].lamps)}" for channel in key[1])
    commanded = ", ".join(_lit(readings[channel].commanded) for channel in key[1])
    return f"{said}, commanded: {commanded}; for {timer.accumulated_ms} ms"


def _lit(lamps: Lamps | None) -> str:
    if lamps is None:
        return "nothing known"
    return " and ".join(name for lamp, name in _COLOURS.items() if lamp in lamps) or "nothing lit"
