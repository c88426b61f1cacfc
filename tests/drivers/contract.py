"""The suites every driver inherits: what `drivers.base` promises, asked of a real worker on a real (or pretended) line.

A driver's test module writes one bench (its device, and the hands that break and mend it) and one class per suite:

    class TestMockKeepsTheContract(SourceContract, LosableContract, SinkContract):
        @pytest.fixture
        def bench(self) -> Iterator[MockBench]: ...

No test here measures a time: it waits, with a generous deadline, for what must come, and counts what must not.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Protocol

import pytest

from drivers.base import DetectorSource, SignalSink
from edge.model.detectors import InputSample
from edge.model.devices import DeviceState
from edge.model.indications import ChannelKind, Indication, Lamps
from edge.model.site import Channel
from edge.model.units import ChannelNumber, Ms, PhaseNumber
from edge.safety.permitted import Permitted

DEADLINE_S = 20.0
"""How long to wait for what must come: far beyond any time-out here, also on a busy machine."""

DEVICE = "device"
"""The name every bench gives its device."""

NORTH, EAST = ChannelNumber(1), ChannelNumber(2)
CHANNELS = (
    Channel(NORTH, ChannelKind.VEHICLE, PhaseNumber(1), DEVICE, (0, 1, 2), Indication.FLASH_RED),
    Channel(EAST, ChannelKind.VEHICLE, PhaseNumber(2), DEVICE, (3, 4, 5), Indication.FLASH_RED),
)
"""The channels wired to every bench's device: red, yellow, green at wires 0-2 and 3-5."""

CLOCK_OFFSET_MS = 7_000_000_000
"""Sets the bench's clock far from any clock of the machine, so that a driver that reads its own is found out."""


def clock() -> Ms:
    """The clock the drivers under test are given."""
    return time.monotonic_ns() // 1_000_000 + CLOCK_OFFSET_MS


def image(sequence: int, green: ChannelNumber) -> Permitted:
    """An image with one channel green and the other red."""
    shown = {n: Indication.GREEN if n == green else Indication.RED for n in (NORTH, EAST)}
    return Permitted(sequence, shown, lit=True)


def lamps_with(green: ChannelNumber) -> dict[ChannelNumber, Lamps]:
    """The circuits of `image`."""
    return {n: Lamps.GREEN if n == green else Lamps.RED for n in (NORTH, EAST)}


