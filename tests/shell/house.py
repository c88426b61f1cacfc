"""A daemon in this process on a clock that only moves when it sleeps: the real loop, drivers, stores and socket."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from drivers.mock import MockDevice
from edge.control_socket.connection import Pending
from edge.control_socket.protocol import Refused, Reply
from edge.daemon.loop import ControlLoop
from edge.daemon.options import RunOptions
from edge.daemon.start import _build
from edge.model.commands import CommandKind
from edge.model.exchange import Mode
from edge.model.faults import Fault, FaultKind
from edge.model.indications import Indication
from edge.model.units import SECOND_MS, ChannelNumber, Ms
from edge.status.facts import Published

SITE = """\
schema: 1
intersection: {id: 7, name: Depot Road & Mill Lane, timezone: America/Denver}
rings: ["2 | 4"]
phases:
  2: {move: EBT, min_green: 5, passage: 2.0, max_green: 20, yellow: 4.0, red_clear: 1.5, recall: min}
  4: {move: NBT, min_green: 5, passage: 2.0, max_green: 20, yellow: 3.6, red_clear: 1.5, recall: min}
io:
  loops: {driver: mock}
  cab: {driver: mock}
detectors:
  1: {input: loops.1, phase: 2, kind: advance}
  2: {input: loops.2, phase: 4, kind: stopbar}
channels:
  2: {phase: 2, output: cab, wires: [0, 1, 2], flash: yellow}
  4: {phase: 4, output: cab, wires: [3, 4, 5], flash: red}
conflicts: {permissive: none, confirmed_by: R. Osei PE}
plans:
  1: {name: Always, cycle: 60, splits: {2: 36, 4: 24}}
schedule:
  - {days: daily, at: 00:00, run: free}
fallback: {plan: 1, when: {decision_late_ms: 200, clock_unsynced_min: 60}}
flash:
  startup: {flash: 3, exit_yellow: 3, all_red: 3}
"""

TWO = ChannelNumber(2)
FOUR = ChannelNumber(4)
MOVING = frozenset({Indication.GREEN, Indication.YELLOW})


class FakeClock:
    """Monotonic time that passes only in `sleep_until`. `late_us`: how late the next sleeper wakes, once."""

    def __init__(self) -> None:
        self.now: Ms = 1_000_000
        self.offset = 1_785_000_000_000  # summer 2026
        self.trusted = True
        self.late_us = 0

    def monotonic_ms(self) -> Ms:
        return self.now

    def wall(self) -> int:
        return self.now + self.offset

    def synced(self) -> bool:
        return self.trusted

    def sleep_until(self, deadline: Ms) -> int:
        late_us, self.late_us = self.late_us, 0
        self.now = max(self.now, deadline + late_us // 1000)
        return max(late_us, (self.now - deadline) * 1000)


class House:
    """One daemon and its street."""

    def __init__(self, folder: Path, site: str = SITE, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.config = folder / "site.yaml"
        if not self.config.exists():
            self.config.write_text(site)
        self.options = RunOptions(self.config, folder / "state", folder / "control.sock")
        self.stack = ExitStack()
        self.pictures: list[tuple[Ms, dict[ChannelNumber, Indication]]] = []
        self.loop: ControlLoop

    def start(self, **changes: object) -> "House":
        self.options = replace(self.options, **changes)  # type: ignore[arg-type]  # a test names real fields
        self.loop = _build(self.options, self.clock, self.stack)
        self.mock("loops").set_inputs({"1": (False, 0), "2": (False, 0)})
        return self

    def step(self) -> bool:
        over = self.loop.step()
        image = self.mock("cab").image()
        shown = dict(image.shown) if image else {}
        if not self.pictures or self.pictures[-1][1] != shown:
            self.pictures.append((self.clock.now, shown))
        return over

    def run(self, seconds: float) -> "House":
        """Go on for so long, or to the end."""
        until = self.clock.now + round(seconds * SECOND_MS)
        while self.clock.now < until and not self.step():
            pass
        return self

    def run_to(self, true: Callable[[], bool], within_s: float = 120) -> float:
        """Go on until something is true; how long it took, s."""
        began = self.clock.now
        while not true():
            assert self.clock.now - began < within_s * SECOND_MS, "it never came true"
            self.step()
        return (self.clock.now - began) / SECOND_MS

    def to_running(self) -> "House":
        self.run_to(lambda: self.mode is Mode.RUN)
        return self

    def ask(self, kind: CommandKind, why: str = "test") -> Reply | Refused:
        """Put a command on the desk, do one tick, hear the answer."""
        return self.hear(self.loop.desk.put(kind, "tester", why))

    def hear(self, pending: Pending) -> Reply | Refused:
        self.run_to(lambda: pending.outcome is not None)
        assert pending.outcome is not None
        return pending.outcome

    def mock(self, name: str) -> MockDevice:
        source = self.loop._p.street.devices[name].source
        assert isinstance(source, MockDevice)
        return source

    @property
    def mode(self) -> Mode | None:
        return self.loop.published.core.mode if self.loop.published else None

    def is_in(self, *modes: Mode) -> bool:
        return self.mode in modes

    @property
    def published(self) -> Published:
        assert self.loop.published is not None
        return self.loop.published

    @property
    def faults(self) -> dict[FaultKind, Fault]:
        return {fault.kind: fault for fault in self.loop.published.core.faults} if self.loop.published else {}

    @property
    def shown(self) -> dict[ChannelNumber, Indication]:
        return self.pictures[-1][1]

    @property
    def loop_facts(self) -> dict[str, int]:
        """Ticks, and those after which the watchdog was not fed, counted afresh."""
        facts = self.loop._p.street.punctuality._count()
        return {"ticks": facts.ticks, "unfed": facts.unfed, "missed": facts.missed}

    def spells(self, channel: ChannelNumber, indication: Indication) -> list[Ms]:
        """How long each whole spell of `indication` lasted on `channel`, as the lamps showed it."""
        found, since = [], None
        for at, shown in self.pictures:
            on = shown.get(channel) is indication
            if on and since is None:
                since = at
            elif not on and since is not None:
                found.append(at - since)
                since = None
        return found

    def close(self) -> None:
        self.stack.close()


@contextmanager
def house(folder: Path, site: str = SITE, **changes: object) -> Iterator[House]:
    """A started daemon that is closed with the test."""
    opened = House(folder, site)
    try:
        yield opened.start(**changes)
    finally:
        opened.close()
