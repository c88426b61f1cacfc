"""For how long the adaptive layer acted in a simulation, and why it did not: a figure of delay alone says not whose it is."""

from collections import Counter
from dataclasses import dataclass, field

from edge.model.advice import Advice
from edge.model.exchange import Mode
from edge.model.observation import OBSERVE_EVERY_MS, Observation
from edge.model.units import SECOND_MS

_SAID = 8
"""Ours: so many reasons are told, those of the most seconds first; the rest together."""

_THE_REST = "other reasons"


@dataclass(slots=True)
class Acted:
    """Second by second: whether the junction stood on the rung of adaptive timing with advice that trusts its loops."""

    noted: int = 0
    acting: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def note(self, seen: Observation, advice: Advice | None) -> None:
        """One second more. `advice`: what was asked for in it, None for nothing."""
        self.noted += 1
        if seen.acting:
            self.acting += 1
        else:
            self.reasons[why_not(seen, advice)] += 1

    def figures(self) -> dict[str, object]:
        """As it is printed with --json: the share of the time, 0 to 1, and s of each reason."""
        each_s = OBSERVE_EVERY_MS / SECOND_MS
        rows = self.reasons.most_common()
        told = {why: count * each_s for why, count in rows[:_SAID]}
        rest = sum(count for _, count in rows[_SAID:])
        return {
            "share": round(self.acting / max(1, self.noted), 3),
            "of_s": self.noted * each_s,
            "reasons": {**told, _THE_REST: rest * each_s} if rest else told,
        }


def why_not(seen: Observation, advice: Advice | None) -> str:
    """Why the advice was not followed in this second, in words."""
    if seen.mode is not Mode.RUN:
        return f"the controller is in {seen.mode.name.lower().replace('_', ' ')}"
    if not seen.free:
        return "something of more right had the junction: a plan, a preempt or manual control"
    if advice is None:
        return "nothing had been advised yet"
    if not advice.healthy:
        return advice.why or "the loops were not believed"
    return "plain actuation until a fault has been over for its stable time"
