"""`make install` puts everything in its place, overwrites no site file, and `make uninstall` keeps what is the site's."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.units.installed import REPOSITORY, UNITS, commands, make, settings


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    destination = tmp_path_factory.mktemp("root")
    make("install", destination)
    return destination


@pytest.mark.parametrize(
    "path",
    [
        "etc/stopline/intersection.yaml",
        "usr/lib/stopline/outputs-safe",
        "usr/lib/systemd/system/stopline.service",
        "usr/lib/systemd/system/stopline-failsafe.service",
        "usr/lib/systemd/system/stopline-optimiser.service",
        "usr/lib/sysusers.d/stopline.conf",
        "usr/lib/tmpfiles.d/stopline.conf",
        "usr/lib/modules-load.d/stopline.conf",
        "usr/share/stopline/config/minimal-2phase.yaml",
        "usr/share/stopline/systemd/10-modbus-tcp.conf",
        "usr/share/stopline/systemd/60-stopline.rules",
        "usr/share/doc/stopline/install.md",
        "usr/share/doc/stopline/LICENSE",
    ],
)
def test_it_installs(tree: Path, path: str) -> None:
    assert (tree / path).is_file()


def test_the_command_stands_in_the_path(tree: Path) -> None:
    assert (tree / "usr/local/bin/stopline").readlink() == Path("/opt/stopline/venv/bin/stopline")


def test_every_program_of_ours_that_a_unit_starts_is_installed(tree: Path) -> None:
    ours = {
        program
        for name in UNITS
        for program in commands(settings((tree / "usr/lib/systemd/system" / name).read_text()))
        if "/stopline/" in program and not program.startswith("/opt/stopline/venv/")
    }
    assert ours == {"/usr/lib/stopline/outputs-safe"}
    assert all(os.access(tree / program.lstrip("/"), os.X_OK) for program in ours)


def test_a_fresh_box_gets_a_site_file_that_drives_no_real_outputs(tree: Path) -> None:
    text = (tree / "etc/stopline/intersection.yaml").read_text()
    assert "driver: mock" in text
    assert not {"driver: modbus", "driver: serial"} & {part.strip() for part in text.split("{")}


def test_a_site_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    site = tmp_path / "etc/stopline/intersection.yaml"
    site.parent.mkdir(parents=True)
    site.write_text("mine\n")
    assert "kept: /etc/stopline/intersection.yaml" in make("install", tmp_path)
    assert site.read_text() == "mine\n"


def test_uninstalling_keeps_the_site_file_and_the_state_and_nothing_else_of_ours(tmp_path: Path) -> None:
    make("install", tmp_path)
    state = tmp_path / "var/lib/stopline/safe-image"
    state.parent.mkdir(parents=True)
    state.touch()
    make("uninstall", tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir()}
    assert left == {"etc/stopline/intersection.yaml", "var/lib/stopline/safe-image"}


SYSUSERS = shutil.which("systemd-sysusers")
TMPFILES = shutil.which("systemd-tmpfiles")


@pytest.mark.skipif(SYSUSERS is None or os.geteuid() != 0, reason="needs systemd-sysusers and root")
def test_the_users_file_makes_the_controllers_user_and_the_operators_group(tmp_path: Path) -> None:
    make("install", tmp_path)
    subprocess.run([str(SYSUSERS), f"--root={tmp_path}"], check=True, capture_output=True)
    assert "stopline:" in (tmp_path / "etc/passwd").read_text()
    groups = {line.split(":")[0] for line in (tmp_path / "etc/group").read_text().splitlines()}
    assert {"stopline", "stopline-operate", "stopline-optimiser", "dialout", "gpio"} <= groups
    members = next(line for line in (tmp_path / "etc/group").read_text().splitlines() if line.startswith("stopline:"))
    assert members.split(":")[3] == "stopline-optimiser"


@pytest.mark.skipif(not (SYSUSERS and TMPFILES) or os.geteuid() != 0, reason="needs systemd-tmpfiles and root")
def test_the_state_folder_is_there_before_the_first_start(tmp_path: Path) -> None:
    make("install", tmp_path)
    subprocess.run([str(SYSUSERS), f"--root={tmp_path}"], check=True, capture_output=True)
    subprocess.run([str(TMPFILES), f"--root={tmp_path}", "--create", "stopline.conf"], check=True, capture_output=True)
    assert (tmp_path / "var/lib/stopline").stat().st_mode & 0o7777 == 0o750


def test_the_license_is_the_whole_apache_license() -> None:
    text = (REPOSITORY / "LICENSE").read_text()
    assert text.split("\n")[1].strip() == "Apache License"
    assert "END OF TERMS AND CONDITIONS" in text
