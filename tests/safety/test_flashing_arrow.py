"""Flashing yellow arrow: a permissive left turn beside what its green arrow must never run beside."""

from dataclasses import replace

import pytest

from edge.model.indications import ChannelKind, Lamps
from edge.model.units import Ms
from edge.safety.card import programme
from edge.safety.rules import Rule
from tests.safety.streets import ARROW, GREEN, LEFTS, RED, YELLOW, Image, Street, n, polled, refused, timed_to


@pytest.fixture(name="lefts")
def _lefts() -> Street:
    street = Street(LEFTS)
    street.start()
    return street


@pytest.mark.requirement("SAF-019")
def test_a_flashing_arrow_runs_beside_the_opposing_through_that_its_green_arrow_may_not(lefts: Street) -> None:
    lefts.show(lefts.image(c2=GREEN, c6=GREEN), 2_000)
    lefts.show(lefts.image(c2=GREEN, c6=GREEN, c11=ARROW), 4_000)
    lefts.show(lefts.image(c2=GREEN, c6=GREEN, c11=YELLOW), 3_100)
    lefts.show(lefts.image(c2=GREEN, c6=GREEN), 1_000)
    refused(lefts, lefts.image(c2=GREEN, c6=GREEN, c11=GREEN), Rule.CONFLICT)


@pytest.mark.requirement("SAF-019")
def test_the_yellow_that_ends_a_green_arrow_may_not_stand_beside_the_opposing_through(lefts: Street) -> None:
    lefts.show(lefts.image(c6=GREEN, c11=GREEN), 5_000)
    lefts.tick(lefts.image(c6=GREEN, c11=YELLOW))
    lefts.now += 100
    detail = refused(lefts, lefts.image(c2=GREEN, c6=GREEN, c11=YELLOW), Rule.CONFLICT, Rule.SHORT_CLEARANCE)
    assert detail == "channel 2 green and channel 11 yellow are not permissive"


@pytest.mark.requirement("SAF-019")
def test_a_yellow_wanted_out_of_nothing_is_judged_as_the_end_of_a_green() -> None:
    street = Street(LEFTS)
    assert Rule.CONFLICT in street.rules(street.image(c2=GREEN, c11=YELLOW))


@pytest.mark.requirement("SAF-019")
def test_a_green_arrow_is_cleared_before_its_own_conflict_and_a_flashing_arrow_in_between_does_not_hide_it(
    lefts: Street,
) -> None:
    lefts.show(lefts.image(c6=GREEN, c11=GREEN), 5_000)
    lefts.show(lefts.image(c6=GREEN, c11=YELLOW), 3_100)
    lefts.show(lefts.image(c6=GREEN), 1_400)
    lefts.tick(lefts.image(c6=GREEN, c11=ARROW))
    lefts.now += 50
    refused(lefts, lefts.image(c2=GREEN, c6=GREEN, c11=ARROW), Rule.SHORT_CLEARANCE)


@pytest.mark.requirement("SAF-019")
@pytest.mark.parametrize(("red_ms", "permitted"), [(1_499, False), (1_500, True)])
def test_what_a_flashing_arrow_may_not_run_beside_waits_for_its_yellow_and_red(
    lefts: Street, red_ms: Ms, *, permitted: bool
) -> None:
    lefts.show(lefts.image(c11=ARROW), 5_000)
    lefts.show(lefts.image(c11=YELLOW), 3_100)
    lefts.show(lefts.stopped, red_ms)
    assert (lefts.rules(lefts.image(c17=GREEN)) == []) is permitted


@pytest.mark.requirement("SAF-019")
def test_a_flashing_arrow_waits_for_the_clearance_of_what_it_may_not_run_beside(lefts: Street) -> None:
    lefts.show(lefts.image(c17=GREEN), 5_000)
    lefts.show(lefts.image(c17=YELLOW), 3_000)
    lefts.show(lefts.stopped, 1_499)
    refused(lefts, lefts.image(c11=ARROW), Rule.SHORT_CLEARANCE)


@pytest.mark.requirement("SAF-019")
def test_two_arrows_flash_together_only_where_each_may_beside_the_other(lefts: Street) -> None:
    lefts.show(lefts.image(c2=GREEN, c6=GREEN, c11=ARROW, c15=ARROW), 5_000)
    detail = refused(
        lefts, lefts.image(c2=GREEN, c6=GREEN, c11=ARROW, c15=ARROW, c17=ARROW), Rule.CONFLICT, Rule.CONFLICT
    )
    assert detail == "channel 11 flash yellow arrow and channel 17 flash yellow arrow are not permissive"


