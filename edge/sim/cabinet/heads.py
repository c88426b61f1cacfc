"""What drivers and pedestrians make of lit lamps: the circuits of a head at each instant, read as an indication. Pure.

A lamp that was off a moment ago and is on again flashes; so does one that is off and was on a moment ago.
"""

from edge.model.indications import FLASH_HALF_PERIOD_MS, ChannelKind, Indication, Lamps
from edge.model.units import Ms

REMEMBERED_MS: Ms = FLASH_HALF_PERIOD_MS + 250
"""How long the dark half of a flash may last until it is taken for dark. Ours: half a period and two refreshes."""

_LONG_AGO: Ms = -(10**9)

_STEADY: dict[Lamps, Indication] = {
    Lamps.RED: Indication.RED,
    Lamps.RED | Lamps.YELLOW: Indication.RED_YELLOW,
    Lamps.YELLOW: Indication.YELLOW,
    Lamps.GREEN: Indication.GREEN,
}
_FLASHING: dict[Lamps, Indication] = {
    Lamps.RED: Indication.FLASH_RED,
    Lamps.YELLOW: Indication.FLASH_YELLOW,
    Lamps.GREEN: Indication.FLASH_GREEN,
}
_WALKERS: dict[Lamps, Indication] = {Lamps.RED: Indication.DONT_WALK, Lamps.GREEN: Indication.WALK}


class SeenHead:
    """One head, looked at again and again."""

    def __init__(self, kind: ChannelKind) -> None:
        self._kind = kind
        self._last = Lamps.NONE  # what was lit when anything was
        self._lit_ms = _LONG_AGO  # when that was seen last
        self._dark_ms = _LONG_AGO  # when it was last dark between two looks at the same lamps

    def seen(self, now: Ms, lamps: Lamps) -> Indication:
        """The indication at `now`."""
        if lamps is Lamps.NONE:
            if now - self._lit_ms > REMEMBERED_MS:
                return Indication.DARK
            self._dark_ms = now
            return self._flashes(self._last)
        flashes = lamps == self._last and now - self._dark_ms <= REMEMBERED_MS
        if lamps != self._last:
            self._dark_ms = _LONG_AGO
        self._last, self._lit_ms = lamps, now
        return self._flashes(lamps) if flashes else self._steady(lamps)

    def _steady(self, lamps: Lamps) -> Indication:
        if self._kind is ChannelKind.PEDESTRIAN:
            return _WALKERS.get(lamps, Indication.DONT_WALK)
        if lamps & Lamps.ARROW:
            return Indication.FLASH_YELLOW_ARROW
        return _STEADY.get(lamps, Indication.RED)

    def _flashes(self, lamps: Lamps) -> Indication:
        if self._kind is ChannelKind.PEDESTRIAN:
            return Indication.PED_CLEARANCE if lamps is Lamps.RED else self._steady(lamps)
        return _FLASHING.get(lamps, self._steady(lamps))
