"""The lamps on one Modbus unit: arm, then write the last submitted image whole, again and again, and read it back.

Rules
- The last submitted image wins; there is no queue. An image older than its hold time is never written.
- Nothing is written before the module is armed, and then only images submitted after that.
- When refreshing has stopped for longer than the module's dead-man (the loop fell silent, writes failed), the module is
  left alone, polling of its inputs included, until its outputs have dropped: a watchdog that any telegram feeds would
  otherwise hold a green for ever. Then it is armed anew.
- It is armed anew only after the loop has submitted two images since: between them it has read our health, so it knows
  and has gone to flash. What it submits from then on starts a street anew; what it submitted before is forgotten.
- A module that was lost and came back may have dropped its lamps meanwhile, however short the loss: when it answers again it
  stands TRIPPED, not merely down, until the loop has seen that too.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from drivers.base import Clock, DriverIOError
from drivers.modbus_arming import Armed, Inquiry, Refusal, Terms, arming, watch
from drivers.modbus_codec import Request, Wiring, coils_of, lamps_from, write_coils
from drivers.modbus_inputs import Ask
from drivers.modbus_port import Refused
from edge.model.devices import DeviceState
from edge.model.exchange import Readback
from edge.model.indications import Lamps as Circuits
from edge.model.units import ChannelNumber, Ms
from edge.safety.permitted import Permitted

REFRESH_MS: Final[Ms] = 90
"""Ours: under the 100 ms of "refreshed at 10 Hz" (TS 2 and 170/2070 cabinets), with room for a late worker."""

WATCH_MS: Final[Ms] = 1_000
"""Ours: how often an armed module is asked whether its watchdog has expired."""

RETRY_ARMING_MS: Final[Ms] = 2_000
"""Ours: how often a refused module is looked at again; a technician who sets its register sees it taken up."""

FIRST_IMAGE_MS: Final[Ms] = 5_000
"""Ours: an armed module that is given no image at all for so long is left alone until there is one."""

DEAD_MAN_MARGIN_MS: Final[Ms] = 200
"""Ours: added to a module's own time-out before its outputs are taken for dropped; WAGO counts in steps of 100 ms."""

SUBMISSIONS_TO_REARM = 2
_LOOK_AGAIN_MS: Final[Ms] = 50


class _Stage(Enum):
    """Where a module's lamps stand."""

    WAITING = 0  # left alone until its outputs have dropped and the loop knows
    ARMING = 1
    REFUSED = 2
    ARMED = 3


_STATES: Final = {
    _Stage.WAITING: DeviceState.TRIPPED,
    _Stage.ARMING: DeviceState.STARTING,
    _Stage.REFUSED: DeviceState.TRIPPED,
    _Stage.ARMED: DeviceState.UP,
}


@dataclass(frozen=True, slots=True)
class _Submission:
    sequence: int
    bits: tuple[bool, ...]
    submitted_ms: Ms
    hold_ms: Ms


@dataclass(frozen=True, slots=True)
class LampTerms:
    """How the lamps of one unit are driven. `first`: coil of the lowest wire; `readback`: how its coils are read, None if
    they are not."""

    terms: Terms
    wiring: Wiring
    first: int
    readback: Request | None


