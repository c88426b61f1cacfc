"""The daemon's small parts, each by itself."""

import gc
import io
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from edge.daemon import logs, realtime
from edge.daemon.clock_watch import ClockWatch
from edge.daemon.errands import Errands
from edge.daemon.logs import LineQueue, configure
from edge.daemon.outputs import LampSink, Outputs
from edge.daemon.punctuality import Punctuality, _bin_of, _end_of
from edge.model.devices import Device, DeviceHealth, DeviceState, ModbusOptions, TcpTransport
from edge.model.exchange import Readback
from edge.model.faults import FaultKind
from edge.model.units import Ms
from edge.safety.permitted import Permitted
from tests.shell.house import FakeClock, house


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


# ── punctuality ─────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.integers(0, 2_000_000), min_size=1, max_size=300))
def test_the_shares_are_those_of_the_sorted_figures_to_two_digits(lates: list[int]) -> None:
    """p50, p99 and p99.9 from the histogram against the figures themselves: never below, at most a tenth above."""
    punctuality = Punctuality(limit_ms=200)
    for k, late in enumerate(lates):
        punctuality.begun(k, late)
    said = punctuality._count().late_us
    assert said is not None
    in_order = sorted(lates)
    for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999)):
        rank = next(k for k in range(len(lates)) if k + 1 >= share * len(lates))
        true = in_order[rank]
        assert true <= said[name] <= max(true * 1.1, true + 10, said["worst"] if true >= 1_000_000 else 0)
    assert said["worst"] == max(lates)


