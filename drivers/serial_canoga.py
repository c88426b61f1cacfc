"""Talking with one Canoga card: ask for detections, ask a living card who it is, leave a dead one in peace for a while."""

from collections import Counter
from collections.abc import Mapping

from drivers.base import Clock
from drivers.canoga_frames import CHANNELS, Question, VehicleRecord, decode_detection, decode_text, request
from drivers.canoga_vehicles import CardFollower, Verdict
from drivers.frame_checks import Refused
from drivers.serial_line import SerialLine
from edge.model.detectors import InputSample
from edge.model.devices import SerialOptions
from edge.model.units import SECOND_MS, Ms

DEAD_AFTER = 3
"""Unanswered questions running after which a card is taken for dead."""

DEAD_POLL_MS: Ms = 2 * SECOND_MS
"""How often a dead card is asked: each time costs its neighbours two time-outs."""

TURNAROUND_MS: Ms = 100
"""What a card may take to answer, beyond the line's own time (ours: no manual states it)."""

_TALLIED = {Verdict.SUSPECT: "suspect records", Verdict.GAP: "gaps", Verdict.RESET: "resets"}
_ANYBODY = (Question.SERIAL_NUMBER, Question.FIRMWARE)
_BITS_A_BYTE = 10  # 8N1
_LONGEST_EXCHANGE = 8 + Question.DETECTION.reply_length


def reply_wait_ms(baud: int) -> Ms:
    """How long a reply may take at `baud`.

    >>> reply_wait_ms(9600), reply_wait_ms(1200)
    (147, 475)
    """
    return TURNAROUND_MS + -(-_LONGEST_EXCHANGE * _BITS_A_BYTE * SECOND_MS // baud)


class CanogaCard:
    """One card on a line. Terminals `"1"` … `"4"` are its channels."""

    def __init__(self, name: str, options: SerialOptions, clock: Clock) -> None:
        self.samples: Mapping[str, InputSample] = {}
        self.last_ms: Ms | None = None
        self.said = ""
        self.counters: Mapping[str, int] = {}
        self.due_ms: Ms = 0
        self._name = f"Canoga card {name}, address {options.address}"
        self._options = options
        self._clock = clock
        self._follower = CardFollower(CHANNELS)
        self._unasked: tuple[Question, ...] = ()
        self._identity: dict[Question, str] = {}
        self._unanswered = 0
        self._tally: Counter[str] = Counter()

    @property
    def identity(self) -> str:
        """Firmware and serial number, as far as the card has said them."""
        known = ((Question.FIRMWARE, "firmware"), (Question.SERIAL_NUMBER, "serial number"))
        return ", ".join(f"{word} {self._identity[question]}" for question, word in known if question in self._identity)

    def connected(self) -> None:
        """Ask again who is there: the card may have been exchanged."""
        self._unasked = _ANYBODY
        self._unanswered = 0
        self.due_ms = self._clock()

    def talk(self, line: SerialLine) -> None:
        """Ask for detections; a card that answers is also asked who it is, once. Raises DriverIOError."""
        asked_ms = self._clock()
        self._tally["polls"] += 1
        reply = line.ask(request(Question.DETECTION, self._options.address), Question.DETECTION.reply_length)
        records = decode_detection(reply) if reply else Refused("silence")
        if isinstance(records, Refused):
            self._fail(records, line)
        else:
            self._take(records)
            self._introduce(line)
        self.counters = dict(self._tally)
        self.due_ms = asked_ms + (DEAD_POLL_MS if self._unanswered >= DEAD_AFTER else self._options.poll_ms)

    def _fail(self, refused: Refused, line: SerialLine) -> None:
        self._unanswered += 1
        if self._unanswered == DEAD_AFTER:  # whoever answers next may be another card
            self._unasked = _ANYBODY
        self._tally["silent" if refused.why == "silence" else "refused"] += 1
        self.said = f"{self._name}: {refused.why}; check its power, its address switch, the baud rate and the line"
        line.settle()

    def _take(self, records: tuple[VehicleRecord, ...]) -> None:
        now = self._clock()
        verdicts = self._follower.follow(records, now)
        samples = dict(self.samples)
        for number, (record, verdict) in enumerate(zip(records, verdicts, strict=True), start=1):
            if verdict in _TALLIED:
                self._tally[_TALLIED[verdict]] += 1
            if verdict is not Verdict.SUSPECT:
                occupied = bool(record.state & self._options.presence_mask)
                count = self._follower.channels[number - 1].count
                samples[str(number)] = InputSample(occupied, count, now, ok=verdict is not Verdict.RESET)
        self._tally["missed vehicles"] = sum(channel.missed for channel in self._follower.channels)
        self.samples, self.last_ms = samples, now
        self._unanswered, self.said = 0, ""

    def _introduce(self, line: SerialLine) -> None:
        for question in self._unasked:
            reply = line.ask(request(question, self._options.address), question.reply_length)
            text = decode_text(reply, question, self._options.address)
            if isinstance(text, Refused):
                line.settle()
            else:
                self._identity[question] = text
        self._unasked = ()
