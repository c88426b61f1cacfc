"""What a card may ask of each kind of head, to the member; and what is said, to the letter, where it asks for more."""

from dataclasses import replace

import pytest

from edge.model.indications import ChannelKind, Indication, Lamps
from edge.model.site import Card, CardChannel
from edge.safety.card import MAY_FLASH, MAY_SHOW
from edge.safety.lamps import Reading
from edge.safety.monitor import Monitor
from edge.safety.rules import Rule
from tests.safety.streets import (
    EUROPEAN,
    FLASH_GREEN,
    FLASH_RED,
    GREEN,
    LEFTS,
    RED_YELLOW,
    Street,
    n,
    pairs,
    pedestrian,
    polled,
    refused,
    vehicle,
)

STEADY = {Indication.DARK, Indication.RED, Indication.YELLOW, Indication.GREEN}
FLASH = {Indication.DARK, Indication.FLASH_RED, Indication.FLASH_YELLOW}


@pytest.mark.requirement("SAF-004")
def test_an_arrow_head_shows_what_a_vehicle_head_shows_and_its_flashing_arrow_but_no_european_steps() -> None:
    assert MAY_SHOW[ChannelKind.ARROW] == STEADY | FLASH | {Indication.FLASH_YELLOW_ARROW}
    european = {Indication.RED_YELLOW, Indication.FLASH_GREEN}
    assert MAY_SHOW[ChannelKind.VEHICLE] == STEADY | FLASH | european


@pytest.mark.requirement("SAF-005")
def test_an_arrow_head_flashes_red_or_yellow_or_is_dark_as_a_vehicle_head() -> None:
    assert MAY_FLASH[ChannelKind.ARROW] == MAY_FLASH[ChannelKind.VEHICLE] == FLASH


def said(*channels: CardChannel, card: Card | None = None) -> str:
    with pytest.raises(ValueError, match="cannot work") as found:
        Monitor(card or Card((*channels, vehicle(9, FLASH_RED, 0, 0)), pairs()))
    return str(found.value).removeprefix("the monitor cannot work with this card: ")


@pytest.mark.requirement("SAF-012")
def test_the_reasons_say_which_channel_is_asked_for_what_it_has_not() -> None:
    plain = vehicle(1, FLASH_RED, 0, 0)
    assert said(replace(plain, min_red_yellow_ms=1)) == "channel 1 must show red and amber for longer than it may"
    assert said(replace(plain, steady_clearance=True)) == (
        "channel 1, a vehicle head, has no pedestrian clearance to show steady"
    )
    assert said(replace(pedestrian(1), min_green_blink_ms=1)) == (
        "channel 1, a pedestrian head, has neither red and amber nor a green that blinks"
    )
    assert said(replace(plain, min_red_yellow_ms=-1)) == "channel 1 has a minimum below 0 ms"


@pytest.mark.requirement("SAF-012")
def test_lists_of_heads_without_flashing_arrow_are_named_in_ascending_order() -> None:
    wrong = replace(LEFTS, flashing_arrow=LEFTS.flashing_arrow | {(n(6), n(2)), (n(2), n(6)), (n(10), n(2))})
    tail = "has a list of what its flashing arrow may run beside, and no flashing arrow"
    assert said(card=wrong) == "; ".join(f"channel {k} {tail}" for k in (2, 6, 10))


@pytest.mark.requirement("SAF-021")
def test_while_a_green_blinks_a_conflicting_start_is_a_conflict_and_no_short_clearance() -> None:
    street = Street(EUROPEAN)
    street.start()
    for shown, ms in ((RED_YELLOW, 100), (GREEN, 200), (FLASH_GREEN, 100)):
        street.show(street.image(c1=shown), ms)
    refused(street, street.image(c1=FLASH_GREEN, c4=GREEN), Rule.CONFLICT)


@pytest.mark.requirement("SAF-013")
def test_a_head_of_which_nothing_is_lit_and_nothing_known_to_be_commanded_misses_its_lamp() -> None:
    assert Reading(Lamps.NONE, None, 100).fault is Rule.LAMP_MISSING
    assert Reading(Lamps.RED, None, 100).fault is Rule.LAMP_MISMATCH


