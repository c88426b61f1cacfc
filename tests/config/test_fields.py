"""Single values: what is read, and what is said of what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from edge.config.fields import (
    Clock,
    Date,
    Decimal,
    InputText,
    Kind,
    Minutes,
    Name,
    NumberKey,
    Seconds,
    Switch,
    Text,
    Whole,
    Word,
    shown,
)
from edge.config.words import DaysText, DayText, FlashWord, FormatVersion, RecallWord, RingText, RunText
from edge.model.detectors import InputRef
from edge.model.phases import Recall
from edge.model.plans import FREE, Run, RunKind
from edge.model.units import PlanNumber


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (Seconds(0, 25.5), 3, 3_000),
        (Seconds(0, 25.5), 3.6, 3_600),
        (Seconds(0, 999), 0.1, 100),
        (Whole(1, 16), 16, 16),
        (Minutes(0, 60), 8, 480_000),
        (Decimal(-90, 90), -12.25, -12.25),
        (NumberKey(16), 4, 4),
        (Text(), "a b", "a b"),
        (Text(), "", ""),
        (Name(), "cab-1_b", "cab-1_b"),
        (Switch(), True, True),
        (Word(Recall), "min", Recall.MIN),
        (RecallWord(), "max", Recall.MAX),
        (Word(FlashWord), "dont-walk", FlashWord.DONT_WALK),
        (InputText(), "loops.3", InputRef("loops", "3")),
        (InputText(), "cab.in1", InputRef("cab", "1")),
        (InputText(), "cab.door", InputRef("cab", "door")),
        (Clock(), "06:30", 23_400_000),
        (Clock(), "6:30", 23_400_000),
        (Clock(end_of_day=True), "24:00", 86_400_000),
        (Date(), "2024-02-29", (2024, 2, 29)),
        (RingText(), "1 2 | 3 4", ((1, 2), (3, 4))),
        (RingText(), "2 |", ((2,), ())),
        (RingText(), "|2", ((), (2,))),
        (DaysText(), "daily", frozenset(range(7))),
        (DaysText(), "mon-fri", frozenset(range(5))),
        (DaysText(), "sat-mon", frozenset({5, 6, 0})),
        (DaysText(), "mon, wed", frozenset({0, 2})),
        (DaysText(), "weekend", frozenset({5, 6})),
        (DayText(), "sun", 6),
        (RunText(), "free", FREE),
        (RunText(), "flash", Run(RunKind.FLASH)),
        (RunText(), "plan 12", Run(RunKind.PLAN, PlanNumber(12))),
        (FormatVersion(), 1, 1),
    ],
)
def test_a_value_is_read(kind: Kind, value: object, read: object) -> None:
    assert kind.read(value) == read


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (Seconds(0, 25.5), "1,5", "'1,5' has a decimal comma — write 1.5 with a point"),
        (Seconds(0, 25.5), "1.5", "'1.5' is text — write 1.5 without quotes"),
        (Seconds(0, 25.5), 1.25, "1.25 s is not a multiple of 0.1 s — write 1.2"),
        (Seconds(0, 25.5), 26, "26 s is more than 25.5 s — write 0 to 25.5"),
        (Seconds(2, 25.5), 1.9, "1.9 s is less than 2 s — write 2 to 25.5"),
        (Seconds(0, 25.5), "fast", "'fast' is no number — write seconds, 0 to 25.5"),
        (Seconds(0, 25.5), True, "true is no number — write seconds, 0 to 25.5"),
        (Seconds(0, 25.5), [1], "a list is no number — write seconds, 0 to 25.5"),
        (Seconds(0, 25.5), float("nan"), "nan is no quantity — write seconds, 0 to 25.5"),
        (Seconds(0, 25.5), float("inf"), "inf is no quantity — write seconds, 0 to 25.5"),
        (Whole(1, 16), 2.5, "2.5 is not a whole number — write 2"),
        (Whole(1, 16), 17, "17 is more than 16 — write 1 to 16"),
        (Whole(300, 1_000_000), 0, "0 is less than 300 — write 300 to 1000000"),
        (Minutes(0, 60), 61, "61 min is more than 60 min — write 0 to 60"),
        (NumberKey(16), "4", "the key '4' is text — write 4 without quotes"),
        (NumberKey(16), "x", "the key 'x' is not a number here — write a number, 1 to 16"),
        (NumberKey(16), 17, "the key 17 is not a number here — write a number, 1 to 16"),
        (Text(), 7, '7 is not text — write it in quotes: "7"'),
        (Text(5), "abcdef", "this text has 6 characters — write at most 5"),
        (Text(empty=False), " ", "this text is empty — write at least a word"),
        (Name(), "7up", "'7up' is no device name — write a letter first, then letters, digits, - or _, at most 32"),
        (Switch(), "yes", "'yes' is neither true nor false — write true"),
        (Switch(), "off", "'off' is neither true nor false — write false"),
        (Switch(), 1, "1 is neither true nor false — write true or false"),
        (Word(Recall), "mim", "'mim' is none of none, soft, min, max — did you mean 'min'?"),
        (Word(Recall), "qqqq", "'qqqq' is none of none, soft, min, max — write one of none, soft, min, max"),
        (Word(Recall), 3, "3 is none of none, soft, min, max — write one of none, soft, min, max"),
        (RecallWord(), "ped", "'ped' is not a vehicle recall — write ped_recall: true"),
        (InputText(), "loops", "'loops' names no input — write device.terminal, such as loops.3"),
        (InputText(), 1.5, "1.5 names no input — write device.terminal, such as loops.3"),
        (Clock(), 630, "630 is no time of day — write HH:MM, such as 06:30"),
        (Clock(), "24:00", "'24:00' is after the end of the day — write 00:00 to 23:59"),
        (Clock(end_of_day=True), "24:30", "'24:30' is after the end of the day — write 00:00 to 23:59"),
        (Date(), "4.7.2026", "'4.7.2026' is no date — write YYYY-MM-DD, such as 2026-07-04"),
        (Date(), "2026-02-29", "2026-02-29 is not in the calendar — write a date that exists"),
        (Date(), "2026-13-01", "2026-13-01 is not in the calendar — write a date that exists"),
        (RingText(), "1, 2", "'1, 2' is no ring — write phases and barriers in quotes, such as \"1 2 | 3 4\""),
        (RingText(), " | ", "' | ' is no ring — write phases and barriers in quotes, such as \"1 2 | 3 4\""),
        (RingText(), "1 17", "'1 17' has phase 17 — number phases 1 to 16"),
        (DaysText(), "mon-fry", "'mon-fry' names no days — did you mean 'fri'?"),
        (DaysText(), "mom", "'mom' names no days — did you mean 'mon'?"),
        (DaysText(), "never", "'never' names no days — write daily, mon-fri, sat-sun or a day such as sun"),
        (DaysText(), 5, "5 names no days — write daily, mon-fri, sat-sun or a day such as sun"),
        (DayText(), "sunday", "'sunday' is no day of the week — write one of mon, tue, wed, thu, fri, sat, sun"),
        (RunText(), "plan B", "'plan B' is nothing that can run — write free, flash or plan n"),
        (RunText(), 1, "1 is nothing that can run — write free, flash or plan n"),
        (FormatVersion(), 2, "2 is a version of the format that this program does not read — write schema: 1"),
        (FormatVersion(), True, "true is a version of the format that this program does not read — write schema: 1"),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_write(kind: Kind, value: object, said: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        kind.read(value)
    assert str(refused.value) == said


def test_values_are_quoted_short() -> None:
    assert shown("x" * 60) == repr("x" * 37 + "…")
    assert shown(None) == "nothing"
    assert shown({}) == "a mapping"


@given(st.integers(0, 9_990))
def test_every_tenth_of_a_second_is_read_exactly(tenths: int) -> None:
    assert Seconds(0, 999).read(tenths / 10) == tenths * 100


@given(st.floats(0, 999), st.sampled_from([Seconds(0, 999)]))
def test_seconds_are_read_exactly_or_refused(value: float, kind: Seconds) -> None:
    try:
        read = kind.read(value)
    except PydanticCustomError:
        assert abs(value * 10 - round(value * 10)) > 1e-6
    else:
        assert read % 100 == 0
        assert abs(read / 1000 - value) < 1e-6
