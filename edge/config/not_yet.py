"""Settings this version knows and cannot serve. They are refused by name: a setting that is ignored is a trap."""

from typing import TypeAlias

from edge.config.fields import shown
from edge.config.problems import Findings, Path
from edge.config.yaml12 import Value

Pattern: TypeAlias = tuple[str, ...]

NOT_YET: dict[Pattern, str] = {
    ("extends",): "defaults shared by several files are not read",
    ("web",): "there is no web page",
    ("mqtt",): "nothing is published",
    ("metrics",): "there is no metrics page",
    ("rsmp",): "RSMP is not spoken",
    ("ntcip",): "NTCIP is not spoken",
    ("channels", "*", "accessible_on"): "an accessible signal is on in every walk",
}

DRAFTS: dict[str, tuple[str, str]] = {
    "window_cycles": ("there is no window of cycles: it decides anew every second", "remove it"),
    "max_split_change": ("there are no splits to change", "write max_green: {2: 60} for the longest hold of phase 2"),
    "keep": (
        "minimums, walks and clearances are kept always",
        "remove it; max_wait, ped_max_wait and max_green are what can be limited",
    ),
}
"""Keys of `adaptive` in the drafts of this format, what became of them, and what to write instead."""


def refuse_not_yet(raw: dict[str | int, Value], findings: Findings) -> None:
    """Take out of `raw` what cannot be served, and say so for each."""
    for pattern, sentence in NOT_YET.items():
        _refuse(raw, pattern, sentence, findings, ())
    _refuse_drafts(raw.get("adaptive"), findings)


def _refuse_drafts(section: Value, findings: Findings) -> None:
    """The draft keys of `adaptive`. Where it is off they say nothing, and files that have passed so far pass again."""
    if not isinstance(section, dict):
        return
    off = section.get("mode") == "off"
    for key in DRAFTS.keys() & section.keys():
        sentence, write = DRAFTS[str(key)]
        if not off:
            findings.key(("adaptive", key), f"{shown(key)} is a word of the draft: {sentence}", write)
        del section[key]


def _refuse(table: Value, pattern: Pattern, sentence: str, findings: Findings, path: Path) -> None:
    if not isinstance(table, dict):
        return
    head, rest = pattern[0], pattern[1:]
    for key in [k for k in table if head in {"*", k}]:
        if rest:
            _refuse(table[key], rest, sentence, findings, (*path, key))
        else:
            here = (*path, key)
            findings.key(here, f"this version cannot serve {shown(key)} yet: {sentence}", f"remove {shown(key)}")
            del table[key]
