"""The optimiser's process beside a daemon: killed, hung or talking nonsense, it is nothing to the lamps."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.control_socket.client import Client
from edge.control_socket.protocol import Refused
from edge.model.advice import Advice
from edge.model.told import tell_advice
from edge.model.units import PhaseNumber
from edge.optimiser.learned import FILE
from edge.optimiser.process import OptimiserOptions
from tests.shell.house import SITE
from tests.shell.street import Street, street

pytestmark = pytest.mark.timeout(250)
pytest.importorskip("numpy", reason="the adaptive layer needs numpy: pip install stopline[adaptive]")

ROOT = Path(__file__).parents[2]
ACTING = f"{SITE}adaptive: {{mode: act}}\n"


@contextmanager
def optimiser(s: Street, state: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The real process, ended with the test."""
    command = [
        sys.executable,
        "-m",
        "edge.optimiser",
        "--parent",
        str(os.getpid()),
        "--socket",
        str(s.socket),
        "--state",
        str(state),
    ]
    running = subprocess.Popen(command, cwd=ROOT)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def is_acting(status: dict[str, Any]) -> bool:
    assert_undisturbed(status)
    return bool(status["adaptive"]["acting"])


def assert_undisturbed(status: dict[str, Any]) -> None:
    """Nothing but efficiency is lost: no flash, no latch, no fault that does more than end adaptive timing."""
    assert status["outputs"]["latch"] is None
    assert {fault["response"] for fault in status["faults"]} <= {"log", "actuated"}, status["faults"]


def has(kind: str, status: dict[str, Any]) -> bool:
    assert status["mode"] == "run"
    assert_undisturbed(status)
    return kind in {fault["kind"] for fault in status["faults"]}


def talk_nonsense(s: Street) -> None:
    """Garbage, a line without end, what is no advice, and advice for phases that there are not."""
    for line in (b"\xff\x00{]\n", b"[" * 200_000, b'{"v":1,"verb":"advise","advice":[[[[]]]]}\n'):
        with suppress(Refused), Client(s.socket) as client:
            next(client.observe())
            client._send(line)
            for _ in range(20):
                client._reply()
    with Client(s.socket) as client:
        made_ms = next(client.observe())["seen"][0]
        client.advise(tell_advice(Advice(made_ms, holds=frozenset({PhaseNumber(99)}))))
        next(iter(client._reply, None))


def test_it_acts_and_killed_hung_or_mad_it_costs_efficiency_only(tmp_path: Path) -> None:
    config = tmp_path / "site.yaml"
    config.write_text(ACTING)
    state = tmp_path / "learned"
    with street(tmp_path, config, TICK_S="0.05") as s:
        with optimiser(s, state) as running:
            s.until(lambda status: status["mode"] == "run" and is_acting(status), 120)
            running.send_signal(signal.SIGSTOP)
            status = s.until(lambda status: has("advice-absent", status), 120)
            assert status["rung"] == "actuated"
            running.send_signal(signal.SIGCONT)
            s.until(lambda status: status["adaptive"]["age_s"] < 1.5, 60)
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) == 0
        assert (state / FILE).exists()
        talk_nonsense(s)
        s.until(lambda status: has("advice-nonsense", status), 60)
        with optimiser(s, state) as running:
            s.until(lambda status: has("advice-nonsense", status) and status["adaptive"]["age_s"] is not None, 60)
            os.kill(running.pid, signal.SIGKILL)
            running.wait()
        status = s.until(lambda status: has("advice-nonsense", status), 60)
        assert status["loop"]["ticks"] > 200


def test_a_second_one_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    config = tmp_path / "site.yaml"
    config.write_text(ACTING)
    with street(tmp_path, config, TICK_S="0.05") as s, optimiser(s, tmp_path / "learned") as first:
        s.until(lambda status: status["mode"] == "run" and is_acting(status), 120)
        command = [sys.executable, "-m", "edge.optimiser", "--socket", str(s.socket), "--state", str(tmp_path / "2")]
        second = subprocess.run(command, cwd=ROOT, timeout=120, check=False, capture_output=True, text=True)
        assert second.returncode == 75
        assert f"{s.socket}: process {first.pid} (" in second.stdout
        heard = s.until(is_acting)["loop"]["ticks"]
        s.until(lambda status: is_acting(status) and status["loop"]["ticks"] > heard + 100, 60)
        assert first.poll() is None


def test_it_ends_where_whoever_started_it_had_gone_before_it_came_up(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait(60)
    command = [sys.executable, "-m", "edge.optimiser", "--parent", str(gone.pid)]
    command += ["--socket", str(tmp_path / "nobody.sock"), "--state", str(tmp_path / "learned")]
    assert subprocess.run(command, cwd=ROOT, timeout=120, check=False).returncode == 0


def test_it_lives_as_long_as_whoever_started_it(tmp_path: Path) -> None:
    options = OptimiserOptions(tmp_path / "c.sock", tmp_path)
    assert not replace(options, parent=os.getppid()).orphaned()
    assert not options.orphaned()
