"""Red and amber, a green that blinks, a least red, a pedestrian clearance shown steady: EN 12675 and RiLSA heads."""

from dataclasses import replace

import pytest

from edge.model.indications import Indication, Lamps
from edge.model.site import Card
from edge.model.units import Ms
from edge.safety.card import programme
from edge.safety.monitor import Monitor
from edge.safety.rules import Rule, judge
from tests.safety.streets import (
    DARK,
    DONT_WALK,
    EUROPEAN,
    FLASH_GREEN,
    FLASH_RED,
    GREEN,
    PED_CLEARANCE,
    RED,
    RED_YELLOW,
    WALK,
    YELLOW,
    Street,
    n,
    pairs,
    pedestrian,
    polled,
    refused,
    running,
    vehicle,
)


@pytest.fixture
def street() -> Street:
    """A street of European heads on which any first red and amber is permitted."""
    opened = Street(EUROPEAN)
    opened.start()
    return opened


def served(street: Street) -> Street:
    """Channel 1 has been green and stands at the end of its blinking."""
    for shown, ms in ((RED_YELLOW, 100), (GREEN, 200), (FLASH_GREEN, 200)):
        street.show(street.image(c1=shown), ms)
    return street


@pytest.mark.requirement("SAF-020")
def test_a_green_without_the_red_and_amber_of_its_card_is_refused(street: Street) -> None:
    assert refused(street, street.image(c1=GREEN), Rule.SKIPPED_RED_YELLOW) == (
        "channel 1 may not go from red to green, says its card"
    )


@pytest.mark.requirement("SAF-020")
def test_red_and_amber_on_a_head_without_it_is_refused(street: Street) -> None:
    detail = refused(street, street.image(c4=RED_YELLOW), Rule.DUAL_INDICATION)
    assert detail == "channel 4 has no red and amber, says its card"


@pytest.mark.requirement("SAF-020")
@pytest.mark.parametrize(("ms", "broken"), [(99, [Rule.SHORT_RED_YELLOW]), (100, []), (299, [])])
def test_red_and_amber_lasts_its_least_time(street: Street, ms: Ms, broken: list[Rule]) -> None:
    street.show(street.image(c1=RED_YELLOW), ms)
    assert street.rules(street.image(c1=GREEN)) == broken


@pytest.mark.requirement("SAF-020")
@pytest.mark.parametrize(("ms", "broken"), [(299, []), (300, [Rule.LONG_RED_YELLOW])])
def test_red_and_amber_is_not_shown_on_for_longer_than_its_longest_time(
    street: Street, ms: Ms, broken: list[Rule]
) -> None:
    street.show(street.image(c1=RED_YELLOW), ms)
    assert street.rules(street.image(c1=RED_YELLOW)) == broken


@pytest.mark.requirement("SAF-020")
def test_a_late_tick_that_goes_on_to_green_is_no_long_red_and_amber(street: Street) -> None:
    street.tick(street.image(c1=RED_YELLOW))
    street.now += 5_000
    assert street.rules(street.image(c1=GREEN)) == []


@pytest.mark.requirement("SAF-020")
@pytest.mark.parametrize("back", [RED, YELLOW])
def test_after_red_and_amber_comes_green_and_nothing_else(street: Street, back: Indication) -> None:
    street.show(street.image(c1=RED_YELLOW), 100)
    refused(street, street.image(c1=back), Rule.SEQUENCE)


@pytest.mark.requirement("SAF-020")
@pytest.mark.parametrize("move", [GREEN, YELLOW, RED_YELLOW])
def test_red_and_amber_never_stands_beside_a_conflict(move: Indication) -> None:
    shown = {n(1): RED_YELLOW, n(2): move, n(3): DONT_WALK, n(4): RED}
    found = judge(programme(EUROPEAN), running(shown), shown, 0)
    assert [(v.rule, v.channels) for v in found] == [(Rule.CONFLICT, (1, 2))]


@pytest.mark.requirement("SAF-020")
def test_the_clearance_before_a_green_runs_on_through_its_red_and_amber(street: Street) -> None:
    served(street).show(street.image(c1=YELLOW), 300)
    street.show(street.image(c2=RED_YELLOW), 199)
    assert street.rules(street.image(c2=GREEN)) == [Rule.SHORT_CLEARANCE]


