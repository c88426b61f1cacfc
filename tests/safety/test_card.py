"""The card as the monitor uses it."""

from dataclasses import replace

import pytest

from edge.model.indications import PEDESTRIAN_INDICATIONS, VEHICLE_INDICATIONS, ChannelKind, Indication
from edge.model.site import Card, CardChannel
from edge.safety.card import MAY_SHOW, programme
from edge.safety.monitor import Monitor
from tests.safety.streets import CROSSING, DARK, DONT_WALK, FLASH_RED, n, pairs, pedestrian, vehicle


def test_conflicts_are_all_pairs_that_are_not_permissive() -> None:
    card = programme(CROSSING)
    assert card.conflicts == {2: (4,), 4: (2, 6, 12, 15), 6: (4, 15), 12: (4, 15), 15: (4, 6, 12)}
    for a in card.channels:
        for b in card.channels:
            assert card.conflict(a, b) == (not CROSSING.may_run_together(a, b))


def test_a_channel_that_is_not_on_the_card_conflicts_with_all_but_itself() -> None:
    card = programme(CROSSING)
    assert card.conflict(n(2), n(99))
    assert card.conflict(n(99), n(2))
    assert not card.conflict(n(99), n(99))


def test_the_longest_times_are_the_largest_of_the_card() -> None:
    card = programme(CROSSING)
    assert (card.longest_yellow_ms, card.longest_yellow_and_red_ms) == (3_200, 6_000)


def test_the_monitor_and_the_model_name_the_same_indications_for_each_head() -> None:
    assert MAY_SHOW[ChannelKind.VEHICLE] == VEHICLE_INDICATIONS
    assert MAY_SHOW[ChannelKind.PEDESTRIAN] == PEDESTRIAN_INDICATIONS


@pytest.mark.requirement("SAF-012")
@pytest.mark.parametrize("flash", [Indication.RED, Indication.YELLOW, Indication.GREEN, DONT_WALK])
def test_a_vehicle_channel_that_would_not_flash_is_refused(flash: Indication) -> None:
    card = replace(CROSSING, channels=(*CROSSING.channels, vehicle(16, flash, 3_000, 4_000)))
    with pytest.raises(ValueError, match=f"channel 16 would show {flash.name} in flash: a vehicle head cannot"):
        Monitor(card)


@pytest.mark.requirement("SAF-012")
@pytest.mark.parametrize("flash", [Indication.WALK, Indication.PED_CLEARANCE, FLASH_RED])
def test_a_pedestrian_channel_that_would_move_in_flash_is_refused(flash: Indication) -> None:
    card = replace(CROSSING, channels=(*CROSSING.channels, replace(pedestrian(16), flash=flash)))
    with pytest.raises(ValueError, match=r"channel 16 would show .* in flash: a pedestrian head cannot"):
        Monitor(card)


def test_a_pedestrian_channel_may_show_dont_walk_in_flash() -> None:
    Monitor(replace(CROSSING, channels=(*CROSSING.channels, replace(pedestrian(16), flash=DONT_WALK))))


@pytest.mark.requirement("SAF-012")
def test_a_card_on_which_nothing_flashes_is_refused() -> None:
    channels = (replace(vehicle(1, DARK, 0, 0), may_be_dark=True), pedestrian(2))
    with pytest.raises(ValueError, match="no channel flashes, so flash could not be told from steady operation"):
        Monitor(Card(channels, pairs()))


@pytest.mark.requirement("SAF-012")
def test_an_empty_card_is_refused() -> None:
    with pytest.raises(ValueError, match="no channel flashes"):
        Monitor(Card((), pairs()))


@pytest.mark.requirement("SAF-012")
def test_a_card_with_a_channel_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^the monitor cannot work with this card: a channel stands on it twice$"):
        Monitor(replace(CROSSING, channels=(*CROSSING.channels, CROSSING.channels[0])))


@pytest.mark.requirement("SAF-012")
@pytest.mark.parametrize(
    "minimum",
    ["min_yellow_ms", "min_yellow_and_red_ms", "min_green_ms", "min_walk_ms", "min_ped_clearance_ms"],
)
def test_a_minimum_below_nothing_is_refused(minimum: str) -> None:
    bad: CardChannel = replace(vehicle(16, FLASH_RED, 3_000, 4_000), **{minimum: -1})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="channel 16 has a minimum below 0 ms"):
        Monitor(replace(CROSSING, channels=(*CROSSING.channels, bad)))


def test_every_reason_is_named_at_once() -> None:
    bad = (vehicle(1, Indication.GREEN, -1, 0), vehicle(1, DARK, 0, 0))
    with pytest.raises(ValueError, match="cannot work with this card") as refused:
        Monitor(Card(bad, pairs()))
    assert str(refused.value) == (
        "the monitor cannot work with this card: a channel stands on it twice; "
        "no channel flashes, so flash could not be told from steady operation: let one flash red or yellow; "
        "channel 1 would show GREEN in flash: a vehicle head cannot; channel 1 has a minimum below 0 ms"
    )
