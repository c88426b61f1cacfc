"""Whose read-back is compared with which image, over several devices, silences and the halves of the flasher."""

from collections.abc import Callable

import pytest

from edge.model.exchange import Readback
from edge.model.indications import Lamps
from edge.safety.rules import Rule, Violation
from tests.safety.streets import DARK, GREEN, SMALL, WALK, YELLOW, Street, n, opened, polled, read, timed_to

NONE, R, Y, G = Lamps.NONE, Lamps.RED, Lamps.YELLOW, Lamps.GREEN


@pytest.mark.requirement("SAF-014")
def test_a_device_that_cannot_read_back_is_not_judged_and_trips_nothing() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    for _ in range(30):
        assert street.last is not None
        blind = Readback(street.last.sequence, street.now - 10, None)
        assert street.tick(image, [blind]).violations == ()
        street.now += 100


@pytest.mark.requirement("SAF-014")
def test_readback_that_stays_away_is_not_the_monitors_latch() -> None:
    street = opened()
    polled(street, street.image(c2=GREEN, c6=GREEN), None)
    street.show(street.image(c2=GREEN, c6=GREEN), 60_000)


def test_without_readings_a_timer_stands_still() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    timed_to(street, image, 1, None)
    timed_to(street, image, 2, {15: G})
    timed_to(street, image, 1, None)
    street.show(image, 5_000)
    assert timed_to(street, image, 1, {15: G}) == [Rule.LAMP_CONFLICT]


def test_lamps_are_compared_with_the_image_of_their_own_sequence_number() -> None:
    street = opened()
    old = street.last
    assert old is not None
    street.show(street.image(c2=GREEN, c6=GREEN), 4_000)
    street.show(street.image(c2=YELLOW, c6=YELLOW), 400)
    for _ in range(5):
        late = Readback(old.sequence, street.now - 10, {n(2): G, n(4): R})
        assert street.tick(street.image(c2=YELLOW, c6=YELLOW), [late]).violations == ()
        street.now += 100


@pytest.mark.parametrize(("ago", "judged"), [(49, True), (50, False)])
def test_images_older_than_five_seconds_are_not_judged(ago: int, *, judged: bool) -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    street.show(image, 5_000)
    found: list[Violation] = []
    for _ in range(8):
        assert street.last is not None
        readback = Readback(street.last.sequence - ago, street.now - 10, {n(12): G})
        found += street.tick(image if not found else street.flash, [readback]).violations
        street.now += 100
    assert bool(found) == judged


@pytest.mark.requirement("SAF-013")
def test_lamps_of_an_image_that_was_never_minted_are_a_mismatch() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    found: list[Violation] = []
    for _ in range(6):
        assert street.last is not None
        found += street.tick(image, [Readback(street.last.sequence + 1, street.now - 10, {n(12): R})]).violations
        street.now += 100
        image = street.flash if found else image
    assert found[0].rule is Rule.LAMP_MISMATCH
    assert found[0].detail == "channel 12 is read as red, commanded: nothing known; for 400 ms"


def test_the_first_image_of_all_is_already_compared() -> None:
    street = Street()
    street.tick(street.flash)
    street.now += 100
    first = street.last
    assert first is not None
    found: list[Rule] = []
    for _ in range(6):
        readback = Readback(first.sequence, street.now - 10, {n(4): G})
        found += [violation.rule for violation in street.tick(street.flash, [readback]).violations]
        street.now += 100
    assert found == [Rule.LAMP_MISMATCH, Rule.LAMP_MISMATCH]


def test_a_readback_before_any_image_is_not_judged() -> None:
    street = Street()
    for sequence in (0, 1, 2):
        street = Street()
        assert street.tick(street.flash, [Readback(sequence, street.now - 10, {n(4): G})]).violations == ()


@pytest.mark.requirement("SAF-013")
def test_a_lit_channel_that_is_not_on_the_card_trips() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    polled(street, image, None)
    found = [v for _ in range(5) for v in polled(street, image, {99: R})]
    assert found[0].rule is Rule.LAMP_MISMATCH
    assert found[0].channels == (99,)


@pytest.mark.requirement("SAF-013")
def test_several_devices_each_cover_their_own_channels() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    found: list[Rule] = []
    for _ in range(6):
        assert street.last is not None
        one = Readback(street.last.sequence, street.now - 30, {n(2): G, n(6): G})
        other = Readback(street.last.sequence, street.now - 10, {n(4): G, n(12): R})
        found += [violation.rule for violation in street.tick(image, [one, other]).violations]
        image = street.flash if found else image
        street.now += 100
    assert found[0] is Rule.LAMP_CONFLICT


