"""The adaptive layer's place in the engine: its advice turned into what may be asked for, and the limits that hold for it.

The adviser is a process of its own that may be late, dead or mad. Nothing of what it says reaches an interval; what it asks
for is asked as everybody asks (`edge.control.askers`), with the least right of all, and within these limits:

    1. Advice lives `ADVICE_LIVES_MS` from the observation that it answers, on the clock of the ticks. Older or none: plain
       actuation in the same tick, and nobody is omitted any more.
    2. A phase whose vehicles have waited for `max_wait`, or whose pedestrians for `ped_max_wait`, is not omitted, and no
       green that conflicts with it is held. A recall waits like a call: there the loops see nobody.
    3. No green is held for longer than `AdaptiveRules.longest_hold_ms` while somebody who conflicts with it waits, omitted
       or not; then plain actuation ends it.
    4. Where nobody is green or coming to it, somebody who waits is left to be served, or nothing is omitted.
    5. Nonsense is no advice.
    6. Advice that does not trust its loops (`healthy` False) omits nobody. What it calls and holds, for those whom no loop
       sees, and the greens it ends, which a bad loop would extend for ever, are heard on the rung of plain actuation too.

What follows from 2 and 3 for the longest wait is in `edge.control.waits`. `never_served` is nobody: an omit of the adaptive
layer ends by itself.
"""

from dataclasses import replace

from edge.control.asks import NOBODY, NOTHING, Asks, Phases
from edge.control.view import View
from edge.control.waits import longest_advised_wait_ms
from edge.model.advice import ADVICE_LIVES_MS, Advice
from edge.model.coordination import CoordStatus
from edge.model.detectors import DetectorKind
from edge.model.events import Event
from edge.model.phases import Termination
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms, PhaseNumber


