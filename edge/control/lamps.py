"""From intervals and modes to what each channel should show: literal tables, no decision."""

from collections.abc import Mapping

from edge.control.intervals import PhaseMachine
from edge.control.overlaps import Overlaps
from edge.control.ped_overlaps import PedOverlaps
from edge.model.exchange import Interval, Mode, PedInterval
from edge.model.indications import ChannelKind, Indication
from edge.model.overlaps import OverlapInterval
from edge.model.site import Site
from edge.model.units import ChannelNumber, PhaseNumber

VEHICLE_SHOWS: dict[Interval, Indication] = {
    Interval.RED: Indication.RED,
    Interval.MIN_GREEN: Indication.GREEN,
    Interval.EXTENSION: Indication.GREEN,
    Interval.REST: Indication.GREEN,
    Interval.YELLOW_CHANGE: Indication.YELLOW,
    Interval.RED_CLEARANCE: Indication.RED,
    Interval.LEADING_WALK: Indication.RED,
    Interval.RED_YELLOW: Indication.RED_YELLOW,
    Interval.GREEN_BLINK: Indication.FLASH_GREEN,
}
PED_SHOWS: dict[PedInterval, Indication] = {
    PedInterval.DONT_WALK: Indication.DONT_WALK,
    PedInterval.WALK: Indication.WALK,
    PedInterval.PED_CLEARANCE: Indication.PED_CLEARANCE,
}
PED_SHOWS_STEADY = PED_SHOWS | {PedInterval.PED_CLEARANCE: Indication.DONT_WALK}
"""Where a pedestrian clearance is steady: it is timed, and nothing but don't walk is seen of it."""
OVERLAP_SHOWS: dict[OverlapInterval, Indication] = {
    OverlapInterval.RED: Indication.RED,
    OverlapInterval.GREEN: Indication.GREEN,
    OverlapInterval.TRAILING_GREEN: Indication.GREEN,
    OverlapInterval.FLASHING_ARROW: Indication.FLASH_YELLOW_ARROW,
    OverlapInterval.YELLOW_CHANGE: Indication.YELLOW,
    OverlapInterval.RED_CLEARANCE: Indication.RED,
}
STANDING: dict[ChannelKind, Indication] = {
    ChannelKind.VEHICLE: Indication.RED,
    ChannelKind.PEDESTRIAN: Indication.DONT_WALK,
    ChannelKind.ARROW: Indication.RED,
}


class LampTable:
    """What every channel of one site shows, by mode and by its phase's interval."""

    def __init__(self, site: Site, overlaps: Overlaps, ped_overlaps: PedOverlaps) -> None:
        channels = site.channels.values()
        self._flash = {c.number: c.flash for c in channels}
        self._all_red = {c.number: STANDING[c.kind] for c in channels}
        self._exit = {
            c.number: Indication.YELLOW if c.flash is Indication.FLASH_YELLOW else STANDING[c.kind] for c in channels
        }
        phases = [c for c in channels if c.overlap is None]
        self._vehicles = [(c.number, c.phase) for c in phases if c.kind is ChannelKind.VEHICLE]
        self._peds = [
            (c.number, c.phase, PED_SHOWS_STEADY if _clears_steady(site, c.phase) else PED_SHOWS)
            for c in phases
            if c.kind is ChannelKind.PEDESTRIAN and c.ped_overlap is None
        ]
        self._ped_overlaps = ped_overlaps
        self._walks_on = {
            n: (
                [c.number for c in channels if c.ped_overlap == n],
                PED_SHOWS_STEADY if o.steady_clearance else PED_SHOWS,
            )
            for n, o in site.ped_overlaps.items()
        }
        self._overlaps = overlaps
        self._shown_on = {o: [c.number for c in channels if c.overlap == o] for o in site.overlaps}

    def shows(self, mode: Mode, machines: Mapping[PhaseNumber, PhaseMachine]) -> Mapping[ChannelNumber, Indication]:
        """The whole image for `mode`."""
        match mode:
            case Mode.FLASH | Mode.START_UP_FLASH:
                return self._flash
            case Mode.EXIT_YELLOW:
                return self._exit
            case Mode.ALL_RED:
                return self._all_red
            case Mode.RUN | Mode.CLEARING:
                image = {number: VEHICLE_SHOWS[machines[phase].interval] for number, phase in self._vehicles}
                image.update((number, shows[machines[phase].ped]) for number, phase, shows in self._peds)
                for overlap, interval in self._overlaps.intervals():
                    image.update(dict.fromkeys(self._shown_on[overlap], OVERLAP_SHOWS[interval]))
                for number, ped in self._ped_overlaps.intervals():
                    shown_on, shows = self._walks_on[number]
                    image.update(dict.fromkeys(shown_on, shows[ped]))
                return image

    @property
    def flashes_yellow(self) -> bool:
        """Whether any channel flashes yellow, so that leaving flash needs a steady yellow."""
        return Indication.FLASH_YELLOW in self._flash.values()


def _clears_steady(site: Site, phase: PhaseNumber) -> bool:
    ped = site.phases[phase].ped
    return ped is not None and ped.steady_clearance
