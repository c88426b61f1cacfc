"""What storing costs: the control loop's share, the workers' share, and bytes per hour. `python bench/eventlog.py`.

The intersection is made up and busy: 64 detectors on two devices that answer on every tick, each with 600 vehicles an
hour, 16 channels read back, one of them flashing a third of the time.
"""

import io
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from edge.eventlog import journal
from edge.eventlog.export import local_rows, parse_csv, write_csv
from edge.eventlog.journal import JournalHead, JournalReader, JournalWriter
from edge.eventlog.reader import LogReader
from edge.eventlog.records import Head
from edge.eventlog.snapshot import Moment, Occasion, SnapshotRing, document
from edge.eventlog.writer import LogWriter
from edge.model.detectors import InputSample
from edge.model.events import Event, EventCode
from edge.model.exchange import Decision, Inputs, Mode, Readback, Rung
from edge.model.indications import Indication, Lamps
from edge.model.plans import LocalTime
from edge.model.site import LogLimits
from edge.model.units import ChannelNumber, DetectorNumber, Ms

TICKS_PER_HOUR = 36_000
START_MS = 1_713_182_400_000
DETECTORS = [DetectorNumber(n) for n in range(1, 65)]
CHANNELS = [ChannelNumber(n) for n in range(1, 17)]


@dataclass(frozen=True)
class Image:
    """What the monitor would have permitted."""

    sequence: int
    shown: dict[ChannelNumber, Indication]
    lit: bool


def traffic(seed: int) -> Iterator[tuple[Ms, Inputs, tuple[Event, ...], Image]]:
    """Ticks without end."""
    dice = random.Random(seed)
    occupied, counts = dict.fromkeys(DETECTORS, False), dict.fromkeys(DETECTORS, 0)
    lamps = dict.fromkeys(CHANNELS, Lamps.RED)
    tick = 0
    while True:
        tick += 1
        now, events = 100 * tick, []
        taken = (now - dice.randrange(20, 60), now - dice.randrange(20, 60))
        for number in DETECTORS:
            if dice.random() < (0.1 if occupied[number] else 1 / 60):
                occupied[number] = not occupied[number]
                counts[number] += occupied[number]
                events.append(Event(EventCode.DETECTOR_ON if occupied[number] else EventCode.DETECTOR_OFF, number))
        if tick % 40 == 0:
            lamps = lamps | {dice.choice(CHANNELS): dice.choice([Lamps.RED, Lamps.YELLOW, Lamps.GREEN])}
        if tick % 300 < 100 and tick % 5 == 0:
            lamps = lamps | {CHANNELS[0]: Lamps.RED if tick % 10 else Lamps.NONE}
        samples = {n: InputSample(occupied[n], counts[n], taken[n > 32]) for n in DETECTORS}
        local = LocalTime((2024, 4, 15), 0, 43_200_000 + now, START_MS + now, synced=True)
        inputs = Inputs(samples, {}, local, (), (), (Readback(tick - 1, now - dice.randrange(40, 90), lamps),))
        yield now, inputs, tuple(events), Image(tick, dict.fromkeys(CHANNELS, Indication.RED), lit=True)


def told(name: str, value: float, unit: str) -> None:
    """One line of the result."""
    print(f"{name:<58} {value:>12.2f} {unit}")


def timed(name: str, deeds: Iterator[Callable[[], object]]) -> None:
    """Run the deeds; tell the median and the 99th percentile of one."""
    took = []
    for deed in deeds:
        begin = time.perf_counter_ns()
        deed()
        took.append((time.perf_counter_ns() - begin) / 1_000)
    told(f"{name}, median", statistics.median(took), "µs a tick")
    told(f"{name}, 99 of 100", statistics.quantiles(took, n=100)[98], "µs a tick")


def bench_log(directory: Path, run: list[tuple[Ms, Inputs, tuple[Event, ...], Image]]) -> None:
    """The event log: submit, write, read, export, read the export."""
    writer = LogWriter(directory, Head(1, "America/Los_Angeles", "bench"), LogLimits(30, 500), lambda: 0)
    timed("log: submit", (partial(writer.submit, t, START_MS + t, e) for t, _, e, _ in run))
    writer.close(60)
    size = sum(path.stat().st_size for path in directory.iterdir())
    told("log: bytes an event", size / writer.confirmed, "bytes")
    out = io.StringIO()
    begin = time.perf_counter()
    count = write_csv(local_rows(LogReader(directory).entries()), out)
    told("log: read and export 100 000 events", (time.perf_counter() - begin) / count * 100_000, "s")
    lines = out.getvalue().splitlines()
    begin = time.perf_counter()
    assert sum(1 for _ in parse_csv(lines, "bench")) == count
    told("log: read a CSV of 100 000 events", (time.perf_counter() - begin) / count * 100_000, "s")


def bench_journal(directory: Path, run: list[tuple[Ms, Inputs, tuple[Event, ...], Image]]) -> None:
    """The input journal: submit, encode, size, read."""
    journal._QUEUE_TICKS = len(run) + 1  # noqa: SLF001 (here the loop hands over half an hour at once)
    writer = JournalWriter(directory, JournalHead(1, "UTC", "bench", "", ""))
    timed("journal: submit", (partial(writer.submit, t, i, e, image.shown) for t, i, e, image in run))
    begin = time.perf_counter()
    writer.close(120)
    told("journal: encode and write, in the worker", (time.perf_counter() - begin) / len(run) * 1e6, "µs a tick")
    (path,) = directory.iterdir()
    told("journal: size", path.stat().st_size / len(run) * TICKS_PER_HOUR / 1e6, "MB an hour")
    begin = time.perf_counter()
    back = [tick.inputs for tick in JournalReader(path)]
    told("journal: read an hour", (time.perf_counter() - begin) / len(run) * TICKS_PER_HOUR, "s")
    assert back == [inputs for _, inputs, _, _ in run], "exact"


def bench_snapshot(run: list[tuple[Ms, Inputs, tuple[Event, ...], Image]]) -> None:
    """The ring and the document."""
    ring = SnapshotRing()
    wanted = dict.fromkeys(CHANNELS, Indication.RED)
    moments = [Moment(n, i, Decision(Mode.RUN, Rung.ACTUATED, wanted, e, ()), image) for n, i, e, image in run]
    timed("snapshot: append", (partial(ring.append, *moment) for moment in moments))
    begin = time.perf_counter()
    text = str(document(Occasion("bench", START_MS, 1, "bench", ""), ring.moments()))
    told("snapshot: build the document, in the worker", (time.perf_counter() - begin) * 1_000, "ms")
    told("snapshot: size", len(text) / 1_000, "kB")


def main() -> None:
    """All of it, over half an hour of ticks."""
    run = list(islice(traffic(1), TICKS_PER_HOUR // 2))
    with tempfile.TemporaryDirectory() as place:
        bench_log(Path(place) / "events", run)
        bench_journal(Path(place) / "journal", run)
    bench_snapshot(run)


if __name__ == "__main__":
    main()
