"""Each rule by itself, at its limit and one millisecond below it. A refused image is replaced by flash and latches."""

from dataclasses import replace

import pytest

from edge.model.indications import ChannelKind, Indication
from edge.model.site import Card, CardChannel
from edge.model.units import Ms
from edge.safety.card import MAY_SHOW, programme
from edge.safety.history import History, Standing, Track
from edge.safety.monitor import Monitor
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
    SMALL,
    WALK,
    YELLOW,
    Image,
    Street,
    n,
    pairs,
    pedestrian,
    vehicle,
)


@pytest.fixture
def street() -> Street:
    """A street on which any first green is permitted."""
    opened = Street()
    opened.start()
    return opened


def refused(street: Street, wanted: Image, *rules: Rule) -> str:
    """Assert that `wanted` breaks exactly these rules, is answered by flash and latches the first; its sentence."""
    verdict = street.tick(wanted)
    assert [violation.rule for violation in verdict.violations] == list(rules)
    assert verdict.permitted.shown == street.flash
    first = verdict.violations[0]
    assert verdict.latch is not None
    assert (verdict.latch.rule, verdict.latch.channels, verdict.latch.detail) == (
        first.rule,
        first.channels,
        first.detail,
    )
    assert street.monitor.latch == verdict.latch
    return first.detail


def running(shown: Image) -> History:
    """A history in which these have been shown since 0."""
    tracks = {number: Track(indication, 0) for number, indication in shown.items()}
    return History(Standing.RUNNING, tracks, since_ms=0, stopped=False, cut=False)


# ── conflict ─────────────────────────────────────────────────────────────────────────────────


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


# ── the image as such ────────────────────────────────────────────────────────────────────────


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
    refused(street, {**street.stopped, n(8): RED, n(1): RED}, Rule.WRONG_CHANNELS)
    assert street.monitor.latch is not None
    assert street.monitor.latch.channels == (1, 8)


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


# ── yellow, green, walk, pedestrian clearance ────────────────────────────────────────────────


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


# ── yellow and red before a conflicting green ────────────────────────────────────────────────


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


# ── into flash, out of flash, start ──────────────────────────────────────────────────────────


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


# ── time, lamps, numbers ─────────────────────────────────────────────────────────────────────


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
