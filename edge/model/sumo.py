"""Where a site lies in a SUMO network: for `simulate --plant sumo` and nobody else. The engine never looks at it."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber


@dataclass(frozen=True, slots=True)
class SumoLoop:
    """A loop in a SUMO lane: from `from_m` to `to_m` along the lane, counted from the lane's beginning."""

    lane: str
    from_m: float
    to_m: float


@dataclass(frozen=True, slots=True)
class SumoSite:
    """`tls`: id of the traffic light. `links`: for each channel the link indices it shows (places in SUMO's state string);
    `yields`: the links that must yield while any of these other links is green (small g). `loops`: of each detector;
    several, where the upstream lane forks. `crossings`: SUMO edges whose waiting pedestrians press a button."""

    tls: str
    links: Mapping[ChannelNumber, tuple[int, ...]]
    yields: Mapping[int, tuple[int, ...]]
    loops: Mapping[DetectorNumber, tuple[SumoLoop, ...]]
    crossings: Mapping[ButtonNumber, tuple[str, ...]]
    on_red: tuple[int, ...] = ()
    """Links that may turn on red after a stop (small s) while their channel is red."""
