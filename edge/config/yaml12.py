"""YAML 1.2 core-schema reading on top of PyYAML's event stream: marks for all, duplicates refused, no magic.

PyYAML's own loaders are YAML 1.1: `at: 10:30` becomes 630, `off` becomes False, a second key silently wins. Nothing of
their resolving or constructing is used here. Events, not nodes, so that nesting is bounded by us and not by the stack.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from edge.config.problems import TOP, Findings, Mark, Path

Scalar: TypeAlias = bool | int | float | str | None
Value: TypeAlias = "Scalar | list[Value] | dict[str | int, Value]"

MAX_DEPTH = 10
"""A site file nests six deep."""

_PARSER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBER_LENGTH = 30  # no quantity of an intersection is longer; a longer one stays text and is refused as such
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL_FLOATS = {
    sign + word: float(sign + word[1:]) for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")
} | {word: float("nan") for word in (".nan", ".NaN", ".NAN")}


@dataclass(frozen=True, slots=True)
class _Saying:
    """What the parser says, and how we say it."""

    fragment: str
    what: str
    write: str


_SAYINGS = (
    _Saying("tab character", "a tab stands here; YAML indents with spaces only", "replace the tab by spaces"),
    _Saying("'\\t'", "a tab stands here; YAML indents with spaces only", "replace the tab by spaces"),
    _Saying(
        "found character that cannot start any token",
        "no value can begin with this character",
        "replace a tab by spaces, or put the text in quotes",
    ),
    _Saying(
        "cannot start any token",
        "no value can begin with this character",
        "put the text in double quotes, or remove it",
    ),
    _Saying(
        "mapping values are not allowed",
        "a ':' stands where no key can be",
        "check the line above and the indentation, or put a text that contains ': ' in quotes",
    ),
    _Saying("expected ':'", "a ':' is missing after a key", "write key: value"),
    _Saying(
        "expected ',' or '}'",
        "a row in braces is not closed, or a comma is missing",
        "write , between and } at the end",
    ),
    _Saying("expected ',' or ']'", "a list is not closed, or a comma is missing", "write , between and ] at the end"),
    _Saying("quoted scalar", "a quotation mark is not closed", "close the quotation mark"),
    _Saying("expected <block end>", "this line is not indented like its neighbours", "line it up with the lines above"),
    _Saying(
        "did not find expected key", "this line is not indented like its neighbours", "line it up with the lines above"
    ),
    _Saying(
        "expected '-' indicator", "this line is not indented like its neighbours", "line it up with the lines above"
    ),
    _Saying("unexpected end of stream", "the file ends inside quotes or brackets", "close them where they were begun"),
    _Saying("alphabetic or numeric character", "a text begins with &, * or !", "put it in double quotes"),
    _Saying(
        "node content",
        "a value is missing, or begins with a character that means something else in YAML",
        "write the value, text in double quotes",
    ),
    _Saying("comment or line break", "something follows | or > on its line", "put a text with | or > in double quotes"),
    _Saying("block sequence entries", "a '- ' stands where no list can begin", "begin the list on a line of its own"),
    _Saying("mapping keys are not allowed", "a '? ' stands where no key can be", "put the text in double quotes"),
    _Saying("nesting depth", f"this is nested more than {MAX_DEPTH} deep; no part of a site file is", "flatten it"),
    _Saying("expected <document start>", "something stands after the end of the mapping", "indent it or remove it"),
)


class _TooDeep(Exception):
    """Nested deeper than any site file."""

    def __init__(self, mark: Mark, path: Path) -> None:
        super().__init__(mark, path)
        self.mark, self.path = mark, path


def resolve(text: str) -> Scalar:
    """The value of a plain scalar by the YAML 1.2 core schema (10.3.2), without its octal and hexadecimal numbers.

    >>> resolve("10:30"), resolve("off"), resolve("010")
    ('10:30', 'off', 10)
    """
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[text]
    if len(text) > _NUMBER_LENGTH:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def parse(text: str, findings: Findings) -> Value:
    """The one document of `text`. Marks go into `findings.marks`, whatever is wrong into `findings`."""
    events: Iterator[Event] = yaml.parse(text, Loader=_PARSER)
    try:
        return _Composer(events, findings).document()
    except _TooDeep as deep:
        findings.at(
            deep.mark, deep.path, f"this is nested more than {MAX_DEPTH} deep; no part of a site file is", "flatten it"
        )
    except yaml.YAMLError as error:
        _report(error, findings)
    return None


def _report(error: yaml.YAMLError, findings: Findings) -> None:
    said = str(getattr(error, "problem", None) or error)
    place = _mark(getattr(error, "problem_mark", None))
    opened = getattr(error, "context_mark", None)
    since = f" (begun on line {opened.line + 1})" if opened is not None and opened.line + 1 != place.line else ""
    for saying in _SAYINGS:
        if saying.fragment in said:
            findings.at(place, (), saying.what + since, saying.write)
            return
    findings.at(place, (), f"this is not YAML: {said}{since}", "mend this line or the one above")


class _Placed(Protocol):
    """A mark of either parser; counts from 0."""

    line: int
    column: int


def _mark(mark: _Placed | None) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark is not None else TOP


class _Composer:
    """Builds plain values from the event stream, and marks every one of them."""

    def __init__(self, events: Iterator[Event], findings: Findings) -> None:
        self._events = events
        self._findings = findings

    def document(self) -> Value:
        """The first document; a second one is a problem."""
        value: Value = None
        count = 0
        for event in self._events:
            if not isinstance(event, DocumentStartEvent):
                continue
            count += 1
            if count > 1:
                place = _mark(event.start_mark)
                self._findings.at(
                    place, (), "a second document begins here; a file is one intersection", "remove '---'"
                )
                return value
            value = self._node(next(self._events), ())
        return value

    def _node(self, event: Event, path: Path) -> Value:
        place = _mark(event.start_mark)
        self._findings.marks.values[path] = place
        if isinstance(event, NodeEvent):
            self._refuse_magic(event, place, path)
        if isinstance(event, CollectionStartEvent) and len(path) >= MAX_DEPTH:
            raise _TooDeep(place, path)
        if isinstance(event, MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, SequenceStartEvent):
            return self._list(path)
        if isinstance(event, ScalarEvent):
            return event.value if event.style else resolve(event.value)
        return None  # an alias, already refused

    def _refuse_magic(self, event: NodeEvent, place: Mark, path: Path) -> None:
        if isinstance(event, AliasEvent):
            self._findings.at(place, path, f"'*{event.anchor}' refers to another place", "write the value out")
        elif event.anchor:
            self._findings.at(
                place, path, f"anchors such as '&{event.anchor}' are not read", "remove it; write values out"
            )
        tag = getattr(event, "tag", None)
        if tag:
            self._findings.at(
                place, path, f"tags such as '{tag}' are not read", "remove the tag; write the plain value"
            )

    def _list(self, path: Path) -> list[Value]:
        items: list[Value] = []
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                break
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str | int, Value]:
        table: dict[str | int, Value] = {}
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event, path)
            at_key = _mark(event.start_mark)
            if key is None:
                self._node(next(self._events), (*path, "?"))
            elif key in table:
                self._duplicate(key, at_key, path)
            else:
                self._findings.marks.keys[*path, key] = at_key
                table[key] = self._node(next(self._events), (*path, key))
        return table

    def _duplicate(self, key: str | int, at_key: Mark, path: Path) -> None:
        first = self._findings.marks.keys[*path, key]
        kept = self._findings.marks.values[*path, key]
        what = f"'{key}' is given twice; it was already given on line {first.line}"
        self._findings.at(at_key, (*path, key), what, "keep one of the two")
        self._node(next(self._events), (*path, key, "again"))
        self._findings.marks.values[*path, key] = kept

    def _key(self, event: Event, path: Path) -> str | int | None:
        """The key, or None (and a problem) where it is not a word or a whole number."""
        place = _mark(event.start_mark)
        if not isinstance(event, ScalarEvent):
            self._node(event, (*path, "?"))
            self._findings.at(place, path, "a key must be a word or a number", "write key: value")
            return None
        if isinstance(event, NodeEvent):
            self._refuse_magic(event, place, path)
        key = event.value if event.style else resolve(event.value)
        if key == "<<" and not event.style:
            self._findings.at(place, path, "merge keys ('<<') are not read", "write the values out")
            return None
        if isinstance(key, str) or (isinstance(key, int) and not isinstance(key, bool)):
            return key
        self._findings.at(
            place, path, f"'{event.value}' cannot be a key; keys are words and whole numbers", "rename it"
        )
        return None
