"""What the loops of a site say about each other: who shares a lane, what came elsewhere, which phase nobody sees."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from edge.adaptive.health_case import PROBED_FROM, LoopCase, silent
from edge.adaptive.health_evidence import APPROACH_SILENT, Ill, Odds, convicts
from edge.adaptive.health_lane import LaneLamps
from edge.adaptive.health_silence import Silence
from edge.adaptive.health_words import sentence
from edge.model.lanes import Lane, LaneName
from edge.model.units import MINUTE_MS, SECOND_MS, DetectorNumber, Ms, PhaseNumber

UNPROVED_S = 150
UNPROVED_ELSEWHERE = 15
"""So many vehicles elsewhere and nobody at any loop of an approach since the start: not seen alive. An approach that carries
120 vehicles an hour is silent for so long once in 150 times; until then it is probed. Ours."""
UNPROVED_LANE_S = 600
"""The same of the loops of one phase, beside lanes that are seen: a turn of 30 vehicles an hour is often silent for minutes."""
PROBE_MS: Ms = 90 * SECOND_MS
"""A phase whose loops tell nothing is called when it has been red for so long. Ours: below the waits people accept."""
RECALLED_FROM = 4.0
"""Nats of silence of a whole approach from which on it is recalled before any verdict: one in 55, by its own past alone. In 17
hours of healthy approaches in SUMO it was never reached, and 3.0 in 136 s (`bench/health.py` records the like). Ours."""
_FAIR = 0.2


class Round:
    """The loops of a site and their lanes. `on`: the loops that are occupied at `now`; `guessed`: which of them share a lane
    is not known for certain, so they must first be seen to."""

    def __init__(self, lanes: Iterable[Lane], now: Ms, on: frozenset[DetectorNumber], *, guessed: bool = False) -> None:
        self.lanes = tuple(lanes)
        self._guessed = guessed
        self.places: dict[frozenset[LaneName], LaneLamps] = {}
        self.cases: dict[DetectorNumber, LoopCase] = {}
        self._names: dict[DetectorNumber, frozenset[LaneName]] = {}
        for lane in self.lanes:
            for number in (*lane.stopbar, *lane.advance):
                if number not in self.cases:
                    self.cases[number] = self._case(number, now, number in on)
        for number, case in self.cases.items():
            mates = case.lamps.lane.advance if case.stop_bar else case.lamps.lane.stopbar
            case.mates = tuple(self.cases[n] for n in mates if n != number)
        self.stop_bars = {lane.name: tuple(self.cases[n] for n in lane.stopbar) for lane in self.lanes}
        self.advances = {lane.name: tuple(self.cases[n] for n in lane.advance) for lane in self.lanes}
        self._approaches = self._by_approach()
        self._by_phase = _by_phase(self.lanes, self.cases)
        self._elsewhere = 0
        self._minute_since = now

    def _case(self, number: DetectorNumber, now: Ms, on: bool) -> LoopCase:  # noqa: FBT001
        sharing = [lane for lane in self.lanes if number in lane.stopbar or number in lane.advance]
        names = frozenset(lane.name for lane in sharing)
        self._names[number] = names
        lamps = self.places.setdefault(names, LaneLamps(_merged(sharing)))
        stop_bar = any(number in lane.stopbar for lane in sharing)
        case = LoopCase(number, lamps, now, len(self.lanes) - 1, on=on, stop_bar=stop_bar)
        forks = max((sum(n in lane.advance for lane in self.lanes) for n in lamps.lane.advance), default=1)
        if self._guessed:
            case.dead.odds = Odds(1.0, 1.0)
        elif forks > 1 and stop_bar:
            case.dead.odds = Odds(1.0, forks - 1 + _FAIR)
        return case

    def _by_approach(self) -> list[tuple[frozenset[LaneName], tuple[LoopCase, ...], Silence]]:
        """Each approach: its lanes, its loops, and the silence of all of them."""
        lanes: dict[str, list[Lane]] = {}
        for lane in self.lanes:
            lanes.setdefault(lane.approach, []).append(lane)
        found = []
        for here in lanes.values():
            numbers = dict.fromkeys(n for lane in here for n in (*lane.stopbar, *lane.advance))
            names = frozenset(lane.name for lane in here)
            found.append((names, tuple(self.cases[n] for n in numbers), Silence(len(self.lanes) - len(here))))
        return found

    def second(self, now: Ms) -> dict[DetectorNumber, int]:
        """Close the counts of this second, and the minute if it is over; of each loop, how many came in the other lanes."""
        came = {lane.name: self._came(lane) for lane in self.lanes}
        whole = sum(came.values())
        self._elsewhere += whole
        for names, cases, silence in self._approaches:
            silent = not any(c.track.on or c.rose_now for c in cases)
            good = all(c.believed for c in cases)
            silence.second(silent=silent, came_elsewhere=whole - sum(came[name] for name in names), learn=good)
        if now - self._minute_since >= MINUTE_MS:
            self._minute_since = now
            self._minute_over()
        return {number: whole - sum(came[name] for name in self._names[number]) for number in self.cases}

    def _came(self, lane: Lane) -> int:
        """Whether somebody new came in a lane, as far as believed loops say."""
        counting = self.stop_bars[lane.name] or self.advances[lane.name]
        return int(any(c.visited and c.believed for c in counting))

    def freshen(self) -> None:
        """Nobody knows what happened until now."""
        for _, _, silence in self._approaches:
            silence.forget()

    def silent_approaches(self, now: Ms) -> None:
        """Convict all loops of an approach that has been silent for improbably long."""
        for _, cases, silence in self._approaches:
            evidence = silence.evidence(alive=any(c.track.alive for c in cases))
            if convicts(evidence, APPROACH_SILENT):
                why = sentence(Ill.DEAD, evidence)
                for case in cases:
                    case.dead_with_all(now, f"{why}, and so is its whole approach")

    def _minute_over(self) -> None:
        counts = {number: case.in_minute for number, case in self.cases.items()}
        for number, case in self.cases.items():
            mates = [counts[m.number] for m in case.mates if m.speaks]
            others = [counts[n] for n, c in self.cases.items() if c.speaks and not self._names[n] & self._names[number]]
            case.minute_over(sum(mates) if mates else None, sum(others) / len(others) if others else 0.0)
        for case in self.cases.values():
            case.in_minute = 0

    def is_empty(self, name: LaneName, gap_s: float, now: Ms) -> bool:
        """Whether nobody comes in this lane, as far as believed loops say."""
        stops = self.stop_bars.get(name, ())
        loops = stops or self.advances.get(name, ())
        return bool(loops) and all(c.speaks and c.track.quiet_s(now) >= gap_s for c in loops)

    def unproved(self, running_s: int) -> tuple[LoopCase, ...]:
        """The loops of phases, and of approaches, at which none has been seen alive, although there was time and traffic
        elsewhere."""
        if running_s < UNPROVED_S or self._elsewhere < UNPROVED_ELSEWHERE:
            return ()
        found: dict[DetectorNumber, LoopCase] = {}
        phases = ((cases, UNPROVED_LANE_S) for cases in self._by_phase.values())
        approaches = ((cases, UNPROVED_S) for _, cases, _ in self._approaches)
        for cases, after_s in (*phases, *approaches):
            if not any(c.track.alive or c.track.on for c in cases):
                found.update((c.number, c) for c in cases if c.track.heard_s >= after_s)
        return tuple(found.values())

    def unseen(self) -> dict[PhaseNumber, bool]:
        """The phases that somebody may wait for whom no loop tells of. True: no loop of an approach is believed, or its silence
        is all but impossible; False: its loops, or those of the phase, have not been seen alive yet or are silent for
        improbably long: worth a probe."""
        found = {phase: False for phase, cases in self._by_phase.items() if all(silent(c) for c in cases)}
        for _, cases, silence in self._approaches:
            blind = all(c.verdict is not None and silent(c) for c in cases)
            if blind or silence.own >= PROBED_FROM:
                whole = blind or silence.own >= RECALLED_FROM
                found.update((phase, whole) for c in cases for phase in c.lamps.lane.phases)
        return found


def _merged(lanes: list[Lane]) -> Lane:
    """One lane that stands for all that share a loop."""
    first, *more = lanes
    if not more:
        return first
    return replace(
        first,
        movements=tuple(dict.fromkeys(m for lane in lanes for m in lane.movements)),
        stopbar=tuple(dict.fromkeys(n for lane in lanes for n in lane.stopbar)),
        advance=tuple(dict.fromkeys(n for lane in lanes for n in lane.advance)),
        exits=tuple(dict.fromkeys(n for lane in lanes for n in lane.exits)),
    )


def _by_phase(lanes: tuple[Lane, ...], cases: Mapping[DetectorNumber, LoopCase]) -> dict[PhaseNumber, list[LoopCase]]:
    """The loops that speak for each phase."""
    found: dict[PhaseNumber, dict[DetectorNumber, LoopCase]] = {}
    for lane in lanes:
        for phase in lane.phases:
            found.setdefault(phase, {}).update((n, cases[n]) for n in (*lane.stopbar, *lane.advance))
    return {phase: list(loops.values()) for phase, loops in sorted(found.items()) if loops}
