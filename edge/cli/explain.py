"""`stopline explain`: one second of adaptive timing in words, from the running controller or from the record."""

import base64
import json
import zlib
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.adaptive.gate import held_words
from edge.adaptive.words import Explanation, Second
from edge.adaptive.words import explain as explained
from edge.check import check_text
from edge.cli.ask import asked
from edge.cli.parser import LEARNED, STATE
from edge.cli.refusal import EX_DATAERR, EX_NOINPUT, Refusal
from edge.eventlog.decision_blocks import DecisionHead, Stamped
from edge.eventlog.decisions import DecisionsError, readers, runs, second_at
from edge.model.advice import ADVICE_LIVES_MS
from edge.model.site import Site
from edge.model.told import advice_of, observation_of
from edge.model.units import SECOND_MS, PhaseNumber

_EX_USAGE = 64
_EX_CONFIG = 78
_FARTHEST_MS = 5 * SECOND_MS
"""A second recorded longer before the one that is asked for is another one, and that is said. Ours."""


def explain(options: Namespace) -> int:
    """`stopline explain [--at TIME] [--state DIR | --socket S] [--json]`."""
    found = _recorded(options) if options.at is not None or options.state is not None else _running(options)
    print(json.dumps(found.as_dict(), ensure_ascii=False) if options.json else "\n".join(found.lines()))
    return 0


def _running(options: Namespace) -> Explanation:
    """The second that the controller has just lived."""
    answer = asked(options, "explain")
    site = _site(zlib.decompress(base64.b64decode(answer["source"])).decode(), "the controller's site file")
    advice = None if answer["advice"] is None else advice_of(answer["advice"])
    if answer["age_ms"] is None or answer["age_ms"] > ADVICE_LIVES_MS:
        advice = None
    reasons = {PhaseNumber(int(number)): reason for number, reason in answer["reasons"].items()}
    held = held_words(advice) if advice is not None else ""
    return explained(Second(site, observation_of(answer["seen"]), advice, held, reasons))


def _recorded(options: Namespace) -> Explanation:
    """A second from the record."""
    folder = records_of(options.state)
    try:
        at_ms = None if options.at is None else _instant(options.at, folder)
        found = second_at(folder, at_ms)
    except DecisionsError as error:
        raise Refusal(EX_DATAERR, str(error)) from error
    except OSError as error:
        raise Refusal(EX_NOINPUT, f"{folder}: cannot be read: {error.strerror}") from error
    if found is None:
        before = "" if options.at is None else f" from before {options.at}"
        raise Refusal(EX_NOINPUT, f"{folder}: nothing is recorded{before}; {_span(folder)}")
    head, stamped = found
    if at_ms is not None and at_ms - stamped.epoch_ms > _FARTHEST_MS:
        when = _local(stamped.epoch_ms, head)
        raise Refusal(EX_NOINPUT, f"{folder}: nothing is recorded at {options.at}; the last second before is {when}")
    return _second(head, stamped)


def _second(head: DecisionHead, stamped: Stamped) -> Explanation:
    decided = stamped.decided
    site = _site(head.site, "the site file in the record")
    if site.file_hash != head.site_hash:
        raise Refusal(
            EX_DATAERR, "the site file in the record is not the one that ran: the record has been changed by hand"
        )
    return explained(Second(site, decided.seen, decided.advice, decided.held))


def records_of(state: Path | None) -> Path:
    """The folder of decision records under a state directory, or that directory itself.

    Raises:
        Refusal: there is none.
    """
    places = [STATE / "optimiser" / "decisions", LEARNED / "decisions"]
    if state is not None:
        places = [state / "optimiser" / "decisions", state / "decisions", state]
    for place in places:
        if place.is_file() or (place.is_dir() and runs(place)):
            return place
    raise Refusal(
        EX_NOINPUT,
        f"{state or STATE}: no decision record lies here. Set adaptive.mode to advise in the site file and let the optimiser "
        "run, or give the folder with --state",
    )


def _instant(text: str, folder: Path) -> int:
    """A local ISO time of the site as UTC ms. A bare time of day is one of the newest recorded day."""
    head, newest = _newest(folder)
    zone = ZoneInfo(head.zone)
    day = datetime.fromtimestamp(newest.epoch_ms // SECOND_MS, UTC).astimezone(zone).date()
    try:
        at = datetime.fromisoformat(text if len(text) > len("HH:MM:SS") else f"{day.isoformat()}T{text}")
    except ValueError as error:
        raise Refusal(_EX_USAGE, f"{text!r} is not a time; write it like 2026-11-24T07:12:30, or 07:12:30") from error
    at = at if at.tzinfo is not None else at.replace(tzinfo=zone)
    return round(at.timestamp() * SECOND_MS) + SECOND_MS - 1  # the whole of that second


def _newest(folder: Path) -> tuple[DecisionHead, Stamped]:
    found = second_at(folder)
    if found is None:
        raise Refusal(EX_NOINPUT, f"{folder}: the records hold no second")
    return found


def _span(folder: Path) -> str:
    """From when the records reach."""
    for reader in readers(folder):
        first = next(iter(reader), None)
        if first is not None and first.seen.local is not None:
            return f"the record begins {_local(first.seen.local.epoch_ms, reader.head)}"
    return "the record is empty"


def _local(epoch_ms: int, head: DecisionHead) -> str:
    at = datetime.fromtimestamp(epoch_ms // SECOND_MS, UTC).astimezone(ZoneInfo(head.zone))
    return at.isoformat(timespec="seconds")


def _site(text: str, what: str) -> Site:
    checked = check_text(text, what)
    if checked.site is None:
        raise Refusal(_EX_CONFIG, f"{what} is refused by this version; use the one that wrote it")
    return checked.site
