"""The ladder of the adaptive layer: adaptive timing, actuation, the splits of the fixed plan; and what is asked beside each.

    step     | when                                             | what is asked for
    ---------|--------------------------------------------------|---------------------------------------------------------
    adaptive | the loops carry it                               | the plan of the search; phases that nobody sees are
             |                                                  | recalled to the green that was long enough before, and
             |                                                  | longer while nobody else waits longer than in the plan
    actuated | the estimator says that they do not (more than   | nothing of the search: plain actuation, but phases that
             | one approach blind)                              | nobody sees are called and held so long, and a green
             |                                                  | that a loud loop would extend for ever is ended there
    fixed    | more than 40 % of the loops are bad, not counting | every phase in turn for its split of the fall-back plan
             | those that nobody has driven over yet            |

Lanes of bicycles, buses or trams that nobody has driven over yet count at no step.

Going down is at once, going up when the better step has been possible for a minute. A single bad loop is answered lane by lane
(`edge.adaptive.substitute`) and moves the junction only where little else sees: one of two loops is more than 40 %, and the
last advance loop of an approach beside one that has none leaves two blind. What the controller itself does below, down to the
fixed plan by its own fault table and to flash, is not asked from here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from edge.adaptive.forecast import Forecast
from edge.adaptive.health_evidence import Ill
from edge.adaptive.health_lane import Lights
from edge.adaptive.health_words import Verdict
from edge.model.advice import NOBODY, Advice
from edge.model.lanes import Lane
from edge.model.observation import Observation
from edge.model.site import Site
from edge.model.units import MINUTE_MS, SECOND_MS, DetectorNumber, Ms, PhaseNumber, PlanNumber

MOST_BAD = 0.4
"""Of the loops: beyond it nothing is built on them (adaptive-control, section 4, E)."""
UP_AFTER_MS: Ms = MINUTE_MS
"""A better step must have been possible for so long. Ours: a cycle."""
LOUD = frozenset({Ill.STUCK, Ill.CHATTER})
"""Bad loops that call and extend for ever; the others call nobody."""
MOST_OF_SPLIT = 1.5
LEAST_GREENS = 10
"""Both ours: the plan was made for a busy hour, and ten greens are ten minutes or more."""
MOST_OF_CYCLE = 1.5
"""A green that comes later than the plan would have it is as much longer, up to here. Ours."""
STARTUP_S = 2.0
"""Of each green so much is lost until vehicles flow (FHWA Signal Timing Manual 2nd ed.): shorter ones lose it as often."""
MOST_UNSEEN = 2.0
"""So many times the recalled green while nobody who is seen waits longer than in the plan: a queue that nobody sees grows
without end where it is served too little, and costs the others a plan's wait at most where it is served too long. Ours."""
PROBED_S = 0.0
"""The green of a probe: the minimum."""


