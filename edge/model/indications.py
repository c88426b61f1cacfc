"""What a load-switch channel shows: the indication asked for, and the lamps that are lit for it at one instant."""

from enum import IntFlag

from edge.model.named import Named
from edge.model.units import Ms


class ChannelKind(Named):
    """What kind of head hangs on a channel."""

    VEHICLE = "vehicle"
    PEDESTRIAN = "pedestrian"
    ARROW = "flashing-arrow"  # a four-section left-turn head: red, yellow, green and flashing yellow arrow


class Indication(Named):
    """One channel's indication. The zero value is the one nobody may drive through: dark is never permission."""

    DARK = 0
    RED = 1
    YELLOW = 2
    GREEN = 3
    FLASH_RED = 4
    FLASH_YELLOW = 5
    DONT_WALK = 6
    PED_CLEARANCE = 7  # flashing don't walk
    WALK = 8
    FLASH_YELLOW_ARROW = 9  # a permissive left turn (MUTCD 11th ed. 4F); a right-of-way, unlike FLASH_YELLOW
    RED_YELLOW = 10  # red and amber together, before green
    FLASH_GREEN = 11  # the end of a green, before yellow


class Lamps(IntFlag):
    """The circuits of a load switch. A pedestrian channel has don't walk on RED and walk on GREEN.

    ARROW is the fourth circuit of a flashing-arrow head; in a cabinet it comes from another channel's spare load switch.
    """

    NONE = 0
    RED = 1
    YELLOW = 2
    GREEN = 4
    ARROW = 8


FLASH_HALF_PERIOD_MS: Ms = 500
"""Half of the flash period: 60 flashes a minute, lit half of the time (MUTCD 11th ed. 4G.01: 50-60/min, 1/2-2/3 on)."""

_STEADY: dict[Indication, Lamps] = {
    Indication.DARK: Lamps.NONE,
    Indication.RED: Lamps.RED,
    Indication.YELLOW: Lamps.YELLOW,
    Indication.GREEN: Lamps.GREEN,
    Indication.DONT_WALK: Lamps.RED,
    Indication.WALK: Lamps.GREEN,
    Indication.RED_YELLOW: Lamps.RED | Lamps.YELLOW,
}
_FLASHING: dict[Indication, Lamps] = {
    Indication.FLASH_RED: Lamps.RED,
    Indication.FLASH_YELLOW: Lamps.YELLOW,
    Indication.PED_CLEARANCE: Lamps.RED,
    Indication.FLASH_YELLOW_ARROW: Lamps.ARROW,
    Indication.FLASH_GREEN: Lamps.GREEN,
}

VEHICLE_INDICATIONS = frozenset(
    {
        Indication.DARK,
        Indication.RED,
        Indication.YELLOW,
        Indication.GREEN,
        Indication.FLASH_RED,
        Indication.FLASH_YELLOW,
        Indication.RED_YELLOW,
        Indication.FLASH_GREEN,
    }
)
ARROW_INDICATIONS = VEHICLE_INDICATIONS | {Indication.FLASH_YELLOW_ARROW}
PEDESTRIAN_INDICATIONS = frozenset({Indication.DARK, Indication.DONT_WALK, Indication.PED_CLEARANCE, Indication.WALK})


def flasher_is_lit(now: Ms) -> bool:
    """Whether a flashing lamp is lit at `now`; one flasher for the whole intersection."""
    return now // FLASH_HALF_PERIOD_MS % 2 == 0


def lamps_of(indication: Indication, *, lit: bool) -> Lamps:
    """The circuits lit for `indication`, `lit` being the flasher's half of the period."""
    steady = _STEADY.get(indication)
    if steady is not None:
        return steady
    return _FLASHING[indication] if lit else Lamps.NONE
