"""What has been shown so far, as far as the rules need it: an immutable value that each minted image carries on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from edge.model.indications import Indication
from edge.model.units import ChannelNumber, Ms
from edge.safety.card import Image

STARTS = frozenset({Indication.GREEN, Indication.WALK})
"""The indications that begin a right-of-way."""

STOPS = frozenset({Indication.RED, Indication.DONT_WALK, Indication.DARK})
"""The indications under which nobody may move."""


class Standing(Enum):
    """How the intersection stands. The zero value is the one in which only flash is allowed."""

    NOTHING_KNOWN = 0  # since power-up no image has been minted
    FLASH = 1
    LEAVING_FLASH = 2  # steady, and no green or walk since flash
    RUNNING = 3


@dataclass(frozen=True, slots=True)
class Track:
    """One channel: what it shows, since when, and when its last green (walk) since flash ended, None if none did."""

    shown: Indication
    since_ms: Ms
    ended_ms: Ms | None = None

    def after(self, shown: Indication, now: Ms) -> "Track":
        """The track once `shown` is shown from `now` on."""
        if shown is self.shown:
            return self
        return Track(shown, now, now if self.shown in STARTS else self.ended_ms)


@dataclass(frozen=True, slots=True)
class History:
    """All channels since the last flash.

    `since_ms`: when the standing began. `cut`: whether the last flash broke in while somebody could be moving.
    `all_stopped`: whether an image in which nobody may move has been shown since that flash.
    """

    standing: Standing = Standing.NOTHING_KNOWN
    tracks: Mapping[ChannelNumber, Track] = field(default_factory=dict)
    since_ms: Ms = 0
    cut: bool = True
    all_stopped: bool = False

    def after_flash_image(self, flash: Image, now: Ms) -> "History":
        """The history once the whole flash image is shown from `now` on."""
        if self.standing is Standing.FLASH:
            return self
        return History(
            standing=Standing.FLASH,
            tracks={number: Track(shown, now) for number, shown in flash.items()},
            since_ms=now,
            cut=self.standing is Standing.NOTHING_KNOWN or not _stopped(track.shown for track in self.tracks.values()),
        )

    def after(self, image: Image, now: Ms) -> "History":
        """The history once a steady image, permitted by the rules, is shown from `now` on."""
        tracks = {number: track.after(image[number], now) for number, track in self.tracks.items()}
        standing = self._standing_after(image)
        return History(
            standing=standing,
            tracks=tracks,
            since_ms=self.since_ms if standing is self.standing else now,
            cut=self.cut,
            all_stopped=self.all_stopped or _stopped(image.values()),
        )

    def _standing_after(self, image: Image) -> Standing:
        if self.standing is Standing.RUNNING or not STARTS.isdisjoint(image.values()):
            return Standing.RUNNING
        return Standing.LEAVING_FLASH


def _stopped(shown: Iterable[Indication]) -> bool:
    return STOPS.issuperset(shown)


NOTHING_SHOWN: Final = History()
"""The history at power-up."""
