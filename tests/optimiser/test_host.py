"""The host of the adviser: answers in time or not at all, forgets nothing it saw, keeps what it learns, finds its way."""

import base64
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from structlog.testing import capture_logs

from edge.clock import monotonic_ms
from edge.control_socket.client import Client
from edge.control_socket.listener import bind
from edge.control_socket.protocol import Code, Refused, Reply, Request
from edge.control_socket.server import Access, Server, Verb
from edge.eventlog.decisions import runs
from edge.model.advice import Advice
from edge.model.exchange import Mode
from edge.model.observation import Observation
from edge.model.site import Site
from edge.model.told import advice_of, tell_observation
from edge.optimiser import host as hosts
from edge.optimiser.host import Host
from edge.optimiser.learned import FILE, LearnedStore
from tests.shell.house import SITE

PACKED = base64.b64encode(zlib.compress(SITE.encode())).decode()


class Mind:
    """An adviser that remembers what it was told."""

    def __init__(self, think: Callable[[Observation], None] = lambda _: None) -> None:
        self.saw: list[int] = []
        self.answered: list[int] = []
        self.took_back: Mapping[str, Any] | None = None
        self.think = think

    def see(self, seen: Observation) -> None:
        self.saw.append(seen.now)

    def advise(self, seen: Observation) -> Advice:
        self.see(seen)
        self.answered.append(seen.now)
        self.think(seen)
        return Advice(seen.now)

    def learned(self) -> Mapping[str, Any]:
        return {"saw": self.saw, "lanes": [0.5] * 3_000}

    def relearn(self, told: Mapping[str, Any]) -> bool:
        self.took_back = told
        return True