@pytest.mark.requirement("SAF-020")
def test_red_and_amber_comes_no_sooner_after_flash_than_a_green() -> None:
    street = Street(EUROPEAN)
    street.show(street.flash, 6_000)
    street.show(street.image(c1=YELLOW, c4=YELLOW), 400)
    street.show(street.stopped, 199)
    refused(street, street.image(c2=RED_YELLOW), Rule.LEAVING_FLASH)


@pytest.mark.requirement("SAF-021")
def test_a_yellow_without_the_green_blink_of_its_card_is_refused(street: Street) -> None:
    street.show(street.image(c1=RED_YELLOW), 100)
    street.show(street.image(c1=GREEN), 200)
    refused(street, street.image(c1=YELLOW), Rule.SKIPPED_GREEN_BLINK)


@pytest.mark.requirement("SAF-021")
def test_a_green_blink_on_a_head_without_it_is_refused(street: Street) -> None:
    street.show(street.image(c4=GREEN), 200)
    assert refused(street, street.image(c4=FLASH_GREEN), Rule.DUAL_INDICATION) == (
        "channel 4 has no green blink, says its card"
    )


@pytest.mark.requirement("SAF-021")
@pytest.mark.parametrize(("ms", "broken"), [(199, [Rule.SHORT_GREEN_BLINK]), (200, [])])
def test_a_green_blinks_for_its_least_time(street: Street, ms: Ms, broken: list[Rule]) -> None:
    street.show(street.image(c1=RED_YELLOW), 100)
    street.show(street.image(c1=GREEN), 200)
    street.show(street.image(c1=FLASH_GREEN), ms)
    assert street.rules(street.image(c1=YELLOW)) == broken


@pytest.mark.requirement("SAF-021")
def test_a_green_that_blinks_never_goes_straight_to_red(street: Street) -> None:
    refused(served(street), street.stopped, Rule.SKIPPED_YELLOW)


@pytest.mark.requirement("SAF-021")
def test_a_green_that_blinks_never_turns_back(street: Street) -> None:
    refused(served(street), street.image(c1=GREEN), Rule.SKIPPED_RED_YELLOW)


@pytest.mark.requirement("SAF-021")
def test_a_green_that_blinks_conflicts_like_a_green() -> None:
    shown = {n(1): FLASH_GREEN, n(2): GREEN, n(3): DONT_WALK, n(4): RED}
    found = judge(programme(EUROPEAN), running(shown), shown, 0)
    assert [(v.rule, v.channels) for v in found] == [(Rule.CONFLICT, (1, 2))]


@pytest.mark.requirement("SAF-021")
@pytest.mark.parametrize(("red_ms", "broken"), [(199, [Rule.SHORT_CLEARANCE]), (200, [])])
def test_clearances_count_from_the_end_of_the_blinking(street: Street, red_ms: Ms, broken: list[Rule]) -> None:
    served(street).show(street.image(c1=YELLOW), 300)
    street.show(street.stopped, red_ms)
    assert street.rules(street.image(c4=GREEN)) == broken


@pytest.mark.requirement("SAF-022")
@pytest.mark.parametrize(("ms", "broken"), [(199, [Rule.SHORT_RED]), (200, [])])
def test_a_red_lasts_its_least_time(street: Street, ms: Ms, broken: list[Rule]) -> None:
    served(street).show(street.image(c1=YELLOW), 300)
    street.show(street.stopped, ms)
    assert street.rules(street.image(c1=RED_YELLOW)) == broken


@pytest.mark.requirement("SAF-023")
@pytest.mark.parametrize(("ms", "broken"), [(499, [Rule.SHORT_CLEARANCE]), (500, [])])
def test_a_clearance_shown_steady_still_takes_its_time(street: Street, ms: Ms, broken: list[Rule]) -> None:
    street.show(street.image(c3=WALK), 200)
    street.show(street.stopped, ms)
    verdict = street.tick(street.image(c4=GREEN))
    assert [violation.rule for violation in verdict.violations] == broken
    if broken:
        assert verdict.violations[0].detail == (
            "channel 4 would start 499 ms after channel 3 ended, the card asks 500 ms of pedestrian clearance"
        )


