"""The control loop on a clock that is told what time it is."""

import json
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import WORKER
from edge.check import check_text
from edge.daemon.casualties import WorkerEnded
from edge.daemon.ending import MARGIN_MS
from edge.daemon.outputs import HOLD_MS
from edge.eventlog.journal import JOURNALS, JournalReader
from edge.eventlog.journal_blocks import RunDigest
from edge.eventlog.snapshot import SNAPSHOTS
from edge.model.commands import CommandKind
from edge.model.exchange import Mode, Rung
from edge.model.faults import FaultKind
from edge.model.indications import Indication, Lamps
from edge.model.units import HOUR_MS, SECOND_MS
from edge.status import render
from edge.tick import Tick
from tests.shell.house import FOUR, MOVING, SITE, TWO, House, house


def test_the_street_starts_in_flash_and_comes_to_green_through_all_red(tmp_path: Path) -> None:
    """Flash, steady yellow where it flashed yellow, all red, then the first phase."""
    with house(tmp_path) as h:
        h.run(30)
        assert h.is_in(Mode.RUN)
        assert [shown[TWO] for _, shown in h.pictures[:4]] == [
            Indication.FLASH_YELLOW,
            Indication.YELLOW,
            Indication.RED,
            Indication.GREEN,
        ]
        assert h.faults == {}


@pytest.mark.untraced
def test_five_minutes_serve_both_phases_with_every_interval_whole(tmp_path: Path) -> None:
    """What the lamps show, timed from outside: greens, yellows and clearances as in the site file, never two greens."""
    with house(tmp_path) as h:
        h.to_running().pictures.clear()
        h.run(300)
        for channel, yellow in ((TWO, 4_000), (FOUR, 3_600)):
            assert len(h.spells(channel, Indication.GREEN)) > 5
            assert min(h.spells(channel, Indication.GREEN)[1:]) >= 5_000
            assert set(h.spells(channel, Indication.YELLOW)[1:]) == {yellow}
        assert not any({shown[TWO], shown[FOUR]} <= MOVING for _, shown in h.pictures)
        assert h.loop_facts["unfed"] == 0


@pytest.mark.untraced
@settings(max_examples=5)
@given(st.lists(st.integers(0, 290_000), min_size=5, max_size=40))
def test_lateness_lengthens_intervals_and_shortens_none(
    tmp_path_factory: pytest.TempPathFactory, lates: list[int]
) -> None:
    """Whatever the ticks' lateness below the limit, yellow and green as shown are never shorter than configured."""
    with house(tmp_path_factory.mktemp("late")) as h:
        h.to_running().pictures.clear()
        for k in range(500):
            h.clock.late_us = lates[k % len(lates)]
            h.step()
        assert h.is_in(Mode.RUN)
        for channel, yellow in ((TWO, 4_000), (FOUR, 3_600)):
            assert all(spell >= yellow for spell in h.spells(channel, Indication.YELLOW)[1:])
            assert all(spell >= 5_000 for spell in h.spells(channel, Indication.GREEN)[1:])


def test_a_missed_deadline_is_not_made_up_for(tmp_path: Path) -> None:
    """After 250 ms of standing still there is one tick, and the next is back on the raster."""
    with house(tmp_path) as h:
        h.run(1)
        raster = h.clock.now % 100
        h.clock.late_us = 250_000
        h.step()
        late_at = h.clock.now
        h.step()
        assert h.clock.now - late_at == 50
        assert h.clock.now % 100 == raster


def test_a_late_tick_is_said_and_a_missed_one_leads_to_flash_and_back(tmp_path: Path) -> None:
    """From the site's limit on it is a fault in the log; from 300 ms on the outputs go safe, and return after 10 s."""
    with house(tmp_path) as h:
        h.to_running()
        h.clock.late_us = 250_000
        h.step()
        assert h.faults[FaultKind.DECISION_LATE].where == "250"
        assert h.is_in(Mode.RUN)
        h.clock.late_us = 310_000
        h.step()
        assert h.is_in(Mode.FLASH)
        assert "310 ms" in h.faults[FaultKind.TICK_MISSED].sentence
        assert h.run_to(lambda: h.mode is Mode.RUN) > 10


def test_one_bad_minute_is_one_fault(tmp_path: Path) -> None:
    """Late ticks with a different figure each do not fill the screen."""
    with house(tmp_path) as h:
        h.to_running()
        for late_ms in (210, 250, 290):
            h.clock.late_us = late_ms * 1000
            h.run(2)
        assert [fault.where for fault in h.published.core.faults] == ["210"]


