"""Whom each lane calls and extends, so that plain actuation serves it. One rule for every site.

A lane calls the phase that serves it best; of several that serve it equally (as a right turn that is green beside the left
turns of the cross street too) that of its own approach in a dual ring, of stages the first. Where another phase
protects a movement that is opposed, or red, in that one, the stop-bar loop calls it too, by a second input with a delay: who
still stands there then has not got away. A phase that nobody calls so is called in the same way by every lane that it serves
as well as their best: whichever comes first serves them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge.model.lanes import Lane, Turn
from edge.model.units import PhaseNumber
from edge.sim.sumo_import.lanes import Placed

_WEIGHTS: Mapping[Turn, int] = {Turn.THROUGH: 4, Turn.LEFT: 2, Turn.RIGHT: 2, Turn.U_TURN: 0}
"""How much of a lane's traffic a movement is taken for: through traffic is about twice either turn (HCM defaults). Ours."""


@dataclass(frozen=True, slots=True)
class Serves:
    """What a phase does for a lane: the turns that are protected, and those that are green at all."""

    protected: frozenset[Turn]
    green: frozenset[Turn]

    @property
    def worth(self) -> tuple[int, int]:
        """More is better: protected traffic first."""
        return sum(_WEIGHTS[t] for t in self.protected), sum(_WEIGHTS[t] for t in self.green)


def serves(lane: Lane) -> dict[PhaseNumber, Serves]:
    """What each phase does for a lane."""
    return {
        phase: Serves(frozenset(_turns(lane, phase, opposed=False)), frozenset(_turns(lane, phase, opposed=True)))
        for phase in sorted(lane.phases)
    }


def best_phase(placed: Placed) -> PhaseNumber:
    """The phase that serves a lane best; of equal ones its own, then the first."""
    found = serves(placed.lane)
    return max(found, key=lambda p: (*found[p].worth, p == placed.own, -p))


def second_phases(placed: Placed) -> tuple[PhaseNumber, ...]:
    """The phases that protect a movement which the best one leaves opposed or red."""
    found = serves(placed.lane)
    best = best_phase(placed)
    left_over = {t for t in placed.lane.turns if t not in found[best].protected and _WEIGHTS[t]}
    seconds = []
    for phase in sorted(found, key=lambda p: (*found[p].worth, -p), reverse=True):
        if phase != best and left_over & found[phase].protected:
            left_over -= found[phase].protected
            seconds.append(phase)
    return tuple(seconds)


def is_as_good(placed: Placed, phase: PhaseNumber) -> bool:
    """Whether a phase serves a lane as well as its best one."""
    found = serves(placed.lane)
    return phase in found and found[phase].worth == found[best_phase(placed)].worth


def may_be_blocked(placed: Placed) -> bool:
    """Whether its first vehicle may stand in the green of the best phase, because its turn is opposed or red there."""
    found = serves(placed.lane)[best_phase(placed)]
    return any(turn not in found.protected for turn in placed.lane.turns)


def goes_in_best(placed: Placed) -> bool:
    """Whether nobody in a lane is held by a red arrow in the phase that serves it best."""
    return placed.lane.turns <= serves(placed.lane)[best_phase(placed)].green


def _turns(lane: Lane, phase: PhaseNumber, *, opposed: bool) -> Iterator[Turn]:
    for movement in lane.movements:
        if phase in movement.phases and (opposed or phase not in movement.opposed_in):
            yield movement.turn
