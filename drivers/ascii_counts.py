"""From data lines to counts that never fall: pure, lines and instants in, inputs out.

A counter of the device that goes on counts by its difference modulo 65536. A difference that cannot have passed since the
last line means that the device has begun anew without a hello (or that its line was broken and the check did not see it):
then its counter is taken from 0 if that can be true, else it is only a new reference. Nothing is made up.
"""

from enum import Enum

from drivers.ascii_lines import COUNTS, MOST_TERMINALS, SEQUENCES, DataLine
from edge.model.units import Ms

SHORTEST_ACTUATION_MS: Ms = 50
"""More than one actuation of one contact in this time is not believed (ours: a debounced relay closes for longer)."""

BURST = 50
"""Actuations believed at once, whatever the clock says: lines may wait in a buffer (ours)."""


class LineVerdict(Enum):
    """What one data line was."""

    TAKEN = "taken"
    REPEATED = "repeated"  # the same sequence number again: a device that stands still says nothing new
    RESTARTED = "restarted"  # taken, but at least one counter had begun anew unsaid


class LineFollower:
    """One device: its counters as last said, and the counts since the driver started."""

    def __init__(self) -> None:
        self.lost = 0
        """Lines missing from the sequence."""
        self._counts: list[int] = []
        self._raw: tuple[int, ...] = ()
        self._sequence: int | None = None
        self._read_ms: Ms = 0

    def hello(self, now: Ms) -> None:
        """The device has begun anew: its counters stand at 0, its sequence anywhere."""
        self._raw = (0,) * MOST_TERMINALS
        self._sequence, self._read_ms = None, now

    def reconnected(self) -> None:
        """The port was closed in between: what was said meanwhile is not counted as lost lines."""
        self._sequence = None

    def follow(self, line: DataLine, now: Ms) -> LineVerdict:
        """Take one data line read at `now`."""
        if line.sequence == self._sequence:
            return LineVerdict.REPEATED
        if self._sequence is not None:
            self.lost += (line.sequence - self._sequence - 1) % SEQUENCES
        restarted = self._count(line.counts, BURST + (now - self._read_ms) // SHORTEST_ACTUATION_MS)
        self._sequence, self._read_ms = line.sequence, now
        return LineVerdict.RESTARTED if restarted else LineVerdict.TAKEN

    def inputs(self, line: DataLine) -> dict[str, tuple[bool, int]]:
        """Level and count of every terminal of a line that was taken."""
        return {str(at + 1): (bool(line.contacts >> at & 1), self._counts[at]) for at in range(len(line.counts))}

    def _count(self, raw: tuple[int, ...], most: int) -> bool:
        self._counts += [0] * (len(raw) - len(self._counts))
        restarted = False
        for at, (before, now) in enumerate(zip(self._raw, raw, strict=False)):
            passed = (now - before) % COUNTS
            if passed > most:
                restarted = True
                passed = now if now <= most else 0
            self._counts[at] += passed
        self._raw = raw + self._raw[len(raw) :]
        return restarted
