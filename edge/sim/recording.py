"""What the adaptive layer was told and answered in a simulation, kept as a running controller's optimiser keeps it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge import __version__
from edge.eventlog.decision_blocks import Decided, DecisionHead
from edge.eventlog.decisions import DecisionLimits, DecisionLog
from edge.model.advice import Advice
from edge.model.observation import Observation
from edge.model.site import Site
from edge.sim.advising import Advises, adaptive_layer

_LIMITS = DecisionLimits(run_mb=2_000, all_mb=20_000)
"""A simulation is as long as it was asked to be."""


class Recorded:
    """An adviser with a record beside it."""

    def __init__(self, adviser: Advises, log: DecisionLog) -> None:
        self._adviser = adviser
        self._log = log

    def advise(self, seen: Observation) -> Advice:
        """What is asked for now; it is recorded."""
        advice = self._adviser.advise(seen)
        self._log.append(Decided(seen, advice))
        return advice


class Recording:
    """Makes the adaptive layer of each site that is simulated. `files`: by the site's id, for the heads of the records.

    `folder`: records go to `decisions-ID` in it; None: nowhere. `parameters`: asked for those of the search and estimate.
    """

    def __init__(
        self, folder: Path | None, files: Mapping[int, Path], parameters: Callable[[], Mapping[str, Any]] = dict
    ) -> None:
        self._folder = folder
        self._files = files
        self._parameters = parameters
        self._logs: list[DecisionLog] = []

    def __call__(self, site: Site) -> Advises:
        """The adaptive layer of a site.

        Raises:
            ValueError: it is not installed with all that it needs.
        """
        adviser = adaptive_layer(site)
        if self._folder is None:
            return adviser
        text = self._files[site.id].read_bytes().decode() if site.id in self._files else ""
        head = DecisionHead(site.id, site.timezone, __version__, site.file_hash, text, self._parameters())
        log = DecisionLog(self._folder / f"decisions-{site.id}", head, _LIMITS)
        self._logs.append(log)
        return Recorded(adviser, log)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for log in self._logs:
            if not log.close():
                raise OSError(log.trouble())
