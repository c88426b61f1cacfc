"""May the adaptive layer act now? Not on switchback days, and not at a time of day for which shadow shows no gain.

The gate stands behind the adviser: what was advised is kept with its reasons, and only what it asks for is taken out, so
that plain actuation goes on by itself and the screen and the record can still say what would have been done. Simulation
has no gate.
"""

from dataclasses import replace

from edge.adaptive.evidence import LEAST_GAIN, Bin, Evidence, Figures, Verdict, bin_of, day_number
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.advice import NOBODY, Advice
from edge.model.calendar import Date
from edge.model.plans import LocalTime

UNANSWERED = "not answered"
"""Of a second that was seen and not answered, because newer ones waited already."""

_ALL_THE_SAME = "acts all the same"

_REFUSED = frozenset({Verdict.NOT_SHOWN})


def held_back(advice: Advice, why: str) -> Advice:
    """The same advice without anything that is asked for. It stays healthy: the loops are not to blame."""
    return replace(advice, calls=NOBODY, ped_calls=NOBODY, holds=NOBODY, force_offs=NOBODY, omits=NOBODY, why=why)


def held_words(advice: Advice) -> str:
    """Why a healthy advice asks for nothing, told from the advice alone; empty where the gate was open."""
    return advice.why if advice.healthy and not advice.why.startswith(_ALL_THE_SAME) else ""


def is_actuated_day(date: Date) -> bool:
    """Whether plain actuation runs on this date of a site with switchback days: every second one, counted from 1970-01-01.

    Weeks have seven days, so within two of them every weekday is once on either side.
    """
    return day_number(date) % 2 == 1


class Gate:
    """One site's gate. `evidence` may grow meanwhile."""

    def __init__(self, rules: AdaptiveRules, evidence: Evidence) -> None:
        self._rules = rules
        self._evidence = evidence
        self._judged: tuple[Bin, int, str] | None = None

    def closed(self, local: LocalTime | None) -> str:
        """Why nothing may be asked for now, as the end of a sentence; empty where it may.

        Without a trusted clock there is neither a day nor a bin: what a person has set to act acts.
        """
        if self._rules.mode is not AdaptiveMode.ACT or local is None:
            return ""
        if self._rules.switchback_days and is_actuated_day(local.date):
            return "today is an actuated day of the switchback, run for comparison"
        said = self._no_gain(local)
        return "" if self._rules.act_unproved else said

    def note(self, local: LocalTime | None) -> str:
        """What must be said although it acts; empty where there is nothing."""
        if local is None or not self._rules.act_unproved:
            return ""
        said = self._no_gain(local)
        return f"{_ALL_THE_SAME}, by {self._rules.act_unproved}, although {said}" if said else ""

    def passes(self, advice: Advice, local: LocalTime | None) -> tuple[Advice, str]:
        """What is asked for in the end, and why nothing is."""
        held = self.closed(local) if advice.healthy else ""
        if held:
            return held_back(advice, held), held
        note = self.note(local) if advice.healthy else ""
        return (replace(advice, why=note), "") if note else (advice, "")

    def _no_gain(self, local: LocalTime) -> str:
        which = bin_of(local)
        count = self._evidence.added
        if self._judged is None or self._judged[:2] != (which, count):
            figures = self._evidence.figures(which)
            self._judged = (which, count, no_gain_text(which, figures) if figures.verdict in _REFUSED else "")
        return self._judged[2]


def no_gain_text(which: Bin, figures: Figures) -> str:
    """`shadow shows no gain on working days 07:00-08:00: …`."""
    gain = figures.over_actuated
    told = f"{100 * gain.mean:+.1f} % ± {100 * gain.error:.1f} over actuation" if gain else "none"
    return (
        f"shadow shows no gain on {which.text}: {told} in {figures.quarters} quarters on {figures.days} days, "
        f"{100 * LEAST_GAIN:.0f} % are needed"
    )
