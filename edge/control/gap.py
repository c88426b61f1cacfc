"""The gap that keeps a green alive: the passage time, gap reduction, and guaranteed passage (NTCIP 1202 2.2.2.13-17, bit 12).

One `Gap` a phase. `extend` is told every extension, `oppose` in every tick of a green whether a conflicting call stands;
`is_out` then says whether the green has gapped out. Without gap reduction the allowed gap is the passage time.
"""

from edge.model.events import Event, EventCode
from edge.model.phases import Phase
from edge.model.units import Ms


class Gap:
    """The extension timer of one phase."""

    __slots__ = (
        "_decided_ms",
        "_logged_min",
        "_passage_ms",
        "_phase",
        "_reducing_since",
        "began_at",
        "extended_at",
        "extending",
    )

    def __init__(self, phase: Phase, now: Ms) -> None:
        self._phase = phase
        self._passage_ms = phase.passage_ms
        self.began_at = now  # when the green began
        self.extending = 0  # extending detectors that are active now
        self.extended_at = now  # when the last of them was active
        self._reducing_since: Ms | None = None
        self._logged_min = False
        self._decided_ms: Ms | None = None  # guaranteed passage: when the decided end comes

    def green_began(self, now: Ms) -> None:
        """Time the passage from the start of green; nothing is reduced yet."""
        self.began_at = self.extended_at = now
        self._whole()

    def allowed_ms(self, now: Ms) -> Ms:
        """The gap that is allowed at `now`."""
        since = self._reducing_since
        reduction = self._phase.gap_reduction
        if since is None or reduction is None:
            return self._passage_ms
        return reduction.gap_ms(self._passage_ms, now - since)

    def is_out(self, now: Ms) -> bool:
        """Whether no extension has come for the allowed gap, and a passage that was guaranteed is over."""
        if self._decided_ms is not None:
            return now >= self._decided_ms
        return not self.extending and now - self.extended_at >= self.allowed_ms(now)

    def left_ms(self, now: Ms) -> Ms:
        """What is left of the allowed gap."""
        if self._decided_ms is not None:
            return max(0, self._decided_ms - now)
        allowed = self.allowed_ms(now)
        return allowed if self.extending else max(0, allowed - (now - self.extended_at))

    def vehicle_in_passage(self, now: Ms) -> bool:
        """Whether a vehicle has been seen within the whole passage time, reduced or not."""
        return self.extending > 0 or now - self.extended_at < self._passage_ms

    def oppose(self, now: Ms, opposed_since: Ms | None, cars_waiting: int) -> list[Event]:
        """Take in one tick of a green: since when it has been opposed, and how many vehicles wait against it.

        With no conflicting call the reduction starts afresh. Logs its start (15) and the minimum gap (16).
        """
        reduction = self._phase.gap_reduction
        if reduction is None:
            return []
        if opposed_since is None:
            self._whole()
            return []
        events: list[Event] = []
        if self._reducing_since is None:
            crowded = 0 < reduction.cars_before <= cars_waiting
            if not crowded and now - opposed_since < reduction.before_ms:
                return []
            self._reducing_since = now
            events.append(Event(EventCode.GAP_REDUCTION_START, self._phase.number))
        if not self._logged_min and now - self._reducing_since >= reduction.to_reduce_ms:
            self._logged_min = True
            events.append(Event(EventCode.MIN_GAP_REACHED, self._phase.number))
        self._guarantee(now)
        return events

    def _guarantee(self, now: Ms) -> None:
        """A green that a reduced gap has decided to end keeps what is left of the last vehicle's passage time."""
        if self._phase.guaranteed_passage and self._decided_ms is None and self.is_out(now):
            self._decided_ms = self.extended_at + self._passage_ms

    def _whole(self) -> None:
        self._reducing_since = self._decided_ms = None
        self._logged_min = False
