"""Programs of SUMO's type NEMA: their states are phases, not stages; what runs together follows from rings and barriers.

`ring1` and `ring2` name phases in order, 0 for none; `barrierPhases` and `barrier2Phases` those after which a ring waits for
the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product


def stages(phases: Mapping[str, str], parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The states of everything that may be green together. `phases`: name → state. Without rings the states as they are."""
    ends = {name for key in ("barrierPhases", "barrier2Phases") for name in _names(parameters, key)}
    rings = [_groups((p for p in _names(parameters, key) if p in phases), ends) for key in ("ring1", "ring2")]
    if not any(any(ring) for ring in rings):
        return tuple(phases.values())
    found: list[str] = []
    for g in range(max(map(len, rings))):
        there = [ring[g] for ring in rings if g < len(ring) and ring[g]]
        found += [_together([phases[p] for p in mates]) for mates in product(*there) if mates]
    return tuple(dict.fromkeys(found))


def _names(parameters: Mapping[str, str], key: str) -> list[str]:
    return [name.strip() for name in parameters.get(key, "").split(",")]


def _groups(ring: Iterable[str], ends: set[str]) -> list[list[str]]:
    """A ring cut after the phases at its barriers."""
    found: list[list[str]] = [[]]
    for phase in ring:
        found[-1].append(phase)
        if phase in ends:
            found.append([])
    return found if found[-1] else found[:-1]


def _together(states: Sequence[str]) -> str:
    """What a light shows while several phases are green: the strongest of each place."""
    return "".join(next((c for c in "Gg" if c in place), place[0]) for place in zip(*states, strict=False))
