"""What has been shown so far, as far as the rules need it: an immutable value that each minted image carries on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    """All channels since the last flash. `left_flash_ms`: the first steady image after it; `all_stopped`: whether an
    image in which nobody may move has been shown since."""

    standing: Standing = Standing.NOTHING_KNOWN
    tracks: Mapping[ChannelNumber, Track] = field(default_factory=dict)
    left_flash_ms: Ms = 0
    all_stopped: bool = False

    def after_flash_image(self, flash: Image, now: Ms) -> "History":
        """The history once the whole flash image is shown from `now` on."""
        if self.standing is Standing.FLASH:
            return self
        return History(Standing.FLASH, {number: Track(shown, now) for number, shown in flash.items()})

    def after(self, image: Image, now: Ms) -> "History":
        """The history once a steady image, permitted by the rules, is shown from `now` on."""
        tracks = {number: track.after(image[number], now) for number, track in self.tracks.items()}
        if self.standing is Standing.RUNNING:
            return replace(self, tracks=tracks)
        shown = frozenset(image.values())
        return History(
            standing=Standing.RUNNING if shown & STARTS else Standing.LEAVING_FLASH,
            tracks=tracks,
            left_flash_ms=now if self.standing is Standing.FLASH else self.left_flash_ms,
            all_stopped=self.all_stopped or shown <= STOPS,
        )


NOTHING_SHOWN: Final = History()
"""The history at power-up."""
