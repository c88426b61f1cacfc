"""Evidence by time of day: when it says something, what it says, and what the gate makes of it."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from edge.adaptive.evidence import Bin, Evidence, Quarter, Verdict, bin_of, chi2_99, day_number, sides
from edge.adaptive.gate import Gate, held_words, is_actuated_day
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.advice import Advice
from edge.model.plans import LocalTime
from edge.model.units import PhaseNumber

SEVEN = Bin(weekend=False, hour=7)
ACT = AdaptiveRules(AdaptiveMode.ACT)
EVEN, ODD = (2026, 1, 5), (2026, 1, 6)  # 20458 and 20459 days after 1970-01-01


def quarter(advised: float | None, actuated: float = 20.0, **changes: object) -> Quarter:
    made = Quarter(20_458, False, 7, 0, 100, 0.0, 20.0, actuated, 30.0, advised, chi2=5.0, freedom=10)  # noqa: FBT003
    return replace(made, **changes)  # type: ignore[arg-type]


def book(*advised: float | None, days: int = 2, **changes: object) -> Evidence:
    made = (replace(quarter(a), **changes) for a in advised)  # type: ignore[arg-type]
    return Evidence(replace(q, day=20_458 + k % days) for k, q in enumerate(made))


def at(hour: int, day: tuple[int, int, int] = EVEN, weekday: int = 0) -> LocalTime:
    return LocalTime(day, weekday, hour * 3_600_000 + 5, 0, synced=True)


EIGHT_GOOD = (16.0, 17.0, 15.0, 16.0, 17.0, 15.0, 16.0, 16.0)


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        (book(), Verdict.OPEN),
        (book(*EIGHT_GOOD), Verdict.SHOWN),
        (book(*EIGHT_GOOD[:7]), Verdict.OPEN),
        (book(*EIGHT_GOOD, days=1), Verdict.OPEN),
        (book(*([19.5] * 8)), Verdict.NOT_SHOWN),  # 2.5 %
        (book(*([19.3] * 8)), Verdict.SHOWN),  # 3.5 %
        (book(*([30.0] * 8)), Verdict.NOT_SHOWN),
        (book(5.0, 33.0, 4.0, 34.0, 6.0, 32.0, 5.0, 34.0), Verdict.NOT_SHOWN),  # 4 %, and far from certain
        (book(*([None] * 9)), Verdict.OPEN),
        (book(*EIGHT_GOOD, vehicles=19), Verdict.OPEN),
        (book(*EIGHT_GOOD, chi2=24.0), Verdict.NO_FIT),
        (book(*EIGHT_GOOD, chi2=23.0), Verdict.SHOWN),
        (book(*EIGHT_GOOD, freedom=0), Verdict.NO_FIT),
    ],
)
def test_a_gain_is_shown_by_enough_quarters_that_fit_and_agree(evidence: Evidence, verdict: Verdict) -> None:
    assert evidence.figures(SEVEN).verdict is verdict


def test_the_gain_is_that_of_the_sums_with_the_spread_of_the_quarters() -> None:
    evidence = Evidence([quarter(10.0, 20.0, vehicles=100), quarter(20.0, 20.0, vehicles=300)])
    gain = evidence.figures(SEVEN).over_actuated
    assert gain is not None
    assert gain.mean == pytest.approx(1 - 7_000 / 8_000)
    # residuals ∓750 around the ratio 7/8: sqrt(2 · 750² / (2·1)) / 4000
    assert gain.error == pytest.approx(750 / 4_000)
    assert gain.low < gain.mean
    over = evidence.figures(SEVEN).over_fixed
    assert over is not None
    assert over.mean == pytest.approx(1 - 7_000 / 12_000)


def test_only_the_latest_quarters_of_a_bin_are_kept() -> None:
    evidence = book(*([30.0] * 40), *([10.0] * 40))
    gain = evidence.figures(SEVEN).over_actuated
    assert gain is not None
    assert gain.mean == pytest.approx(0.5)


def test_bins_are_hours_of_working_days_and_of_weekends() -> None:
    assert bin_of(at(7)) == SEVEN
    assert bin_of(at(23, weekday=5)) == Bin(weekend=True, hour=23)
    assert Bin(weekend=True, hour=23).text == "weekends 23:00-00:00"
    assert Evidence([quarter(1.0, weekend=True), quarter(1.0)]).bins == (SEVEN, Bin(weekend=True, hour=7))


@pytest.mark.parametrize(("freedom", "point"), [(1, 6.63), (5, 15.09), (10, 23.21), (50, 76.15)])
def test_the_chi_square_point_is_that_of_the_tables(freedom: int, point: float) -> None:
    assert chi2_99(freedom) == pytest.approx(point, rel=0.02)


def test_days_are_counted_as_the_calendar_has_them() -> None:
    first = date(1899, 12, 25)
    for k in range(0, 150_000, 37):
        day = first + timedelta(k)
        assert day_number((day.year, day.month, day.day)) == (day - date(1970, 1, 1)).days


def test_switchback_days_alternate_and_every_weekday_is_on_both_sides_within_a_fortnight() -> None:
    days = [date(2026, 1, 1) + timedelta(k) for k in range(14)]
    actuated = [is_actuated_day((d.year, d.month, d.day)) for d in days]
    assert all(a != b for a, b in pairwise(actuated))
    assert {d.weekday() for d, a in zip(days, actuated, strict=True) if a} == set(range(7))
    assert (is_actuated_day(EVEN), is_actuated_day(ODD)) == (False, True)


NO_GAIN = (
    "shadow shows no gain on working days 07:00-08:00: +1.0 % ± 0.0 over actuation in 8 quarters on 2 days, "
    "3 % are needed"
)
GOOD, BAD = book(*EIGHT_GOOD), book(*([19.8] * 8))


@pytest.mark.parametrize(
    ("rules", "evidence", "local", "held"),
    [
        (ACT, GOOD, at(7), ""),
        (ACT, book(), at(7), ""),
        (ACT, BAD, at(8), ""),
        (ACT, BAD, None, ""),
        (
            ACT,
            BAD,
            at(7),
            NO_GAIN,
        ),
        (replace(ACT, act_unproved="M. Berger"), BAD, at(7), ""),
        (replace(ACT, mode=AdaptiveMode.ADVISE), BAD, at(7), ""),
        (replace(ACT, switchback_days=True), GOOD, at(7, EVEN), ""),
        (
            replace(ACT, switchback_days=True),
            GOOD,
            at(7, ODD),
            "today is an actuated day of the switchback, run for comparison",
        ),
        (
            replace(ACT, switchback_days=True, act_unproved="M. Berger"),
            BAD,
            at(7, ODD),
            "today is an actuated day of the switchback, run for comparison",
        ),
    ],
)
def test_the_gate_is_closed_by_a_bin_without_a_gain_and_on_actuated_days(
    rules: AdaptiveRules, evidence: Evidence, local: LocalTime | None, held: str
) -> None:
    advice = Advice(0, holds=frozenset({PhaseNumber(2)}))
    passed, why = Gate(rules, evidence).passes(advice, local)
    assert why == held
    assert passed.holds == (frozenset() if held else advice.holds)
    assert passed.healthy


def test_acting_unproved_is_said_with_the_name() -> None:
    gate = Gate(replace(ACT, act_unproved="M. Berger"), BAD)
    passed, held = gate.passes(Advice(0, holds=frozenset({PhaseNumber(2)})), at(7))
    assert held == ""
    assert passed.holds
    assert passed.why == f"acts all the same, by M. Berger, although {NO_GAIN}"
    assert held_words(passed) == ""
    assert held_words(Gate(ACT, BAD).passes(Advice(0), at(7))[0]) == NO_GAIN
    assert gate.note(None) == ""


def test_an_advice_that_is_not_healthy_keeps_its_own_reason() -> None:
    advice = Advice(0, healthy=False, why="the loops")
    assert Gate(ACT, BAD).passes(advice, at(7)) == (advice, "")


def test_a_gate_opens_again_when_the_evidence_does() -> None:
    evidence = book(*([19.8] * 8))
    gate = Gate(ACT, evidence)
    assert gate.closed(at(7))
    for _ in range(40):
        evidence.add(quarter(10.0))
    assert gate.closed(at(7)) == "" or evidence.figures(SEVEN).verdict is Verdict.OPEN


def test_measured_days_are_laid_side_by_side() -> None:
    rows = [
        quarter(1.0, acted=1.0, measured_s=10.0, on_red=0.2, greens=10, failures=1, occupied=0.5),
        quarter(1.0, acted=1.0, day=20_460, measured_s=20.0, on_red=0.4, greens=30, failures=0, occupied=0.7),
        quarter(1.0, acted=0.0, day=20_459, measured_s=30.0, on_red=0.6, greens=10, failures=5, occupied=0.9),
        quarter(1.0, acted=0.5, day=20_459, measured_s=99.0),
    ]
    found = sides(rows)
    assert (found["adaptive"].days, found["adaptive"].quarters, found["adaptive"].vehicles) == (2, 2, 200)
    assert found["adaptive"].delay_s == pytest.approx(15.0)
    assert found["adaptive"].failures == pytest.approx(1 / 40)
    assert found["adaptive"].occupied == pytest.approx(0.65)
    assert (found["actuated"].delay_s, found["actuated"].failures) == (30.0, 0.5)
