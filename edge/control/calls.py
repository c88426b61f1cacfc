"""Calls: who has asked for right-of-way, since when, and what keeps a green alive.

A vehicle call is an actuation while the phase is not green. A locking phase remembers it until it is served; a
non-locking one forgets it with the vehicle. A recall is a standing call and is never logged as one (code 43 "not if
recall"). A green that ends by maximum or force-off with its passage time still running leaves a call behind, so that
the vehicle it cut off is not forgotten.
"""

from edge.control.gap import Gap
from edge.control.interval_codes import ON
from edge.model.detectors import OnFault
from edge.model.events import Event, EventCode
from edge.model.exchange import Interval
from edge.model.phases import Phase, Recall, Termination
from edge.model.units import Ms

_STRENGTH: dict[Recall, int] = {Recall.NONE: 0, Recall.SOFT: 1, Recall.MIN: 2, Recall.MAX: 3}
RECALL_ON_FAULT: dict[OnFault, Recall] = {
    OnFault.NONE: Recall.NONE,
    OnFault.MIN_RECALL: Recall.MIN,
    OnFault.MAX_RECALL: Recall.MAX,
    OnFault.PLAN_RECALL: Recall.MIN,
}


def stronger(a: Recall, b: Recall) -> Recall:
    """The recall that asks for more."""
    return max(a, b, key=_STRENGTH.__getitem__)


LEADS = frozenset({Interval.LEADING_WALK, Interval.RED_YELLOW})
"""On the way to green, and not green yet."""


