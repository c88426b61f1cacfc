"""The lamps as read back, judged with two limits a fault: must not trip below the first, must trip by the second."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.model.exchange import Readback
from edge.model.indications import Lamps
from edge.model.units import Ms
from edge.safety.rules import Rule, Violation
from tests.safety.streets import DARK, GREEN, SMALL, WALK, YELLOW, Image, Street, n, read

NONE, R, Y, G = Lamps.NONE, Lamps.RED, Lamps.YELLOW, Lamps.GREEN


def opened() -> Street:
    """A street with 2 and 6 green and 4 red, none of it read back so far."""
    street = Street()
    street.start()
    street.show(street.image(c2=GREEN, c6=GREEN), 1_000)
    return street


def polled(street: Street, image: Image, wrong: dict[int, Lamps] | None, step_ms: Ms = 100) -> tuple[Violation, ...]:
    """One tick on which the image before it is read back, `wrong` in some channels."""
    assert street.last is not None
    readback = read(street.last, street.now - 10, wrong)
    found = street.tick(image, [readback]).violations
    street.now += step_ms
    return found


@dataclass(frozen=True)
class Limits:
    """A fault, how it looks on a street with 2 and 6 green, and its two limits."""

    rule: Rule
    wrong: dict[int, Lamps]
    must_not_ms: Ms
    must_ms: Ms


FAULTS = [
    Limits(Rule.LAMP_CONFLICT, {4: G}, 200, 450),
    Limits(Rule.LAMP_CONFLICT, {4: R | Y}, 200, 450),
    Limits(Rule.LAMP_CONFLICT, {15: G}, 200, 450),
    Limits(Rule.LAMP_MISMATCH, {12: G}, 300, 500),
    Limits(Rule.LAMP_MISMATCH, {2: R}, 300, 500),
    Limits(Rule.LAMP_DUAL, {2: G | R}, 300, 500),
    Limits(Rule.LAMP_DUAL, {2: G | Y}, 300, 500),
    Limits(Rule.LAMP_MISSING, {4: NONE}, 700, 1_000),
    Limits(Rule.LAMP_MISSING, {2: NONE}, 700, 1_000),
    Limits(Rule.LAMP_MISSING, {12: NONE}, 700, 1_000),
]


def fault_of(limits: Limits, began_ms: Ms, lasts_ms: Ms, step_ms: Ms) -> list[tuple[Ms, Rule]]:
    """What trips, and when, while lamps are wrong from `began_ms` for `lasts_ms`, read every `step_ms`."""
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    zero, found = street.now, []
    while street.now < zero + began_ms + 3_000:
        is_wrong = zero + began_ms <= street.now - 10 < zero + began_ms + lasts_ms
        wanted = image if street.monitor.latch is None else street.flash
        at_ms = street.now - 10
        violations = polled(street, wanted, limits.wrong if is_wrong else None, step_ms)
        found += [(at_ms - zero - began_ms, violation.rule) for violation in violations]
    return found


@pytest.mark.requirement("SAF-013")
@pytest.mark.parametrize("limits", FAULTS, ids=lambda limits: f"{limits.rule.value} {dict(limits.wrong)}")
@settings(max_examples=20)
@given(began=st.integers(0, 700), step=st.integers(20, 112), data=st.data())
def test_a_lamp_fault_shorter_than_its_first_limit_never_trips(
    limits: Limits, began: Ms, step: Ms, data: st.DataObject
) -> None:
    lasts = data.draw(st.integers(1, limits.must_not_ms))
    assert fault_of(limits, began, lasts, step) == []


@pytest.mark.requirement("SAF-013")
@pytest.mark.parametrize("limits", FAULTS, ids=lambda limits: f"{limits.rule.value} {dict(limits.wrong)}")
@settings(max_examples=20)
@given(began=st.integers(0, 700), step=st.integers(20, 112))
@example(began=0, step=100)
@example(began=1, step=100)
@example(began=99, step=100)
def test_a_lamp_fault_trips_by_its_second_limit(limits: Limits, began: Ms, step: Ms) -> None:
    found = fault_of(limits, began, 2_000, step)
    first_ms, rule = found[0]
    assert rule is limits.rule
    assert limits.must_not_ms < first_ms + step
    assert first_ms <= limits.must_ms


@pytest.mark.requirement("SAF-013")
@pytest.mark.parametrize(
    ("rule", "wrong", "readings"),
    [
        (Rule.LAMP_CONFLICT, {15: G}, 3),
        (Rule.LAMP_DUAL, {2: G | R}, 4),
        (Rule.LAMP_MISMATCH, {12: G}, 4),
        (Rule.LAMP_MISSING, {4: NONE}, 8),
    ],
)
def test_at_ten_readings_a_second_a_fault_trips_at_this_reading(
    rule: Rule, wrong: dict[int, Lamps], readings: int
) -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    polled(street, image, None)
    seen = [[violation.rule for violation in polled(street, image, wrong)] for _ in range(readings)]
    assert seen == [[]] * (readings - 1) + [[rule]]
    assert street.monitor.latch is not None
    assert street.monitor.latch.rule is rule


@pytest.mark.requirement("SAF-013")
@pytest.mark.parametrize(
    ("rule", "wrong", "limit_ms"),
    [
        (Rule.LAMP_CONFLICT, {15: G}, 300),
        (Rule.LAMP_DUAL, {2: G | R}, 400),
        (Rule.LAMP_MISMATCH, {12: G}, 400),
        (Rule.LAMP_MISSING, {4: NONE}, 800),
    ],
)
def test_a_lamp_fault_trips_at_its_limit_and_not_a_millisecond_before(
    rule: Rule, wrong: dict[int, Lamps], limit_ms: Ms
) -> None:
    for counted_ms, expected in ((limit_ms - 1, []), (limit_ms, [rule])):
        street = opened()
        image = street.image(c2=GREEN, c6=GREEN)
        polled(street, image, None)
        polled(street, image, wrong, step_ms=counted_ms - 100)  # counts 100 ms, as a tick
        assert [violation.rule for violation in polled(street, image, wrong)] == expected


@pytest.mark.requirement("SAF-013")
def test_a_lamp_fault_is_answered_by_flash_and_said_in_words() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    for _ in range(3):
        polled(street, image, None)
    for _ in range(2):
        polled(street, image, {4: G})
    assert street.last is not None
    verdict = street.tick(image, [read(street.last, street.now - 10, {4: G})])
    assert verdict.permitted.shown == street.flash
    assert [(v.rule, v.channels) for v in verdict.violations] == [
        (Rule.LAMP_CONFLICT, (2, 4)),
        (Rule.LAMP_CONFLICT, (4, 6)),
    ]
    assert verdict.violations[0].detail == (
        "channel 2 is read as green and channel 4 is read as green, commanded: green, red; for 300 ms"
    )
    assert verdict.latch is not None
    assert verdict.latch.channels == (2, 4)


def test_dual_and_missing_lamps_are_said_in_words() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    polled(street, image, None)
    found = [v.detail for _ in range(4) for v in polled(street, image, {2: G | Y | R})]
    assert found == ["channel 2 is read as red and yellow and green, commanded: green; for 400 ms"]
    street = opened()
    polled(street, image, None)
    found = [v.detail for _ in range(8) for v in polled(street, image, {12: NONE})]
    assert found == ["channel 12 is read as nothing lit, commanded: red; for 800 ms"]


@pytest.mark.requirement("SAF-013")
def test_an_intermittent_conflict_trips_because_its_timer_only_pauses() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    polled(street, image, None)
    rules = [v.rule for k in range(7) for v in polled(street, image, {15: G} if k % 3 == 0 else None)]
    assert rules == [Rule.LAMP_CONFLICT]


def timed_to(street: Street, image: Image, readings: int, wrong: dict[int, Lamps] | None) -> list[Rule]:
    return [v.rule for _ in range(readings) for v in polled(street, image, wrong)]


@pytest.mark.requirement("SAF-013")
@pytest.mark.parametrize(("last_ms", "starts_afresh"), [(65, False), (66, True)])
def test_a_timer_starts_afresh_after_666_ms_free_of_its_fault(last_ms: Ms, *, starts_afresh: bool) -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    timed_to(street, image, 1, None)
    assert timed_to(street, image, 2, {15: G}) == []  # 200 ms of conflict
    assert timed_to(street, image, 6, None) == []  # clean from the first good reading on: 500 ms
    street.now += last_ms
    assert timed_to(street, image, 1, None) == []  # 600 ms and the rest
    assert timed_to(street, image, 1, {15: G}) == ([] if starts_afresh else [Rule.LAMP_CONFLICT])


@pytest.mark.requirement("SAF-013")
def test_each_bad_reading_asks_for_the_whole_clean_time_again() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    timed_to(street, image, 1, None)
    for _ in range(2):
        timed_to(street, image, 1, {15: G})
        timed_to(street, image, 5, None)
    assert timed_to(street, image, 1, {15: G}) == [Rule.LAMP_CONFLICT]


def test_one_bad_reading_after_a_long_silence_does_not_trip() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    polled(street, image, None, step_ms=60_000)
    assert polled(street, image, {4: G}) == ()


def test_two_bad_readings_far_apart_are_taken_for_one_fault() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    polled(street, image, None)
    polled(street, image, {12: G}, step_ms=300)
    assert [v.rule for v in polled(street, image, {12: G})] == [Rule.LAMP_MISMATCH]


def test_the_very_first_reading_has_no_time_behind_it() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    assert [len(polled(street, image, {12: G})) for _ in range(5)] == [0, 0, 0, 0, 1]


def test_a_readback_that_is_not_newer_counts_for_nothing() -> None:
    street = opened()
    image = street.image(c2=GREEN, c6=GREEN)
    assert street.last is not None
    polled(street, image, None)
    for wrong in (None, {4: G}):
        for _ in range(10):
            stuck = read(street.last, street.now - 110, wrong)
            older = read(street.last, street.now - 500, {4: G})
            assert street.tick(image, [stuck, stuck, older]).violations == ()
    street.now += 100


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
