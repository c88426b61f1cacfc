"""Shadow: beside the search, and with little of the computer, every quarter of an hour is run again under other controls.

The work is cut into slices of one simulated second. Each real second allows a tenth of itself; a quarter that is not done
when the next one is complete is finished first, and the next is left out. On a slow computer evidence grows more slowly,
and nothing else is different.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from edge.adaptive.evidence import Quarter, bin_of, day_number
from edge.adaptive.lanes import lanes_of
from edge.adaptive.shadow_stretch import (
    AFTER_MS,
    BEFORE_MS,
    QUARTER_MS,
    Replayed,
    Stretch,
    fit,
    measured,
    stretch_of,
)
from edge.eventlog.decision_blocks import Decided
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms, PhaseNumber
from edge.optimiser.shadow_trial import Advises, Press, Street, Trial

SHARE = 0.1
"""Part of one core that shadow may take."""

_MOST_CREDIT_US = 200_000
"""Time that was not used is not saved up beyond this, so that no answer of the search waits for shadow. Ours."""

_GAP_MS: Ms = 10 * SECOND_MS
"""So much missing in a row, and the stretch begins anew. Ours: a hundredth of a quarter may be lost to a busy computer."""

_LEAST_FREE = 0.98
"""Part of a quarter in which the adaptive layer might have acted; else somebody of more right had the junction. Ours."""

MakeAdviser: TypeAlias = Callable[[], Advises]
"""A fresh adviser, not gated, that knows what has been learned."""


@dataclass(frozen=True, slots=True)
class Case:
    """Seconds to be judged, from the instant `from_ms` on for a quarter."""

    site: Site
    seconds: tuple[Decided, ...]
    from_ms: Ms

    @property
    def to_ms(self) -> Ms:
        """Where the quarter ends."""
        return self.from_ms + QUARTER_MS


def judge(case: Case, make: MakeAdviser) -> Iterator[Quarter | None]:
    """Judge a quarter: yields None after each slice of work, and the quarter at the end, if it says anything."""
    inside = [d for d in case.seconds if case.from_ms < d.seen.now <= case.to_ms]
    local = inside[0].seen.local if inside else None
    if local is None or not _is_whole(case.site, inside):
        return
    stretch = stretch_of(lanes_of(case.site), [d.seen for d in case.seconds], case.from_ms, case.to_ms)
    yield None
    replayed = Replayed(stretch)
    while replayed.second():
        yield None
    first = case.seconds[0].seen
    on = Street(case.site, stretch, presses(case.seconds), first.local or local)
    found = []
    for trial in (Trial(on), Trial(on, fixed=True), Trial(on, make())):
        while trial.second():
            yield None
        found.append(trial.delay_s())
    yield _quarter(stretch, inside, local, replayed, found)


def presses(seconds: Sequence[Decided]) -> list[Press]:
    """Who pressed when: a pedestrian call that was not there a second before."""
    found: list[Press] = []
    called: frozenset[PhaseNumber] = frozenset()
    for decided in seconds:
        now = frozenset(phase.number for phase in decided.seen.phases if phase.ped_call)
        found += [(decided.seen.now, number) for number in sorted(now - called)]
        called = now
    return found


def _is_whole(site: Site, inside: Sequence[Decided]) -> bool:
    """Whether the quarter can be judged: free all the time, with every loop of every lane in service."""
    loops = {n for lane in lanes_of(site) for n in (*lane.stopbar[:1], *lane.advance[:1])}
    free = sum(d.seen.free for d in inside)
    return free >= _LEAST_FREE * len(inside) and not any(loops & d.seen.failed.keys() for d in inside)


def _quarter(
    stretch: Stretch, inside: Sequence[Decided], local: LocalTime, replayed: Replayed, trials: Sequence[float]
) -> Quarter:
    fits, loops, where = fit(stretch, replayed.street), measured(stretch), bin_of(local)
    acted = sum(d.seen.acting and not d.held and d.advice.healthy for d in inside)
    actuated, fixed, advised = trials
    return Quarter(
        day=day_number(local.date),
        weekend=where.weekend,
        hour=where.hour,
        epoch_ms=local.epoch_ms,
        vehicles=loops.vehicles,
        acted=acted / len(inside),
        done_s=fits.delay_s,
        actuated_s=actuated,
        fixed_s=fixed,
        advised_s=advised,
        chi2=fits.chi2,
        freedom=fits.freedom,
        clear_s=fits.clear_s,
        measured_s=loops.delay_s,
        on_red=loops.on_red,
        greens=loops.greens,
        failures=loops.failures,
        occupied=loops.occupied,
    )


class Shadow:
    """Takes in every second, and judges quarter by quarter within its share of the computer."""

    def __init__(self, site: Site, make: MakeAdviser) -> None:
        self._site = site
        self._make = make
        self._seconds: deque[Decided] = deque()
        self._job: Iterator[Quarter | None] | None = None
        self._due_ms: Ms | None = None
        self._credit_us = 0.0
        self.left_out = 0
        """Quarters that were not judged because the one before was not done."""

    def see(self, decided: Decided) -> None:
        """Take in one second; allow for a tenth of it."""
        now = decided.seen.now
        if self._seconds and now - self._seconds[-1].seen.now > _GAP_MS:
            self._seconds.clear()
            self._due_ms = None
        self._seconds.append(decided)
        while now - self._seconds[0].seen.now > BEFORE_MS + QUARTER_MS + AFTER_MS:
            self._seconds.popleft()
        self._credit_us = min(self._credit_us + SHARE * SECOND_MS * 1_000, _MOST_CREDIT_US)
        self._look(now)

    def work(self, clock_us: Callable[[], int]) -> Quarter | None:
        """Do some of what waits, one slice at least while there is credit; the quarter that has been finished, if one has."""
        while self._job is not None and self._credit_us > 0:
            began = clock_us()
            found = next(self._job, _DONE)
            self._credit_us -= clock_us() - began
            if found is not None:
                self._job = None
            if isinstance(found, Quarter):
                return found
        return None

    def _look(self, now: Ms) -> None:
        """Begin to judge a quarter once what comes after it is known too."""
        if self._due_ms is None:
            self._due_ms = self._seconds[0].seen.now + BEFORE_MS + QUARTER_MS + AFTER_MS
        if now < self._due_ms:
            return
        from_ms = self._due_ms - AFTER_MS - QUARTER_MS
        self._due_ms += QUARTER_MS
        if self._job is not None:
            self.left_out += 1
            return
        self._job = judge(Case(self._site, tuple(self._seconds), from_ms), self._make)


class _Done:
    """The end of a job."""


_DONE = _Done()
