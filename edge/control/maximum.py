"""The maximum green of one phase: which of the three is timed, and how the dynamic one runs (NTCIP 1202 2.2.2.18)."""

from edge.model.events import Event, EventCode
from edge.model.phases import Phase, Termination
from edge.model.units import Ms

_IN_A_ROW = 2
"""So many maximum terminations, or gap-outs, in a row move the running maximum (NTCIP 1202 2.2.2.19)."""
_TEACHES = frozenset({Termination.MAX_OUT, Termination.GAP_OUT})


class Maximum:
    """The running maximum. `which`: 1, 2 or 3, asked for by plan, schedule, input or operator; one that a phase does not
    state is its maximum 1."""

    __slots__ = ("_extra_ms", "_logged", "_phase", "_row", "_which")

    def __init__(self, phase: Phase) -> None:
        self._phase = phase
        self._which = 1
        self._extra_ms: Ms = 0  # what the dynamic maximum has added, below 0 what it has taken
        self._row = 0  # maximum terminations in a row, below 0 gap-outs in a row
        self._logged: EventCode | None = None

    @property
    def ms(self) -> Ms:
        """The maximum green in effect."""
        return self._stated_ms + self._extra_ms

    @property
    def _stated_ms(self) -> Ms:
        stated = {2: self._phase.max_green_2_ms, 3: self._phase.max_green_3_ms}.get(self._which)
        return self._phase.max_green_ms if stated is None else stated

    def timing_begins(self, which: int) -> list[Event]:
        """A conflicting call has started the maximum timer: take over `which`, and log another maximum in effect.

        The codes are 50 to 52; they know two maximums and the dynamic one, so the third is logged as the second.
        """
        if which != self._which:
            self._which, self._extra_ms, self._row = which, 0, 0
        if which == 1 and self._phase.max_green_2_ms is None and self._phase.dynamic_max is None:
            return []  # there is only one
        code = EventCode.MAX_1_IN_EFFECT if which == 1 else EventCode.MAX_2_IN_EFFECT
        if self._extra_ms:
            code = EventCode.DYNAMIC_MAX_IN_EFFECT
        if code is self._logged:
            return []
        self._logged = code
        return [Event(code, self._phase.number)]

    def ended(self, reason: Termination) -> list[Event]:
        """The green has ended: let the dynamic maximum learn from why. A force-off, whoever's, teaches nothing."""
        dynamic = self._phase.dynamic_max
        if dynamic is None or reason not in _TEACHES:
            return []
        maxed = reason is Termination.MAX_OUT
        self._row = max(1, self._row + 1) if maxed else min(-1, self._row - 1)
        if abs(self._row) < _IN_A_ROW:
            return []
        longer = self._extra_ms + (dynamic.step_ms if maxed else -dynamic.step_ms)
        low, high = sorted((0, dynamic.limit_ms - self._stated_ms))
        if not low <= longer <= high:
            return []
        self._extra_ms = longer
        code = EventCode.DYNAMIC_MAX_STEP_UP if maxed else EventCode.DYNAMIC_MAX_STEP_DOWN
        return [Event(code, self._phase.number)]
