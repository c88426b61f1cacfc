"""The installed service on a real systemd: how it starts, dies, comes back, and what the lamps show meanwhile.

The tests follow one machine through its life, in the order of the file. Figures are printed (`make e2e`).
"""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.machine import REBOOT_STATUS, Machine, installed_root
from tests.e2e.street import FLASH_OFF, FLASH_ON, GREEN, RED, Street

pytestmark = pytest.mark.timeout(600)
SITE = Path("etc/stopline/intersection.yaml")
GOOD = (Path(__file__).parent / "site.yaml").read_text()
BAD = GOOD.replace("yellow: 3.0", "yellow: 0.5")
DROP_IN = "10-modbus-tcp.conf"


def figure(text: str) -> None:
    print(f"\n    {text}", flush=True)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A freshly installed machine, running, with the example site."""
    machine = Machine(installed_root(tmp_path_factory.mktemp("e2e")))
    machine.power_on()
    try:
        yield machine
    finally:
        machine.remove()


def units_of(machine: Machine) -> Path:
    return machine.root / "etc/systemd/system"


@pytest.fixture(scope="module")
def street(box: Machine) -> Street:
    """The machine with real outputs: a Modbus TCP module, its address allowed to both units, a fail-safe flash of 5 s."""
    street = Street(box.root)
    box.active()
    street.install()
    for unit in ("stopline", "stopline-failsafe"):
        folder = units_of(box) / f"{unit}.service.d"
        folder.mkdir()
        shutil.copy(box.root / "usr/share/stopline/systemd" / DROP_IN, folder)
    flash = (box.root / "usr/lib/systemd/system/stopline-failsafe.service").read_text()
    (line,) = re.findall("^ExecStart=.*", flash, re.MULTILINE)
    short = f"[Service]\nExecStart=\n{line.replace('--flash 60', '--flash 5')}\n"
    (units_of(box) / "stopline-failsafe.service.d/50-test.conf").write_text(short)
    box.run("systemctl", "daemon-reload")
    box.run("systemctl", "enable", "--now", "module.service")
    box.run("systemctl", "restart", "stopline")
    return street


@pytest.fixture
def lit(box: Machine, street: Street) -> Street:
    """The controller runs the good file and shows a green right now; the count of starts begins anew."""
    (box.root / SITE).write_text(GOOD)
    box.run("systemctl", "reset-failed")
    box.run("systemctl", "start", "stopline")
    box.wait("a green", lambda: GREEN in (street.last()[:3], street.last()[3:]))
    return street


def lose(machine: Machine, street: Street, how: str) -> None:
    """Kill or freeze the controller."""
    street.lost.append(time.monotonic())
    machine.run("kill", f"-{how}", str(machine.pid()))


def failsafe_flashes(machine: Machine, street: Street, since: float) -> float:
    """Wait until the fail-safe unit flashes the lamps; the seconds since `since`."""

    def flashing() -> bool:
        seen = [shown.coils for shown in street.shown(since)]
        return machine.state("stopline-failsafe") == "activating" and seen[-3:] == [FLASH_ON, FLASH_OFF, FLASH_ON]

    machine.wait("the fail-safe flash", flashing)
    return time.monotonic() - since


# ---- a fresh box -----------------------------------------------------------------------------------------------------
def test_a_fresh_box_boots_into_a_running_controller_and_opens_no_port(box: Machine) -> None:
    figure(f"boot to active: {box.active():.2f} s")
    box.wait("the end of the boot", lambda: box.try_run("systemctl", "is-system-running").stdout.strip() == "running")
    assert box.run("systemctl", "--failed", "--no-legend") == ""
    assert box.run("ss", "-H", "-lntup") == ""


def test_every_thread_has_the_real_time_priority_of_the_unit(box: Machine) -> None:
    box.active()
    policies = box.run("chrt", "--all-tasks", "--pid", str(box.pid())).splitlines()
    assert len(policies) > 2
    assert all(line.endswith(("SCHED_FIFO", ": 40")) for line in policies)
    rss = re.search(r"VmRSS:\s*(\d+) kB", box.run("cat", f"/proc/{box.pid()}/status"))
    assert rss
    figure(f"{len(policies) // 2} threads, {int(rss[1]) / 1024:.0f} MB resident")


def test_only_those_who_may_reach_the_socket_and_only_operators_act(box: Machine) -> None:
    box.active()
    for name, groups in (("stranger", ""), ("watcher", "stopline"), ("technician", "stopline,stopline-operate")):
        box.run("useradd", "--no-create-home", *(["--groups", groups] if groups else []), name)

    def codes(*words: str) -> list[int]:
        return [box.try_run("stopline", *words, user=name).returncode for name in ("stranger", "watcher", "technician")]

    assert codes("status") == [77, 0, 0]
    assert codes("flash", "-m", "test") == [77, 77, 0]
    assert box.try_run("stopline", "resume", "-m", "test", user="technician").returncode == 0


def test_the_optimiser_advises_from_its_own_unit_and_its_death_is_nothing_to_the_controller(box: Machine) -> None:
    box.active()
    unit = "stopline-optimiser"

    def heard() -> int:
        said = json.loads(box.try_run("stopline", "health", "--json").stdout or "{}")
        return int(said.get("counters", {}).get("advice_heard", 0))

    controller = box.pid()
    box.run("systemctl", "enable", "--now", unit)
    try:
        _, took = box.wait("the first advice", lambda: heard() > 0)
    except AssertionError as error:
        raise AssertionError(box.journal(unit)[-3000:]) from error
    figure(f"start to first advice: {took:.1f} s")
    pid = box.unit("MainPID", unit)
    assert box.run("ps", "-o", "user:30=", "-p", pid) == unit
    assert box.run("ps", "-o", "cls=,ni=", "-p", pid).split() == ["TS", "5"]
    rss = re.search(r"VmRSS:\s*(\d+) kB", box.run("cat", f"/proc/{pid}/status"))
    assert rss
    figure(f"{int(rss[1]) / 1024:.0f} MB resident")
    box.run("kill", "-KILL", pid)
    before = heard()
    box.wait("advice again", lambda: heard() > before + 2)
    assert box.unit("MainPID", unit) != pid
    assert box.pid() == controller
    box.run("systemctl", "restart", "stopline")
    box.wait("advice to the new controller", lambda: heard() > 0)
    assert (box.root / "var/lib/stopline-optimiser/learned.slots").exists()


# ---- the lamps when the controller dies ------------------------------------------------------------------------------
def test_the_controller_drives_a_module_whose_address_is_allowed(box: Machine, lit: Street) -> None:
    image = (box.root / "var/lib/stopline/safe-image").read_text()
    assert image.splitlines()[1] == "tcp 1 0 6 09 0a 00 502 192.168.250.11"
    box.wait("both greens", lambda: lit.greens(time.monotonic() - 60) == {2, 4})


def test_killed_it_leaves_all_red_and_comes_back(box: Machine, lit: Street) -> None:
    pid, since, mark = box.pid(), time.monotonic(), box.now()
    lose(box, lit, "KILL")
    red = box.wait("all red", lambda: [shown for shown in lit.shown(since) if shown.coils == RED])[0][0].at - since
    again = box.another_than(pid)
    figure(f"kill -9: all red after {red:.2f} s, active again after {red + again:.2f} s")
    assert "SERVICE_RESULT=signal EXIT_CODE=killed EXIT_STATUS=KILL" in box.journal(since=mark)
    figure(f"kill -9: next green after {lit.wait_green(box, time.monotonic()):.1f} s")


def test_frozen_it_is_ended_by_the_watchdog_and_the_lamps_by_their_own_dead_man(box: Machine, lit: Street) -> None:
    pid, since, mark = box.pid(), time.monotonic(), box.now()
    lose(box, lit, "STOP")
    box.another_than(pid)
    dark = next(shown.at for shown in lit.shown(since) if shown.who == "deadman") - since
    figure(f"SIGSTOP: the module's dead-man after {dark:.2f} s, active again after {time.monotonic() - since:.2f} s")
    assert "SERVICE_RESULT=watchdog" in box.journal(since=mark)


def test_stopped_it_goes_through_clearance_to_flash(box: Machine, lit: Street) -> None:
    since = time.monotonic()
    box.run("systemctl", "stop", "stopline")
    figure(f"systemctl stop: {time.monotonic() - since:.1f} s")
    shown = [shown.coils for shown in lit.shown(since)]
    assert FLASH_ON in shown[shown.index(RED) :]
    assert (box.state(), box.unit("Result"), box.state("stopline-failsafe")) == ("inactive", "success", "inactive")
    box.run("systemctl", "start", "stopline")


# ---- the site file ---------------------------------------------------------------------------------------------------
def test_a_reload_takes_a_good_file_over_and_says_why_it_refuses_a_bad_one(box: Machine, lit: Street) -> None:
    pid = box.pid()
    assert lit.last()
    (box.root / SITE).write_text(GOOD.replace("max_green: 10", "max_green: 12"))
    assert box.try_run("systemctl", "reload", "stopline").returncode == 0, box.journal()[-1500:]
    (box.root / SITE).write_text(BAD)
    mark = box.now()
    assert box.try_run("systemctl", "reload", "stopline").returncode != 0
    assert "yellow" in box.journal(since=mark)
    assert (box.pid(), box.state()) == (pid, "active")


def test_with_a_bad_file_at_start_the_last_good_one_runs_and_that_is_visible(box: Machine, lit: Street) -> None:
    (box.root / SITE).write_text(BAD)
    since = time.monotonic()
    box.run("systemctl", "restart", "stopline")
    lit.wait_green(box, since)
    assert box.try_run("stopline", "health").returncode == 1
    assert any(
        fault["kind"] == "config-rejected" for fault in json.loads(box.run("stopline", "faults", "--json"))["faults"]
    )


def test_without_any_good_file_it_ends_with_78_and_the_lamps_flash_until_it_is_mended(
    box: Machine, lit: Street
) -> None:
    (box.root / "var/lib/stopline/last-good.yaml").unlink()
    (box.root / SITE).write_text(BAD)
    since = time.monotonic()
    lose(box, lit, "KILL")
    figure(f"no good file: fail-safe flash {failsafe_flashes(box, lit, since):.2f} s after the kill")
    assert (box.state(), box.unit("ExecMainStatus")) == ("failed", "78")
    (box.root / SITE).write_text(GOOD)
    figure(f"mended: active by itself after {box.active():.1f} s")
    assert box.state("stopline-failsafe") == "inactive"


# ---- the fail-safe unit ------------------------------------------------------------------------------------------------
def broken_program(machine: Machine) -> Path:
    """Take the program away, as a bad upgrade would."""
    program = machine.root / "opt/stopline/venv"
    return program.rename(program.with_name("venv.away"))


def test_a_crash_loop_ends_in_flash_and_by_itself_when_the_program_is_back(box: Machine, lit: Street) -> None:
    since, away = time.monotonic(), broken_program(box)
    lose(box, lit, "KILL")
    figure(f"program gone: fail-safe flash {failsafe_flashes(box, lit, since):.2f} s after the kill")
    away.rename(away.with_name("venv"))
    figure(f"program back: active by itself after {box.active():.1f} s")


@pytest.mark.parametrize("verb", ["start", "restart"])
def test_a_start_by_hand_ends_the_flash_and_is_not_refused(box: Machine, lit: Street, verb: str) -> None:
    since, away = time.monotonic(), broken_program(box)
    lose(box, lit, "KILL")
    failsafe_flashes(box, lit, since)
    away.rename(away.with_name("venv"))
    box.run("systemctl", verb, "stopline")
    assert (box.state(), box.state("stopline-failsafe")) == ("active", "inactive")


def test_a_stop_by_hand_ends_the_flash_and_stays(box: Machine, lit: Street) -> None:
    since, away = time.monotonic(), broken_program(box)
    lose(box, lit, "KILL")
    failsafe_flashes(box, lit, since)
    away.rename(away.with_name("venv"))
    box.run("systemctl", "stop", "stopline")
    time.sleep(7)
    assert (box.state(), box.state("stopline-failsafe")) == ("inactive", "inactive")
    box.run("systemctl", "start", "stopline")


def test_the_flash_cannot_be_started_beside_a_running_controller(box: Machine, lit: Street) -> None:
    assert lit.greens(time.monotonic() - 60)
    assert "refuse manual start" in box.try_run("systemctl", "start", "stopline-failsafe").stderr


# ---- power -----------------------------------------------------------------------------------------------------------
def test_a_reboot_brings_it_back(box: Machine, lit: Street) -> None:
    since = time.monotonic()
    assert lit.greens(since - 60)
    box.try_run("systemctl", "reboot")
    assert box.wait_off() == REBOOT_STATUS
    box.power_on()
    box.active()
    figure(f"reboot: active after {time.monotonic() - since:.1f} s")


def test_a_power_cut_leaves_the_state_whole(box: Machine, lit: Street) -> None:
    assert lit.greens(time.monotonic() - 60)
    box.run("stopline", "flash", "-m", "crash, NW pole")
    box.wait("the flash", lambda: lit.last() == FLASH_ON)
    time.sleep(1)
    lit.lost.append(time.monotonic())
    box.cut()
    since = time.monotonic()
    box.power_on()
    box.active()
    figure(f"power cut: active after {time.monotonic() - since:.1f} s")
    assert "crash, NW pole" in box.journal()
    time.sleep(20)  # longer than the start-up sequence
    assert lit.greens(since) == set()  # an operator's flash outlives the power cut
    assert box.run("ss", "-H", "-lntup", "sport", "!=", "502") == ""
    box.run("stopline", "resume", "-m", "done")
    lit.wait_green(box, since)


# ---- the network -------------------------------------------------------------------------------------------------------
def test_a_module_that_is_not_on_the_address_list_is_out_of_reach(box: Machine, lit: Street) -> None:
    place = units_of(box) / "stopline.service.d" / DROP_IN
    away = place.rename(place.with_suffix(".away"))
    try:
        box.run("systemctl", "daemon-reload")
        lit.lost.append(time.monotonic())  # the list holds for the running controller too: it loses its lamps at once
        box.run("systemctl", "restart", "stopline")
        since = time.monotonic()
        time.sleep(5)
        reached = [shown for shown in lit.shown(since) if shown.who == "master"]
        assert reached or "cab" in box.run("stopline", "status")
    finally:
        away.rename(place)
        box.run("systemctl", "daemon-reload")
    if reached:
        pytest.skip("this kernel or container does not enforce IPAddressDeny=")


def test_in_all_that_time_the_street_never_showed_a_conflict_or_a_short_yellow(box: Machine, street: Street) -> None:
    assert box.root.exists()
    assert street.greens(0.0)
    assert street.violations() == []
