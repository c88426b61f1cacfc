"""Talking over a line that says anything at all: nothing is raised, nothing falls, nothing is made up."""

import doctest
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.canoga_frames import Question
from drivers.serial_ascii import AsciiCounter
from drivers.serial_canoga import DEAD_AFTER, DEAD_POLL_MS, CanogaCard
from drivers.serial_device import SerialDevice
from drivers.serial_line import SerialLine
from edge.model.devices import Device, SerialOptions, SerialProtocol, SerialTransport
from edge.model.units import Ms
from tests.drivers.canoga_card import Card
from tests.drivers.contract import clock, eventually

OPTIONS = SerialOptions(SerialTransport("/dev/null"), SerialProtocol.CANOGA, poll_ms=100, stale_after_ms=500)


class _Hands:
    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> Ms:
        return self.now


class _SaidLine:
    """A line on which everything that is said has been written down before."""

    def __init__(self, said: list[bytes]) -> None:
        self._said = said

    def ask(self, request: bytes, reply_length: int) -> bytes:
        assert request[:1] == b"<"
        return self.hear()[:reply_length]

    def hear(self) -> bytes:
        return self._said.pop(0) if self._said else b""

    def settle(self) -> None:
        """Silent at once."""


def _line(said: list[bytes]) -> SerialLine:
    return cast("SerialLine", _SaidLine(said))


replies = st.one_of(st.binary(max_size=40), st.binary(min_size=37, max_size=37), st.just(bytes(37)), st.just(b""))


@given(st.lists(replies, max_size=40), st.integers(1, 3_000))
def test_a_canoga_card_that_says_anything_at_all_makes_nothing_raise_or_fall(said: list[bytes], pause: Ms) -> None:
    hands = _Hands()
    card, line, counted = CanogaCard("loops", OPTIONS, hands), _line(said), dict.fromkeys("1234", 0)
    card.connected()
    while said:
        before = card.samples
        card.talk(line)
        for terminal, sample in card.samples.items():
            assert sample.count >= counted[terminal]
            assert sample.taken_ms == hands.now or sample == before[terminal]
            counted[terminal] = sample.count
        hands.now += pause
    assert max(counted.values()) <= 17 * 40 + hands.now // 500


@given(st.lists(st.one_of(st.binary(max_size=80), st.text("D 0123456789ABCDEF,*\r\n", max_size=80).map(str.encode))))
def test_an_ascii_device_that_says_anything_at_all_makes_nothing_raise(said: list[bytes]) -> None:
    hands = _Hands()
    counter, line = AsciiCounter("loops", hands), _line(said)
    counter.connected()
    while said:
        counter.talk(line)
        hands.now += 100
    assert all(sample.count <= hands.now for sample in counter.samples.values())


def test_a_dead_card_is_asked_seldom_and_asked_who_it_is_when_it_is_back() -> None:
    hands, real = _Hands(), Card()
    card = CanogaCard("loops", OPTIONS, hands)
    card.connected()
    for _ in range(DEAD_AFTER):
        assert card.due_ms - hands.now in {0, OPTIONS.poll_ms}
        card.talk(_line([]))
    assert card.due_ms - hands.now == DEAD_POLL_MS
    text = b"<14\x00a000000123456"
    check = 0
    for byte in text:
        check ^= byte
    card.talk(_line([real.detection(), text + b"%02X>" % check]))
    assert card.identity == "serial number 000000123456"
    assert card.due_ms - hands.now == OPTIONS.poll_ms
    assert Question.SERIAL_NUMBER.reply_length == len(text) + 3


def test_the_card_simulator_is_a_program_that_a_driver_can_read(tmp_path: Path) -> None:
    link = tmp_path / "loops"
    command = [sys.executable, "-m", "tests.drivers.canoga_card", str(link), "--address", "5"]
    options = SerialOptions(SerialTransport(str(link)), SerialProtocol.CANOGA, 20, 1_000, address=5)
    source = SerialDevice.open_all([Device("loops", options)], {}, clock)["loops"].source
    assert source is not None
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stdout.readline() == f"ready {link}\n"
        source.start()
        eventually(source.latest, "a first sample")
        program.stdin.write("vehicle 3 2 5\n")
        program.stdin.flush()
        eventually(lambda: source.latest()["3"].count == 2, "two vehicles")
        source.stop()
        program.communicate("quit\n", timeout=20)
        assert program.returncode == 0


@pytest.mark.parametrize(
    "module",
    ["ascii_lines", "canoga_frames", "frame_checks", "replay_log", "serial_canoga", "timeline"],
)
def test_the_examples_in_the_docstrings_are_true(module: str) -> None:
    failed, tried = doctest.testmod(import_module(f"drivers.{module}"))
    assert tried > 0
    assert failed == 0
