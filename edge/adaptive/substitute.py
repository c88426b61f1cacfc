"""What stands in for a loop that is not believed, lane by lane, and whether what is left carries adaptive timing.

The lane's other loop; then the lane beside it, by the learned ratio of their volumes; then the day's profile; then nothing but
a recall to the green that was long enough before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.adaptive.forecast import Stage
from edge.adaptive.lane_state import USUAL_RATE, LaneState
from edge.adaptive.learned import Greens
from edge.adaptive.outflow import HEADWAY_S
from edge.model.lanes import Lane, LaneName
from edge.model.site import Site
from edge.model.units import DetectorNumber, PhaseNumber


@dataclass(frozen=True, slots=True)
class Belief:
    """Which loops of a lane are believed, what is built on them, and how far it is trusted."""

    advance: DetectorNumber | None
    stopbar: DetectorNumber | None
    source: str = "recall"

    @property
    def trust(self) -> float:
        """1 by both loops."""
        return TRUST[self.source]


TRUST = {"loops": 1.0, "single": 0.6, "partner": 0.6, "sibling": 0.4, "profile": 0.3, "recall": 0.1}
"""How far a queue is believed by what it is built on. Ours: in the order of adaptive-control, section 4."""

MOST_BAD = 0.4
"""Of the loops (adaptive-control, section 4, E)."""

LEAST_COUNTED_S = 300.0
"""A ratio of volumes rests on so many seconds at least. Ours."""

MOST_BLIND_APPROACHES = 1
"""Approaches of whose arrivals nobody knows (adaptive-control, section 4, B)."""

SHORT_M = 40.0
"""A lane so short holds no more than five vehicles: between two signals of one junction there is no place for an advance loop,
and little that a stop-bar loop does not show. Ours."""

PLANNED_SATURATION = 0.85
"""Degree of saturation that a good plan leaves in its busiest hour (HCM: below 0.9)."""


def loops_of(lane: Lane, bad: frozenset[DetectorNumber]) -> tuple[DetectorNumber | None, DetectorNumber | None]:
    """The first advance and the first stop-bar loop that are believed."""
    advance = next((number for number in lane.advance if number not in bad), None)
    return advance, next((number for number in lane.stopbar if number not in bad), None)


def belief_of(state: LaneState, bad: frozenset[DetectorNumber], states: Mapping[LaneName, LaneState]) -> Belief:
    """What the lane's queue is built on; what it borrows from a lane beside it is put into its state."""
    advance, stopbar = loops_of(state.lane, bad)
    state.borrowed = None
    if advance is not None and stopbar is not None:
        return Belief(advance, stopbar, "loops")
    if advance is not None or stopbar is not None:
        missed = (advance is None and state.lane.advance) or (stopbar is None and state.lane.stopbar)
        return Belief(advance, stopbar, "partner" if missed else "single")
    state.borrowed = _borrowed(state, bad, states)
    if state.borrowed is not None:
        return Belief(None, None, "sibling")
    return Belief(None, None, "recall" if state.usual is None else "profile")


def _borrowed(state: LaneState, bad: frozenset[DetectorNumber], states: Mapping[LaneName, LaneState]) -> float | None:
    """The rate of the first lane beside it that is seen, by the ratio that their volumes had."""
    for name in state.lane.siblings:
        other = states.get(name)
        if other is not None and any(loops_of(other.lane, bad)):
            return other.rate * _ratio(state, other)
    return None


def _ratio(state: LaneState, other: LaneState) -> float:
    """How much of the other's volume the lane had; by the fixed plan, until both were counted for a while."""
    counted_s = min(state.volume.seconds, other.volume.seconds)
    if counted_s < LEAST_COUNTED_S or other.volume.vehicles <= 0.0:
        return state.planned_rate / other.planned_rate
    return state.volume.rate(0.0, 0.0) / other.volume.rate(0.0, 0.0)


FAILED_GREENS = 2
"""So many greens in a row that end with the queue over the advance loop are no accident. Ours (adaptive-control: 2 cycles)."""


