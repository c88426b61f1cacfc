"""Which loops may be believed: from edges and lamps alone, by two kinds of evidence each.

`LoopWatch` leads one second through its parts: lanes under their lamps (`health_lane`), what the loops say about each other
(`health_round`), what speaks against a loop (`health_stuck`, `health_dead`, `health_chatter`), and its case
(`health_case`). What a device reports is taken at once.
"""

from collections.abc import Iterable, Mapping
from functools import partial

from edge.adaptive.health_case import LoopCase
from edge.adaptive.health_lane import LaneLamps, Lights, beside
from edge.adaptive.health_loop import LoopTrack
from edge.adaptive.health_round import ENDED_PROBE_MS, PROBE_MS, Round
from edge.adaptive.health_stuck import nobody_left, would_have_rolled
from edge.adaptive.health_words import UNPROVED, Verdict, reported
from edge.model.exchange import Mode
from edge.model.lanes import Lane
from edge.model.observation import Observation
from edge.model.units import SECOND_MS, DetectorNumber, Ms, PhaseNumber

_LOST_MS: Ms = 3 * SECOND_MS
"""After so long without an observation nobody knows what happened meanwhile. Ours."""
_GAP_S = 4.5
"""Opposing traffic whose stop bar has been free so long leaves a gap that is taken (critical gap 4.5 s, adaptive-control)."""
_BLOCKED_S = 8.0
"""A loop behind the junction occupied for so long: the road there is full (adaptive-control, spill-back)."""


