"""All detectors and push-buttons of the site: what they actuate, which have failed, and who stands in for them.

The answer to a failed detector is local: its partner's actuations are heard for its phase, and where it has no healthy
partner its phase is recalled as the site file says. One that has not been heard since the start is answered the same way,
but late where other lanes of its approach are heard. A failed push-button recalls its walk.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.control.beside import (
    LateRecalls,
    late_ms,
    loops_beside,
    loops_of_approach,
    plan_greens_ms,
    red_in_plan_ms,
    seldom_used,
)
from edge.control.calls import RECALL_ON_FAULT, PhaseCalls, stronger
from edge.control.detection import NEVER, DetectorLogic, Diagnosis
from edge.control.faultbook import BUTTON_FAULTS, DETECTOR_FAULTS, FaultBook
from edge.model.detectors import Detector, DetectorKind, DetectorLimits, InputSample, OnFault, PedButton
from edge.model.events import Event, EventCode
from edge.model.exchange import DetectorStatus, Inputs
from edge.model.faults import FaultKind
from edge.model.phases import Recall
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import ButtonNumber, DetectorNumber, Ms, PhaseNumber

_CHECKED_EVERY = 10
"""Each input's diagnostics are looked at every tenth tick, in turn: limits are minutes, and the load stays level."""


class _Button:
    """One push-button: presses, and whether it is stuck or silent."""

    __slots__ = ("_count", "_held_from", "config", "diagnosis", "heard", "occupied", "stale_after_ms")

    def __init__(self, config: PedButton, stale_after_ms: Ms, now: Ms) -> None:
        self.config = config
        self.diagnosis = Diagnosis(config.limits, now)
        self.stale_after_ms = stale_after_ms
        self.occupied = False
        self.heard = now
        self._count: int | None = None
        self._held_from: Ms = NEVER  # since when it has been held, until its long press has been told

    def hear(self, now: Ms, sample: InputSample | None) -> tuple[bool, list[Event]]:
        """Take in a sample: whether the button was pressed, and the events."""
        if sample is None or not sample.ok:
            return False, []
        self.heard = sample.taken_ms
        presses = 0 if self._count is None else max(0, sample.count - self._count)
        fresh = presses > 0
        self._count = sample.count
        if fresh or (sample.occupied and not self.occupied):
            self.diagnosis.actuated(now, max(presses, 1))
        if sample.occupied == self.occupied:
            return fresh, [self._event(on=not self.occupied), self._event(on=self.occupied)] if fresh else []
        self.occupied = sample.occupied
        self._held_from = now if sample.occupied and self.config.long_press_ms else NEVER
        self.diagnosis.level(now, on=sample.occupied)
        return fresh or sample.occupied, [self._event(on=sample.occupied)]

    def pressed_long(self, now: Ms) -> bool:
        """Whether it has just been held for its long press; said once a press."""
        if now - self._held_from < self.config.long_press_ms:
            return False
        self._held_from = NEVER
        return True

    def _event(self, *, on: bool) -> Event:
        return Event(EventCode.PED_DETECTOR_ON if on else EventCode.PED_DETECTOR_OFF, self.config.number)


