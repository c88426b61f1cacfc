"""What the adaptive layer is told: loop edges, gathered tick by tick, and the phases as they stand, once a second.

Only a site whose adaptive layer is not off pays for it. The edges are those of the raw level, before delay and extend; a
count that rose without a level (a pulse shorter than a poll, a counter that knows no presence) is a pair of one instant.
"""

from collections import deque
from collections.abc import Mapping

from edge.control.view import View
from edge.model.detectors import InputSample
from edge.model.observation import LoopEdge, PhaseSeen
from edge.model.site import Site
from edge.model.units import DetectorNumber, Ms, PhaseNumber

_MOST_PULSES = 5
"""Pulses believed of one loop in one tick. Ours: a loop that closes 50 times a second chatters, no vehicle does that."""

_MOST_EDGES = 2_048
"""Edges kept for an observation that nobody asks for. Ours: 64 loops that chatter for a second."""


class LoopWatch:
    """Gathers the edges of all loops between two observations."""

    __slots__ = ("_edges", "_seen", "_stale_ms")

    def __init__(self, site: Site) -> None:
        self._seen: dict[DetectorNumber, InputSample] = {}
        self._edges: deque[LoopEdge] = deque(maxlen=_MOST_EDGES)
        stale = {name: device.options.stale_after_ms for name, device in site.devices.items()}
        self._stale_ms = {n: stale[d.input.device] for n, d in site.detectors.items()}

    def hear(self, now: Ms, samples: Mapping[DetectorNumber, InputSample]) -> None:
        """Take in one tick's samples. A sample that is not valid says nothing."""
        seen = self._seen
        for number, sample in samples.items():
            before = seen.get(number)
            if sample is before or not sample.ok:
                continue
            seen[number] = sample
            if before is None:
                if sample.occupied:
                    self._edges.append(LoopEdge(number, now, on=True))
            elif sample.count != before.count or sample.occupied is not before.occupied:
                self._note(now, number, before, sample)

    def take(self) -> tuple[LoopEdge, ...]:
        """The edges since they were last taken, oldest first."""
        edges = tuple(self._edges)
        self._edges.clear()
        return edges

    @property
    def occupied(self) -> frozenset[DetectorNumber]:
        """The loops that are occupied, by their last valid sample."""
        return frozenset(number for number, sample in self._seen.items() if sample.occupied)

    def _note(self, now: Ms, number: DetectorNumber, before: InputSample, sample: InputSample) -> None:
        """Tell what came between two samples. What was counted while nobody listened has no instant and is left out."""
        changed = sample.occupied is not before.occupied
        pulses = max(0, sample.count - before.count) - (changed and sample.occupied)
        if sample.taken_ms - before.taken_ms > self._stale_ms[number]:
            pulses = 0
        for _ in range(min(pulses, _MOST_PULSES)):
            self._edges.append(LoopEdge(number, now, on=not before.occupied))
            self._edges.append(LoopEdge(number, now, on=before.occupied))
        if changed:
            self._edges.append(LoopEdge(number, now, on=sample.occupied))


def phases_seen(view: View) -> tuple[PhaseSeen, ...]:
    """Every phase as it stands, told on the clock of the ticks: stop time moves what is standing along with it."""
    ahead_ms, coming = view.heard_ms - view.now, view.coming
    return tuple(_seen(view, phase, ahead_ms, coming) for phase in sorted(view.site.phases))


def _seen(view: View, phase: PhaseNumber, ahead_ms: Ms, coming: frozenset[PhaseNumber]) -> PhaseSeen:
    waiting = view.waiting_since(phase)
    return PhaseSeen(
        phase,
        view.interval(phase),
        view.heard_ms - view.in_interval_ms(phase),
        view.ped(phase),
        view.heard_ms - view.in_ped_interval_ms(phase),
        view.vehicle_call(phase),
        view.ped_call(phase),
        None if waiting is None else waiting + ahead_ms,
        view.minimum_left_ms(phase),
        view.max_left_ms(phase),
        view.gapped(phase),
        phase in coming,
        view.demands(phase),
    )