@pytest.mark.requirement("SAF-013")
def test_a_conflict_across_devices_read_at_different_rates_is_timed_by_the_slower() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    found: list[Rule] = []
    for k in range(4):
        assert street.last is not None
        wrong = G if k else R
        found += [
            v.rule for v in street.tick(image, [Readback(street.last.sequence, street.now, {n(4): wrong})]).violations
        ]
        street.now += 20
        quick = Readback(street.last.sequence, street.now, {n(4): wrong})
        slow = Readback(street.last.sequence, street.now, {n(2): G})
        found += [v.rule for v in street.tick(image, [quick, slow]).violations]
        street.now += 80
    assert found == [Rule.LAMP_CONFLICT]


def test_a_second_reading_of_the_same_instant_is_not_believed() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    assert street.last is not None
    good, bad = (read(street.last, street.now - 10, wrong) for wrong in (None, {4: G}))
    assert street.tick(image, [good, bad]).violations == ()
    street.now += 900
    assert polled(street, image, {4: G}) == ()


@pytest.mark.requirement("SAF-013")
def test_the_channels_of_a_lamp_conflict_are_named_in_ascending_order() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    found: list[Violation] = []
    for k in range(4):
        assert street.last is not None
        lamps = {n(15): G if k else R, n(6): G}
        found += street.tick(image, [Readback(street.last.sequence, street.now, lamps)]).violations
        street.now += 100
    assert [(violation.rule, violation.channels) for violation in found] == [(Rule.LAMP_CONFLICT, (6, 15))]


def test_a_lamp_fault_that_is_over_is_no_violation_any_more() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    polled(street, image, None)
    assert timed_to(street, image, 3, {15: G}) == [Rule.LAMP_CONFLICT]
    assert timed_to(street, street.flash, 3, None) == []


# ── flashing lamps ───────────────────────────────────────────────────────────────────────────


def flashing(wrong: Callable[[bool], dict[int, Lamps]], ticks: int = 40) -> list[tuple[Rule, tuple[int, ...]]]:
    """What trips while the street flashes and `wrong(lit)` is read in each half of the flasher."""
    street = Street()
    street.tick(street.flash)
    street.now += 100
    found: list[tuple[Rule, tuple[int, ...]]] = []
    for _ in range(ticks):
        assert street.last is not None
        found += [(v.rule, v.channels) for v in polled(street, street.flash, wrong(street.last.lit))]
    return found


def test_a_flashing_channel_is_not_missed_in_its_dark_half() -> None:
    assert flashing(lambda _lit: {}) == []


@pytest.mark.requirement("SAF-013")
def test_a_flashing_lamp_that_never_lights_is_missing() -> None:
    assert flashing(lambda _lit: {4: NONE})[0] == (Rule.LAMP_MISSING, (4,))


@pytest.mark.requirement("SAF-013")
def test_a_flashing_lamp_that_never_goes_out_is_a_mismatch() -> None:
    assert flashing(lambda _lit: {4: R})[0] == (Rule.LAMP_MISMATCH, (4,))


def test_conflicting_channels_flash_yellow_together_without_a_lamp_conflict() -> None:
    street = Street(SMALL)
    street.tick(street.flash)
    street.now += 100
    for image in [street.flash] * 20 + [street.image(c1=YELLOW, c4=YELLOW)] * 20 + [street.stopped]:
        assert polled(street, image, None) == ()


@pytest.mark.requirement("SAF-013")
def test_a_green_beside_a_flashing_yellow_is_a_lamp_conflict() -> None:
    assert (Rule.LAMP_CONFLICT, (2, 4)) in flashing(lambda lit: {4: G} if lit else {})


def test_a_channel_dark_by_design_is_not_missed() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN, c15=DARK)
    assert [v for _ in range(20) for v in polled(street, image, None)] == []


def test_lamps_as_commanded_trip_nothing_through_a_whole_cycle() -> None:
    street = Street()
    cycle = [
        (street.flash, 60),
        (street.image(c2=YELLOW, c6=YELLOW), 30),
        (street.stopped, 30),
        (street.image(c2=GREEN, c6=GREEN, c12=WALK), 70),
    ]
    street.tick(street.flash)
    street.now += 100
    for image, ticks in cycle:
        for _ in range(ticks):
            assert polled(street, image, None) == ()