class DetectorBank:
    """Every input of the site, wired to the calls of its phase."""

    def __init__(self, site: Site, calls: Mapping[PhaseNumber, PhaseCalls], now: Ms) -> None:
        self._calls = calls
        stale = {name: device.options.stale_after_ms for name, device in site.devices.items()}
        self._detectors = [DetectorLogic(d, stale[d.input.device], now) for d in site.detectors.values()]
        self._buttons = [_Button(b, stale[b.input.device], now) for b in site.buttons.values()]
        self._by_number = {logic.config.number: logic for logic in self._detectors}
        self._diagnosed: dict[str, FaultKind] = {}
        self._button_diagnosed: dict[str, FaultKind] = {}
        self._failed: dict[DetectorNumber, FaultKind] = {}
        self._failed_buttons: frozenset[ButtonNumber] = frozenset()
        self._targets: dict[DetectorNumber, list[Detector]] = {}
        self._began = now
        self._unseen: set[DetectorNumber] = set()  # not heard since the start, although there was time
        self._plan_green_ms = plan_greens_ms(site, site.fallback.plan)
        self._unseen_green_ms = plan_greens_ms(site, site.fallback.plan_of_unseen)
        self._beside, self._seldom = loops_beside(site), seldom_used(site)
        self._approach, self._red_in_plan_ms, self._late_ms = (
            loops_of_approach(site),
            red_in_plan_ms(site),
            late_ms(site),
        )
        self._late = LateRecalls(self._calls, now)
        self._turn = 0
        counting = [d for d in self._detectors if d.config.adds_initial] if _counts_vehicles(site) else []
        self._counted = {d.config.number: (d, 0) for d in counting}
        self._switching = [d for d in self._detectors if d.config.switch_phase is not None]
        self._rewire()

    @property
    def failed(self) -> Mapping[DetectorNumber, FaultKind]:
        """The detectors out of service, with their fault."""
        return self._failed

    def hear(
        self,
        now: Ms,
        inputs: Inputs,
        is_green: Callable[[PhaseNumber], bool],
        is_walking: Callable[[PhaseNumber], bool],
        phase_now: Ms | None = None,
    ) -> list[Event]:
        """Take in one tick's samples; actuations reach the calls, presses too, unless the walk they ask for is shown.

        `phase_now`: the phase clock, where it is another.
        """
        events: list[Event] = []
        samples = inputs.detectors
        for logic in self._detectors:
            config = logic.config
            green, opposed = is_green(config.phase), self._calls[config.phase].opposed
            if logic.hear(now, samples.get(config.number), green=green, opposed=opposed):
                events.append(self._flip(logic) if config.number not in self._unseen else self._first_heard(logic))
        if self._switching:
            self._switch(is_green)
        if self._counted:
            self._count_vehicles(is_green)
        for button in self._buttons:
            pressed, heard = button.hear(now, inputs.buttons.get(button.config.number))
            events += heard
            phase = button.config.phase
            if pressed and button.config.number not in self._failed_buttons and not is_walking(phase):
                events += self._calls[phase].press(now if phase_now is None else phase_now)
            if button.pressed_long(now) and button.config.number not in self._failed_buttons:
                events += self._calls[phase].press_long(now if phase_now is None else phase_now)
        self._diagnose(now, inputs.local)  # before the late recalls, which a new wiring forgets
        for late, overdue in self._late.overdue(now, is_green):
            self._calls[late].asked_recall = Recall.MIN if overdue else Recall.NONE
        return events

    def report(self, now: Ms, book: FaultBook) -> list[Event]:
        """Report every input that looks failed now."""
        events: list[Event] = []
        for where, kind in self._diagnosed.items():
            events += book.report(now, kind, where)
        for where, kind in self._button_diagnosed.items():
            events += book.report(now, kind, where)
        return events

    def follow(self, book: FaultBook) -> None:
        """Take out of service what the book says has failed, and back what it has cleared."""
        faults = book.faults
        failed = {DetectorNumber(int(f.where)): f.kind for f in faults if f.kind in DETECTOR_FAULTS}
        buttons = frozenset(ButtonNumber(int(f.where)) for f in faults if f.kind in BUTTON_FAULTS)
        if failed != self._failed or buttons != self._failed_buttons:
            self._failed, self._failed_buttons = failed, buttons
            self._rewire()

    def statuses(self) -> tuple[DetectorStatus, ...]:
        """One line a detector for the screen."""
        return tuple(
            DetectorStatus(
                d.config.number, d.occupied, d.actuations, d.last_actuation, self._failed.get(d.config.number)
            )
            for d in self._detectors
        )

    # ── wiring ──────────────────────────────────────────────────────────────────────────────────

    def _flip(self, logic: DetectorLogic) -> Event:
        """Pass a change of actuation on to the phases that hear this detector."""
        for heard_as in self._targets[logic.config.number]:
            phase = self._calls[heard_as.phase]
            phase.count(active=logic.active, calls=heard_as.calls, extends=heard_as.extends)
        code = EventCode.DETECTOR_ON if logic.active else EventCode.DETECTOR_OFF
        return Event(code, logic.config.number)

    def _first_heard(self, logic: DetectorLogic) -> Event:
        """A detector that was taken for dead since the start is heard after all."""
        self._unseen.discard(logic.config.number)
        self._rewire()
        return Event(EventCode.DETECTOR_ON if logic.active else EventCode.DETECTOR_OFF, logic.config.number)

    def _switch(self, is_green: Callable[[PhaseNumber], bool]) -> None:
        """Let a detector with a switch phase speak for whom it should be heard at this instant."""
        for logic in self._switching:
            config = logic.config
            away = config.switch_phase is not None and is_green(config.switch_phase) and not is_green(config.phase)
            heard_for = config.switch_phase if away and config.switch_phase is not None else config.phase
            targets = self._targets[config.number]
            for k, heard_as in enumerate(targets):
                if heard_as.number == config.number and heard_as.phase != heard_for:
                    self._tell(logic, heard_as, active=False)
                    targets[k] = replace(config, phase=heard_for)
                    self._tell(logic, targets[k], active=True)

    def _tell(self, logic: DetectorLogic, heard_as: Detector, *, active: bool) -> None:
        if logic.active:
            phase = self._calls[heard_as.phase]
            phase.count(active=active, calls=heard_as.calls, extends=heard_as.extends)

    def _count_vehicles(self, is_green: Callable[[PhaseNumber], bool]) -> None:
        """Count the vehicles that have come on yellow and red, for added initial and cars before reduction."""
        for number, (logic, seen) in self._counted.items():
            if logic.actuations == seen:
                continue
            self._counted[number] = logic, logic.actuations
            if number not in self._failed and not is_green(logic.config.phase):
                self._calls[logic.config.phase].cars += logic.actuations - seen

    def _rewire(self) -> None:
        """Work out anew who is heard for whom; failures are rare, so this starts from nothing."""
        self._targets = {number: [] for number in self._by_number}
        for calls in self._calls.values():
            calls.calling = calls.gap.extending = 0
            calls.asked_recall, calls.asked_ped_recall, calls.least_green_ms = Recall.NONE, False, 0
        late: dict[PhaseNumber, Ms] = {}
        for logic in self._detectors:
            phase, after_ms = logic.config.phase, self._wire(logic.config)
            if after_ms is not None:
                late[phase] = min(after_ms, late.get(phase, after_ms))
        self._late.watch({p: ms for p, ms in sorted(late.items()) if self._calls[p].asked_recall is Recall.NONE})
        for logic in self._detectors:
            if logic.active:
                for heard_as in self._targets[logic.config.number]:
                    self._calls[heard_as.phase].count(active=True, calls=heard_as.calls, extends=heard_as.extends)
        for button in self._buttons:
            if button.config.number in self._failed_buttons:
                self._calls[button.config.phase].asked_ped_recall = True

    def _wire(self, config: Detector) -> Ms | None:
        """Let it be heard, or its partner; recall its phase where neither is, or the partner lets go of who still waits.
        After how long a red it shall be recalled; None: not late, or not at all."""
        partner = config.partner if config.partner is not None and self._is_heard(config.partner) else None
        if self._is_heard(config.number):
            self._targets[config.number].append(config)
            return None
        if partner is not None:
            self._targets[partner].append(config)
        keeps = partner is not None and self._keeps_calls(partner, config.phase)
        return self._recall(config) if config.calls and not keeps else None

    def _recall(self, config: Detector) -> Ms | None:
        """Recall the phase of a detector that is not heard; the red after which it shall be, where that is late."""
        phase, on_fault = self._calls[config.phase], config.limits.on_fault
        unproved = config.number not in self._failed
        asked = on_fault is not OnFault.NONE
        if on_fault is OnFault.LATE_RECALL or (asked and unproved and self._may_wait(config)):
            return self._late_ms
        if on_fault is OnFault.PLAN_RECALL:
            seen = self._by_number[config.number].actuations > 0
            greens = self._plan_green_ms if seen else self._unseen_green_ms
            phase.least_green_ms = max(phase.least_green_ms, greens.get(config.phase, 0))
            if unproved and any(map(self._has_life, self._approach.get(config.number, ()))):
                return self._red_in_plan_ms.get(config.phase, 0)
        phase.asked_recall = stronger(phase.asked_recall, RECALL_ON_FAULT[on_fault])
        return None

    def _may_wait(self, config: Detector) -> bool:
        """Whether other lanes of the approach are heard for its phase that its drivers could use too; or any lane is, and no
        car may use its own: few come there."""
        beside = self._beside.get(config.number)
        if beside is not None and beside.covered(self._has_life):
            return True
        mates = (
            n for n, other in self._by_number.items() if other.config.phase == config.phase and n not in self._seldom
        )
        return config.number in self._seldom and any(map(self._has_life, mates))

    def _has_life(self, number: DetectorNumber) -> bool:
        return self._is_heard(number) and self._by_number[number].actuations > 0

    def _keeps_calls(self, partner: DetectorNumber, phase: PhaseNumber) -> bool:
        """Whether a call by the partner lasts until it is served: it lies at the line, or the phase remembers."""
        at_line = self._by_number[partner].config.kind is DetectorKind.STOPBAR
        return at_line or self._calls[phase].phase.locking

    def _is_heard(self, number: DetectorNumber) -> bool:
        return number not in self._failed and number not in self._unseen

    # ── diagnostics ─────────────────────────────────────────────────────────────────────────────

    def _diagnose(self, now: Ms, local: LocalTime | None) -> None:
        self._turn = (self._turn + 1) % _CHECKED_EVERY
        for logic in self._detectors[self._turn :: _CHECKED_EVERY]:
            limits = logic.config.limits
            awake = local is not None and _awake(limits, local.day_ms)
            stale = logic.stale(now)
            if stale:
                logic.diagnosis.deaf(now)
            elif not awake:
                logic.diagnosis.asleep(now)
            kind = FaultKind.DETECTOR_STALE if stale else logic.diagnosis.fault(now)
            if limits.unseen_ms and not logic.actuations and now - self._began >= limits.unseen_ms:
                self._miss(logic.config.number)
            _note(self._diagnosed, str(logic.config.number), kind)
        for button in self._buttons[self._turn :: _CHECKED_EVERY]:
            _note(self._button_diagnosed, str(button.config.number), _button_fault(now, button))

    def _miss(self, number: DetectorNumber) -> None:
        """Answer a detector that has not been heard since the start like a failed one; it is no fault yet."""
        if number not in self._unseen:
            self._unseen.add(number)
            self._rewire()