@pytest.mark.requirement("SAF-023")
def test_a_head_that_clears_steady_never_flashes_dont_walk(street: Street) -> None:
    street.show(street.image(c3=WALK), 200)
    refused(street, street.image(c3=PED_CLEARANCE), Rule.DUAL_INDICATION)


@pytest.mark.requirement("SAF-023")
def test_a_walk_that_clears_steady_is_not_cut_short(street: Street) -> None:
    street.show(street.image(c3=WALK), 199)
    refused(street, street.stopped, Rule.SHORT_WALK)


@pytest.mark.requirement("SAF-013")
@pytest.mark.parametrize(
    ("lamps", "rule"),
    [
        (Lamps.RED, Rule.LAMP_MISSING),
        (Lamps.YELLOW, Rule.LAMP_MISSING),
        (Lamps.NONE, Rule.LAMP_MISSING),
        (Lamps.GREEN, Rule.LAMP_MISMATCH),
        (Lamps.RED | Lamps.GREEN, Rule.LAMP_DUAL),
    ],
)
def test_one_lamp_of_red_and_amber_out_is_a_missing_lamp_and_a_green_is_a_wrong_one(lamps: Lamps, rule: Rule) -> None:
    slow = replace(EUROPEAN.channels[0], max_red_yellow_ms=5_000)
    street = Street(replace(EUROPEAN, channels=(slow, *EUROPEAN.channels[1:])))
    street.start()
    image = street.image(c1=RED_YELLOW)
    street.tick(image)
    street.now += 100
    found = [violation.rule for _ in range(10) for violation in polled(street, image, {1: lamps})]
    assert found[0] is rule


@pytest.mark.requirement("SAF-012")
@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        (replace(vehicle(1, FLASH_RED, 0, 0), min_red_yellow_ms=1), "must show red and amber for longer than it may"),
        (replace(vehicle(1, FLASH_RED, 0, 0), steady_clearance=True), "has no pedestrian clearance to show steady"),
        (replace(pedestrian(1), max_red_yellow_ms=1), "has neither red and amber nor a green that blinks"),
        (replace(pedestrian(1), min_green_blink_ms=1), "has neither red and amber nor a green that blinks"),
        (replace(vehicle(1, FLASH_RED, 0, 0), min_red_ms=-1), "has a minimum below 0 ms"),
        (replace(vehicle(1, FLASH_RED, 0, 0), min_green_blink_ms=-1), "has a minimum below 0 ms"),
    ],
)
def test_a_card_that_asks_a_head_for_what_it_cannot_show_is_refused(channel: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Monitor(Card((channel, vehicle(2, FLASH_RED, 0, 0)), pairs()))  # type: ignore[arg-type]


@pytest.mark.requirement("SAF-020")
def test_a_head_that_may_be_dark_comes_from_dark_to_red_and_amber() -> None:
    arrow = replace(vehicle(1, DARK, 0, 0), may_be_dark=True, max_red_yellow_ms=1_000)
    street = Street(Card((arrow, vehicle(2, FLASH_RED, 0, 0)), pairs()))
    street.show(street.flash, 100)
    street.show(street.stopped, 100)
    for shown in (DARK, RED_YELLOW, GREEN, YELLOW, RED):
        street.show(street.image(c1=shown), 100)


@pytest.mark.requirement("SAF-020")
def test_a_head_with_red_and_amber_does_not_go_from_dark_to_green() -> None:
    arrow = replace(vehicle(1, DARK, 0, 0), may_be_dark=True, max_red_yellow_ms=1_000)
    street = Street(Card((arrow, vehicle(2, FLASH_RED, 0, 0)), pairs()))
    street.show(street.flash, 100)
    street.show(street.stopped, 100)
    street.show(street.image(c1=DARK), 100)
    refused(street, street.image(c1=GREEN), Rule.SKIPPED_RED_YELLOW)
