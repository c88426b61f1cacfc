"""The site's rules for the adaptive layer. They hold in the controller, whatever the adviser says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from edge.model.advice import Advice, Phases
from edge.model.phases import Phase
from edge.model.units import MINUTE_MS, Ms, PhaseNumber

_LONGER_PERCENT = 120


class AdaptiveMode(Enum):
    """`off`: nothing is computed. `advise`: computed, logged and compared, and nothing is asked (shadow). `act`: asked."""

    OFF = "off"
    ADVISE = "advise"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Window:
    """An offset window: when a platoon of the junction before reaches the stop line, told by the clock.

    It begins `offset_ms` after every full `cycle_ms` since local midnight, as the offset of a plan is counted, and lasts
    `lasts_ms`. In it come `platoon_ratio` times as many vehicles a second to the lanes of `phases` as on average (HCM 6,
    chapter 19: the platoon ratio of an arrival type).
    """

    phases: Phases
    cycle_ms: Ms
    offset_ms: Ms
    lasts_ms: Ms
    platoon_ratio: float

    @property
    def outside(self) -> float:
        """The same for the rest of the cycle, so that the mean stays. Negative: more than everybody would come in it."""
        part = self.lasts_ms / self.cycle_ms
        return (1.0 - self.platoon_ratio * part) / (1.0 - part)


@dataclass(frozen=True, slots=True)
class AdaptiveRules:
    """The site's limits for the adaptive layer.

    `max_wait_ms`, `ped_max_wait_ms`: a call that has waited so long is not omitted any more, and no green is held against it.
    `max_green_ms`: no green is held longer while somebody who conflicts with it waits; phases that are missing: 120 % of
    their maximum green, at least 60 s. `act_unproved`: acts although shadow shows no gain, by this person's name; empty: not.
    """

    mode: AdaptiveMode = AdaptiveMode.OFF
    max_wait_ms: Ms = 120_000
    ped_max_wait_ms: Ms = 90_000
    max_green_ms: Mapping[PhaseNumber, Ms] = field(default_factory=dict)
    act_unproved: str = ""
    switchback_days: bool = False
    """On every second day plain actuation runs, so that the gain can be shown."""
    windows: tuple[Window, ...] = ()
    """When platoons of neighbours come. They are weighed with everything else and force nothing."""

    def longest_hold_ms(self, phase: Phase) -> Ms:
        """How long the green of `phase` may be held while somebody who conflicts with it waits."""
        stated = self.max_green_ms.get(phase.number)
        return max(MINUTE_MS, phase.max_green_ms * _LONGER_PERCENT // 100) if stated is None else stated


NO_RULES = AdaptiveRules()
"""Nothing is computed."""


@dataclass(frozen=True, slots=True)
class AdaptiveStatus:
    """How it stands with the adaptive layer, for the screen.

    `free`: it may act now, as far as the rest of the controller goes. `acting`: its advice is being followed. `advice`: the
    last one heard, whatever its age; `age_ms` from the observation that it answers. `gaps`: how often in the last minute
    none was fresh.
    """

    mode: AdaptiveMode
    free: bool
    acting: bool
    advice: Advice | None
    age_ms: Ms | None
    gaps: int = 0
