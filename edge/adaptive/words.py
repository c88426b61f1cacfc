"""Why the junction does what it does, in the words of a technician: one second of the adaptive layer, explained.

Pure: a site, an observation and the advice that answers it become sentences. The screen, `stopline explain` and its JSON
say the same ones.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from edge.adaptive.actuation import ENDS, GREEN, End, end_of, is_called, is_wanted, next_of
from edge.adaptive.words_of_plans import duration, option, seconds, step_of
from edge.model.adaptive import AdaptiveMode
from edge.model.advice import Advice, Expected
from edge.model.exchange import Interval, PedInterval
from edge.model.observation import Observation, PhaseSeen
from edge.model.site import Site
from edge.model.units import MINUTE_MS, SECOND_MS, Ms, PhaseNumber

STANDS_IN = {
    "single": "it has loops at one place only",
    "partner": "its partner loop stands in",
    "sibling": "the neighbouring lane stands in",
    "profile": "the profile of earlier days stands in",
    "recall": "its phase is recalled for as long as it usually needs",
}
"""What is believed instead of both loops of a lane, by `Expected.source`."""

_ALL_IT_HAS = frozenset({"loops", "single"})
"""Nothing stands in for anything: the lane is seen as it was built."""

_GREEN_AT_LEAST_S = 60
_GREEN_FACTOR = 1.2
"""See `AdaptiveRules.max_green_ms`."""

_SOON = 0.75
"""A wait is told as a limit that binds from this part of it on. Ours."""


@dataclass(frozen=True, slots=True)
class Second:
    """One second to be explained. `held`: why nothing is asked although something is advised; `reasons`: the controller's
    own words for each phase, where they are at hand."""

    site: Site
    seen: Observation
    advice: Advice | None
    held: str = ""
    reasons: Mapping[PhaseNumber, str] = field(default_factory=dict)

    @property
    def acts(self) -> bool:
        """Whether what is advised is done."""
        advice = self.advice
        return advice is not None and advice.healthy and not self.held and self.seen.acting


@dataclass(frozen=True, slots=True)
class PhaseWords:
    """One phase: its number and movement, what it shows, and why."""

    number: int
    move: str
    shows: str
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is said of one second. `plan`: empty where nothing is planned."""

    at: str
    state: str
    phases: tuple[PhaseWords, ...]
    changes: tuple[str, ...]
    expects: tuple[str, ...]
    plan: str
    others: tuple[str, ...]
    limits: tuple[str, ...]
    loops: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As it is printed with --json."""
        return {"v": 1, **asdict(self)}

    def lines(self) -> list[str]:
        """As it is printed."""
        text = [f"{self.at}  {self.state}" if self.at else self.state]
        text += [f"  {p.number:>2} {p.move:<4} {p.shows:<7} {p.why}" for p in self.phases]
        for title, rows in (
            ("Against plain actuation", self.changes),
            ("Expected", self.expects),
            ("Plan", (self.plan,) if self.plan else ()),
            ("Instead it could", self.others),
            ("Bound by", self.limits),
            ("Not believed", self.loops),
        ):
            text += [f"{title}:", *(f"  {row}" for row in rows)] if rows else []
        return text


def explain(second: Second) -> Explanation:
    """The sentences for one second."""
    advice, seen = second.advice, second.seen
    return Explanation(
        at=_clock(seen),
        state=state(second),
        phases=tuple(_phase(second, phase) for phase in seen.phases),
        changes=changes(second),
        expects=tuple(map(_expected, advice.expects)) if advice else (),
        plan=option(seen, advice.best) if advice and advice.best else "",
        others=_others(seen, advice) if advice else (),
        limits=limits(second),
        loops=_loops(second),
    )


def state(second: Second) -> str:
    """Who decides, in one sentence."""
    advice, seen, rules = second.advice, second.seen, second.site.adaptive
    if advice is None:
        return "No advice is at hand: plain actuation runs."
    if not advice.healthy:
        return f"Plain actuation runs: {advice.why or 'the loops do not carry adaptive timing'}."
    if second.held:
        return f"Adaptive timing advises and does not act: {second.held}."
    if not seen.free:
        return "Adaptive timing stands back: a plan, an operator, a preempt or a flash has the junction."
    if seen.acting:
        return "Adaptive timing acts."
    if rules.mode is AdaptiveMode.ADVISE:
        return "Adaptive timing advises only (mode: advise); plain actuation runs."
    return "Plain actuation runs: no advice has come in time."


def changes(second: Second) -> tuple[str, ...]:
    """What is asked for, or would be, where plain actuation would do otherwise."""
    advice = second.advice
    if advice is None or not advice.healthy:
        return ()
    said = [
        *(_change_of_green(second, advice, phase) for phase in second.seen.phases if phase.interval in GREEN),
        *(_change_of_order(second, advice, ring) for ring in range(len(second.site.sequence.rings))),
        *(_change_of_calls(second, advice, phase) for phase in second.seen.phases),
    ]
    found = tuple(sentence for sentence in said if sentence)
    if found or second.held:
        return found
    return ("Nothing: plain actuation would do the same now.",)


def _change_of_green(second: Second, advice: Advice, phase: PhaseSeen) -> str:
    ends = end_of(second.site, second.seen, phase)
    if phase.number in advice.holds and ends in ENDS:
        after = next_of(second.site, second.seen, phase.number)
        then = f" and serve {after} next" if after is not None else ""
        return f"{_does(second, 'hold')} {phase.number}. Plain actuation would end it now ({ends.value}){then}."
    if phase.number in advice.force_offs and ends in {End.EXTENDS, End.RESTS}:
        left = phase.max_left_ms
        most = f", for {seconds(left)} at most" if left is not None and ends is End.EXTENDS else ""
        return f"{_does(second, 'end')} {phase.number}. Plain actuation would let it go on ({ends.value}{most})."
    return ""


def _change_of_order(second: Second, advice: Advice, ring: int) -> str:
    """Whether the ring's next phase by plain actuation is passed over, and for whom."""
    places = second.site.sequence.places
    served = [p.number for p in second.seen.phases if p.interval is not Interval.RED and places[p.number].ring == ring]
    after = next_of(second.site, second.seen, served[0]) if served else None
    if after is None or after not in advice.omits:
        return ""
    called = (p.number for p in second.seen.phases if is_wanted(p) and places[p.number].ring == ring)
    left = [number for number in called if number not in advice.omits and number not in served]
    instead = f"; {' or '.join(map(str, left))} is left to come" if left else ""
    return f"{_does(second, 'pass')} over {after}, which plain actuation would serve after {served[0]}{instead}."


