"""What stands in for a loop that is not believed, lane by lane, and whether what is left carries adaptive timing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.adaptive.lane_state import LaneState
from edge.adaptive.learned import Greens
from edge.model.lanes import Lane, LaneName
from edge.model.units import DetectorNumber, PhaseNumber


@dataclass(frozen=True, slots=True)
class Belief:
    """Which loops of a lane are believed, what is built on them, and how far it is trusted."""

    advance: DetectorNumber | None
    stopbar: DetectorNumber | None
    source: str = "recall"
    trust: float = 0.1


TRUST = {"loops": 1.0, "partner": 0.6, "sibling": 0.4, "profile": 0.3, "recall": 0.1}
"""How far a queue is believed by what it is built on. Ours: in the order of adaptive-control, section 4."""

MOST_BAD = 0.4
"""Of the loops (adaptive-control, section 4, E)."""

MOST_BLIND_APPROACHES = 1
"""Approaches of whose arrivals nobody knows (adaptive-control, section 4, B)."""


def belief_of(lane: Lane, bad: frozenset[DetectorNumber]) -> Belief:
    """The first advance and the first stop-bar loop that are believed."""
    advance = next((number for number in lane.advance if number not in bad), None)
    stopbar = next((number for number in lane.stopbar if number not in bad), None)
    if advance is not None and stopbar is not None:
        source = "loops"
    else:
        source = "partner" if advance is not None or stopbar is not None else "recall"
    return Belief(advance, stopbar, source, TRUST[source])


def fitness(states: Iterable[LaneState], beliefs: Mapping[LaneName, Belief]) -> tuple[bool, str]:
    """Whether the loops that are left carry adaptive timing, and why not."""
    blind = {state.lane.approach for state in states if not state.sees_in}
    loops = sum(len(state.lane.advance[:1]) + len(state.lane.stopbar[:1]) for state in states)
    seen = sum((b.advance is not None) + (b.stopbar is not None) for b in beliefs.values())
    if not loops or (loops - seen) / loops > MOST_BAD:
        return False, f"{loops - seen} of {loops} loops are not to be believed"
    if len(blind) > MOST_BLIND_APPROACHES:
        return False, f"nobody sees who comes on the approaches {', '.join(sorted(blind))}"
    return True, ""


def recalls(
    states: Iterable[LaneState], beliefs: Mapping[LaneName, Belief], greens: Mapping[PhaseNumber, Greens]
) -> dict[PhaseNumber, float] | None:
    """Phases of lanes at whose stop line nobody sees who waits, with the green that was long enough before."""
    blind = {p for s in states if beliefs[s.lane.name].stopbar is None for p in s.lane.phases}
    found = {phase: greens[phase].historic for phase in sorted(blind) if phase in greens}
    return found or None
