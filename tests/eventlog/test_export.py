"""The four-column log: what is written, and what is read back."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.eventlog.export import (
    LogFileError,
    LogRow,
    function_of,
    local_rows,
    parse_csv,
    read_csv,
    write_csv,
    write_detector_table,
)
from edge.eventlog.records import Batch, Entry, Gap, Head
from edge.model.detectors import Detector, DetectorKind, DetectorLimits, InputRef
from edge.model.events import Event, EventCode
from edge.model.sequence import Sequence
from edge.model.site import Card, Fallback, LogLimits, Options, Site, StartUp
from edge.model.units import DetectorNumber, PhaseNumber, PlanNumber

FIELD_LOG = Path(__file__).resolve().parents[3] / "shared/data/odot-1136-2024-04-15.csv"
NOON_MS = 1_713_182_400_000  # 2024-04-15T12:00 as naive time

rows = st.lists(
    st.builds(
        LogRow,
        st.integers(0, 4_102_444_800_000),  # to 2100
        st.from_regex(r"[A-Za-z0-9-]{1,12}", fullmatch=True),
        st.integers(0, 32_767),
        st.integers(0, 32_767),
    )
)


def text(*lines: str) -> list[str]:
    return ["TimeStamp,DeviceId,EventId,Parameter\n", *lines]


@given(rows)
def test_what_is_written_is_read_back_to_the_millisecond(written: list[LogRow]) -> None:
    out = io.StringIO()
    assert write_csv(written, out) == len(written)
    assert list(parse_csv(out.getvalue().splitlines(keepends=True), "log.csv")) == written


def test_the_columns_and_the_time_stamp_stand_as_the_readers_expect() -> None:
    out = io.StringIO()
    write_csv([LogRow(NOON_MS + 61_300, "1136", 82, 4)], out)
    assert out.getvalue() == "TimeStamp,DeviceId,EventId,Parameter\n2024-04-15T12:01:01.300,1136,82,4\n"


def test_a_recorded_field_log_comes_back_byte_for_byte() -> None:
    if not FIELD_LOG.exists():
        pytest.skip("the recorded field log is not beside this checkout")
    read = list(read_csv(FIELD_LOG))
    assert len(read) == 37_152
    assert read[0] == (NOON_MS, "1136", 0, 5)
    out = io.StringIO()
    write_csv(read, out)
    assert out.getvalue() == FIELD_LOG.read_text().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("stamp", "after_noon_ms"),
    [
        ("2024-04-15T12:00:00", 0),
        ("2024-04-15 12:00:01.5", 1_500),
        ("2024-04-15 12:00:01.250999", 1_250),
        ("2024-04-15T12:59:59.999999999", 3_599_999),
    ],
)
def test_time_stamps_are_read_with_any_fraction(stamp: str, after_noon_ms: int) -> None:
    (row,) = parse_csv(text(f'{stamp},"bench 1",1,2\n'), "log.csv")
    assert row == (NOON_MS + after_noon_ms, "bench 1", 1, 2)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2024-04-15T12:00:00.0,1136,1\n", "3 fields"),
        ("2024-04-15T25:00:00.0,1136,1,2\n", "hour"),
        ("2024-02-30T12:00:00.0,1136,1,2\n", "day"),
        ("15/04/2024 12:00,1136,1,2\n", "no date and time"),
        ("2024-04-15T12:00:60.0,1136,1,2\n", "no seconds"),
        ("2024-04-15T12:00:00Z,1136,1,2\n", "no seconds"),
        ("2024-04-15T12:00:00.0,1136,x,2\n", "EventId is 'x'"),
        ("2024-04-15T12:00:00.0,1136,-1,2\n", "EventId is '-1'"),
        ("2024-04-15T12:00:00.0,1136,1,2.0\n", "Parameter is '2.0'"),
        ("2024-04-15T12:00:00.0,1136,1,٣\n", "Parameter is"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(line: str, says: str) -> None:
    lines = text("2024-04-15T12:00:00.000,1136,1,2\n", "\n", line)
    with pytest.raises(LogFileError, match=r"day\.csv:4: ") as caught:
        list(parse_csv(lines, "day.csv"))
    assert says in str(caught.value)


@pytest.mark.parametrize("lines", [[], ["2024-04-15T12:00:00.000,1136,1,2\n"], ["TimeStamp;DeviceId\n"]])
def test_a_file_without_the_four_columns_is_refused_at_line_1(lines: list[str]) -> None:
    with pytest.raises(LogFileError, match=r"day\.csv:1: the columns are .* — write TimeStamp,DeviceId"):
        list(parse_csv(lines, "day.csv"))


def test_a_file_that_is_no_text_is_refused_and_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "photo.csv"
    path.write_bytes(b"TimeStamp,DeviceId,EventId,Parameter\n\xff\xd8\xff\x00\n")
    with pytest.raises(LogFileError, match=r"photo\.csv:\d"):
        list(read_csv(path))


def test_a_byte_order_mark_and_capitals_in_the_columns_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("\ufefftimestamp,DEVICEID,EventID,Parameter\r\n2024-04-15T12:00:00.000,7,1,2\r\n")
    assert list(read_csv(path)) == [(NOON_MS, "7", 1, 2)]


def test_stored_events_are_exported_in_the_local_time_of_their_head_and_gaps_leave_no_row() -> None:
    events = (Event(EventCode.PHASE_BEGIN_GREEN, 2), Event(EventCode.DETECTOR_ON, 4))
    winter, summer = 1_704_110_400_000, 1_720_008_000_000  # 2024-01-01 and 2024-07-03, 12:00 UTC
    berlin, portland = Head(1, "Europe/Berlin", "0"), Head(1136, "America/Los_Angeles", "0")
    entries = [
        Entry(berlin, Batch(winter, 0, events)),
        Entry(berlin, Gap(winter, 0, 3, winter)),
        Entry(berlin, Batch(summer, 0, events[:1])),
        Entry(portland, Batch(summer, 0, events[1:])),
    ]
    out = io.StringIO()
    write_csv(local_rows(entries), out)
    assert out.getvalue().splitlines()[1:] == [
        "2024-01-01T13:00:00.000,1,1,2",
        "2024-01-01T13:00:00.000,1,82,4",
        "2024-07-03T14:00:00.000,1,1,2",
        "2024-07-03T05:00:00.000,1136,82,4",
    ]


def test_a_zone_this_computer_does_not_know_is_said_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="time zone 'Mars/Olympus' is not known here — write an IANA name"):
        list(local_rows([Entry(Head(1, "Mars/Olympus", "0"), Batch(0, 0, ()))]))


@pytest.mark.parametrize(
    ("kind", "distance_m", "function"),
    [
        (DetectorKind.ADVANCE, 80.0, "Advance"),
        (DetectorKind.STOPBAR, None, "Presence"),
        (DetectorKind.COUNT, None, "Yellow_Red"),
        (DetectorKind.COUNT, -2.0, "Yellow_Red"),
        (DetectorKind.COUNT, 60.0, "Count"),
    ],
)
def test_each_detector_has_the_function_the_readers_know(
    kind: DetectorKind, distance_m: float | None, function: str
) -> None:
    assert function_of(detector(1, 2, kind, distance_m)) == function


def detector(number: int, phase: int, kind: DetectorKind, distance_m: float | None = None) -> Detector:
    where, limits = InputRef("loops", str(number)), DetectorLimits(0, 0, 0)
    return Detector(DetectorNumber(number), where, PhaseNumber(phase), kind, limits, distance_m=distance_m)


def test_the_detector_table_has_a_row_for_each_detector_in_order() -> None:
    rows = [detector(15, 5, DetectorKind.ADVANCE), detector(4, 2, DetectorKind.STOPBAR)]
    site = Site(
        id=1136,
        name="",
        timezone="UTC",
        sequence=Sequence((((PhaseNumber(2), PhaseNumber(5)),),)),
        options=Options(red_revert_ms=2_000),
        phases={},
        intergreen={},
        devices={},
        detectors={row.number: row for row in rows},
        buttons={},
        channels={},
        card=Card((), frozenset()),
        plans={},
        schedule=(),
        exceptions=(),
        fallback=Fallback(PlanNumber(1), 1, 0, 0, 0),
        start_up=StartUp(0, 0, 0, ()),
        log_limits=LogLimits(1, 1),
    )
    out = io.StringIO()
    write_detector_table(site, out)
    assert out.getvalue() == "DeviceId,Phase,Parameter,Function\n1136,2,4,Presence\n1136,5,15,Advance\n"
