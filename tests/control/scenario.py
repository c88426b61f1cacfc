"""A run of one site told in sentences: put a vehicle on a loop, press a button, wait, look at what happened."""

from dataclasses import replace

from edge.model.advice import Advice
from edge.model.commands import Command, CommandKind
from edge.model.detectors import InputSample
from edge.model.events import EventCode
from edge.model.exchange import Decision, Inputs, Interval, Mode, PedInterval, PhaseStatus, ShellFault
from edge.model.external import WireName
from edge.model.faults import FaultKind
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import ButtonNumber, DetectorNumber, Ms, PhaseNumber
from edge.tick import Tick

GREEN = {Interval.MIN_GREEN, Interval.EXTENSION, Interval.REST}


class Scenario:
    """Time starts at 0 in start-up flash; every tick is 100 ms."""

    def __init__(self, site: Site, *, local: LocalTime | None = None) -> None:
        self.site = site
        self.tick = Tick(site)
        self.now: Ms = 0
        self.on: set[int] = set()
        self.pressed: set[int] = set()
        self.silent: set[int] = set()
        self.no_button: set[int] = set()
        self.count: dict[int, int] = dict.fromkeys(site.detectors, 0)
        self.wires: dict[str, bool] = {}  # general-purpose inputs, by name
        self.faults: tuple[ShellFault, ...] = ()
        self.commands: tuple[Command, ...] = ()
        self.local = local
        self.advice: Advice | None = None  # said anew in every tick, stamped with it
        self.log: list[tuple[Ms, int, int]] = []
        self.decision: Decision | None = None

    # ── doing ──
    def occupy(self, *detectors: int) -> "Scenario":
        for d in set(detectors) - self.on:
            self.count[d] += 1
        self.on |= set(detectors)
        return self

    def leave(self, *detectors: int) -> "Scenario":
        self.on -= set(detectors)
        return self

    def pulse(self, detector: int, times: int = 1) -> "Scenario":
        self.count[detector] += times
        return self

    def press(self, button: int) -> "Scenario":
        self.pressed.add(button)
        self.step()
        self.pressed.discard(button)
        return self

    def order(self, kind: CommandKind) -> "Scenario":
        self.commands = (Command(kind, "tester", "a test"),)
        return self

    def step(self, ms: Ms = 100) -> "Scenario":
        self.now += ms
        samples = {
            DetectorNumber(d): InputSample(d in self.on, self.count[d], self.now)
            for d in self.site.detectors
            if d not in self.silent
        }
        there = [b for b in self.site.buttons if b not in self.no_button]
        buttons = {ButtonNumber(b): InputSample(b in self.pressed, 0, self.now) for b in there}
        local = self.local
        if local is not None:
            day = (local.day_ms + self.now) % 86_400_000
            local = LocalTime(local.date, local.weekday, day, local.epoch_ms + self.now, local.synced)
        wires = {WireName(w): InputSample(on, 0, self.now) for w, on in self.wires.items()}
        advice = self.advice and replace(self.advice, made_ms=self.now)
        inputs = Inputs(samples, buttons, local, self.commands, self.faults, wires=wires, advice=advice)
        result = self.tick.advance(self.now, inputs)
        assert not result.verdict.violations, result.verdict.violations
        self.commands = ()
        self.decision = result.decision
        self.log += [(self.now, int(e.code), e.parameter) for e in result.decision.events]
        return self

    def wait(self, seconds: float) -> "Scenario":
        for _ in range(round(seconds * 10)):
            self.step()
        return self

    def until(self, seconds: float, phase: int, interval: Interval) -> "Scenario":
        """Step until the phase is in the interval, at most so long; any green will do where a new one is asked for."""
        enough = GREEN if interval is Interval.MIN_GREEN else {interval}
        for _ in range(round(seconds * 10)):
            if self.phase(phase).interval in enough:
                return self
            self.step()
        raise AssertionError(f"phase {phase} did not come to {interval} in {seconds} s, it is in {self.phase(phase)}")

    def until_run(self) -> "Scenario":
        while self.mode is not Mode.RUN:
            self.step()
        return self

    def drain(self) -> "Scenario":
        """Past the start-up calls: everyone has been served once and rests."""
        self.until_run()
        return self.wait(200)

    # ── looking ──
    @property
    def mode(self) -> Mode:
        if self.decision is None:
            self.step()
        assert self.decision is not None
        return self.decision.mode

    def phase(self, number: int) -> PhaseStatus:
        if self.decision is None:
            self.step()
        return next(p for p in self.tick.controller.status(self.now).phases if p.number == number)

    def interval(self, number: int) -> Interval:
        return self.phase(number).interval

    def ped(self, number: int) -> PedInterval:
        return self.phase(number).ped

    def greens(self) -> set[int]:
        return {p.number for p in self.tick.controller.status(self.now).phases if p.interval in GREEN}

    def times(self, code: EventCode, parameter: int | None = None, since: Ms = 0) -> list[Ms]:
        return [t for t, c, p in self.log if c == code and parameter in (None, p) and t >= since]

    def order_of_greens(self, since: Ms = 0) -> list[int]:
        return [p for t, c, p in self.log if c == EventCode.PHASE_BEGIN_GREEN and t >= since]

    def standing(self) -> set[FaultKind]:
        assert self.decision is not None
        return {f.kind for f in self.decision.faults}

    def lasted(self, start: EventCode, end: EventCode, phase: int, since: Ms = 0) -> Ms:
        begun = self.times(start, phase, since)[0]
        return self.times(end, phase, begun)[0] - begun


def number(n: int) -> PhaseNumber:
    return PhaseNumber(n)
