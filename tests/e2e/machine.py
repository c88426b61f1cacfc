"""A Debian 12 with a real systemd as a container, the product installed in it as `make install` does it.

Needs root, systemd-container and debootstrap; neither systemd nor D-Bus on the host. The base system is built once and
kept in $STOPLINE_E2E_CACHE (/var/tmp/stopline-e2e); each run works on a copy.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

REPOSITORY = Path(__file__).parents[2]
CACHE = Path(os.environ.get("STOPLINE_E2E_CACHE", "/var/tmp/stopline-e2e"))
MIRROR = os.environ.get("STOPLINE_E2E_MIRROR", "")
PACKAGES = "systemd-sysv,systemd,dbus,udev,kmod,python3,python3-venv,iproute2,procps,make"
REBOOT_STATUS = 133
"""How systemd-nspawn ends when the container asks for a reboot."""
HIERARCHIES = ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified")

BOOT = """
for h in {hierarchies}; do [ -e $h/cgroup.procs ] && mkdir -p $h/{name} && echo $$ > $h/{name}/cgroup.procs; done
exec unshare -m --propagation private sh -c '
  mkdir -p /run/systemd/nspawn; mount -t tmpfs tmpfs /run/systemd/nspawn
  exec env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet -D {root} --machine={name} \\
       --register=no --keep-unit --private-network --boot --console=pipe --capability=CAP_BPF --system-call-filter=bpf'
"""

T = TypeVar("T")


def sh(*words: str | Path, **options: object) -> str:
    """Run a command on the host and return what it says; its errors are raised with its words."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode:
        raise AssertionError(f"{words} ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return str(done.stdout)


def base_system() -> Path:
    """The base system, built when it is not there."""
    base = CACHE / "base"
    if not (base / "usr/bin/python3").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(base, ignore_errors=True)
        sh("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", base, *([MIRROR] if MIRROR else []))
    return base


def installed_root(folder: Path) -> Path:
    """A copy of the base with the product installed from wheels, without a network, as on a box in a cabinet."""
    root = folder / "root"
    sh("cp", "-a", "--reflink=auto", base_system(), root)
    source, wheels = root / "usr/src/stopline", root / "usr/src/wheels"
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("edge", "drivers", "config", "systemd", "docs"):
        shutil.copytree(REPOSITORY / name, source / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source)
    sh(sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", wheels, f"{source}[adaptive]")
    make = ("make", "-C", "/usr/src/stopline", "-f", "systemd/install.mk", "install", "WHEELS=/usr/src/wheels")
    sh("chroot", root, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *make)
    sh("systemctl", f"--root={root}", "enable", "stopline.service")
    (root / "etc/hostname").write_text("edge1\n")
    return root


class Machine:
    """One container. Times are the host's; every wait ends with an error that shows the journal."""

    def __init__(self, root: Path, *, patience_s: float = 60.0) -> None:
        self.root, self.patience_s = root, patience_s
        self.name = f"stopline{os.getpid()}"
        self.process: subprocess.Popen[bytes] | None = None
        self.console = root.parent / "console.log"

    # ---- power ---------------------------------------------------------------------------------------------------
    def power_on(self) -> None:
        """Switch it on and wait for nothing."""
        script = BOOT.format(hierarchies=" ".join(HIERARCHIES), name=self.name, root=self.root)
        with self.console.open("ab") as console:
            self.process = subprocess.Popen(
                ["sh", "-c", script], stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )

    def leader(self) -> int:
        """The container's PID 1, seen from outside; 0 while there is none. Never a number that kill() reads as a group."""
        if self.process is None or self.process.poll() is not None:
            return 0
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid), "-x", "systemd"], capture_output=True, text=True, check=False
        )
        pid = int(found.stdout.split()[0]) if found.stdout.split() else 0
        return pid if pid > 1 else 0

    def cut(self) -> None:
        """Power cut: every process of the container is gone at once; what was not synced may be."""
        self._end(signal.SIGKILL)

    def power_off(self) -> int:
        """An orderly shutdown; how systemd-nspawn ended."""
        return self._end(signal.SIGRTMIN + 4)

    def _end(self, how: int) -> int:
        leader = self.leader()
        if leader:
            os.kill(leader, how)
        return self.wait_off()

    def wait_off(self) -> int:
        """Wait until it is off; how systemd-nspawn ended."""
        assert self.process is not None
        return self.process.wait(self.patience_s * 3)

    def remove(self) -> None:
        """Switch it off for good and tidy up."""
        self.cut()
        for place in HIERARCHIES:
            folder = Path(place) / self.name
            for path in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else []:
                if path.is_dir():
                    path.rmdir()
            if folder.is_dir():
                folder.rmdir()

    # ---- inside --------------------------------------------------------------------------------------------------
    def try_run(self, *words: str, user: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command inside, as `user` if given."""
        leader = self.leader()
        if not leader:
            return subprocess.CompletedProcess(words, 255, "", "the machine is off")
        enter = ["nsenter", "-t", str(leader), "-m", "-u", "-i", "-n", "-p", "-C", "--"]
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"] if user else []
        path = ["env", "-i", "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
        return subprocess.run(
            [*enter, *as_user, *path, *words], capture_output=True, text=True, check=False, timeout=120
        )

    def run(self, *words: str, user: str = "") -> str:
        """Run a command inside that must succeed; what it says."""
        done = self.try_run(*words, user=user)
        assert done.returncode == 0, f"{words} ended with {done.returncode}: {done.stdout[-1000:]}{done.stderr[-1000:]}"
        return done.stdout.strip()

    def unit(self, setting: str, unit: str = "stopline") -> str:
        """One property of a unit."""
        return self.try_run("systemctl", "show", "-P", setting, unit).stdout.strip()

    def state(self, unit: str = "stopline") -> str:
        """How a unit stands: active, failed, activating."""
        return self.try_run("systemctl", "is-active", unit).stdout.strip()

    def pid(self) -> int:
        """The controller's process, 0 while there is none."""
        return int(self.unit("MainPID") or 0)

    def journal(self, unit: str = "stopline", since: str = "") -> str:
        """What a unit said in this boot."""
        return self.try_run(
            "journalctl", "-b", "-o", "cat", "-u", unit, *([f"--since={since}"] if since else [])
        ).stdout

    def now(self) -> str:
        """A time for `journal(since=…)`."""
        return self.run("date", "+%Y-%m-%d %H:%M:%S.%N")[:23]

    # ---- waiting -------------------------------------------------------------------------------------------------
    def wait(self, what: str, ready: Callable[[], T], patience_s: float = 0.0) -> tuple[T, float]:
        """Wait for `ready()` to give something true; that, and the seconds it took."""
        began = time.monotonic()
        while not (found := ready()):
            if time.monotonic() - began > (patience_s or self.patience_s):
                raise AssertionError(
                    f"waited in vain for {what}\n{self.journal()[-3000:]}\n{self.journal('stopline-failsafe')[-1500:]}"
                )
            time.sleep(0.02)
        return found, time.monotonic() - began

    def active(self) -> float:
        """Wait until the controller is active; the seconds it took."""
        return self.wait("the controller to be active", lambda: self.state() == "active")[1]

    def another_than(self, pid: int) -> float:
        """Wait for a controller process other than `pid`, active; the seconds it took."""
        return self.wait("a new process", lambda: self.pid() not in {0, pid} and self.state() == "active")[1]
