"""What is minted: numbers, the flasher, time that goes back, images that nobody can spoil afterwards."""

import pytest

from edge.model.indications import ChannelKind
from edge.model.site import Card, CardChannel
from edge.model.units import Ms
from edge.safety.monitor import Monitor
from edge.safety.rules import Rule
from tests.safety.streets import (
    FLASH_RED,
    GREEN,
    RED,
    YELLOW,
    Street,
    n,
    refused,
)


@pytest.mark.requirement("SAF-011")
def test_time_that_goes_back_is_refused_but_in_flash(street: Street) -> None:
    street.now -= 101  # the last tick was 100 ms ago
    detail = refused(street, street.stopped, Rule.TIME_WENT_BACK)
    assert detail == "time went back by 1 ms, so no interval can be measured"
    street.now -= 1
    assert street.rules(street.flash) == []


def test_time_that_goes_back_hides_no_other_violation(street: Street) -> None:
    street.now -= 200
    refused(street, street.image(c2=GREEN, c4=GREEN), Rule.CONFLICT, Rule.TIME_WENT_BACK)


def test_two_ticks_at_one_instant_are_no_violation(street: Street) -> None:
    street.now -= 100
    assert street.rules(street.stopped) == []


def test_the_sequence_number_rises_by_one_a_tick_from_one() -> None:
    street = Street()
    wanted = [street.flash, street.flash, street.image(c2=GREEN, c4=GREEN), street.stopped, street.flash]
    numbers = []
    for image in wanted:
        numbers.append(street.tick(image).permitted.sequence)
        street.now += 100
    assert numbers == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("now", "lit"), [(0, True), (499, True), (500, False), (999, False), (1_000, True)])
def test_the_flasher_follows_the_clock(now: Ms, *, lit: bool) -> None:
    street = Street()
    assert street.monitor.check(now, street.flash).permitted.lit is lit


def test_what_the_caller_does_to_its_image_afterwards_changes_nothing(street: Street) -> None:
    wanted = street.image(c2=GREEN)
    permitted = street.tick(wanted).permitted
    wanted[n(4)] = GREEN
    assert permitted.shown[n(4)] is RED
    street.now += 100
    street.show(street.image(c2=GREEN), 100)


def test_a_spoiled_permit_does_not_spoil_the_monitors_flash_image() -> None:
    street = Street()
    shown = street.tick(street.flash).permitted.shown
    assert isinstance(shown, dict)
    shown[n(4)] = GREEN
    street.now += 100
    assert street.tick(street.image(c2=GREEN)).permitted.shown == street.flash


def test_a_minimum_of_nothing_is_not_tested() -> None:
    plain = CardChannel(n(1), ChannelKind.VEHICLE, FLASH_RED, 0, 0)
    monitor = Monitor(Card((plain,), frozenset()))
    for shown in (FLASH_RED, RED, GREEN, YELLOW, RED, GREEN):
        assert monitor.check(7, {n(1): shown}).violations == ()