@given(st.integers(0, 999_999))
def test_every_lateness_falls_into_a_bin_that_ends_just_above_it(late_us: int) -> None:
    """The bins have no gap and no overlap."""
    end = _end_of(_bin_of(late_us))
    assert late_us < end <= late_us + max(10, late_us // 10 + 10)


def test_longest_work_is_that_of_the_last_minute() -> None:
    """One slow tick at start does not stay on the screen for ever."""
    punctuality = Punctuality(200)
    punctuality.ended(0, 70, fed=True)
    punctuality.ended(1_000, 3, fed=False)
    assert punctuality._count().work_us == 70_000
    punctuality.ended(61_000, 3, fed=True)
    assert (punctuality._count().work_us, punctuality._count().unfed) == (3_000, 1)


# ── outputs ─────────────────────────────────────────────────────────────────────────────────────


class Sink:
    """A device that confirms what it is told to."""

    def __init__(self) -> None:
        self.state = DeviceState.UP
        self.last: Readback | None = None
        self.held: list[Ms] = []

    def start(self) -> None: ...
    def stop(self) -> None: ...

    def write(self, _: Permitted, hold_ms: Ms) -> None:
        self.held.append(hold_ms)

    def verified(self) -> Readback | None:
        return self.last

    def health(self) -> DeviceHealth:
        return DeviceHealth(self.state, None, "says the device")


def _modbus(watchdog_ms: Ms | None) -> Device:
    transport = TcpTransport("192.0.2.1")
    return Device("cab", ModbusOptions(transport, 1, "wago-750", 100, 500, 1000, watchdog_ms=watchdog_ms))


def test_what_is_wrong_with_an_output_device_the_gravest_first() -> None:
    """Tripped, then unverified, then not read back."""
    device = Sink()
    lamp = LampSink(_modbus(500), device)
    kinds = []
    for state, last in (
        (DeviceState.TRIPPED, None),
        (DeviceState.UP, None),
        (DeviceState.UP, Readback(1, 10_000, {})),
        (DeviceState.UP, Readback(2, 10_400, None)),
        (DeviceState.UP, Readback(3, 10_700, None)),
    ):
        device.state, device.last = state, last
        lamp.look()
        fault = lamp.fault(10_800, arming=False)
        kinds.append(fault and (fault.kind, fault.where, fault.detail))
    assert kinds == [
        (FaultKind.OUTPUT_DEVICE_TRIPPED, "cab", "says the device"),
        (FaultKind.OUTPUT_UNVERIFIED, "cab", "says the device"),
        (FaultKind.OUTPUT_UNVERIFIED, "cab", "says the device"),
        (FaultKind.READBACK_LOST, "cab", "says the device"),
        (FaultKind.READBACK_LOST, "cab", "says the device"),
    ]


def test_the_dead_man_is_the_devices_own_watchdog_where_it_has_one(tmp_path: Path) -> None:
    """One second where the site names none."""
    assert LampSink(_modbus(500), Sink()).hold_ms == 500
    assert LampSink(_modbus(None), Sink()).hold_ms == 1_000
    with house(tmp_path) as h:
        site = h.loop._p.street.site
    sink = Sink()
    outputs = Outputs(site, {"cab": sink}, 0)
    outputs.write(Permitted(7, {}, lit=True))
    assert sink.held == [1_000]
    assert outputs.oldest_confirmed == 0
    sink.state = DeviceState.DOWN
    assert outputs.oldest_confirmed == 7  # nobody answers: nobody is waited for


# ── the wall clock ──────────────────────────────────────────────────────────────────────────────


def test_a_slewed_clock_is_no_step_and_a_late_tick_is_none_either() -> None:
    """Half a second a second is a bad clock, but no step; and a tick that begins late reads both clocks late."""
    clock = FakeClock()
    watch = ClockWatch(clock, "America/Denver", 60_000, clock.now)
    for _ in range(20):
        clock.now += 1_000
        clock.offset += 500
        local, faults = watch.read(clock.now - 700)
        assert faults == ()
        assert local.synced
    clock.offset += 5_000
    _, faults = watch.read(clock.now)
    assert [(fault.kind, fault.where) for fault in faults] == [(FaultKind.CLOCK_STEPPED, "+5.0")]


# ── errands ─────────────────────────────────────────────────────────────────────────────────────


def test_an_errand_that_the_disk_refuses_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it succeeds; the ones behind it wait."""
    monkeypatch.setattr("edge.daemon.errands._RETRY_S", 0.01)
    errands = Errands()
    tries: list[str] = []

    def refused() -> None:
        tries.append("refused")
        if len(tries) < 3:
            raise OSError(28, "No space left on device")

    errands.run("the copy", refused)
    errands.run("the other", lambda: tries.append("other"))
    _until(lambda: errands.trouble() is not None or len(tries) > 3)
    _until(lambda: tries == ["refused", "refused", "refused", "other"])
    _until(lambda: errands.trouble() is None)
    errands.close()


# ── log lines ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


class Pipe(io.StringIO):
    """A stream whose reader may be gone."""

    broken = False

    @override
    def write(self, text: str) -> int:
        if self.broken:
            raise BrokenPipeError(32, "Broken pipe")
        return super().write(text)


def test_without_a_terminal_a_line_is_json_with_its_name_first() -> None:
    """When, how grave, what; then the keys."""
    pipe = Pipe()
    queue = configure(pipe)
    structlog.get_logger().info("mode.changed", mode="run", before="all_red")
    structlog.get_logger().debug("not.told")
    queue.close()
    (line,) = pipe.getvalue().splitlines()
    said = json.loads(line)
    assert list(said)[:3] == ["timestamp", "level", "event"]
    assert (said["event"], said["mode"]) == ("mode.changed", "run")


def test_on_a_terminal_a_line_is_for_people() -> None:
    """Colours and columns, local time."""
    pipe = Pipe()
    pipe.isatty = lambda: True  # type: ignore[method-assign]
    queue = configure(pipe, debug=True)
    structlog.get_logger().debug("mode.changed", mode="run")
    queue.close()
    assert "mode.changed" in pipe.getvalue()
    assert not pipe.getvalue().startswith("{")


def test_a_simulated_run_into_a_pipe_gives_plain_lines_for_people() -> None:
    """No JSON, and no colours either: somebody tries Stopline out and keeps what it says."""
    pipe = Pipe()
    queue = configure(pipe, plain=True)
    structlog.get_logger().info("mode.changed", mode="run")
    queue.close()
    assert "mode.changed" in pipe.getvalue()
    assert not pipe.getvalue().startswith("{")
    assert "\x1b" not in pipe.getvalue()


def test_a_live_view_has_the_screen_to_itself() -> None:
    """Warnings and worse are kept back until it closes; the rest is on the screen anyway."""
    pipe = Pipe()
    queue = configure(pipe, held=True)
    structlog.get_logger().info("mode.changed")
    structlog.get_logger().warning("fault.began")
    time.sleep(0.02)
    assert pipe.getvalue() == ""
    queue.close()
    assert [json.loads(line)["event"] for line in pipe.getvalue().splitlines()] == ["fault.began"]


def test_a_reader_that_goes_away_is_not_waited_for_and_what_is_lost_is_counted() -> None:
    """`make run | head` must not stop a street."""
    pipe = Pipe()
    queue = LineQueue(pipe)
    pipe.broken = True
    queue.write("one\n")
    _until(lambda: queue._dropped == 1)
    pipe.broken = False
    queue.write("two\n")
    queue.close()
    assert pipe.getvalue().splitlines() == ["1 log lines were dropped: nobody took them", "two"]


def test_more_lines_than_can_wait_drop_the_oldest() -> None:
    """The newest tell what is going on now."""
    pipe = Pipe()
    queue = LineQueue(pipe, held=True)
    for k in range(logs._MOST_LINES + 5):
        queue.write(f"{k}\n")
    queue.flush()
    queue.close()
    lines = pipe.getvalue().splitlines()
    assert lines[0] == "5 log lines were dropped: nobody took them"
    assert (lines[1], lines[-1]) == ("5", str(logs._MOST_LINES + 4))


def test_a_thread_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name, with where it died."""
    pipe = Pipe()
    queue = configure(pipe)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr("faulthandler.enable", lambda _: None)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    logs.catch_crashes()

    def die() -> None:
        raise KeyError("ours")

    thread = threading.Thread(target=die, name="some-worker")
    thread.start()
    thread.join()
    queue.close()
    said = json.loads(pipe.getvalue())
    assert (said["event"], said["thread"], said["level"]) == ("thread.died", "some-worker", "critical")
    assert "KeyError" in said["exception"]


# ── real time ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """A kernel that takes note of the limits set."""
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(sys, "setswitchinterval", lambda _: None)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: told.append(pair))
    return told


