"""The suites every driver inherits: what `drivers.base` promises, asked of a real worker on a real (or pretended) line.

A driver's test module writes one bench (its device, and the hands that break and mend it) and one class per suite:

    class TestMockKeepsTheContract(SourceContract, LosableContract, SinkContract):
        @pytest.fixture
        def bench(self) -> Iterator[MockBench]: ...

No test here measures a time: it waits, with a generous deadline, for what must come, and counts what must not.
"""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

import pytest

from drivers.base import DetectorSource
from edge.model.detectors import InputSample
from edge.model.units import Ms
from tests.drivers.benches import (
    CHANNELS,
    CLOCK_OFFSET_MS,
    DEADLINE_S,
    DEVICE,
    EAST,
    NORTH,
    LeavesNoThread,
    LosableBench,
    ReadbackBench,
    SinkBench,
    SourceBench,
    clock,
    eventually,
    image,
    is_up,
    lamps_with,
    wait_past,
)
from tests.drivers.contract_lamps import ReadbackContract, SinkContract

__all__ = [
    "CHANNELS",
    "CLOCK_OFFSET_MS",
    "DEADLINE_S",
    "DEVICE",
    "EAST",
    "NORTH",
    "LosableBench",
    "LosableContract",
    "ReadbackBench",
    "ReadbackContract",
    "SinkBench",
    "SinkContract",
    "SourceBench",
    "SourceContract",
    "clock",
    "eventually",
    "image",
    "is_up",
    "lamps_with",
    "wait_past",
]


def _sample(source: DetectorSource, terminal: str = "1") -> InputSample | None:
    return source.latest().get(terminal)


def _fresh(source: DetectorSource, since: Ms) -> bool:
    sample = _sample(source)
    return sample is not None and sample.ok and sample.taken_ms > since


def _count(source: DetectorSource, terminal: str = "1") -> int:
    sample = _sample(source, terminal)
    return sample.count if sample is not None else 0


SERVING = "process_request_thread"
"""The foreign server begins one for each connection it takes, whenever it comes to it."""


class SourceContract(LeavesNoThread):
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
        threads = set(threading.enumerate())
        source.start()
        news = [thread.name for thread in threading.enumerate() if thread not in threads]
        assert not [name for name in news if SERVING not in name]
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


class LosableContract(LeavesNoThread):
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
