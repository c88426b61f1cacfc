"""How fast a shared lane moves in a right-of-way that not all of its movements have, measured in the stretch itself.

Where a turn yields or must wait while its neighbour goes, whoever stands at the head decides for all behind. Nobody tells what
the head wants, so for each kind of right-of-way the lane's mean time between departures, while somebody waits, stands for
it; the end of a green in which somebody still waits counts as time without a departure.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from edge.adaptive.shadow_vehicles import Discharge, Green, Vehicle
from edge.model.lanes import Lane
from edge.model.units import Ms, PhaseNumber

Kind: TypeAlias = str
"""One letter a movement: `g` goes, `y` goes and yields, `r` does not go."""

_PRIOR = 3
"""The saturation headway is believed like so many sights. Ours: shared lanes differ, and a quarter has some ten greens."""

_SLOWEST_MS: Ms = 30_000
"""No lane is taken to be slower. Ours: a vehicle a green."""


def kind_of(lane: Lane, greens: Collection[PhaseNumber]) -> Kind:
    """What its movements may do under these greens."""
    return "".join(_letter(m.phases.intersection(greens), m.opposed_in) for m in lane.movements)


def _letter(green: frozenset[PhaseNumber], opposed_in: frozenset[PhaseNumber]) -> str:
    if not green:
        return "r"
    return "y" if green <= opposed_in else "g"


def is_mixed(kind: Kind) -> bool:
    """Whether some of the lane may go and some may not, or must yield."""
    return "g" in kind and len(set(kind)) > 1


def paces(
    lane: Lane, vehicles: Iterable[Vehicle], greens: Mapping[PhaseNumber, Sequence[Green]], discharge: Discharge
) -> dict[Kind, Ms]:
    """The mean time between departures by mixed kind; not shorter than at saturation."""
    own = sorted((v for v in vehicles if v.lane == lane.name), key=lambda v: (v.left_ms is None, v.left_ms or v.due_ms))
    spent: dict[Kind, tuple[Ms, int]] = {}
    for began, ended, kind in spells(lane, greens):
        if is_mixed(kind):
            time, left = spent.get(kind, (0, 0))
            more, gone = _busy(own, began, ended)
            spent[kind] = time + more, left + gone
    headway = discharge.headway_ms
    found = {kind: (time + _PRIOR * headway) // (left + _PRIOR) for kind, (time, left) in spent.items()}
    return {kind: min(_SLOWEST_MS, max(headway, pace)) for kind, pace in found.items()}


def _busy(own: Sequence[Vehicle], began: Ms, ended: Ms) -> tuple[Ms, int]:
    """For how long somebody waited while the lane had this right-of-way, and how many left."""
    at, time, gone = began, 0, 0
    for vehicle in own:
        left = vehicle.left_ms
        if left is not None and left < began:
            continue
        since = max(at, vehicle.due_ms)
        if since >= ended:
            break
        if left is None or left >= ended:
            return time + ended - since, gone
        time, gone, at = time + left - since, gone + 1, left
    return time, gone


def spells(lane: Lane, greens: Mapping[PhaseNumber, Sequence[Green]]) -> list[tuple[Ms, Ms, Kind]]:
    """The lane's right-of-way, cut wherever its kind changes."""
    phases = lane.phases
    edges = sorted({ms for phase in phases for green in greens.get(phase, ()) for ms in green})
    found = []
    for began, ended in pairwise(edges):
        going = frozenset(p for p in phases if any(a <= began < b for a, b in greens.get(p, ())))
        if going:
            found.append((began, ended, kind_of(lane, going)))
    return found