@pytest.mark.parametrize(
    ("hard", "soft"), [(resource.RLIM_INFINITY, 300_000), (30_000_000, 300_000), (100_000, 100_000)]
)
def test_a_real_time_loop_may_not_spin(
    limits: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch, hard: int, soft: int
) -> None:
    """300 ms, never above what the unit allows; reading a site file may take longer, and then it is 300 ms again."""
    monkeypatch.setattr(os, "sched_getscheduler", lambda _: os.SCHED_FIFO)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (hard, hard))
    realtime.settle()
    assert limits == [(soft, hard)]
    with realtime.long_work():
        assert limits[-1][0] >= soft
    assert limits[-1] == (soft, hard)


def test_an_ordinary_process_is_left_alone(limits: list[tuple[int, int]]) -> None:
    """Without a real-time policy the limit means nothing."""
    assert not realtime.is_real_time()
    realtime.settle()
    with realtime.long_work():
        pass
    assert limits == []


def test_a_readback_from_before_a_take_over_is_not_told(tmp_path: Path) -> None:
    """It carries a higher number than any image minted since."""
    with house(tmp_path) as h:
        site = h.loop._p.street.site
    sink = Sink()
    outputs = Outputs(site, {"cab": sink}, 0)
    outputs.write(Permitted(5_000, {}, lit=True))
    sink.last = Readback(5_000, 100, {})
    assert outputs.look(100)[0] == (sink.last,)
    outputs.write(Permitted(1, {}, lit=True))
    assert outputs.look(200)[0] == ()
    assert outputs.fresh(200)