@pytest.mark.requirement("SAF-019")
@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (ARROW, RED, Rule.SKIPPED_YELLOW),
        (ARROW, GREEN, Rule.SEQUENCE),
        (GREEN, ARROW, Rule.SEQUENCE),
        (YELLOW, ARROW, Rule.SEQUENCE),
    ],
)
def test_between_green_arrow_flashing_arrow_and_red_stands_a_steady_yellow(
    lefts: Street, before: object, after: object, rule: Rule
) -> None:
    images: dict[object, Image] = {
        ARROW: lefts.image(c11=ARROW),
        GREEN: lefts.image(c11=GREEN),
        YELLOW: lefts.image(c11=YELLOW),
        RED: lefts.stopped,
    }
    if before is YELLOW:
        lefts.show(images[GREEN], 5_000)
    lefts.show(images[before], 5_000)
    refused(lefts, images[after], rule)


@pytest.mark.requirement("SAF-019")
@pytest.mark.parametrize(("shown_ms", "permitted"), [(3_999, False), (4_000, True)])
def test_a_flashing_arrow_is_shown_as_long_as_a_green(lefts: Street, shown_ms: Ms, *, permitted: bool) -> None:
    lefts.show(lefts.image(c11=ARROW), shown_ms)
    assert (lefts.rules(lefts.image(c11=YELLOW)) == []) is permitted


@pytest.mark.requirement("SAF-019")
def test_only_a_four_section_head_has_a_flashing_arrow(lefts: Street) -> None:
    refused(lefts, lefts.image(c2=ARROW), Rule.DUAL_INDICATION)


@pytest.mark.requirement("SAF-009")
def test_a_flashing_arrow_is_a_start_and_waits_for_the_all_red_after_flash() -> None:
    street = Street(LEFTS)
    street.show(street.flash, 6_000)
    yellow = street.image(c2=YELLOW, c6=YELLOW)
    street.show(yellow, 3_000)
    refused(street, {**yellow, n(2): RED, n(6): RED, n(11): ARROW}, Rule.LEAVING_FLASH)


@pytest.mark.requirement("SAF-012")
def test_a_list_of_a_head_without_flashing_arrow_is_refused() -> None:
    wrong = replace(LEFTS, flashing_arrow=LEFTS.flashing_arrow | {(n(2), n(6))})
    with pytest.raises(ValueError, match="channel 2 has a list of what its flashing arrow may run beside"):
        programme(wrong)


@pytest.mark.requirement("SAF-013")
def test_a_flashing_arrow_that_stays_dark_in_its_lit_halves_is_a_missing_lamp(lefts: Street) -> None:
    image = lefts.image(c11=ARROW)
    found = timed_to(lefts, image, 30, {11: Lamps.NONE})
    assert found[0] is Rule.LAMP_MISSING


@pytest.mark.requirement("SAF-013")
def test_the_arrow_circuit_is_a_circuit_of_its_own(lefts: Street) -> None:
    image = lefts.image(c11=ARROW)
    for _ in range(30):
        assert polled(lefts, image, None) == ()
    assert Rule.LAMP_DUAL in timed_to(lefts, image, 10, {11: Lamps.ARROW | Lamps.YELLOW})


@pytest.mark.requirement("SAF-013")
def test_a_flashing_arrow_lit_beside_what_it_may_not_run_beside_is_a_lamp_conflict(lefts: Street) -> None:
    image = lefts.image(c17=GREEN)
    for _ in range(10):
        assert polled(lefts, image, None) == ()
    assert timed_to(lefts, image, 6, {11: Lamps.ARROW})[0] is Rule.LAMP_CONFLICT


@pytest.mark.requirement("SAF-019")
def test_channels_that_are_not_on_the_card_conflict_whatever_they_show() -> None:
    card = programme(LEFTS)
    assert {c.kind for c in LEFTS.channels} == {ChannelKind.VEHICLE, ChannelKind.ARROW}
    assert card.conflict(n(11), n(99), {n(11)})
    assert card.conflict(n(99), n(11), {n(11)})
    assert card.conflict(n(11), n(17), {n(11)})
    assert card.conflict(n(17), n(11), {n(11)})
    assert not card.conflict(n(17), n(11), {n(17)})
    assert not card.conflict(n(11), n(11), {n(11)})
