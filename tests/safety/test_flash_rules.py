"""Into flash at any instant, out of it by the whole way up only; the start is flash."""

from dataclasses import replace

import pytest

from edge.model.indications import Indication
from edge.model.site import Card
from edge.model.units import Ms
from edge.safety.rules import Rule
from tests.safety.streets import (
    DARK,
    DONT_WALK,
    FLASH_RED,
    FLASH_YELLOW,
    GREEN,
    PED_CLEARANCE,
    SMALL,
    WALK,
    YELLOW,
    Street,
    pairs,
    pedestrian,
    refused,
    vehicle,
)


@pytest.mark.requirement("SAF-009")
def test_the_very_first_image_is_flash() -> None:
    for image in (Street().stopped, Street().image(c2=YELLOW), Street().image(c15=DARK)):
        street = Street()
        detail = refused(street, image, Rule.START_UP)
        assert detail == "the first image after a start must be the flash image"
        assert street.monitor.latch is not None
        assert street.monitor.latch.channels == (2, 4, 6, 12, 15)


def test_a_conflict_at_the_start_is_named_as_such_too() -> None:
    street = Street()
    refused(street, street.image(c2=GREEN, c4=GREEN), Rule.CONFLICT, Rule.START_UP)


@pytest.mark.requirement("SAF-009")
@pytest.mark.parametrize("moment", ["green", "yellow", "walk", "clearance", "rest", "exit"])
def test_flash_is_permitted_at_any_instant(moment: str) -> None:
    street = Street()
    street.start()
    shown = {
        "green": [street.image(c2=GREEN)],
        "yellow": [street.image(c4=GREEN), street.image(c4=YELLOW)],
        "walk": [street.image(c12=WALK)],
        "clearance": [street.image(c12=WALK)] * 70 + [street.image(c12=PED_CLEARANCE)],
        "rest": [street.stopped],
        "exit": [street.flash] * 30 + [street.image(c2=YELLOW, c6=YELLOW)],
    }[moment]
    for image in shown:
        street.show(image, 100)
    street.show(street.flash, 3_200)


@pytest.mark.requirement("SAF-009")
@pytest.mark.parametrize(("shown_ms", "permitted"), [(2_999, False), (3_000, True)])
def test_a_channel_that_flashed_yellow_shows_its_yellow_before_red(shown_ms: Ms, *, permitted: bool) -> None:
    street = Street()
    street.show(street.flash, 6_000)
    street.show(street.image(c2=YELLOW, c6=YELLOW), shown_ms)
    expected = [] if permitted else [Rule.SHORT_YELLOW, Rule.SHORT_YELLOW]
    assert street.rules(street.stopped) == expected


@pytest.mark.requirement("SAF-009")
def test_red_straight_after_flashing_yellow_is_a_skipped_yellow() -> None:
    street = Street()
    street.show(street.flash, 6_000)
    assert street.rules(street.image(c2=YELLOW)) == [Rule.SKIPPED_YELLOW]


@pytest.mark.requirement("SAF-009")
def test_a_channel_that_flashed_red_or_was_dark_shows_no_yellow() -> None:
    for channel in ("c4", "c15"):
        street = Street()
        street.show(street.flash, 6_000)
        assert street.rules(street.image(**{"c2": YELLOW, "c6": YELLOW, channel: YELLOW})) == [Rule.SEQUENCE]


def test_a_channel_that_may_be_dark_stays_dark_when_flash_ends() -> None:
    street = Street()
    street.show(street.flash, 6_000)
    street.show(street.image(c2=YELLOW, c6=YELLOW, c15=DARK), 3_000)
    street.show(street.image(c15=DARK), 3_000)
    street.show(street.image(c4=GREEN, c15=DARK), 100)


def test_conflicting_channels_that_flashed_yellow_share_the_yellow_that_ends_flash() -> None:
    street = Street(SMALL)
    street.show(street.flash, 400)
    street.show(street.image(c1=YELLOW, c4=YELLOW), 300)
    street.show(street.stopped, 300)
    street.show(street.image(c2=GREEN), 100)


@pytest.mark.requirement("SAF-001")
def test_once_running_conflicting_yellows_are_a_conflict() -> None:
    card = Card((vehicle(1, FLASH_YELLOW, 300, 300), vehicle(2, FLASH_YELLOW, 300, 300)), pairs())
    street = Street(card)
    street.show(street.flash, 300)
    street.show(street.image(c1=YELLOW, c2=YELLOW), 300)
    street.show(street.stopped, 100)
    street.show(street.image(c1=GREEN), 100)
    assert Rule.CONFLICT in street.rules(street.image(c1=YELLOW, c2=YELLOW))


