"""The evidence on disk: one frame for each quarter of an hour that was judged, appended and never rewritten but when full.

    Q 1f3c…  {"day":20458,"hour":7,…}

The hash is that of the timing sheet (`timing_hash`): evidence for another one does not count. A year of quarters is some ten
megabytes; beyond `_MOST_BYTES` the file is written anew with what the bins keep.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from edge.adaptive.evidence import Evidence, Quarter
from edge.eventlog.disk import Disk, SystemDisk
from edge.eventlog.frames import frame, scan
from edge.eventlog.snapshot import dump
from edge.eventlog.troubles import refused
from edge.model.adaptive import AdaptiveMode
from edge.model.plain import from_plain, to_plain
from edge.model.site import Site

FILE = "evidence.log"

_MOST_BYTES = 4_000_000
"""Ours: four months of quarters."""


def timing_hash(site: Site) -> str:
    """Of all that a re-run depends on. Not of who may act and when: what was shown in `advise` must hold once `act` is set,
    nor of devices and schedule: only free operation is judged."""
    rules = replace(site.adaptive, mode=AdaptiveMode.OFF, act_unproved="", switchback_days=False)
    told = to_plain(replace(site, file_hash="", devices={}, adaptive=rules, schedule=(), exceptions=()))
    return hashlib.sha256(json.dumps(told, separators=(",", ":"), sort_keys=True).encode()).hexdigest()


class EvidenceFile:
    """The file of one site. Raises nothing: `trouble` says what the disk refused."""

    def __init__(self, directory: Path, site_hash: str, disk: Disk | None = None) -> None:
        self.path = directory / FILE
        self._hash = site_hash
        self._disk = disk or SystemDisk()
        self.trouble = ""

    def read(self) -> Evidence:
        """All that counts for this site file; damage, and what another version wrote, is passed over."""
        return Evidence(self._quarters())

    def append(self, quarter: Quarter) -> None:
        """Keep one quarter more."""
        self.trouble = ""
        try:
            self._append(_line(self._hash, quarter))
        except OSError as error:
            self.trouble = refused("The evidence", self.path, error)

    def _append(self, line: bytes) -> None:
        self._disk.make_directory(self.path.parent)
        file = self._disk.open(self.path)
        try:
            end = scan(self._disk.read(self.path)).end
            if end + len(line) <= _MOST_BYTES:
                file.write_at(end, line)
                file.truncate(end + len(line))
                file.sync()
                return
        finally:
            file.close()
        book = self.read()
        kept = [_line(self._hash, quarter) for which in book.bins for quarter in book.quarters(which)]
        dump(self.path, b"".join([*kept, line]).decode(), self._disk)

    def _quarters(self) -> list[Quarter]:
        try:
            payloads = scan(self._disk.read(self.path)).payloads
        except FileNotFoundError:
            return []
        except OSError as error:
            self.trouble = f"The evidence cannot be read: {self.path}: {error.strerror} — look at the disk"
            return []
        rows = (_quarter(payload) for payload in payloads)
        return [row[1] for row in rows if row is not None and row[0] == self._hash]


def newest_hash(directory: Path, disk: Disk | None = None) -> str:
    """Of which site file the newest quarter is; empty where there is none."""
    try:
        payloads = scan((disk or SystemDisk()).read(directory / FILE)).payloads
    except OSError:
        return ""
    rows = (_quarter(payload) for payload in reversed(payloads))
    return next((row[0] for row in rows if row is not None), "")


def _quarter(payload: bytes) -> tuple[str, Quarter] | None:
    """A quarter and of which site file it is; None for what another version wrote."""
    try:
        kind, whose, told = payload.decode().split(" ", 2)
        return (whose, from_plain(Quarter, json.loads(told))) if kind == "Q" else None
    except ValueError:
        return None


def _line(site_hash: str, quarter: Quarter) -> bytes:
    told = json.dumps(to_plain(quarter), separators=(",", ":"))
    return frame(f"Q {site_hash} {told}".encode())