def _change_of_calls(second: Second, advice: Advice, phase: PhaseSeen) -> str:
    if phase.number in advice.calls | advice.ped_calls and not is_called(phase) and phase.interval not in GREEN:
        return f"{_does(second, 'call')} {phase.number}, although nobody waits there."
    return ""


def _does(second: Second, verb: str) -> str:
    if second.acts:
        return f"It {verb}{'es' if verb.endswith('s') else 's'}"
    return f"It would {verb}"


def limits(second: Second) -> tuple[str, ...]:
    """The limits that bind now: least greens, longest greens, longest waits."""
    return tuple(text for phase in second.seen.phases for text in (_least(phase), _longest(second, phase)) if text)


def _least(phase: PhaseSeen) -> str:
    if phase.interval not in GREEN or phase.minimum_left_ms <= 0:
        return ""
    why = "minimum green" if phase.ped is PedInterval.DONT_WALK else "its pedestrians"
    return f"{phase.number} may not end for {seconds(phase.minimum_left_ms)}: {why}."


def _longest(second: Second, phase: PhaseSeen) -> str:
    rules, now = second.site.adaptive, second.seen.now
    if phase.interval in GREEN:
        row = second.site.phases[phase.number]
        fallback = max(round(_GREEN_FACTOR * row.max_green_ms), _GREEN_AT_LEAST_S * SECOND_MS)
        most = rules.max_green_ms.get(phase.number, fallback)
        shown = now - phase.since_ms
        return f"{phase.number} is held no longer than {seconds(most)}." if shown >= _SOON * most else ""
    if phase.waiting_since_ms is None:
        return ""
    most = rules.ped_max_wait_ms if phase.ped_call else rules.max_wait_ms
    waited = now - phase.waiting_since_ms
    if waited < _SOON * most:
        return ""
    who = "who waits on foot" if phase.ped_call else "who waits"
    then = f"from {seconds(most)} on {who} is left out no more, nor waits for a hold"
    return f"{phase.number} has waited {seconds(waited)}: {then}."