def test_the_watchdog_is_fed_by_a_tick_in_time_with_confirmed_lamps_and_by_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Late: not fed. In time: fed. Lamps unconfirmed: fed only because the engine is in flash for it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        def heard() -> list[str]:
            messages = []
            while True:
                try:
                    messages.append(manager.recv(4096).decode())
                except BlockingIOError:
                    return messages

        with house(tmp_path) as h:
            h.step()
            assert heard() == ["STATUS=Start up flash", "WATCHDOG=1"]
            h.step()
            assert heard() == ["READY=1\nSTATUS=Start up flash", "WATCHDOG=1"]
            h.clock.late_us = 100_000
            h.step()
            assert "WATCHDOG=1" not in heard()
            while not h.is_in(Mode.RUN):
                h.step()
                heard()
            h.mock("cab").drop()
            while h.is_in(Mode.RUN):
                h.step()
                assert heard().count("WATCHDOG=1") == 1
            assert h.is_in(Mode.FLASH)
            h.step()
            assert "WATCHDOG=1" in heard()
            monkeypatch.setattr(type(h.loop._p.street), "lamps_accounted_for", lambda *_: False)
            h.step()
            assert "WATCHDOG=1" not in heard()
            h.loop.ask_stop("SIGTERM", "test")
            h.run(3)
            told = "\n".join(heard())
            assert "STOPPING=1\nSTATUS=Stopping through clearance to flash (SIGTERM: test)" in told
            assert "EXTEND_TIMEOUT_USEC=" in told


def test_a_dead_output_device_leads_to_flash_within_its_hold_time_and_back_when_it_answers(tmp_path: Path) -> None:
    """Unverified for longer than the dead-man: flash; confirmed again for 10 s: the way up through all red."""
    with house(tmp_path) as h:
        h.to_running()
        h.mock("cab").drop()
        assert h.run_to(lambda: h.mode is Mode.FLASH) <= HOLD_MS / SECOND_MS + 0.2
        assert h.faults[FaultKind.OUTPUT_UNVERIFIED].where == "cab"
        h.run(60)
        assert h.is_in(Mode.FLASH)
        h.mock("cab").restore()
        assert h.run_to(lambda: h.mode is Mode.RUN) > 10


def test_an_output_device_that_never_answers_keeps_the_start_up_flash_and_the_service_is_ready_all_the_same(
    tmp_path: Path,
) -> None:
    """A restart would not mend it: the daemon says what is wrong and stays."""
    with house(tmp_path) as h:
        h.mock("cab").drop()
        h.run(15)
        assert h.is_in(Mode.START_UP_FLASH)
        assert FaultKind.OUTPUT_UNVERIFIED in h.faults
        assert h.loop._ready
        assert not (tmp_path / "state/last-good.yaml").exists()


def test_the_first_steady_image_is_never_shown_on_outputs_that_have_confirmed_nothing(tmp_path: Path) -> None:
    """The time for arming ends before the start-up flash does, however short that is."""
    with house(tmp_path) as h:
        h.mock("cab").drop()
        modes = set()
        for _ in range(600):
            h.step()
            modes.add(h.mode)
        assert modes == {Mode.START_UP_FLASH}


def test_a_lost_input_device_is_named_and_comes_back(tmp_path: Path) -> None:
    """Answered at the detectors; the intersection runs on."""
    with house(tmp_path) as h:
        h.to_running()
        h.mock("loops").drop()
        h.run(3)
        assert h.faults[FaultKind.INPUT_DEVICE_LOST].where == "loops"
        assert h.is_in(Mode.RUN)
        h.mock("loops").restore()
        h.run(15)
        assert FaultKind.INPUT_DEVICE_LOST not in h.faults


def test_an_orderly_stop_goes_through_clearance_to_flash_within_its_bound(tmp_path: Path) -> None:
    """Whatever is shown when it is asked, no green and no yellow is cut, and the last picture is flash."""
    with house(tmp_path) as h:
        h.to_running()
        for wait in (0.5, 7.3, 4.9):
            h.run(wait)
        began = h.clock.now
        h.loop.ask_stop("SIGTERM", "test")
        while not h.step():
            pass
        assert h.clock.now - began <= h.loop.ending.bound_ms
        assert h.loop.ending.bound_ms == h.loop._p.street.site.longest_stop_ms + MARGIN_MS
        assert h.shown == {TWO: Indication.FLASH_YELLOW, FOUR: Indication.FLASH_RED}
        assert min(h.spells(TWO, Indication.YELLOW)[1:], default=4_000) >= 4_000
        assert h.pictures[-2][1] == {TWO: Indication.RED, FOUR: Indication.RED}


