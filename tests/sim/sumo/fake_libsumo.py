"""A stand-in for libsumo with one street a lane: a vehicle comes to the stop line, waits for its green and goes.

It takes what `edge.sim.sumo.street` says to SUMO literally, and knows nothing of what stands behind it.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

NEVER = 10**9


class TraCIException(Exception):
    """What libsumo raises."""


class FatalTraCIError(Exception):
    """What it raises once its simulation has ended; no relation of the other."""


@dataclass
class Vehicle:
    """`link`: the link it waits for; `comes_s`: when it reaches the loop; `sideways`: from the lane beside, so that the
    induction loop misses it."""

    lane: str
    link: int
    comes_s: float
    left_s: float = NEVER
    sideways: bool = False


@dataclass
class FakeSumo:
    """One simulation. `programme`: the light's own states; `people`: of each walking area, who stands there when."""

    vehicles: list[Vehicle] = field(default_factory=list)
    links: tuple[tuple[str, ...], ...] = (("n",), ("e",))
    programme: tuple[str, ...] = ("Gr", "yr", "rG", "ry")
    end_s: float = 60.0
    step_s: float = 1.0
    people: dict[str, list[tuple[str, str, float, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.TraCIException, self.FatalTraCIError = TraCIException, FatalTraCIError
        self.t = 0.0
        self.command: list[str] = []
        self.lane_of: dict[str, str] = {}
        self.shown: dict[str, str] = {}
        self.states: list[tuple[float, str, str]] = []
        self.closed = False
        logic = SimpleNamespace(programID="0", phases=[SimpleNamespace(state=s) for s in self.programme])
        self.simulation = SimpleNamespace(
            getTime=lambda: self.t,
            getDeltaT=lambda: self.step_s,
            getEndTime=lambda: self.end_s,
            getOption=lambda _: str(self._option("--seed") or 23),
            getMinExpectedNumber=lambda: sum(v.left_s == NEVER for v in self.vehicles),
            getParameter=lambda _, key: {"stats.teleports.total": "3", "stats.safety.collisions": "1"}.get(key, "0"),
        )
        self.inductionloop = SimpleNamespace(getVehicleData=self._over)
        self.lanearea = SimpleNamespace(
            getLastStepVehicleNumber=lambda name: len(self._standing(name[: -len("-area")]))
        )
        self.lane = SimpleNamespace(getLastStepHaltingNumber=lambda lane: sum(v.lane == lane for v in self._here()))
        self.trafficlight = SimpleNamespace(
            getIDList=lambda: ("J", "K"),
            getProgram=lambda _: "0",
            getAllProgramLogics=lambda _: (logic,),
            getRedYellowGreenState=lambda _: self.programme[0],
            getControlledLinks=lambda _: self.links,
            getControlledLanes=lambda _: ("n_0", "n_0", "e_0"),
            setRedYellowGreenState=self._show,
        )
        self.edge = SimpleNamespace(
            getIDList=lambda: ("n", ":J_w0", ":J_c0", ":K_w0"),
            getLastStepPersonIDs=lambda area: [p for p, _, a, b in self.people.get(area, ()) if a <= self.t < b],
        )
        self.person = SimpleNamespace(
            getNextEdge=lambda who: next(c for row in self.people.values() for p, c, _, _ in row if p == who),
            getWaitingTime=lambda who: next(
                self.t - a for row in self.people.values() for p, _, a, _ in row if p == who
            ),
        )

    def start(self, command: list[str]) -> None:
        self.command = command
        os.write(1, b"Loading done.\n")  # as C++ does, past sys.stdout
        if not Path(command[command.index("-c") + 1]).exists():
            raise TraCIException("Could not access configuration.")
        added = str(self._option("--additional-files")).split(",")[-1]
        for loop in ET.parse(added).iter("inductionLoop"):
            self.lane_of[loop.get("id", "")] = loop.get("lane", "")

    def simulationStep(self) -> None:  # noqa: N802 - libsumo's name
        began, self.t = self.t, round(self.t + self.step_s, 3)
        for vehicle in self.vehicles:
            free = self.shown.get("J", "rr")[vehicle.link] in "Gg"
            if vehicle.left_s == NEVER and vehicle.comes_s <= began and free:
                vehicle.left_s = began + 0.5

    def close(self) -> None:
        self.closed = True
        rows = [
            f'<tripinfo id="{k}" depart="0" departDelay="0" waitingTime="0" waitingCount="1" '
            f'arrival="{v.left_s if v.left_s < NEVER else -1}" timeLoss="{min(v.left_s, self.t) - v.comes_s}"/>'
            for k, v in enumerate(self.vehicles)
            if v.comes_s < self.t
        ]
        path = Path(str(self._option("--tripinfo-output")))
        path.write_text(
            f"<tripinfos>{''.join(rows)}<personinfo><walk arrival='9' timeLoss='4'/></personinfo></tripinfos>"
        )

    def _option(self, name: str) -> str | None:
        return self.command[self.command.index(name) + 1] if name in self.command else None

    def _here(self) -> list[Vehicle]:
        return [v for v in self.vehicles if v.comes_s <= self.t < v.left_s]

    def _standing(self, loop: str) -> list[Vehicle]:
        return [v for v in self._here() if v.lane == self.lane_of[loop]]

    def _over(self, loop: str) -> list[tuple[str, float, float, float, str]]:
        ours = [v for v in self.vehicles if v.lane == self.lane_of[loop] and not v.sideways]
        over = [v for v in ours if v.comes_s <= self.t]
        return [
            ("v", 5.0, v.comes_s, -1.0 if v.left_s > self.t else v.left_s, "car")
            for v in over
            if v.left_s > self.t - self.step_s
        ]

    def _show(self, tls: str, state: str) -> None:
        self.shown[tls] = state
        self.states.append((self.t, tls, state))
