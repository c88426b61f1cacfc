"""A bad day, with real processes: each trouble ends in a safe state and a sentence that says what to do."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.control_socket.client import ask
from tests.shell.house import SITE
from tests.shell.street import Street, street

MODBUS = "cab: {driver: modbus, host: 127.0.0.1, tcp_port: 9, unit: 1, profile: wago-750, watchdog: 0.5}"
FLASH = {"2": "flash_yellow", "4": "flash_red"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A good site file."""
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    return path


def _shows(status: dict[str, object]) -> dict[str, str]:
    outputs = status["outputs"]
    assert isinstance(outputs, dict)
    return {str(channel["number"]): channel["shows"] for channel in outputs["channels"]}


def test_a_bad_file_and_no_good_one_before_it_ends_with_78_and_every_line(tmp_path: Path, config: Path) -> None:
    """Nothing is driven; each problem is told with its place."""
    config.write_text(SITE.replace("yellow: 4.0", "yellow: 1").replace("phase: 4, kind", "phase: 9, kind"))
    with street(tmp_path, config) as s:
        assert s.ended() == 78
        assert "site.yaml:5:" in s.said
        assert "site.yaml:12:" in s.said
        assert "no last good file" in s.said
        assert "Traceback" not in s.said


def test_a_missing_file_and_no_good_one_before_it_ends_with_78(tmp_path: Path) -> None:
    """The path is named."""
    with street(tmp_path, tmp_path / "nowhere.yaml") as s:
        assert s.ended() == 78
        assert "nowhere.yaml" in s.said
        assert "Traceback" not in s.said


def test_a_bad_file_runs_the_last_good_one_visibly_degraded_and_is_left_alone(tmp_path: Path, config: Path) -> None:
    """Kill -9 in the middle, too: the copy is whole, and the start goes through flash."""
    with street(tmp_path, config) as s:
        s.until(lambda _: (tmp_path / "state/last-good.yaml").exists())
        s.kill()
    config.write_text("rings: [oops")
    with street(tmp_path, config) as s:
        status = s.up()
        assert status["mode"] == "start_up_flash"
        assert "site.yaml" in status["site"]["degraded"]
        assert status["site"]["file"].endswith("last-good.yaml")
        assert [fault["kind"] for fault in status["faults"]] == ["config-rejected"]
        assert ask(s.socket, "health")["level"] in {1, 3}
        assert config.read_text() == "rings: [oops"
        config.write_text(SITE)
        assert ask(s.socket, "reload", "mended")["changed"] == []
        s.until(lambda status: not status["faults"])
        assert s.stop() == 0


def test_two_daemons_on_one_state_directory_or_one_socket(tmp_path: Path, config: Path) -> None:
    """The second ends with 75 and names the first; the first does not notice."""
    with street(tmp_path, config) as first:
        first.up()
        second = Street(tmp_path, config)
        assert second.ended() == 75
        assert f"process {first.process.pid}" in second.said
        assert "systemctl stop stopline" in second.said
        other = tmp_path / "other"
        other.mkdir()
        third = Street(other, config)
        assert third.until(lambda _: True)["mode"] == "start_up_flash"  # another street of its own may run beside it
        third.kill()
        assert first.up()


def test_kill_9_and_again_comes_up_in_flash_with_the_operators_order_kept(tmp_path: Path, config: Path) -> None:
    """No state of the signals is carried over; what an operator ordered is. A stale socket is no obstacle."""
    with street(tmp_path, config) as s:
        s.until(lambda status: status["mode"] == "run")
        ask(s.socket, "flash", "crash, NW pole")
        slots = tmp_path / "state/state.slots"
        s.until(lambda _: slots.exists() and b"NW pole" in slots.read_bytes())
        s.kill()
    assert s.socket.exists()
    with street(tmp_path, config) as s:
        status = s.up()
        assert _shows(status) == FLASH
        assert status["operator"]["flash"]["why"] == "crash, NW pole"
        ask(s.socket, "resume", "cleared away")
        assert s.until(lambda status: status["operator"] is None)
        assert s.stop() == 0


