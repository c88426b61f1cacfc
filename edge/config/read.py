"""Text of a site file to a `Reading`: the site where it reads, and every problem of its format where it does not."""

import hashlib
import re
from dataclasses import dataclass

from edge.config.convert import site_of
from edge.config.fields import shown
from edge.config.not_yet import refuse_not_yet
from edge.config.problems import Findings, Mark, Marks, Problem, lines_of
from edge.config.rows import SiteFile
from edge.config.validate import validate
from edge.config.yaml12 import parse
from edge.model.site import Site

LONGEST_FILE = 512 * 1024
"""Characters; the largest intersection is a tenth of it."""

_NOT_TEXT = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)  # YAML 1.2, 5.1


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read of a file, problems or not. Spoiled values hold fillers: good for cross-checks only."""

    site: Site
    rows: SiteFile


@dataclass(frozen=True, slots=True)
class Reading:
    """`site` is None if there is any problem; `draft` is None only if nothing at all could be made of the file."""

    site: Site | None
    problems: tuple[Problem, ...]
    marks: Marks
    draft: Draft | None
    findings: Findings


def read_site(text: str, file: str) -> Reading:
    """Read the text of a site file; `file` is its name for messages. Never raises, whatever the text is."""
    findings = Findings(file, Marks())
    draft = _draft(text, findings)
    problems = findings.in_order()
    whole = draft is not None and not problems and not findings.spoiled
    site = draft.site if draft is not None and whole else None
    return Reading(site, problems, findings.marks, draft, findings)


def _draft(text: str, findings: Findings) -> Draft | None:
    text_hash = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    body = text.removeprefix("\ufeff")
    if not _is_text(body, findings):
        return None
    raw = parse(body, findings)
    if not isinstance(raw, dict):
        if not findings.problems:
            what = "the file is empty" if raw is None else f"the file is {shown(raw)}, not a site"
            findings.value((), what, "begin with schema: 1; see config/minimal-2phase.yaml")
        return None
    refuse_not_yet(raw, findings)
    rows = validate(raw, findings)
    return None if rows is None else Draft(site_of(rows, findings, text_hash), rows)


def _is_text(body: str, findings: Findings) -> bool:
    """Whether it is worth parsing."""
    if len(body) > LONGEST_FILE:
        what = f"the file has {len(body) // 1024} KiB; a site file has at most {LONGEST_FILE // 1024}"
        findings.value((), what, "give the right file")
        return False
    wrong = _NOT_TEXT.search(body)
    if wrong is not None:
        lines = lines_of(body[: wrong.start()])
        mark = Mark(len(lines), len(lines[-1]) + 1)
        findings.at(mark, (), f"character U+{ord(wrong[0]):04X} stands here; this is not a text file", "remove it")
        return False
    return True
