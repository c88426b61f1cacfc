"""How the daemon comes up: what it chooses, what it refuses, what it goes on without."""

import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from structlog.testing import capture_logs

import drivers
from edge.check import check_file
from edge.control_socket.client import Client, ask
from edge.control_socket.listener import bind
from edge.control_socket.protocol import Code, Refused
from edge.daemon import ReadStatus, RunOptions, run, start
from edge.daemon.lock import AlreadyRunning, Lock
from edge.daemon.posix import Signals
from edge.daemon.site_choice import Chosen, SiteRules, choose, keep_as_last_good
from edge.model.exchange import Mode
from tests.shell.house import SITE, FakeClock, House, house

RULES = SiteRules(check_file, lambda _: None)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """`run()` without what would outlive it in this process."""
    monkeypatch.setattr(start, "settle", lambda: None)
    monkeypatch.setattr(start, "catch_crashes", lambda: None)


class Window:
    """A console that looks once."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any] | None] = []
        self.open = False

    def start(self, read: ReadStatus) -> None:
        self.open = True
        self.seen.append(read())
        self.read = read

    def stop(self) -> None:
        self.seen.append(self.read())
        self.open = False


class Watcher:
    """A street that does something at a given instant."""

    def __init__(self, at_ms: int, deed: object) -> None:
        self._at_ms = at_ms
        self._deed = deed
        self._began: int | None = None

    def step(self, now: int) -> None:
        self._began = self._began or now
        if now - self._began >= self._at_ms and callable(self._deed):
            deed, self._deed = self._deed, None
            deed()


def _options(folder: Path, more: Mapping[str, Any] = MappingProxyType({})) -> RunOptions:
    (folder / "site.yaml").write_text(SITE)
    return RunOptions(folder / "site.yaml", folder / "state", folder / "control.sock", **more)


@pytest.mark.usefixtures("in_process")
def test_a_whole_run_from_start_to_the_end_of_its_duration(tmp_path: Path) -> None:
    """Exit code 0, the socket gone, the locks free, the console closed, the handlers as they were."""
    window = Window()
    before = signal.getsignal(signal.SIGHUP)
    assert run(_options(tmp_path, {"duration_s": 20.0, "console": window}), FakeClock()) == 0
    assert window.seen[0] is None
    assert window.seen[1] is not None
    assert window.seen[1]["mode"] == "flash"
    assert not window.open
    assert not (tmp_path / "control.sock").exists()
    assert signal.getsignal(signal.SIGHUP) is before
    Lock(tmp_path / "state/lock").release()


@pytest.mark.usefixtures("in_process")
def test_signals_reach_the_loop(tmp_path: Path) -> None:
    """SIGUSR1 a snapshot, SIGHUP a reload, SIGTERM the orderly stop, a second one the quick one."""
    deeds: Iterator[int] = iter((signal.SIGUSR1, signal.SIGHUP, signal.SIGTERM, signal.SIGTERM))

    def send() -> None:
        for number in deeds:
            os.kill(os.getpid(), number)

    options = _options(tmp_path, {"plant": lambda *_: Watcher(15_000, send)})
    assert run(options, FakeClock()) == 0
    assert list((tmp_path / "state/snapshots").iterdir())


@pytest.mark.usefixtures("in_process")
def test_a_signal_before_the_loop_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM during start-up ends the run as soon as it has begun."""
    real = start._choose

    def slow(options: RunOptions) -> Chosen:
        os.kill(os.getpid(), signal.SIGTERM)
        return real(options)

    monkeypatch.setattr(start, "_choose", slow)
    assert run(_options(tmp_path), FakeClock()) == 0


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("file", 78, "no last good file"),
        ("lock", 75, "give this one another --state and --socket"),
        ("socket", 75, "another stopline is listening"),
        ("distribution", 78, "is not Stopline's"),
        ("driver", 78, "driver"),
    ],
)
def test_what_is_refused_ends_with_its_code_and_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], what: str, code: int, said: str
) -> None:
    """Sysexits, one sentence with the remedy on stderr, and nothing left behind."""
    options = _options(tmp_path)
    held: Lock | socket.socket | None = None
    match what:
        case "file":
            options.config.write_text("nonsense")
        case "lock":
            (tmp_path / "state").mkdir()
            held = Lock(tmp_path / "state/lock")
        case "socket":
            held = bind(options.socket)
        case "distribution":
            monkeypatch.setattr(drivers, "DISTRIBUTION", "somebody else's")
        case _:
            monkeypatch.setattr(start, "open_devices", _no_driver)
    assert run(options, FakeClock()) == code
    captured = capfd.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    if isinstance(held, Lock):
        held.release()
    elif held is not None:
        held.close()


def _no_driver(*_: object) -> dict[str, object]:
    raise drivers.base.DriverUnavailable("driver modbus needs pymodbus, which cannot be imported")


def test_a_service_manager_that_cannot_be_reached_is_said_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong NOTIFY_SOCKET keeps no street dark."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    with house(tmp_path) as h:
        h.to_running()
    assert not h.loop._p.notifier.listening
    assert capsys is not None


def test_the_file_asked_for_runs_where_it_is_good(tmp_path: Path) -> None:
    """And its copy is made only later, when it has proved itself."""
    (tmp_path / "site.yaml").write_text(SITE)
    chosen = choose(tmp_path / "site.yaml", tmp_path, RULES)
    assert isinstance(chosen, Chosen)
    assert (chosen.source, chosen.refused) == (SITE, "")


