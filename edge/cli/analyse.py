"""Verbs that need no running controller: replay, and the export of the stored event log."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.cli.refusal import EX_CANTCREAT, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE, Refusal
from edge.cli.site_files import site_of

EX_USAGE = 64


def replay(options: Namespace) -> int:
    """`stopline replay SITE --log CSV`, `stopline replay --journal FILE`, or `stopline replay [SITE] --decisions FILE|DIR`."""
    if options.decisions:
        return _replay_decisions(options)
    if options.journal and (options.site or options.out):
        raise Refusal(EX_USAGE, "a journal holds its own site and is compared, not written: leave out SITE and --out")
    return _replay_journal(options) if options.journal else _replay_log(options)


def _replay_log(options: Namespace) -> int:
    from edge.eventlog.export import LogFileError
    from edge.sim.replay import ReplayError, replay_log

    if options.site is None:
        raise Refusal(EX_USAGE, "replay --log needs the site file too: stopline replay SITE --log CSV")
    site = site_of(options.site)
    try:
        report = replay_log(site, options.log, options.out)
    except (LogFileError, ReplayError) as error:
        raise Refusal(EX_DATAERR, str(error)) from error
    except OSError as error:
        raise _cannot_read_or_write(error, options.log) from error
    for warning in report.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    show(report.as_dict(), as_json=options.json)
    return judged(report.violations)


def _replay_decisions(options: Namespace) -> int:
    from edge.cli.explain import records_of
    from edge.eventlog.decisions import DecisionsError
    from edge.sim.decision_replay import Ours, replay_decisions

    if options.out:
        raise Refusal(EX_USAGE, "a record is compared, not written: leave out --out")
    site = None if options.site is None else site_of(options.site)
    try:
        from edge.optimiser.parameters import parameters

        report = replay_decisions(records_of(options.decisions), ours=Ours(site, parameters()))
    except ImportError as error:
        raise Refusal(EX_UNAVAILABLE, f"{error} — pip install 'stopline[adaptive]'") from error
    except DecisionsError as error:
        raise Refusal(EX_DATAERR, str(error)) from error
    except OSError as error:
        raise _cannot_read_or_write(error, options.decisions) from error
    show(report.as_dict(), as_json=options.json)
    return 0 if report.same else EX_DATAERR


def _replay_journal(options: Namespace) -> int:
    from edge.eventlog.journal import JournalError
    from edge.sim.journal_replay import JournalReplayError, replay_journal

    try:
        report = replay_journal(options.journal)
    except (JournalError, JournalReplayError) as error:
        raise Refusal(EX_DATAERR, str(error)) from error
    except OSError as error:
        raise _cannot_read_or_write(error, options.journal) from error
    show(report.as_dict(), as_json=options.json)
    return 0 if report.same else EX_DATAERR


def events(options: Namespace) -> int:
    """`stopline events [tail]`, `stopline events export`, `stopline events --detectors SITE`."""
    if options.detectors is not None:
        from edge.eventlog.export import write_detector_table

        write_detector_table(site_of(options.detectors), sys.stdout)
        return 0
    if options.action == "export":
        if options.json:
            raise Refusal(
                EX_USAGE, "export writes CSV: leave out --json, or ask the running controller: events tail --json"
            )
        return _export(options)
    from edge.cli.ask import events_tail

    return events_tail(options)


def _export(options: Namespace) -> int:
    from edge.eventlog.export import local_rows, write_csv
    from edge.eventlog.reader import LogReader

    folder = options.state / "events"
    if not folder.is_dir():
        raise Refusal(EX_NOINPUT, f"{folder}: no event log is stored here; give the state directory with --state")
    reader = LogReader(folder)
    start, end = _local_ms(options.start), _local_ms(options.end)
    wanted = (
        row
        for row in local_rows(reader.entries())
        if (start is None or row.local_ms >= start) and (end is None or row.local_ms < end)
    )
    try:
        if options.out is None:
            write_csv(wanted, sys.stdout)
        else:
            with options.out.open("w", encoding="ascii", newline="") as out:
                count = write_csv(wanted, out)
            print(f"{count} events written to {options.out}", file=sys.stderr)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_write(error) from error
    for problem in reader.problems:
        print(f"warning: {problem}", file=sys.stderr)
    return 0


def _local_ms(text: str | None) -> int | None:
    """A naive local ISO time as the log counts it."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(EX_USAGE, f"{text!r} is not a time; write it like 2026-11-24T07:00") from error
    return round((at.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds() * 1_000)  # noqa: DTZ001 - naive


def judged(violations: tuple[str, ...]) -> int:
    """The exit code of a run; what the monitor refused is told."""
    for violation in violations:
        print(f"violation: {violation}", file=sys.stderr)
    return 70 if violations else 0


def show(report: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a report, for programs or for people."""
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
        return
    for key, value in report.items():
        if isinstance(value, Mapping) and value and all(isinstance(v, Mapping) for v in value.values()):
            print(f"{key}:")
            for name, row in value.items():
                print(f"  {name:>3}  {_flat(row)}")
        elif isinstance(value, list):
            _show_rows(key, value)
        elif key == "acted":
            _show_acted(value)
        elif key != "v":
            print(f"{key:<16} {_flat(value) if isinstance(value, Mapping) else value}")


def _show_acted(acted: Mapping[str, Any]) -> None:
    """For how long the adaptive layer acted, and each reason why it did not."""
    print(f"{'acted':<16} {100 * acted['share']:.1f} % of {acted['of_s']:.0f} s")
    for why, seconds in acted["reasons"].items():
        print(f"  not for {seconds:.0f} s: {why}")


def _show_rows(key: str, rows: Sequence[Any]) -> None:
    for row in rows:
        print(f"{key}:")
        if isinstance(row, Mapping):
            show(row, as_json=False)
        else:
            print(f"  {row}")


def _flat(row: Mapping[str, Any]) -> str:
    parts = (f"{k} {{{_flat(v)}}}" if isinstance(v, Mapping) else f"{k} {v}" for k, v in row.items())
    return "  ".join(parts)


def cannot_write(error: OSError) -> Refusal:
    """A file that could not be written."""
    return Refusal(EX_CANTCREAT, f"{error.filename or 'output'}: cannot be written: {error.strerror}")


def _cannot_read_or_write(error: OSError, source: Path) -> Refusal:
    if error.filename is not None and Path(error.filename) == source:
        return Refusal(EX_NOINPUT, f"{source}: cannot be read: {error.strerror}")
    return cannot_write(error)
