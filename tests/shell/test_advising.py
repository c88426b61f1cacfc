"""What is seen goes out by the control socket once a second, what is advised comes in, and nonsense ends at the door."""

import base64
import json
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from structlog.testing import capture_logs

from edge.control_socket import server as servers
from edge.control_socket.client import Client, ask
from edge.control_socket.peer import peer_of
from edge.control_socket.protocol import MAX_ADVICE_BYTES, Code, Refused, Reply, Request
from edge.daemon import verbs
from edge.model.advice import Advice
from edge.model.exchange import Interval, Mode, Rung
from edge.model.observation import Observation
from edge.model.told import observation_of, tell_advice
from edge.model.units import PhaseNumber
from tests.shell.house import SITE, House, house

ACTING = f"{SITE}adaptive: {{mode: act}}\n"


class Adviser:
    """A client of the daemon in this very process, whose clock stands while we wait."""

    def __init__(self, h: House) -> None:
        self.house = h
        self.client = Client(h.options.socket)
        self.lines = self.client.observe()
        self.looked = False

    def look(self) -> tuple[Observation, Reply]:
        """Go on to the next observation; the last one is told at once to who has just come."""
        while self.looked and not self.client.has_more:
            self.house.run(0.1)
            Event().wait(0.005)
        self.looked = True
        reply = next(self.lines)
        return observation_of(reply["seen"]), reply

    def say(self, advice: Advice) -> None:
        """Advise, and wait for it to have been heard."""
        before = self.heard
        self.client.advise(tell_advice(advice))
        while self.heard == before:
            Event().wait(0.005)

    def is_refused(self) -> Refused:
        """What is refused in the end, after whatever else is told."""
        try:
            for _ in range(100):
                self.client._reply()
        except Refused as refused:
            return refused
        raise AssertionError("nothing was refused")

    @property
    def heard(self) -> int:
        return sum(self.house.loop.advising.counters().values())


@pytest.fixture
def adviser(acting: House) -> Iterator[Adviser]:
    """One that follows from now on."""
    following = Adviser(acting)
    following.look()
    yield following
    following.client.close()


@pytest.fixture
def acting(tmp_path: Path) -> Iterator[House]:
    """A daemon whose adaptive layer may act."""
    with house(tmp_path, ACTING) as h:
        yield h.to_running()


def test_the_first_line_brings_the_site_that_runs_and_the_next_ones_only_what_was_seen(acting: House) -> None:
    adviser = Adviser(acting)
    _, reply = adviser.look()
    assert zlib.decompress(base64.b64decode(reply["source"])).decode() == ACTING
    first, _ = adviser.look()
    second, reply = adviser.look()
    assert "source" not in reply
    assert second.now - first.now == 1_000
    assert {p.number for p in second.phases} == {2, 4}
    adviser.client.close()


def test_advice_is_followed_from_the_tick_after_it_came(acting: House, adviser: Adviser) -> None:
    for _ in range(12):
        seen, _ = adviser.look()
        adviser.say(Advice(seen.now, holds=frozenset({PhaseNumber(2)})))
    acting.run(0.1)
    core = acting.published.core
    assert core.rung is Rung.ADAPTIVE
    assert core.adaptive is not None
    assert core.adaptive.acting
    assert core.phases[0].interval is Interval.EXTENSION
    assert core.phases[0].reason == "held by the adaptive layer"
    assert acting.published.shell.counters is not None
    assert acting.published.shell.counters["advice_heard"] == 12


def test_what_is_no_advice_is_refused_counted_and_told_once(acting: House, adviser: Adviser) -> None:
    with capture_logs() as logs:
        for wrong in (None, [], [1] * 12, {"holds": [2]}, "x" * 20_000):
            adviser.client.advise(wrong)
            refused = adviser.is_refused()
            assert refused.code is Code.DATA
            assert "this is no advice" in refused.sentence
    assert [line["event"] for line in logs if line["event"].startswith("adviser")] == ["adviser.nonsense"]
    acting.run(1)
    counters = acting.published.shell.counters
    assert counters is not None
    assert (counters["advice_refused"], counters["advice_heard"]) == (5, 0)