def fitness(
    states: Iterable[LaneState], beliefs: Mapping[LaneName, Belief], unproved: frozenset[DetectorNumber]
) -> tuple[bool, str]:
    """Whether the loops that are left carry adaptive timing, and why not. `unproved`: those that nobody has driven over since
    the start. Lanes of bicycles or buses that have no others say nothing against those that are seen."""
    states = tuple(state for state in states if not _is_seldom_used(state.lane, unproved))
    if not states:
        return False, "nobody has driven over any loop yet"
    blind = _blind_approaches(states)
    loops = sum(len(state.lane.advance[:1]) + len(state.lane.stopbar[:1]) for state in states)
    known = (beliefs[state.lane.name] for state in states if state.lane.name in beliefs)
    seen = sum((b.advance is not None) + (b.stopbar is not None) for b in known)
    if not loops or (loops - seen) / loops > MOST_BAD:
        return False, f"{loops - seen} of {loops} loops are not to be believed"
    if len(blind) > MOST_BLIND_APPROACHES:
        return False, _why_blind(states, blind)
    return True, ""


def _is_seldom_used(lane: Lane, unproved: frozenset[DetectorNumber]) -> bool:
    return not lane.cars and unproved.issuperset((*lane.stopbar, *lane.advance))


def capacity(states: Iterable[LaneState], stages: Iterable[Stage]) -> tuple[bool, str]:
    """Whether the junction carries what comes, and if not, which approaches say so.

    Beyond capacity a queue reaches past the advance loop, where nobody counts it: a plan of a minute that believes in short
    queues changes too often and loses what a long green would carry. Plain actuation runs to its longest greens then.
    """
    rows = tuple(stages)
    full = [state.lane for state in states if state.long.failures >= FAILED_GREENS]
    for k, lane in enumerate(full):
        for other in full[k + 1 :]:
            if not any(s & lane.phases and s & other.phases for s in rows):
                both = " and ".join(sorted((lane.name, other.name)))
                return False, f"more comes than can be carried in the lanes {both}"
    return True, ""


def _blind_approaches(states: Iterable[LaneState]) -> set[str]:
    """The approaches of which nobody sees who comes: no lane has an advance loop that is believed, and more fits on one of them
    than its stop-bar loop shows. Lanes without such a loop, beside one that has it, are fed from there or are short."""
    sighted: dict[str, list[bool]] = {}
    for state in states:
        short = state.sees_out and state.lane.length_m <= SHORT_M
        sighted.setdefault(state.lane.approach, []).append(state.sees_in or short)
    return {approach for approach, lanes in sighted.items() if not any(lanes)}


def _why_blind(states: tuple[LaneState, ...], blind: set[str]) -> str:
    """Apart, because they are mended apart: approaches that were built without advance loops, and those whose loops fail."""
    built = {state.lane.approach for state in states if state.lane.advance}
    bare, lost = ", ".join(sorted(blind - built)), ", ".join(sorted(blind & built))
    rows = [f"there is no advance loop upstream of the stop line on the approaches {bare}"] if bare else []
    rows += [f"the advance loops of the approaches {lost} are not believed"] if lost else []
    return f"nobody sees who comes, for {', and '.join(rows)}"


def planned_greens(site: Site) -> dict[PhaseNumber, float]:
    """The greens of the fixed plan at the bottom of the ladder, s; empty where there is none."""
    plan = site.plans.get(site.fallback.plan)
    if plan is None:
        return {}
    return {
        phase: max(split_ms - site.phases[phase].change_ms, site.phases[phase].min_green_ms) / 1000
        for phase, split_ms in plan.splits.items()
        if phase in site.phases
    }


def planned_rate(site: Site, lane: Lane, greens: Mapping[PhaseNumber, float]) -> float:
    """The arrivals that the fixed plan was made for, vehicles a second, if it was made well."""
    plan = site.plans.get(site.fallback.plan)
    longest_s = max((greens.get(phase, 0.0) for phase in lane.phases), default=0.0)
    if plan is None or not longest_s or not plan.cycle_ms:
        return USUAL_RATE
    return PLANNED_SATURATION * longest_s * 1000 / plan.cycle_ms / HEADWAY_S


def recalls(
    states: Iterable[LaneState],
    beliefs: Mapping[LaneName, Belief],
    greens: Mapping[PhaseNumber, Greens],
    planned: Mapping[PhaseNumber, float],
) -> dict[PhaseNumber, float] | None:
    """Phases of lanes at whose stop line nobody sees who waits, with the green that was long enough before."""
    blind = sorted({p for s in states if s.lane.name in beliefs and not s.sees_out for p in s.lane.phases})
    return {p: greens[p].historic if p in greens else planned.get(p, 0.0) for p in blind} or None