def _counts_vehicles(site: Site) -> bool:
    """Whether any phase uses the count of vehicles on yellow and red."""
    reductions = (phase.gap_reduction for phase in site.phases.values())
    return any(r is not None and r.cars_before for r in reductions) or any(
        phase.added_initial is not None for phase in site.phases.values()
    )


def _awake(limits: DetectorLimits, day_ms: Ms) -> bool:
    """Whether silence counts at this time of day; the hours may run over midnight."""
    start, end = limits.active_from_ms, limits.active_to_ms
    return start <= day_ms < end if start <= end else day_ms >= start or day_ms < end


def _button_fault(now: Ms, button: _Button) -> FaultKind | None:
    if now - button.heard > button.stale_after_ms:
        button.diagnosis.asleep(now)
        button.diagnosis.deaf(now)
        return FaultKind.BUTTON_STALE
    seen = button.diagnosis.fault(now)
    return _OF_A_BUTTON[seen] if seen is not None else None


_OF_A_BUTTON: dict[FaultKind, FaultKind] = {
    FaultKind.DETECTOR_MAX_PRESENCE: FaultKind.BUTTON_STUCK,
    FaultKind.DETECTOR_ERRATIC: FaultKind.BUTTON_CHATTERING,
    FaultKind.DETECTOR_NO_ACTIVITY: FaultKind.BUTTON_SILENT,
}


def _note(diagnosed: dict[str, FaultKind], where: str, kind: FaultKind | None) -> None:
    if kind is None:
        diagnosed.pop(where, None)
    else:
        diagnosed[where] = kind
