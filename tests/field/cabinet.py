"""A cabinet on the bench: the daemon as its own process, a Modbus coupler in another, loop cards on a pseudo-terminal."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from edge.control_socket.client import ask
from edge.control_socket.protocol import Refused
from tests.drivers.canoga_card import CanogaLine
from tests.field.judge import Entry, Judgement, judge

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE_S = 45.0
"""How long anything may take on a busy machine before the test gives up; nothing here measures with it."""

WATCHDOG_MS = 500
MAIN_CARD, SIDE_CARD = 1, 2

Status = dict[str, Any]


def now_ms() -> int:
    """The clock of the coupler's record."""
    return time.monotonic_ns() // 1_000_000


def hurry(process: subprocess.Popen[Any]) -> None:
    """Give every thread of a process that is up the priority it has on the street, where this machine allows it: a busy
    bench is not among the troubles. Not from its start: imports at that priority would hold up everybody else."""
    with suppress(OSError):
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            os.sched_setscheduler(int(task.name), os.SCHED_FIFO, os.sched_param(40))


class Coupler:
    """The lamp module and its switch."""

    def __init__(self, folder: Path, watchdog_ms: int = WATCHDOG_MS) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.watchdog_ms = watchdog_ms
        self._record = folder / "coupler.record"
        self.process: subprocess.Popen[str] | None = None

    def on(self) -> None:
        """Power: everything as its memory has it, outputs off."""
        command = [
            sys.executable,
            "-m",
            "tests.field.coupler",
            str(self.port),
            str(self._record),
            str(self.watchdog_ms),
        ]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        hurry(self.process)

    def off(self) -> None:
        """Pull the plug."""
        if self.process is not None:
            with self.process as process:
                process.kill()
            self.process = None

    def tell(self, *words: object) -> None:
        """One command, done when this returns."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def freeze(self) -> None:
        """Stop its processor. What arrives is acknowledged, waits in its buffers, and is done after `thaw`."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let its processor go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def push_button(self) -> None:
        """Somebody presses, for as long as people do."""
        self.tell("input", 1, 1)
        time.sleep(0.4)
        self.tell("input", 1, 0)

    @property
    def judgement(self) -> Judgement:
        """What the module was told so far, judged."""
        whole_lines = self._record.read_text().rpartition("\n")[0] if self._record.exists() else ""
        return judge(whole_lines)


