"""Which runs the benchmark consists of: the core, and the rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from typing_extensions import override

from traffic.scenarios import FIXED, LOOP_PEERS, PEERS, Scenario

SEEDS = (1, 2, 3, 4, 5)
FEW = 2
"""Of them in the core, for more and less demand and for stop-bar sites."""
SCALES = (0.6, 1.2)
KINDS = ("stuck", "dead", "chatter", "intermittent")
APPROACHES = ("minor", "major")
SINCE = (0, 900)
"""From the start, and from 15 min on, s."""


class Ours(Enum):
    """Our controllers, as `--strategy` says."""

    FIXED = "fixed"
    ACTUATED = "actuated"
    ADAPTIVE = "adaptive"


@dataclass(frozen=True)
class Fault:
    """All loops of one approach: its kind, which approach, from when, s after the start."""

    kind: str
    approach: str
    since: int

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.approach} from {self.since // 60} min"


@dataclass(frozen=True)
class Case:
    """One run."""

    scenario: Scenario
    controller: str
    seed: int
    scale: float = 1.0
    fault: Fault | None = None
    stopbar_only: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether our controller runs, not a peer's program."""
        return self.controller in {o.value for o in Ours}

    def key(self, program: str) -> dict[str, Any]:
        """What tells this run from every other. `program`: a hash of what runs."""
        return {
            "scenario": self.scenario.name,
            "controller": self.controller,
            "seed": self.seed,
            "scale": self.scale,
            "fault": str(self.fault) if self.fault else "",
            "loops": "stop bar" if self.stopbar_only else "all",
            "conditions": f"{self.scenario.begin}-{self.scenario.end} s, {self.scenario.least}",
            "program": program,
        }


def core(scenarios: tuple[Scenario, ...], own: tuple[Scenario, ...]) -> Iterator[Case]:
    """What fits in 45 minutes: everybody's hour, more and less demand, and every kind of fault. `own`: our own scenarios."""
    for s in scenarios:
        yield from (Case(s, p, seed) for p in PEERS if s.has(p) for seed in SEEDS)
    for s in (*scenarios, *own):
        yield from (Case(s, o.value, seed) for o in Ours for seed in SEEDS)
    for s in own:
        yield from (Case(s, p, seed) for p in (FIXED, *LOOP_PEERS) for seed in SEEDS if s.has(p))
    for s in scenarios:
        yield from _scaled(s, SEEDS[:FEW])
        yield from _stopbar(s, SEEDS[:FEW])
    for s in scenarios:
        yield from (Case(s, Ours.ADAPTIVE.value, 1, fault=f) for f in faults() if _in_core(f))


def rest(scenarios: tuple[Scenario, ...]) -> Iterator[Case]:
    """Everything else: all seeds of the scaled demand, the faults and the stop-bar sites."""
    for s in scenarios:
        yield from _scaled(s, SEEDS[FEW:])
        yield from _stopbar(s, SEEDS[FEW:])
    for s in scenarios:
        wanted = ((seed, f) for seed in SEEDS for f in faults() if seed > 1 or not _in_core(f))
        yield from (Case(s, Ours.ADAPTIVE.value, seed, fault=f) for seed, f in wanted)


def is_core(case: Case) -> bool:
    """Whether a case belongs to the core."""
    if case.fault is not None:
        return case.seed == 1 and _in_core(case.fault)
    return case.seed <= FEW or (case.scale == 1 and not case.stopbar_only)


def faults() -> Iterator[Fault]:
    """The matrix of faults."""
    return (Fault(kind, approach, since) for kind in KINDS for approach in APPROACHES for since in SINCE)


def _in_core(fault: Fault) -> bool:
    """Each kind on each approach once: what is dead or stuck from the start, what comes and goes from 15 min on."""
    return (fault.since == 0) is (fault.kind in {"stuck", "dead"})


def _scaled(s: Scenario, seeds: tuple[int, ...]) -> Iterator[Case]:
    peers = [p for p in (FIXED, *LOOP_PEERS) if s.has(p) and p != "actuated-default"]
    for controller in (*peers, Ours.ACTUATED.value, Ours.ADAPTIVE.value):
        yield from (Case(s, controller, seed, scale) for scale in SCALES for seed in seeds)


def _stopbar(s: Scenario, seeds: tuple[int, ...]) -> Iterator[Case]:
    for strategy in (Ours.ACTUATED, Ours.ADAPTIVE):
        yield from (Case(s, strategy.value, seed, stopbar_only=True) for seed in seeds)