def test_a_refused_file_runs_the_last_good_one_and_is_left_as_it_is(tmp_path: Path) -> None:
    """The report goes with it, so that everybody can say why."""
    (tmp_path / "site.yaml").write_text("nonsense")
    keep_as_last_good(SITE, tmp_path)
    chosen = choose(tmp_path / "site.yaml", tmp_path, RULES)
    assert isinstance(chosen, Chosen)
    assert chosen.file.name == "last-good.yaml"
    assert "site.yaml" in chosen.refused
    assert (tmp_path / "site.yaml").read_text() == "nonsense"


def test_a_last_good_file_that_is_none_any_more_does_not_run(tmp_path: Path) -> None:
    """A newer program may ask more: both reports are told."""
    (tmp_path / "site.yaml").write_text("nonsense")
    keep_as_last_good("rubbish", tmp_path)
    report = choose(tmp_path / "site.yaml", tmp_path, RULES)
    assert isinstance(report, str)
    assert "site.yaml" in report
    assert "last-good.yaml" in report


def test_a_good_site_that_may_not_be_driven_is_refused_too(tmp_path: Path) -> None:
    """As with an empty confirmed_by."""
    (tmp_path / "site.yaml").write_text(SITE)
    report = choose(tmp_path / "site.yaml", tmp_path, SiteRules(check_file, lambda _: "Nobody has confirmed the card."))
    assert isinstance(report, str)
    assert "Nobody has confirmed the card." in report


def test_a_lock_is_free_when_its_holder_is_gone(tmp_path: Path) -> None:
    """The kernel lets go; the file may stay."""
    Lock(tmp_path / "lock").release()
    held = Lock(tmp_path / "lock")
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        Lock(tmp_path / "lock")
    held.release()


def test_signals_wait_until_there_is_somebody_to_take_them() -> None:
    """And are handed over in their kind."""
    took: list[str] = []

    class Loop:
        def ask_stop(self, who: str, why: str) -> None:
            took.append(f"stop {who} {why}")

        def ask_reload(self) -> None:
            took.append("reload")

        def ask_snapshot(self, reason: str) -> None:
            took.append(f"snapshot {reason}")

    signals = Signals()
    try:
        os.kill(os.getpid(), signal.SIGHUP)
        assert took == []
        signals.attach(Loop())
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        signals.restore()
    assert took == ["reload", "snapshot SIGUSR1", "stop SIGINT asked from outside"]


class Asker:
    """Steps the loop in this thread while another asks over the socket."""

    def __init__(self, h: House) -> None:
        self._h = h

    def __call__(self, verb: str, why: str = "", **options: object) -> dict[str, Any] | Refused:
        answers: list[dict[str, Any] | Refused] = []

        def talk() -> None:
            try:
                answers.append(ask(self._h.options.socket, verb, why, **options))
            except Refused as refused:
                answers.append(refused)

        thread = threading.Thread(target=talk)
        thread.start()
        while thread.is_alive():
            self._h.step()
        return answers[0]


def test_every_verb_over_the_real_socket(tmp_path: Path) -> None:
    """Look, act, look again; each change is in the memory ring with who and why."""
    with house(tmp_path) as h:
        asked = Asker(h)
        early = asked("status") if h.loop.published else _ask_before_the_first_tick(h)
        assert isinstance(early, Refused)
        h.to_running()
        for verb in ("status", "faults", "detectors", "health", "events"):
            assert isinstance(asked(verb), dict), verb
        refused = asked("resume", "no reason to")
        assert isinstance(refused, Refused)
        assert "nothing to resume" in refused.sentence
        assert isinstance(asked("flash", "crash, NW pole"), dict)
        h.run_to(lambda: h.is_in(Mode.FLASH))
        assert h.published.shell.operator_flash is not None
        assert isinstance(asked("resume", "cleared away"), dict)
        unfounded = asked("faults_clear")
        assert isinstance(unfounded, Refused)
        assert unfounded.sentence == "faults clear needs a reason: stopline faults clear -m 'why'"
        cleared = asked("faults_clear", "looks fine")
        assert isinstance(cleared, Refused)
        assert cleared.code is Code.REFUSED_NOW
        assert isinstance(asked("snapshot", "for the report"), dict)
        assert isinstance(asked("reload", "same file"), dict)
        events = asked("events", count=1000)
        assert isinstance(events, dict)
        notes = [entry["note"].partition(": ")[2] for entry in events["events"] if "note" in entry]
        assert "flash: crash, NW pole" in notes
        assert any(note.startswith("resume: no reason to (refused: ") for note in notes)
        assert any(entry.get("name") == "phase_begin_green" for entry in events["events"])
        with Client(h.options.socket) as client:
            assert next(client.subscribe(10))["site"]["id"] == 7


def _ask_before_the_first_tick(h: House) -> Refused:
    with pytest.raises(Refused, match="just starting") as caught:
        ask(h.options.socket, "status")
    return caught.value


def test_a_safe_image_that_cannot_be_written_is_said_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The street runs; the fault says which file."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state/safe-image").mkdir()  # something in its place
    with house(tmp_path) as h:
        h.to_running()
        assert any("safe image" in fault.where for fault in h.faults.values())
    (tmp_path / "state/safe-image").rmdir()

    def odd(_: object) -> str:
        raise ValueError("the address cannot be written into the safe image: use printable characters")

    monkeypatch.setattr("edge.daemon.safe_image.render", odd)
    with house(tmp_path) as h:
        h.to_running()
        assert h.faults == {}
    assert capsys is not None


def test_what_an_earlier_run_left_is_told(tmp_path: Path) -> None:
    """Damage too."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state/state.slots").write_bytes(b"\x55" * 8192)
    with capture_logs() as lines, house(tmp_path):
        pass
    (lost,) = (line for line in lines if line["event"] == "state.lost")
    assert "damaged" in lost["said"]
