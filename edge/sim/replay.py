"""`stopline replay --log`: recorded detector events drive the engine, as fast as it goes.

It is a re-run, not a repetition: the recorded vehicles met other greens than ours. Only events 81/82 (detectors) and
89/90 (push-buttons) are heard; what the recorded controller did is not.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.clock import monotonic_ms
from edge.eventlog.export import LogRow, read_csv
from edge.model.detectors import InputSample
from edge.model.events import EventCode
from edge.model.exchange import Inputs
from edge.model.external import wire_name
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import SECOND_MS, TICK_MS, ButtonNumber, DetectorNumber, Ms, PhaseNumber
from edge.sim.measure import PhaseFigures
from edge.sim.run import Run, later, local_start

_DETECTOR_LEVEL = {EventCode.DETECTOR_OFF: False, EventCode.DETECTOR_ON: True}
_BUTTON_LEVEL = {EventCode.PED_DETECTOR_OFF: False, EventCode.PED_DETECTOR_ON: True}


class ReplayError(ValueError):
    """A log that cannot drive this site; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What the engine made of the recorded hours. `warnings`: what of the log was not used, a sentence each."""

    simulated_ms: Ms
    wall_ms: Ms
    phases: Mapping[PhaseNumber, PhaseFigures]
    violations: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def speed_x(self) -> float:
        """Recorded time over the computer's time, reading and writing included."""
        return round(self.simulated_ms / max(1, self.wall_ms), 1)

    def as_dict(self) -> dict[str, object]:
        """The report as it is printed with --json."""
        return {
            "v": 1,
            "simulated_s": self.simulated_ms / SECOND_MS,
            "speed_x": self.speed_x,
            "violations": len(self.violations),
            "phases": {str(phase): self.phases[phase].as_dict() for phase in sorted(self.phases)},
        }


def replay_log(site: Site, log: Path, out: Path | None = None, clock: Callable[[], Ms] = monotonic_ms) -> ReplayReport:
    """Drive the engine with the recorded inputs of `log`; our own events go to `out`. `clock` only times the computer.

    Raises:
        LogFileError: the log is not a four-column log.
        ReplayError: it holds nothing of this site.
        OSError: a file cannot be read or written.
    """
    began = clock()
    rows, warnings = _rows_of(site, log)
    first_ms = rows[0].local_ms // TICK_MS * TICK_MS
    simulated_ms = rows[-1].local_ms - first_ms + TICK_MS
    start = local_start(first_ms, site.timezone)
    run = Run(site, start)
    recorded = _Recorded(site)
    for now, due in _ticks(rows, first_ms):
        recorded.hear(due)
        run.advance(now, recorded.inputs(now, later(start, now)))
    if out is not None:
        run.write_log(out)
    return ReplayReport(
        simulated_ms=simulated_ms,
        wall_ms=clock() - began,
        phases=run.figures(),
        violations=tuple(violation.detail for violation in run.violations),
        warnings=(*warnings, *recorded.warnings()),
    )


def _rows_of(site: Site, log: Path) -> tuple[list[LogRow], list[str]]:
    """The rows of this site in order of time, and what is to be said of the others."""
    rows = list(read_csv(log))
    devices = Counter(row.device for row in rows)
    wanted = str(site.id)
    if len(devices) > 1 and wanted not in devices:
        have = ", ".join(sorted(devices))
        raise ReplayError(f"{log}: no event of device {wanted}, only of {have} — give the log of {site.name}")
    if not devices:
        raise ReplayError(f"{log}: no events — give a log of {site.name}")
    warnings = []
    if len(devices) > 1:
        others = len(rows) - devices[wanted]
        rows = [row for row in rows if row.device == wanted]
        warnings.append(f"{others} events of other devices are not used")
    elif wanted not in devices:
        warnings.append(
            f"the log is of device {next(iter(devices))}, the site is {wanted}; it is taken for the site's own"
        )
    rows.sort(key=lambda row: row.local_ms)
    return rows, warnings


def _ticks(rows: Sequence[LogRow], first_ms: int) -> Iterator[tuple[Ms, Sequence[LogRow]]]:
    """Every tick from the first event to the last, with the events stamped since the tick before."""
    at, count = 0, len(rows)
    for now in range(0, rows[-1].local_ms - first_ms + TICK_MS, TICK_MS):
        upto, begin = first_ms + now, at
        while at < count and rows[at].local_ms <= upto:
            at += 1
        yield now, rows[begin:at]


class _Recorded:
    """The recorded detectors and push-buttons as samples: the level they were left at, and how often they came on."""

    def __init__(self, site: Site) -> None:
        self._detectors = dict.fromkeys(site.detectors, (False, 0))
        self._buttons = dict.fromkeys(site.buttons, (False, 0))
        self._wires = [wire_name(ref) for ref in site.wires]  # the log does not tell them: nobody asks
        self._heard: Counter[DetectorNumber] = Counter()
        self._unknown_detectors: Counter[int] = Counter()
        self._unknown_buttons: Counter[int] = Counter()

    def hear(self, rows: Sequence[LogRow]) -> None:
        """Take in the events of one tick."""
        for row in rows:
            if row.code in _DETECTOR_LEVEL:
                self._hear_detector(DetectorNumber(row.parameter), on=_DETECTOR_LEVEL[EventCode(row.code)])
            elif row.code in _BUTTON_LEVEL:
                self._hear_button(ButtonNumber(row.parameter), on=_BUTTON_LEVEL[EventCode(row.code)])

    def inputs(self, now: Ms, local: LocalTime) -> Inputs:
        """Fresh samples of everything."""
        return Inputs(
            {number: InputSample(on, count, now) for number, (on, count) in self._detectors.items()},
            {number: InputSample(on, count, now) for number, (on, count) in self._buttons.items()},
            local,
            wires={name: InputSample(occupied=False, count=0, taken_ms=now) for name in self._wires},
        )

    def warnings(self) -> list[str]:
        """What of the log had no place on the site, and which of the site's detectors the log knows nothing of."""
        found = []
        if self._unknown_detectors:
            found.append(f"events of detectors the site does not have are not used: {_listed(self._unknown_detectors)}")
        if self._unknown_buttons:
            found.append(
                f"events of push-buttons the site does not have are not used: {_listed(self._unknown_buttons)}"
            )
        silent = [str(number) for number in sorted(self._detectors) if not self._heard[number]]
        if silent:
            found.append(f"the log has no event of the site's detectors {', '.join(silent)}")
        return found

    def _hear_detector(self, number: DetectorNumber, *, on: bool) -> None:
        if number not in self._detectors:
            self._unknown_detectors[number] += 1
            return
        self._heard[number] += 1
        self._detectors[number] = (on, self._detectors[number][1] + on)

    def _hear_button(self, number: ButtonNumber, *, on: bool) -> None:
        if number not in self._buttons:
            self._unknown_buttons[number] += 1
            return
        self._buttons[number] = (on, self._buttons[number][1] + on)


def _listed(counts: Counter[int]) -> str:
    return ", ".join(f"{number} ({count} events)" for number, count in sorted(counts.items()))