class Daemon:
    """`python -m edge run`, and everything it says."""

    def __init__(self, folder: Path, config: Path, name: str = "", program: tuple[str, ...] = ("-m", "edge")) -> None:
        self.state = folder / f"{name}state"
        self.socket = folder / f"{name}control.sock"
        self.folder = folder
        self._log = folder / f"{name}daemon.log"
        self._errors = folder / f"{name}daemon.err"
        command = [sys.executable, *program, "run", "--config", str(config)]
        command += ["--no-optimiser", "--state", str(self.state), "--socket", str(self.socket)]
        with self._log.open("ab") as log, self._errors.open("ab") as errors:
            self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=errors)
        self._up = False

    # ── what it says ────────────────────────────────────────────────────────────────────────────

    @property
    def log(self) -> list[dict[str, Any]]:
        """Its log lines."""
        return [json.loads(line) for line in self._log.read_text().splitlines(keepends=True) if line.endswith("\n")]

    @property
    def errors(self) -> str:
        """Its standard error."""
        return self._errors.read_text()

    @property
    def said(self) -> str:
        """Both, as text."""
        return self._log.read_text() + self.errors

    def lines(self, event: str, **fields: object) -> list[dict[str, Any]]:
        """The log lines of one event whose fields are these."""
        return [x for x in self.log if x["event"] == event and all(x.get(k) == v for k, v in fields.items())]

    def sentences(self) -> dict[str, str]:
        """The sentence of each kind of fault that has been said so far."""
        return {line["kind"]: line["sentence"] for line in self.lines("fault.began")}

    def status(self) -> Status | None:
        """What `stopline status --json` shows; None while nobody answers."""
        with suppress(Refused):
            return ask(self.socket, "status")
        return None

    def until(self, true: Callable[[Status], object], within_s: float = PATIENCE_S) -> Status:
        """Wait until the status says so."""
        end = time.monotonic() + within_s
        status = None
        while time.monotonic() < end:
            assert self.process.poll() is None, f"it ended: {self.said}"
            status = self.status()
            if status is not None and not self._up:
                self._up = True
                hurry(self.process)
            if status is not None and true(status):
                return status
            time.sleep(0.05)
        raise TimeoutError(f"{json.dumps(status, indent=1)}\n{self.said}")

    def until_mode(self, mode: str) -> Status:
        """Wait for a mode."""
        return self.until(lambda status: status["mode"] == mode)

    def until_fault(self, *kinds: str) -> Status:
        """Wait until these faults stand together."""
        return self.until(lambda status: set(kinds) <= {fault["kind"] for fault in status["faults"]})

    def until_said(self, event: str, **fields: object) -> dict[str, Any]:
        """Wait for a log line."""
        end = time.monotonic() + PATIENCE_S
        while not (found := self.lines(event, **fields)):
            assert time.monotonic() < end, self.said
            time.sleep(0.05)
        return found[-1]

    def until_well(self) -> Status:
        """Wait until it runs and nothing stands against it; a late tick on a busy machine does not."""
        return self.until(
            lambda status: status["mode"] == "run" and all(f["response"] == "log" for f in status["faults"])
        )

    # ── what is done to it ──────────────────────────────────────────────────────────────────────

    def stopline(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The command, as a technician types it."""
        command = [sys.executable, "-m", "edge", *words, "--socket", str(self.socket)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    def signal(self, number: signal.Signals) -> None:
        """Send a POSIX signal."""
        self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(PATIENCE_S)

    def stop(self) -> int:
        """SIGTERM and wait."""
        self.signal(signal.SIGTERM)
        return self.ended()

    def stop_now(self) -> int:
        """SIGTERM twice: flash at once, everything stored, out. Two signals at the same moment would be one."""
        self.signal(signal.SIGTERM)
        self.until_said("daemon.stopping")
        self.signal(signal.SIGTERM)
        return self.ended()

    def ticks(self, more: int) -> tuple[int, int, int]:
        """Let so many ticks pass, or some more: how many there were, from when to when."""
        first = self.until_mode("run")["loop"]["ticks"]
        begin = self.until(lambda status: status["loop"]["ticks"] > first)["loop"]["ticks"]  # counted once a second
        began_ms = now_ms()
        end = self.until(lambda status: status["loop"]["ticks"] >= begin + more)["loop"]["ticks"]
        return end - begin, began_ms, now_ms()

    def kill(self) -> None:
        """Kill -9."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)

    def events(self) -> list[tuple[int, int]]:
        """The stored event log as `stopline events export` gives it: code and parameter, in order."""
        out = self.folder / "events.csv"
        words = ["events", "export", "--state", str(self.state), "-o", str(out)]
        done = self.stopline(*words)
        assert done.returncode == 0, done.stderr
        head, *rows = out.read_text().splitlines()
        assert head == "TimeStamp,DeviceId,EventId,Parameter"
        return [(int(code), int(parameter)) for _, _, code, parameter in (row.split(",") for row in rows)]


class Cabinet:
    """All of it. The daemon is started by `start`, and again after an end."""

    def __init__(self, folder: Path, watchdog_ms: int = WATCHDOG_MS) -> None:
        self.folder = folder
        self.coupler = Coupler(folder, watchdog_ms)
        self.line = folder / "loops"
        self.cards = CanogaLine(self.line, (MAIN_CARD, SIDE_CARD))
        self.config = folder / "site.yaml"
        self.text = (HERE / "site.yaml").read_text().replace("PORT", str(self.coupler.port))
        self.text = self.text.replace("LINE", str(self.line))
        self.config.write_text(self.text)
        self.daemons: list[Daemon] = []
        self._forgiven: set[int] = set()

    def forgive(self, entries: Iterable[Entry]) -> None:
        """Leave these images out of the last judgement: the test has judged them."""
        self._forgiven |= {entry.at_ms for entry in entries}

    @property
    def wrong(self) -> list[str]:
        """Everything that the module should never have been told."""
        wrong = self.coupler.judgement.wrong
        return [said for said in wrong if int(said.partition(":")[0]) not in self._forgiven]

    @property
    def daemon(self) -> Daemon:
        """The one started last."""
        return self.daemons[-1]

    def start(self, name: str = "", program: tuple[str, ...] = ("-m", "edge")) -> Daemon:
        """Start a daemon."""
        self.daemons.append(Daemon(self.folder, self.config, name, program))
        return self.daemon

    def vehicle(self, head: int) -> None:
        """One vehicle passes the loop of a head."""
        channel, card = {2: (1, MAIN_CARD), 6: (2, MAIN_CARD), 4: (1, SIDE_CARD), 8: (2, SIDE_CARD)}[head]
        self.cards.vehicle(channel, address=card)

    def until(self, true: Callable[[Judgement], object], what: str) -> Judgement:
        """Wait until the coupler has been told so."""
        end = time.monotonic() + PATIENCE_S
        while not true(found := self.coupler.judgement):
            assert time.monotonic() < end, (
                f"{what}: {found.wrong} {found.greens} {found.entries[-5:]} {self.daemon.said}"
            )
            time.sleep(0.05)
        return found

    def until_green(self, head: int, since_ms: int) -> int:
        """Wait for the first green of a head after an instant; when it came."""

        def begins(found: Judgement) -> list[int]:
            return [at for which, at in found.greens if which == head and at >= since_ms]

        return begins(self.until(begins, f"green of {head}"))[0]

    def close(self) -> None:
        """Nothing outlives the test."""
        for daemon in self.daemons:
            daemon.kill()
        self.cards.close()
        self.coupler.off()


@contextmanager
def cabinet(folder: Path, watchdog_ms: int = WATCHDOG_MS) -> Iterator[Cabinet]:
    """A cabinet with its coupler on; the lamps are judged at the end, whatever the test looked at."""
    built = Cabinet(folder, watchdog_ms)
    try:
        built.coupler.on()
        yield built
        assert built.wrong == []
    finally:
        built.close()
