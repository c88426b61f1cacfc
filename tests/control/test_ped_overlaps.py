"""A crosswalk that several phases share: one steady walk from one into the next, and a whole clearance at its end."""

import random
from dataclasses import replace

import pytest

from edge.model.commands import CommandKind
from edge.model.events import EventCode as E
from edge.model.exchange import Interval, Mode
from edge.model.indications import ChannelKind, Indication
from edge.model.overlaps import Overlap, OverlapKind
from edge.model.ped_overlaps import PedOverlap
from edge.model.phases import PedTiming
from edge.model.site import Card, CardChannel, Channel, Site
from edge.model.units import ChannelNumber, OverlapNumber, PhaseNumber
from tests import builders
from tests.control.any_overlaps import with_overlap
from tests.control.scenario import Scenario

SHARED = ChannelNumber(50)
CLEARANCE, BUFFER = 8_000, 4_500
ONE_RING = ("1 2 4",)


def shared(rings: tuple[str, ...] = ONE_RING, **changes: object) -> Site:
    """Phases 1 and 2 walk over one crosswalk; 4 conflicts with both. The card says so in its own words."""
    ped = PedTiming(walk_ms=5_000, clearance_ms=6_000)
    numbers = sorted(int(n) for row in rings for n in row.replace("|", " ").split())
    walking = {1, 2}
    phases = [builders.phase(n, ped=ped if n in walking else None, **changes) for n in numbers]
    built = builders.site(builders.rings(*rings), phases)
    head = Channel(SHARED, ChannelKind.PEDESTRIAN, PhaseNumber(1), "mock", (400, 401), Indication.DARK, ped_overlap=1)
    beside = [c for c, channel in built.channels.items() if channel.phase in walking or channel.phase == 5]
    card = CardChannel(SHARED, ChannelKind.PEDESTRIAN, Indication.DARK, 0, 12_000, min_walk_ms=5_000)
    card = replace(card, may_be_dark=True, min_ped_clearance_ms=CLEARANCE)
    permissive = built.card.permissive | {frozenset((SHARED, c)) for c in beside}
    overlap = PedOverlap(1, (PhaseNumber(1), PhaseNumber(2)), CLEARANCE, BUFFER)
    return replace(
        built,
        channels=built.channels | {SHARED: head},  # type: ignore[operator]
        ped_overlaps={1: overlap},
        start_up=replace(built.start_up, all_red_ms=12_000),
        card=Card((*built.card.channels, card), permissive, "a test"),
    )


def resting_in_4(site: Site) -> Scenario:
    s = Scenario(site).drain()
    s.occupy(4).step().leave(4)
    return s.wait(40)


def walks(s: Scenario, since: int) -> list[tuple[int, int, int]]:
    """(begin of walk, of clearance, of don't walk) of the shared crosswalk."""
    codes = (E.PED_OVERLAP_BEGIN_WALK, E.PED_OVERLAP_BEGIN_CLEARANCE, E.PED_OVERLAP_BEGIN_DONT_WALK)
    begins, clears, stands = (s.times(code, 1, since) for code in codes)
    return list(zip(begins, clears, stands, strict=False))


@pytest.mark.untraced
@pytest.mark.parametrize("button", [1, 2])
def test_it_walks_with_the_walk_of_either_phase_and_clears_in_its_own_time(button: int) -> None:
    s = resting_in_4(shared())
    since = s.now
    s.press(button).wait(60)
    ((walk, clear, stand),) = walks(s, since)
    assert walk == s.times(E.PED_BEGIN_WALK, button, since)[0]
    assert clear - walk == 5_000
    assert stand - clear == CLEARANCE


@pytest.mark.untraced
def test_it_is_one_steady_walk_from_one_of_its_phases_into_the_next() -> None:
    s = resting_in_4(shared())
    since = s.now
    s.press(1).press(2).wait(100)
    ((walk, clear, _),) = walks(s, since)
    assert walk == s.times(E.PED_BEGIN_WALK, 1, since)[0]
    assert clear == s.times(E.PED_BEGIN_CLEARANCE, 2, since)[0]