class LoopWatch:
    """The `Health` of one site. `lanes`: those of the site file, or told from its detectors (`guessed`)."""

    def __init__(self, lanes: Iterable[Lane], *, guessed: bool = False) -> None:
        self._lanes = tuple(lanes)
        self._guessed = guessed
        self._round: Round | None = None
        self._exits: dict[DetectorNumber, LoopTrack] = {}
        self._last_ms: Ms = 0
        self._running_s = 0
        self._red_since: dict[PhaseNumber, Ms] = {}
        self.unseen: Mapping[PhaseNumber, bool] = {}
        """Phases to be served because nobody sees who may wait there. True: no loop of an approach tells anything, so as long
        as was usual and in every cycle; False: a probe, for the minimum, after 90 s of red, or 180 s where its traffic looks to
        have ended."""

    @property
    def verdicts(self) -> Mapping[DetectorNumber, Verdict]:
        """The loops that are not believed now."""
        cases = self._round.cases if self._round else {}
        return {number: case.verdict for number, case in cases.items() if case.verdict is not None}

    def see(self, seen: Observation) -> Mapping[DetectorNumber, str]:
        """Take in one second; the loops that are not to be believed now, with the reason in words."""
        if self._round is None:
            self._round = Round(self._lanes, seen.now, seen.occupied, guessed=self._guessed)
            exits = {number for lane in self._lanes for number in lane.exits}
            self._exits = {number: LoopTrack(seen.now, on=number in seen.occupied) for number in sorted(exits)}
        elif seen.now - self._last_ms > _LOST_MS:
            self._freshen(self._round, seen)
        else:
            self._hear(self._round, seen)
        self._last_ms = seen.now
        for number, case in self._round.cases.items():
            kind = seen.failed.get(number)
            case.device_says(seen.now, reported(kind) if kind is not None else None)
        if seen.mode is Mode.RUN:
            self._look(self._round, seen)
        return {number: verdict.why for number, verdict in self.verdicts.items()}

    # ── hearing ─────────────────────────────────────────────────────────────────────────────────

    def _freshen(self, loops: Round, seen: Observation) -> None:
        """Take the levels as they are: what happened since the last observation is not known."""
        for number, case in loops.cases.items():
            case.edge(seen.now, on=number in seen.occupied)
            case.freshen(seen.now)
        for number, track in self._exits.items():
            track.edge(seen.now, on=number in seen.occupied)
        loops.freshen()
        self._red_since.clear()

    def _hear(self, loops: Round, seen: Observation) -> None:
        for edge in seen.edges:
            if edge.detector in loops.cases:
                _edge(loops, loops.cases[edge.detector], edge.at_ms, on=edge.on)
            elif edge.detector in self._exits:
                self._exits[edge.detector].edge(edge.at_ms, on=edge.on)
        for number, case in loops.cases.items():
            _edge(loops, case, seen.now, on=number in seen.occupied)

    # ── looking ─────────────────────────────────────────────────────────────────────────────────

    def _look(self, loops: Round, seen: Observation) -> None:
        now = seen.now
        self._running_s += 1
        lights = Lights.of(seen)
        for place in loops.places.values():
            self._lamps(now, place, loops, lights)
        for case in loops.cases.values():
            case.count()
        elsewhere = loops.second(now)
        for number, case in loops.cases.items():
            case.second(now, elsewhere[number], dry=_dry(now, case))
            case.judge(now)
        loops.silent_approaches(now)
        for case in loops.unproved(self._running_s):
            case.unproved(now, UNPROVED)
        self.unseen = self._due(now, loops, lights)

    def _lamps(self, now: Ms, place: LaneLamps, loops: Round, lights: Lights) -> None:
        """Move one lane's lamps on, and tell its loops what has ended."""
        green_s, red_s = place.green_s, place.red_s
        full = any(t.falls and t.on_s(now) > _BLOCKED_S for t in map(self._exits.__getitem__, place.lane.exits))
        place.second(now, lights, partial(loops.is_empty, gap_s=_GAP_S, now=now), blocked=full)
        mine = [case for case in loops.cases.values() if case.lamps is place]
        if green_s and not place.green_s:
            self._green_ended(place, mine, loops, green_s)
        if red_s and not place.red_s:
            for case in mine:
                case.red_over()

    def _green_ended(self, place: LaneLamps, mine: list[LoopCase], loops: Round, green_s: int) -> None:
        others = [loops.places[frozenset((lane.name,))] for lane in beside(place.lane, self._lanes)
                  if frozenset((lane.name,)) in loops.places]  # fmt: skip
        others_moved = any(other.moved for other in others)
        anything = place.edges > 0 or any(other.edges for other in others)
        for case in mine:
            if case.track.on:
                case.stuck.green_ended(green_s, others_moved=others_moved, anything_moved=anything)

    def _due(self, now: Ms, loops: Round, lights: Lights) -> dict[PhaseNumber, bool]:
        """Whole approaches always; the other unseen phases when they have been red for so long."""
        unseen = loops.unseen()
        ended = loops.ended() if unseen else frozenset()
        self._red_since = {p: self._red_since.get(p, now) for p in unseen if p not in lights.green}
        longest = {p: ENDED_PROBE_MS if p in ended else PROBE_MS for p in self._red_since}
        late = {p for p, since in self._red_since.items() if now - since >= longest[p]}
        return {phase: whole for phase, whole in unseen.items() if whole or phase in late}


def _edge(loops: Round, case: LoopCase, at: Ms, *, on: bool) -> None:
    """One edge of a loop, told to the lane and to the other loops of the lane."""
    if on == case.track.on:
        return
    lamps, was_free_s = case.lamps, case.track.quiet_s(at)
    case.edge(at, on=on)
    loops.edge(case, at, on=on)
    lamps.edges += 1
    if case.stop_bar and not on:
        lamps.moved += 1
    if not on or not case.is_true_when_on:
        return
    way_ms = int(lamps.walk_s * SECOND_MS)
    for mate in case.mates:
        if mate.stop_bar:
            mate.dead.came(at, way_ms)
        elif was_free_s >= _GAP_S:
            mate.dead.passed(at, way_ms, mate.track)
            if mate.track.on and mate.track.on_s(at) * SECOND_MS > way_ms:
                mate.stuck.passed_unseen()


def _dry(now: Ms, case: LoopCase) -> bool:
    """Whether the other loops of its lane show that nobody can be standing on an occupied loop."""
    if not case.track.on or not all(mate.speaks for mate in case.mates):
        return False
    mates = [mate.track for mate in case.mates]
    if case.stop_bar:
        return nobody_left(now, case.lamps, mates)
    return would_have_rolled(now, case.track, case.lamps, mates)
