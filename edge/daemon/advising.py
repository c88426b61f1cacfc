"""Between the loop and whoever advises: what was seen goes out, what is advised comes in, each in one place.

The loop puts an observation here once a second and takes the newest advice in each tick; the server's thread hands the one
out and the other in. Nothing here waits, and nothing grows: of several observations or advices only the newest counts.
What is no advice is refused, counted, and told in the log once until there is a good one again.
"""

import base64
import zlib
from collections.abc import Mapping
from typing import TypeAlias

import structlog

from edge.control_socket.protocol import Code, Refused, Reply, Request
from edge.model.advice import Advice
from edge.model.observation import Observation
from edge.model.site import Site
from edge.model.told import advice_of, tell_observation
from edge.model.units import PhaseNumber

Reasons: TypeAlias = Mapping[PhaseNumber, str]
"""Of each phase: why it is green or red, in the controller's words."""


class Advising:
    """The desk of the adaptive layer. `site`, `source`: what runs, and the text it was read from."""

    def __init__(self, site: Site, source: str) -> None:
        self._log = structlog.get_logger()
        self._news: tuple[int, Observation | None, Reasons] = (0, None, {})  # one object: another thread reads it
        self._advice: Advice | None = None
        self._heard = 0
        self._refused = 0
        self._complained = False
        self.run(site, source)

    # ── the loop's side ─────────────────────────────────────────────────────────────────────────

    def run(self, site: Site, source: str) -> None:
        """This site runs from now on; whoever follows is told its text with the next observation."""
        packed = base64.b64encode(zlib.compress(source.encode())).decode()
        number, _, _ = self._news
        self._news = (number, None, {})
        self._site = (site.file_hash, packed, number)

    def show(self, seen: Observation | None, reasons: Reasons | None = None) -> None:
        """Have an observation handed out, None where the adaptive layer is off; with the reasons of that same tick."""
        self._news = (self._news[0] + 1, seen, reasons or {})

    def take(self) -> Advice | None:
        """The newest advice since it was last taken."""
        advice, self._advice = self._advice, None
        return advice

    def counters(self) -> dict[str, int]:
        """How many advices were heard, and how many lines were none."""
        return {"advice_heard": self._heard, "advice_refused": self._refused}

    # ── the server's side ───────────────────────────────────────────────────────────────────────

    def follow(self, last: int) -> tuple[int, Reply] | None:
        """The observation after number `last`; the site's text with it, to who has not been told it."""
        number, seen, _ = self._news
        site_hash, packed, since = self._site
        if seen is None or number <= last:
            return None
        reply: Reply = {"site": site_hash, "seen": tell_observation(seen)}
        return number, reply | ({"source": packed} if last <= since else {})

    def last(self) -> Reply | None:
        """The last observation, with the site's text and the phases' reasons at that tick; None while there is none. Reasons of
        a later tick would call a phase green that shows yellow by then."""
        _, seen, reasons = self._news
        site_hash, packed, _ = self._site
        if seen is None:
            return None
        said = {str(phase): reason for phase, reason in reasons.items()}
        return {"site": site_hash, "source": packed, "seen": tell_observation(seen), "reasons": said}

    def may_follow(self, _: Request) -> Reply:
        """Nothing more than that: an adaptive layer that is off shows nothing until a reload switches it on."""
        return {}

    def put(self, request: Request) -> Reply:
        """An advice.

        Raises:
            Refused: it is none.
        """
        try:
            advice = advice_of(request.options.get("advice"))
        except ValueError as error:
            self._refused += 1
            if not self._complained:
                self._complained = True
                self._log.warning("adviser.nonsense", who=request.owner, said=str(error))
            raise Refused(Code.DATA, f"this is no advice: {error}") from error
        self._advice = advice
        self._heard += 1
        self._complained = False
        return {}
