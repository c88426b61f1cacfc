"""From a forecast to the arrays of the search: service by node, arrivals by second, weights, and the cost of what is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.adaptive.courses import Course, Courses, Floats, Ints
from edge.adaptive.forecast import Forecast, LaneForecast, Service
from edge.adaptive.lines import Street
from edge.model.lanes import LaneName
from edge.model.units import PhaseNumber

YELLOW_USED_S = 1.0
"""Of a yellow, what still serves a queue: whoever cannot stop any more, v / 2b = 10 m/s / 9 m/s2. HCM 6 takes 2 s for
people who do not want to stop either; less is careful."""
STOP_S = 3.0
"""What stopping costs a vehicle beside its wait: v / 2a of speeding up again, 50 km/h and 2.3 m/s2. Also of its fuel."""
PATIENCE_S = 45.0
"""From this wait on a vehicle counts more, with the square of what is over (adaptive-control, stabilisation)."""
ON_FOOT_PATIENCE_S = 30.0
"""The same on foot: beyond it people begin to cross on red (HCM 2000, exhibit 18-9)."""
RED_LEFT_S = 10.0
"""What a vehicle left at a red at the end waits at least: a clearance and somebody else's minimum green."""
AHEAD_S = 2.0
"""A vehicle that comes to a lane without a queue is no queue, if the lane serves it within a headway. Ours."""
CUT_S = 30.0
"""What it costs to take the green from a lane, for each vehicle a second that comes there, beside the time that is lost: who
comes in the second in which nobody knows whether he still passes waits a red of half a minute for it. Ours; in full streets
near the 20 vehicle-seconds a change of adaptive-control, section 5, in empty ones next to nothing."""
CUT_LEAST = 1.0
"""At the least: a change for nothing is none."""

ALL_AT_ONCE = 1000.0
"""Persons a second who set out when a walk begins: everybody."""


RED = Service(0.0, 0.0)
"""A stage that is not in a lane's table."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who waits for one phase and is no vehicle of a lane: on foot, in a bus, or unseen (recall).

    `at_once`: all are served by the beginning of a green, as by a walk; else one by any second of it. `count`: how many they
    are, `per_s`: how many more come.
    """

    phase: PhaseNumber
    weight: float
    waited_s: float
    limit_s: float
    at_once: bool
    count: float = 1.0
    per_s: float = 0.0
    patience_s: float = PATIENCE_S


