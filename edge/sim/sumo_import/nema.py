"""Programs of SUMO's type NEMA: their states are phases, not stages; what runs together follows from rings and barriers.

`ring1` and `ring2` name phases in order, 0 for none. As in SUMO the first two places of a ring are one side of the barrier and
the next two the other; `barrierPhases` name one phase of each ring on one side, and `barrier2Phases` or `coordinatePhases`
one on the other.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import product

from edge.sim.sumo_import.problem import NetProblem

_SIDE = 2
"""Places of a ring on one side of the barrier."""

_BARRIERS = (("barrierPhases",), ("barrier2Phases", "coordinatePhases"))


def stages(phases: Mapping[str, str], parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The states of everything that may be green together. `phases`: name → state. Without rings the states as they are.

    Raises:
        NetProblem: two rings are not told apart at the barrier: crossing phases might be taken for companions.
    """
    rings = [
        ring for ring in (_names(parameters, "ring1"), _names(parameters, "ring2")) if any(p in phases for p in ring)
    ]
    if not rings:
        return tuple(phases.values())
    if len(rings) > 1:
        _check(rings, parameters)
    found: list[str] = []
    for start in range(0, max(map(len, rings)), _SIDE):
        side = [[p for p in ring[start : start + _SIDE] if p in phases] for ring in rings]
        there = [group for group in side if group]
        found += [_together([phases[p] for p in mates]) for mates in product(*there) if mates]
    return tuple(dict.fromkeys(found))


def _names(parameters: Mapping[str, str], key: str) -> list[str]:
    """The phases a parameter names: each digit is one, whatever stands between (as SUMO reads them)."""
    return re.findall("[0-9]", parameters.get(key, ""))


def _check(rings: Sequence[Sequence[str]], parameters: Mapping[str, str]) -> None:
    """That both rings have the barrier in the same place."""
    if any(len(ring) > 2 * _SIDE for ring in rings):
        raise NetProblem(
            "a ring of its NEMA program has more than four places: two on each side of the barrier, 0 for none"
        )
    sides: list[set[int]] = []
    for keys in _BARRIERS:
        ends = {name for key in keys for name in _names(parameters, key)} - {"0"}
        there = [{k // _SIDE for k, name in enumerate(ring) if name in ends} for ring in rings]
        if not all(there):
            raise NetProblem(f"its NEMA program has two rings, but {' or '.join(keys)} do not name a phase of each")
        sides.append(set.union(*there))
    if any(len(side) != 1 for side in sides) or sides[0] == sides[1]:
        raise NetProblem(
            "the barriers of its NEMA program are not where its rings have them: after two places each, 0 for none, with "
            "barrierPhases on one side and barrier2Phases or coordinatePhases on the other"
        )


def _together(states: Sequence[str]) -> str:
    """What a light shows while several phases are green: the strongest of each place, a turn on red before plain red."""
    return "".join(next((c for c in "Ggs" if c in place), place[0]) for place in zip(*states, strict=False))