class Step(IntEnum):
    """The steps, the lowest first."""

    FIXED = 0
    ACTUATED = 1
    ADAPTIVE = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the layer stands on its ladder, and why, in words."""

    step: Step
    why: str = ""


def step_for(bad: int, loops: int, forecast: Forecast) -> Standing:
    """What the loops carry now."""
    if not loops or bad > MOST_BAD * loops:
        return Standing(Step.FIXED, f"{bad} of {loops} loops are not to be believed: splits of the fixed plan")
    if not forecast.fit:
        return Standing(Step.ACTUATED, forecast.why)
    return Standing(Step.ADAPTIVE)


class Ladder:
    """The ladder of one site. Pure: observations and forecasts in order give the same answers."""

    def __init__(self, site: Site, lanes: Iterable[Lane]) -> None:
        self._lanes = tuple(lanes)
        self._loops = len({n for lane in self._lanes for n in (*lane.stopbar, *lane.advance)})
        self._minimum_s = {p: row.min_green_ms / SECOND_MS for p, row in site.phases.items()}
        self._split_s, self._cycle_ms = _greens_s(site, site.fallback.plan)
        self._unseen_s, self._unseen_cycle_ms = _greens_s(site, site.fallback.plan_of_unseen)
        self._began: dict[PhaseNumber, Ms] = {}
        self._passed: dict[PhaseNumber, Ms] = {}  # between the beginnings of the last two greens
        self._green_since: dict[PhaseNumber, Ms] = {}
        self._good_greens: dict[PhaseNumber, int] = {}
        self._red_since: dict[PhaseNumber, Ms] = {}
        self._loops_of: dict[PhaseNumber, set[DetectorNumber]] = {}
        for lane in self._lanes:
            for phase in lane.phases:
                self._loops_of.setdefault(phase, set()).update((*lane.stopbar, *lane.advance))
        self._better_since: Ms | None = None
        self.standing = Standing(Step.ADAPTIVE)

    def note(self, seen: Observation, bad: Iterable[DetectorNumber]) -> None:
        """Take in one second: since when which phase is green, and how many greens its loops could be believed through."""
        green = Lights.of(seen).green
        doubted = set(bad)
        for phase in sorted(green - self._green_since.keys()):
            passed_ms = seen.now - self._began.get(phase, seen.now - self._cycle_ms)
            self._began[phase], self._passed[phase] = seen.now, passed_ms
            if not doubted & self._loops_of.get(phase, set()):
                self._good_greens[phase] = self._good_greens.get(phase, 0) + 1
        self._red_since.update(dict.fromkeys(self._green_since.keys() - green, seen.now))
        self._green_since = {p: self._green_since.get(p, seen.now) for p in sorted(green)}

    def climb(self, now: Ms, verdicts: Mapping[DetectorNumber, Verdict], forecast: Forecast) -> Standing:
        """Down at once, up after a minute. Loops that nobody has driven over yet may lie in an empty street: they are recalled,
        and no reason to leave those that are seen to the fixed plan."""
        bad = sum(verdict.ill is not Ill.UNPROVED for verdict in verdicts.values())
        possible = step_for(bad, self._loops, forecast)
        if possible.step <= self.standing.step:
            self.standing, self._better_since = possible, None
        elif self._better_since is None:
            self._better_since = now
        elif now - self._better_since >= UP_AFTER_MS:
            self.standing, self._better_since = possible, None
        return self.standing

    def recalls(
        self,
        verdicts: Mapping[DetectorNumber, Verdict],
        unseen: Mapping[PhaseNumber, bool],
        usual: Mapping[PhaseNumber, float] | None,
    ) -> dict[PhaseNumber, float]:
        """Phases that must be served because nobody sees who waits, with the green in s; `usual`: what was enough before.

        `unseen`: as the watch of loops says, True where a whole approach is. A lane with one loop left is modelled by it. Of a
        lane that several phases serve, the one is recalled in which most of its movements may go.
        """
        known = usual or {}
        main = {_main_phase(lane) for lane in self._lanes if lane.phases}
        blind = {p for p, whole in unseen.items() if whole and p in main}
        for lane in self._lanes:
            if lane.phases and all(n in verdicts for n in (*lane.stopbar, *lane.advance)):
                phase = _main_phase(lane)
                blind |= set() if self._may_wait(lane, phase, verdicts) else {phase}
        probed = dict.fromkeys((p for p, whole in unseen.items() if not whole), PROBED_S)
        return {**probed, **{p: self._enough_s(p, known, self._planned_s(p, verdicts)) for p in sorted(blind)}}

    def _may_wait(self, lane: Lane, phase: PhaseNumber, verdicts: Mapping[DetectorNumber, Verdict]) -> bool:
        """Whether bicycles or buses of which none has come yet may wait for those who are seen in another lane of the phase."""
        loops = {*lane.stopbar, *lane.advance}
        if lane.cars or any(_is_broken(verdicts.get(n)) for n in loops):
            return False
        return not self._loops_of.get(phase, set()) - loops <= verdicts.keys()

    def _planned_s(self, phase: PhaseNumber, verdicts: Mapping[DetectorNumber, Verdict]) -> float:
        """The green of a phase by the plan: where its loops may only not have been driven over yet, by that of the unseen."""
        planned = self._unseen_s if self._may_be_empty(phase, verdicts) else self._split_s
        return max(planned.get(phase, 0.0), self._minimum_s[phase])

    def _may_be_empty(self, phase: PhaseNumber, verdicts: Mapping[DetectorNumber, Verdict]) -> bool:
        """Whether all that speaks against loops of the phase is that nobody has driven over them yet."""
        said = [verdicts[n] for n in self._loops_of.get(phase, ()) if n in verdicts]
        return bool(said) and not any(map(_is_broken, said))

    def without_guesses(self, forecast: Forecast, verdicts: Mapping[DetectorNumber, Verdict]) -> Forecast:
        """The forecast without queues of lanes whose loops are all bad: a guess that cannot be corrected may only grow, and
        would be weighed against queues that are seen. Their recall stands for them."""
        blind = {lane.name for lane in self._lanes if all(n in verdicts for n in (*lane.stopbar, *lane.advance))}
        if not blind:
            return forecast
        rows = (
            replace(row, queue=0.0, arrivals=(0.0,) * len(row.arrivals), rate=0.0, waiting_s=0.0)
            if row.lane in blind
            else row
            for row in forecast.lanes
        )
        return replace(forecast, lanes=tuple(rows))

    def _enough_s(self, phase: PhaseNumber, known: Mapping[PhaseNumber, float], split: float) -> float:
        """What was long enough before, between the split of the plan and half as much again.

        Less may starve those whom nobody sees; more may be what a bad loop held before it was found, and so may all that was
        seen in the first greens.
        """
        before = known.get(phase, 0.0) if self._good_greens.get(phase, 0) >= LEAST_GREENS else 0.0
        return min(max(before, split), MOST_OF_SPLIT * split)

    def shape(
        self, seen: Observation, verdicts: Mapping[DetectorNumber, Verdict], recalls: Mapping[PhaseNumber, float]
    ) -> Observation:
        """What the search is told instead: a recalled phase is called, and its green not over before its time; nor, where its
        loops are known to be bad, before those who are seen have waited as long as in the plan."""
        patience_ms = self._patience_ms(seen, recalls)
        broken = {p for p, loops in self._loops_of.items() if loops and all(_is_broken(verdicts.get(n)) for n in loops)}
        left_ms = {
            p: self._recall_left_ms(
                seen.now, p, self._recall_s(p, seconds, verdicts), patience_ms if p in broken else 0
            )
            for p, seconds in recalls.items()
        }
        rows = tuple(
            replace(p, vehicle_call=True, minimum_left_ms=max(p.minimum_left_ms, left_ms[p.number]))
            if p.number in recalls
            else p
            for p in seen.phases
        )
        return replace(seen, phases=rows) if recalls else seen

    def below(
        self, seen: Observation, verdicts: Mapping[DetectorNumber, Verdict], recalls: Mapping[PhaseNumber, float]
    ) -> Advice:
        """What is asked for where the search is not followed."""
        green = frozenset(self._green_since)
        fixed = self.standing.step is Step.FIXED
        loud = self._split_s if fixed else self._loud(verdicts)
        timed = {**loud, **recalls} if not fixed else loud
        running = {p for p in green & timed.keys() if self._left_ms(seen.now, p, timed[p])}
        over = green & loud.keys() - running  # whom dead loops tell of, plain actuation leaves by itself
        called = frozenset(timed if fixed else recalls) - green
        return Advice(
            made_ms=seen.now,
            calls=called,
            holds=frozenset(running & (timed.keys() if fixed else recalls.keys())),
            force_offs=frozenset(over),
            omits=NOBODY,
            healthy=False,
            why=self.standing.why,
        )

    def _loud(self, verdicts: Mapping[DetectorNumber, Verdict]) -> dict[PhaseNumber, float]:
        """Phases whose green a bad loop would extend for ever, with the time after which it ends."""
        loud = {number for number, verdict in verdicts.items() if verdict.ill in LOUD}
        phases = {p for lane in self._lanes if loud & {*lane.stopbar, *lane.advance} for p in lane.phases}
        return {p: max(self._split_s.get(p, 0.0), self._minimum_s[p]) for p in phases}

    def _recall_s(self, phase: PhaseNumber, planned_s: float, verdicts: Mapping[DetectorNumber, Verdict]) -> float:
        """A recalled green: served more often than the plan would, it is as much shorter, but for its start-up; less often, as
        much longer, except where nobody may come at all: an empty street would lengthen the cycle and with it its own green."""
        empty = self._may_be_empty(phase, verdicts)
        cycle_ms, most = (self._unseen_cycle_ms, 1.0) if empty else (self._cycle_ms, MOST_OF_CYCLE)
        share = min(most, self._passed.get(phase, cycle_ms) / cycle_ms)
        return planned_s * share + max(0.0, STARTUP_S * (1.0 - share))

    def _recall_left_ms(self, now: Ms, phase: PhaseNumber, enough_s: float, patience_ms: Ms) -> Ms:
        """How much of it is left: longer by `patience_ms` at most, until it is `MOST_UNSEEN` times as long."""
        most_ms = self._left_ms(now, phase, MOST_UNSEEN * enough_s)
        return max(self._left_ms(now, phase, enough_s), min(most_ms, patience_ms))

    def _patience_ms(self, seen: Observation, recalls: Mapping[PhaseNumber, float]) -> Ms:
        """For how long nobody who is seen to wait will have waited longer than in the plan."""
        waits = [
            self._red_in_plan_ms(p.number) - (seen.now - self._red_since.get(p.number, seen.now))
            for p in seen.phases
            if (p.vehicle_call or p.ped_call) and p.number not in recalls and p.number not in self._green_since
        ]
        return min(waits, default=self._cycle_ms)

    def _red_in_plan_ms(self, phase: PhaseNumber) -> Ms:
        return self._cycle_ms - round(SECOND_MS * self._split_s.get(phase, 0.0))

    def _left_ms(self, now: Ms, phase: PhaseNumber, seconds: float) -> Ms:
        since = self._green_since.get(phase)
        return 0 if since is None else max(0, round(seconds * SECOND_MS) - (now - since))


def _greens_s(site: Site, number: PlanNumber) -> tuple[dict[PhaseNumber, float], Ms]:
    """The greens of a plan, s, and its cycle."""
    plan = site.plans.get(number)
    if plan is None:
        return {}, MINUTE_MS
    splits = plan.splits.items()
    return {p: max(0.0, (ms - site.phases[p].change_ms) / SECOND_MS) for p, ms in splits}, plan.cycle_ms


def _is_broken(verdict: Verdict | None) -> bool:
    """Whether something speaks against a loop, and not only that nobody has come there yet."""
    return verdict is not None and verdict.ill is not Ill.UNPROVED


def _main_phase(lane: Lane) -> PhaseNumber:
    """The phase in which most movements of a lane may go; the protected one of two, then the first."""
    movements = lane.movements
    return min(
        lane.phases,
        key=lambda p: (-sum(p in m.phases for m in movements), sum(p in m.opposed_in for m in movements), p),
    )
