"""Names of stored files: a number that sorts in the order of writing whatever the clock did, and a time for people."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.model.units import SECOND_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class StoredName:
    """One file of a series: its number, from 1, and the wall time of its beginning (UTC ms, whole seconds)."""

    number: int
    epoch_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """Files of one kind, such as `events-00000017-20240415T120000Z.log`."""

    kind: str
    ending: str

    def find(self, names: Iterable[str]) -> tuple[StoredName, ...]:
        """Those of the series among the names of a directory, oldest first; other files are not ours."""
        pattern = re.compile(rf"{self.kind}-(\d{{8,}})-(\d{{8}}T\d{{6}}Z){re.escape(self.ending)}")
        found = []
        for match in filter(None, map(pattern.fullmatch, names)):
            try:
                time = datetime.strptime(match[2], _TIME).replace(tzinfo=UTC)
            except ValueError:
                continue  # a thirteenth month: nothing we wrote
            found.append(StoredName(int(match[1]), (time - _EPOCH) // timedelta(milliseconds=1), match[0]))
        return tuple(sorted(found, key=lambda name: name.number))

    def following(self, found: tuple[StoredName, ...], epoch_ms: int) -> StoredName:
        """The name for the next file after those found, beginning at `epoch_ms`."""
        number = found[-1].number + 1 if found else 1
        time = _EPOCH + timedelta(milliseconds=epoch_ms)
        text = f"{self.kind}-{number:08d}-{time.strftime(_TIME)}{self.ending}"
        return StoredName(number, epoch_ms // SECOND_MS * SECOND_MS, text)
