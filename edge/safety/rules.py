"""What the monitor does not permit: the rules on a wanted image, pure, at zero tolerance, in the tick it is wanted.

A rule looks at the card, at what has been shown so far and at the wanted image, and gives the violations it finds.
The whole flash image is permitted at any instant and is judged by no rule. The lamps themselves are judged in `lamps`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

from edge.model.indications import Indication
from edge.model.site import CardChannel
from edge.model.units import ChannelNumber, Ms
from edge.safety.card import FLASHING, MAY_SHOW, Image, Programming
from edge.safety.history import OPENS, STARTS, STOPS, History, Standing


class Rule(Enum):
    """The rules by name; the name is what is logged and stored."""

    WRONG_CHANNELS = "wrong-channels"  # a channel of the card is missing, or one is not on it
    DUAL_INDICATION = "dual-indication"  # an indication that this kind of head does not have
    DARK_CHANNEL = "dark-channel"
    MIXED_FLASH = "mixed-flash"  # flashing red or yellow without being the whole flash image
    CONFLICT = "conflict"
    START_UP = "start-up"  # something other than flash as the very first image
    SKIPPED_YELLOW = "skipped-yellow"
    SHORT_YELLOW = "short-yellow"
    SHORT_GREEN = "short-green"
    SHORT_RED = "short-red"
    SKIPPED_RED_YELLOW = "skipped-red-and-amber"
    SHORT_RED_YELLOW = "short-red-and-amber"
    LONG_RED_YELLOW = "long-red-and-amber"
    SKIPPED_GREEN_BLINK = "skipped-green-blink"
    SHORT_GREEN_BLINK = "short-green-blink"
    SHORT_WALK = "short-walk"
    SKIPPED_PED_CLEARANCE = "skipped-pedestrian-clearance"
    SHORT_PED_CLEARANCE = "short-pedestrian-clearance"
    SEQUENCE = "sequence"  # any other step that a head may not take
    SHORT_CLEARANCE = "short-clearance"  # short yellow and red before a conflicting green or walk
    SHORT_FLASH = "short-flash"  # a flash that broke in on moving traffic left before a yellow's time was over
    LEAVING_FLASH = "leaving-flash"  # green or walk too soon after flash
    TIME_WENT_BACK = "time-went-back"
    LAMP_CONFLICT = "lamp-conflict"
    LAMP_DUAL = "lamp-dual-indication"
    LAMP_MISSING = "lamp-missing"  # red fail: no lamp lit where one was commanded
    LAMP_MISMATCH = "lamp-mismatch"
    UNREADABLE_LATCH = "unreadable-latch"  # a stored latch that cannot be read is still a latch


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: the channels concerned, ascending, and one sentence for the technician."""

    rule: Rule
    channels: tuple[ChannelNumber, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Latch:
    """The first cause of a trip. It carries no time: the log does, and a latch outlives every clock."""

    rule: Rule
    channels: tuple[ChannelNumber, ...]
    detail: str

    def to_dict(self) -> dict[str, object]:
        """For storage: plain strings, numbers and lists."""
        return {"rule": self.rule.value, "channels": list(self.channels), "detail": self.detail}

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> "Latch":
        """The latch that was stored. What cannot be read stays a latch, of rule UNREADABLE_LATCH, and says what it was."""
        rule, channels, detail = stored.get("rule"), stored.get("channels"), stored.get("detail")
        if isinstance(rule, str) and isinstance(detail, str) and isinstance(channels, list):
            known = {named.value: named for named in Rule}
            if rule in known and all(isinstance(number, int) for number in channels):
                return cls(known[rule], tuple(map(ChannelNumber, channels)), detail)
        return cls(Rule.UNREADABLE_LATCH, (), f"the stored latch cannot be read: {dict(stored)}")


Minimum = tuple[Rule, Callable[[CardChannel], Ms]]

_MAY_FOLLOW: dict[Indication, frozenset[Indication]] = {
    Indication.DARK: frozenset(
        {
            Indication.RED,
            Indication.RED_YELLOW,
            Indication.GREEN,
            Indication.FLASH_YELLOW_ARROW,
            Indication.DONT_WALK,
            Indication.WALK,
        }
    ),
    Indication.RED: frozenset(
        {Indication.RED_YELLOW, Indication.GREEN, Indication.FLASH_YELLOW_ARROW, Indication.DARK}
    ),
    Indication.RED_YELLOW: frozenset({Indication.GREEN}),
    Indication.GREEN: frozenset({Indication.FLASH_GREEN, Indication.YELLOW}),
    Indication.FLASH_GREEN: frozenset({Indication.YELLOW}),
    Indication.YELLOW: frozenset({Indication.RED, Indication.DARK}),
    Indication.DONT_WALK: frozenset({Indication.WALK, Indication.DARK}),
    Indication.WALK: frozenset({Indication.PED_CLEARANCE}),
    Indication.PED_CLEARANCE: frozenset({Indication.DONT_WALK, Indication.DARK}),
    Indication.FLASH_RED: frozenset({Indication.RED, Indication.DARK}),
    Indication.FLASH_YELLOW: frozenset({Indication.YELLOW}),
    Indication.FLASH_YELLOW_ARROW: frozenset({Indication.YELLOW}),
}
"""The steps a head may take. DARK stands for red or don't walk on a channel whose card lets it be dark."""

_SKIPPED: dict[Indication, Rule] = {
    Indication.GREEN: Rule.SKIPPED_YELLOW,
    Indication.FLASH_GREEN: Rule.SKIPPED_YELLOW,
    Indication.FLASH_YELLOW: Rule.SKIPPED_YELLOW,
    Indication.FLASH_YELLOW_ARROW: Rule.SKIPPED_YELLOW,
    Indication.WALK: Rule.SKIPPED_PED_CLEARANCE,
}
"""What has been left out when one of these goes straight to a stop indication."""

_MINIMUMS: dict[Indication, Minimum] = {
    Indication.RED: (Rule.SHORT_RED, lambda channel: channel.min_red_ms),
    Indication.RED_YELLOW: (Rule.SHORT_RED_YELLOW, lambda channel: channel.min_red_yellow_ms),
    Indication.GREEN: (Rule.SHORT_GREEN, lambda channel: channel.min_green_ms),
    Indication.FLASH_YELLOW_ARROW: (Rule.SHORT_GREEN, lambda channel: channel.min_green_ms),
    Indication.FLASH_GREEN: (Rule.SHORT_GREEN_BLINK, lambda channel: channel.min_green_blink_ms),
    Indication.YELLOW: (Rule.SHORT_YELLOW, lambda channel: channel.min_yellow_ms),
    Indication.WALK: (Rule.SHORT_WALK, lambda channel: channel.min_walk_ms),
    Indication.PED_CLEARANCE: (Rule.SHORT_PED_CLEARANCE, lambda channel: channel.min_ped_clearance_ms),
}
"""How long an indication must have been shown before the next step."""

_RIGHT_OF_WAY = frozenset(
    {
        Indication.RED_YELLOW,
        Indication.GREEN,
        Indication.FLASH_GREEN,
        Indication.FLASH_YELLOW_ARROW,
        Indication.YELLOW,
        Indication.WALK,
        Indication.PED_CLEARANCE,
    }
)


def judge(card: Programming, history: History, image: Image, now: Ms) -> tuple[Violation, ...]:
    """All that is wrong with showing `image` from `now` on, after `history`; empty when it is permitted."""
    if image == card.flash:
        return ()
    missing = tuple(_wrong_channels(card, image))
    if missing:
        return missing
    found = [*_indications(card, image), *_conflicts(card, history, image)]
    if history.standing is Standing.NOTHING_KNOWN:
        found.append(_start_up(card))
    else:
        found += [*_steps(card, history, image, now), *_short_flash(card, history, now)]
    return tuple(found)


def _wrong_channels(card: Programming, image: Image) -> Iterator[Violation]:
    if image.keys() != card.channels.keys():
        wrong = tuple(sorted(image.keys() ^ card.channels.keys()))
        yield Violation(Rule.WRONG_CHANNELS, wrong, f"the image and the card differ in channels {_list(wrong)}")


def _indications(card: Programming, image: Image) -> Iterator[Violation]:
    for number, shown in image.items():
        channel = card.channels[number]
        if shown not in MAY_SHOW[channel.kind]:
            detail = f"channel {number}, a {channel.kind.value} head, cannot show {_name(shown)}"
            yield Violation(Rule.DUAL_INDICATION, (number,), detail)
        elif not _has(channel, shown):
            detail = f"channel {number} has no {_name(shown)}, says its card"
            yield Violation(Rule.DUAL_INDICATION, (number,), detail)
        elif shown in FLASHING:
            detail = f"channel {number} would flash while others do not show their flash indication"
            yield Violation(Rule.MIXED_FLASH, (number,), detail)
        elif shown is Indication.DARK and not channel.may_be_dark:
            yield Violation(Rule.DARK_CHANNEL, (number,), f"channel {number} may not be dark, says its card")


def _has(channel: CardChannel, shown: Indication) -> bool:
    """Whether this head has an indication that not every head of its kind has."""
    match shown:
        case Indication.RED_YELLOW:
            return channel.max_red_yellow_ms > 0
        case Indication.FLASH_GREEN:
            return channel.min_green_blink_ms > 0
        case Indication.PED_CLEARANCE:
            return not channel.steady_clearance
        case _:
            return True


def _conflicts(card: Programming, history: History, image: Image) -> Iterator[Violation]:
    # The steady yellow that ends flash is no right-of-way: where all approaches flash yellow it is shown to all.
    leaving = history.standing in {Standing.FLASH, Standing.LEAVING_FLASH}
    moving = sorted(
        number
        for number, shown in image.items()
        if shown in _RIGHT_OF_WAY and not (leaving and shown is Indication.YELLOW)
    )
    arrows = {number for number in moving if _by_arrow(history, number, image[number])}
    for a, b in combinations(moving, 2):
        if card.conflict(a, b, arrows):
            detail = f"channel {a} {_name(image[a])} and channel {b} {_name(image[b])} are not permissive"
            yield Violation(Rule.CONFLICT, (a, b), detail)


def _by_arrow(history: History, number: ChannelNumber, shown: Indication) -> bool:
    """Whether the right-of-way of a channel is the flashing yellow arrow, or the yellow that ends one."""
    if shown is not Indication.YELLOW:
        return shown is Indication.FLASH_YELLOW_ARROW
    track = history.tracks.get(number)
    if track is None:
        return False
    return track.after_arrow if track.shown is shown else track.shown is Indication.FLASH_YELLOW_ARROW


def _start_up(card: Programming) -> Violation:
    return Violation(
        Rule.START_UP, tuple(sorted(card.channels)), "the first image after a start must be the flash image"
    )


def _steps(card: Programming, history: History, image: Image, now: Ms) -> Iterator[Violation]:
    for number, track in history.tracks.items():
        wanted, channel, shown_ms = image[number], card.channels[number], now - track.since_ms
        if wanted is not track.shown:
            yield from _step(channel, track.shown, wanted, shown_ms)
            if wanted in STARTS:
                arrow = wanted is Indication.FLASH_YELLOW_ARROW
                yield from _clearances(card, history, number, now, arrow=arrow)
            if wanted in OPENS:
                yield from _leaving_flash(card, history, number, now)
        elif wanted is Indication.RED_YELLOW and shown_ms >= channel.max_red_yellow_ms:
            yield _long_red_yellow(channel, shown_ms)


def _step(channel: CardChannel, shown: Indication, wanted: Indication, shown_ms: Ms) -> Iterator[Violation]:
    where = (channel.number,)
    skipped = _left_out(channel, shown, wanted)
    if skipped is not None:
        detail = f"channel {channel.number} may not go from {_name(shown)} to {_name(wanted)}, says its card"
        yield Violation(skipped, where, detail)
    elif wanted not in _MAY_FOLLOW[shown] and not _clears_steady(channel, shown, wanted):
        rule = _SKIPPED.get(shown, Rule.SEQUENCE) if wanted in STOPS else Rule.SEQUENCE
        detail = f"channel {channel.number} may not go from {_name(shown)} to {_name(wanted)}"
        yield Violation(rule, where, detail)
    elif shown in _MINIMUMS:
        rule, minimum = _MINIMUMS[shown]
        if shown_ms < minimum(channel):
            detail = f"channel {channel.number}: {shown_ms} ms of {_name(shown)}, the card asks {minimum(channel)} ms"
            yield Violation(rule, where, detail)


def _left_out(channel: CardChannel, shown: Indication, wanted: Indication) -> Rule | None:
    """What this head, by its card, must show between the two."""
    if wanted is Indication.GREEN and shown is not Indication.RED_YELLOW and channel.max_red_yellow_ms:
        return Rule.SKIPPED_RED_YELLOW
    if (shown, wanted) == (Indication.GREEN, Indication.YELLOW) and channel.min_green_blink_ms:
        return Rule.SKIPPED_GREEN_BLINK
    return None


def _clears_steady(channel: CardChannel, shown: Indication, wanted: Indication) -> bool:
    """Whether this is a walk that ends in a clearance shown as steady don't walk."""
    return channel.steady_clearance and (shown, wanted) == (Indication.WALK, Indication.DONT_WALK)


def _long_red_yellow(channel: CardChannel, shown_ms: Ms) -> Violation:
    detail = f"channel {channel.number}: {shown_ms} ms of red and amber, the card allows {channel.max_red_yellow_ms} ms"
    return Violation(Rule.LONG_RED_YELLOW, (channel.number,), detail)


def _clearances(
    card: Programming, history: History, starting: ChannelNumber, now: Ms, *, arrow: bool
) -> Iterator[Violation]:
    starts = {starting} if arrow else set()
    for ending, track in history.tracks.items():
        needed_ms = card.channels[ending].min_before_conflict_ms
        for ended_ms, arrows in ((track.ended_ms, starts), (track.arrow_ended_ms, starts | {ending})):
            if ended_ms is not None and now - ended_ms < needed_ms and card.conflict(ending, starting, arrows):
                what = _what_clears(card.channels[ending])
                detail = (
                    f"channel {starting} would start {now - ended_ms} ms after channel {ending} ended, "
                    f"the card asks {needed_ms} ms of {what}"
                )
                yield Violation(Rule.SHORT_CLEARANCE, (ending, starting), detail)


def _what_clears(channel: CardChannel) -> str:
    clearing = channel.min_before_conflict_ms > channel.min_yellow_and_red_ms
    return "pedestrian clearance" if clearing else "yellow and red"


def _leaving_flash(card: Programming, history: History, starting: ChannelNumber, now: Ms) -> Iterator[Violation]:
    if history.standing is Standing.RUNNING:
        return
    steady_ms = now - history.since_ms if history.standing is Standing.LEAVING_FLASH else 0
    if not history.stopped or steady_ms < card.longest_yellow_and_red_ms:
        detail = (
            f"channel {starting} would start {steady_ms} ms after flash, "
            f"the card asks {card.longest_yellow_and_red_ms} ms and all red in between"
        )
        yield Violation(Rule.LEAVING_FLASH, (starting,), detail)


def _short_flash(card: Programming, history: History, now: Ms) -> Iterator[Violation]:
    # Without this, one tick of flash would be a way round every yellow.
    flashed_ms = now - history.since_ms
    if history.standing is Standing.FLASH and history.cut and flashed_ms < card.longest_yellow_ms:
        detail = f"flash broke in and would end after {flashed_ms} ms, the card's longest yellow is {card.longest_yellow_ms} ms"
        yield Violation(Rule.SHORT_FLASH, tuple(sorted(card.channels)), detail)


_CALLED = {Indication.RED_YELLOW: "red and amber", Indication.FLASH_GREEN: "green blink"}


def _name(shown: Indication) -> str:
    return _CALLED.get(shown) or shown.name.lower().replace("_", " ")


def _list(numbers: tuple[ChannelNumber, ...]) -> str:
    return ", ".join(str(number) for number in numbers)