class Cabinet:
    """A controller's socket that shows what a test wants shown."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self.taken = False
        self.source = PACKED
        self.heard: list[Advice] = []
        verbs = {"observe": Verb(self.may_follow, Access.ADVISE, self.follow), "advise": Verb(self.take, Access.ADVISE)}
        self.server = Server(bind(path), verbs, lambda _: None, monotonic_ms)
        self.server.start()

    def may_follow(self, _: Request) -> Reply:
        if self.taken:
            raise Refused(Code.REFUSED_NOW, "process 1 (root) advises this controller already")
        return {}

    def follow(self, last: int) -> tuple[int, Reply] | None:
        if last >= self.number:
            return None
        seen = tell_observation(Observation(1_000 * (last + 1), Mode.RUN, ()))
        return last + 1, {"site": "h", "seen": seen} | ({"source": self.source} if last == 0 else {})

    def take(self, request: Request) -> Reply:
        self.heard.append(advice_of(request.options["advice"]))
        return {}

    def show(self, count: int = 1) -> None:
        self.number += count
        self.server.wake()

    def close(self) -> None:
        self.server.stop()
        self.path.unlink(missing_ok=True)


class Running:
    """A host in a thread of its own, ended with the test."""

    def __init__(self, folder: Path, mind: Mind, records: Path | None = None) -> None:
        self.folder, self.mind = folder, mind
        self.sites: list[Site] = []
        self.ended = Event()
        store = LearnedStore(folder / "state", monotonic_ms)
        self.host = Host(folder / "c.sock", store, self.make, self.ended.is_set, records=records)
        self.thread = Thread(target=self.host.run, daemon=True)

    def make(self, site: Site) -> Mind:
        self.sites.append(site)
        return self.mind


def until(true: Callable[[], object]) -> None:
    for _ in range(1_000):
        if true():
            return
        Event().wait(0.01)
    raise AssertionError("it never came true")


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[Cabinet]:
    """A controller that ends with the test."""
    opened = Cabinet(tmp_path / "c.sock")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_PAUSES_MS", (10, 20))


@pytest.fixture
def start(tmp_path: Path, cabinet: Cabinet) -> Iterator[Callable[[Mind], Running]]:
    """Starts hosts, and ends them."""
    started: list[Running] = []

    def begin(mind: Mind) -> Running:
        started.append(Running(tmp_path, mind))
        started[-1].thread.start()
        return started[-1]

    yield begin
    for running in started:
        running.ended.set()
    cabinet.close()
    for running in started:
        running.thread.join(10)
        assert not running.thread.is_alive()


def test_each_observation_is_answered_for_the_site_that_the_controller_runs(
    cabinet: Cabinet, start: Callable[[Mind], Running]
) -> None:
    running = start(Mind())
    for _ in range(3):
        cabinet.show()
        until(lambda: len(cabinet.heard) == cabinet.number)
    assert [advice.made_ms for advice in cabinet.heard] == [1_000, 2_000, 3_000]
    assert all(advice.took_us > 0 for advice in cabinet.heard)
    assert [site.id for site in running.sites] == [7]


def test_an_answer_that_took_too_long_is_thrown_away(
    cabinet: Cabinet, start: Callable[[Mind], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "DEADLINE_MS", 20)
    slow = Event()
    running = start(Mind(lambda _: None if slow.is_set() else (Event().wait(0.05), None)[1]))
    cabinet.show()
    until(lambda: running.host.counts.late == 1)
    assert not cabinet.heard
    slow.set()
    cabinet.show()
    until(lambda: len(cabinet.heard) == 1)


def test_of_observations_that_piled_up_the_newest_is_answered_and_the_others_are_seen(
    cabinet: Cabinet, start: Callable[[Mind], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "DEADLINE_MS", 60_000)
    go = Event()
    mind = Mind(lambda _: (go.wait(10), None)[1])
    running = start(mind)
    cabinet.show()
    until(lambda: mind.answered)
    for number in range(2, 6):
        cabinet.show()
        until(lambda number=number: next(iter(cabinet.server._clients.values())).followed == number)  # type: ignore[misc]
    go.set()
    until(lambda: mind.saw == [1_000, 2_000, 3_000, 4_000, 5_000])
    until(lambda: len(cabinet.heard) == 2)
    assert mind.answered == [1_000, 5_000]
    assert running.host.counts.passed_over == 3


def test_a_controller_that_comes_back_is_found_again_and_the_loss_is_said_once(
    tmp_path: Path, cabinet: Cabinet, start: Callable[[Mind], Running]
) -> None:
    mind = Mind()
    with capture_logs() as logs:
        start(mind)
        cabinet.show()
        until(lambda: cabinet.heard)
        cabinet.close()
        Event().wait(0.2)
        again = Cabinet(tmp_path / "c.sock")
        again.show()
        until(lambda: again.heard)
        again.close()
    said = [line["event"] for line in logs if line["event"].startswith("controller")]
    assert said.count("controller.reached") == 1
    assert 1 <= said.count("controller.lost") <= 4


def test_an_optimiser_that_comes_second_ends_before_it_has_touched_anything(tmp_path: Path, cabinet: Cabinet) -> None:
    cabinet.taken = True
    running = Running(tmp_path, Mind(), tmp_path / "records")
    with pytest.raises(Refused, match="advises this controller already"):
        running.host.run()
    assert not (tmp_path / "state" / FILE).exists()
    assert not (tmp_path / "records").exists()


def test_an_optimiser_that_has_lost_its_place_waits_for_it(
    tmp_path: Path, cabinet: Cabinet, start: Callable[[Mind], Running]
) -> None:
    with capture_logs() as logs:
        running = start(Mind())
        cabinet.show()
        until(lambda: cabinet.heard)
        cabinet.close()
        again = Cabinet(tmp_path / "c.sock")
        again.taken = True
        until(lambda: any("already" in line.get("said", "") for line in logs))
        assert running.thread.is_alive()
        again.taken = False
        again.show()
        until(lambda: again.heard)
        again.close()


def test_what_was_learned_outlives_the_process(
    tmp_path: Path, cabinet: Cabinet, start: Callable[[Mind], Running]
) -> None:
    first = start(Mind())
    cabinet.show()
    until(lambda: cabinet.heard)
    first.ended.set()
    cabinet.server.wake()
    cabinet.close()
    first.thread.join(20)
    assert (tmp_path / "state" / FILE).exists()
    kept = LearnedStore(tmp_path / "state", monotonic_ms)
    told = kept.read()
    assert told is not None
    assert told["saw"] == [1_000]
    kept.close()


def test_a_record_that_is_due_is_begun_anew_with_what_was_learned(
    tmp_path: Path, cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "DEADLINE_MS", 60_000)
    running = Running(tmp_path, Mind(), tmp_path / "records")
    running.thread.start()
    cabinet.show()
    until(lambda: cabinet.heard)
    with capture_logs() as logs:
        keeper = running.host._keeper
        assert keeper is not None
        keeper._record._log.due = True
        cabinet.show()
        until(lambda: running.host._keeper is not keeper)
        cabinet.show()
        until(lambda: len(cabinet.heard) == 3)
        running.ended.set()
        cabinet.close()
        running.thread.join(20)
    assert [line["event"] for line in logs].count("run.begun_anew") == 1
    assert running.mind.took_back is not None
    assert running.mind.took_back["saw"][:2] == [1_000, 2_000]
    assert len(runs(tmp_path / "records/decisions")) == 2


def test_a_store_that_holds_garbage_is_told_and_nothing_is_taken_from_it(tmp_path: Path) -> None:
    store = LearnedStore(tmp_path, monotonic_ms)
    assert store.read() is None
    store._slots.write({"packed": "!"})
    assert store.read() is None
    assert "holds nothing that can be read" in store.lost
    assert "a slot holds" in store.keep({"x": list(range(200_000))})
    store.close()


def test_a_refusal_ends_the_connection_with_its_sentence(cabinet: Cabinet) -> None:
    cabinet.source = base64.b64encode(zlib.compress(b"rings: [oops")).decode()
    host = Host(cabinet.path, LearnedStore(cabinet.path.parent / "s", monotonic_ms), lambda _: Mind())
    cabinet.show()
    with pytest.raises(Refused, match="a site file that this version refuses") as caught:
        host._serve()
    assert caught.value.code is Code.CONFIGURATION
    with Client(cabinet.path) as client, pytest.raises(Refused, match="speaks another language"):
        host._answer(client, {"seen": [1]})
