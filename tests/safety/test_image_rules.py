"""An image by itself: conflict, indications that do not belong there, dark channels, mixed flash."""

from dataclasses import replace

import pytest

from edge.model.indications import ChannelKind, Indication
from edge.model.site import Card
from edge.safety.card import MAY_SHOW, programme
from edge.safety.rules import Rule, judge
from tests.safety.streets import (
    CROSSING,
    DARK,
    DONT_WALK,
    FLASH_RED,
    FLASH_YELLOW,
    GREEN,
    PED_CLEARANCE,
    RED,
    WALK,
    YELLOW,
    Street,
    n,
    pairs,
    pedestrian,
    refused,
    running,
    vehicle,
)


@pytest.mark.requirement("SAF-001")
@pytest.mark.parametrize("a", [GREEN, YELLOW])
@pytest.mark.parametrize("b", [GREEN, YELLOW])
def test_two_conflicting_vehicle_channels_never_move_together(a: Indication, b: Indication) -> None:
    card = programme(CROSSING)
    shown = {n(2): a, n(4): b, n(6): RED, n(12): DONT_WALK, n(15): RED}
    history = running(shown)
    found = judge(card, history, shown, 100)
    assert [(violation.rule, violation.channels) for violation in found] == [(Rule.CONFLICT, (2, 4))]
    names = {GREEN: "green", YELLOW: "yellow"}
    assert found[0].detail == f"channel 2 {names[a]} and channel 4 {names[b]} are not permissive"


@pytest.mark.requirement("SAF-001")
@pytest.mark.parametrize("walk", [WALK, PED_CLEARANCE])
@pytest.mark.parametrize("move", [GREEN, YELLOW])
def test_a_pedestrian_and_a_conflicting_vehicle_never_move_together(walk: Indication, move: Indication) -> None:
    card = programme(CROSSING)
    shown = {n(2): RED, n(4): move, n(6): RED, n(12): walk, n(15): RED}
    history = running(shown)
    assert [(v.rule, v.channels) for v in judge(card, history, shown, 100)] == [(Rule.CONFLICT, (4, 12))]


@pytest.mark.requirement("SAF-001")
def test_a_conflicting_green_is_answered_by_flash_in_the_same_tick(street: Street) -> None:
    street.show(street.image(c2=GREEN), 100)
    refused(street, street.image(c2=GREEN, c4=GREEN), Rule.CONFLICT)


def test_permissive_channels_move_together(street: Street) -> None:
    street.show(street.image(c2=GREEN, c6=GREEN, c12=WALK), 100)


def test_every_conflicting_pair_is_named(street: Street) -> None:
    verdict = street.tick(street.image(c2=GREEN, c4=GREEN, c6=GREEN, c12=WALK))
    assert [v.channels for v in verdict.violations] == [(2, 4), (4, 6), (4, 12)]


def test_conflicting_channels_are_named_in_ascending_order(street: Street) -> None:
    backwards = dict(sorted(street.image(c2=GREEN, c4=GREEN).items(), reverse=True))
    assert [v.channels for v in street.tick(backwards).violations] == [(2, 4)]


def test_all_channels_are_named_in_ascending_order_whatever_the_order_of_the_card() -> None:
    card = replace(CROSSING, channels=CROSSING.channels[::-1])
    for flash_ms in (0, 100):
        street = Street(card)
        street.show(street.flash, flash_ms)
        last = street.tick(street.image(c2=YELLOW, c6=YELLOW)).violations[-1]
        assert last.rule is (Rule.SHORT_FLASH if flash_ms else Rule.START_UP)
        assert last.channels == (2, 4, 6, 12, 15)


@pytest.mark.requirement("SAF-004")
@pytest.mark.parametrize("shown", [i for i in Indication if i not in MAY_SHOW[ChannelKind.VEHICLE]])
def test_a_vehicle_head_shows_no_pedestrian_indication(street: Street, shown: Indication) -> None:
    found = judge(street.monitor._card, street.monitor._history, street.image(c4=shown), street.now)
    assert (Rule.DUAL_INDICATION, (4,)) in [(v.rule, v.channels) for v in found]
    refused_first = street.tick(street.image(c4=shown)).violations[0]
    assert refused_first.rule is Rule.DUAL_INDICATION
    assert refused_first.detail.startswith("channel 4, a vehicle head, cannot show ")


