"""Overlaps, told tick by tick: what they show, whom they wait for, and who waits for them."""

from dataclasses import replace

import pytest

from edge.control.intervals import IntervalError
from edge.control.overlap_machine import OverlapMachine
from edge.control.waits import longest_wait_ms
from edge.model.commands import CommandKind
from edge.model.detectors import InputRef
from edge.model.events import EventCode
from edge.model.exchange import Interval, Mode, OverlapStatus, PedInterval
from edge.model.external import Does, ExternalInput
from edge.model.overlaps import Overlap, OverlapInterval, OverlapKind
from edge.model.site import Options, Site
from edge.model.units import OverlapNumber, PhaseNumber
from tests import builders
from tests.control.any_overlaps import rows, with_overlap
from tests.control.overlap_oracle import OverlapOracle
from tests.control.scenario import Scenario
from tests.control.test_any_site import heads

pytestmark = pytest.mark.untraced

GREEN, ARROW, RED = OverlapInterval.GREEN, OverlapInterval.FLASHING_ARROW, OverlapInterval.RED
YELLOW, CLEARANCE, TRAILING = (
    OverlapInterval.YELLOW_CHANGE,
    OverlapInterval.RED_CLEARANCE,
    OverlapInterval.TRAILING_GREEN,
)


def overlap(*parents: int, **changes: object) -> Overlap:
    """A normal overlap with times unlike those of its phases."""
    base = Overlap(
        OverlapNumber(1),
        "SBR",
        OverlapKind.NORMAL,
        tuple(PhaseNumber(p) for p in parents),
        yellow_ms=3_700,
        red_clear_ms=1_300,
        min_green_ms=3_000,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def arrow(protected: int, opposing: int, **changes: object) -> Overlap:
    kind = OverlapKind.FLASHING_YELLOW_ARROW
    return overlap(protected, kind=kind, opposing=PhaseNumber(opposing), **changes)


def dual(one: Overlap, *more: Overlap) -> Site:
    """The dual ring with four walks, nobody resting and nobody in dual entry, and these overlaps."""
    site = builders.quad(options=Options(red_revert_ms=2_000))
    site = replace(site, phases={n: replace(p, dual_entry=False) for n, p in site.phases.items()})
    for each in (one, *more):
        site = with_overlap(site, each)
    return site


class Street(Scenario):
    """A scenario that also keeps what every overlap did."""

    def status(self, letter: str = "A") -> OverlapStatus:
        statuses = self.tick.controller.status(self.now).overlaps
        return next(o for o in statuses if self.site.overlaps[o.number].letter == letter)

    def shows(self, letter: str = "A") -> OverlapInterval:
        return self.status(letter).interval

    def until_shows(self, wanted: OverlapInterval, letter: str = "A", seconds: float = 60) -> "Street":
        for _ in range(round(seconds * 10)):
            if self.shows(letter) is wanted:
                return self
            self.step()
        raise AssertionError(f"overlap {letter} is {self.shows(letter)}, not {wanted}")

    def settled(self) -> "Street":
        """All served once; 3 and 7 rest in green, nobody calls."""
        self.until_run()
        self.wait(200)
        self.pulse(3).pulse(7).wait(40)
        assert self.greens() == {3, 7}
        return self


def test_an_overlap_is_green_with_its_phase_and_clears_in_its_own_time() -> None:
    street = Street(dual(overlap(4))).settled()
    street.pulse(4).until(60, 4, Interval.MIN_GREEN)
    assert street.shows() is GREEN
    began = street.now
    street.pulse(2).until(60, 4, Interval.YELLOW_CHANGE)
    assert street.shows() is YELLOW
    street.until_shows(RED)
    codes = [(t, c) for t, c, p in street.log if c in range(61, 67) and p == 1 and t >= began]
    ended = street.times(EventCode.PHASE_BEGIN_YELLOW, 4, began)[0]
    assert codes == [(began, 61), (ended, 63), (ended + 3_700, 64), (ended + 5_000, 65)]


def test_a_conflicting_phase_waits_until_the_overlap_has_cleared_though_its_own_phases_are_long_red() -> None:
    """Phase 4 clears in 4.9 s; the overlap trails for 6 s and clears in 5 s."""
    street = Street(dual(overlap(4, trailing_green_ms=6_000))).settled()
    street.pulse(4).until(60, 4, Interval.MIN_GREEN)
    street.pulse(2).until(60, 4, Interval.YELLOW_CHANGE)
    ended = street.now
    assert street.shows() is TRAILING
    street.until(60, 2, Interval.MIN_GREEN)
    assert street.now - ended == 6_000 + 3_700 + 1_300
    assert street.times(EventCode.OVERLAP_BEGIN_TRAILING_GREEN, 1, ended) == [ended]
    assert street.times(EventCode.OVERLAP_BEGIN_YELLOW, 1, ended) == [ended + 6_000]


def test_between_two_of_its_phases_it_stays_green_through_yellow_and_red_clearance() -> None:
    """NTCIP 1202 overlapType normal: parents 4 and 5, the barrier between them."""
    street = Street(dual(overlap(4, 5))).settled()
    street.pulse(4).until(60, 4, Interval.MIN_GREEN)
    began = street.now
    street.pulse(5).until(60, 5, Interval.MIN_GREEN)
    assert street.shows() is GREEN
    assert not street.times(EventCode.OVERLAP_BEGIN_YELLOW, 1, began)
    assert street.times(EventCode.PHASE_BEGIN_YELLOW, 4, began)


def test_where_the_next_phase_is_none_of_its_own_it_ends_with_the_one_that_ends() -> None:
    street = Street(dual(overlap(4, 5))).settled()
    street.pulse(4).until(60, 4, Interval.MIN_GREEN)
    street.pulse(6).until(60, 4, Interval.YELLOW_CHANGE)
    assert street.shows() is YELLOW
    ended = street.now
    street.until(60, 6, Interval.MIN_GREEN)
    assert street.now - ended >= 5_000


def test_the_minimum_of_an_overlap_that_began_late_outlives_its_phase() -> None:
    """Delay 5 s, phase 4 is green for 5.2 s at the least, the overlap for 3 s."""
    street = Street(dual(overlap(4, delay_ms=5_000))).settled()
    street.pulse(4).until(60, 4, Interval.MIN_GREEN)
    began = street.now
    street.pulse(2)
    street.until_shows(GREEN)
    assert street.now - began == 5_000
    street.until_shows(YELLOW)
    assert street.now - began == 8_000
    assert street.times(EventCode.PHASE_BEGIN_YELLOW, 4, began)[0] < street.now


def test_a_modifier_takes_the_green_away_and_starts_only_when_it_is_clear() -> None:
    """NTCIP 1202 minusGreenYellow: beside 4, not beside 8."""
    street = Street(dual(overlap(4, modifiers=(PhaseNumber(8),)))).settled()
    street.occupy(4).until(60, 4, Interval.MIN_GREEN)
    street.wait(10)
    assert street.shows() is GREEN
    asked = street.now
    street.pulse(8).until(60, 8, Interval.MIN_GREEN)
    assert street.interval(4) in {Interval.EXTENSION, Interval.REST}
    assert street.shows() is RED
    assert 5_000 <= street.now - asked <= 5_200
    assert street.status().reason == "phase 8 is on"
    street.wait(3)
    assert street.shows() is RED


def test_a_right_turn_is_red_beside_the_walk_and_comes_3_s_after_it() -> None:
    """MUTCD 11th ed. 4I.06: a buffer of at least 3 s."""
    street = Street(dual(overlap(4, not_with_ped=(PhaseNumber(4),)))).settled()
    street.occupy(4).press(4).until(60, 4, Interval.MIN_GREEN)
    assert street.ped(4) is PedInterval.WALK
    while street.ped(4) is not PedInterval.DONT_WALK:
        assert street.shows() is RED
        assert street.status().reason == "phase 4 walks"
        street.step()
    over = street.now
    street.until_shows(GREEN)
    assert street.now - over == 3_000


def test_a_walk_inside_a_running_green_waits_until_the_right_turn_has_cleared_for_it() -> None:
    street = Street(dual(overlap(4, not_with_ped=(PhaseNumber(4),)))).settled()
    street.occupy(4).until(60, 4, Interval.MIN_GREEN)
    street.wait(10)
    assert street.shows() is GREEN
    asked = street.now
    street.press(4)
    while street.ped(4) is not PedInterval.WALK:
        street.step()
    assert 5_000 <= street.now - asked <= 5_300
    assert street.shows() is RED


def test_on_the_way_into_a_phase_with_a_walk_the_right_turn_does_not_stay_green() -> None:
    street = Street(dual(overlap(5, 4, not_with_ped=(PhaseNumber(4),)))).settled()
    street.pulse(5).until(60, 5, Interval.MIN_GREEN)
    assert street.shows() is GREEN
    street.press(4).until(60, 5, Interval.YELLOW_CHANGE)
    assert street.shows() is YELLOW
    street.until(60, 4, Interval.MIN_GREEN)
    assert (street.ped(4), street.shows()) == (PedInterval.WALK, RED)


def test_a_left_turn_flashes_beside_the_opposing_through_after_its_delay_and_is_green_with_its_own_phase() -> None:
    """WBL: protected by 1, against 2."""
    street = Street(dual(arrow(1, 2, delay_ms=2_000))).settled()
    street.pulse(2).until(60, 2, Interval.MIN_GREEN)
    began = street.now
    street.until_shows(ARROW)
    assert street.now - began == 2_000
    assert street.tick.controller.status(street.now).overlaps[0].reason == "beside phase 2"
    street.wait(3)
    street.pulse(4).until(60, 2, Interval.YELLOW_CHANGE)
    assert street.shows() is YELLOW
    ended = street.now
    street.pulse(1).until(60, 1, Interval.MIN_GREEN)
    assert street.shows() is GREEN
    assert street.times(EventCode.FYA_BEGIN, 1, began) == [began + 2_000]
    assert street.times(EventCode.FYA_END, 1, began) == [ended]
    assert street.times(EventCode.OVERLAP_BEGIN_YELLOW, 1, began)[0] == ended


def test_from_the_green_arrow_the_flashing_arrow_comes_through_yellow_and_red() -> None:
    """MUTCD 11th ed. 4F: a steady yellow arrow follows the green arrow."""
    street = Street(dual(arrow(1, 2))).settled()
    street.pulse(1).until(60, 1, Interval.MIN_GREEN)
    street.pulse(2)
    seen = [street.shows()]
    while seen[-1] is not ARROW:
        street.step()
        if street.shows() is not seen[-1]:
            seen.append(street.shows())
    assert seen == [GREEN, YELLOW, CLEARANCE, ARROW]  # the clearance is a red of 1.3 s


def test_a_flashing_arrow_does_not_end_because_the_through_beside_it_ends() -> None:
    """No yellow trap: 6 ends for 5, the opposing through 2 goes on."""
    street = Street(dual(arrow(1, 2))).settled()
    street.occupy(2).pulse(6).until(60, 2, Interval.MIN_GREEN)
    street.until_shows(ARROW)
    street.pulse(5).until(60, 5, Interval.MIN_GREEN)
    assert street.shows() is ARROW
    assert not street.times(EventCode.FYA_END, 1, street.now - 5_000)


def test_a_flashing_arrow_in_its_minimum_outlives_its_phase_by_as_long_as_time_stands() -> None:
    """Stop time lengthens what times (ADR 69): 2 stands in its yellow, the arrow in its minimum; the judge is told of it."""
    late = arrow(1, 2, delay_ms=4_000, min_green_ms=6_000)
    site = replace(dual(late), inputs=(ExternalInput(1, InputRef("mock", "stop"), Does.STOP_TIME),))
    site = replace(site, phases={n: replace(p, min_green_ms=5_000, passage_ms=1_000) for n, p in site.phases.items()})
    street = Street(site)
    street.wires = {"mock.stop": False}
    street.settled().pulse(2).until(60, 2, Interval.MIN_GREEN)
    judges = [OverlapOracle(rows(site), heads(site), ["1 2 | 3 4", "5 6 | 7 8"]) for _ in range(2)]
    began, stands = street.now, False
    while street.shows() in (RED, ARROW):
        assert street.decision is not None
        image = {int(c): i.name for c, i in street.decision.wanted.items()}
        judges[0].see(street.now, image, stands=stands)
        judges[1].see(street.now, image)
        stands = began + 5_500 <= street.now < began + 20_500
        street.wires["mock.stop"] = stands
        street.pulse(4).step()
    assert street.lasted(EventCode.FYA_BEGIN, EventCode.FYA_END, 1, began) == 6_000 + 15_000
    for judge in judges:
        judge.see(street.now, dict.fromkeys(map(int, site.channels), "RED") | {41: "YELLOW"})
    assert [len(judge.judge()) for judge in judges] == [0, 1]


def test_a_flashing_arrow_is_red_beside_the_walk_it_turns_into() -> None:
    street = Street(dual(arrow(1, 2, not_with_ped=(PhaseNumber(2),)))).settled()
    street.occupy(2).press(2).until(60, 2, Interval.MIN_GREEN)
    while street.ped(2) is not PedInterval.DONT_WALK:
        assert street.shows() is RED
        street.step()
    street.until_shows(ARROW)


def test_a_stop_waits_for_the_overlap_and_nothing_begins_on_the_way() -> None:
    site = dual(overlap(4, trailing_green_ms=20_000), arrow(7, 8, number=OverlapNumber(2), delay_ms=4_000))
    street = Street(site).settled()
    street.occupy(4, 8).until(60, 8, Interval.MIN_GREEN)
    street.wait(1)
    asked = street.now
    street.order(CommandKind.STOP).step()
    while street.mode is Mode.CLEARING:
        assert street.shows("B") is RED
        street.step()
    assert street.mode is Mode.FLASH
    assert 20_000 < street.now - asked <= site.longest_stop_ms
    assert street.times(EventCode.OVERLAP_OFF, 1)[-1] <= street.now


@pytest.mark.parametrize(
    ("shown", "codes"),
    [(GREEN, [64, 65]), (ARROW, [33, 64, 65]), (YELLOW, [64, 65]), (CLEARANCE, [65]), (RED, [])],
)
def test_flash_ends_an_overlap_in_the_log(shown: OverlapInterval, codes: list[int]) -> None:
    machine = OverlapMachine(arrow(1, 2), 0)
    if shown is not RED:
        machine.begin(5_000, 2_000, arrow=shown is ARROW)
    if shown in {YELLOW, CLEARANCE}:
        machine.end(9_000)
        machine.tick(9_000 + (3_700 if shown is CLEARANCE else 0))
    assert machine.interval is shown
    assert [int(e.code) for e in machine.cut()] == codes


def test_flash_now_starts_the_overlaps_afresh() -> None:
    street = Street(dual(overlap(4))).settled()
    street.occupy(4).until(60, 4, Interval.MIN_GREEN)
    street.order(CommandKind.FLASH_NOW).step()
    assert street.mode is Mode.FLASH
    assert street.shows() is RED
    assert [c for t, c, p in street.log if t == street.now and p == 1 and c in range(61, 67)] == [64, 65]


def test_a_machine_refuses_what_may_not_be_and_nothing_changes() -> None:
    machine = OverlapMachine(overlap(4), 0)
    with pytest.raises(IntervalError, match="overlap A: end asked in RED"):
        machine.end(1)
    with pytest.raises(IntervalError, match="overlap A: begin asked in RED"):
        machine.begin(999, 0, arrow=False)
    machine.begin(2_000, 2_000, arrow=False)
    with pytest.raises(IntervalError, match="overlap A: end asked in GREEN"):
        machine.end(4_999)
    with pytest.raises(IntervalError, match="overlap A: begin asked in GREEN"):
        machine.begin(60_000, 2_000, arrow=False)
    with pytest.raises(IntervalError, match="overlap A: resume asked in GREEN"):
        machine.resume(60_000)
    assert machine.interval is GREEN


def test_an_overlap_counts_in_the_longest_stop_and_the_longest_wait() -> None:
    plain = builders.quad()
    grown = with_overlap(plain, overlap(4, trailing_green_ms=20_000))
    assert grown.longest_overlap_end_ms == 3_000 + 20_000 + 5_000
    assert grown.longest_stop_ms > plain.longest_stop_ms
    assert longest_wait_ms(grown) > longest_wait_ms(plain)


def test_a_ped_of_another_phase_may_be_excepted_too() -> None:
    site = dual(overlap(4, not_with_ped=(PhaseNumber(8),)))
    street = Street(site).settled()
    street.occupy(4).until(60, 4, Interval.MIN_GREEN)
    street.wait(8)
    assert street.shows() is GREEN
    street.press(8).until(60, 8, Interval.MIN_GREEN)
    assert street.ped(8) is PedInterval.WALK
    assert street.shows() is RED


def test_calls_that_come_and_go_do_not_put_the_walk_off_for_ever() -> None:
    """Found by walking all states: opposed in the very tick in which the arrow is red, every time."""
    site = dual(arrow(1, 2, not_with_ped=(PhaseNumber(2),)))
    site = replace(site, phases={n: replace(p, locking=False) for n, p in site.phases.items()})
    street = Street(site).settled()
    street.occupy(2).until(60, 2, Interval.MIN_GREEN)
    street.until_shows(ARROW)
    street.wait(3)
    street.press(2)
    for _ in range(4):
        street.until_shows(CLEARANCE).wait(1.2)
        street.occupy(4).wait(1.5)
        street.leave(4)
        street.step()
        if street.ped(2) is not PedInterval.DONT_WALK:
            return
    raise AssertionError("the walk never came")


def test_no_overlap_begins_beside_a_walk_that_comes_with_the_green_after_red_and_amber() -> None:
    site = dual(overlap(4, not_with_ped=(PhaseNumber(8),)))
    eight = PhaseNumber(8)
    phases = {**site.phases, eight: replace(site.phases[eight], red_yellow_ms=2_000)}
    channels = tuple(
        replace(c, min_red_yellow_ms=2_000, max_red_yellow_ms=2_000) if c.number == 8 else c for c in site.card.channels
    )
    street = Street(replace(site, phases=phases, card=replace(site.card, channels=channels))).settled()
    street.occupy(4, 8).press(8).until(60, 8, Interval.RED_YELLOW)
    assert street.interval(4) is Interval.MIN_GREEN
    assert street.shows() is OverlapInterval.RED
    street.until(10, 8, Interval.MIN_GREEN)
    assert street.ped(8) is PedInterval.WALK