def test_it_clears_with_the_first_phase_where_nobody_is_to_walk_in_the_next() -> None:
    s = resting_in_4(shared())
    since = s.now
    s.press(1).occupy(2).wait(60)
    ((_, clear, _),) = walks(s, since)
    assert clear == s.times(E.PED_BEGIN_CLEARANCE, 1, since)[0]


@pytest.mark.untraced
def test_who_conflicts_with_all_its_phases_starts_behind_its_clearance_and_the_buffer() -> None:
    s = resting_in_4(shared(min_green_ms=4_000))
    since = s.now
    s.press(1).press(2).step().occupy(4).wait(100)
    stand = walks(s, since)[-1][2]
    greens = s.times(E.PHASE_BEGIN_GREEN, 4, since)
    assert greens
    assert greens[0] - stand >= BUFFER


def test_who_conflicts_does_not_start_while_a_longer_clearance_than_that_of_the_phase_still_times() -> None:
    site = shared()
    site = replace(site, ped_overlaps={1: replace(site.ped_overlaps[1], clearance_ms=20_000)})
    s = resting_in_4(site)
    since = s.now
    s.press(1).until(40, 1, Interval.MIN_GREEN).occupy(4).wait(60)
    ((_, clear, stand),) = walks(s, since)
    assert stand - clear == 20_000
    assert s.times(E.PHASE_BEGIN_GREEN, 4, since)[0] - stand >= BUFFER


def test_an_overlap_that_excepts_the_walks_stays_red_until_the_shared_crosswalk_has_cleared() -> None:
    site = shared()
    site = replace(site, ped_overlaps={1: replace(site.ped_overlaps[1], clearance_ms=20_000)})
    walks_1_and_2 = (PhaseNumber(1), PhaseNumber(2))
    turn = Overlap(OverlapNumber(1), "", OverlapKind.NORMAL, (PhaseNumber(2),), 3_500, 1_000, 3_000)
    s = resting_in_4(with_overlap(site, replace(turn, not_with_ped=walks_1_and_2)))
    since = s.now
    s.press(1).until(40, 1, Interval.MIN_GREEN).occupy(2).wait(60)
    ((_, clear, stand),) = walks(s, since)
    assert clear < s.times(E.PHASE_BEGIN_GREEN, 2, since)[0] < stand  # phase 2 does not wait for that crosswalk
    assert s.times(E.OVERLAP_BEGIN_GREEN, 1, since)[0] - stand >= 3_000


def test_the_way_to_flash_waits_for_its_clearance() -> None:
    s = resting_in_4(shared())
    s.press(1).until(40, 1, Interval.MIN_GREEN).order(CommandKind.FLASH)
    last = None
    while s.mode is not Mode.FLASH:
        assert s.decision is not None
        last = s.decision.wanted[SHARED]
        s.step()
    assert last is Indication.DONT_WALK


def test_a_fault_in_its_walk_ends_it_in_the_log() -> None:
    s = resting_in_4(shared())
    s.press(1).until(40, 1, Interval.MIN_GREEN)
    since = s.now
    s.order(CommandKind.FLASH_NOW).step()
    assert s.times(E.PED_OVERLAP_BEGIN_DONT_WALK, 1, since)


@pytest.mark.untraced
@pytest.mark.parametrize("rings", [ONE_RING, ("1 2 | 4", "5 | 8"), ("1 4 2",), ("1 | 2 | 4",)], ids=str)
def test_under_any_noise_the_monitor_has_nothing_to_say_and_everybody_is_served(rings: tuple[str, ...]) -> None:
    """The card of the crosswalk is written by hand: beside phases 1, 2 and 5, 12 s to what conflicts, 8 s of clearance."""
    site = shared(rings)
    s, dice = Scenario(site).until_run(), random.Random(7)
    for _ in range(2_500):
        if dice.random() < 0.05:
            detector = dice.choice(sorted(site.detectors))
            s.occupy(detector) if dice.random() < 0.5 else s.leave(detector)
        s.pressed = {dice.choice([1, 2])} if dice.random() < 0.02 else set()
        s.step(dice.choice([100, 100, 100, 400]))
    assert len(s.times(E.PED_OVERLAP_BEGIN_WALK, 1)) > 5
    assert all(s.times(E.PHASE_BEGIN_GREEN, int(p)) for p in site.phases)