def test_a_line_without_end_is_hung_up_on_and_garbage_is_counted(acting: House, adviser: Adviser) -> None:
    adviser.client._send(b"\xff\xfe{]\n")
    assert "not JSON" in adviser.is_refused().sentence
    acting.run(0.2)
    counters = acting.published.shell.counters
    assert counters is not None
    assert counters["lines_misunderstood"] == 1
    adviser.client._send(b"[" * (MAX_ADVICE_BYTES + 8_192))
    assert adviser.is_refused().sentence
    assert acting.run(1).is_in(Mode.RUN)


def test_at_every_tick_the_reasons_that_are_explained_are_those_of_the_second_they_are_told_with(acting: House) -> None:
    explain = verbs.table(acting.loop)["explain"].answer
    changing = {"yellow change": Interval.YELLOW_CHANGE, "red clearance": Interval.RED_CLEARANCE}
    told = Counter[str]()
    for _ in range(600):
        acting.run(0.1)
        reply = explain(Request("explain"))
        assert isinstance(reply, dict)
        for phase in observation_of(reply["seen"]).phases:
            said = reply["reasons"][str(phase.number)]
            told[said] += 1
            assert (phase.interval in changing.values()) == (said in changing)
            assert phase.interval is changing.get(said, phase.interval)
    assert told["yellow change"] > 0
    assert told["red clearance"] > 0


def test_after_a_reload_the_new_site_is_told(acting: House, adviser: Adviser) -> None:
    changed = ACTING.replace("max_green: 20", "max_green: 25")
    acting.config.write_text(changed)
    acting.loop.ask_reload()
    replies = (adviser.look()[1] for _ in range(200))
    source = next(reply["source"] for reply in replies if "source" in reply)
    assert zlib.decompress(base64.b64decode(source)).decode() == changed


def test_who_is_not_of_the_optimisers_group_may_neither_observe_nor_advise(
    acting: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def nobody(_: object, *, group: str = "") -> bool:
        asked.append(group)
        return False

    monkeypatch.setattr(servers, "may_change", nobody)
    for verb in ("observe", "advise"):
        with pytest.raises(Refused, match="be root or of the group stopline-optimiser") as caught:
            ask(acting.options.socket, verb, advice=tell_advice(Advice(0)))
        assert caught.value.code is Code.NOT_ALLOWED
    assert asked == ["stopline-optimiser"] * 2


def test_an_advice_by_who_does_not_follow_is_answered(acting: House) -> None:
    assert ask(acting.options.socket, "advise", advice=tell_advice(Advice(acting.clock.now)))["ok"]


def test_a_second_optimiser_is_refused_in_words_and_the_first_is_heard_as_before(
    acting: House, adviser: Adviser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "peer_of", lambda connected: replace(peer_of(connected), pid=1))
    for verb in ("observe", "advise"):
        with pytest.raises(Refused, match=r"advises this controller already.*stop it first") as caught:
            ask(acting.options.socket, verb, advice=tell_advice(Advice(0)))
        assert caught.value.code is Code.REFUSED_NOW
        assert f"process {os.getpid()} (" in caught.value.sentence
    assert adviser.heard == 0
    seen, _ = adviser.look()
    adviser.say(Advice(seen.now))
    assert adviser.heard == 1


def test_when_the_first_optimiser_has_gone_the_next_one_is_taken(
    acting: House, adviser: Adviser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "peer_of", lambda connected: replace(peer_of(connected), pid=1))
    adviser.client.close()
    following = Adviser(acting)
    following.look()
    following.client.close()


def test_where_the_layer_is_off_nothing_is_shown(tmp_path: Path) -> None:
    with house(tmp_path, f"{SITE}adaptive: {{mode: off}}\n") as h:
        h.to_running()
        h.run(3)
        assert h.loop.advising.follow(0) is None
        assert json.dumps(h.loop.advising.counters())
