"""A `make install` into a folder of its own, and the unit files as values."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SYSTEMD = REPOSITORY / "systemd"
OUTPUTS_SAFE = SYSTEMD / "outputs-safe"
UNITS = ("stopline.service", "stopline-failsafe.service", "stopline-optimiser.service")


def make(target: str, destination: Path, **variables: str) -> str:
    """Run one of systemd/install.mk's targets against `destination`, without the program unless told; its output."""
    given = {"DESTDIR": str(destination), "WITH_PROGRAM": "no", **variables}
    words = [f"{name}={value}" for name, value in given.items()]
    done = subprocess.run(
        ["make", "-f", "systemd/install.mk", target, *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def settings(text: str) -> Mapping[str, tuple[str, ...]]:
    """Every setting of a unit file with its values in order."""
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[name] = (*found.get(name, ()), value)
    return found


def commands(unit: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The programs a unit starts."""
    lines = [
        line for name in ("ExecStart", "ExecStartPost", "ExecReload", "ExecStopPost") for line in unit.get(name, ())
    ]
    return [line.lstrip("-+").split()[0] for line in lines]


def bootable_root(destination: Path) -> Path:
    """An installed tree with what `systemd-analyze verify --root` looks for: systemd's own targets, and the programs."""
    make("install", destination)
    units = destination / "usr/lib/systemd/system"
    for kind in ("*.target", "*.slice"):
        for path in Path("/usr/lib/systemd/system").glob(kind):
            shutil.copy(path, units / path.name, follow_symlinks=False)
    for name in UNITS:
        for program in commands(settings((units / name).read_text())):
            place = destination / program.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                place.touch(0o755)
    return destination
