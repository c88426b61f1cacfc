"""From SUMO's tripinfo to figures. The unfinished and those that never came in count with what they have lost so far."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from edge.model.units import SECOND_MS
from edge.sim.traffic import UNSERVED_AFTER_MS, percentile


@dataclass(frozen=True, slots=True)
class Trip:
    """One vehicle. `delay_s`: timeLoss + departDelay; `since_due_s`: from when it was to depart until it arrived, or the end;
    `arrived`, `departed`: whether it did before the end."""

    delay_s: float
    since_due_s: float
    waiting_s: float
    stops: int
    arrived: bool
    departed: bool


@dataclass(frozen=True, slots=True)
class Walker:
    """One person on foot: the time it lost by all reasons."""

    delay_s: float
    arrived: bool


@dataclass(frozen=True, slots=True)
class Trips:
    """Everybody of one run."""

    vehicles: tuple[Trip, ...]
    walkers: tuple[Walker, ...] = ()


@dataclass(frozen=True, slots=True)
class TripFigures:
    """Means over all vehicles, the unfinished and undeparted included. `throughput`: vehicles that arrived."""

    vehicles: int
    delay_s: float
    p95_delay_s: float
    max_delay_s: float
    waiting_s: float
    stops: float
    throughput: int
    unfinished: int
    undeparted: int
    unserved: int


def read_trips(path: Path) -> Trips:
    """Read a tripinfo file, gzipped or not.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no XML.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as file:
            rows = list(_rows(ET.parse(file).getroot()))  # noqa: S314 - SUMO wrote it
    except ET.ParseError as error:
        raise ValueError(f"{path} is no tripinfo in XML: {error} — leave it to SUMO's default format") from error
    return Trips(
        tuple(row for row in rows if isinstance(row, Trip)), tuple(row for row in rows if isinstance(row, Walker))
    )


def _rows(root: ET.Element) -> Iterator[Trip | Walker]:
    for row in root:
        if row.tag == "tripinfo":
            yield _trip(row)
        elif row.tag == "personinfo":
            walks = row.findall("walk")
            if walks:
                lost = sum(max(0.0, _number(walk, "timeLoss")) for walk in walks)
                yield Walker(lost, arrived=_number(walks[-1], "arrival") >= 0)


def _trip(row: ET.Element) -> Trip:
    departed = _number(row, "depart") >= 0
    kept_out = max(0.0, _number(row, "departDelay"))
    lost = max(0.0, _number(row, "timeLoss")) + kept_out
    since_due = max(0.0, _number(row, "duration")) + kept_out
    waiting = max(0.0, _number(row, "waitingTime"))
    return Trip(lost, since_due, waiting, int(_number(row, "waitingCount")), _number(row, "arrival") >= 0, departed)


def _number(row: ET.Element, name: str) -> float:
    return float(row.get(name) or 0.0)


def figures_of(trips: Sequence[Trip]) -> TripFigures:
    """The figures of all vehicles."""
    delays = sorted(trip.delay_s for trip in trips)
    late = [trip for trip in trips if not trip.arrived]
    return TripFigures(
        vehicles=len(trips),
        delay_s=_mean(delays),
        p95_delay_s=percentile(delays, 95),
        max_delay_s=round(delays[-1], 2) if delays else 0.0,
        waiting_s=_mean([trip.waiting_s for trip in trips]),
        stops=_mean([trip.stops for trip in trips]),
        throughput=len(trips) - len(late),
        unfinished=sum(trip.departed for trip in late),
        undeparted=sum(not trip.departed for trip in late),
        unserved=sum(trip.since_due_s * SECOND_MS > UNSERVED_AFTER_MS for trip in late),
    )


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3) if values else 0.0
