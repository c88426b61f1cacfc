"""A process beside the controller: started when it is wanted, started again when it has died, ended with the controller."""

import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from structlog.testing import capture_logs

from edge.cli.optimise import OptimiserChild, child
from edge.daemon.children import Nurse, Pauses
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.site import Site
from tests import builders


class Sleeper:
    """A child that sleeps. `refused`: it cannot be started."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []
        self.is_wanted = True
        self.refused = 0

    def wanted(self, site: Site) -> bool:
        assert site.id
        return self.is_wanted

    def start(self) -> "subprocess.Popen[bytes]":
        if self.refused:
            self.refused -= 1
            raise OSError("no process left")
        self.started.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]))
        return self.started[-1]


def until(true: Callable[[], object]) -> None:
    for _ in range(1_000):
        if true():
            return
        Event().wait(0.01)
    raise AssertionError("it never came true")


def test_it_is_started_again_when_it_dies_and_ended_when_it_is_not_wanted_and_at_the_end() -> None:
    sleeper, site = Sleeper(), [None, builders.two_phase()]
    nurse = Nurse(sleeper, lambda: site[-1], every_s=0.02)
    until(lambda: len(sleeper.started) == 1)
    sleeper.started[0].kill()
    until(lambda: len(sleeper.started) == 2)
    sleeper.is_wanted = False
    until(lambda: sleeper.started[1].poll() is not None)
    sleeper.is_wanted = True
    until(lambda: len(sleeper.started) == 3)
    nurse.stop()
    assert sleeper.started[2].poll() is not None


def test_what_dies_at_once_is_started_ever_more_seldom_until_it_has_lived_for_a_minute() -> None:
    pauses = Pauses(2_000)
    assert [pauses.after(100) for _ in range(7)] == [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
    assert pauses.after(60_000) == 2_000
    assert pauses.after(59_999) == 4_000


def test_nothing_is_started_before_its_pause_is_over() -> None:
    sleeper, now = Sleeper(), [0]
    with capture_logs() as logs:
        nurse = Nurse(sleeper, builders.two_phase, every_s=0.02, clock=lambda: now[0])
        until(lambda: len(sleeper.started) == 1)
        sleeper.started[0].kill()
        until(lambda: logs)
        Event().wait(0.1)
        assert len(sleeper.started) == 1
        now[0] += 20
        until(lambda: len(sleeper.started) == 2)
        sleeper.started[1].kill()
        until(lambda: len(logs) == 2)
        nurse.stop()
    assert [entry["again_in_s"] for entry in logs] == [0.02, 0.04]


def test_what_cannot_be_started_is_said_once_and_tried_again() -> None:
    sleeper = Sleeper()
    sleeper.refused = 3
    with capture_logs() as logs:
        nurse = Nurse(sleeper, builders.two_phase, every_s=0.02)
        until(lambda: sleeper.started)
        nurse.stop()
    assert [line["event"] for line in logs] == ["child.not_started"]


def test_before_there_is_a_site_nothing_is_started() -> None:
    sleeper = Sleeper()
    nurse = Nurse(sleeper, lambda: None, every_s=0.01)
    Event().wait(0.05)
    nurse.stop()
    assert not sleeper.started


def test_the_optimiser_is_a_child_only_where_no_service_manager_has_a_unit_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    asked = Namespace(no_optimiser=False, socket=tmp_path / "c.sock", state=tmp_path)
    found = child(asked)
    assert isinstance(found, OptimiserChild)
    assert not found.wanted(builders.two_phase())
    assert found.wanted(builders.two_phase(adaptive=AdaptiveRules(AdaptiveMode.ADVISE)))
    assert child(Namespace(no_optimiser=True)) is None
    monkeypatch.setenv("NOTIFY_SOCKET", "@x")
    assert child(asked) is None


def test_without_numpy_it_is_said_what_to_install_instead_of_starting_it_in_vain(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("edge.cli.optimise.find_spec", lambda _: None)
    with pytest.raises(OSError, match="adaptive timing needs numpy"):
        OptimiserChild(tmp_path / "c.sock", tmp_path).start()