def test_asked_twice_it_stops_at_once(tmp_path: Path) -> None:
    """The second SIGTERM does not wait for clearance."""
    with house(tmp_path) as h:
        h.to_running()
        h.loop.ask_stop("SIGTERM", "once")
        h.step()
        assert not h.is_in(Mode.FLASH)
        h.loop.ask_stop("SIGTERM", "twice")
        assert [h.step() for _ in range(2)].count(True) == 1
        assert h.is_in(Mode.FLASH)


def test_a_clearance_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the site's longest stop and its margin the way to flash is the short one."""
    with house(tmp_path) as h:
        h.to_running()
        monkeypatch.setattr(h.loop.ending, "bound_ms", 500)
        h.loop.ask_stop("SIGTERM", "test")
        h.run(2)
        assert h.loop.ending.overdue
        assert h.is_in(Mode.FLASH)


def test_a_run_of_a_given_length_stops_by_itself(tmp_path: Path) -> None:
    """`make run DURATION=12`."""
    with house(tmp_path, duration_s=12.0) as h:
        h.run(60)
        assert h.loop.ending.asked
        assert h.is_in(Mode.FLASH)


def test_a_stop_during_start_up_is_quick(tmp_path: Path) -> None:
    """Nothing is green yet, so there is nothing to clear."""
    with house(tmp_path) as h:
        h.loop.ask_stop("SIGINT", "test")
        assert [h.step() for _ in range(3)].index(True) <= 2


def test_an_operators_flash_holds_until_resume_and_outlives_a_restart(tmp_path: Path) -> None:
    """Somebody stands in the intersection: a crash of the daemon must not send traffic at him."""
    with house(tmp_path) as h:
        h.to_running()
        assert isinstance(h.ask(CommandKind.FLASH, "crash, NW pole"), dict)
        h.run_to(lambda: h.mode is Mode.FLASH)
        h.loop._p.recorder._state.close()
    with house(tmp_path) as again:
        again.run(40)
        assert again.is_in(Mode.FLASH, Mode.START_UP_FLASH)
        asked = again.loop.desk.operator_flash
        assert asked is not None
        assert (asked.who, asked.why) == ("tester", "crash, NW pole")
        again.ask(CommandKind.RESUME)
        again.to_running()
        assert again.loop.desk.operator_flash is None


def test_a_wrong_lamp_trips_the_monitor_and_the_latch_outlives_a_restart(tmp_path: Path) -> None:
    """Flash until an operator clears it, with the cause gone; kill -9 does not clear it."""
    with house(tmp_path) as h:
        h.to_running()
        h.mock("cab").corrupt(TWO, Lamps.GREEN | Lamps.RED)
        h.run_to(lambda: h.mode is Mode.FLASH)
        refused = h.ask(CommandKind.CLEAR_LATCH, "try")
        assert not isinstance(refused, dict)
        assert "cause is still there" in refused.sentence
        h.loop._p.recorder._state.close()
    with house(tmp_path) as again:
        again.run(40)
        assert again.is_in(Mode.START_UP_FLASH)
        assert FaultKind.MONITOR_TRIPPED in again.faults
        assert isinstance(again.ask(CommandKind.CLEAR_LATCH, "lamp replaced"), dict)
        again.to_running()
        again.loop._p.recorder._state.close()
    with house(tmp_path) as third:
        third.to_running()


def test_a_latch_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Two damaged slots: nothing is known, and that is said."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state/state.slots").write_bytes(b"\x55" * 8192)
    with house(tmp_path) as h:
        assert h.loop._p.street.tick.monitor.latch is None
        h.to_running()


@pytest.mark.untraced
def test_the_clock_set_back_an_hour_touches_no_interval(tmp_path: Path) -> None:
    """The log says so, the fault is told with its size, and the lamps go on as they were."""
    with house(tmp_path) as h:
        h.to_running().pictures.clear()
        h.run(3)
        h.clock.offset -= HOUR_MS
        h.step()
        assert h.faults[FaultKind.CLOCK_STEPPED].where == "-3600.0"
        h.run(120)
        assert h.is_in(Mode.RUN)
        assert set(h.spells(TWO, Indication.YELLOW)[1:]) == {4_000}
        assert FaultKind.CLOCK_STEPPED not in h.run(60).faults


def test_a_clock_nobody_vouches_for_is_a_fault_after_the_sites_time(tmp_path: Path) -> None:
    """60 minutes here; at once for a clock that reads a year before this program was written."""
    with house(tmp_path) as h:
        h.clock.trusted = False
        h.run(3)
        assert FaultKind.CLOCK_UNSYNCED not in h.faults
        h.clock.offset = 0
        h.run(2)
        assert FaultKind.CLOCK_UNSYNCED in h.faults
        assert not h.is_in(Mode.FLASH)


