"""Canoga cards on a pseudo-terminal: the driver keeps the common contract and its cards apart."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from drivers import serial_canoga
from drivers.base import DetectorSource
from drivers.serial_device import SerialDevice
from edge.model.devices import Device, DeviceState, SerialOptions, SerialProtocol, SerialTransport
from tests.drivers.canoga_card import CanogaLine, Card
from tests.drivers.contract import DEVICE, LosableContract, SourceContract, clock, eventually, is_up

PORT_SPEED = 115_200


@pytest.fixture(autouse=True)
def dead_cards_are_asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_canoga, "DEAD_POLL_MS", 400)


def _options(link: Path, address: int = 0, presence_mask: int = 0) -> SerialOptions:
    transport = SerialTransport(str(link), PORT_SPEED)
    return SerialOptions(transport, SerialProtocol.CANOGA, 20, CanogaBench.stale_after_ms, address, presence_mask)


def _open(devices: Sequence[tuple[str, SerialOptions]]) -> dict[str, DetectorSource]:
    opened = SerialDevice.open_all([Device(name, options) for name, options in devices], {}, clock)
    return {name: device.source for name, device in opened.items() if device.source is not None}


class CanogaBench:
    """One card at address 0."""

    stale_after_ms = 500
    counts_while_lost = True

    def __init__(self, folder: Path) -> None:
        self._link = folder / "loops"
        self.line = CanogaLine(self._link)
        self.kill, self.revive = self.line.unplug, self.line.plug
        self.stall, self.resume = self.line.stall, self.line.resume
        self.vehicles_passed = 0

    def source(self) -> DetectorSource:
        return _open([(DEVICE, _options(self._link))])[DEVICE]

    def vehicles(self, terminal: str, number: int) -> None:
        self.line.vehicle(int(terminal), number)

    def near_wrap(self) -> None:
        self.line.vehicle(1, 251)


class TestCanogaKeepsTheContract(SourceContract, LosableContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[CanogaBench]:
        bench = CanogaBench(tmp_path)
        yield bench
        bench.line.close()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[CanogaLine]:
    line = CanogaLine(tmp_path / "loops", addresses=(0, 3, 7))
    yield line
    line.close()


@pytest.fixture
def cards(line: CanogaLine, tmp_path: Path) -> Iterator[dict[str, DetectorSource]]:
    assert line.cards
    link = tmp_path / "loops"
    cards = _open([(f"card{address}", _options(link, address, presence_mask=4)) for address in (0, 3, 7)])
    for card in cards.values():
        card.start()
    eventually(lambda: all(is_up(card) for card in cards.values()), "every card to be up")
    yield cards
    for card in cards.values():
        card.stop()


def test_cards_on_one_line_are_told_apart(line: CanogaLine, cards: dict[str, DetectorSource]) -> None:
    line.vehicle(2, 3, address=3)
    line.vehicle(2, 1, address=7)
    eventually(lambda: cards["card3"].latest()["2"].count == 3, "three vehicles at card 3")
    eventually(lambda: cards["card7"].latest()["2"].count == 1, "one vehicle at card 7")
    assert cards["card0"].latest()["2"].count == 0


def test_one_dead_card_does_not_stop_the_others(line: CanogaLine, cards: dict[str, DetectorSource]) -> None:
    def mute(card: Card) -> None:
        card.muted = True

    line.change(mute, address=3)
    eventually(lambda: not is_up(cards["card3"]), "the dead card to be said")
    assert "address 3: silence" in cards["card3"].health().said
    for passed in range(1, 6):
        line.vehicle(1, address=7)
        eventually(lambda n=passed: cards["card7"].latest()["1"].count == n, "a vehicle at a living card")  # type: ignore[misc]
    assert is_up(cards["card0"])
    polls = {name: card.health().counters["polls"] for name, card in cards.items()}
    assert polls["card3"] < polls["card7"]


def test_one_stopped_device_leaves_the_line_to_the_others(line: CanogaLine, cards: dict[str, DetectorSource]) -> None:
    cards["card0"].stop()
    line.vehicle(4, address=7)
    eventually(lambda: cards["card7"].latest()["4"].count == 1, "a vehicle at a card still in service")
    cards["card0"].start()
    eventually(lambda: is_up(cards["card0"]), "the stopped device to come back")


def test_a_living_card_is_asked_who_it_is(cards: dict[str, DetectorSource]) -> None:
    said = "firmware C924 01.02, serial number 000000123456"
    eventually(lambda: cards["card7"].health().said == said, "firmware and serial number")


def test_a_card_that_says_nothing_of_itself_still_detects(line: CanogaLine, tmp_path: Path) -> None:
    line.spoil = lambda reply: b"" if reply[:1] == b"<" else reply
    source = _open([("loops", _options(tmp_path / "loops"))])["loops"]
    source.start()
    eventually(lambda: is_up(source), "the card to be up")
    line.vehicle(1)
    eventually(lambda: source.latest()["1"].count == 1, "a vehicle")
    assert source.health().said == ""
    source.stop()


def test_presence_is_believed_only_through_the_mask(line: CanogaLine, cards: dict[str, DetectorSource]) -> None:
    def set_state(card: Card) -> None:
        card.states = [4, 3, 0xFF, 0]

    line.change(set_state)
    eventually(lambda: cards["card0"].latest()["1"].occupied, "presence on channel 1")
    assert [cards["card0"].latest()[terminal].occupied for terminal in "1234"] == [True, False, True, False]


def test_a_reset_card_goes_on_counting_and_is_said(line: CanogaLine, cards: dict[str, DetectorSource]) -> None:
    line.vehicle(1, 5)
    eventually(lambda: cards["card0"].latest()["1"].count == 5, "five vehicles")
    line.reset()
    eventually(lambda: cards["card0"].health().counters.get("resets") == 1, "the reset to be noticed")
    line.vehicle(1, 2)
    eventually(lambda: cards["card0"].latest()["1"].count == 7, "two more vehicles")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda reply: reply[1:] + b"\x00",
        lambda reply: reply[:-1],
        lambda reply: reply + reply,
        lambda reply: b"\xff" + reply,
        lambda reply: bytes([reply[0] ^ 0x40]) + reply[1:],
    ],
    ids=["first byte lost", "last byte lost", "said twice", "noise before", "one bit wrong"],
)
def test_a_spoilt_reply_counts_nobody(line: CanogaLine, cards: dict[str, DetectorSource], spoil: object) -> None:
    line.vehicle(1, 2)
    eventually(lambda: cards["card0"].latest()["1"].count == 2, "two vehicles")
    spoilt = [True, False, False]

    def now_and_then(reply: bytes) -> bytes:
        spoilt.append(spoilt.pop(0))
        return spoil(reply) if spoilt[0] else reply  # type: ignore[operator]

    line.spoil = now_and_then
    requests = line.requests
    eventually(lambda: line.requests > requests + 40, "forty exchanges, every third of them spoilt")
    line.spoil = bytes
    line.vehicle(1)
    eventually(lambda: cards["card0"].latest()["1"].count >= 3, "one more vehicle")
    assert {name: card.latest()["1"].count for name, card in cards.items()} == {"card0": 3, "card3": 0, "card7": 0}


def test_noise_that_nobody_asked_for_answers_no_question(line: CanogaLine, cards: dict[str, DetectorSource]) -> None:
    for _ in range(20):
        line.say(bytes(range(256)))
    line.vehicle(3, address=7)
    eventually(lambda: cards["card7"].latest()["3"].count == 1, "a vehicle through the noise")
    assert [cards["card0"].latest()[terminal].count for terminal in "1234"] == [0, 0, 0, 0]


def test_garbage_instead_of_replies_is_said_with_what_to_check(
    line: CanogaLine, cards: dict[str, DetectorSource]
) -> None:
    line.spoil = lambda reply: b"\x55" * len(reply)
    eventually(lambda: not is_up(cards["card0"]), "the garbage to be said")
    assert "check its power, its address switch, the baud rate" in cards["card0"].health().said
    assert cards["card0"].health().state is DeviceState.DOWN


@pytest.mark.parametrize(("baud", "wait_ms"), [(1200, 475), (9600, 147), (38400, 112)])
def test_the_wait_for_a_reply_allows_for_the_lines_own_time(baud: int, wait_ms: int) -> None:
    assert serial_canoga.reply_wait_ms(baud) == wait_ms
