"""The card as the monitor uses it: which channels there are, who conflicts with whom, and the whole flash image.

Worked out once from `edge.model.site.Card`; a card that would leave the monitor blind is refused here.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from edge.model.indications import ChannelKind, Indication
from edge.model.site import Card, CardChannel
from edge.model.units import ChannelNumber, Ms

Image: TypeAlias = Mapping[ChannelNumber, Indication]
"""What every channel shows: one indication a channel."""

MAY_SHOW: Mapping[ChannelKind, frozenset[Indication]] = {
    ChannelKind.VEHICLE: frozenset(
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
    ),
    ChannelKind.PEDESTRIAN: frozenset(
        {Indication.DARK, Indication.DONT_WALK, Indication.PED_CLEARANCE, Indication.WALK}
    ),
    ChannelKind.ARROW: frozenset(
        {
            Indication.DARK,
            Indication.RED,
            Indication.YELLOW,
            Indication.GREEN,
            Indication.FLASH_RED,
            Indication.FLASH_YELLOW,
            Indication.FLASH_YELLOW_ARROW,
        }
    ),
}
"""The indications each kind of head has. Stated here again on purpose: the monitor takes no one's word for it."""

MAY_FLASH: Mapping[ChannelKind, frozenset[Indication]] = {
    ChannelKind.VEHICLE: frozenset({Indication.DARK, Indication.FLASH_RED, Indication.FLASH_YELLOW}),
    ChannelKind.PEDESTRIAN: frozenset({Indication.DARK, Indication.DONT_WALK}),
    ChannelKind.ARROW: frozenset({Indication.DARK, Indication.FLASH_RED, Indication.FLASH_YELLOW}),
}
"""What each kind of head may show while the intersection flashes (MUTCD 11th ed. 4G)."""

FLASHING = frozenset({Indication.FLASH_RED, Indication.FLASH_YELLOW})
"""Shown in flash and at no other time."""


@dataclass(frozen=True, slots=True)
class Programming:
    """One card, worked out. `conflicts[a]`: the channels that may not have right-of-way together with `a`, ascending.

    `beside_arrow[a]`: the channels that may have right-of-way while `a` shows its flashing yellow arrow, or ends it.
    `longest_yellow_ms`, `longest_yellow_and_red_ms`: the largest such minimum of any channel.
    """

    channels: Mapping[ChannelNumber, CardChannel]
    conflicts: Mapping[ChannelNumber, tuple[ChannelNumber, ...]]
    beside_arrow: Mapping[ChannelNumber, frozenset[ChannelNumber]]
    flash: Image
    longest_yellow_ms: Ms
    longest_yellow_and_red_ms: Ms

    def conflict(self, a: ChannelNumber, b: ChannelNumber, arrows: Container[ChannelNumber] = ()) -> bool:
        """Whether `a` and `b` may not have right-of-way together. A channel that is not on the card conflicts with all.

        `arrows`: the channels whose right-of-way is the flashing yellow arrow; the others' is a green or a walk.
        """
        if a == b:
            return False
        if a not in self.channels or b not in self.channels:
            return True
        if a in arrows or b in arrows:
            return (a in arrows and b not in self.beside_arrow[a]) or (b in arrows and a not in self.beside_arrow[b])
        return b in self.conflicts[a]


def programme(card: Card) -> Programming:
    """Work a card out.

    Raises:
        ValueError: the card cannot be monitored; the message names every reason.
    """
    faults = tuple(_faults(card))
    if faults:
        raise ValueError("the monitor cannot work with this card: " + "; ".join(faults))
    numbers = [channel.number for channel in card.channels]
    return Programming(
        channels={channel.number: channel for channel in card.channels},
        conflicts={a: tuple(b for b in numbers if not card.may_run_together(a, b)) for a in numbers},
        beside_arrow={a: frozenset(b for b in numbers if card.may_flash_beside(a, b)) for a in numbers},
        flash={channel.number: channel.flash for channel in card.channels},
        longest_yellow_ms=max(channel.min_yellow_ms for channel in card.channels),
        longest_yellow_and_red_ms=max(channel.min_yellow_and_red_ms for channel in card.channels),
    )


def _faults(card: Card) -> Iterator[str]:
    if len({channel.number for channel in card.channels}) != len(card.channels):
        yield "a channel stands on it twice"
    if not any(channel.flash in FLASHING for channel in card.channels):
        yield "no channel flashes, so flash could not be told from steady operation: let one flash red or yellow"
    for channel in card.channels:
        if channel.flash not in MAY_FLASH[channel.kind]:
            yield f"channel {channel.number} would show {channel.flash.name} in flash: a {channel.kind.value} head cannot"
        if min(_minimums(channel)) < 0:
            yield f"channel {channel.number} has a minimum below 0 ms"
        if channel.min_red_yellow_ms > channel.max_red_yellow_ms:
            yield f"channel {channel.number} must show red and amber for longer than it may"
        yield from _of_the_other_kind(channel)
    arrows = {channel.number for channel in card.channels if channel.kind is ChannelKind.ARROW}
    for wrong in sorted({a for a, _ in card.flashing_arrow} - arrows):
        yield f"channel {wrong} has a list of what its flashing arrow may run beside, and no flashing arrow"


def _of_the_other_kind(channel: CardChannel) -> Iterator[str]:
    if channel.kind is not ChannelKind.VEHICLE and (channel.max_red_yellow_ms or channel.min_green_blink_ms):
        yield f"channel {channel.number}, a {channel.kind.value} head, has neither red and amber nor a green that blinks"
    if channel.kind is not ChannelKind.PEDESTRIAN and channel.steady_clearance:
        yield f"channel {channel.number}, a {channel.kind.value} head, has no pedestrian clearance to show steady"


def _minimums(channel: CardChannel) -> tuple[Ms, ...]:
    return (
        channel.min_yellow_ms,
        channel.min_yellow_and_red_ms,
        channel.min_green_ms,
        channel.min_walk_ms,
        channel.min_ped_clearance_ms,
        channel.min_red_ms,
        channel.min_red_yellow_ms,
        channel.min_green_blink_ms,
    )
