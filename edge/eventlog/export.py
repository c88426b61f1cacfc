"""The event log as other programs read it: the four columns, the detector table, and logs of that kind read back.

Columns and functions are those the public `atspm` package expects; time stamps are naive local time of the site.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from edge.eventlog.records import Batch, Entry
from edge.eventlog.stamps import local_clock, ms_of, text_of
from edge.model.detectors import Detector, DetectorKind
from edge.model.site import Site

COLUMNS = ("TimeStamp", "DeviceId", "EventId", "Parameter")
DETECTOR_COLUMNS = ("DeviceId", "Phase", "Parameter", "Function")

_AT_STOP_BAR_M = 5.0
"""Ours: a count loop nearer than this to the stop bar, or behind it, sees who passes on yellow and red."""


class LogFileError(ValueError):
    """A log file that cannot be read as one. The message is `file:line: what — what to write`."""


class LogRow(NamedTuple):
    """One line of the four-column log. `local_ms`: naive local time, ms since 1970 as if the local clock were UTC."""

    local_ms: int
    device: str
    code: int
    parameter: int


def local_rows(entries: Iterable[Entry]) -> Iterator[LogRow]:
    """The stored log as rows, each in the local time of the head it was written under. Gaps have no row of their own."""
    clocks: dict[str, Callable[[int], int]] = {}
    for head, record in entries:
        if head.zone not in clocks:
            clocks[head.zone] = local_clock(head.zone)
        if isinstance(record, Batch):
            local_ms, device = clocks[head.zone](record.epoch_ms), str(head.device)
            for event in record.events:
                yield LogRow(local_ms, device, int(event.code), event.parameter)


def write_csv(rows: Iterable[LogRow], out: TextIO) -> int:
    """Write the log with columns `TimeStamp,DeviceId,EventId,Parameter`; returns the number of rows below the head."""
    out.write(",".join(COLUMNS) + "\n")
    count = 0
    for local_ms, device, code, parameter in rows:
        out.write(f"{text_of(local_ms)},{device},{code},{parameter}\n")
        count += 1
    return count


def write_detector_table(site: Site, out: TextIO) -> None:
    """Write what each detector is for, with columns `DeviceId,Phase,Parameter,Function`."""
    out.write(",".join(DETECTOR_COLUMNS) + "\n")
    for number in sorted(site.detectors):
        detector = site.detectors[number]
        out.write(f"{site.id},{detector.phase},{number},{function_of(detector)}\n")


def function_of(detector: Detector) -> str:
    """What the log's readers call the detector's purpose: Advance, Presence, Yellow_Red, or Count (which they leave out)."""
    match detector.kind:
        case DetectorKind.ADVANCE:
            return "Advance"
        case DetectorKind.STOPBAR:
            return "Presence"
        case DetectorKind.COUNT:
            return "Yellow_Red" if (detector.distance_m or 0.0) < _AT_STOP_BAR_M else "Count"


def read_csv(path: Path) -> Iterator[LogRow]:
    """The rows of a four-column log file, in file order.

    Raises:
        LogFileError: the file is not such a log; the message names file and line.
        OSError: it cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from parse_csv(lines, str(path))


def parse_csv(lines: Iterable[str], file: str) -> Iterator[LogRow]:
    """The rows of a four-column log given as lines; `file` is its name in messages.

    Raises:
        LogFileError: see `read_csv`.
    """
    reader = csv.reader(lines)
    try:
        _check_columns(next(reader, []))
        for fields in reader:
            if fields:
                yield _row(fields)
    except (ValueError, csv.Error) as error:  # a UnicodeDecodeError is a ValueError
        raise LogFileError(f"{file}:{max(1, reader.line_num)}: {error}") from error


def _check_columns(fields: list[str]) -> None:
    if [field.strip().lower() for field in fields] != [column.lower() for column in COLUMNS]:
        raise ValueError(f"the columns are {','.join(fields)!r} — write {','.join(COLUMNS)}")


def _row(fields: list[str]) -> LogRow:
    if len(fields) != len(COLUMNS):
        raise ValueError(f"{len(fields)} fields in the row — write {','.join(COLUMNS)}")
    stamp, device, code, parameter = fields
    return LogRow(ms_of(stamp), device, _number(code, "EventId"), _number(parameter, "Parameter"))


def _number(text: str, column: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{column} is {text!r} — write a whole number from 0")
    return int(text)
