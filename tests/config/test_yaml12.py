"""Scalars by YAML 1.2, duplicates and magic refused, hostile text answered in words."""

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from edge.config import yaml12
from edge.config.problems import Findings, Mark, Marks
from edge.config.yaml12 import MAX_DEPTH, Value, parse, resolve


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers, because a 32-bit board may have only the slow one."""
    monkeypatch.setattr(yaml12, "_PARSER", yaml.CSafeLoader if request.param == "libyaml" else yaml.SafeLoader)


def read(text: str) -> tuple[Value, Findings]:
    findings = Findings("f", Marks())
    return parse(text, findings), findings


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10:30", "10:30"),
        ("06:30", "06:30"),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("y", "y"),
        ("2026-07-04", "2026-07-04"),
        ("010", 10),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1,5", "1,5"),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("-7", -7),
        ("+7", 7),
        ("2.50", 2.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        ("9" * 31, "9" * 31),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_not_a_number_is_a_float() -> None:
    value = resolve(".nan")
    assert isinstance(value, float)
    assert math.isnan(value)


def test_quoted_scalars_stay_text() -> None:
    assert read("a: '1'\nb: \"true\"\nc: |\n  2\n")[0] == {"a": "1", "b": "true", "c": "2\n"}


def test_every_key_and_value_has_its_place() -> None:
    marks = read("a: {b: [1, 2]}\n22:   x\n")[1].marks
    assert marks.keys[("a", "b")] == Mark(1, 5)
    assert marks.values[("a", "b", 1)] == Mark(1, 12)
    assert marks.keys[(22,)] == Mark(2, 1)
    assert marks.values[(22,)] == Mark(2, 7)
    assert marks.of_value(("a", "zzz", 3)) == Mark(1, 4)
    assert marks.of_key(("a", "b")) == Mark(1, 5)
    assert marks.of_key(("a", "c")) == Mark(1, 4)
    assert Marks().of_value(("a",)) == Mark(1, 1)


def test_a_duplicate_key_names_the_line_of_the_first_and_keeps_it() -> None:
    value, findings = read("p:\n  4: {y: 4}\n  5: 1\n  4: {y: 2}\n")
    assert value == {"p": {4: {"y": 4}, 5: 1}}
    (problem,) = findings.problems
    assert (problem.line, problem.column, problem.path) == (4, 3, "p.4")
    assert problem.what == "'4' is given twice; it was already given on line 2"


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("a: &x 1\n", "'&x'"),
        ("a: 1\nb: *a\n", "refers to another place"),
        ("<<: {a: 1}\n", "merge keys"),
        ("a: !secret b\n", "'!secret'"),
        ("a: !!int '3'\n", "tags such as"),
        ("&k a: 1\n", "'&k'"),
        ("[1, 2]: 3\n", "a key must be a word or a number"),
        ("{a: 1}: 3\n", "a key must be a word or a number"),
        ("true: 3\n", "cannot be a key"),
        ("1.5: 3\n", "cannot be a key"),
        ("~: 3\n", "cannot be a key"),
        ("a: 1\n---\nb: 2\n", "a second document"),
        ("a: [1, 2\nb: 3\n", "not closed"),
        ("a: {b: 1\nc: 3\n", "closed"),
        ("a: 'x\n", "quot"),
        ("a:\n\t- 1\n", ""),
        ("a: b: c\n", "a ':' stands where no key can be"),
        ("a: 1\n b: 2\n", ""),
        ("a:\n  b: 1\n c: 2\n", "not indented like its neighbours"),
        ("a: @b\n", "no value can begin with this character"),
        ("a: [1]]\n", ""),
        ("- 1\n2\n", ""),
        ("a: *\n", ""),
        ("%YAML 3.0\n---\na: 1\n", ""),
    ],
)
def test_what_is_not_plain_yaml_is_refused_in_words(text: str, fragment: str) -> None:
    findings = read(text)[1]
    assert findings.problems
    assert any(fragment in problem.what for problem in findings.problems)
    assert all(problem.what and problem.write for problem in findings.problems)


def test_a_syntax_error_says_where_the_open_bracket_stands() -> None:
    problem = read("a: 1\nb: [1,\n   2\nc: 3\n")[1].problems[0]
    assert problem.line >= 3
    assert "line 2" in problem.what


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused_and_never_a_stack_overflow(opening: str) -> None:
    findings = read("a:\n  " + opening * 20_000)[1]
    assert any(f"more than {MAX_DEPTH} deep" in p.what for p in findings.problems)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    value, findings = read(text)
    assert findings.problems or value is None or isinstance(value, str | int | float | bool | dict | list)
