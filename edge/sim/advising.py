"""The adaptive layer in simulation: asked once a second, at once and in order, so that one seed means one result.

After the tick that ends nine tenths of a second it is told what was seen, and its answer goes into the next tick, as if the
process beside the daemon had needed a tenth of a second.
"""

from typing import Protocol

from edge.clock import monotonic_us, thread_us
from edge.model.advice import Advice
from edge.model.observation import OBSERVE_EVERY_MS, Observation
from edge.model.site import Site
from edge.model.units import TICK_MS, Ms
from edge.sim.acted import Acted
from edge.sim.traffic import percentile


class Observes(Protocol):
    """Whoever can tell what was seen: the controller."""

    def observation(self) -> Observation | None:
        """The last second, and how it stands; None where nothing is watched."""


class Advises(Protocol):
    """Whoever answers an observation: the adaptive layer."""

    def advise(self, seen: Observation) -> Advice:
        """What is asked for now."""


class Advising:
    """Carries observations to an adviser and its answers back. `took_us`: how long each answer took; `worked_us`: of that, the
    processor's work; `acted`: for how long they were followed."""

    def __init__(self, adviser: Advises) -> None:
        self._adviser = adviser
        self._answer: Advice | None = None
        self._asked_for: Advice | None = None
        self.acted = Acted()
        self.took_us: list[int] = []
        self.worked_us: list[int] = []

    def after(self, at: Ms, controller: Observes) -> None:
        """After the tick at `at`, ms of the run."""
        if at % OBSERVE_EVERY_MS != OBSERVE_EVERY_MS - TICK_MS:
            return
        seen = controller.observation()
        if seen is None:
            return
        self.acted.note(seen, self._asked_for)
        began, idle = monotonic_us(), thread_us()
        self._answer = self._asked_for = self._adviser.advise(seen)
        self.took_us.append(monotonic_us() - began)
        self.worked_us.append(thread_us() - idle)

    def answer(self) -> Advice | None:
        """What was answered since this was asked last."""
        answer, self._answer = self._answer, None
        return answer

    def figures(self) -> dict[str, float]:
        """How long a decision takes, ms, by the wall and of the processor's work."""
        took, worked = sorted(self.took_us), sorted(self.worked_us)
        rows = {"p50_ms": (took, 50), "p99_ms": (took, 99), "cpu_p50_ms": (worked, 50), "cpu_p99_ms": (worked, 99)}
        return {"decisions": len(took), **{name: round(percentile(*row) / 1000, 1) for name, row in rows.items()}}


def adaptive_layer(site: Site) -> Advises:
    """The adaptive layer of a site.

    Raises:
        ValueError: it is not installed with all that it needs.
    """
    try:
        from edge.adaptive.adviser import Adviser  # noqa: PLC0415 - needs an extra, and only who asks for it
    except ImportError as error:
        raise ValueError(f"the adaptive layer cannot be loaded: {error} — pip install 'stopline[adaptive]'") from error
    return Adviser(site)
