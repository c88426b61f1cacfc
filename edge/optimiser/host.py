"""The host of the adviser: from the controller's observations to its advice, one a second, and never late.

An answer that took longer than `DEADLINE_MS` is thrown away here already: its street has moved on. Of observations that have
piled up, because the search was slow or the process was stopped for a while, only the newest is answered; the estimator is
told the others, so that no vehicle is forgotten. When the controller goes, it is looked for again, ever more seldom.
"""

import base64
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import structlog

from edge.check import check_text
from edge.clock import monotonic_ms, monotonic_us, sleep_until
from edge.control_socket.client import Client
from edge.control_socket.protocol import Code, Refused, Reply
from edge.model.advice import Advice
from edge.model.observation import Observation
from edge.model.site import Site
from edge.model.told import observation_of, tell_advice
from edge.model.units import SECOND_MS, Ms
from edge.optimiser.keeper import Began, Keeper
from edge.optimiser.learned import LearnedStore

DEADLINE_MS: Ms = 800
"""Ours: a fifth of a second is left of the second for the way there and for the next observation."""

_SILENCE_S = 10.0
"""A controller that has said nothing for so long is asked for anew: it may have been started again, or switched this off."""

_LONGEST_FILE_BYTES = 4 * 1024 * 1024
_PAUSES_MS: tuple[Ms, ...] = (SECOND_MS, 2 * SECOND_MS, 5 * SECOND_MS, 10 * SECOND_MS)
"""Between two attempts to reach the controller."""


class Advises(Protocol):
    """One site's adviser (`edge.adaptive.adviser`)."""

    def see(self, seen: Observation) -> None:
        """Take in a second that is not answered."""

    def advise(self, seen: Observation) -> Advice:
        """Take in a second and answer it."""

    def learned(self) -> Mapping[str, Any]:
        """What is to be kept over restarts."""

    def relearn(self, told: Mapping[str, Any]) -> bool:
        """Take back what was kept; False where it is of other lanes."""


MakeAdviser = Callable[[Site], Advises]


@dataclass(slots=True)
class Counts:
    """What has become of the observations."""

    answered: int = 0
    late: int = 0
    passed_over: int = 0


class Host:
    """One run of the process. `orphaned`: whether whoever started it has gone, so that it ends too. `alive`: called while it
    does not hang, with every observation and every attempt to reach the controller. `records`: where decisions and evidence
    are kept, None: nowhere."""

    def __init__(
        self,
        socket: Path,
        store: LearnedStore,
        make: MakeAdviser,
        orphaned: Callable[[], bool] = lambda: False,
        alive: Callable[[], None] = lambda: None,
        records: Path | None = None,
    ) -> None:
        self._socket = socket
        self._store = store
        self._make = make
        self._orphaned = orphaned
        self._alive = alive
        self._log = structlog.get_logger()
        self._adviser: Advises | None = None
        self._site_hash = ""
        self._reached = False
        self._said = ""
        self._records = records
        self._began: Began | None = None
        self._keeper: Keeper | None = None
        self.counts = Counts()

    def run(self) -> None:
        """Serve the controller until this process is told to end.

        Raises:
            Refused: the controller has another optimiser, or no seat left, and has never told this one anything. One that has
                lost its place goes on looking, for what it has learned is worth keeping.
        """
        failures = 0
        try:
            while not self._orphaned():
                self._alive()
                answered = self.counts.answered
                try:
                    self._serve()
                except Refused as refused:
                    if refused.code is Code.REFUSED_NOW and not self._reached:
                        raise
                    self._lost(refused)
                failures = 0 if self.counts.answered > answered else failures + 1
                sleep_until(monotonic_ms() + _PAUSES_MS[min(failures, len(_PAUSES_MS) - 1)])
        finally:
            self._keep()
            self._store.close()
            if self._keeper is not None:
                self._keeper.close()
            self._log.info("optimiser.ended", answered=self.counts.answered, late=self.counts.late)

    def _serve(self) -> None:
        """One connection, to its end."""
        with Client(self._socket, _SILENCE_S) as client:
            for reply in client.observe():
                self._reached = True
                if self._said:
                    self._said = ""
                    self._log.info("controller.reached", socket=str(self._socket))
                self._alive()
                self._answer(client, reply)
                if self._store.due:
                    self._keep()
                if self._keeper is not None:
                    self._keeper.work()
                    if self._keeper.due:
                        self._begin_anew()

    def _answer(self, client: Client, reply: Reply) -> None:
        """One observation."""
        began_us = monotonic_us()
        try:
            seen = observation_of(reply.get("seen"))
        except ValueError as error:
            raise Refused(Code.DATA, f"the controller speaks another language: {error}") from error
        if "source" in reply and reply.get("site") != self._site_hash:
            self._take_site(reply)
        if self._adviser is None:
            return
        if client.has_more:
            self._adviser.see(seen)
            self.counts.passed_over += 1
            if self._keeper is not None:
                self._keeper.passed_over(seen)
            return
        advice = self._adviser.advise(seen)
        took_us = monotonic_us() - began_us
        late = took_us > DEADLINE_MS * 1_000
        asked = advice if self._keeper is None else self._keeper.passes(seen, advice, late=late)
        if late:
            self.counts.late += 1
            self._log.warning("advice.late", took_ms=took_us // 1_000, late=self.counts.late)
            return
        client.advise(tell_advice(replace(asked, took_us=took_us)))
        self.counts.answered += 1

    def _take_site(self, reply: Reply) -> None:
        """Begin anew with the site that the controller runs, and with what was learned of it before."""
        self._keep()
        self._adviser = None
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(base64.b64decode(str(reply["source"])), _LONGEST_FILE_BYTES).decode()
        site = check_text(text, "the controller's site file").site
        if site is None:
            raise Refused(Code.CONFIGURATION, "the controller runs a site file that this version refuses; restart both")
        learned = self._store.read()
        if self._store.lost:
            self._log.error("learned.lost", said=self._store.lost)
        taken = self._begin(Began(site, text, learned))
        self._site_hash = str(reply.get("site"))
        self._log.info("site.taken", hash=self._site_hash, mode=site.adaptive.mode.value, learned=taken)

    def _begin(self, began: Began) -> bool:
        """Begin a run; whether it knows what was learned before."""
        adviser = self._make(began.site)
        taken = began.learned is not None and adviser.relearn(began.learned)
        self._adviser, self._began = adviser, began
        if self._keeper is not None:
            self._keeper.close()
        if self._records is not None:
            known = began if taken else replace(began, learned=None)
            self._keeper = Keeper(self._records, known, lambda: self._fresh(began.site, adviser))
        return taken

    def _begin_anew(self) -> None:
        """Begin the next run of the same site with what has been learned in this one."""
        if self._began is not None and self._adviser is not None:
            self._log.info("run.begun_anew")
            self._begin(replace(self._began, learned=self._adviser.learned()))

    def _fresh(self, site: Site, adviser: Advises) -> Advises:
        """Another adviser, for shadow, that knows what this one has learned."""
        other = self._make(site)
        other.relearn(adviser.learned())
        return other

    def _keep(self) -> None:
        if self._adviser is None:
            return
        trouble = self._store.keep(self._adviser.learned())
        if trouble:
            self._log.error("learned.not_kept", said=trouble)

    def _lost(self, refused: Refused) -> None:
        """The connection is over; each reason is said once."""
        if refused.sentence != self._said:
            self._said = refused.sentence
            self._log.warning("controller.lost", said=refused.sentence)
