"""A device that speaks `counts-ascii` on a pseudo-terminal, written from docs/drivers-serial.md and sharing no code with the
driver."""

import time
from pathlib import Path

from tests.drivers.pty_line import PtyLine


class AsciiBox:
    """Contacts and counters, said every `period_s`."""

    def __init__(self, link: Path, terminals: int = 6, period_s: float = 0.02) -> None:
        self.levels = [False] * terminals
        self.counts = [0] * terminals
        self.sequence = 0
        self.silent = False
        self.stuck = False
        self._period_s = period_s
        self._next = 0.0
        self._line = PtyLine(link, lambda _: None, self._speak_when_due)
        self.plug, self.unplug, self.close = self._line.plug, self._line.unplug, self._line.close
        self.plug()

    def vehicles(self, terminal: int, number: int) -> None:
        """Let vehicles pass."""

        def count() -> None:
            self.counts[terminal - 1] = (self.counts[terminal - 1] + number) % 65536

        self._line.do(count)

    def restart(self, *, hello: bool) -> None:
        """Lose everything and begin anew, with or without a hello that arrives."""

        def begin() -> None:
            self.counts = [0] * len(self.counts)
            self.sequence = 0
            if hello:
                self._line.say(self._sealed("H testbox 1.0 "))

        self._line.do(begin)

    def say(self, noise: bytes) -> None:
        """Put bytes on the line."""
        self._line.do(lambda: self._line.say(noise))

    def _speak_when_due(self) -> None:
        if self.silent or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._period_s
        if not self.stuck:
            self.sequence = (self.sequence + 1) % 256
        contacts = sum(level << at for at, level in enumerate(self.levels))
        digits = (len(self.levels) + 3) // 4
        counts = ",".join(str(count) for count in self.counts)
        self._line.say(self._sealed(f"D {self.sequence:02X} {contacts:0{digits}X} {counts} "))

    @staticmethod
    def _sealed(body: str) -> bytes:
        check = 0
        for byte in body.encode("ascii"):
            check ^= byte
        return f"{body}*{check:02X}\r\n".encode("ascii")
