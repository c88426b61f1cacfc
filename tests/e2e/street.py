"""What the lamps of the end-to-end intersection showed, as the module saw it, and an oracle that knows nothing else."""

import itertools
import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.machine import Machine

HERE = Path(__file__).parent
LOG = "var/log/module.log"
MODULE_UNIT = """
[Unit]
Description=Modbus TCP output module of the end-to-end test
Before=stopline.service
[Service]
ExecStartPre=/sbin/ip address replace 192.168.250.11/32 dev lo
ExecStart=/usr/bin/python3 /usr/src/module/device.py /usr/src/module /{log}
[Install]
WantedBy=multi-user.target
"""
RED = "100100"
DARK = "000000"
FLASH_ON, FLASH_OFF = "010100", DARK  # phase 2 flashes yellow, phase 4 red
GREEN, YELLOW = "001", "010"
YELLOW_S = {2: 3.0, 4: 3.5}
SLACK_S = 0.15  # a tick and the way of a frame
EXCUSED_S = 4.0  # watchdog, restart; longer than either


@dataclass(frozen=True, slots=True)
class Shown:
    """From `at` (seconds of CLOCK_MONOTONIC) on these coils, written by `who`."""

    at: float
    who: str
    coils: str

    @property
    def heads(self) -> dict[int, str]:
        """The three lamps of each phase: red, yellow, green."""
        return {2: self.coils[:3], 4: self.coils[3:]}


class Street:
    """The log of the module."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lost: list[float] = []
        """When the controller was killed, frozen or cut off: what follows is judged less strictly."""

    def install(self) -> None:
        """Put the module and its unit into the machine, the site file and the address list into their places."""
        place = self.root / "usr/src/module"
        place.mkdir(parents=True)
        shutil.copy(HERE / "device.py", place)
        shutil.copytree(Path(sysconfig.get_path("purelib")) / "pyModbusTCP", place / "pyModbusTCP")
        (self.root / "etc/systemd/system/module.service").write_text(MODULE_UNIT.format(log=LOG))
        shutil.copy(HERE / "site.yaml", self.root / "etc/stopline/intersection.yaml")

    def shown(self, since: float = 0.0) -> list[Shown]:
        """Every change since then."""
        path = self.root / LOG
        rows = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [Shown(float(at), who, coils) for at, who, coils in rows if float(at) >= since]

    def last(self) -> str:
        """What is shown now."""
        return self.shown()[-1].coils if self.shown() else DARK

    def greens(self, since: float) -> set[int]:
        """The phases that were green since then."""
        return {phase for shown in self.shown(since) for phase, head in shown.heads.items() if head == GREEN}

    def wait_green(self, machine: Machine, since: float) -> float:
        """Wait for any green after `since`; the seconds it took."""
        return machine.wait("a green", lambda: self.greens(since))[1]

    def violations(self) -> list[str]:
        """Everything no street may show: two with right-of-way, a green that ends without yellow, a short yellow.

        What the outputs-safe program and the module's dead-man do in the seconds after a loss of the controller is excused.
        """
        found: list[str] = []
        began = dict.fromkeys(YELLOW_S, 0.0)
        for before, after in itertools.pairwise(self.shown()):
            if all(head[2] == "1" or head == YELLOW for head in after.heads.values()):
                found.append(f"both have right-of-way: {after}")
            excused = any(-0.2 <= after.at - lost <= EXCUSED_S for lost in self.lost)
            for phase, least in YELLOW_S.items():
                was, now = before.heads[phase], after.heads[phase]
                if was == GREEN and now not in {GREEN, YELLOW} and not excused:
                    found.append(f"green of phase {phase} ended without yellow: {before} {after}")
                if (
                    was == YELLOW
                    and now != YELLOW
                    and began[phase]
                    and not excused
                    and after.at - began[phase] < least - SLACK_S
                ):
                    found.append(f"yellow of phase {phase} for {after.at - began[phase]:.2f} s: {after}")
                if now != YELLOW or was == GREEN:
                    began[phase] = after.at if now == YELLOW else 0.0
        return found
