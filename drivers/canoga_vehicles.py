"""From a Canoga card's records of the last vehicle to counts that never fall. Pure: records and instants in, verdicts out.

Rules. A record that differs from the known one is a new vehicle, and its count says how many passed between two polls. A
record that cannot follow the known one is *suspect*: it is no reading at all until the card has said the very same thing
three times running, for a broken frame does not repeat itself and a card that was reset does. Suspect is a record

    longer than 120 s, or with the start or the count of the known one while the rest differs (as MnDOT's IRIS has it);
    whose vehicle would have left in the future, or whose start does not lie after the known one (the card was reset, or
    the frame is broken); where the known one was there before us, within 12 h is close enough (IRIS);
    blank, where a vehicle is known (a card that was reset; but a dead line's zero bytes pass the XOR check too);
    that says more than 16 missed vehicles.

A record that is the known one moved by one byte shows that the reply has lost its first byte, which the XOR check does not
see where a zero byte follows: then no channel of that reply is read, however often it is said. What has been missed without
a trace is said as a gap and not made up: at least one vehicle is counted, never more than can have passed.
"""

from collections.abc import Sequence
from enum import Enum

from drivers.canoga_frames import VehicleRecord
from edge.model.units import HOUR_MS, MINUTE_MS, SECOND_MS, Ms

LONGEST_VEHICLE_MS: Ms = 120 * SECOND_MS
"""A longer stay is doubted (IRIS)."""

LONGEST_HEADWAY_MS: Ms = 12 * HOUR_MS
"""A longer headway is doubted (IRIS), unless the channel has been known to be quiet for as long."""

CLOCK_SLACK_MS: Ms = SECOND_MS
CLOCK_DRIFT = 1_000
"""How far the card's clock may run ahead of ours: this, and one part in so many (ours: ten times a plain crystal)."""

UNSAID_MISSES = 16
"""More missed vehicles at once are said as a gap (IRIS)."""

SILENCE_MS: Ms = 4 * MINUTE_MS
"""After a longer silence what was missed is said as a gap, for the count may have wrapped unseen (IRIS)."""

SHORTEST_HEADWAY_MS: Ms = 500
"""More vehicles than one in this time cannot have passed one loop (ours: half of the 1 s of a dense platoon)."""

INSISTING = 3
"""A suspect record said so often running is believed (ours)."""

_BYTE = 8
_COUNTS = 1 << _BYTE
_CLOCK = 1 << 4 * _BYTE


class Verdict(Enum):
    """What one record of one channel was."""

    SUSPECT = "suspect"  # no reading
    FIRST = "first"  # from here on it is counted
    SAME = "same"  # nobody new
    VEHICLES = "vehicles"
    GAP = "gap"  # vehicles, and some may be missing from the count
    RESET = "reset"  # the card began anew


class ChannelFollower:
    """One channel: the known record and the count since the driver started."""

    def __init__(self) -> None:
        self.count = 0
        self.missed = 0
        self._known: VehicleRecord | None = None
        self._read_ms: Ms = 0
        self._changed_ms: Ms = 0
        self._absent_ms: Ms | None = None  # the last reading before the known vehicle: it left after that
        self._suspect: VehicleRecord | None = None
        self._insisted = 0

    def follow(self, record: VehicleRecord, now: Ms) -> Verdict:
        """Take one record read at `now`."""
        if self._is_doubtful(record, now) and not self._insists(record):
            return Verdict.SUSPECT
        self._suspect = None
        verdict, vehicles = self._judge(record, now)
        self.count += vehicles
        self.missed += max(0, vehicles - 1)
        if verdict is not Verdict.SAME:
            self._changed_ms, self._absent_ms = now, None if verdict is Verdict.FIRST else self._read_ms
        self._known, self._read_ms = record, now
        return verdict

    def has_lost_its_first_byte(self, record: VehicleRecord) -> bool:
        """Whether `record` is the known one moved by one byte."""
        known = self._known
        if known is None or record.vehicle == known.vehicle:
            return False
        moved = (known.duration_ms << _BYTE) + (known.start_ms >> 3 * _BYTE), (known.start_ms << _BYTE) + known.count
        return (record.duration_ms, record.start_ms) == (moved[0], moved[1] % _CLOCK)

    def _is_doubtful(self, record: VehicleRecord, now: Ms) -> bool:
        known = self._known
        if record.duration_ms > LONGEST_VEHICLE_MS:
            return True
        if known is None or record.vehicle == known.vehicle:
            return False
        return (
            record.start_ms == known.start_ms
            or record.count == known.count
            or not self._may_follow(known, record, now)
            or (record.count - known.count) % _COUNTS - 1 > UNSAID_MISSES
        )

    def _may_follow(self, known: VehicleRecord, record: VehicleRecord, now: Ms) -> bool:
        headway = (record.start_ms - known.start_ms) % _CLOCK
        if self._absent_ms is None:
            longest = max(LONGEST_HEADWAY_MS, now - self._changed_ms + HOUR_MS)
        else:
            passed = now - self._absent_ms
            longest = passed + passed // CLOCK_DRIFT + CLOCK_SLACK_MS + known.duration_ms - record.duration_ms
        return not record.is_blank and 0 < headway < longest

    def _insists(self, record: VehicleRecord) -> bool:
        if self._suspect is None or self._suspect.vehicle != record.vehicle:
            self._suspect, self._insisted = record, 0
        self._insisted += 1
        return self._insisted >= INSISTING

    def _judge(self, record: VehicleRecord, now: Ms) -> tuple[Verdict, int]:
        known = self._known
        if known is None:
            return Verdict.FIRST, 0
        if record.vehicle == known.vehicle:
            return Verdict.SAME, 0
        silent_ms = now - self._read_ms
        if not self._may_follow(known, record, now):
            return Verdict.RESET, min(record.count, 1 + min(silent_ms, record.start_ms) // SHORTEST_HEADWAY_MS)
        vehicles = (record.count - known.count) % _COUNTS
        if not 0 < vehicles <= _most(silent_ms, (record.start_ms - known.start_ms) % _CLOCK):
            return Verdict.GAP, 1
        said = vehicles - 1 > UNSAID_MISSES or silent_ms > SILENCE_MS
        return (Verdict.GAP if said else Verdict.VEHICLES), vehicles


def _most(silent_ms: Ms, headway_ms: Ms) -> int:
    """How many vehicles can have passed since the last reading, and since the known vehicle."""
    return 1 + UNSAID_MISSES + min(silent_ms, headway_ms) // SHORTEST_HEADWAY_MS


class CardFollower:
    """The channels of one card, reply by reply."""

    def __init__(self, channels: int) -> None:
        self.channels = tuple(ChannelFollower() for _ in range(channels))

    def follow(self, records: Sequence[VehicleRecord], now: Ms) -> tuple[Verdict, ...]:
        """Take one reply read at `now`; one verdict a channel."""
        pairs = tuple(zip(self.channels, records, strict=True))
        if any(channel.has_lost_its_first_byte(record) for channel, record in pairs):
            return tuple(Verdict.SUSPECT for _ in pairs)
        return tuple(channel.follow(record, now) for channel, record in pairs)
