"""What passes between the controller and the adaptive layer: the site's rules, what is seen, and what is advised.

Once a second the shell hands an `Observation` to the adaptive layer, and an `Advice` comes back as an input of a later tick.
Advice asks by call, hold, force-off and omit, through the same doors as everybody (ADR 60); a missing, late or senseless one is
no advice, and plain actuation goes on.
"""

from dataclasses import dataclass
from typing import TypeAlias

from edge.model.lanes import LaneName
from edge.model.units import DetectorNumber, Ms, PhaseNumber

Phases: TypeAlias = frozenset[PhaseNumber]
NOBODY: Phases = frozenset()

ADVICE_LIVES_MS: Ms = 1_500
"""Advice older than this is no advice: one answer may be late by half a second (adaptive-control, layering). Ours."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: these phases are green together from `from_ms` to `to_ms` (absolute, of the tick's clock)."""

    phases: tuple[PhaseNumber, ...]
    from_ms: Ms
    to_ms: Ms


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of one lane: vehicles that stand, and that come within the horizon; how sure: 1 by both loops, less by
    what stands in for them; `source` says what is believed (`loops`, `single` where there are no more, `partner`, `sibling`,
    `profile`, `recall`)."""

    lane: LaneName
    queue: float
    arrivals: float
    source: str = "loops"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A loop that is not believed, and why, in words."""

    detector: DetectorNumber
    why: str


@dataclass(frozen=True, slots=True)
class Option:
    """One way on: its steps and its cost in vehicle-seconds over the horizon."""

    steps: tuple[Step, ...]
    cost: float


@dataclass(frozen=True, slots=True)
class Advice:
    """What the adaptive layer asks for from now on, and why.

    `made_ms`: the `now` of the observation it answers. `best`, `others`: what was chosen and the best alternatives, for the
    screen and the log. `healthy` False: the loops do not carry it; `why` says so in words, and nothing is asked but recalls
    for those whom nobody sees and ends of greens that a bad loop would extend for ever.
    """

    made_ms: Ms
    calls: Phases = NOBODY
    ped_calls: Phases = NOBODY
    holds: Phases = NOBODY
    force_offs: Phases = NOBODY
    omits: Phases = NOBODY
    healthy: bool = True
    why: str = ""
    best: Option | None = None
    others: tuple[Option, ...] = ()
    expects: tuple[Expected, ...] = ()
    took_us: int = 0
    """How long the computer searched, in microseconds; 0 in simulation, so that a seed means one result."""
    doubts: tuple[Doubt, ...] = ()
    """The loops that are not believed, beside those that the engine has failed itself."""
