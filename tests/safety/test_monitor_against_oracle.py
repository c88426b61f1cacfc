"""The monitor and an oracle that shares nothing with it agree on any story, tick by tick."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.model.indications import ChannelKind, Indication
from edge.model.site import Card, CardChannel
from edge.model.units import ChannelNumber, Ms
from tests.safety import oracle
from tests.safety.streets import (
    ARROW,
    CROSSING,
    DARK,
    DONT_WALK,
    EUROPEAN,
    FLASH_GREEN,
    FLASH_RED,
    FLASH_YELLOW,
    GREEN,
    PED_CLEARANCE,
    RED,
    RED_YELLOW,
    SMALL,
    WALK,
    YELLOW,
    Image,
    Street,
    flash_of,
    n,
    stopped,
)

pytestmark = pytest.mark.untraced

NATURAL = {
    FLASH_YELLOW: YELLOW,
    FLASH_RED: RED,
    RED: GREEN,
    GREEN: YELLOW,
    FLASH_GREEN: YELLOW,
    RED_YELLOW: GREEN,
    YELLOW: RED,
    DONT_WALK: WALK,
    WALK: PED_CLEARANCE,
    PED_CLEARANCE: DONT_WALK,
    ARROW: YELLOW,
}

GAPS = st.sampled_from([1, 50, 99, 100, 101, 199, 200, 201, 300, 399, 400, 500, 599, 600, 601])


CARDS = st.sampled_from([SMALL, EUROPEAN])


def next_of(channel: CardChannel, shown: Indication) -> Indication:
    """The next indication of a head, by its card."""
    if shown in {RED, DARK} and channel.max_red_yellow_ms:
        return RED_YELLOW
    if shown is GREEN and channel.min_green_blink_ms:
        return FLASH_GREEN
    if shown is WALK and channel.steady_clearance:
        return DONT_WALK
    return NATURAL.get(shown, DONT_WALK if channel.kind is ChannelKind.PEDESTRIAN else RED)


def any_image(card: Card) -> st.SearchStrategy[Image]:
    return st.fixed_dictionaries({channel.number: st.sampled_from(Indication) for channel in card.channels})


@st.composite
def moves(draw: st.DrawFn) -> tuple[Ms, bool, str, tuple[ChannelNumber, ...], Indication]:
    """(gap, only if the oracle allows it, what, channels, an indication for `set`)."""
    return (
        draw(GAPS),
        draw(st.integers(0, 5)) < 5,
        draw(st.sampled_from(["advance"] * 14 + ["keep", "keep", "leave", "leave", "set", "flash", "drop"])),
        tuple(draw(st.sets(st.sampled_from([n(1), n(2), n(3), n(4), n(5)]), min_size=1, max_size=2))),
        draw(st.sampled_from(Indication)),
    )


def moved(card: Card, image: Image, what: str, channels: tuple[ChannelNumber, ...], shown: Indication) -> Image:
    """The image after one move."""
    by_name = {
        "keep": image,
        "flash": flash_of(card),
        "leave": {
            number: NATURAL[old] if old in {FLASH_RED, FLASH_YELLOW, YELLOW} else stopped(card)[number]
            for number, old in image.items()
        },
        "set": {**image, **dict.fromkeys(channels, shown)},
        "drop": {number: old for number, old in image.items() if number not in channels},
    }
    if what == "advance":
        by_number = {channel.number: channel for channel in card.channels}
        there = [c for c in channels if c in by_number]
        after = {c: next_of(by_number[c], image[c]) for c in there}
        arrows = {c for c in there if by_number[c].kind is ChannelKind.ARROW and image[c] is RED and shown.value % 3}
        return {**image, **after, **dict.fromkeys(arrows, ARROW)}
    return by_name[what]


def agree(street: Street, wanted: Image) -> bool:
    """One tick on which monitor and oracle must agree; whether it was permitted."""
    blamed = oracle.faults(street.card, [*street.minted, (street.now, wanted)])
    latched = street.monitor.latch is not None
    verdict = street.tick(wanted)
    assert bool(verdict.violations) == bool(blamed), (verdict.violations, blamed)
    assert verdict.permitted.shown == (street.flash if blamed or latched else wanted)
    assert (verdict.latch is not None) == (bool(blamed) or latched)
    return not blamed


def way_up(street: Street, *, long: bool) -> Image:
    """The first image of the way out of flash, or the whole way up to where the first green is permitted."""
    if long:
        for image, shown_ms in timetable(street.card, [], []):
            street.now += 1
            assert agree(street, image)
            street.now += shown_ms
    return street.stopped if long else street.flash


@pytest.mark.requirement("SAF-001")
@pytest.mark.requirement("SAF-002")
@pytest.mark.requirement("SAF-019")
@settings(max_examples=6 * settings().max_examples, deadline=None)
@given(CARDS, st.lists(moves(), min_size=15, max_size=35))
def test_monitor_and_oracle_agree_on_every_tick_of_a_near_valid_story(
    card: Card, story: list[tuple[Ms, bool, str, tuple[ChannelNumber, ...], Indication]]
) -> None:
    street = Street(card)
    image = way_up(street, long=True)
    for gap, guarded, what, channels, shown in story:
        wanted = moved(card, image, what, channels, shown)
        if guarded and oracle.faults(card, [*street.minted, (street.now, wanted)]):
            wanted = image
        image = wanted if agree(street, wanted) else street.flash
        if street.monitor.latch is not None:
            # the tick after: the controller wants flash, the operator clears
            street.now += 1
            assert agree(street, street.flash)
            assert street.monitor.clear(street.now, "the test", "to go on") is None
            image = way_up(street, long=gap != 1)
        street.now += gap
    assert oracle.faults(card, street.minted) == []


@pytest.mark.requirement("SAF-001")
@settings(max_examples=4 * settings().max_examples, deadline=None)
@given(CARDS, st.lists(st.tuples(GAPS, any_image(SMALL)), min_size=1, max_size=12))
def test_monitor_and_oracle_agree_on_arbitrary_images(card: Card, story: list[tuple[Ms, Image]]) -> None:
    street = Street(card)
    for gap, wanted in story:
        agree(street, {number: shown for number, shown in wanted.items() if number in street.flash})
        street.now += gap
    assert oracle.faults(card, street.minted) == []


Stage = tuple[frozenset[ChannelNumber], Ms]


def cliques(card: Card) -> list[frozenset[ChannelNumber]]:
    """Sets of channels that may all have right-of-way together."""
    found = [frozenset({channel.number}) for channel in card.channels]
    for clique in found:
        for channel in card.channels:
            grown = clique | {channel.number}
            if all(card.may_run_together(channel.number, other) for other in clique) and grown not in found:
                found.append(grown)
    return found


def timetable(card: Card, stages: list[frozenset[ChannelNumber]], extra_ms: list[Ms]) -> list[tuple[Image, Ms]]:
    """Images with the least time each is to be shown: a start from flash, then one stage after the other."""
    by_number = {channel.number: channel for channel in card.channels}
    longest_yellow = max(channel.min_yellow_ms for channel in card.channels)
    longest_change = max(channel.min_yellow_and_red_ms for channel in card.channels)
    rest = stopped(card)
    exit_yellow = {channel.number: YELLOW for channel in card.channels if channel.flash is FLASH_YELLOW}
    rows = [(flash_of(card), longest_yellow), ({**rest, **exit_yellow}, longest_yellow), (rest, longest_change)]
    for stage, more in zip(stages, extra_ms, strict=True):
        peds = {c: by_number[c] for c in stage if by_number[c].kind is ChannelKind.PEDESTRIAN}
        cars = {c: by_number[c] for c in stage if by_number[c].kind is not ChannelKind.PEDESTRIAN}
        green = dict.fromkeys(cars, GREEN)
        walk = max((c.min_walk_ms for c in peds.values()), default=0) + 1
        clearance = max((c.min_ped_clearance_ms for c in peds.values()), default=0) + 1
        rows.append(({**rest, **green, **dict.fromkeys(peds, WALK)}, walk))
        rows.append(({**rest, **green, **dict.fromkeys(peds, PED_CLEARANCE)}, clearance))
        rows.append(({**rest, **green}, max((c.min_green_ms for c in cars.values()), default=0) + more))
        # the channels end one after the other, each with its own yellow, the last first
        for k, ending in enumerate(sorted(cars, reverse=True)):
            still = dict.fromkeys(sorted(cars, reverse=True)[k + 1 :], GREEN)
            rows.append(({**rest, **still, ending: YELLOW}, cars[ending].min_yellow_ms))
        rows.append((rest, longest_change))
    return rows


@pytest.mark.requirement("SAF-003")
@pytest.mark.parametrize("card", [SMALL, CROSSING], ids=["small", "crossing"])
@settings(deadline=None)
@given(data=st.data())
def test_a_valid_timetable_is_never_refused_whatever_the_ticks(card: Card, data: st.DataObject) -> None:
    stages = data.draw(st.lists(st.sampled_from(cliques(card)), min_size=1, max_size=4))
    extra = data.draw(st.lists(st.integers(0, 3_000), min_size=len(stages), max_size=len(stages)))
    gaps = data.draw(st.lists(st.integers(40, 700), min_size=1, max_size=20))
    street = Street(card)
    ticks = 0
    for image, least_ms in timetable(card, stages, extra):
        began = street.now
        while True:
            verdict = street.tick(image)
            assert verdict.violations == ()
            assert verdict.permitted.shown == image
            street.now += min(gaps[ticks % len(gaps)], max(began + least_ms - street.now, 1))
            ticks += 1
            if street.now - began >= least_ms:
                break
    assert oracle.faults(card, street.minted) == []


@settings(deadline=None)
@given(st.integers(0, 6_000), st.integers(0, 6_000))
@example(2_999, 1_500)
@example(3_000, 1_499)
@example(3_000, 1_500)
def test_any_yellow_and_any_red_are_judged_to_the_millisecond(yellow_ms: Ms, red_ms: Ms) -> None:
    street = Street(CROSSING)
    street.start()
    street.show(street.image(c2=GREEN), 5_000)
    agree(street, street.image(c2=YELLOW))
    street.now += yellow_ms
    if agree(street, street.stopped):
        street.now += red_ms
        assert agree(street, street.image(c4=GREEN)) == (yellow_ms + red_ms >= 4_500)
    else:
        assert yellow_ms < 3_000


def test_the_oracle_can_find_fault() -> None:
    flash, rest = flash_of(SMALL), stopped(SMALL)
    good = [(0, flash), (400, {**rest, n(1): YELLOW, n(4): YELLOW}), (700, rest), (1_000, {**rest, n(2): GREEN})]
    assert oracle.faults(SMALL, good) == []
    assert oracle.faults(SMALL, good[1:])
    assert oracle.faults(SMALL, [*good, (1_100, rest)])
    assert oracle.faults(SMALL, [*good, (1_100, {**rest, n(2): YELLOW}), (1_499, rest)])
    assert oracle.faults(SMALL, [*good, (1_100, {**rest, n(2): GREEN, n(1): GREEN})])
    assert oracle.faults(SMALL, [*good, (1_100, {**rest, n(2): GREEN, n(3): DARK})])
    assert oracle.faults(SMALL, [*good[:3], (999, {**rest, n(2): GREEN})])
