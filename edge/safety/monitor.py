"""The monitor in series: nothing is shown that it has not passed, and what it does not pass becomes flash, latched.

It is blind to control: it knows its card, what it has minted so far and what the lamps were read as. This is the one
place that mints a `Permitted`. It never replaces the cabinet's hardware conflict monitor.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.model.exchange import Readback
from edge.model.indications import Indication, flasher_is_lit
from edge.model.site import Card
from edge.model.units import SECOND_MS, ChannelNumber, Ms
from edge.safety.card import Image, programme
from edge.safety.history import NOTHING_SHOWN
from edge.safety.lamps import LampWatch
from edge.safety.permitted import Permitted
from edge.safety.rules import Latch, Rule, Violation, judge

JUDGED_WITHIN_MS: Ms = SECOND_MS
"""A latch is cleared only on the strength of a tick not older than this (ours: ten ticks)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The image to show now, all that was found wrong in this tick, and the latch that stands, if any."""

    permitted: Permitted
    violations: tuple[Violation, ...]
    latch: Latch | None


class Monitor:
    """One intersection's monitor. `latch`: as it was stored when the last process ended.

    Raises:
        ValueError: the card cannot be monitored (see `edge.safety.card.programme`).
    """

    def __init__(self, card: Card, latch: Latch | None = None) -> None:
        self._card = programme(card)
        self._latch = latch
        self._history = NOTHING_SHOWN
        self._lamps = LampWatch(self._card)
        self._sequence = 0
        self._now: Ms | None = None
        self._found: tuple[Violation, ...] = ()

    @property
    def latch(self) -> Latch | None:
        """The first cause of the trip that stands, None while there is none."""
        return self._latch

    def check(
        self,
        now: Ms,
        wanted: Mapping[ChannelNumber, Indication],
        readbacks: tuple[Readback, ...] = (),
    ) -> Verdict:
        """Judge the image wanted from `now` on and the lamps as read back; called once a tick.

        Gives the wanted image if nothing is wrong and no latch stands, else the flash image. Never raises, never blocks.
        """
        image = dict(wanted)  # the caller may go on using its own
        self._found = (*self._wanted(now, image), *self._lamps.judge(readbacks))
        self._now = now
        if self._found and self._latch is None:
            first = self._found[0]
            self._latch = Latch(first.rule, first.channels, first.detail)
        permitted = self._mint(now, self._card.flash if self._latch else image)
        return Verdict(permitted, self._found, self._latch)

    def clear(self, now: Ms, who: str, why: str) -> str | None:
        """Clear the latch for a local operator. None: cleared; else the sentence that says why not.

        What is shown stays flash; from there the way up is that of a start.
        """
        refusal = self._refusal(now, who, why)
        if refusal is None:
            self._latch = None
        return refusal

    def _wanted(self, now: Ms, image: Image) -> tuple[Violation, ...]:
        found = judge(self._card, self._history, image, now)
        if self._now is not None and now < self._now and image != self._card.flash:
            detail = f"time went back by {self._now - now} ms, so no interval can be measured"
            return (*found, Violation(Rule.TIME_WENT_BACK, (), detail))
        return found

    def _mint(self, now: Ms, image: Image) -> Permitted:
        if image == self._card.flash:
            self._history = self._history.after_flash_image(self._card.flash, now)
        else:
            self._history = self._history.after(image, now)
        self._sequence += 1
        permitted = Permitted(self._sequence, dict(image), lit=flasher_is_lit(now))
        self._lamps.sent(permitted)
        return permitted

    def _refusal(self, now: Ms, who: str, why: str) -> str | None:
        if self._latch is None:
            return "The monitor has not tripped: there is nothing to clear."
        if not who.strip() or not why.strip():
            return "A latch is cleared by a named operator with a reason: say what was found and mended."
        if self._now is None or now - self._now > JUDGED_WITHIN_MS:
            return f"Nothing has been judged in the last {JUDGED_WITHIN_MS} ms, so the cause may still be there: try again."
        if self._found:
            return f"The cause is still there: {self._found[0].detail}."
        if self._lamps.live:
            rule, channels = self._lamps.live[0]
            where = ", ".join(str(channel) for channel in channels)
            return f"The lamps of channel {where} were wrong a moment ago ({rule.value}): mend them, then try again."
        return None
