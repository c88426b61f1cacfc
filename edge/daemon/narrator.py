"""One log line for each notable thing of a tick: modes, faults, trips, devices; greens too where nobody has a live view."""

import structlog

from edge.daemon.street import Stepped
from edge.model.devices import DeviceState
from edge.model.events import EventCode
from edge.model.exchange import Mode, Rung
from edge.model.faults import Fault, FaultKind
from edge.safety.rules import Latch
from edge.status.facts import DeviceFacts

_GREENS = {
    EventCode.PHASE_BEGIN_GREEN: "phase.green_began",
    EventCode.PHASE_GAP_OUT: "phase.gapped_out",
    EventCode.PHASE_MAX_OUT: "phase.maxed_out",
    EventCode.PHASE_FORCE_OFF: "phase.forced_off",
}


class Narrator:
    """Compares each tick with the one before and tells the difference."""

    def __init__(self, *, greens: bool) -> None:
        self._log = structlog.get_logger()
        self._greens = greens
        self._mode: Mode | None = None
        self._rung: Rung | None = None
        self._faults: dict[tuple[FaultKind, str], Fault] = {}
        self._latch: Latch | None = None
        self._devices: dict[str, DeviceState] = {}

    def tell(self, stepped: Stepped) -> None:
        """One tick."""
        decision = stepped.result.decision
        self._tell_latch(stepped)
        if decision.mode is not self._mode:
            self._log.info("mode.changed", mode=_word(decision.mode), before=self._mode and _word(self._mode))
            self._mode = decision.mode
        if decision.rung is not self._rung:
            if self._rung is not None:
                self._log.info("ladder.moved", rung=_word(decision.rung), before=_word(self._rung))
            self._rung = decision.rung
        if len(decision.faults) != len(self._faults) or decision.events:
            self._tell_faults(stepped.now, decision.faults)
        if self._greens and decision.events:
            self._tell_greens(stepped)

    def tell_devices(self, devices: tuple[DeviceFacts, ...]) -> None:
        """Once a second: which devices came or went."""
        for device in devices:
            state = device.health.state
            if state is not self._devices.get(device.name):
                self._devices[device.name] = state
                tell = self._log.info if state in {DeviceState.UP, DeviceState.STARTING} else self._log.warning
                tell("device.changed", device=device.name, state=_word(state), said=device.health.said)

    def _tell_latch(self, stepped: Stepped) -> None:
        latch = stepped.result.verdict.latch
        if latch == self._latch:
            return
        if latch is None:
            self._log.warning("monitor.cleared")
        else:
            channels = [int(channel) for channel in latch.channels]
            self._log.error("monitor.tripped", rule=latch.rule.value, channels=channels, detail=latch.detail)
        self._latch = latch

    def _tell_faults(self, now: int, standing: tuple[Fault, ...]) -> None:
        after = {(fault.kind, fault.where): fault for fault in standing}
        for key, fault in after.items():
            if key not in self._faults:
                response = fault.row.response.value
                self._log.warning("fault.began", kind=fault.kind.value, response=response, sentence=fault.sentence)
        for key, fault in self._faults.items():
            if key not in after:
                lasted = now - fault.since_ms
                self._log.info("fault.ended", kind=fault.kind.value, where=fault.where, lasted_ms=lasted)
        self._faults = after

    def _tell_greens(self, stepped: Stepped) -> None:
        for event in stepped.result.decision.events:
            name = _GREENS.get(event.code) if isinstance(event.code, EventCode) else None
            if name is not None:
                self._log.info(name, phase=event.parameter, code=int(event.code))


def _word(member: Mode | Rung | DeviceState) -> str:
    return member.name.lower()
