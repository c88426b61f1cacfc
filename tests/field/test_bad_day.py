"""A bad day at the cabinet: whatever goes wrong, the lamps end safe and a sentence says what to do.

`tests/shell/test_bad_day.py` asks the shell alone, in hurried time; here a module with a watchdog of its own hangs on the wire,
and what it was told is judged.
"""

import ctypes
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.field.cabinet import Cabinet, Daemon, cabinet, now_ms

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(180)]

IN_FLASH = {"YRYR-", "-----"}
GREEN_OF_4 = 5


def last_image(c: Cabinet) -> str:
    """What the lamps were told last."""
    return c.coupler.judgement.writes()[-1].image


def lit_again(c: Cabinet, since_ms: int) -> str:
    """The first image after an instant."""
    return c.until(lambda found: found.writes(since_ms), "an image").writes(since_ms)[0].image


def running(c: Cabinet) -> Daemon:
    """A daemon in flash, with confirmed lamps and its site file kept."""
    daemon = c.start()
    daemon.until(lambda _: True)
    daemon.until_said("daemon.ready", outputs_confirmed=True)
    return daemon


def test_a_bad_site_file_drives_nothing_and_names_every_line(tmp_path: Path) -> None:
    """No last good file: 78, each problem with its place and what to write, and the module is never written."""
    with cabinet(tmp_path) as c:
        c.config.write_text(c.text.replace("yellow: 3.5", "yelow: 3.5", 1).replace("cycle: 40", "cycle: 50"))
        daemon = c.start()
        assert daemon.ended() == 78
        assert "site.yaml:15:" in daemon.errors
        assert "did you mean" in daemon.errors
        assert "Mend the file, then start again" in daemon.errors
        assert "Traceback" not in daemon.said
        assert c.coupler.judgement.writes() == []


def test_a_bad_site_file_over_a_good_one_runs_the_good_one_and_says_so(tmp_path: Path) -> None:
    """The lamps flash, status and health are degraded, the bad file is left alone."""
    with cabinet(tmp_path) as c:
        daemon = running(c)
        daemon.until(lambda _: (daemon.state / "last-good.yaml").exists())
        daemon.kill()
        c.config.write_text("rings: [oops")
        again = now_ms()
        daemon = running(c)
        assert lit_again(c, again) in IN_FLASH
        assert "last good one runs" in daemon.sentences()["config-rejected"]
        assert "Run stopline check" in daemon.sentences()["config-rejected"]
        assert "degraded" in daemon.stopline("health").stdout
        assert c.config.read_text() == "rings: [oops"


def test_devices_that_are_not_there_are_waited_for_in_flash(tmp_path: Path) -> None:
    """No module, no serial adapter: each is named with what to look at; when they come, the lamps begin with flash."""
    with cabinet(tmp_path) as c:
        c.coupler.off()
        c.cards.unplug()
        daemon = c.start()
        status = daemon.until_fault("output-unverified", "input-device-lost")
        assert status["rung"] == "flash"
        assert "check power, network cable and the address in the site file" in daemon.sentences()["output-unverified"]
        assert "plug the adapter in" in json.dumps(status["devices"])
        assert daemon.stopline("health").returncode == 2
        came = now_ms()
        c.coupler.on()
        c.cards.plug()
        assert lit_again(c, came) in IN_FLASH
        daemon.until(lambda s: {d["state"] for d in s["devices"]} == {"up"})


