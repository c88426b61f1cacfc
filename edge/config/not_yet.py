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
    ("adaptive",): "there is no adaptive layer",
}

_ADAPTIVE_KEYS = frozenset({"mode", "window_cycles", "max_split_change", "keep"})


def refuse_not_yet(raw: dict[str | int, Value], findings: Findings) -> None:
    """Take out of `raw` what cannot be served, and say so for each."""
    if _adaptive_is_off(raw.get("adaptive")):
        del raw["adaptive"]
    for pattern, sentence in NOT_YET.items():
        _refuse(raw, pattern, sentence, findings, ())


def _adaptive_is_off(section: Value) -> bool:
    return isinstance(section, dict) and section.get("mode") == "off" and _ADAPTIVE_KEYS.issuperset(section)


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
