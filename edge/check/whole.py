"""The whole check of a site file: read it, hold its parts against each other, and say everything at once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from edge.check import (
    adaptive,
    calendar,
    card,
    coordination,
    detectors,
    devices,
    european,
    external,
    green,
    lanes,
    modbus,
    overlaps,
    pedestrians,
    phases,
    plans,
    preempts,
    rings,
)
from edge.config.problems import Findings, Marks, Problem
from edge.config.read import Draft, read_site
from edge.model.site import Site

Rule: TypeAlias = Callable[[Draft, Findings], None]

RULES: tuple[Rule, ...] = (
    *rings.RULES,
    *phases.RULES,
    *green.RULES,
    *detectors.RULES,
    *devices.RULES,
    *modbus.RULES,
    *card.RULES,
    *european.RULES,
    *pedestrians.RULES,
    *overlaps.RULES,
    *plans.RULES,
    *calendar.RULES,
    *preempts.RULES,
    *coordination.RULES,
    *external.RULES,
    *lanes.RULES,
    *adaptive.RULES,
)
"""Every cross-check. Each looks at the draft and reports; none depends on another."""

_LONGEST_FILE_BYTES = 4 * 1024 * 1024  # the reader refuses far less; this keeps a wrong file out of memory


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found. `site` is None if there is any problem. `unreadable`: the file itself could not be read."""

    file: str
    source: str
    site: Site | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    unreadable: bool = False

    @property
    def ok(self) -> bool:
        """Whether the site may run."""
        return self.site is not None

    @property
    def summary(self) -> str:
        """The last line of the report."""
        if self.site is None:
            count = len(self.problems)
            return f"{count} problem{'' if count == 1 else 's'}; nothing was changed"
        return summary_of(self.site)

    def report(self) -> str:
        """Every problem and every warning with its source line, and the summary."""
        problems = [problem.render(self.source) for problem in self.problems]
        warnings = [f"warning: {warning.render(self.source)}" for warning in self.warnings]
        return "\n".join([*problems, *warnings, self.summary])

    def as_dict(self) -> dict[str, object]:
        """For `check --json`."""
        return {
            "v": 1,
            "file": self.file,
            "ok": self.ok,
            "problems": [problem.as_dict() for problem in self.problems],
            "warnings": [warning.as_dict() for warning in self.warnings],
            "summary": self.summary,
            "longest_stop_s": None if self.site is None else self.site.longest_stop_ms / 1000,
        }


def summary_of(site: Site) -> str:
    """`OK 8 phases, 2 overlaps, 12 detectors, 12 channels, 3 plans; longest stop 31.2 s`."""
    counts = {
        "phase": len(site.phases),
        "overlap": len(site.overlaps),
        "detector": len(site.detectors),
        "channel": len(site.channels),
        "plan": len(site.plans),
    }
    counted = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts.items() if n or word != "overlap")
    return f"OK {counted}; longest stop {site.longest_stop_ms / 1000:.1f} s"


def refusal_to_drive(site: Site) -> str | None:
    """Why real outputs may not be driven by this site; None where they may, or where there are none."""
    if site.card.confirmed_by.strip() or not devices.real_outputs(site):
        return None
    names = ", ".join(devices.real_outputs(site))
    return f"Nobody has confirmed the permissive card, so {names} is not driven. Fill conflicts.confirmed_by."


def check_text(text: str, file: str) -> Checked:
    """Check the text of a site file; `file` is its name for messages. Never raises, whatever the text is."""
    reading = read_site(text, file)
    findings = reading.findings
    if reading.draft is not None:
        for rule in RULES:
            rule(reading.draft, findings)
    problems = findings.in_order()
    return Checked(file, text, None if problems else reading.site, problems, findings.warnings_in_order())


def check_file(path: str | Path) -> Checked:
    """Read and check a site file. A file that cannot be read is a problem as well, with `unreadable` set."""
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(_LONGEST_FILE_BYTES)
    except OSError as error:
        return _refused(file, f"the file cannot be read: {error.strerror or error}", unreadable=True)
    except ValueError as error:  # a NUL in the name
        return _refused(file, f"the file cannot be read: {error}", unreadable=True)
    try:
        return check_text(data.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte {error.start + 1} (0x{data[error.start]:02X}) is not UTF-8; this is not a text file"
        return _refused(file, what, line=line)


def _refused(file: str, what: str, *, line: int = 1, unreadable: bool = False) -> Checked:
    findings = Findings(file, Marks())
    write = "give the path of a readable file" if unreadable else "save it as UTF-8 text"
    problem = Problem(file, line, 1, "(file)", what, write)
    return Checked(file, "", None, (problem, *findings.problems), (), unreadable=unreadable)
