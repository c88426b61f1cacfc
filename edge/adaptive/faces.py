"""The faces of the adaptive layer's rooms to each other. `edge.adaptive.adviser` leads from one to the next."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from edge.adaptive.forecast import Forecast, Stage
from edge.model.advice import Advice
from edge.model.observation import Observation
from edge.model.units import DetectorNumber


class Estimator(Protocol):
    """Queues, arrivals and rates by lane, from loops and lamps alone."""

    def see(
        self, seen: Observation, health: Mapping[DetectorNumber, str], unproved: frozenset[DetectorNumber] = frozenset()
    ) -> None:
        """Take in one second. `health`: loops that are not to be believed, with the reason (from `Health`); `unproved`: of
        them those that nobody has driven over since the start."""

    def forecast(self, stages: Iterable[Stage], horizon_s: int) -> Forecast:
        """What is expected from the last observation on, for these stages."""


class Health(Protocol):
    """Which loops may be believed, by two kinds of evidence each."""

    def see(self, seen: Observation) -> Mapping[DetectorNumber, str]:
        """Take in one second; the loops that are not to be believed now, with the reason in words."""


class Optimiser(Protocol):
    """The rolling-horizon search over the engine's legal sequences."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every stage that it may consider."""

    def advise(self, seen: Observation, forecast: Forecast) -> Advice:
        """What to ask for now. Pure: the same arguments in the same order give the same advice."""