def test_a_state_directory_that_cannot_be_written_is_said_and_the_lamps_are_driven(tmp_path: Path) -> None:
    """A file stands in its place, which stops root too."""
    with cabinet(tmp_path) as c:
        (tmp_path / "state").write_text("")
        daemon = running(c)
        status = daemon.until_fault("storage-failed")
        assert "mend its permissions" in daemon.sentences()["storage-failed"]
        assert str(tmp_path / "state") in json.dumps(status["faults"])
        assert last_image(c) in IN_FLASH
        c.until_green(2, 0)
        assert daemon.stop_now() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A state directory on a file system of 256 KiB."""
    state = tmp_path / "state"
    state.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", str(state).encode(), b"tmpfs", 0, b"size=256k") != 0:
        pytest.skip(f"no tmpfs can be mounted here: {os.strerror(ctypes.get_errno())}")
    yield state
    libc.umount2(str(state).encode(), 2)


def fill(ballast: Path) -> None:
    """Take what is left of a file system."""
    with ballast.open("wb", buffering=0) as taken, suppress(OSError):
        while taken.write(b"x" * 4096) == 4096:
            pass


def test_a_disk_that_fills_up_is_said_and_no_event_is_lost_when_there_is_room_again(small_disk: Path) -> None:
    """The lamps go on; what happened meanwhile waits in memory and is stored late."""
    with cabinet(small_disk.parent) as c:
        daemon = running(c)
        daemon.until(lambda _: (small_disk / "last-good.yaml").exists())
        fill(small_disk / "ballast")
        full = now_ms()
        assert daemon.stopline("snapshot", "-m", "the disk looks full").returncode == 0
        daemon.until_fault("storage-failed")
        assert "No space left" in daemon.sentences()["storage-failed"]
        assert "Free the disk" in daemon.sentences()["storage-failed"]
        c.until_green(2, full)
        (small_disk / "ballast").unlink()
        daemon.until(lambda s: "storage-failed" not in {fault["kind"] for fault in s["faults"]})
        health = json.loads(daemon.stopline("health", "--json").stdout)
        assert health["counters"]["events_lost"] == 0
        assert daemon.stop_now() == 0
        assert {(1, 2), (173, 7), (200, 18), (201, 18)} <= set(daemon.events())


def test_a_second_daemon_on_the_same_state_directory_or_socket_leaves_without_a_touch(tmp_path: Path) -> None:
    """75, the process to stop is named, and the module sees one connection only."""
    with cabinet(tmp_path) as c:
        first = running(c)
        second = Daemon(tmp_path, c.config)
        assert second.ended() == 75
        assert f"process {first.process.pid}" in second.errors
        assert "systemctl stop stopline" in second.errors
        assert len({entry.session for entry in c.coupler.judgement.writes()}) == 1
        assert first.until_mode("run")


def test_a_second_master_on_a_serial_port_is_turned_away_and_the_first_does_not_notice(tmp_path: Path) -> None:
    """The port is locked: the second says who to look for, its loops are lost, the first still counts."""
    with cabinet(tmp_path) as c:
        first = running(c)
        first.until(lambda s: s["devices"][1]["state"] == "up")
        other = tmp_path / "other.yaml"
        other.write_text(c.text.replace(str(c.coupler.port), "9"))  # lamps of its own, which are not there
        c.config = other
        second = c.start("second-")
        said = second.until_fault("input-device-lost")
        assert f"fuser -v {c.line}" in json.dumps(said["devices"])
        c.vehicle(8)
        first.until(lambda s: s["detectors"][3]["actuations"] == 1)
        assert "input-device-lost" not in first.sentences()


def test_two_masters_on_one_lamp_module_end_with_both_in_latched_flash(tmp_path: Path) -> None:
    """Each reads back what the other has written: the monitors trip, and their sentences say where to look."""
    with cabinet(tmp_path) as c:
        first = c.start()
        c.until_green(2, 0)
        second = c.start("second-")
        for daemon in (first, second):
            status = daemon.until_fault("monitor-tripped")
            assert "stopline faults clear -m" in daemon.sentences()["monitor-tripped"]
            assert status["rung"] == "flash"
        tripped = now_ms()
        time.sleep(1)
        later = {entry.image for entry in c.coupler.judgement.writes(tripped)}
        assert later <= IN_FLASH
        c.forgive(
            c.coupler.judgement.writes(until_ms=tripped + 1_000)
        )  # between the two masters the module was told what neither would tell it


def test_a_clock_set_back_an_hour_moves_no_lamp_and_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No flash, no interval touched; the log says by how much and goes on."""
    offset = tmp_path / "offset"
    monkeypatch.setenv("CLOCK_OFFSET", str(offset))
    with cabinet(tmp_path) as c:
        daemon = c.start(program=("-m", "tests.field.clock_set_back"))
        c.until_green(2, 0)
        offset.write_text("-3600")
        back = now_ms()
        daemon.until_fault("clock-stepped")
        assert "The clock was set by -3600" in daemon.sentences()["clock-stepped"]
        c.until_green(4, back)
        assert daemon.until_mode("run")["rung"] == "actuated"
        if "tick-missed" not in daemon.sentences():
            assert len(c.coupler.judgement.flashes) == 1
        assert daemon.stop_now() == 0
        events = daemon.events()
        assert events.index((200, 16)) < events.index((1, 4))


def test_kill_9_leaves_the_lamps_to_the_modules_dead_man_and_the_latch_to_the_next_start(tmp_path: Path) -> None:
    """Dark by the module itself, then flash; the latch stands, and its sentence names the way out."""
    with cabinet(tmp_path) as c:
        daemon = running(c)
        c.coupler.tell("stick", GREEN_OF_4, 1)
        daemon.until(lambda s: s["outputs"]["latch"])
        slots = daemon.state / "state.slots"
        daemon.until(lambda _: slots.exists() and b"lamp" in slots.read_bytes())
        killed = now_ms()
        daemon.kill()
        c.until(lambda found: found.deadmen(killed), "the module's dead-man")
        c.coupler.tell("unstick", GREEN_OF_4)
        again = now_ms()
        daemon = c.start()
        assert lit_again(c, again) in IN_FLASH
        daemon.until_fault("monitor-tripped")
        assert daemon.lines("monitor.latched_before_restart")
        assert "stopline faults clear -m" in daemon.stopline("status").stdout
        time.sleep(4)  # longer than the start-up flash
        assert last_image(c) in IN_FLASH


def test_a_process_that_stood_still_for_two_seconds_comes_back_through_flash(tmp_path: Path) -> None:
    """The module drops its lamps meanwhile; afterwards the missed tick holds flash, and the way up is automatic."""
    with cabinet(tmp_path) as c:
        daemon = c.start()
        c.until_green(2, 0)
        stopped = now_ms()
        daemon.signal(signal.SIGSTOP)
        c.until(lambda found: found.deadmen(stopped), "the module's dead-man")
        time.sleep(1.5)
        going_on = now_ms()
        daemon.signal(signal.SIGCONT)
        daemon.until_fault("tick-missed")
        assert "The control loop stood still for" in daemon.sentences()["tick-missed"]
        assert "Look for other load" in daemon.sentences()["tick-missed"]
        assert lit_again(c, going_on) in IN_FLASH
        c.until_green(2, going_on)


def test_a_second_sigterm_ends_a_green_in_flash_at_once(tmp_path: Path) -> None:
    """Exit 0, flash is the last image, and the log says who asked."""
    with cabinet(tmp_path) as c:
        daemon = c.start()
        c.until_green(2, 0)
        daemon.signal(signal.SIGTERM)
        daemon.until_said("daemon.stopping")
        daemon.signal(signal.SIGTERM)
        assert daemon.ended() == 0
        assert last_image(c) in IN_FLASH
        assert "SIGTERM" in daemon.lines("daemon.stopped")[0]["asked"]
