"""Overlaps drawn at random onto any site, with the card that `check` would ask for."""

from dataclasses import replace

from hypothesis import strategies as st

from edge.check.movements import arrows_together, flash_together, green_together
from edge.model.indications import ChannelKind, Indication
from edge.model.overlaps import Overlap, OverlapKind
from edge.model.site import Card, CardChannel, Channel, Site
from edge.model.units import ChannelNumber, OverlapNumber, PhaseNumber
from tests.control.overlap_oracle import Row

FIRST_CHANNEL = 41


@st.composite
def overlaps(draw: st.DrawFn, number: int, site: Site) -> Overlap:
    """One overlap of either kind with any timing the check accepts."""
    phases = sorted(site.phases)
    peds = [n for n, p in site.phases.items() if p.ped is not None]
    pairs = [(a, b) for a in phases for b in site.sequence.conflicts(a)]
    tenths = st.integers
    parents = draw(st.lists(st.sampled_from(phases), min_size=1, max_size=3, unique=True))
    opposing: PhaseNumber | None = None
    turn = draw(st.none() | st.sampled_from(pairs)) if pairs else None
    if turn is not None:
        protected, opposing = turn
        parents = [protected]
    others = [p for p in phases if p not in parents and p != opposing]
    return Overlap(
        number=OverlapNumber(number),
        move="",
        kind=OverlapKind.NORMAL if opposing is None else OverlapKind.FLASHING_YELLOW_ARROW,
        parents=tuple(parents),
        yellow_ms=draw(tenths(30, 45)) * 100,
        red_clear_ms=draw(tenths(0, 20)) * 100,
        min_green_ms=draw(tenths(20, 60)) * 100,
        opposing=opposing,
        delay_ms=draw(st.sampled_from([0, 0, 2_000, 5_000])),
        trailing_green_ms=draw(st.sampled_from([0, 3_000])) if opposing is None else 0,
        modifiers=tuple(draw(st.lists(st.sampled_from(others), max_size=1))) if others else (),
        not_with_ped=tuple(draw(st.lists(st.sampled_from(peds), max_size=2, unique=True))) if peds else (),
    )


@st.composite
def with_overlaps(draw: st.DrawFn, site: Site, most: int = 3) -> Site:
    """The site with some overlaps, each on a channel of its own."""
    for number in range(1, draw(st.integers(0, most)) + 1):
        grown = with_overlap(site, draw(overlaps(number, site)))
        arrows = [c for c in grown.channels.values() if c.kind is ChannelKind.ARROW]
        if all(
            flash_together(grown, a, b) or a is b or not arrows_together(grown, a, b) for a in arrows for b in arrows
        ):
            site = grown  # check refuses two arrows that may flash together but not beside each other's green
    return site


def with_overlap(site: Site, overlap: Overlap) -> Site:
    """The site with one more overlap, its channel and its rows on the card."""
    number = ChannelNumber(FIRST_CHANNEL - 1 + overlap.number)
    kind = ChannelKind.VEHICLE if overlap.opposing is None else ChannelKind.ARROW
    wires = tuple(300 + 4 * number + k for k in range(3 if overlap.opposing is None else 4))
    channel = Channel(number, kind, overlap.parents[0], "mock", wires, Indication.FLASH_RED, overlap.number)
    grown = replace(
        site, overlaps={**site.overlaps, overlap.number: overlap}, channels={**site.channels, number: channel}
    )
    row = CardChannel(
        number, kind, Indication.FLASH_RED, overlap.yellow_ms, overlap.change_ms, min_green_ms=overlap.min_green_ms
    )
    return replace(grown, card=_card(grown, (*site.card.channels, row)))


def _card(site: Site, rows: tuple[CardChannel, ...]) -> Card:
    channels = list(site.channels.values())
    permissive = frozenset(
        frozenset((a.number, b.number)) for a in channels for b in channels if a is not b and green_together(site, a, b)
    )
    arrows = frozenset(
        (a.number, b.number) for a in channels for b in channels if a is not b and flash_together(site, a, b)
    )
    return Card(rows, permissive, "a test", arrows)


def rows(site: Site) -> list[Row]:
    """The site's overlaps in the oracle's words."""
    return [
        Row(
            FIRST_CHANNEL - 1 + n,
            frozenset(map(int, o.parents)),
            o.opposing,
            o.min_green_ms,
            o.yellow_ms,
            o.red_clear_ms,
            o.delay_ms,
            o.trailing_green_ms,
            frozenset(map(int, o.modifiers)),
            frozenset(map(int, o.not_with_ped)),
        )
        for n, o in site.overlaps.items()
    ]


def longest_tail_ms(site: Site) -> int:
    """How long an overlap can keep somebody waiting: all it has to show before it is red."""
    return max((r.min_green + r.trailing + r.yellow + r.red_clear for r in rows(site)), default=0)