def eventually(holds: Callable[[], object], what: str, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Wait until `holds()`, doing `meanwhile` at every look; fail with `what` after the deadline."""
    give_up = time.monotonic() + DEADLINE_S
    while not holds():
        if time.monotonic() > give_up:
            pytest.fail(f"waited in vain: {what}")
        meanwhile()
        time.sleep(0.005)


def wait_past(instant: Ms) -> None:
    """Let the bench's clock pass `instant`."""
    eventually(lambda: clock() > instant, "the clock to move")


class SourceBench(Protocol):
    """A device with inputs `"1"` and `"2"` at least, and the hands on it. `stale_after_ms` as configured."""

    stale_after_ms: Ms

    def source(self) -> DetectorSource:
        """The driver under test, not started; asked for once a test."""

    def vehicles(self, terminal: str, number: int) -> None:
        """Let `number` vehicles pass `terminal`, after each other, ending unoccupied."""


class LosableBench(SourceBench, Protocol):
    """A device that can be lost and come back. It is there at first.

    `counts_while_lost`: whether it counts by itself, so that vehicles are not lost while nobody listens.
    """

    counts_while_lost: bool

    def kill(self) -> None:
        """Take it away: unplugged, refused, gone. It keeps its counters."""

    def revive(self) -> None:
        """Bring it back after a kill."""

    def stall(self) -> None:
        """Leave it connected, but silent."""

    def resume(self) -> None:
        """Let it answer again after a stall."""

    def near_wrap(self) -> None:
        """Set its own counters five vehicles before they wrap, as if it had run for long. Before the driver starts."""


class SinkBench(Protocol):
    """A device with lamps on CHANNELS. It is there at first."""

    def sink(self) -> SignalSink:
        """The driver under test, not started; asked for once a test."""

    def shown(self) -> tuple[Mapping[ChannelNumber, Lamps], ...]:
        """Every image the device has been given so far, oldest first, repetitions included."""

    def kill(self) -> None:
        """As in LosableBench."""

    def revive(self) -> None:
        """As in LosableBench."""

    def stall(self) -> None:
        """As in LosableBench."""

    def resume(self) -> None:
        """As in LosableBench."""


class ReadbackBench(SinkBench, Protocol):
    """A device whose lamps can be read back."""

    def corrupt(self, channel: ChannelNumber, lamps: Lamps) -> None:
        """Let `channel` read back as `lamps` from now on."""


def is_up(face: DetectorSource | SignalSink) -> bool:
    """Whether the driver says its device is up."""
    return face.health().state is DeviceState.UP


def _sample(source: DetectorSource, terminal: str = "1") -> InputSample | None:
    return source.latest().get(terminal)


def _fresh(source: DetectorSource, since: Ms) -> bool:
    sample = _sample(source)
    return sample is not None and sample.ok and sample.taken_ms > since


def _count(source: DetectorSource, terminal: str = "1") -> int:
    sample = _sample(source, terminal)
    return sample.count if sample is not None else 0


class _LeavesNoThread:
    """Every thread has ended when driver and bench are closed."""

    @pytest.fixture(autouse=True)
    def no_thread_stays(self) -> Iterator[None]:
        before = set(threading.enumerate())
        yield
        eventually(lambda: set(threading.enumerate()) <= before, "every thread to end")


class SourceContract(_LeavesNoThread):
    """What every DetectorSource shows, on a bench whose device is there."""

    @pytest.fixture
    def source(self, bench: SourceBench) -> Iterator[DetectorSource]:
        driver = bench.source()
        yield driver
        driver.stop()

    def test_a_source_is_empty_before_its_first_sample(self, source: DetectorSource) -> None:
        assert dict(source.latest()) == {}
        assert not is_up(source)

    def test_a_started_source_gives_good_samples_with_counts_from_zero(self, source: DetectorSource) -> None:
        source.start()
        eventually(lambda: _fresh(source, 0), "a first sample")
        assert set(source.latest()) >= {"1", "2"}
        assert {sample.count for sample in source.latest().values()} == {0}
        eventually(lambda: is_up(source), "health UP")
        assert source.health().last_ms is not None

    def test_samples_are_stamped_with_the_given_clock_and_never_run_back(self, source: DetectorSource) -> None:
        before = clock()
        source.start()
        eventually(lambda: _fresh(source, 0), "a first sample")
        stamps = []

        def keep_stamp() -> None:
            sample = _sample(source)
            assert sample is not None
            stamps.append(sample.taken_ms)

        eventually(lambda: len(set(stamps)) >= 3, "three different stamps", keep_stamp)
        assert before <= stamps[0]
        assert stamps[-1] <= clock()
        assert all(a <= b for a, b in pairwise(stamps))

    def test_every_vehicle_is_counted_at_its_own_terminal(self, source: DetectorSource, bench: SourceBench) -> None:
        source.start()
        eventually(lambda: _fresh(source, 0), "a first sample")
        bench.vehicles("1", 3)
        bench.vehicles("2", 1)
        eventually(lambda: (_count(source), _count(source, "2")) == (3, 1), "three vehicles and one")

    def test_starting_twice_is_starting_once(self, source: DetectorSource) -> None:
        source.start()
        threads = threading.active_count()
        source.start()
        assert threading.active_count() <= threads
        eventually(lambda: _fresh(source, 0), "a first sample")

    def test_a_source_may_be_stopped_before_its_start_and_twice_after(self, source: DetectorSource) -> None:
        source.stop()
        source.start()
        source.stop()
        source.stop()
        assert not is_up(source)
        source.latest()

    def test_a_stopped_source_takes_no_more_samples(self, source: DetectorSource) -> None:
        source.start()
        eventually(lambda: _fresh(source, 0), "a first sample")
        source.stop()
        last = source.latest()
        wait_past(clock() + 50)
        assert source.latest() == last


class LosableContract(_LeavesNoThread):
    """What every DetectorSource shows when its device is lost, silent or not there yet."""

    @pytest.fixture
    def source(self, bench: LosableBench) -> Iterator[DetectorSource]:
        driver = bench.source()
        yield driver
        driver.stop()

    def test_an_absent_device_is_said_and_found_when_it_comes(
        self, source: DetectorSource, bench: LosableBench
    ) -> None:
        bench.kill()
        source.start()
        eventually(lambda: source.health().said, "a sentence about the absent device")
        assert not is_up(source)
        assert dict(source.latest()) == {}
        bench.revive()
        eventually(lambda: _fresh(source, 0), "samples of a device that came late")
        eventually(lambda: is_up(source), "health UP")

    def test_a_lost_device_ages_and_comes_back(self, source: DetectorSource, bench: LosableBench) -> None:
        source.start()
        eventually(lambda: _fresh(source, 0), "a first sample")
        bench.kill()
        self._falls_silent(source, bench)
        eventually(lambda: not is_up(source), "health to say that the device is lost")
        assert source.health().said
        bench.revive()
        since = clock()
        eventually(lambda: _fresh(source, since), "samples after the device came back")
        eventually(lambda: is_up(source), "health UP again")

    def test_a_silent_device_ages_and_comes_back(self, source: DetectorSource, bench: LosableBench) -> None:
        source.start()
        eventually(lambda: _fresh(source, 0), "a first sample")
        bench.stall()
        self._falls_silent(source, bench)
        bench.resume()
        since = clock()
        eventually(lambda: _fresh(source, since), "samples after the device spoke again")

    def test_calls_do_not_wait_for_a_silent_device(self, source: DetectorSource, bench: LosableBench) -> None:
        source.start()
        eventually(lambda: _fresh(source, 0), "a first sample")
        bench.stall()
        self._falls_silent(source, bench)
        calls = 0
        silence_began = clock()
        while clock() < silence_began + 300:  # three ticks; a call that waited for the device would eat one each
            source.latest()
            source.health()
            calls += 1
        assert calls > 50
        bench.resume()

    def test_counts_never_fall_and_lose_no_vehicle_the_device_counted(
        self, source: DetectorSource, bench: LosableBench
    ) -> None:
        bench.near_wrap()
        source.start()
        eventually(lambda: _fresh(source, 0), "a first sample")
        seen: list[int] = []
        expected = 0
        for lose, find in ((bench.stall, bench.resume), (bench.kill, bench.revive)):
            expected += self._pass(source, bench, seen, expected)
            lose()
            self._falls_silent(source, bench)
            bench.vehicles("1", 3)
            find()
            since = clock()
            eventually(partial(_fresh, source, since), "samples again", lambda: seen.append(_count(source)))
            seen.append(_count(source))
            expected += 3 if bench.counts_while_lost else 0
        expected += self._pass(source, bench, seen, expected)
        assert seen == sorted(seen)
        assert _count(source) == expected

    def _pass(self, source: DetectorSource, bench: LosableBench, seen: list[int], before: int) -> int:
        bench.vehicles("1", 2)
        eventually(lambda: _count(source) >= before + 2, "two vehicles", lambda: seen.append(_count(source)))
        seen.append(_count(source))
        return 2

    def test_no_state_of_the_device_makes_a_call_raise(self, source: DetectorSource, bench: LosableBench) -> None:
        steps: tuple[Callable[[], None], ...] = (
            bench.kill, source.start, bench.revive, bench.stall, bench.resume, bench.kill, source.stop, bench.revive,
        )  # fmt: skip
        for step in steps:
            step()
            until = clock() + 30
            while clock() <= until:
                source.latest()
                source.health()

    def _falls_silent(self, source: DetectorSource, bench: LosableBench) -> None:
        def silent() -> bool:
            sample = _sample(source)
            assert sample is not None
            return not sample.ok or clock() - sample.taken_ms > bench.stale_after_ms

        eventually(silent, "the samples to age or to be not ok")


class SinkContract(_LeavesNoThread):
    """What every SignalSink shows."""

    hold_ms: Ms = 500

    @pytest.fixture
    def sink(self, bench: SinkBench) -> Iterator[SignalSink]:
        driver = bench.sink()
        yield driver
        driver.stop()

    def test_nothing_is_verified_before_the_first_image(self, sink: SignalSink) -> None:
        assert sink.verified() is None
        sink.start()
        eventually(lambda: sink.health().state is not DeviceState.DOWN, "the device to be found")
        assert sink.verified() is None

    def test_an_image_is_shown_and_then_verified(self, sink: SignalSink, bench: SinkBench) -> None:
        before = clock()
        sink.start()
        self._show(sink, 1, NORTH)
        assert bench.shown()[-1] == lamps_with(NORTH)
        confirmed = sink.verified()
        assert confirmed is not None
        assert before <= confirmed.taken_ms <= clock()
        assert confirmed.lamps is None or dict(confirmed.lamps) == lamps_with(NORTH)
        assert is_up(sink)

    def test_the_last_image_wins(self, sink: SignalSink, bench: SinkBench) -> None:
        sink.start()
        first = self._show(sink, 1, NORTH) + 1
        last = first + 40
        for sequence in range(first, last):
            sink.write(image(sequence, EAST if sequence % 2 else NORTH), self.hold_ms)
        sink.write(image(last, EAST), self.hold_ms)
        eventually(lambda: self._sequence(sink) == last, "the last image")
        assert bench.shown()[-1] == lamps_with(EAST)

    def test_only_what_was_written_is_verified_and_in_order(self, sink: SignalSink) -> None:
        sink.start()
        written, seen = 0, [0]
        give_up = time.monotonic() + DEADLINE_S
        while len(set(seen)) < 5 and time.monotonic() < give_up:
            written += 1
            sink.write(image(written, NORTH), self.hold_ms)
            seen.append(self._sequence(sink))
            assert seen[-1] <= written
            time.sleep(0.005)
        assert len(set(seen)) >= 5
        assert seen == sorted(seen)

    @pytest.mark.parametrize("fault", ["kill", "stall"])
    def test_an_image_a_lost_device_never_took_is_not_verified(
        self, sink: SignalSink, bench: SinkBench, fault: str
    ) -> None:
        sink.start()
        settled = self._show(sink, 1, NORTH)
        lose, find = (bench.kill, bench.revive) if fault == "kill" else (bench.stall, bench.resume)
        lose()
        taken = len(bench.shown())
        sequence = settled
        give_up = clock() + 400
        while clock() < give_up:
            sequence += 1
            sink.write(image(sequence, EAST), self.hold_ms)
            assert self._sequence(sink) == settled
            time.sleep(0.01)
        assert len(bench.shown()) == taken
        find()
        self._show(sink, 100_000, EAST)
        assert bench.shown()[-1] == lamps_with(EAST)

    def test_an_image_older_than_its_hold_time_is_not_brought_back(self, sink: SignalSink, bench: SinkBench) -> None:
        sink.start()
        self._show(sink, 1, EAST)
        bench.kill()
        sink.write(image(2, NORTH), 50)
        wait_past(clock() + 60)
        taken = len(bench.shown())
        bench.revive()
        wait_past(clock() + 500)  # long enough for a driver to come back and show what it should not
        self._show(sink, 100_000, EAST)
        assert lamps_with(NORTH) not in bench.shown()[taken:]

    def test_an_image_is_not_refreshed_by_the_driver_beyond_its_hold_time(
        self, sink: SignalSink, bench: SinkBench
    ) -> None:
        sink.start()
        self._show(sink, 1, NORTH)
        wait_past(clock() + self.hold_ms)
        taken = len(bench.shown())
        wait_past(clock() + self.hold_ms)
        assert len(bench.shown()) == taken

    def test_writing_to_an_absent_device_is_harmless_and_said(self, sink: SignalSink, bench: SinkBench) -> None:
        bench.kill()
        sink.write(image(1, NORTH), self.hold_ms)
        sink.start()
        sink.write(image(2, NORTH), self.hold_ms)
        eventually(lambda: sink.health().said, "a sentence about the absent device")
        assert sink.verified() is None
        assert not is_up(sink)
        bench.revive()
        self._show(sink, 100_000, EAST)

    def test_a_sink_may_be_stopped_before_its_start_and_twice_after(self, sink: SignalSink) -> None:
        sink.stop()
        sink.start()
        sink.stop()
        sink.stop()
        sink.write(image(9, NORTH), self.hold_ms)
        assert sink.verified() is None
        assert not is_up(sink)

    def _sequence(self, sink: SignalSink) -> int:
        confirmed = sink.verified()
        return confirmed.sequence if confirmed is not None else 0

    def _show(self, sink: SignalSink, first: int, green: ChannelNumber) -> int:
        """Write as the daemon does, sequence numbers rising, until the last one written is confirmed; return it."""
        give_up = time.monotonic() + DEADLINE_S
        sequence = first
        while time.monotonic() < give_up:
            sink.write(image(sequence, green), self.hold_ms)
            next_tick = clock() + 100
            while clock() < next_tick:
                if self._sequence(sink) == sequence:
                    return sequence
                time.sleep(0.005)
            sequence += 1
        pytest.fail("waited in vain: an image to be confirmed")


class ReadbackContract(_LeavesNoThread):
    """What a SignalSink shows whose lamps can be read back."""

    def test_a_wrong_lamp_is_read_back_as_it_is(self, bench: ReadbackBench) -> None:
        sink = bench.sink()
        try:
            sink.start()
            bench.corrupt(EAST, Lamps.GREEN)
            sequence = iter(range(1, 90_000))
            eventually(
                lambda: (confirmed := sink.verified()) is not None and confirmed.lamps is not None,
                "a read-back image",
                lambda: sink.write(image(next(sequence), NORTH), 500),
            )
            confirmed = sink.verified()
            assert confirmed is not None
            assert confirmed.lamps is not None
            assert confirmed.lamps[NORTH] == Lamps.GREEN
            assert confirmed.lamps[EAST] == Lamps.GREEN
        finally:
            sink.stop()