@pytest.mark.requirement("SAF-004")
@pytest.mark.parametrize("shown", [RED, YELLOW, GREEN, FLASH_RED, FLASH_YELLOW])
def test_a_pedestrian_head_shows_no_vehicle_indication(street: Street, shown: Indication) -> None:
    first = street.tick(street.image(c12=shown)).violations[0]
    assert (first.rule, first.channels) == (Rule.DUAL_INDICATION, (12,))
    assert first.detail == f"channel 12, a pedestrian head, cannot show {shown.name.lower().replace('_', ' ')}"


@pytest.mark.requirement("SAF-004")
def test_an_image_without_a_channel_of_the_card_is_refused(street: Street) -> None:
    image = street.stopped
    del image[n(4)], image[n(15)]
    assert refused(street, image, Rule.WRONG_CHANNELS) == "the image and the card differ in channels 4, 15"
    assert street.monitor.latch is not None
    assert street.monitor.latch.channels == (4, 15)


@pytest.mark.requirement("SAF-004")
def test_an_image_with_a_channel_that_is_not_on_the_card_is_refused(street: Street) -> None:
    refused(street, {**street.stopped, n(7): RED}, Rule.WRONG_CHANNELS)
    assert street.monitor.latch is not None
    assert street.monitor.latch.channels == (7,)


@pytest.mark.requirement("SAF-004")
@pytest.mark.parametrize("channel", ["c2", "c12"])
def test_a_channel_is_dark_only_where_its_card_says_so(street: Street, channel: str) -> None:
    detail = refused(street, street.image(**{channel: DARK}), Rule.DARK_CHANNEL)
    assert detail == f"channel {channel[1:]} may not be dark, says its card"
    assert street.monitor.latch is not None
    assert street.monitor.latch.channels == (int(channel[1:]),)


def test_the_channels_that_differ_are_named_in_ascending_order(street: Street) -> None:
    refused(street, {**street.stopped, n(256): RED, n(1): RED}, Rule.WRONG_CHANNELS)
    assert street.monitor.latch is not None
    assert street.monitor.latch.channels == (1, 256)


def test_an_indication_of_the_other_kind_is_no_step_of_the_head_either(street: Street) -> None:
    refused(street, street.image(c4=DONT_WALK), Rule.DUAL_INDICATION, Rule.SEQUENCE)


def test_dark_stands_for_red_and_for_dont_walk_where_the_card_lets_it() -> None:
    walk = replace(pedestrian(1), may_be_dark=True)
    arrow = replace(vehicle(2, FLASH_RED, 0, 0), may_be_dark=True)
    street = Street(Card((walk, arrow), pairs((1, 2))))
    street.show(street.flash, 100)
    for shown in ({"c1": DARK, "c2": DARK}, {"c1": WALK}, {"c1": PED_CLEARANCE}, {"c1": DARK}, {}, {"c1": DARK}, {}):
        street.show(street.image(**shown), 100)


def test_a_channel_that_may_be_dark_goes_dark_and_comes_back(street: Street) -> None:
    street.show(street.image(c15=DARK), 100)
    street.show(street.image(c15=RED), 100)
    street.show(street.image(c15=DARK), 100)
    street.show(street.image(c15=GREEN), 100)
    street.show(street.image(c15=YELLOW), 3_000)
    street.show(street.image(c15=DARK), 100)


@pytest.mark.requirement("SAF-005")
@pytest.mark.parametrize("shown", [FLASH_RED, FLASH_YELLOW])
def test_one_channel_never_flashes_among_steady_ones(street: Street, shown: Indication) -> None:
    verdict = street.tick(street.image(c4=shown))
    assert (verdict.violations[0].rule, verdict.violations[0].channels) == (Rule.MIXED_FLASH, (4,))
    assert verdict.violations[0].detail == "channel 4 would flash while others do not show their flash indication"


@pytest.mark.requirement("SAF-005")
@pytest.mark.parametrize("channel", [2, 4, 6, 12])
def test_a_flash_image_with_one_channel_steady_is_no_flash_image(street: Street, channel: int) -> None:
    verdict = street.tick({**street.flash, n(channel): street.stopped[n(channel)]})
    assert verdict.violations[0].rule is Rule.MIXED_FLASH


@pytest.mark.requirement("SAF-005")
def test_a_flash_image_in_another_colour_than_the_cards_is_refused(street: Street) -> None:
    verdict = street.tick({**street.flash, n(4): FLASH_YELLOW})
    assert {violation.rule for violation in verdict.violations} >= {Rule.MIXED_FLASH}