class Lamps:
    """`submit()` and the read-only attributes belong to the loop, all else to the line's worker."""

    def __init__(self, lamp_terms: LampTerms, clock: Clock) -> None:
        self.verified: Readback | None = None
        self.said = ""
        self.arms = 0
        self._how = lamp_terms
        self._clock = clock
        self._lock = threading.Lock()
        self._stage = _Stage.ARMING
        self._inquiry = Inquiry(arming(lamp_terms.terms))
        self._armed = Armed()
        self._submissions = SUBMISSIONS_TO_REARM
        self._was_lost = False
        self._image: _Submission | None = None
        self._written: tuple[bool, ...] = ()
        self._proven: tuple[bool, ...] | None = None
        self._refreshed_ms = self._watch_ms = self._due_ms = clock()

    # -- the loop's side ----------------------------------------------------------------------------------------------

    def submit(self, permitted: Permitted, hold_ms: Ms) -> bool:
        """Take an image; True if the worker should be woken because it differs from what the lamps show."""
        bits = coils_of(self._how.wiring, permitted)
        now = self._clock()
        with self._lock:
            self._submissions += 1
            if self._stage is not _Stage.ARMED:
                return False
            if self._image is None:
                self._refreshed_ms = now
            self._image = _Submission(permitted.sequence, bits, now, hold_ms)
            if bits == self._written:
                return False
            self._due_ms = now
            return True

    @property
    def state(self) -> DeviceState:
        """How the lamps stand while the unit answers."""
        return _STATES[self._stage]

    # -- the worker's side --------------------------------------------------------------------------------------------

    @property
    def due_ms(self) -> Ms:
        """When the next exchange is wanted."""
        return self._due_ms

    @property
    def wants_silence(self) -> bool:
        """Whether the unit is to be left wholly alone."""
        return self._stage is _Stage.WAITING

    def lost(self, said: str) -> None:
        """The unit or the line is gone: what it shows is not known any more."""
        if self._stage in {_Stage.ARMED, _Stage.WAITING}:
            self._was_lost = True
        if self._stage is _Stage.ARMED:
            self._leave_alone(said, 0)
        elif self._stage is not _Stage.WAITING:
            self._arm()

    def serve(self, ask: Ask) -> None:
        """Do what is due: one question of arming, or one write with its read-back. Raises what `ask` raises."""
        match self._stage:
            case _Stage.WAITING:
                self._wait()
            case _Stage.ARMING | _Stage.REFUSED:
                self._ask_for_arming(ask)
            case _Stage.ARMED:
                self._serve_armed(ask)

    def _wait(self) -> None:
        if self._submissions >= SUBMISSIONS_TO_REARM:
            self._arm()
        else:
            self._due_ms = self._clock() + _LOOK_AGAIN_MS

    def _arm(self) -> None:
        self._stage = _Stage.ARMING
        self._begin_inquiry()

    def _begin_inquiry(self) -> None:
        self._inquiry = Inquiry(arming(self._how.terms))
        self._due_ms = self._clock()

    def _ask_for_arming(self, ask: Ask) -> None:
        """One question of arming, so that others on the line get their turn; the verdict after the last."""
        try:
            verdict = self._inquiry.step(ask)
        except Refused as refused:
            verdict = Refusal(f"{refused}; is it a {self._how.terms.profile_name}, as its profile says?")
        except DriverIOError:
            self._begin_inquiry()
            raise
        if isinstance(verdict, Armed) and self._was_lost:
            self._was_lost = False
            self._leave_alone("it was lost and has come back; its lamps begin anew from flash", 0)
        elif isinstance(verdict, Armed):
            self._take_over(verdict)
        elif isinstance(verdict, Refusal):
            self._stage, self.said = _Stage.REFUSED, verdict.said
            self._begin_inquiry()
            self._due_ms = self._clock() + RETRY_ARMING_MS

    def _take_over(self, armed: Armed) -> None:
        now = self._clock()
        with self._lock:
            self._stage, self._armed, self.said = _Stage.ARMED, armed, ""
            self._image, self._written, self._proven = None, (), None
            self._refreshed_ms = self._due_ms = now
            self._begin_watch(now)
            self.arms += 1

    def _serve_armed(self, ask: Ask) -> None:
        now = self._clock()
        image = self._image
        if said := self._lapse(image, now):
            self._leave_alone(said, self._dead_man_ms(image) + DEAD_MAN_MARGIN_MS)
        elif image is not None:
            self._refresh(image, ask, now)
        else:
            self._due_ms = now + REFRESH_MS
        if self._stage is _Stage.ARMED and now >= self._watch_ms:
            self._watch(ask, now)

    def _lapse(self, image: _Submission | None, now: Ms) -> str | None:
        """Why the module must be taken for dropped, None while it is refreshed in time."""
        if image is None:
            idle = now - self._refreshed_ms > FIRST_IMAGE_MS
            return f"no lamp image was submitted within {FIRST_IMAGE_MS} ms of arming" if idle else None
        if now - image.submitted_ms > image.hold_ms:
            return f"the controller submitted no lamp image for {now - image.submitted_ms} ms; outputs are left to drop"
        unrefreshed_ms = now - self._refreshed_ms
        if unrefreshed_ms > self._dead_man_ms(image):
            why = f" ({self.said})" if self.said else ""
            return f"no lamp image could be written for {unrefreshed_ms} ms{why}; outputs are taken for dropped"
        return None

    def _dead_man_ms(self, image: _Submission | None) -> Ms:
        """The module's own time-out: as read back, else as the site states it."""
        if self._armed.dead_man_ms is not None:
            return self._armed.dead_man_ms
        return max(self._how.terms.watchdog_ms, image.hold_ms if image is not None else 0)

    def _leave_alone(self, said: str, silent_ms: Ms) -> None:
        with self._lock:
            self._stage, self.said, self._image = _Stage.WAITING, said, None
            self._submissions = 0
            self._due_ms = self._clock() + silent_ms

    def _watch(self, ask: Ask, now: Ms) -> None:
        """One question whether the watchdog has expired behind our back; from the first again after the last, and after one
        that found no answer."""
        try:
            verdict = self._inquiry.step(ask)
        except DriverIOError:
            self._begin_watch(now)
            raise
        if isinstance(verdict, Refusal):
            self._leave_alone(f"{verdict.said}; arming it anew", 0)
        elif verdict is not None:
            self._begin_watch(now)

    def _begin_watch(self, now: Ms) -> None:
        self._inquiry, self._watch_ms = Inquiry(watch(self._how.terms, self._armed)), now + WATCH_MS

    def _refresh(self, image: _Submission, ask: Ask, now: Ms) -> None:
        """Write the image and have it confirmed.

        An image that was read back once is read again before it is refreshed: what another master has written since would
        be gone after it.
        """
        with self._lock:
            self._due_ms = now + REFRESH_MS
        proven, self._proven = self._proven, None
        taken_ms, lamps = self._read_back(ask, now) if proven == image.bits else (now, None)
        image = self._image or image  # the newest, should the loop have submitted one meanwhile
        self._write(image, ask, now)
        if lamps is None or proven != image.bits:
            taken_ms, lamps = self._read_back(ask, now)
        self._proven = image.bits
        self.verified = Readback(image.sequence, taken_ms, lamps)

    def _write(self, image: _Submission, ask: Ask, now: Ms) -> None:
        how = self._how
        try:
            ask(write_coils(how.terms.unit, how.first, image.bits, image.submitted_ms + image.hold_ms))
        except Refused as refused:
            self.said = f"{refused}; it refuses the lamp image"
            raise
        self._refreshed_ms, self._written, self.said = now, image.bits, ""

    def _read_back(self, ask: Ask, now: Ms) -> tuple[Ms, Mapping[ChannelNumber, Circuits] | None]:
        """When the coils were asked for, and what they light; None where they are not read."""
        how = self._how
        if how.readback is None:
            return now, None
        taken_ms = self._clock()
        return taken_ms, lamps_from(how.wiring, ask(how.readback).values)
