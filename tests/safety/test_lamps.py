"""The lamps as read back, judged with two limits a fault: must not trip below the first, must trip by the second."""

from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.model.indications import Lamps
from edge.model.units import Ms
from edge.safety.rules import Rule
from tests.safety.streets import GREEN, opened, polled, read, timed_to

NONE, R, Y, G = Lamps.NONE, Lamps.RED, Lamps.YELLOW, Lamps.GREEN


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
