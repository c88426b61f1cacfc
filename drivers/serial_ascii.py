"""Listening to one device that speaks `counts-ascii`: it talks by itself, nobody answers it."""

from collections import Counter
from collections.abc import Mapping

from drivers.ascii_counts import LineFollower, LineVerdict
from drivers.ascii_lines import DataLine, HelloLine, LineParser
from drivers.base import Clock
from drivers.frame_checks import Refused
from drivers.serial_line import SerialLine
from edge.model.detectors import InputSample
from edge.model.units import Ms

LISTEN_MS: Ms = 100
"""Longest wait for a byte, so that stopping does not wait longer."""


class AsciiCounter:
    """One device on a line of its own. Terminals `"1"` … are its contacts, in order."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.samples: Mapping[str, InputSample] = {}
        self.last_ms: Ms | None = None
        self.said = ""
        self.counters: Mapping[str, int] = {}
        self.due_ms: Ms = 0
        self.identity = ""
        self._name = f"counts-ascii device {name}"
        self._clock = clock
        self._parser = LineParser()
        self._follower = LineFollower()
        self._tally: Counter[str] = Counter()

    def connected(self) -> None:
        """Forget the line that was begun before the port was closed."""
        self._parser.clear()
        self._follower.reconnected()

    def talk(self, line: SerialLine) -> None:
        """Take in what the device says next. Raises DriverIOError."""
        heard = self._parser.feed(line.hear())
        now = self._clock()
        for said in heard:
            match said:
                case DataLine():
                    self._take(said, now)
                case HelloLine(name):
                    self.identity = name
                    self._tally["hello"] += 1
                    self._follower.hello(now)
                case Refused(why):
                    self._tally["lines refused"] += 1
                    self.said = f"{self._name}: {why}; check baud rate, parity and wiring"
        self.counters = dict(self._tally)

    def _take(self, line: DataLine, now: Ms) -> None:
        verdict = self._follower.follow(line, now)
        self._tally[f"lines {verdict.value}"] += 1
        self._tally["lines lost"] = self._follower.lost
        if verdict is LineVerdict.REPEATED:
            self.said = f"{self._name}: it repeats line {line.sequence:02X}; restart the device"
            return
        inputs = self._follower.inputs(line).items()
        taken = {name: InputSample(occupied, count, now) for name, (occupied, count) in inputs}
        self.samples, self.last_ms = {**self.samples, **taken}, now
        self.said = ""
