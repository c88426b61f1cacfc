"""The verbs against a running controller on its simulated street, as its own process."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.cli import main
from edge.cli.screen import lines
from edge.control_socket.client import ask
from edge.control_socket.protocol import Refused

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "config/dual-ring-8phase.yaml"
Out = pytest.CaptureFixture[str]
pytestmark = [pytest.mark.realtime, pytest.mark.timeout(150)]


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The intersection that `make run` shows, with the shortest way out of flash that may be stated."""
    text = DEMO.read_text("utf-8")
    long, short = "{flash: 6, exit_yellow: 4, all_red: 6,", "{flash: 3, exit_yellow: 3, all_red: 1.5,"
    assert long in text
    path = tmp_path / "demo.yaml"
    path.write_text(text.replace(long, short), "utf-8")
    return path


@dataclass
class Running:
    process: "subprocess.Popen[str]"
    state: Path
    socket: Path

    def ask(self, capsys: Out, *words: str) -> dict:  # type: ignore[type-arg]
        capsys.readouterr()
        assert main([*words, "--socket", str(self.socket), "--json"]) in (0, 1, 2, 3)
        answer: dict = json.loads(capsys.readouterr().out)  # type: ignore[type-arg]
        return answer

    def until(self, capsys: Out, mode: str) -> dict:  # type: ignore[type-arg]
        for _ in range(600):
            answer = self.ask(capsys, "status")
            if answer["mode"] == mode:
                return answer
            time.sleep(0.1)
        raise AssertionError(f"the mode never became {mode}")


def answers(socket: Path) -> bool:
    """Whether the controller is up: its socket is there a moment before it has a status to tell."""
    try:
        ask(socket, "status")
    except Refused:
        return False
    return True


@pytest.fixture
def running(tmp_path: Path, demo: Path) -> Iterator[Running]:
    socket = tmp_path / "control.sock"
    command = [sys.executable, "-m", "edge", "run", "--simulated", "--plain", "--journal", "--config", str(demo)]
    command += ["--state", str(tmp_path / "state"), "--socket", str(socket)]
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
        try:
            for _ in range(600):
                if answers(socket):
                    break
                assert process.poll() is None, (tmp_path / "out").read_text()
                time.sleep(0.1)
            yield Running(process, tmp_path / "state", socket)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=30)


def test_a_day_at_the_cabinet(running: Running, capsys: Out) -> None:
    """Look, flash, resume, stop; then export the log and repeat the journal bit for bit."""
    status = running.until(capsys, "run")
    assert len(status["phases"]) == 8
    assert not status["outputs"]["latch"]
    assert all(len(line) <= 240 for line in lines(status))
    for verb in ("status", "detectors", "faults", "events", "health"):
        main([verb, "--socket", str(running.socket)])
    said = capsys.readouterr().out
    assert "RING 1" in said
    assert "never" in said
    assert running.ask(capsys, "health")["level"] in (0, 1)

    assert main(["faults", "clear", "-m", "nothing", "--socket", str(running.socket)]) == 75
    assert main(["resume", "-m", "nothing", "--socket", str(running.socket)]) == 75
    at = ["--socket", str(running.socket)]
    assert main(["plan", "2", "-m", "parade", "--for", "30m", *at]) == 0
    assert main(["hold", "2", "6", "-m", "parade", *at]) == 0
    assert main(["call", "ped", "4", "-m", "a visitor", *at]) == 0
    assert "plan 2" in running.ask(capsys, "status")["control"]["line"]
    assert [row["what"] for row in running.ask(capsys, "overrides")["overrides"]] == ["plan 2", "hold 2 6"]
    assert main(["overrides", *at]) == 0
    assert main(["overrides", "cancel", "2", "-m", "over", *at]) == 0
    assert main(["plan", "auto", "-m", "over", *at]) == 0
    assert main(["plan", "auto", "-m", "again", *at]) == 75
    assert main(["maximum", "2", "-m", "none is stated", *at]) == 75
    assert main(["overrides", *at]) == 0
    assert "Nothing is overridden." in capsys.readouterr().out
    assert main(["reload", "--socket", str(running.socket)]) == 0
    assert main(["snapshot", "-m", "a test", "--socket", str(running.socket)]) == 0
    assert main(["flash", "-m", "crash at the NW pole", "--socket", str(running.socket)]) == 0
    running.until(capsys, "flash")
    assert main(["resume", "-m", "cleared", "--socket", str(running.socket)]) == 0
    running.until(capsys, "run")

    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=90) == 0

    assert main(["events", "export", "--state", str(running.state), "-o", str(running.state / "log.csv")]) == 0
    rows = (running.state / "log.csv").read_text().splitlines()
    assert rows[0] == "TimeStamp,DeviceId,EventId,Parameter"
    assert len(rows) > 50
    capsys.readouterr()
    for journal in sorted((running.state / "journal").iterdir()):
        assert main(["replay", "--journal", str(journal), "--json"]) == 0, capsys.readouterr().out
        assert json.loads(capsys.readouterr().out)["same"]


def test_the_live_view_draws_on_a_terminal_and_ctrl_c_ends_through_clearance_with_0(tmp_path: Path, demo: Path) -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "edge", "run", "--simulated", "--config", str(demo)]
    command += ["--state", str(tmp_path / "state"), "--socket", str(tmp_path / "c.sock")]
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, cwd=ROOT) as process:
        os.close(terminal)
        seen = b""
        while b"RUN  " not in seen:
            seen += os.read(controller, 65_536)
        process.send_signal(signal.SIGINT)
        try:
            while chunk := os.read(controller, 65_536):
                seen += chunk
        except OSError:
            pass  # the other end of the terminal is closed
        assert process.wait(timeout=90) == 0
    os.close(controller)
    text = re.sub(rb"\x1b\[[?0-9;]*[a-zA-Z]", b"", seen).decode()
    assert "RING 1" in text
    assert "CLEARING" in text


def test_ctrl_c_under_make_ends_make_with_0_too(tmp_path: Path, demo: Path) -> None:
    """The terminal's Ctrl-C reaches the daemon alone, and the terminal is given back."""
    command = f"{sys.executable} -m edge run --simulated --config {demo} --state {tmp_path}/state --socket {tmp_path}/s"
    (tmp_path / "Makefile").write_text(f"run:\n\t@{command}\n")
    pid, controller = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvp("make", ["make", "-f", str(tmp_path / "Makefile"), "run"])
    seen = b""
    while b"RUN  " not in seen:
        seen += os.read(controller, 65_536)
    os.write(controller, b"\x1a\x03")  # Ctrl-Z is not obeyed, Ctrl-C is
    try:
        while chunk := os.read(controller, 65_536):
            seen += chunk
    except OSError:
        pass  # the other end of the terminal is closed
    os.close(controller)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"CLEARING" in seen