def _phase(second: Second, phase: PhaseSeen) -> PhaseWords:
    move = second.site.phases[phase.number].move
    shows = _SHOWS.get(phase.interval, "green")
    theirs = second.reasons.get(phase.number)
    why = _reason(second, phase) if theirs is None or theirs in _SHORT else theirs
    return PhaseWords(phase.number, move, shows, f"{_lasted(second.seen, phase)}{why}{_planned(second, phase)}")


_SHORT = frozenset({"waiting for its turn"})
"""What the controller says more briefly than can be said here."""

_SHOWS = {
    Interval.RED: "red",
    Interval.LEADING_WALK: "red",
    Interval.RED_YELLOW: "amber",
    Interval.YELLOW_CHANGE: "yellow",
    Interval.RED_CLEARANCE: "red",
}
_CHANGING = {
    Interval.LEADING_WALK: "pedestrians first, green comes",
    Interval.RED_YELLOW: "red and amber, green comes",
    Interval.GREEN_BLINK: "green blinks before yellow",
    Interval.YELLOW_CHANGE: "yellow change",
    Interval.RED_CLEARANCE: "red clearance",
}


def _lasted(seen: Observation, phase: PhaseSeen) -> str:
    return f"for {duration(seen.now - phase.since_ms)}: "


def _reason(second: Second, phase: PhaseSeen) -> str:
    if phase.interval in _CHANGING:
        return _CHANGING[phase.interval]
    return _green_reason(second, phase) if phase.interval in GREEN else _red_reason(second, phase)


def _green_reason(second: Second, phase: PhaseSeen) -> str:
    ends = end_of(second.site, second.seen, phase)
    if ends is End.MUST_STAY:
        return "minimum green" if phase.ped is PedInterval.DONT_WALK else "its pedestrians are walking"
    if second.acts and second.advice is not None:
        if phase.number in second.advice.force_offs:
            return "ended by adaptive timing"
        if phase.number in second.advice.holds:
            return f"held by adaptive timing, {ends.value}"
    return str(ends.value)


def _red_reason(second: Second, phase: PhaseSeen) -> str:
    if not is_called(phase):
        return "recalled, waiting for its turn" if phase.demands else "no call"
    waited = phase.waiting_since_ms
    said = "called" if waited is None else f"called {duration(second.seen.now - waited)} ago"
    if phase.coming:
        return f"{said}, comes next"
    if second.acts and second.advice is not None and phase.number in second.advice.omits:
        return f"{said}, passed over for now by adaptive timing"
    return f"{said}, waiting for its turn"


def _planned(second: Second, phase: PhaseSeen) -> str:
    """When the plan changes it, where it is called or green."""
    if second.advice is None or second.advice.best is None:
        return ""
    step = step_of(second.advice.best, phase.number, second.seen.now)
    if step is None:
        return ""
    if phase.interval in GREEN:
        left = step.to_ms - second.seen.now
        return f"; planned for {seconds(left)} more" if left > 0 else "; planned to end now"
    return f"; planned in {seconds(step.from_ms - second.seen.now)}" if step.from_ms > second.seen.now else ""


def _expected(lane: Expected) -> str:
    text = f"{lane.lane}: {lane.queue:.0f} waiting, {lane.arrivals:.0f} more to come"
    return text if lane.source == "loops" else f"{text} ({STANDS_IN.get(lane.source, lane.source)})"


def _others(seen: Observation, advice: Advice) -> tuple[str, ...]:
    base = advice.best.cost if advice.best else 0.0
    return tuple(option(seen, other, base) for other in advice.others[:2])


def _loops(second: Second) -> tuple[str, ...]:
    failed = second.seen.failed.items()
    loops = tuple(f"loop {number} ({kind.value.replace('-', ' ')})" for number, kind in failed)
    expects = second.advice.expects if second.advice else ()
    lanes = tuple(
        f"lane {lane.lane}: {STANDS_IN.get(lane.source, lane.source)}"
        for lane in expects
        if lane.source not in _ALL_IT_HAS
    )
    doubts = second.advice.doubts if second.advice else ()
    return loops + tuple(f"loop {doubt.detector}: {doubt.why}" for doubt in doubts) + lanes


def _clock(seen: Observation) -> str:
    if seen.local is None:
        return ""
    return clock_text(seen.local.day_ms)


def clock_text(day_ms: Ms) -> str:
    """`07:12:31` of milliseconds since local midnight."""
    minutes, ms = divmod(day_ms, MINUTE_MS)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // SECOND_MS:02}"
