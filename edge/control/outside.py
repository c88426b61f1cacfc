"""Everybody outside the sequence who may ask: wires, operators, the police panel, stop time and asked flash, in one place.

`hear` takes in a tick, before anything else looks at it; `askers` are those who shape what the strategy asks, in rising
order of right; the controller puts transit priority between the second and the third, and preemption above them.
"""

from collections.abc import Mapping

from edge.control.calls import PhaseCalls
from edge.control.external import External, run_words
from edge.control.flash_entry import FlashEntry
from edge.control.manual import Manual, StopTime
from edge.control.mode import FLASHING
from edge.control.overrides import Overrides
from edge.control.view import View
from edge.model.commands import Command, CommandKind, Override
from edge.model.control import InControl, Source, UnitControl
from edge.model.events import Event, EventCode, FlashStatus
from edge.model.exchange import Mode, Rung
from edge.model.external import Does
from edge.model.plans import Run
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber


class Outside:
    """The voices from outside of one site. `phase_now`: the phase clock, which stop time stops."""

    def __init__(self, site: Site, calls: Mapping[PhaseNumber, PhaseCalls], now: Ms) -> None:
        self._calls = calls
        self._external = External(site)
        self._overrides = Overrides(site)
        self._manual = Manual(site)
        self._stop_time = StopTime(site.options.stop_time_max_ms, now)
        self.entry = FlashEntry(site)
        self.askers = (self._external, self._overrides, self._manual, self.entry)
        self.phase_now = now
        self._asked_calls: list[Command] = []
        self._said: UnitControl | None = None

    def obey(self, now: Ms, command: Command) -> None:
        """Take in an operator's command."""
        if command.kind in {CommandKind.CALL, CommandKind.PED_CALL}:
            self._asked_calls.append(command)
        else:
            self._overrides.obey(now, command)

    def hear(self, view: View, *, may_stop: bool) -> list[Event]:
        """Take in one tick: wires, ends of overrides, the phase clock. `may_stop`: stop time is heard now."""
        now = view.heard_ms
        events = self._external.read(view)
        self._overrides.expire(now)
        asked = self._external.is_on(Does.STOP_TIME)
        self.phase_now = self._stop_time.tick(now, asked=asked, may=may_stop)
        self._manual.on = self._external.is_on(Does.MANUAL_CONTROL)
        self._manual.advance = self._external.advance
        self._manual.wishes = (self._external.wish, self._overrides.wish)
        return events + self._place_calls(view)

    # ── what is asked for ──
    @property
    def run(self) -> Run | None:
        """The pattern that is asked for instead of the scheduled one: an operator's goes before a wire's."""
        return self._overrides.run or self._external.run

    @property
    def cabinet_flashes(self) -> bool:
        """Whether the cabinet is flashing by its own hardware: the engine goes to flash at once."""
        return self._external.cabinet_flashes

    def is_on(self, does: Does) -> bool:
        """Whether any wire asks for that."""
        return self._external.is_on(does)

    @property
    def time_stands(self) -> bool:
        """Whether stop time is on and heard."""
        return self._stop_time.stands

    @property
    def time_stood_too_long(self) -> bool:
        """Whether stop time has been on for longer than the site allows, and is not heard any more."""
        return self._stop_time.too_long

    @property
    def standing(self) -> tuple[Override, ...]:
        """The operators' overrides that stand."""
        return self._overrides.standing

    # ── who is in control ──
    def in_control(self, now: Ms, scheduled: InControl, *, fallback: bool) -> tuple[InControl, ...]:
        """Whoever chooses the pattern first, then whoever else has a say."""
        wire = self._external.run
        found = [scheduled]
        if self._overrides.run is not None and not fallback:
            found = []
        elif wire is not None and not fallback:
            found = [InControl(Source.INPUT, run_words(wire), self._external.chooser)]
        found += [*self._overrides.in_control(now), *self._external.in_control()]
        if self._manual.on:
            found.append(InControl(Source.MANUAL, "steps through the sequence"))
        if self.time_stands:
            found.append(InControl(Source.STOP_TIME, "all intervals stand"))
        return tuple(found)

    def announce(self, *, fallback: bool) -> list[Event]:
        """Event 155 where another has come into control."""
        status = self._unit_control(fallback=fallback)
        if status is self._said:
            return []
        self._said = status
        return [Event(EventCode.UNIT_CONTROL_STATUS, status)]

    def _unit_control(self, *, fallback: bool) -> UnitControl:
        if self._manual.on:
            return UnitControl.LOCAL_MANUAL_CONTROL
        if fallback:
            return UnitControl.BACKUP_MODE
        if self._overrides.run is not None:
            return UnitControl.MANUAL
        return UnitControl.INTERCONNECT if self._external.run is not None else UnitControl.TIMEBASE

    def flash_status(self, mode: Mode, rung: Rung, *, scheduled: bool) -> FlashStatus:
        """Parameter of event 173 (NTCIP 1202 unitFlashStatus): why the unit flashes. An operator's flash is a local one."""
        if mode not in FLASHING:
            return FlashStatus.NOT_FLASH
        if self.is_on(Does.MMU_FLASH) and mode is not Mode.START_UP_FLASH:
            return FlashStatus.MMU
        if rung is Rung.FLASH:
            return FlashStatus.FAULT_MONITOR
        if mode is Mode.START_UP_FLASH:
            return FlashStatus.START_UP
        automatic = (scheduled or self.is_on(Does.REMOTE_FLASH)) and not self.is_on(Does.LOCAL_FLASH)
        return FlashStatus.AUTOMATIC if automatic else FlashStatus.LOCAL_MANUAL

    # ── calls ──
    def _place_calls(self, view: View) -> list[Event]:
        """Place the calls that operators and wires make."""
        events: list[Event] = []
        for command in self._asked_calls:
            for phase in command.phases:
                if phase in self._calls:
                    events += self._place(view, phase, ped=command.kind is CommandKind.PED_CALL, again=True)
        self._asked_calls = []
        for does, phases, rose in self._external.calls():
            for phase in phases:
                events += self._place(view, phase, ped=does is Does.PED_CALL, again=rose)
        return events

    def _place(self, view: View, phase: PhaseNumber, *, ped: bool, again: bool) -> list[Event]:
        """One call. Beside a green, vehicles need none and pedestrians one for each press (`again`)."""
        calls, green = self._calls[phase], view.is_green(phase)
        if ped:
            return calls.press(self.phase_now) if again or not green else []
        calls.locked = calls.locked or not green
        return []
