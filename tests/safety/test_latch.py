"""The latch: the first cause is kept, it outlives the process, and only a named operator with a reason clears it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.indications import Lamps
from edge.safety.rules import Latch, Rule
from tests.safety.streets import GREEN, YELLOW, Street, n, read

WHO, WHY = "R. Osei", "relay of channel 4 replaced"


def tripped() -> Street:
    """A street that has just tripped by a conflict, with its controller gone to flash for one tick."""
    street = Street()
    street.start()
    street.tick(street.image(c2=GREEN, c4=GREEN))
    street.now += 100
    street.tick(street.flash)
    street.now += 100
    return street


@pytest.mark.requirement("SAF-015")
def test_while_latched_whatever_is_wanted_flash_is_shown() -> None:
    street = tripped()
    for image in (street.stopped, street.image(c2=GREEN), street.flash, street.image(c2=YELLOW, c6=YELLOW), {}):
        verdict = street.tick(image)
        assert verdict.permitted.shown == street.flash
        assert verdict.latch is not None
        street.now += 100


@pytest.mark.requirement("SAF-015")
def test_the_first_cause_is_kept() -> None:
    street = tripped()
    first = street.monitor.latch
    street.tick({})
    assert street.monitor.latch == first
    assert first is not None
    assert (first.rule, first.channels) == (Rule.CONFLICT, (2, 4))
    assert first.detail == "channel 2 green and channel 4 green are not permissive"


@pytest.mark.requirement("SAF-015")
def test_a_latch_survives_a_restart_through_storage() -> None:
    stored = tripped().monitor.latch
    assert stored is not None
    again = Street(latch=Latch.from_dict(json.loads(json.dumps(stored.to_dict()))))
    assert again.monitor.latch == stored
    for image in (again.stopped, again.flash, again.image(c2=GREEN)):
        assert again.tick(image).permitted.shown == again.flash
        again.now += 100
    assert again.monitor.latch == stored


@given(
    st.builds(
        Latch, st.sampled_from(Rule), st.lists(st.integers(1, 64).map(n), max_size=4).map(tuple), st.text(max_size=20)
    )
)
def test_every_latch_comes_back_from_storage_as_it_was(latch: Latch) -> None:
    assert Latch.from_dict(json.loads(json.dumps(latch.to_dict()))) == latch


@pytest.mark.requirement("SAF-015")
@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"rule": "a rule of a later version", "channels": [2], "detail": "x"},
        {"rule": 7, "channels": [2], "detail": "x"},
        {"rule": ["conflict"], "channels": [2], "detail": "x"},
        {"rule": "conflict", "channels": 2, "detail": "x"},
        {"rule": "conflict", "channels": "2, 4", "detail": "x"},
        {"rule": "conflict", "channels": [2, "4"], "detail": "x"},
        {"rule": "conflict", "channels": [2, 4], "detail": None},
        {"rule": "conflict", "channels": [2, 4]},
    ],
)
def test_a_stored_latch_that_cannot_be_read_is_still_a_latch(stored: dict[str, object]) -> None:
    latch = Latch.from_dict(stored)
    assert latch == Latch(Rule.UNREADABLE_LATCH, (), f"the stored latch cannot be read: {stored}")
    assert Street(latch=latch).monitor.latch == latch


@pytest.mark.requirement("SAF-016")
def test_a_named_operator_with_a_reason_clears_it_and_the_way_up_is_that_of_a_start() -> None:
    street = tripped()
    assert street.monitor.clear(street.now, WHO, WHY) is None
    assert street.monitor.latch is None
    street.show(street.flash, 3_000)
    street.show(street.image(c2=YELLOW, c6=YELLOW), 3_000)
    street.show(street.stopped, 3_000)
    street.show(street.image(c4=GREEN), 100)


@pytest.mark.requirement("SAF-016")
def test_after_clearing_nothing_but_the_way_out_of_flash_is_permitted() -> None:
    street = tripped()
    for _ in range(40):
        street.tick(street.flash)
        street.now += 100
    assert street.monitor.clear(street.now, WHO, WHY) is None
    verdict = street.tick(street.stopped)
    assert [violation.rule for violation in verdict.violations] == [Rule.SKIPPED_YELLOW, Rule.SKIPPED_YELLOW]
    assert verdict.permitted.shown == street.flash


@pytest.mark.requirement("SAF-016")
@pytest.mark.parametrize(("who", "why"), [("", WHY), (" ", WHY), (WHO, ""), (WHO, " \t\n"), ("", "")])
def test_nobody_or_nothing_is_not_enough_to_clear_it(who: str, why: str) -> None:
    street = tripped()
    said = street.monitor.clear(street.now, who, why)
    assert said == "A latch is cleared by a named operator with a reason: say what was found and mended."
    assert street.monitor.latch is not None


def test_where_nothing_is_latched_there_is_nothing_to_clear() -> None:
    street = Street()
    street.start()
    assert street.monitor.clear(street.now, WHO, WHY) == "The monitor has not tripped: there is nothing to clear."


@pytest.mark.requirement("SAF-016")
def test_it_is_not_cleared_while_the_controller_wants_what_would_trip_again() -> None:
    street = tripped()
    street.tick({n(2): GREEN})
    said = street.monitor.clear(street.now, WHO, WHY)
    assert said == "The cause is still there: the image and the card differ in channels 4, 6, 12, 15."
    assert street.monitor.latch is not None
    street.now += 100
    street.tick(street.flash)
    assert street.monitor.clear(street.now, WHO, WHY) is None


@pytest.mark.requirement("SAF-016")
def test_it_is_not_cleared_before_this_process_has_judged_anything() -> None:
    street = Street(latch=Latch(Rule.CONFLICT, (n(2), n(4)), "stored"))
    said = street.monitor.clear(street.now, WHO, WHY)
    assert said == "Nothing has been judged in the last 1000 ms, so the cause may still be there: try again."
    street.tick(street.flash)
    assert street.monitor.clear(street.now, WHO, WHY) is None


@pytest.mark.requirement("SAF-016")
@pytest.mark.parametrize(("later_ms", "cleared"), [(1_000, True), (1_001, False)])
def test_it_is_cleared_on_the_strength_of_a_recent_tick_only(later_ms: int, *, cleared: bool) -> None:
    street = tripped()
    street.tick(street.flash)
    assert (street.monitor.clear(street.now + later_ms, WHO, WHY) is None) == cleared


@pytest.mark.requirement("SAF-016")
def test_it_is_not_cleared_while_lamps_are_wrong_nor_until_they_have_been_right_for_a_while() -> None:
    street = tripped()

    def tick(wrong: dict[int, Lamps] | None) -> str | None:
        assert street.last is not None
        street.tick(street.flash, [read(street.last, street.now - 10, wrong)])
        street.now += 100
        return street.monitor.clear(street.now - 100, WHO, WHY)

    said = "The lamps of channel 12 were wrong a moment ago (lamp-mismatch): mend them, then try again."
    street.tick(street.flash)
    assert tick({12: Lamps.RED}) == said
    assert [tick(None) for _ in range(7)] == [said] * 7
    assert tick(None) is None


@pytest.mark.requirement("SAF-016")
def test_a_lamp_fault_that_goes_on_is_named_when_clearing_is_refused() -> None:
    street = tripped()
    for _ in range(9):
        assert street.last is not None
        street.tick(street.flash, [read(street.last, street.now - 10, {2: Lamps.GREEN, 4: Lamps.GREEN})])
        street.now += 100
    said = street.monitor.clear(street.now, WHO, WHY)
    assert said is not None
    assert said.startswith("The cause is still there: channel 2 is read as green and channel 4 is read as green")


def test_two_channels_of_a_lamp_conflict_are_both_named() -> None:
    street = tripped()
    street.tick(street.flash)
    assert street.last is not None
    street.tick(street.flash, [read(street.last, street.now, {2: Lamps.GREEN, 4: Lamps.GREEN})])
    said = street.monitor.clear(street.now, WHO, WHY)
    assert said == "The lamps of channel 2, 4 were wrong a moment ago (lamp-conflict): mend them, then try again."