@pytest.mark.requirement("SAF-009")
@pytest.mark.parametrize(("rest_ms", "permitted"), [(2_999, False), (3_000, True)])
def test_the_first_green_after_flash_waits_for_the_longest_yellow_and_red(rest_ms: Ms, *, permitted: bool) -> None:
    street = Street()
    street.show(street.flash, 6_000)
    street.show(street.image(c2=YELLOW, c6=YELLOW), 3_000)
    street.show(street.stopped, rest_ms)  # 6 s: the longest of the card, that of the walk
    if permitted:
        street.show(street.image(c15=GREEN), 100)
    else:
        detail = refused(street, street.image(c15=GREEN), Rule.LEAVING_FLASH)
        assert detail == ("channel 15 would start 5999 ms after flash, the card asks 6000 ms and all red in between")
        assert street.monitor.latch is not None
        assert street.monitor.latch.channels == (15,)


@pytest.mark.requirement("SAF-009")
@pytest.mark.parametrize("first", [{"c15": GREEN}, {"c12": WALK}])
def test_nothing_starts_after_flash_before_all_red_has_been_shown(first: dict[str, Indication]) -> None:
    street = Street()
    street.show(street.flash, 6_000)
    street.show(street.image(c2=YELLOW, c6=YELLOW), 30_000)
    assert street.rules(street.image(c2=YELLOW, **first)) == [Rule.LEAVING_FLASH]


@pytest.mark.requirement("SAF-009")
def test_nothing_starts_straight_out_of_flash() -> None:
    street = Street()
    street.show(street.flash, 60_000)
    found = street.tick(street.image(c2=YELLOW, c6=YELLOW, c15=GREEN)).violations
    assert [violation.rule for violation in found] == [Rule.LEAVING_FLASH]
    assert found[0].detail.startswith("channel 15 would start 0 ms after flash")


@pytest.mark.requirement("SAF-009")
def test_green_straight_after_flashing_yellow_is_no_step_of_the_head() -> None:
    street = Street()
    street.show(street.flash, 60_000)
    assert street.rules(street.image(c2=GREEN, c6=YELLOW)) == [Rule.SEQUENCE, Rule.LEAVING_FLASH]


@pytest.mark.requirement("SAF-009")
def test_all_red_ends_flash_even_where_the_card_asks_no_times() -> None:
    cards = (vehicle(1, FLASH_RED, 0, 0), replace(pedestrian(2), flash=DONT_WALK))
    street = Street(Card(cards, pairs()))
    street.show(street.flash, 100)
    assert street.rules(street.image(c2=WALK)) == [Rule.LEAVING_FLASH]


def test_after_the_first_green_the_flash_is_forgotten(street: Street) -> None:
    street.show(street.image(c15=GREEN), 100)
    street.show(street.image(c2=GREEN, c15=GREEN), 100)


@pytest.mark.requirement("SAF-009")
def test_a_second_flash_asks_for_all_of_it_again(street: Street) -> None:
    street.show(street.flash, 100)
    street.show(street.image(c2=YELLOW, c6=YELLOW), 6_000)
    assert street.rules(street.image(c2=YELLOW, c15=GREEN)) == [Rule.LEAVING_FLASH]


@pytest.mark.requirement("SAF-010")
@pytest.mark.parametrize(("flash_ms", "permitted"), [(3_199, False), (3_200, True)])
@pytest.mark.parametrize("before", ["power-up", "green", "walk", "exit yellow"])
def test_flash_that_broke_in_lasts_the_longest_yellow(before: str, flash_ms: Ms, *, permitted: bool) -> None:
    street = Street()
    if before != "power-up":
        street.start()
        shown = {"green": street.image(c4=GREEN), "walk": street.image(c12=WALK), "exit yellow": street.flash}[before]
        street.show(shown, 100)
    if before == "exit yellow":
        street.show(street.image(c2=YELLOW, c6=YELLOW), 100)
    street.show(street.flash, flash_ms)
    exit_yellow = street.image(c2=YELLOW, c6=YELLOW)
    if permitted:
        street.show(exit_yellow, 100)
    else:
        detail = refused(street, exit_yellow, Rule.SHORT_FLASH)
        assert detail == "flash broke in and would end after 3199 ms, the card's longest yellow is 3200 ms"
        assert street.monitor.latch is not None
        assert street.monitor.latch.channels == (2, 4, 6, 12, 15)


def test_flash_out_of_all_red_may_end_at_once(street: Street) -> None:
    street.show(street.image(c15=DARK), 100)
    street.show(street.flash, 100)
    street.show(street.image(c2=YELLOW, c6=YELLOW), 3_000)
