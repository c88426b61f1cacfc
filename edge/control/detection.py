"""One detector: from samples to an actuation with delay and extend, and the diagnostics of NEMA TS 2 3.9.3.1.4.

A sample is a level and a count; a count that rose without a level (a pulse shorter than a poll, or a counter that knows
no presence) is an actuation of one tick. Delay is timed while the phase is not green, extend while it is
(NTCIP 1202 2.3.2). The diagnostics look at the raw level, before delay and extend.
"""

from edge.model.detectors import Detector, DetectorLimits, InputSample
from edge.model.faults import FaultKind
from edge.model.units import MINUTE_MS, Ms

NEVER: Ms = 1 << 62


class Diagnosis:
    """What the raw level of one input gives away: stuck, silent, chattering. 0 switches a test off."""

    __slots__ = ("_bad_minute", "_bin_start", "_in_bin", "_limits", "_on_since", "_quiet_since", "_silent")

    def __init__(self, limits: DetectorLimits, now: Ms) -> None:
        self._limits = limits
        self._on_since = NEVER
        self._quiet_since = now
        self._bin_start = now
        self._in_bin = 0
        self._bad_minute = False
        self._silent = False  # found silent, and no actuation since

    def actuated(self, now: Ms, actuations: int) -> None:
        """Count new actuations."""
        self._roll(now)
        self._in_bin += actuations
        self._quiet_since = now
        self._silent = False

    def level(self, now: Ms, *, on: bool) -> None:
        """Note a change of level."""
        self._on_since = now if on else NEVER
        self._quiet_since = now

    def asleep(self, now: Ms) -> None:
        """Say that silence is not counted now: it is normal at this time of day."""
        self._quiet_since = now

    def deaf(self, now: Ms) -> None:
        """Say that nothing can be heard now: neither silence nor presence is counted, for nobody knows what happened."""
        self._quiet_since = now
        if self._on_since != NEVER:
            self._on_since = now

    def fault(self, now: Ms) -> FaultKind | None:
        """The fault seen at `now`, None if the input looks healthy."""
        limits = self._limits
        if limits.max_presence_ms and now - self._on_since >= limits.max_presence_ms:
            return FaultKind.DETECTOR_MAX_PRESENCE
        if limits.erratic_per_min:
            self._roll(now)
            if self._bad_minute or self._in_bin > limits.erratic_per_min:
                return FaultKind.DETECTOR_ERRATIC
        if limits.no_activity_ms and self._on_since == NEVER and now - self._quiet_since >= limits.no_activity_ms:
            self._silent = True
        return FaultKind.DETECTOR_NO_ACTIVITY if self._silent else None

    def _roll(self, now: Ms) -> None:
        """Close the minute if it is over. A bad minute is remembered until a good one has passed."""
        minutes = (now - self._bin_start) // MINUTE_MS
        if minutes <= 0:
            return
        self._bad_minute = minutes == 1 and self._in_bin > self._limits.erratic_per_min > 0
        self._bin_start += minutes * MINUTE_MS
        self._in_bin = 0


class DetectorLogic:
    """One detector's state. `active` is the actuation the calls hear: after delay and extend."""

    __slots__ = (
        "_count",
        "_delay_from",
        "_extend_until",
        "_gap_seen",
        "_green_since",
        "active",
        "actuations",
        "config",
        "diagnosis",
        "heard",
        "last_actuation",
        "occupied",
        "stale_after_ms",
    )  # fmt: skip

    def __init__(self, config: Detector, stale_after_ms: Ms, now: Ms) -> None:
        self.config = config
        self.stale_after_ms = stale_after_ms
        self.diagnosis = Diagnosis(config.limits, now)
        self.occupied = False
        self.active = False
        self.actuations = 0
        self.last_actuation: Ms | None = None
        self.heard = now  # when the last valid sample was taken
        self._count: int | None = None
        self._delay_from = NEVER
        self._extend_until = -NEVER
        self._green_since = NEVER
        self._gap_seen = False  # of a queue detector: in this green, since it has been opposed

    def hear(self, now: Ms, sample: InputSample | None, *, green: bool, opposed: bool = False) -> bool:
        """Take in one tick's sample. Returns whether `active` changed. `opposed`: whether somebody waits against the green."""
        if sample is None or not sample.ok:
            return False
        missed = sample.taken_ms - self.heard > self.stale_after_ms
        self.heard = sample.taken_ms
        if (
            sample.count == self._count
            and sample.occupied == self.occupied
            and self.active == self.occupied
            and self._delay_from == NEVER
            and not self.config.queue_limit_ms
            and not self.config.queue
        ):
            return False
        pulsed = self._note(now, sample, missed=missed)
        heard = self._shape(now, pulsed=pulsed, green=green)
        self._gap_seen = self.config.queue and green and opposed and (self._gap_seen or not heard)
        active = heard and not self._gap_seen and not self._past_queue_limit(now, green=green)
        if active == self.active:
            return False
        self.active = active
        return True

    def stale(self, now: Ms) -> bool:
        """Whether the last valid sample is older than its device allows."""
        return now - self.heard > self.stale_after_ms

    def _past_queue_limit(self, now: Ms, *, green: bool) -> bool:
        """Whether the queue this detector is there for is taken to be gone: so long into the green it is not heard."""
        limit_ms = self.config.queue_limit_ms
        if not limit_ms:
            return False
        self._green_since = min(self._green_since, now) if green else NEVER
        return green and now - self._green_since >= limit_ms

    def _note(self, now: Ms, sample: InputSample, *, missed: bool) -> bool:
        """Count, diagnose; whether there was an actuation too short to be seen as a level.

        What a device has counted while it was not heard (`missed`) did not come in one minute: it is no chatter.
        """
        fresh = 0 if self._count is None else max(0, sample.count - self._count)
        self._count = sample.count
        rose = sample.occupied and not self.occupied
        if fresh or rose:
            self.actuations += max(fresh, 1)
            self.last_actuation = now
            self.diagnosis.actuated(now, 1 if missed else max(fresh, 1))
        if sample.occupied != self.occupied:
            self.occupied = sample.occupied
            self.diagnosis.level(now, on=sample.occupied)
            if not sample.occupied:
                self._extend_until = now + self.config.extend_ms
        return bool(fresh) and not sample.occupied

    def _shape(self, now: Ms, *, pulsed: bool, green: bool) -> bool:
        """Delay and extend: whether the actuation is heard at `now`."""
        config = self.config
        if self.occupied or pulsed:
            if green or not config.delay_ms:
                self._delay_from = NEVER
            else:
                self._delay_from = min(self._delay_from, now)
                if now - self._delay_from < config.delay_ms:
                    return False
            if pulsed:
                self._extend_until = now + config.extend_ms
            return True
        self._delay_from = NEVER
        return green and now < self._extend_until
