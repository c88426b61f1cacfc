"""Which site file runs: the one asked for, or the last good one where that is refused.

The rejected file is left as it is. `state_dir/last-good.yaml` is written after a start that has come to confirmed lamps,
and after every take-over; never before, so that a file that cannot drive the lamps does not become the last good one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.daemon.safe_image import write
from edge.model.site import Site

LAST_GOOD = "last-good.yaml"


class Checked(Protocol):
    """What the check of a site file gives (see `edge.check`)."""

    @property
    def source(self) -> str:
        """The text of the file."""

    @property
    def site(self) -> Site | None:
        """The site, None where there is any problem."""

    def report(self) -> str:
        """Every problem with its line."""


@dataclass(frozen=True, slots=True)
class SiteRules:
    """How a site file is judged: `check` reads it, `refusal` says why a good site may not run all the same."""

    check: Callable[[Path], Checked]
    refusal: Callable[[Site], str | None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A site that may run. `refused`: the report on the file that was asked for, empty where it is that one."""

    site: Site
    source: str
    file: Path
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """One file, judged: the site or the report that says why not."""

    site: Site | None
    source: str
    report: str


def judge(path: Path, rules: SiteRules) -> Judged:
    """Read and check one file."""
    checked = rules.check(path)
    site = checked.site
    if site is None:
        return Judged(None, checked.source, checked.report())
    refusal = rules.refusal(site)
    return Judged(None if refusal else site, checked.source, f"{path}: {refusal}" if refusal else "")


def choose(path: Path, state_dir: Path, rules: SiteRules) -> Chosen | str:
    """The site to run, or the report where not even a last good one is there."""
    asked = judge(path, rules)
    if asked.site is not None:
        return Chosen(asked.site, asked.source, path)
    kept = state_dir / LAST_GOOD
    if not kept.exists():
        return f"{asked.report}\nThere is no last good file in {state_dir} to fall back on. Mend the file, then start again."
    last = judge(kept, rules)
    if last.site is None:
        return f"{asked.report}\nThe last good file does not pass the check any more either:\n{last.report}"
    return Chosen(last.site, last.source, kept, refused=asked.report)


def keep_as_last_good(source: str, state_dir: Path) -> None:
    """Store the text of a site file that has proved itself; an equal copy is left alone. Waits for the disk.

    Raises:
        OSError: the folder is full or not writable; the copy before is still there.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    write(state_dir / LAST_GOOD, source)
