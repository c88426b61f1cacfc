"""What has been shown so far, as far as the rules need it: an immutable value that each minted image carries on."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from edge.model.indications import Indication
from edge.model.units import ChannelNumber, Ms
from edge.safety.card import Image

STARTS = frozenset({Indication.GREEN, Indication.WALK, Indication.FLASH_YELLOW_ARROW})
"""The indications that begin a right-of-way."""

OPENS = STARTS | {Indication.RED_YELLOW}
"""The indications that tell somebody to start, or to get ready to."""

GOES = frozenset({Indication.GREEN, Indication.FLASH_GREEN, Indication.WALK})
"""The indications under which somebody may enter; clearances count from the last of them. A flashing arrow has its own."""

STOPS = frozenset({Indication.RED, Indication.DONT_WALK, Indication.DARK})
"""The indications under which nobody may move."""


class Standing(Enum):
    """How the intersection stands. The zero value is the one in which only flash is allowed."""

    NOTHING_KNOWN = 0  # since power-up no image has been minted
    FLASH = 1
    LEAVING_FLASH = 2  # steady, and no green, walk or red and amber since flash
    RUNNING = 3


@dataclass(frozen=True, slots=True)
class Track:
    """One channel: what it shows, since when, and when its last green (walk) since flash ended, None if none did.

    `arrow_ended_ms`: the same of its last flashing yellow arrow. `after_arrow`: whether the arrow was what it showed
    before, so that a yellow shown now ends an arrow and no green.
    """

    shown: Indication
    since_ms: Ms
    ended_ms: Ms | None = None
    arrow_ended_ms: Ms | None = None
    after_arrow: bool = False

    def after(self, shown: Indication, now: Ms) -> "Track":
        """The track once `shown` is shown from `now` on."""
        if shown is self.shown:
            return self
        if self.shown is Indication.FLASH_YELLOW_ARROW:
            return Track(shown, now, self.ended_ms, now, after_arrow=True)
        ends = self.shown in GOES and shown not in GOES
        return Track(shown, now, now if ends else self.ended_ms, self.arrow_ended_ms)


@dataclass(frozen=True, slots=True)
class History:
    """All channels since the last flash.

    `since_ms`: when the standing began. `stopped`: whether nobody may move in the last image; not so in flash.
    `cut`: whether the last flash broke in on an image that was not stopped, or on nobody knows what.
    """

    standing: Standing
    tracks: Mapping[ChannelNumber, Track]
    since_ms: Ms
    stopped: bool
    cut: bool

    def after_flash_image(self, flash: Image, now: Ms) -> "History":
        """The history once the whole flash image is shown from `now` on."""
        if self.standing is Standing.FLASH:
            return self
        tracks = {number: Track(shown, now) for number, shown in flash.items()}
        return History(Standing.FLASH, tracks, since_ms=now, stopped=False, cut=not self.stopped)

    def after(self, image: Image, now: Ms) -> "History":
        """The history once a steady image, permitted by the rules, is shown from `now` on."""
        standing = self._standing_after(image)
        return History(
            standing=standing,
            tracks={number: track.after(image[number], now) for number, track in self.tracks.items()},
            since_ms=self.since_ms if standing is self.standing else now,
            stopped=STOPS.issuperset(image.values()),
            cut=self.cut,
        )

    def _standing_after(self, image: Image) -> Standing:
        if self.standing is Standing.RUNNING or not OPENS.isdisjoint(image.values()):
            return Standing.RUNNING
        return Standing.LEAVING_FLASH


NOTHING_SHOWN: Final = History(Standing.NOTHING_KNOWN, {}, since_ms=0, stopped=False, cut=True)
"""The history at power-up."""
