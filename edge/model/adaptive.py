"""The site's rules for the adaptive layer. They hold in the controller, whatever the adviser says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from edge.model.units import Ms, PhaseNumber


class AdaptiveMode(Enum):
    """`off`: nothing is computed. `advise`: computed, logged and compared, and nothing is asked (shadow). `act`: asked."""

    OFF = "off"
    ADVISE = "advise"
    ACT = "act"


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


NO_RULES = AdaptiveRules()
"""Nothing is computed."""
