"""The unit files say what DESIGN and the measured traps ask of them, and systemd agrees."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from edge.control_socket.peer import ADVISE_GROUP
from edge.optimiser.process import NICE
from tests.units.installed import SYSTEMD, UNITS, bootable_root, commands, settings

ANALYZE = shutil.which("systemd-analyze")
needs_analyze = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed (package systemd)")

CONTROLLER = settings((SYSTEMD / "stopline.service").read_text())
FAILSAFE = settings((SYSTEMD / "stopline-failsafe.service").read_text())
OPTIMISER = settings((SYSTEMD / "stopline-optimiser.service").read_text())


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *map(str, words)], capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Type", "notify"),  # notify-reload came with systemd 253
        ("NotifyAccess", "main"),
        ("ExecStart", "/opt/stopline/venv/bin/stopline run --config /etc/stopline/intersection.yaml"),
        ("Restart", "always"),
        ("RestartPreventExitStatus", "78"),
        ("WatchdogSec", "2s"),
        ("WatchdogSignal", "SIGABRT"),
        ("TimeoutStopSec", "90s"),
        ("CPUSchedulingPolicy", "fifo"),
        ("CPUSchedulingPriority", "40"),
        ("CPUSchedulingResetOnFork", "no"),  # yes: worker threads at ordinary priority, the interpreter lock inverts
        ("PrivateUsers", "no"),  # yes: every operator is user 65534 on the control socket
        ("IPAddressDeny", "any"),
        ("OnFailure", "stopline-failsafe.service"),
        ("KillMode", "mixed"),
        ("User", "stopline"),
    ],
)
def test_the_controller_unit_says(name: str, value: str) -> None:
    assert CONTROLLER[name] == (value,)


@pytest.mark.parametrize(
    "name",
    [
        "ExecStartPre",  # a bad site file must lead to the last good one, not to a dead street
        "ConditionPathExists",  # skips the unit silently, without the fail-safe unit
        "StartLimitAction",  # cancels OnFailure=
        "IPAddressAllow",  # a site's devices are named in a drop-in
        "LoadCredential",  # the controller has no secrets
        "Requires",
        "BindsTo",
    ],
)
def test_the_controller_unit_does_without(name: str) -> None:
    assert name not in CONTROLLER


def test_the_controller_waits_for_neither_the_network_nor_the_clock() -> None:
    assert not re.search(r"network|time-sync", " ".join(CONTROLLER["After"]))


def test_a_crash_loop_ends_in_the_fail_safe_unit() -> None:
    assert CONTROLLER["StartLimitIntervalSec"] == ("60",)
    assert CONTROLLER["StartLimitBurst"] == ("5",)


def test_the_outputs_are_made_safe_however_the_controller_went() -> None:
    assert CONTROLLER["ExecStopPost"] == ("-+/usr/lib/stopline/outputs-safe /var/lib/stopline/safe-image",)


def test_no_foreign_folder_reaches_the_import_path() -> None:
    assert "PYTHONSAFEPATH=1" in CONTROLLER["Environment"][0].split()


def test_a_reload_asks_for_the_result_and_leaves_the_real_time_priority() -> None:
    assert CONTROLLER["ExecReload"] == ("/usr/bin/chrt --other 0 /opt/stopline/venv/bin/stopline reload --wait",)
    assert CONTROLLER["SystemCallFilter"][-1] == "sched_setscheduler"


def test_the_controller_and_the_fail_safe_unit_never_run_together() -> None:
    assert CONTROLLER["Conflicts"] == ("stopline-failsafe.service",)
    assert "stopline-failsafe.service" in CONTROLLER["After"][0].split()
    assert FAILSAFE["StopPropagatedFrom"] == ("stopline.service",)
    assert FAILSAFE["RefuseManualStart"] == ("yes",)


def test_a_stop_during_flash_is_not_answered_with_a_start() -> None:
    assert len(FAILSAFE["ExecStart"]) == 1  # systemd 252 would go on to a second one
    assert FAILSAFE["ExecStartPost"] == ("-+/bin/systemctl --no-block start stopline.service",)


def test_a_start_by_hand_in_a_crash_loop_is_not_refused_for_its_number() -> None:
    assert FAILSAFE["ExecStopPost"] == ("-+/bin/systemctl reset-failed stopline.service",)


def test_the_fail_safe_unit_runs_nothing_of_the_controllers_program() -> None:
    assert not [line for line in FAILSAFE["ExecStart"] if "/opt/stopline" in line]


def test_the_fail_safe_unit_needs_no_user_and_no_folder_that_may_be_missing() -> None:
    assert not {"User", "Group", "BindPaths", "ExecPaths", "StateDirectory", "ReadWritePaths"} & set(FAILSAFE)


def test_both_units_bar_the_same_network() -> None:
    for name in ("IPAddressDeny", "RestrictAddressFamilies"):
        assert CONTROLLER[name] == FAILSAFE[name]


def test_the_optimiser_comes_and_goes_with_the_controller_which_does_not_wait_for_it() -> None:
    assert OPTIMISER["PartOf"] == OPTIMISER["After"] == OPTIMISER["WantedBy"] == ("stopline.service",)
    assert "optimiser" not in (SYSTEMD / "stopline.service").read_text()


def test_an_optimiser_that_crashes_at_once_is_started_again_for_ever_and_seldom() -> None:
    assert OPTIMISER["StartLimitIntervalSec"] == ("0",)
    assert (OPTIMISER["Restart"], OPTIMISER["RestartSec"]) == (("always",), ("20s",))


def test_the_optimiser_has_a_user_of_its_own_at_ordinary_priority_and_no_network() -> None:
    assert (OPTIMISER["User"], OPTIMISER["SupplementaryGroups"]) == (("stopline-optimiser",), ("stopline",))
    assert OPTIMISER["Group"] == (ADVISE_GROUP,)
    assert OPTIMISER["CPUSchedulingPolicy"] == ("other",)
    assert OPTIMISER["PrivateNetwork"] == ("yes",)
    assert str(NICE) == OPTIMISER["Nice"][0]


def test_optional_folders_do_not_stop_the_sandbox() -> None:
    paths = CONTROLLER["ExecPaths"][0].split()
    assert [path for path in paths if not path.startswith("-")] == ["/usr/bin", "/usr/lib"]


@needs_analyze
def test_systemd_finds_nothing_to_say_about_the_units(tmp_path: Path) -> None:
    done = analyze("verify", f"--root={bootable_root(tmp_path)}", *UNITS)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_analyze
def test_the_verification_would_see_a_missing_program(tmp_path: Path) -> None:
    root = bootable_root(tmp_path)
    (root / "opt/stopline/venv/bin/stopline").unlink()
    assert "stopline is not executable" in analyze("verify", f"--root={root}", *UNITS).stderr


@needs_analyze
@pytest.mark.parametrize("name", UNITS)
def test_the_exposure_of_each_unit_is_two_at_most(name: str) -> None:
    done = analyze("security", "--offline=true", "--threshold=20", "--no-pager", SYSTEMD / name)
    assert done.returncode == 0, done.stdout[-300:]


@needs_analyze
@pytest.mark.parametrize(("example", "threshold"), [("20-serial-only.conf", 8), ("10-modbus-tcp.conf", 16)])
def test_the_exposure_with_a_network_drop_in_is_known(tmp_path: Path, example: str, threshold: int) -> None:
    merged = tmp_path / "stopline.service"
    merged.write_text((SYSTEMD / "stopline.service").read_text() + (SYSTEMD / "examples" / example).read_text())
    done = analyze("security", "--offline=true", f"--threshold={threshold}", "--no-pager", merged)
    assert done.returncode == 0, done.stdout[-300:]


@pytest.mark.parametrize("path", sorted((SYSTEMD / "examples").glob("[1-4]0-*.conf")), ids=lambda path: path.name)
def test_an_example_drop_in_changes_settings_the_unit_has_or_names_new_ones(path: Path) -> None:
    known: Mapping[str, tuple[str, ...]] = {**CONTROLLER, "IPAddressAllow": (), "CPUAffinity": ()}
    changed = settings(path.read_text())
    assert changed
    assert set(changed) <= set(known)


def test_every_program_a_unit_starts_is_allowed_to_run_in_it() -> None:
    assert {program for unit in (CONTROLLER, FAILSAFE, OPTIMISER) for program in commands(unit)} == {
        "/opt/stopline/venv/bin/stopline",
        "/usr/bin/chrt",
        "/usr/lib/stopline/outputs-safe",
        "/bin/sh",
        "/bin/systemctl",
    }
