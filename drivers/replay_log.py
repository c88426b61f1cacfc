"""A recorded high-resolution log as input edges: pure, text in, values out.

    TimeStamp,DeviceId,EventId,Parameter
    2024-04-15T12:00:00.300,1136,82,16        detector 16 on       -> terminal "16" occupied
    2024-04-15T12:00:01.000,1136,81,16        detector 16 off
    2024-04-15T12:49:41.000,1136,90,6         push-button 6 on     -> terminal "p6" occupied
    2024-04-15T12:49:41.700,1136,89,6         push-button 6 off

Columns are found by their names; every other event is passed over, but the recording lasts from its first line to its
last, whatever stands there.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drivers.base import DriverOpenError
from drivers.timeline import InputEdge
from edge.model.events import EventCode
from edge.model.units import Ms

COLUMNS = ("TimeStamp", "DeviceId", "EventId", "Parameter")
"""The columns of the log, as `stopline events --csv` and the public analysis tools write them."""

EDGES: dict[int, tuple[str, bool]] = {
    EventCode.DETECTOR_OFF: ("", False),
    EventCode.DETECTOR_ON: ("", True),
    EventCode.PED_DETECTOR_OFF: ("p", False),
    EventCode.PED_DETECTOR_ON: ("p", True),
}
"""Event → prefix of the terminal's name, and whether it is occupied from then on."""

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Recording:
    """The input edges of one log, from its first line (0) to its last (`length_ms`)."""

    edges: tuple[InputEdge, ...]
    length_ms: Ms


def read_recording(lines: Iterable[str], name: str) -> Recording:
    r"""Read the log `name`. Raises DriverOpenError with the line that cannot be read and why.

    >>> log = "TimeStamp,DeviceId,EventId,Parameter\n2024-04-15T12:00:00,7,0,2\n2024-04-15T12:00:01.5,7,82,16\n"
    >>> read_recording(log.splitlines(), "log.csv")
    Recording(edges=(InputEdge(at_ms=1500, terminal='16', occupied=True),), length_ms=1500)
    """
    rows = csv.reader(lines)
    try:
        order = _order(next(rows, []), name)
        events = [_event(row, order, f"{name} line {rows.line_num}") for row in rows if row]
    except csv.Error as error:
        raise DriverOpenError(f"{name} line {rows.line_num}: {error}; it is not a CSV log") from error
    if not events:
        raise DriverOpenError(f"{name}: no events in it; record one, or name another log")
    return _recording(events, name)


def _order(header: Sequence[str], name: str) -> tuple[int, ...]:
    found = {column.strip().lstrip("\ufeff").lower(): at for at, column in enumerate(header)}
    missing = [column for column in COLUMNS if column.lower() not in found]
    if missing:
        raise DriverOpenError(
            f"{name} line 1: no column {', '.join(missing)}; the first line must be {','.join(COLUMNS)}"
        )
    return tuple(found[column.lower()] for column in COLUMNS)


def _event(row: Sequence[str], order: tuple[int, ...], where: str) -> tuple[datetime, str, int, str]:
    try:
        stamp, device, code, parameter = (row[at].strip() for at in order)
        return datetime.fromisoformat(stamp), device, int(code), str(int(parameter))
    except (IndexError, ValueError) as error:
        raise DriverOpenError(
            f"{where}: {','.join(row)!r} is not an event ({error}); write it as 2024-04-15T12:00:00.300,1136,82,16"
        ) from error


def _recording(events: Sequence[tuple[datetime, str, int, str]], name: str) -> Recording:
    devices = sorted({device for _, device, _, _ in events})
    if len(devices) > 1:
        raise DriverOpenError(f"{name}: events of devices {', '.join(devices)} in one log; split it by DeviceId")
    try:
        first = min(stamp for stamp, *_ in events)
        edges = [
            InputEdge((stamp - first) // _MILLISECOND, EDGES[code][0] + parameter, EDGES[code][1])
            for stamp, _, code, parameter in events
            if code in EDGES
        ]
        last = max(stamp for stamp, *_ in events)
    except TypeError as error:
        raise DriverOpenError(
            f"{name}: time stamps with and without a time zone in one log; write them all alike"
        ) from error
    return Recording(tuple(sorted(edges)), (last - first) // _MILLISECOND)
