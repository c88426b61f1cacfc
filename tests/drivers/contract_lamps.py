"""The suites every lamp driver inherits; `tests.drivers.contract` hands them on."""

import time
from collections.abc import Iterator

import pytest

from drivers.base import SignalSink
from edge.model.devices import DeviceState
from edge.model.indications import Lamps
from edge.model.units import ChannelNumber, Ms
from tests.drivers.benches import (
    DEADLINE_S,
    EAST,
    NORTH,
    LeavesNoThread,
    ReadbackBench,
    SinkBench,
    clock,
    eventually,
    image,
    is_up,
    lamps_with,
    wait_past,
)


class SinkContract(LeavesNoThread):
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


class ReadbackContract(LeavesNoThread):
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
