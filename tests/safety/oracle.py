"""An independent judge of what a monitor has let through.

It keeps the whole story of images, cuts it into stretches of flash and of steady operation, draws each channel as a word
(one letter for each interval) and asks a regular expression whether the head may say that word; times are read off the
finished intervals. It shares neither code nor approach with `edge.safety`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

from edge.model.indications import ChannelKind, Indication
from edge.model.site import Card, CardChannel
from edge.model.units import ChannelNumber, Ms

Frame = tuple[Ms, dict[ChannelNumber, Indication]]
INFINITY = 10**12

LETTER = {
    Indication.DARK: "d",
    Indication.RED: "r",
    Indication.YELLOW: "y",
    Indication.GREEN: "g",
    Indication.FLASH_RED: "R",
    Indication.FLASH_YELLOW: "Y",
    Indication.DONT_WALK: "n",
    Indication.PED_CLEARANCE: "c",
    Indication.WALK: "w",
    Indication.FLASH_YELLOW_ARROW: "a",
    Indication.RED_YELLOW: "q",
    Indication.FLASH_GREEN: "b",
}


def alphabet(channel: CardChannel) -> set[str]:
    if channel.kind is ChannelKind.PEDESTRIAN:
        return set("dnw") if channel.steady_clearance else set("dnwc")
    if channel.kind is ChannelKind.ARROW:
        return set("dryga")
    return set("dryg") | set("q" if channel.max_red_yellow_ms else "") | set("b" if channel.min_green_blink_ms else "")


def head_may_say(channel: CardChannel) -> str:
    """What a head may say from flash on: rests, and rounds of right-of-way of which the last may be unfinished."""
    if channel.kind is ChannelKind.PEDESTRIAN:
        return r"[DN]([nd]+(w(n[nd]*))*w?)?" if channel.steady_clearance else r"[DN]([nd]+(wc[nd]+)*(wc?)?)?"
    if channel.kind is ChannelKind.ARROW:
        return r"Y(y([rd]+([ga]y[rd]+)*([ga]y?)?)?)?|[RD]([rd]+([ga]y[rd]+)*([ga]y?)?)?"
    has = alphabet(channel)
    go = ("q" if "q" in has else "") + "g" + ("b" if "b" in has else "") + "y"
    begun = "|".join(go[: k + 1] for k in range(len(go)))
    rounds = rf"[rd]+({go}[rd]+)*({begun})?"
    return rf"Y(y({rounds})?)?|[RD]({rounds})?"


@dataclass(frozen=True)
class Bar:
    """One interval of one channel, as on a ring diagram. `end` is INFINITY while nothing but flash has followed."""

    letter: str
    begin: Ms
    end: Ms
    leaves_flash: bool = False
    by_arrow: bool = False  # a flashing arrow, or the yellow that ends one


@dataclass(frozen=True)
class Stretch:
    """Frames of flash, or frames between two flashes."""

    flash: bool
    frames: tuple[Frame, ...]
    ends: Ms

    @property
    def begins(self) -> Ms:
        return self.frames[0][0]


def faults(card: Card, story: Sequence[Frame]) -> list[str]:
    """Everything wrong in a story of images, each shown from its instant until the next; the last is still shown."""
    flash = {channel.number: channel.flash for channel in card.channels}
    cut = stretches(flash, story)
    found = [] if cut[0].flash else ["does not begin in flash"]
    for before, stretch in zip([None, *cut], cut, strict=False):
        found += flash_faults(card, before, stretch) if stretch.flash else steady_faults(card, stretch)
    return found


def stretches(flash: dict[ChannelNumber, Indication], story: Sequence[Frame]) -> list[Stretch]:
    parts = [(is_flash, tuple(part)) for is_flash, part in groupby(story, key=lambda frame: frame[1] == flash)]
    begins = [part[0][0] for _, part in parts] + [INFINITY]
    return [Stretch(is_flash, part, end) for (is_flash, part), end in zip(parts, begins[1:], strict=True)]


def flash_faults(card: Card, before: Stretch | None, stretch: Stretch) -> Iterator[str]:
    at_rest = before is not None and all(LETTER[shown] in "rnd" for shown in before.frames[-1][1].values())
    if not at_rest and stretch.ends - stretch.begins < max(channel.min_yellow_ms for channel in card.channels):
        yield "flash is used as a short cut"


def steady_faults(card: Card, stretch: Stretch) -> list[str]:
    found = [fault for _, image in stretch.frames for fault in frame_faults(card, image)]
    if found:
        return found  # there is no drawing bars of an image that makes no sense
    bars = {channel.number: bars_of(channel.number, stretch) for channel in card.channels}
    for channel in card.channels:
        found += word_faults(channel, bars[channel.number])
        found += long_faults(channel, bars[channel.number], stretch)
    for one, other in combinations(card.channels, 2):
        for mine in (False, True):
            for theirs in (False, True):
                if not apart(card, one, other, mine, theirs):
                    continue
                these = [bar for bar in bars[one.number] if bar.by_arrow is mine]
                those = [bar for bar in bars[other.number] if bar.by_arrow is theirs]
                found += overlap_faults(these, those)
                found += clearance_faults(one, these, those)
                found += clearance_faults(other, those, these)
    return found + list(exit_faults(card, stretch, bars))


def apart(card: Card, one: CardChannel, other: CardChannel, mine: bool, theirs: bool) -> bool:  # noqa: FBT001
    """Whether the card keeps two movements apart; `mine`, `theirs`: whether they are flashing arrows."""
    lists = {(one.number, other.number)} if mine else set()
    lists |= {(other.number, one.number)} if theirs else set()
    return not lists <= card.flashing_arrow if lists else {one.number, other.number} not in card.permissive


def frame_faults(card: Card, image: dict[ChannelNumber, Indication]) -> Iterator[str]:
    if sorted(image) != sorted(channel.number for channel in card.channels):
        yield "not the channels of the card"
        return
    for channel in card.channels:
        letter = LETTER[image[channel.number]]
        if letter not in alphabet(channel) or (letter == "d" and not channel.may_be_dark):
            yield f"{channel.number} shows {letter}"


def bars_of(number: ChannelNumber, stretch: Stretch) -> list[Bar]:
    runs = [
        (letter, next(part)[0]) for letter, part in groupby(stretch.frames, key=lambda frame: LETTER[frame[1][number]])
    ]
    ends = [begin for _, begin in runs[1:]] + [INFINITY]
    word = " " + "".join(letter for letter, _ in runs)
    return [
        Bar(letter, begin, end, k == 0, letter == "a" or word[k : k + 2] == "ay")
        for k, ((letter, begin), end) in enumerate(zip(runs, ends, strict=True))
    ]


def word_faults(channel: CardChannel, bars: list[Bar]) -> Iterator[str]:
    in_flash = {"d": "D", "n": "N"}.get(LETTER[channel.flash], LETTER[channel.flash])
    word = in_flash + "".join(bar.letter for bar in bars)
    if not re.fullmatch(head_may_say(channel), word):
        yield f"{channel.number} says {word}"
    least = {
        "g": channel.min_green_ms,
        "y": channel.min_yellow_ms,
        "a": channel.min_green_ms,
        "w": channel.min_walk_ms,
        "c": channel.min_ped_clearance_ms,
        "r": channel.min_red_ms,
        "q": channel.min_red_yellow_ms,
        "b": channel.min_green_blink_ms,
    }
    for bar in bars:
        if bar.end - bar.begin < least.get(bar.letter, 0):
            yield f"{channel.number}: short {bar.letter}"


def long_faults(channel: CardChannel, bars: list[Bar], stretch: Stretch) -> Iterator[str]:
    """Red and amber still wanted in a frame in which its longest time is over already."""
    for bar in bars:
        if bar.letter == "q" and any(
            bar.begin + channel.max_red_yellow_ms <= t < bar.end for t, _ in stretch.frames if t >= bar.begin
        ):
            yield f"{channel.number}: long q"


def overlap_faults(these: list[Bar], those: list[Bar]) -> Iterator[str]:
    for this in these:
        for that in those:
            both_move = this.letter in "qgbyawc" and that.letter in "qgbyawc"
            both_leave_flash = this.leaves_flash and that.leaves_flash and this.letter == that.letter == "y"
            if both_move and not both_leave_flash and this.begin < that.end and that.begin < this.end:
                yield f"{this} beside {that}"


def clearance_faults(ending: CardChannel, ends: list[Bar], starts: list[Bar]) -> Iterator[str]:
    began = [bar.begin for bar in starts if bar.letter in "gaw"]
    last = "b" if ending.min_green_blink_ms else "g"
    ended = [bar.end for bar in ends if bar.letter in {last, "a", "w"}]
    needed = ending.min_yellow_and_red_ms
    if ending.steady_clearance:
        needed = max(needed, ending.min_ped_clearance_ms)
    for begin in began:
        if any(end <= begin < end + needed for end in ended):
            yield f"a start at {begin} too soon after {ending.number}"


def exit_faults(card: Card, stretch: Stretch, bars: dict[ChannelNumber, list[Bar]]) -> Iterator[str]:
    starts = [bar.begin for row in bars.values() for bar in row if bar.letter in "gawq"]
    if not starts:
        return
    first = min(starts)
    if first - stretch.begins < max(channel.min_yellow_and_red_ms for channel in card.channels):
        yield "first start too soon after flash"
    rests = [t for t, image in stretch.frames if all(LETTER[shown] in "rnd" for shown in image.values())]
    if not any(t < first for t in rests):
        yield "no all red between flash and the first start"
