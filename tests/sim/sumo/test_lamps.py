"""SUMO's state string from the permitted image."""

import pytest

from edge.model.indications import Indication as Shows
from edge.model.sumo import SumoSite
from edge.model.units import ChannelNumber
from edge.sim.sumo.lamps import Heads


def light(links: dict[int, tuple[int, ...]], yields: dict[int, tuple[int, ...]] | None = None) -> SumoSite:
    return SumoSite("J", {ChannelNumber(n): row for n, row in links.items()}, yields or {}, {}, {})


def shown(heads: Heads, *indications: Shows) -> str:
    return heads.state({ChannelNumber(n): indication for n, indication in enumerate(indications, 1)})


LETTERS = {
    Shows.GREEN: "G",
    Shows.FLASH_GREEN: "G",
    Shows.WALK: "G",
    Shows.FLASH_YELLOW_ARROW: "g",
    Shows.YELLOW: "y",
    Shows.RED_YELLOW: "u",
    Shows.RED: "r",
    Shows.DONT_WALK: "r",
    Shows.PED_CLEARANCE: "r",
    Shows.FLASH_RED: "s",
    Shows.FLASH_YELLOW: "o",
    Shows.DARK: "o",
}


def test_every_indication_has_its_letter() -> None:
    heads = Heads(light({1: (1, 0)}), ["rr"])
    assert {indication: shown(heads, indication) for indication in Shows} == {i: 2 * LETTERS[i] for i in Shows}


def test_a_channel_that_is_missing_from_the_image_is_dark() -> None:
    assert Heads(light({1: (0,), 2: (1,)}), ["rr"]).state({ChannelNumber(1): Shows.RED}) == "ro"


def test_a_link_yields_only_while_one_that_it_must_yield_to_is_green_or_yellow() -> None:
    heads = Heads(light({1: (0,), 2: (1,)}, {0: (1,)}), ["rr"])
    assert shown(heads, Shows.GREEN, Shows.GREEN) == "gG"
    assert shown(heads, Shows.GREEN, Shows.YELLOW) == "gy"
    assert shown(heads, Shows.GREEN, Shows.RED) == "Gr"
    assert shown(heads, Shows.YELLOW, Shows.GREEN) == "yG"


def test_a_turn_that_has_yielded_has_right_of_way_only_when_its_opponents_are_cleared() -> None:
    heads = Heads(light({1: (0,), 2: (1,)}, {0: (1,)}), ["rr"], clear_ms=2_000)
    images = [(Shows.GREEN, Shows.YELLOW), (Shows.GREEN, Shows.RED), (Shows.GREEN, Shows.RED), (Shows.GREEN, Shows.RED)]
    seen = [
        heads.state({ChannelNumber(1): one, ChannelNumber(2): two}, 1_000 * k) for k, (one, two) in enumerate(images)
    ]
    assert seen == ["gy", "gr", "gr", "Gr"]
    assert shown(heads, Shows.RED, Shows.RED) == "rr"
    assert shown(heads, Shows.GREEN, Shows.RED) == "Gr"  # who begins has been let in by the engine


def test_a_turner_yields_to_those_who_still_cross() -> None:
    heads = Heads(light({1: (0,), 2: (1,)}, {0: (1,)}), ["rr"])
    seen = [shown(heads, Shows.GREEN, ped) for ped in (Shows.WALK, Shows.PED_CLEARANCE, Shows.DONT_WALK)]
    assert seen == ["gG", "gr", "Gr"]


def test_a_link_of_several_channels_goes_when_one_of_them_lets_it() -> None:
    heads = Heads(light({1: (0,), 2: (0,)}), ["r"])
    assert shown(heads, Shows.RED, Shows.GREEN) == "G"
    assert shown(heads, Shows.YELLOW, Shows.RED) == "y"
    assert shown(heads, Shows.YELLOW, Shows.GREEN) == "G"


def test_a_link_that_no_channel_shows_keeps_what_it_always_shows() -> None:
    heads = Heads(light({1: (1,)}, {1: (0,)}), ["gr", "gG", "gy"])
    assert shown(heads, Shows.GREEN) == "gg"
    assert shown(heads, Shows.RED) == "gr"


def test_links_that_nobody_shows_or_that_are_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match="no channel shows link 0 of traffic light J"):
        Heads(light({1: (1,)}), ["rr", "Gr"])
    with pytest.raises(ValueError, match=r"has links 0 to 1; sumo.links names 2, 5"):
        Heads(light({1: (2, 5, 0, 1)}), ["rr"])


def test_a_link_that_may_turn_on_red_stops_and_goes_at_red_only() -> None:
    heads = Heads(SumoSite("J", {ChannelNumber(1): (0, 1)}, {}, {}, {}, on_red=(1,)), ["rs"])
    assert [shown(heads, lamp) for lamp in (Shows.RED, Shows.YELLOW, Shows.GREEN)] == ["rs", "yy", "GG"]
