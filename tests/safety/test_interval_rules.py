"""Yellow, green, walk, clearances: each at its limit and one millisecond below it."""

from dataclasses import replace

import pytest

from edge.model.indications import Indication
from edge.model.units import Ms
from edge.safety.rules import Rule
from tests.safety.streets import (
    CROSSING,
    DARK,
    GREEN,
    PED_CLEARANCE,
    WALK,
    YELLOW,
    Street,
    refused,
)


@pytest.mark.requirement("SAF-002")
@pytest.mark.parametrize(("shown_ms", "permitted"), [(3_199, False), (3_200, True)])
def test_a_yellow_is_never_shorter_than_the_card_says(street: Street, shown_ms: Ms, *, permitted: bool) -> None:
    street.show(street.image(c4=GREEN), 100)
    street.show(street.image(c4=YELLOW), shown_ms)
    if permitted:
        street.show(street.stopped, 100)
    else:
        detail = refused(street, street.stopped, Rule.SHORT_YELLOW)
        assert detail == "channel 4: 3199 ms of yellow, the card asks 3200 ms"
        assert street.monitor.latch is not None
        assert street.monitor.latch.channels == (4,)


@pytest.mark.requirement("SAF-002")
def test_a_yellow_is_measured_over_ticks_of_any_length(street: Street) -> None:
    street.show(street.image(c4=GREEN), 100)
    street.tick(street.image(c4=YELLOW))
    street.now += 3_200
    assert street.rules(street.stopped) == []


@pytest.mark.requirement("SAF-002")
def test_red_straight_after_green_is_a_skipped_yellow(street: Street) -> None:
    street.show(street.image(c4=GREEN), 100)
    detail = refused(street, street.stopped, Rule.SKIPPED_YELLOW)
    assert detail == "channel 4 may not go from green to red"


@pytest.mark.requirement("SAF-002")
def test_dark_straight_after_green_is_a_skipped_yellow(street: Street) -> None:
    street.show(street.image(c15=GREEN), 100)
    refused(street, street.image(c15=DARK), Rule.SKIPPED_YELLOW)


@pytest.mark.requirement("SAF-002")
def test_dark_ends_a_yellow_no_sooner_than_red(street: Street) -> None:
    street.show(street.image(c15=GREEN), 100)
    street.show(street.image(c15=YELLOW), 2_999)
    refused(street, street.image(c15=DARK), Rule.SHORT_YELLOW)


@pytest.mark.requirement("SAF-006")
@pytest.mark.parametrize("step", [(YELLOW, GREEN), (PED_CLEARANCE, WALK)])
def test_a_clearance_never_turns_back(street: Street, step: tuple[Indication, Indication]) -> None:
    clearing, back = step
    channel, moving = ("c2", GREEN) if back is GREEN else ("c12", WALK)
    street.show(street.image(**{channel: moving}), 7_000)
    street.show(street.image(**{channel: clearing}), 9_000)
    refused(street, street.image(**{channel: back}), Rule.SEQUENCE)


@pytest.mark.requirement("SAF-006")
def test_yellow_follows_green_only(street: Street) -> None:
    assert refused(street, street.image(c4=YELLOW), Rule.SEQUENCE) == "channel 4 may not go from red to yellow"


@pytest.mark.requirement("SAF-006")
def test_pedestrian_clearance_follows_walk_only(street: Street) -> None:
    refused(street, street.image(c12=PED_CLEARANCE), Rule.SEQUENCE)


@pytest.mark.requirement("SAF-007")
@pytest.mark.parametrize(("shown_ms", "permitted"), [(4_999, False), (5_000, True)])
def test_a_green_is_never_shorter_than_the_card_says(street: Street, shown_ms: Ms, *, permitted: bool) -> None:
    street.show(street.image(c2=GREEN), shown_ms)
    assert street.rules(street.image(c2=YELLOW)) == ([] if permitted else [Rule.SHORT_GREEN])


@pytest.mark.requirement("SAF-007")
@pytest.mark.parametrize(("shown_ms", "permitted"), [(6_999, False), (7_000, True)])
def test_a_walk_is_never_shorter_than_the_card_says(street: Street, shown_ms: Ms, *, permitted: bool) -> None:
    street.show(street.image(c12=WALK), shown_ms)
    assert street.rules(street.image(c12=PED_CLEARANCE)) == ([] if permitted else [Rule.SHORT_WALK])


