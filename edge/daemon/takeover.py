"""Reload: a site file is read and checked in a thread of its own; the loop takes it over at a safe point or says why not.

The safe point is the one that is proven already: every green ends by its own rules, then all red, then flash, and from
there a new engine starts as after a restart. The devices stay open and armed meanwhile. What is tied to them, and the
monitor's card, is not taken over by a reload: `NEEDS_RESTART`.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from threading import Thread

import structlog

from edge.control_socket.connection import Pending
from edge.control_socket.protocol import Code, Refused
from edge.daemon.realtime import long_work
from edge.daemon.site_choice import Judged, SiteRules, judge
from edge.model.exchange import ShellFault
from edge.model.faults import FaultKind
from edge.model.site import Site

NEEDS_RESTART = {
    "id": "intersection.id",
    "timezone": "intersection.timezone",
    "sequence": "rings",
    "devices": "io",
    "channels": "channels",
    "card": "conflicts",
    "log_limits": "event_log",
}
"""Fields of a `Site` that a reload does not take over, and their names in the site file."""

_NO_MATTER = frozenset({"file_hash"})
_REPORTED = 400
_NOTHING_NEW = {"changed": [], "sentence": "The file says what is running already; nothing was changed."}


def differences(running: Site, wanted: Site) -> list[str]:
    """The fields that differ, by their names in `Site`."""
    return [
        field.name
        for field in fields(Site)
        if field.name not in _NO_MATTER and getattr(running, field.name) != getattr(wanted, field.name)
    ]


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A site that may be taken over, what it changes, and who waits to hear of it."""

    site: Site
    source: str
    changed: tuple[str, ...]
    pending: tuple[Pending, ...]

    def done(self) -> None:
        """Tell everybody who waits."""
        for pending in self.pending:
            pending.resolve(
                {"changed": list(self.changed), "sentence": f"Taken over: {', '.join(self.changed)} changed."}
            )

    def given_up(self, sentence: str) -> None:
        """Tell everybody who waits that it did not come to it."""
        for pending in self.pending:
            pending.resolve(Refused(Code.REFUSED_NOW, sentence))


class Reloader:
    """Reads the site file again when asked. `refused`: the report on the last file that was not taken, for the ladder."""

    def __init__(self, path: Path, rules: SiteRules, refused: str = "") -> None:
        self._path = path
        self._rules = rules
        self._waiting: list[Pending] = []
        self._reading: list[Pending] = []
        self._judged: Judged | None = None
        self._thread: Thread | None = None
        self.refused = refused

    def ask(self, pending: Pending | None = None) -> None:
        """Have the file read; a reading that is under way already began too early and is followed by another."""
        self._waiting.append(pending or Pending())

    def poll(self, running: Site) -> TakeOver | None:
        """Called in each tick: begins to read, and gives the site once there is one to take over."""
        if self._thread is None:
            if self._waiting:
                self._begin()
            return None
        if self._thread.is_alive():
            return None
        self._thread = None
        judged, self._judged = self._judged, None
        reading, self._reading = self._reading, []
        outcome = self._decide(running, judged, tuple(reading))
        if isinstance(outcome, TakeOver):
            return outcome
        _tell(outcome)  # who sent SIGHUP has no socket to be answered on
        for pending in reading:
            pending.resolve(outcome if isinstance(outcome, Refused) else dict(_NOTHING_NEW))
        return None

    def fault(self) -> tuple[ShellFault, ...]:
        """CONFIG_REJECTED while the file on the disk is not the one that runs."""
        if not self.refused:
            return ()
        return (ShellFault(FaultKind.CONFIG_REJECTED, first_line(self.refused)),)

    def _begin(self) -> None:
        self._reading, self._waiting = self._waiting, []
        self._thread = Thread(target=self._read, name="reload", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with long_work():
            self._judged = judge(self._path, self._rules)

    def _decide(self, running: Site, judged: Judged | None, pending: tuple[Pending, ...]) -> TakeOver | Refused | None:
        """A site to take over; a refusal; None for nothing to do."""
        if judged is None:
            return Refused(Code.INTERNAL, "the reading of the site file broke off; see the log")
        if judged.site is None:
            self.refused = judged.report
            return Refused(Code.CONFIGURATION, f"{judged.report}\nThe site that runs goes on.")
        changed = differences(running, judged.site)
        fixed = [NEEDS_RESTART[name] for name in changed if name in NEEDS_RESTART]
        if fixed:
            return Refused(
                Code.REFUSED_NOW,
                f"{', '.join(fixed)} changed: a reload does not take that over. The site that runs goes on; "
                "to run the new one through flash and start-up: systemctl restart stopline",
            )
        self.refused = ""
        return TakeOver(judged.site, judged.source, tuple(changed), pending) if changed else None


def _tell(outcome: Refused | None) -> None:
    log = structlog.get_logger()
    if outcome is None:
        log.info("site.unchanged", said=_NOTHING_NEW["sentence"])
    else:
        log.error("site.refused", report=outcome.sentence)


def first_line(report: str) -> str:
    """The first problem of a report, for one line."""
    return report.strip().partition("\n")[0][:_REPORTED]
