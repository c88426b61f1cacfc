"""What came of a SUMO run, as values and as it is printed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.model.units import SECOND_MS, Ms, PhaseNumber
from edge.sim.measure import PhaseFigures
from edge.sim.sumo.street import SumoCounts
from edge.sim.sumo.tripinfo import TripFigures
from edge.sim.sumo.walkers import CrossingFigures, pedestrians


@dataclass(frozen=True, slots=True)
class JunctionReport:
    """One junction. `largest_queue`: most vehicles that stood in one of its approach lanes; `optimiser`, `acted`: of
    adaptive alone."""

    site: int
    name: str
    tls: str
    phases: Mapping[PhaseNumber, PhaseFigures]
    violations: tuple[str, ...]
    largest_queue: int
    crossings: tuple[CrossingFigures, ...]
    optimiser: Mapping[str, float] | None = None
    acted: Mapping[str, object] | None = None

    def as_dict(self) -> dict[str, object]:
        """As it is printed with --json."""
        row: dict[str, object] = {
            "site": self.site,
            "name": self.name,
            "tls": self.tls,
            "violations": len(self.violations),
            "largest_queue": self.largest_queue,
            "phases": {str(phase): self.phases[phase].as_dict() for phase in sorted(self.phases)},
        }
        adaptive = {"acted": self.acted, "optimiser": self.optimiser}
        return {**row, **{name: dict(figures) for name, figures in adaptive.items() if figures is not None}}


@dataclass(frozen=True, slots=True)
class SumoReport:
    """The whole run. `walkers`: mean loss of everybody on foot, s, None where nobody walks."""

    strategy: str
    sumocfg: Path
    seed: int
    simulated_ms: Ms
    trips: TripFigures
    counts: SumoCounts
    walkers: tuple[int, float]
    sites: tuple[JunctionReport, ...]
    wall_ms: Ms

    @property
    def violations(self) -> tuple[str, ...]:
        """What the monitors refused, in words."""
        return tuple(f"{site.name}: {words}" for site in self.sites for words in site.violations)

    @property
    def speed_x(self) -> float:
        """Simulated time over the computer's time, loading included."""
        return round(self.simulated_ms / max(1, self.wall_ms), 1)

    def as_dict(self) -> dict[str, object]:
        """As it is printed with --json. Times in s; means are over all vehicles, the unfinished and undeparted included."""
        people, delay_s = self.walkers
        on_foot = pedestrians([crossing for site in self.sites for crossing in site.crossings])
        return {
            "v": 1,
            "plant": "sumo",
            "sumocfg": str(self.sumocfg),
            "strategy": self.strategy,
            "seed": self.seed,
            "simulated_s": self.simulated_ms / SECOND_MS,
            **asdict(self.trips),
            "largest_queue": max((site.largest_queue for site in self.sites), default=0),
            **asdict(self.counts),
            "pedestrians": {"people": people, "delay_s": delay_s, **on_foot},
            "violations": len(self.violations),
            "speed_x": self.speed_x,
            "sites": [site.as_dict() for site in self.sites],
        }
