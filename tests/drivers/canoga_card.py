"""Canoga C9xx loop cards on a pseudo-terminal, written from the byte layouts and sharing no code with the driver.

As a program, for tests of a whole daemon:

    python -m tests.drivers.canoga_card /tmp/loops --address 0 --address 3 --every 2.5

prints `ready /tmp/loops` and obeys lines on its standard input: `vehicle CHANNEL [NUMBER [ADDRESS]]`, `stall`, `resume`,
`unplug`, `plug`, `reset [ADDRESS]`, `quit`. With `--every S` a vehicle passes channels 1 … 4 in turn every S seconds.
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path

from tests.drivers.pty_line import PtyLine

CHANNELS = 4
ANY_ADDRESS = 255


class Card:
    """One card: what it remembers of the last vehicle of each loop."""

    def __init__(self, serial_number: str = "000000123456", firmware: str = "C924 01.02") -> None:
        self.serial_number = serial_number
        self.firmware = firmware
        self.muted = False
        self.states = [0] * CHANNELS
        self.switch_on()
        self.began -= 3_600.0  # in service for an hour

    def switch_on(self) -> None:
        """Power comes: clock and records begin anew."""
        self.began = time.monotonic()
        self.counts = [0] * CHANNELS
        self.records = [(0, 0)] * CHANNELS

    def pass_vehicle(self, channel: int, duration_ms: int = 37) -> None:
        """One vehicle leaves loop `channel` (1 … 4) now; many at once come a millisecond apart."""
        last_start = self.records[channel - 1][1]
        start = int((time.monotonic() - self.began) * 1000) - duration_ms
        self.records[channel - 1] = (duration_ms, max(start, last_start + 1))
        self.counts[channel - 1] = (self.counts[channel - 1] + 1) % 256

    def detection(self) -> bytes:
        """The 37 bytes that answer `*`."""
        reply = bytearray()
        for (duration, start), count, state in zip(self.records, self.counts, self.states, strict=True):
            reply += duration.to_bytes(3, "big") + (start % 2**32).to_bytes(4, "big") + bytes([count, state])
        return bytes(reply) + bytes([_xor(reply)])


class CanogaLine:
    """Cards by address on one line; every change happens between two exchanges."""

    def __init__(self, link: Path, addresses: Iterable[int] = (0,)) -> None:
        self.cards = {address: Card() for address in addresses}
        self.requests = 0
        self.spoil: Callable[[bytes], bytes] = bytes
        """Every reply passes through it on its way out."""
        self._silent = False
        self._begun = bytearray()
        self._line = PtyLine(link, self._hear)
        self.plug, self.unplug, self.close = self._line.plug, self._line.unplug, self._line.close
        self.plug()

    def vehicle(self, channel: int, number: int = 1, address: int = 0) -> None:
        """Let `number` vehicles pass a loop."""

        def pass_all() -> None:
            for _ in range(number):
                self.cards[address].pass_vehicle(channel)

        self._line.do(pass_all)

    def change(self, deed: Callable[[Card], object], address: int = 0) -> None:
        """Do anything to a card between two exchanges."""
        self._line.do(lambda: deed(self.cards[address]))

    def reset(self, address: int = 0) -> None:
        """Interrupt a card's power for a moment."""
        self.change(Card.switch_on, address)

    def stall(self) -> None:
        """Hear, but answer nothing."""
        self._silent = True

    def resume(self) -> None:
        """Answer again."""
        self._silent = False

    def say(self, noise: bytes) -> None:
        """Put bytes on the line that nobody asked for."""
        self._line.do(lambda: self._line.say(noise))

    def _hear(self, data: bytes) -> None:
        self._begun += data
        while (request := self._next_request()) is not None:
            self.requests += 1
            reply = self._answer(request)
            if reply and not self._silent:
                self._line.say(self.spoil(reply))

    def _next_request(self) -> bytes | None:
        while self._begun:
            if self._begun[0] != ord("<"):
                del self._begun[0]
            elif len(self._begun) < 3:
                return None
            else:
                length = int(self._begun[1:3], 16) if self._begun[1:3].isalnum() else 0
                if length < 8:
                    del self._begun[0]
                elif len(self._begun) < length:
                    return None
                else:
                    request = bytes(self._begun[:length])
                    del self._begun[:length]
                    if request.endswith(b"%02X>" % _xor(request[:-3])):
                        return request
        return None

    def _answer(self, request: bytes) -> bytes:
        address, command = request[3], request[4:5]
        card = self.cards.get(address)
        if address == ANY_ADDRESS:
            card = next(iter(self.cards.values()))
        if card is None or card.muted:
            return b""
        texts = {b"a": card.serial_number, b"B": card.firmware}
        if command in texts:
            return _framed(address, command + texts[command].encode("ascii"))
        return card.detection() if command == b"*" else b""


def _framed(address: int, payload: bytes) -> bytes:
    body = b"<%02X" % (len(payload) + 7) + bytes([address]) + payload
    return body + b"%02X>" % _xor(body)


def _xor(data: bytes | bytearray) -> int:
    check = 0
    for byte in data:
        check ^= byte
    return check


def _obey(line: CanogaLine, words: list[str]) -> bool:
    """One command; False when it was the last."""
    match words:
        case ["vehicle", channel, *rest]:
            number, address = [int(word) for word in rest] + [1, 0][len(rest) :]
            line.vehicle(int(channel), number, address)
        case ["reset", *rest]:
            line.reset(*(int(word) for word in rest))
        case ["stall" | "resume" | "plug" | "unplug" as deed]:
            getattr(line, deed)()
        case ["quit"]:
            return False
        case _:
            print("what?", *words, flush=True)
    return True


def _traffic(line: CanogaLine, every_s: float, ended: threading.Event) -> None:
    loops: Iterator[tuple[int, int]] = cycle((address, 1 + at) for address in line.cards for at in range(CHANNELS))
    while not ended.wait(every_s):
        address, channel = next(loops)
        line.vehicle(channel, address=address)


def main() -> None:
    """Serve cards until `quit` or the end of the input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("link", type=Path)
    parser.add_argument("--address", type=int, action="append")
    parser.add_argument("--every", type=float, default=0.0)
    options = parser.parse_args()
    line = CanogaLine(options.link, options.address or [0])
    ended = threading.Event()
    traffic = threading.Thread(target=_traffic, args=(line, options.every, ended))
    try:
        if options.every:
            traffic.start()
        print("ready", options.link, flush=True)
        for text in sys.stdin:
            if not _obey(line, text.split()):
                break
    finally:
        ended.set()
        if traffic.is_alive():
            traffic.join()
        line.close()


if __name__ == "__main__":
    main()
