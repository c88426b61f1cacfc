"""What the loops of a site say about each other: who shares a lane, what came elsewhere, which phase nobody sees."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from edge.adaptive.health_case import PROBED_FROM, LoopCase, silent
from edge.adaptive.health_dead import Dead
from edge.adaptive.health_evidence import APPROACH_SILENT, THROUGH_SILENT, Ill, Odds, convicts
from edge.adaptive.health_flow import Flow, Tide
from edge.adaptive.health_lane import LaneLamps
from edge.adaptive.health_leaving import LATE_S, Leaving
from edge.adaptive.health_silence import Silence
from edge.adaptive.health_words import sentence
from edge.model.lanes import Lane, LaneName, Turn
from edge.model.units import MINUTE_MS, SECOND_MS, DetectorNumber, Ms, PhaseNumber

UNPROVED_S = 150
UNPROVED_ELSEWHERE = 15
"""So many vehicles elsewhere and nobody at any loop of an approach since the start: not seen alive. An approach that carries
120 vehicles an hour is silent for so long once in 150 times; until then it is probed. Ours."""
UNPROVED_LANE_S = 600
"""The same of the loops of one phase, beside lanes that are seen: a turn of 30 vehicles an hour is often silent for minutes."""
PROBE_MS: Ms = 90 * SECOND_MS
"""A phase whose loops tell nothing is called when it has been red for so long. Ours: below the waits people accept."""
ENDED_PROBE_MS: Ms = 180 * SECOND_MS
"""The same where traffic looks to have ended: hardly anybody is there, and each probe stops the others. Ours."""
RECALLED_FROM = 4.0
"""Nats of silence of a whole approach from which on it is recalled before any verdict: one in 55, by its own past alone. In 17
hours of healthy approaches in SUMO it was never reached, and 3.0 in 136 s (`bench/health.py` records the like). Ours."""
DRAINED_S = 900
"""So long an approach that looks like the end of its traffic is only probed. Ours."""
_FAIR = 0.2


@dataclass(frozen=True, slots=True)
class _Approach:
    """The lanes of an approach, its loops, the silence of all of them, and who may be left in the lanes that can tell."""

    names: frozenset[LaneName]
    cases: tuple[LoopCase, ...]
    silence: Silence
    leaving: tuple[Leaving, ...]
    counting: tuple[LoopCase, ...]
    flow: Flow
    tide: Tide
    is_whole: bool = True
    cars: bool = True

    @property
    def drained(self) -> bool:
        """Whether everybody who was seen has left, as far as loops of both kinds can tell."""
        return bool(self.leaving) and not any(one.behind for one in self.leaving)


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
        self._leaving = {
            lane.name: Leaving(turns_on_red=self.stop_bars[lane.name][0].lamps.turns_on_red)
            for lane in self.lanes
            if lane.stopbar and lane.advance
        }
        self._beside = {
            lane.name: [
                self._leaving[o.name] for o in self.lanes if o.approach == lane.approach and o.name in self._leaving
            ]
            for lane in self.lanes
        }
        self._approaches = [self._group(lanes) for lanes in _by_approach(self.lanes)]
        self._groups = (*self._approaches, *(self._group(lanes, is_whole=False) for lanes in _through(self.lanes)))
        self._sides = [[self.cases[n] for n in _loops(lanes)] for lanes in _sides(self.lanes)]
        self._flows = [approach.flow for approach in self._approaches]
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
            case.dead = Dead(now, Odds(1.0, 1.0), len(self.lanes) - 1, may_leave=True)  # who turns there is not known
        elif forks > 1 and stop_bar:
            case.dead.odds = Odds(1.0, forks - 1 + _FAIR)
        return case

    def _group(self, lanes: list[Lane], *, is_whole: bool = True) -> "_Approach":
        """Lanes of an approach whose silence is one."""
        numbers = _loops(lanes)
        names = frozenset(lane.name for lane in lanes)
        leaving = tuple(self._leaving[lane.name] for lane in lanes if lane.name in self._leaving)
        silence = Silence(len(self.lanes) - len(lanes))
        counting = tuple(self.cases[n] for lane in lanes for n in (lane.advance[:1] or lane.stopbar[:1]))
        cases = tuple(self.cases[n] for n in numbers)
        cars = any(lane.cars for lane in lanes)
        return _Approach(names, cases, silence, leaving, counting, Flow(), Tide(), is_whole, cars)

    def edge(self, case: LoopCase, at: Ms, *, on: bool) -> None:
        """An edge of a loop, told to its lanes."""
        for name in self._names[case.number] & self._leaving.keys():
            if on and not case.stop_bar:
                self._leaving[name].came(at, case.lamps.walk_s)
            elif case.stop_bar and not on:
                self._leaving[name].fell()

    def _leave(self) -> None:
        """One second of those who leave the lanes. Who leaves a lane that did not know him came from one beside it."""
        for name, leaving in self._leaving.items():
            bars = self.stop_bars[name]
            lamps = bars[0].lamps
            occupied = any(c.track.on for c in bars)
            strangers = leaving.second(may_go=not lamps.is_red, occupied=occupied, late=lamps.red_s <= LATE_S)
            for other in self._beside.get(name, ()) if strangers else ():
                strangers = other.gave(strangers)

    def _suspect(self) -> None:
        """Tell the loops of each approach whether others there come and go: one, or so many that they are most of all."""
        for approach in self._approaches:
            ill = {c.number for c in approach.cases if c.comes_and_goes}
            now = {c.number for c in approach.cases if c.drops_out}
            for case in approach.cases:
                case.not_alone = bool(ill - {case.number})
                case.with_most = 2 * len(now - {case.number}) > len(approach.cases)

    def second(self, now: Ms) -> dict[DetectorNumber, int]:
        """Close the counts of this second, and the minute if it is over; of each loop, how many came in the other lanes."""
        came = {lane.name: self._came(lane) for lane in self.lanes}
        whole = sum(came.values())
        self._leave()
        self._suspect()
        self._elsewhere += whole
        for approach in self._groups:
            cases = approach.cases
            silent = not any(c.track.on or c.rose_now for c in cases)
            good = all(c.believed for c in cases)
            came_elsewhere = whole - sum(came[name] for name in approach.names)
            approach.silence.second(silent=silent, came_elsewhere=came_elsewhere, learn=good)
            approach.flow.second(sum(c.rose_now for c in approach.counting if c.believed))
            approach.tide.holds_s = max(0, approach.tide.holds_s - 1)
            if approach.silence.seconds == 1:
                approach.tide.mark(self._flows)
        if now - self._minute_since >= MINUTE_MS:
            self._minute_since = now
            self._minute_over()
        return {number: whole - sum(came[name] for name in self._names[number]) for number in self.cases}

    def _has_ended(self, approach: "_Approach") -> bool:
        """Whether an approach that is silent looks like the end of its traffic: it had drained, and traffic has changed
        elsewhere too. Not for ever: who comes to one whose loops died just then is served by probes meanwhile."""
        seconds, tide = approach.silence.seconds, approach.tide
        if not approach.drained or seconds >= DRAINED_S or not any(c.track.alive for c in approach.cases):
            return False
        silent = [other.silence.own >= PROBED_FROM for other in self._approaches]
        if tide.has_turned(self._flows, seconds, silent):
            tide.holds_s, tide.turned = DRAINED_S, True
        return tide.holds_s > 0

    def _came(self, lane: Lane) -> int:
        """Whether somebody new came in a lane, as far as believed loops say."""
        counting = self.stop_bars[lane.name] or self.advances[lane.name]
        return int(any(c.visited and c.believed for c in counting))

    def freshen(self) -> None:
        """Nobody knows what happened until now."""
        for approach in self._groups:
            approach.silence.forget()
        for leaving in self._leaving.values():
            leaving.forget()

    def silent_approaches(self, now: Ms) -> None:
        """Convict all loops of an approach that has been silent for improbably long, and not because its traffic ended."""
        for approach in self._groups:
            if self._has_ended(approach):
                continue
            evidence = approach.silence.evidence(alive=any(c.track.alive for c in approach.cases))
            if convicts(evidence, APPROACH_SILENT if approach.is_whole else THROUGH_SILENT):
                beside = "is its whole approach" if approach.is_whole else "are all through lanes of its approach"
                for case in approach.cases:
                    case.dead_with_all(now, f"{sentence(Ill.DEAD, evidence)}, and so {beside}")

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
        """The loops of phases, of approaches, of through lanes beside pockets and of one side of a stem, at which none has been
        seen alive, although there was time and traffic elsewhere."""
        if running_s < UNPROVED_S or self._elsewhere < UNPROVED_ELSEWHERE:
            return ()
        found: dict[DetectorNumber, LoopCase] = {}
        phases = ((cases, UNPROVED_LANE_S) for cases in self._by_phase.values())
        approaches = ((approach.cases, UNPROVED_S) for approach in self._groups)
        sides = ((cases, UNPROVED_S) for cases in self._sides)
        for cases, after_s in (*phases, *approaches, *sides):
            if not any(c.track.alive or c.track.on for c in cases):
                found.update((c.number, c) for c in cases if c.track.heard_s >= after_s)
        return tuple(found.values())

    def ended(self) -> frozenset[PhaseNumber]:
        """The phases of none but approaches whose traffic looks to have ended with this silence."""
        ended: set[PhaseNumber] = set()
        others: set[PhaseNumber] = set()
        for approach in self._approaches:
            over = self._has_ended(approach) and approach.tide.turned
            (ended if over else others).update(*(c.lamps.lane.phases for c in approach.cases))
        return frozenset(ended - others)

    def unseen(self) -> dict[PhaseNumber, bool]:
        """The phases that somebody may wait for whom no loop tells of. True: no loop of an approach is believed, or its silence
        is all but impossible and no end of traffic; False: its loops, or those of the phase, have not been seen
        alive yet, are silent for improbably long or come and go at the line: worth a probe."""
        found = {phase: False for phase, cases in self._by_phase.items() if all(silent(c) for c in cases)}
        found |= dict.fromkeys(self._half_seen(), False)
        for approach in self._groups:
            blind = all(c.verdict is not None and silent(c) for c in approach.cases)
            if blind or approach.silence.own >= PROBED_FROM:
                whole = blind or (approach.silence.own >= RECALLED_FROM and not self._has_ended(approach))
                for phase in {phase for c in approach.cases for phase in c.lamps.lane.phases}:
                    found[phase] = (whole and not self._may_wait(approach, phase)) or found.get(phase, False)
        return found

    def _half_seen(self) -> Iterator[PhaseNumber]:
        """The phases of lanes under red whose loops at the line come and go: whom the advance loop missed, for the same reason,
        stands there unseen."""
        for lane in self.lanes:
            bars = self.stop_bars[lane.name]
            if bars and bars[0].lamps.is_red and all(c.is_intermittent for c in bars):
                yield from lane.phases

    def _may_wait(self, approach: "_Approach", phase: PhaseNumber) -> bool:
        """Whether those of an approach that no car may use, and that nobody has used yet, may wait for whoever else the phase
        serves: they are few, and it comes when cars call it."""
        if approach.cars or any(c.track.alive for c in approach.cases):
            return False
        return any(c.track.alive and c.believed for c in self._by_phase.get(phase, ()))


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


def _by_approach(lanes: Iterable[Lane]) -> list[list[Lane]]:
    found: dict[str, list[Lane]] = {}
    for lane in lanes:
        found.setdefault(lane.approach, []).append(lane)
    return list(found.values())


def _through(lanes: Iterable[Lane]) -> list[list[Lane]]:
    """The lanes in which people go straight on, of approaches that have others too: a pocket whose loops live hides nobody."""
    rows = ([lane for lane in here if Turn.THROUGH in lane.turns] for here in _by_approach(lanes))
    whole = {lane.approach: len(here) for here in _by_approach(lanes) for lane in here}
    return [row for row in rows if row and len(row) < whole[row[0].approach]]


def _sides(lanes: Iterable[Lane]) -> list[list[Lane]]:
    """The lanes for either way out of a stem, where nobody goes straight on: those of one side hide nobody of the other."""
    found = []
    for here in _by_approach(lanes):
        left = [lane for lane in here if Turn.LEFT in lane.turns]
        rest = [lane for lane in here if lane not in left]
        straight = any(Turn.THROUGH in lane.turns for lane in here)
        found += [left, rest] if left and rest and not straight else []
    return found


def _loops(lanes: Iterable[Lane]) -> dict[DetectorNumber, None]:
    """The loops of these lanes, each once."""
    return dict.fromkeys(n for lane in lanes for n in (*lane.stopbar, *lane.advance))


def _by_phase(lanes: tuple[Lane, ...], cases: Mapping[DetectorNumber, LoopCase]) -> dict[PhaseNumber, list[LoopCase]]:
    """The loops that speak for each phase."""
    found: dict[PhaseNumber, dict[DetectorNumber, LoopCase]] = {}
    for lane in lanes:
        for phase in lane.phases:
            found.setdefault(phase, {}).update((n, cases[n]) for n in (*lane.stopbar, *lane.advance))
    return {phase: list(loops.values()) for phase, loops in sorted(found.items()) if loops}