class PhaseCalls:
    """The demand of one phase."""

    __slots__ = (
        "answered", "asked_ped_recall", "asked_recall", "calling", "cars", "gap", "least_green_ms", "locked", "opposed", "ped",
        "ped_long", "ped_since", "phase", "vehicle", "vehicle_since",
    )  # fmt: skip

    def __init__(self, phase: Phase, now: Ms) -> None:
        self.phase = phase
        self.answered = (
            False  # served, and dropped (44) once the green shows: readers take a call dropped before for cancelled
        )
        self.calling = 0  # calling detectors that are active now
        self.gap = Gap(phase, now)
        self.cars = 0  # vehicles counted while the phase was not green
        self.locked = False
        self.opposed = False  # somebody waits against the running green
        self.vehicle = False  # registered (43) and not yet served or dropped (44)
        self.vehicle_since = now
        self.ped = False
        self.ped_since = now
        self.ped_long = False  # by a long press: the next walk is the longer one
        self.asked_recall = Recall.NONE  # by failed detectors
        self.asked_ped_recall = False  # by failed push-buttons
        self.least_green_ms: Ms = 0  # by failed detectors: as long as the fall-back plan would give

    def count(self, *, active: bool, calls: bool, extends: bool) -> None:
        """Note that one detector became active or stopped being so."""
        change = 1 if active else -1
        if calls:
            self.calling += change
        if extends:
            self.gap.extending += change

    def place(self, now: Ms) -> list[Event]:
        """Place a call for vehicles and one for pedestrians, as after a start-up: nobody knows who has been waiting."""
        self.locked = True
        return self.press(now)

    def press(self, now: Ms) -> list[Event]:
        """Register a pedestrian call; a second press changes nothing."""
        if self.ped or self.phase.ped is None:
            return []
        self.ped, self.ped_since = True, now
        return [Event(EventCode.PED_CALL_REGISTERED, self.phase.number)]

    def press_long(self, now: Ms) -> list[Event]:
        """A push-button has been held for its long press: the next walk and clearance are the longer ones.

        Event 25 is of the request, not of the clearance that follows.
        """
        self.ped_long = True
        return [*self.press(now), Event(EventCode.EXTENDED_PED_CHANGE, self.phase.number)]

    def recycles(self, max_left_ms: Ms | None) -> bool:
        """Whether a press is answered inside an opposed green: its walk and clearance end before the maximum does."""
        ped = self.phase.ped
        if ped is None or not ped.recycle or not self.ped or max_left_ms is None:
            return False
        return max_left_ms >= (ped.longest_total_ms if self.ped_long else ped.total_ms)

    def hear(self, now: Ms, interval: Interval) -> list[Event]:
        """Take in one tick: extension while green, calls while not."""
        if self.gap.extending:
            self.gap.extended_at = now
        answered = self._answer(interval) if self.answered else []
        if interval in ON:
            return answered
        if self.calling and self.phase.locking:
            self.locked = True
        wanted = self.calling > 0 or self.locked
        if wanted == self.vehicle:
            return answered
        return answered + (self._register(now) if wanted else self._drop())

    def _answer(self, interval: Interval) -> list[Event]:
        """Log the call dropped that a leading walk or red and amber has been answering, now that it is over."""
        if interval in LEADS:
            return []
        self.answered = False
        return [Event(EventCode.PHASE_CALL_DROPPED, self.phase.number)]

    def served(self, now: Ms, *, walk: bool) -> list[Event]:
        """The phase turned green, or is on its way to it: its calls are answered, its passage timer starts."""
        self.locked = False
        self.cars = 0
        self.gap.green_began(now)
        if walk:
            self.walked()
        if not self.vehicle:
            return []
        dropped = self._drop()
        leads = self.phase.red_yellow_ms or (walk and self.phase.ped is not None and self.phase.ped.lpi_ms)
        if not leads or self.vehicle_since == now:
            return dropped
        self.answered = True
        return []

    def walked(self) -> None:
        """A walk began, or became the longer one of a long press: the press is answered."""
        self.ped = self.ped_long = False

    def cut_off(self, now: Ms, reason: Termination) -> None:
        """The green ended; remember a vehicle that was still in its passage time, unless a loop would show it if it stood."""
        if reason is Termination.ADVISED:
            return
        gapped = reason is Termination.GAP_OUT  # maybe long ago, and then waited for the other ring while vehicles came
        if not self.gap.is_out(now) if gapped else self.gap.vehicle_in_passage(now):
            self.locked = True

    def gapped(self, now: Ms) -> bool:
        """Whether no extension has come for the allowed gap. Never under a max recall, nor before a plan recall is over."""
        if self.standing is Recall.MAX or now - self.gap.began_at < self.least_green_ms:
            return False
        return self.gap.is_out(now)

    @property
    def initial_ms(self) -> Ms:
        """The initial green for the vehicles counted so far; 0 without added initial."""
        added = self.phase.added_initial
        return added.initial_ms(self.cars) if added is not None else 0

    @property
    def standing(self) -> Recall:
        """The stronger of the configured recall and what failed detectors ask for."""
        return stronger(self.phase.recall, self.asked_recall)

    @property
    def ped_recall(self) -> bool:
        """Whether a walk is served in every cycle: configured, or asked for by a failed push-button."""
        ped = self.phase.ped
        return ped is not None and (ped.recall or self.asked_ped_recall)

    def wants_walk(self, *, green: bool) -> bool:
        """Whether a walk is wanted. A recall walks once in a green; behind a failed button it walks again and again in a
        resting one, because nobody there can ask for it."""
        return self.ped or self.asked_ped_recall or (self.ped_recall and not green)

    @property
    def demands(self) -> bool:
        """Whether the phase wants to be served, soft recall left out."""
        return self.vehicle or self.ped or self.ped_recall or _STRENGTH[self.standing] >= _STRENGTH[Recall.MIN]

    @property
    def waiting_since(self) -> Ms | None:
        """When the oldest real call was registered."""
        since = [t for flag, t in ((self.vehicle, self.vehicle_since), (self.ped, self.ped_since)) if flag]
        return min(since, default=None)

    def _register(self, now: Ms) -> list[Event]:
        self.vehicle, self.vehicle_since = True, now
        return [Event(EventCode.PHASE_CALL_REGISTERED, self.phase.number)]

    def _drop(self) -> list[Event]:
        self.vehicle = False
        return [Event(EventCode.PHASE_CALL_DROPPED, self.phase.number)]