@pytest.mark.requirement("SAF-013")
def test_the_flashing_arrow_is_named_where_it_is_lit_wrongly() -> None:
    lefts = Street(LEFTS)
    lefts.start()
    image = lefts.stopped
    lefts.tick(image)
    lefts.now += 100
    found = [v for _ in range(10) for v in polled(lefts, image, {11: Lamps.ARROW})]
    assert found[0].detail == "channel 11 is read as flashing arrow, commanded: red; for 400 ms"


@pytest.mark.requirement("SAF-019")
def test_an_arrow_head_that_may_be_dark_comes_from_dark_to_its_flashing_arrow() -> None:
    channels = tuple(replace(c, may_be_dark=c.number == 11) for c in LEFTS.channels)
    lefts = Street(replace(LEFTS, channels=channels))
    lefts.start()
    lefts.show(lefts.image(c11=Indication.DARK), 1_000)
    assert not lefts.tick(lefts.image(c11=Indication.FLASH_YELLOW_ARROW)).violations


@pytest.mark.requirement("SAF-019")
def test_a_flashing_arrow_that_is_too_short_is_a_short_green() -> None:
    channels = tuple(replace(c, min_green_ms=2_000) for c in LEFTS.channels)
    lefts = Street(replace(LEFTS, channels=channels))
    lefts.start()
    lefts.show(lefts.image(c11=Indication.FLASH_YELLOW_ARROW), 1_000)
    refused(lefts, lefts.image(c11=Indication.YELLOW), Rule.SHORT_GREEN)


@pytest.mark.requirement("SAF-019")
def test_what_may_run_beside_a_flashing_arrow_need_not_wait_for_it_to_clear() -> None:
    lefts = Street(LEFTS)
    lefts.start()
    lefts.show(lefts.image(c11=Indication.FLASH_YELLOW_ARROW), 5_000)
    lefts.show(lefts.image(c11=Indication.YELLOW), 200)
    assert not lefts.tick(lefts.image(c2=GREEN, c11=Indication.YELLOW)).violations


@pytest.mark.requirement("SAF-020")
def test_an_indication_that_a_head_has_not_is_told_with_its_channel_and_one_it_has_for_a_millisecond_is_one() -> None:
    street = Street(EUROPEAN)
    street.start()
    (violation,) = street.tick(street.image(c4=RED_YELLOW)).violations
    assert violation.channels == (4,)
    brief = replace(EUROPEAN.channels[3], max_red_yellow_ms=1, min_green_blink_ms=1)
    street = Street(replace(EUROPEAN, channels=(*EUROPEAN.channels[:3], brief)))
    street.start()
    assert not street.tick(street.image(c4=RED_YELLOW)).violations
    street.show(street.image(c4=GREEN), 1_000)
    assert not street.tick(street.image(c4=FLASH_GREEN)).violations


@pytest.mark.requirement("SAF-020")
def test_a_long_red_and_amber_is_told_to_the_letter() -> None:
    street = Street(EUROPEAN)
    street.start()
    street.show(street.image(c1=RED_YELLOW), 300)
    (violation,) = street.tick(street.image(c1=RED_YELLOW)).violations
    assert violation.channels == (1,)
    assert violation.detail == "channel 1: 300 ms of red and amber, the card allows 300 ms"


@pytest.mark.requirement("SAF-023")
def test_a_steady_clearance_leads_to_dont_walk_and_not_into_the_dark() -> None:
    crosswalk = replace(EUROPEAN.channels[2], may_be_dark=True)
    street = Street(replace(EUROPEAN, channels=(*EUROPEAN.channels[:2], crosswalk, EUROPEAN.channels[3])))
    street.start()
    street.show(street.image(c3=Indication.WALK), 1_000)
    refused(street, street.image(c3=Indication.DARK), Rule.SKIPPED_PED_CLEARANCE)