class AdvisedStrategy:
    """What runs in free operation where the site lets the adaptive layer act; with nothing to ask it is plain actuation."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._phases = frozenset(site.phases)
        self._walkers = frozenset(n for n, p in site.phases.items() if p.ped is not None)
        self._conflicts = {p: frozenset(site.sequence.conflicts(p)) for p in site.phases}
        self._longest_hold_ms = {n: site.adaptive.longest_hold_ms(p) for n, p in site.phases.items()}
        self._longest_wait_ms = longest_advised_wait_ms(site)
        self._at_line = frozenset(
            d.phase for d in site.detectors.values() if d.kind is DetectorKind.STOPBAR and d.calls and not d.delay_ms
        )
        self._now: Ms = 0
        self._vehicles: dict[PhaseNumber, Ms] = {}  # since when a phase that is not served wants to be
        self._walks: dict[PhaseNumber, Ms] = {}  # since when a walk is wanted, beside the green of its phase too
        self._opposed: dict[PhaseNumber, Ms] = {}  # since when somebody who conflicts with a green has been waiting
        self.trusted = False
        """Whether the rung is ADAPTIVE: below it only what helps those whom no loop sees is asked for."""
        self.advice: Advice | None = None
        self.asks = NOTHING
        """What was asked for in the last tick."""

    # ── as a strategy ───────────────────────────────────────────────────────────────────────────

    @property
    def plan_number(self) -> None:
        """None: it is free operation."""
        return

    def cycle_timer_ms(self, reference_ms: Ms) -> None:  # noqa: ARG002 - there is no cycle
        """None: there is no cycle."""
        return

    @property
    def longest_wait_ms(self) -> Ms:
        """The longest that a call can wait, whatever is advised."""
        return self._longest_wait_ms

    def never_served(self) -> Phases:
        """Nobody is left out for good."""
        return NOBODY

    def coordination(self) -> CoordStatus | None:
        """None: it does not follow the clock."""
        return None

    def announce(self) -> list[Event]:
        """Nothing: the pattern is that of free operation."""
        return []

    def says(self, phase: PhaseNumber) -> str | None:
        """Why the phase stays as it is, where the adaptive layer has to do with that."""
        if phase in self.asks.omits:
            return "omitted by the adaptive layer"
        if phase in self.asks.force_offs:
            return "the adaptive layer ends it"
        if phase not in self.asks.holds:
            return None
        left = self._left_s(phase)
        return "held by the adaptive layer" + (f", {left} s more by its plan" if left else "")

    def ask(self, view: View) -> tuple[Asks, list[Event]]:
        """What the advice asks for, within the limits."""
        self._now = view.heard_ms
        advice = self.advice
        if advice is None or not self.is_fresh(view.heard_ms) or (advice.healthy and not self.trusted):
            self.asks = NOTHING
        else:
            self.asks = self._within_limits(view, advice if advice.healthy else _without_loops(advice))
        return self.asks, []

    def rest(self) -> None:
        """Something else runs: nothing is asked for."""
        self.asks = NOTHING

    # ── advice ──────────────────────────────────────────────────────────────────────────────────

    def is_fresh(self, now: Ms) -> bool:
        """Whether the last advice may still be followed."""
        return self.advice is not None and 0 <= now - self.advice.made_ms <= ADVICE_LIVES_MS

    def nonsense(self, advice: Advice, now: Ms) -> str | None:
        """What is wrong with the advice, in words; None where it makes sense."""
        named = advice.calls | advice.ped_calls | advice.holds | advice.force_offs | advice.omits
        if unknown := named - self._phases:
            return f"there is no phase {_words(unknown)}"
        if both := advice.holds & advice.force_offs:
            return f"phase {_words(both)} both held and forced off"
        if both := (advice.calls | advice.ped_calls) & advice.omits:
            return f"phase {_words(both)} both called and omitted"
        if advice.made_ms > now:
            return "it answers an observation that has not been made"
        return None

    # ── limits ──────────────────────────────────────────────────────────────────────────────────

    def note_waits(self, view: View) -> None:
        """Note since when everybody waits, by what the engine sees itself. In every tick, whatever runs: who has waited
        while something else ran is not made to wait anew."""
        now = view.now
        off = [p for p in self._phases if not view.is_on(p)]
        waiting = frozenset(p for p in off if view.demands(p))
        self._vehicles = {p: self._vehicles.get(p, now) for p in waiting}
        walks = (p for p in self._walkers if view.waits_for_walk(p) and (p in waiting or view.ped_call(p)))
        self._walks = {p: self._walks.get(p, now) for p in walks}
        against = self._conflicts
        opposed = (p for p in self._phases.difference(off) if not waiting.isdisjoint(against[p]))
        self._opposed = {p: self._opposed.get(p, now) for p in opposed}

    def forget_waits(self) -> None:
        """Nobody is served at all: flash, and the way into it and out of it."""
        self._vehicles.clear()
        self._walks.clear()
        self._opposed.clear()

    def _within_limits(self, view: View, advice: Advice) -> Asks:
        on = frozenset(p for p in self._phases if view.is_on(p))
        late = self._late(view.now)
        calls = advice.calls - on
        return Asks(
            calls=calls,
            ped_calls=advice.ped_calls & self._walkers,
            holds=frozenset(p for p in advice.holds & on if self._may_hold(view.now, p, late)),
            force_offs=advice.force_offs & on,
            omits=self._omits(advice.omits - late, on, calls),
            force_off_as=self._ends_as(advice, on),
        )

    def _ends_as(self, advice: Advice, on: Phases) -> Termination:
        """A cut-off vehicle leaves no call behind where it would stand on a loop: most pass in the yellow, and a call for
        nobody is served once it has waited too long. Where no loop would show it, it is remembered as after any force-off."""
        seen = advice.healthy and advice.force_offs & on <= self._at_line
        return Termination.ADVISED if seen else Termination.FORCE_OFF

    def _late(self, now: Ms) -> Phases:
        """The phases that have waited for as long as the site allows."""
        rules = self._site.adaptive
        vehicles = {p for p, since in self._vehicles.items() if now - since >= rules.max_wait_ms}
        return frozenset(vehicles | {p for p, since in self._walks.items() if now - since >= rules.ped_max_wait_ms})

    def _may_hold(self, now: Ms, phase: PhaseNumber, late: Phases) -> bool:
        """Whether a green may be held. A walk that is late beside its own green needs the end of that green too."""
        if phase in late or not late.isdisjoint(self._conflicts[phase]):
            return False
        since = self._opposed.get(phase)
        return since is None or now - since < self._longest_hold_ms[phase]

    def _omits(self, omits: Phases, on: Phases, calls: Phases) -> Phases:
        """Whom to omit: nobody, where nobody is served and nobody would be."""
        return omits if on or (calls | self._vehicles.keys()) - omits else NOBODY

    def _left_s(self, phase: PhaseNumber) -> int:
        """How long the plan of the advice still has the phase green, whole seconds."""
        best = self.advice.best if self.advice is not None else None
        until = self._now
        for step in best.steps if best is not None else ():
            if phase not in step.phases or step.from_ms > until:
                break
            until = max(until, step.to_ms)
        return (until - self._now) // SECOND_MS


def _without_loops(advice: Advice) -> Advice:
    """What is left of advice that does not trust its loops."""
    return replace(advice, omits=NOBODY)


def _words(phases: Phases) -> str:
    return " ".join(str(p) for p in sorted(phases))