class Builder:
    """Builds the arrays of one search after the other for the same lanes."""

    def __init__(self, courses: Courses, lanes: Sequence[LaneName], yellow_s: float) -> None:
        self._courses = courses
        self._lanes = tuple(lanes)
        self._yellow_used_s = min(YELLOW_USED_S, yellow_s)
        self._sets: list[frozenset[int]] = []

    def build(
        self, forecast: Forecast, waiters: Sequence[Waiter], nodes: Course, seconds: int, limit_s: float
    ) -> Street:
        """The street as `forecast` sees it."""
        known = {lane.lane: lane for lane in forecast.lanes}
        lanes = [known[name] for name in self._lanes]
        columns = list(range(len(lanes))) + [self._courses.phase_column[w.phase] for w in waiters]
        since, over, stage = nodes.since[:, columns], nodes.over[:, columns], nodes.stage[:, columns]
        share = self._share(lanes, waiters, since, over)
        clear, opposed, opposer, held = self._service(lanes, waiters)
        place = np.arange(len(columns))[None, :]
        rate = clear[stage, place]
        best = clear.max(axis=0)
        flow = np.array([lane.rate for lane in lanes] + [0.0] * len(waiters))
        weight = np.array([lane.weight for lane in lanes] + [w.weight for w in waiters])
        stop = np.array([STOP_S] * len(lanes) + [0.0] * len(waiters))
        return Street(
            queue=np.array([float(lane.queue) for lane in lanes] + [w.count for w in waiters]),
            wait=np.array([float(lane.waiting_s) for lane in lanes] + [w.waited_s for w in waiters]),
            arrivals=_arrivals(lanes, waiters, seconds),
            weight=weight,
            stop_s=stop * weight,
            clear=rate * share,
            opposed=opposed[stage, place] * share,
            floor=-np.where(share > 0, np.minimum(np.clip(1.0 - rate, 0.0, 0.7), AHEAD_S * rate), 0.0),
            opposer=opposer[stage, place],
            opposers=self._opposers(len(columns)),
            price=np.where(flow > 0, CUT_S * flow, 0.0) * weight + CUT_LEAST / max(len(lanes), 1),
            queue_sq=weight / (2.0 * np.maximum(best - flow, 0.08)),
            queue_on=weight * 1.0,
            queue_off=weight * RED_LEFT_S,
            patience=np.array([PATIENCE_S] * len(lanes) + [w.patience_s for w in waiters]),
            limit=np.array([limit_s] * len(lanes) + [w.limit_s for w in waiters]),
            held=held[stage, place],
        )

    def _share(self, lanes: Sequence[LaneForecast], waiters: Sequence[Waiter], since: Floats, over: Floats) -> Floats:
        """Which share of each second each column is served: after its start-up loss, and into its yellow."""
        loss = np.array([lane.start_loss_s for lane in lanes] + [0.0] * len(waiters))
        new = np.clip(since + 1.0 - loss, 0.0, 1.0)
        old = np.clip(self._yellow_used_s - over, 0.0, 1.0)
        for k, waiter in enumerate(waiters, start=len(lanes)):
            if waiter.at_once:
                new[:, k] = (since[:, k] >= 0) & (since[:, k] < 1.0)
                old[:, k] = 0.0
        share: Floats = np.maximum(new, old)
        return share

    def _service(self, lanes: Sequence[LaneForecast], waiters: Sequence[Waiter]) -> tuple[Floats, Floats, Ints, Floats]:
        """By stage and column: the clear rate, the opposed rate, the number of the set that opposes, and for how long nobody
        leaves, s."""
        stages = self._courses.graph.stages
        shape = (len(stages), len(lanes) + len(waiters))
        clear, opposed, held, opposer = np.ones(shape), np.ones(shape), np.zeros(shape), np.zeros(shape, dtype=np.int64)
        for c, waiter in enumerate(waiters, start=len(lanes)):
            clear[:, c] = opposed[:, c] = ALL_AT_ONCE if waiter.at_once else 1.0
        place = {lane.lane: c for c, lane in enumerate(lanes)}
        self._sets = [frozenset()]
        for c, lane in enumerate(lanes):
            for s, stage in enumerate(stages):
                service = lane.service.get(stage, RED)
                clear[s, c], opposed[s, c], held[s, c] = service.clear, service.opposed, service.held_s
                if service.opposed_by and service.opposed < service.clear:
                    opposer[s, c] = self._set(service.opposed_by, place)
        return clear, opposed, opposer, held

    def _set(self, names: Sequence[LaneName], place: Mapping[LaneName, int]) -> int:
        opposers = frozenset(place[n] for n in names if n in place)
        if opposers not in self._sets:
            self._sets.append(opposers)
        return self._sets.index(opposers)

    def _opposers(self, columns: int) -> Floats:
        sets = np.zeros((len(self._sets), columns))
        for k, members in enumerate(self._sets):
            sets[k, sorted(members)] = 1.0
        return sets


def _arrivals(lanes: Sequence[LaneForecast], waiters: Sequence[Waiter], seconds: int) -> Floats:
    """Who comes, by second and column: those who are expected by their own time, then the mean rate."""
    arrivals = np.zeros((seconds, len(lanes) + len(waiters)))
    for c, lane in enumerate(lanes):
        seen = np.array(lane.arrivals[:seconds])
        arrivals[: len(seen), c] = seen
        arrivals[len(seen) :, c] = lane.rate
    arrivals[:, len(lanes) :] = [w.per_s for w in waiters]
    return arrivals