@pytest.mark.requirement("SAF-008")
@pytest.mark.parametrize(("shown_ms", "permitted"), [(7_999, False), (8_000, True)])
def test_a_pedestrian_clearance_is_never_shorter_than_the_card_says(
    street: Street, shown_ms: Ms, *, permitted: bool
) -> None:
    street.show(street.image(c12=WALK), 7_000)
    street.show(street.image(c12=PED_CLEARANCE), shown_ms)
    assert street.rules(street.stopped) == ([] if permitted else [Rule.SHORT_PED_CLEARANCE])


@pytest.mark.requirement("SAF-008")
def test_a_pedestrian_clearance_is_never_left_out(street: Street) -> None:
    street.show(street.image(c12=WALK), 20_000)
    detail = refused(street, street.stopped, Rule.SKIPPED_PED_CLEARANCE)
    assert detail == "channel 12 may not go from walk to dont walk"


@pytest.mark.requirement("SAF-003")
@pytest.mark.parametrize(("red_ms", "permitted"), [(1_499, False), (1_500, True)])
def test_yellow_and_red_before_a_conflicting_green_are_never_short(
    street: Street, red_ms: Ms, *, permitted: bool
) -> None:
    street.show(street.image(c2=GREEN), 5_000)
    street.show(street.image(c2=YELLOW), 3_000)
    street.show(street.stopped, red_ms)
    if permitted:
        street.show(street.image(c4=GREEN), 100)
    else:
        detail = refused(street, street.image(c4=GREEN), Rule.SHORT_CLEARANCE)
        assert detail == "channel 4 would start 4499 ms after channel 2 ended, the card asks 4500 ms of yellow and red"
        assert street.monitor.latch is not None
        assert street.monitor.latch.channels == (2, 4)


@pytest.mark.requirement("SAF-003")
def test_the_clearance_asked_is_that_of_the_channel_that_ends(street: Street) -> None:
    street.show(street.image(c4=GREEN), 100)
    street.show(street.image(c4=YELLOW), 3_200)
    street.show(street.stopped, 1_799)
    assert street.rules(street.image(c2=GREEN, c6=GREEN)) == [Rule.SHORT_CLEARANCE, Rule.SHORT_CLEARANCE]


@pytest.mark.requirement("SAF-003")
def test_a_clearance_runs_on_while_compatible_channels_move(street: Street) -> None:
    street.show(street.image(c2=GREEN, c6=GREEN), 5_000)
    street.show(street.image(c2=GREEN, c6=YELLOW), 3_000)
    street.show(street.image(c2=GREEN), 60_000)
    street.show(street.image(c2=YELLOW), 4_000)
    street.show(street.stopped, 499)
    assert street.rules(street.image(c4=GREEN)) == [Rule.SHORT_CLEARANCE]


def test_a_compatible_channel_needs_no_clearance(street: Street) -> None:
    street.show(street.image(c15=GREEN), 100)
    street.show(street.image(c15=YELLOW), 3_000)
    street.show(street.image(c2=GREEN), 100)


@pytest.mark.requirement("SAF-003")
@pytest.mark.parametrize(("after_walk_ms", "permitted"), [(11_999, False), (12_000, True)])
def test_a_walk_is_cleared_before_a_conflicting_green(after_walk_ms: Ms, *, permitted: bool) -> None:
    slow = replace(CROSSING.channels[3], min_yellow_and_red_ms=12_000)
    street = Street(replace(CROSSING, channels=(*CROSSING.channels[:3], slow, CROSSING.channels[4])))
    street.show(street.flash, 6_000)
    street.show(street.image(c2=YELLOW, c6=YELLOW), 3_000)
    street.show(street.stopped, 9_000)
    street.show(street.image(c12=WALK), 7_000)
    street.show(street.image(c12=PED_CLEARANCE), 8_000)
    street.show(street.stopped, after_walk_ms - 8_000)
    assert street.rules(street.image(c4=GREEN)) == ([] if permitted else [Rule.SHORT_CLEARANCE])


@pytest.mark.requirement("SAF-003")
def test_a_walk_waits_for_the_clearance_of_a_conflicting_green(street: Street) -> None:
    street.show(street.image(c4=GREEN), 100)
    street.show(street.image(c4=YELLOW), 3_200)
    street.show(street.stopped, 1_799)
    assert street.rules(street.image(c12=WALK)) == [Rule.SHORT_CLEARANCE]


def test_the_same_channel_starts_again_after_its_yellow_and_a_tick_of_red(street: Street) -> None:
    street.show(street.image(c4=GREEN), 100)
    street.show(street.image(c4=YELLOW), 3_200)
    street.show(street.stopped, 100)
    street.show(street.image(c4=GREEN), 100)
