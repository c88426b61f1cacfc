"""The seam between estimating and optimising: what is expected of every lane over the horizon. Values only, no behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from edge.model.lanes import LaneName
from edge.model.units import Ms, PhaseNumber

Stage: TypeAlias = frozenset[PhaseNumber]
"""Phases that are green together."""


@dataclass(frozen=True, slots=True)
class Service:
    """How a lane is served in one stage.

    `clear`: vehicles a second while its queue discharges and nobody opposes; `opposed`: the same while one of `opposed_by`
    still has a queue (permissive turns, blocked shared lanes). A stage in which the lane is red is not in the table. `held_s`:
    for so many seconds nobody leaves, because its head stands in this kind of stage and no loop tells why: as long as it has.
    """

    clear: float
    opposed: float
    opposed_by: tuple[LaneName, ...] = ()
    held_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LaneForecast:
    """One lane from `now` on.

    `queue`: vehicles that stand or crawl now. `arrivals`: vehicles expected to reach the end of the queue at free speed, for
    each second of the horizon: those seen at the upstream loop by their own time, then the mean rate. `rate`: the mean
    arrival rate, vehicles a second, beyond the horizon. `service`: by stage. `start_loss_s`: from green to the first
    departure at saturation rate. `green_since_ms`: when its present right-of-way began; None: it has none.
    `waiting_s`: how long its oldest vehicle has waited. `storage`: vehicles until it spills back. `weight`: of its delay.
    `trust`: 1 by both loops, less by what stands in for them; `source`: as in `Expected`. `kept`: its last long queue was cut
    off, and a long one is leaving now: its green goes on until a gap, as in plain actuation.
    """

    lane: LaneName
    queue: float
    arrivals: tuple[float, ...]
    rate: float
    service: Mapping[Stage, Service]
    start_loss_s: float = 1.0
    green_since_ms: Ms | None = None
    waiting_s: float = 0.0
    storage: float = 30.0
    weight: float = 1.0
    trust: float = 1.0
    source: str = "loops"
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """All lanes at `now`. `fit` False: the loops do not carry adaptive timing (`why`, in words); then plain actuation runs.

    `recalls`: phases that must be served by `recalls[phase]` seconds of green because nobody sees who waits there; 0: their
    minimum, because it is not known what was long enough.
    """

    now: Ms
    lanes: tuple[LaneForecast, ...]
    fit: bool = True
    why: str = ""
    recalls: Mapping[PhaseNumber, float] | None = None