def _snapshots(folder: Path) -> list[dict[str, object]]:
    found = SNAPSHOTS.find(path.name for path in (folder / "state/snapshots").iterdir())
    return [json.loads((folder / "state/snapshots" / name.text).read_text()) for name in found]


def test_every_flash_leaves_a_snapshot_that_says_why(tmp_path: Path) -> None:
    """The photo of the monitor, taken automatically; and one when asked for."""
    with house(tmp_path) as h:
        h.to_running().run(5)
        h.loop.ask_snapshot("SIGUSR1")
        h.step()
        h.mock("cab").drop()
        h.run_to(lambda: h.mode is Mode.FLASH)
        h.mock("cab").restore()
        h.to_running()
        h.ask(CommandKind.FLASH, "crash")
        h.run_to(lambda: h.mode is Mode.FLASH)
        h.ask(CommandKind.RESUME)
        h.to_running()
        h.loop.ask_stop("SIGTERM", "test")
        h.run(60)
    asked, dropped, operator, stopped = (str(s["reason"]) for s in _snapshots(tmp_path))
    assert asked == "SIGUSR1"
    assert "cab does not confirm" in dropped
    assert operator == "flash asked by tester: crash"
    assert stopped == "stop: SIGTERM: test"


def test_a_failing_store_is_a_fault_and_the_street_runs(tmp_path: Path) -> None:
    """State directory in the way of a file: nothing can be stored, everything else goes on."""
    (tmp_path / "state").write_text("in the way")
    with house(tmp_path) as h:
        h.to_running()
        h.run_to(lambda: FaultKind.STORAGE_FAILED in h.faults)
        assert "Nothing can be stored" in h.faults[FaultKind.STORAGE_FAILED].sentence
        assert h.is_in(Mode.RUN)


def test_the_input_journal_repeats_the_run(tmp_path: Path) -> None:
    """What the loop hands to the journal is what the core heard: a replay arrives at the same digest."""
    with house(tmp_path, journal=True) as h:
        h.to_running().run(20)
        h.ask(CommandKind.FLASH, "crash")
        h.run(20)
        site = h.loop._p.street.site
    folder = tmp_path / "state/journal"
    (name,) = JOURNALS.find(path.name for path in folder.iterdir())
    reader = JournalReader(folder / name.text)
    assert reader.head.latch is None
    tick, digest, checked = Tick(site), RunDigest(), 0
    for entry in reader:
        result = tick.advance(entry.now, entry.inputs)
        digest.add(entry.now, result.decision.events, result.verdict.permitted.shown)
        if entry.digest is not None:
            assert entry.digest == digest.value
            checked += 1
    assert checked
    assert reader.problem is None


def test_health_is_a_number_and_a_sentence(tmp_path: Path) -> None:
    """Unknown while starting, fine while running, critical in flash by a fault."""
    with house(tmp_path) as h:
        h.step()
        levels = []
        for change in (lambda: None, h.to_running, lambda: h.mock("cab").drop()):
            change()
            h.run(2)
            said = render.health(h.published)
            levels.append(said["level"])
            assert json.dumps(said)
            assert json.dumps(render.status(h.published))
        assert levels == [3, 0, 2]
        assert h.published.core.rung is Rung.FLASH


def test_the_site_of_these_tests_is_a_good_one() -> None:
    """A test on a refused site would test nothing."""
    assert check_text(SITE, "house.yaml").report().startswith("OK")
    assert House.__doc__


def test_a_fault_of_our_own_flashes_before_it_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that raises takes the process down, and the last image the devices got is flash."""
    with house(tmp_path) as h:
        h.to_running()

        def broken(*_: object) -> None:
            raise ArithmeticError("a bug")

        monkeypatch.setattr(h.loop._p.street.tick.controller, "step", broken)
        with pytest.raises(ArithmeticError):
            h.loop.run()
        image = h.mock("cab").image()
        assert image is not None
        assert dict(image.shown) == {TWO: Indication.FLASH_YELLOW, FOUR: Indication.FLASH_RED}


@pytest.mark.untraced
def test_a_driver_worker_that_dies_of_our_own_error_flashes_and_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody but a restart brings the device back; a worker of the stores is no reason."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with house(tmp_path) as h:
        h.run(200)

        def die() -> None:
            raise KeyError("ours")

        for name in ("snapshots", f"{WORKER}modbus cab"):
            worker = threading.Thread(target=die, name=name)
            worker.start()
            worker.join()
            if name == "snapshots":
                h.run(10)
        with pytest.raises(WorkerEnded, match="driver modbus cab has ended"):
            h.loop.run()
        shown = h.mock("cab").image()
        assert shown is not None
        assert set(shown.shown.values()) <= {Indication.FLASH_RED, Indication.FLASH_YELLOW}
