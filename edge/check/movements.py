"""Which channels may have right-of-way together, worked out from rings, overlaps and walks alone.

The engine finds out in another way whom an overlap has to wait for (`edge.control.overlaps`), and the monitor is told by
the card; this is what the card is compared with.
"""

from edge.check.words import listed
from edge.model.indications import ChannelKind
from edge.model.overlaps import Overlap
from edge.model.site import Channel, Site
from edge.model.units import PhaseNumber


def phases_of(site: Site, channel: Channel) -> tuple[PhaseNumber, ...]:
    """The phases beside whose green a channel may be green."""
    if channel.ped_overlap is not None:
        return site.ped_overlaps[channel.ped_overlap].phases
    overlap = overlap_of(site, channel)
    return overlap.parents if overlap is not None else (channel.phase,)


def overlap_of(site: Site, channel: Channel) -> Overlap | None:
    """The overlap that a channel shows, if it shows one."""
    return site.overlaps[channel.overlap] if channel.overlap is not None else None


def is_placed(site: Site, channel: Channel) -> bool:
    """Whether every phase the channel depends on stands in a ring; that one does not is said elsewhere."""
    overlap = overlap_of(site, channel)
    opposing = (overlap.opposing,) if overlap is not None and overlap.opposing is not None else ()
    return all(p in site.sequence.places for p in (*phases_of(site, channel), *opposing))


def green_together(site: Site, a: Channel, b: Channel) -> bool:
    """Two heads of one phase, of concurrent phases, or of overlaps with such parents, unless one excepts the other."""
    return _beside(site, phases_of(site, a), b) and not _excepts(site, a, b) and not _excepts(site, b, a)


def flash_together(site: Site, arrow: Channel, other: Channel) -> bool:
    """Whether the flashing arrow of a channel may run beside the green or walk of another: as its opposing through may."""
    overlap = overlap_of(site, arrow)
    if overlap is None or overlap.opposing is None:
        return False
    beside = _beside(site, (overlap.opposing,), other)
    return beside and not _excepts(site, arrow, other) and not _excepts(site, other, arrow)


def arrows_together(site: Site, a: Channel, b: Channel) -> bool:
    """Whether two flashing arrows may flash together: as their opposing throughs may."""
    one, other = overlap_of(site, a), overlap_of(site, b)
    if one is None or other is None or one.opposing is None or other.opposing is None:
        return False
    return site.sequence.concurrent(one.opposing, other.opposing)


def name_of(site: Site, channel: Channel) -> str:
    """`phase 2`, `ped 2` or `overlap A of phases 4 and 5`."""
    overlap = overlap_of(site, channel)
    if overlap is not None:
        return f"overlap {overlap.letter} of phase{'s' if len(overlap.parents) > 1 else ''} {listed(overlap.parents)}"
    if channel.ped_overlap is not None:
        return f"pedestrian overlap {channel.ped_overlap} of phases {listed(phases_of(site, channel))}"
    return f"{'ped' if channel.kind is ChannelKind.PEDESTRIAN else 'phase'} {channel.phase}"


def _beside(site: Site, phases: tuple[PhaseNumber, ...], other: Channel) -> bool:
    return any(site.sequence.concurrent(p, q) for p in phases for q in phases_of(site, other))


def _excepts(site: Site, channel: Channel, other: Channel) -> bool:
    """Whether the overlap of a channel is red beside the other: its modifier, or a walk it does not run with."""
    overlap = overlap_of(site, channel)
    if overlap is None or other.overlap is not None:
        return False
    if other.ped_overlap is not None:
        return not set(overlap.not_with_ped).isdisjoint(phases_of(site, other))
    walk = other.kind is ChannelKind.PEDESTRIAN
    return other.phase in overlap.modifiers or (walk and other.phase in overlap.not_with_ped)
