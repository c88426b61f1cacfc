"""What stands behind the adviser of one site: the gate, the record of decisions, and shadow with its evidence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from edge import __version__
from edge.adaptive.gate import UNANSWERED, Gate, held_back
from edge.clock import monotonic_us, wall
from edge.eventlog.decision_blocks import Decided, DecisionHead
from edge.eventlog.decisions import DecisionLog, DecisionWriter
from edge.model.advice import Advice
from edge.model.observation import Observation
from edge.model.site import Site
from edge.optimiser.evidence_file import EvidenceFile, timing_hash
from edge.optimiser.parameters import parameters
from edge.optimiser.shadow import MakeAdviser, Shadow

DECISIONS_FOLDER = "decisions"
TOO_LATE = "it came too late"


@dataclass(frozen=True, slots=True)
class Began:
    """What a run of the layer begins from. `source`: the text of the site file; `learned`: None for nothing."""

    site: Site
    source: str
    learned: Mapping[str, Any] | None = None


def head_of(began: Began, epoch_ms: int) -> DecisionHead:
    """The head of its record."""
    site = began.site
    learned = None if began.learned is None else dict(began.learned)
    return DecisionHead(
        site.id, site.timezone, __version__, site.file_hash, began.source, parameters(), learned, epoch_ms
    )


class Keeper:
    """One run of the layer. `make`: a fresh adviser that knows what has been learned so far."""

    def __init__(
        self, directory: Path, began: Began, make: MakeAdviser, clock_us: Callable[[], int] = monotonic_us
    ) -> None:
        self._log = structlog.get_logger()
        self._clock_us = clock_us
        self._file = EvidenceFile(directory, timing_hash(began.site))
        self._evidence = self._file.read()
        self._gate = Gate(began.site.adaptive, self._evidence)
        self._shadow = Shadow(began.site, make)
        self._record = DecisionWriter(DecisionLog(directory / DECISIONS_FOLDER, head_of(began, wall())))
        self._said: set[str] = set()
        self._closed = ""

    @property
    def due(self) -> bool:
        """The run should be ended and begun anew, so that its record can be replayed from its beginning."""
        return self._record.due

    def passes(self, seen: Observation, advice: Advice, *, late: bool = False) -> Advice:
        """What is asked for in the end; it is recorded. `late`: nobody will be asked."""
        asked, held = (held_back(advice, TOO_LATE), TOO_LATE) if late else self._gate.passes(advice, seen.local)
        if held not in {self._closed, TOO_LATE}:
            self._closed = held
            self._log.info("gate.closed" if held else "gate.open", why=held)
        if asked.why and not held and asked.healthy:
            self._once(asked.why)
        self._keep(Decided(seen, asked, held))
        return asked

    def passed_over(self, seen: Observation) -> None:
        """A second that was seen and not answered."""
        self._keep(Decided(seen, Advice(seen.now, healthy=False, why=UNANSWERED), UNANSWERED))

    def work(self) -> None:
        """Some of what shadow has to do, within its share of the computer."""
        quarter = self._shadow.work(self._clock_us)
        if quarter is None:
            return
        self._file.append(quarter)
        self._evidence.add(quarter)
        figures = self._evidence.figures(quarter.bin)
        self._log.info(
            "shadow.quarter",
            bin=quarter.bin.text,
            vehicles=quarter.vehicles,
            actuated_s=round(quarter.actuated_s, 1),
            advised_s=None if quarter.advised_s is None else round(quarter.advised_s, 1),
            fits=quarter.fits,
            verdict=figures.verdict.value,
        )
        if self._file.trouble:
            self._once(self._file.trouble)

    def close(self) -> None:
        """Write what is left of the record."""
        if self._record.recovered:
            self._once("The decision record goes on in a new file: its disk takes it again")
        self._record.close()

    def _keep(self, decided: Decided) -> None:
        self._record.append(decided)
        self._shadow.see(decided)
        trouble = self._record.trouble()
        if trouble:
            self._once(trouble)

    def _once(self, said: str) -> None:
        """Say a thing once in a run."""
        if said not in self._said:
            self._said.add(said)
            self._log.warning("adaptive.said", said=said)
