"""The one tick: step → check → permit. Daemon, simulation, replay and exploration all go through here and nowhere else.

The controller decides what it wants, the monitor decides what may be shown. A latch of the monitor comes back to the
controller in the next tick as a fault, so that it goes to flash too and starts up again when an operator has cleared it.
"""

from dataclasses import dataclass, replace

from edge.control.controller import Controller
from edge.model.commands import Command, CommandKind
from edge.model.exchange import Decision, Inputs, ShellFault
from edge.model.faults import FaultKind
from edge.model.site import Site
from edge.model.units import Ms
from edge.safety.monitor import Monitor, Verdict
from edge.safety.rules import Latch


@dataclass(frozen=True, slots=True)
class TickResult:
    """What one tick gave. `refusals`: for each CLEAR_LATCH command, None if it cleared the latch, else why not."""

    decision: Decision
    verdict: Verdict
    refusals: tuple[tuple[Command, str | None], ...] = ()


class Tick:
    """Controller and monitor of one site in series. `latch`: the monitor's, as stored before the last restart."""

    def __init__(self, site: Site, latch: Latch | None = None) -> None:
        self.site = site
        self.monitor = Monitor(site.card, latch)
        self._controller: Controller | None = None

    @property
    def controller(self) -> Controller:
        """The engine; there is none before the first tick has told what time it is.

        Raises:
            RuntimeError: before the first `advance`.
        """
        if self._controller is None:
            raise RuntimeError("the first tick has not been taken yet")
        return self._controller

    def advance(self, now: Ms, inputs: Inputs) -> TickResult:
        """One tick. `now` must rise from call to call."""
        if self._controller is None:
            self._controller = Controller(self.site, now)
        refusals = tuple(
            (command, self.monitor.clear(now, command.who, command.why))
            for command in inputs.commands
            if command.kind is CommandKind.CLEAR_LATCH
        )
        latch = self.monitor.latch
        if latch is not None:
            inputs = replace(inputs, faults=(*inputs.faults, _tripped(latch)))
        decision = self._controller.step(now, inputs)
        verdict = self.monitor.check(now, decision.wanted, inputs.readbacks)
        return TickResult(decision, verdict, refusals)

    def flash(self, now: Ms) -> Verdict:
        """The flash image, past an engine that has failed: the shell's last word before the process ends."""
        return self.monitor.check(now, {channel.number: channel.flash for channel in self.site.card.channels})


def _tripped(latch: Latch) -> ShellFault:
    return ShellFault(FaultKind.MONITOR_TRIPPED, f"{latch.rule.value}: {latch.detail}")
