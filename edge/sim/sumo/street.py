"""SUMO itself, in this process by libsumo: the one file that knows it. Times are integer ms of SUMO's own clock.

The user's configuration is loaded as it is, with its additional files, outputs, end and options. Added are our loops, a seed
where one is given, and tripinfo with the unfinished and undeparted in it, in the user's own file where he writes one.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge.model.units import SECOND_MS, Ms
from edge.sim.sumo.loops import PlacedLoop
from edge.sim.sumo.presence import STILL_THERE, Span
from edge.sim.sumo.sumocfg import SumoConfig


class PlantError(Exception):
    """SUMO is not there, or cannot run what it was given."""


_MUTE = (
    "it cannot load this, for the reasons it has printed — where a lane of a stopline-… loop is not known, "
    "the site file is of another network: stopline import sumo writes one of this"
)
"""Instead of its "Process Error": what was wrong it has told only to standard error."""


@dataclass(frozen=True, slots=True)
class SumoCounts:
    """What SUMO itself counted in the run."""

    teleports: int
    collisions: int
    emergency_brakings: int
    emergency_stops: int


def command_of(config: SumoConfig, ours: Path, tripinfo: Path, seed: int | None) -> list[str]:
    """How SUMO is started. `ours`: our additional file; `tripinfo`: ours, where the user writes none."""
    command = ["sumo", "-c", str(config.path), "--additional-files", ",".join((*config.additional, str(ours)))]
    command += ["--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted"]
    if config.tripinfo is None:
        command += ["--tripinfo-output", str(tripinfo)]
    if seed is not None:
        command += ["--seed", str(seed)]
    return command


def _libsumo() -> Any:  # noqa: ANN401 - libsumo has no types
    try:
        import libsumo  # noqa: PLC0415 - an extra; only who asks for this plant needs it
    except ImportError as error:
        raise PlantError("the SUMO plant needs the extra `sumo`: pip install 'stopline[sumo]'") from error
    return libsumo


@contextmanager
def _quiet_stdout() -> Iterator[None]:
    """What SUMO prints goes to standard error: on standard output there is our report and nothing else."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


class Street:
    """One run of SUMO. Use as a context manager: outputs are complete only when it is left.

    Raises:
        PlantError: libsumo is missing, or SUMO refuses what it is given; its own words are kept.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._sumo = _libsumo()
        self._trouble: tuple[type[Exception], ...] = (self._sumo.TraCIException, self._sumo.FatalTraCIError)
        with _quiet_stdout():
            self._call(self._sumo.start, list(command))
        simulation = self._sumo.simulation
        self.now: Ms = _ms(simulation.getTime())
        self.began_ms = self.now
        self.step_ms: Ms = _ms(simulation.getDeltaT())
        end = simulation.getEndTime()
        self.end_ms: Ms | None = None if end < 0 else _ms(end)
        self.seed = int(simulation.getOption("seed"))
        self._vehicles: Callable[[str], Sequence[tuple[str, float, float, float, str]]]
        self._vehicles = self._sumo.inductionloop.getVehicleData
        self._in_area: Callable[[str], int] = self._sumo.lanearea.getLastStepVehicleNumber
        self._halting: Callable[[str], int] = self._sumo.lane.getLastStepHaltingNumber
        self.counts = SumoCounts(0, 0, 0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.counts = self._counted()
        try:
            with _quiet_stdout():
                self._call(self._sumo.close)
        except PlantError:
            if kind is None:  # else the first trouble is the one to tell of: SUMO may have ended by it
                raise

    def step(self) -> None:
        """One step of SUMO."""
        self._call(self._sumo.simulationStep)
        self.now = _ms(self._sumo.simulation.getTime())

    @property
    def is_empty(self) -> bool:
        """Whether nobody is on the way and nobody will come."""
        return int(self._sumo.simulation.getMinExpectedNumber()) == 0

    # ── traffic lights ──────────────────────────────────────────────────────────────────────────

    def own_programme(self, tls: str) -> tuple[str, ...]:
        """The states of the programme that the network brought for this light; a place in them that is no link is red."""
        light = self._sumo.trafficlight
        if tls not in light.getIDList():
            have = ", ".join(light.getIDList())
            raise PlantError(f"the network has no traffic light {tls} (it has {have})")
        current = light.getProgram(tls)
        logics = {logic.programID: logic for logic in light.getAllProgramLogics(tls)}
        states = tuple(phase.state for phase in logics[current].phases) if current in logics else ()
        links = light.getControlledLinks(tls)
        used = {at for at, lanes in enumerate(links) if lanes}
        return tuple(
            "".join(letter if at in used else "r" for at, letter in enumerate(state))
            for state in states or (str(light.getRedYellowGreenState(tls)),)
        )

    def approach_lanes(self, tls: str) -> tuple[str, ...]:
        """The lanes whose vehicles this light stops, each once."""
        return tuple(dict.fromkeys(self._sumo.trafficlight.getControlledLanes(tls)))

    def show(self, tls: str, state: str) -> None:
        """Set a light; it stays so until it is set again."""
        self._call(self._sumo.trafficlight.setRedYellowGreenState, tls, state)

    # ── what loops and buttons would feel ───────────────────────────────────────────────────────

    def over(self, loop: PlacedLoop) -> tuple[list[Span], bool]:
        """Who was over a loop in the last step, and whether the lane area sees somebody whom the loop has missed."""
        spans, standing = [], 0
        for _, _, entered, left, _ in self._vehicles(loop.name):
            if left < 0:
                standing += 1
                spans.append((_ms(entered), STILL_THERE))
            else:
                spans.append((_ms(entered), _ms(left)))
        return spans, self._in_area(loop.area) > standing

    def halting(self, lane: str) -> int:
        """How many vehicles stand in a lane."""
        return self._halting(lane)

    def waiting_areas(self, crossing: str) -> tuple[str, ...]:
        """The walking areas of a crossing's junction; of an edge that is no crossing, the edge itself."""
        junction, mark, _ = crossing.rpartition("_c")
        if not crossing.startswith(":") or not mark:
            return (crossing,)
        return tuple(edge for edge in self._sumo.edge.getIDList() if edge.startswith(f"{junction}_w"))

    def standing(self, area: str) -> Mapping[str, tuple[str, float]]:
        """Every person in a walking area: where it goes next, and how long it has been standing, s."""
        person = self._sumo.person
        ids = self._sumo.edge.getLastStepPersonIDs(area)
        return {p: (person.getNextEdge(p), person.getWaitingTime(p)) for p in ids}

    # ── within ──────────────────────────────────────────────────────────────────────────────────

    def _counted(self) -> SumoCounts:
        keys = ("teleports.total", "safety.collisions", "safety.emergencyBraking", "safety.emergencyStops")
        return SumoCounts(*(int(self._sumo.simulation.getParameter("", f"stats.{key}")) for key in keys))

    def _call(self, call: Callable[..., object], *arguments: object) -> None:
        try:
            call(*arguments)
        except self._trouble as error:
            words = str(error).strip() or "it stopped without a word"
            raise PlantError(f"SUMO: {_MUTE if words == 'Process Error' else words}") from error


def _ms(seconds: float) -> Ms:
    return round(seconds * SECOND_MS)
