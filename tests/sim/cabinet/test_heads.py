"""Lit lamps read as indications, looked at every 100 ms."""

import pytest

from edge.model.indications import ChannelKind, Indication, Lamps, flasher_is_lit, lamps_of
from edge.sim.cabinet.heads import SeenHead

VEHICLE = (Indication.GREEN, Indication.YELLOW, Indication.RED, Indication.RED_YELLOW, Indication.FLASH_RED)
WALK = (Indication.WALK, Indication.PED_CLEARANCE, Indication.DONT_WALK)


def looked(head: SeenHead, indication: Indication, began: int, lasts: int = 3_000) -> list[Indication]:
    return [head.seen(now, lamps_of(indication, lit=flasher_is_lit(now))) for now in range(began, began + lasts, 100)]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (ChannelKind.VEHICLE, (*VEHICLE, Indication.FLASH_YELLOW, Indication.FLASH_GREEN)),
        (ChannelKind.PEDESTRIAN, WALK),
        (ChannelKind.ARROW, (Indication.FLASH_YELLOW_ARROW, Indication.YELLOW, Indication.RED, Indication.GREEN)),
    ],
)
def test_every_indication_is_read_once_it_has_stood_for_a_period(
    kind: ChannelKind, shown: tuple[Indication, ...]
) -> None:
    head = SeenHead(kind)
    for k, indication in enumerate((*shown, *shown)):
        assert set(looked(head, indication, 3_000 * k)[10:]) == {indication}


def test_a_steady_lamp_is_read_at_once() -> None:
    head = SeenHead(ChannelKind.VEHICLE)
    for k, indication in enumerate((Indication.GREEN, Indication.YELLOW, Indication.RED)):
        assert set(looked(head, indication, 3_000 * k)) == {indication}


def test_a_head_that_has_gone_out_is_dark_after_a_moment() -> None:
    head = SeenHead(ChannelKind.VEHICLE)
    looked(head, Indication.GREEN, 0)
    dark = [head.seen(now, Lamps.NONE) for now in range(3_000, 5_000, 100)]
    assert dark[-1] is Indication.DARK
    assert Indication.DARK in dark[:9]
    assert SeenHead(ChannelKind.VEHICLE).seen(0, Lamps.NONE) is Indication.DARK


def test_lamps_that_mean_nothing_are_read_as_stop() -> None:
    everything = Lamps.RED | Lamps.GREEN
    assert SeenHead(ChannelKind.VEHICLE).seen(0, everything) is Indication.RED
    assert SeenHead(ChannelKind.PEDESTRIAN).seen(0, everything) is Indication.DONT_WALK
