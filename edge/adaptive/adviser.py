"""The adviser: from an observation to advice, once a second. The optimiser's process, simulation and shadow call it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.adaptive.estimator import LoopEstimator
from edge.adaptive.faces import Estimator, Optimiser
from edge.adaptive.health import LoopWatch
from edge.adaptive.health_evidence import Ill
from edge.adaptive.ladder import Ladder, Step
from edge.adaptive.optimiser import HORIZON_S, RollingHorizon
from edge.model.advice import Advice, Doubt
from edge.model.observation import Observation
from edge.model.site import Site


class Adviser:
    """The adaptive layer of one site. Pure: the same observations in the same order give the same advice, bit for bit."""

    def __init__(self, site: Site) -> None:
        self._estimator = LoopEstimator(site)
        self._health = LoopWatch(self._estimator.lanes, guessed=not site.lanes)
        self._ladder = Ladder(site, self._estimator.lanes)
        self._optimiser: Optimiser = RollingHorizon(site, self._estimator.lanes)

    @property
    def estimator(self) -> Estimator:
        """What it believes of the street."""
        return self._estimator

    def see(self, seen: Observation) -> None:
        """Take in one second without an answer: it would come too late."""
        bad = self._health.see(seen)
        unproved = frozenset(n for n, verdict in self._health.verdicts.items() if verdict.ill is Ill.UNPROVED)
        self._estimator.see(seen, bad, unproved)
        self._ladder.note(seen, bad)

    def advise(self, seen: Observation) -> Advice:
        """What is asked for now, and which loops are not believed."""
        self.see(seen)
        advice = self._answer(seen)
        doubted = self._health.verdicts.items()
        doubts = tuple(Doubt(number, v.why) for number, v in doubted if number not in seen.failed)
        return replace(advice, doubts=doubts) if doubts else advice

    def _answer(self, seen: Observation) -> Advice:
        forecast = self._estimator.forecast(self._optimiser.stages, HORIZON_S)
        verdicts, ladder = self._health.verdicts, self._ladder
        recalls = ladder.recalls(verdicts, self._health.unseen, forecast.recalls)
        forecast = replace(forecast, recalls=recalls)
        standing = ladder.climb(seen.now, verdicts, forecast)
        told = ladder.shape(seen, verdicts, recalls)
        if standing.step is Step.ADAPTIVE:
            return self._optimiser.advise(told, ladder.without_guesses(forecast, verdicts))
        planned = self._optimiser.advise(told, replace(forecast, fit=False, why=standing.why))
        return replace(ladder.below(seen, verdicts, recalls), expects=planned.expects)

    def learned(self) -> dict[str, Any]:
        """What was learned of the street, as values of JSON, to be kept over restarts."""
        return self._estimator.learned()

    def relearn(self, told: Mapping[str, Any]) -> bool:
        """Take back what was learned before; False where it is of other lanes or another version."""
        return self._estimator.relearn(told)