def test_a_state_directory_that_cannot_be_made_is_said_and_the_street_runs(tmp_path: Path, config: Path) -> None:
    """A file stands in its place, which stops root too."""
    (tmp_path / "state").write_text("")
    with street(tmp_path, config) as s:
        status = s.until(lambda status: status["faults"])
        fault = status["faults"][0]
        assert fault["kind"] == "storage-failed"
        assert "Nothing can be stored" in fault["sentence"]
        assert s.until(lambda status: status["mode"] == "run")
        assert s.stop() == 0


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB without a free byte."""
    state = tmp_path / "state"
    state.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", str(state).encode(), b"tmpfs", 0, b"size=64k") != 0:
        pytest.skip(f"no tmpfs can be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        with (state / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(b"x" * 4096) == 4096:
                pass
    except OSError:
        yield state
    finally:
        libc.umount2(str(state).encode(), 2)


def test_a_full_disk_is_said_and_the_street_runs_until_there_is_room_again(full_disk: Path, config: Path) -> None:
    """Events wait in memory; with room again they are stored and the fault is over."""
    with street(full_disk.parent, config) as s:
        status = s.until(lambda status: status["faults"])
        assert {fault["kind"] for fault in status["faults"]} == {"storage-failed"}
        assert "No space left" in json.dumps(status)
        s.until(lambda status: status["mode"] == "run")
        (full_disk / "ballast").unlink()
        s.until(lambda status: not status["faults"])
        assert s.stop() == 0
        assert list((full_disk / "events").iterdir())


def test_a_folder_for_the_socket_that_is_not_there_is_said_and_the_street_runs(tmp_path: Path, config: Path) -> None:
    """Nobody can look in, so the log must tell."""
    with street(tmp_path, config, "gone/control.sock") as s:
        s.until_said("daemon.ready")
        assert "control_socket.not_opened" in s.said
        assert s.stop() == 0


def test_a_process_that_stood_still_knows_it(tmp_path: Path, config: Path) -> None:
    """SIGSTOP for 0.6 s: the first tick after it is a missed one, which holds flash."""
    with street(tmp_path, config, REAL_TIME="1") as s:
        s.up()
        s.process.send_signal(signal.SIGSTOP)
        time.sleep(0.6)
        s.process.send_signal(signal.SIGCONT)
        assert s.until(lambda status: any(fault["kind"] == "tick-missed" for fault in status["faults"]))


def test_two_signals_stop_at_once_and_the_exit_code_is_0(tmp_path: Path, config: Path) -> None:
    """Flash without clearance, the log closed properly."""
    with street(tmp_path, config) as s:
        s.until(lambda status: status["mode"] == "run")
        s.process.send_signal(signal.SIGTERM)
        s.until(lambda status: "Stopping" in status["sentence"])
        s.process.send_signal(signal.SIGINT)
        assert s.ended(5) == 0
        assert "daemon.stopped" in s.said


def test_sighup_before_the_loop_is_there_does_not_kill(tmp_path: Path, config: Path) -> None:
    """Its default action would; the handlers are set first thing."""
    with street(tmp_path, config) as s:
        end = time.monotonic() + 15
        while "SigCgt" not in _caught(s) and time.monotonic() < end:
            time.sleep(0.005)
        s.process.send_signal(signal.SIGHUP)
        s.process.send_signal(signal.SIGUSR1)
        assert s.up()
        assert s.stop() == 0


def _caught(running: Street) -> str:
    """'SigCgt' once the process catches SIGHUP (bit 1 of the mask)."""
    for line in Path(f"/proc/{running.process.pid}/status").read_text().splitlines():
        if line.startswith("SigCgt") and int(line.split()[1], 16) & 1:
            return line
    return ""


def aborted(folder: Path, config: Path) -> tuple[int, str]:
    """How a daemon that is told SIGABRT ends, and what it says."""
    with street(folder, config) as s:
        s.up()
        s.process.send_signal(signal.SIGABRT)
        return s.ended(), s.said


def test_sigabrt_leaves_every_threads_stack_in_the_log(tmp_path: Path, config: Path) -> None:
    """That is what the watchdog of systemd sends. The stacks of threads that run on are read without a lock (faulthandler), so
    that now and then the reading itself ends the process, some lines short: seen once on a starved computer."""
    ends = (aborted(tmp_path, config) for _ in range(3))
    code, said = next(((code, said) for code, said in ends if code != -signal.SIGSEGV), (0, ""))
    assert code == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in said
    assert "edge/daemon/loop.py" in said


def test_real_outputs_are_not_driven_by_a_card_nobody_has_confirmed(tmp_path: Path) -> None:
    """78 with what to fill in; and a device that is not there is no reason not to start."""
    text = SITE.replace("cab: {driver: mock}", MODBUS)
    for confirmed, code in (("''", 78), ("R. Osei PE", None)):
        folder = tmp_path / f"code {code}"
        folder.mkdir()
        (folder / "site.yaml").write_text(text.replace("R. Osei PE", confirmed))
        script = (
            "import sys; from pathlib import Path; from edge.daemon import RunOptions, run; p = Path(sys.argv[1]);"
            "sys.exit(run(RunOptions(p / 'site.yaml', p / 'state', p / 'control.sock', duration_s=0.5)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == (code or 0), done.stderr
        if code:
            assert "confirmed_by" in done.stderr
        else:
            assert (folder / "state/safe-image").exists()
            assert "device.changed" in done.stdout
